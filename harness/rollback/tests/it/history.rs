//! 历史 · Builders of hand-made journals, and a driver that carries out what the fold asks.

use std::collections::BTreeMap;

use crosswipe_domain::{
    AdmDivision, CaseId, InfNo, Moment, MsgId, Outcome, Party, Pseudonym, Role, TxId,
};
use crosswipe_journal::{
    CompIntent, Ended, Intent, Note, Payload, Purpose, Queried, Record, Says, UndoPlan, Unresolved,
    Verified,
};
use crosswipe_rollback::{Fold, Next, Patience, RESENT};

pub(crate) fn patience() -> Patience {
    Patience {
        seed: 7,
        ..Patience::default()
    }
}

pub(crate) fn person() -> Pseudonym {
    Pseudonym::from_evidence("P-000000000001")
}

/// A fold that is fed by hand; every record is a millisecond later than the one before.
pub(crate) struct History {
    pub(crate) fold: Fold,
    pub(crate) now: Moment,
    /// The step of a case that asks for the undos that follow; `None` = the fold asks for them.
    pub(crate) step: Option<String>,
    /// They take a part of their τ only.
    pub(crate) part: bool,
    seq: u64,
    last_undo: String,
}

impl History {
    pub(crate) fn new() -> History {
        History {
            fold: Fold::new(patience()),
            now: Moment::parse("2017-06-02T09:00+08:00").unwrap(),
            step: None,
            part: false,
            seq: 0,
            last_undo: String::new(),
        }
    }

    /// Number of the newest undo.
    pub(crate) fn last_undo(&self) -> String {
        self.last_undo.clone()
    }

    pub(crate) fn push(&mut self, payload: Payload) {
        self.now = self.now.plus_ms(1);
        let record = Record {
            seq: self.seq,
            epoch: 1,
            at: self.now,
            payload,
            prev_sha256: String::new(),
            sha256: String::new(),
        };
        self.seq += 1;
        self.fold.apply(&record);
    }

    pub(crate) fn intent(&mut self, visit: &str, infno: &str) -> TxId {
        let infno = InfNo::new(infno);
        let undo = match infno.cancelled_by() {
            Some(infno) => UndoPlan::Cancel { infno },
            None => UndoPlan::With {
                txid: txid(visit, "2201"),
            },
        };
        self.intended(visit, infno, undo)
    }

    /// A message that books nothing.
    pub(crate) fn read(&mut self, visit: &str, infno: &str) -> TxId {
        self.intended(visit, InfNo::new(infno), UndoPlan::Nothing)
    }

    fn intended(&mut self, visit: &str, infno: InfNo, undo: UndoPlan) -> TxId {
        let id = txid(visit, infno.as_str());
        self.push(Payload::Intent(Box::new(Intent {
            txid: id.clone(),
            msgid: msgid(self.seq),
            origin: "H33010000001".to_owned(),
            infno: infno.clone(),
            nature: infno.nature(),
            purpose: Purpose::Business,
            case: CaseId::parse(visit).unwrap(),
            step: infno.to_string(),
            person: Some(person()),
            insured: None,
            treatment: AdmDivision::parse("330100").unwrap(),
            business: infno.business(),
            insutype: None,
            channel: Default::default(),
            path: vec![
                Party::new(Role::His, "H33010000001"),
                Party::new(Role::Treatment, "330100"),
            ],
            undo,
            ids: BTreeMap::new(),
            amounts: BTreeMap::new(),
            digest: String::new(),
            message: String::new(),
        })));
        id
    }

    /// An answer with these ids.
    pub(crate) fn ok_with(&mut self, visit: &str, infno: &str, ids: &[(&str, &str)]) -> TxId {
        let txid = self.intent(visit, infno);
        let ids = ids.iter();
        let ids = ids.map(|(name, id)| ((*name).to_owned(), (*id).to_owned()));
        let (ids, amounts) = (ids.collect(), BTreeMap::new());
        self.outcome(&txid, Outcome::Ok { ids, amounts });
        txid
    }

    pub(crate) fn outcome(&mut self, txid: &TxId, outcome: Outcome) {
        let msgid = self.fold.intent(txid).unwrap().msgid.clone();
        self.push(Payload::Outcome(Ended {
            txid: txid.clone(),
            msgid,
            outcome,
            took_ms: 0,
            reply: None,
        }));
    }

    /// The message of τ sent again, with this outcome.
    pub(crate) fn resent(&mut self, txid: &TxId, outcome: Outcome) {
        self.noted(RESENT, txid);
        self.outcome(txid, outcome);
    }

    pub(crate) fn ok(&mut self, visit: &str, infno: &str) -> TxId {
        let txid = self.intent(visit, infno);
        self.outcome(&txid, ok());
        txid
    }

    /// What the fold asks for now, waits left out.
    pub(crate) fn next(&mut self) -> Next {
        loop {
            match self.fold.next(Some(&person()), self.now) {
                Next::Wait { until } => {
                    assert!(until > self.now, "a wait always moves time");
                    self.now = until;
                }
                next => return next,
            }
        }
    }

    pub(crate) fn answered(&mut self, txid: &TxId, says: Says) {
        self.answered_with(txid, says, &[]);
    }

    /// An answer, with what was seen.
    pub(crate) fn answered_with(&mut self, txid: &TxId, says: Says, seen: &[(&str, &str)]) {
        let seen = seen.iter();
        let queried = Queried {
            txid: txid.clone(),
            says,
            found: BTreeMap::new(),
            seen: seen
                .map(|(what, seen)| ((*what).to_owned(), (*seen).to_owned()))
                .collect(),
        };
        self.push(Payload::Queried(queried));
    }

    /// A note about a τ.
    pub(crate) fn noted(&mut self, code: &str, txid: &TxId) {
        self.push(Payload::Note(Note {
            code: code.to_owned(),
            txid: Some(txid.clone()),
            facts: BTreeMap::new(),
        }));
    }

    /// Sends what the fold asks for, with this outcome.
    pub(crate) fn compensated(
        &mut self,
        txid: &TxId,
        infno: InfNo,
        attempt: u32,
        resend: Option<MsgId>,
        outcome: Option<Outcome>,
    ) {
        let intent = self.fold.intent(txid).unwrap().clone();
        let msgid = resend.unwrap_or_else(|| msgid(self.seq + 5_000));
        self.last_undo = msgid.to_string();
        self.push(Payload::CompIntent(Box::new(CompIntent {
            txid: txid.clone(),
            msgid: msgid.clone(),
            origin: intent.origin.clone(),
            infno,
            undoes_msgid: intent.msgid.clone(),
            undoes_infno: intent.infno.clone(),
            attempt,
            case: intent.case.clone(),
            step: self.step.clone(),
            part: self.part,
            person: intent.person.clone(),
            path: intent.path.clone(),
            ids: BTreeMap::new(),
            digest: String::new(),
            message: String::new(),
        })));
        if let Some(outcome) = outcome {
            self.push(Payload::CompOutcome(Ended {
                txid: txid.clone(),
                msgid,
                outcome,
                took_ms: 0,
                reply: None,
            }));
        }
    }

    pub(crate) fn concluded(&mut self, txid: &TxId, never_applied: bool) {
        self.push(Payload::Verified(Verified {
            txid: txid.clone(),
            never_applied,
            seen: BTreeMap::new(),
        }));
    }

    pub(crate) fn given_up(
        &mut self,
        txid: TxId,
        reason: String,
        owner: Party,
        evidence: Vec<String>,
    ) {
        self.push(Payload::Unresolved(Unresolved {
            txid,
            reason,
            owner,
            evidence,
        }));
    }

    /// Carries out everything on a platform that does what it is told; gives the undo messages in order.
    pub(crate) fn run_to_the_end(&mut self) -> Vec<String> {
        let mut sent = Vec::new();
        let mut undone = std::collections::BTreeSet::new();
        for _ in 0..1_000 {
            match self.next() {
                Next::Done | Next::Blocked { .. } => return sent,
                Next::Wait { .. } => unreachable!("waits are left out"),
                Next::Query { txid } => {
                    let says = if undone.contains(&txid) {
                        Says::Reversed
                    } else {
                        Says::Applied
                    };
                    self.answered(&txid, says);
                }
                Next::Resend { txid } => self.resent(&txid, ok()),
                Next::Compensate {
                    txid,
                    infno,
                    attempt,
                    resend,
                } => {
                    sent.push(format!("{infno} {}", txid.as_str()));
                    undone.insert(txid.clone());
                    self.compensated(&txid, infno, attempt, resend, Some(ok()));
                }
                Next::Conclude {
                    txid,
                    never_applied,
                    ..
                } => self.concluded(&txid, never_applied),
                Next::GiveUp {
                    txid,
                    reason,
                    owner,
                    evidence,
                } => self.given_up(txid, reason, owner, evidence),
            }
        }
        panic!("the fold never ends: {sent:?}");
    }
}

pub(crate) fn ok() -> Outcome {
    Outcome::Ok {
        ids: BTreeMap::new(),
        amounts: BTreeMap::new(),
    }
}

pub(crate) fn refused(code: &str) -> Outcome {
    Outcome::Refused {
        code: code.to_owned(),
        text: String::new(),
    }
}

pub(crate) fn unknown() -> Outcome {
    Outcome::Unknown {
        why: "connection reset".to_owned(),
    }
}

fn txid(visit: &str, infno: &str) -> TxId {
    TxId::parse(&format!("{visit}/{infno}")).unwrap()
}

fn msgid(serial: u64) -> MsgId {
    MsgId::parse(&format!("H3301000000120170602090000{serial:04}")).unwrap()
}
