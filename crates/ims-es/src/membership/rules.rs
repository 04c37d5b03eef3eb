//! What a membership in a message must look like, as far as the message alone can tell (facts/ims-es.md §5.1).
//!
//! Not here: whether person and group exist, whether the person is in the group already, what type the group is of.
//!
//! Invariant: each rule names the field, what is wrong, and how to mend it.

use crate::identifier;
use crate::membership::object::{HOME_ORGANISATION, Member, MemberIdType, Membership, Role};
use crate::policy::{Policy, Verb};
use crate::problem::{Problem, Weight};
use crate::status::CodeMinor;

/// Checks one item of a request that writes memberships.
pub fn check(
    sourced_id: Option<&str>,
    membership: Option<&Membership>,
    verb: Verb,
    _policy: &Policy,
) -> Vec<Problem> {
    let mut problems = identifier::check("sourcedId", sourced_id);
    let Some(membership) = membership else {
        let mend = "Send the membership element.";
        problems.push(incomplete("membership", "The membership is missing.", mend));
        return problems;
    };
    let group = membership.group_sourced_id.as_deref();
    problems.extend(mandatory("groupSourcedId/identifier", group, verb));
    match &membership.member {
        Some(member) => problems.extend(check_member(member, verb)),
        None if verb == Verb::Update => {}
        None => problems.push(incomplete("member", "The member is missing.", "Send the member element.")),
    }
    problems
}

fn check_member(member: &Member, verb: Verb) -> Vec<Problem> {
    let member_id = member.member_sourced_id.as_deref();
    let mut problems = mandatory("member/memberSourcedId/identifier", member_id, verb);
    if let Some(id_type) = &member.id_type {
        match id_type.value() {
            Some(MemberIdType::Person) => {}
            Some(MemberIdType::Group) => {
                let text = "A group cannot be a member of a group.";
                let mend = "Send the idType Person and a person's syncID.";
                problems.push(invalid("member/idType", "Group", text, mend));
            }
            None => {
                let mend = "Send the idType Person.";
                problems.push(unknown_word("member/idType", &id_type.text(), mend));
            }
        }
    }
    match member.roles.as_slice() {
        [] if verb == Verb::Update => {}
        [] => {
            problems.push(incomplete("member/role", "The role is missing.", "Send a role with a roleType."))
        }
        [role] => problems.extend(check_role(role)),
        [role, ..] => {
            problems.extend(check_role(role));
            let text = "A membership has one role; the first one counts.";
            let count = member.roles.len().to_string();
            let mend = "Send one role.";
            problems.push(
                Problem::error(CodeMinor::PartialDataStorage, "member/role", &count, text, mend)
                    .weighing(Weight::Warning),
            );
        }
    }
    problems
}

fn check_role(role: &Role) -> Vec<Problem> {
    let mut problems = Vec::new();
    if role.role_type.value().is_none() {
        let sent = role.role_type.text();
        let mend = "Send Learner, Instructor, Administrator or another word of the schema.";
        problems.push(if sent.trim().is_empty() {
            incomplete("member/role/roleType", "The role is missing.", mend)
        } else {
            unknown_word("member/role/roleType", &sent, mend)
        });
    }
    if let Some(sent) = role.status.as_ref().and_then(|status| status.unreadable()) {
        problems.push(invalid("member/role/status", sent, "The value is no Boolean.", "Send true or false."));
    }
    if let Err(sent) = role.home_organisation() {
        let text = "The mark of the home organisation is no Boolean.";
        problems.push(invalid("member/role/extension/HomeOrganisation", sent, text, "Send 1 or 0."));
    }
    for field in role.extension.iter().filter(|field| !field.is_named(HOME_ORGANISATION)) {
        let name = field.field_name.as_deref().unwrap_or_default();
        let path = format!("member/role/extension/{name}");
        let text = "The extension field is not known; it is kept and has no effect.";
        let mend = "Check its name, or leave it out.";
        problems.push(
            Problem::error(CodeMinor::UnknownExtension, &path, field.value(), text, mend)
                .weighing(Weight::Warning),
        );
    }
    problems
}

/// An identifier that an update may leave out.
fn mandatory(field: &str, identifier: Option<&str>, verb: Verb) -> Vec<Problem> {
    if verb == Verb::Update && identifier.is_none() {
        return Vec::new();
    }
    identifier::check(field, identifier)
}

fn unknown_word(field: &str, value: &str, mend: &str) -> Problem {
    Problem::error(CodeMinor::InvalidData, field, value, "The word is not in the schema's list.", mend)
}

fn incomplete(field: &str, text: &str, mend: &str) -> Problem {
    Problem::error(CodeMinor::IncompleteData, field, "", text, mend)
}

fn invalid(field: &str, value: &str, text: &str, mend: &str) -> Problem {
    Problem::error(CodeMinor::InvalidData, field, value, text, mend)
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::common::ExtensionField;
    use crate::lexical::Lexical;
    use crate::membership::object::{Member, MemberIdType, Membership, Role, RoleType};
    use crate::policy::{Policy, Verb};
    use crate::status::CodeMinor;

    /// A membership that breaks no rule.
    fn learner() -> Membership {
        let role = Role { role_type: Lexical::Value(RoleType::Learner), ..Role::default() };
        let member = Member {
            member_sourced_id: Some("person-1".to_owned()),
            id_type: Some(Lexical::Value(MemberIdType::Person)),
            roles: vec![role],
        };
        Membership { group_sourced_id: Some("group-1".to_owned()), member: Some(member) }
    }

    fn check_membership(
        verb: Verb,
        change: impl Fn(&mut Membership, &mut Member),
        expected: &[(&str, CodeMinor)],
    ) {
        let mut membership = learner();
        let mut member = membership.member.take().unwrap();
        change(&mut membership, &mut member);
        membership.member = Some(member);
        let problems = check(Some("m-1"), Some(&membership), verb, &Policy::default());
        let found: Vec<_> =
            problems.iter().map(|problem| (problem.field.as_str(), problem.code_minor)).collect();
        assert_eq!(found, expected, "{membership:?}");
    }

    #[test]
    fn a_plain_learner_breaks_no_rule() {
        check_membership(Verb::Create, |_, _| {}, &[]);
    }

    #[test]
    fn a_membership_names_group_person_and_role() {
        let incomplete = CodeMinor::IncompleteData;
        let no_group = [("groupSourcedId/identifier", incomplete)];
        check_membership(Verb::Create, |membership, _| membership.group_sourced_id = None, &no_group);
        check_membership(Verb::Update, |membership, _| membership.group_sourced_id = None, &[]);
        let no_person = [("member/memberSourcedId/identifier", incomplete)];
        check_membership(Verb::Create, |_, member| member.member_sourced_id = None, &no_person);
        check_membership(Verb::Create, |_, member| member.roles.clear(), &[("member/role", incomplete)]);
        check_membership(Verb::Update, |_, member| member.roles.clear(), &[]);
    }

    #[test]
    fn words_must_be_of_the_schema() {
        let role = |word: &'static str| {
            move |_: &mut Membership, member: &mut Member| {
                member.roles[0].role_type = Lexical::read(word.to_owned());
            }
        };
        check_membership(Verb::Create, role("02"), &[]);
        check_membership(Verb::Create, role("Pupil"), &[("member/role/roleType", CodeMinor::InvalidData)]);
        check_membership(Verb::Create, role(""), &[("member/role/roleType", CodeMinor::IncompleteData)]);
        let group = |_: &mut Membership, member: &mut Member| {
            member.id_type = Some(Lexical::read("2".to_owned()));
        };
        check_membership(Verb::Create, group, &[("member/idType", CodeMinor::InvalidData)]);
    }

    #[test]
    fn the_home_organisation_is_a_boolean() {
        let home = |value: &'static str| {
            move |_: &mut Membership, member: &mut Member| {
                member.roles[0].extension = vec![ExtensionField::new("homeorganisation", "bool", value)];
            }
        };
        check_membership(Verb::Create, home("1"), &[]);
        check_membership(Verb::Create, home(""), &[]);
        let field = "member/role/extension/HomeOrganisation";
        check_membership(Verb::Create, home("home"), &[(field, CodeMinor::InvalidData)]);
    }
}
