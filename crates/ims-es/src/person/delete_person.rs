//! `deletePerson`: deletes a person (facts/ims-es.md §5.2).
//!
//! Not here: who may delete it.

use crate::identifier;
use crate::operation::call;
use crate::record::record;
use crate::reply::Done;

record! {
    /// The request.
    pub struct DeletePerson = PersonMessages "DeletePersonRequest" {
        /// The person's syncID.
        pub sourced_id: Option<String> = ["sourcedId" / Common "identifier"],
    }
}

call!(DeletePerson is DeletePerson, answered by Done with one status, checked by |request, _policy| {
    vec![identifier::check("sourcedId", request.sourced_id.as_deref())]
});

#[cfg(test)]
mod tests {
    use super::DeletePerson;
    use crate::fixtures::{check_call, check_reply};
    use crate::reply::Done;

    #[test]
    fn one_key_is_sent() {
        let expected = DeletePerson { sourced_id: Some("person-1".to_owned()) };
        check_call("person/delete_person/request.xml", &expected);
    }

    #[test]
    fn what_is_gone_already_is_unknown_and_no_fault() {
        let said = ["failure/error/personmanagement/unknownobject"];
        check_reply::<DeletePerson>("person/delete_person/reply_unknown.xml", 1, &said, &Done {});
    }
}
