//! Letters to owners as people read them, in both languages. `UPDATE_EXPECT=1` rewrites the snapshots; read them aloud.

use expect_test::expect_file;
use reconcile::keys::CourseId;
use store::Timestamp;

use super::decide::CourseNews;
use super::gather::Item;
use super::language::Language;
use super::letter::{NoMore, OwnerStory, compose};
use super::topic::Topic;

const LINK: &str = "https://muster.example.ac.uk/letters/secret-of-a-link";

fn item(topic: Topic, name: &str, person: Option<&str>) -> Item {
    let since = Timestamp(0);
    Item { topic, name: name.into(), in_timetable: None, person: person.map(Into::into), people: 0, since }
}

/// Two courses, of which one has no name; new and known, groups and people.
fn story(language: Language, no_more: NoMore) -> OwnerStory {
    let mut new = vec![item(Topic::NameTaken, "TUT1", None), item(Topic::NameTaken, "TUT2", None)];
    new.extend(["20000003", "20000004"].map(|person| item(Topic::NotEnrolled, "TUT1", Some(person))));
    new.push(item(Topic::NotEnrolled, "TUT2", Some("20000005")));
    new.push(Item { in_timetable: Some("TUT3".into()), ..item(Topic::NameKept, "Wednesday group", None) });
    new.push(Item { people: 12, ..item(Topic::GroupDropped, "TUT9", None) });
    let known = vec![item(Topic::NotEnrolled, "TUT4", Some("20000006"))];
    let other = CourseNews {
        course: CourseId(8),
        new: vec![item(Topic::PutBack, "LAB1", Some("20000007"))],
        known: Vec::new(),
    };
    OwnerStory {
        profile: None,
        site: "Example Moodle".to_owned(),
        url: "https://moodle.example.ac.uk".to_owned(),
        language,
        courses: vec![
            ("ANTH1014".to_owned(), CourseNews { course: CourseId(7), new, known }),
            (String::new(), other),
        ],
        every_days: 7,
        no_more,
    }
}

/// Compares subject, text and HTML with the files in `tests/`.
fn check(story: &OwnerStory, file: &str) {
    let letter = compose(story);
    assert!(!letter.subject.contains(['\r', '\n']), "{}", letter.subject);
    assert!(!letter.text.contains("`") && !letter.text.contains("muster "), "owners have no shell");
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/mail/owners/tests");
    expect_file![format!("{folder}/{file}.txt")]
        .assert_eq(&format!("Subject: {}\n\n{}", letter.subject, letter.text));
    expect_file![format!("{folder}/{file}.html")].assert_eq(&letter.html);
}

#[test]
fn h7_an_owner_reads_english() {
    check(&story(Language::English, NoMore::Link(LINK.to_owned())), "english");
}

#[test]
fn h7_an_owner_reads_german() {
    check(&story(Language::German, NoMore::Link(LINK.to_owned())), "german");
}

#[test]
fn h7_without_a_page_the_letter_says_whom_to_answer() {
    for (language, says) in [
        (Language::English, "answer this one; the answer goes to lta@example.ac.uk."),
        (Language::German, "antworten Sie auf diese; die Antwort geht an lta@example.ac.uk."),
    ] {
        let letter = compose(&story(language, NoMore::Answer("lta@example.ac.uk".to_owned())));
        let text = letter.text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(says) && !text.contains("/letters/"), "{text}");
    }
}

#[test]
fn the_page_shows_the_letters_to_owners_as_they_are() {
    let page = include_str!("../../../../../docs/mail.md");
    for letter in [include_str!("tests/english.txt"), include_str!("tests/german.txt")] {
        assert!(page.contains(letter), "docs/mail.md shows another letter than\n{letter}");
    }
}

/// Every sentence there is, to be read in one go.
#[test]
fn h7_every_topic_is_told_in_both_languages() {
    for (language, file) in
        [(Language::English, "every_topic_english"), (Language::German, "every_topic_german")]
    {
        let words = language.words();
        let mut text = String::new();
        for topic in TOPICS {
            let told = (words.topic)(topic);
            assert!(!told.title.ends_with('.') && !told.advice.ends_with('.'), "{topic:?}");
            text.push_str(&format!("{}.\n  {}: {}.\n", told.title, words.advice, told.advice));
        }
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/mail/owners/tests");
        expect_file![format!("{folder}/{file}.txt")].assert_eq(&text);
    }
}

const TOPICS: [Topic; 20] = [
    Topic::NameTaken,
    Topic::GroupingNameTaken,
    Topic::NotEnrolled,
    Topic::GroupingInUse,
    Topic::NameKept,
    Topic::NameOverwritten,
    Topic::MadeAgain,
    Topic::StaysDeleted,
    Topic::PutBack,
    Topic::StaysOut,
    Topic::GroupDropped,
    Topic::GroupUnmapped,
    Topic::GroupLeftOut,
    Topic::GroupUndone,
    Topic::PersonDropped,
    Topic::PersonUnmapped,
    Topic::PersonLeftOut,
    Topic::PersonUndone,
    Topic::PersonLocal,
    Topic::PersonExcepted,
];

#[test]
fn h7_many_groups_and_people_are_counted_and_a_hostile_name_stays_a_name() {
    let mut new: Vec<Item> =
        (0..12).map(|number| item(Topic::PersonDropped, "TUT1", Some(&format!("p{number:02}")))).collect();
    new.extend((0..12).map(|number| item(Topic::GroupDropped, &format!("G{number:02}"), None)));
    new.push(item(Topic::NameTaken, "<b>\r\nBcc: all@example.ac.uk", None));
    let news = CourseNews { course: CourseId(7), new, known: Vec::new() };
    let letter = compose(&OwnerStory {
        courses: vec![("C\u{202e}7".to_owned(), news)],
        ..story(Language::English, NoMore::Link(LINK.to_owned()))
    });
    for part in ["p09 … and 2 more", "- G09\n- … and 2 more", "- <b> Bcc: all@example.ac.uk\n"] {
        assert!(letter.text.contains(part), "{part:?} is not in {}", letter.text);
    }
    assert!(letter.html.contains("&lt;b&gt;") && !letter.html.contains("<b>"), "{}", letter.html);
    assert!(!letter.text.contains('\u{202e}'));
}
