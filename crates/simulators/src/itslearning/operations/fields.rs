//! The extension fields of a group as a simulated itslearning takes them (facts/ims-es.md §3.2).
//!
//! Not here: which groups may have them (`groups.rs`), and templates (`courses.rs`).
//!
//! Invariant: names are compared without letter case, and the order of the fields says nothing.

use std::collections::BTreeMap;

use ims_es::common::ExtensionField;

use crate::itslearning::refusal::{Refusal, Remark};

/// A value that was sent, or its place that was sent empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sent<T> {
    Value(T),
    Empty,
}

impl<T> Sent<T> {
    pub(super) fn value(&self) -> Option<&T> {
        match self {
            Sent::Value(value) => Some(value),
            Sent::Empty => None,
        }
    }
}

/// The fields that were sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields {
    pub(super) visible_in_search: Option<Sent<bool>>,
    pub(super) allow_connection: Option<Sent<bool>>,
    pub(super) xiti_establishment: Option<Sent<i32>>,
    pub(super) xiti_collectivite: Option<Sent<i32>>,
    pub(super) legal_id: Option<Sent<String>>,
    pub(super) course: Option<Sent<String>>,
    pub(super) code: Option<Sent<String>>,
    pub(super) credits: Option<Sent<String>>,
    pub(super) template_key: Option<Sent<String>>,
    pub(super) creator_key: Option<Sent<String>>,
    pub(super) external_template: Option<Sent<String>>,
    /// By the key that pairs them: the term of the template and the one that takes its place.
    pub(super) terms: BTreeMap<String, (Option<String>, Option<String>)>,
}

impl Fields {
    /// Reads the fields. What is not known is told and has no effect (§2.5).
    pub(super) fn read(sent: &[ExtensionField], remark: &mut Remark) -> Result<Fields, Refusal> {
        let mut fields = Fields::default();
        for field in sent {
            let name = field.field_name.as_deref().unwrap_or_default().trim().to_lowercase();
            let value = field.field_value.as_deref().unwrap_or_default().trim();
            match name.as_str() {
                "visibleinsearch" => fields.visible_in_search = Some(boolean(&name, value)?),
                "allowconnectiontocourse" => fields.allow_connection = Some(boolean(&name, value)?),
                "xitiestablishmentid" => fields.xiti_establishment = Some(number(&name, value)?),
                "xiticollectiviteid" => fields.xiti_collectivite = Some(number(&name, value)?),
                "legalid" => fields.legal_id = Some(text(&name, value, 50)?),
                "course" => fields.course = Some(text(&name, value, 64)?),
                "course/code" => fields.code = Some(text(&name, value, 64)?),
                "course/credit" | "course/credits" => fields.credits = Some(text(&name, value, 64)?),
                "course/template/synckey" => fields.template_key = Some(text(&name, value, 255)?),
                "course/template/coursecreatorsynckey" => fields.creator_key = Some(text(&name, value, 255)?),
                "course/template/externaltemplateid" => {
                    fields.external_template = Some(text(&name, value, 255)?);
                }
                _ if !fields.take_term(&name, value) => {
                    remark.add("An extension field is not known and has no effect.");
                }
                _ => {}
            }
        }
        Ok(fields)
    }

    /// Takes `course/template/terms/{any key}/sourcetermsynckey` and its counterpart.
    fn take_term(&mut self, name: &str, value: &str) -> bool {
        let rest = name.strip_prefix("course/template/terms/");
        let Some((key, half)) = rest.and_then(|rest| rest.rsplit_once('/')) else { return false };
        let value = Some(value.to_owned()).filter(|value| !value.is_empty());
        match half {
            "sourcetermsynckey" => self.terms.entry(key.to_owned()).or_default().0 = value,
            "newtermsynckey" => self.terms.entry(key.to_owned()).or_default().1 = value,
            _ => return false,
        }
        true
    }

    /// Whether the fields ask for a course.
    pub(super) fn has_course(&self) -> bool {
        self.course.as_ref().and_then(Sent::value).is_some()
    }

    /// Whether any other field of a course was sent.
    pub(super) fn has_course_details(&self) -> bool {
        let sent =
            [&self.code, &self.credits, &self.template_key, &self.creator_key, &self.external_template];
        sent.iter().any(|field| field.as_ref().and_then(Sent::value).is_some()) || !self.terms.is_empty()
    }
}

fn boolean(name: &str, value: &str) -> Result<Sent<bool>, Refusal> {
    match value.to_lowercase().as_str() {
        "" => Ok(Sent::Empty),
        "true" | "1" => Ok(Sent::Value(true)),
        "false" | "0" => Ok(Sent::Value(false)),
        _ => Err(Refusal::invalid(format!("The value of {name} is no Boolean."))),
    }
}

fn number(name: &str, value: &str) -> Result<Sent<i32>, Refusal> {
    match value {
        "" => Ok(Sent::Empty),
        value => {
            let number = value
                .parse()
                .map_err(|_| Refusal::invalid(format!("The value of {name} is no whole number.")))?;
            Ok(Sent::Value(number))
        }
    }
}

fn text(name: &str, value: &str, length_max: usize) -> Result<Sent<String>, Refusal> {
    match value {
        "" => Ok(Sent::Empty),
        value if value.chars().count() > length_max => {
            Err(Refusal::invalid(format!("The value of {name} has more than {length_max} characters.")))
        }
        value => Ok(Sent::Value(value.to_owned())),
    }
}
