//! Tests of the rules for persons. Beside them, for the file would be too long with both.

use super::{check, check_page};
use crate::common::{ExtensionField, Relation};
use crate::lexical::Lexical;
use crate::person::object::{
    Demographics, InstitutionRole, InstitutionRoleType, NamePart, PartName, Person, PersonExtension,
    PersonName, PersonRelationship,
};
use crate::person::read_all_persons::ReadAllPersons;
use crate::policy::{Policy, Verb};
use crate::problem::Weight;
use crate::status::CodeMinor;

fn part(kind: NamePart, value: &str) -> PartName {
    PartName { name_part_type: Some(Lexical::Value(kind)), name_part_value: Some(value.to_owned()) }
}

/// A person that breaks no rule.
fn ada() -> Person {
    let role = InstitutionRole {
        institution_role_type: Lexical::Value(InstitutionRoleType::Student),
        primary_role_type: Lexical::Value(true),
    };
    let part_names = vec![part(NamePart::First, "Ada"), part(NamePart::Last, "Invented")];
    Person {
        name: Some(PersonName { name_type: None, part_names }),
        institution_roles: vec![role],
        ..Person::default()
    }
}

/// Changes Ada, checks her, and compares errors and warnings: their fields and codes.
fn check_person(verb: Verb, change: impl Fn(&mut Person), expected: &[(&str, CodeMinor)]) {
    let mut person = ada();
    change(&mut person);
    let problems = check(Some("person-1"), Some(&person), verb, &Policy::default());
    let grave = problems.iter().filter(|problem| problem.weight != Weight::Advice);
    let found: Vec<_> = grave.map(|problem| (problem.field.as_str(), problem.code_minor)).collect();
    assert_eq!(found, expected, "{person:?}");
}

#[test]
fn a_person_has_both_names_and_a_role() {
    let incomplete = CodeMinor::IncompleteData;
    check_person(Verb::Create, |_| {}, &[]);
    let nameless = [("name/partName[First]", incomplete), ("name/partName[Last]", incomplete)];
    check_person(Verb::Create, |person| person.name = None, &nameless);
    check_person(Verb::Update, |person| person.name = None, &[]);
    let no_role = [("institutionRole/institutionRoleType", incomplete)];
    check_person(Verb::Replace, |person| person.institution_roles.clear(), &no_role);
    check_person(Verb::Update, |person| person.institution_roles.clear(), &[]);
}

#[test]
fn a_role_outside_the_list_is_left_to_the_site() {
    let change = |person: &mut Person| {
        person.institution_roles[0].institution_role_type = Lexical::read("System Administrator".to_owned());
    };
    check_person(Verb::Create, change, &[]);
}

#[test]
fn an_empty_birthday_is_refused_for_its_item_only() {
    for birthday in ["", "31.01.2010", "2010-02-30"] {
        let change = |person: &mut Person| {
            let bday = Some(Lexical::read(birthday.to_owned()));
            person.demographics = Some(Demographics { bday, ..Demographics::default() });
        };
        check_person(Verb::Create, change, &[("demographics/bday", CodeMinor::InvalidData)]);
    }
}

#[test]
fn a_prefix_is_at_most_32_characters_long() {
    let prefix = |length: usize| {
        move |person: &mut Person| {
            let parts = &mut person.name.as_mut().unwrap().part_names;
            parts.push(part(NamePart::Prefix, &"é".repeat(length)));
        }
    };
    check_person(Verb::Create, prefix(32), &[]);
    check_person(Verb::Create, prefix(33), &[("name/partName[Prefix]", CodeMinor::InvalidData)]);
}

#[test]
fn only_children_are_written_as_relatives() {
    let relative = |relation: Relation| {
        move |person: &mut Person| {
            let relation = Lexical::Value(relation);
            let relationship =
                PersonRelationship { relation, source_id: Some("person-2".to_owned()), label: None };
            let relationships = vec![relationship];
            let fields = vec![ExtensionField::new("PasswordChange", "String", "NotAllowed")];
            person.extension = Some(PersonExtension { fields, relationships });
        }
    };
    check_person(Verb::Create, relative(Relation::Child), &[]);
    let wrong = [("extension/relationship/relation", CodeMinor::InvalidData)];
    check_person(Verb::Create, relative(Relation::Parent), &wrong);
}

#[test]
fn a_page_has_a_number_and_a_size() {
    let check = |index: Option<&str>, size: &str, expected: &[(&str, Weight)]| {
        let number = |text: &str| Some(Lexical::read(text.to_owned()));
        let page_index = index.and_then(number);
        let request = ReadAllPersons { page_index, page_size: number(size), ..ReadAllPersons::default() };
        let problems = check_page(&request);
        let found: Vec<_> = problems.iter().map(|problem| (problem.field.as_str(), problem.weight)).collect();
        assert_eq!(found, expected, "{index:?} {size}");
    };
    check(Some("1"), "100", &[]);
    check(Some("0"), "100", &[("PageIndex", Weight::Error)]);
    check(None, "many", &[("PageIndex", Weight::Error), ("PageSize", Weight::Error)]);
    check(Some("1"), "101", &[("PageSize", Weight::Advice)]);
}
