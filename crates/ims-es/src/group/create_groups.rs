//! `createGroups`: makes groups; those that exist already are updated (facts/ims-es.md §2.1, §2.2).
//!
//! Not here: what the hierarchy allows: that needs the other groups.

use crate::group::object::GroupIdPair;
use crate::group::rules;
use crate::operation::{call, streamed};
use crate::policy::Verb;
use crate::record::record;
use crate::reply::Done;

record! {
    /// The request.
    pub struct CreateGroups = GroupMessages "CreateGroupsRequest" {
        /// The groups, in the order in which they are worked on.
        pub pairs: Vec<GroupIdPair> = ["groupIdPairSet" / "groupIdPair"],
    }
}

streamed!(CreateGroups of GroupIdPair = GroupMessages ["groupIdPairSet" / "groupIdPair"]);
call!(CreateGroups is CreateGroups, answered by Done with a status for each of pairs, checked by |request, policy| {
    let check = |pair: &GroupIdPair| {
        rules::check(pair.sourced_id.as_deref(), pair.group.as_ref(), Verb::Create, policy)
    };
    request.pairs.iter().map(check).collect()
});

#[cfg(test)]
mod tests {
    use super::CreateGroups;
    use crate::fixtures::{check_items, check_reply, course, school};
    use crate::group::object::GroupIdPair;
    use crate::reply::Done;

    #[test]
    fn every_pair_is_read_in_its_place() {
        let pair = |id: &str, group| GroupIdPair { sourced_id: Some(id.to_owned()), group: Some(group) };
        let expected = CreateGroups { pairs: vec![pair("school-1", school()), pair("course-1", course())] };
        check_items("group/create_groups/request.xml", &expected, &expected.pairs);
    }

    #[test]
    fn each_pair_has_its_own_status() {
        let said = ["success/status", "failure/error/groupmanagement/invaliddata"];
        check_reply::<CreateGroups>("group/create_groups/reply_second_refused.xml", 2, &said, &Done {});
    }
}
