//! The first weeks of a term, night by night: term begins, people enrol late, departments plan anew, the extract is cut
//! short, the site is down.
//!
//! Not here: what an ordinary day brings (`ordinary.rs`), and who reads the timetable.
//!
//! Invariant: the same university, seed and number of nights give the same term.
//! Invariant: what a [`Feed`] spoils is only in the files of that night; the next ones are whole again.

use std::collections::HashSet;
use std::io;
use std::path::Path;

use crate::moodle::{Fault, FaultRule, When, World};

use super::dice::Dice;
use super::furnish::perform;
use super::model::Enrolment;
use super::{CourseRole, Encoding, University};

/// The stream of the dice that plan a term; far from those of its days.
const STREAM: u32 = 1_000_000;
/// One student in so many is enrolled only after the term has begun.
const STUDENTS_PER_LATE: u32 = 8;
/// For how many nights after the first one late students are enrolled.
const LATE_NIGHTS: u32 = 5;
/// The busy days after the first one, in which people change their groups.
const BUSY_NIGHTS: u32 = 3;
/// Of the rows of an extract that is cut short, so many in a hundred are there.
const CUT_PERCENT: u64 = 55;
/// A thinned extract lacks half the members of one module in so many.
const MODULES_PER_THINNED: usize = 3;
/// No call is answered while the site is down.
const ALL_CALLS: usize = usize::MAX;

/// What is special about a night.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Brings {
    /// The first delivery of the term.
    TermStart,
    /// Many people change their groups.
    BusyDay,
    /// A day like any other.
    QuietDay,
    /// Departments have planned their groups anew.
    NewPlans,
    /// The extract breaks off in its middle.
    CutFeed,
    /// The extract lacks many members, and looks whole.
    ThinnedFeed,
    /// Answers of the site get lost, and some of its calls fail.
    LostAnswers,
    /// The site does not answer at all.
    SiteDown,
}

/// What is wrong with the files of a night.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feed {
    /// Nothing.
    Whole,
    /// They break off.
    Cut,
    /// Members are missing.
    Thinned,
}

impl Brings {
    /// What is wrong with the files.
    #[must_use]
    pub fn feed(self) -> Feed {
        match self {
            Brings::CutFeed => Feed::Cut,
            Brings::ThinnedFeed => Feed::Thinned,
            Brings::TermStart
            | Brings::BusyDay
            | Brings::QuietDay
            | Brings::NewPlans
            | Brings::LostAnswers
            | Brings::SiteDown => Feed::Whole,
        }
    }

    /// The word in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Brings::TermStart => "term_start",
            Brings::BusyDay => "busy_day",
            Brings::QuietDay => "quiet_day",
            Brings::NewPlans => "new_plans",
            Brings::CutFeed => "cut_feed",
            Brings::ThinnedFeed => "thinned_feed",
            Brings::LostAnswers => "lost_answers",
            Brings::SiteDown => "site_down",
        }
    }

    /// The words for people.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Brings::TermStart => "term begins",
            Brings::BusyDay => "busy day",
            Brings::QuietDay => "quiet day",
            Brings::NewPlans => "new plans of departments",
            Brings::CutFeed => "extract cut short",
            Brings::ThinnedFeed => "extract lacks members",
            Brings::LostAnswers => "answers get lost",
            Brings::SiteDown => "site is down",
        }
    }

    /// What the site does wrong, as rules for its faults.
    fn faults(self) -> Vec<FaultRule> {
        match self {
            Brings::LostAnswers => vec![
                FaultRule::once(When::Write(1), Fault::LostAfter),
                FaultRule::once(When::Call(3), Fault::Status500),
                FaultRule::once(When::Call(5), Fault::Garbage),
            ],
            Brings::SiteDown => {
                vec![FaultRule { when: When::Call(1), fault: Fault::Status502, times: ALL_CALLS }]
            }
            Brings::TermStart
            | Brings::BusyDay
            | Brings::QuietDay
            | Brings::NewPlans
            | Brings::CutFeed
            | Brings::ThinnedFeed => Vec::new(),
        }
    }
}

/// A night of a term, when everything of its day has happened.
#[derive(Clone, Debug)]
pub struct Night {
    /// Its number, from 0.
    pub number: u32,
    /// What is special about it.
    pub brings: Brings,
    /// How many things changed in the timetable during the day.
    pub source_changes: usize,
    /// How many things people did in Moodle, late enrolments included.
    pub moodle_events: usize,
    /// What the site will do wrong in the night.
    pub faults: Vec<FaultRule>,
}

/// A term on its way.
#[derive(Debug)]
pub struct Term {
    university: University,
    /// What each night brings.
    calendar: Vec<Brings>,
    /// Students who are enrolled later, with the night before which that happens.
    late: Vec<(u32, Enrolment)>,
    next: u32,
}

impl Term {
    /// Plans a term of so many nights, and fills a Moodle with the university as it is before the first one.
    #[must_use]
    pub fn begin(university: University, nights: u32, world: &mut World) -> Term {
        let mut dice = Dice::new(university.seed, STREAM);
        university.furnish(world);
        let calendar = calendar(&mut dice, nights);
        let last_late = LATE_NIGHTS.min(nights.saturating_sub(1)).max(1);
        let mut late = Vec::new();
        for enrolment in university.enrolments().filter(|enrolment| enrolment.role == CourseRole::Student) {
            if dice.one_in(STUDENTS_PER_LATE) {
                late.push((dice.between(1, last_late), enrolment));
            }
        }
        for (_, enrolment) in &late {
            world.unenrol(enrolment.course_id.into(), enrolment.user_id.into());
        }
        Term { university, calendar, late, next: 0 }
    }

    /// The university as it is now.
    #[must_use]
    pub fn university(&self) -> &University {
        &self.university
    }

    /// Lets the next day pass, in the timetable and in Moodle; `None` after the last night.
    pub fn next_night(&mut self, world: &mut World) -> Option<Night> {
        let number = self.next;
        let brings = *self.calendar.get(number as usize)?;
        self.next += 1;
        let mut moodle_events = 0;
        let mut source_changes = 0;
        if number > 0 {
            let day = match brings {
                Brings::BusyDay => self.university.next_peak_day(),
                Brings::NewPlans => self.university.next_replanned_day(),
                Brings::TermStart
                | Brings::QuietDay
                | Brings::CutFeed
                | Brings::ThinnedFeed
                | Brings::LostAnswers
                | Brings::SiteDown => self.university.next_day(),
            };
            source_changes = day.changes.len();
            moodle_events += day.events.iter().filter(|event| perform(event, world)).count();
        }
        let due = self.late.extract_if(.., |(night, _)| *night <= number);
        moodle_events += due
            .filter(|(_, at)| world.enrol(at.course_id.into(), at.user_id.into(), at.role.as_str()))
            .count();
        Some(Night { number, brings, source_changes, moodle_events, faults: brings.faults() })
    }

    /// Writes the files of a night into a folder, spoilt as the night says.
    ///
    /// # Errors
    /// When a file cannot be read or written.
    pub fn deliver(&self, night: &Night, dir: &Path) -> io::Result<()> {
        std::fs::create_dir_all(dir)?;
        self.university.write_delivery(dir, Encoding::Utf8)?;
        match night.brings.feed() {
            Feed::Whole => Ok(()),
            Feed::Cut => {
                cut(&dir.join("groups.csv"))?;
                cut(&dir.join("members.csv"))
            }
            Feed::Thinned => self.thin(&dir.join("members.csv")),
        }
    }

    /// Takes every second row of the members of some modules out of a file.
    fn thin(&self, file: &Path) -> io::Result<()> {
        let thinned: HashSet<String> = self
            .university
            .modules
            .iter()
            .step_by(MODULES_PER_THINNED)
            .flat_map(|module| module.groups.iter().map(|group| self.university.group_id(*group)))
            .collect();
        let bytes = std::fs::read(file)?;
        let mut kept = Vec::with_capacity(bytes.len());
        let mut is_odd = false;
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            let group = line.split(|byte| *byte == b',').next().unwrap_or_default();
            if std::str::from_utf8(group).is_ok_and(|group| thinned.contains(group)) {
                is_odd = !is_odd;
                if is_odd {
                    continue;
                }
            }
            kept.extend_from_slice(line);
        }
        std::fs::write(file, kept)
    }
}

/// Lets a file end after some of its lines.
fn cut(file: &Path) -> io::Result<()> {
    let bytes = std::fs::read(file)?;
    let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    let kept = lines.len() * CUT_PERCENT as usize / 100;
    std::fs::write(file, lines[..kept].concat())
}

/// What each night brings: the beginning, some busy days, then quiet ones with what goes wrong between them.
fn calendar(dice: &mut Dice, nights: u32) -> Vec<Brings> {
    let mut calendar: Vec<Brings> = (0..nights)
        .map(|night| match night {
            0 => Brings::TermStart,
            1..=BUSY_NIGHTS => Brings::BusyDay,
            _ => Brings::QuietDay,
        })
        .collect();
    let special = [
        Brings::CutFeed,
        Brings::ThinnedFeed,
        Brings::NewPlans,
        Brings::LostAnswers,
        Brings::SiteDown,
        Brings::BusyDay,
    ];
    // The last night stays quiet, so that it shows whether all has come right again.
    let first = (BUSY_NIGHTS + 1).min(nights);
    let mut places: Vec<u32> = (first..nights.saturating_sub(1)).collect();
    dice.shuffle(&mut places);
    for (place, brings) in places.into_iter().zip(special) {
        calendar[place as usize] = brings;
    }
    calendar
}
