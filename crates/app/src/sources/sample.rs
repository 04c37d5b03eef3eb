//! A few rows of a delivery to look at, with the people masked: `muster check source`.
//!
//! Not here: printing them.

use std::fmt;

use reconcile::delivery::Delivery;
use reconcile::keys::Text;
use serde::Serialize;

/// A group and one of its members.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Sample {
    /// The module.
    pub(crate) module: Text,
    /// The id of the group.
    pub(crate) group: Text,
    /// Its code.
    pub(crate) code: Text,
    /// Its name.
    pub(crate) name: Text,
    /// A person, masked; none where the group has no members.
    pub(crate) person: Option<String>,
    /// The person's role.
    pub(crate) role: Option<&'static str>,
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {} {:?}", self.module, self.group, self.code, self.name)?;
        match (&self.person, self.role) {
            (Some(person), Some(role)) => write!(f, ": {person} ({role})"),
            _ => f.write_str(": no members"),
        }
    }
}

/// Picks groups that are spread over the delivery.
pub(crate) fn sample(delivery: &Delivery, count: usize) -> Vec<Sample> {
    let step = (delivery.groups.len() / count.max(1)).max(1);
    let places: Vec<usize> = (0..delivery.groups.len()).step_by(step).take(count).collect();
    let mut people = vec![None; places.len()];
    for member in &delivery.members {
        if let Ok(place) = places.binary_search(&(member.group as usize)) {
            people[place].get_or_insert((member.person, member.role));
        }
    }
    let picked = places.iter().map(|&place| &delivery.groups[place]).zip(people);
    picked
        .map(|(group, member)| Sample {
            module: group.module.0.clone(),
            group: group.id.0.clone(),
            code: group.code.clone(),
            name: group.name.clone(),
            person: member.map(|(person, _)| masked(delivery.persons[person as usize].as_str())),
            role: member.map(|(_, role)| role.as_str()),
        })
        .collect()
}

/// Keeps the first and the last character of a key: enough to see its form.
fn masked(key: &str) -> String {
    let chars: Vec<char> = key.chars().collect();
    match chars.as_slice() {
        [first, _, _, .., last] => format!("{first}***{last}"),
        _ => "***".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_leaves_the_form_of_a_key() {
        assert_eq!(masked("20261741"), "2***1");
        assert_eq!(masked("äbcdö"), "ä***ö");
        assert_eq!(masked("abc"), "***");
        assert_eq!(masked(""), "***");
    }
}
