//! Invented words: subjects, first names, surnames, group names, and the spelling of every id.
//!
//! Not here: who gets which name (`generate.rs`, `stage.rs`).
//!
//! Invariant: no name here is meant to be anybody's; surnames say that they are made up.

use super::model::{Kind, Role};

/// The Moodle id of the first course; 1 is the site course.
pub(super) const FIRST_COURSE_ID: u32 = 2;
/// The Moodle id of the first person; lower ones are the guest, the administrator and the web-service user.
pub(super) const FIRST_USER_ID: u32 = 1_001;

/// Departments: the four letters of their module codes, and the subject.
const DEPARTMENTS: [(&str, &str); 40] = [
    ("ANTH", "Anthropology"),
    ("ARCH", "Architecture"),
    ("ARTH", "History of Art"),
    ("ASTR", "Astronomy"),
    ("BIOC", "Biochemistry"),
    ("BOTN", "Botany"),
    ("CHEM", "Chemistry"),
    ("CLAS", "Classics"),
    ("COMP", "Computing"),
    ("DENT", "Dentistry"),
    ("DRAM", "Drama"),
    ("ECON", "Economics"),
    ("EDUC", "Education"),
    ("ENGL", "English"),
    ("ENGR", "Engineering"),
    ("FREN", "French"),
    ("GEOG", "Geography"),
    ("GEOL", "Geology"),
    ("GERM", "German"),
    ("GREK", "Greek"),
    ("HIST", "History"),
    ("INFO", "Information Studies"),
    ("ITAL", "Italian"),
    ("LAWS", "Laws"),
    ("LING", "Linguistics"),
    ("MATH", "Mathematics"),
    ("MEDC", "Medicine"),
    ("MUSC", "Music"),
    ("NEUR", "Neuroscience"),
    ("NURS", "Nursing"),
    ("PHIL", "Philosophy"),
    ("PHYS", "Physics"),
    ("PLAN", "Planning"),
    ("POLS", "Politics"),
    ("PSYC", "Psychology"),
    ("SLAV", "Slavonic Studies"),
    ("SOCI", "Sociology"),
    ("SPAN", "Spanish"),
    ("STAT", "Statistics"),
    ("ZOOL", "Zoology"),
];

const FIRST_NAMES: [&str; 40] = [
    "Ada", "Albin", "Bramo", "Brielda", "Celvin", "Corra", "Dorvin", "Dunja", "Elspira", "Ervo", "Fenno",
    "Frielle", "Galwin", "Gisma", "Hadrel", "Hilva", "Ilvar", "Isolta", "Jolan", "Jörn", "Kelvo", "Kirsa",
    "Lorvin", "Lumi", "Marvo", "Melisa", "Nelvin", "Noëmi", "Olbert", "Orsina", "Pelle", "Quilla", "Renzo",
    "Sølvi", "Tamsel", "Ulvar", "Vesna", "Wilmo", "Yrsa", "Zoë",
];

const SURNAME_STEMS: [&str; 16] = [
    "Invent",
    "Fiction",
    "Sample",
    "Example",
    "Imagin",
    "Pretend",
    "Dummer",
    "Mock",
    "Fabel",
    "Myth",
    "Makeup",
    "Nobody",
    "Phantom",
    "Placehold",
    "Test",
    "Müster",
];

const SURNAME_ENDINGS: [&str; 12] =
    ["sson", "sdottir", "by", "stone", "wood", "ford", "ley", "ova", "ini", "escu", "berg", "strøm"];

/// Invented people in five scripts (script, first name, surname); the words mean "invented" and "example".
const SCRIPT_PEOPLE: [(&str, &str, &str); 5] = [
    ("Greek", "Επινόητος", "Παραδειγματίδης"),
    ("Cyrillic", "Вымысел", "Примеров"),
    ("Arabic", "خيالي", "المثالي"),
    ("Han", "虚构", "例"),
    ("Devanagari", "काल्पनिक", "उदाहरण"),
];

/// Group names in the same five scripts, each with a Latin beginning that every encoding can hold.
pub(super) const SCRIPT_GROUPS: [(&str, &str); 5] = [
    ("Greek", "Seminar 1 Ελληνική φιλοσοφία"),
    ("Cyrillic", "Seminar 2 Русская словесность"),
    ("Arabic", "Seminar 3 تاريخ العلوم"),
    ("Han", "Seminar 4 中文写作"),
    ("Devanagari", "Seminar 5 हिन्दी साहित्य"),
];

/// Group names with letters outside ASCII that Windows-1252 can hold.
pub(super) const UMLAUT_GROUPS: [&str; 2] =
    ["Übung 1 – Größenlehre für Anfänger", "Séance 2 d’été, naïve approche (10 €)"];

/// Group names that tempt a careless program: markup, quotes, commas, line breaks.
pub(super) const MARKED_UP_GROUPS: [&str; 5] = [
    "Lab <A> & \"B\"",
    "R&D <b>bold</b> &amp; escaped",
    "O'Example, Monday, 10:00",
    "First line\nsecond line",
    "\"Quoted\", 'quoted' <script>alert(1)</script>",
];

/// A person's name: an index into the invented names, or one of the people in five scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PersonName {
    /// First name and surname from the lists, by number.
    Latin { first: u8, last: u8 },
    /// One of [`SCRIPT_PEOPLE`].
    Script(u8),
}

/// How many first names and surnames there are to throw dice for.
pub(super) const NAME_COUNTS: (u32, u32) =
    (FIRST_NAMES.len() as u32, (SURNAME_STEMS.len() * SURNAME_ENDINGS.len()) as u32);

impl PersonName {
    /// Spells the name: first name, surname.
    pub(super) fn spell(self) -> (String, String) {
        match self {
            Self::Latin { first, last } => {
                let (first, last) = (usize::from(first), usize::from(last));
                let stem = SURNAME_STEMS[last / SURNAME_ENDINGS.len() % SURNAME_STEMS.len()];
                let ending = SURNAME_ENDINGS[last % SURNAME_ENDINGS.len()];
                (FIRST_NAMES[first % FIRST_NAMES.len()].to_owned(), format!("{stem}{ending}"))
            }
            Self::Script(number) => {
                let (_, first, last) = SCRIPT_PEOPLE[usize::from(number) % SCRIPT_PEOPLE.len()];
                (first.to_owned(), last.to_owned())
            }
        }
    }
}

/// Spells a person's id, which is the idnumber in Moodle.
pub(super) fn person_id(role: Role, number: u32) -> String {
    match role {
        Role::Student => format!("S{number:07}"),
        Role::Tutor => format!("T{number:06}"),
    }
}

/// Spells a group's id.
pub(super) fn group_id(number: u32) -> String {
    format!("G{number:06}")
}

/// Spells the code of the module with this place in the list, such as `ANTH1014`.
pub(super) fn module_code(index: usize) -> String {
    let within_department = index / DEPARTMENTS.len();
    format!("{}{}{:03}", department(index).0, within_department % 5 + 1, within_department / 5 + 1)
}

/// Spells the title of the module with this place in the list.
pub(super) fn module_title(index: usize) -> String {
    let within_department = index / DEPARTMENTS.len();
    format!("Imagined {} {}.{}", department(index).1, within_department % 5 + 1, within_department / 5 + 1)
}

fn department(index: usize) -> (&'static str, &'static str) {
    DEPARTMENTS[index % DEPARTMENTS.len()]
}

/// Spells a group's code and its name for a weekly slot (0..40: five days of eight hours).
pub(super) fn group_code_and_name(
    module_index: usize,
    kind: Kind,
    number: u32,
    slot: u32,
) -> (String, String) {
    let (department, subject) = department(module_index);
    match kind {
        Kind::Class => {
            (format!("BSC-{department}-{number}"), format!("BSc Imagined {subject}, year {number} class"))
        }
        Kind::Lecture | Kind::Seminar | Kind::Tutorial | Kind::Lab => {
            (format!("{}{number}", kind.code()), timed_name(kind, number, slot))
        }
    }
}

/// Spells the name of a group that meets in a weekly slot.
fn timed_name(kind: Kind, number: u32, slot: u32) -> String {
    format!("{} {number} {}", kind.title(), hour(slot))
}

/// Spells the name of a group after it moved to another weekly slot; none when its name says no hour.
pub(super) fn at_another_hour(name: &str, slot: u32) -> Option<String> {
    let (title, _) = name.split_once(" (")?;
    Some(format!("{title} {}", hour(slot)))
}

fn hour(slot: u32) -> String {
    let day = ["Mon", "Tue", "Wed", "Thu", "Fri"][(slot / 8 % 5) as usize];
    format!("({day} {:02}:00)", 9 + slot % 8)
}

/// Makes a group name of exactly 300 characters, more than Moodle's 254 (facts/moodle-ws.md §6).
pub(super) fn name_of_300_characters(word: &str) -> String {
    word.chars().cycle().take(300).collect()
}
