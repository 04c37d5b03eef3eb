//! Tests of the rules for groups. Beside them, for the file would be too long with both.

use super::{check, shortened_title};
use crate::common::ExtensionField;
use crate::group::object::{Description, Group, GroupType, OrganisationType, Relationship, TypeValue};
use crate::policy::{LongTitle, Policy, Verb};
use crate::problem::Weight;
use crate::status::CodeMinor;

/// A school that breaks no rule.
fn school() -> Group {
    Group {
        group_type: Some(OrganisationType::School.to_group_type()),
        relationships: vec![Relationship::parent("root")],
        description: Some(Description {
            desc_short: Some("School one".to_owned()),
            ..Description::default()
        }),
        ..Group::default()
    }
}

fn field(name: &str, value: &str) -> ExtensionField {
    ExtensionField::new(name, "String", value)
}

fn group_type(scheme: &str, word: &str, level: &str) -> Option<GroupType> {
    let filled = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let value = TypeValue { type_name: filled(word), level: filled(level) };
    Some(GroupType { scheme: filled(scheme), type_values: vec![value] })
}

/// Changes the school, checks it, and compares errors and warnings: their fields and codes.
fn check_group(verb: Verb, change: impl Fn(&mut Group), expected: &[(&str, CodeMinor)]) {
    let mut group = school();
    change(&mut group);
    let problems = check(Some("school-1"), Some(&group), verb, &Policy::default());
    let grave = problems.iter().filter(|problem| problem.weight != Weight::Advice);
    let found: Vec<_> = grave.map(|problem| (problem.field.as_str(), problem.code_minor)).collect();
    assert_eq!(found, expected, "{verb:?} {group:?}");
}

#[test]
fn a_plain_school_breaks_no_rule() {
    for verb in [Verb::Create, Verb::Update, Verb::Replace] {
        check_group(verb, |_| {}, &[]);
    }
}

#[test]
fn type_and_level_must_agree_and_be_known() {
    let scheme = "ItsLearningOrganisationTypes";
    let create = |word, level, expected: &[(&str, CodeMinor)]| {
        check_group(Verb::Create, |group| group.group_type = group_type(scheme, word, level), expected);
    };
    create("School", "", &[]);
    create("", "1", &[]);
    create("CourseGroup", "3", &[]);
    create("Unspecified", "-1", &[]);
    create("School", "3", &[("groupType/typeValue", CodeMinor::InvalidData)]);
    create("Class", "", &[("groupType/typeValue/type", CodeMinor::InvalidData)]);
    create("", "4", &[("groupType/typeValue/level", CodeMinor::InvalidData)]);
    create("Site", "0", &[("groupType/typeValue", CodeMinor::InvalidData)]);
    create("Course", "2", &[("groupType/typeValue", CodeMinor::IncompleteData)]);
}

#[test]
fn a_type_needs_its_scheme_and_another_scheme_has_no_effect() {
    let missing = [("groupType/scheme", CodeMinor::IncompleteData)];
    check_group(Verb::Create, |group| group.group_type = group_type("", "School", "1"), &missing);
    let foreign = [("groupType/scheme", CodeMinor::PartialDataStorage)];
    check_group(Verb::Create, |group| group.group_type = group_type("Colours", "Blue", "9"), &foreign);
}

#[test]
fn a_parent_is_needed_and_only_a_parent() {
    let missing = [("relationship", CodeMinor::IncompleteData)];
    check_group(Verb::Create, |group| group.relationships.clear(), &missing);
    check_group(Verb::Replace, |group| group.relationships.clear(), &missing);
    check_group(Verb::Update, |group| group.relationships.clear(), &[]);
    let relation = |word: &'static str| {
        move |group: &mut Group| {
            group.relationships[0].relation = crate::lexical::Lexical::read(word.to_owned());
        }
    };
    let unsupported = [("relationship/relation", CodeMinor::InvalidData)];
    check_group(Verb::Create, relation("Child"), &unsupported);
    check_group(Verb::Create, relation("1"), &unsupported);
    let unknown = [("relationship/relation", CodeMinor::UnknownVocabulary)];
    check_group(Verb::Create, relation("Sibling"), &unknown);
    let nameless = [("relationship/sourceId/identifier", CodeMinor::IncompleteData)];
    check_group(Verb::Create, |group| group.relationships[0].source_id = None, &nameless);
    let two = [("relationship", CodeMinor::InvalidData)];
    check_group(Verb::Create, |group| group.relationships.push(Relationship::parent("other")), &two);
}

#[test]
fn a_title_is_needed_and_at_most_64_characters_long() {
    let title = |text: &'static str| {
        move |group: &mut Group| {
            group.description =
                Some(Description { desc_short: Some(text.repeat(64)), ..Description::default() });
        }
    };
    check_group(Verb::Create, title("é"), &[]);
    check_group(Verb::Create, title("é "), &[("description/descShort", CodeMinor::InvalidData)]);
    let missing = [("description/descShort", CodeMinor::IncompleteData)];
    check_group(Verb::Create, title(""), &missing);
    check_group(Verb::Update, title(""), &missing);
    check_group(Verb::Replace, |group| group.description = None, &missing);
    check_group(Verb::Update, |group| group.description = None, &[]);
}

#[test]
fn a_long_title_is_shortened_only_where_the_site_wants_it() {
    let mut group = school();
    let long = "é".repeat(70);
    group.description = Some(Description { desc_short: Some(long.clone()), ..Description::default() });
    let policy = Policy { long_title: LongTitle::Shorten };
    let problems = check(Some("school-1"), Some(&group), Verb::Create, &policy);
    let found: Vec<_> = problems.iter().map(|problem| (problem.weight, problem.code_minor)).collect();
    assert_eq!(found, [(Weight::Warning, CodeMinor::PartialDataStorage)]);
    assert_eq!(shortened_title(&long), "é".repeat(64));
    assert_eq!(shortened_title("short"), "short");
}

#[test]
fn a_legal_id_belongs_to_a_school() {
    let wrong = [("extension/LegalId", CodeMinor::InvalidData)];
    check_group(Verb::Create, |group| group.extension = vec![field("LegalId", "4711")], &[]);
    let untyped = |group: &mut Group| {
        group.group_type = None;
        group.extension = vec![field("LegalId", "4711")];
    };
    check_group(Verb::Create, untyped, &wrong);
    check_group(Verb::Update, untyped, &[]);
}

#[test]
fn a_course_needs_its_title_and_no_other_type() {
    let course = |fields: &'static [(&'static str, &'static str)]| {
        move |group: &mut Group| {
            group.group_type = None;
            group.extension = fields.iter().map(|(name, value)| field(name, value)).collect();
        }
    };
    check_group(Verb::Create, course(&[("course", "Biology"), ("course/code", "BIO")]), &[]);
    let missing = [("extension/course", CodeMinor::IncompleteData)];
    check_group(Verb::Create, course(&[("course/code", "BIO")]), &missing);
    check_group(Verb::Update, course(&[("course/code", "BIO")]), &[]);
    let typed = [("groupType/typeValue", CodeMinor::InvalidData)];
    check_group(Verb::Create, |group| group.extension = vec![field("course", "Biology")], &typed);
}

#[test]
fn a_template_is_one_and_its_terms_are_pairs() {
    let course = |fields: &'static [(&'static str, &'static str)]| {
        move |group: &mut Group| {
            group.group_type = None;
            group.extension = fields.iter().map(|(name, value)| field(name, value)).collect();
        }
    };
    let both = course(&[
        ("course", "Biology"),
        ("course/template/synckey", "template-1"),
        ("course/template/externaltemplateid", "12"),
    ]);
    check_group(Verb::Create, both, &[("extension/course/template", CodeMinor::InvalidData)]);
    let half = course(&[("course", "Biology"), ("course/template/terms/1/newtermsynckey", "autumn")]);
    let field = "extension/course/template/terms/1";
    check_group(Verb::Create, half, &[(field, CodeMinor::IncompleteData)]);
}

#[test]
fn an_item_without_a_group_is_incomplete() {
    let problems = check(None, None, Verb::Create, &Policy::default());
    let found: Vec<_> = problems.iter().map(|problem| (problem.field.as_str(), problem.code_minor)).collect();
    let incomplete = CodeMinor::IncompleteData;
    assert_eq!(found, [("sourcedId", incomplete), ("group", incomplete)]);
}
