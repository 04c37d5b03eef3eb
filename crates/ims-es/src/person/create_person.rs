//! `createPerson`: makes a person; one that exists already is updated (facts/ims-es.md §5.2).
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
    pub struct CreatePerson = PersonMessages "CreatePersonRequest" {
        /// The person's syncID.
        pub sourced_id: Option<String> = ["sourcedId" / Common "identifier"],
        /// The person.
        pub person: Option<Person> = ["person"],
    }
}

call!(CreatePerson is CreatePerson, answered by Done with one status, checked by |request, policy| {
    vec![rules::check(request.sourced_id.as_deref(), request.person.as_ref(), Verb::Create, policy)]
});

#[cfg(test)]
mod tests {
    use super::CreatePerson;
    use crate::fixtures::{ada, check_call, check_reply};
    use crate::reply::Done;

    #[test]
    fn a_person_is_asked_for_with_its_key() {
        let expected = CreatePerson { sourced_id: Some("person-1".to_owned()), person: Some(ada()) };
        check_call("person/create_person/request.xml", &expected);
    }

    #[test]
    fn the_reply_is_empty_and_says_how_it_ended() {
        check_reply::<CreatePerson>("person/create_person/reply_done.xml", 1, &["success/status"], &Done {});
    }

    #[test]
    fn an_empty_birthday_is_a_problem_of_its_item() {
        let path = "person/create_person/request_with_an_empty_birthday.xml";
        let (found, remarks) = crate::fixtures::read_call::<CreatePerson>(path);
        assert_eq!(remarks, []);
        let problems = crate::operation::Call::problems(&found, &crate::policy::Policy::default());
        assert!(problems[0].iter().any(|problem| problem.field == "demographics/bday"), "{problems:?}");
    }
}
