//! The series about student systems: what was asked, how it ended, how long it took, what waits.
//!
//! Not here: what is counted ([`crate::imses`]).
//!
//! Invariant: counters begin at 0 with the process, as Prometheus expects of them.

use std::time::Duration;

use ims_es::operation::Operation;
use store::ims::MessageOutcome;

use super::Page;
use crate::imses::{BUCKETS, Durations, Figures};

/// The bare statuses of HTTP that a message can get.
const REFUSALS: [u16; 4] = [400, 408, 413, 415];

/// Writes them.
pub(super) fn student_systems(page: &mut Page, figures: &Figures) {
    let Figures { operations, outcomes, refused, reads, writes, waiting } = figures;
    let all = || Operation::ALL.iter().map(|operation| Some(*operation)).chain([None]);
    let name = |operation: Option<Operation>| operation.map_or("unknown", Operation::name);
    let of = |operation: Option<Operation>| operations.get(&operation).copied().unwrap_or_default();
    page.counter("muster_ims_requests_total", "Messages of student systems, by what they ask for.");
    for operation in all() {
        page.sample(
            "muster_ims_requests_total",
            Some(("operation", name(operation))),
            of(operation).requests,
        );
    }
    page.counter("muster_ims_items_total", "Items of these messages, by how they ended.");
    for operation in all() {
        let counts = of(operation);
        for (status, count) in
            [("success", counts.successes), ("warning", counts.warnings), ("failure", counts.failures)]
        {
            let labels = [("operation", name(operation)), ("status", status)];
            page.sample_of("muster_ims_items_total", &labels, count);
        }
    }
    page.counter("muster_ims_messages_total", "Messages of student systems, by how they ended.");
    for outcome in MessageOutcome::WORDS {
        let count = outcomes.get(outcome).copied().unwrap_or_default();
        page.sample("muster_ims_messages_total", Some(("outcome", outcome)), count);
    }
    page.counter("muster_ims_refused_total", "Bodies that got a bare HTTP status.");
    for status in REFUSALS {
        let count = refused.get(&status).copied().unwrap_or_default();
        page.sample("muster_ims_refused_total", Some(("status", &status.to_string())), count);
    }
    page.family("muster_ims_call_duration_seconds", "How long calls took, with their wait.", "histogram");
    durations(page, "read", reads);
    durations(page, "write", writes);
    page.gauge("muster_ims_waiting", "Calls that wait for the database, and messages that wait for the log.");
    for (what, count) in [("read", waiting.reads), ("write", waiting.writes), ("log", waiting.messages)] {
        page.sample("muster_ims_waiting", Some(("what", what)), count);
    }
}

fn durations(page: &mut Page, kind: &str, durations: &Durations) {
    let Durations { buckets, count, sum } = durations;
    let mut so_far = 0;
    for ((_, end), in_bucket) in BUCKETS.iter().zip(buckets) {
        so_far += in_bucket;
        let labels = [("kind", kind), ("le", *end)];
        page.sample_of("muster_ims_call_duration_seconds_bucket", &labels, so_far);
    }
    let labels = [("kind", kind), ("le", "+Inf")];
    page.sample_of("muster_ims_call_duration_seconds_bucket", &labels, count);
    page.sample("muster_ims_call_duration_seconds_sum", Some(("kind", kind)), Duration::as_secs_f64(sum));
    page.sample("muster_ims_call_duration_seconds_count", Some(("kind", kind)), count);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_series_is_there_before_anything_was_asked() {
        let mut page = Page::default();
        student_systems(&mut page, &Figures::default());
        let series = page.text.lines().filter(|line| !line.starts_with('#')).count();
        let operations = Operation::ALL.len() + 1;
        assert_eq!(series, operations * 4 + MessageOutcome::WORDS.len() + REFUSALS.len() + 2 * 11 + 3);
        let check = |line: &str| assert!(page.text.lines().any(|said| said == line), "{line}: {}", page.text);
        check("muster_ims_requests_total{operation=\"readGroup\"} 0");
        check("muster_ims_items_total{operation=\"unknown\",status=\"failure\"} 0");
        check("muster_ims_call_duration_seconds_bucket{kind=\"write\",le=\"+Inf\"} 0");
        check("# TYPE muster_ims_call_duration_seconds histogram");
        check("muster_ims_waiting{what=\"log\"} 0");
    }

    #[test]
    fn the_buckets_of_a_histogram_add_up() {
        let mut durations_of_two = Durations::default();
        durations_of_two.add(Duration::from_millis(2));
        durations_of_two.add(Duration::from_secs(60));
        let mut page = Page::default();
        durations(&mut page, "read", &durations_of_two);
        let found: Vec<&str> = page.text.lines().filter_map(|line| line.rsplit(' ').next()).collect();
        assert_eq!(found, ["0", "1", "1", "1", "1", "1", "1", "1", "2", "60.002", "2"]);
    }
}
