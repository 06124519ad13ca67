//! 投递 · One message: gate → INTENT on disk → first byte → OUTCOME on disk.
//!
//! Why one function: evidence comes before effect everywhere or nowhere. Messages that book nothing
//! share the next commit instead of waiting for one of their own (rollback §7).
//! Not here: which message comes next (`swipe`, `compensate`), what it holds (`message`).

use std::collections::BTreeMap;

use bytes::Bytes;
use crosswipe_domain::{
    AdmDivision, Business, CaseId, Channel, InfNo, Institution, Moment, Money, MsgId, Nature,
    Outcome, Party, Persona, Profile, Role, TxId,
};
use crosswipe_journal::{Ended, Gated, Intent, Payload, Purpose, UndoPlan};
use crosswipe_wire::regional::{fields_named, national_amounts, node_name, number};
use crosswipe_wire::{Envelope, STAND_IN_PIN, Sent, classify, write_request};

use crate::clock::Stopwatch;
use crate::desk::{Desk, Halt, lock};
use crate::gate::{self, Denied, Question};
use crate::message::Nodes;
use crate::transport::{Answer, Call, Lost, OLD_LINE, Transport};

/// What is kept of an answer at most, in bytes.
const KEPT_MAX: usize = 2 << 20;

/// How parties refuse a process whose run was taken over.
const STALE_EPOCH: &str = "E-STALE-EPOCH";

/// 待发 · A message about to be sent, with all that its INTENT needs.
pub(crate) struct Outgoing<'a> {
    pub(crate) case: &'a CaseId,
    pub(crate) step: String,
    pub(crate) txid: TxId,
    pub(crate) infno: InfNo,
    pub(crate) purpose: Purpose,
    pub(crate) business: Option<Business>,
    pub(crate) persona: Option<&'a Persona>,
    pub(crate) institution: &'a Institution,
    /// 旧平台 · It goes by the institution's line to the platform of before the cutover.
    pub(crate) old: bool,
    pub(crate) channel: Channel,
    pub(crate) insured: Option<AdmDivision>,
    pub(crate) insutype: Option<String>,
    pub(crate) input: Nodes,
    pub(crate) undo: UndoPlan,
    pub(crate) ids: BTreeMap<String, String>,
    pub(crate) amounts: BTreeMap<String, Money>,
}

/// What became of it.
#[derive(Debug)]
pub(crate) enum Delivered {
    /// The gate refused; not a byte was sent.
    Gated(Denied),
    /// There is no room on the disk for new business; not a byte was sent.
    NoRoom,
    /// It was sent.
    Sent {
        /// How it ended.
        outcome: Outcome,
        /// The whole answer, if one came.
        body: Option<Bytes>,
        /// Its message.
        msgid: MsgId,
    },
}

impl<T: Transport> Desk<T> {
    /// Sends one message of a case.
    pub(crate) async fn deliver(&self, out: Outgoing<'_>) -> Result<Delivered, Halt> {
        self.may_send()?;
        if out.purpose != Purpose::Query && self.is_short_of_room() {
            return Ok(Delivered::NoRoom);
        }
        let at = self.clock.tick();
        self.take_up(at).await?;
        if let Err(denied) = self.may_deliver(&out, at) {
            self.gated(&out, denied).await?;
            return Ok(Delivered::Gated(denied));
        }
        let sign_no = self.session(out.institution).await?;
        let msgid = self.msgids.next(&out.institution.code, at);
        let body = self.envelope(
            &out.infno,
            &msgid,
            out.institution,
            (out.insured, out.channel),
            sign_no,
            &out.input,
        );
        let nature = out.infno.nature();
        let durable = matches!(nature, Nature::Forward | Nature::Undo | Nature::Unknown);
        self.write_intent(&out, &msgid, &body, nature, durable)
            .await?;
        let to = Party::new(Role::His, out.institution.code.as_str());
        let path = if out.old { OLD_LINE } else { "/" };
        let context = self.context(at);
        let (outcome, took_ms, reply) = self
            .exchange_with(
                (&to, path),
                out.institution,
                &out.infno,
                &msgid,
                context,
                body,
            )
            .await?;
        let outcome = match nature {
            Nature::Forward => self.given.weigh(&out.txid, &out.ids, outcome),
            _ => outcome,
        };
        let masked = self.kept(reply.as_ref());
        let ended = Ended {
            txid: out.txid,
            msgid: msgid.clone(),
            outcome: outcome.clone(),
            took_ms,
            reply: None,
        };
        if durable {
            self.record(Payload::Outcome(ended), masked).await?;
        } else {
            self.record_lazily(Payload::Outcome(ended), masked);
        }
        Ok(Delivered::Sent {
            outcome,
            body: reply.map(|answer| answer.body),
            msgid,
        })
    }

    /// The gate's answer to a message, and what stands above the gate: the end of the window for an undo that a case
    /// sends by itself, a permit for the queries that prove what is undone after that end.
    fn may_deliver(&self, out: &Outgoing<'_>, at: Moment) -> Result<(), Denied> {
        let by_permit = out.purpose == Purpose::Query && self.undoes_by_permit();
        // At real systems nothing goes past the gate to see what they would say.
        let forced = out.purpose == Purpose::Forced && self.config.live.is_none();
        if forced || by_permit {
            return Ok(());
        }
        if out.infno.nature() == Nature::Undo && self.window_over().is_some() {
            return Err(Denied::Window);
        }
        self.ask_gate(
            &out.infno,
            out.business,
            out.persona,
            (out.institution, out.channel),
            at,
            out.purpose,
        )?;
        let total = out.amounts.get("medfee_sumamt").copied();
        match &self.config.live {
            Some(live) if !lock(&self.spent).admits(&live.caps, &out.infno, total) => {
                Err(Denied::Cap)
            }
            _ => Ok(()),
        }
    }

    /// Asks the gate without sending anything.
    pub(crate) fn ask_gate(
        &self,
        infno: &InfNo,
        business: Option<Business>,
        persona: Option<&Persona>,
        (institution, channel): (&Institution, Channel),
        at: Moment,
        purpose: Purpose,
    ) -> Result<(), Denied> {
        let probe = matches!(purpose, Purpose::ProbeFirst | Purpose::ProbeLast);
        let question = Question {
            at,
            infno,
            business,
            persona,
            channel,
            institution,
            probe,
        };
        gate::ask(
            &self.notice.window().in_force(at),
            &self.config.plan.arranged,
            &question,
        )
    }

    /// Writes down that the gate refused.
    pub(crate) async fn gated(&self, out: &Outgoing<'_>, denied: Denied) -> Result<(), Halt> {
        let now = self.clock.now();
        let window = self.notice.window();
        let phase = window
            .in_force(now)
            .phase_at(now)
            .map(|phase| phase.id.clone());
        let gated = Gated {
            case: out.case.clone(),
            step: out.step.clone(),
            infno: out.infno.clone(),
            person: out.persona.map(|persona| self.pseudonym(&persona.no)),
            institution: out.institution.code.to_string(),
            reason: denied.to_string(),
            phase,
        };
        self.record(Payload::Gated(gated), None).await.map(drop)
    }

    /// The whole request; a function of its arguments, so that a resend has the same bytes.
    pub(crate) fn envelope(
        &self,
        infno: &InfNo,
        msgid: &MsgId,
        institution: &Institution,
        (insured, channel): (Option<AdmDivision>, Channel),
        sign_no: Option<String>,
        input: &Nodes,
    ) -> String {
        let inf_time = crate::msgid::sent_at(msgid).unwrap_or_else(|| self.clock.now());
        let profile = self.profile(institution);
        let envelope = Envelope {
            infno: number(&profile.names, infno),
            msgid: msgid.clone(),
            mdtrtarea_admvs: institution.region,
            insuplc_admdvs: insured,
            recer_sys_code: profile.envelope.receiver.clone(),
            opter: self.operator.no.clone(),
            opter_name: self.operator.name.clone(),
            inf_time,
            fixmedins_code: institution.code.clone(),
            fixmedins_name: institution.name.clone(),
            channel,
            sign_no,
            infver: profile.envelope.infver.first().cloned().unwrap_or_default(),
            cainfo: match profile
                .envelope
                .wants_pin(infno.base(), institution.region, insured)
            {
                true => STAND_IN_PIN,
                false => "",
            },
        };
        let named = |(node, text): &(&'static str, String)| {
            let name = node_name(&profile.names, infno, node);
            (name, fields_named(&profile.names, infno, text))
        };
        let input: Vec<(&str, String)> = input.iter().map(named).collect();
        write_request(&envelope, &input, None)
    }

    /// Sends bytes to an institution and says how it ended; what was read is given back whole. The one place where
    /// bytes of a message leave; only a run that has stopped or is no longer ours is an error.
    pub(crate) async fn exchange(
        &self,
        institution: &Institution,
        infno: &InfNo,
        msgid: &MsgId,
        context: String,
        body: String,
    ) -> Result<(Outcome, u64, Option<Answer>), Halt> {
        let to = Party::new(Role::His, institution.code.as_str());
        self.exchange_with((&to, "/"), institution, infno, msgid, context, body)
            .await
    }

    /// The same with whoever is named, at a path of his.
    pub(crate) async fn exchange_with(
        &self,
        (to, path): (&Party, &str),
        institution: &Institution,
        infno: &InfNo,
        msgid: &MsgId,
        context: String,
        body: String,
    ) -> Result<(Outcome, u64, Option<Answer>), Halt> {
        let call = Call {
            path: path.to_owned(),
            context: Some(context),
            body: Some(body),
        };
        self.may_send()?;
        self.still_ours()?;
        let watch = Stopwatch::start();
        let answer = self.transport.exchange(to, call).await;
        self.must_be_there(to, &answer)?;
        if let Some(by_ms) = self.clock.take_step_back() {
            let facts = BTreeMap::from([("by_ms".to_owned(), by_ms.to_string())]);
            self.note("clock-step", None, facts).await?;
        }
        let took_ms = match self.transport.takes_time() {
            true => watch.elapsed_ms(),
            false => 0,
        };
        match answer {
            Ok(answer) => {
                let sent = Sent {
                    infno,
                    msgid: msgid.as_str(),
                };
                let mut outcome = classify(&sent, answer.status, &answer.body);
                if let Outcome::Ok { amounts, .. } = &mut outcome {
                    national_amounts(&self.profile(institution).answers, amounts);
                }
                if let Outcome::Refused { text, .. } | Outcome::Unknown { why: text } = &mut outcome
                {
                    *text = self.masker.mask_json(text);
                }
                if matches!(&outcome, Outcome::Refused { code, .. } if code == STALE_EPOCH) {
                    self.stop_all_if_failed(self.journal.still_newest().map_err(Halt::from))?;
                }
                Ok((outcome, took_ms, Some(answer)))
            }
            Err(lost) => {
                if lost == Lost::NotSigned {
                    let facts = [
                        ("institution".to_owned(), institution.code.to_string()),
                        ("infno".to_owned(), infno.to_string()),
                        ("msgid".to_owned(), msgid.to_string()),
                    ];
                    self.note("answer-signature", None, facts.into()).await?;
                }
                Ok((Outcome::Unknown { why: shown(&lost) }, took_ms, None))
            }
        }
    }

    /// What is kept of an answer: its masked text. The journal adds its digest.
    pub(crate) fn kept(&self, answer: Option<&Answer>) -> Option<String> {
        let text = String::from_utf8_lossy(&answer?.body);
        Some(cut(self.masker.mask_json(&text)))
    }

    /// 地方规则 · Of the platform to which an institution speaks.
    pub(crate) fn profile(&self, institution: &Institution) -> &Profile {
        let region = self.config.plan.topology.region(institution.region);
        &region
            .expect("a plan's institutions stand in its regions")
            .profile
    }

    /// The parties that a message passes, in order.
    pub(crate) fn path(
        &self,
        institution: &Institution,
        insured: Option<AdmDivision>,
    ) -> Vec<Party> {
        let insured = insured.unwrap_or(institution.region);
        self.config.plan.topology.path(institution, insured)
    }

    pub(crate) async fn write_intent(
        &self,
        out: &Outgoing<'_>,
        msgid: &MsgId,
        body: &str,
        nature: Nature,
        durable: bool,
    ) -> Result<(), Halt> {
        let masked = self.masker.mask_json(body);
        let intent = Intent {
            txid: out.txid.clone(),
            msgid: msgid.clone(),
            origin: out.institution.code.to_string(),
            infno: out.infno.clone(),
            nature,
            purpose: out.purpose,
            case: out.case.clone(),
            step: out.step.clone(),
            person: out.persona.map(|persona| self.pseudonym(&persona.no)),
            insured: out.insured,
            treatment: out.institution.region,
            business: out.business,
            insutype: out.insutype.clone(),
            channel: out.channel,
            path: match out.old {
                true => vec![
                    Party::new(Role::His, out.institution.code.as_str()),
                    Party::old_platform(out.institution.region),
                ],
                false => self.path(out.institution, out.insured),
            },
            undo: out.undo.clone(),
            ids: out.ids.clone(),
            amounts: out.amounts.clone(),
            digest: self.config.key.digest(body.as_bytes()),
            message: String::new(),
        };
        self.keep_sent(&intent, &masked);
        let payload = Payload::Intent(Box::new(intent));
        if durable {
            self.record(payload, Some(masked)).await?;
        } else {
            self.record_lazily(payload, Some(masked));
        }
        Ok(())
    }
}

/// A journal is read whole by whoever judges it; no honest answer is that long.
fn cut(mut text: String) -> String {
    if text.len() > KEPT_MAX {
        let at = (0..=KEPT_MAX).rev().find(|at| text.is_char_boundary(*at));
        text.truncate(at.unwrap_or(0));
        text.push_str(" … (cut)");
    }
    text
}

fn shown(lost: &Lost) -> String {
    lost.to_string()
}
