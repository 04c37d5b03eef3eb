//! What letters to owners and their pages say: a closed table, one value for each language.
//!
//! Not here: the texts themselves (`english.rs`, `german.rs`), and how a letter is put together (`letter.rs`).
//!
//! Invariant: every language has every sentence; one that is missing stops the compiler.

use super::english::ENGLISH;
use super::german::GERMAN;
use super::language::Language;
use super::topic::Topic;

impl Language {
    /// What is said in it.
    pub(crate) fn words(self) -> &'static Words {
        match self {
            Language::English => &ENGLISH,
            Language::German => &GERMAN,
        }
    }
}

/// What is told of a topic.
pub(crate) struct TopicWords {
    /// What happened, as a sentence without its full stop.
    pub(crate) title: &'static str,
    /// What the owner may do, as the end of a sentence.
    pub(crate) advice: &'static str,
}

/// Everything that is said. A number always comes with the words for one and for several.
pub(crate) struct Words {
    /// The subject of a letter with so many things.
    pub(crate) subject: fn(u64) -> String,
    /// The first sentence: so many things in so many courses of a site.
    pub(crate) opening: fn(u64, u64, &str) -> String,
    /// What these groups are.
    pub(crate) what_it_is: &'static str,
    /// A course without a name, by its number.
    pub(crate) course: fn(i64) -> String,
    /// What the link to a course says.
    pub(crate) open_course: &'static str,
    /// Stands before what is new.
    pub(crate) new: &'static str,
    /// Stands before what is known.
    pub(crate) known: &'static str,
    /// Stands before what the owner may do.
    pub(crate) advice: &'static str,
    /// What a topic says.
    pub(crate) topic: fn(Topic) -> TopicWords,
    /// So many more that are not shown.
    pub(crate) more: fn(u64) -> String,
    /// So many people.
    pub(crate) people: fn(u64) -> String,
    /// What the source calls a group.
    pub(crate) in_timetable: fn(&str) -> String,
    /// The heading of what follows.
    pub(crate) about: &'static str,
    /// Why the reader gets the letter, and how often at most, in days.
    pub(crate) why_you: fn(u64) -> String,
    /// What the link says by which there are no more letters.
    pub(crate) no_more: &'static str,
    /// Where to answer for no more letters.
    pub(crate) answer_for_no_more: fn(&str) -> String,
    /// The title of the page behind that link.
    pub(crate) page_title: &'static str,
    /// The page before: letters go to an address.
    pub(crate) page_on: fn(&str) -> String,
    /// The button that ends them.
    pub(crate) page_end: &'static str,
    /// The page after: no letters go to an address.
    pub(crate) page_off: fn(&str) -> String,
    /// The button that begins them again.
    pub(crate) page_begin: &'static str,
    /// The page of a link that nobody knows.
    pub(crate) page_unknown: &'static str,
    /// The page where the database does not answer.
    pub(crate) page_later: &'static str,
}
