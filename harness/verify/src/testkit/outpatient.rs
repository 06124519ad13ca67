//! 门诊一例 · A whole outpatient swipe over four parties, undone, as journal and books tell it.
//!
//! Visit, diagnosis, fee line, settlement; tm; settlement, line and visit undone; trial settlements at both
//! ends. Every group can be bent, lost or doubled before it is booked.

use crosswipe_domain::{Cause, Entry, FenceState, Money, Role, Unit};
use crosswipe_journal::{CompIntent, Intent, Purpose, UndoPlan};

use super::keeper::posting;
use super::{Group, HIS, History, Keeper, OTHER, PERSON, path, plan};
use crate::evidence::{Evidence, Instant};

/// What a test does to each group before it is booked.
pub(crate) type Bend<'b> = &'b mut dyn FnMut(&mut Group);

const FUND: i64 = 5_000;
const LARGE: i64 = 1_000;
const ACCOUNT: i64 = 1_500;
const CASH: i64 = 2_500;

impl History {
    pub(crate) fn book(
        &mut self,
        intent: &Intent,
        party: &crosswipe_domain::Party,
        bend: Bend<'_>,
    ) {
        let person = intent.person.as_ref().unwrap().as_str().to_owned();
        let entries = forward(intent, party.role, &person, &self.now.day().to_string());
        let cause = Cause {
            origin: intent.origin.clone(),
            msgid: intent.msgid.as_str().into(),
            infno: intent.infno.as_str().into(),
        };
        self.book_group(party, &cause, intent.case.as_str(), &person, entries, bend);
    }

    pub(crate) fn book_undo(
        &mut self,
        comp: &CompIntent,
        party: &crosswipe_domain::Party,
        also: &[&Intent],
        bend: Bend<'_>,
    ) {
        let person = comp.person.as_ref().unwrap().as_str().to_owned();
        let keeper = &self.books[party];
        let mut entries = Vec::new();
        for msgid in std::iter::once(comp.undoes_msgid.as_str())
            .chain(also.iter().map(|intent| intent.msgid.as_str()))
        {
            let known = keeper.knows(msgid);
            entries.extend(keeper.negation(msgid));
            let state = if known {
                FenceState::Reversed
            } else {
                FenceState::Tombstone
            };
            entries.push(Keeper::fence(HIS, msgid, state));
        }
        entries.push(Keeper::fence(HIS, comp.msgid.as_str(), FenceState::Applied));
        let cause = Cause {
            origin: comp.origin.clone(),
            msgid: comp.msgid.as_str().into(),
            infno: comp.infno.as_str().into(),
        };
        self.book_group(party, &cause, comp.case.as_str(), &person, entries, bend);
    }

    fn book_group(
        &mut self,
        party: &crosswipe_domain::Party,
        cause: &Cause,
        case: &str,
        person: &str,
        entries: Vec<Entry>,
        bend: Bend<'_>,
    ) {
        let mut group = Group {
            party: party.clone(),
            infno: cause.infno.clone(),
            case: case.into(),
            entries,
            times: 1,
            at: self.now,
        };
        bend(&mut group);
        let keeper = self.books.get_mut(party).unwrap();
        for _ in 0..group.times {
            keeper.append(group.at, cause, Some(person), group.entries.clone());
        }
    }

    /// A step answered ok and booked everywhere; the insured place books first.
    pub(crate) fn step(
        &mut self,
        case: &str,
        infno: &str,
        person: &str,
        undo: UndoPlan,
        bend: Bend<'_>,
    ) -> Intent {
        let intent = self.intent(case, infno, infno, person, Purpose::Business, undo);
        for party in path().iter().rev() {
            self.book(&intent, party, bend);
        }
        let ids = [
            ("mdtrt_id", format!("M-{case}")),
            ("setl_id", format!("S-{case}")),
        ];
        let ids: Vec<(&str, &str)> = ids.iter().map(|(k, v)| (*k, v.as_str())).collect();
        match infno {
            "2207" => self.ok(
                &intent,
                &ids,
                &[
                    ("medfee_sumamt", 10_000),
                    ("fund_pay_sumamt", FUND + LARGE),
                    ("psn_cash_pay", CASH),
                ],
            ),
            _ => self.ok(&intent, &ids[..1], &[]),
        }
        intent
    }

    pub(crate) fn undo(
        &mut self,
        of: &Intent,
        infno: &str,
        also: &[&Intent],
        bend: Bend<'_>,
    ) -> CompIntent {
        let comp = self.compensation(of, infno);
        for party in path().iter().rev() {
            self.book_undo(&comp, party, also, bend);
        }
        self.undone(&comp);
        comp
    }

    pub(crate) fn probe(&mut self, person: &str, purpose: Purpose, cash: i64) {
        let step = format!("probe-{purpose:?}");
        let intent = self.intent(
            &format!("probe-{person}"),
            &step,
            "2206",
            person,
            purpose,
            UndoPlan::Nothing,
        );
        self.ok(
            &intent,
            &[],
            &[("psn_cash_pay", cash), ("fund_pay_sumamt", 10_000 - cash)],
        );
    }

    /// Visit, diagnosis, line, settlement.
    pub(crate) fn swipe(&mut self, case: &str, person: &str, bend: Bend<'_>) -> [Intent; 4] {
        let cancel = |infno: &str| UndoPlan::Cancel {
            infno: crosswipe_domain::InfNo::new(infno),
        };
        let visit = self.step(case, "2201", person, cancel("2202"), bend);
        let diagnosis = self.step(
            case,
            "2203",
            person,
            UndoPlan::With {
                txid: visit.txid.clone(),
            },
            bend,
        );
        let line = self.step(case, "2204", person, cancel("2205"), bend);
        let settlement = self.step(case, "2207", person, cancel("2208"), bend);
        [visit, diagnosis, line, settlement]
    }

    /// The last business of a history: undo, quiet period, t1, day roll, t2.
    pub(crate) fn unswipe(&mut self, swipe: &[Intent; 4], bend: Bend<'_>) {
        let [visit, diagnosis, line, settlement] = swipe;
        self.undo(settlement, "2208", &[], bend);
        self.undo(line, "2205", &[], bend);
        self.undo(visit, "2202", &[diagnosis], bend);
    }

    pub(crate) fn close(&mut self) {
        self.now = self.now.plus_ms(30_000);
        self.export(Instant::T1);
        self.now = self.now.day().next().start().plus_ms(60_000);
        self.export(Instant::T2);
    }
}

/// One swipe, undone, with every group bent.
pub(crate) fn faulty(bend: Bend<'_>) -> Evidence {
    let mut history = History::begin(plan());
    history.export(Instant::T0);
    history.probe(PERSON, Purpose::ProbeFirst, CASH);
    let swipe = history.swipe("a", PERSON, bend);
    history.look("a");
    history.unswipe(&swipe, bend);
    history.probe(PERSON, Purpose::ProbeLast, CASH);
    history.close();
    history.evidence
}

/// One swipe, undone; nothing wrong.
pub(crate) fn clean() -> Evidence {
    faulty(&mut |_| {})
}

/// The same under another plan.
pub(crate) fn clean_on(
    plan: crosswipe_domain::ResolvedPlan,
    start: crosswipe_domain::Moment,
) -> Evidence {
    let mut history = History::begin_at(plan, start);
    history.export(Instant::T0);
    let swipe = history.swipe("a", PERSON, &mut |_| {});
    history.look("a");
    history.unswipe(&swipe, &mut |_| {});
    history.close();
    history.evidence
}

/// Two swipes of one person and one of another, undone newest first.
pub(crate) fn two_persons(bend: Bend<'_>) -> Evidence {
    let mut history = History::begin(plan());
    history.export(Instant::T0);
    let first = history.swipe("a", PERSON, bend);
    let second = history.swipe("b", PERSON, bend);
    let other = history.swipe("c", OTHER, bend);
    for case in ["a", "b", "c"] {
        history.look(case);
    }
    history.unswipe(&second, bend);
    history.unswipe(&other, bend);
    history.unswipe(&first, bend);
    history.close();
    history.evidence
}

fn birth(
    kind: &str,
    id: String,
    status: &str,
    facts: &[(&str, String)],
    amounts: &[(&str, i64)],
) -> Entry {
    Entry::Row {
        kind: kind.into(),
        id: id.into(),
        status: status.into(),
        was: None,
        facts: facts
            .iter()
            .map(|(k, v)| ((*k).to_owned(), v.clone()))
            .collect(),
        amounts: amounts.iter().map(|(k, v)| ((*k).to_owned(), *v)).collect(),
    }
}

/// What a role books for a forward message.
fn forward(intent: &Intent, role: Role, person: &str, day: &str) -> Vec<Entry> {
    let case = intent.case.as_str();
    let count = |kind: &str| posting(kind, &[("person", person)], Unit::Count, 1);
    let mut entries = match intent.infno.as_str() {
        "2201" => vec![
            count("visit"),
            birth("visit", format!("M-{case}"), "registered", &[], &[]),
        ],
        "2401" => vec![
            count("visit"),
            birth("visit", format!("M-{case}"), "admitted", &[], &[]),
        ],
        // A stay has an upload a day.
        "2301" => vec![
            count("fee-detail"),
            birth(
                "fee-detail",
                format!("F-{}", intent.txid),
                "charged",
                &[],
                &[],
            ),
        ],
        "2204" => vec![
            count("fee-detail"),
            birth("fee-detail", format!("F-{case}"), "charged", &[], &[]),
        ],
        "2207" => settlement(case, role, person, day),
        _ => Vec::new(),
    };
    entries.push(Keeper::fence(
        &intent.origin,
        intent.msgid.as_str(),
        FenceState::Applied,
    ));
    entries
}

fn settlement(case: &str, role: Role, person: &str, day: &str) -> Vec<Entry> {
    let fen =
        |kind: &str, dims: &[(&str, &str)], amount: i64| posting(kind, dims, Unit::Fen, amount);
    let paid = FUND + LARGE + ACCOUNT;
    let pair = [
        ("insured", "330200"),
        ("treatment", "330100"),
        ("period", "201706"),
    ];
    let mut entries = match role {
        Role::His => vec![
            fen("cash", &[], CASH),
            fen("receivable", &[], paid),
            fen("revenue", &[], -paid - CASH),
            posting("invoice", &[], Unit::Count, 1),
            birth("invoice", format!("I-{case}"), "valid", &[], &[]),
        ],
        Role::Treatment => vec![
            fen("payable", &[("institution", HIS)], -paid),
            fen("clearing", &pair, paid),
        ],
        Role::Hub => vec![
            fen("clearing", &pair, -paid),
            fen("prefund", &[("insured", "330200")], paid),
        ],
        Role::Insured => vec![
            fen("pool-fund", &[("fund", "310100")], -FUND),
            fen("pool-fund", &[("fund", "330100")], -LARGE),
            fen(
                "personal-account",
                &[("person", person), ("insutype", "310")],
                -ACCOUNT,
            ),
            fen("clearing", &pair, paid),
            posting(
                "accumulator",
                &[("person", person), ("code", "D310101")],
                Unit::MemoFen,
                FUND,
            ),
            posting(
                "accumulator",
                &[("person", person), ("code", "C0000_BIZ11")],
                Unit::Count,
                1,
            ),
        ],
    };
    entries.push(posting("settlement", &[("person", person)], Unit::Count, 1));
    for (item, unit, amount) in [
        ("medfee", Unit::MemoFen, 10_000),
        ("fund", Unit::MemoFen, FUND + LARGE),
        ("count", Unit::Count, 1),
    ] {
        let dims = [
            ("day", day),
            ("institution", HIS),
            ("insutype", "310"),
            ("clr_type", "11"),
            ("item", item),
        ];
        entries.push(posting("reconciliation", &dims, unit, amount));
    }
    let facts = [
        ("mdtrt_id", format!("M-{case}")),
        ("setl_id", format!("S-{case}")),
        ("insutype", "310".to_owned()),
    ];
    let amounts = [
        ("medfee_sumamt", Money::from_fen(10_000).fen()),
        ("fund_pay_sumamt", FUND + LARGE),
        ("acct_pay", ACCOUNT),
        ("psn_cash_pay", CASH),
        ("fund:310100", FUND),
        ("fund:330100", LARGE),
    ];
    entries.push(birth(
        "settlement",
        format!("S-{case}"),
        "settled",
        &facts,
        &amounts,
    ));
    entries
}
