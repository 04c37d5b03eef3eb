//! `readGroups`: reads groups (facts/ims-es.md §2.1, §2.2).
//!
//! Not here: who may read them.

use crate::group::object::Group;
use crate::identifier;
use crate::operation::{call, streamed};
use crate::record::record;

record! {
    /// The request.
    pub struct ReadGroups = GroupMessages "ReadGroupsRequest" {
        /// The syncIDs.
        pub sourced_ids: Vec<String> = ["sourcedIdSet" / Common "identifier"],
    }
}

record! {
    /// The reply: the groups that were found, in the order of the request, **without their identifiers**.
    pub struct ReadGroupsReply = GroupMessages "ReadGroupsResponse" {
        /// The groups whose status says success.
        pub groups: Vec<Group> = [always "groupSet" / "group"],
    }
}

streamed!(ReadGroupsReply of Group = GroupMessages ["groupSet" / "group"]);
streamed!(ReadGroups of String = GroupMessages ["sourcedIdSet" / Common "identifier"]);
call!(ReadGroups is ReadGroups, answered by ReadGroupsReply with a status for each of sourced_ids, checked by |request, _policy| {
    request.sourced_ids.iter().map(|id| identifier::check("sourcedIdSet/identifier", Some(id))).collect()
});

#[cfg(test)]
mod tests {
    use super::{ReadGroups, ReadGroupsReply};
    use crate::fixtures::{check_items, check_reply, course, school};

    fn three_keys() -> ReadGroups {
        ReadGroups { sourced_ids: ["school-1", "gone", "course-1"].map(str::to_owned).to_vec() }
    }

    #[test]
    fn every_key_is_read_in_its_place() {
        check_items("group/read_groups/request.xml", &three_keys(), &three_keys().sourced_ids);
    }

    #[test]
    fn three_statuses_come_back_and_two_groups() {
        let said = ["success/status", "failure/error/groupmanagement/unknownobject", "success/status"];
        let expected = ReadGroupsReply { groups: vec![school(), course()] };
        check_reply::<ReadGroups>("group/read_groups/reply_second_unknown.xml", 3, &said, &expected);
    }
}
