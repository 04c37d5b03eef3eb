//! `updateMembership`: changes what is given of a membership, and makes it if it does not exist and the data suffice (facts/ims-es.md §5.1).
//!
//! Not here: whether the person and the group exist.

use crate::membership::object::Membership;
use crate::membership::rules;
use crate::operation::call;
use crate::policy::Verb;
use crate::record::record;
use crate::reply::Done;

record! {
    /// The request.
    pub struct UpdateMembership = MembershipMessages "UpdateMembershipRequest" {
        /// The membership's syncID.
        pub sourced_id: Option<String> = ["sourcedId" / Common "identifier"],
        /// The membership.
        pub membership: Option<Membership> = ["membership"],
    }
}

call!(UpdateMembership is UpdateMembership, answered by Done with one status, checked by |request, policy| {
    vec![rules::check(request.sourced_id.as_deref(), request.membership.as_ref(), Verb::Update, policy)]
});

#[cfg(test)]
mod tests {
    use super::UpdateMembership;
    use crate::fixtures::{check_call, check_reply, learner};
    use crate::reply::Done;

    #[test]
    fn a_membership_is_asked_for_with_its_key() {
        let expected = UpdateMembership { sourced_id: Some("m-1".to_owned()), membership: Some(learner()) };
        check_call("membership/update_membership/request.xml", &expected);
    }

    #[test]
    fn the_reply_is_empty_and_says_how_it_ended() {
        check_reply::<UpdateMembership>(
            "membership/update_membership/reply_done.xml",
            1,
            &["success/status"],
            &Done {},
        );
    }
}
