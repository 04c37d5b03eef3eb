//! Mappings: written by us and by other programs.

use reconcile::keys::CourseId;
use reconcile::snapshot::Wish;
use store::{
    Flag, ForeignMapping, MappingChange, MappingFilter, MappingKey, MappingRow, MappingSettings, Store,
    TakenOver,
};

use crate::place::Place;
use crate::support::{COURSE, at, change, cmis, memory, on_disk};

fn key(module: &str) -> MappingKey {
    MappingKey { course: COURSE, source: cmis(), module: module.into() }
}

async fn list(store: &Store) -> Vec<MappingRow> {
    store.mappings(&MappingFilter::default(), &cmis()).await.unwrap()
}

async fn wish(store: &Store, course: i64) -> Vec<Wish> {
    let snapshots = store.snapshots(&[CourseId(course)], &cmis(), at(0)).await.unwrap();
    snapshots[0].mappings.iter().map(|mapping| mapping.wish).collect()
}

#[tokio::test]
async fn a_row_with_just_the_old_columns_is_picked_up() {
    let (place, store, _lock) = on_disk().await;
    place
        .sql(
            "INSERT INTO mapped_modules (moodle_id, modulecode, group_import, mapping_action)
         VALUES (1, 'ANTH1014', 'ADD', 'ADD'), (2, 'ANTH1014', NULL, 'ADD'), (3, 'ANTH1014', 'ADD', 'RMV');
         INSERT INTO mapped_modules (moodle_id, modulecode) VALUES (4, 'ANTH1014');
         INSERT INTO mapped_modules (moodle_id, modulecode, group_import) VALUES (5, 'ANTH1014', 'ADD');
         INSERT INTO mapped_modules (moodle_id, modulecode, group_import) VALUES (5, 'ANTH1014', 'RMV');
         UPDATE mapped_modules SET group_import = 'RMV' WHERE moodle_id = 2",
        )
        .await;
    let rows = list(&store).await;
    assert_eq!(rows.len(), 6);
    assert_eq!((&rows[0].key.source, rows[0].settings.active, rows[0].changed_at), (&cmis(), true, None));
    assert_eq!(wish(&store, 1).await, [Wish::Want]);
    assert_eq!(wish(&store, 2).await, [Wish::Remove]);
    assert_eq!(wish(&store, 3).await, [Wish::Remove]);
    assert_eq!(wish(&store, 4).await, [Wish::Keep]);
    assert_eq!(wish(&store, 5).await, [Wish::Keep], "rows that contradict each other touch nothing");
}

#[tokio::test]
async fn a_row_with_bytes_that_are_no_text_stops_nobody() {
    // A server refuses such bytes itself.
    let place = Place::in_file();
    let store = Store::open(place.url()).await.unwrap();
    place
        .sql(
            "INSERT INTO mapped_modules (moodle_id, modulecode, group_import)
         VALUES (1, CAST(X'4DC9' AS TEXT), CAST(X'C9' AS TEXT)), (2, 'ANTH1014', 'ADD')",
        )
        .await;
    assert_eq!(list(&store).await[0].key.module.as_str(), "M\u{fffd}");
    assert_eq!(wish(&store, 1).await, [Wish::Keep]);
    assert_eq!(wish(&store, 2).await, [Wish::Want]);
}

#[tokio::test]
async fn a_row_that_names_no_course_or_module_is_refused_where_it_is_written() {
    let (place, _store, _lock) = on_disk().await;
    for values in ["(NULL, 'M')", "(0, 'M')", "('abc', 'M')", "(1, '')", "(1, NULL)"] {
        let sql = format!("INSERT INTO mapped_modules (moodle_id, modulecode) VALUES {values}");
        assert!(place.try_sql(sql).await.is_err(), "{values}");
    }
}

#[tokio::test]
async fn a_row_of_another_program_is_changed_in_place() {
    let (place, store, _lock) = on_disk().await;
    place.sql("INSERT INTO mapped_modules (moodle_id, modulecode) VALUES (101, 'ANTH1014')").await;
    let counts =
        store.set_mapping(&key("ANTH1014"), &MappingSettings::default(), &change(&cmis())).await.unwrap();
    assert_eq!((counts.added, counts.changed), (0, 1));
    assert_eq!(list(&store).await.len(), 1);
    assert_eq!(wish(&store, 101).await, [Wish::Want]);
}

#[tokio::test]
async fn setting_a_mapping_keeps_everything_that_was_said() {
    let (store, _lock) = memory().await;
    let settings = MappingSettings {
        group_import: None,
        mapping_action: None,
        active: false,
        owner: Some("Ada Invented".into()),
        reason: Some("a trial".into()),
        term: Some("2026-T1".into()),
        valid_from: Some(at(5)),
        valid_until: Some(at(9)),
    };
    store.set_mapping(&key("ANTH1014"), &settings, &change(&cmis())).await.unwrap();
    let row = &list(&store).await[0];
    assert_eq!((&row.key, &row.settings), (&key("ANTH1014"), &settings));
    assert_eq!((row.changed_at, row.changed_by.as_deref()), (Some(at(50)), Some("ada")));
    let again = store.set_mapping(&key("ANTH1014"), &settings, &change(&cmis())).await.unwrap();
    assert_eq!(again.unchanged, 1);
    assert_eq!(store.audit(10).await.unwrap().len(), 1, "what changes nothing is not in the audit log");
}

#[tokio::test]
async fn removing_a_mapping_leaves_its_row_with_rmv() {
    let (store, _lock) = memory().await;
    assert!(!store.remove_mapping(&key("ANTH1014"), &change(&cmis())).await.unwrap());
    store.set_mapping(&key("ANTH1014"), &MappingSettings::default(), &change(&cmis())).await.unwrap();
    assert!(store.remove_mapping(&key("ANTH1014"), &change(&cmis())).await.unwrap());
    assert_eq!(list(&store).await[0].settings.mapping_action, Some(Flag::Rmv));
    assert_eq!(wish(&store, 101).await, [Wish::Remove]);
    let entry = &store.audit(1).await.unwrap()[0];
    assert_eq!(&*entry.what, "mapping of module ANTH1014 (cmis) to course 101");
    assert!(
        entry.before.contains(r#""mapping_action":"ADD""#)
            && entry.after.contains(r#""mapping_action":"RMV""#)
    );
}

#[tokio::test]
async fn filters_find_by_course_module_and_source() {
    let (store, _lock) = memory().await;
    let rows: Vec<_> = [(1, "A", "cmis"), (1, "B", "cmis"), (2, "A", "other")]
        .into_iter()
        .map(|(course, module, source)| {
            let key = MappingKey { course: CourseId(course), source: source.into(), module: module.into() };
            (key, MappingSettings::default())
        })
        .collect();
    let counts = store.import_mappings(&rows, &change(&cmis())).await.unwrap();
    assert_eq!(counts.added, 3);
    let count = |filter: MappingFilter| {
        let store = &store;
        async move { store.mappings(&filter, &cmis()).await.unwrap().len() }
    };
    let all = MappingFilter::default;
    assert_eq!(count(all()).await, 3);
    assert_eq!(count(MappingFilter { course: Some(CourseId(1)), ..all() }).await, 2);
    assert_eq!(count(MappingFilter { module: Some("A".into()), ..all() }).await, 2);
    assert_eq!(count(MappingFilter { source: Some(cmis()), module: Some("A".into()), ..all() }).await, 1);
    let page = store::Page { limit: 2, offset: 2 };
    assert_eq!(count(MappingFilter { page, ..all() }).await, 1);
}

#[tokio::test]
async fn g8_mappings_of_another_database_are_taken_over_with_every_change_in_the_audit_log() {
    let (store, lock) = memory().await;
    let source = cmis();
    let change = MappingChange { default_source: &source, who: "[mappings]", reason: "a test", now: at(50) };
    let take = async |rows: &[(&str, &str)]| {
        let foreign = rows.iter().map(|(module, flag)| {
            let flags = (Flag::from_word(flag), Some(Flag::Add));
            let mapping =
                ForeignMapping { group_import: flags.0, mapping_action: flags.1, owner: None, reason: None };
            (key(module), mapping)
        });
        store.take_over_mappings(&lock, &foreign.collect(), &change).await.unwrap()
    };
    let told = |added, changed, removed, unchanged| Some(TakenOver { added, changed, removed, unchanged });
    // A person's own mapping is left alone, and a person's freeze stays.
    store.set_mapping(&key("OWN"), &MappingSettings::default(), &self::change(&source)).await.unwrap();
    assert_eq!(take(&[]).await, told(0, 0, 0, 0));
    assert_eq!(take(&[("A", "ADD"), ("B", "ADD")]).await, told(2, 0, 0, 0));
    assert_eq!(take(&[("A", "ADD"), ("B", "ADD")]).await, told(0, 0, 0, 2));
    let frozen = MappingSettings { active: false, ..MappingSettings::default() };
    store.set_mapping(&key("B"), &frozen, &self::change(&source)).await.unwrap();
    assert_eq!(take(&[("A", "RMV"), ("B", "RMV")]).await, told(0, 2, 0, 0));
    let rows = list(&store).await;
    assert_eq!(rows.iter().map(|row| row.settings.active).collect::<Vec<_>>(), [true, false, true]);
    assert_eq!(take(&[("B", "RMV")]).await, told(0, 0, 1, 1));
    assert_eq!(take(&[]).await, None, "an empty answer is not believed");
    let modules: Vec<_> = list(&store).await.iter().map(|row| row.key.module.to_string()).collect();
    assert_eq!(modules, ["B", "OWN"]);
    assert_eq!(store.audit(99).await.unwrap().len(), 7);
    assert!(matches!(store.verify_audit().await.unwrap(), store::AuditState::Whole { rows: 7 }));
}
