//! What owners are told in English.
//!
//! Not here: any decision.

use super::topic::Topic;
use super::words::{TopicWords, Words};
use crate::present::table::counted;

pub(super) const ENGLISH: Words = Words {
    subject: |things| {
        format!("{} about the groups of your courses", counted(things, "new thing", "new things"))
    },
    opening: |things, courses, site| {
        let is = if things == 1 { "is" } else { "are" };
        let course = if courses == 1 { "course" } else { "courses" };
        format!(
            "{} {is} new about the groups of your {course} on {site}.",
            counted(things, "thing", "things")
        )
    },
    what_it_is: "These groups come from the timetable and are kept in step with it. Where you may want to do something, this email says what.",
    course: |number| format!("Course {number}"),
    open_course: "Open the course",
    new: "New",
    known: "Known from before",
    advice: "What you may do",
    topic: |topic| {
        let (title, advice) = topic_words(topic);
        TopicWords { title, advice }
    },
    more: |count| format!("… and {count} more"),
    people: |count| counted(count, "person", "people"),
    in_timetable: |name| format!("{name} in the timetable"),
    about: "About this email",
    why_you: |days| {
        let often = match days {
            0 => "after each night that brought something new".to_owned(),
            1 => "at most once a day, and only when something is new".to_owned(),
            days => format!(
                "at most once in {days} days, unless something needs you, and only when something is new"
            ),
        };
        format!(
            "Muster, which keeps these groups in step, sends it because you answer for these courses: {often}."
        )
    },
    no_more: "Get no more of these emails",
    answer_for_no_more: |address| {
        format!("To get no more of these emails, answer this one; the answer goes to {address}.")
    },
    page_title: "Emails about your courses",
    page_on: |address| {
        format!("{address} gets emails about the groups of the courses that this person answers for.")
    },
    page_end: "Send no more of these emails",
    page_off: |address| format!("{address} gets no more emails about the groups of courses."),
    page_begin: "Send these emails again",
    page_unknown: "This link is not known, or no longer. Answer the email in which it stood.",
    page_later: "This page cannot be shown just now. Try it again later; nothing was changed.",
};

fn topic_words(topic: Topic) -> (&'static str, &'static str) {
    const TIMETABLE: &str = "ask the timetable office if that is wrong";
    const ANSWER: &str = "answer this email if that is wrong";
    match topic {
        Topic::NameTaken => (
            "A group could not be made or renamed, because another group of the course has the name",
            "give the other group another name, or delete it; the rest is done by itself the next night",
        ),
        Topic::GroupingNameTaken => (
            "The groups of a module could not be held together, because another grouping of the course has the name",
            "give the other grouping another name, or delete it; the rest is done by itself the next night",
        ),
        Topic::NotEnrolled => (
            "People are not in their groups yet, because they are not enrolled in the course",
            "enrol them, or wait; once they are enrolled, they come into their groups by themselves",
        ),
        Topic::GroupingInUse => (
            "A grouping is no longer needed, but was kept, because it holds groups that somebody made by hand",
            "take these groups out of the grouping; it then goes by itself",
        ),
        Topic::NameKept => (
            "A name that was given by hand was kept",
            "nothing, if you want it so; once it has the name of the timetable again, it follows the timetable again",
        ),
        Topic::NameOverwritten => {
            ("A name was changed by hand and in the timetable; now it is that of the timetable", TIMETABLE)
        }
        Topic::MadeAgain => (
            "A group that was deleted by hand was made again, because the timetable has it",
            "ask the timetable office if the group is no longer needed",
        ),
        Topic::StaysDeleted => (
            "A group that was deleted by hand stays deleted, although the timetable has it",
            "answer this email if it should come back",
        ),
        Topic::PutBack => (
            "People who were taken out of a group by hand were put back, because the timetable has them in it",
            "ask the timetable office if they belong elsewhere",
        ),
        Topic::StaysOut => (
            "People who were taken out of a group by hand stay out, although the timetable has them in it",
            "put them into the group again if they belong there",
        ),
        Topic::GroupDropped => ("Groups were deleted, because the timetable no longer has them", TIMETABLE),
        Topic::GroupUnmapped => {
            ("Groups were deleted, because their module is no longer linked to this course", ANSWER)
        }
        Topic::GroupLeftOut => {
            ("Groups were deleted, because groups of this kind are no longer brought into courses", ANSWER)
        }
        Topic::GroupUndone => ("Groups were deleted, because an earlier change was taken back", ANSWER),
        Topic::PersonDropped => {
            ("People left groups, because the timetable no longer has them there", TIMETABLE)
        }
        Topic::PersonUnmapped => {
            ("People left groups, because the module is no longer linked to this course", ANSWER)
        }
        Topic::PersonLeftOut => {
            ("People left groups, because people with their role are no longer brought into groups", ANSWER)
        }
        Topic::PersonUndone => ("People left groups, because an earlier change was taken back", ANSWER),
        Topic::PersonLocal => (
            "People who were put into a group by hand were taken out, because here only the timetable decides",
            "ask the timetable office to add them if they belong there",
        ),
        Topic::PersonExcepted => {
            ("People were taken out of groups, because somebody asked for it by name", ANSWER)
        }
    }
}
