//! `createGroup`: makes a group; one that exists already is updated (facts/ims-es.md §2.1, §2.2).
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
    pub struct CreateGroup = GroupMessages "CreateGroupRequest" {
        /// The group's syncID.
        pub sourced_id: Option<String> = ["sourcedId" / Common "identifier"],
        /// The group.
        pub group: Option<Group> = ["group"],
    }
}

call!(CreateGroup is CreateGroup, answered by Done with one status, checked by |request, policy| {
    vec![rules::check(request.sourced_id.as_deref(), request.group.as_ref(), Verb::Create, policy)]
});

#[cfg(test)]
mod tests {
    use super::CreateGroup;
    use crate::extension::{GroupExtension, Setting, TermPair};
    use crate::fixtures::{check_call, check_reply, read_call, school};
    use crate::operation::Call;
    use crate::policy::Policy;
    use crate::reply::Done;

    #[test]
    fn a_group_is_asked_for_with_its_key() {
        let expected = CreateGroup { sourced_id: Some("school-1".to_owned()), group: Some(school()) };
        check_call("group/create_group/request.xml", &expected);
    }

    #[test]
    fn the_reply_is_empty_and_says_how_it_ended() {
        check_reply::<CreateGroup>("group/create_group/reply_done.xml", 1, &["success/status"], &Done {});
    }

    #[test]
    fn a_course_is_asked_for_with_its_template_and_terms() {
        let path = "group/create_group/request_of_a_course_with_template.xml";
        let (found, _) = read_call::<CreateGroup>(path);
        assert_eq!(found.problems(&Policy::default()), [Vec::new()]);
        let (extension, _) = GroupExtension::read(&found.group.unwrap().extension);
        let value = |text: &str| Some(Setting::Value(text.to_owned()));
        assert_eq!(extension.course.credits, value("7.5"));
        assert_eq!(extension.course.template.course_creator_sync_key, value("person-2"));
        let terms: Vec<_> = extension.course.template.terms.into_iter().collect();
        let pair = |source, new| TermPair { source: value(source), new: value(new) };
        let first = ("1".to_owned(), pair("term-template-1", "term-autumn"));
        let second = ("2".to_owned(), pair("term-template-2", "term-spring"));
        assert_eq!(terms, [first, second]);
    }
}
