//! Looking people up.

use reconcile::keys::{PersonKey, UserId};
use simulators::moodle::{Functions, NewUser, Server, Token};
use targets::moodle::{Moodle, MoodleSettings, PersonKeyField};

use crate::campus::{SERVICE_USER, TOKEN, settings, start, user, world};

fn persons(keys: &[&str]) -> Vec<PersonKey> {
    keys.iter().copied().map(PersonKey::from).collect()
}

#[tokio::test]
async fn everybody_who_was_asked_for_is_in_the_answer() {
    let mut world = world([], 250);
    world.add_user(NewUser {
        id: Some(77),
        username: "twin".into(),
        idnumber: "20000001".into(),
        ..NewUser::default()
    });
    let (server, moodle) = start(world).await;
    let mut keys = persons(&["nobody"]);
    keys.extend((1..=250).map(|number| PersonKey::from(format!("{}", 20_000_000 + number).as_str())));
    let directory = moodle.directory(&keys).await.unwrap();
    assert_eq!(directory.users.len(), 251);
    assert_eq!(directory.users[&keys[0]], []);
    assert_eq!(directory.users[&keys[1]], [UserId(77), UserId(user(1))]);
    assert_eq!(directory.users[&keys[250]], [UserId(user(250))]);
    assert_eq!(server.calls().len(), 3);
}

#[tokio::test]
async fn usernames_are_asked_for_in_lower_case() {
    let server = Server::start(world([], 3)).await.unwrap();
    let settings = MoodleSettings { person_key: PersonKeyField::Username, ..settings(&server) };
    let moodle = Moodle::connect(settings).await.unwrap();
    let keys = persons(&["U2", "u2", "u3"]);
    let directory = moodle.directory(&keys).await.unwrap();
    assert_eq!(directory.users[&keys[0]], [UserId(user(2))]);
    assert_eq!(directory.users[&keys[1]], [UserId(user(2))]);
    assert_eq!(directory.users[&keys[2]], [UserId(user(3))]);
}

#[tokio::test]
async fn an_address_that_moodle_refuses_names_nobody_and_hides_nobody() {
    let server = Server::start(world([], 40)).await.unwrap();
    let settings = MoodleSettings { person_key: PersonKeyField::Email, ..settings(&server) };
    let moodle = Moodle::connect(settings).await.unwrap();
    let addresses: Vec<String> = (1..=40).map(|number| format!("u{number}@example.ac.uk")).collect();
    let mut keys = persons(&["nobody"]);
    keys.extend(addresses.iter().map(|address| PersonKey::from(address.as_str())));
    let directory = moodle.directory(&keys).await.unwrap();
    assert_eq!(directory.users[&keys[0]], []);
    for (key, number) in keys[1..].iter().zip(1..) {
        assert_eq!(directory.users[key], [UserId(user(number))]);
    }
    assert!(server.calls().iter().any(|call| call.errorcode.as_deref() == Some("invalidparameter")));
}

#[tokio::test]
async fn nobody_is_asked_for_when_nobody_is_wanted_or_the_function_is_missing() {
    let (server, moodle) = start(world([], 1)).await;
    assert!(moodle.directory(&[]).await.unwrap().users.is_empty());
    assert!(server.calls().is_empty());

    let names = moodle.site().functions.clone();
    let names = names.iter().map(String::as_str).filter(|name| *name != "core_user_get_users_by_field");
    let mut world = world([], 1);
    world.add_token(Token::new(TOKEN, SERVICE_USER).with_functions(Functions::only(names)));
    let (_server, moodle) = start(world).await;
    assert!(moodle.directory(&persons(&["20000001"])).await.unwrap().users.is_empty());
}
