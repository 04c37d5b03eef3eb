//! Who holds which role in a course, and how people can be written to (feature H7).

use reconcile::keys::{CourseId, PersonKey, UserId};
use simulators::moodle::{Rights, Token};
use targets::moodle::ContactBy;

use crate::campus::{SERVICE_USER, TOKEN, start, user, world};

const COURSE: CourseId = CourseId(101);

fn values(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

#[tokio::test]
async fn h7_the_holders_of_a_role_are_told_by_its_short_name() {
    let mut world = world([101], 4);
    world.enrol(101, user(2), "editingteacher");
    world.enrol(101, user(3), "teacher");
    let (server, moodle) = start(world).await;
    let check = async |roles: &[&str], expected: &[i64]| {
        let found = moodle.role_holders(COURSE, &values(roles)).await.unwrap();
        assert_eq!(found, expected.iter().copied().map(user).map(UserId).collect::<Vec<_>>(), "{roles:?}");
    };
    check(&["editingteacher"], &[2]).await;
    check(&["editingteacher", "teacher"], &[2, 3]).await;
    check(&["manager"], &[]).await;
    assert_eq!(server.calls().iter().filter(|call| call.function.ends_with("enrolled_users")).count(), 3);
    server.world().delete_course(101);
    assert!(moodle.role_holders(COURSE, &values(&["teacher"])).await.is_err());
}

#[tokio::test]
async fn h7_a_user_is_found_with_address_and_language_by_number_key_and_address() {
    let mut world = world([101], 4);
    world.change_user(user(2), |user| {
        user.email = "bea@example.ac.uk".to_owned();
        user.idnumber = "T2".to_owned();
        user.lang = "de_du".to_owned();
    });
    world.change_user(user(3), |user| user.email = "cleo@example.ac.uk".to_owned());
    world.suspend_user(user(3));
    let (server, moodle) = start(world).await;
    let number = user(2).to_string();
    for (by, value) in [
        (ContactBy::User, number.as_str()),
        (ContactBy::Key, "T2"),
        (ContactBy::Address, "bea@example.ac.uk"),
    ] {
        // What is no address names nobody, and costs the others nothing.
        let found = moodle.contacts(by, &values(&[value, "cleo@example.ac.uk", "9999"])).await.unwrap();
        let told: Vec<_> = found
            .iter()
            .map(|contact| {
                let person = contact.person.as_ref().map(PersonKey::as_str);
                (contact.user.0, person, &*contact.address, &*contact.language)
            })
            .collect();
        assert_eq!(told, [(user(2), Some("T2"), "bea@example.ac.uk", "de_du")], "{by:?}");
    }
    // A token that may not see addresses finds nobody to write to.
    let rights = Rights::manager().without("moodle/site:viewuseridentity").without("moodle/course:useremail");
    server.world().add_token(Token::new(TOKEN, SERVICE_USER).with_rights(rights));
    assert_eq!(moodle.contacts(ContactBy::User, &values(&[&number])).await.unwrap(), []);
}
