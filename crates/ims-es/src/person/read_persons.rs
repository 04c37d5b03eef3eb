//! `readPersons`: reads persons (facts/ims-es.md §5.2).
//!
//! Not here: who may read them.

use crate::identifier;
use crate::operation::{call, streamed};
use crate::person::object::Person;
use crate::record::record;

record! {
    /// The request.
    pub struct ReadPersons = PersonMessages "ReadPersonsRequest" {
        /// The syncIDs.
        pub sourced_ids: Vec<String> = ["sourcedIdSet" / Common "identifier"],
    }
}

record! {
    /// The reply: the persons that were found, in the order of the request, **without their identifiers**.
    pub struct ReadPersonsReply = PersonMessages "ReadPersonsResponse" {
        /// The persons whose status says success.
        pub persons: Vec<Person> = [always "personSet" / "person"],
    }
}

streamed!(ReadPersonsReply of Person = PersonMessages ["personSet" / "person"]);
streamed!(ReadPersons of String = PersonMessages ["sourcedIdSet" / Common "identifier"]);
call!(ReadPersons is ReadPersons, answered by ReadPersonsReply with a status for each of sourced_ids, checked by |request, _policy| {
    request.sourced_ids.iter().map(|id| identifier::check("sourcedIdSet/identifier", Some(id))).collect()
});

#[cfg(test)]
mod tests {
    use super::{ReadPersons, ReadPersonsReply};
    use crate::fixtures::{ada, ben, check_items, check_reply};

    fn three_keys() -> ReadPersons {
        ReadPersons { sourced_ids: ["person-1", "gone", "person-2"].map(str::to_owned).to_vec() }
    }

    #[test]
    fn every_key_is_read_in_its_place() {
        check_items("person/read_persons/request.xml", &three_keys(), &three_keys().sourced_ids);
    }

    #[test]
    fn three_statuses_come_back_and_two_persons() {
        let said = ["success/status", "failure/error/personmanagement/unknownobject", "success/status"];
        let expected = ReadPersonsReply { persons: vec![ada(), ben()] };
        check_reply::<ReadPersons>("person/read_persons/reply_second_unknown.xml", 3, &said, &expected);
    }
}
