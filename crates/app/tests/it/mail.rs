//! The whole program with a mail server beside it: which runs write to people, and that a mail which cannot be sent
//! harms nothing.
//!
//! Not here: the letters and the conversation in every detail (unit tests of `src/mail`).

use mail_parser::{MessageParser, MimeHeaders};
use simulators::moodle::Owner;

use crate::post_office::{PASSWORD, PASSWORD_ENCODED, PostOffice, Rules, Tls};
use crate::support::{Place, Ran, Timetable};

const MODULE: &str = "ANTH1014";

fn small() -> Timetable {
    Timetable::new().group(MODULE, "A", "A", &["p1", "p2"])
}

/// Course 7 with one group, and a mail server that wants a login.
fn place_with(office: &PostOffice) -> Place {
    let mut place = Place::with(&[7], 4, &small());
    place.map(7, MODULE);
    place.write_secret("mail-password", PASSWORD);
    place.write("ca.pem", &office.certificate);
    for (path, value) in [
        ("report.mail.to", "[\"lta@example.ac.uk\"]"),
        ("report.mail.from", "\"muster@example.ac.uk\""),
        ("report.mail.smtp.host", "\"localhost\""),
        ("report.mail.smtp.ca_file", "\"ca.pem\""),
        ("report.mail.smtp.port", &office.port.to_string()),
        ("report.mail.smtp.tls", &format!("{:?}", office.tls)),
        ("report.mail.smtp.timeout_s", "1"),
        ("report.mail.smtp.user", "\"muster\""),
        ("report.mail.smtp.password", "{ file = \"mail-password\" }"),
    ] {
        place.set(path, value);
    }
    place
}

fn office() -> PostOffice {
    PostOffice::open(Rules { tls: Tls::Starttls, wants_login: true, ..Rules::default() })
}

/// The subjects of what arrived so far.
fn subjects(office: &PostOffice) -> Vec<String> {
    let parser = MessageParser::default();
    let subject = |data: &str| parser.parse(data.as_bytes()).unwrap().subject().unwrap().to_owned();
    office.taken().iter().map(|taken| subject(&taken.data)).collect()
}

/// The plain text of the newest letter, on one line.
fn newest(office: &PostOffice) -> String {
    let taken = office.taken();
    let message = MessageParser::default().parse(taken.last().unwrap().data.as_bytes()).unwrap();
    message.body_text(0).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn without_password(ran: Ran) -> Ran {
    // The account "nobody" travels as base64 of nobody and password together.
    ran.does_not_say(PASSWORD).does_not_say(PASSWORD_ENCODED).does_not_say("AG5vYm9keQBz")
}

#[test]
fn z12_a_night_that_needs_a_person_comes_as_a_work_list() {
    let office = office();
    let place = place_with(&office);
    place.run().ends_with(0);
    let site = place.world().settings().site_name.clone();
    assert_eq!(subjects(&office), [format!("[Muster] all is well · {site}")]);
    place.world().create_group_by_hand(7, "B").unwrap();
    place.write_timetable(&small().group(MODULE, "B", "B", &["p3"]));
    let run = place.run().ends_with(7).run_number();
    assert_eq!(subjects(&office)[1], format!("[Muster] 1 thing needs you · {site}"));
    let text = newest(&office);
    for part in [
        &format!("Run {run} on {site} came to its end, but 1 thing needs you."),
        "A local group already has the name (1 new)",
        "C7 (course 7): B waits, because another group has that name",
        "Affected: 1 group of 1 course.",
        "rename or delete the local group in course 7",
        "muster explain course 7",
        &format!("muster runs show {run}"),
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    let taken = office.taken();
    assert!(
        taken[1].encrypted && taken[1].from == "muster@example.ac.uk" && taken[1].to == ["lta@example.ac.uk"]
    );
    let message = MessageParser::default().parse(taken[1].data.as_bytes()).unwrap();
    let list = message.attachment(0).unwrap();
    assert_eq!(list.attachment_name(), Some(format!("muster-run-{run}.csv").as_str()));
    assert!(String::from_utf8_lossy(list.contents()).contains("name_taken"));
    // The next night the same is known, and counted only.
    place.run().ends_with(7);
    assert_eq!(subjects(&office)[2], format!("[Muster] 1 thing still needs you · {site}"));
    assert!(newest(&office).contains("A local group already has the name: 1, for less than a day"));
}

#[test]
fn a_refused_delivery_and_a_held_plan_are_told_with_their_commands() {
    let office = office();
    let mut place = place_with(&office);
    place.set("limits.groups_deleted_small", "0");
    place.run().ends_with(0);
    place.write_timetable(&Timetable::new().module(MODULE).group("M2", "Z", "Z", &["p1"]));
    let run = place.run().ends_with(6).run_number();
    assert!(newest(&office).contains(&format!("muster approve {run} --reason \"…\"")), "{}", newest(&office));
    place.write("groups.csv", "nonsense\n");
    place.run().ends_with(4);
    assert!(newest(&office).contains("The source cmis could not be read"), "{}", newest(&office));
}

/// What it means, what Moodle said and what to do: all three in the letter as it travelled.
#[test]
fn a_refusal_arrives_with_its_three_parts() {
    let office = office();
    let place = place_with(&office);
    place.run().ends_with(0);
    let group = place.group(7, "A");
    place.world().protect_member(group, crate::support::user(2), Owner::Cohort);
    place.write_timetable(&Timetable::new().group(MODULE, "A", "A", &["p1"]));
    let run = place.run().ends_with(7).run_number();
    let text = newest(&office);
    let parts = [
        "Another plug-in of the platform protects the membership (1 new)",
        "remove p2 from A: the source no longer has it. Refused: another plug-in of Moodle protects the membership. ",
        "core_group_delete_group_members answered errorremovenotpermitted: ",
        "What to do: remove the person from the cohort or system that put them into the group",
        &format!("muster runs show {run}"),
    ];
    let mut rest = text.as_str();
    for part in parts {
        let at = rest.find(part).unwrap_or_else(|| panic!("{part:?} does not come next in {text}"));
        rest = &rest[at + part.len()..];
    }
    let taken = office.taken();
    let message = MessageParser::default().parse(taken.last().unwrap().data.as_bytes()).unwrap();
    let (html, list) = (message.body_html(0).unwrap(), message.attachment(0).unwrap());
    let list = String::from_utf8_lossy(list.contents()).into_owned();
    for part in ["errorremovenotpermitted", "remove the person from the cohort or system"] {
        assert!(html.contains(part) && list.contains(part), "{part:?} is not in {html} and {list}");
    }
}

#[test]
fn a_run_that_stops_arrives_with_its_three_parts() {
    let office = office();
    let place = place_with(&office);
    place.world().token_mut(crate::support::TOKEN).unwrap().service_enabled = false;
    place.run().ends_with(5);
    let text = newest(&office);
    for part in [
        "Moodle refuses the token, its service or this function",
        "answered accessexception: ",
        "What you may do: check that the service is enabled, holds the function",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
}

#[test]
fn a_run_that_cannot_begin_is_told() {
    let office = office();
    let mut place = place_with(&office);
    place.set("moodle.url", "\"http://127.0.0.1:1\"");
    place.muster(&["run"]).ends_with(5);
    assert_eq!(subjects(&office), ["[Muster] the run stopped · http://127.0.0.1:1"]);
    assert!(newest(&office).contains("stopped before its end"), "{}", newest(&office));
}

#[test]
fn only_runs_write_and_only_when_they_are_asked_to() {
    let office = office();
    let mut place = place_with(&office);
    place.muster(&["import"]).ends_with(0);
    place.muster(&["plan"]).ends_with(0);
    place.muster(&["run", "--module", "NONSENSE"]).ends_with(2);
    place.set("report.mail.digest", "false");
    place.muster(&["apply"]).ends_with(0);
    assert_eq!(subjects(&office).len(), 0);
    place.set("report.mail.when", "\"always\"");
    place.muster(&["apply"]).ends_with(0);
    assert_eq!(subjects(&office).len(), 1);
    place.set("report.mail.when", "\"never\"");
    place.set("report.mail.digest", "true");
    place.muster(&["run"]).ends_with(0);
    assert_eq!(subjects(&office).len(), 1);
}

/// A mail that cannot be sent: the run ends as it would, says so on standard error, and keeps it.
fn check_harmless(office: &PostOffice, change: impl Fn(&mut Place), says: &str) {
    let mut place = place_with(office);
    change(&mut place);
    let ran = without_password(place.run().ends_with(0));
    assert!(
        ran.stderr.contains("warning: ") && ran.stderr.contains("next: ") && ran.stderr.contains(says),
        "{ran}"
    );
    assert_eq!(place.members(7, "A"), ["p1", "p2"]);
    let kept = place.rows("SELECT value_after FROM audit WHERE who = 'muster' ORDER BY id DESC LIMIT 1");
    assert!(kept[0][0].contains(says) && !kept[0][0].contains(PASSWORD), "{kept:?}");
    let database = std::fs::read(place.path("muster.db")).unwrap();
    assert!(!database.windows(PASSWORD.len()).any(|window| window == PASSWORD.as_bytes()));
}

#[test]
fn a_mail_that_cannot_be_sent_never_fails_the_run() {
    check_harmless(&office(), |place| place.set("report.mail.smtp.user", "\"nobody\""), "it answered 535");
    check_harmless(
        &office(),
        |place| place.set("report.mail.smtp.port", "1"),
        "cannot reach the mail server",
    );
    let echoes =
        PostOffice::open(Rules { tls: Tls::AtOnce, wants_login: true, echoes: true, ..Rules::default() });
    check_harmless(&echoes, |place| place.set("report.mail.smtp.user", "\"nobody\""), "it answered 535");
    let hangs = PostOffice::open(Rules { wants_login: true, hangs_at: Some("EHLO"), ..Rules::default() });
    check_harmless(&hangs, |_| (), "it gave no answer in 1 s");
    let refuses = Rules { wants_login: true, refuses: vec!["lta@example.ac.uk".into()], ..Rules::default() };
    check_harmless(&PostOffice::open(refuses), |_| (), "550 5.1.1 no such mailbox");
}

#[test]
fn a_mail_is_kept_as_sent() {
    let office = office();
    let place = place_with(&office);
    place.run().ends_with(0);
    let kept = place.rows("SELECT what, value_after FROM audit WHERE who = 'muster'");
    assert!(kept.len() == 1 && kept[0][0].starts_with("mail [Muster]") && kept[0][1] == "sent", "{kept:?}");
}

#[test]
fn h8_status_tells_of_silence() {
    let place = place_with(&office());
    place.run().ends_with(0);
    place.muster(&["status"]).ends_with(0).does_not_say("no good run");
    place.sql("UPDATE runs SET started_at = started_at - 30 * 3600");
    place.muster(&["status"]).says("no good run for 30 hours").says("muster run");
    assert_eq!(place.muster(&["status", "--format", "json"]).json()["silent_hours"], 30);
}

#[test]
fn b9_a_pause_that_ends_within_a_day_is_told_once_and_stands_in_the_status() {
    let office = office();
    let mut place = place_with(&office);
    place.run().ends_with(0);
    place.muster(&["pause", "--course", "7", "--days", "3", "--reason", "marking"]).ends_with(0);
    place.run().ends_with(0);
    assert_eq!(office.taken().len(), 2, "it is too early to tell");
    place.muster(&["status"]).says("paused: course 7 until").says("(marking); next: muster resume 1");
    place.sql("UPDATE pauses SET begins_at = begins_at - 172801, ends_at = ends_at - 172801");
    place.muster(&["status"]).says("within a day: the first run after it only plans");
    let status = place.muster(&["status", "--format", "json"]).json();
    assert_eq!(status["pauses"][0]["ends_within_a_day"], true);
    // A letter that cannot be sent is tried again.
    place.set("report.mail.smtp.port", "1");
    place.run().ends_with(0).says("cannot reach the mail server");
    place.set("report.mail.smtp.port", &office.port.to_string());
    for _ in 0..2 {
        place.run().ends_with(0);
    }
    let about_pauses: Vec<String> =
        subjects(&office).into_iter().filter(|subject| subject.contains("pause")).collect();
    assert_eq!(about_pauses, [format!("[Muster] 1 pause ends within a day · {}", place.server.url())]);
}
