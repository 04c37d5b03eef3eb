//! What is sure to happen on a given day: the later part of the awkward cases, and enrolments that come a day late.
//!
//! Not here: what happens by chance (`ordinary.rs`).
//!
//! Invariant: an act is performed once, on its day.

use super::awkward::Healing;
use super::change::MoodleEventKind;
use super::editor::Editor;
use super::model::{Delivery, Enrolled, Kind, MappingRecord, Seat};

/// One thing that is sure to happen. Groups, modules, courses and people are places in their lists.
#[derive(Clone, Debug)]
pub(super) enum Act {
    Rename { group: usize, name: String },
    SwapNames { first: usize, second: usize },
    GiveNewId { group: usize },
    Deliver { module: usize, delivery: Delivery },
    SetMapping { module: usize, mapping: MappingRecord },
    OpenGroup { module: usize, kind: Kind, code: String, name: String, seats: Vec<Seat> },
    CloseGroups { groups: Vec<usize> },
    AddSeat { group: usize, seat: Seat },
    Heal(Healing),
    Enrol { course: usize, enrolled: Enrolled },
    DeleteCourse { course: usize },
    InMoodle { kind: MoodleEventKind, course: usize, group_name: String, person: Option<u32>, detail: String },
}

/// Performs what is due today.
pub(super) fn perform_due(editor: &mut Editor<'_>) {
    let today = editor.day.number;
    let script = std::mem::take(&mut editor.university.script);
    let (due, later): (Vec<_>, Vec<_>) = script.into_iter().partition(|(day, _)| *day <= today);
    editor.university.script = later;
    for (_, act) in due {
        perform(editor, act);
    }
}

fn perform(editor: &mut Editor<'_>, act: Act) {
    match act {
        Act::Rename { group, name } => editor.rename(group, name),
        Act::SwapNames { first, second } => editor.swap_names(first, second),
        Act::GiveNewId { group } => editor.give_new_id(group),
        Act::Deliver { module, delivery } => editor.deliver(module, delivery),
        Act::SetMapping { module, mapping } => editor.set_mapping(module, mapping),
        Act::OpenGroup { module, kind, code, name, seats } => {
            let group = editor.open_group(module, kind, code, name);
            for seat in seats {
                editor.add_seat(group, seat);
            }
        }
        Act::CloseGroups { groups } => groups.into_iter().for_each(|group| editor.close_group(group)),
        Act::AddSeat { group, seat } => editor.add_seat(group, seat),
        Act::Heal(healing) => editor.heal(healing),
        Act::Enrol { course, enrolled } => editor.enrol(course, enrolled),
        Act::DeleteCourse { course } => editor.delete_course(course),
        Act::InMoodle { kind, course, group_name, person, detail } => {
            editor.of_moodle(kind, course, group_name, person, detail);
        }
    }
}
