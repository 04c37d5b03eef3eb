//! `replacePersons`: gives each person exactly these properties; what is not given is emptied (facts/ims-es.md §5.2).
//!
//! Not here: whether the relatives exist.

use crate::operation::{call, streamed};
use crate::person::object::PersonIdPair;
use crate::person::rules;
use crate::policy::Verb;
use crate::record::record;
use crate::reply::Done;

record! {
    /// The request.
    pub struct ReplacePersons = PersonMessages "ReplacePersonsRequest" {
        /// The persons, in the order in which they are worked on.
        pub pairs: Vec<PersonIdPair> = ["personIdPairSet" / "personIdPair"],
    }
}

streamed!(ReplacePersons of PersonIdPair = PersonMessages ["personIdPairSet" / "personIdPair"]);
call!(ReplacePersons is ReplacePersons, answered by Done with a status for each of pairs, checked by |request, policy| {
    let check = |pair: &PersonIdPair| {
        rules::check(pair.sourced_id.as_deref(), pair.person.as_ref(), Verb::Replace, policy)
    };
    request.pairs.iter().map(check).collect()
});

#[cfg(test)]
mod tests {
    use super::ReplacePersons;
    use crate::fixtures::{ada, ben, check_items, check_reply};
    use crate::person::object::PersonIdPair;
    use crate::reply::Done;

    #[test]
    fn every_pair_is_read_in_its_place() {
        let pair = |id: &str, person| PersonIdPair { sourced_id: Some(id.to_owned()), person: Some(person) };
        let expected = ReplacePersons { pairs: vec![pair("person-1", ada()), pair("person-2", ben())] };
        check_items("person/replace_persons/request.xml", &expected, &expected.pairs);
    }

    #[test]
    fn each_pair_has_its_own_status() {
        let said = ["success/status", "failure/error/personmanagement/invaliddata"];
        check_reply::<ReplacePersons>("person/replace_persons/reply_second_refused.xml", 2, &said, &Done {});
    }
}
