//! What the tests stand on: a folder with a configuration, a timetable and a database, and a Moodle beside it.
//!
//! Not here: any knowledge of how the program works inside; it is only started and asked.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use simulators::moodle::{NewCourse, NewUser, Server, Settings, Token, World, WorldGuard};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::place as database;

/// The token of every test; it must appear in nothing that the program writes.
pub(crate) const TOKEN: &str = "token-for-tests-5f2c";

/// The user that the token acts as.
const SERVICE_USER: i64 = 2;

/// The Moodle id of the person `p1`, `p2`, …: idnumber and username are the same text.
pub(crate) fn user(number: i64) -> i64 {
    1000 + number
}

/// A Moodle with courses, people `p1` … `p{people}`, and everybody enrolled everywhere as a student.
pub(crate) fn campus(courses: &[i64], people: i64) -> World {
    let mut world = World::new(Settings::default());
    world.add_user(NewUser { id: Some(SERVICE_USER), username: "muster".into(), ..NewUser::default() });
    world.add_token(Token::new(TOKEN, SERVICE_USER));
    for number in 1..=people {
        add_person(&mut world, number);
    }
    for course in courses {
        world.add_course(NewCourse {
            id: Some(*course),
            shortname: format!("C{course}"),
            fullname: format!("Course {course}"),
            ..NewCourse::default()
        });
        for number in 1..=people {
            world.enrol(*course, user(number), "student");
        }
    }
    world
}

/// Adds the person `p{number}`, enrolled nowhere.
pub(crate) fn add_person(world: &mut World, number: i64) {
    world.add_user(NewUser {
        id: Some(user(number)),
        username: format!("p{number}"),
        idnumber: format!("p{number}"),
        firstname: format!("Ada{number}"),
        lastname: "Invented".into(),
        email: format!("p{number}@example.ac.uk"),
    });
}

/// What the source says, as a few lines of a test.
#[derive(Clone, Debug, Default)]
pub(crate) struct Timetable {
    /// group_id, group_code, group_name, module_code, kind, term.
    groups: Vec<[String; 6]>,
    /// group_id, person_id, role.
    members: Vec<[String; 3]>,
    modules: Vec<String>,
}

impl Timetable {
    /// A timetable with nothing in it.
    pub(crate) fn new() -> Timetable {
        Timetable::default()
    }

    /// A group with its students. The id is also the code; kind and term are `TUT` and `2026-T1`.
    pub(crate) fn group(mut self, module: &str, id: &str, name: &str, students: &[&str]) -> Timetable {
        let row = [id, id, name, module, "TUT", "2026-T1"].map(str::to_owned);
        self.groups.push(row);
        for student in students {
            self.members.push([id, student, "student"].map(str::to_owned));
        }
        self
    }

    /// A group with so many students `p1` … and a name like its id.
    pub(crate) fn crowd(self, module: &str, id: &str, students: i64) -> Timetable {
        let people: Vec<String> = (1..=students).map(|number| format!("p{number}")).collect();
        let people: Vec<&str> = people.iter().map(String::as_str).collect();
        self.group(module, id, id, &people)
    }

    /// A tutor of a group.
    pub(crate) fn tutor(mut self, group: &str, person: &str) -> Timetable {
        self.members.push([group, person, "tutor"].map(str::to_owned));
        self
    }

    /// Says that a module exists, with or without groups; then the delivery has a file of modules.
    pub(crate) fn module(mut self, code: &str) -> Timetable {
        self.modules.push(code.to_owned());
        self
    }

    fn groups_csv(&self) -> Vec<u8> {
        csv(&["group_id", "group_code", "group_name", "module_code", "kind", "term"], &self.groups)
    }

    fn members_csv(&self) -> Vec<u8> {
        csv(&["group_id", "person_id", "role"], &self.members)
    }

    fn modules_csv(&self) -> Vec<u8> {
        let named = self.groups.iter().map(|group| &group[3]).chain(&self.modules);
        let mut named: Vec<[&String; 1]> = named.map(|module| [module]).collect();
        named.sort();
        named.dedup();
        csv(&["module_code"], &named)
    }

    /// Writes the same rows into tables of a SQLite file, for the SQL source.
    pub(crate) fn write_database(&self, file: &Path) {
        let quoted = |row: &[String]| {
            row.iter().map(|text| format!("'{}'", text.replace('\'', "''"))).collect::<Vec<_>>().join(", ")
        };
        let mut sql = String::from(
            "CREATE TABLE teaching_group (id, code, name, module, kind, term); CREATE TABLE member (id, person, role);",
        );
        for row in &self.groups {
            let _ = write!(sql, "INSERT INTO teaching_group VALUES ({});", quoted(row));
        }
        for row in &self.members {
            let _ = write!(sql, "INSERT INTO member VALUES ({});", quoted(row));
        }
        let runtime = Runtime::new().unwrap();
        runtime.block_on(async {
            let mut connection = open(file).await;
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
        });
    }
}

fn csv<const N: usize, T: AsRef<[u8]>>(header: &[&str], rows: &[[T; N]]) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(header).unwrap();
    for row in rows {
        writer.write_record(row).unwrap();
    }
    writer.into_inner().unwrap()
}

async fn open(file: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(file).create_if_missing(true).connect().await.unwrap()
}

/// A folder with a configuration, a timetable and a database, and a Moodle beside it.
pub(crate) struct Place {
    /// The Moodle. It comes before the runtime, so that it is stopped first.
    pub(crate) server: Server,
    runtime: Runtime,
    folder: TempDir,
    /// The program's database: a SQLite file in the folder, or one on the server that `MUSTER_TEST_DATABASE` names.
    database: database::Place,
    /// Section → key → value as TOML.
    config: BTreeMap<String, BTreeMap<String, String>>,
}

impl Place {
    /// Starts a Moodle and writes a configuration for it: one CSV source `cmis`, no timetable yet.
    pub(crate) fn new(world: World) -> Place {
        if database::server().is_some() {
            return Place::on(world, Runtime::new().unwrap().block_on(database::Place::new()));
        }
        let folder = TempDir::new().unwrap();
        let database = database::Place::in_folder(folder.path());
        Place::build(world, folder, database, "\"sqlite:muster.db\"")
    }

    /// The same with a database that somebody else looks after.
    pub(crate) fn on(world: World, database: database::Place) -> Place {
        let in_config = format!("{:?}", database.url());
        Place::build(world, TempDir::new().unwrap(), database, &in_config)
    }

    fn build(world: World, folder: TempDir, database: database::Place, in_config: &str) -> Place {
        let runtime = Runtime::new().unwrap();
        let server = runtime.block_on(Server::start(world)).unwrap();
        let mut place = Place { server, runtime, folder, database, config: BTreeMap::new() };
        place.write_secret("token", TOKEN);
        let url = format!("{:?}", place.server.url());
        for (path, value) in [
            ("database", in_config),
            ("source.cmis.kind", "\"csv\""),
            ("source.cmis.groups", "\"groups.csv\""),
            ("source.cmis.members", "\"members.csv\""),
            ("source.cmis.modules", "\"modules.csv\""),
            // In a world of three people each change is a large one.
            ("source.cmis.shrink_percent_max", "100"),
            ("moodle.url", &url),
            ("moodle.token", "{ file = \"token\" }"),
            ("moodle.timeout_s", "2"),
            ("moodle.settle_wait_ms", "20"),
            ("moodle.retry_wait_ms", "1"),
        ] {
            place.note(path, value);
        }
        place.write_config();
        place
    }

    /// The usual beginning: courses, people enrolled in all of them, a timetable.
    pub(crate) fn with(courses: &[i64], people: i64, timetable: &Timetable) -> Place {
        let place = Place::new(campus(courses, people));
        place.write_timetable(timetable);
        place
    }

    /// Sets a key such as `policy.on_unmap` to a value written as TOML.
    pub(crate) fn set(&mut self, path: &str, toml: &str) {
        self.note(path, toml);
        self.write_config();
    }

    /// Takes a key out of the configuration.
    pub(crate) fn unset(&mut self, path: &str) {
        let (section, key) = path.rsplit_once('.').unwrap_or(("", path));
        if let Some(keys) = self.config.get_mut(section) {
            keys.remove(key);
        }
        self.config.retain(|_, keys| !keys.is_empty());
        self.write_config();
    }

    fn note(&mut self, path: &str, toml: &str) {
        let (section, key) = path.rsplit_once('.').unwrap_or(("", path));
        self.config.entry(section.to_owned()).or_default().insert(key.to_owned(), toml.to_owned());
    }

    fn write_config(&self) {
        let mut text = String::new();
        // The empty section sorts first, as TOML wants it.
        for (section, keys) in &self.config {
            if !section.is_empty() {
                let _ = writeln!(text, "\n[{section}]");
            }
            for (key, value) in keys {
                let _ = writeln!(text, "{key} = {value}");
            }
        }
        self.write("muster.toml", text);
    }

    /// A path in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file into the folder.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).unwrap();
    }

    /// Writes a file that only its owner may read.
    pub(crate) fn write_secret(&self, name: &str, content: &str) {
        self.write(name, content);
        std::fs::set_permissions(self.path(name), std::fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// Writes the three files of a delivery.
    pub(crate) fn write_timetable(&self, timetable: &Timetable) {
        self.write("groups.csv", timetable.groups_csv());
        self.write("members.csv", timetable.members_csv());
        self.write("modules.csv", timetable.modules_csv());
    }

    /// A command line of the program in this folder, for tests that do something special with it.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_muster"));
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("MUSTER_"))
        {
            command.env_remove(name);
        }
        command.env("USER", "ada").env_remove("SUDO_USER").current_dir(self.folder.path()).args(args);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs the program to its end.
    pub(crate) fn muster(&self, args: &[&str]) -> Ran {
        Ran::of(args, &self.command(args).output().unwrap())
    }

    /// Starts the program and does not wait.
    pub(crate) fn start(&self, args: &[&str]) -> Child {
        self.command(args).spawn().unwrap()
    }

    /// `muster map add`, with nothing to complain about.
    pub(crate) fn map(&self, course: i64, module: &str) {
        self.muster(&["map", "add", &course.to_string(), module]).ends_with(0);
    }

    /// `muster run`, with its answer as JSON.
    pub(crate) fn run(&self) -> Ran {
        self.muster(&["run", "--format", "json"])
    }

    /// The Moodle's world, to look at and to change. Calls wait while it is held.
    pub(crate) fn world(&self) -> WorldGuard<'_> {
        self.server.world()
    }

    /// Groups, groupings and members of the whole Moodle as sorted text without ids.
    pub(crate) fn picture(&self) -> String {
        self.world().picture()
    }

    /// The id of the only group of a course with this name.
    pub(crate) fn group(&self, course: i64, name: &str) -> i64 {
        self.world().group_named(course, name).unwrap_or_else(|| panic!("no group {name}")).row.id
    }

    /// The names of a course's groups, sorted.
    pub(crate) fn group_names(&self, course: i64) -> Vec<String> {
        let mut names: Vec<_> = self.world().groups(course).map(|group| group.row.name.clone()).collect();
        names.sort();
        names
    }

    /// The names of a course's groupings, sorted.
    pub(crate) fn grouping_names(&self, course: i64) -> Vec<String> {
        let mut names: Vec<_> =
            self.world().groupings(course).map(|grouping| grouping.row.name.clone()).collect();
        names.sort();
        names
    }

    /// The usernames of a group's members, sorted.
    pub(crate) fn members(&self, course: i64, group: &str) -> Vec<String> {
        let id = self.group(course, group);
        let world = self.world();
        let mut members: Vec<_> = world
            .members(id)
            .into_iter()
            .filter_map(|user| world.user(user))
            .map(|user| user.username.clone())
            .collect();
        members.sort();
        members
    }

    /// How many calls that change something have reached the Moodle since the record was cleared.
    pub(crate) fn writes(&self) -> usize {
        self.server.calls().iter().filter(|call| call.is_write).count()
    }

    /// Runs everything once more: there must be nothing to do.
    pub(crate) fn assert_quiet(&self) {
        let before = self.picture();
        self.server.clear_calls();
        let again = self.muster(&["run", "--all", "--format", "json"]);
        assert!(matches!(again.code, 0 | 7), "{again}");
        assert_eq!(again.json()["report"]["changes"], serde_json::json!([]), "{again}");
        assert_eq!(self.writes(), 0, "{:?}", self.server.calls());
        assert_eq!(self.picture(), before);
    }

    /// Makes a database in which other programs work: where the tests use a server, on that.
    pub(crate) fn another_database(&self) -> OtherDatabase {
        OtherDatabase { database: self.runtime.block_on(database::Place::new()) }
    }

    /// Keeps nothing but the program's database.
    pub(crate) fn into_database(self) -> database::Place {
        self.database
    }

    /// The URL of the program's database.
    pub(crate) fn database_url(&self) -> &str {
        self.database.url()
    }

    /// Runs statements on the program's database, as another program would.
    pub(crate) fn sql(&self, statements: &str) {
        self.runtime.block_on(self.database.sql(statements));
    }

    /// The rows of a query on the program's database, every value as text; the empty text for NULL.
    pub(crate) fn rows(&self, query: &str) -> Vec<Vec<String>> {
        let rows = self.runtime.block_on(self.database.rows(query));
        rows.into_iter()
            .map(|row| row.into_iter().map(|(_, text)| text.unwrap_or_default()).collect())
            .collect()
    }
}

/// A database in which other programs work.
pub(crate) struct OtherDatabase {
    database: database::Place,
}

impl OtherDatabase {
    /// Its URL, as it stands in the configuration.
    pub(crate) fn url(&self) -> &str {
        self.database.url()
    }

    /// Runs statements in it.
    pub(crate) fn sql(&self, statements: &str) {
        Runtime::new().unwrap().block_on(self.database.sql(statements));
    }
}

/// What a command did.
pub(crate) struct Ran {
    /// The command line, for messages.
    line: String,
    /// The exit code; -1 after a signal.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

impl Ran {
    /// What a finished process did. Nothing it says may hold the token or speak of a panic.
    pub(crate) fn of(args: &[&str], output: &std::process::Output) -> Ran {
        let ran = Ran {
            line: args.join(" "),
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout.clone()).unwrap(),
            stderr: String::from_utf8(output.stderr.clone()).unwrap(),
        };
        for text in [&ran.stdout, &ran.stderr] {
            assert!(!text.contains(TOKEN), "the token is shown: {ran}");
            assert!(!text.contains("panicked"), "{ran}");
        }
        ran
    }

    /// Asserts the exit code.
    pub(crate) fn ends_with(self, code: i32) -> Ran {
        assert_eq!(self.code, code, "{self}");
        self
    }

    /// Asserts that the answer, or what was said on standard error, holds a text.
    pub(crate) fn says(self, text: &str) -> Ran {
        assert!(self.stdout.contains(text) || self.stderr.contains(text), "{text:?} is not in {self}");
        self
    }

    /// Asserts the opposite.
    pub(crate) fn does_not_say(self, text: &str) -> Ran {
        assert!(!self.stdout.contains(text) && !self.stderr.contains(text), "{text:?} is in {self}");
        self
    }

    /// The answer as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error} in {self}"))
    }

    /// The number of the run in the answer.
    pub(crate) fn run_number(&self) -> i64 {
        self.json()["run"].as_i64().unwrap_or_else(|| panic!("no run in {self}"))
    }

    /// How many operations of a kind were carried out, or found to be so, in this run.
    pub(crate) fn done(&self, kind: &str) -> u64 {
        self.figure(kind, "done") + self.figure(kind, "already_so")
    }

    /// A figure of a kind of operations in the report; 0 where the kind does not appear.
    pub(crate) fn figure(&self, kind: &str, figure: &str) -> u64 {
        let answer = self.json();
        let changes = answer["report"]["changes"].as_array().into_iter().flatten();
        changes.filter(|change| change["kind"] == kind).map(|change| change[figure].as_u64().unwrap()).sum()
    }

    /// The reasons of the findings in the report.
    pub(crate) fn reasons(&self) -> Vec<String> {
        let answer = self.json();
        let causes = answer["report"]["causes"].as_array().into_iter().flatten();
        causes.map(|cause| cause["reason"].as_str().unwrap().to_owned()).collect()
    }
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "muster {} ended with {}\n{}\n{}", self.line, self.code, self.stdout, self.stderr)
    }
}
