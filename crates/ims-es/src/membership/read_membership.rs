//! `readMembership`: reads a membership (facts/ims-es.md §5.1).
//!
//! Not here: who may read it.

use crate::identifier;
use crate::membership::object::Membership;
use crate::operation::call;
use crate::record::record;

record! {
    /// The request.
    pub struct ReadMembership = MembershipMessages "ReadMembershipRequest" {
        /// The membership's syncID.
        pub sourced_id: Option<String> = ["sourcedId" / Common "identifier"],
    }
}

record! {
    /// The reply. Empty when the membership is not known.
    pub struct ReadMembershipReply = MembershipMessages "ReadMembershipResponse" {
        /// The membership, without its syncID.
        pub membership: Option<Membership> = ["membership"],
    }
}

call!(ReadMembership is ReadMembership, answered by ReadMembershipReply with one status, checked by |request, _policy| {
    vec![identifier::check("sourcedId", request.sourced_id.as_deref())]
});

#[cfg(test)]
mod tests {
    use super::{ReadMembership, ReadMembershipReply};
    use crate::fixtures::{check_call, check_reply, learner};

    #[test]
    fn one_key_is_sent() {
        let expected = ReadMembership { sourced_id: Some("m-1".to_owned()) };
        check_call("membership/read_membership/request.xml", &expected);
    }

    #[test]
    fn the_membership_comes_back_without_its_key() {
        let expected = ReadMembershipReply { membership: Some(learner()) };
        check_reply::<ReadMembership>(
            "membership/read_membership/reply_found.xml",
            1,
            &["success/status"],
            &expected,
        );
    }

    #[test]
    fn an_unknown_key_brings_nothing_back() {
        let said = ["failure/error/membershipmanagement/unknownobject"];
        let expected = ReadMembershipReply { membership: None };
        check_reply::<ReadMembership>("membership/read_membership/reply_unknown.xml", 1, &said, &expected);
    }
}
