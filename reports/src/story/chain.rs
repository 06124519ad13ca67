//! 链 · Every transaction of a case: the forward message beside the messages that undid it.
//!
//! Why so: the question of a reviewer is always «what was sent, what undid it, what shows it», so
//! the three stand together. Messages that book nothing (queries, trials) stand beside the chains.

use std::collections::BTreeMap;

use crosswipe_domain::{Few, InfNo, Moment, Money, MsgId, Outcome, TxId};
use crosswipe_journal::{
    CompIntent, Ended, Intent, Payload, Purpose, Queried, Record, UndoPlan, Unresolved, Verified,
};
use crosswipe_verify::Transaction;

/// 报文 · One message and how it ended.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    /// Record of the intent.
    pub(crate) seq: u64,
    pub(crate) at: Moment,
    pub(crate) infno: InfNo,
    pub(crate) msgid: MsgId,
    /// Step of the case; empty for an undo that no step asked for.
    pub(crate) step: String,
    pub(crate) purpose: Purpose,
    /// From 1; over 1 only for an undo that was sent again.
    pub(crate) attempt: u32,
    /// As answered, else as sent.
    ids: Few<String>,
    /// Record of the outcome.
    pub(crate) reply_seq: Option<u64>,
    pub(crate) ended_at: Option<Moment>,
    pub(crate) took_ms: u64,
    /// `None`: no outcome was ever written, which is unknown. Ids and amounts are taken out of it: there are a hundred
    /// thousand messages, and the smallest tree is half a kilobyte.
    pub(crate) outcome: Option<Outcome>,
    /// As answered.
    amounts: Few<Money>,
    sent_amounts: Few<Money>,
}

impl Message {
    fn forward(record: &Record, intent: &Intent) -> Message {
        Message {
            seq: record.seq,
            at: record.at,
            infno: intent.infno.clone(),
            msgid: intent.msgid.clone(),
            step: intent.step.clone(),
            purpose: intent.purpose,
            attempt: 1,
            ids: few(&intent.ids),
            reply_seq: None,
            ended_at: None,
            took_ms: 0,
            outcome: None,
            amounts: Few::new(),
            sent_amounts: few(&intent.amounts),
        }
    }

    fn undo(record: &Record, intent: &CompIntent) -> Message {
        Message {
            seq: record.seq,
            at: record.at,
            infno: intent.infno.clone(),
            msgid: intent.msgid.clone(),
            step: intent.step.clone().unwrap_or_default(),
            purpose: Purpose::Business,
            attempt: intent.attempt,
            ids: few(&intent.ids),
            reply_seq: None,
            ended_at: None,
            took_ms: 0,
            outcome: None,
            amounts: Few::new(),
            sent_amounts: Few::new(),
        }
    }

    fn end(&mut self, record: &Record, ended: &Ended) {
        self.reply_seq = Some(record.seq);
        self.ended_at = Some(record.at);
        self.took_ms = ended.took_ms;
        self.outcome = Some(match &ended.outcome {
            Outcome::Ok { ids, amounts } => {
                for (name, id) in ids {
                    self.ids.insert(name.clone(), id.clone());
                }
                self.amounts = few(amounts);
                Outcome::Ok {
                    ids: BTreeMap::new(),
                    amounts: BTreeMap::new(),
                }
            }
            other => other.clone(),
        });
    }

    /// `ok`, `refused`, `unknown`, or `none` where no outcome was written.
    pub(crate) fn outcome_name(&self) -> &'static str {
        self.outcome.as_ref().map_or("none", Outcome::name)
    }

    /// An id as answered, else as sent.
    pub(crate) fn id(&self, name: &str) -> Option<&str> {
        self.ids.get(name).map(String::as_str)
    }

    /// All amounts of its answer, by interface name; none where it was not answered with ok.
    pub(crate) fn amounts(&self) -> &Few<Money> {
        &self.amounts
    }

    /// An amount as answered, else as sent.
    pub(crate) fn amount(&self, name: &str) -> Option<Money> {
        let answered = self.amounts.get(name);
        answered.or_else(|| self.sent_amounts.get(name)).copied()
    }
}

/// With room for what is there and no more: most chains have one message each way.
pub(super) fn push<T>(list: &mut Vec<T>, one: T) {
    if list.len() < 4 {
        list.reserve_exact(1);
    }
    list.push(one);
}

fn few<V: Clone>(all: &BTreeMap<String, V>) -> Few<V> {
    let all = all.iter();
    all.map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// 交易链 · One τ: what was sent, what undid it, what queries showed.
#[derive(Clone, Debug)]
pub(crate) struct Chain {
    /// As the judge sees it.
    pub(crate) transaction: Transaction,
    pub(crate) forward: Vec<Message>,
    pub(crate) undo: Vec<Message>,
    /// The τ with which it is undone, where it has no undo of its own.
    pub(crate) undone_with: Option<TxId>,
    pub(crate) queried: Vec<(Moment, Queried)>,
    pub(crate) verified: Option<Verified>,
    pub(crate) unresolved: Option<Unresolved>,
    /// Record that says last what became of it: its number and its hash in the chain.
    pub(crate) shown_by: Option<(u64, String)>,
}

/// 账户余额 · The personal account as the insured place answered: before, after the settlement, after its undo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Balances {
    pub(crate) before: Money,
    pub(crate) settled: Money,
    pub(crate) undone: Option<Money>,
}

impl Chain {
    pub(crate) fn new(transaction: &Transaction) -> Chain {
        Chain {
            transaction: transaction.clone(),
            forward: Vec::new(),
            undo: Vec::new(),
            undone_with: None,
            queried: Vec::new(),
            verified: None,
            unresolved: None,
            shown_by: None,
        }
    }

    /// What the answers said of the account; `None` where none of them named a balance.
    pub(crate) fn balances(&self) -> Option<Balances> {
        let answered = |message: &Message| message.amounts().get("balc").copied();
        let forward = self
            .forward
            .iter()
            .find(|message| answered(message).is_some())?;
        let settled = answered(forward)?;
        let paid = forward.amounts().get("acct_pay").copied();
        Some(Balances {
            before: settled + paid.unwrap_or(Money::ZERO),
            settled,
            undone: self.undo.iter().rev().find_map(answered),
        })
    }

    /// 费用总额 of a settlement, as answered or as sent; `None` where the τ moves no money.
    pub(crate) fn amount(&self) -> Option<Money> {
        if !self.transaction.infno.settles() {
            return None;
        }
        self.forward
            .iter()
            .find_map(|message| message.amount("medfee_sumamt"))
    }
}

/// What the journal says of messages: by τ for those that book, apart for those that do not.
#[derive(Default)]
pub(crate) struct Traffic {
    /// Chains in the judge's order.
    pub(crate) chains: Vec<Chain>,
    /// Messages that book nothing, with the case they belong to.
    pub(crate) others: Vec<(String, Message)>,
}

/// Folds the journal into chains and other messages.
pub(crate) fn traffic(records: &[Record], transactions: &[Transaction]) -> Traffic {
    let mut traffic = Traffic {
        chains: transactions.iter().map(Chain::new).collect(),
        others: Vec::new(),
    };
    let places: BTreeMap<&TxId, usize> = transactions
        .iter()
        .enumerate()
        .map(|(place, t)| (&t.txid, place))
        .collect();
    for record in records {
        traffic.take(record, &places);
    }
    traffic
}

impl Traffic {
    fn take(&mut self, record: &Record, places: &BTreeMap<&TxId, usize>) {
        let place = |txid: &TxId| places.get(txid).copied();
        match &record.payload {
            Payload::Intent(intent) => match place(&intent.txid) {
                Some(place) => {
                    if let UndoPlan::With { txid } = &intent.undo {
                        self.chains[place].undone_with = Some(txid.clone());
                    }
                    let forward = Message::forward(record, intent);
                    push(&mut self.chains[place].forward, forward);
                }
                None => self.others.push((
                    intent.case.as_str().to_owned(),
                    Message::forward(record, intent),
                )),
            },
            Payload::CompIntent(intent) => match place(&intent.txid) {
                Some(place) => {
                    push(&mut self.chains[place].undo, Message::undo(record, intent));
                }
                None => self.others.push((
                    intent.case.as_str().to_owned(),
                    Message::undo(record, intent),
                )),
            },
            Payload::Outcome(ended) => match place(&ended.txid) {
                Some(place) => end(&mut self.chains[place].forward, record, ended),
                None => self.end_other(record, ended),
            },
            Payload::CompOutcome(ended) => match place(&ended.txid) {
                Some(place) => end(&mut self.chains[place].undo, record, ended),
                None => self.end_other(record, ended),
            },
            Payload::Queried(queried) => self.with(place(&queried.txid), record, |chain| {
                push(&mut chain.queried, (record.at, queried.clone()));
            }),
            Payload::Verified(verified) => self.with(place(&verified.txid), record, |chain| {
                chain.verified = Some(verified.clone())
            }),
            Payload::Unresolved(open) => self.with(place(&open.txid), record, |chain| {
                chain.unresolved = Some(open.clone())
            }),
            _ => {}
        }
    }

    fn with(&mut self, place: Option<usize>, record: &Record, change: impl FnOnce(&mut Chain)) {
        if let Some(place) = place {
            let chain = &mut self.chains[place];
            change(chain);
            chain.shown_by = Some((record.seq, record.sha256.clone()));
        }
    }

    fn end_other(&mut self, record: &Record, ended: &Ended) {
        if let Some((_, message)) = self
            .others
            .iter_mut()
            .rev()
            .find(|(_, message)| message.msgid == ended.msgid)
        {
            message.end(record, ended);
        }
    }
}

/// The newest message of this msgid: a resend keeps its msgid, and its answer belongs to the last sending.
fn end(messages: &mut [Message], record: &Record, ended: &Ended) {
    if let Some(message) = messages
        .iter_mut()
        .rev()
        .find(|message| message.msgid == ended.msgid)
    {
        message.end(record, ended);
    }
}
