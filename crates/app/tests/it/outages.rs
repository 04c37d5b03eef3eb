//! Whole nights in which the management database fails: a full disk, rows that another program holds, a database that can
//! only be read, a server that ends. Each ends with a sentence and a next step, and the next night brings the same end.
//!
//! The database is a SQLite file, or on a server that the test has for itself where `MUSTER_TEST_DATABASE` names a product.
//!
//! Not here: the end of our own process (`kill`), failures of the Moodle (`faults`), a lost connection at every point of a
//! transaction (the store's `outages`).

use std::any::Any;
use std::process::Child;
use std::time::{Duration, Instant};

use simulators::moodle::{Fault, FaultRule, When};
use sqlx::{Connection as _, MySqlConnection, PgConnection, SqliteConnection};
use tokio::runtime::Runtime;

use crate::disturbed::{check_journal, newest_run};
use crate::own_server::OwnServer;
use crate::place::{self, server};
use crate::small_disk::{SmallDisk, may_mount};
use crate::support::{Place, Ran, Timetable, campus};

/// How many groups there are after the night that is disturbed.
const GROUPS: usize = 150;

/// How long a process may take to reach the point at which its database fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where a test's database lies.
struct Ground {
    disk: SmallDisk,
    server: Option<OwnServer>,
}

impl Ground {
    /// On a disk that is soon full.
    fn small() -> Option<Ground> {
        let is_file = server().is_none();
        // Servers take some for a beginning, and some more whenever a table grows.
        let disk = SmallDisk::mount(if is_file { 16 } else { 128 });
        let server = if is_file { None } else { Some(OwnServer::start()?) };
        Some(Ground { disk, server })
    }

    fn database(&self) -> place::Place {
        match &self.server {
            Some(server) => server.database("muster", Some(&self.disk)),
            None => place::Place::in_folder(&self.disk.path()),
        }
    }
}

impl Ground {
    /// A command that met the full disk says so, unless the server did not live to tell: InnoDB ends where it finds no room
    /// to take a transaction back (seen in MariaDB 10.11).
    fn told_of_full_disk(&self, ran: Ran) -> Ran {
        let ran = ran.ends_with(3);
        let has_ended = self.server.as_ref().is_some_and(OwnServer::has_ended);
        if has_ended && !ran.stderr.contains("the disk of the database is full") {
            return ran.says("next: see that the server runs");
        }
        ran.says("the disk of the database is full").says("next: make room on the disk of the database")
    }

    /// The disk has room again, and a server that ended is started.
    fn make_room(&mut self) {
        self.disk.make_room();
        if let Some(server) = self.server.as_mut().filter(|server| server.has_ended()) {
            server.crash();
            server.start_again();
        }
    }
}

/// Many groups, so that a night writes much.
fn timetable(groups: usize) -> Timetable {
    (1..=groups).fold(Timetable::new(), |timetable, number| {
        timetable.group("ANTH", &format!("g{number}"), &format!("Group {number}"), &["p1", "p2", "p3"])
    })
}

/// One night is over, and much is to be done in the next.
fn filled(database: place::Place) -> Place {
    begin_filled(Place::on(campus(&[101], 4), database))
}

/// The same wherever the other tests have their databases.
fn filled_anywhere() -> Place {
    begin_filled(Place::new(campus(&[101], 4)))
}

fn begin_filled(mut place: Place) -> Place {
    place.write_timetable(&timetable(3));
    place.map(101, "ANTH");
    place.run().ends_with(0);
    place.write_timetable(&timetable(GROUPS));
    place.set("moodle.items_max", "15");
    place.server.clear_calls();
    place
}

/// Begins a night, lets something happen when the Moodle was written so many times, and lets the night go on. While it
/// happens, the night waits for the Moodle.
fn in_the_middle(place: &Place, writes: usize, happen: impl FnOnce()) -> Child {
    let slowly = FaultRule { when: When::Every(1), fault: Fault::Delay(10), times: usize::MAX };
    place.server.faults().push(slowly);
    let mut child = place.start(&["run"]);
    let begun = Instant::now();
    while place.writes() < writes {
        assert!(child.try_wait().unwrap().is_none() && begun.elapsed() < PATIENCE, "it was never written");
        std::thread::sleep(Duration::from_millis(2));
    }
    let held = place.world();
    // What the last call brought is recorded meanwhile.
    std::thread::sleep(Duration::from_millis(200));
    happen();
    drop(held);
    place.server.faults().clear();
    child
}

fn ended(child: Child) -> Ran {
    Ran::of(&["run"], &child.wait_with_output().unwrap())
}

/// Runs once more: all is there, once, and the journal of the disturbed run is closed and claims nothing that is not so.
fn is_completed(place: &Place, disturbed: i64) {
    let world = place.world().clone();
    let ran = place.muster(&["run"]);
    assert!(matches!(ran.code, 0 | 7), "{ran}");
    check_journal(place, disturbed, &world).unwrap();
    assert_eq!(place.group_names(101).len(), GROUPS);
    assert!((1..=GROUPS).all(|number| place.members(101, &format!("Group {number}")) == ["p1", "p2", "p3"]));
    let open = place.rows("SELECT number FROM operations WHERE state IN ('sent', 'planned')");
    assert!(open.is_empty(), "{open:?}");
    assert!(place.rows("SELECT id FROM runs WHERE status = 'running'").is_empty());
    place.assert_quiet();
}

#[test]
fn a_disk_that_is_full_before_a_night_is_named_and_the_next_night_does_all() {
    if !may_mount("outages::a_disk_that_is_full_before_a_night_is_named_and_the_next_night_does_all") {
        return;
    }
    let Some(mut ground) = Ground::small() else { return };
    let place = filled(ground.database());
    ground.disk.fill();
    ground.told_of_full_disk(place.muster(&["run"]));
    let status = place.muster(&["status"]);
    // SQLite needs some room to be read as well.
    if status.code == 0 {
        status.ends_with(0).says("3 groups with 9 memberships are ours");
    } else {
        ground.told_of_full_disk(status);
    }
    ground.make_room();
    is_completed(&place, newest_run(&place));
}

#[test]
fn a_disk_that_becomes_full_in_the_middle_of_a_night_costs_nothing_but_time() {
    if !may_mount("outages::a_disk_that_becomes_full_in_the_middle_of_a_night_costs_nothing_but_time") {
        return;
    }
    let Some(mut ground) = Ground::small() else { return };
    let mut place = filled(ground.database());
    place.set("database_wait_s", "3");
    let ran = ended(in_the_middle(&place, 4, || ground.disk.fill()));
    let ran = ground.told_of_full_disk(ran);
    ground.make_room();
    ran.says("operations were carried out and recorded").says("accepted cmis");
    // A server needs a moment to see that the process ended.
    while place.muster(&["status"]).stdout.contains("a run is under way") {}
    place.muster(&["status"]).says("the last run stopped before its end");
    is_completed(&place, newest_run(&place));
}

#[test]
fn rows_that_another_program_holds_for_too_long_are_named_with_whoever_holds_them() {
    let mut place = filled_anywhere();
    place.set("database_wait_s", "1");
    let (how, holder) = match product(&place) {
        "sqlite" => ("BEGIN IMMEDIATE", format!("held by process {}", std::process::id())),
        "mysql" => ("BEGIN; SELECT * FROM muster_lock FOR UPDATE", "held by connection ".to_owned()),
        _ => ("BEGIN; SELECT * FROM muster_lock FOR UPDATE", "held by session ".to_owned()),
    };
    let check = |ran: Ran| {
        let ran = ran.ends_with(3).says("another program held the database for too long");
        ran.says(&holder).says("next: see which program");
    };
    let held = hold(&place, how);
    check(place.muster(&["run"]));
    place.muster(&["status"]).ends_with(0);
    drop(held);

    let mut held = None;
    let child = in_the_middle(&place, 4, || held = Some(hold(&place, how)));
    check(ended(child));
    drop(held);
    is_completed(&place, newest_run(&place));
}

#[test]
fn rows_that_another_program_holds_for_a_moment_are_waited_for() {
    let place = filled_anywhere();
    let how = match product(&place) {
        "sqlite" => "BEGIN IMMEDIATE",
        "mysql" => "LOCK TABLES operations WRITE",
        _ => "BEGIN; LOCK TABLE operations IN ACCESS EXCLUSIVE MODE",
    };
    let mut held = None;
    let child = in_the_middle(&place, 4, || held = Some(hold(&place, how)));
    std::thread::sleep(Duration::from_millis(1_500));
    drop(held);
    ended(child).ends_with(0);
    is_completed(&place, newest_run(&place));
}

#[test]
fn a_table_that_another_program_locks_is_named_where_it_is_only_read() {
    let mut place = filled_anywhere();
    place.set("database_wait_s", "1");
    let how = match product(&place) {
        "sqlite" => {
            println!("left out: readers of SQLite never wait");
            return;
        }
        "mysql" => "LOCK TABLES runs WRITE",
        _ => "BEGIN; LOCK TABLE runs IN ACCESS EXCLUSIVE MODE",
    };
    let _held = hold(&place, how);
    place.muster(&["status"]).ends_with(3).says("another program held the database for too long");
}

fn product(place: &Place) -> &'static str {
    ["sqlite", "mysql"]
        .into_iter()
        .find(|scheme| place.database_url().starts_with(scheme))
        .unwrap_or("postgres")
}

#[test]
fn a_database_that_can_only_be_read_is_read_and_says_why_it_is_not_written() {
    if !may_mount("outages::a_database_that_can_only_be_read_is_read_and_says_why_it_is_not_written") {
        return;
    }
    let Some(ground) = Ground::small() else { return };
    let mut place = filled(ground.database());
    let run = newest_run(&place);
    if let Some(server) = &ground.server
        && !server.is_postgres()
    {
        // The administrator may write whatever is said.
        server.administer("CREATE USER daily@'%' IDENTIFIED BY 'choose one'");
        server.administer("GRANT SELECT, INSERT, UPDATE, DELETE ON muster.* TO daily@'%'");
        place.set("database", &format!("{:?}", server.url_for("daily", "choose%20one")));
    }
    let only_read = |on: bool| match &ground.server {
        None if on => ground.disk.only_read(),
        None => ground.disk.write_again(),
        Some(server) if server.is_postgres() => {
            let state = if on { "on" } else { "off" };
            server.administer(&format!("ALTER DATABASE muster SET default_transaction_read_only = {state}"));
        }
        Some(server) => server.administer(&format!("SET GLOBAL read_only = {}", u8::from(on))),
    };
    only_read(true);
    for command in [vec!["status"], vec!["runs", "list"], vec!["explain", "person", "p1"]] {
        place.muster(&command).ends_with(0);
    }
    place
        .muster(&["run"])
        .ends_with(3)
        .says("the database can only be read")
        .says("next: let this user write");
    place.muster(&["map", "add", "101", "HIST"]).ends_with(3).says("the database can only be read");
    let checked = place.muster(&["check", "database"]).ends_with(3);
    checked.says("the database can only be read").says("next: let this user write");
    only_read(false);
    is_completed(&place, run);
}

#[test]
fn a_server_that_starts_again_while_a_night_waits_for_the_moodle_costs_nothing() {
    let Some(mut server) = OwnServer::start() else { return };
    for (number, end) in [OwnServer::stop, OwnServer::crash].into_iter().enumerate() {
        let place = filled(server.database(&format!("muster_{number}"), None));
        let child = in_the_middle(&place, 4, || {
            end(&mut server);
            server.start_again();
        });
        let ran = ended(child);
        if ran.code != 0 {
            // On a busy machine it may still have recorded the last call.
            ran.ends_with(3).says("the connection to the database was lost");
        }
        is_completed(&place, newest_run(&place));
    }
}

#[test]
fn a_server_that_ends_at_any_moment_of_a_night_and_starts_again_costs_nothing_but_time() {
    let Some(mut server) = OwnServer::start() else { return };
    for number in 0..5 {
        let place = filled(server.database(&format!("muster_{number}"), None));
        let before = newest_run(&place);
        let mut child = place.start(&["run"]);
        let begun = Instant::now();
        while place.writes() < number * 5 {
            assert!(
                child.try_wait().unwrap().is_none() && begun.elapsed() < PATIENCE,
                "it was never written"
            );
            std::thread::sleep(Duration::from_millis(1));
        }
        server.crash();
        std::thread::sleep(Duration::from_millis(200));
        server.start_again();
        let ran = ended(child);
        assert!(matches!(ran.code, 0 | 3), "{ran}");
        if ran.code == 3 {
            ran.says("next: see that the server runs");
        }
        is_completed(&place, newest_run(&place).max(before));
    }
}

/// Carries out SQL as another program does, and keeps what it holds until the value goes.
fn hold(place: &Place, sql: &'static str) -> Box<dyn Any> {
    let url = place.database_url();
    let runtime = Runtime::new().unwrap();
    let sql = sqlx::raw_sql(sql);
    let connection: Box<dyn Any> = runtime.block_on(async {
        if url.starts_with("sqlite") {
            let mut connection = SqliteConnection::connect(url).await.unwrap();
            sql.execute(&mut connection).await.unwrap();
            Box::new(connection) as Box<dyn Any>
        } else if url.starts_with("mysql") {
            let mut connection = MySqlConnection::connect(url).await.unwrap();
            sql.execute(&mut connection).await.unwrap();
            Box::new(connection) as Box<dyn Any>
        } else {
            let mut connection = PgConnection::connect(url).await.unwrap();
            sql.execute(&mut connection).await.unwrap();
            Box::new(connection)
        }
    });
    // The connection goes before what carries it.
    Box::new((connection, runtime))
}
