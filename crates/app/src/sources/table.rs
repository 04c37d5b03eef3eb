//! The tables that a source delivers, their columns, and where the columns are in a header.
//!
//! Not here: rows (`intake.rs`).
//!
//! Invariant: a column that is needed and not there is an error, never an empty value: a misspelt `kind` would
//! otherwise let groups through that a policy leaves out.

use reconcile::keys::Text;

use crate::config::nearest;

/// A table of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Table {
    /// Groups.
    Groups,
    /// Members.
    Members,
    /// Modules, so that one without groups is not taken for missing.
    Modules,
}

impl Table {
    /// The word in keys, files and messages.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Table::Groups => "groups",
            Table::Members => "members",
            Table::Modules => "modules",
        }
    }

    /// The columns, in the order in which [`Columns::at`] numbers them (DESIGN section 9).
    pub(crate) fn columns(self) -> &'static [&'static str] {
        match self {
            Table::Groups => &["group_id", "group_code", "group_name", "module_code", "kind", "term"],
            Table::Members => &["group_id", "person_id", "role"],
            Table::Modules => &["module_code"],
        }
    }
}

/// The columns of a header, and which of them are ours.
#[derive(Clone, Debug)]
pub(crate) struct Columns {
    /// All columns as they are called there.
    pub(crate) names: Vec<Text>,
    /// The position of each column that is wanted; none for an optional one that is not there.
    at: Vec<Option<usize>>,
}

/// What is wrong with a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum HeaderFault {
    /// A column is not there.
    Missing {
        /// The column.
        column: &'static str,
        /// What may be meant.
        hint: String,
    },
    /// A column is there twice.
    Twice {
        /// The column.
        column: &'static str,
    },
}

impl Columns {
    /// Finds the wanted columns in a header, in any order and in upper or lower case.
    pub(crate) fn find(
        header: Vec<Text>,
        needed: &'static [&'static str],
        optional: &'static [&'static str],
    ) -> Result<Self, HeaderFault> {
        let mut at = Vec::with_capacity(needed.len() + optional.len());
        for &column in needed.iter().chain(optional) {
            let mut found = (0..header.len()).filter(|&place| header[place].eq_ignore_ascii_case(column));
            let first = found.next();
            if found.next().is_some() {
                return Err(HeaderFault::Twice { column });
            }
            if first.is_none() && needed.contains(&column) {
                return Err(HeaderFault::Missing { column, hint: hint(column, &header) });
            }
            at.push(first);
        }
        Ok(Columns { names: header, at })
    }

    /// The position of a wanted column, by its number among the wanted ones.
    pub(crate) fn at(&self, wanted: usize) -> Option<usize> {
        self.at.get(wanted).copied().flatten()
    }

    /// The columns that nobody wants.
    pub(crate) fn ignored(&self) -> Vec<&str> {
        let wanted = |place: &usize| self.at.contains(&Some(*place));
        (0..self.names.len()).filter(|place| !wanted(place)).map(|place| &*self.names[place]).collect()
    }
}

/// More bytes than these that are no characters are no slip in the encoding: it is another kind of file.
const NOT_TEXT_MIN: usize = 8;

fn hint(column: &str, header: &[Text]) -> String {
    let found = format!("it has {}", header.join(", "));
    match header {
        [only] if only.contains(';') => format!("{found}; separate the columns by commas, not semicolons"),
        [only] if only.contains('\t') => format!("{found}; separate the columns by commas, not tabs"),
        _ if header.iter().any(|name| name.contains("\\x00")) => {
            "it looks like UTF-16; save it as UTF-8".to_owned()
        }
        _ if header.join(",").matches("\\x").count() > NOT_TEXT_MIN => {
            "its first line is not text".to_owned()
        }
        _ => match nearest(column, header.iter().map(|name| &**name)) {
            Some(near) => format!("{found}; is {near} meant?"),
            None => found,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(header: &str, expected: Result<[usize; 3], &str>) {
        let header = header.split(',').map(Text::from).collect();
        let found = Columns::find(header, Table::Members.columns(), &[]).map_err(|fault| match fault {
            HeaderFault::Missing { column, hint } => format!("{column}: {hint}"),
            HeaderFault::Twice { column } => format!("{column}: twice"),
        });
        match (found, expected) {
            (Ok(columns), Ok(places)) => {
                assert_eq!([0, 1, 2].map(|column| columns.at(column).unwrap()), places)
            }
            (Err(message), Err(expected)) => assert_eq!(message, expected),
            (found, expected) => panic!("{found:?} instead of {expected:?}"),
        }
    }

    #[test]
    fn columns_may_come_in_any_order_and_case() {
        check("group_id,person_id,role", Ok([0, 1, 2]));
        check("Role,extra,GROUP_ID,person_id", Ok([2, 3, 0]));
    }

    #[test]
    fn a_missing_column_is_told_with_the_nearest() {
        check(
            "group_id,persn_id,role",
            Err("person_id: it has group_id, persn_id, role; is persn_id meant?"),
        );
        check("a,b", Err("group_id: it has a, b"));
        check(
            "group_id;person_id;role",
            Err("group_id: it has group_id;person_id;role; separate the columns by commas, not semicolons"),
        );
        check("group_id,role,role,person_id", Err("role: twice"));
    }
}
