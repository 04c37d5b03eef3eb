//! Writes the letter to an owner: their courses with what is new and what is known, in their language.
//!
//! Not here: whether it is written (`decide.rs`), and the sentences (`words.rs`).
//!
//! Invariant: pure, and no command stands in it: owners have no shell.

use std::collections::BTreeMap;

use super::decide::CourseNews;
use super::gather::Item;
use super::language::Language;
use super::topic::Topic;
use super::words::Words;
use crate::mail::compose::{Letter, subject_of};
use crate::mail::paper::{Block, as_html_in, as_text, name, plain};

/// Groups of one topic that are shown by name.
const GROUPS_MAX: usize = 10;

/// People of one group who are shown by their keys.
const PEOPLE_MAX: usize = 10;

/// What a letter to an owner is written from.
#[derive(Clone, Debug)]
pub(super) struct OwnerStory {
    /// The profile, where one is used.
    pub(super) profile: Option<String>,
    /// The name of the platform.
    pub(super) site: String,
    /// Its address, without a slash at the end.
    pub(super) url: String,
    /// The language of the owner.
    pub(super) language: Language,
    /// Each course with its name, which may be empty.
    pub(super) courses: Vec<(String, CourseNews)>,
    /// In how many days there is at most one letter.
    pub(super) every_days: u64,
    /// How the owner gets no more of them.
    pub(super) no_more: NoMore,
}

/// How an owner gets no more letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NoMore {
    /// By a link.
    Link(String),
    /// By an answer to somebody.
    Answer(String),
}

/// Writes the letter.
pub(super) fn compose(story: &OwnerStory) -> Letter {
    let words = story.language.words();
    let topics = |items: &[Item]| by_topic(items).len() as u64;
    let things = story.courses.iter().map(|(_, news)| topics(&news.new)).sum();
    let subject = subject_of(story.profile.as_deref(), &[(words.subject)(things), plain(&name(&story.site))]);
    let opening = (words.opening)(things, story.courses.len() as u64, &name(&story.site));
    let mut blocks = vec![Block::Opening(opening), Block::Paragraph(words.what_it_is.to_owned())];
    for (title, news) in &story.courses {
        course(words, &story.url, title, news, &mut blocks);
    }
    blocks.push(Block::Heading(words.about.to_owned()));
    blocks.push(Block::Paragraph((words.why_you)(story.every_days)));
    blocks.push(match &story.no_more {
        NoMore::Link(url) => Block::Link { words: words.no_more.to_owned(), url: url.clone() },
        NoMore::Answer(address) => Block::Paragraph((words.answer_for_no_more)(address)),
    });
    Letter {
        text: as_text(&blocks),
        html: as_html_in(story.language.code(), &subject, &blocks),
        subject,
        attachment: None,
    }
}

fn course(words: &Words, url: &str, title: &str, news: &CourseNews, blocks: &mut Vec<Block>) {
    let number = news.course.0;
    let title = if title.is_empty() { (words.course)(number) } else { name(title) };
    blocks.push(Block::Heading(title));
    blocks.push(Block::Link {
        words: words.open_course.to_owned(),
        url: format!("{url}/course/view.php?id={number}"),
    });
    for (topic, items) in by_topic(&news.new) {
        let told = (words.topic)(topic);
        blocks.push(Block::Paragraph(format!("{}: {}.", words.new, told.title)));
        blocks.push(Block::Items(lines(words, &items)));
        blocks.push(Block::Paragraph(format!("{}: {}.", words.advice, told.advice)));
    }
    for (topic, items) in by_topic(&news.known) {
        let told = (words.topic)(topic);
        blocks.push(Block::Paragraph(format!("{}: {} ({}).", words.known, told.title, items.len())));
    }
}

fn by_topic(items: &[Item]) -> BTreeMap<Topic, Vec<&Item>> {
    let mut topics: BTreeMap<Topic, Vec<&Item>> = BTreeMap::new();
    for item in items {
        topics.entry(item.topic).or_default().push(item);
    }
    topics
}

/// A line for each group, with its people where it is about people.
fn lines(words: &Words, items: &[&Item]) -> Vec<String> {
    let mut groups: BTreeMap<&str, Vec<&Item>> = BTreeMap::new();
    for item in items {
        groups.entry(&item.name).or_default().push(item);
    }
    let mut lines: Vec<String> =
        groups.iter().take(GROUPS_MAX).map(|(group, items)| line(words, group, items)).collect();
    if groups.len() > GROUPS_MAX {
        lines.push((words.more)((groups.len() - GROUPS_MAX) as u64));
    }
    lines
}

fn line(words: &Words, group: &str, items: &[&Item]) -> String {
    let mut line = name(group);
    if let Some(other) = items.iter().find_map(|item| item.in_timetable.as_ref()) {
        line.push_str(&format!(" ({})", (words.in_timetable)(&name(other))));
    }
    let people: u64 = items.iter().map(|item| item.people).sum();
    if people > 0 {
        line.push_str(&format!(" ({})", (words.people)(people)));
    }
    let mut keys: Vec<String> =
        items.iter().filter_map(|item| item.person.as_ref()).map(|person| name(person.as_str())).collect();
    if keys.is_empty() {
        return line;
    }
    let more = keys.len().saturating_sub(PEOPLE_MAX);
    keys.truncate(PEOPLE_MAX);
    line.push_str(&format!(": {}", keys.join(", ")));
    if more > 0 {
        line.push_str(&format!(" {}", (words.more)(more as u64)));
    }
    line
}
