//! 补偿 · Carries out what `rollback` decides, one person at a time, until nothing is open.
//!
//! Why so: the decision is pure and the same after a crash; this file only sends, asks and records.
//! Called after each case, at an interruption, and by `resume`. Compensation passes no gate; after the window's end
//! it needs a permit.

use std::collections::BTreeMap;

use bytes::Bytes;
use crosswipe_domain::{
    Channel, InfNo, Institution, InstitutionCode, Moment, MsgId, Outcome, Party, Persona,
    Pseudonym, Role, TxId,
};
use crosswipe_journal::{
    AfterWindow, CompIntent, Ended, Intent, Payload, Says, Unresolved, Verified,
};
use crosswipe_rollback::{DUPLICATE, Named, Next, RESENT};

use crate::amounts;
use crate::clock::{Busy, Patient};
use crate::deliver::{Delivered, Outgoing};
use crate::desk::{Desk, Halt, lock};
use crate::gate::Denied;
use crate::message::{Nodes, undo};
use crate::transport::Transport;

/// How a person's chain ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chain {
    /// Nothing is open.
    Closed,
    /// It stands still at an unresolved τ.
    Blocked,
}

/// What became of one action of the rollback.
enum Acted {
    /// It was done, and another may follow.
    Went,
    /// An undo was sent and ended so, with its answer.
    Undid(Outcome, Option<Bytes>),
    /// There is nothing more to do.
    Ended(Chain),
}

/// Refusals that speak of this one transmission and not of those before it: seen already, not let in by the gateway, not
/// signed in any more.
const OF_THIS_TIME: [&str; 3] = [DUPLICATE, "E-GATEWAY", "E-SIGN"];

impl<T: Transport> Desk<T> {
    /// Undoes everything of a person that is open, newest settlement first.
    pub(crate) async fn compensate(
        &self,
        busy: &Busy,
        person: Option<&Pseudonym>,
    ) -> Result<Chain, Halt> {
        loop {
            let next = self.fold(|fold| fold.next(person, self.clock.now()));
            if let Acted::Ended(chain) = self.act(busy, next).await? {
                return Ok(chain);
            }
        }
    }

    /// 用例里的撤销 · An undo that a case asks for: sent like any other, and then seen to its end, so that the steps
    /// after it stand on proof. Where its answer is lost it is asked about and sent again; a refusal is the step's
    /// own end, and the τ stays open.
    pub(crate) async fn undo_by_step(
        &self,
        busy: &Busy,
        out: Outgoing<'_>,
        named: &Named,
    ) -> Result<Delivered, Halt> {
        let Named { txid, part } = named;
        self.may_send()?;
        self.take_up(self.clock.now()).await?;
        if self.window_over().is_some() {
            self.gated(&out, Denied::Window).await?;
            return Ok(Delivered::Gated(Denied::Window));
        }
        let intent = self.whom(txid)?.0;
        // tm comes before the first undo of a case, whoever asks for it.
        self.look(out.case, &intent.path).await?;
        let at = self.clock.tick();
        let (mut comp, body) = self
            .new_undo(
                &intent,
                out.institution,
                &out.infno,
                at,
                &out.input,
                out.ids,
            )
            .await?;
        comp.attempt = 1 + self.fold(|fold| fold.attempts(txid));
        (comp.step, comp.part) = (Some(out.step), *part);
        let msgid = comp.msgid.clone();
        let (outcome, mut answer) = self
            .send_undo(&intent, out.institution, comp, body, at)
            .await?;
        let lost = matches!(outcome, Outcome::Unknown { .. });
        let mut known = outcome;
        loop {
            let acted = match known {
                // What is left of the τ is left to the rollback.
                _ if *part && !self.fold(|fold| fold.has_part(txid)) => break,
                // It counts as refused only if a query agrees.
                Outcome::Refused { .. } if !self.is_gone(txid).await? => break,
                _ => {
                    let next = self.fold(|fold| fold.next_of(txid, self.clock.now()));
                    self.act(busy, next).await?
                }
            };
            match acted {
                Acted::Ended(_) => break,
                Acted::Undid(outcome, body) if !known.is_ok() => (known, answer) = (outcome, body),
                Acted::Undid(..) | Acted::Went => {}
            }
        }
        let outcome = match (self.fold(|fold| fold.is_open(txid)), known) {
            (_, Outcome::Ok { ids, amounts }) => Outcome::Ok { ids, amounts },
            // Its answer was lost, and those asked later say that it had long been done.
            (false, _) if lost => Outcome::Ok {
                ids: BTreeMap::new(),
                amounts: BTreeMap::new(),
            },
            // «Seen before» says that a part arrived, not what became of it.
            (_, Outcome::Refused { code, text }) if lost && *part && code == DUPLICATE => {
                Outcome::Unknown { why: text }
            }
            (_, refused @ Outcome::Refused { .. }) => refused,
            (_, unknown) => unknown,
        };
        Ok(Delivered::Sent {
            outcome,
            body: answer,
            msgid,
        })
    }

    /// After a refused undo of a case: asks whether its τ stands all the same.
    async fn is_gone(&self, txid: &TxId) -> Result<bool, Halt> {
        let open = || self.fold(|fold| fold.is_open(txid));
        if open() && self.fold(|fold| fold.says(txid)).is_none() {
            self.ask_about(txid).await?;
        }
        let says = self.fold(|fold| fold.says(txid));
        Ok(!open() || matches!(says, Some(Says::Reversed | Says::NotApplied)))
    }

    /// Does what comes next.
    async fn act(&self, busy: &Busy, next: Next) -> Result<Acted, Halt> {
        match next {
            Next::Done => return Ok(Acted::Ended(Chain::Closed)),
            Next::Blocked { .. } => return Ok(Acted::Ended(Chain::Blocked)),
            Next::Wait { until } => busy.sleep_until(until, Patient::Yes).await,
            Next::Query { txid } => {
                self.may_still_undo().await?;
                self.ask_about(&txid).await?;
            }
            Next::Resend { txid } => {
                self.may_still_undo().await?;
                self.resend(&txid).await?;
            }
            Next::Compensate {
                txid,
                infno,
                attempt,
                resend,
            } => {
                self.may_still_undo().await?;
                if let Some((outcome, body)) = self.undo(&txid, &infno, attempt, resend).await? {
                    return Ok(Acted::Undid(outcome, body));
                }
            }
            Next::Conclude {
                txid,
                never_applied,
                seen,
            } => self.conclude(&txid, never_applied, seen).await?,
            Next::GiveUp {
                txid,
                reason,
                owner,
                evidence,
            } => {
                if !self.came_late(&txid).await? {
                    let unresolved = Unresolved {
                        txid,
                        reason,
                        owner,
                        evidence,
                    };
                    self.record(Payload::Unresolved(unresolved), None).await?;
                }
            }
        }
        Ok(Acted::Went)
    }

    /// No phase refuses an undo. After the window's end it needs somebody who allowed it, and that is in the journal
    /// before the first byte: the books come back, the verdict does not.
    async fn may_still_undo(&self) -> Result<(), Halt> {
        self.take_up(self.clock.now()).await?;
        let Some(ended) = self.window_over() else {
            return Ok(());
        };
        let Some(permit) = &self.config.after_window else {
            // Business time may have jumped over the end without a record: whoever resumes has to know.
            let say = || self.note("window-over", None, BTreeMap::new());
            self.permitted.get_or_try_init(say).await?;
            return Err(Halt::WindowOver { ended });
        };
        let write = || async {
            let allowed = AfterWindow {
                by: permit.by.clone(),
                reason: permit.reason.clone(),
                ended,
            };
            self.record(Payload::AfterWindow(allowed), None)
                .await
                .map(drop)
        };
        self.permitted.get_or_try_init(write).await.map(drop)
    }

    /// When the window ended, if it has.
    pub(crate) fn window_over(&self) -> Option<Moment> {
        let now = self.clock.now();
        let end = self.notice.window().in_force(now).end();
        end.filter(|end| *end <= now)
    }

    /// Whether a query that proves an undo may go out where no phase lets reads through any more.
    pub(crate) fn undoes_by_permit(&self) -> bool {
        let permitted = self.config.after_window.is_some() && self.permitted.initialized();
        permitted && self.window_over().is_some()
    }

    /// Sends one undo of τ; `None` if its bytes cannot be had, which is written down.
    async fn undo(
        &self,
        txid: &TxId,
        infno: &InfNo,
        attempt: u32,
        resend: Option<MsgId>,
    ) -> Result<Option<(Outcome, Option<Bytes>)>, Halt> {
        let (intent, persona, institution) = self.whom(txid)?;
        self.may_send()?;
        let at = self.clock.tick();
        let (comp, body) = match resend {
            Some(msgid) => match self.undo_sent_again(txid, &msgid, persona) {
                Some(sent) => sent,
                None => return self.bytes_unknown(&intent, infno).await.map(|()| None),
            },
            None => {
                let id = |name: &str| self.fold(|fold| fold.id(txid, name).map(str::to_owned));
                let undoes = (&intent.msgid, &intent.infno);
                let Some((input, carried)) = undo::compose(infno, persona, undoes, id) else {
                    return self
                        .cannot_compose(txid, infno, &intent)
                        .await
                        .map(|()| None);
                };
                let ids = carried.into_iter();
                let ids = ids.map(|(name, value)| (name.to_owned(), value)).collect();
                self.new_undo(&intent, institution, infno, at, &input, ids)
                    .await?
            }
        };
        let comp = CompIntent { attempt, ..comp };
        self.send_undo(&intent, institution, comp, body, at)
            .await
            .map(Some)
    }

    /// COMP_INTENT on disk, bytes, COMP_OUTCOME on disk.
    async fn send_undo(
        &self,
        intent: &Intent,
        institution: &Institution,
        comp: CompIntent,
        body: String,
        at: Moment,
    ) -> Result<(Outcome, Option<Bytes>), Halt> {
        let (txid, msgid, infno) = (comp.txid.clone(), comp.msgid.clone(), comp.infno.clone());
        let masked = self.masker.mask_json(&body);
        self.keep_undo(&comp, &masked);
        self.record(Payload::CompIntent(Box::new(comp)), Some(masked))
            .await?;
        let (outcome, took_ms, reply) = self
            .exchange(institution, &infno, &msgid, self.context(at), body)
            .await?;
        let masked = self.kept(reply.as_ref());
        if let Some(original) = self.fold(|fold| fold.outcome(&txid).cloned()) {
            let checks = amounts::check_cancel(&infno, &original, &outcome);
            lock(&self.undo_checks)
                .entry(intent.case.clone())
                .or_default()
                .extend(checks);
        }
        let ended = Ended {
            txid,
            msgid,
            outcome: outcome.clone(),
            took_ms,
            reply: None,
        };
        self.record(Payload::CompOutcome(ended), masked).await?;
        Ok((outcome, reply.map(|answer| answer.body)))
    }

    /// A new undo of τ that carries `ids`, and its bytes.
    async fn new_undo(
        &self,
        intent: &Intent,
        institution: &Institution,
        infno: &InfNo,
        at: Moment,
        input: &Nodes,
        mut ids: BTreeMap<String, String>,
    ) -> Result<(CompIntent, String), Halt> {
        let msgid = self.msgids.next(&institution.code, at);
        let sign_no = self.sign_no(institution).await?;
        ids.extend(
            sign_no
                .clone()
                .map(|sign_no| ("sign_no".to_owned(), sign_no)),
        );
        let body = self.envelope(
            infno,
            &msgid,
            institution,
            (intent.insured, Channel::Counter),
            sign_no,
            input,
        );
        let comp = CompIntent {
            txid: intent.txid.clone(),
            msgid,
            origin: institution.code.to_string(),
            infno: infno.clone(),
            undoes_msgid: intent.msgid.clone(),
            undoes_infno: intent.infno.clone(),
            attempt: 1,
            case: intent.case.clone(),
            step: None,
            part: false,
            person: intent.person.clone(),
            path: intent.path.clone(),
            ids,
            digest: self.config.key.digest(body.as_bytes()),
            message: String::new(),
        };
        Ok((comp, body))
    }

    /// The message of τ again, to the byte; if its bytes cannot be had again, a person has to look.
    async fn resend(&self, txid: &TxId) -> Result<(), Halt> {
        self.may_send()?;
        let (intent, persona, institution) = self.whom(txid)?;
        let Some(body) = self.sent_again(&intent, persona) else {
            return match self.window_over() {
                // Its bytes are not the trouble: no platform takes a forward message any more.
                Some(ended) => self.too_late_to_ask(&intent, ended).await,
                None => self.bytes_unknown(&intent, &intent.infno).await,
            };
        };
        self.note(RESENT, Some(txid.clone()), BTreeMap::new())
            .await?;
        let context = self.context(self.clock.tick());
        let (outcome, took_ms, reply) = self
            .exchange(institution, &intent.infno, &intent.msgid, context, body)
            .await?;
        // «Seen before», or not let in this time, speaks of the message that came again; what became of the first is
        // as unknown as it was.
        let outcome = match outcome {
            Outcome::Refused { code, text } if OF_THIS_TIME.contains(&code.as_str()) => {
                Outcome::Unknown {
                    why: format!("sent again: {text}"),
                }
            }
            other => other,
        };
        let masked = self.kept(reply.as_ref());
        let msgid = intent.msgid.clone();
        let ended = Ended {
            txid: txid.clone(),
            msgid,
            outcome,
            took_ms,
            reply: None,
        };
        self.record(Payload::Outcome(ended), masked).await.map(drop)
    }

    /// A message that some booked and others never heard of would have to be sent again, and the window is over: a
    /// person has to look.
    async fn too_late_to_ask(&self, intent: &Intent, ended: Moment) -> Result<(), Halt> {
        let unresolved = Unresolved {
            txid: intent.txid.clone(),
            reason: "window-over".to_owned(),
            owner: owner(intent),
            evidence: vec![format!(
                "{} {}: the window ended at {ended}, and it is not taken again",
                intent.infno, intent.msgid
            )],
        };
        self.record(Payload::Unresolved(unresolved), None)
            .await
            .map(drop)
    }

    /// A message must be sent again, and nobody knows its bytes: a person has to look.
    async fn bytes_unknown(&self, intent: &Intent, infno: &InfNo) -> Result<(), Halt> {
        let unresolved = Unresolved {
            txid: intent.txid.clone(),
            reason: "bytes-unknown".to_owned(),
            owner: owner(intent),
            evidence: vec![format!("{infno}: what was sent cannot be had again")],
        };
        self.record(Payload::Unresolved(unresolved), None)
            .await
            .map(drop)
    }

    /// An undo whose ids nobody knows cannot be written: a person has to look.
    async fn cannot_compose(
        &self,
        txid: &TxId,
        infno: &InfNo,
        intent: &Intent,
    ) -> Result<(), Halt> {
        let unresolved = Unresolved {
            txid: txid.clone(),
            reason: "id-unknown".to_owned(),
            owner: owner(intent),
            evidence: vec![format!("{infno}: an id that it needs was never answered")],
        };
        self.record(Payload::Unresolved(unresolved), None)
            .await
            .map(drop)
    }

    /// Writes down that τ stands no more, and what was worth a note on the way.
    async fn conclude(
        &self,
        txid: &TxId,
        never_applied: bool,
        seen: BTreeMap<String, String>,
    ) -> Result<(), Halt> {
        let answered = self.fold(|fold| {
            fold.outcome(txid)
                .is_some_and(|outcome| !matches!(outcome, Outcome::Unknown { .. }))
        });
        self.forget_sent(txid);
        if self.fold(|fold| fold.wavered(txid)) {
            self.note("query-flap", Some(txid.clone()), BTreeMap::new())
                .await?;
        }
        let verified = Verified {
            txid: txid.clone(),
            never_applied,
            seen,
        };
        self.record(Payload::Verified(verified), None).await?;
        if !answered {
            let code = if never_applied {
                "never-applied"
            } else {
                "response-lost"
            };
            self.note(code, Some(txid.clone()), BTreeMap::new()).await?;
        }
        Ok(())
    }

    /// The intent of a τ, and whom and where it is about.
    pub(crate) fn whom(&self, txid: &TxId) -> Result<(Intent, &Persona, &Institution), Halt> {
        let intent = self.fold(|fold| fold.intent(txid).cloned());
        let intent = intent.ok_or_else(|| Halt::Bug(format!("no intent for {txid}")))?;
        let persona = intent
            .person
            .as_ref()
            .and_then(|person| self.persona(person));
        let persona =
            persona.ok_or_else(|| Halt::Bug(format!("{txid} is about nobody of this plan")))?;
        let code =
            InstitutionCode::parse(&intent.origin).map_err(|error| Halt::Bug(error.to_string()))?;
        let institution = self.config.plan.topology.institution(&code);
        let institution = institution
            .ok_or_else(|| Halt::Bug(format!("{txid} was sent by nobody of this plan")))?;
        Ok((intent, persona, institution))
    }
}

/// Who has to act: the treatment place, which alone talks to the institution.
fn owner(intent: &Intent) -> Party {
    let treatment = intent
        .path
        .iter()
        .find(|party| party.role == Role::Treatment)
        .cloned();
    treatment.unwrap_or_else(|| Party::new(Role::Treatment, intent.treatment.as_str()))
}
