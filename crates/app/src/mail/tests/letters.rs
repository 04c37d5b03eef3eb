//! Letters as people read them. `UPDATE_EXPECT=1` rewrites the snapshots; read the difference aloud.

use expect_test::{expect, expect_file};
use reconcile::finding::{Finding, Reason, Subject};
use reconcile::keys::{CourseId, GroupKey, Part};
use reconcile::report::{ChangeFigures, Courses, Waiting};
use store::{NewPause, PauseId, PauseRow, PauseScope, RunId, School, Timestamp};

use crate::clock::{DAY_S, written};
use crate::mail::compose::{Length, compose, compose_silence, compose_trial};
use crate::mail::pause_ends;
use crate::mail::silence::Silence;
use crate::mail::story::{BadDelivery, Figures, RefusedOperation, Story, Told, Usual};
use crate::mail::week::Week;

/// 2026-11-25 12:00 UTC: the same date in every time zone that people live in.
const NOW: Timestamp = Timestamp(1_795_608_000);

/// A night on which all went well.
fn quiet() -> Story {
    let figures = Figures {
        courses: 250,
        planned: 1_204,
        done: 1_204,
        duration_s: 95,
        findings: 3,
        ..Figures::default()
    };
    let before = Figures { planned: 1_150, done: 1_150, ..figures };
    let night = |week: i64| (Timestamp(NOW.0 - week * 7 * DAY_S), 8_000 + u64::from(week == 0) * 428);
    let weeks: Vec<(Timestamp, u64)> = (0..=5).map(night).collect();
    Story {
        profile: Some("uat".to_owned()),
        site: "Example Moodle".to_owned(),
        run: Some(RunId(12)),
        now: NOW,
        courses: Courses { known: 6_000, planned: 250, ..Courses::default() },
        changes: vec![
            ChangeFigures { kind: "create_group", planned: 4, done: 4, ..ChangeFigures::default() },
            ChangeFigures {
                kind: "add_member",
                planned: 1_200,
                done: 1_190,
                already_so: 10,
                ..ChangeFigures::default()
            },
        ],
        figures,
        usual: Usual::of(&[before; 7]),
        week: Week::of(&weeks, NOW),
        ..Story::default()
    }
}

fn told(reason: Reason, course: i64, person: Option<&str>, detail: &str, days: i64) -> Told {
    let key = |group: &str| GroupKey {
        source: "cmis".into(),
        module: "ANTH1014".into(),
        group: group.into(),
        part: Part::Everyone,
    };
    let subject = match reason {
        Reason::CourseGone => Subject { module: Some("ANTH1014".into()), ..Subject::default() },
        _ => Subject {
            module: None,
            group: Some(key(detail.split(' ').next().unwrap())),
            person: person.map(Into::into),
        },
    };
    Told {
        finding: Finding { course: CourseId(course), reason, subject, detail: detail.into() },
        course_name: format!("Anthropology {course}"),
        first_seen: Timestamp(NOW.0 - days * DAY_S),
        is_new: days == 0,
    }
}

/// New and known causes, something that waits for others, and something for the record.
fn troubled() -> Story {
    let name_taken = |group: &str, days| told(Reason::NameTaken, 7, None, group, days);
    let ambiguous = |person: &str| {
        told(Reason::AmbiguousPerson, 8, Some(person), &format!("{person} is user 41 and user 42"), 0)
    };
    let mut findings: Vec<Told> = (1..=7).map(|number| name_taken(&format!("TUT{number}"), 0)).collect();
    findings.push(name_taken("TUT8", 12));
    findings.extend([ambiguous("20000001"), ambiguous("20000002")]);
    findings.push(told(Reason::CourseGone, 9, None, "course 9, mapped to ANTH1014", 31));
    findings.push(told(Reason::NotEnrolled, 7, Some("20000003"), "20000003, wanted in TUT1", 0));
    findings.push(told(Reason::NotEnrolled, 7, Some("20000004"), "20000004, wanted in TUT1", 2));
    findings.push(told(Reason::LocalMembers, 7, None, "TUT2 has 3 members of its own", 2));
    Story { findings, ..quiet() }
}

fn held() -> Story {
    let sentence = "12 groups in ANTH1014 would go, 212 people".to_owned();
    Story {
        waiting: vec![Waiting { scope: "course 7".into(), kind: "groups_deleted", sentence, operations: 12 }],
        operations_waiting: 12,
        figures: Figures { waiting: 12, ..quiet().figures },
        ..quiet()
    }
}

fn refused() -> Story {
    let delivery = |source: &str, number, why: &str| BadDelivery {
        source: source.to_owned(),
        number,
        why: why.to_owned(),
    };
    Story {
        deliveries: vec![
            delivery("cmis", Some(5), "1,204 of 2,700 groups are missing against the delivery accepted last"),
            delivery("sits", None, "cannot read sits/members.csv: No such file or directory"),
        ],
        ..quiet()
    }
}

/// Compares subject, text and HTML with the files in `letters/`.
fn check(story: &Story, length: Length, file: &str) {
    let letter = compose(story, length);
    assert!(!letter.subject.contains(['\r', '\n']), "{}", letter.subject);
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/mail/tests/letters");
    let text = format!("Subject: {}\n\n{}", letter.subject, letter.text);
    expect_file![format!("{folder}/{file}.txt")].assert_eq(&text);
    expect_file![format!("{folder}/{file}.html")].assert_eq(&letter.html);
    if let Some(attachment) = letter.attachment {
        // The time in it is that of the place.
        let placeless = |csv: String, told: &Told| csv.replace(&written(told.first_seen), "DATE");
        let csv = story.findings.iter().fold(attachment.csv, placeless);
        expect_file![format!("{folder}/{file}.csv")].assert_eq(&csv);
    }
}

#[test]
fn h9_a_digest_says_that_all_is_well() {
    check(&quiet(), Length::Digest, "all_is_well_in_short");
}

#[test]
fn h9_the_whole_letter_says_that_all_is_well() {
    check(&quiet(), Length::Whole, "all_is_well");
}

#[test]
fn h4_h5_causes_are_grouped_and_new_ones_stand_apart_from_known_ones() {
    check(&troubled(), Length::Digest, "new_and_known_causes");
}

#[test]
fn a_held_plan_comes_with_the_command_that_approves_it() {
    check(&held(), Length::Digest, "a_plan_is_held");
}

#[test]
fn a_refused_delivery_stands_first() {
    check(
        &Story { waiting: held().waiting, operations_waiting: 12, ..refused() },
        Length::Digest,
        "a_delivery_is_refused",
    );
}

#[test]
fn h6_a_refused_operation_is_told_with_its_names_before_the_answer() {
    let answer = "the platform answered nopermissions: the account may not do that";
    let finding = told(
        Reason::TargetRefused,
        7,
        Some("20000001"),
        &format!("add 20000001 to TUT1 as student: the source has it. The answer: {answer}"),
        0,
    );
    let operation = RefusedOperation {
        course: CourseId(7),
        course_name: "Anthropology 7".into(),
        kind: "add_member".into(),
        group: "TUT1".into(),
        person: "20000001".into(),
        answer: answer.into(),
    };
    check(
        &Story { findings: vec![finding], refused: vec![operation], ..quiet() },
        Length::Digest,
        "an_operation_is_refused",
    );
}

#[test]
fn a_run_that_stopped_in_its_middle_says_so_first() {
    let why = "cannot go on: the site has answered nothing to 5 calls in a row".to_owned();
    check(&Story { stopped: Some(vec![why]), ..troubled() }, Length::Digest, "the_run_stopped");
}

#[test]
fn a_run_that_could_not_begin_says_what_to_do_next() {
    let failure = [
        "cannot reach https://uat.example.ac.uk",
        "because: connection refused",
        "next: `muster check moodle` looks at each step of the set-up",
    ];
    let story = Story {
        stopped: Some(failure.map(str::to_owned).to_vec()),
        site: "https://uat.example.ac.uk".to_owned(),
        now: NOW,
        ..Story::default()
    };
    check(&story, Length::Digest, "the_run_did_not_begin");
}

#[test]
fn hostile_names_change_nothing_around_them() {
    let names = [
        "</p><script>alert(1)</script>",
        "TUT1\r\nBcc: everybody@example.ac.uk",
        "=HYPERLINK(\"http://example.org\")",
        "`muster map remove 7 ANTH1014`",
        "exe\u{202e}cod.piz",
    ];
    let long = "Ω".repeat(2_000);
    let right_to_left = "קבוצת תרגול 1";
    let mut findings: Vec<Told> =
        names.iter().map(|name| told(Reason::NameTaken, 7, None, name, 0)).collect();
    findings.push(told(Reason::Orphan, 7, None, &long, 0));
    findings.push(told(Reason::Duplicate, 7, None, right_to_left, 0));
    for told in &mut findings {
        told.course_name = names[0].to_owned();
    }
    let story = Story {
        site: "Example\r\nBcc: everybody@example.ac.uk".to_owned(),
        profile: Some("u\nat".to_owned()),
        findings,
        ..quiet()
    };
    check(&story, Length::Digest, "hostile_names");
    let letter = compose(&story, Length::Digest);
    assert!(!letter.html.contains("<script"), "{}", letter.html);
    assert!(letter.text.lines().all(|line| !line.starts_with("Bcc:")), "{}", letter.text);
}

#[test]
fn the_subject_carries_profile_counts_and_site() {
    let check = |story: Story, expected: &str| assert_eq!(compose(&story, Length::Digest).subject, expected);
    check(quiet(), "[Muster uat] all is well · Example Moodle");
    check(Story { profile: None, ..quiet() }, "[Muster] all is well · Example Moodle");
    check(troubled(), "[Muster uat] 3 things need you · Example Moodle");
    check(held(), "[Muster uat] 12 operations wait · Example Moodle");
    let both = Story { waiting: held().waiting, operations_waiting: 12, ..troubled() };
    check(both, "[Muster uat] 3 things need you · 12 operations wait · Example Moodle");
    let known = troubled().findings.into_iter().filter(|told| !told.is_new).collect();
    check(Story { findings: known, ..quiet() }, "[Muster uat] 2 things still need you · Example Moodle");
    let one = vec![told(Reason::NameTaken, 7, None, "TUT1", 0)];
    let one = Story { findings: one, operations_waiting: 1, ..quiet() };
    check(one, "[Muster uat] 1 thing needs you · 1 operation waits · Example Moodle");
    check(Story { stopped: Some(Vec::new()), ..quiet() }, "[Muster uat] the run stopped · Example Moodle");
}

#[test]
fn the_usual_is_a_median_and_needs_three_runs() {
    let runs = [1, 900, 5].map(|planned| Figures { planned, ..Figures::default() });
    assert_eq!(Usual::of(&runs).unwrap().median.planned, 5);
    assert!(Usual::of(&runs[..2]).is_none());
}

#[test]
fn h8_the_alarm_says_since_when_it_is_quiet() {
    let silence = Silence { last_good_run: Timestamp(NOW.0 - 31 * 3_600), hours: 31 };
    let letter = compose_silence(Some("uat"), "Example Moodle", &silence);
    // The time is that of the place.
    let text = letter.text.replace(&written(silence.last_good_run), "DATE");
    expect![[r#"
        [Muster uat] no good run for 31 hours · Example Moodle

        Muster has not finished a run on Example Moodle for 31 hours: the last good
        one began on DATE.

        Affected: everybody who joined or changed a group since then. The groups
        stay as they are; nothing is lost.

        Next run: it does all that is missing. Until there is one, nothing changes.

        What you may do: see what stopped the runs, or whether there were none
        because the machine or its schedule stands still.

            muster status
    "#]]
    .assert_eq(&format!("{}\n\n{text}", letter.subject));
}

#[test]
fn a_trial_says_that_it_is_one() {
    let letter = compose_trial(None);
    expect![[r#"
        [Muster] this is a trial

        This letter is a trial: mail from Muster arrives here.

        Somebody asked for it with `muster check mail --send`. There is nothing to
        do.
    "#]]
    .assert_eq(&format!("{}\n\n{}", letter.subject, letter.text));
}

#[test]
fn the_page_shows_the_letters_as_they_are() {
    let page = include_str!("../../../../../docs/mail.md");
    for letter in [
        include_str!("letters/new_and_known_causes.txt"),
        include_str!("letters/a_plan_is_held.txt"),
        include_str!("letters/a_delivery_is_refused.txt"),
        include_str!("letters/the_run_did_not_begin.txt"),
        include_str!("letters/all_is_well_in_short.txt"),
    ] {
        assert!(page.contains(letter), "docs/mail.md shows another letter than\n{letter}");
    }
}

#[test]
fn b9_the_letter_before_a_pause_ends_says_what_comes_after_it() {
    let pause = |id, scope, reason: &str| PauseRow {
        id: PauseId(id),
        pause: NewPause {
            scope,
            owner: "ada".into(),
            reason: reason.into(),
            begins_at: Timestamp(NOW.0 - 14 * DAY_S),
            ends_at: NOW,
        },
        reviewed_by: None,
    };
    let school = School { name: "anthropology".into(), ..School::default() };
    let ending = [
        pause(1, PauseScope::All, "teaching has begun"),
        pause(2, PauseScope::Course(CourseId(7)), "the teacher asked"),
        pause(3, PauseScope::School(school), "marking"),
    ];
    let letter = pause_ends::compose(Some("uat"), "Example Moodle", &ending);
    let text = letter.text.replace(&written(NOW), "DATE");
    expect![[r#"
        [Muster uat] 3 pauses end within a day · Example Moodle

        3 pauses on Example Moodle end within a day.

        - everything until DATE: teaching has begun (ada)
        - course 7 until DATE: the teacher asked (ada)
        - school anthropology until DATE: marking (ada)

        Next run: the first one after the end only plans what was paused, and tells
        you. Nothing is changed there until somebody approves it.

        What you may do: nothing, if that is right. To keep them longer, pause again
        before the end:

            muster pause --all --days 7 --reason "…"

            muster pause --course 7 --days 7 --reason "…"

            muster pause --school anthropology --days 7 --reason "…"
    "#]]
    .assert_eq(&format!("{}\n\n{text}", letter.subject));
    let one = pause_ends::compose(None, "Example Moodle", &ending[..1]);
    assert_eq!(one.subject, "[Muster] 1 pause ends within a day · Example Moodle");
}
