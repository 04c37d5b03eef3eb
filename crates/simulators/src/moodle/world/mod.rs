//! A Moodle without the network: its people, courses, groups and rules.
//!
//! Not here: HTTP, forms and JSON (`wire/`), what each function checks (`functions/`), a clock, randomness.
//!
//! Invariant: between two calls no transaction is open.
//! Invariant: a call costs what it touches; nothing looks through the whole world.

mod access;
mod by_hand;
mod cache;
mod index;
mod picture;
mod rows;
mod tables;
mod transaction;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub(super) use access::Session;
pub use rows::{
    Course, Enrolment, Group, GroupRow, Grouping, GroupingRow, Method, NewCourse, NewUser, Owner, Period,
    User,
};

use super::functions;
use super::parameters::Record;
use super::refusal::Refusal;
use super::settings::{Release, Settings};
use super::site::Site;
use super::token::Token;
use super::value::Value;
use cache::CourseData;
use tables::Tables;
use transaction::Undo;

/// The id of the site course, which every Moodle has.
pub const SITE_COURSE: i64 = 1;

/// A Moodle in memory. It can be cloned, and saved with serde.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct World {
    /// The switches of the site as a whole.
    pub site: Site,
    settings: Settings,
    tokens: BTreeMap<String, Token>,
    /// Username → password and the token that stands for it at `simpleserver.php`.
    passwords: BTreeMap<String, (String, String)>,
    pub(super) tables: Tables,
    #[serde(skip)]
    undo: Vec<Undo>,
    /// In the mode of a concurrent reader: the lists that it put into the cache before the commit.
    #[serde(skip)]
    read_before_commit: Option<BTreeMap<i64, CourseData>>,
}

/// What befalls a call inside the server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Disturbance {
    /// Nothing.
    #[default]
    Nothing,
    /// The database finds a deadlock at the end and rolls everything back.
    Deadlock,
    /// Somebody reads the lists of the touched courses between the work and its commit.
    ConcurrentReader,
}

/// One call, decoded.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) token: String,
    pub(super) function: String,
    pub(super) parameters: Record,
    /// `moodlewssettingraw=1`.
    pub(super) raw: bool,
    /// The caller's address.
    pub(super) address: std::net::IpAddr,
    /// The time, in Unix seconds.
    pub(super) now: i64,
    /// The site's own address, as site info tells it.
    pub(super) wwwroot: String,
    pub(super) disturbance: Disturbance,
}

impl World {
    /// Makes an empty Moodle: the site course and nobody.
    #[must_use]
    pub fn new(settings: Settings) -> World {
        let mut world = World {
            site: Site::default(),
            tables: Tables::new(settings.names),
            tokens: BTreeMap::new(),
            passwords: BTreeMap::new(),
            undo: Vec::new(),
            read_before_commit: None,
            settings,
        };
        let site_name = world.settings.site_name.clone();
        world.add_course(NewCourse {
            id: Some(SITE_COURSE),
            shortname: site_name.clone(),
            fullname: site_name,
            idnumber: String::new(),
        });
        world
    }

    /// How the site is configured.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Switches debugging on or off.
    pub fn set_debugging(&mut self, debugging: bool) {
        self.settings.debugging = debugging;
    }

    /// Upgrades or downgrades the site.
    pub fn set_release(&mut self, release: Release) {
        self.settings.release = release;
    }

    /// Changes PHP's limit on form fields.
    pub fn set_max_input_vars(&mut self, max_input_vars: usize) {
        self.settings.max_input_vars = max_input_vars;
    }

    /// Changes `$CFG->showuseridentity`.
    pub fn set_showuseridentity<'f>(&mut self, fields: impl IntoIterator<Item = &'f str>) {
        self.settings.showuseridentity = fields.into_iter().map(str::to_owned).collect();
    }

    /// Adds a token, or replaces the one with the same secret.
    pub fn add_token(&mut self, token: Token) {
        self.tokens.insert(token.secret.clone(), token);
    }

    /// Deletes a token; false if there was none.
    pub fn remove_token(&mut self, secret: &str) -> bool {
        self.tokens.remove(secret).is_some()
    }

    /// The token to change in place, if it is there.
    pub fn token_mut(&mut self, secret: &str) -> Option<&mut Token> {
        self.tokens.get_mut(secret)
    }

    /// Lets a user name and password call through `simpleserver.php` with what a token may do.
    pub fn add_password(&mut self, username: &str, password: &str, token_secret: &str) {
        let login = (password.to_owned(), token_secret.to_owned());
        self.passwords.insert(username.to_owned(), login);
    }

    /// The token that stands for a user name and password.
    pub(super) fn token_for_password(&self, username: &str, password: &str) -> Option<&str> {
        let (expected, token) = self.passwords.get(username)?;
        (expected == password).then_some(token)
    }

    /// Carries out one call: who asks, may they, then the function as one transaction.
    pub(super) fn call(&mut self, request: Request) -> Result<Value, Refusal> {
        let token = self.authenticate(&request)?;
        let function = self.granted_function(&token, &request)?;
        if request.disturbance == Disturbance::ConcurrentReader {
            self.read_before_commit = Some(BTreeMap::new());
        }
        let mut session = Session::new(self, token, &request);
        let result = (function.run)(&mut session, request.parameters);
        let result = match request.disturbance {
            Disturbance::Deadlock => result.and(Err(Refusal::write(
                "Deadlock found when trying to get lock; try restarting transaction",
            ))),
            Disturbance::Nothing | Disturbance::ConcurrentReader => result,
        };
        if result.is_ok() {
            self.commit();
        } else {
            self.roll_back();
        }
        result.and_then(|value| functions::check_answer(function, value))
    }
}
