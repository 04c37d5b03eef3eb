//! `readPerson`: reads a person (facts/ims-es.md §5.2).
//!
//! Not here: who may read it.

use crate::identifier;
use crate::operation::call;
use crate::person::object::Person;
use crate::record::record;

record! {
    /// The request.
    pub struct ReadPerson = PersonMessages "ReadPersonRequest" {
        /// The person's syncID.
        pub sourced_id: Option<String> = ["sourcedId" / Common "identifier"],
    }
}

record! {
    /// The reply. Empty when the person is not known.
    pub struct ReadPersonReply = PersonMessages "ReadPersonResponse" {
        /// The person, without its syncID.
        pub person: Option<Person> = ["person"],
    }
}

call!(ReadPerson is ReadPerson, answered by ReadPersonReply with one status, checked by |request, _policy| {
    vec![identifier::check("sourcedId", request.sourced_id.as_deref())]
});

#[cfg(test)]
mod tests {
    use super::{ReadPerson, ReadPersonReply};
    use crate::fixtures::{ada, check_call, check_reply};

    #[test]
    fn one_key_is_sent() {
        let expected = ReadPerson { sourced_id: Some("person-1".to_owned()) };
        check_call("person/read_person/request.xml", &expected);
    }

    #[test]
    fn the_person_comes_back_without_its_key() {
        let expected = ReadPersonReply { person: Some(ada()) };
        check_reply::<ReadPerson>("person/read_person/reply_found.xml", 1, &["success/status"], &expected);
    }

    #[test]
    fn an_unknown_key_brings_nothing_back() {
        let said = ["failure/error/personmanagement/unknownobject"];
        let expected = ReadPersonReply { person: None };
        check_reply::<ReadPerson>("person/read_person/reply_unknown.xml", 1, &said, &expected);
    }
}
