//! The names of things: typed keys, so that a course is never taken for a group.
//!
//! Not here: anything that a key stands for.
//!
//! Invariant: a key compares byte by byte. Folding (case, accents) is a question of names, see [`crate::naming`].

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A shared, immutable text. Cloning it costs a counter, which matters for millions of memberships.
pub type Text = Arc<str>;

/// Declares a key that wraps a text.
macro_rules! text_key {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Text);

        impl $name {
            /// The key as it is written in the place it comes from.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

/// Declares a key that wraps a number which the platform gave out.
macro_rules! number_key {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

text_key!(
    /// Names a source, as in `[source.cmis]`.
    SourceName
);
text_key!(
    /// Names a module of the timetable, for example `ANTH1014`.
    ModuleCode
);
text_key!(
    /// Names a group inside its source. The same id below another module is another group.
    SourceGroupId
);
text_key!(
    /// Names a person as the source does. The platform shows it as the field that `person_key` chooses.
    PersonKey
);
number_key!(
    /// A course of the platform.
    CourseId
);
number_key!(
    /// A group of the platform.
    GroupId
);
number_key!(
    /// A grouping of the platform.
    GroupingId
);
number_key!(
    /// A user of the platform.
    UserId
);

/// What a person does in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Learns.
    Student,
    /// Teaches.
    Tutor,
}

impl Role {
    /// The word in files, tables and messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Student => "student",
            Role::Tutor => "tutor",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which of a source group's people a group on the platform holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// Students and tutors together: the usual case.
    #[default]
    Everyone,
    /// Only the tutors, when the policy gives them a group of their own (`tutors = "own_group"`).
    Tutors,
}

/// Names a group that Muster keeps in a course.
///
/// The module is part of the key, so two modules with the same group code in one course never meet (known issue 7).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GroupKey {
    /// The source that knows the group.
    pub source: SourceName,
    /// The module that the group belongs to.
    pub module: ModuleCode,
    /// The group's id in the source.
    pub group: SourceGroupId,
    /// Everyone, or the tutors alone.
    pub part: Part,
}

/// Names a grouping that Muster keeps in a course: one for each module.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GroupingKey {
    /// The source that knows the module.
    pub source: SourceName,
    /// The module whose groups the grouping holds.
    pub module: ModuleCode,
}

/// Begins every idnumber that Muster writes; not numeric, because Moodle compares numeric idnumbers as numbers
/// (facts/moodle-ws.md section 6).
pub const NAMESPACE: &str = "muster:";

/// The longest idnumber that Moodle keeps, in characters (facts/moodle-ws.md section 6).
pub const IDNUMBER_CHARS_MAX: usize = 100;

impl GroupKey {
    /// The idnumber of the group on the platform: the lock that makes a lost answer harmless.
    pub fn idnumber(&self) -> Text {
        let part = match self.part {
            Part::Everyone => "",
            Part::Tutors => ":tutors",
        };
        bounded(format!("{NAMESPACE}{}:{}:{}{part}", self.source, self.module, self.group))
    }
}

impl GroupingKey {
    /// The idnumber of the grouping on the platform.
    pub fn idnumber(&self) -> Text {
        bounded(format!("{NAMESPACE}{}:{}", self.source, self.module))
    }
}

/// Tells whether an idnumber was written by Muster.
pub fn is_ours(idnumber: &str) -> bool {
    idnumber.starts_with(NAMESPACE)
}

/// Keeps an idnumber within Moodle's limit: what is too long ends in a hash of the whole, so that two long ids
/// that begin alike stay apart.
fn bounded(idnumber: String) -> Text {
    if idnumber.chars().count() <= IDNUMBER_CHARS_MAX {
        return idnumber.into();
    }
    let hash = short_hash(&idnumber);
    let keep = IDNUMBER_CHARS_MAX - 1 - hash.len();
    let head: String = idnumber.chars().take(keep).collect();
    format!("{head}~{hash}").into()
}

/// Sixteen hexadecimal digits that stand for a text.
pub(crate) fn short_hash(text: &str) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(text.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(module: &str, group: &str) -> GroupKey {
        GroupKey { source: "cmis".into(), module: module.into(), group: group.into(), part: Part::Everyone }
    }

    #[test]
    fn an_idnumber_names_source_module_and_group() {
        assert_eq!(&*key("ANTH1014", "60435").idnumber(), "muster:cmis:ANTH1014:60435");
        let tutors = GroupKey { part: Part::Tutors, ..key("ANTH1014", "60435") };
        assert_eq!(&*tutors.idnumber(), "muster:cmis:ANTH1014:60435:tutors");
    }

    #[test]
    fn long_ids_stay_within_the_limit_and_apart() {
        let first = key("M", &format!("{}1", "Ω".repeat(200))).idnumber();
        let second = key("M", &format!("{}2", "Ω".repeat(200))).idnumber();
        assert_eq!(first.chars().count(), IDNUMBER_CHARS_MAX);
        assert_ne!(first, second);
    }
}
