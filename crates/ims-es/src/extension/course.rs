//! The extension fields that make a group a course: title, code, credits, and the template it is copied from
//! (facts/ims-es.md §3.2, §3.3).
//!
//! Not here: whether a template, a term or a creator exists.
//!
//! Invariant: a term is paired by its key, whatever the order of its two fields.

use std::collections::BTreeMap;

use crate::common::ExtensionField;
use crate::extension::field::{Reading, Setting, put_text};
use crate::extension::problem;
use crate::identifier::LENGTH_MAX;
use crate::problem::Weight;
use crate::status::CodeMinor;

/// The longest title, code or credits, in characters.
const COURSE_LENGTH_MAX: usize = 64;

/// What makes a group a course.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Course {
    /// `course`: the title. Without it no other field of the course counts.
    pub title: Option<Setting<String>>,
    /// `course/code`.
    pub code: Option<Setting<String>>,
    /// `course/credits`, also read as `course/credit`.
    pub credits: Option<Setting<String>>,
    /// `course/template/…`.
    pub template: Template,
}

/// What a course is copied from when it is made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template {
    /// `synckey`: the template course.
    pub sync_key: Option<Setting<String>>,
    /// `coursecreatorsynckey`: the person who makes the copy.
    pub course_creator_sync_key: Option<Setting<String>>,
    /// `externaltemplateid`: a template outside.
    pub external_template_id: Option<Setting<String>>,
    /// `terms/{termId}/…`: which term of the template becomes which, by the key that pairs the two.
    pub terms: BTreeMap<String, TermPair>,
}

/// A term of the template and the term that takes its place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TermPair {
    /// `sourcetermsynckey`.
    pub source: Option<Setting<String>>,
    /// `newtermsynckey`.
    pub new: Option<Setting<String>>,
}

impl Course {
    /// Whether a title was sent.
    pub fn has_title(&self) -> bool {
        self.title.as_ref().and_then(Setting::value).is_some()
    }

    /// Whether any other field of the course was sent with a value.
    pub fn has_details(&self) -> bool {
        let template = &self.template;
        let settings = [
            &self.code,
            &self.credits,
            &template.sync_key,
            &template.course_creator_sync_key,
            &template.external_template_id,
        ];
        let is_sent =
            |setting: &&Option<Setting<String>>| setting.as_ref().and_then(Setting::value).is_some();
        settings.iter().any(is_sent) || !template.terms.is_empty()
    }

    /// Reads a field whose name begins with `course`. `false` if it is not known.
    pub(super) fn accept(&mut self, reading: &mut Reading<'_>) -> bool {
        let template = &mut self.template;
        match reading.name {
            "course" => reading.text(&mut self.title, COURSE_LENGTH_MAX),
            "course/code" => reading.text(&mut self.code, COURSE_LENGTH_MAX),
            "course/credit" | "course/credits" => reading.text(&mut self.credits, COURSE_LENGTH_MAX),
            "course/template/synckey" => reading.text(&mut template.sync_key, LENGTH_MAX),
            "course/template/coursecreatorsynckey" => {
                reading.text(&mut template.course_creator_sync_key, LENGTH_MAX);
            }
            "course/template/externaltemplateid" => {
                reading.text(&mut template.external_template_id, LENGTH_MAX);
                warn_if_no_number(reading);
            }
            name => return template.accept_term(name, reading),
        }
        true
    }

    pub(super) fn put(&self, fields: &mut Vec<ExtensionField>) {
        let template = &self.template;
        put_text(fields, "course", "String", self.title.as_ref());
        put_text(fields, "course/code", "String", self.code.as_ref());
        put_text(fields, "course/credits", "String", self.credits.as_ref());
        put_text(fields, "course/template/synckey", "String", template.sync_key.as_ref());
        let creator = template.course_creator_sync_key.as_ref();
        put_text(fields, "course/template/coursecreatorsynckey", "String", creator);
        for (key, pair) in &template.terms {
            let name = |half: &str| format!("course/template/terms/{key}/{half}");
            put_text(fields, &name("sourcetermsynckey"), "String", pair.source.as_ref());
            put_text(fields, &name("newtermsynckey"), "String", pair.new.as_ref());
        }
        let external = template.external_template_id.as_ref();
        put_text(fields, "course/template/externaltemplateid", "Int", external);
    }
}

impl Template {
    fn accept_term(&mut self, name: &str, reading: &mut Reading<'_>) -> bool {
        let Some((key, half)) =
            name.strip_prefix("course/template/terms/").and_then(|rest| rest.rsplit_once('/'))
        else {
            return false;
        };
        if key.is_empty() || !["sourcetermsynckey", "newtermsynckey"].contains(&half) {
            return false;
        }
        let pair = self.terms.entry(key.to_owned()).or_default();
        let place = if half == "newtermsynckey" { &mut pair.new } else { &mut pair.source };
        reading.text(place, LENGTH_MAX);
        true
    }
}

fn warn_if_no_number(reading: &mut Reading<'_>) {
    let value = reading.field.value();
    if !value.is_empty() && value.parse::<i64>().is_err() {
        let text = "The external template is no number; it is taken as it stands.";
        let found = problem(CodeMinor::InvalidData, reading.name, value, text, "Send a whole number.");
        reading.problems.push(found.weighing(Weight::Warning));
    }
}
