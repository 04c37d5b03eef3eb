//! `changeMembershipIdentifier`: renames the key of a membership (facts/ims-es.md §5.1).
//!
//! Not here: whether the new key is free.

use crate::identifier;
use crate::operation::call;
use crate::record::record;
use crate::reply::Done;

record! {
    /// The request.
    pub struct ChangeMembershipIdentifier = MembershipMessages "ChangeMembershipIdentifierRequest" {
        /// The syncID it has.
        pub sourced_id: Option<String> = ["sourcedId" / Common "identifier"],
        /// The syncID it shall have.
        pub new_sourced_id: Option<String> = ["newSourcedId" / Common "identifier"],
    }
}

call!(ChangeMembershipIdentifier is ChangeMembershipIdentifier, answered by Done with one status, checked by |request, _policy| {
    let mut problems = identifier::check("sourcedId", request.sourced_id.as_deref());
    problems.extend(identifier::check("newSourcedId", request.new_sourced_id.as_deref()));
    vec![problems]
});

#[cfg(test)]
mod tests {
    use super::ChangeMembershipIdentifier;
    use crate::fixtures::{check_call, check_reply};
    use crate::reply::Done;

    #[test]
    fn the_old_key_comes_first() {
        let expected = ChangeMembershipIdentifier {
            sourced_id: Some("AAAAA".to_owned()),
            new_sourced_id: Some("AAA".to_owned()),
        };
        check_call("membership/change_membership_identifier/request.xml", &expected);
    }

    #[test]
    fn a_key_that_is_taken_is_refused() {
        let said = ["failure/error/membershipmanagement/idallocinusefail"];
        check_reply::<ChangeMembershipIdentifier>(
            "membership/change_membership_identifier/reply_in_use.xml",
            1,
            &said,
            &Done {},
        );
    }
}
