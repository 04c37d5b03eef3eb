//! `updateGroup`: changes what is given of a group, and makes it if it does not exist and the data suffice (facts/ims-es.md §2.1, §2.2).
//!
//! Not here: what the hierarchy allows: that needs the other groups.

use crate::group::object::Group;
use crate::group::rules;
use crate::operation::call;
use crate::policy::Verb;
use crate::record::record;
use crate::reply::Done;

record! {
    /// The request.
    pub struct UpdateGroup = GroupMessages "UpdateGroupRequest" {
        /// The group's syncID.
        pub sourced_id: Option<String> = ["sourcedId" / Common "identifier"],
        /// The group.
        pub group: Option<Group> = ["group"],
    }
}

call!(UpdateGroup is UpdateGroup, answered by Done with one status, checked by |request, policy| {
    vec![rules::check(request.sourced_id.as_deref(), request.group.as_ref(), Verb::Update, policy)]
});

#[cfg(test)]
mod tests {
    use super::UpdateGroup;
    use crate::fixtures::{check_call, check_reply, school};
    use crate::reply::Done;

    #[test]
    fn a_group_is_asked_for_with_its_key() {
        let expected = UpdateGroup { sourced_id: Some("school-1".to_owned()), group: Some(school()) };
        check_call("group/update_group/request.xml", &expected);
    }

    #[test]
    fn the_reply_is_empty_and_says_how_it_ended() {
        check_reply::<UpdateGroup>("group/update_group/reply_done.xml", 1, &["success/status"], &Done {});
    }
}
