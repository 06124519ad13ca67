//! 复核 · What named persons said of the run and what the plan knew before, beside the case, transaction or finding they
//! speak of, in sections of their own and on the sign-off page.
//!
//! Why beside: whoever reads that a case failed must see in the same place that somebody takes it otherwise, and whoever
//! reads that must see what the run says. None of it moves a number or a colour of the run itself.
//! Not here: the sentences (`wording::review`), whether a line holds (`verify::review`).

use std::collections::BTreeSet;

use crosswipe_domain::TxId;
use crosswipe_journal::CaseResult;
use crosswipe_verify::{Finding, Held, ReviewAct, Target, finding_id};
use serde::Serialize;

use super::scope::Scope;
use crate::story::{Case, Known, Story};
use crate::terminal::{came_to, chain_groups};
use crate::wording::{Lang, Word, classes, review};

/// The key of cases that met a known issue.
const KNOWN: &str = "known-issue";

/// 一句 · What was said of something, and how it stands.
#[derive(Serialize)]
pub(super) struct Remark {
    pub(super) text: String,
    class: &'static str,
}

/// 复核簿 · The whole chain, a row each.
#[derive(Serialize)]
pub(super) struct Section {
    rows: Vec<Row>,
    /// Where the chain breaks; nothing where it holds.
    broken: String,
    tail: String,
    /// `意见 2 · 改判 1`, for the head of the page.
    summary: String,
    class: &'static str,
}

#[derive(Serialize)]
struct Row {
    number: usize,
    on: String,
    /// The case that it speaks of; nothing for the run.
    link: String,
    told: String,
    class: &'static str,
}

/// 签字 · One signature on the sign-off page.
#[derive(Serialize)]
pub(super) struct SignedLine {
    role: &'static str,
    by: String,
    unit: String,
    at: String,
    verdict: String,
    certificate: String,
    with: String,
    since: String,
    class: &'static str,
}

/// 已知问题 · One issue of the plan with what it came to.
#[derive(Serialize)]
pub(super) struct Issue {
    id: String,
    text: String,
    owner: String,
    due: String,
    came_to: Vec<String>,
    class: &'static str,
}

/// Everything about a case: issues that the plan knew, then what was said of it, of its transactions and of what was found.
pub(super) fn of_case(story: &Story, case: &Case, lang: Lang) -> Vec<Remark> {
    let mut told = issues_of(story, case, lang);
    told.extend(said_of(story, "case", case.plan.case.as_str(), "", lang));
    if story.review.said.is_empty() {
        return told;
    }
    for chain in &case.chains {
        let txid = chain.transaction.txid.as_str();
        let name = format!("{} {txid}  ", lang.pick("交易", "transaction"));
        told.extend(said_of(story, "transaction", txid, &name, lang));
    }
    for index in &case.findings {
        let finding = &story.judgement.findings[*index];
        let name = format!("{}  ", classes::name(&finding.class, lang));
        told.extend(said_of(story, "finding", &finding_id(finding), &name, lang));
    }
    told
}

/// Kinds of what stands beside a case, each once: `comment`, `override`, `known-issue`.
pub(super) fn kinds(story: &Story, case: &Case) -> BTreeSet<&'static str> {
    let mut kinds = BTreeSet::new();
    if story.known_in(case).next().is_some() {
        kinds.insert(KNOWN);
    }
    let is_about = |on: &Target| match on {
        Target::Run => false,
        Target::Case(id) => *id == case.plan.case,
        Target::Transaction(txid) => stands_in(case, txid),
        Target::Finding { id, .. } => is_found_in(story, case, id),
    };
    let said = story.review.said.iter().map(|said| &said.line.act);
    let said = said.filter(|act| act.target().is_some_and(is_about));
    kinds.extend(said.map(ReviewAct::kind));
    kinds
}

/// Such a kind in words.
pub(super) fn kind(kind: &str, lang: Lang) -> String {
    let (zh, en) = match kind {
        "comment" => ("意见", "comment"),
        "override" => ("改判", "override"),
        "explain" => ("来历说明", "explanation"),
        "sign" => ("签字", "signature"),
        KNOWN => ("已知问题", "known issue"),
        other => (other, other),
    };
    lang.pick(zh, en).to_owned()
}

fn stands_in(case: &Case, txid: &TxId) -> bool {
    let mut chains = case.chains.iter();
    chains.any(|chain| chain.transaction.txid == *txid)
}

fn is_found_in(story: &Story, case: &Case, id: &str) -> bool {
    let mut found = case.findings.iter();
    found.any(|index| finding_id(&story.judgement.findings[*index]) == id)
}

/// What was said of a transaction itself.
pub(super) fn of_transaction(story: &Story, txid: &TxId, lang: Lang) -> Vec<Remark> {
    said_of(story, "transaction", txid.as_str(), "", lang)
}

/// What was said of a finding.
pub(super) fn of_finding(story: &Story, finding: &Finding, lang: Lang) -> Vec<Remark> {
    match story.review.said.is_empty() {
        true => Vec::new(),
        false => said_of(story, "finding", &finding_id(finding), "", lang),
    }
}

fn said_of(story: &Story, kind: &str, id: &str, name: &str, lang: Lang) -> Vec<Remark> {
    let told = review::remarks(&story.review, kind, id, lang);
    told.into_iter()
        .map(|(told, state)| Remark {
            text: format!("{name}{told}"),
            class: class(state),
        })
        .collect()
}

/// Issues that were found in this case, with who answers for them and until when.
fn issues_of(story: &Story, case: &Case, lang: Lang) -> Vec<Remark> {
    let told = |known: &Known| {
        let issue = &known.issue;
        let (id, text, owner, due) = (&issue.id, &issue.text, &issue.owner, day(issue.due));
        let waived = case.ending.result() == CaseResult::Waived;
        let (state, class) = match (waived, known.overdue) {
            (true, _) => (lang.pick("豁免", "waived"), "dim"),
            (false, true) => (
                lang.pick("已过期，不再豁免", "overdue, no longer waived"),
                "bad",
            ),
            (false, false) => (
                lang.pick(
                    "另有不符，不能豁免",
                    "not waived, something else failed too",
                ),
                "bad",
            ),
        };
        let text = match lang {
            Lang::Zh => format!("已知问题 {id}「{text}」，负责 {owner}，期限 {due}：{state}"),
            Lang::En => format!("known issue {id} \"{text}\", owner {owner}, due {due}: {state}"),
        };
        Remark { text, class }
    };
    story.known_in(case).map(told).collect()
}

/// Every issue of the plan.
pub(super) fn issues(story: &Story, lang: Lang) -> Vec<Issue> {
    let line = |known: &Known| Issue {
        id: known.issue.id.clone(),
        text: known.issue.text.clone(),
        owner: known.issue.owner.clone(),
        due: day(known.issue.due),
        came_to: came_to(known, lang)
            .iter()
            .map(|line| line.trim().to_owned())
            .collect(),
        class: match known.not_waived.is_empty() {
            true => "",
            false => "bad",
        },
    };
    story.known.iter().map(line).collect()
}

fn day(at: crosswipe_domain::Moment) -> String {
    let told = at.wire();
    told.strip_suffix(":00").unwrap_or(&told).to_owned()
}

/// The chain as a section; `None` where nobody said anything.
pub(super) fn section(story: &Story, scope: Scope<'_>, lang: Lang) -> Option<Section> {
    let held = &story.review;
    if held.said.is_empty() && held.defects.is_empty() {
        return None;
    }
    let rows = review::rows(held, lang).into_iter().zip(&held.said);
    let rows = rows.map(|(row, said)| Row {
        number: row.number,
        on: row.on,
        link: match said.line.act.target() {
            Some(Target::Case(id)) => link_of(story, scope, |case| case.plan.case == *id),
            Some(Target::Transaction(txid)) => link_of(story, scope, |case| stands_in(case, txid)),
            Some(Target::Finding { id, .. }) => {
                link_of(story, scope, |case| is_found_in(story, case, id))
            }
            Some(Target::Run) | None => String::new(),
        },
        told: row.told,
        class: class(row.state),
    });
    Some(Section {
        rows: rows.collect(),
        broken: review::broken(held, lang).unwrap_or_default(),
        tail: held.tail().map(chain_groups).unwrap_or_default(),
        summary: summary(story, lang),
        class: class(held.state),
    })
}

/// Of the first such case; nothing where there is none.
fn link_of(story: &Story, scope: Scope<'_>, is_it: impl Fn(&Case) -> bool) -> String {
    let mut cases = story.cases.iter();
    let found = cases.find(|case| is_it(case));
    found.map(|case| scope.link(case)).unwrap_or_default()
}

/// `复核：意见 2 · 改判 1 · 签字 1`; where the chain breaks, that.
fn summary(story: &Story, lang: Lang) -> String {
    let number = |kind: &str| {
        let said = story.review.said.iter();
        said.filter(|said| said.line.act.kind() == kind).count()
    };
    let kinds = ["comment", "override", "explain", "sign"];
    let mut told: Vec<String> = kinds
        .iter()
        .filter(|which| number(which) > 0)
        .map(|which| format!("{} {}", kind(which, lang), number(which)))
        .collect();
    told.extend(review::broken(&story.review, lang));
    format!(
        "{}{}{}",
        Word::review_short.say(lang),
        lang.pick("：", ": "),
        told.join(" · ")
    )
}

/// Signatures for the sign-off page.
pub(super) fn signatures(story: &Story, lang: Lang) -> Vec<SignedLine> {
    let line = |signed: review::Signed| SignedLine {
        role: signed.role,
        by: signed.by,
        unit: signed.unit,
        at: signed.at,
        verdict: signed.verdict,
        certificate: signed.certificate,
        with: signed.with,
        class: match signed.state {
            Held::Held if signed.since.starts_with('✓') => "good",
            other => class(other),
        },
        since: signed.since,
    };
    let all = review::signed_rows(&story.review, lang);
    all.into_iter().map(line).collect()
}

/// Nobody's word is green: it proves nothing.
fn class(state: Held) -> &'static str {
    match state {
        Held::Held => "",
        Held::Violated => "bad",
        Held::NotChecked => "unsure",
    }
}
