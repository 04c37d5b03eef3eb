//! Giving an object another key, the same for groups, persons and memberships (facts/ims-es.md §2.2, features.md S9).
//!
//! Invariant: each pair of a call sees what those before it did, so a chain works and an exchange needs a third key.

use ims_es::problem::Problem;
use ims_es::status::CodeMinor;
use store::Timestamp;
use store::ims::{ObjectKind, Writing};

use super::error::ServeError;
use super::tasks::unknown;

/// Gives an object another key, and notes it for those who still send the old one.
pub(super) async fn rename(
    site: &mut Writing,
    kind: ObjectKind,
    before: &str,
    after: &str,
    now: Timestamp,
) -> Result<Vec<Problem>, ServeError> {
    if !site.has(kind, before).await? {
        return Ok(vec![unknown(site, kind, before).await?]);
    }
    if before == after {
        return Ok(Vec::new());
    }
    if kind == ObjectKind::Group && &*site.root().await?.sync_key == before {
        let text = "The identifier of the root cannot be changed.";
        let mend = "The operator of this service chooses it when the site is made.";
        return Ok(vec![Problem::error(CodeMinor::InvalidData, "firstId", before, text, mend)]);
    }
    if site.has(kind, after).await? {
        let text = format!("Another {} has this identifier already.", kind.as_str());
        let mend = "Choose another identifier, or change that of the other one first.";
        return Ok(vec![Problem::error(CodeMinor::IdAllocInUseFail, "secondId", after, &text, mend)]);
    }
    site.rename(kind, before, after, now).await?;
    Ok(Vec::new())
}
