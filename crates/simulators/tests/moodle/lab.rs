//! A small Moodle to try calls on: two courses, a few people, one token.
//!
//! Not here: assertions about rules.

use serde_json::Value;
use simulators::moodle::{
    HttpAnswer, HttpRequest, NewCourse, NewUser, Release, Settings, Token, World, answer,
};

/// The web-service account.
pub(crate) const CALLER: i64 = 2;
/// A course with the students below and a teacher.
pub(crate) const COURSE: i64 = 5;
/// A course without anybody.
pub(crate) const OTHER: i64 = 6;
/// Students of `COURSE`, in the order of their last names backwards.
pub(crate) const ADA: i64 = 11;
pub(crate) const BEN: i64 = 12;
/// A teacher of `COURSE`.
pub(crate) const TEA: i64 = 13;
/// Somebody who is enrolled nowhere.
pub(crate) const OUT: i64 = 14;

pub(crate) const SECRET: &str = "token-for-tests";
pub(crate) const WWWROOT: &str = "https://moodle.example.ac.uk";

pub(crate) struct Lab {
    pub(crate) world: World,
    /// The time of the calls, in Unix seconds.
    pub(crate) now: i64,
}

impl Lab {
    pub(crate) fn new() -> Lab {
        Lab::with(Settings::default())
    }

    pub(crate) fn running(release: Release) -> Lab {
        Lab::with(Settings { release, ..Settings::default() })
    }

    pub(crate) fn with(settings: Settings) -> Lab {
        let mut world = World::new(settings);
        for (id, shortname) in [(COURSE, "CRS0001"), (OTHER, "CRS0002")] {
            world.add_course(NewCourse {
                id: Some(id),
                shortname: shortname.to_owned(),
                fullname: format!("Course {shortname}"),
                idnumber: format!("id-{shortname}"),
            });
        }
        let people = [
            (CALLER, "service", "", "Web", "Service"),
            (ADA, "ada", "20000011", "Ada", "Zinvented"),
            (BEN, "ben", "20000012", "Ben", "Yinvented"),
            (TEA, "tea", "T0001", "Tea", "Xinvented"),
            (OUT, "out", "20000014", "Out", "Winvented"),
        ];
        for (id, username, idnumber, firstname, lastname) in people {
            world.add_user(NewUser {
                id: Some(id),
                username: username.to_owned(),
                idnumber: idnumber.to_owned(),
                firstname: firstname.to_owned(),
                lastname: lastname.to_owned(),
                email: format!("{username}@example.ac.uk"),
            });
        }
        world.enrol(COURSE, ADA, "student");
        world.enrol(COURSE, BEN, "student");
        world.enrol(COURSE, TEA, "editingteacher");
        world.add_token(Token::new(SECRET, CALLER));
        Lab { world, now: 1_000_000 }
    }

    /// The whole HTTP answer to a form; the token and the function come with it.
    pub(crate) fn http(&mut self, function: &str, form: &str) -> HttpAnswer {
        let body = format!("wstoken={SECRET}&{form}&wsfunction={function}");
        let mut request = HttpRequest::post("moodlewsrestformat=json", &body);
        request.now = self.now;
        answer(&mut self.world, WWWROOT, &request)
    }

    /// The JSON that a call is answered, exception or not.
    pub(crate) fn call(&mut self, function: &str, form: &str) -> Value {
        let answer = self.http(function, form);
        assert_eq!(answer.status, 200, "{function} {form}");
        serde_json::from_slice(&answer.body).unwrap()
    }

    /// The JSON of a call that has to succeed.
    pub(crate) fn ok(&mut self, function: &str, form: &str) -> Value {
        let value = self.call(function, form);
        assert!(value.get("exception").is_none(), "{function} {form}: {value}");
        value
    }

    /// The error code of a call, or `ok`.
    pub(crate) fn code(&mut self, function: &str, form: &str) -> String {
        let value = self.call(function, form);
        match value.get("exception") {
            Some(_) => value["errorcode"].as_str().unwrap_or("none").to_owned(),
            None => "ok".to_owned(),
        }
    }

    /// Creates a group in `COURSE` and returns its id.
    pub(crate) fn group(&mut self, name: &str, idnumber: &str) -> i64 {
        let created = self.ok("core_group_create_groups", &groups_form(&[(name, idnumber)]));
        created[0]["id"].as_i64().unwrap()
    }

    /// Creates a grouping in `COURSE` and returns its id.
    pub(crate) fn grouping(&mut self, name: &str, idnumber: &str) -> i64 {
        let form = groups_form(&[(name, idnumber)]).replace("groups[", "groupings[");
        self.ok("core_group_create_groupings", &form)[0]["id"].as_i64().unwrap()
    }

    /// Adds a member who has to be accepted.
    pub(crate) fn member(&mut self, group: i64, user: i64) {
        self.ok("core_group_add_group_members", &member_form(group, user));
    }

    /// The names that `get_course_groups` lists for `COURSE`.
    pub(crate) fn listed(&mut self) -> Vec<String> {
        let list = self.ok("core_group_get_course_groups", &format!("courseid={COURSE}"));
        strings(&list, "name")
    }

    /// The names of the groups of `COURSE` in the database, by id.
    pub(crate) fn stored(&self) -> Vec<String> {
        self.world.groups(COURSE).map(|group| group.row.name.clone()).collect()
    }
}

/// The form of groups for `COURSE`, with name and idnumber each; an empty idnumber is not sent.
pub(crate) fn groups_form(groups: &[(&str, &str)]) -> String {
    let items = groups.iter().enumerate().map(|(n, (name, idnumber))| {
        let idnumber = match *idnumber {
            "" => String::new(),
            idnumber => format!("&groups[{n}][idnumber]={}", encoded(idnumber)),
        };
        let name = encoded(name);
        format!("groups[{n}][courseid]={COURSE}&groups[{n}][name]={name}&groups[{n}][description]={idnumber}")
    });
    items.collect::<Vec<_>>().join("&")
}

pub(crate) fn member_form(group: i64, user: i64) -> String {
    format!("members[0][groupid]={group}&members[0][userid]={user}")
}

/// Percent-encodes every byte that is not a letter or a digit.
pub(crate) fn encoded(text: &str) -> String {
    let bytes = text.bytes().map(|byte| match byte.is_ascii_alphanumeric() {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    });
    bytes.collect()
}

/// One text field of every item of a list.
pub(crate) fn strings(list: &Value, field: &str) -> Vec<String> {
    list.as_array().unwrap().iter().map(|item| item[field].as_str().unwrap().to_owned()).collect()
}
