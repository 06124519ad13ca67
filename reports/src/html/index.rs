//! 索引 · The places of care of a run that is cut into pages, each with its figures, which add up to those of the run.

use serde::Serialize;

use super::scope::{self, Place};
use crate::amount::{count, yuan};
use crate::story::{Case, CaseCounts, Open, Story};
use crate::wording::Lang;

/// 一地 · One line of the index.
#[derive(Serialize)]
pub(super) struct PlaceLine {
    name: String,
    /// The address of its page.
    link: String,
    cases: String,
    passed: String,
    bad: String,
    has_bad: bool,
    open: String,
    amount: String,
    is_open: bool,
}

pub(super) fn index(story: &Story, lang: Lang) -> Vec<PlaceLine> {
    let places = scope::places(story).into_iter();
    places
        .map(|(place, cases)| line(story, place, &cases, lang))
        .collect()
}

fn line(story: &Story, place: Place, cases: &[&Case], lang: Lang) -> PlaceLine {
    let counts = CaseCounts::of(cases.iter().copied());
    let open = Open::within(&story.open, cases);
    let bad = cases.iter().filter(|case| !case.is_good()).count();
    let number = |value: usize| count(i64::try_from(value).unwrap_or(i64::MAX));
    PlaceLine {
        name: scope::name(story, place, lang),
        link: scope::file(place),
        cases: number(counts.planned),
        passed: number(counts.passed),
        bad: number(bad),
        has_bad: bad > 0,
        open: number(open.transactions.len()),
        amount: yuan(open.amount.fen()),
        is_open: !open.is_empty(),
    }
}
