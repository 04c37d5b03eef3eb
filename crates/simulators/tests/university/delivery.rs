//! The delivered files: RFC 4180, and in the encoding that was asked for.
//!
//! Not here: what changes from day to day (`history.rs`).

use std::collections::HashMap;
use std::fs;

use simulators::university::{CaseKind, Encoding, Profile, University};

#[test]
fn a_utf_8_delivery_reads_back_as_it_was() {
    let university = University::generate(Profile::S, 1);
    let dir = tempfile::tempdir().unwrap();
    university.write_delivery(dir.path(), Encoding::Utf8).unwrap();
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).from_path(dir.path().join("groups.csv")).unwrap();
    let rows: Vec<_> = reader.byte_records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), university.groups().count() + 7);
    for (row, group) in rows.iter().zip(university.groups()) {
        let fields: Vec<&str> = row.iter().map(|field| std::str::from_utf8(field).unwrap()).collect();
        let (kind, term) = (group.kind.as_str(), group.term);
        let wanted = [&group.group_id, group.group_code, group.group_name, group.module_code, kind, term];
        assert_eq!(fields, wanted);
    }
}

#[test]
fn a_windows_1252_delivery_keeps_umlauts_and_leaves_out_other_scripts() {
    let university = University::generate(Profile::S, 1);
    let dir = tempfile::tempdir().unwrap();
    university.write_delivery(dir.path(), Encoding::Windows1252).unwrap();
    let bytes = fs::read(dir.path().join("groups.csv")).unwrap();
    assert!(std::str::from_utf8(&bytes).is_err());
    let text = encoding_rs::WINDOWS_1252.decode_without_bom_handling(&bytes).0;
    assert!(text.starts_with("group_id,group_code,group_name,module_code,kind,term\r\n"));
    assert!(!text.contains("&#"), "no numeric character references");
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let names: HashMap<String, String> =
        reader.records().map(Result::unwrap).map(|row| (row[0].to_owned(), row[2].to_owned())).collect();
    let case = |kind| university.awkward().of(kind).next().unwrap().group_ids.clone();
    let umlauts: Vec<_> = case(CaseKind::Umlauts).iter().map(|id| names[id].clone()).collect();
    assert_eq!(umlauts, ["Übung 1 – Größenlehre für Anfänger", "Séance 2 d’été, naïve approche (10 €)"]);
    let scripts: Vec<_> = case(CaseKind::FiveScripts).iter().map(|id| names[id].clone()).collect();
    assert_eq!(scripts, ["Seminar 1", "Seminar 2", "Seminar 3", "Seminar 4", "Seminar 5"]);
}
