//! Writes a whole folder of data: some days of a university, the Moodle beside it, its history and a README.
//!
//! Not here: the files of one day (`write.rs`); the command line (`xtask data`).
//!
//! Invariant: the same order gives the same bytes, whatever was in the folder's place before.

use std::fmt::Write as _;
use std::io;
use std::path::Path;

use super::awkward::Case;
use super::write::{Encoding, History};
use super::{Profile, University};

/// What to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// How large.
    pub profile: Profile,
    /// Which university of that size.
    pub seed: u64,
    /// How many days of changes follow day 0.
    pub days: u32,
    /// The day that is the busiest of the term, if any.
    pub peak_day: Option<u32>,
    /// The encoding of the deliveries; all other files are UTF-8.
    pub encoding: Encoding,
}

/// Writes `day-00`, `day-01` …, `mappings.csv`, `moodle`, `history.csv` and `README.txt`, and returns the university
/// as it is on the last day.
///
/// # Errors
/// When a folder or file cannot be written.
pub fn write_folder(order: &Order, dir: &Path) -> io::Result<University> {
    let mut university = University::generate(order.profile, order.seed);
    let moodle = dir.join("moodle");
    university.write_delivery(&dir.join("day-00"), order.encoding)?;
    university.write_mappings(&dir.join("mappings.csv"))?;
    university.write_moodle(&moodle)?;
    std::fs::write(dir.join("README.txt"), readme(order, &university))?;
    let mut history = History::create(&dir.join("history.csv"))?;
    for number in 1..=order.days {
        let day =
            if order.peak_day == Some(number) { university.next_peak_day() } else { university.next_day() };
        university.write_delivery(&dir.join(format!("day-{number:02}")), order.encoding)?;
        day.write_events(&moodle.join(format!("day-{number:02}-events.csv")))?;
        history.add(&day)?;
    }
    history.finish()?;
    Ok(university)
}

/// Says what is in the folder; `university` is as on day 0.
fn readme(order: &Order, university: &University) -> String {
    let counts = [
        ("courses in Moodle", university.courses().count()),
        ("people in Moodle", university.people().count()),
        ("enrolments", university.enrolments().count()),
        ("modules", university.modules().count()),
        ("groups", university.groups().count()),
        ("memberships", university.members().count()),
        ("mappings", university.mappings().count()),
        ("corrupt rows", university.corrupt_rows().len()),
    ];
    let mut text = format!(
        "An invented university. Everybody and everything in it is made up.\n\n\
         profile {}, seed {}, {} days after day 0, deliveries in {}\n",
        order.profile, order.seed, order.days, order.encoding
    );
    if let Some(day) = order.peak_day {
        // Writing into a String cannot fail.
        let _ = writeln!(text, "day {day} is the busiest day of the term");
    }
    text.push_str(FILES);
    text.push_str("\nCounts on day 0\n");
    for (what, count) in counts {
        let _ = writeln!(text, "  {count:>9} {what}");
    }
    text.push_str("\nAwkward cases\n");
    for case in &university.awkward().cases {
        let _ = writeln!(text, "  {}", case_line(case));
    }
    text.push_str("\nCorrupt rows\n");
    for row in university.corrupt_rows() {
        let fields: Vec<_> = row.fields.iter().map(|field| String::from_utf8_lossy(field)).collect();
        let _ = writeln!(text, "  {:?}: {} – {}", row.file, row.why, fields.join(","));
    }
    text
}

const FILES: &str = "
Files
  day-NN/groups.csv, members.csv, mappings.csv   what the source delivers on that day
  mappings.csv                                   the mappings of day 0
  moodle/courses.csv, people.csv, enrolments.csv, local-groups.csv   what Moodle holds on day 0
  moodle/day-NN-events.csv                       what people do in Moodle before that day's delivery
  history.csv                                    every change of the source, in words
";

fn case_line(case: &Case) -> String {
    let mut line = format!("{:?}:", case.kind);
    let lists = [
        ("module", &case.module_codes),
        ("course", &case.course_ids.iter().map(u32::to_string).collect()),
        ("group", &case.group_ids),
        ("person", &case.person_ids),
    ];
    for (what, ids) in lists {
        if !ids.is_empty() {
            let _ = write!(line, " {what} {}", ids.join(" "));
        }
    }
    let _ = write!(line, " – {}", case.note);
    line
}
