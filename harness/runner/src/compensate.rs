//! 补偿 · Carries out what `rollback` decides, one person at a time, until nothing is open.
//!
//! Why so: the decision is pure and the same after a crash; this file only sends, asks and records.
//! Called after each case, at an interruption, and by `resume`. Compensation passes no gate; after the window's end
//! it needs a permit.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use crosswipe_domain::{
    InfNo, Institution, InstitutionCode, Moment, Money, MsgId, Outcome, Party, Persona, Pseudonym,
    Role, TxId, sha256_hex,
};
use crosswipe_journal::{AfterWindow, CompIntent, Ended, Intent, Payload, Unresolved, Verified};
use crosswipe_rollback::{DUPLICATE, Next, RESENT};

use crate::amounts;
use crate::clock::{Busy, Patient};
use crate::desk::{Desk, Halt, lock};
use crate::message::undo;
use crate::transport::Transport;

/// How a person's chain ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chain {
    /// Nothing is open.
    Closed,
    /// It stands still at an unresolved τ.
    Blocked,
}

impl<T: Transport> Desk<T> {
    /// Undoes everything of a person that is open, newest settlement first.
    pub(crate) async fn compensate(
        &self,
        busy: &Busy,
        person: Option<&Pseudonym>,
    ) -> Result<Chain, Halt> {
        loop {
            match self.fold(|fold| fold.next(person, self.clock.now())) {
                Next::Done => return Ok(Chain::Closed),
                Next::Blocked { .. } => return Ok(Chain::Blocked),
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
                    self.undo(&txid, &infno, attempt, resend).await?;
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
                    if self.came_late(&txid).await? {
                        continue;
                    }
                    self.record(
                        Payload::Unresolved(Unresolved {
                            txid,
                            reason,
                            owner,
                            evidence,
                        }),
                        None,
                    )
                    .await?;
                }
            }
        }
    }

    /// No phase refuses an undo. After the window's end it needs somebody who allowed it, and that is in the journal
    /// before the first byte: the books come back, the verdict does not.
    async fn may_still_undo(&self) -> Result<(), Halt> {
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
        let end = self.config.plan.window.end();
        end.filter(|end| *end <= self.clock.now())
    }

    /// Whether a query that proves an undo may go out where no phase lets reads through any more.
    pub(crate) fn undoes_by_permit(&self) -> bool {
        let permitted = self.config.after_window.is_some() && self.permitted.initialized();
        permitted && self.window_over().is_some()
    }

    /// Sends one undo of τ: COMP_INTENT on disk, bytes, COMP_OUTCOME on disk.
    async fn undo(
        &self,
        txid: &TxId,
        infno: &InfNo,
        attempt: u32,
        resend: Option<MsgId>,
    ) -> Result<(), Halt> {
        let (intent, persona, institution) = self.whom(txid)?;
        self.may_send()?;
        let at = self.clock.tick();
        let (comp, body) = match resend {
            Some(msgid) => match self.undo_sent_again(txid, &msgid, persona) {
                Some((comp, body)) => (CompIntent { attempt, ..comp }, body),
                None => return self.bytes_unknown(&intent, infno).await,
            },
            None => {
                let composed = self.compose_undo(&intent, persona, institution, infno, at);
                match composed.await {
                    Some((comp, body)) => (CompIntent { attempt, ..comp }, body),
                    None => return self.cannot_compose(txid, infno, &intent).await,
                }
            }
        };
        let msgid = comp.msgid.clone();
        let masked = self.masker.mask_json(&body);
        self.keep_undo(&comp, &masked);
        self.record(Payload::CompIntent(Box::new(comp)), Some(masked))
            .await?;
        let (outcome, took_ms, reply) = self
            .exchange(institution, infno, &msgid, self.context(at), body)
            .await?;
        let (masked, digest) = self.kept(reply.as_ref());
        if let Some(original) = self.fold(|fold| fold.outcome(txid).cloned()) {
            let checks = amounts::check_cancel(infno, &original, &outcome);
            lock(&self.undo_checks)
                .entry(intent.case.clone())
                .or_default()
                .extend(checks);
        }
        let ended = Ended {
            txid: txid.clone(),
            msgid,
            outcome,
            took_ms,
            reply: digest,
        };
        self.record(Payload::CompOutcome(ended), masked)
            .await
            .map(drop)
    }

    /// A new undo of τ and its bytes; `None` if an id that it needs was never answered.
    async fn compose_undo(
        &self,
        intent: &Intent,
        persona: &Persona,
        institution: &Institution,
        infno: &InfNo,
        at: Moment,
    ) -> Option<(CompIntent, String)> {
        let txid = &intent.txid;
        let id = |name: &str| self.fold(|fold| fold.id(txid, name).map(str::to_owned));
        let (input, carried) = undo::compose(infno, persona, (&intent.msgid, &intent.infno), id)?;
        let msgid = self.msgids.next(&institution.code, at);
        let sign_no = self.sign_no(institution).await;
        let mut ids: BTreeMap<String, String> = carried
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        ids.extend(
            sign_no
                .clone()
                .map(|sign_no| ("sign_no".to_owned(), sign_no)),
        );
        let body = self.envelope(infno, &msgid, institution, intent.insured, sign_no, &input);
        let masked = self.masker.mask_json(&body);
        let comp = CompIntent {
            txid: txid.clone(),
            msgid,
            origin: institution.code.to_string(),
            infno: infno.clone(),
            undoes_msgid: intent.msgid.clone(),
            undoes_infno: intent.infno.clone(),
            attempt: 1,
            case: intent.case.clone(),
            person: intent.person.clone(),
            path: intent.path.clone(),
            ids,
            digest: self.config.key.digest(body.as_bytes()),
            message: sha256_hex(masked.as_bytes()),
        };
        Some((comp, body))
    }

    /// The message of τ again, to the byte; if its bytes cannot be had again, a person has to look.
    async fn resend(&self, txid: &TxId) -> Result<(), Halt> {
        self.may_send()?;
        let (intent, persona, institution) = self.whom(txid)?;
        let Some(body) = self.sent_again(&intent, persona) else {
            return self.bytes_unknown(&intent, &intent.infno).await;
        };
        self.note(RESENT, Some(txid.clone()), BTreeMap::new())
            .await?;
        let context = self.context(self.clock.tick());
        let (outcome, took_ms, reply) = self
            .exchange(institution, &intent.infno, &intent.msgid, context, body)
            .await?;
        // «Seen before» speaks of the message that came again; what became of the first is as unknown as it was.
        let outcome = match outcome {
            Outcome::Refused { code, text } if code == DUPLICATE => Outcome::Unknown {
                why: format!("sent again: {text}"),
            },
            other => other,
        };
        let (masked, digest) = self.kept(reply.as_ref());
        let msgid = intent.msgid.clone();
        let ended = Ended {
            txid: txid.clone(),
            msgid,
            outcome,
            took_ms,
            reply: digest,
        };
        self.record(Payload::Outcome(ended), masked).await.map(drop)
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
        let (outcome, settles) = self.fold(|fold| {
            let settles = fold
                .intent(txid)
                .is_some_and(|intent| intent.infno.settles());
            (fold.outcome(txid).cloned(), settles)
        });
        let answered = outcome
            .as_ref()
            .is_some_and(|outcome| !matches!(outcome, Outcome::Unknown { .. }));
        self.forget_sent(txid);
        let verified = Verified {
            txid: txid.clone(),
            never_applied,
            seen,
        };
        self.record(Payload::Verified(verified), None).await?;
        if let (true, Some(Outcome::Ok { amounts, .. })) = (settles, &outcome) {
            let total = amounts.get("medfee_sumamt").copied().unwrap_or(Money::ZERO);
            self.open_fen.fetch_sub(total.fen(), Ordering::Relaxed);
        }
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
