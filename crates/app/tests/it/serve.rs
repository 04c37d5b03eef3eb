//! `muster serve` and `muster status --nagios` as the real program: pages, signals, overlap and silence.
//!
//! Not here: when a scheduled run begins, which needs a clock in the test's hand (unit tests of `src/serve`).

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{Place, Ran, Timetable, campus};

const MODULE: &str = "ANTH1014";

fn place() -> Place {
    let mut place = Place::with(&[7], 4, &Timetable::new().group(MODULE, "A", "A", &["p1", "p2"]));
    place.set("serve.listen", "\"127.0.0.1:0\"");
    place.map(7, MODULE);
    place
}

/// A service that listens; it is killed where a test ends before it.
pub(crate) struct Service {
    /// Nothing once somebody waited for its end.
    child: Option<Child>,
    address: String,
    next_run_begins_at: Option<i64>,
}

impl Service {
    pub(crate) fn start(place: &Place) -> Service {
        let mut child = place.start(&["serve", "--format", "json"]);
        let mut lines = BufReader::new(child.stdout.as_mut().unwrap()).lines().map(Result::unwrap);
        let mut text = String::new();
        for line in &mut lines {
            text.push_str(&line);
            if line == "}" {
                break;
            }
        }
        let said: Value = serde_json::from_str(&text).unwrap();
        let address = said["url"].as_str().unwrap().strip_prefix("http://").unwrap().to_owned();
        drop(lines);
        Service { child: Some(child), address, next_run_begins_at: said["next_run_begins_at"].as_i64() }
    }

    /// The status and the page of a path.
    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        self.ask(&format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"))
    }

    /// The status and the page that answer a form.
    pub(crate) fn post(&self, path: &str, form: &str) -> (u16, String) {
        let kind = "application/x-www-form-urlencoded";
        let head = format!("Host: localhost\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n", form.len());
        self.ask(&format!("POST {path} HTTP/1.1\r\n{head}Connection: close\r\n\r\n{form}"))
    }

    fn ask(&self, request: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, page) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), page.to_owned())
    }

    fn health(&self) -> (u16, Value) {
        let (status, page) = self.get("/healthz");
        (status, serde_json::from_str(&page).unwrap())
    }

    /// A figure of /metrics.
    fn figure(&self, series: &str) -> f64 {
        let (status, page) = self.get("/metrics");
        assert_eq!(status, 200);
        let line = page.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("no {series} in {page}")).parse().unwrap()
    }

    pub(crate) fn signal(&self, name: &str) {
        // The shell's own, because a small system has no program of that name.
        let kill = format!("kill {name} {}", self.child.as_ref().unwrap().id());
        let sent = Command::new("sh").args(["-c", &kill]).status().unwrap();
        assert!(sent.success());
    }

    /// Whether it has not ended yet.
    pub(crate) fn is_there(&mut self) -> bool {
        self.child.as_mut().unwrap().try_wait().unwrap().is_none()
    }

    /// Waits for its end.
    pub(crate) fn wait(mut self) -> Ran {
        Ran::of(&["serve"], &self.child.take().unwrap().wait_with_output().unwrap())
    }

    /// Ends it as systemd does.
    pub(crate) fn end(self) -> Ran {
        self.signal("-TERM");
        self.wait()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ended = child.kill().and_then(|()| child.wait());
        }
    }
}

/// Asks until something is so.
fn until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(20), "it never was so: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Lets the runs so far have begun some hours earlier.
fn age(place: &Place, hours: i64) {
    place.sql(&format!("UPDATE runs SET started_at = started_at - {}", hours * 3_600));
}

#[test]
fn n9_the_pages_tell_how_it_is_and_sigterm_ends_it() {
    let mut place = place();
    place.set("schedule.run", "\"17 2 * * *\"");
    place.set("schedule.time_zone", "\"UTC\"");
    let run = place.run().ends_with(0).run_number();
    let service = Service::start(&place);
    let (status, health) = service.health();
    assert_eq!(
        (status, health["status"].as_str(), health["database"].as_str()),
        (200, Some("ok"), Some("reachable"))
    );
    assert_eq!(
        (health["last_run"]["run"].as_i64(), health["last_run"]["status"].as_str()),
        (Some(run), Some("done"))
    );
    assert!(health["last_good_run_age_s"].as_i64().unwrap() < 60, "{health}");
    assert_eq!(health["running"], Value::Null);
    let next = health["next_run_begins_at"].as_i64().unwrap();
    assert_eq!((next % 86_400, Some(next)), (2 * 3_600 + 17 * 60, service.next_run_begins_at));
    for (series, expected) in [
        ("muster_build_info{version=\"0.1.0\"}", 1.0),
        ("muster_database_up", 1.0),
        ("muster_silent", 0.0),
        ("muster_runs{status=\"done\"}", 1.0),
        ("muster_runs{status=\"failed\"}", 0.0),
        ("muster_last_run_operations{outcome=\"refused\"}", 0.0),
        ("muster_operations_waiting", 0.0),
        ("muster_findings{reason=\"not_enrolled\"}", 0.0),
        ("muster_groups", 1.0),
        ("muster_memberships", 2.0),
        ("muster_next_run_timestamp_seconds", next as f64),
    ] {
        assert_eq!(service.figure(series), expected, "{series}");
    }
    assert_eq!(
        service.figure("muster_last_run_operations{outcome=\"done\"}"),
        service.figure("muster_last_run_operations_planned")
    );
    let (status, page) = service.get("/");
    assert_eq!(status, 404);
    assert!(page.contains("/healthz") && page.contains("/metrics"), "{page}");
    place.muster(&["status"]).says("`muster serve` begins the next one on");
    service.end().ends_with(0);
}

#[test]
fn n9_a_request_that_is_too_long_or_no_http_harms_nothing() {
    let place = place();
    let service = Service::start(&place);
    let answer_to = |request: &[u8]| {
        let mut stream = TcpStream::connect(&service.address).unwrap();
        // The other side may hang up while we still write.
        let _ = stream.write_all(request);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    };
    let long = format!("GET /healthz HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "a".repeat(1_000_000));
    assert!(!answer_to(long.as_bytes()).contains(" 200 "));
    assert!(!answer_to(b"\x16\x03\x01 this is no HTTP\r\n\r\n").contains(" 200 "));
    let posted = "POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";
    assert!(answer_to(posted.as_bytes()).contains(" 405 "));
    assert_eq!(service.health().0, 200);
    service.end().ends_with(0);
}

#[test]
fn h8_silence_is_503_critical_and_a_metric() {
    let place = place();
    place.muster(&["status", "--nagios"]).ends_with(3).says("MUSTER UNKNOWN - nothing has run yet|");
    place.run().ends_with(0);
    place.muster(&["status", "--nagios"]).ends_with(0).says("MUSTER OK - all is well|last_good_run_age=");
    let service = Service::start(&place);
    age(&place, 30);
    let (status, health) = service.health();
    assert_eq!(
        (status, health["status"].as_str(), health["silent_hours"].as_i64()),
        (503, Some("silent"), Some(30))
    );
    assert!((service.figure("muster_silent") - 1.0).abs() < f64::EPSILON);
    place.muster(&["status", "--nagios"]).ends_with(2).says("MUSTER CRITICAL - no good run for 30 hours|");
    service.end().ends_with(0);
}

#[test]
fn n9_a_database_that_is_gone_is_503() {
    let place = place();
    let service = Service::start(&place);
    std::fs::remove_file(place.path("muster.db")).unwrap();
    let (status, health) = service.health();
    assert_eq!((status, health["database"].as_str()), (503, Some("unreachable")));
    assert!(service.figure("muster_database_up").abs() < f64::EPSILON);
    service.end().ends_with(0).says("cannot find the database");
}

#[test]
fn n9_nagios_is_warned_of_what_needs_a_person_and_told_what_cannot_be_read() {
    let place = place();
    place.world().create_group_by_hand(7, "A").unwrap();
    place.run().ends_with(7);
    let line = place.muster(&["status", "--nagios"]).ends_with(1);
    assert!(line.stdout.starts_with("MUSTER WARNING - 1 finding needs a person|"), "{line}");
    assert_eq!(line.stdout.lines().count(), 1, "{line}");
    place.sql("UPDATE runs SET status = 'failed'");
    place.muster(&["status", "--nagios"]).ends_with(2).says("stopped before its end");
    place.write("muster.db", "this is no database, however long one looks at it");
    let line = place.muster(&["status", "--nagios"]).ends_with(3);
    assert!(line.stdout.starts_with("MUSTER UNKNOWN - cannot "), "{line}");
    assert_eq!(line.stdout.lines().count(), 1, "{line}");
    place.muster(&["--config", "nowhere.toml", "status", "--nagios"]).ends_with(3).says("MUSTER UNKNOWN - ");
}

#[test]
fn f1_an_overlap_is_refused_and_named_and_shown_everywhere() {
    let mut place = place();
    place.set("moodle.timeout_s", "60");
    let service = Service::start(&place);
    let world = place.world();
    let slow = place.start(&["run"]);
    until("a run is under way", || service.health().1["running"]["purpose"] == "run");
    let pid = slow.id().to_string();
    place.muster(&["run"]).ends_with(3).says(&format!("process {pid}")).says("run");
    place.muster(&["status"]).says("a run is under way").says(&pid);
    assert!((service.figure("muster_run_under_way") - 1.0).abs() < f64::EPSILON);
    drop(world);
    Ran::of(&["run"], &slow.wait_with_output().unwrap()).ends_with(0);
    until("nothing is under way", || service.health().1["running"] == Value::Null);
    service.end().ends_with(0);
}

#[test]
fn f1_a_service_without_a_free_address_or_a_good_schedule_says_so() {
    let mut place = Place::new(campus(&[7], 1));
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    place.set("serve.listen", &format!("{address:?}"));
    place
        .muster(&["serve"])
        .ends_with(3)
        .says(&format!("cannot listen on {address}"))
        .says("`listen` in [serve]");
    place.set("schedule.run", "\"17 2 * * fun\"");
    place
        .muster(&["serve"])
        .ends_with(3)
        .says("[schedule] run: the day of the week \"fun\" is not from 0 to 7");
}

#[test]
fn h3_the_log_level_of_a_running_service_changes_with_sighup() {
    let mut place = place();
    place.set("log.level", "\"error\"");
    place.set("log.folder", "\"logs\"");
    let service = Service::start(&place);
    let logs = place.path("logs");
    let counted = |text: &str| {
        let files = std::fs::read_dir(&logs).unwrap().map(|entry| entry.unwrap().path());
        let all = files.filter(|file| file.display().to_string().contains("muster.log"));
        all.map(|file| std::fs::read_to_string(file).unwrap().matches(text).count()).sum::<usize>()
    };
    let answered = || counted("answered");
    service.get("/healthz");
    assert_eq!(answered(), 0, "nothing is said at this level");

    place.set("log.level", "\"error,muster::serve=debug\"");
    service.signal("-HUP");
    until("the level is the new one", || {
        service.get("/healthz");
        answered() > 0
    });
    // A mistake in the file changes nothing, and the service goes on.
    let lines = answered();
    place.set("log.level", "\"loud=very\"");
    service.signal("-HUP");
    until("it is told", || counted("the log level stays as it was") > 0);
    service.get("/healthz");
    assert_eq!(answered(), lines + 1);

    place.set("log.level", "\"error\"");
    service.signal("-HUP");
    until("the level is the old one", || {
        let lines = answered();
        service.get("/healthz");
        answered() == lines
    });
    service.end().ends_with(0);
}

#[test]
fn h1_a_database_that_fails_stands_in_its_own_log() {
    let mut place = place();
    place.set("log.folder", "\"logs\"");
    place.sql("ALTER TABLE findings RENAME TO elsewhere");
    place.muster(&["status"]).ends_with(3).says("the database refused");
    let files = std::fs::read_dir(place.path("logs")).unwrap().map(|entry| entry.unwrap().path());
    let log = files.into_iter().find(|file| file.display().to_string().contains("db_error.log")).unwrap();
    let text = std::fs::read_to_string(log).unwrap();
    assert!(text.contains("WARN store: the database failed") && text.contains("findings"), "{text}");
}
