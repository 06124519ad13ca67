//! 逐字 · Every lie as a reviewer is told it: rule, class, party, transaction, place, expected and actual, cause by cause.
//!
//! Goal: nothing that is said about a lie changes unseen. Other tests ask what a lie is called; whether the sentence under
//! that name is right (which cell, which figures, what follows from what, in which order) stands in `word_for_word.txt`,
//! to be read as its reader would read it. How to change it: put in what the failing test says is told now, if every
//! line of it is better than the one it replaces.

use std::collections::BTreeMap;

use super::faults::LIES;
use super::told_windows::told_windows;
use super::unheard_of::INVENTIONS;
use crate::judgement::Judgement;
use crate::testkit::{clean, two_persons};
use crate::tests::{judged, told};

const SAID: &str = include_str!("word_for_word.txt");

/// What the text says under each heading.
fn sections(text: &str) -> BTreeMap<&str, String> {
    let sections = text.split("\n== ").skip(1);
    sections
        .filter_map(|section| section.split_once('\n'))
        .map(|(name, lines)| (name, lines.trim_end().to_owned()))
        .collect()
}

/// Verdict, findings, notes, what was not checked.
pub(super) fn whole(judgement: &Judgement) -> String {
    let mut lines = vec![judgement.verdict.name().to_owned()];
    lines.extend(told(judgement).lines().map(str::to_owned));
    for note in &judgement.notes {
        let facts: Vec<String> = note
            .facts
            .iter()
            .map(|(name, fact)| format!("{name}={fact}"))
            .collect();
        lines.push(format!("note {} {}", note.code, facts.join(" ")));
    }
    if !judgement.not_checked.is_empty() {
        lines.push(format!("not checked: {}", judgement.not_checked.join(" ")));
    }
    lines.retain(|line| !line.is_empty());
    lines.join("\n")
}

/// How many things each rule compared, and what became of each transaction.
pub(super) fn counted(judgement: &Judgement) -> String {
    let rules = judgement.rules.iter();
    let rules: Vec<String> = rules
        .map(|state| format!("{} {}", state.rule, state.compared))
        .collect();
    let mut lines = vec![rules.join(", "), format!("{:?}", judgement.counts)];
    for one in &judgement.transactions {
        let standing = one.at_parties.iter();
        let standing: Vec<String> = standing
            .map(|(party, one)| {
                let stone = if one.tombstone { " tombstone" } else { "" };
                format!(
                    "{} +{} −{}{stone}",
                    party.role.letter(),
                    one.applied,
                    one.reversed
                )
            })
            .collect();
        let undo = one.reversed_by.as_ref().map_or("-", |msgid| msgid.as_str());
        lines.push(format!(
            "{} {} {:?} by {undo}: {}",
            one.txid,
            one.outcome,
            one.state,
            standing.join(", ")
        ));
    }
    for book in &judgement.books {
        lines.push(format!(
            "{} {} {}: {} → {} → {}, {} cells",
            book.role, book.book, book.unit, book.t0, book.peak, book.t1, book.cells
        ));
    }
    lines.join("\n")
}

#[test]
fn what_is_told_of_a_lie_is_told_word_for_word() {
    let mut now: Vec<(String, String)> = Vec::new();
    for lie in LIES {
        now.push((lie.name.to_owned(), whole(&judged(&(lie.told)()))));
    }
    for invention in INVENTIONS {
        now.push((invention.0.to_owned(), whole(&judged(&(invention.1)()))));
    }
    for (name, evidence) in [
        ("one swipe, all well", clean()),
        ("three swipes, all well", two_persons(&mut |_| {})),
    ] {
        now.push((name.to_owned(), counted(&judged(&evidence))));
    }
    for (name, window) in told_windows() {
        now.push((name.to_owned(), window));
    }
    hold(SAID, &now);
}

/// Holds what is told now against a text, heading by heading.
#[track_caller]
pub(super) fn hold(said: &str, now: &[(String, String)]) {
    let said = sections(said);
    let mut other: Vec<String> = Vec::new();
    for (name, lines) in now {
        if said.get(name.as_str()) != Some(lines) {
            other.push(format!("\n== {name}\n{lines}"));
        }
    }
    println!("{} histories, word for word", now.len());
    assert!(
        other.is_empty(),
        "{} are told otherwise now:{}",
        other.len(),
        other.join("\n")
    );
    assert_eq!(said.len(), now.len(), "a heading too many");
}
