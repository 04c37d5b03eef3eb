//! `replacePerson`: gives a person exactly these properties; what is not given is emptied (facts/ims-es.md §5.2).
//!
//! Not here: whether the relatives exist.

use crate::operation::call;
use crate::person::object::Person;
use crate::person::rules;
use crate::policy::Verb;
use crate::record::record;
use crate::reply::Done;

record! {
    /// The request.
    pub struct ReplacePerson = PersonMessages "ReplacePersonRequest" {
        /// The person's syncID.
        pub sourced_id: Option<String> = ["sourcedId" / Common "identifier"],
        /// The person.
        pub person: Option<Person> = ["person"],
    }
}

call!(ReplacePerson is ReplacePerson, answered by Done with one status, checked by |request, policy| {
    vec![rules::check(request.sourced_id.as_deref(), request.person.as_ref(), Verb::Replace, policy)]
});

#[cfg(test)]
mod tests {
    use super::ReplacePerson;
    use crate::fixtures::{ada, check_call, check_reply};
    use crate::reply::Done;

    #[test]
    fn a_person_is_asked_for_with_its_key() {
        let expected = ReplacePerson { sourced_id: Some("person-1".to_owned()), person: Some(ada()) };
        check_call("person/replace_person/request.xml", &expected);
    }

    #[test]
    fn the_reply_is_empty_and_says_how_it_ended() {
        check_reply::<ReplacePerson>(
            "person/replace_person/reply_done.xml",
            1,
            &["success/status"],
            &Done {},
        );
    }
}
