//! What Muster made or took over in a course: the memory of the three-way comparison ("ours").
//!
//! Not here: the tables in which it is kept; `store` carries out each [`LinkChange`].
//!
//! Invariant: a link is written as *intended* before the platform is asked, so that a crash never makes a stranger
//! out of something that is ours.

use std::collections::BTreeMap;

use crate::keys::{CourseId, GroupId, GroupKey, GroupingId, GroupingKey, PersonKey, Role, Text, UserId};

/// Everything that is ours in one course.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CourseLinks {
    /// Groupings by key.
    pub groupings: BTreeMap<GroupingKey, GroupingLink>,
    /// Groups by key.
    pub groups: BTreeMap<GroupKey, GroupLink>,
}

/// A grouping that is ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupingLink {
    /// The platform's id; `None` while the creation is only intended.
    pub id: Option<GroupingId>,
    /// The idnumber that was written.
    pub idnumber: Text,
    /// The name that we last wrote.
    pub name_applied: Text,
    /// The name that the platform showed when it was last read.
    pub name_shown: Text,
    /// How far it is.
    pub state: LinkState,
}

/// A group that is ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupLink {
    /// The platform's id; `None` while the creation is only intended.
    pub id: Option<GroupId>,
    /// The idnumber that was written.
    pub idnumber: Text,
    /// The name that we last wrote: "last applied" of the three-way comparison.
    pub name_applied: Text,
    /// The name that the platform showed when it was last read; our tables show this one (known issue 4).
    pub name_shown: Text,
    /// The group's term, because removals are confined to the terms of the delivery (feature A11).
    pub term: Text,
    /// How far it is.
    pub state: LinkState,
    /// The members that are ours, by user.
    pub members: BTreeMap<UserId, MemberLink>,
}

/// A membership that is ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberLink {
    /// The person as the source names them.
    pub person: PersonKey,
    /// What the person does in the group.
    pub role: Role,
    /// How far it is.
    pub state: LinkState,
}

/// How far a link is. The old tables called `Intended` "toadd = 1" and `Removing` "todelete = 1".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LinkState {
    /// Asked for; the answer is not known yet.
    Intended,
    /// The platform confirmed it.
    Confirmed,
    /// Its removal was asked for; the answer is not known yet.
    Removing,
    /// Groups only: kept under another name after its mapping was removed (policy `on_unmap = "archive"`).
    Archived,
}

impl LinkState {
    /// The word in the tables.
    pub fn as_str(self) -> &'static str {
        match self {
            LinkState::Intended => "intended",
            LinkState::Confirmed => "confirmed",
            LinkState::Removing => "removing",
            LinkState::Archived => "archived",
        }
    }

    /// Reads the word of the tables.
    pub fn from_word(word: &str) -> Option<LinkState> {
        [LinkState::Intended, LinkState::Confirmed, LinkState::Removing, LinkState::Archived]
            .into_iter()
            .find(|state| state.as_str() == word)
    }
}

/// One change to the memory of a course. Carrying out a change twice is the same as once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkChange {
    /// Writes a grouping link; members of the course's groups are untouched.
    PutGrouping {
        /// Which grouping.
        key: GroupingKey,
        /// Its new record.
        link: GroupingLink,
    },
    /// Removes a grouping link.
    DropGrouping {
        /// Which grouping.
        key: GroupingKey,
    },
    /// Writes a group link without its members, which are kept as they are.
    PutGroup {
        /// Which group.
        key: GroupKey,
        /// Its new record; `link.members` is empty and ignored.
        link: Box<GroupLink>,
    },
    /// Gives a group link another key; its members stay (a rename by id).
    MoveGroup {
        /// The key until now.
        from: GroupKey,
        /// The key from now on.
        to: GroupKey,
    },
    /// Marks a group link; does nothing where there is none.
    MarkGroup {
        /// Which group.
        key: GroupKey,
        /// Its new state.
        state: LinkState,
    },
    /// Removes a group link and its member links.
    DropGroup {
        /// Which group.
        key: GroupKey,
    },
    /// Writes a member link; does nothing where the group has no link.
    PutMember {
        /// The group.
        group: GroupKey,
        /// The user.
        user: UserId,
        /// The new record.
        link: MemberLink,
    },
    /// Removes a member link.
    DropMember {
        /// The group.
        group: GroupKey,
        /// The user.
        user: UserId,
    },
}

/// A change together with the course in which it happens.
pub type CourseLinkChange = (CourseId, LinkChange);

impl CourseLinks {
    /// Carries out one change in memory, exactly as the store does it in its tables.
    pub fn change(&mut self, change: LinkChange) {
        match change {
            LinkChange::PutGrouping { key, link } => {
                self.groupings.insert(key, link);
            }
            LinkChange::DropGrouping { key } => {
                self.groupings.remove(&key);
            }
            LinkChange::PutGroup { key, link } => {
                let members = self.groups.remove(&key).map(|old| old.members).unwrap_or_default();
                self.groups.insert(key, GroupLink { members, ..*link });
            }
            LinkChange::MoveGroup { from, to } => {
                if let Some(link) = self.groups.remove(&from) {
                    self.groups.insert(to, link);
                }
            }
            LinkChange::MarkGroup { key, state } => {
                if let Some(link) = self.groups.get_mut(&key) {
                    link.state = state;
                }
            }
            LinkChange::DropGroup { key } => {
                self.groups.remove(&key);
            }
            LinkChange::PutMember { group, user, link } => {
                if let Some(group) = self.groups.get_mut(&group) {
                    group.members.insert(user, link);
                }
            }
            LinkChange::DropMember { group, user } => {
                if let Some(group) = self.groups.get_mut(&group) {
                    group.members.remove(&user);
                }
            }
        }
    }
}
