//! `updateMemberships`: changes what is given of each membership, and makes those that do not exist if the data suffice (facts/ims-es.md §5.1).
//!
//! Not here: whether the person and the group exist.

use crate::membership::object::MembershipIdPair;
use crate::membership::rules;
use crate::operation::{call, streamed};
use crate::policy::Verb;
use crate::record::record;
use crate::reply::Done;

record! {
    /// The request.
    pub struct UpdateMemberships = MembershipMessages "UpdateMembershipsRequest" {
        /// The memberships, in the order in which they are worked on.
        pub pairs: Vec<MembershipIdPair> = ["membershipIdPairSet" / "membershipIdPair"],
    }
}

streamed!(UpdateMemberships of MembershipIdPair = MembershipMessages ["membershipIdPairSet" / "membershipIdPair"]);
call!(UpdateMemberships is UpdateMemberships, answered by Done with a status for each of pairs, checked by |request, policy| {
    let check = |pair: &MembershipIdPair| {
        rules::check(pair.sourced_id.as_deref(), pair.membership.as_ref(), Verb::Update, policy)
    };
    request.pairs.iter().map(check).collect()
});

#[cfg(test)]
mod tests {
    use super::UpdateMemberships;
    use crate::fixtures::{check_items, check_reply, learner, teacher};
    use crate::membership::object::MembershipIdPair;
    use crate::reply::Done;

    #[test]
    fn every_pair_is_read_in_its_place() {
        let pair = |id: &str, membership| MembershipIdPair {
            sourced_id: Some(id.to_owned()),
            membership: Some(membership),
        };
        let expected = UpdateMemberships { pairs: vec![pair("m-1", learner()), pair("m-2", teacher())] };
        check_items("membership/update_memberships/request.xml", &expected, &expected.pairs);
    }

    #[test]
    fn each_pair_has_its_own_status() {
        let said = ["success/status", "failure/error/membershipmanagement/invaliddata"];
        check_reply::<UpdateMemberships>(
            "membership/update_memberships/reply_second_refused.xml",
            2,
            &said,
            &Done {},
        );
    }
}
