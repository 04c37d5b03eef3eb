//! `changeGroupsIdentifier`: renames the keys of groups, pair after pair (facts/ims-es.md §2.1, §2.2).
//!
//! Not here: whether the new keys are free.

use crate::common::IdentifierPair;
use crate::identifier;
use crate::operation::{call, streamed};
use crate::record::record;
use crate::reply::Done;

record! {
    /// The request.
    pub struct ChangeGroupsIdentifier = GroupMessages "ChangeGroupsIdentifierRequest" {
        /// Old and new keys. Each pair sees what the ones before it did.
        pub pairs: Vec<IdentifierPair> = ["pairSourcedIdSet" / Common "identifierPair"],
    }
}

streamed!(ChangeGroupsIdentifier of IdentifierPair = GroupMessages ["pairSourcedIdSet" / Common "identifierPair"]);
call!(ChangeGroupsIdentifier is ChangeGroupsIdentifier, answered by Done with a status for each of pairs, checked by |request, _policy| {
    request.pairs.iter().map(identifier::check_pair).collect()
});

#[cfg(test)]
mod tests {
    use super::ChangeGroupsIdentifier;
    use crate::common::IdentifierPair;
    use crate::envelope::read_reply;
    use crate::error::MessageError;
    use crate::fixtures::{check_items, check_reply};
    use crate::limits::Limits;
    use crate::reply::Done;

    fn three_pairs() -> ChangeGroupsIdentifier {
        let pair = |(old, new): (&str, &str)| IdentifierPair {
            first_id: Some(old.to_owned()),
            second_id: Some(new.to_owned()),
        };
        ChangeGroupsIdentifier {
            pairs: [("AAAAA", "AAA"), ("BBBBB", "BBB"), ("CCCCC", "CCC")].map(pair).to_vec(),
        }
    }

    #[test]
    fn every_pair_is_read_in_its_place() {
        check_items("group/change_groups_identifier/request.xml", &three_pairs(), &three_pairs().pairs);
    }

    #[test]
    fn the_third_pair_is_refused_and_the_others_are_done() {
        let said = ["success/status", "success/status", "failure/error/groupmanagement/idallocinusefail"];
        check_reply::<ChangeGroupsIdentifier>(
            "group/change_groups_identifier/reply_third_in_use.xml",
            3,
            &said,
            &Done {},
        );
    }

    #[test]
    fn a_nil_pair_keeps_its_place() {
        let mut expected = three_pairs();
        expected.pairs[1] = IdentifierPair::default();
        let path = "group/change_groups_identifier/request_with_a_nil_pair.xml";
        let (found, _) = crate::fixtures::read_call::<ChangeGroupsIdentifier>(path);
        assert_eq!(found, expected);
    }

    #[test]
    fn a_reply_as_it_is_printed_is_refused_and_the_repaired_one_is_read() {
        let printed = crate::fixtures::bytes("group/change_groups_identifier/reply_as_printed.xml");
        let result = read_reply::<ChangeGroupsIdentifier>(printed.as_slice(), Limits::default(), 3);
        assert!(matches!(result, Err(MessageError::UndeclaredPrefix { .. })), "{result:?}");
        let said = ["success/status", "success/status", "failure/error/groupmanagement/idallocinusefail"];
        let path = "group/change_groups_identifier/reply_repaired.xml";
        check_reply::<ChangeGroupsIdentifier>(path, 3, &said, &Done {});
    }

    #[test]
    fn too_few_statuses_make_the_whole_answer_an_error() {
        let short = crate::fixtures::bytes("group/change_groups_identifier/reply_one_status_short.xml");
        let result = read_reply::<ChangeGroupsIdentifier>(short.as_slice(), Limits::default(), 3);
        assert!(matches!(result, Err(MessageError::StatusCount { expected: 3, found: 2 })), "{result:?}");
    }
}
