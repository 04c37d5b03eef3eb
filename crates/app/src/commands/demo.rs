//! `muster demo`: the main job on embedded defaults. A small college's timetable becomes groups, groupings and members
//! in the built-in Moodle: the first night, then three more with changes, teachers' edits, a fault and a held deletion.
//!
//! Not here: any shortcut. The demo runs what the nightly run runs, over real HTTP, on a real database.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use simulators::moodle::{Fault, FaultRule, Server, Settings, When, World};
use simulators::university::{CaseKind, Day, Encoding, Profile, University, perform};
use store::RunKind;

use super::simulate::{TOKEN, WORLD_FILE, serve, with_token, write_private};
use super::{explain, map, night};
use crate::app::{App, ShowProgress};
use crate::cli::{DemoArgs, ExplainCommand, MapCommand};
use crate::clock::Clock;
use crate::config::{Config, init_text};
use crate::exit::{Exit, Failure, chain};
use crate::mending::Goal;
use crate::output::Output;
use crate::present::plan::Detail;
use crate::present::report as report_text;
use crate::present::table::{faint, strong};
use crate::run::{Finished, RunWish, Scope, Until};
use crate::select::Select;

/// The nights after the first one.
const MORE_NIGHTS: u32 = 3;

pub(crate) async fn run(args: &DemoArgs, output: &Output) -> Result<Exit, Failure> {
    let temporary;
    let dir = match &args.keep {
        Some(dir) => {
            refuse_what_is_there(dir)?;
            dir.clone()
        }
        None => {
            temporary =
                tempfile::tempdir().map_err(|error| cannot_write(Path::new("a temporary folder"), &error))?;
            temporary.path().to_owned()
        }
    };
    let mut demo = Demo::prepare(&dir, args.seed, output).await?;
    demo.first_night().await?;
    for night in 1..=MORE_NIGHTS {
        demo.another_night(night).await?;
    }
    demo.end(args, &dir)?;
    if args.serve {
        return serve(demo.server, output).await;
    }
    demo.server.stop().await;
    Ok(Exit::Done)
}

fn refuse_what_is_there(dir: &Path) -> Result<(), Failure> {
    let is_used = dir.read_dir().is_ok_and(|mut entries| entries.next().is_some());
    if is_used {
        return Err(Failure::new(Exit::Usage, format!("{} is not empty", dir.display()))
            .hint("--keep DIR names a new or an empty folder"));
    }
    std::fs::create_dir_all(dir).map_err(|error| cannot_write(dir, &error))
}

fn cannot_write(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::new(Exit::Configuration, format!("cannot write {}: {error}", path.display()))
        .hint("--keep DIR names a folder in which you may write")
}

/// The demo's stage.
struct Demo<'a> {
    output: &'a Output,
    dir: PathBuf,
    university: University,
    server: Server,
    config: Config,
}

impl<'a> Demo<'a> {
    /// Invents the college, starts its Moodle, writes the first delivery and a configuration.
    async fn prepare(dir: &Path, seed: u64, output: &'a Output) -> Result<Demo<'a>, Failure> {
        let university = University::generate(Profile::S, seed);
        let mut world = World::new(Settings::default());
        university.furnish(&mut world);
        let server = Server::start(with_token(world)).await.map_err(|error| {
            Failure::new(Exit::Configuration, format!("cannot start the built-in Moodle: {error}"))
        })?;
        let file = dir.join("muster.toml");
        let token = dir.join("token");
        write_private(&token, TOKEN)?;
        let url = format!("{:?}", server.url());
        let given = [
            ("database", "\"sqlite:muster.db\""),
            ("source.cmis.kind", "\"csv\""),
            ("source.cmis.groups", "\"cmis/groups.csv\""),
            ("source.cmis.members", "\"cmis/members.csv\""),
            ("moodle.url", url.as_str()),
            ("moodle.token", "{ file = \"token\" }"),
            ("moodle.settle_wait_ms", "50"),
            ("limits.groups_deleted_small", "1"),
        ];
        std::fs::write(&file, init_text("cmis", &given)).map_err(|error| cannot_write(&file, &error))?;
        let config = Config::load(&file, None).map_err(super::config::cannot_use)?;
        let demo = Demo { output, dir: dir.to_owned(), university, server, config };
        demo.deliver()?;
        Ok(demo)
    }

    /// Writes today's files of the timetable.
    fn deliver(&self) -> Result<(), Failure> {
        let dir = self.dir.join("cmis");
        std::fs::create_dir_all(&dir).map_err(|error| cannot_write(&dir, &error))?;
        self.university.write_delivery(&dir, Encoding::Utf8).map_err(|error| cannot_write(&dir, &error))
    }

    fn say(&self, text: &str) -> Result<(), Failure> {
        self.output.text(text)
    }

    fn heading(&self, text: &str) -> Result<(), Failure> {
        self.say(&format!("\n{}\n", strong(&format!("── {text} ──"))))
    }

    async fn app(&self) -> Result<App, Failure> {
        // The nights end today, so that what is kept is not ahead of the clock.
        let clock = Clock::days_ahead(i64::from(self.university.day()) - i64::from(MORE_NIGHTS));
        App::open(self.config.clone(), clock, ShowProgress::OnTerminal).await
    }

    /// Reads today's mappings, as the block in Moodle would have written them.
    async fn read_mappings(&self, app: &App) -> Result<(), Failure> {
        let file = self.dir.join("cmis").join("mappings.csv");
        let command = MapCommand::Import { file, reason: "the demo".into() };
        map::run(app, &command, &Output::silent()).await.map(drop)
    }

    async fn first_night(&mut self) -> Result<(), Failure> {
        let sizes = Profile::S.sizes();
        self.say(&format!(
            "A college with {} courses, {} groups and {} people, invented from a seed. Its Moodle runs in this process.\n",
            sizes.courses, sizes.groups, sizes.people
        ))?;
        self.heading("The first night: the plan")?;
        let app = self.app().await?;
        self.read_mappings(&app).await?;
        let finished = self.night(&app, &wish(Until::Plan)).await?;
        self.heading("The first night: carried out")?;
        self.say(&format!("$ muster apply --plan {}\n", finished.run.0))?;
        let apply = RunWish { import: false, kind: RunKind::Apply, ..wish(Until::Apply(Some(finished.run))) };
        self.sums(&crate::run::run(&app, &apply).await?)?;
        self.heading("The first night, once more")?;
        self.say("$ muster apply --all\n")?;
        let again = RunWish { scope: Scope::All, ..apply };
        self.sums(&crate::run::run(&app, &RunWish { until: Until::Apply(None), ..again }).await?)?;
        self.explain_one_of(&app, CaseKind::StudentNotEnrolled, "Why is a student not in the group?").await
    }

    async fn another_night(&mut self, number: u32) -> Result<(), Failure> {
        self.heading(&format!("Night {}", number + 1))?;
        let day = self.university.next_day();
        self.live_through(&day)?;
        self.deliver()?;
        if number == 2 {
            self.say(
                "Tonight the network loses one answer: Moodle does the work, and nobody hears of it.\n",
            )?;
            self.server.faults().push(FaultRule::once(When::Write(1), Fault::LostAfter));
        }
        let app = self.app().await?;
        self.read_mappings(&app).await?;
        // The last night is the weekly one that looks at every course, and finds the one that was deleted.
        let scope = if number == MORE_NIGHTS { Scope::All } else { Scope::Changed };
        let finished = self.night(&app, &RunWish { scope, ..wish(Until::Apply(None)) }).await?;
        if finished.report.has_waiting() {
            self.approve(&app, &finished).await?;
        }
        let (kind, question) = match number {
            1 => (CaseKind::RenamedInMoodle, "Why does the course show another name than the timetable?"),
            2 => (CaseKind::LaterNamesake, "Where is the new group?"),
            _ => (CaseKind::VanishedModule, "Why are the groups of this course as they were last week?"),
        };
        self.explain_one_of(&app, kind, question).await
    }

    /// Tells the day's changes, and does in Moodle what people do there.
    fn live_through(&mut self, day: &Day) -> Result<(), Failure> {
        let mut text = format!("During the day {} things change in the timetable", day.changes.len());
        let mut world = self.server.world();
        let done = day.events.iter().filter(|event| perform(event, &mut world)).count();
        drop(world);
        let _ = writeln!(text, ", and people do {done} things in Moodle:");
        for event in day.events.iter().take(6) {
            let _ = writeln!(text, "  {}", faint(&event_line(event)));
        }
        self.say(&text)
    }

    async fn night(&self, app: &App, wish: &RunWish) -> Result<Finished, Failure> {
        let finished = crate::run::run(app, wish).await?;
        self.show(&finished, wish)?;
        Ok(finished)
    }

    fn show(&self, finished: &Finished, wish: &RunWish) -> Result<(), Failure> {
        let next = night::after_plan(finished, wish);
        self.say(&(night::story(finished, wish, Detail::Groups) + &next))
    }

    /// Tells only the sums of a run whose plan was shown just before.
    fn sums(&self, finished: &Finished) -> Result<(), Failure> {
        self.say(&report_text::render(&finished.report, finished.run.0, report_text::IN_STEP))
    }

    /// A person looks at what waits and says yes; then it is carried out.
    async fn approve(&self, app: &App, finished: &Finished) -> Result<(), Failure> {
        self.heading("A person approves what waits")?;
        self.say(&format!("$ muster approve {} --reason \"the module was reorganised\"", finished.run.0))?;
        let args = crate::cli::ApproveArgs {
            run: finished.run.0,
            reason: "the module was reorganised".into(),
            course: None,
            operation: Vec::new(),
            refuse: false,
            days: 7,
        };
        super::approve::run(app, &args, self.output).await?;
        self.say("$ muster apply\n")?;
        let wish = RunWish { import: false, kind: RunKind::Apply, ..wish(Until::Apply(None)) };
        self.show(&crate::run::run(app, &wish).await?, &wish)
    }

    /// Asks about one of the awkward cases that the college is sure to have.
    async fn explain_one_of(&self, app: &App, kind: CaseKind, question: &str) -> Result<(), Failure> {
        let Some(case) = self.university.awkward().of(kind).next() else { return Ok(()) };
        let command = match (case.person_ids.first(), case.group_ids.first(), case.course_ids.first()) {
            (Some(person), _, _) => {
                ExplainCommand::Person { person: person.clone(), course: None, live: false }
            }
            (None, Some(group), _) => {
                ExplainCommand::Group { group: group.clone(), course: None, live: false }
            }
            (None, None, Some(course)) => ExplainCommand::Course {
                course: course.to_string(),
                live: false,
                removal: false,
                last: explain::EVENTS_SHOWN,
            },
            (None, None, None) => return Ok(()),
        };
        let words = match &command {
            ExplainCommand::Person { person, .. } => format!("person {person}"),
            ExplainCommand::Group { group, .. } => format!("group {group}"),
            ExplainCommand::Course { course, .. } => format!("course {course}"),
            ExplainCommand::Module { module, .. } => format!("module {module}"),
        };
        self.heading(question)?;
        self.say(&format!("$ muster explain {words}\n"))?;
        explain::run(app, &command, self.output).await.map(drop)
    }

    /// Says where to look next, and leaves everything in place if that was asked for.
    fn end(&self, args: &DemoArgs, dir: &Path) -> Result<(), Failure> {
        self.heading("Where to look next")?;
        if args.keep.is_none() {
            return self.say(
                "muster demo --keep DIR leaves database, configuration, data and Moodle in DIR to play with.\n\
                 muster init writes a configuration for your own timetable and Moodle; docs/manual.md shows the way.",
            );
        }
        let saved = dir.join(WORLD_FILE);
        let text = serde_json::to_string(&*self.server.world())
            .map_err(|error| Failure::new(Exit::Bug, format!("cannot save the Moodle: {}", chain(&error))))?;
        std::fs::write(&saved, text).map_err(|error| cannot_write(&saved, &error))?;
        let address = self.server.url().replace("http://", "");
        let mut text = format!("Everything is in {}. Go there, and:\n", dir.display());
        if let Some(program) = not_on_the_path() {
            let _ = writeln!(text, "  alias muster={}", program.display());
        }
        if !args.serve {
            let _ = writeln!(text, "  muster simulate --data . --listen {address} &");
        }
        text.push_str(
            "  muster status\n  muster runs list\n  muster map list\n  muster plan --all\n  muster explain course 2",
        );
        self.say(&text)
    }
}

/// Where this program lies, unless typing `muster` starts it: `cargo run` starts one that no shell would find.
fn not_on_the_path() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let is_found = std::env::split_paths(&folders).any(|folder| {
        folder.join("muster").canonicalize().is_ok_and(|found| Some(found) == program.canonicalize().ok())
    });
    (!is_found).then_some(program)
}

fn wish(until: Until) -> RunWish {
    RunWish {
        kind: match until {
            Until::Plan => RunKind::Plan,
            Until::Apply(_) => RunKind::Run,
        },
        import: true,
        until,
        scope: Scope::Changed,
        goal: Goal::InStep(Select::All),
        accept_new_site: false,
    }
}

fn event_line(event: &simulators::university::MoodleEvent) -> String {
    let words = event.kind.as_str().replace(['_', '-'], " ");
    let mut text = format!("course {}: {words}", event.course_id);
    for part in [&event.group_name, &event.person_idnumber, &event.detail] {
        if !part.is_empty() {
            text.push_str(", ");
            text.push_str(part);
        }
    }
    text
}
