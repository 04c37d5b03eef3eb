//! Writing to the memberships of a site, and to the homes of its persons (facts/ims-es.md §5.1).
//!
//! Not here: what becomes of a membership's fields (`merge.rs`).
//!
//! Invariant: a home is a school or a site of which the person is a member, or nothing, which means the site.

use ims_es::identifier::clean;
use ims_es::keep::{keep, take};
use ims_es::membership::object::{Membership, Role, RoleType};
use ims_es::membership::rules;
use ims_es::policy::Verb;
use ims_es::problem::{Problem, Weight};
use ims_es::status::CodeMinor;
use store::ims::{GroupKind, GroupRow, MembershipContent, MembershipRow, ObjectKind, PersonRow, Writing};

use super::error::ServeError;
use super::merge;
use super::tasks::{Terms, is_refused, unknown};

/// What a membership says about the home.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Home {
    /// This group is the home.
    Marked,
    /// It is not.
    Unmarked,
    /// Nothing.
    Unsaid,
}

/// Makes or changes a membership.
pub(super) async fn put(
    site: &mut Writing,
    sync_key: &str,
    sent: &Membership,
    verb: Verb,
    terms: Terms,
) -> Result<Vec<Problem>, ServeError> {
    let current = site.membership(sync_key).await?;
    if current.is_none() && verb == Verb::Update {
        let missing = rules::check(Some(sync_key), Some(sent), Verb::Create, &terms.policy);
        if is_refused(&missing) {
            return Ok(missing);
        }
    }
    let (group, person) = match ends(site, sent, current.as_ref()).await? {
        Ok(ends) => ends,
        Err(problems) => return Ok(problems),
    };
    if let Some(other) = site.membership_in(group.id, person.id).await?
        && current.as_ref().is_none_or(|current| current.id != other.id)
    {
        let text = format!("The person is in the group already, by the membership \"{}\".", other.sync_key);
        let mend = "Send that membership's identifier, or change it first.";
        return Ok(vec![Problem::error(CodeMinor::InvalidData, "sourcedId", sync_key, &text, mend)]);
    }
    let role = sent.member.as_ref().and_then(|member| member.roles.first());
    let (home, mut problems) = home(role, verb, &group);
    if is_refused(&problems) {
        return Ok(problems);
    }
    let kept = match current.as_ref().filter(|_| verb != Verb::Replace) {
        Some(row) => take(&row.body)?,
        None => Membership::default(),
    };
    let body = keep(&merge::membership(kept, sent.clone()))?;
    let content = MembershipContent { group: group.id, person: person.id, body: body.into() };
    match &current {
        Some(row) => site.update_membership(row.id, &content, terms.now).await?,
        None => {
            site.insert_membership(sync_key, &content, terms.now).await?;
        }
    }
    if let Some(row) = current.filter(|row| row.is_home && (row.group, row.person) != (group.id, person.id)) {
        site.set_home(row.person, None).await?;
    }
    match home {
        Home::Marked => site.set_home(person.id, Some(group.id)).await?,
        Home::Unmarked if person.home_group == Some(group.id) => site.set_home(person.id, None).await?,
        Home::Unmarked | Home::Unsaid => {}
    }
    problems.retain(|problem| problem.weight == Weight::Warning);
    Ok(problems)
}

/// The group and the person that a membership joins, or what is wrong with them.
async fn ends(
    site: &mut Writing,
    sent: &Membership,
    current: Option<&MembershipRow>,
) -> Result<Result<(GroupRow, PersonRow), Vec<Problem>>, ServeError> {
    let group_key =
        clean(sent.group_sourced_id.as_deref()).or(current.map(|row| &*row.group_key)).unwrap_or_default();
    let member = sent.member.as_ref();
    let person_key = member
        .and_then(|member| clean(member.member_sourced_id.as_deref()))
        .or(current.map(|row| &*row.person_key))
        .unwrap_or_default();
    let (group, person) = (site.group(group_key).await?, site.person(person_key).await?);
    let missing = |field: &str, key: &str, word: &str| {
        let text = format!("There is no {word} with this identifier.");
        Problem::error(CodeMinor::InvalidData, field, key, &text, "Make it first.")
    };
    Ok(match (group, person) {
        (Some(group), Some(person)) => Ok((group, person)),
        (None, _) => Err(vec![missing("groupSourcedId/identifier", group_key, "group")]),
        (Some(_), None) => Err(vec![missing("member/memberSourcedId/identifier", person_key, "person")]),
    })
}

/// What a membership says about the home, and what is wrong with that.
fn home(role: Option<&Role>, verb: Verb, group: &GroupRow) -> (Home, Vec<Problem>) {
    let field = "member/role/extension/HomeOrganisation";
    let said = role.and_then(|role| role.home_organisation().ok().flatten());
    let unsaid = if verb == Verb::Replace { Home::Unmarked } else { Home::Unsaid };
    match said {
        None => (unsaid, Vec::new()),
        Some(false) => (Home::Unmarked, Vec::new()),
        Some(true) if role.and_then(|role| role.role_type.value()) == Some(&RoleType::Mentor) => {
            let text = "The role Mentor marks no home; the mark was left out.";
            let mend = "Leave HomeOrganisation out.";
            let problem = Problem::error(CodeMinor::PartialDataStorage, field, "", text, mend);
            (unsaid, vec![problem.weighing(Weight::Warning)])
        }
        Some(true) if matches!(group.kind, GroupKind::School | GroupKind::Site) => (Home::Marked, Vec::new()),
        Some(true) => {
            let text = "Only a school or a site is a home.";
            let mend = "Mark the membership in the school.";
            (unsaid, vec![Problem::error(CodeMinor::InvalidData, field, "", text, mend)])
        }
    }
}

/// Deletes a membership; a home that it marked falls back to the site.
pub(super) async fn delete(site: &mut Writing, sync_key: &str) -> Result<Vec<Problem>, ServeError> {
    match site.membership(sync_key).await? {
        None => Ok(vec![unknown(site, ObjectKind::Membership, sync_key).await?]),
        Some(row) => {
            if row.is_home {
                site.set_home(row.person, None).await?;
            }
            site.delete_membership(row.id).await?;
            Ok(Vec::new())
        }
    }
}
