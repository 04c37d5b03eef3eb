//! The membership object (facts/ims-es.md §5.1).
//!
//! Not here: its rules (`rules.rs`).
//!
//! Invariant: an element that was not sent is `None`; one that was sent empty is empty text.

use crate::common::{ExtensionField, RecordInfo, TimeFrame, UserId};
use crate::lexical::Lexical;
use crate::record::record;
use crate::time::UtcTime;
use crate::words::words;

record! {
    /// Who belongs to which group, and as what. It does not hold its identifier.
    pub struct Membership = MembershipData "Membership" {
        /// The group's syncID.
        pub group_sourced_id: Option<String> = ["groupSourcedId" / Common "identifier"],
        /// The member.
        pub member: Option<Member> = ["member"],
    }
}

record! {
    /// A member with its roles.
    pub struct Member = MembershipData "Member" {
        /// The member's syncID.
        pub member_sourced_id: Option<String> = ["memberSourcedId" / Common "identifier"],
        /// Whether the member is a person or a group.
        pub id_type: Option<Lexical<MemberIdType>> = ["idType"],
        /// The roles. The first one counts.
        pub roles: Vec<Role> = ["role"],
    }
}

record! {
    /// A role in the group.
    pub struct Role = MembershipData "Role" {
        /// Which one.
        pub role_type: Lexical<RoleType> = ["roleType"],
        /// A finer role. Not used.
        pub sub_role: Option<String> = ["subRole"],
        /// Remarks. Not used.
        pub record_info: Option<RecordInfo> = ["recordInfo"],
        /// How the member signs in. Not used.
        pub user_id: Option<UserId> = ["userId"],
        /// When it holds. Not used.
        pub time_frame: Option<TimeFrame> = ["timeFrame"],
        /// Whether it is active.
        pub status: Option<Lexical<bool>> = ["status"],
        /// When it was made. Not used.
        pub date_time: Option<Lexical<UtcTime>> = ["dateTime"],
        /// An address. Not used.
        pub email: Option<String> = [Common "email"],
        /// Results so far. Not used.
        pub interim_results: Vec<GradeResult> = ["interimResult"],
        /// Results at the end. Not used.
        pub final_results: Vec<GradeResult> = ["finalResult"],
        /// Where the data come from. Not used.
        pub data_source: Option<String> = [Common "dataSource"],
        /// Further fields: `HomeOrganisation`.
        pub extension: Vec<ExtensionField> = ["extension" / Common "extensionField"],
    }
}

record! {
    /// A result. Carried, not used.
    pub struct GradeResult = MembershipData "Result" {
        /// What kind of result.
        pub result_type: Option<String> = ["resultType"],
        /// Remarks.
        pub record_info: Option<RecordInfo> = ["recordInfo"],
        /// The values that it may have.
        pub values: Option<ResultValues> = ["values"],
        /// How it is graded.
        pub mode: Option<String> = ["mode"],
        /// The result.
        pub result: Option<String> = ["result"],
    }
}

record! {
    /// The values that a result may have.
    pub struct ResultValues = MembershipData "Values" {
        /// 0 for a list, 1 for a range.
        pub value_type: Option<String> = ["valueType"],
        /// The entries of the list.
        pub list: Vec<String> = ["list"],
        /// The upper ends of the range.
        pub max: Vec<String> = ["max"],
        /// The lower ends of the range.
        pub min: Vec<String> = ["min"],
    }
}

record! {
    /// A membership with its syncID.
    pub struct MembershipIdPair = MembershipMessages "MembershipIdPair" {
        /// The syncID.
        pub sourced_id: Option<String> = ["sourcedId" / Common "identifier"],
        /// The membership.
        pub membership: Option<Membership> = ["membership"],
    }
}

words! {
    /// What a member is.
    MemberIdType in MembershipData {
        /// A human being.
        Person = "Person" | "1",
        /// A group.
        Group = "Group" | "2",
    }
}

words! {
    /// A role, by word or number (facts/ims-es.md §5.1).
    RoleType in MembershipData {
        /// A student.
        Learner = "Learner" | "01",
        /// A teacher.
        Instructor = "Instructor" | "02",
        /// A guest.
        ContentDeveloper = "ContentDeveloper" | "03",
        /// A guest.
        Member = "Member" | "04",
        /// Not used by itslearning's hierarchies.
        Manager = "Manager" | "05",
        /// Not used by itslearning's hierarchies.
        Mentor = "Mentor" | "06",
        /// An administrator.
        Administrator = "Administrator" | "07",
        /// Not used by itslearning's hierarchies.
        TeachingAssistant = "TeachingAssistant" | "08",
        /// What the site gives by default.
        Default = "Default",
        /// A guest.
        Guest = "Guest",
    }
}

/// The extension field of a role that marks the member's home (facts/ims-es.md §5.1).
pub const HOME_ORGANISATION: &str = "HomeOrganisation";

impl Role {
    /// Whether the role marks the group as the member's home: `None` if it does not say, `Err` with the value if that is unreadable.
    pub fn home_organisation(&self) -> Result<Option<bool>, &str> {
        let Some(field) = self.extension.iter().find(|field| field.is_named(HOME_ORGANISATION)) else {
            return Ok(None);
        };
        if field.value().is_empty() {
            return Ok(None);
        }
        <bool as crate::lexical::Lexicon>::from_text(field.value()).map(Some).ok_or_else(|| field.value())
    }
}
