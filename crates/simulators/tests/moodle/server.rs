//! The simulator behind real HTTP: faults, the record of calls, redirects (facts/moodle-ws.md §3, §7).

use std::time::Duration;

use reqwest::{Client, Response};
use simulators::moodle::{Fault, FaultRule, Server, Settings, When};

use crate::lab::{ADA, COURSE, Lab, SECRET, groups_form, member_form};

const CREATE: &str = "core_group_create_groups";

struct Line {
    server: Server,
    client: Client,
}

impl Line {
    async fn open(lab: Lab) -> Line {
        // The client wants a provider even for plain HTTP; another test may have installed it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let server = Server::start(lab.world).await.unwrap();
        let client = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(10))
            .build()
            .unwrap();
        Line { server, client }
    }

    async fn send(&self, function: &str, form: &str) -> reqwest::Result<Response> {
        let url = format!("{}/webservice/rest/server.php?moodlewsrestformat=json", self.server.url());
        let body = format!("wstoken={SECRET}&{form}&wsfunction={function}");
        let request = self.client.post(url).header("content-type", "application/x-www-form-urlencoded");
        request.body(body).send().await
    }

    /// Status and body of creating one group under the fault; none if the answer did not arrive whole.
    async fn create_under(&self, fault: Fault, name: &str) -> Option<(u16, String)> {
        self.server.faults().push(FaultRule::once(When::Write(1), fault));
        match self.send(CREATE, &groups_form(&[(name, "")])).await {
            Ok(response) => Some((response.status().as_u16(), response.text().await.ok()?)),
            Err(error) => {
                assert!(!error.is_timeout(), "{fault:?}: the connection has to be closed, not forgotten");
                None
            }
        }
    }

    fn has_group(&self, name: &str) -> bool {
        self.server.world().group_named(COURSE, name).is_some()
    }
}

#[tokio::test]
async fn a_call_over_http_is_answered_and_recorded() {
    let line = Line::open(Lab::new()).await;
    let response = line.send(CREATE, &groups_form(&[("A", ""), ("B", "")])).await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/json");
    assert!(response.text().await.unwrap().starts_with("[{\"id\":1,"));
    line.send("core_group_get_groups", "groupids[0]=99").await.unwrap();
    let calls = line.server.calls();
    let told = |n: usize| {
        let call = &calls[n];
        (call.number, call.items, call.is_write, call.status, call.errorcode.as_deref())
    };
    assert_eq!(told(0), (1, 2, true, 200, None));
    assert_eq!(told(1), (2, 1, false, 200, Some("invalidrecord")));
    line.server.clear_calls();
    assert!(line.server.calls().is_empty());
    let url = line.server.url();
    line.server.stop().await;
    assert!(line.client.get(url).send().await.is_err());
}

/// Each fault: whether an answer arrives, and whether the work was done.
#[tokio::test]
async fn every_fault_does_to_answer_and_work_what_it_says() {
    let line = Line::open(Lab::new()).await;
    for (fault, status, start, done) in [
        (Fault::LostBefore, 0, "", false),
        (Fault::LostAfter, 0, "", true),
        (Fault::HalfAnswer, 0, "", true),
        (Fault::FewerResults, 200, "[]", true),
        (Fault::Status500, 500, "", false),
        (Fault::Status502, 502, "<h1>502", false),
        (Fault::Status504Committed, 504, "<h1>504", true),
        (Fault::Garbage, 200, "<html>", true),
        (Fault::TextBeforeJson, 200, "<br />\n<b>Warning</b>", true),
        (Fault::EmptyBody, 200, "", true),
        (
            Fault::Deadlock,
            200,
            "{\"exception\":\"dml_write_exception\",\"errorcode\":\"dmlwriteexception\"",
            false,
        ),
        (Fault::StaleList, 200, "[{\"id\":", true),
        (Fault::Delay(1), 200, "[{\"id\":", true),
        (Fault::Slow(1), 200, "[{\"id\":", true),
    ] {
        let name = format!("{fault:?}");
        let (found, body) = line.create_under(fault, &name).await.unwrap_or_default();
        assert_eq!(found, status, "{name}");
        assert!(body.starts_with(start), "{name}: {body}");
        assert_eq!(line.has_group(&name), done, "{name}");
        assert_eq!(line.server.calls().last().unwrap().fault, Some(fault));
        assert_eq!(line.server.faults().pending(), 0);
    }
    // After all that the connection pool still works.
    assert!(line.send(CREATE, &groups_form(&[("Last", "")])).await.is_ok());
}

/// The first byte comes long before the last, so a client that waits for each byte anew never gives up.
#[tokio::test]
async fn a_slow_answer_trickles_and_is_whole() {
    let line = Line::open(Lab::new()).await;
    line.server.faults().push(FaultRule::once(When::Write(1), Fault::Slow(5)));
    let mut response = line.send(CREATE, &groups_form(&[("Slow", "")])).await.unwrap();
    let (mut pieces, mut body) = (0, Vec::new());
    while let Some(piece) = response.chunk().await.unwrap() {
        pieces += 1;
        body.extend(piece);
    }
    assert!(pieces > 1, "{pieces} piece");
    assert!(serde_json::from_slice::<serde_json::Value>(&body).unwrap()[0]["id"].is_u64());
}

/// §0, 19
#[tokio::test]
async fn a_client_that_gives_up_does_not_stop_the_server() {
    let line = Line::open(Lab::new()).await;
    for (fault, done) in [(Fault::HangBefore, false), (Fault::HangAfter, true)] {
        let name = format!("{fault:?}");
        let patience = Duration::from_millis(100);
        assert!(tokio::time::timeout(patience, line.create_under(fault, &name)).await.is_err());
        assert_eq!(line.has_group(&name), done, "{name}");
    }
    line.server.stop().await;
}

/// §7
#[tokio::test]
async fn a_concurrent_reader_leaves_a_stale_list_until_the_next_write() {
    let line = Line::open(Lab::new()).await;
    let listed = async || {
        let response =
            line.send("core_group_get_course_groups", &format!("courseid={COURSE}")).await.unwrap();
        response.text().await.unwrap().matches("\"id\":").count()
    };
    line.create_under(Fault::StaleList, "A").await.unwrap();
    assert!(line.has_group("A"));
    assert_eq!(listed().await, 0);
    line.send("core_group_add_group_members", &member_form(1, ADA)).await.unwrap();
    assert_eq!(listed().await, 0, "members do not drop the list");
    line.send(CREATE, &groups_form(&[("B", "")])).await.unwrap();
    assert_eq!(listed().await, 2);
}

/// §3
#[tokio::test]
async fn another_host_is_redirected_to_wwwroot() {
    let settings =
        Settings { wwwroot: Some("https://moodle.example.ac.uk".to_owned()), ..Settings::default() };
    let lab = Lab::with(settings);
    let line = Line::open(lab).await;
    let response = line.send(CREATE, "").await.unwrap();
    assert_eq!(response.status(), 303);
    assert_eq!(response.headers()["location"], "https://moodle.example.ac.uk");
}

#[tokio::test]
async fn a_side_event_between_two_calls_is_seen_by_the_second() {
    let line = Line::open(Lab::new()).await;
    line.send(CREATE, &groups_form(&[("A", "")])).await.unwrap();
    line.server.world().delete_group(1);
    let answer = line.send("core_group_get_groups", "groupids[0]=1").await.unwrap();
    assert!(answer.text().await.unwrap().contains("invalidrecord"));
}
