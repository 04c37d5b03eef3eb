//! Rules for sync keys, the same for groups, persons and memberships (facts/ims-es.md §2.1, §2.2).
//!
//! Not here: which object has a key.

use super::Pair;
use crate::itslearning::refusal::{Ended, Refusal, Remark};
use crate::itslearning::world::{Keyed, Table};

/// The longest key that is taken, in characters: 255 on most pages (§2.1).
const LENGTH_MAX: usize = 255;

/// A mandatory key.
pub(super) fn needed(key: Option<&str>, what: &str) -> Result<String, Refusal> {
    let key = key.map(str::trim).filter(|key| !key.is_empty()).ok_or_else(|| Refusal::incomplete(what))?;
    if key.chars().count() > LENGTH_MAX {
        return Err(Refusal::invalid(format!("The identifier in {what} has more than 255 characters.")));
    }
    Ok(key.to_owned())
}

/// Gives an object another key. One that is in use is refused, and each pair sees what the ones before it did (§2.2).
pub(super) fn change<T: Keyed>(table: &mut Table<T>, pair: &Pair) -> Ended {
    let old = needed(pair.old.as_deref(), "the old identifier")?;
    let new = needed(pair.new.as_deref(), "the new identifier")?;
    let id = table.find(&old).ok_or_else(Refusal::unknown)?;
    if table.find(&new).is_some() {
        return Err(Refusal::in_use());
    }
    table.change_key(id, &new);
    Ok(Remark::default())
}
