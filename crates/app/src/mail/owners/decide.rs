//! What is new to an owner, and whether it is time for a letter.
//!
//! Not here: what there is to tell (`gather.rs`), and how it is said (`letter.rs`).
//!
//! Invariant: pure. Without anything new there is no letter; otherwise at most one in some days, unless something new
//! needs the owner.

use reconcile::keys::CourseId;
use store::{OwnerRow, Timestamp};

use super::gather::Item;
use crate::clock::DAY_S;

/// By how much a night may come earlier than the one before, so that "once a week" is the same night of each week.
const SLACK_S: i64 = DAY_S / 2;

/// What one owner can be told of one course.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct CourseNews {
    /// The course.
    pub(super) course: CourseId,
    /// What the owner does not know.
    pub(super) new: Vec<Item>,
    /// What the owner was told and is still so.
    pub(super) known: Vec<Item>,
}

/// What is done for an owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// There is nothing new.
    Nothing,
    /// They want no letters: it counts as told.
    Unwanted,
    /// There is news, and it waits.
    Later,
    /// A letter is written.
    Write,
}

/// Tells apart what is new to an owner. Where they were never told of the course, what happened once counts since
/// `since`.
pub(super) fn news(
    course: CourseId,
    items: &[Item],
    told_at: Option<Timestamp>,
    since: Timestamp,
) -> CourseNews {
    let mut news = CourseNews { course, ..CourseNews::default() };
    for item in items {
        if item.topic.happened_once() {
            if item.since > told_at.unwrap_or(since) {
                news.new.push(item.clone());
            }
        } else if told_at.is_none_or(|told_at| item.since > told_at) {
            news.new.push(item.clone());
        } else {
            news.known.push(item.clone());
        }
    }
    news
}

/// Decides what is done for an owner.
pub(super) fn decide(owner: &OwnerRow, news: &[CourseNews], every_days: u64, now: Timestamp) -> Decision {
    let new = || news.iter().flat_map(|course| &course.new);
    if new().next().is_none() {
        return Decision::Nothing;
    }
    if owner.unsubscribed_at.is_some() {
        return Decision::Unwanted;
    }
    let wait_s = i64::try_from(every_days).unwrap_or(i64::MAX).saturating_mul(DAY_S) - SLACK_S;
    let is_time = owner.told_at.is_none_or(|told_at| now.0.saturating_sub(told_at.0) >= wait_s);
    if is_time || new().any(|item| item.topic.needs_owner()) { Decision::Write } else { Decision::Later }
}

#[cfg(test)]
mod tests {
    use store::OwnerId;

    use super::*;
    use crate::mail::owners::topic::Topic;

    const COURSE: CourseId = CourseId(7);

    fn item(topic: Topic, since: i64) -> Item {
        Item {
            topic,
            name: "TUT1".into(),
            in_timetable: None,
            person: None,
            people: 0,
            since: Timestamp(since),
        }
    }

    #[test]
    fn h7_what_is_new_depends_on_what_the_owner_was_told() {
        let check = |topic, since, told_at: Option<i64>, expected: (usize, usize)| {
            let found = news(COURSE, &[item(topic, since)], told_at.map(Timestamp), Timestamp(50));
            assert_eq!((found.new.len(), found.known.len()), expected, "{topic:?} {since} {told_at:?}");
        };
        check(Topic::NameTaken, 100, None, (1, 0));
        check(Topic::NameTaken, 100, Some(99), (1, 0));
        check(Topic::NameTaken, 100, Some(100), (0, 1));
        // However old it is, what is still so is new to somebody who was never told.
        check(Topic::NameTaken, 10, None, (1, 0));
        check(Topic::GroupDropped, 10, None, (0, 0));
        check(Topic::GroupDropped, 60, None, (1, 0));
        check(Topic::GroupDropped, 60, Some(70), (0, 0));
    }

    #[test]
    fn h7_a_letter_comes_once_in_some_days_unless_the_owner_is_needed() {
        let check = |topic, told_at_days: Option<i64>, is_off, every_days, expected| {
            let owner = OwnerRow {
                id: OwnerId(1),
                address: "ada@example.ac.uk".into(),
                person: None,
                language: None,
                told_at: told_at_days.map(|days| Timestamp((100 - days) * DAY_S)),
                unsubscribed_at: Some(Timestamp(1)).filter(|_| is_off),
            };
            let new = [CourseNews { course: COURSE, new: vec![item(topic, 1)], known: Vec::new() }];
            assert_eq!(decide(&owner, &new, every_days, Timestamp(100 * DAY_S)), expected, "{topic:?}");
            let known = [CourseNews { course: COURSE, new: Vec::new(), known: vec![item(topic, 1)] }];
            assert_eq!(decide(&owner, &known, every_days, Timestamp(100 * DAY_S)), Decision::Nothing);
        };
        check(Topic::NotEnrolled, None, false, 7, Decision::Write);
        check(Topic::NotEnrolled, Some(6), false, 7, Decision::Later);
        check(Topic::NotEnrolled, Some(7), false, 7, Decision::Write);
        check(Topic::NotEnrolled, Some(0), false, 0, Decision::Write);
        check(Topic::NameTaken, Some(1), false, 7, Decision::Write);
        check(Topic::NameTaken, None, true, 7, Decision::Unwanted);
    }

    #[test]
    fn h7_a_night_that_is_a_little_early_is_the_night() {
        let owner = OwnerRow {
            id: OwnerId(1),
            address: "ada@example.ac.uk".into(),
            person: None,
            language: None,
            told_at: Some(Timestamp(60)),
            unsubscribed_at: None,
        };
        let new = [CourseNews { course: COURSE, new: vec![item(Topic::NotEnrolled, 1)], known: Vec::new() }];
        assert_eq!(decide(&owner, &new, 7, Timestamp(7 * DAY_S)), Decision::Write);
    }
}
