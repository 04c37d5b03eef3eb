//! The group object (facts/ims-es.md §3.1).
//!
//! Not here: its rules (`rules.rs`) and what its extension fields mean (`../extension/`).
//!
//! Invariant: an element that was not sent is `None`; one that was sent empty is empty text. An update tells them apart.

use crate::common::{ExtensionField, RecordInfo, Relation, TimeFrame};
use crate::lexical::Lexical;
use crate::record::record;
use crate::words::words;

record! {
    /// A group: a site, a school, a course, a course group or anything else in the hierarchy. It does not hold its identifier.
    pub struct Group = GroupData "Group" {
        /// What type it is of.
        pub group_type: Option<GroupType> = ["groupType"],
        /// Remarks. Not used.
        pub record_info: Option<RecordInfo> = ["recordInfo"],
        /// An address. Not used.
        pub email: Option<String> = [Common "email"],
        /// A page. Not used.
        pub url: Option<String> = [Common "URL"],
        /// When it holds. Not used.
        pub time_frame: Option<TimeFrame> = ["timeFrame"],
        /// Where it stands: exactly one relationship, to its parent.
        pub relationships: Vec<Relationship> = ["relationship"],
        /// Who may enrol. Not used.
        pub enroll_control: Option<EnrollControl> = ["enrollControl"],
        /// The organisation behind it. Not used.
        pub org: Option<Org> = ["org"],
        /// Its title and description.
        pub description: Option<Description> = ["description"],
        /// Where the data come from. Not used.
        pub data_source: Option<String> = [Common "dataSource"],
        /// Further fields.
        pub extension: Vec<ExtensionField> = ["extension" / Common "extensionField"],
    }
}

record! {
    /// The type of a group.
    pub struct GroupType = GroupData "GroupType" {
        /// The list that the type is from: `ItslearningOrganisationTypes`.
        pub scheme: Option<String> = ["scheme"],
        /// The type. The first one counts.
        pub type_values: Vec<TypeValue> = ["typeValue"],
    }
}

record! {
    /// A type in its list, by word, by number, or both.
    pub struct TypeValue = GroupData "TypeValue" {
        /// The word.
        pub type_name: Option<String> = ["type"],
        /// The number.
        pub level: Option<String> = ["level"],
    }
}

record! {
    /// How another group stands to this one.
    pub struct Relationship = GroupData "Relationship" {
        /// What the other one is. Only `Parent` is supported.
        pub relation: Lexical<Relation> = ["relation"],
        /// The other one's syncID. The group's own means the root of its site. Written empty if the other one has none.
        pub source_id: Option<String> = [always "sourceId" / Common "identifier"],
        /// A name of the relationship. Not used in requests; the parent's title in replies.
        pub label: Option<String> = ["label"],
    }
}

record! {
    /// Who may enrol.
    pub struct EnrollControl = GroupData "EnrollControl" {
        /// Whether the target may enrol.
        pub enroll_accept: Option<Lexical<bool>> = ["enrollAccept"],
        /// Whether members may enrol themselves.
        pub enroll_allowed: Option<Lexical<bool>> = ["enrollAllowed"],
    }
}

record! {
    /// An organisation.
    pub struct Org = GroupData "Org" {
        /// Its name.
        pub org_name: Option<String> = ["orgName"],
        /// Its units.
        pub org_units: Vec<String> = ["orgUnit"],
        /// Its type.
        pub org_type: Option<String> = ["orgType"],
        /// Its number.
        pub id: Option<String> = ["id"],
    }
}

record! {
    /// Title and description.
    pub struct Description = GroupData "Description" {
        /// The title, at most 64 characters.
        pub desc_short: Option<String> = ["descShort"],
        /// The description.
        pub desc_long: Option<String> = ["descLong"],
        /// The description again, as itslearning returns it.
        pub desc_full: Option<String> = ["descFull"],
    }
}

record! {
    /// A group with its syncID.
    pub struct GroupIdPair = GroupMessages "GroupIdPair" {
        /// The syncID.
        pub sourced_id: Option<String> = ["sourcedId" / Common "identifier"],
        /// The group.
        pub group: Option<Group> = ["group"],
    }
}

impl Description {
    /// The description as it is read back: `descFull` is filled from `descLong` if only that was given (facts/ims-es.md §6, trap 8).
    pub fn as_read(&self) -> Description {
        Description { desc_full: self.desc_full.clone().or_else(|| self.desc_long.clone()), ..self.clone() }
    }
}

/// The list that the types of groups are from.
pub const ORGANISATION_SCHEME: &str = "ItslearningOrganisationTypes";

words! {
    /// What type a group is of (facts/ims-es.md §2.4).
    OrganisationType in GroupData {
        /// Nothing in particular. The default.
        Unspecified = "Unspecified",
        /// The root. It cannot be made or changed.
        Site = "Site",
        /// A school.
        School = "School",
        /// A group that a course is connected to.
        Course = "Course",
        /// A group of a course.
        CourseGroup = "CourseGroup",
    }
}

impl OrganisationType {
    /// The number that stands for the type.
    pub fn level(self) -> &'static str {
        match self {
            OrganisationType::Unspecified => "-1",
            OrganisationType::Site => "0",
            OrganisationType::School => "1",
            OrganisationType::Course => "2",
            OrganisationType::CourseGroup => "3",
        }
    }

    /// The type that a number stands for.
    pub fn from_level(level: &str) -> Option<OrganisationType> {
        OrganisationType::ALL.iter().copied().find(|known| known.level() == level.trim())
    }

    /// The element as it goes out: scheme, word and number, always.
    pub fn to_group_type(self) -> GroupType {
        let value =
            TypeValue { type_name: Some(self.as_str().to_owned()), level: Some(self.level().to_owned()) };
        GroupType { scheme: Some(ORGANISATION_SCHEME.to_owned()), type_values: vec![value] }
    }
}

impl Relationship {
    /// Says that the group is below another one.
    pub fn parent(sync_id: &str) -> Relationship {
        Relationship {
            relation: Lexical::Value(Relation::Parent),
            source_id: Some(sync_id.to_owned()),
            label: None,
        }
    }
}
