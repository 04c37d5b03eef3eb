//! The audit log shows what was altered.

use store::{AuditState, MappingKey, MappingSettings};

use crate::support::{COURSE, change, cmis, on_disk};

async fn check(tampering: &'static str, expected: AuditState) {
    let (place, store, _lock) = on_disk().await;
    for module in ["A", "B", "C"] {
        let key = MappingKey { course: COURSE, source: cmis(), module: module.into() };
        store.set_mapping(&key, &MappingSettings::default(), &change(&cmis())).await.unwrap();
    }
    place.sql(tampering).await;
    assert_eq!(store.verify_audit().await.unwrap(), expected, "{tampering}");
}

#[tokio::test]
async fn a_row_that_was_altered_or_taken_out_shows() {
    check("SELECT 1", AuditState::Whole { rows: 3 }).await;
    check("UPDATE audit SET who = 'eve' WHERE id = 2", AuditState::Broken { row: 2 }).await;
    check("UPDATE audit SET at = at + 1 WHERE id = 1", AuditState::Broken { row: 1 }).await;
    check("DELETE FROM audit WHERE id = 2", AuditState::Broken { row: 3 }).await;
    check("DELETE FROM audit WHERE id = 1", AuditState::Broken { row: 2 }).await;
}
