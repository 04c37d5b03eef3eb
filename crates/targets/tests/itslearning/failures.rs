//! Calls that fail as a whole: each wrong set-up with its kind, and no secret in any text.

use std::time::Duration;

use ims_es::group::read_group::ReadGroup;
use ims_es::group::read_groups::ReadGroups;
use ims_es::operation::Operation;
use simulators::itslearning::{Fault, FaultRule, Server, When, World};
use targets::itslearning::{CallError, Itslearning, ItslearningSettings, Kind};
use targets::secret::Secret;

use crate::lab::{PASSWORD, settings, start};
use crate::self_signed::TlsFront;

async fn fails(settings: ItslearningSettings) -> CallError {
    let client = Itslearning::new(settings).unwrap();
    let error = client.call(&ReadGroup { sourced_id: Some("root".to_owned()) }).await.unwrap_err();
    let texts = format!("{error} {error:?} {} {client:?}", error.said());
    assert!(!texts.contains(PASSWORD), "{texts}");
    assert!(error.to_string().starts_with("cannot call readGroup of itslearning: "), "{error}");
    error
}

async fn check(change: impl FnOnce(&Server, &mut ItslearningSettings), code: &str, kind: Kind) {
    let (server, _) = start(World::default()).await;
    let mut settings = settings(&server.url());
    change(&server, &mut settings);
    let error = fails(settings).await;
    assert_eq!((&*error.code, error.kind), (code, kind), "{error}");
}

fn always(server: &Server, fault: Fault) {
    server.faults().push(FaultRule { when: When::Every(1), fault, times: usize::MAX });
}

#[tokio::test]
async fn each_wrong_set_up_has_its_kind() {
    let configuration = Kind::Configuration;
    check(|_, settings| settings.username = "nobody".into(), "FailedAuthentication", configuration).await;
    check(|_, settings| settings.password = Secret::new("wrong"), "FailedAuthentication", configuration)
        .await;
    check(
        |server, settings| settings.url = server.url().replace("WCFServiceLibrary", "other"),
        "http_404",
        configuration,
    )
    .await;
    check(
        |server, _| server.world().settings_mut().not_offered.push(Operation::ReadGroup),
        "ActionNotSupported",
        configuration,
    )
    .await;
    check(|server, _| server.world().settings_mut().message_bytes_max = 10, "http_413", Kind::Item).await;
    check(|_, settings| settings.answer_bytes_max = 10, "answer_too_large", Kind::Protocol).await;
    check(|server, _| always(server, Fault::Status503), "http_503", Kind::Transient).await;
    check(|server, _| always(server, Fault::InternalFault), "InternalServiceFault", Kind::Transient).await;
    let hangs = |server: &Server, settings: &mut ItslearningSettings| {
        settings.timeout = Duration::from_millis(200);
        always(server, Fault::HangBefore);
    };
    check(hangs, "timeout", Kind::Transient).await;
    check(|server, _| always(server, Fault::LostBefore), "no_answer", Kind::Transient).await;
    check(|server, _| always(server, Fault::HalfAnswer), "no_answer", Kind::Transient).await;
    check(|server, _| always(server, Fault::Garbage), "unreadable", Kind::Protocol).await;
    check(|server, _| always(server, Fault::EmptyBody), "empty_answer", Kind::Protocol).await;
    check(|server, _| always(server, Fault::StatusMissing), "no_status", Kind::Protocol).await;
    check(|server, _| always(server, Fault::OtherMessage), "other_message", Kind::Protocol).await;
}

#[tokio::test]
async fn a_wrong_number_of_statuses_is_counted() {
    for (fault, shown) in
        [(Fault::StatusMissing, "2 items, 1 statuses"), (Fault::StatusExtra, "2 items, 3 statuses")]
    {
        let (server, client) = start(World::default()).await;
        always(&server, fault);
        let sourced_ids = vec!["a".to_owned(), "b".to_owned()];
        let error = client.call(&ReadGroups { sourced_ids }).await.unwrap_err();
        assert_eq!((&*error.code, &*error.shown), ("status_count", shown));
    }
}

#[tokio::test]
async fn configuration_is_not_tried_again_and_what_passes_is() {
    let (server, _) = start(World::default()).await;
    fails(ItslearningSettings { username: "nobody".into(), ..settings(&server.url()) }).await;
    assert_eq!(server.calls().len(), 1);
    server.clear_calls();
    always(&server, Fault::Status500);
    fails(settings(&server.url())).await;
    assert_eq!(server.calls().len(), 4);
}

#[tokio::test]
async fn a_service_that_is_not_there_and_one_that_is_not_trusted_are_told_apart() {
    let (server, _) = start(World::default()).await;
    let url = server.url();
    let address = url.trim_start_matches("http://").split('/').next().unwrap();
    let front = TlsFront::start(address);
    let behind = format!("{}/WCFServiceLibrary", front.url());
    let error = fails(settings(&behind)).await;
    assert_eq!((&*error.code, error.kind), ("no_trust", Kind::Configuration), "{error:?}");

    let folder = tempfile::tempdir().unwrap();
    let ca_file = folder.path().join("ca.pem");
    std::fs::write(&ca_file, &front.certificate).unwrap();
    let trusting =
        Itslearning::new(ItslearningSettings { ca_file: Some(ca_file), ..settings(&behind) }).unwrap();
    trusting.call(&ReadGroup { sourced_id: Some("root".to_owned()) }).await.unwrap();

    server.stop().await;
    let error = fails(settings(&url)).await;
    assert_eq!((&*error.code, error.kind), ("no_connection", Kind::Transient), "{error:?}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = vec![0; 1 << 16];
        assert!(stream.read(&mut request).await.unwrap() > 0);
        let answer = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n";
        stream.write_all(answer.as_bytes()).await.unwrap();
    });
    let error = fails(settings(&url)).await;
    assert_eq!((&*error.code, error.kind), ("http_redirect", Kind::Configuration));
}

#[tokio::test]
async fn unusable_settings_are_named() {
    let check = |change: fn(&mut ItslearningSettings), name: &str| {
        let mut settings = settings("https://enterprise.example.com");
        change(&mut settings);
        assert_eq!(Itslearning::new(settings).unwrap_err().setting, name);
    };
    check(|settings| settings.url = "http://enterprise.example.com".into(), "url");
    check(|settings| settings.url = "enterprise".into(), "url");
    check(|settings| settings.username = " ".into(), "username");
    check(|settings| settings.password = Secret::new(" "), "password");
    check(|settings| settings.ca_file = Some("/nowhere/ca.pem".into()), "ca_file");
}
