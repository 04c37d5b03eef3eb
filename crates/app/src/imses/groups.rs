//! Writing to the hierarchy of a site (facts/ims-es.md §2.2, §2.3, §3.3).
//!
//! Not here: where a group may stand (`hierarchy.rs`) and what becomes of its fields (`merge.rs`).

use ims_es::extension::{GroupExtension, Setting};
use ims_es::group::object::Group;
use ims_es::group::rules;
use ims_es::identifier::clean;
use ims_es::keep::{keep, take};
use ims_es::policy::Verb;
use ims_es::problem::{Problem, Weight};
use ims_es::status::CodeMinor;
use store::Timestamp;
use store::ims::{GroupContent, GroupKind, GroupRow, ObjectKind, Reading, Writing};

use super::error::ServeError;
use super::hierarchy::{self, Around, Current, Place, Wish};
use super::merge;
use super::shown::group_kind;
use super::tasks::{Terms, is_refused, unknown};

/// Makes or changes a group.
pub(super) async fn put(
    site: &mut Writing,
    sync_key: &str,
    sent: &Group,
    verb: Verb,
    terms: Terms,
) -> Result<Vec<Problem>, ServeError> {
    let current = site.group(sync_key).await?;
    if current.is_none() && verb == Verb::Update {
        // What an update may leave out, a group that is not there yet cannot do without.
        let missing = rules::check(Some(sync_key), Some(sent), Verb::Create, &terms.policy);
        if is_refused(&missing) {
            return Ok(missing);
        }
    }
    let around = look_around(site, sync_key, sent, current.as_ref()).await?;
    let (extension, _) = GroupExtension::read(&sent.extension);
    let wish = Wish {
        kind: rules::organisation_type(sent.group_type.as_ref()).ok().flatten().map(group_kind),
        has_course: extension.course.has_title(),
        replaces: verb == Verb::Replace,
    };
    let place = match hierarchy::place(wish, &around) {
        Ok(place) => place,
        Err(problem) => return Ok(vec![problem]),
    };
    let kept = match current.as_ref().filter(|_| verb != Verb::Replace) {
        Some(row) => take(&row.body)?,
        None => Group::default(),
    };
    let mut merged = merge::group(kept, sent.clone());
    let mut problems = fit(&mut merged, place.kind);
    let becomes_course = current.as_ref().is_none_or(|row| row.kind != GroupKind::Course);
    if place.kind == GroupKind::Course {
        problems.extend(template(site, &extension, becomes_course).await?);
    }
    if is_refused(&problems) {
        return Ok(problems);
    }
    let title = merged.description.as_ref().and_then(|description| description.desc_short.clone());
    let Place { parent, kind } = place;
    let content =
        GroupContent { parent, kind, title: title.unwrap_or_default().into(), body: keep(&merged)?.into() };
    match current {
        Some(row) => site.update_group(row.id, &content, terms.now).await?,
        None => {
            site.insert_group(sync_key, &content, terms.now).await?;
        }
    }
    Ok(problems)
}

/// Deletes a group and all below it.
pub(super) async fn delete(
    site: &mut Writing,
    sync_key: &str,
    now: Timestamp,
) -> Result<Vec<Problem>, ServeError> {
    match site.group(sync_key).await? {
        None => Ok(vec![unknown(site, ObjectKind::Group, sync_key).await?]),
        Some(row) if row.kind == GroupKind::Site => {
            let text = "The root of a site cannot be deleted.";
            let mend = "Delete the groups below it one by one.";
            Ok(vec![Problem::error(CodeMinor::DeleteFailure, "identifier", sync_key, text, mend)])
        }
        Some(row) => {
            site.delete_branch(&row, now).await?;
            Ok(Vec::new())
        }
    }
}

/// Reads all that the rules of the hierarchy ask about.
async fn look_around(
    site: &mut Reading,
    sync_key: &str,
    sent: &Group,
    current: Option<&GroupRow>,
) -> Result<Around, ServeError> {
    let named = sent.relationships.first().and_then(|parent| clean(parent.source_id.as_deref()));
    let parent = match named {
        // A group's own key means the root (facts/ims-es.md §2.3).
        Some(named) if named == sync_key => Some(site.root().await?.id),
        Some(named) => site.group(named).await?.map(|row| row.id),
        None => current.and_then(|row| row.parent),
    };
    let above = match parent {
        Some(parent) => site.chain(parent).await?,
        None => Vec::new(),
    };
    let current = match current {
        Some(row) => Some(Current { id: row.id, kind: row.kind, below: site.below(row.id).await? }),
        None => None,
    };
    Ok(Around { current, above })
}

/// Checks that the fields of a group fit what it will be, and takes away what no longer does.
fn fit(group: &mut Group, kind: GroupKind) -> Vec<Problem> {
    let (mut extension, _) = GroupExtension::read(&group.extension);
    let mut problems = Vec::new();
    if !matches!(kind, GroupKind::School | GroupKind::Site)
        && let Some(Setting::Value(legal_id)) = extension.legal_id.take()
    {
        let text = "Only a school or a site has a legal id; it was left out.";
        let mend = "Send the type School, or leave LegalId out.";
        let problem =
            Problem::error(CodeMinor::PartialDataStorage, "extension/LegalId", &legal_id, text, mend);
        problems.push(problem.weighing(Weight::Warning));
    }
    if !extension.course.has_title() && (kind == GroupKind::Course || extension.course.has_details()) {
        let text = "Fields of a course need the extension field course with its title.";
        let mend = "Send the extension field course with a title.";
        problems.push(Problem::error(CodeMinor::IncompleteData, "extension/course", "", text, mend));
    }
    let title = group.description.as_ref().and_then(|description| description.desc_short.as_deref());
    if title.is_none_or(|title| title.trim().is_empty()) {
        let text = "A group needs a title.";
        let mend = "Send description/descShort.";
        problems.push(Problem::error(CodeMinor::IncompleteData, "description/descShort", "", text, mend));
    }
    group.extension = extension.to_fields();
    problems
}

/// Checks the template that a course shall be copied from. The copy happens once, when the course is made (facts/ims-es.md §3.3).
async fn template(
    site: &mut Reading,
    extension: &GroupExtension,
    becomes_course: bool,
) -> Result<Vec<Problem>, ServeError> {
    let template = &extension.course.template;
    let key_of = |setting: &Option<Setting<String>>| setting.as_ref().and_then(Setting::value).cloned();
    let (source, creator) = (key_of(&template.sync_key), key_of(&template.course_creator_sync_key));
    let mut problems = Vec::new();
    if !becomes_course {
        if source.is_some() || key_of(&template.external_template_id).is_some() {
            let text = "The course is there already; a template is copied only when a course is made.";
            let mend = "Leave the template out.";
            let problem =
                Problem::error(CodeMinor::PartialDataStorage, "extension/course/template", "", text, mend);
            problems.push(problem.weighing(Weight::Warning));
        }
        return Ok(problems);
    }
    if let Some(source) = source {
        let is_course = site.group(&source).await?.is_some_and(|row| row.kind == GroupKind::Course);
        if !is_course {
            let text = "There is no course with this identifier to copy.";
            let field = "extension/course/template/synckey";
            problems.push(Problem::error(
                CodeMinor::InvalidData,
                field,
                &source,
                text,
                "Make the template first.",
            ));
        }
    }
    if let Some(creator) = creator
        && site.person(&creator).await?.is_none()
    {
        let text = "There is no person with this identifier.";
        let field = "extension/course/template/coursecreatorsynckey";
        problems.push(Problem::error(
            CodeMinor::InvalidData,
            field,
            &creator,
            text,
            "Make the person first.",
        ));
    }
    Ok(problems)
}
