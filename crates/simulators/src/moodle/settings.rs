//! What an administrator of the simulated site has chosen: release, debugging, limits, identity fields.
//!
//! Not here: the state that changes from hour to hour, such as maintenance (`site.rs`).
//!
//! Invariant: the collation is fixed when a world is made, because its name indexes are folded with it.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::collation::Collation;

/// The Moodle release that the site pretends to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Release {
    /// 3.11.12+, the oldest release that was measured.
    V3_11,
    /// A late 4.1 (4.1.10).
    V4_1,
    /// 4.2.3: the first with visibility and participation of groups.
    V4_2,
    /// 4.5.5+: the first here with custom fields (since 4.3) and namespaced exception classes.
    V4_5,
    /// 5.1+: a missing record is `invalidrecordunknown`.
    V5_1,
}

impl Release {
    /// Every release, oldest first.
    pub const ALL: [Release; 5] =
        [Release::V3_11, Release::V4_1, Release::V4_2, Release::V4_5, Release::V5_1];

    /// The `release` text of `core_webservice_get_site_info` (facts/moodle-ws.md §5.10).
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Release::V3_11 => "3.11.12+ (Build: 20230120)",
            Release::V4_1 => "4.1.10 (Build: 20240422)",
            Release::V4_2 => "4.2.3 (Build: 20231009)",
            Release::V4_5 => "4.5.5+ (Build: 20250613)",
            Release::V5_1 => "5.1+ (Build: 20251017)",
        }
    }

    /// The `version` text of `core_webservice_get_site_info`.
    #[must_use]
    pub fn version(self) -> &'static str {
        match self {
            Release::V3_11 => "2021051712.06",
            Release::V4_1 => "2022112810.00",
            Release::V4_2 => "2023042403.00",
            Release::V4_5 => "2024100705.01",
            Release::V5_1 => "2025100600.03",
        }
    }

    /// Since 4.0 a refused account is named as such (facts/moodle-ws.md §3).
    pub(super) fn names_account_state(self) -> bool {
        self >= Release::V4_1
    }

    /// Since mid-2023 names are formatted in some answers (§6).
    pub(super) fn escapes_names(self) -> bool {
        self >= Release::V4_1
    }

    /// Since 4.2 groups have `visibility` and `participation` (§5.1).
    pub(super) fn has_visibility(self) -> bool {
        self >= Release::V4_2
    }

    /// Since 4.3 groups and groupings have `customfields` (§5.1).
    pub(super) fn has_custom_fields(self) -> bool {
        self >= Release::V4_5
    }

    /// Since 4.5 exception classes carry a namespace (§0, 3).
    pub(super) fn has_namespaces(self) -> bool {
        self >= Release::V4_5
    }

    /// Since 4.5 whoever may view a participant sees the first name (§9).
    pub(super) fn shows_firstname(self) -> bool {
        self >= Release::V4_5
    }

    /// 3.11 lists the groups of a participant who is in none as an empty list (§9).
    pub(super) fn shows_empty_groups(self) -> bool {
        self == Release::V3_11
    }

    /// Since 5.1 a missing record hides its table unless debugging is on (§0, 4).
    pub(super) fn hides_missing_table(self) -> bool {
        self >= Release::V5_1
    }
}

/// The text given for a release is none of the simulated ones.
#[derive(Debug, thiserror::Error)]
#[error("cannot simulate Moodle {0:?}: choose one of 3.11, 4.1, 4.2, 4.5, 5.1")]
pub struct UnknownRelease(String);

impl FromStr for Release {
    type Err = UnknownRelease;

    fn from_str(text: &str) -> Result<Release, UnknownRelease> {
        match text {
            "3.11" => Ok(Release::V3_11),
            "4.1" => Ok(Release::V4_1),
            "4.2" => Ok(Release::V4_2),
            "4.5" => Ok(Release::V4_5),
            "5.1" => Ok(Release::V5_1),
            other => Err(UnknownRelease(other.to_owned())),
        }
    }
}

/// How the site is configured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// The release it runs.
    pub release: Release,
    /// Whether exceptions carry `debuginfo`. Production sites say no.
    pub debugging: bool,
    /// PHP's limit on form fields; what is beyond it is dropped silently (facts/moodle-ws.md §8).
    pub max_input_vars: usize,
    /// How the database compares names.
    pub names: Collation,
    /// `$CFG->showuseridentity`: the fields that `moodle/site:viewuseridentity` opens.
    pub showuseridentity: Vec<String>,
    /// The full name of the site.
    pub site_name: String,
    /// The address under which the site believes to live, if it is not the address it listens on. A request
    /// for another host is redirected (§3).
    pub wwwroot: Option<String>,
    /// The front proxy's limit on a request body, in bytes; above it answers 413.
    pub body_bytes_max: usize,
    /// The front proxy's limit on the path and query, in bytes; above it answers 414.
    pub url_bytes_max: usize,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            release: Release::V4_5,
            debugging: false,
            max_input_vars: 1000,
            names: Collation::FoldedLikeMariaDb,
            showuseridentity: vec!["idnumber".to_owned(), "email".to_owned(), "department".to_owned()],
            site_name: "Simulated Moodle".to_owned(),
            wwwroot: None,
            body_bytes_max: 64 << 20,
            url_bytes_max: 8 << 10,
        }
    }
}
