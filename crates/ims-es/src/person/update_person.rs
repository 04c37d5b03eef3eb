//! `updatePerson`: changes what is given of a person, and makes it if it does not exist and the data suffice (facts/ims-es.md §5.2).
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
    pub struct UpdatePerson = PersonMessages "UpdatePersonRequest" {
        /// The person's syncID.
        pub sourced_id: Option<String> = ["sourcedId" / Common "identifier"],
        /// The person.
        pub person: Option<Person> = ["person"],
    }
}

call!(UpdatePerson is UpdatePerson, answered by Done with one status, checked by |request, policy| {
    vec![rules::check(request.sourced_id.as_deref(), request.person.as_ref(), Verb::Update, policy)]
});

#[cfg(test)]
mod tests {
    use super::UpdatePerson;
    use crate::fixtures::{ada, check_call, check_reply};
    use crate::reply::Done;

    #[test]
    fn a_person_is_asked_for_with_its_key() {
        let expected = UpdatePerson { sourced_id: Some("person-1".to_owned()), person: Some(ada()) };
        check_call("person/update_person/request.xml", &expected);
    }

    #[test]
    fn the_reply_is_empty_and_says_how_it_ended() {
        check_reply::<UpdatePerson>("person/update_person/reply_done.xml", 1, &["success/status"], &Done {});
    }
}
