//! The server over real sockets: what is under way, batches, time, faults (facts/ims-es.md §6, trap 19).

use std::time::Duration;

use simulators::itslearning::{Fault, FaultRule, Latency, Server, Time, When, World};

use crate::lab::{action, envelope, group, said, world};

/// Makes so many groups in one message; waits long, for the machine may be busy with other tests.
async fn create(server: &Server, name: &str, count: usize) -> Result<(u16, Vec<String>), reqwest::Error> {
    create_within(Duration::from_secs(30), server, name, count).await
}

async fn create_within(
    timeout: Duration,
    server: &Server,
    name: &str,
    count: usize,
) -> Result<(u16, Vec<String>), reqwest::Error> {
    _ = rustls::crypto::ring::default_provider().install_default();
    let pair = |number| {
        let item = group(&format!("{name}-{number}"), "root", "", "Group", &[]);
        format!("<gm:groupIdPair>{item}</gm:groupIdPair>")
    };
    let pairs: String = (0..count).map(pair).collect();
    let body = format!(
        "<gm:createGroupsRequest><gm:groupIdPairSet>{pairs}</gm:groupIdPairSet></gm:createGroupsRequest>"
    );
    let client = reqwest::Client::builder().timeout(timeout).build()?;
    let request = client.post(server.url()).header("Content-Type", "text/xml; charset=utf-8");
    let response = request.header("SOAPAction", action("createGroups")).body(envelope(&body)).send().await?;
    let status = response.status().as_u16();
    let body = response.bytes().await?;
    Ok((status, said(&body).statuses))
}

async fn start(change: impl FnOnce(&mut World)) -> Server {
    let mut world = world();
    change(&mut world);
    Server::start(world).await.unwrap()
}

#[tokio::test]
async fn more_than_ten_items_under_way_find_the_service_busy() {
    let server = start(|world| {
        world.settings_mut().latency =
            Latency { call: Duration::from_millis(700), item: Duration::ZERO, time: Time::Real };
    })
    .await;
    let (first, second, third) =
        tokio::join!(create(&server, "a", 5), create(&server, "b", 5), create(&server, "c", 5));
    let all = [first.unwrap().1, second.unwrap().1, third.unwrap().1].concat();
    let busy = all.iter().filter(|status| *status == "failure/targetisbusy").count();
    assert_eq!((all.len(), busy, server.world().group_count()), (15, 5, 10));
    // A message that is alone may hold more.
    assert_eq!(create(&server, "d", 50).await.unwrap().1, vec!["success"; 50]);
    assert_eq!(server.in_flight_most(), 50);
}

#[tokio::test]
async fn a_batch_over_fifty_finds_the_service_busy() {
    let server = start(|_| {}).await;
    assert_eq!(create(&server, "a", 51).await.unwrap().1, vec!["failure/targetisbusy"; 51]);
    assert_eq!(server.world().group_count(), 0);
}

#[tokio::test]
async fn simulated_time_is_added_up_and_nobody_waits() {
    let server = start(|world| {
        world.settings_mut().latency =
            Latency { call: Duration::from_secs(60), item: Duration::from_secs(1), time: Time::Simulated };
    })
    .await;
    create(&server, "a", 2).await.unwrap();
    create(&server, "b", 1).await.unwrap();
    assert_eq!(server.simulated_time(), Duration::from_secs(123));
}

/// What befalls a message of four groups: the status, how many statuses, how many groups were made.
async fn check(fault: Fault, status: u16, statuses: &[&str], made: usize) {
    let server = start(|_| {}).await;
    server.faults().push(FaultRule::once(When::Call(1), fault));
    let hangs = matches!(fault, Fault::HangBefore | Fault::HangAfter);
    let timeout = if hangs { Duration::from_millis(500) } else { Duration::from_secs(30) };
    let answered = create_within(timeout, &server, "a", 4).await;
    let answered = answered.map_or((0, Vec::new()), |answered| answered);
    assert_eq!(
        (answered.0, &*answered.1),
        (status, &*statuses.iter().map(ToString::to_string).collect::<Vec<_>>()),
        "{fault:?}"
    );
    assert_eq!(server.world().group_count(), made, "{fault:?}");
    let call = server.calls().remove(0);
    assert_eq!((&*call.operation, call.items, call.fault), ("createGroups", 4, Some(fault)));
}

#[tokio::test]
async fn each_fault_does_what_it_says() {
    let done = "success";
    check(Fault::LostBefore, 0, &[], 0).await;
    check(Fault::LostAfter, 0, &[], 4).await;
    check(Fault::HangBefore, 0, &[], 0).await;
    check(Fault::HangAfter, 0, &[], 4).await;
    check(Fault::Delay(5), 200, &[done; 4], 4).await;
    check(Fault::Slow(1), 200, &[done; 4], 4).await;
    check(Fault::Status500, 500, &[], 0).await;
    check(Fault::Status503, 503, &[], 0).await;
    check(Fault::InternalFault, 500, &[], 0).await;
    check(Fault::HalfBatch, 500, &[], 2).await;
    check(Fault::Garbage, 200, &[], 4).await;
    check(Fault::EmptyBody, 200, &[], 4).await;
    check(Fault::HalfAnswer, 0, &[], 4).await;
    check(Fault::Busy, 200, &["failure/targetisbusy"; 4], 0).await;
    check(Fault::BusyForHalf, 200, &[done, "failure/targetisbusy", done, "failure/targetisbusy"], 2).await;
    check(Fault::StatusMissing, 200, &[done; 3], 4).await;
    check(Fault::StatusExtra, 200, &[done; 5], 4).await;
    check(Fault::OtherMessage, 200, &[done; 4], 4).await;
}
