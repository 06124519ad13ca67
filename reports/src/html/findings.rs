//! 发现 · What the judge found, each cause told once, with what it means and what to do.

use serde::Serialize;

use crosswipe_verify::{Finding, finding_id};

use super::marked::{Marked, marked};
use super::review::{self, Remark};
use crate::story::{self, Story};
use crate::wording::sentence::rule_name;
use crate::wording::{Lang, Word, classes, terms};

/// Of findings alike, and of those that follow from one, that are told; the rest is counted.
const MOST: usize = 50;

/// 起因 · A finding told in full, those alike, and what follows from it.
#[derive(Serialize)]
pub(super) struct Cause {
    finding: Told,
    alike: Vec<Told>,
    alike_more: String,
    alike_all: usize,
    /// Somebody spoke of one of them: it must not lie folded up.
    alike_said: bool,
    consequences: Vec<Told>,
    consequences_more: String,
    consequences_all: usize,
    consequences_said: bool,
}

#[derive(Serialize)]
struct Told {
    class: String,
    name: String,
    severity: String,
    rule: String,
    uncertain: bool,
    party: String,
    answered_by: String,
    txid: String,
    person: String,
    place: String,
    expected: Marked,
    actual: Marked,
    witness: Vec<String>,
    meaning: &'static str,
    next: &'static str,
    /// What it is called in a review.
    id: String,
    said: Vec<Remark>,
}

/// Every cause, with the first of those alike and of those that follow; how many more there are is said.
pub(super) fn findings(story: &Story, lang: Lang) -> Vec<Cause> {
    let all = &story.judgement.findings;
    let list = |indices: &[usize]| {
        let first = indices.iter().take(MOST);
        first.map(|&index| told(story, &all[index], lang)).collect()
    };
    let more = |indices: &[usize]| match indices.len().saturating_sub(MOST) {
        0 => String::new(),
        more => Word::more_like_it
            .say(lang)
            .replace("{}", &more.to_string()),
    };
    let any_said = |told: &[Told]| told.iter().any(|one| !one.said.is_empty());
    let cause = |cause: &story::Cause| {
        let (alike, consequences): (Vec<Told>, Vec<Told>) =
            (list(&cause.alike), list(&cause.consequences));
        Cause {
            finding: told(story, &all[cause.first], lang),
            alike_said: any_said(&alike),
            consequences_said: any_said(&consequences),
            alike,
            alike_more: more(&cause.alike),
            alike_all: cause.alike.len(),
            consequences,
            consequences_more: more(&cause.consequences),
            consequences_all: cause.consequences.len(),
        }
    };
    story.causes().iter().map(cause).collect()
}

fn told(story: &Story, finding: &Finding, lang: Lang) -> Told {
    let party = |party: Option<&crosswipe_domain::Party>| {
        party
            .map(|party| story.names.party(party, lang))
            .unwrap_or_default()
    };
    let (expected, actual) = story.expected_actual(finding, lang);
    let (expected, actual) = marked(&expected, &actual);
    Told {
        class: finding.class.to_string(),
        name: classes::name(&finding.class, lang),
        severity: format!("{:?}", finding.severity),
        rule: format!("{} {}", finding.rule, rule_name(finding.rule, lang)),
        uncertain: finding.uncertain,
        party: party(finding.party.as_ref()),
        answered_by: party(finding.answered_by.as_ref()),
        txid: finding
            .txid
            .as_ref()
            .map(ToString::to_string)
            .or(finding.case.as_ref().map(ToString::to_string))
            .unwrap_or_default(),
        person: finding
            .person
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        place: terms::seen(&finding.location, lang),
        expected,
        actual,
        witness: finding.witness.clone(),
        meaning: classes::meaning(finding, lang),
        next: classes::next(finding, lang),
        id: finding_id(finding),
        said: review::of_finding(story, finding, lang),
    }
}
