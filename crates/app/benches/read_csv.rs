//! Measures our reader of CSV files against the csv crate alone, on the two files of an invented university of size L
//! (DESIGN section 12: at most twice as long).
//!
//! There are three baselines, because "the csv crate alone" can mean three things. The budget is against the one that
//! ends with the same usable rows as ours: every row deserialized and kept. The other two give less.
//!
//! Not here: rejected rows and encodings; the tests have those.

#![expect(dead_code, unused_imports, reason = "of the modules of the program only the reader is used here")]
#![expect(clippy::expect_used, reason = "a benchmark may stop at the first surprise; the program may not")]

#[path = "../src/config/mod.rs"]
mod config;
#[path = "../src/sources/mod.rs"]
mod sources;

/// The configuration speaks of a schedule; nothing else of `muster serve` is here.
#[path = "../src/serve"]
mod serve {
    mod cron;
    mod schedule;

    pub(crate) use self::cron::Cron;
    pub(crate) use self::schedule::Schedule;
}

/// The configuration speaks of the language of letters; nothing else of the mail is here.
#[path = "../src/mail/owners"]
mod mail {
    mod language;

    pub(crate) use self::language::Language;
}

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use config::{Config, SourceConfig};
use csv::{ByteRecord, Reader, StringRecord};
use divan::Bencher;
use reconcile::keys::SourceName;
use serde::Deserialize;
use simulators::university::{Encoding, Profile, University};
use tempfile::TempDir;

fn main() {
    divan::main();
}

/// The folder with the two files, written once.
static FOLDER: LazyLock<TempDir> = LazyLock::new(|| {
    let dir = tempfile::tempdir().expect("a temporary folder");
    University::generate(Profile::L, 1).write_delivery(dir.path(), Encoding::Utf8).expect("two files");
    dir
});

fn files() -> [PathBuf; 2] {
    ["groups.csv", "members.csv"].map(|name| FOLDER.path().join(name))
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn muster(bencher: Bencher<'_, '_>) {
    let source = source();
    let name = SourceName::from("cmis");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    bencher
        .bench_local(|| runtime.block_on(sources::read(&source, &name, None, &|_| ())).expect("a delivery"));
}

/// The source as a configuration names it.
fn source() -> SourceConfig {
    let file = FOLDER.path().join("muster.toml");
    let text = "[source.cmis]\nkind = \"csv\"\ngroups = \"groups.csv\"\nmembers = \"members.csv\"\n";
    std::fs::write(&file, text).expect("a configuration");
    let config = Config::load(&file, None).expect("no mistakes");
    config.sources.into_values().next().expect("one source")
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn csv_crate_typed_rows_kept(bencher: Bencher<'_, '_>) {
    let [groups, members] = files();
    bencher.bench_local(|| (typed_rows::<GroupRow>(&groups), typed_rows::<MemberRow>(&members)));
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn csv_crate_text_records_kept(bencher: Bencher<'_, '_>) {
    let files = files();
    bencher.bench_local(|| files.each_ref().map(|file| text_records(file)));
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn csv_crate_byte_records_not_kept(bencher: Bencher<'_, '_>) {
    let files = files();
    bencher.bench_local(|| files.each_ref().map(|file| count_byte_records(file)));
}

#[derive(Deserialize)]
struct GroupRow {
    group_id: String,
    group_code: String,
    group_name: String,
    module_code: String,
    kind: String,
    term: String,
}

#[derive(Deserialize)]
struct MemberRow {
    group_id: String,
    person_id: String,
    role: RoleWord,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum RoleWord {
    Student,
    Tutor,
}

/// The rows that the csv crate can deserialize; it leaves out the corrupt ones, as ours rejects them.
fn typed_rows<T: serde::de::DeserializeOwned>(file: &Path) -> Vec<T> {
    reader(file).into_deserialize().filter_map(Result::ok).collect()
}

fn text_records(file: &Path) -> Vec<StringRecord> {
    reader(file).into_records().filter_map(Result::ok).collect()
}

fn count_byte_records(file: &Path) -> usize {
    let (mut reader, mut record, mut count) = (reader(file), ByteRecord::new(), 0);
    while reader.read_byte_record(&mut record).expect("a readable file") {
        count += 1;
    }
    count
}

fn reader(file: &Path) -> Reader<std::fs::File> {
    csv::ReaderBuilder::new().flexible(true).from_path(file).expect("a file")
}
