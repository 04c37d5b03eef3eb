//! Whether the field that names people can be seen (feature D13, facts/moodle-ws.md §9: who sees what).
//!
//! Not here: reading participants (`rights.rs`).

use reconcile::keys::CourseId;

use super::super::functions::UserRow;
use super::super::settings::PersonKeyField;
use super::needs::capability;
use super::notes::Notes;
use super::{Granted, Step};

/// Judges the participants of a course; there is at least one.
pub(super) fn judge(course: CourseId, people: &[UserRow], notes: &mut Notes) {
    let field = notes.person_key;
    let with = |field: PersonKeyField| people.iter().filter(|person| person.key(field).is_some()).count();
    let (keys, names, mails) = (with(field), with(PersonKeyField::Username), with(PersonKeyField::Email));
    // The user name shows to whoever may see all details, and to nobody else.
    if names > 0 {
        notes.capability(capability::VIEW_ALL_DETAILS, Granted::Yes);
    }
    let word = field.as_str();
    if keys > 0 {
        notes.capability(capability::VIEW_IDENTITY, Granted::Yes);
        let found = format!("{keys} of {} participants of course {course} show their {word}", people.len());
        notes.ok(Step::Identity, found);
        return;
    }
    let nobody = format!("no participant of course {course} shows the {word}");
    let setting = format!("{}: tick {}", Step::Identity.page(), box_of(field));
    let role = Step::Role.page();
    match field {
        PersonKeyField::Idnumber | PersonKeyField::Email if names > 0 => notes.cannot_tell(
            Step::Identity,
            format!("{nobody}, and everything of them can be seen: they have none"),
            "fill the field, map a course whose people have it, or choose another `person_key` in [moodle]",
        ),
        PersonKeyField::Idnumber if mails > 0 => {
            notes.capability(capability::VIEW_IDENTITY, Granted::Yes);
            let found = format!("{nobody} while addresses show: the setting lacks {word}");
            notes.wrong(Step::Identity, found, setting);
        }
        PersonKeyField::Idnumber | PersonKeyField::Email => {
            let right = capability::VIEW_IDENTITY;
            let found = format!("{nobody}: the setting lacks {word}, or the role lacks {right}");
            notes.wrong(Step::Identity, found, format!("{setting}; {role}: allow {right}"));
        }
        PersonKeyField::Username => {
            let right = capability::VIEW_ALL_DETAILS;
            notes.capability(right, Granted::No);
            let found = format!("{nobody}: the role lacks {right}");
            notes.wrong(Step::Identity, found, format!("{role}: allow {right}"));
        }
    }
}

/// The name of a field in the setting.
fn box_of(field: PersonKeyField) -> &'static str {
    match field {
        PersonKeyField::Idnumber => {
            "\"ID number\" (in config.php: $CFG->showuseridentity = 'idnumber,email')"
        }
        PersonKeyField::Email => "\"Email address\" (in config.php: $CFG->showuseridentity = 'email')",
        PersonKeyField::Username => "\"Username\"",
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Uses, Verdict};
    use super::*;

    /// Judges one participant who shows these fields.
    fn check(field: PersonKeyField, shown: &[&str], verdict: Verdict, says: &str) {
        let value = |name: &str| shown.contains(&name).then(|| "x".to_owned());
        let person = UserRow {
            id: 7,
            idnumber: value("idnumber"),
            username: value("username"),
            email: value("email"),
            ..UserRow::default()
        };
        let mut notes = Notes::new(Uses::default(), field);
        judge(CourseId(5), &[person], &mut notes);
        let proof = notes.finish().proofs.into_iter().find(|proof| proof.step == Step::Identity).unwrap();
        assert_eq!(proof.verdict, verdict, "{proof:?}");
        assert!(proof.found.contains(says) || proof.remedy.contains(says), "{proof:?}");
    }

    #[test]
    fn a_missing_setting_is_told_from_a_missing_right_and_from_people_without_a_number() {
        use PersonKeyField::{Email, Idnumber, Username};
        check(Idnumber, &["idnumber"], Verdict::Ok, "1 of 1");
        check(Idnumber, &["email"], Verdict::Wrong, "the setting lacks idnumber");
        check(Idnumber, &[], Verdict::Wrong, "moodle/site:viewuseridentity");
        check(Idnumber, &["username"], Verdict::CannotTell, "they have none");
        check(Email, &[], Verdict::Wrong, "'email'");
        check(Email, &["email"], Verdict::Ok, "email");
        check(Username, &["idnumber"], Verdict::Wrong, "moodle/user:viewalldetails");
        check(Username, &["username"], Verdict::Ok, "username");
    }
}
