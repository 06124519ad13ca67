//! 判官之试 · The judge against histories that somebody made up: clean ones, broken ones, blind ones.

mod born_between;
mod bought_anew;
mod caps;
mod clean_runs;
mod counter;
mod courses;
mod days;
mod faults;
mod gates;
mod golive;
mod hairs;
mod lies_of_books;
mod lies_of_hospitals;
mod lies_of_proof;
mod lies_of_the_public;
pub(crate) mod lies_of_window;
mod migrated;
mod offices;
mod papers;
mod properties;
mod purged;
mod purged_between;
mod rows;
mod self_pay;
pub(crate) mod strangers;
mod strength;
mod three_ways;
mod told_windows;
mod transit;
mod two_faults;
mod two_stays;
mod unheard_of;
mod wavering;
mod windows;
mod word_for_word;

use crate::evidence::Evidence;
use crate::judge;
use crate::judgement::Judgement;

/// Judges, and says what was found if the test fails.
pub(crate) fn judged(evidence: &Evidence) -> Judgement {
    judge(evidence)
}

/// Certain classes, sorted, once each.
pub(crate) fn classes(judgement: &Judgement) -> Vec<String> {
    let found: std::collections::BTreeSet<String> = judgement
        .findings
        .iter()
        .map(|finding| finding.class.to_string())
        .collect();
    found.into_iter().collect()
}

/// The findings as one line each, for a failing test.
pub(crate) fn told(judgement: &Judgement) -> String {
    let line = |(place, one): (usize, &crate::Finding)| {
        let who = one
            .party
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default();
        let txid = one
            .txid
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default();
        let cause = one
            .follows_from
            .map(|cause| format!(" <- {cause}"))
            .unwrap_or_default();
        let answered = one
            .answered_by
            .as_ref()
            .map(|party| format!(" answered by {party}"))
            .unwrap_or_default();
        format!(
            "{place} {:?} {} {} {who} {txid} {}: {} / {}{answered}{cause}",
            one.severity, one.rule, one.class, one.location, one.expected, one.actual
        )
    };
    judgement
        .findings
        .iter()
        .enumerate()
        .map(line)
        .collect::<Vec<_>>()
        .join("\n")
}
