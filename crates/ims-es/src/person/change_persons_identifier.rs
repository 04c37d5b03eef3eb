//! `changePersonsIdentifier`: renames the keys of persons, pair after pair (facts/ims-es.md §5.2).
//!
//! Not here: whether the new keys are free.

use crate::common::IdentifierPair;
use crate::identifier;
use crate::operation::{call, streamed};
use crate::record::record;
use crate::reply::Done;

record! {
    /// The request.
    pub struct ChangePersonsIdentifier = PersonMessages "ChangePersonsIdentifierRequest" {
        /// Old and new keys. Each pair sees what the ones before it did.
        pub pairs: Vec<IdentifierPair> = ["pairSourcedIdSet" / Common "identifierPair"],
    }
}

streamed!(ChangePersonsIdentifier of IdentifierPair = PersonMessages ["pairSourcedIdSet" / Common "identifierPair"]);
call!(ChangePersonsIdentifier is ChangePersonsIdentifier, answered by Done with a status for each of pairs, checked by |request, _policy| {
    request.pairs.iter().map(identifier::check_pair).collect()
});

#[cfg(test)]
mod tests {
    use super::ChangePersonsIdentifier;
    use crate::common::IdentifierPair;
    use crate::fixtures::{check_items, check_reply};
    use crate::reply::Done;

    fn three_pairs() -> ChangePersonsIdentifier {
        let pair = |(old, new): (&str, &str)| IdentifierPair {
            first_id: Some(old.to_owned()),
            second_id: Some(new.to_owned()),
        };
        ChangePersonsIdentifier {
            pairs: [("AAAAA", "AAA"), ("BBBBB", "BBB"), ("CCCCC", "CCC")].map(pair).to_vec(),
        }
    }

    #[test]
    fn every_pair_is_read_in_its_place() {
        check_items("person/change_persons_identifier/request.xml", &three_pairs(), &three_pairs().pairs);
    }

    #[test]
    fn the_third_pair_is_refused_and_the_others_are_done() {
        let said = ["success/status", "success/status", "failure/error/personmanagement/idallocinusefail"];
        check_reply::<ChangePersonsIdentifier>(
            "person/change_persons_identifier/reply_third_in_use.xml",
            3,
            &said,
            &Done {},
        );
    }
}
