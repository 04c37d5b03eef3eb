//! What a person in a message must look like, as far as the message alone can tell (facts/ims-es.md §5.2).
//!
//! Not here: whether relatives exist, and which profile a site gives to a role.
//!
//! Invariant: each rule names the field, what is wrong, and how to mend it.
//! Invariant: no rule repeats a password.

use crate::common::{ExtensionField, Relation};
use crate::identifier;
use crate::lexical::Lexical;
use crate::person::object::{NamePart, Person, PersonExtension};
use crate::person::read_all_persons::ReadAllPersons;
use crate::policy::{Policy, Verb};
use crate::problem::{Problem, Weight};
use crate::status::CodeMinor;

/// The longest prefix of a name, in characters.
const PREFIX_LENGTH_MAX: usize = 32;
/// The largest page that is recommended.
const PAGE_SIZE_ADVISED_MAX: i32 = 100;

/// Checks one item of a request that writes persons.
pub fn check(
    sourced_id: Option<&str>,
    person: Option<&Person>,
    verb: Verb,
    _policy: &Policy,
) -> Vec<Problem> {
    let mut problems = identifier::check("sourcedId", sourced_id);
    let Some(person) = person else {
        problems.push(incomplete("person", "The person is missing.", "Send the person element."));
        return problems;
    };
    problems.extend(check_name(person, verb));
    problems.extend(check_roles(person, verb));
    problems.extend(check_values(person));
    if let Some(extension) = &person.extension {
        problems.extend(check_extension(extension));
    }
    problems
}

/// Checks the request for one page of all persons.
pub fn check_page(request: &ReadAllPersons) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (field, number) in [("PageIndex", &request.page_index), ("PageSize", &request.page_size)] {
        match number.as_ref().map(|number| (number.value(), number.text())) {
            None => problems.push(incomplete(field, "The number is missing.", "Send a number from 1.")),
            Some((Some(value), _)) if *value >= 1 => {}
            Some((_, text)) => {
                problems.push(invalid(field, &text, "The number is none from 1.", "Send a number from 1."));
            }
        }
    }
    let size = request.page_size.as_ref().and_then(Lexical::value).copied().unwrap_or_default();
    if size > PAGE_SIZE_ADVISED_MAX {
        let text = "Pages of more than 100 persons are slow.";
        let mend = "Ask for at most 100.";
        problems.push(invalid("PageSize", &size.to_string(), text, mend).weighing(Weight::Advice));
    }
    let switches = [
        ("OnlyManuallyCreatedUsers", &request.only_manually_created_users),
        ("ConvertFromManual", &request.convert_from_manual),
    ];
    for (field, switch) in switches {
        if let Some(sent) = switch.as_ref().and_then(Lexical::unreadable) {
            problems.push(invalid(field, sent, "The value is no Boolean.", "Send true or false."));
        }
    }
    if let Some(sent) = request.created_from.as_ref().and_then(Lexical::unreadable) {
        let mend = "Send a time such as 2026-01-01T12:00:00Z.";
        problems.push(invalid("CreatedFrom", sent, "The value is no time.", mend));
    }
    problems
}

fn check_name(person: &Person, verb: Verb) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (part, word) in [(NamePart::First, "First"), (NamePart::Last, "Last")] {
        if person.name_part(part).is_none() && verb != Verb::Update {
            let field = format!("name/partName[{word}]");
            problems.push(incomplete(&field, "The name is missing.", "Send both First and Last."));
        }
    }
    let prefix = person.name_part(NamePart::Prefix);
    if let Some(prefix) = prefix.filter(|prefix| prefix.chars().count() > PREFIX_LENGTH_MAX) {
        let text = "The prefix has more than 32 characters.";
        problems.push(invalid("name/partName[Prefix]", prefix, text, "Send at most 32 characters."));
    }
    for part in person.name.iter().flat_map(|name| &name.part_names) {
        if let Some(sent) = part.name_part_type.as_ref().and_then(Lexical::unreadable) {
            let text = "The part of the name is not in the schema's list; it was left out.";
            let mend = "Send First, Last, Nick or Prefix.";
            problems.push(
                Problem::error(CodeMinor::PartialDataStorage, "name/partName/namePartType", sent, text, mend)
                    .weighing(Weight::Warning),
            );
        }
    }
    problems
}

fn check_roles(person: &Person, verb: Verb) -> Vec<Problem> {
    let field = "institutionRole/institutionRoleType";
    let mend = "Send Student, Staff, Guest, Administrator, Carer or another role.";
    let Some(role) = person.institution_roles.first() else {
        let is_missing = verb != Verb::Update;
        return is_missing.then(|| incomplete(field, "The role is missing.", mend)).into_iter().collect();
    };
    match &role.institution_role_type {
        Lexical::Value(_) => Vec::new(),
        Lexical::Text(text) if text.trim().is_empty() => {
            vec![
                incomplete(field, "The role is empty; the site's default applies.", mend)
                    .weighing(Weight::Advice),
            ]
        }
        // A site may map any text, and a client in production sends words that are not in the list.
        Lexical::Text(text) => {
            let rule = "The role is not in the schema's list; the site's own mapping applies.";
            vec![invalid(field, text, rule, mend).weighing(Weight::Advice)]
        }
    }
}

fn check_values(person: &Person) -> Vec<Problem> {
    let mut problems = Vec::new();
    let demographics = person.demographics.as_ref();
    match demographics.and_then(|demographics| demographics.bday.as_ref()) {
        Some(Lexical::Text(sent)) => {
            let mend = "Send a day such as 2010-01-31, or leave bday out.";
            problems.push(invalid("demographics/bday", sent, "The birthday is no day.", mend));
        }
        Some(Lexical::Value(_)) | None => {}
    }
    let unreadable = [
        ("demographics/gender", demographics.and_then(|demographics| demographics.gender.unreadable())),
        ("systemRole", person.system_role.as_ref().and_then(Lexical::unreadable)),
    ];
    for (field, sent) in unreadable {
        if let Some(sent) = sent {
            let text = "The word is not in the schema's list.";
            problems.push(invalid(field, sent, text, "Send a word of the schema, or leave the element out."));
        }
    }
    for role in &person.institution_roles {
        if let Some(sent) = role.primary_role_type.unreadable() {
            let field = "institutionRole/primaryRoleType";
            problems.push(invalid(field, sent, "The value is no Boolean.", "Send true or false."));
        }
    }
    for tel in &person.tels {
        if let Some(sent) = tel.tel_type.as_ref().and_then(Lexical::unreadable) {
            let mend = "Send Voice, Fax, Mobile or Pager.";
            problems.push(invalid("tel/telType", sent, "The word is not in the schema's list.", mend));
        }
    }
    problems
}

fn check_extension(extension: &PersonExtension) -> Vec<Problem> {
    let mut problems = Vec::new();
    for relationship in &extension.relationships {
        if relationship.relation.value() != Some(&Relation::Child) {
            let text = "Only the relation Child can be written.";
            let mend = "Send the relation Child on the parent's person.";
            problems.push(invalid(
                "extension/relationship/relation",
                &relationship.relation.text(),
                text,
                mend,
            ));
        }
        let field = "extension/relationship/sourceId/identifier";
        problems.extend(identifier::check(field, relationship.source_id.as_deref()));
    }
    let is_unknown = |field: &&ExtensionField| {
        !["passwordchange", "isexternaluser"].iter().any(|known| field.is_named(known))
    };
    for field in extension.fields.iter().filter(is_unknown) {
        let path = format!("extension/{}", field.field_name.as_deref().unwrap_or_default());
        let text = "The extension field is not known; it is kept and has no effect.";
        let mend = "Check its name, or leave it out.";
        problems.push(
            Problem::error(CodeMinor::UnknownExtension, &path, field.value(), text, mend)
                .weighing(Weight::Warning),
        );
    }
    problems
}

fn incomplete(field: &str, text: &str, mend: &str) -> Problem {
    Problem::error(CodeMinor::IncompleteData, field, "", text, mend)
}

fn invalid(field: &str, value: &str, text: &str, mend: &str) -> Problem {
    Problem::error(CodeMinor::InvalidData, field, value, text, mend)
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
