//! 合卷 · The runs of one group as one run: from the first t0 to the last look, judged by the same fourteen rules.
//!
//! Why so: what R1–R14 say of a run they must say of the window, across runs and sites: newest settlement of a person
//! undone first whoever swiped it, nothing left open, no row that belongs to nobody. So the records are laid one after
//! the other under one RUN, and the judge reads them without knowing of windows. Business intents and cases are
//! numbered by run, because two runs of a plan name them alike.
//! Called by `window`. Not here: the books between two runs (`seam`).

use std::collections::BTreeMap;

use crosswipe_domain::{CaseId, DeclaredPurge, Moment, Party, TxId};
use crosswipe_journal::{ExportDigest, Payload, Record, RunHeader, Snapshot, UndoPlan};

use super::{Member, OpenSwipe, WindowFinding};
use crate::evidence::{Evidence, ExportFile, Instant, JournalFacts, Whole};
use crate::judge::judge;
use crate::judgement::{
    BookTotal, Finding, Remark, RuleState, Statement, Transaction, TxState, Verdict,
};
use crate::purge::Purge;
use crate::review::Review;

/// What the runs come to as one.
pub(super) struct Joint {
    pub(super) verdict: Verdict,
    pub(super) rules: Vec<RuleState>,
    pub(super) books: Vec<BookTotal>,
    pub(super) findings: Vec<WindowFinding>,
    pub(super) open: Vec<OpenSwipe>,
    pub(super) notes: Vec<Remark>,
    pub(super) statements: Vec<Statement>,
    pub(super) not_checked: Vec<String>,
}

/// Joins and judges; of each party the purge that counts.
pub(super) fn judged(runs: &[&Member<'_>], purges: &[DeclaredPurge], review: &Review) -> Joint {
    let judgement = match runs {
        [one] if one.is_listed() => one.papers.judgement.clone(),
        _ => judge(&joined(runs, purges, review)),
    };
    let all: Vec<usize> = runs.iter().map(|run| run.place).collect();
    let open = judgement
        .transactions
        .into_iter()
        .filter(|one| matches!(one.state, TxState::Open | TxState::Unknown));
    Joint {
        verdict: judgement.verdict,
        rules: judgement.rules,
        books: judgement.books,
        findings: judgement
            .findings
            .into_iter()
            // Told once: what follows from another finding is in the report of the run.
            .filter(|finding| finding.follows_from.is_none())
            .map(|finding| denumbered(finding, &all))
            .collect(),
        open: open
            .map(|transaction| OpenSwipe {
                run: transaction.txid.split_run().0.unwrap_or(0),
                transaction: unnumbered(transaction),
            })
            .collect(),
        notes: judgement.notes.into_iter().map(unnumbered_note).collect(),
        statements: judgement.statements,
        not_checked: judgement.not_checked,
    }
}

pub(super) fn denumbered(mut finding: Finding, all: &[usize]) -> WindowFinding {
    let by_txid = finding.txid.as_ref().map(TxId::split_run);
    let by_case = finding.case.as_ref().map(CaseId::split_run);
    let run = by_txid
        .as_ref()
        .and_then(|(run, _)| *run)
        .or(by_case.as_ref().and_then(|(run, _)| *run));
    finding.txid = by_txid.map(|(_, txid)| txid);
    finding.case = by_case.map(|(_, case)| case);
    WindowFinding {
        runs: run.map_or_else(|| all.to_vec(), |run| vec![run]),
        finding,
    }
}

/// As its own run names it.
pub(super) fn unnumbered(mut transaction: Transaction) -> Transaction {
    transaction.txid = transaction.txid.split_run().1;
    transaction.case = transaction.case.split_run().1;
    transaction
}

pub(super) fn unnumbered_note(mut note: Remark) -> Remark {
    if let Some((Some(run), txid)) = note.txid.as_ref().map(TxId::split_run) {
        note.facts.insert("run".to_owned(), run.to_string());
        note.txid = Some(txid);
    }
    note
}

/// One RUN, one t0, all messages and looks in order, one t1, one t2.
pub(super) fn joined(runs: &[&Member<'_>], purges: &[DeclaredPurge], review: &Review) -> Evidence {
    let mut whole = Evidence {
        within: within(runs),
        review: review.clone(),
        journal: JournalFacts {
            defect: runs
                .iter()
                .find_map(|run| run.papers.evidence.journal.defect.clone()),
            ..JournalFacts::default()
        },
        ..Evidence::default()
    };
    for run in runs {
        // Whoever explained a stranger's rows in one run has explained them in the window.
        let review = &run.papers.evidence.review;
        whole.review.lines.extend_from_slice(&review.lines);
        whole.review.defect = whole.review.defect.or(review.defect);
        for (party, lines) in &run.papers.evidence.looks {
            let all = whole.looks.entry(party.clone()).or_default();
            all.extend(lines.iter().cloned());
        }
    }
    let Some(first) = runs.first() else {
        return whole;
    };
    let mut epoch = 0;
    push(
        &mut whole,
        epoch,
        first.began,
        Payload::Run(Box::new(header(runs, purges))),
    );
    if let Some((at, taken)) = first_t0(runs) {
        let snapshot = placed(&mut whole, Instant::T0, taken);
        push(&mut whole, epoch, at, Payload::Snap0(snapshot));
    }
    for run in runs {
        // Each run keeps a clock of its own: in rising epochs none is taken for one that was set back.
        let before = epoch + 1;
        for record in &run.papers.evidence.records {
            epoch = epoch.max(before + record.epoch);
            match &record.payload {
                Payload::Run(_)
                | Payload::Snap0(_)
                | Payload::Snap1(_)
                | Payload::Snap2(_)
                | Payload::Takeover(_) => {}
                Payload::Cert(_) => break,
                payload => {
                    let at_epoch = before + record.epoch;
                    push(
                        &mut whole,
                        at_epoch,
                        record.at,
                        numbered(payload, run.place),
                    );
                }
            }
        }
    }
    let (t1, t2) = last_looks(runs, &ages(&whole, purges));
    for (instant, at_end) in [(Instant::T1, t1), (Instant::T2, t2)] {
        let Some((at, taken)) = at_end else { continue };
        let snapshot = placed(&mut whole, instant, taken);
        let payload = match instant {
            Instant::T1 => Payload::Snap1(snapshot),
            _ => Payload::Snap2(snapshot),
        };
        epoch += 1;
        push(&mut whole, epoch, at, payload);
    }
    whole
}

fn push(whole: &mut Evidence, epoch: u64, at: Moment, payload: Payload) {
    let seq = whole.records.len() as u64;
    whole.records.push(Record {
        seq,
        epoch,
        at,
        payload,
        prev_sha256: String::new(),
        sha256: String::new(),
    });
}

/// The last run's plan with the parties, persons and public of all.
fn header(runs: &[&Member<'_>], purges: &[DeclaredPurge]) -> RunHeader {
    let mut header = runs[runs.len() - 1].header.clone();
    header.plan.purge = purges.to_vec();
    // Each run has caps of its own, and was held to them by itself.
    header.plan.caps = None;
    for run in runs {
        for (party, level) in &run.header.parties {
            let lowest = header.parties.entry(party.clone()).or_insert(*level);
            *lowest = (*lowest).min(*level);
        }
        let plan = &mut header.plan;
        for persona in &run.header.plan.personas {
            if !plan
                .personas
                .iter()
                .any(|known| known.pseudonym == persona.pseudonym)
            {
                plan.personas.push(persona.clone());
            }
        }
        for public in &run.header.plan.public {
            if !plan.public.contains(public) {
                plan.public.push(public.clone());
            }
        }
    }
    header
}

/// The whole logs that the runs saw and their journals vouch for.
fn within(runs: &[&Member<'_>]) -> BTreeMap<Party, Vec<Whole>> {
    let mut within: BTreeMap<Party, Vec<Whole>> = BTreeMap::new();
    for run in runs {
        for instant in [Instant::T0, Instant::T1, Instant::T2] {
            for (party, one) in taken(run, instant).into_iter().flat_map(|(_, all)| all) {
                let vouched = one.file.filter(|file| file.sha256 == one.digest.sha256);
                let Some(Ok(export)) = vouched.map(|file| &file.export) else {
                    continue;
                };
                within.entry(party.clone()).or_default().push(Whole {
                    run: run.place,
                    instant,
                    taken_at: export.taken_at,
                    lsn: export.lsn,
                    log: export.log.clone(),
                });
            }
        }
    }
    within
}

/// Of each party that was purged what tells looks before it from looks after it.
type Ages<'a> = BTreeMap<Party, Purge<'a>>;

fn ages<'a>(whole: &Evidence, purges: &'a [DeclaredPurge]) -> Ages<'a> {
    let of = |declared: &'a DeclaredPurge| {
        let wholes = whole.within.get(&declared.party)?.iter().map(Whole::stamp);
        Some((declared.party.clone(), Purge::of(declared, wholes)))
    };
    purges.iter().filter_map(of).collect()
}

/// One export as a run's journal names it and as its file holds it.
struct Taken<'a> {
    run: usize,
    digest: &'a ExportDigest,
    file: Option<&'a ExportFile>,
}

type TakenAt<'a> = (Moment, BTreeMap<&'a Party, Taken<'a>>);

/// Puts the files into the evidence and names them as a snapshot does.
fn placed(whole: &mut Evidence, instant: Instant, taken: BTreeMap<&Party, Taken<'_>>) -> Snapshot {
    let mut snapshot = Snapshot {
        exports: BTreeMap::new(),
        missing: BTreeMap::new(),
    };
    for (party, one) in taken {
        snapshot.exports.insert(party.clone(), one.digest.clone());
        if let Some(file) = one.file {
            let files = whole.exports.entry(instant).or_default();
            files.insert(party.clone(), file.clone());
        }
    }
    snapshot
}

/// The snapshot of a run at an instant, the newest if it was taken again.
fn taken<'a>(run: &Member<'a>, instant: Instant) -> Option<TakenAt<'a>> {
    let evidence = run.papers.evidence;
    let mut snapshots = evidence.records.iter().filter_map(|record| {
        let snapshot = match (&record.payload, instant) {
            (Payload::Snap0(snapshot), Instant::T0)
            | (Payload::Snap1(snapshot), Instant::T1)
            | (Payload::Snap2(snapshot), Instant::T2) => snapshot,
            _ => return None,
        };
        Some((record.at, snapshot))
    });
    let (at, snapshot) = snapshots.next_back()?;
    let files = evidence.exports.get(&instant);
    let of = |party: &'a Party, digest: &'a ExportDigest| {
        let file = files.and_then(|files| files.get(party));
        let run = run.place;
        (party, Taken { run, digest, file })
    };
    let taken = snapshot
        .exports
        .iter()
        .map(|(party, digest)| of(party, digest));
    Some((at, taken.collect()))
}

/// Of each party the first t0 that any run took.
fn first_t0<'a>(runs: &[&Member<'a>]) -> Option<TakenAt<'a>> {
    let mut all = runs.iter().filter_map(|run| taken(run, Instant::T0));
    let (at, mut first) = all.next()?;
    for (_, later) in all {
        for (party, one) in later {
            first.entry(party).or_insert(one);
        }
    }
    Some((at, first))
}

/// Of each party the newest t1, and the newest t2 that is not older; none where the run begun last took none.
fn last_looks<'a>(
    runs: &[&Member<'a>],
    ages: &Ages<'_>,
) -> (Option<TakenAt<'a>>, Option<TakenAt<'a>>) {
    let begun_last = runs.last().and_then(|run| taken(run, Instant::T1));
    if begun_last.is_none() {
        return (None, None);
    }
    let t1 = newest(runs, ages, Instant::T1, None);
    let t2 = newest(runs, ages, Instant::T2, t1.as_ref());
    (t1, t2)
}

fn newest<'a>(
    runs: &[&Member<'a>],
    ages: &Ages<'_>,
    instant: Instant,
    not_before: Option<&TakenAt<'a>>,
) -> Option<TakenAt<'a>> {
    // After a restore a log is shorter and newer all the same.
    let rank = |party: &Party, one: &Taken<'_>| {
        let (lsn, taken_at) = (one.digest.lsn, one.digest.taken_at);
        let age = ages.get(party);
        let is_after = age.is_some_and(|purge| purge.is_after(one.run, taken_at));
        (is_after, lsn, taken_at)
    };
    let mut newest: Option<TakenAt<'a>> = None;
    for (at, all) in runs.iter().filter_map(|run| taken(run, instant)) {
        for (party, one) in all {
            let floor =
                not_before.map(|(_, earlier)| earlier.get(party).map(|one| rank(party, one)));
            if floor.is_some_and(|floor| floor.is_none_or(|floor| rank(party, &one) < floor)) {
                continue;
            }
            let (latest, kept) = newest.get_or_insert_with(|| (at, BTreeMap::new()));
            *latest = (*latest).max(at);
            match kept.get(party) {
                Some(known) if rank(party, known) >= rank(party, &one) => {}
                _ => {
                    kept.insert(party, one);
                }
            }
        }
    }
    newest
}

/// The same record with its business intents and cases numbered by run.
fn numbered(payload: &Payload, run: usize) -> Payload {
    let mut payload = payload.clone();
    match &mut payload {
        Payload::Intent(intent) => {
            intent.txid = intent.txid.of_run(run);
            intent.case = intent.case.of_run(run);
            if let UndoPlan::With { txid } = &mut intent.undo {
                *txid = txid.of_run(run);
            }
        }
        Payload::CompIntent(intent) => {
            intent.txid = intent.txid.of_run(run);
            intent.case = intent.case.of_run(run);
        }
        Payload::Outcome(ended) | Payload::CompOutcome(ended) => {
            ended.txid = ended.txid.of_run(run);
        }
        Payload::Queried(queried) => queried.txid = queried.txid.of_run(run),
        Payload::Verified(verified) => verified.txid = verified.txid.of_run(run),
        Payload::Unresolved(unresolved) => unresolved.txid = unresolved.txid.of_run(run),
        Payload::Snapm(tails) => tails.case = tails.case.of_run(run),
        Payload::Gated(gated) => gated.case = gated.case.of_run(run),
        Payload::Played(played) => played.case = played.case.of_run(run),
        Payload::Note(note) => note.txid = note.txid.as_ref().map(|txid| txid.of_run(run)),
        _ => {}
    }
    payload
}

#[cfg(test)]
mod tests {
    use crosswipe_domain::{CaseId, InfNo, MsgId, Outcome, Party, Role, TxId, canonical_json};
    use crosswipe_journal::{Ended, Note, Played, Queried, Says, Tails, Unresolved, Verified};

    use super::*;

    /// Two runs of a plan have the same cases and intents; judged as one they must not be taken for each other.
    #[test]
    fn every_record_about_an_intent_or_a_case_bears_the_number_of_its_run() {
        let (txid, case) = (TxId::parse("a/2207").unwrap(), CaseId::parse("a").unwrap());
        let msgid = MsgId::parse("H33010000001201706021000000001").unwrap();
        let unknown = Outcome::Unknown {
            why: "reset".into(),
        };
        let about_tau = [
            Payload::Outcome(Ended {
                txid: txid.clone(),
                msgid: msgid.clone(),
                outcome: unknown.clone(),
                took_ms: 0,
                reply: None,
            }),
            Payload::Queried(Queried {
                txid: txid.clone(),
                says: Says::Applied,
                found: BTreeMap::new(),
                seen: BTreeMap::new(),
            }),
            Payload::Verified(Verified {
                txid: txid.clone(),
                never_applied: false,
                seen: BTreeMap::new(),
            }),
            Payload::Unresolved(Unresolved {
                txid: txid.clone(),
                reason: "no-answer".into(),
                owner: Party::new(Role::Treatment, "330100"),
                evidence: Vec::new(),
            }),
            Payload::Note(Note {
                code: "resent".into(),
                txid: Some(txid.clone()),
                facts: BTreeMap::new(),
            }),
        ];
        let about_case = [
            Payload::Snapm(Tails {
                case: case.clone(),
                looks: BTreeMap::new(),
                missing: BTreeMap::new(),
            }),
            Payload::Played(Played {
                case: case.clone(),
                msgid,
                origin: "H33010000001".into(),
                infno: InfNo::new("2207"),
                person: None,
                insured: None,
                channel: Default::default(),
                outcome: unknown,
            }),
        ];
        let bears = |payload: &Payload, own: &str, of_run: &str| {
            let text = canonical_json(&numbered(payload, 2));
            assert!(text.contains(&format!("\"{of_run}\"")), "{text}");
            assert!(!text.contains(&format!("\"{own}\"")), "{text}");
        };
        for payload in &about_tau {
            bears(payload, txid.as_str(), txid.of_run(2).as_str());
        }
        for payload in &about_case {
            bears(payload, case.as_str(), case.of_run(2).as_str());
        }
    }
}
