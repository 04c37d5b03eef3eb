//! How large an invented university is.
//!
//! Not here: how the groups spread over the modules (`spread.rs`).
//!
//! Invariant: the numbers are those of DESIGN §12; a change there is a change here.

use std::fmt;
use std::str::FromStr;

/// One of the four sizes of DESIGN §12.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Profile {
    /// A college.
    S,
    /// A university.
    M,
    /// A large university.
    L,
    /// A tenant that holds the schools of a whole state.
    Xl,
}

/// How many of everything a profile has on day 0, and how many memberships change on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Courses in Moodle.
    pub courses: u32,
    /// Groups in the source.
    pub groups: u32,
    /// People with an account in Moodle.
    pub people: u32,
    /// Members of groups in the source, students and tutors together.
    pub memberships: u32,
    /// Memberships added or removed on an ordinary day.
    pub quiet_day: u32,
    /// Memberships added or removed on the busiest day of a term.
    pub peak_day: u32,
}

impl Profile {
    /// All profiles, smallest first.
    pub const ALL: [Self; 4] = [Self::S, Self::M, Self::L, Self::Xl];

    /// Returns the numbers of DESIGN §12.
    #[must_use]
    pub fn sizes(self) -> Sizes {
        let [courses, groups, people, memberships, quiet_day, peak_day] = match self {
            Self::S => [900, 2_700, 3_000, 20_000, 50, 600],
            Self::M => [2_700, 13_500, 25_000, 250_000, 250, 10_000],
            Self::L => [6_000, 45_000, 57_000, 700_000, 1_000, 30_000],
            Self::Xl => [60_000, 150_000, 600_000, 6_000_000, 6_000, 600_000],
        };
        Sizes { courses, groups, people, memberships, quiet_day, peak_day }
    }

    /// Returns the name as it is written on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::S => "S",
            Self::M => "M",
            Self::L => "L",
            Self::Xl => "XL",
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// The text names no profile.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot read {0:?} as a profile: write S, M, L or XL")]
pub struct UnknownProfile(pub String);

impl FromStr for Profile {
    type Err = UnknownProfile;

    fn from_str(text: &str) -> Result<Self, UnknownProfile> {
        Self::ALL
            .into_iter()
            .find(|profile| profile.as_str().eq_ignore_ascii_case(text))
            .ok_or_else(|| UnknownProfile(text.to_owned()))
    }
}
