//! 归并 · Journal records folded into what is still open, per person.
//!
//! Why per person: each later settlement was computed on top of the earlier ones, so one person's
//! chain is undone newest first and stops at the first item that cannot be undone; other people's
//! chains go on (rollback §3).

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{InfNo, Moment, MsgId, Outcome, Party, Pseudonym, TxId};
use crosswipe_journal::{CompIntent, Intent, Payload, Queried, Record, Says, UndoPlan};

use crate::{decide, order};

/// How long to wait and how often to try; business milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Attempts to undo one τ.
    pub budget: u32,
    /// 等待期 · Before a message with an unknown outcome is asked about: at least the sum of the time-outs behind.
    pub grace_ms: i64,
    /// First delay between attempts; doubles up to `delay_max_ms`.
    pub delay_ms: i64,
    /// Longest delay between attempts.
    pub delay_max_ms: i64,
    /// 静默期 · After a reversal of an unknown outcome, before it is believed: late arrivals show in it.
    pub quiet_ms: i64,
    /// Spreads the delays; the run's seed.
    pub seed: u64,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience {
            budget: 6,
            grace_ms: 6_000,
            delay_ms: 1_000,
            delay_max_ms: 60_000,
            quiet_ms: 30_000,
            seed: 0,
        }
    }
}

/// Code of the NOTE that stands before each resend of a τ's own message.
pub const RESENT: &str = "resent";

/// Code of the NOTE that opens a closed τ again: a look at the books showed it standing after its own reversal.
pub const LATE: &str = "late-apply";

/// The next thing to do for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing is open.
    Done,
    /// A τ was given up, so the chain behind it stands still.
    Blocked {
        /// That τ.
        by: TxId,
    },
    /// Nothing before `until`.
    Wait {
        /// Business time.
        until: Moment,
    },
    /// Ask the parties about this τ, and record what they say.
    Query {
        /// The τ.
        txid: TxId,
    },
    /// Send the message of this τ again: same msgid, same bytes. Its outcome is unknown, and nothing else can settle it.
    Resend {
        /// The τ.
        txid: TxId,
    },
    /// Send an undo for this τ.
    Compensate {
        /// The τ.
        txid: TxId,
        /// With this transaction.
        infno: InfNo,
        /// From 1.
        attempt: u32,
        /// The same message again: its msgid and bytes are kept.
        resend: Option<MsgId>,
    },
    /// Record that this τ stands no more.
    Conclude {
        /// The τ.
        txid: TxId,
        /// True: it never took effect.
        never_applied: bool,
        /// What the deciding query showed.
        seen: BTreeMap<String, String>,
    },
    /// Record that this τ needs a person.
    GiveUp {
        /// The τ.
        txid: TxId,
        /// Why, as a stable word.
        reason: String,
        /// Who has to act.
        owner: Party,
        /// What was tried and seen, oldest first.
        evidence: Vec<String>,
    },
}

/// 归并 · All τ of a journal, and which of them are open.
#[derive(Clone, Debug, Default)]
pub struct Fold {
    patience: Patience,
    transactions: BTreeMap<TxId, Tracked>,
    open: BTreeMap<Option<Pseudonym>, BTreeSet<TxId>>,
    blocked: BTreeMap<Option<Pseudonym>, TxId>,
}

/// One τ as far as the journal tells.
#[derive(Clone, Debug)]
pub(crate) struct Tracked {
    pub(crate) seq: u64,
    pub(crate) intent: Intent,
    /// When the intent was written, or the last thing that happened about it.
    pub(crate) last_at: Moment,
    /// Record that said ok; the order in which settlements were applied, as far as we can know.
    pub(crate) applied_seq: Option<u64>,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) attempts: Vec<Attempt>,
    /// What queries said after the last attempt (or after the outcome), oldest first.
    pub(crate) answers: Vec<Queried>,
    /// Queries in all, so that asking ends.
    pub(crate) rounds: u32,
    /// How often its own message was sent again.
    pub(crate) resends: u32,
    /// A query showed it standing although its undo had been answered «done».
    pub(crate) stood_after_undo: bool,
    /// A query showed it standing at some time.
    pub(crate) seen_applied: bool,
    pub(crate) closed: bool,
    /// It was closed because nobody had it.
    pub(crate) never_applied: bool,
}

/// One undo that was sent.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    pub(crate) intent: CompIntent,
    pub(crate) outcome: Option<Outcome>,
}

impl Attempt {
    /// Answered «done».
    pub(crate) fn is_done(&self) -> bool {
        matches!(self.outcome, Some(Outcome::Ok { .. }))
    }

    /// What has ended and undid nothing of the τ as a whole. An undo that a case asked for and that was refused is a step
    /// of the test, no attempt of the rollback: a tester may undo out of order to see it refused, and what he tried to
    /// undo is undone in its turn all the same («seen before» says that it arrived, so it counts). One that takes a
    /// part leaves the τ as it was, however it ended.
    fn is_no_undo(&self) -> bool {
        match &self.outcome {
            Some(Outcome::Ok { .. }) => self.intent.part,
            Some(Outcome::Refused { code, .. }) => {
                self.intent.part || self.intent.step.is_some() && code != decide::DUPLICATE
            }
            Some(Outcome::Unknown { .. }) | None => false,
        }
    }
}

impl Fold {
    /// An empty fold.
    pub fn new(patience: Patience) -> Fold {
        Fold {
            patience,
            ..Fold::default()
        }
    }

    /// Takes the next record of the journal in.
    pub fn apply(&mut self, record: &Record) {
        match &record.payload {
            Payload::Intent(intent) if intent.undo != UndoPlan::Nothing => {
                self.opened(record, intent)
            }
            Payload::Outcome(ended) => self.update(&ended.txid, record, |tracked| {
                tracked.applied_seq = ended.outcome.is_ok().then_some(record.seq);
                tracked.outcome = Some(ended.outcome.clone());
                tracked.answers.clear();
            }),
            Payload::Note(note) if note.code == RESENT => {
                if let Some(txid) = &note.txid {
                    self.update(txid, record, |tracked| {
                        tracked.resends += 1;
                        tracked.answers.clear();
                    });
                }
            }
            Payload::Note(note) if note.code == LATE => {
                if let Some(txid) = &note.txid {
                    self.reopen(txid, record);
                }
            }
            Payload::CompIntent(comp) => self.update(&comp.txid, record, |tracked| {
                tracked.answers.clear();
                match tracked
                    .attempts
                    .iter_mut()
                    .find(|attempt| attempt.intent.msgid == comp.msgid)
                {
                    Some(resent) => {
                        *resent = Attempt {
                            intent: (**comp).clone(),
                            outcome: None,
                        }
                    }
                    None => tracked.attempts.push(Attempt {
                        intent: (**comp).clone(),
                        outcome: None,
                    }),
                }
            }),
            Payload::CompOutcome(ended) => self.update(&ended.txid, record, |tracked| {
                let of_message = |attempt: &Attempt| attempt.intent.msgid == ended.msgid;
                if let Some(place) = tracked.attempts.iter().position(of_message) {
                    tracked.attempts[place].outcome = Some(ended.outcome.clone());
                    if tracked.attempts[place].is_no_undo() {
                        tracked.attempts.remove(place);
                    }
                }
            }),
            Payload::Queried(queried) => self.update(&queried.txid, record, |tracked| {
                tracked.rounds += 1;
                let undone = tracked.attempts.last().is_some_and(Attempt::is_done);
                tracked.stood_after_undo |= undone && queried.says == Says::Applied;
                tracked.seen_applied |= matches!(queried.says, Says::Applied | Says::Reversed);
                tracked.answers.push(queried.clone());
            }),
            Payload::Verified(verified) => {
                self.update(&verified.txid, record, |tracked| {
                    tracked.never_applied = verified.never_applied;
                });
                self.close(&verified.txid);
            }
            Payload::Unresolved(unresolved) => {
                if let Some(tracked) = self.transactions.get(&unresolved.txid) {
                    self.blocked
                        .insert(tracked.intent.person.clone(), unresolved.txid.clone());
                }
            }
            _ => {}
        }
    }

    /// Whether answers about a τ disagreed while nothing happened to it.
    pub fn wavered(&self, txid: &TxId) -> bool {
        self.transactions.get(txid).is_some_and(decide::wavers)
    }

    /// What to do next for this person at `now`.
    pub fn next(&self, person: Option<&Pseudonym>, now: Moment) -> Next {
        let person = person.cloned();
        if let Some(by) = self.blocked.get(&person) {
            return Next::Blocked { by: by.clone() };
        }
        let open = self
            .open
            .get(&person)
            .into_iter()
            .flatten()
            .filter_map(|txid| self.transactions.get(txid));
        match order::first(open) {
            Some(tracked) => decide::next(tracked, &self.patience, now),
            None => Next::Done,
        }
    }

    /// What to do next about one τ, whatever else of its person is open: a case asked for its undo and waits for it.
    pub fn next_of(&self, txid: &TxId, now: Moment) -> Next {
        let tracked = self.transactions.get(txid);
        match tracked.filter(|tracked| !tracked.closed) {
            Some(tracked) => match self.blocked.get(&tracked.intent.person) {
                Some(by) => Next::Blocked { by: by.clone() },
                None => decide::next(tracked, &self.patience, now),
            },
            None => Next::Done,
        }
    }

    /// Undos of a τ that were sent and count.
    pub fn attempts(&self, txid: &TxId) -> u32 {
        let tracked = self.transactions.get(txid);
        tracked.map_or(0, decide::attempts_made)
    }

    /// True as long as nobody knows how the withdrawal of a part of this τ ended.
    pub fn has_part(&self, txid: &TxId) -> bool {
        let tracked = self.transactions.get(txid);
        let last = tracked.and_then(|tracked| tracked.attempts.last());
        last.is_some_and(|attempt| attempt.intent.part)
    }

    /// What the last query said of a τ, if it was asked about since its last message.
    pub fn says(&self, txid: &TxId) -> Option<Says> {
        let answer = self.transactions.get(txid)?.answers.last();
        answer.map(|answer| answer.says)
    }

    /// True for a τ of which nothing shows yet that it stands no more.
    pub fn is_open(&self, txid: &TxId) -> bool {
        let tracked = self.transactions.get(txid);
        tracked.is_some_and(|tracked| !tracked.closed)
    }

    pub(crate) fn open(&self) -> impl Iterator<Item = (&TxId, &Tracked)> {
        let taus = self.transactions.iter();
        taus.filter(|(_, tracked)| !tracked.closed)
    }

    /// Everybody who has something open, given-up chains included.
    pub fn people_with_open(&self) -> Vec<Option<Pseudonym>> {
        self.open
            .iter()
            .filter(|(_, open)| !open.is_empty())
            .map(|(person, _)| person.clone())
            .collect()
    }

    /// Number of τ that are still open.
    pub fn open_count(&self) -> usize {
        self.open.values().map(BTreeSet::len).sum()
    }

    /// The intent of a τ.
    pub fn intent(&self, txid: &TxId) -> Option<&Intent> {
        self.transactions.get(txid).map(|tracked| &tracked.intent)
    }

    /// An id of a τ: as its intent carried it, its answer gave it, or a query found it (newest wins).
    pub fn id(&self, txid: &TxId, name: &str) -> Option<&str> {
        let tracked = self.transactions.get(txid)?;
        let found = tracked
            .answers
            .iter()
            .rev()
            .find_map(|answer| answer.found.get(name))
            .map(String::as_str);
        found
            .or_else(|| {
                tracked
                    .outcome
                    .as_ref()
                    .and_then(|outcome| outcome.id(name))
            })
            .or_else(|| tracked.intent.ids.get(name).map(String::as_str))
    }

    /// How a τ ended, as far as the journal tells.
    pub fn outcome(&self, txid: &TxId) -> Option<&Outcome> {
        self.transactions.get(txid)?.outcome.as_ref()
    }

    fn opened(&mut self, record: &Record, intent: &Intent) {
        let tracked = Tracked {
            seq: record.seq,
            intent: intent.clone(),
            last_at: record.at,
            applied_seq: None,
            outcome: None,
            attempts: Vec::new(),
            answers: Vec::new(),
            rounds: 0,
            resends: 0,
            stood_after_undo: false,
            seen_applied: false,
            closed: false,
            never_applied: false,
        };
        self.open
            .entry(intent.person.clone())
            .or_default()
            .insert(intent.txid.clone());
        self.transactions.insert(intent.txid.clone(), tracked);
    }

    fn update(&mut self, txid: &TxId, record: &Record, change: impl FnOnce(&mut Tracked)) {
        if let Some(tracked) = self.transactions.get_mut(txid) {
            tracked.last_at = record.at;
            change(tracked);
        }
    }

    /// What was believed undone stands: it is undone anew, as something of which nobody knows anything.
    fn reopen(&mut self, txid: &TxId, record: &Record) {
        let Some(tracked) = self.transactions.get_mut(txid) else {
            return;
        };
        tracked.last_at = record.at;
        tracked.closed = false;
        tracked.seen_applied = true;
        tracked.outcome = Some(Outcome::Unknown {
            why: LATE.to_owned(),
        });
        tracked.attempts.clear();
        tracked.answers.clear();
        (tracked.rounds, tracked.resends) = (0, 0);
        let person = tracked.intent.person.clone();
        // What stood in the way of the person's other undos is found now: they begin anew.
        self.blocked.remove(&person);
        let open = self.open.entry(person).or_default();
        for other in open.iter() {
            if let Some(other) = self.transactions.get_mut(other) {
                other.attempts.clear();
                other.answers.clear();
                other.rounds = 0;
            }
        }
        open.insert(txid.clone());
    }

    pub(crate) fn closed(&self) -> impl Iterator<Item = (&TxId, &Tracked)> {
        self.transactions
            .iter()
            .filter(|(_, tracked)| tracked.closed)
    }

    /// Closes a τ, and with it those that go with it (a diagnosis with its visit).
    fn close(&mut self, txid: &TxId) {
        let Some(tracked) = self.transactions.get_mut(txid) else {
            return;
        };
        tracked.closed = true;
        let person = tracked.intent.person.clone();
        let Some(open) = self.open.get_mut(&person) else {
            return;
        };
        let transactions = &mut self.transactions;
        open.retain(|candidate| {
            let goes = candidate == txid
                || transactions.get(candidate).is_some_and(|other| matches!(&other.intent.undo, UndoPlan::With { txid: with } if with == txid));
            if goes && let Some(other) = transactions.get_mut(candidate) {
                other.closed = true;
            }
            !goes
        });
    }
}
