//! `deleteGroup`: deletes a group, all below it, and all their memberships; connected courses stay (facts/ims-es.md §2.1, §2.2).
//!
//! Not here: who may delete it.

use crate::identifier;
use crate::operation::call;
use crate::record::record;
use crate::reply::Done;

record! {
    /// The request.
    pub struct DeleteGroup = GroupMessages "DeleteGroupRequest" {
        /// The group's syncID.
        pub sourced_id: Option<String> = ["sourcedId" / Common "identifier"],
    }
}

call!(DeleteGroup is DeleteGroup, answered by Done with one status, checked by |request, _policy| {
    vec![identifier::check("sourcedId", request.sourced_id.as_deref())]
});

#[cfg(test)]
mod tests {
    use super::DeleteGroup;
    use crate::fixtures::{check_call, check_reply};
    use crate::reply::Done;

    #[test]
    fn one_key_is_sent() {
        let expected = DeleteGroup { sourced_id: Some("school-1".to_owned()) };
        check_call("group/delete_group/request.xml", &expected);
    }

    #[test]
    fn what_is_gone_already_is_unknown_and_no_fault() {
        let said = ["failure/error/groupmanagement/unknownobject"];
        check_reply::<DeleteGroup>("group/delete_group/reply_unknown.xml", 1, &said, &Done {});
    }
}
