//! `deleteMemberships`: ends memberships (facts/ims-es.md §5.1).
//!
//! Not here: who may delete them.
//!
//! Several `sourcedIdSet` elements are read as one: there is a client that writes one for each id (facts/ims-es.md §6, trap 28).

use crate::identifier;
use crate::operation::{call, streamed};
use crate::record::record;
use crate::reply::Done;

record! {
    /// The request.
    pub struct DeleteMemberships = MembershipMessages "DeleteMembershipsRequest" {
        /// The syncIDs.
        pub sourced_ids: Vec<String> = ["sourcedIdSet" / Common "identifier"],
    }
}

streamed!(DeleteMemberships of String = MembershipMessages ["sourcedIdSet" / Common "identifier"]);
call!(DeleteMemberships is DeleteMemberships, answered by Done with a status for each of sourced_ids, checked by |request, _policy| {
    request.sourced_ids.iter().map(|id| identifier::check("sourcedIdSet/identifier", Some(id))).collect()
});

#[cfg(test)]
mod tests {
    use super::DeleteMemberships;
    use crate::fixtures::{check_items, check_reply};
    use crate::reply::Done;

    fn three_keys() -> DeleteMemberships {
        DeleteMemberships { sourced_ids: ["m-1", "gone", "m-2"].map(str::to_owned).to_vec() }
    }

    #[test]
    fn every_key_is_read_in_its_place() {
        check_items("membership/delete_memberships/request.xml", &three_keys(), &three_keys().sourced_ids);
    }

    #[test]
    fn a_set_for_each_key_is_read_as_one_set() {
        let path = "membership/delete_memberships/request_a_set_for_each_id.xml";
        check_items(path, &three_keys(), &three_keys().sourced_ids);
    }

    #[test]
    fn each_key_has_its_own_status() {
        let said = ["success/status", "failure/error/membershipmanagement/unknownobject", "success/status"];
        check_reply::<DeleteMemberships>(
            "membership/delete_memberships/reply_second_unknown.xml",
            3,
            &said,
            &Done {},
        );
    }
}
