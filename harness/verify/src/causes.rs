//! 因果 · Which finding follows from which, and in what order they are told.
//!
//! Why so: one forgotten posting shows as a cell, a missing negation, a row and a day total. A reader
//! needs the one thing that went wrong and what hangs on it; but two things that went wrong are two, even on one τ.
//! A cause reaches as far as its effects can: what one party booked wrong shows in that party's books and where they
//! are held against its neighbours'; what was not undone shows wherever the τ still stands, and in what it was built
//! on; parties disagree because of something that all of one side show. Of what explains a finding the strongest is told: what only a fault
//! of its own can cause, then the disagreement of parties, then the book that is wrong.
//! Called by `judge`. Not here: whether a finding is right.

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{CaseId, FindingClass, Party, Pseudonym, Rule, TxId};

use crate::context::{Context, Status};
use crate::judgement::Finding;

/// 方位 · What of each τ decides how far a cause reaches.
pub(crate) struct Bearings<'a> {
    /// Per τ the parties of its path that showed books, from the front on, and whether it stands there in the end;
    /// behind them platforms of before the cutover that know it too.
    at: BTreeMap<&'a TxId, Vec<(&'a Party, bool)>>,
    /// τ for which no undo was ever confirmed: a person's chain is stopped at the first item that cannot be undone,
    /// so what was left behind it follows from what stopped it.
    left: BTreeSet<&'a TxId>,
    /// Place of each τ in the order of sending.
    order: BTreeMap<&'a TxId, usize>,
}

impl<'a> Bearings<'a> {
    pub(crate) fn of(context: &Context<'a>) -> Bearings<'a> {
        let taus = context.story.taus.iter();
        let at = taus.clone().enumerate().map(|(index, tau)| {
            let parties = context
                .seen_on_path(tau)
                .chain(context.old_that_know(index))
                .map(|(party, ledger)| (party, context.status(index, ledger) == Status::Stands));
            (tau.txid, parties.collect())
        });
        let order = taus
            .clone()
            .enumerate()
            .map(|(index, tau)| (tau.txid, index));
        let order = order.collect();
        let left = taus.filter(|tau| context.story.confirmed_undo(tau).is_none());
        Bearings {
            at: at.collect(),
            left: left.map(|tau| tau.txid).collect(),
            order,
        }
    }

    fn parties(&self, txid: &TxId) -> &[(&'a Party, bool)] {
        self.at.get(txid).map_or(&[], Vec::as_slice)
    }

    fn stands(&self, txid: &TxId, party: &Party) -> bool {
        self.parties(txid).contains(&(party, true))
    }

    fn stands_anywhere(&self, txid: &TxId) -> bool {
        self.parties(txid).iter().any(|(_, stands)| *stands)
    }

    /// The party before this one on the way of the τ.
    fn before(&self, txid: &TxId, party: &Party) -> Option<&'a Party> {
        let parties = self.parties(txid);
        let place = parties.iter().position(|(other, _)| *other == party)?;
        Some(parties[place.checked_sub(1)?].0)
    }
}

/// Orders findings and links consequences to their head.
pub(crate) fn arrange(findings: Vec<Finding>, bearings: &Bearings<'_>) -> Vec<Finding> {
    let leaders = Leaders::among(&findings, bearings);
    let nearest: Vec<Option<usize>> = (0..findings.len())
        .map(|place| cause_of(&findings, place, &leaders, bearings))
        .collect();
    let linked: Vec<Option<usize>> = (0..findings.len())
        .map(|place| root(&nearest, place))
        .collect();
    in_order(findings, &linked)
}

/// Most severe first, consequences behind their causes: `linked` says of each which it follows from.
pub(crate) fn in_order(mut findings: Vec<Finding>, linked: &[Option<usize>]) -> Vec<Finding> {
    let mut order: Vec<usize> = (0..findings.len()).collect();
    order.sort_by(|a, b| {
        sort_key(&findings[*a], linked[*a]).cmp(&sort_key(&findings[*b], linked[*b]))
    });
    let mut place_of = vec![0; findings.len()];
    for (new, old) in order.iter().enumerate() {
        place_of[*old] = new;
    }
    for (finding, cause) in findings.iter_mut().zip(linked) {
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

/// τ by order of sending, each with whether a row of it is open.
type InOrder<'f> = BTreeMap<usize, (&'f TxId, bool)>;

/// Findings that something else can follow from, the strongest first.
#[derive(Default)]
struct Leaders<'f> {
    of_tau: BTreeMap<&'f TxId, Vec<usize>>,
    of_person: BTreeMap<&'f Pseudonym, usize>,
    of_person_at: BTreeMap<(&'f Pseudonym, &'f Party), usize>,
    /// What is said of one place of one party's log: of whom it is said matters less.
    of_place: BTreeMap<SaidOf<'f>, usize>,
    /// τ of one case of a person that something is wrong with.
    of_case: BTreeMap<(&'f Pseudonym, &'f CaseId), InOrder<'f>>,
}

impl<'f> Leaders<'f> {
    fn among(findings: &'f [Finding], bearings: &Bearings<'_>) -> Leaders<'f> {
        let mut certain: Vec<usize> = (0..findings.len())
            .filter(|place| !findings[*place].uncertain)
            .collect();
        certain.sort_by(|a, b| rank(&findings[*a]).cmp(&rank(&findings[*b])));
        let mut leaders = Leaders::default();
        for place in certain {
            let finding = &findings[place];
            if let Some(said) = said_of_a_place(finding) {
                leaders.of_place.entry(said).or_insert(place);
            }
            if !can_lead(finding) {
                continue;
            }
            if let Some(txid) = &finding.txid {
                leaders.of_tau.entry(txid).or_default().push(place);
            }
            if let Some(person) = &finding.person {
                leaders.of_person.entry(person).or_insert(place);
                if let Some(party) = &finding.party {
                    let at = leaders.of_person_at.entry((person, party));
                    at.or_insert(place);
                }
            }
            if let (Some(person), Some(case), Some(txid)) =
                (&finding.person, &finding.case, &finding.txid)
                && let Some(order) = bearings.order.get(txid)
            {
                let of_case = leaders.of_case.entry((person, case)).or_default();
                let (_, open) = of_case.entry(*order).or_insert((txid, false));
                *open |= finding.rule == Rule::R7;
            }
        }
        leaders
    }
}

/// Class, party and place.
type SaidOf<'f> = (&'f FindingClass, Option<&'f Party>, &'f str);

/// Of what one misdeed makes true of several τ: one row undone instead of another, one log rewritten or cut off, one
/// case let in that had to be refused, by each party that it came to.
fn said_of_a_place(finding: &Finding) -> Option<SaidOf<'_>> {
    let party = Some(finding.party.as_ref()?);
    match (finding.class.family(), finding.rule) {
        ("audit", _) => Some((&finding.class, party, "")),
        ("wrong-target", _) => Some((&finding.class, party, &finding.location)),
        ("gate", Rule::R11 | Rule::R12) => {
            Some((&finding.class, None, finding.case.as_ref()?.as_str()))
        }
        _ => None,
    }
}

fn can_lead(finding: &Finding) -> bool {
    // What should not be there at all explains whatever is wrong with it there.
    let at_the_old = finding.rule == Rule::R12
        && finding.party.as_ref().is_some_and(Party::is_old_platform)
        && !finding.uncertain;
    at_the_old || can_lead_by_class(finding)
}

fn can_lead_by_class(finding: &Finding) -> bool {
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

/// The first cause of all: what a finding follows from may follow from something else.
fn root(nearest: &[Option<usize>], place: usize) -> Option<usize> {
    let mut cause = nearest[place]?;
    // Every step leads to a stronger finding, to a later τ, or from one that was left to one that was not.
    for _ in 0..nearest.len() {
        match nearest[cause] {
            Some(deeper) if deeper != place => cause = deeper,
            _ => break,
        }
    }
    Some(cause)
}

/// What a finding follows from: what stopped its chain, else a stronger finding of its τ, else of its person.
fn cause_of(
    findings: &[Finding],
    place: usize,
    leaders: &Leaders<'_>,
    bearings: &Bearings<'_>,
) -> Option<usize> {
    let finding = &findings[place];
    let may_follow = finding.class.may_be_consequence()
        || matches!(
            finding.class.as_str(),
            // An undo that was refused until the budget was spent was refused because of something.
            "under-reversal" | "evidence:conflict" | "unresolved budget-spent"
        );
    if !may_follow {
        return told_before(findings, place, leaders, bearings);
    }
    let cause = match &finding.txid {
        Some(txid) => stopped_by(findings, finding, leaders, bearings)
            .or_else(|| built_upon(finding, txid, leaders, bearings))
            .or_else(|| {
                let of_tau = leaders.of_tau.get(txid)?;
                let led = can_lead(finding);
                let mut stronger = of_tau.iter().take_while(|leader| !led || **leader != place);
                stronger.find(|leader| explains(findings, of_tau, **leader, finding, bearings))
            }),
        None => finding
            .person
            .as_ref()
            .and_then(|person| match &finding.party {
                Some(party) => leaders.of_person_at.get(&(person, party)),
                None => leaders.of_person.get(person),
            }),
    };
    cause.copied().filter(|cause| *cause != place)
}

/// The same said again: by another rule of the same party, or of the next party that the same message came to.
fn told_before(
    findings: &[Finding],
    place: usize,
    leaders: &Leaders<'_>,
    bearings: &Bearings<'_>,
) -> Option<usize> {
    let finding = &findings[place];
    let said = said_of_a_place(finding).and_then(|said| leaders.of_place.get(&said));
    if let Some(first) = said.filter(|first| **first != place) {
        return Some(*first);
    }
    let (txid, party) = (finding.txid.as_ref()?, finding.party.as_ref()?);
    // Messages are handed on; what a party makes of one is its own.
    let is_handed_on = matches!(
        finding.class.as_str(),
        "duplicate-settle" | "double-reversal" | "empty-reversal" | "late-apply" | "wrong-target"
    );
    let before = bearings.before(txid, party).filter(|_| is_handed_on);
    let stronger = leaders.of_tau.get(txid)?.iter().copied();
    stronger
        .take_while(|leader| *leader != place)
        .find(|leader| {
            let leader = &findings[*leader];
            let at = leader.party.as_ref();
            leader.class == finding.class && (at == Some(party) || at.is_some() && at == before)
        })
}

/// Whether what one finding says of a τ can have brought about what another says of it.
fn explains(
    findings: &[Finding],
    of_tau: &[usize],
    leader: usize,
    finding: &Finding,
    bearings: &Bearings<'_>,
) -> bool {
    let leader = &findings[leader];
    let Some(txid) = &finding.txid else {
        return false;
    };
    if is_disagreement(finding) {
        let others = of_tau.iter().map(|place| &findings[*place]);
        let shown = others.filter(|other| other.class == leader.class);
        let shown = shown.filter_map(|other| other.party.as_ref()).collect();
        return shown_by_one_side(&shown, leader, finding, txid, bearings);
    }
    let (Some(at), Some(of)) = (&finding.party, &leader.party) else {
        // Of no party's books alone: an answer, a budget; or the cause is: parties that fall into two groups.
        let split = leader.party.is_none() && is_disagreement(leader);
        return !split
            || finding
                .party
                .as_ref()
                .is_none_or(|at| reaches(at, leader, txid, bearings));
    };
    // What two neighbours say differently may be the doing of either.
    let compared = matches!(finding.rule, Rule::R6 | Rule::R9);
    at == of
        || reaches(at, leader, txid, bearings)
        || compared && bearings.before(txid, at) == Some(of)
        // A message that waits for its turn is why those behind it disagree, or waits because they do.
        || is_disagreement(leader) && finding.class.as_str() == "residue:queue"
}

/// Whether a party has its residues of a τ because nobody undid it there, and the leader tells of that.
fn reaches(at: &Party, leader: &Finding, txid: &TxId, bearings: &Bearings<'_>) -> bool {
    let of = leader.party.as_ref();
    bearings.stands(txid, at)
        && (is_disagreement(leader) || of.is_some_and(|of| bearings.stands(txid, of)))
}

fn is_disagreement(finding: &Finding) -> bool {
    matches!(finding.class.family(), "one-sided" | "split")
}

/// Whether all parties of one side of a disagreement show what the leader says.
fn shown_by_one_side(
    shown: &BTreeSet<&Party>,
    leader: &Finding,
    finding: &Finding,
    txid: &TxId,
    bearings: &Bearings<'_>,
) -> bool {
    if rank(leader).0 >= rank(finding).0 {
        return false;
    }
    let odd = |party: &Party, stands: bool| match &finding.party {
        Some(one) => one == party,
        None => stands,
    };
    let side = |which: bool| {
        let parties = bearings.parties(txid).iter();
        let mut of_side = parties
            .filter(|(party, stands)| odd(party, *stands) == which)
            .peekable();
        of_side.peek().is_some() && of_side.all(|(party, _)| shown.contains(*party))
    };
    leader.party.is_none() || side(true) || side(false)
}

/// What was built upon this τ in its case and is still open: nobody takes a visit back under a settlement.
fn built_upon<'h>(
    finding: &Finding,
    txid: &TxId,
    leaders: &'h Leaders<'_>,
    bearings: &Bearings<'_>,
) -> Option<&'h usize> {
    let rests = is_disagreement(finding) || finding.class.family() == "residue";
    let case = (finding.person.as_ref()?, finding.case.as_ref()?);
    let own = bearings.order.get(txid).filter(|_| rests)?;
    let left = bearings.left.contains(txid);
    // What nobody came to undo explains what nobody came to; of what was undone in name it explains nothing.
    let open_here = |later: &TxId| {
        let party = finding.party.as_ref();
        !bearings.left.contains(later) && party.is_some_and(|party| bearings.stands(later, party))
    };
    let mut later = leaders.of_case.get(&case)?.range(own + 1..).rev();
    let (_, (later, _)) = later.find(|(_, (later, open_row))| {
        left && (*open_row || bearings.stands_anywhere(later)) || open_here(later)
    })?;
    leaders.of_tau.get(later)?.first()
}

/// What stopped the chain of this finding's person: a head that is no mere residue, of a τ that was undone in name.
fn stopped_by<'h>(
    findings: &[Finding],
    finding: &Finding,
    leaders: &'h Leaders<'_>,
    bearings: &Bearings<'_>,
) -> Option<&'h usize> {
    let own = finding
        .txid
        .as_ref()
        .filter(|txid| bearings.left.contains(txid) && finding.class.family() == "residue");
    let head = own
        .and(finding.person.as_ref())
        .and_then(|person| leaders.of_person.get(person))?;
    let stopper = &findings[*head];
    let undone = stopper
        .txid
        .as_ref()
        .is_some_and(|txid| !bearings.left.contains(txid));
    (undone && rank(stopper).0 < 2).then_some(head)
}
