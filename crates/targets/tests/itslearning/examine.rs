//! What an examination says of each wrong set-up.

use ims_es::operation::Operation;
use simulators::itslearning::{Fault, FaultRule, Server, When, World};
use targets::itslearning::{ItslearningSettings, OPERATIONS_NEEDED, Proof, Step, Verdict, examine};
use targets::secret::Secret;

use crate::lab::{PASSWORD, settings, start};

async fn examined(change: impl FnOnce(&Server, &mut ItslearningSettings)) -> (Server, Vec<Proof>) {
    let (server, _) = start(World::default()).await;
    let mut settings = settings(&server.url());
    change(&server, &mut settings);
    let proofs = examine(settings).await;
    assert!(!format!("{proofs:?}").contains(PASSWORD), "{proofs:?}");
    (server, proofs)
}

/// The steps that are wrong, and those of which nothing can be told.
fn verdicts(proofs: &[Proof]) -> (Vec<Step>, usize) {
    let of = |verdict| proofs.iter().filter(move |proof| proof.verdict == verdict);
    (of(Verdict::Wrong).map(|proof| proof.step).collect(), of(Verdict::CannotTell).count())
}

async fn check(change: impl FnOnce(&Server, &mut ItslearningSettings), wrong: &[Step], cannot_tell: usize) {
    let (_server, proofs) = examined(change).await;
    assert_eq!(verdicts(&proofs), (wrong.to_vec(), cannot_tell), "{proofs:#?}");
    assert!(
        proofs.iter().filter(|proof| proof.verdict == Verdict::Wrong).all(|proof| !proof.remedy.is_empty())
    );
}

#[tokio::test]
async fn a_right_set_up_is_proven_step_by_step_and_nothing_is_changed() {
    let (server, proofs) = examined(|_, _| {}).await;
    assert_eq!(verdicts(&proofs), (Vec::new(), 0), "{proofs:#?}");
    assert_eq!(proofs.len(), 3 + OPERATIONS_NEEDED.len());
    let made = {
        let world = server.world();
        world.group_count() + world.person_count()
    };
    assert_eq!(made, 0);
    assert!(server.calls().iter().all(|call| call.done == 0 || !call.is_write), "{:?}", server.calls());
}

#[tokio::test]
async fn each_wrong_set_up_is_found_at_its_step() {
    let all = OPERATIONS_NEEDED.len();
    check(|_, settings| settings.url = "http://enterprise.example.com".into(), &[Step::Settings], 0).await;
    check(|_, settings| settings.username = "nobody".into(), &[Step::Login], all).await;
    check(|_, settings| settings.password = Secret::new("wrong"), &[Step::Login], all).await;
    check(
        |server, settings| settings.url = server.url().replace("WCFServiceLibrary", "other"),
        &[Step::Connection],
        all + 1,
    )
    .await;
    // Nobody listens: it may pass, and nothing further is tried.
    check(|_, settings| settings.url = "http://127.0.0.1:1".into(), &[], all + 2).await;
    let rename = Operation::ChangeGroupsIdentifier;
    check(|server, _| server.world().settings_mut().not_offered.push(rename), &[Step::Operation(rename)], 0)
        .await;
    // Muster does without this one.
    check(|server, _| server.world().settings_mut().read_all_persons = false, &[], 0).await;
}

#[tokio::test]
async fn a_service_that_stumbles_over_an_empty_call_offers_the_operation() {
    let when = When::Function("deleteGroups".to_owned());
    check(
        |server, _| server.faults().push(FaultRule { when, fault: Fault::InternalFault, times: 1 }),
        &[],
        0,
    )
    .await;
    let when = When::Function("deleteGroups".to_owned());
    check(|server, _| server.faults().push(FaultRule { when, fault: Fault::Status503, times: 1 }), &[], 1)
        .await;
}
