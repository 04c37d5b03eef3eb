//! Members of groups: added and removed (facts/moodle-ws.md §5.6, §5.7).
//!
//! Not here: enrolment (`enrolments.rs`).
//!
//! Invariant: both are harmless for what is so already.

use std::collections::BTreeSet;

use reconcile::keys::CourseId;
use reconcile::outcome::Outcome;

use super::{group_gone, missing};
use crate::moodle::Moodle;
use crate::moodle::apply::element::{ByCourse, Element, Verdict};
use crate::moodle::confirm::Confirmed;
use crate::moodle::errors::{CallError, seen};
use crate::moodle::form::Form;
use crate::moodle::functions::{Function, UserRow};

/// A person to be put into a group.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) struct AddMember {
    pub(in super::super) course: CourseId,
    pub(in super::super) group: i64,
    pub(in super::super) user: i64,
}

impl Element for AddMember {
    const FUNCTION: Function = Function::AddGroupMembers;
    const FIELDS: usize = 2;

    fn course(&self) -> CourseId {
        self.course
    }

    async fn send(moodle: &Moodle, batch: &[Self]) -> Result<Vec<Outcome>, CallError> {
        let pairs = batch.iter().map(|member| (member.group, member.user));
        moodle.client.change(Self::FUNCTION, &members_form(pairs)).await?;
        Ok(vec![Outcome::Done(None); batch.len()])
    }

    async fn look_again(
        moodle: &Moodle,
        batch: &[Self],
        _trouble: &CallError,
    ) -> Result<Vec<Verdict>, CallError> {
        let members = members(moodle, batch.iter().map(|member| member.group).collect()).await?;
        let enrolled = participants(moodle, batch).await?;
        let verdict = |member: &AddMember| {
            if let Some(verdict) = missing(&members, member.group, group_gone()) {
                return verdict;
            }
            if is_member(&members, member.group, member.user) {
                return Verdict::AlreadySo(None);
            }
            match enrolled.get(&member.course) {
                Some(Err(error)) => Verdict::of_failed_look(error),
                // An empty list says that we may not see it, not that nobody is enrolled (facts/moodle-ws.md §0.17).
                Some(Ok(rows)) if !rows.is_empty() && rows.iter().all(|row| row.id != member.user) => {
                    Verdict::refuse(seen::NOT_ENROLLED, "the person is no longer enrolled in the course")
                }
                Some(Ok(_)) | None => Verdict::Send,
            }
        };
        Ok(batch.iter().map(verdict).collect())
    }
}

/// A person to be taken out of a group.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) struct RemoveMember {
    pub(in super::super) course: CourseId,
    pub(in super::super) group: i64,
    pub(in super::super) user: i64,
}

impl Element for RemoveMember {
    const FUNCTION: Function = Function::DeleteGroupMembers;
    const FIELDS: usize = 2;

    fn course(&self) -> CourseId {
        self.course
    }

    async fn send(moodle: &Moodle, batch: &[Self]) -> Result<Vec<Outcome>, CallError> {
        let pairs = batch.iter().map(|member| (member.group, member.user));
        moodle.client.change(Self::FUNCTION, &members_form(pairs)).await?;
        Ok(vec![Outcome::Done(None); batch.len()])
    }

    async fn look_again(
        moodle: &Moodle,
        batch: &[Self],
        trouble: &CallError,
    ) -> Result<Vec<Verdict>, CallError> {
        let members = members(moodle, batch.iter().map(|member| member.group).collect()).await?;
        let named = protected(moodle, batch, trouble).await?;
        let verdict = |member: &RemoveMember| {
            if let Some(verdict) = missing(&members, member.group, Verdict::AlreadySo(None)) {
                return verdict;
            }
            if !is_member(&members, member.group, member.user) {
                return Verdict::AlreadySo(None);
            }
            if named.contains(&(member.course, member.user)) {
                return Verdict::Suspect(trouble.refusal());
            }
            Verdict::Send
        };
        Ok(batch.iter().map(verdict).collect())
    }
}

/// Who is probably meant by `errorremovenotpermitted`. No read tells which membership another plug-in protects, but
/// the message names the person in every language. It only decides in which order things are tried: a suspect is
/// refused by Moodle, not by this.
async fn protected(
    moodle: &Moodle,
    batch: &[RemoveMember],
    trouble: &CallError,
) -> Result<BTreeSet<(CourseId, i64)>, CallError> {
    if &*trouble.code != "errorremovenotpermitted" {
        return Ok(BTreeSet::new());
    }
    let participants = participants(moodle, batch).await?;
    let named = participants.into_iter().flat_map(|(course, rows)| {
        let rows = rows.unwrap_or_default().into_iter();
        rows.filter(|row| !row.fullname.is_empty() && trouble.shown.contains(&row.fullname))
            .map(move |row| (course, row.id))
    });
    Ok(named.collect())
}

fn members_form(pairs: impl Iterator<Item = (i64, i64)>) -> Form {
    let mut form = Form::new();
    for (group, user) in pairs {
        form.element("members", &[("groupid", &group), ("userid", &user)]);
    }
    form
}

async fn members(moodle: &Moodle, groups: BTreeSet<i64>) -> Result<Confirmed<Vec<i64>>, CallError> {
    moodle.confirm_members(&groups).await.unless_site_failed()
}

fn is_member(members: &Confirmed<Vec<i64>>, group: i64, user: i64) -> bool {
    members.there.get(&group).is_some_and(|users| users.contains(&user))
}

async fn participants<E: Element>(moodle: &Moodle, batch: &[E]) -> Result<ByCourse<Vec<UserRow>>, CallError> {
    moodle.look_at_courses(batch, |course| moodle.client.get_enrolled_users(course, "id", None)).await
}
