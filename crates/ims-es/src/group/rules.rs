//! What a group in a message must look like, as far as the message alone can tell (facts/ims-es.md §2.3, §2.4, §2.5, §3.3).
//!
//! Not here: what needs the other groups: whether the parent exists, a school below a school, a cycle, a change of type.
//!
//! Invariant: each rule names the field, what is wrong, and how to mend it.

use crate::common::Relation;
use crate::extension::{GroupExtension, Setting};
use crate::group::object::{Description, Group, GroupType, ORGANISATION_SCHEME, OrganisationType};
use crate::identifier;
use crate::policy::{LongTitle, Policy, Verb};
use crate::problem::{Problem, Weight};
use crate::status::CodeMinor;

/// The longest title, in characters.
pub const TITLE_LENGTH_MAX: usize = 64;
/// The longest `descLong`, in characters.
const LONG_LENGTH_MAX: usize = 256;
/// The longest `descFull`, in characters.
const FULL_LENGTH_MAX: usize = 2048;

/// Checks one item of a request that writes groups.
pub fn check(sourced_id: Option<&str>, group: Option<&Group>, verb: Verb, policy: &Policy) -> Vec<Problem> {
    let mut problems = identifier::check("sourcedId", sourced_id);
    let Some(group) = group else {
        let text = "The group is missing.";
        problems.push(Problem::error(
            CodeMinor::IncompleteData,
            "group",
            "",
            text,
            "Send the group element.",
        ));
        return problems;
    };
    let (extension, mut found) = GroupExtension::read(&group.extension);
    let sent_type = match organisation_type(group.group_type.as_ref()) {
        Ok(sent_type) => sent_type,
        Err(problem) => {
            problems.push(problem);
            None
        }
    };
    problems.extend(check_type(sent_type, group.group_type.as_ref(), &extension, verb));
    problems.extend(check_parent(group, verb));
    problems.extend(check_description(group.description.as_ref(), verb, policy));
    problems.append(&mut found);
    problems.extend(check_extension(&extension, sent_type, verb));
    problems
}

/// The type that a `groupType` element names: by word, by number, or by both if they agree. `None` if it names none, or one of another list.
pub fn organisation_type(group_type: Option<&GroupType>) -> Result<Option<OrganisationType>, Problem> {
    let Some(group_type) = group_type else { return Ok(None) };
    if foreign_scheme(group_type).is_some() {
        return Ok(None);
    }
    let Some(value) = group_type.type_values.first() else { return Ok(None) };
    let filled = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    let by_word = filled(&value.type_name).map(|word| OrganisationType::from_word(&word).ok_or(word));
    let by_number = filled(&value.level).map(|level| OrganisationType::from_level(&level).ok_or(level));
    match (by_word, by_number) {
        (Some(Err(word)), _) => {
            Err(invalid("groupType/typeValue/type", &word, "The type is not known.", TYPES_MEND))
        }
        (_, Some(Err(level))) => {
            Err(invalid("groupType/typeValue/level", &level, "The level is not known.", TYPES_MEND))
        }
        (Some(Ok(word)), Some(Ok(level))) if word != level => {
            let text = "Type and level do not agree.";
            Err(invalid(
                "groupType/typeValue",
                &format!("{}, {}", word.as_str(), level.level()),
                text,
                TYPES_MEND,
            ))
        }
        (Some(Ok(found)), _) | (None, Some(Ok(found))) => Ok(Some(found)),
        (None, None) => Ok(None),
    }
}

const TYPES_MEND: &str =
    "Send Unspecified with level -1, School with 1, Course with 2 or CourseGroup with 3.";

/// The title as far as it may go: its first 64 characters.
pub fn shortened_title(title: &str) -> &str {
    title.char_indices().nth(TITLE_LENGTH_MAX).map_or(title, |(end, _)| &title[..end])
}

fn foreign_scheme(group_type: &GroupType) -> Option<&str> {
    let scheme = group_type.scheme.as_deref().map(str::trim).filter(|scheme| !scheme.is_empty())?;
    (!scheme.eq_ignore_ascii_case(ORGANISATION_SCHEME)).then_some(scheme)
}

fn check_type(
    sent_type: Option<OrganisationType>,
    group_type: Option<&GroupType>,
    extension: &GroupExtension,
    verb: Verb,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    let field = "groupType/typeValue";
    if let Some(scheme) = group_type.and_then(foreign_scheme) {
        let text = "The type is from a list that is not known; it is kept and has no effect.";
        let mend = "Send the scheme ItslearningOrganisationTypes.";
        problems.push(
            Problem::error(CodeMinor::PartialDataStorage, "groupType/scheme", scheme, text, mend)
                .weighing(Weight::Warning),
        );
    }
    let has_scheme = group_type.is_some_and(|group_type| {
        group_type.scheme.as_deref().is_some_and(|scheme| !scheme.trim().is_empty())
    });
    if sent_type.is_some() && !has_scheme {
        let text = "A type needs the scheme that it is from.";
        let mend = "Send the scheme ItslearningOrganisationTypes.";
        problems.push(Problem::error(CodeMinor::IncompleteData, "groupType/scheme", "", text, mend));
    }
    let has_course = extension.course.has_title();
    match sent_type {
        Some(OrganisationType::Site) => {
            let text = "A site cannot be made or changed.";
            problems.push(invalid(field, "Site", text, "Address the site only as a parent."));
        }
        Some(OrganisationType::Course) if !has_course && verb == Verb::Create => {
            let text = "A course needs the extension field course with its title.";
            let mend = "Send the extension field course, or another type.";
            problems.push(Problem::error(CodeMinor::IncompleteData, field, "Course", text, mend));
        }
        Some(OrganisationType::Course) | None => {}
        Some(other) if has_course => {
            let text = "A group with a course is of the type Course.";
            problems.push(invalid(field, other.as_str(), text, "Send the type Course, or no type."));
        }
        Some(OrganisationType::Unspecified | OrganisationType::School | OrganisationType::CourseGroup) => {}
    }
    problems
}

fn check_parent(group: &Group, verb: Verb) -> Vec<Problem> {
    let mut problems = Vec::new();
    if group.relationships.is_empty() {
        let text = "The relationship with the parent is missing.";
        let mend = "Send a relationship with the relation Parent and the parent's syncID.";
        let problem = Problem::error(CodeMinor::IncompleteData, "relationship", "", text, mend);
        let weight = if verb == Verb::Update { Weight::Advice } else { Weight::Error };
        problems.push(problem.weighing(weight));
    }
    for relationship in &group.relationships {
        let mend = "Send the relation Parent.";
        match relationship.relation.value() {
            Some(Relation::Parent) => {}
            Some(other) => {
                let text = "Only the relation Parent is supported.";
                problems.push(invalid("relationship/relation", other.as_str(), text, mend));
            }
            None => {
                let sent = relationship.relation.text();
                let missing = sent.trim().is_empty();
                let code = if missing { CodeMinor::IncompleteData } else { CodeMinor::UnknownVocabulary };
                let text = if missing { "The relation is missing." } else { "The relation is not known." };
                problems.push(Problem::error(code, "relationship/relation", &sent, text, mend));
            }
        }
        let field = "relationship/sourceId/identifier";
        problems.extend(identifier::check(field, relationship.source_id.as_deref()));
    }
    if group.relationships.len() > 1 {
        let text = "A group has exactly one parent.";
        let count = group.relationships.len().to_string();
        problems.push(invalid("relationship", &count, text, "Send one relationship."));
    }
    problems
}

fn check_description(description: Option<&Description>, verb: Verb, policy: &Policy) -> Vec<Problem> {
    let mut problems = Vec::new();
    let title = description.and_then(|description| description.desc_short.as_deref());
    let is_blank = title.is_none_or(|title| title.trim().is_empty());
    // An update that says nothing about the title leaves it alone; one that sends it empty would take it away.
    if is_blank && (verb != Verb::Update || title.is_some()) {
        let text = "The title is missing.";
        let mend = "Send description/descShort.";
        problems.push(Problem::error(CodeMinor::IncompleteData, "description/descShort", "", text, mend));
    }
    if let Some(title) = title.filter(|title| title.chars().count() > TITLE_LENGTH_MAX) {
        let mend = "Send a title of at most 64 characters.";
        problems.push(match policy.long_title {
            LongTitle::Refuse => {
                invalid("description/descShort", title, "The title has more than 64 characters.", mend)
            }
            LongTitle::Shorten => {
                let text = "The title has more than 64 characters and was shortened.";
                Problem::error(CodeMinor::PartialDataStorage, "description/descShort", title, text, mend)
                    .weighing(Weight::Warning)
            }
        });
    }
    let long = description.and_then(|description| description.desc_long.as_deref());
    let full = description.and_then(|description| description.desc_full.as_deref());
    problems.extend(check_length("description/descLong", long, LONG_LENGTH_MAX));
    problems.extend(check_length("description/descFull", full, FULL_LENGTH_MAX));
    problems
}

fn check_length(field: &str, text: Option<&str>, length_max: usize) -> Option<Problem> {
    let text = text.filter(|text| text.chars().count() > length_max)?;
    let rule = format!("The text has more than {length_max} characters.");
    Some(invalid(field, text, &rule, &format!("Send at most {length_max} characters.")))
}

fn check_extension(
    extension: &GroupExtension,
    sent_type: Option<OrganisationType>,
    verb: Verb,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    if let Some(legal_id) = extension.legal_id.as_ref().and_then(Setting::value) {
        // An update without a type may be about a school: only the server can tell.
        let is_fitting = match sent_type {
            Some(sent_type) => matches!(sent_type, OrganisationType::School | OrganisationType::Site),
            None => verb == Verb::Update && !extension.course.has_title(),
        };
        if !is_fitting {
            let text = "Only a school or a site has a legal id.";
            let mend = "Send the type School, or leave LegalId out.";
            problems.push(invalid("extension/LegalId", legal_id, text, mend));
        }
    }
    let course = &extension.course;
    if course.has_details() && !course.has_title() {
        let text = "Fields of a course need the extension field course with its title.";
        let mend = "Send the extension field course as well.";
        let problem = Problem::error(CodeMinor::IncompleteData, "extension/course", "", text, mend);
        let weight = if verb == Verb::Update { Weight::Advice } else { Weight::Error };
        problems.push(problem.weighing(weight));
    }
    let template = &course.template;
    let is_set = |setting: &Option<Setting<String>>| setting.as_ref().and_then(Setting::value).is_some();
    if is_set(&template.sync_key) && is_set(&template.external_template_id) {
        let text = "A course is copied from one template: synckey and externaltemplateid exclude each other.";
        problems.push(invalid("extension/course/template", "", text, "Send one of the two."));
    }
    for (key, pair) in &template.terms {
        if is_set(&pair.source) != is_set(&pair.new) {
            let text = "A term needs both its source and its new syncID.";
            let mend = "Send sourcetermsynckey and newtermsynckey with the same key.";
            let field = format!("extension/course/template/terms/{key}");
            problems.push(Problem::error(CodeMinor::IncompleteData, &field, "", text, mend));
        }
    }
    problems
}

fn invalid(field: &str, value: &str, text: &str, how_to_mend: &str) -> Problem {
    Problem::error(CodeMinor::InvalidData, field, value, text, how_to_mend)
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
