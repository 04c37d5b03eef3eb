//! Writing to the persons of a site (facts/ims-es.md §5.2).
//!
//! Not here: what becomes of a person's fields (`merge.rs`).

use ims_es::identifier::clean;
use ims_es::keep::{keep, take};
use ims_es::person::object::Person;
use ims_es::person::rules;
use ims_es::policy::Verb;
use ims_es::problem::{Problem, Weight};
use ims_es::status::CodeMinor;
use store::ims::{ObjectKind, PersonRef, Writing};

use super::error::ServeError;
use super::merge;
use super::tasks::{Terms, is_refused, unknown};

/// Makes or changes a person.
pub(super) async fn put(
    site: &mut Writing,
    sync_key: &str,
    sent: &Person,
    verb: Verb,
    terms: Terms,
) -> Result<Vec<Problem>, ServeError> {
    let current = site.person(sync_key).await?;
    if current.is_none() && verb == Verb::Update {
        let missing = rules::check(Some(sync_key), Some(sent), Verb::Create, &terms.policy);
        if is_refused(&missing) {
            return Ok(missing);
        }
    }
    let kept = match current.as_ref().filter(|_| verb != Verb::Replace) {
        Some(row) => take(&row.body)?,
        None => Person::default(),
    };
    let body = keep(&merge::person(kept, sent.clone()))?;
    let person = match &current {
        Some(row) => {
            site.update_person(row.id, &body, terms.now).await?;
            row.id
        }
        None => site.insert_person(sync_key, &body, terms.now).await?,
    };
    if verb == Verb::Replace {
        site.clear_children(person).await?;
    }
    children(site, person, sync_key, sent).await
}

/// Adds the children that are known; one that is not is left out, with a warning.
async fn children(
    site: &mut Writing,
    parent: PersonRef,
    own_key: &str,
    sent: &Person,
) -> Result<Vec<Problem>, ServeError> {
    let relationships = sent.extension.iter().flat_map(|extension| &extension.relationships);
    let keys: Vec<&str> =
        relationships.filter_map(|relationship| clean(relationship.source_id.as_deref())).collect();
    let (mut known, mut problems) = (Vec::new(), Vec::new());
    for key in keys {
        match site.person(key).await? {
            Some(row) if key != own_key => known.push(row.id),
            Some(_) | None => {
                let text = "There is no other person with this identifier; the child was left out.";
                let field = "extension/relationship/sourceId/identifier";
                let mend = "Make the child first.";
                let problem = Problem::error(CodeMinor::PartialDataStorage, field, key, text, mend);
                problems.push(problem.weighing(Weight::Warning));
            }
        }
    }
    known.sort_unstable();
    known.dedup();
    site.add_children(parent, &known).await?;
    Ok(problems)
}

/// Deletes a person with the memberships.
pub(super) async fn delete(site: &mut Writing, sync_key: &str) -> Result<Vec<Problem>, ServeError> {
    match site.person(sync_key).await? {
        None => Ok(vec![unknown(site, ObjectKind::Person, sync_key).await?]),
        Some(row) => {
            site.delete_person(row.id).await?;
            Ok(Vec::new())
        }
    }
}
