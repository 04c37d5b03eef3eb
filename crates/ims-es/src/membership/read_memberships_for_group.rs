//! `readMembershipsForGroup`: reads the memberships of a group (facts/ims-es.md §5.1).
//!
//! Not here: who may read them.

use crate::identifier;
use crate::membership::object::MembershipIdPair;
use crate::operation::{call, streamed};
use crate::record::record;

record! {
    /// The request.
    pub struct ReadMembershipsForGroup = MembershipMessages "ReadMembershipsForGroupRequest" {
        /// The syncID of the group.
        pub group_sourced_id: Option<String> = ["groupSourcedId" / Common "identifier"],
    }
}

record! {
    /// The reply: the wrapper has a capital `ID` here and in no request.
    pub struct ReadMembershipsForGroupReply = MembershipMessages "ReadMembershipsForGroupResponse" {
        /// What was found.
        pub pairs: Vec<MembershipIdPair> = [always "membershipIDPairSet" / "membershipIdPair"],
    }
}

streamed!(ReadMembershipsForGroupReply of MembershipIdPair = MembershipMessages ["membershipIDPairSet" / "membershipIdPair"]);
call!(ReadMembershipsForGroup is ReadMembershipsForGroup, answered by ReadMembershipsForGroupReply with a set of one, checked by |request, _policy| {
    vec![identifier::check("groupSourcedId", request.group_sourced_id.as_deref())]
});

#[cfg(test)]
mod tests {
    use super::{ReadMembershipsForGroup, ReadMembershipsForGroupReply};
    use crate::fixtures::{check_call, check_reply, membership_pairs};

    #[test]
    fn one_key_is_sent() {
        let expected = ReadMembershipsForGroup { group_sourced_id: Some("school-1".to_owned()) };
        check_call("membership/read_memberships_for_group/request.xml", &expected);
    }

    #[test]
    fn what_is_found_comes_back_with_a_set_of_one_status() {
        let expected = ReadMembershipsForGroupReply { pairs: membership_pairs() };
        check_reply::<ReadMembershipsForGroup>(
            "membership/read_memberships_for_group/reply_found.xml",
            1,
            &["success/status"],
            &expected,
        );
    }

    #[test]
    fn an_unknown_group_brings_an_empty_list_back() {
        let said = ["failure/error/membershipmanagement/unknownobject"];
        let path = "membership/read_memberships_for_group/reply_group_unknown.xml";
        check_reply::<ReadMembershipsForGroup>(path, 1, &said, &ReadMembershipsForGroupReply::default());
    }
}
