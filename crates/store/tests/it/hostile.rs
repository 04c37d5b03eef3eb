//! Texts that break careless programs come back as they went in.

use reconcile::delivery::{DeliveredGroup, DeliveredMember, Delivery};
use reconcile::keys::{PersonKey, Role};
use store::{MappingFilter, MappingKey, MappingSettings, RejectionFilter, SUBKEY_CHARS_MAX, Verdict};

use crate::support::{COURSE, at, change, cmis, delivery, memory, rejection};

fn hostile() -> Vec<String> {
    let mut texts: Vec<String> = [
        "'; DROP TABLE persons; --",
        "\"double\" 'single' `back`",
        "with\u{0}nul\u{0}",
        "\u{0}",
        "four bytes \u{1F600}\u{10FFFF}",
        "?, ?1, :name, $2, {key}",
        "line\nbreak\r\ttab",
        "%_\\",
        "e\u{301} and \u{e9}",
        " spaces around ",
    ]
    .map(str::to_owned)
    .to_vec();
    texts.push("x".repeat(100_000));
    texts
}

/// A text as a key may be: sources have shorter ones, because an index has to hold them.
fn key(text: &str) -> String {
    text.chars().take(SUBKEY_CHARS_MAX).collect()
}

/// A text as it comes back: PostgreSQL keeps no U+0000, and what one database cannot keep none keeps.
fn kept(text: &str) -> String {
    text.replace('\0', "\u{FFFD}")
}

#[tokio::test]
async fn source_rows_come_back_as_they_went_in() {
    let (store, lock) = memory().await;
    let mut sent = Delivery { persons: Vec::new(), ..delivery(&[]) };
    for (number, text) in (0..).zip(hostile()) {
        let short = key(&text);
        let mapping = MappingKey { course: COURSE, source: cmis(), module: short.as_str().into() };
        store.set_mapping(&mapping, &MappingSettings::default(), &change(&cmis())).await.unwrap();
        sent.groups.push(DeliveredGroup {
            module: short.as_str().into(),
            id: short.as_str().into(),
            code: text.as_str().into(),
            name: text.as_str().into(),
            kind: text.as_str().into(),
            term: text.as_str().into(),
        });
        sent.persons.push(short.as_str().into());
        sent.members.push(DeliveredMember { group: number, person: number, role: Role::Tutor });
        sent.rejections.push(rejection(number.into(), &[&text, &text]));
    }
    store.save_delivery(&lock, &sent, at(10), &Verdict::Accepted).await.unwrap();

    let snapshot = store.snapshots(&[COURSE], &cmis(), at(20)).await.unwrap().remove(0);
    assert_eq!(snapshot.modules.len(), hostile().len());
    for module in snapshot.modules {
        let short = module.module.as_str();
        let group = &module.groups[0];
        let text = hostile().iter().map(|sent| kept(sent)).find(|sent| key(sent) == short).unwrap();
        let text = text.as_str();
        assert_eq!((group.id.as_str(), &*group.code, &*group.name), (short, text, text));
        assert_eq!((&*group.kind, &*group.term), (text, text));
        assert_eq!(group.members[0].person, PersonKey::from(short));
        assert_eq!(module.terms.len(), hostile().len());
    }
    let mappings = store.mappings(&MappingFilter::default(), &cmis()).await.unwrap();
    assert_eq!(mappings.len(), hostile().len());
    let rejected = store.rejections(&RejectionFilter::default()).await.unwrap();
    let rows: Vec<String> = rejected.into_iter().map(|mut row| row.row.remove(0)).collect();
    assert_eq!(rows, hostile());
}

#[tokio::test]
async fn reasons_in_the_audit_log_come_back_as_they_were_given() {
    let (store, _lock) = memory().await;
    for text in hostile() {
        let settings = MappingSettings { owner: Some(text.as_str().into()), ..MappingSettings::default() };
        let key = MappingKey { course: COURSE, source: cmis(), module: "M".into() };
        let source = cmis();
        let told = store::MappingChange { who: &text, reason: &text, ..change(&source) };
        store.set_mapping(&key, &settings, &told).await.unwrap();
        let entry = store.audit(1).await.unwrap().remove(0);
        assert_eq!((&*entry.who, &*entry.reason), (kept(&text).as_str(), kept(&text).as_str()));
    }
    assert!(matches!(store.verify_audit().await.unwrap(), store::AuditState::Whole { .. }));
}
