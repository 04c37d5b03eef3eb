//! Letters to owners of courses through the whole program: who gets one, in which language, how often, and the way out.
//!
//! Not here: every sentence (unit tests of `src/mail/owners`).

use mail_parser::MessageParser;

use crate::post_office::{PASSWORD, PostOffice, Rules, Tls};
use crate::serve::Service;
use crate::support::{Place, Ran, Timetable, user};

const MODULE: &str = "ANTH1014";
const PUBLIC: &str = "https://muster.example.ac.uk";

/// p1 and p2 are wanted in a group of course 7, and p9 is not enrolled.
fn timetable() -> Timetable {
    Timetable::new().group(MODULE, "A", "Tutorial A", &["p1", "p9"]).group("M2", "B", "Lab B", &["p2", "p9"])
}

/// Two courses whose editing teacher is p3; p4 is one in course 8 as well.
fn place_with(office: &PostOffice) -> Place {
    let mut place = Place::with(&[7, 8], 4, &timetable());
    crate::support::add_person(&mut place.world(), 9);
    {
        let mut world = place.world();
        for (course, person) in [(7, 3), (8, 3), (8, 4)] {
            world.enrol(course, user(person), "editingteacher");
        }
        world.change_user(user(4), |user| user.lang = "de_du".to_owned());
    }
    place.map(7, MODULE);
    place.map(8, "M2");
    place.write_secret("mail-password", PASSWORD);
    place.write("ca.pem", &office.certificate);
    for (path, value) in [
        ("serve.listen", "\"127.0.0.1:0\""),
        ("serve.public_url", &format!("{PUBLIC:?}")),
        ("report.mail.to", "[\"lta@example.ac.uk\"]"),
        ("report.mail.from", "\"muster@example.ac.uk\""),
        ("report.mail.digest", "false"),
        ("report.mail.smtp.host", "\"localhost\""),
        ("report.mail.smtp.ca_file", "\"ca.pem\""),
        ("report.mail.smtp.port", &office.port.to_string()),
        ("report.mail.smtp.tls", &format!("{:?}", office.tls)),
        ("report.mail.smtp.timeout_s", "1"),
        ("report.mail.smtp.user", "\"muster\""),
        ("report.mail.smtp.password", "{ file = \"mail-password\" }"),
        ("report.owners.who", "\"mapping_or_roles\""),
    ] {
        place.set(path, value);
    }
    place
}

fn office() -> PostOffice {
    PostOffice::open(Rules { tls: Tls::Starttls, wants_login: true, ..Rules::default() })
}

/// A letter that arrived.
struct Letter {
    to: String,
    subject: String,
    text: String,
    data: String,
}

impl Letter {
    /// The secret of its link.
    fn secret(&self) -> &str {
        let (_, rest) = self.text.split_once("/letters/").unwrap();
        rest.split_whitespace().next().unwrap()
    }

    fn says(&self, parts: &[&str]) {
        for part in parts {
            assert!(self.text.contains(part), "{part:?} is not in {}", self.text);
        }
    }
}

/// The letters that arrived after the first so many.
fn arrived(office: &PostOffice, after: usize) -> Vec<Letter> {
    let letter = |taken: &crate::post_office::Taken| {
        let message = MessageParser::default().parse(taken.data.as_bytes()).unwrap();
        Letter {
            to: taken.to.join(", "),
            subject: message.subject().unwrap().to_owned(),
            text: message.body_text(0).unwrap().split_whitespace().collect::<Vec<_>>().join(" "),
            data: taken.data.clone(),
        }
    };
    office.taken().iter().skip(after).map(letter).collect()
}

/// Lets so many days pass since the last letters and since everything that was found and removed.
fn days_pass(place: &Place, days: i64) {
    let seconds = days * 86_400;
    for column in [
        "owner_courses SET told_at = told_at",
        "owners SET told_at = told_at",
        "findings SET first_seen = first_seen",
        "tombstones SET dropped_at = dropped_at",
        "owner_links SET made_at = made_at",
    ] {
        place.sql(&format!("UPDATE {column} - {seconds}"));
    }
}

fn receivers(letters: &[Letter]) -> Vec<&str> {
    letters.iter().map(|letter| letter.to.as_str()).collect()
}

#[test]
fn h7_each_owner_gets_one_letter_with_their_own_courses_only_and_in_their_language() {
    let office = office();
    let place = place_with(&office);
    place.run().ends_with(0);
    let letters = arrived(&office, 0);
    assert_eq!(receivers(&letters), ["p3@example.ac.uk", "p4@example.ac.uk"]);
    let site = place.world().settings().site_name.clone();
    let url = place.server.url();
    assert_eq!(
        letters[0].subject,
        format!("[Muster] 2 new things about the groups of your courses · {site}")
    );
    letters[0].says(&[
        "C7 -- Open the course: ",
        &format!("{url}/course/view.php?id=7"),
        "New: People are not in their groups yet, because they are not enrolled in the course. - Tutorial A: p9",
        "C8 -- Open the course: ",
        "- Lab B: p9",
        "because you answer for these courses: at most once in 7 days, unless something needs you,",
        &format!("Get no more of these emails: {PUBLIC}/letters/"),
    ]);
    assert_eq!(letters[1].subject, format!("[Muster] 1 Neuigkeit zu den Gruppen Ihrer Kurse · {site}"));
    letters[1].says(&["C8 -- Kurs öffnen: ", "- Lab B: p9", "Keine solchen E-Mails mehr bekommen: "]);
    assert!(
        !letters[1].text.contains("Tutorial A") && !letters[1].text.contains("C7"),
        "{}",
        letters[1].text
    );
    assert_ne!(letters[0].secret(), letters[1].secret());
    let link = format!("{PUBLIC}/letters/{}", letters[1].secret());
    for header in [
        &format!("List-Unsubscribe: <{link}>\r\n"),
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
        "Reply-To: lta@example.ac.uk\r\n",
        "Auto-Submitted: auto-generated\r\n",
    ] {
        let unfolded = letters[1].data.replace("\r\n ", " ");
        assert!(unfolded.contains(header), "{header:?} is not in {unfolded}");
    }
    place.muster(&["owners", "list"]).says("p3@example.ac.uk").says("de");
}

#[test]
fn h7_nothing_new_means_no_letter_and_moodle_is_not_asked() {
    let office = office();
    let place = place_with(&office);
    place.run().ends_with(0);
    let before = office.taken().len();
    days_pass(&place, 8);
    place.server.clear_calls();
    place.run().ends_with(0);
    assert_eq!(office.taken().len(), before);
    let asked = place.server.calls().iter().filter(|call| call.function.ends_with("site_info")).count();
    assert_eq!(asked, 1, "the run alone");
}

#[test]
fn h7_news_waits_for_its_day_but_what_needs_the_owner_does_not() {
    let office = office();
    let place = place_with(&office);
    place.run().ends_with(0);
    let first = office.taken().len();
    days_pass(&place, 2);
    let group = place.group(7, "Tutorial A");
    place.world().rename_group(group, "Wednesday");
    place.muster(&["run", "--all"]).ends_with(0);
    assert_eq!(office.taken().len(), first, "a name that was kept is no haste");
    // A group that cannot be made is: and then all that is new is told, with what is known apart from it.
    days_pass(&place, 1);
    place.world().create_group_by_hand(7, "Tutorial C").unwrap();
    place.write_timetable(&timetable().group(MODULE, "C", "Tutorial C", &["p2"]));
    place.run().ends_with(7);
    let letters: Vec<Letter> =
        arrived(&office, first).into_iter().filter(|letter| letter.to.starts_with('p')).collect();
    assert_eq!(receivers(&letters), ["p3@example.ac.uk"]);
    letters[0].says(&[
        "New: A group could not be made or renamed, because another group of the course has the name. - Tutorial C",
        "What you may do: give the other group another name, or delete it;",
        "New: A name that was given by hand was kept. - Wednesday (Tutorial A in the timetable)",
        "Known from before: People are not in their groups yet, because they are not enrolled in the course (1).",
    ]);
    // A week later what was removed meanwhile is told, with its cause; nothing of it is new twice.
    let so_far = office.taken().len();
    days_pass(&place, 8);
    place.write_timetable(&Timetable::new().group(MODULE, "A", "Tutorial A", &["p9"]).module(MODULE).group(
        "M2",
        "B",
        "Lab B",
        &["p2", "p9"],
    ));
    place.run();
    let letters: Vec<Letter> =
        arrived(&office, so_far).into_iter().filter(|letter| letter.to.starts_with('p')).collect();
    assert_eq!(receivers(&letters), ["p3@example.ac.uk"]);
    letters[0]
        .says(&["New: People left groups, because the timetable no longer has them there. - Wednesday: p1"]);
}

#[test]
fn h7_the_owner_of_a_mapping_comes_before_the_roles() {
    let office = office();
    let mut place = place_with(&office);
    // An address, a key of a person, and something that is neither.
    place.sql("UPDATE mapped_modules SET owner = 'Ada <Ada@Example.ac.uk>' WHERE moodle_id = 7");
    place.sql("UPDATE mapped_modules SET owner = 'p2' WHERE moodle_id = 8");
    place.run().ends_with(0);
    assert_eq!(receivers(&arrived(&office, 0)), ["Ada@Example.ac.uk", "p2@example.ac.uk"]);
    place.sql("UPDATE mapped_modules SET owner = 'the dean' WHERE moodle_id = 8");
    place.set("report.owners.every_days", "0");
    days_pass(&place, 1);
    place.world().create_group_by_hand(8, "Lab C").unwrap();
    place.write_timetable(&timetable().group("M2", "C", "Lab C", &["p2"]));
    let before = office.taken().len();
    place.run().ends_with(7);
    let letters = arrived(&office, before);
    let owners: Vec<&str> = receivers(&letters).into_iter().filter(|to| to.starts_with('p')).collect();
    assert_eq!(owners, ["p3@example.ac.uk", "p4@example.ac.uk"]);
    place.set("report.owners.who", "\"mapping\"");
    days_pass(&place, 1);
    place.world().create_group_by_hand(8, "Lab D").unwrap();
    place.write_timetable(&timetable().group("M2", "D", "Lab D", &["p2"]));
    let before = office.taken().len();
    place.run().ends_with(7);
    assert!(receivers(&arrived(&office, before)).iter().all(|to| !to.starts_with('p')));
}

#[test]
fn h7_a_plan_and_a_silent_profile_write_to_no_owner() {
    let office = office();
    let mut place = place_with(&office);
    place.muster(&["import"]).ends_with(0);
    place.muster(&["plan"]).ends_with(0);
    place.set("report.mail.when", "\"never\"");
    place.run().ends_with(0);
    place.set("report.mail.when", "\"attention\"");
    place.set("report.owners.who", "\"nobody\"");
    place.run().ends_with(0);
    assert_eq!(office.taken().len(), 0);
    assert_eq!(place.rows("SELECT COUNT(*) FROM owners")[0][0], "0");
}

/// Sends a form to the page of a letter.
fn press(service: &Service, secret: &str, form: &str) -> (u16, String) {
    service.post(&format!("/letters/{secret}"), form)
}

#[test]
fn h7_the_link_shows_a_page_and_only_its_button_or_one_click_ends_the_letters() {
    let office = office();
    let place = place_with(&office);
    place.run().ends_with(0);
    let letters = arrived(&office, 0);
    let (english, german) = (letters[0].secret(), letters[1].secret());
    let service = Service::start(&place);
    let wants_none =
        || place.rows("SELECT COUNT(*) FROM owners WHERE unsubscribed_at IS NOT NULL")[0][0].clone();
    let (status, page) = service.get(&format!("/letters/{english}"));
    assert_eq!((status, wants_none().as_str()), (200, "0"), "looking changes nothing");
    assert!(page.contains("p…@example.ac.uk gets emails") && !page.contains(english), "{page}");
    let (status, page) = press(&service, english, "letters=off");
    assert!(status == 200 && page.contains("gets no more emails") && page.contains("letters"), "{page}");
    // RFC 8058: what mail programs send.
    let (status, page) = press(&service, german, "List-Unsubscribe=One-Click");
    assert!(status == 200 && page.contains("bekommt keine E-Mails"), "{page}");
    assert_eq!(wants_none(), "2");
    let (_, page) = press(&service, english, "letters=on");
    assert!(page.contains("gets emails about"), "{page}");
    assert_eq!(wants_none(), "1");
    assert_eq!(service.get("/letters/nonsense").0, 404);
    assert_eq!(press(&service, "nonsense", "").0, 404);
    assert_eq!(press(&service, english, &"x".repeat(9_999)).0, 413);
    service.end().ends_with(0);
    place.muster(&["owners", "list"]).says("wants none since");
    // Whoever wants none gets none.
    days_pass(&place, 1);
    place.world().create_group_by_hand(8, "Lab C").unwrap();
    place.write_timetable(&timetable().group("M2", "C", "Lab C", &["p2"]));
    let before = office.taken().len();
    place.run().ends_with(7);
    let letters = arrived(&office, before);
    assert!(letters.iter().any(|letter| letter.to == "p3@example.ac.uk"));
    assert!(letters.iter().all(|letter| letter.to != "p4@example.ac.uk"));
}

#[test]
fn h7_an_administrator_ends_and_begins_the_letters() {
    let office = office();
    let mut place = place_with(&office);
    place.unset("serve.public_url");
    place.muster(&["owners", "list"]).ends_with(0).says("Nobody was written to yet");
    let off = ["owners", "unsubscribe", "P3@example.ac.uk", "--reason", "answered the email"];
    place.muster(&off).ends_with(0).says("p3@example.ac.uk gets no more emails");
    place.muster(&off).ends_with(0).says("got none already");
    place.muster(&["owners", "unsubscribe", "the dean"]).ends_with(2).says("is no address");
    place.run().ends_with(0);
    let letters = arrived(&office, 0);
    assert_eq!(receivers(&letters), ["p4@example.ac.uk"]);
    letters[0].says(&["antworten Sie auf diese; die Antwort geht an lta@example.ac.uk."]);
    let unfolded = letters[0].data.replace("\r\n ", " ");
    assert!(
        unfolded.contains("List-Unsubscribe: <mailto:lta@example.ac.uk?subject=unsubscribe>"),
        "{unfolded}"
    );
    assert!(!unfolded.contains("List-Unsubscribe-Post"));
    let on = place.muster(&["owners", "subscribe", "p3@example.ac.uk", "--format", "json"]).ends_with(0);
    assert_eq!(on.json()["changed"], true);
    let listed = place.muster(&["owners", "list", "--format", "json"]).json();
    assert_eq!(listed[0]["unsubscribed_at"], serde_json::json!(null));
}

/// A letter that is not taken: the run ends as it would, nobody's address is told, and it comes again.
#[test]
fn h7_a_letter_that_is_refused_names_nobody_and_comes_again() {
    let refuses = vec!["p3@example.ac.uk".to_owned()];
    let office = PostOffice::open(Rules {
        tls: Tls::Starttls,
        wants_login: true,
        refuses,
        echoes: true,
        ..Rules::default()
    });
    let mut place = place_with(&office);
    place.set("log.level", "\"trace\"");
    place.set("log.folder", "\"logs\"");
    let hides = |ran: Ran| ran.does_not_say("p3@").does_not_say("p4@").does_not_say("/letters/");
    hides(place.run().ends_with(0)).says("1 letter to owners of courses did not go out");
    assert_eq!(receivers(&arrived(&office, 0)), ["p4@example.ac.uk"]);
    let kept = place.rows("SELECT value_after FROM audit WHERE who = 'muster' ORDER BY id DESC LIMIT 1");
    assert!(
        kept[0][0].starts_with("1 sent, 1 not sent: cannot hand the mail") && !kept[0][0].contains('@'),
        "{kept:?}"
    );
    for entry in std::fs::read_dir(place.path("logs")).unwrap() {
        let log = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        assert!(!log.contains("p3@") && !log.contains("p4@") && !log.contains("/letters/"), "{log}");
    }
    hides(place.run().ends_with(0)).says("did not go out");
    // A server that cannot be reached stops it at the first.
    place.set("report.mail.smtp.port", "1");
    hides(place.run().ends_with(0)).says("cannot reach the mail server");
}

#[test]
fn n11_an_owner_can_be_written_out_and_erased() {
    let office = office();
    let place = place_with(&office);
    place.run().ends_with(0);
    place
        .muster(&["export", "person", "p4"])
        .ends_with(0)
        .says("letters to owners of courses")
        .says("p4@example.ac.uk");
    place.muster(&["forget", "person", "p4", "--reason", "left", "--yes"]).ends_with(0);
    place.muster(&["owners", "list"]).ends_with(0).does_not_say("p4@");
    assert_eq!(place.rows("SELECT COUNT(*) FROM owner_links")[0][0], "1");
}
