//! Reads the numbers and words of the command line, and says what was expected where one is something else.
//!
//! Not here: whether the run, course or operation exists; that is the command's to find out.
//!
//! Invariant: a refusal says what the thing is called and which command lists it.

use reconcile::operation::KINDS;
use store::{OperationState, Timestamp};

use crate::clock::time_of;
use crate::config::nearest;

/// A run.
pub(crate) fn run(text: &str) -> Result<i64, String> {
    number(text, "a run goes by its number, such as 5; `muster runs list` shows them")
}

/// A course.
pub(crate) fn course(text: &str) -> Result<i64, String> {
    let expected = "a course goes by its number on the platform, the id in its address (course/view.php?id=7); \
                    `muster map list` shows those that are mapped";
    number(text, expected)
}

/// A group of the platform.
pub(crate) fn group(text: &str) -> Result<i64, String> {
    let expected =
        "a group goes by its number on the platform, such as 120; `muster explain group NAME` shows it";
    number(text, expected)
}

/// A delivery.
pub(crate) fn delivery(text: &str) -> Result<i64, String> {
    number(text, "a delivery goes by its number, such as 12; `muster status` shows the last ones")
}

/// A pause.
pub(crate) fn pause(text: &str) -> Result<i64, String> {
    number(text, "a pause goes by its number, such as 2; `muster pause --list` shows them")
}

/// An exception.
pub(crate) fn exception(text: &str) -> Result<i64, String> {
    number(text, "an exception goes by its number, such as 3; `muster map except list` shows them")
}

/// An operation of a run.
pub(crate) fn operation(text: &str) -> Result<u32, String> {
    let expected =
        "an operation goes by its number in the run, such as 17; `muster runs show RUN` shows them";
    small(text, expected)
}

/// A number of days.
pub(crate) fn days(text: &str) -> Result<u32, String> {
    small(text, "expected a whole number of days, such as 14")
}

/// A day, or a time of it, of this place.
pub(crate) fn until(text: &str) -> Result<Timestamp, String> {
    let expected =
        "expected a day such as 2026-12-18, or a time of it in quotation marks: \"2026-12-18 17:00\"";
    time_of(text.trim()).ok_or_else(|| expected.to_owned())
}

/// A message of a student system.
pub(crate) fn message(text: &str) -> Result<i64, String> {
    number(text, "a message goes by its number in the log, such as 31; `muster ims log` shows them")
}

/// The most of something; 0 for any number.
pub(crate) fn maximum(text: &str) -> Result<u32, String> {
    text.trim().parse().map_err(|_| "expected a whole number, such as 10, or 0 for any number".to_owned())
}

/// How many rows of a list.
pub(crate) fn count(text: &str) -> Result<u32, String> {
    small(text, "expected a whole number, such as 50")
}

/// A kind of operations, as `muster runs show` prints it or as it stands in JSON.
pub(crate) fn kind(text: &str) -> Result<String, String> {
    word(text, "kind of operations", KINDS).map(str::to_owned)
}

/// A state of operations.
pub(crate) fn state(text: &str) -> Result<OperationState, String> {
    let word = word(text, "state of operations", OperationState::WORDS)?;
    OperationState::from_word(word).ok_or_else(|| format!("there is no state of operations {word:?}"))
}

fn number(text: &str, expected: &str) -> Result<i64, String> {
    text.trim().parse().ok().filter(|number| *number > 0).ok_or_else(|| expected.to_owned())
}

fn small(text: &str, expected: &str) -> Result<u32, String> {
    number(text, expected).and_then(|number| u32::try_from(number).map_err(|_| expected.to_owned()))
}

fn word<'a>(text: &str, what: &str, known: &[&'a str]) -> Result<&'a str, String> {
    let wanted = text.trim().to_lowercase().replace([' ', '-'], "_");
    if let Some(found) = known.iter().find(|word| **word == wanted) {
        return Ok(found);
    }
    let meant = nearest(&wanted, known.iter().copied()).map(|near| format!("did you mean {near}? "));
    Err(format!("there is no such {what}; {}known are {}", meant.unwrap_or_default(), known.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_a_whole_one_from_one_on() {
        let check = |text: &str, expected: Option<i64>| assert_eq!(run(text).ok(), expected, "{text:?}");
        check("5", Some(5));
        check(" 5 ", Some(5));
        for text in ["", "abc", "0", "-3", "1.5", "5x", "99999999999999999999"] {
            check(text, None);
            assert!(run(text).unwrap_err().contains("`muster runs list`"), "{text:?}");
        }
        assert!(operation("4294967296").unwrap_err().contains("`muster runs show RUN`"));
    }

    #[test]
    fn a_day_begins_at_midnight_and_may_have_a_time() {
        let written = |text: &str| until(text).map(crate::clock::written).ok();
        assert_eq!(written("2026-12-18").as_deref(), Some("2026-12-18 00:00"));
        assert_eq!(written(" 2026-12-18 17:05 ").as_deref(), Some("2026-12-18 17:05"));
        for text in ["", "18.12.2026", "2026-13-01", "2026-12-18 25:00", "2026-12-18x", "soon"] {
            assert_eq!(written(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_word_may_be_written_as_it_is_printed_and_an_unknown_one_is_answered_with_the_known() {
        assert_eq!(kind("add member").unwrap(), "add_member");
        assert_eq!(kind("Add-Member").unwrap(), "add_member");
        assert_eq!(state("already so").unwrap(), OperationState::AlreadySo);
        let refused = kind("add_membre").unwrap_err();
        assert!(refused.contains("did you mean add_member? known are create_grouping, "), "{refused}");
        let refused = state("NONSENSE").unwrap_err();
        assert!(!refused.contains("did you mean") && refused.contains("planned, waiting, sent"), "{refused}");
    }
}
