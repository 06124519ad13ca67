//! 落册 · A run folder from what was adopted: papers into `exports/`, τ and undos into a journal, cases with their checks.
//!
//! Why the records of a run: verify, close and every report read those. That nobody of ours sent anything stands in RUN
//! (`transport: import`); numbers of messages are `import-…`, since a paper has none.
//! Called by `command::import`. Not here: judging and sealing (`conclude`).

use std::collections::BTreeMap;
use std::path::Path;

use crosswipe_domain::{
    BasketLine, CaseId, Level, Moment, Money, MsgId, Nature, Outcome, Party, PseudonymKey, RunId,
    all_known, canonical_json, sha256_hex,
};
use crosswipe_journal::{
    CaseFinished, CaseResult, CaseStarted, Check, CompIntent, Draft, Ended, Intent, Journal,
    Listed, Note, PaperDigest, Payload, Purpose, RunHeader, UndoPlan,
};
use crosswipe_runner::Finished;
use crosswipe_scenarios::{Case, Expected, Op, Plan, Step, Swipe};
use crosswipe_verify::IMPORTED;

use super::adopt::{Adopted, Swiped};
use crate::complain::Trouble;
use crate::{private, rundir};

/// Writes everything but certificate and reports. The folder must have been made.
///
/// # Errors
/// A file or the journal cannot be written.
pub(crate) fn write(
    dir: &Path,
    plan: &Plan,
    header: RunHeader,
    adopted: &Adopted<'_>,
    unjudged: &[String],
    begins: Moment,
) -> Result<Finished, Trouble> {
    let mut papers = BTreeMap::new();
    for listing in &adopted.papers {
        let name = listing.form.file_of(&listing.party);
        let text = canonical_json(listing);
        rundir::write(&dir.join("exports").join(&name), text.as_bytes())?;
        papers.insert(
            name,
            PaperDigest {
                sha256: sha256_hex(text.as_bytes()),
                rows: listing.rows.len() as u64,
                sources: listing
                    .sources
                    .iter()
                    .map(|source| (source.name.clone(), source.sha256.clone()))
                    .collect(),
            },
        );
    }
    let mut events = events(adopted, begins);
    // What a case did comes before its end, whatever order the clocks of papers say.
    events.sort_by_key(|(at, rank, _)| (*at, *rank));
    let first = events.iter().map(|(at, ..)| *at).min().unwrap_or(begins);
    let journal = Journal::create(dir, header, first)?;
    private::remember_head(dir, &plan.id, &journal.head_of_chain())?;
    journal.append_and_wait(Draft::new(first, Payload::Listed(Listed { papers })))?;
    let mut last = first;
    for (at, _, payload) in events {
        last = last.max(at);
        journal.append_lazily(Draft::new(at, payload));
    }
    for (case, finished) in cases(plan, adopted, last) {
        let started = Payload::CaseStarted(CaseStarted { case });
        journal.append_lazily(Draft::new(last, started));
        journal.append_lazily(Draft::new(last, Payload::CaseFinished(finished)));
    }
    // Whoever judges reads what is committed: the last record waits for all before it.
    for event in notes(adopted, unjudged) {
        journal.append_and_wait(Draft::new(last, event))?;
    }
    Ok(Finished {
        journal,
        at: last,
        interrupted: false,
        short_of_room: false,
    })
}

/// RUN of papers: every party on the way of a τ, with the level of what it delivered.
///
/// # Errors
/// The site's memory of its last run cannot be read.
pub(crate) fn header(
    dir: &Path,
    run_id: RunId,
    plan: &Plan,
    key: &PseudonymKey,
    adopted: &Adopted<'_>,
) -> Result<RunHeader, Trouble> {
    let mut parties: BTreeMap<Party, Level> = BTreeMap::new();
    for one in &adopted.swiped {
        for party in &one.path {
            parties.entry(party.clone()).or_insert(Level::L0);
        }
    }
    for listing in &adopted.papers {
        let level = parties.entry(listing.party.clone()).or_insert(Level::L0);
        *level = (*level).max(listing.form.level());
    }
    Ok(RunHeader {
        run_id,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        plan: plan.resolved(key),
        files: plan
            .files
            .iter()
            .map(|(name, bytes)| (name.clone(), sha256_hex(bytes)))
            .collect(),
        seed: plan.seed,
        clock: "papers".to_owned(),
        transport: IMPORTED.to_owned(),
        parties,
        faults: Vec::new(),
        switches: BTreeMap::new(),
        previous_tail: private::previous_tail(dir, &plan.id)?,
        world: None,
    })
}

/// A record with its instant, and its rank among those of one instant.
type Event = (Moment, usize, Payload);

fn events(adopted: &Adopted<'_>, begins: Moment) -> Vec<Event> {
    let mut events = Vec::new();
    for (place, one) in adopted.swiped.iter().enumerate() {
        let rank = 10 * place;
        let at = one.claim.time.unwrap_or(begins);
        let msgid = |what: &str| {
            MsgId::parse(&format!("import-{:05}-{what}", place + 1)).expect("short and plain")
        };
        let ids = ids(one);
        events.push((
            at,
            rank,
            Payload::Intent(Box::new(intent(one, msgid("settle"), ids.clone()))),
        ));
        let ended =
            |msgid: MsgId, ids: BTreeMap<String, String>, amounts: BTreeMap<String, Money>| Ended {
                txid: one.txid.clone(),
                msgid,
                outcome: Outcome::Ok { ids, amounts },
                took_ms: 0,
                reply: None,
            };
        let answered = ended(msgid("settle"), ids, one.amounts.clone());
        events.push((at, rank + 1, Payload::Outcome(answered)));
        if !one.undone {
            continue;
        }
        let undone_at = one.undone_at.unwrap_or(at).max(at);
        let undo = one
            .infno
            .cancelled_by()
            .unwrap_or_else(|| one.infno.clone());
        let of_undo: BTreeMap<String, String> = [("setl_id", &one.claim.undone_by)]
            .into_iter()
            .filter(|(_, id)| !id.is_empty())
            .map(|(name, id)| (name.to_owned(), id.clone()))
            .collect();
        events.push((
            undone_at,
            rank + 2,
            Payload::CompIntent(Box::new(CompIntent {
                txid: one.txid.clone(),
                msgid: msgid("undo"),
                origin: one.claim.institution.clone(),
                infno: undo,
                undoes_msgid: msgid("settle"),
                undoes_infno: one.infno.clone(),
                attempt: 1,
                case: one.case.clone(),
                step: None,
                part: false,
                person: Some(crosswipe_domain::Pseudonym::from_evidence(
                    one.claim.person.as_deref().unwrap_or_default(),
                )),
                path: one.path.clone(),
                ids: of_undo.clone(),
                digest: String::new(),
                message: String::new(),
            })),
        ));
        let undone = ended(msgid("undo"), of_undo, BTreeMap::new());
        events.push((undone_at, rank + 3, Payload::CompOutcome(undone)));
    }
    events
}

fn ids(one: &Swiped<'_>) -> BTreeMap<String, String> {
    let claim = &one.claim;
    let time = claim.time.map(Moment::wire).unwrap_or_default();
    [
        ("setl_id", &claim.setl_id),
        ("mdtrt_id", &claim.mdtrt_id),
        ("undone_by", &claim.undone_by),
        ("setl_time", &time),
    ]
    .into_iter()
    .filter(|(_, text)| !text.is_empty())
    .map(|(name, text)| (name.to_owned(), text.clone()))
    .collect()
}

fn intent(one: &Swiped<'_>, msgid: MsgId, ids: BTreeMap<String, String>) -> Intent {
    let undo = one.infno.cancelled_by();
    // What the claim knows; an amount that only a list has is that list's.
    let total = one
        .claim
        .total
        .map(|fen| ("medfee_sumamt".to_owned(), Money::from_fen(fen)));
    Intent {
        txid: one.txid.clone(),
        msgid,
        origin: one.claim.institution.clone(),
        infno: one.infno.clone(),
        nature: Nature::Forward,
        purpose: Purpose::Business,
        case: one.case.clone(),
        step: one.step.clone(),
        person: one
            .claim
            .person
            .as_deref()
            .map(crosswipe_domain::Pseudonym::from_evidence),
        insured: Some(one.persona.insured),
        treatment: one.institution.region,
        business: one.planned.map(|swipe| swipe.business),
        insutype: Some(one.persona.class.insutype().to_owned()),
        channel: one.planned.map(|swipe| swipe.channel).unwrap_or_default(),
        path: one.path.clone(),
        undo: undo.map_or(UndoPlan::Nothing, |infno| UndoPlan::Cancel { infno }),
        ids,
        amounts: total.into_iter().collect(),
        digest: String::new(),
        message: String::new(),
    }
}

/// What a reader of the report should know beside the verdict.
fn notes(adopted: &Adopted<'_>, unjudged: &[String]) -> Vec<Payload> {
    let mut notes = Vec::new();
    let mut note = |code: &str, facts: BTreeMap<String, String>| {
        let note = Note {
            code: code.to_owned(),
            txid: None,
            facts,
        };
        notes.push(Payload::Note(note));
    };
    let fact = |name: &str, value: String| (name.to_owned(), value);
    for listing in &adopted.papers {
        for source in &listing.sources {
            note(
                "import-read",
                [
                    fact("party", listing.party.to_string()),
                    fact("form", listing.form.name().to_owned()),
                    fact("file", source.name.clone()),
                    fact("rows", source.rows.to_string()),
                ]
                .into(),
            );
        }
    }
    if adopted.unannounced > 0 {
        note(
            "import-adopted",
            [fact("settlements", adopted.unannounced.to_string())].into(),
        );
    }
    if let Some(first) = unjudged.first() {
        note(
            "import-not-judged",
            [
                fact("rows", unjudged.len().to_string()),
                fact("first", first.clone()),
            ]
            .into(),
        );
    }
    notes
}

/// Cases of which something was swiped, with what was expected of each step. What the plan's known issues explain is waived as
/// in any run, told as that; a swipe that is missing is not.
fn cases(plan: &Plan, adopted: &Adopted<'_>, at: Moment) -> Vec<(CaseId, CaseFinished)> {
    let mut ended = Vec::new();
    for case in &plan.cases {
        let of_case: Vec<&Swiped<'_>> = adopted
            .swiped
            .iter()
            .filter(|one| one.planned.is_some() && one.case == case.id)
            .collect();
        if of_case.is_empty() {
            continue;
        }
        let mut checks = Vec::new();
        let mut lacking = false;
        for leaf in case.leaves() {
            let Step::Swipe(swipe) = leaf else { continue };
            match (
                of_case.iter().find(|one| one.step == swipe.name),
                &swipe.expect.outcome,
            ) {
                (Some(one), _) => checks.extend(checked(plan, one, swipe)),
                (None, Expected::Ok) => {
                    lacking = true;
                    checks.push(check(swipe, "outcome", "ok", "absent", false));
                }
                (None, _) => {}
            }
        }
        let failed = checks
            .iter()
            .any(|check| !check.held && check.actual != "absent");
        let result = match (failed, lacking) {
            (true, false) if is_known(plan, case, &checks, at) => CaseResult::Waived,
            (true, _) => CaseResult::Failed,
            (false, true) => CaseResult::Error,
            (false, false) => CaseResult::Passed,
        };
        ended.push((
            case.id.clone(),
            CaseFinished {
                case: case.id.clone(),
                result,
                checks,
            },
        ));
    }
    ended
}

fn is_known(plan: &Plan, case: &Case, checks: &[Check], at: Moment) -> bool {
    let failed = checks.iter().filter(|check| !check.held);
    let failed = failed.map(|check| (&*check.what, &*check.actual));
    all_known(&plan.known_of(case), failed, at)
}

fn check(swipe: &Swipe, what: &str, expected: &str, actual: &str, held: bool) -> Check {
    Check {
        step: swipe.name.clone(),
        what: what.to_owned(),
        expected: expected.to_owned(),
        actual: actual.to_owned(),
        held,
    }
}

/// What the plan expects of a swipe, as far as papers say it.
fn checked(plan: &Plan, one: &Swiped<'_>, swipe: &Swipe) -> Vec<Check> {
    let settled = swipe.expect.outcome == Expected::Ok;
    let expected = if settled { "ok" } else { "refused" };
    let mut checks = vec![check(swipe, "outcome", expected, "ok", settled)];
    let mut said = false;
    for field in &swipe.expect.fields {
        let name = field.path.strip_prefix("setlinfo.").unwrap_or(&field.path);
        let (Some(actual), Ok(wanted)) = (one.amounts.get(name), Money::parse(&field.value)) else {
            continue;
        };
        let held = match field.op {
            Op::Eq => *actual == wanted,
            Op::Le => *actual <= wanted,
            Op::Ge => *actual >= wanted,
            Op::Lt => *actual < wanted,
            Op::Gt => *actual > wanted,
            Op::Ne => *actual != wanted,
        };
        said |= name == "medfee_sumamt";
        let expected = match field.op {
            Op::Eq => field.value.clone(),
            op => format!("{} {}", op.name(), field.value),
        };
        checks.push(check(
            swipe,
            &field.path,
            &expected,
            &actual.to_string(),
            held,
        ));
    }
    let whole = swipe.continues.is_none() && swipe.until.is_none() && settled && !said;
    let bill = plan.registry.baskets.get(&swipe.basket).filter(|_| whole);
    if let (Some(lines), Some(actual)) = (bill, one.amounts.get("medfee_sumamt")) {
        let sum: Money = lines.iter().map(BasketLine::amount).sum();
        checks.push(check(
            swipe,
            "setlinfo.medfee_sumamt",
            &sum.to_string(),
            &actual.to_string(),
            *actual == sum,
        ));
    }
    checks
}
