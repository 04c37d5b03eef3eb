//! The person object (facts/ims-es.md §5.2).
//!
//! Not here: its rules (`rules.rs`).
//!
//! Invariant: an element that was not sent is `None`; one that was sent empty is empty text.

use crate::common::{ExtensionField, RecordInfo, Relation, UserId};
use crate::lexical::Lexical;
use crate::record::record;
use crate::time::Date;
use crate::words::words;

record! {
    /// A person. It does not hold its identifier.
    pub struct Person = PersonData "Person" {
        /// The whole name. Mandatory and usually nil.
        pub format_name: Option<String> = [nil "formatName"],
        /// The name in parts.
        pub name: Option<PersonName> = ["name"],
        /// Remarks. Not used.
        pub record_info: Option<RecordInfo> = ["recordInfo"],
        /// The address of mail.
        pub email: Option<String> = [Common "email"],
        /// A page.
        pub url: Option<String> = [Common "URL"],
        /// A role in the system. Not used.
        pub system_role: Option<Lexical<SystemRole>> = ["systemRole"],
        /// How the person signs in.
        pub user_id: Option<UserId> = ["userId"],
        /// Where the person lives.
        pub address: Option<Address> = ["address"],
        /// Gender and birthday.
        pub demographics: Option<Demographics> = ["demographics"],
        /// Roles in the institution. The first one counts.
        pub institution_roles: Vec<InstitutionRole> = ["institutionRole"],
        /// Telephone numbers.
        pub tels: Vec<Tel> = ["tel"],
        /// A picture.
        pub photo: Option<Photo> = ["photo"],
        /// Where the data come from. Not used.
        pub data_source: Option<String> = [Common "dataSource"],
        /// Further fields and relatives.
        pub extension: Option<PersonExtension> = ["extension"],
    }
}

record! {
    /// A name in parts.
    pub struct PersonName = PersonData "Name" {
        /// What kind of name.
        pub name_type: Option<String> = ["nameType"],
        /// The parts.
        pub part_names: Vec<PartName> = ["partName"],
    }
}

record! {
    /// A part of a name.
    pub struct PartName = PersonData "PartName" {
        /// Which part.
        pub name_part_type: Option<Lexical<NamePart>> = ["namePartType"],
        /// The part.
        pub name_part_value: Option<String> = ["namePartValue"],
    }
}

record! {
    /// A postal address.
    pub struct Address = PersonData "Address" {
        /// The box.
        pub pobox: Option<String> = ["pobox"],
        /// A supplement.
        pub extadd: Option<String> = ["extadd"],
        /// The town.
        pub locality: Option<String> = ["locality"],
        /// The region.
        pub region: Option<String> = ["region"],
        /// The postal code.
        pub postcode: Option<String> = ["postcode"],
        /// The country.
        pub country: Option<String> = ["country"],
        /// The lines with street and number.
        pub streets: Vec<String> = ["street"],
    }
}

record! {
    /// Gender and birthday.
    pub struct Demographics = PersonData "Demographics" {
        /// The gender.
        pub gender: Lexical<Gender> = ["gender"],
        /// Disabilities. Never used.
        pub disabilities: Vec<String> = ["disability"],
        /// The birthday.
        pub bday: Option<Lexical<Date>> = ["bday"],
    }
}

record! {
    /// A role in the institution.
    pub struct InstitutionRole = PersonData "InstitutionRole" {
        /// Which one. A site may map any text.
        pub institution_role_type: Lexical<InstitutionRoleType> = ["institutionRoleType"],
        /// Whether it is the main one.
        pub primary_role_type: Lexical<bool> = ["primaryRoleType"],
    }
}

record! {
    /// A telephone number.
    pub struct Tel = PersonData "Tel" {
        /// What kind.
        pub tel_type: Option<Lexical<TelType>> = ["telType"],
        /// The number.
        pub tel_value: Option<String> = ["telValue"],
    }
}

record! {
    /// A picture, by reference.
    pub struct Photo = PersonData "Photo" {
        /// Its format.
        pub img_type: Option<String> = ["imgType"],
        /// Where it is.
        pub ext_ref: Option<String> = ["extRef"],
    }
}

record! {
    /// Further fields and relatives of a person.
    pub struct PersonExtension = Common "PersonExtension" {
        /// Further fields.
        pub fields: Vec<ExtensionField> = ["extensionField"],
        /// Relatives.
        pub relationships: Vec<PersonRelationship> = ["relationship"],
    }
}

record! {
    /// A relative.
    pub struct PersonRelationship = Common "PersonRelationship" {
        /// What the other person is to this one.
        pub relation: Lexical<Relation> = ["relation"],
        /// The other person's syncID, empty if that person has none.
        pub source_id: Option<String> = [always "sourceId" / Common "identifier"],
        /// A name of the relationship.
        pub label: Option<String> = ["label"],
    }
}

record! {
    /// A person with its syncID.
    pub struct PersonIdPair = PersonMessages "PersonIdPair" {
        /// The syncID.
        pub sourced_id: Option<String> = ["sourcedId" / Common "identifier"],
        /// The person.
        pub person: Option<Person> = ["person"],
    }
}

words! {
    /// A part of a name.
    NamePart in PersonData {
        /// The given name.
        First = "First",
        /// The family name.
        Last = "Last",
        /// The nickname.
        Nick = "Nick",
        /// What stands before the name.
        Prefix = "Prefix",
    }
}

words! {
    /// A role in the system.
    SystemRole in PersonData {
        /// Runs the system.
        SysAdmin = "SysAdmin",
        /// Helps with the system.
        SysSupport = "SysSupport",
        /// Makes content.
        Creator = "Creator",
        /// Manages accounts.
        AccountAdmin = "AccountAdmin",
        /// Uses the system.
        User = "User",
        /// Manages.
        Administrator = "Administrator",
        /// None.
        None = "None",
    }
}

words! {
    /// The gender.
    Gender in PersonData {
        /// Male.
        Male = "Male",
        /// Female.
        Female = "Female",
        /// Not said: the schema's own word for that is this one.
        Gender = "Gender",
    }
}

words! {
    /// A role in the institution.
    InstitutionRoleType in PersonData {
        /// A student.
        Student = "Student",
        /// A teacher at a university.
        Faculty = "Faculty",
        /// A member.
        Member = "Member",
        /// A learner.
        Learner = "Learner",
        /// A teacher.
        Instructor = "Instructor",
        /// A mentor.
        Mentor = "Mentor",
        /// Staff.
        Staff = "Staff",
        /// A former student.
        Alumni = "Alumni",
        /// Somebody who may become a student.
        ProspectiveStudent = "ProspectiveStudent",
        /// A guest.
        Guest = "Guest",
        /// Another one.
        Other = "Other",
        /// An administrator.
        Administrator = "Administrator",
        /// An observer.
        Observer = "Observer",
        /// A parent or guardian.
        Carer = "Carer",
    }
}

words! {
    /// What a telephone number is for.
    TelType in PersonData {
        /// Speech.
        Voice = "Voice" | "1",
        /// Fax.
        Fax = "Fax" | "2",
        /// A mobile telephone.
        Mobile = "Mobile" | "3",
        /// A pager.
        Pager = "Pager" | "4",
    }
}

impl Person {
    /// A part of the name, blanks around it removed; `None` if it was not sent or is blank.
    pub fn name_part(&self, part: NamePart) -> Option<&str> {
        let parts = self.name.iter().flat_map(|name| &name.part_names);
        let wanted =
            parts.filter(|named| named.name_part_type.as_ref().and_then(Lexical::value) == Some(&part));
        let mut values = wanted.filter_map(|named| named.name_part_value.as_deref()).map(str::trim);
        values.find(|value| !value.is_empty())
    }
}
