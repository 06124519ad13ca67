//! 因果 · Which finding follows from which, and in what order they are told.
//!
//! Why so: one forgotten posting shows as a cell, a missing negation, a row and a day total. A reader
//! needs the one thing that went wrong and what hangs on it. Per broken τ one head is chosen: what only a
//! fault of its own can cause, then the disagreement of parties, then the book that is wrong.
//! Called by `judge`. Not here: whether a finding is right.

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{FindingClass, Party, Pseudonym, Rule, TxId};

use crate::judgement::Finding;

/// Orders findings and links consequences to their head.
///
/// `left` holds the τ for which no undo was ever confirmed: a person's chain is stopped at the first item that
/// cannot be undone, so what was left behind it follows from what stopped it.
pub(crate) fn arrange(mut findings: Vec<Finding>, left: &BTreeSet<TxId>) -> Vec<Finding> {
    let heads = heads(&findings);
    let linked: Vec<Option<usize>> = (0..findings.len())
        .map(|place| cause_of(&findings, place, &heads, left))
        .collect();
    let mut order: Vec<usize> = (0..findings.len()).collect();
    order.sort_by(|a, b| {
        sort_key(&findings[*a], linked[*a]).cmp(&sort_key(&findings[*b], linked[*b]))
    });
    let mut place_of = vec![0; findings.len()];
    for (new, old) in order.iter().enumerate() {
        place_of[*old] = new;
    }
    for (finding, cause) in findings.iter_mut().zip(&linked) {
        finding.follows_from = cause.map(|cause| place_of[cause]);
    }
    let mut slots: Vec<Option<Finding>> = findings.into_iter().map(Some).collect();
    order
        .into_iter()
        .filter_map(|old| slots[old].take())
        .collect()
}

type SortKey<'f> = (
    u8,
    bool,
    bool,
    Rule,
    &'f FindingClass,
    &'f Option<Party>,
    &'f Option<TxId>,
    &'f str,
);

fn sort_key(finding: &Finding, cause: Option<usize>) -> SortKey<'_> {
    let Finding {
        severity,
        uncertain,
        rule,
        class,
        party,
        txid,
        location,
        ..
    } = finding;
    (
        *severity as u8,
        *uncertain,
        cause.is_some(),
        *rule,
        class,
        party,
        txid,
        location,
    )
}

/// Heads by τ, and by person for findings that know no τ.
struct Heads<'f> {
    by_tau: BTreeMap<&'f TxId, usize>,
    by_person: BTreeMap<&'f Pseudonym, usize>,
}

fn heads(findings: &[Finding]) -> Heads<'_> {
    let mut heads = Heads {
        by_tau: BTreeMap::new(),
        by_person: BTreeMap::new(),
    };
    let better = |place: usize, known: usize| rank(&findings[place]) < rank(&findings[known]);
    for (place, finding) in findings
        .iter()
        .enumerate()
        .filter(|(_, finding)| can_lead(finding))
    {
        if let Some(txid) = &finding.txid {
            let head = heads.by_tau.entry(txid).or_insert(place);
            if better(place, *head) {
                *head = place;
            }
        }
        if let Some(person) = &finding.person {
            let head = heads.by_person.entry(person).or_insert(place);
            if better(place, *head) {
                *head = place;
            }
        }
    }
    heads
}

fn can_lead(finding: &Finding) -> bool {
    !finding.uncertain
        && !matches!(
            finding.class.family(),
            "gate" | "foreign" | "evidence" | "journal" | "unresolved"
        )
        && finding.rule != Rule::R8
}

/// Smaller leads. A missing leg is told by the book that it leaves wrong, so R4 comes after R1.
fn rank(finding: &Finding) -> (u8, u8, Rule, &FindingClass, &Option<Party>, &str) {
    let family = match finding.class.family() {
        "under-reversal" => 3,
        "residue" => 2,
        "one-sided" | "split" => 1,
        "mismatch" => 4,
        _ => 0,
    };
    (
        family,
        finding.severity as u8,
        finding.rule,
        &finding.class,
        &finding.party,
        &finding.location,
    )
}

/// What a finding follows from: the head of its τ, else of its person; never itself.
fn cause_of(
    findings: &[Finding],
    place: usize,
    heads: &Heads<'_>,
    left: &BTreeSet<TxId>,
) -> Option<usize> {
    let finding = &findings[place];
    let may_follow = finding.class.may_be_consequence()
        || matches!(
            finding.class.as_str(),
            // An undo that was refused until the budget was spent was refused because of something.
            "under-reversal" | "evidence:conflict" | "unresolved budget-spent"
        );
    if !may_follow {
        return None;
    }
    let of_tau = finding
        .txid
        .as_ref()
        .and_then(|txid| heads.by_tau.get(txid));
    let of_person = || {
        finding
            .person
            .as_ref()
            .filter(|_| finding.txid.is_none())
            .and_then(|person| heads.by_person.get(person))
    };
    stopped_by(findings, finding, heads, left)
        .or(of_tau)
        .or_else(of_person)
        .copied()
        .filter(|head| *head != place)
}

/// What stopped the chain of this finding's person: a head that is no mere residue, of a τ that was undone in name.
fn stopped_by<'h>(
    findings: &[Finding],
    finding: &Finding,
    heads: &'h Heads<'_>,
    left: &BTreeSet<TxId>,
) -> Option<&'h usize> {
    let own = finding
        .txid
        .as_ref()
        .filter(|txid| left.contains(*txid) && finding.class.family() == "residue");
    let head = own
        .and(finding.person.as_ref())
        .and_then(|person| heads.by_person.get(person))?;
    let stopper = &findings[*head];
    let undone = stopper
        .txid
        .as_ref()
        .is_some_and(|txid| !left.contains(txid));
    (undone && rank(stopper).0 < 2).then_some(head)
}
