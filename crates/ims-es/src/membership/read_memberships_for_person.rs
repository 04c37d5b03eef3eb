//! `readMembershipsForPerson`: reads the memberships of a person (facts/ims-es.md §5.1).
//!
//! Not here: who may read them.

use crate::identifier;
use crate::membership::object::MembershipIdPair;
use crate::operation::{call, streamed};
use crate::record::record;

record! {
    /// The request.
    pub struct ReadMembershipsForPerson = MembershipMessages "ReadMembershipsForPersonRequest" {
        /// The syncID of the person.
        pub person_sourced_id: Option<String> = ["personSourcedId" / Common "identifier"],
    }
}

record! {
    /// The reply: the wrapper has a capital `ID` here and in no request.
    pub struct ReadMembershipsForPersonReply = MembershipMessages "ReadMembershipsForPersonResponse" {
        /// What was found.
        pub pairs: Vec<MembershipIdPair> = [always "membershipIDPairSet" / "membershipIdPair"],
    }
}

streamed!(ReadMembershipsForPersonReply of MembershipIdPair = MembershipMessages ["membershipIDPairSet" / "membershipIdPair"]);
call!(ReadMembershipsForPerson is ReadMembershipsForPerson, answered by ReadMembershipsForPersonReply with a set of one, checked by |request, _policy| {
    vec![identifier::check("personSourcedId", request.person_sourced_id.as_deref())]
});

#[cfg(test)]
mod tests {
    use super::{ReadMembershipsForPerson, ReadMembershipsForPersonReply};
    use crate::fixtures::{check_call, check_reply, membership_pairs};

    #[test]
    fn one_key_is_sent() {
        let expected = ReadMembershipsForPerson { person_sourced_id: Some("person-1".to_owned()) };
        check_call("membership/read_memberships_for_person/request.xml", &expected);
    }

    #[test]
    fn what_is_found_comes_back_with_a_set_of_one_status() {
        let expected = ReadMembershipsForPersonReply { pairs: membership_pairs() };
        check_reply::<ReadMembershipsForPerson>(
            "membership/read_memberships_for_person/reply_found.xml",
            1,
            &["success/status"],
            &expected,
        );
    }

    #[test]
    fn an_unknown_person_brings_an_empty_list_back() {
        let said = ["failure/error/membershipmanagement/unknownobject"];
        let path = "membership/read_memberships_for_person/reply_person_unknown.xml";
        check_reply::<ReadMembershipsForPerson>(path, 1, &said, &ReadMembershipsForPersonReply::default());
    }
}
