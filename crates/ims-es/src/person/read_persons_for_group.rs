//! `readPersonsForGroup`: reads the persons of a group (facts/ims-es.md §5.2).
//!
//! Not here: who may read them.

use crate::identifier;
use crate::operation::{call, streamed};
use crate::person::object::PersonIdPair;
use crate::record::record;

record! {
    /// The request.
    pub struct ReadPersonsForGroup = PersonMessages "ReadPersonsForGroupRequest" {
        /// The syncID of the group.
        pub group_sourced_id: Option<String> = ["groupSourcedId" / Common "identifier"],
    }
}

record! {
    /// The reply: persons with their identifiers.
    pub struct ReadPersonsForGroupReply = PersonMessages "ReadPersonsForGroupResponse" {
        /// What was found.
        pub pairs: Vec<PersonIdPair> = [always "personIdPairSet" / "personIdPair"],
    }
}

streamed!(ReadPersonsForGroupReply of PersonIdPair = PersonMessages ["personIdPairSet" / "personIdPair"]);
call!(ReadPersonsForGroup is ReadPersonsForGroup, answered by ReadPersonsForGroupReply with a set of one, checked by |request, _policy| {
    vec![identifier::check("groupSourcedId", request.group_sourced_id.as_deref())]
});

#[cfg(test)]
mod tests {
    use super::{ReadPersonsForGroup, ReadPersonsForGroupReply};
    use crate::fixtures::{check_call, check_reply, person_pairs};

    #[test]
    fn one_key_is_sent() {
        let expected = ReadPersonsForGroup { group_sourced_id: Some("school-1".to_owned()) };
        check_call("person/read_persons_for_group/request.xml", &expected);
    }

    #[test]
    fn what_is_found_comes_back_with_a_set_of_one_status() {
        let expected = ReadPersonsForGroupReply { pairs: person_pairs() };
        check_reply::<ReadPersonsForGroup>(
            "person/read_persons_for_group/reply_found.xml",
            1,
            &["success/status"],
            &expected,
        );
    }

    #[test]
    fn an_unknown_group_brings_an_empty_list_back() {
        let said = ["failure/error/personmanagement/unknownobject"];
        let path = "person/read_persons_for_group/reply_group_unknown.xml";
        check_reply::<ReadPersonsForGroup>(path, 1, &said, &ReadPersonsForGroupReply::default());
    }

    #[test]
    fn a_warning_is_no_failure() {
        let expected = ReadPersonsForGroupReply { pairs: person_pairs() };
        let said = ["success/warning/personmanagement/partialdatastorage"];
        let path = "person/read_persons_for_group/reply_with_warning.xml";
        check_reply::<ReadPersonsForGroup>(path, 1, &said, &expected);
    }
}
