//! 故障目录 · Every fault that can be ordered, in every business that it applies to: does the judge name it?
//!
//! The rule for a test to pass: every class that must be found is found, whatever else is found may follow from it
//! (`residue`, `one-sided`, `split`, `mismatch`), the verdict is the expected one, and the fault fired. A fault that
//! ought to end clean must leave nothing behind, counted from the logs without the judge.
//! `FAULT="PREFIX …"` tries those only.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crosswipe_domain::{Money, Persona};
use crosswipe_journal::Row;
use crosswipe_mocks::{FaultClass, FaultOrder};
use crosswipe_sim::{Dice, look_through};
use crosswipe_verify::{Judgement, Verdict};

use super::flows::{
    Flow, after_a_drain, at_night, beside_the_old, by_force, drawn, flow, on_the_last_day,
    with_an_entry_twice, with_an_old_refund, with_entries_out_of_turn,
};
use super::scene::{Ended, Scene};

/// What must be found of a fault as ordered.
struct Entry {
    /// The order, or several, by blank.
    order: &'static str,
    /// Flows that it is tried in.
    flows: &'static [&'static str],
    verdict: Verdict,
    /// Classes that must be there, and notes (`note CODE`).
    must: &'static [&'static str],
}

const fn entry(
    order: &'static str,
    flows: &'static [&'static str],
    verdict: Verdict,
    must: &'static [&'static str],
) -> Entry {
    Entry {
        order,
        flows,
        verdict,
        must,
    }
}

const CLEAN: Verdict = Verdict::Clean;
const OPEN: Verdict = Verdict::Indeterminate;
const WRONG: Verdict = Verdict::Violated;

/// Businesses across cities.
const ACROSS: &[&str] = &["outpatient", "inpatient", "pharmacy"];
/// The same with the platforms of before the cutover still there.
const BESIDE: &[&str] = &[
    "outpatient beside the old platforms",
    "inpatient beside the old platforms",
];
/// The same before eight in the morning.
const NIGHT: &[&str] = &["outpatient at night", "inpatient at night"];
/// Businesses in a plan with a drain phase.
const DRAINED: &[&str] = &[
    "outpatient after a drain",
    "inpatient after a drain",
    "local after a drain",
];
/// Businesses that the window shuts out for one reason each, sent past the gate by force.
const STRANGERS: &[&str] = &[
    "outpatient by force: person",
    "inpatient by force: person",
    "local by force: person",
];
const OF_CLASS: &[&str] = &[
    "outpatient by force: class",
    "inpatient by force: class",
    "local by force: class",
];
const SUSPENDED: &[&str] = &[
    "outpatient by force: business",
    "inpatient by force: business",
    "local by force: business",
];
const UNREADY: &[&str] = &[
    "outpatient by force: institution",
    "inpatient by force: institution",
    "local by force: institution",
];
/// Businesses beside which somebody is refunded, or is entered after go-live.
pub(super) const REFUNDED: &[&str] = &[
    "outpatient and an old refund",
    "inpatient and an old refund",
    "local and an old refund",
];
pub(super) const OUT_OF_TURN: &[&str] = &[
    "outpatient and entries out of turn",
    "inpatient and entries out of turn",
    "local and entries out of turn",
];
pub(super) const ENTERED_TWICE: &[&str] = &[
    "outpatient and an entry twice",
    "inpatient and an entry twice",
    "local and an entry twice",
];
/// Those at hospitals: a pharmacy registers nobody and uploads no lines apart.
const HOSPITAL: &[&str] = &["outpatient", "inpatient", "local"];
/// Businesses across cities, and within one.
pub(super) const ALL: &[&str] = &["outpatient", "inpatient", "pharmacy", "local"];

#[rustfmt::skip]
const ENTRIES: &[Entry] = &[
    entry("request-lost", ALL, CLEAN, &[]),
    entry("response-lost", ALL, CLEAN, &[]),
    entry("response-late", ALL, CLEAN, &[]),
    entry("settle-arrives-after-reversal:fence=kept", ALL, CLEAN, &[]),
    entry("settle-arrives-after-reversal:fence=none", ALL, WRONG, &["late-apply"]),
    entry("reversal-lost", ALL, CLEAN, &[]),
    entry("reversal-response-lost", ALL, CLEAN, &[]),
    entry("request-duplicated", ALL, CLEAN, &[]),
    entry("request-duplicated:idempotent=no", ALL, WRONG, &["duplicate-settle"]),
    entry("reversal-duplicated", ALL, CLEAN, &[]),
    entry("reversal-duplicated:idempotent=no", ALL, WRONG, &["double-reversal"]),
    entry("two-settles-reordered", &["two-at-once"], CLEAN, &["note order:applied≠sent"]),
    entry("reset-mid-request:after=all", ALL, CLEAN, &[]),
    entry("reset-mid-request:after=some", ALL, CLEAN, &[]),
    entry("reply-cut", ALL, CLEAN, &[]),
    entry("reply-cut:form=prefix", ALL, CLEAN, &[]),
    entry("gateway-error-after-apply", ALL, CLEAN, &[]),
    entry("gateway-error-after-apply:status=504", ALL, CLEAN, &[]),
    entry("reply-of-another-request", &["two-persons", "one-by-one"], CLEAN, &[]),
    entry("slow-drip-reply", ALL, CLEAN, &[]),
    entry("hub-insured-partition:heal_after=20s", ACROSS, CLEAN, &[]),
    entry("hub-insured-partition:on=2208,heal_after=20s", &["outpatient"], CLEAN, &[]),
    entry("heal-with-backlog:heal_after=20s", ACROSS, CLEAN, &[]),
    entry("heal-with-backlog:order=reversed,fence=kept,heal_after=20s", ACROSS, CLEAN, &[]),
    entry("heal-with-backlog:order=doubled,fence=kept,heal_after=20s", ACROSS, CLEAN, &[]),
    entry("heal-with-backlog:order=reversed,heal_after=20s", ACROSS, WRONG, &["late-apply"]),
    entry("heal-with-backlog:order=doubled,heal_after=20s", ACROSS, WRONG, &["duplicate-settle"]),
    entry("ack-before-durable", ALL, WRONG, &["one-sided:treatment"]),
    entry("reversal-noop-success", ALL, WRONG, &["one-sided:his"]),
    entry("reversal-noop-success:times=99", ALL, WRONG, &["one-sided:his", "residue:settlement"]),
    entry("reversal-local-only", ACROSS, WRONG, &["split:HT|NI", "residue:clearing"]),
    entry("reversal-wrong-original", &["refund-the-first"], WRONG, &["wrong-target"]),
    entry("refusal-lied", ALL, WRONG, &["one-sided:his"]),
    entry("success-never-applied", ALL, WRONG, &["one-sided:his"]),
    entry("partial-reversal", ALL, WRONG, &["under-reversal", "residue:pool-fund"]),
    entry("partial-reversal:leg_of=accumulator", ALL, WRONG, &["under-reversal", "residue:accumulator"]),
    entry("partial-reversal:leg_of=payable", ALL, WRONG, &["under-reversal", "residue:payable"]),
    entry("partial-reversal:short=1", ALL, WRONG, &["under-reversal", "residue:pool-fund"]),
    entry("over-reversal", ALL, WRONG, &["over-reversal"]),
    entry("over-reversal:by=1", ALL, WRONG, &["over-reversal"]),
    entry("over-reversal:leg_of=payable", ALL, WRONG, &["over-reversal"]),
    entry("fee-details-left:nth=2", &["outpatient", "local"], WRONG, &["residue:fee-detail"]),
    entry("fee-details-left:on=2302", &["inpatient"], WRONG, &["residue:fee-detail"]),
    entry("visit-left-open:nth=2", &["outpatient", "local"], WRONG, &["residue:visit"]),
    entry("visit-left-open:on=2404", &["inpatient"], WRONG, &["residue:visit"]),
    entry("discharge-state-left", &["inpatient"], WRONG, &["residue:in-hospital"]),
    entry("resurrected-after-restart", ALL, WRONG, &["one-sided:treatment", "audit:gap"]),
    entry("double-visit-id:nth=2", &["outpatient", "local"], WRONG, &["residue:visit"]),
    entry("double-visit-id:on=2401", &["inpatient"], WRONG, &["residue:visit"]),
    entry("double-visit-id:nth=2 response-lost:on=2201,nth=2", &["outpatient", "local"], CLEAN, &[]),
    entry("closed-day-refusal", ALL, WRONG, &["residue:settlement", "unresolved closed-period"]),
    entry("stale-catalogue-mix", HOSPITAL, WRONG, &["mismatch:amount"]),
    entry("hub-clearing-residue", ACROSS, WRONG, &["one-sided:hub", "residue:clearing"]),
    entry("hub-drops-forwarded-reversal", ACROSS, WRONG, &["one-sided:insured", "residue:settlement"]),
    entry("hub-duplicates-settle", ACROSS, WRONG, &["duplicate-settle"]),
    entry("hub-msgid-collision", &["one-by-one"], WRONG, &["mismatch:id"]),
    entry("hub-reversal-overtakes:fence=kept", ACROSS, CLEAN, &[]),
    entry("hub-reversal-overtakes:until=quiet", ACROSS, WRONG, &["late-apply"]),
    entry("hub-prefund-left", ACROSS, WRONG, &["residue:prefund"]),
    entry("hub-period-confirmed", ACROSS, WRONG, &["residue:clearing"]),
    entry("hub-period-confirmed response-lost", ACROSS, WRONG, &["residue:clearing"]),
    entry("hub-routes-to-old-platform", BESIDE, WRONG, &["one-sided:insured"]),
    entry("hub-routes-to-old-platform response-lost", BESIDE, WRONG, &["one-sided:insured"]),
    entry("old-platform-still-open", BESIDE, WRONG, &["gate:window", "split:HTNI|I"]),
    entry("old-platform-still-open response-lost", BESIDE, WRONG, &["gate:window", "split:HTNI|I"]),
    entry("old-platform-still-open", &["local beside the old platforms"], WRONG, &["gate:window", "split:HTI|I"]),
    entry("hub-stuck-queue:heal_after=10s", &["outpatient", "inpatient"], CLEAN, &[]),
    // The only undo of a purchase is in the queue: who is asked before it moves has not taken anything back.
    entry("hub-stuck-queue:heal_after=10s", &["pharmacy"], WRONG, &["mismatch:amount"]),
    entry("hub-stuck-queue", ACROSS, WRONG, &["residue:queue", "one-sided:insured"]),
    entry("accumulator-not-restored", ALL, WRONG, &["residue:accumulator"]),
    entry("account-not-restored", ALL, WRONG, &["residue:personal-account"]),
    entry("pool-not-restored", ALL, WRONG, &["residue:pool-fund"]),
    entry("double-credit-on-retry", ALL, WRONG, &["double-reversal"]),
    entry("request-lost:on=2207 empty-rollback-with-effect", &["outpatient", "local"], WRONG, &["empty-reversal"]),
    entry("request-lost:on=2304 empty-rollback-with-effect:by=1", &["inpatient"], WRONG, &["empty-reversal"]),
    entry("request-lost:on=2102 empty-rollback-with-effect", &["pharmacy"], WRONG, &["empty-reversal"]),
    entry("request-lost:on=2207 empty-rollback-refused-forever", &["outpatient", "local"], CLEAN, &[]),
    entry("request-lost:on=2207 empty-rollback-refused-forever:at=treatment", &["outpatient", "local"], CLEAN, &[]),
    entry("request-lost:on=2304 empty-rollback-refused-forever", &["inpatient"], CLEAN, &[]),
    entry("request-lost:on=2102 empty-rollback-refused-forever", &["pharmacy"], CLEAN, &[]),
    entry("try-failed-cancel-skipped", ALL, WRONG, &["residue:personal-account"]),
    entry("older-first-refused", &["refund-the-first"], CLEAN, &[]),
    entry("cross-day-reversal", ALL, WRONG, &["residue:reconciliation"]),
    entry("cross-day-reversal:at=treatment", ALL, WRONG, &["residue:reconciliation"]),
    entry("cross-day-reversal response-lost", ALL, WRONG, &["residue:reconciliation"]),
    entry("closed-year-refusal", ACROSS, WRONG, &["residue:settlement", "unresolved closed-year"]),
    entry("flag-only-reversal", ALL, WRONG, &["residue:pool-fund", "residue:clearing", "evidence:conflict"]),
    entry("filing-left", &["filing", "filings-at-home"], WRONG, &["residue:filing"]),
    entry("response-lost:on=2505 filing-left", &["filing"], WRONG, &["residue:filing"]),
    entry("response-lost:on=2503", &["filings-at-home"], CLEAN, &[]),
    entry("request-lost:on=2501", &["filings-at-home"], CLEAN, &[]),
    entry("hold-left", ALL, WRONG, &["residue:hold"]),
    entry("hold-left response-lost", ALL, WRONG, &["residue:hold"]),
    entry("postings-only-reversal", ALL, WRONG, &["residue:settlement"]),
    entry("persona-frozen-mid-run", ACROSS, WRONG, &["residue:settlement", "unresolved persona-frozen"]),
    entry("persona-frozen-mid-run:heal_after=10s", ACROSS, CLEAN, &[]),
    entry("history-deleted", HOSPITAL, WRONG, &["audit:erased"]),
    entry("history-deleted:at=treatment", HOSPITAL, WRONG, &["audit:erased"]),
    // Nothing is booked behind the undo of a purchase: the end of the log is gone.
    entry("history-deleted", &["pharmacy"], WRONG, &["audit:gap", "evidence:conflict"]),
    entry("history-deleted:at=treatment", &["pharmacy"], WRONG, &["audit:gap", "evidence:conflict"]),
    entry("history-mutated", ALL, WRONG, &["audit:mutated"]),
    entry("history-mutated:at=treatment", ALL, WRONG, &["audit:mutated"]),
    entry("his-rolls-back-after-remote", ALL, WRONG, &["one-sided:his"]),
    entry("his-double-cancel", ALL, CLEAN, &[]),
    entry("his-double-cancel:idempotent=no", ALL, WRONG, &["double-reversal"]),
    entry("stock-not-returned", &["outpatient", "pharmacy", "local"], WRONG, &["residue:inventory"]),
    entry("stock-not-returned response-lost", &["outpatient", "pharmacy", "local"], WRONG, &["residue:inventory"]),
    entry("trace-code-left", &["outpatient", "pharmacy", "local"], WRONG, &["residue:trace-code"]),
    entry("trace-code-left response-lost", &["outpatient", "pharmacy", "local"], WRONG, &["residue:trace-code"]),
    entry("invoice-not-offset", ALL, WRONG, &["residue:invoice"]),
    entry("cash-not-refunded", &["inpatient"], WRONG, &["residue:cash"]),
    entry("his-resettles-after-timeout", ALL, WRONG, &["duplicate-settle"]),
    entry("his-msgid-reused", HOSPITAL, WRONG, &["mismatch:id"]),
    entry("his-msgid-reused:on=2207", &["two-at-one-counter"], WRONG, &["mismatch:id"]),
    // Who is given all ids of another purchase believes none of them, and takes back what nobody has.
    entry("his-msgid-reused:on=2102", &["pharmacy-then-hospital"], CLEAN, &["note never-applied"]),
    entry("his-counts-reversed", ALL, WRONG, &["residue:reconciliation"]),
    entry("his-counts-reversed:pair=one", ALL, WRONG, &["residue:reconciliation"]),
    entry("his-counts-reversed response-lost", ALL, WRONG, &["residue:reconciliation"]),
    entry("name-mojibake", HOSPITAL, WRONG, &["mismatch:person"]),
    entry("name-mojibake:form=gbk", HOSPITAL, WRONG, &["mismatch:person"]),
    entry("wrong-psn-no-returned", ALL, OPEN, &[]),
    entry("clock-skew-party:party=insured:330100,by=5s", ALL, CLEAN, &[]),
    entry("clock-skew-party:party=hub:330000,by=2h,way=behind", ACROSS, CLEAN, &[]),
    entry("clock-skew-party:party=insured:330100,by=12h", ALL, CLEAN, &[]),
    entry("clock-skew-party:party=treatment:330200,by=2h", ACROSS, CLEAN, &[]),
    entry("utc-day-bucket", NIGHT, WRONG, &["residue:reconciliation"]),
    entry("persona-not-registered", STRANGERS, WRONG, &["gate:persona"]),
    entry("persona-class-wrong", OF_CLASS, WRONG, &["gate:persona"]),
    entry("suspended-business-accepted", SUSPENDED, WRONG, &["gate:business"]),
    entry("suspended-business-accepted:on=2304", &["inpatient by force: business"], WRONG, &["gate:business"]),
    entry("real-traffic-in-window", &["public-within"], WRONG, &["gate:window"]),
    entry("unready-peer-accepted", UNREADY, WRONG, &["gate:institution"]),
    entry("unready-peer-accepted:on=2207", &["outpatient by force: institution"], WRONG, &["gate:institution"]),
    entry("cutoff-refund-accepted", REFUNDED, WRONG, &["gate:business"]),
    entry("cutoff-refund-accepted response-lost", REFUNDED, WRONG, &["gate:business"]),
    entry("catch-up-out-of-order", OUT_OF_TURN, WRONG, &["gate:order"]),
    entry("catch-up-twice", ENTERED_TWICE, WRONG, &["duplicate-settle"]),
    entry("in-transit-carried-over", DRAINED, WRONG, &["gate:business"]),
    entry("test-data-survives-go-live", ALL, WRONG, &["residue:settlement", "unresolved budget-spent"]),
    entry("query-flaps", ALL, OPEN, &["evidence:conflict"]),
    entry("query-flaps:heal_after=20s", ALL, CLEAN, &[]),
    entry("midnight-24h", &["outpatient on the last day", "inpatient on the last day", "local on the last day"], WRONG, &["gate:window"]),
    entry("query-unavailable", ALL, OPEN, &["evidence:missing"]),
    entry("secret-echoed", ALL, CLEAN, &[]),
    entry("secret-echoed:on=1101,times=9", ALL, OPEN, &[]),
    entry("hostile-body", ALL, CLEAN, &[]),
    entry("hostile-body:form=long", ALL, CLEAN, &[]),
    entry("hostile-body:form=keys", &["outpatient"], CLEAN, &[]),
    entry("hostile-body:form=number", ALL, CLEAN, &[]),
    entry("hostile-body:form=twice", ALL, CLEAN, &[]),
    entry("hostile-body:form=nul", ALL, CLEAN, &[]),
    entry("hostile-body:form=bom", ALL, CLEAN, &[]),
    entry("hostile-body:at=treatment", ALL, CLEAN, &[]),
    entry("hostile-body:form=number,at=treatment", ALL, CLEAN, &[]),
    entry("snapshot-not-atomic", ALL, OPEN, &["evidence:conflict"]),
    entry("snapshot-not-atomic:at=treatment", ALL, OPEN, &["evidence:conflict"]),
];

/// 一场 · One run of the catalogue: an order, a flow, a seed.
#[derive(Clone, Copy)]
struct Turn {
    entry: &'static Entry,
    case: &'static str,
    seed: u64,
}

/// `FAULT=id…` plays these alone; `CATALOGUE_SEEDS=20` plays each with seeds 0 to 19, `5..9` with those.
fn turns() -> Vec<Turn> {
    let only = std::env::var("FAULT").ok();
    let wanted = |entry: &&Entry| {
        let starts = |only: &str| entry.order.split(' ').any(|order| order.starts_with(only));
        only.as_deref()
            .is_none_or(|only| only.split(' ').any(starts))
    };
    let typed = std::env::var("CATALOGUE_SEEDS").unwrap_or_else(|_| "1".to_owned());
    let (from, to) = typed.split_once("..").unwrap_or(("0", &typed));
    let (from, to): (u64, u64) = (from.parse().unwrap(), to.parse().unwrap());
    let mut turns = Vec::new();
    for entry in ENTRIES.iter().filter(wanted) {
        for case in entry.flows {
            turns.extend((from..to).map(|seed| Turn { entry, case, seed }));
        }
    }
    turns
}

/// Plays all turns on two threads, and tells them in order.
fn played(turns: &[Turn]) -> Vec<Result<Judgement, String>> {
    let next = AtomicUsize::new(0);
    let told = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(turn) = turns.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let said = tried_in(turn.entry, flow_drawn(turn.case, turn.seed), turn.seed);
                    let place = turns.iter().position(|other| std::ptr::eq(other, turn));
                    told.lock().unwrap().push((place, said));
                }
            });
        }
    });
    let mut told = told.into_inner().unwrap();
    told.sort_by_key(|(place, _)| *place);
    told.into_iter().map(|(_, said)| said).collect()
}

#[test]
fn every_fault_that_can_be_ordered_is_named_and_nothing_else_is() {
    let turns = turns();
    let mut wrong = Vec::new();
    let mut strength = Strength::default();
    for (turn, said) in turns.iter().zip(played(&turns)) {
        let Turn { entry, case, seed } = turn;
        match said {
            Ok(judgement) => strength.take(entry, &judgement),
            Err(why) => wrong.push(format!("{} in {case}, seed {seed}: {why}", entry.order)),
        }
    }
    let classes = turns
        .iter()
        .flat_map(|turn| turn.entry.order.split(' '))
        .map(|order| order.split(':').next().unwrap());
    let classes: BTreeSet<&str> = classes.collect();
    println!(
        "{} runs with a fault, {} classes",
        turns.len(),
        classes.len()
    );
    println!("{}", strength.table());
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        turns.len(),
        wrong.join("\n")
    );
}

/// Makes the flow of a case in circumstances of its own.
type Kind = fn(&str) -> Flow;

pub(super) fn flow_of(case: &str) -> Flow {
    const KINDS: [(&str, Kind); 7] = [
        (" and an old refund", with_an_old_refund),
        (" and entries out of turn", with_entries_out_of_turn),
        (" and an entry twice", with_an_entry_twice),
        (" at night", at_night),
        (" after a drain", after_a_drain),
        (" on the last day", on_the_last_day),
        (" beside the old platforms", beside_the_old),
    ];
    let of_kind = |(suffix, make): &(&str, Kind)| Some(make(case.strip_suffix(suffix)?));
    if let Some(flow) = KINDS.iter().find_map(of_kind) {
        return flow;
    }
    match case.split_once(" by force: ") {
        Some((case, shut)) => by_force(case, shut),
        None => flow(case),
    }
}

/// The flow as a seed draws it; windows made for one purpose keep their times and people.
fn flow_drawn(case: &str, seed: u64) -> Flow {
    const MADE: [&str; 5] = [
        " and ",
        " after a drain",
        " by force: ",
        " on the last day",
        " beside the old platforms",
    ];
    let made = MADE.iter().any(|kind| case.contains(kind));
    if seed > 0 && !made {
        return drawn(case, seed);
    }
    let mut flow = flow_of(case);
    if seed > 0 {
        flow.plan.seed = seed;
    }
    flow
}

fn standing() -> BTreeSet<&'static str> {
    FaultClass::all().iter().map(|class| class.id).collect()
}

fn tried_in(entry: &Entry, mut flow: Flow, seed: u64) -> Result<Judgement, String> {
    let orders = entry.order.split(' ').map(|text| text.parse().unwrap());
    flow.faults = orders.collect();
    aim(&mut flow, seed);
    let scene = Scene::new(&flow);
    let judgement = match scene.run(None).0 {
        Ended::Certified(judgement) => judgement,
        Ended::Halted(why) => return Err(format!("halted: {why}")),
        Ended::Died => return Err("died".to_owned()),
    };
    let idle = scene
        .world
        .fired()
        .into_iter()
        .find(|(_, times)| *times == 0);
    if let Some((order, _)) = idle {
        return Err(format!("`{order}` never fired; {}", told(&judgement)));
    }
    if let Some(row) = echoing(&flow, &scene.disk.rows()) {
        return Err(format!("secret-leak: journal #{row} names a person"));
    }
    let found: BTreeSet<&str> = judgement
        .findings
        .iter()
        .map(|one| one.class.as_str())
        .collect();
    let noted = |code: &str| judgement.notes.iter().any(|note| note.code == code);
    let missing: Vec<&&str> = entry
        .must
        .iter()
        .filter(|class| match class.strip_prefix("note ") {
            Some(code) => !noted(code),
            None => !found.contains(**class),
        })
        .collect();
    let strange: Vec<&str> = judgement
        .findings
        .iter()
        .filter(|one| !one.class.may_be_consequence() && one.follows_from.is_none())
        .map(|one| one.class.as_str())
        .filter(|class| !entry.must.contains(class))
        .collect();
    if judgement.verdict != entry.verdict || !missing.is_empty() || !strange.is_empty() {
        return Err(format!(
            "missing {missing:?}, strange {strange:?}; {}",
            told(&judgement)
        ));
    }
    if entry.verdict == CLEAN {
        let residues = look_through(&scene.world, &flow.opening).residues;
        if residues > 0 {
            return Err(format!("{residues} residues and a clean verdict"));
        }
    }
    Ok(*judgement)
}

/// 判官之强 · How many runs would not be called what they must be, if the judge had not this rule, or this class.
///
/// Counted from outside: without a finding its class is missing, and without any certain one nothing is violated. That
/// nothing of the judge is idle is tested where it can be struck out: `strength`, among its own tests.
#[derive(Default)]
struct Strength {
    /// How many runs say it, and how many would be called otherwise.
    struck: BTreeMap<String, [usize; 2]>,
    /// Runs by the number of things that are told as causes of their own.
    heads: BTreeMap<usize, usize>,
}

impl Strength {
    fn take(&mut self, entry: &Entry, judgement: &Judgement) {
        let found = &judgement.findings;
        let heads = found
            .iter()
            .filter(|one| !one.uncertain && one.follows_from.is_none());
        *self.heads.entry(heads.count()).or_default() += 1;
        let rules = found.iter().map(|one| one.rule.code());
        let classes = found.iter().map(|one| one.class.as_str());
        let struck: BTreeSet<&str> = rules.chain(classes).collect();
        for struck in struck {
            let left: Vec<_> = found
                .iter()
                .filter(|one| one.rule.code() != struck && one.class.as_str() != struck)
                .collect();
            let named = |class: &&&str| left.iter().any(|one| one.class.as_str() == **class);
            let told = entry.must.iter().all(|class| named(&class));
            let violated = left.iter().any(|one| !one.uncertain);
            let [said, missed] = self.struck.entry(struck.to_owned()).or_default();
            *said += 1;
            *missed += usize::from(!told || violated != (entry.verdict == WRONG));
        }
    }

    fn table(&self) -> String {
        let mut table = String::from("struck out · runs that say it · would be called otherwise");
        for (struck, [said, missed]) in &self.struck {
            table.push_str(&format!("\n{struck:<40} {said:>4} {missed:>4}"));
        }
        table + &format!("\nruns by the number of causes told: {:?}", self.heads)
    }
}

/// Two to five faults at once, whichever: a run comes to its end, and a judge that says clean over books that are not
/// back has missed something.
#[test]
fn a_storm_ends_and_nothing_is_clean_that_is_not() {
    let (mut ended, mut verdicts) = (0, [0; 3]);
    for seed in 1..=20 {
        for case in ALL {
            let mut flow = flow(case);
            let order = format!("fault-storm:seed={seed},count={}", 2 + seed % 4);
            flow.faults = vec![order.parse().unwrap()];
            let scene = Scene::new(&flow);
            let told = || format!("{order} in {case}: {:?}", flow.faults[0].parts());
            match scene.run(None).0 {
                Ended::Certified(judgement) => {
                    verdicts[judgement.verdict as usize] += 1;
                    let residues = look_through(&scene.world, &flow.opening).residues;
                    let is_clean = judgement.verdict == CLEAN;
                    assert!(!is_clean || residues == 0, "missed: {}", told());
                    assert!(
                        is_clean
                            || !judgement.findings.is_empty()
                            || !judgement.not_checked.is_empty()
                    );
                }
                // A look that could not be taken ends the run, and says so.
                Ended::Halted(why) => assert!(!why.is_empty()),
                Ended::Died => panic!("{}", told()),
            }
            ended += 1;
        }
    }
    println!("{ended} storms ended; by verdict {verdicts:?}");
    assert!(verdicts.iter().filter(|count| **count > 0).count() >= 2);
}

/// Faults that meet nobody whose account is empty.
const OF_AN_ACCOUNT: [&str; 3] = [
    "account-not-restored",
    "hold-left",
    "try-failed-cancel-skipped",
];

/// Whom the fault meets, where two swipe and the order does not say: anybody, the one, the other.
fn aim(flow: &mut Flow, seed: u64) {
    let people = flow.plan.registry.personas.iter();
    let people: Vec<&Persona> = people.filter(|person| person.registered).collect();
    if flow.plan.cases.len() < 2 {
        return;
    }
    let person = people
        .get(Dice::of(seed, "whom").below(people.len() + 1))
        .copied();
    let free = |order: &&mut FaultOrder| {
        order.person.is_none() && order.on.is_none() && order.is_about_swipes()
    };
    for order in flow.faults.iter_mut().filter(free) {
        let pays = |person: &&Persona| {
            person.balance > Money::ZERO || !OF_AN_ACCOUNT.contains(&order.class.id)
        };
        order.person = person
            .filter(pays)
            .map(|person| person.no.reveal().to_owned());
    }
}

/// The first row that shows a number of a person of the plan.
fn echoing(flow: &Flow, rows: &[Row]) -> Option<u64> {
    let personas = &flow.plan.registry.personas;
    let secrets = personas
        .iter()
        .flat_map(|persona| [persona.no.reveal(), persona.id_number.reveal()]);
    let secrets: Vec<&str> = secrets.collect();
    let shows = |text: &str| secrets.iter().any(|secret| text.contains(secret));
    rows.iter()
        .find(|row| shows(&row.payload) || row.message.as_deref().is_some_and(shows))
        .map(|row| row.seq)
}

pub(super) fn told(judgement: &Judgement) -> String {
    let found = &judgement.findings;
    let found: BTreeSet<String> = found
        .iter()
        .map(|one| format!("{} {}", one.class, one.rule))
        .collect();
    let notes: BTreeSet<&str> = judgement
        .notes
        .iter()
        .map(|note| note.code.as_str())
        .collect();
    format!("{} {found:?} notes {notes:?}", judgement.verdict.name())
}

#[test]
fn every_class_that_can_be_ordered_is_tried() {
    let tried: BTreeSet<&str> = ENTRIES
        .iter()
        .flat_map(|entry| entry.order.split(' '))
        .map(|order| order.split(':').next().unwrap())
        // Tried with real processes, sockets and disks.
        .chain(["party-restarts"])
        // Whatever it draws may be found: what must come of it is tried below.
        .chain(["fault-storm"])
        .chain(
            FaultClass::all()
                .iter()
                .filter(|class| class.is_of_harness())
                .map(|class| class.id),
        )
        .collect();
    assert_eq!(tried, standing());
}
