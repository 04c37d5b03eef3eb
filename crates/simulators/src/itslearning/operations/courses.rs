//! Courses that are connected to groups: made with the group, copied from a template once, and left behind when the
//! group goes (facts/ims-es.md §3.3).
//!
//! Not here: types of groups (`groups.rs`).

use std::collections::BTreeSet;

use super::fields::{Fields, Sent};
use crate::itslearning::refusal::{Refusal, Remark};
use crate::itslearning::world::{Course, World};

/// What is copied into a new course.
#[derive(Clone, Debug, Default)]
pub(super) struct Copy {
    from: Option<String>,
    creator: Option<String>,
    external: Option<String>,
    terms: BTreeSet<String>,
}

/// Looks up what a new course is copied from. The template must exist and be one; the creator must exist (§3.2).
pub(super) fn copy(world: &World, fields: &Fields, remark: &mut Remark) -> Result<Copy, Refusal> {
    let value = |sent: &Option<Sent<String>>| sent.as_ref().and_then(Sent::value).cloned();
    let (from, creator) = (value(&fields.template_key), value(&fields.creator_key));
    let mut copy = Copy { external: value(&fields.external_template), ..Copy::default() };
    if let Some(key) = &creator
        && world.persons.find(key).is_none()
    {
        return Err(Refusal::invalid("The creator of the course does not exist."));
    }
    if let Some(key) = &from {
        let is_it = |course: &&Course| course.template_key.as_ref() == Some(key);
        let Some(template) = world.courses.values().find(is_it) else {
            return Err(Refusal::invalid("The template does not exist or is none."));
        };
        copy.terms = template.terms.clone();
        for (source, new) in fields.terms.values() {
            match (source, new) {
                // Terms that are named are replaced pair by pair, the others stay (§3.3).
                (Some(source), Some(new)) if copy.terms.remove(source) => {
                    copy.terms.insert(new.clone());
                }
                _ => remark.add("A pair of terms names no term of the template and was left out."),
            }
        }
    }
    Ok(Copy { from, creator, ..copy })
}

/// Makes the course of a group.
pub(super) fn make(world: &mut World, fields: &Fields, copy: Copy) -> u64 {
    let number = world.courses.last_key_value().map_or(0, |(last, _)| *last) + 1;
    let mut course = Course {
        copied_from: copy.from,
        creator: copy.creator,
        external_template: copy.external,
        terms: copy.terms,
        ..Course::default()
    };
    describe(&mut course, fields, false);
    world.courses.insert(number, course);
    number
}

/// Changes title, code and credits. In a replacement what was not sent is emptied (§2.2).
pub(super) fn describe(course: &mut Course, fields: &Fields, is_replacement: bool) {
    if let Some(title) = fields.course.as_ref().and_then(Sent::value) {
        course.title.clone_from(title);
    }
    for (place, sent) in [(&mut course.code, &fields.code), (&mut course.credits, &fields.credits)] {
        match sent {
            Some(sent) => *place = sent.value().cloned(),
            None if is_replacement => *place = None,
            None => {}
        }
    }
}
