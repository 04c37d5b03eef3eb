//! `readGroup`: reads a group (facts/ims-es.md §2.1, §2.2).
//!
//! Not here: who may read it.

use crate::group::object::Group;
use crate::identifier;
use crate::operation::call;
use crate::record::record;

record! {
    /// The request.
    pub struct ReadGroup = GroupMessages "ReadGroupRequest" {
        /// The group's syncID.
        pub sourced_id: Option<String> = ["sourcedId" / Common "identifier"],
    }
}

record! {
    /// The reply. Empty when the group is not known.
    pub struct ReadGroupReply = GroupMessages "ReadGroupResponse" {
        /// The group, without its syncID.
        pub group: Option<Group> = ["group"],
    }
}

call!(ReadGroup is ReadGroup, answered by ReadGroupReply with one status, checked by |request, _policy| {
    vec![identifier::check("sourcedId", request.sourced_id.as_deref())]
});

#[cfg(test)]
mod tests {
    use super::{ReadGroup, ReadGroupReply};
    use crate::fixtures::{check_call, check_reply, school};
    use crate::group::object::{Description, Group, Relationship};

    #[test]
    fn one_key_is_sent() {
        let expected = ReadGroup { sourced_id: Some("school-1".to_owned()) };
        check_call("group/read_group/request.xml", &expected);
    }

    #[test]
    fn the_group_comes_back_without_its_key() {
        let expected = ReadGroupReply { group: Some(school()) };
        check_reply::<ReadGroup>("group/read_group/reply_found.xml", 1, &["success/status"], &expected);
    }

    #[test]
    fn an_unknown_key_brings_nothing_back() {
        let said = ["failure/error/groupmanagement/unknownobject"];
        let expected = ReadGroupReply { group: None };
        check_reply::<ReadGroup>("group/read_group/reply_unknown.xml", 1, &said, &expected);
    }

    #[test]
    fn a_parent_without_a_key_comes_with_its_title_and_the_description_twice() {
        let description = Description {
            desc_short: Some("School one".to_owned()),
            desc_long: Some("A school".to_owned()),
            desc_full: None,
        };
        let parent =
            Relationship { source_id: None, label: Some("Site".to_owned()), ..Relationship::parent("") };
        let group = Group {
            relationships: vec![parent],
            description: Some(description.as_read()),
            extension: Vec::new(),
            ..school()
        };
        let path = "group/read_group/reply_with_label.xml";
        let expected = ReadGroupReply { group: Some(group) };
        check_reply::<ReadGroup>(path, 1, &["success/status"], &expected);
    }
}
