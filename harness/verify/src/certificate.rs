//! 回退证书 · The rollback certificate as canonical JSON: what was run, what was seen, what it amounts to.
//!
//! Why so: a reviewer computes it again from journal and exports and compares byte for byte, so it holds
//! facts only, in sorted keys, and no word of any language. Its **core** leaves out tail and length of the
//! journal, because the CERT record that carries the core's digest moves both.
//! Called by `cli`. Not here: the table for people (`reports`).

use std::collections::BTreeMap;

use crosswipe_domain::{Rule, canonical_json, sha256_hex};
use crosswipe_journal::Payload;
use serde_json::{Value, json};

use crate::evidence::{Evidence, Instant};
use crate::judgement::{Held, Judgement, Transaction, TxState};
use crate::story::Story;

/// 判定版本 · This judge: version of the tool, and a digest of the sources that decide how a run is judged. Told in the
/// CERT record; a certificate of another judge is not computed again but held against its digest there.
pub const JUDGE: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    "+",
    env!("CROSSWIPE_JUDGE_RULES")
);

/// The `schema` of a certificate.
const SCHEMA: &str = "crosswipe.certificate/1";

/// 证书 · The certificate's text: canonical JSON and a line feed.
///
/// Members: `schema`, `run` (id, tool version, seed, clock, transport, faults asked for, tail of the run before),
/// `plan` (id, title, source, digest of the resolved plan, digests of its files), `parties` (evidence level each),
/// `snapshots` (per instant and party: digest, `lsn`, time; who did not answer), `looks` (per case and party),
/// `journal` (head, tail, length, defect), `verdict`, `level`, `rules`, `counts`, `books`, `transactions` (each with
/// the rules that a finding breaks for it), `findings`, `unresolved` (with next step and owner), `notes`,
/// `statements` (what named persons stand for: strangers explained, purges ordered, undo after the window's end),
/// `not_checked`, `cannot_undo`, and `anchor`: who holds all files could write all of them anew, so the chain's ends
/// must have been noted elsewhere.
pub fn certificate(evidence: &Evidence, judgement: &Judgement) -> String {
    // The journal alone: what the books say stands in the judgement.
    let story = Story::read(evidence);
    let header = story.header;
    let plan = header.map(|header| {
        json!({
            "id": header.plan.plan, "title": {"zh": header.plan.title_zh, "en": header.plan.title_en}, "source": header.plan.source,
            "sha256": sha256_hex(canonical_json(&header.plan).as_bytes()), "window_sha256": sha256_hex(canonical_json(&header.plan.window).as_bytes()),
            "files": header.files,
        })
    });
    let run = header.map(|header| {
        json!({
            "id": header.run_id, "tool_version": header.tool_version, "seed": header.seed, "clock": header.clock,
            "transport": header.transport, "faults": header.faults, "previous_tail": header.previous_tail,
        })
    });
    let journal = &evidence.journal;
    let whole = json!({
        "schema": SCHEMA,
        "run": run,
        "plan": plan,
        "parties": header.map(|header| &header.parties),
        "snapshots": snapshots(&story),
        "looks": story.tails.iter().map(|(seq, tails)| json!({"record": seq, "tails": tails})).collect::<Vec<_>>(),
        "journal": {"head": journal.head, "tail": journal.tail, "length": journal.length, "defect": journal.defect},
        "verdict": judgement.verdict,
        "level": judgement.level,
        "rules": judgement.rules,
        "counts": judgement.counts,
        "books": judgement.books,
        "transactions": judgement.transactions.iter().map(|one| transaction(judgement, one)).collect::<Vec<_>>(),
        "findings": judgement.findings,
        "unresolved": unresolved(&story, judgement),
        "notes": judgement.notes,
        "statements": judgement.statements,
        "not_checked": judgement.not_checked,
        "cannot_undo": header.map(|header| &header.plan.cannot_undo),
        "anchor": "note-head-and-tail-elsewhere",
    });
    let mut whole = whole;
    let papers: Vec<_> = evidence
        .records
        .iter()
        .filter_map(|record| match &record.payload {
            Payload::Listed(listed) => Some(json!({"record": record.seq, "papers": listed.papers})),
            _ => None,
        })
        .collect();
    if let (Some(members), false) = (whole.as_object_mut(), papers.is_empty()) {
        members.insert("papers".to_owned(), json!(papers));
    }
    let mut text = canonical_json(&whole);
    text.push('\n');
    text
}

/// 核心摘要 · SHA-256 of a certificate without its journal's tail and length, for the CERT record; `None` if the
/// text is no JSON object.
pub fn certificate_core_sha256(text: &str) -> Option<String> {
    let mut value: Value = serde_json::from_str(text).ok()?;
    if let Some(journal) = value
        .as_object_mut()?
        .get_mut("journal")
        .and_then(Value::as_object_mut)
    {
        journal.remove("tail");
        journal.remove("length");
    }
    Some(sha256_hex(canonical_json(&value).as_bytes()))
}

fn snapshots(story: &Story<'_>) -> Value {
    let of = |instant: Instant| {
        let found = story.snapshots.get(&instant);
        (instant.name(), found.map(|(seq, snapshot)| json!({"record": seq, "exports": snapshot.exports, "missing": snapshot.missing})))
    };
    json!(
        [Instant::T0, Instant::T1, Instant::T2]
            .map(of)
            .into_iter()
            .collect::<BTreeMap<_, _>>()
    )
}

/// A τ's line with its R-checks: each rule that no finding breaks for it shows the rule's own state.
fn transaction(judgement: &Judgement, one: &Transaction) -> Value {
    let broken: Vec<Rule> = judgement
        .findings
        .iter()
        .filter(|finding| finding.txid.as_ref() == Some(&one.txid))
        .map(|finding| finding.rule)
        .collect();
    let state = |rule: Rule, own: Held| match own {
        _ if broken.contains(&rule) => "violated",
        Held::NotChecked => "not_checked",
        Held::Held | Held::Violated => "held",
    };
    let checks: BTreeMap<&str, &str> = judgement
        .rules
        .iter()
        .map(|rule| (rule.rule.code(), state(rule.rule, rule.state)))
        .collect();
    let mut value = serde_json::to_value(one).expect("a transaction has text keys");
    if let Some(members) = value.as_object_mut() {
        members.insert("checks".into(), json!(checks));
    }
    value
}

/// What is still open, whose it is, and the next step as a stable word.
fn unresolved(story: &Story<'_>, judgement: &Judgement) -> Vec<Value> {
    let open = judgement
        .transactions
        .iter()
        .filter(|one| matches!(one.state, TxState::Open | TxState::Unknown));
    open.map(|one| {
        let recorded = story.tau_of.get(&one.txid).and_then(|tau| story.taus[*tau].unresolved);
        let next = match (recorded, one.state) {
            (Some(_), _) => "ask-owner",
            (None, TxState::Unknown) => "query-then-reverse",
            (None, _) => "resume",
        };
        json!({
            "txid": one.txid, "person": one.person, "state": one.state, "next": next,
            "reason": recorded.map(|recorded| &recorded.reason), "owner": recorded.map(|recorded| &recorded.owner),
            "evidence": recorded.map(|recorded| &recorded.evidence),
        })
    })
    .collect()
}
