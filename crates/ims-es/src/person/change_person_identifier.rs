//! `changePersonIdentifier`: renames the key of a person (facts/ims-es.md §5.2).
//!
//! Not here: whether the new key is free.

use crate::identifier;
use crate::operation::call;
use crate::record::record;
use crate::reply::Done;

record! {
    /// The request.
    pub struct ChangePersonIdentifier = PersonMessages "ChangePersonIdentifierRequest" {
        /// The syncID it has.
        pub sourced_id: Option<String> = ["sourcedId" / Common "identifier"],
        /// The syncID it shall have.
        pub new_sourced_id: Option<String> = ["newSourcedId" / Common "identifier"],
    }
}

call!(ChangePersonIdentifier is ChangePersonIdentifier, answered by Done with one status, checked by |request, _policy| {
    let mut problems = identifier::check("sourcedId", request.sourced_id.as_deref());
    problems.extend(identifier::check("newSourcedId", request.new_sourced_id.as_deref()));
    vec![problems]
});

#[cfg(test)]
mod tests {
    use super::ChangePersonIdentifier;
    use crate::fixtures::{check_call, check_reply};
    use crate::reply::Done;

    #[test]
    fn the_old_key_comes_first() {
        let expected = ChangePersonIdentifier {
            sourced_id: Some("AAAAA".to_owned()),
            new_sourced_id: Some("AAA".to_owned()),
        };
        check_call("person/change_person_identifier/request.xml", &expected);
    }

    #[test]
    fn a_key_that_is_taken_is_refused() {
        let said = ["failure/error/personmanagement/idallocinusefail"];
        check_reply::<ChangePersonIdentifier>(
            "person/change_person_identifier/reply_in_use.xml",
            1,
            &said,
            &Done {},
        );
    }
}
