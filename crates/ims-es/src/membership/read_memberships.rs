//! `readMemberships`: reads memberships (facts/ims-es.md §5.1).
//!
//! Not here: who may read them.

use crate::identifier;
use crate::membership::object::Membership;
use crate::operation::{call, streamed};
use crate::record::record;

record! {
    /// The request.
    pub struct ReadMemberships = MembershipMessages "ReadMembershipsRequest" {
        /// The syncIDs.
        pub sourced_ids: Vec<String> = ["sourcedIdSet" / Common "identifier"],
    }
}

record! {
    /// The reply: the memberships that were found, in the order of the request, **without their identifiers**.
    pub struct ReadMembershipsReply = MembershipMessages "ReadMembershipsResponse" {
        /// The memberships whose status says success.
        pub memberships: Vec<Membership> = [always "membershipSet" / "membership"],
    }
}

streamed!(ReadMembershipsReply of Membership = MembershipMessages ["membershipSet" / "membership"]);
streamed!(ReadMemberships of String = MembershipMessages ["sourcedIdSet" / Common "identifier"]);
call!(ReadMemberships is ReadMemberships, answered by ReadMembershipsReply with a status for each of sourced_ids, checked by |request, _policy| {
    request.sourced_ids.iter().map(|id| identifier::check("sourcedIdSet/identifier", Some(id))).collect()
});

#[cfg(test)]
mod tests {
    use super::{ReadMemberships, ReadMembershipsReply};
    use crate::fixtures::{check_items, check_reply, learner, teacher};

    fn three_keys() -> ReadMemberships {
        ReadMemberships { sourced_ids: ["m-1", "gone", "m-2"].map(str::to_owned).to_vec() }
    }

    #[test]
    fn every_key_is_read_in_its_place() {
        check_items("membership/read_memberships/request.xml", &three_keys(), &three_keys().sourced_ids);
    }

    #[test]
    fn three_statuses_come_back_and_two_memberships() {
        let said = ["success/status", "failure/error/membershipmanagement/unknownobject", "success/status"];
        let expected = ReadMembershipsReply { memberships: vec![learner(), teacher()] };
        check_reply::<ReadMemberships>(
            "membership/read_memberships/reply_second_unknown.xml",
            3,
            &said,
            &expected,
        );
    }
}
