//! `readGroupsForPerson`: reads the groups that somebody is in, of every type (facts/ims-es.md §2.1, §2.2).
//!
//! Not here: who may read them.

use crate::group::object::Group;
use crate::identifier;
use crate::operation::{call, streamed};
use crate::record::record;

record! {
    /// The request.
    pub struct ReadGroupsForPerson = GroupMessages "ReadGroupsForPersonRequest" {
        /// The syncID of the person.
        pub person_sourced_id: Option<String> = ["personSourcedId" / Common "identifier"],
    }
}

record! {
    /// The reply: groups **without their identifiers**; the caller filters by type.
    pub struct ReadGroupsForPersonReply = GroupMessages "ReadGroupsForPersonResponse" {
        /// What was found.
        pub groups: Vec<Group> = [always "groupSet" / "group"],
    }
}

streamed!(ReadGroupsForPersonReply of Group = GroupMessages ["groupSet" / "group"]);
call!(ReadGroupsForPerson is ReadGroupsForPerson, answered by ReadGroupsForPersonReply with a set of one, checked by |request, _policy| {
    vec![identifier::check("personSourcedId", request.person_sourced_id.as_deref())]
});

#[cfg(test)]
mod tests {
    use super::{ReadGroupsForPerson, ReadGroupsForPersonReply};
    use crate::fixtures::{check_call, check_reply, course, school};

    #[test]
    fn one_key_is_sent() {
        let expected = ReadGroupsForPerson { person_sourced_id: Some("person-1".to_owned()) };
        check_call("group/read_groups_for_person/request.xml", &expected);
    }

    #[test]
    fn what_is_found_comes_back_with_a_set_of_one_status() {
        let expected = ReadGroupsForPersonReply { groups: vec![school(), course()] };
        check_reply::<ReadGroupsForPerson>(
            "group/read_groups_for_person/reply_found.xml",
            1,
            &["success/status"],
            &expected,
        );
    }

    #[test]
    fn an_unknown_person_brings_an_empty_list_back() {
        let said = ["failure/error/groupmanagement/unknownobject"];
        let path = "group/read_groups_for_person/reply_person_unknown.xml";
        check_reply::<ReadGroupsForPerson>(path, 1, &said, &ReadGroupsForPersonReply::default());
    }

    #[test]
    fn a_lone_status_and_a_missing_list_are_taken() {
        for name in ["reply_with_lone_status", "reply_without_wrapper"] {
            let path = format!("group/read_groups_for_person/{name}.xml");
            let nothing = ReadGroupsForPersonReply::default();
            check_reply::<ReadGroupsForPerson>(&path, 1, &["success/status"], &nothing);
        }
    }
}
