//! 经过 · The journal read once: which messages the run sent, which τ they belong to, how they ended.
//!
//! Why so: log rows of parties name a message (origin, msgid), never a τ. This index is the only join
//! between the two, and every rule goes through it. Built in one pass, looked up in ordered maps.
//! Called by `context`. Not here: what any party booked (`tally`).

use std::collections::BTreeMap;

use crosswipe_domain::{Moment, Nature, Outcome, TxId};
use crosswipe_journal::{
    AfterWindow, CompIntent, Intent, Moved, Note, Payload, Played, Purpose, Queried, Record,
    RunHeader, Snapshot, Tails, UndoPlan, Unresolved,
};

use crate::evidence::{Evidence, Instant};

/// A message as parties know it: origin and msgid.
pub(crate) type MessageKey<'a> = (&'a str, &'a str);

/// Whose message it is that a log row names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// A τ of the run.
    Tau(usize),
    /// A compensation of the run.
    Comp(usize),
    /// An undo that a case sent as a step of its own.
    UndoStep(usize),
    /// A read, trial or session of the run: must book nothing.
    Silent(usize),
    /// Public traffic played by the mock world.
    Played(usize),
    /// Opening balances.
    Opening,
    /// Nobody we know.
    Stranger,
}

impl Owner {
    /// True for every message that the run sent.
    pub(crate) fn is_run(self) -> bool {
        matches!(
            self,
            Owner::Tau(_) | Owner::Comp(_) | Owner::UndoStep(_) | Owner::Silent(_)
        )
    }
}

/// One message sent by a case.
pub(crate) struct Sent<'a> {
    pub(crate) intent: &'a Intent,
    pub(crate) at: Moment,
    pub(crate) ended: Option<(u64, &'a Outcome)>,
    /// When its newest outcome was known.
    pub(crate) ended_at: Option<Moment>,
}

/// 业务意图 · One τ: an intent that books something.
pub(crate) struct Tau<'a> {
    pub(crate) txid: &'a TxId,
    /// Its messages, as places in `sent`; more than one only where a HIS sent it anew.
    pub(crate) messages: Vec<usize>,
    pub(crate) intent: &'a Intent,
    pub(crate) at: Moment,
    pub(crate) comps: Vec<usize>,
    pub(crate) unresolved: Option<&'a Unresolved>,
    /// What the last round of queries about it came to.
    pub(crate) asked: Option<&'a Queried>,
}

/// One compensation message; a resend is the same one.
pub(crate) struct Comp<'a> {
    pub(crate) intent: &'a CompIntent,
    pub(crate) tau: Option<usize>,
    pub(crate) first_sent: Moment,
    pub(crate) last_sent: Moment,
    pub(crate) ended: Option<(u64, &'a Outcome)>,
}

/// 同号异文 · Two messages that book, of one number and of different bytes.
pub(crate) struct Reuse<'a> {
    pub(crate) number: MessageKey<'a>,
    /// What the second is about.
    pub(crate) txid: &'a TxId,
    /// Keyed digests of what was sent.
    pub(crate) first: &'a str,
    pub(crate) second: &'a str,
}

/// The journal, indexed.
#[derive(Default)]
pub(crate) struct Story<'a> {
    pub(crate) header: Option<&'a RunHeader>,
    pub(crate) sent: Vec<Sent<'a>>,
    pub(crate) taus: Vec<Tau<'a>>,
    pub(crate) tau_of: BTreeMap<&'a TxId, usize>,
    pub(crate) comps: Vec<Comp<'a>>,
    pub(crate) played: Vec<(Moment, &'a Played)>,
    pub(crate) owners: BTreeMap<MessageKey<'a>, Owner>,
    pub(crate) snapshots: BTreeMap<Instant, (u64, &'a Snapshot)>,
    /// τ, reads and steps by business intent and msgid: a msgid alone may be another institution's.
    by_message: BTreeMap<(&'a TxId, &'a str), usize>,
    /// Keyed digest of what first went out under a number.
    digests: BTreeMap<MessageKey<'a>, &'a str>,
    pub(crate) reused: Vec<Reuse<'a>>,
    pub(crate) first_booking: Option<u64>,
    pub(crate) tails: Vec<(u64, &'a Tails)>,
    /// When each of `tails` was written down.
    pub(crate) looked_at: Vec<Moment>,
    /// Between which records' instants whole books were taken.
    pub(crate) taken: BTreeMap<Instant, [Moment; 2]>,
    pub(crate) notes: Vec<&'a Note>,
    /// Who allowed undo after the window's end, and when it was written down.
    pub(crate) after_window: Vec<(Moment, &'a AfterWindow)>,
    /// Bounds that moved while the run was under way.
    pub(crate) moved: Vec<&'a Moved>,
    pub(crate) forked: Option<u64>,
    pub(crate) last_record: Option<Moment>,
}

impl<'a> Story<'a> {
    /// Reads the records before the first CERT.
    pub(crate) fn read(evidence: &'a Evidence) -> Story<'a> {
        let mut story = Story::default();
        let mut epoch = 0;
        for record in evidence
            .records
            .iter()
            .take_while(|record| !matches!(record.payload, Payload::Cert(_)))
        {
            if record.epoch < epoch && story.forked.is_none() {
                story.forked = Some(record.seq);
            }
            epoch = epoch.max(record.epoch);
            story.take(record);
            story.last_record = story.last_record.max(Some(record.at));
        }
        story
    }

    /// Who sent the message that a log row or a fence names.
    pub(crate) fn owner(&self, origin: &str, msgid: &str) -> Owner {
        match self.owners.get(&(origin, msgid)) {
            Some(owner) => *owner,
            None if msgid == "opening" => Owner::Opening,
            None => Owner::Stranger,
        }
    }

    /// Which run of a window took the looks at this place of `tails`; 0 where there is but one.
    pub(crate) fn run_of_tail(&self, place: usize) -> usize {
        self.tails[place].1.case.split_run().0.unwrap_or(0)
    }

    /// Which run of a window sent a message; `None` for messages of nobody's run.
    pub(crate) fn run_of(&self, owner: Owner) -> Option<usize> {
        let txid = match owner {
            Owner::Tau(tau) => self.taus[tau].txid,
            Owner::Comp(comp) => &self.comps[comp].intent.txid,
            Owner::UndoStep(sent) | Owner::Silent(sent) => &self.sent[sent].intent.txid,
            Owner::Played(_) | Owner::Opening | Owner::Stranger => return None,
        };
        Some(txid.split_run().0.unwrap_or(0))
    }

    /// How a τ ended: the newest outcome of its messages.
    pub(crate) fn outcome(&self, tau: &Tau<'_>) -> Option<(u64, &'a Outcome)> {
        tau.messages
            .iter()
            .filter_map(|index| self.sent[*index].ended)
            .max_by_key(|(seq, _)| *seq)
    }

    /// The newest compensation of this τ as a whole that was answered ok.
    pub(crate) fn confirmed_undo(&self, tau: &Tau<'_>) -> Option<&Comp<'a>> {
        tau.comps
            .iter()
            .rev()
            .map(|index| &self.comps[*index])
            .filter(|comp| !comp.intent.part)
            .find(|comp| comp.ended.is_some_and(|(_, outcome)| outcome.is_ok()))
    }

    /// The τ whose cancellation takes this one along, if its undo is planned so.
    pub(crate) fn root_of(&self, tau: &Tau<'_>) -> Option<usize> {
        match &tau.intent.undo {
            UndoPlan::With { txid } => self.tau_of.get(txid).copied(),
            _ => None,
        }
    }

    fn take(&mut self, record: &'a Record) {
        match &record.payload {
            Payload::Run(header) => self.header = self.header.or(Some(header)),
            Payload::Snap0(snapshot) => {
                self.snapshots
                    .entry(Instant::T0)
                    .or_insert((record.seq, snapshot));
            }
            Payload::Snap1(snapshot) => self.taken(Instant::T1, record, snapshot),
            Payload::Snap2(snapshot) => self.taken(Instant::T2, record, snapshot),
            Payload::Intent(intent) => self.take_intent(record, intent),
            Payload::CompIntent(intent) => self.take_compensation(record, intent),
            Payload::Outcome(ended) | Payload::CompOutcome(ended) => {
                self.take_outcome(record, &ended.txid, ended.msgid.as_str(), &ended.outcome);
            }
            Payload::Snapm(tails) => {
                self.tails.push((record.seq, tails));
                self.looked_at.push(record.at);
            }
            Payload::Unresolved(unresolved) => {
                if let Some(tau) = self.tau_of.get(&unresolved.txid) {
                    self.taus[*tau].unresolved = Some(unresolved);
                }
            }
            Payload::Queried(queried) => {
                if let Some(tau) = self.tau_of.get(&queried.txid) {
                    self.taus[*tau].asked = Some(queried);
                }
            }
            Payload::Played(played) => {
                self.owners
                    .entry((&played.origin, played.msgid.as_str()))
                    .or_insert(Owner::Played(self.played.len()));
                self.played.push((record.at, played));
            }
            Payload::Note(note) => self.notes.push(note),
            Payload::Window(moved) => self.moved.push(moved),
            Payload::AfterWindow(allowed) => self.after_window.push((record.at, allowed)),
            _ => {}
        }
    }

    fn taken(&mut self, instant: Instant, record: &'a Record, snapshot: &'a Snapshot) {
        self.snapshots.insert(instant, (record.seq, snapshot));
        let before = self.last_record.unwrap_or(record.at);
        self.taken
            .insert(instant, [before.min(record.at), record.at]);
    }

    fn take_intent(&mut self, record: &'a Record, intent: &'a Intent) {
        let index = self.sent.len();
        self.sent.push(Sent {
            intent,
            at: record.at,
            ended: None,
            ended_at: None,
        });
        self.by_message
            .entry((&intent.txid, intent.msgid.as_str()))
            .or_insert(index);
        if !matches!(intent.nature, Nature::Read | Nature::Session) && self.first_booking.is_none()
        {
            self.first_booking = Some(record.seq);
        }
        let owner = match intent.nature {
            Nature::Read | Nature::Session | Nature::Trial => Owner::Silent(index),
            Nature::Undo => Owner::UndoStep(index),
            Nature::Forward | Nature::Unknown => Owner::Tau(self.tau(record, index, intent)),
        };
        if !matches!(owner, Owner::Silent(_)) {
            self.name(
                (&intent.origin, intent.msgid.as_str()),
                &intent.txid,
                &intent.digest,
            );
        }
        self.own((&intent.origin, intent.msgid.as_str()), owner);
    }

    /// The first message of a name owns it; but what books nothing leaves no row, so that where two runs on the same
    /// books used one number, a row is the doing of the one that books.
    fn own(&mut self, key: MessageKey<'a>, owner: Owner) {
        match self.owners.get(&key) {
            Some(Owner::Silent(_)) if !matches!(owner, Owner::Silent(_)) => {}
            Some(_) => return,
            None => {}
        }
        self.owners.insert(key, owner);
    }

    /// A message that books goes out under a number; a resend has the same bytes.
    fn name(&mut self, number: MessageKey<'a>, txid: &'a TxId, digest: &'a str) {
        let first = *self.digests.entry(number).or_insert(digest);
        if first != digest {
            self.reused.push(Reuse {
                number,
                txid,
                first,
                second: digest,
            });
        }
    }

    fn tau(&mut self, record: &Record, message: usize, intent: &'a Intent) -> usize {
        if let Some(known) = self.tau_of.get(&intent.txid) {
            self.taus[*known].messages.push(message);
            return *known;
        }
        let index = self.taus.len();
        self.taus.push(Tau {
            txid: &intent.txid,
            messages: vec![message],
            intent,
            at: record.at,
            comps: Vec::new(),
            unresolved: None,
            asked: None,
        });
        self.tau_of.insert(&intent.txid, index);
        index
    }

    fn take_compensation(&mut self, record: &'a Record, intent: &'a CompIntent) {
        let key = (intent.origin.as_str(), intent.msgid.as_str());
        self.name(key, &intent.txid, &intent.digest);
        if let Some(Owner::Comp(known)) = self.owners.get(&key) {
            self.comps[*known].last_sent = record.at;
            return;
        }
        let index = self.comps.len();
        let tau = self.tau_of.get(&intent.txid).copied();
        self.own(key, Owner::Comp(index));
        self.comps.push(Comp {
            intent,
            tau,
            first_sent: record.at,
            last_sent: record.at,
            ended: None,
        });
        if let Some(tau) = tau {
            self.taus[tau].comps.push(index);
        }
    }

    fn take_outcome(&mut self, record: &Record, txid: &TxId, msgid: &str, outcome: &'a Outcome) {
        let seq = record.seq;
        if let Some(index) = self.by_message.get(&(txid, msgid)) {
            self.sent[*index].ended = Some((seq, outcome));
            self.sent[*index].ended_at = Some(record.at);
        } else if let Some(tau) = self.tau_of.get(txid) {
            let mut comps = self.taus[*tau].comps.iter();
            if let Some(comp) =
                comps.find(|index| self.comps[**index].intent.msgid.as_str() == msgid)
            {
                self.comps[*comp].ended = Some((seq, outcome));
            }
        }
    }
}

/// True for the probes of R8.
pub(crate) fn is_probe(intent: &Intent) -> bool {
    matches!(intent.purpose, Purpose::ProbeFirst | Purpose::ProbeLast)
}
