//! `changeGroupIdentifier`: renames the key of a group (facts/ims-es.md §2.1, §2.2).
//!
//! Not here: whether the new key is free.

use crate::identifier;
use crate::operation::call;
use crate::record::record;
use crate::reply::Done;

record! {
    /// The request.
    pub struct ChangeGroupIdentifier = GroupMessages "ChangeGroupIdentifierRequest" {
        /// The syncID it has.
        pub sourced_id: Option<String> = ["sourcedId" / Common "identifier"],
        /// The syncID it shall have.
        pub new_sourced_id: Option<String> = ["newSourcedId" / Common "identifier"],
    }
}

call!(ChangeGroupIdentifier is ChangeGroupIdentifier, answered by Done with one status, checked by |request, _policy| {
    let mut problems = identifier::check("sourcedId", request.sourced_id.as_deref());
    problems.extend(identifier::check("newSourcedId", request.new_sourced_id.as_deref()));
    vec![problems]
});

#[cfg(test)]
mod tests {
    use super::ChangeGroupIdentifier;
    use crate::fixtures::{check_call, check_reply};
    use crate::reply::Done;

    #[test]
    fn the_old_key_comes_first() {
        let expected = ChangeGroupIdentifier {
            sourced_id: Some("AAAAA".to_owned()),
            new_sourced_id: Some("AAA".to_owned()),
        };
        check_call("group/change_group_identifier/request.xml", &expected);
    }

    #[test]
    fn a_key_that_is_taken_is_refused() {
        let said = ["failure/error/groupmanagement/idallocinusefail"];
        check_reply::<ChangeGroupIdentifier>(
            "group/change_group_identifier/reply_in_use.xml",
            1,
            &said,
            &Done {},
        );
    }
}
