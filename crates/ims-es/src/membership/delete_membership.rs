//! `deleteMembership`: ends a membership (facts/ims-es.md §5.1).
//!
//! Not here: who may delete it.

use crate::identifier;
use crate::operation::call;
use crate::record::record;
use crate::reply::Done;

record! {
    /// The request.
    pub struct DeleteMembership = MembershipMessages "DeleteMembershipRequest" {
        /// The membership's syncID.
        pub sourced_id: Option<String> = ["sourcedId" / Common "identifier"],
    }
}

call!(DeleteMembership is DeleteMembership, answered by Done with one status, checked by |request, _policy| {
    vec![identifier::check("sourcedId", request.sourced_id.as_deref())]
});

#[cfg(test)]
mod tests {
    use super::DeleteMembership;
    use crate::fixtures::{check_call, check_reply};
    use crate::reply::Done;

    #[test]
    fn one_key_is_sent() {
        let expected = DeleteMembership { sourced_id: Some("m-1".to_owned()) };
        check_call("membership/delete_membership/request.xml", &expected);
    }

    #[test]
    fn what_is_gone_already_is_unknown_and_no_fault() {
        let said = ["failure/error/membershipmanagement/unknownobject"];
        check_reply::<DeleteMembership>("membership/delete_membership/reply_unknown.xml", 1, &said, &Done {});
    }
}
