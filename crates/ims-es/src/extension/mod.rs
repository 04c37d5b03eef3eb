//! The extension fields of a group, with their types (facts/ims-es.md §3.2).
//!
//! Not here: rules that need the rest of the group (`group/rules.rs`), and the fields of persons and roles (`person/rules.rs`,
//! `membership/object.rs`).
//!
//! Invariant: names are compared without letter case, order does not count, and a field that is not known is kept as it was sent.
//! Invariant: what is written reads back as the same.

mod course;
mod field;

pub use course::{Course, Template, TermPair};
pub use field::Setting;

use crate::common::ExtensionField;
use crate::problem::{Problem, Weight};
use crate::status::CodeMinor;
use field::{Reading, put_boolean, put_number, put_text};

/// The longest `LegalId`, in characters.
pub(crate) const LEGAL_ID_LENGTH_MAX: usize = 50;

/// The extension fields of a group. `None` means that the field was not sent; [`Setting::Cleared`], that it was sent empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupExtension {
    /// `visibleinsearch`: whether a search finds the group. True unless it says otherwise.
    pub visible_in_search: Option<Setting<bool>>,
    /// `allowconnectiontocourse`: whether a course may be connected. True unless it says otherwise.
    pub allow_connection_to_course: Option<Setting<bool>>,
    /// `XitiEstablishmentId`: a number for statistics.
    pub xiti_establishment_id: Option<Setting<i32>>,
    /// `XitiCollectiviteId`: a number for statistics.
    pub xiti_collectivite_id: Option<Setting<i32>>,
    /// `LegalId`: the official number of a school or site.
    pub legal_id: Option<Setting<String>>,
    /// `course` and what is below it.
    pub course: Course,
    /// Fields that are not known here, as they were sent.
    pub unknown: Vec<ExtensionField>,
}

impl GroupExtension {
    /// Reads the fields, with what is wrong with each.
    pub fn read(fields: &[ExtensionField]) -> (GroupExtension, Vec<Problem>) {
        let mut extension = GroupExtension::default();
        let mut problems = Vec::new();
        for field in fields {
            let name = field.field_name.as_deref().unwrap_or_default().trim().to_ascii_lowercase();
            let mut reading = Reading { name: &name, field, problems: &mut problems };
            match name.as_str() {
                "" => reading.nameless(),
                "visibleinsearch" => reading.boolean(&mut extension.visible_in_search),
                "allowconnectiontocourse" => reading.boolean(&mut extension.allow_connection_to_course),
                "xitiestablishmentid" => reading.number(&mut extension.xiti_establishment_id),
                "xiticollectiviteid" => reading.number(&mut extension.xiti_collectivite_id),
                "legalid" => reading.text(&mut extension.legal_id, LEGAL_ID_LENGTH_MAX),
                _ if name == "course" || name.starts_with("course/") => {
                    if !extension.course.accept(&mut reading) {
                        reading.unknown();
                        extension.unknown.push(field.clone());
                    }
                }
                _ => {
                    reading.unknown();
                    extension.unknown.push(field.clone());
                }
            }
        }
        (extension, problems)
    }

    /// Writes the fields in the spelling and order of the table in facts/ims-es.md §3.2, unknown ones last.
    pub fn to_fields(&self) -> Vec<ExtensionField> {
        let mut fields = Vec::new();
        let search_words = ["True", "False"];
        put_boolean(&mut fields, "visibleinsearch", self.visible_in_search.as_ref(), search_words);
        let connection = self.allow_connection_to_course.as_ref();
        put_boolean(&mut fields, "allowconnectiontocourse", connection, ["1", "0"]);
        put_number(&mut fields, "XitiEstablishmentId", self.xiti_establishment_id.as_ref());
        put_number(&mut fields, "XitiCollectiviteId", self.xiti_collectivite_id.as_ref());
        put_text(&mut fields, "LegalId", "String", self.legal_id.as_ref());
        self.course.put(&mut fields);
        fields.extend(self.unknown.iter().cloned());
        fields
    }
}

/// A problem with an extension field.
fn problem(code: CodeMinor, name: &str, value: &str, text: &str, mend: &str) -> Problem {
    Problem::error(code, &format!("extension/{name}"), value, text, mend)
}

/// The warning for a field that is not known.
fn unknown(field: &ExtensionField) -> Problem {
    let name = field.field_name.as_deref().unwrap_or_default();
    let text = "The extension field is not known; it is kept and has no effect.";
    let mend = "Check its name against the list of extension fields, or leave it out.";
    problem(CodeMinor::UnknownExtension, name, field.value(), text, mend).weighing(Weight::Warning)
}

#[cfg(test)]
mod tests {
    use super::{Course, GroupExtension, Setting, Template, TermPair};
    use crate::common::ExtensionField;
    use crate::problem::Weight;
    use crate::status::CodeMinor;

    fn read(fields: &[(&str, &str)]) -> (GroupExtension, Vec<(Weight, CodeMinor)>) {
        let fields: Vec<_> =
            fields.iter().map(|(name, value)| ExtensionField::new(name, "String", value)).collect();
        let (extension, problems) = GroupExtension::read(&fields);
        (extension, problems.iter().map(|problem| (problem.weight, problem.code_minor)).collect())
    }

    fn value(text: &str) -> Option<Setting<String>> {
        Some(Setting::Value(text.to_owned()))
    }

    #[test]
    fn a_course_with_a_template_and_terms_is_read_in_any_spelling() {
        let (extension, problems) = read(&[
            ("Course/Template/Terms/1/NewTermSyncKey", "term-autumn"),
            ("course/template/terms/1/SourceTermSyncKey", "term-template"),
            ("COURSE", "Biology"),
            ("course/credit", "7.5"),
            ("course/template/synckey", "template-1"),
        ]);
        let terms =
            vec![("1".to_owned(), TermPair { source: value("term-template"), new: value("term-autumn") })];
        let template = Template {
            sync_key: value("template-1"),
            terms: terms.into_iter().collect(),
            ..Template::default()
        };
        let course = Course { title: value("Biology"), credits: value("7.5"), template, ..Course::default() };
        assert_eq!(extension, GroupExtension { course, ..GroupExtension::default() });
        assert_eq!(problems, []);
    }

    #[test]
    fn an_empty_value_clears_and_a_missing_field_says_nothing() {
        let (extension, problems) = read(&[("LegalId", ""), ("visibleinsearch", " ")]);
        assert_eq!(extension.legal_id, Some(Setting::Cleared));
        assert_eq!(extension.visible_in_search, Some(Setting::Cleared));
        assert_eq!(extension.xiti_establishment_id, None);
        assert_eq!(problems, []);
    }

    #[test]
    fn a_value_of_the_wrong_type_is_refused() {
        for (name, wrong) in [
            ("visibleinsearch", "maybe"),
            ("XitiEstablishmentId", "12.5"),
            ("XitiCollectiviteId", "99999999999"),
            ("LegalId", "123456789012345678901234567890123456789012345678901"),
            ("course", "A title that is far too long for a course and should be refused by us"),
        ] {
            assert_eq!(read(&[(name, wrong)]).1, [(Weight::Error, CodeMinor::InvalidData)], "{name}");
        }
    }

    #[test]
    fn an_unknown_field_is_kept_with_a_warning() {
        let (extension, problems) = read(&[("Colour", "blue"), ("course/colour", "red")]);
        assert_eq!(extension.unknown.len(), 2);
        assert_eq!(problems, [(Weight::Warning, CodeMinor::UnknownExtension); 2]);
    }

    #[test]
    fn an_external_template_that_is_no_number_is_taken_with_a_warning() {
        let (extension, problems) = read(&[("course/template/externaltemplateid", "T-12")]);
        assert_eq!(extension.course.template.external_template_id, value("T-12"));
        assert_eq!(problems, [(Weight::Warning, CodeMinor::InvalidData)]);
    }

    #[test]
    fn what_is_written_reads_back() {
        let (extension, _) = read(&[
            ("visibleinsearch", "0"),
            ("allowconnectiontocourse", "True"),
            ("XitiEstablishmentId", "12"),
            ("course", "Biology"),
            ("course/credits", ""),
            ("course/template/terms/A/newtermsynckey", "term-autumn"),
            ("Colour", "blue"),
        ]);
        let fields = extension.to_fields();
        assert_eq!(fields[0], ExtensionField::new("visibleinsearch", "Boolean", "False"));
        assert_eq!(fields[1], ExtensionField::new("allowconnectiontocourse", "Boolean", "1"));
        assert_eq!(GroupExtension::read(&fields).0, extension);
    }
}
