//! Where the nights happen: an invented university, its Moodle behind real HTTP in this process, and the folder of
//! the program that is measured.
//!
//! Not here: what is measured (`nights.rs`).
//!
//! Invariant: the calls are counted by the Moodle, not by the program.

use std::fs;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use simulators::moodle::{NewUser, Server, Settings, Token, World};
use simulators::university::{Day, Encoding, Profile, University, perform};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::program::{self, Ran};
use crate::error::ChoreError;

const TOKEN: &str = "token-of-the-benchmark";

/// The calls of one run, as the Moodle counted them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Calls {
    pub(crate) reads: u64,
    pub(crate) writes: u64,
}

/// The folder in which the program is run: a configuration and the files of a timetable.
pub(crate) struct Folder {
    dir: TempDir,
    program: PathBuf,
}

impl Folder {
    /// Makes the folder; `moodle` is the address of the site, where there is one.
    pub(crate) fn new(program: &Path, moodle: Option<&str>) -> Result<Folder, ChoreError> {
        let dir = tempfile::tempdir().map_err(ChoreError::file("make", "a temporary folder"))?;
        write_private(&dir.path().join("token"), TOKEN)?;
        let config = dir.path().join("muster.toml");
        fs::write(&config, configuration(moodle)).map_err(ChoreError::file("write", &config))?;
        Ok(Folder { dir, program: program.to_owned() })
    }

    /// Writes today's timetable.
    pub(crate) fn deliver(&self, university: &University) -> Result<(), ChoreError> {
        let dir = self.dir.path().join("cmis");
        university.write_delivery(&dir, Encoding::Utf8).map_err(ChoreError::file("write", &dir))
    }

    /// Runs the program.
    pub(crate) fn muster(&self, arguments: &[&str]) -> Result<Ran, ChoreError> {
        program::run(&self.program, self.dir.path(), arguments)
    }

    /// The size of the program's database in MB.
    pub(crate) fn database_mb(&self) -> u64 {
        let files = ["muster.db", "muster.db-wal"].map(|name| self.dir.path().join(name));
        files.iter().filter_map(|file| fs::metadata(file).ok()).map(|file| file.len()).sum::<u64>() >> 20
    }
}

/// A university, its Moodle and the folder of the program.
pub(crate) struct Stage {
    pub(crate) university: University,
    pub(crate) server: Server,
    pub(crate) folder: Folder,
    // The last one: it carries the server.
    _runtime: Runtime,
}

impl Stage {
    /// Invents the university, starts its Moodle, and delivers the first timetable.
    pub(crate) fn set_up(program: &Path, profile: Profile, seed: u64) -> Result<Stage, ChoreError> {
        let university = University::generate(profile, seed);
        let mut world = World::new(Settings::default());
        university.furnish(&mut world);
        let user = world.add_user(NewUser { username: "muster".into(), ..NewUser::default() });
        world.add_token(Token::new(TOKEN, user));
        let runtime = Runtime::new().map_err(ChoreError::file("start", "the runtime of the Moodle"))?;
        let server =
            runtime.block_on(Server::start(world)).map_err(ChoreError::file("start", "the Moodle"))?;
        let folder = Folder::new(program, Some(&server.url()))?;
        let stage = Stage { university, server, folder, _runtime: runtime };
        stage.deliver()?;
        Ok(stage)
    }

    /// Lets a day pass: the timetable changes, people do things in Moodle, the new files are there.
    pub(crate) fn live_through(
        &mut self,
        pass: impl FnOnce(&mut University) -> Day,
    ) -> Result<(), ChoreError> {
        let day = pass(&mut self.university);
        let mut world = self.server.world();
        for event in &day.events {
            perform(event, &mut world);
        }
        drop(world);
        self.deliver()
    }

    fn deliver(&self) -> Result<(), ChoreError> {
        self.folder.deliver(&self.university)?;
        self.folder.muster(&["map", "import", "cmis/mappings.csv"]).map(drop)
    }

    /// Runs the program and counts the calls that arrive.
    pub(crate) fn night(&self, arguments: &[&str]) -> Result<(Ran, Calls), ChoreError> {
        self.server.clear_calls();
        let ran = self.folder.muster(arguments)?;
        let mut calls = Calls::default();
        for call in self.server.calls() {
            let kind = if call.is_write { &mut calls.writes } else { &mut calls.reads };
            *kind += 1;
        }
        Ok((ran, calls))
    }
}

fn configuration(moodle: Option<&str>) -> String {
    let mut text =
        "[source.cmis]\nkind = \"csv\"\ngroups = \"cmis/groups.csv\"\nmembers = \"cmis/members.csv\"\n"
            .to_owned();
    if let Some(url) = moodle {
        text.push_str(&format!("\n[moodle]\nurl = {url:?}\ntoken = {{ file = \"token\" }}\n"));
    }
    text
}

/// Writes a file that only its owner may read, as a token wants to be.
fn write_private(path: &Path, text: &str) -> Result<(), ChoreError> {
    use std::io::Write;
    let file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(ChoreError::file("write", path))
}
