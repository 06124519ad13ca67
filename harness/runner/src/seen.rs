//! 旁观 · SEEN: what a HIS under test sends is journaled as it comes, so that the same judge decides over it.
//!
//! Why so: whoever tests its own HIS wants the verdict that a run gets, from the same evidence. So a message that
//! books something is on disk before a platform sees it, as the INTENT of a τ of its own, and an undo that names such
//! a τ as its COMP_INTENT; answers follow as outcomes. Nothing is ever sent from here, and nothing undone: what the HIS
//! left standing stays standing, and that is the finding.
//! The HIS's own books are not asked for: it is no party of this evidence.
//! Called by `cli` for its door. Not here: the door (`mocks`), what messages should look like (`wire::conform`).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;

use bytes::Bytes;
use crosswipe_domain::{
    AdmDivision, AnswerForm, CaseId, Channel, InfNo, Institution, InstitutionCode, Moment, Money,
    MsgId, Nature, Outcome, PersonNo, Persona, Role, TxId, Voucher,
};
use crosswipe_journal::{
    CaseFinished, CaseStarted, CompIntent, Ended, Intent, Journal, Payload, Purpose, UndoPlan,
};
use crosswipe_rollback::Fold;
use crosswipe_wire::regional::national_amounts;
use crosswipe_wire::{FieldSpec, Members, Request, Sent, catalogue, classify};

use crate::clock::{Clock, Patient};
use crate::desk::{Desk, Halt, RunConfig, lock};
use crate::evidence::Instant;
use crate::run::Finished;
use crate::transport::Transport;

/// Ids that are kept of a message.
const IDS: [&str; 9] = [
    "mdtrt_id",
    "setl_id",
    "chrg_bchno",
    "ipt_otp_no",
    "omsgid",
    "trt_dcla_detl_sn",
    "fixmedins_hilist_id",
    "med_list_codg",
    "otransid",
];
/// What is kept of an answer at most, in bytes.
const KEPT_MAX: usize = 1 << 20;

/// What time it is in the plan.
pub type PlanTime = Box<dyn Fn() -> Moment + Send + Sync>;

/// 旁观 · A run whose messages others send.
pub struct Watch<T> {
    desk: Arc<Desk<T>>,
    time: PlanTime,
    /// τ by institution, msgid and keyed digest: the same bytes again are the same business.
    known: Mutex<BTreeMap<(String, String, String), TxId>>,
}

/// 在看 · A message that was written down and waits for its answer.
#[derive(Debug)]
pub struct Watched {
    txid: TxId,
    msgid: MsgId,
    infno: InfNo,
    ids: BTreeMap<String, String>,
    kind: Kind,
    /// How its platform writes sums.
    form: AnswerForm,
}

impl Watched {
    /// True if it books or undoes something.
    pub fn books(&self) -> bool {
        self.kind != Kind::Silent
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// It books nothing.
    Silent,
    /// It books, or undoes what nobody knows.
    Booking,
    /// It undoes a τ.
    Undo,
}

impl<T: Transport> Watch<T> {
    /// Takes the first look at the books; the case of every institution begins.
    ///
    /// # Errors
    /// As a run: journal or files cannot be written, or a party does not answer.
    pub async fn begin(
        config: RunConfig,
        clock: Arc<Clock>,
        journal: Journal,
        transport: T,
        time: PlanTime,
    ) -> Result<Watch<T>, Halt> {
        let mut desk = Desk::new(config, clock, journal, transport);
        desk.looked.retain(|party, _| party.role != Role::His);
        desk.spare();
        let desk = Arc::new(desk);
        desk.clock.leap_to(time());
        desk.first_look().await?;
        Ok(Watch {
            desk,
            time,
            known: Mutex::default(),
        })
    }

    /// Writes a message down, before anybody else sees it. `None`: nobody of the plan sent it, or under no number, so
    /// that every platform refuses it.
    ///
    /// # Errors
    /// It cannot be written down: it may not go on, and nothing after it.
    pub async fn arrives(&self, body: &[u8]) -> Result<Option<Watched>, Halt> {
        let desk = &self.desk;
        desk.may_send()?;
        let Ok(request) = Request::parse(body) else {
            return Ok(None);
        };
        let plan = &desk.config.plan;
        let origin = request.fixmedins_code.trim().to_owned();
        let institution = InstitutionCode::parse(&origin).ok();
        let institution = institution.and_then(|code| plan.topology.institution(&code));
        let (Some(institution), Ok(msgid)) = (institution, MsgId::parse(&request.msgid)) else {
            return Ok(None);
        };
        desk.clock.leap_to((self.time)());
        let mut message = Message::of(&request, institution, msgid, body);
        let region = plan.topology.region(institution.region);
        if region.is_some_and(|region| region.profile.recorded.contains(&request.infno)) {
            // Its platform takes it and looks at nothing: like a read, it may move nothing.
            message.nature = Nature::Read;
        }
        let undoes = match message.nature {
            Nature::Undo => {
                let field = |name: &str| message.fields.get(name).cloned();
                desk.fold(|fold| fold.named(&origin, &bare(&request.infno), field))
            }
            _ => None,
        };
        match undoes {
            Some(named) => self.undo(message, named.txid, named.part).await.map(Some),
            None => self.business(message).await.map(Some),
        }
    }

    /// A message that books, tries, reads or signs in; an undo of what nobody knows, too.
    async fn business(&self, message: Message<'_>) -> Result<Watched, Halt> {
        self.desk.take_up(self.desk.clock.now()).await?;
        let desk = &self.desk;
        let Message {
            request,
            institution,
            msgid,
            nature,
            ..
        } = &message;
        let masked = self.masked(&message.text());
        let digest = desk.config.key.digest(message.body);
        let origin = institution.code.to_string();
        let txid = self.txid(&origin, msgid, &digest, &request.infno)?;
        let persona = self.persona(&message);
        let insured = persona.map(|persona| persona.insured);
        let insured = insured.or_else(|| {
            let place = request.insuplc_admdvs.as_deref()?;
            AdmDivision::parse(place.trim()).ok()
        });
        // An institution's own upkeep stays with its platform, whatever its header says.
        let insured = insured.filter(|_| !request.infno.is_upkeep());
        let mut path = desk.path(institution, insured);
        path.retain(|party| party.role != Role::His);
        if request.infno.is_upkeep() {
            path.retain(|party| party.role == Role::Treatment);
        }
        let ids = message.ids(|name, value| desk.masker.mask_field(name, value));
        let intent = Intent {
            txid: txid.clone(),
            msgid: msgid.clone(),
            origin: origin.clone(),
            infno: bare(&request.infno),
            nature: *nature,
            purpose: self.purpose(&message, persona),
            case: self.case(&message, &txid)?,
            step: request.infno.to_string(),
            person: persona.map(|persona| desk.pseudonym(&persona.no)),
            insured,
            treatment: institution.region,
            business: request.infno.business(),
            insutype: message.fields.get("insutype").cloned(),
            channel: channel(&message),
            path,
            undo: self.undo_plan(&message, &origin),
            ids: ids.clone(),
            amounts: message.amounts(),
            digest,
            message: String::new(),
        };
        let books = matches!(nature, Nature::Forward | Nature::Undo | Nature::Unknown);
        let payload = Payload::Intent(Box::new(intent));
        if books {
            desk.record(payload, Some(masked)).await?;
        } else {
            desk.record_lazily(payload, Some(masked));
        }
        Ok(Watched {
            txid,
            msgid: msgid.clone(),
            infno: request.infno.clone(),
            ids,
            kind: if books { Kind::Booking } else { Kind::Silent },
            form: desk.profile(institution).answers,
        })
    }

    /// An undo of a τ: the log tails are looked at first, while it still stands.
    async fn undo(&self, message: Message<'_>, txid: TxId, part: bool) -> Result<Watched, Halt> {
        let desk = &self.desk;
        let intent = desk.fold(|fold| fold.intent(&txid).cloned());
        let intent = intent.ok_or_else(|| Halt::Bug(format!("no intent for {txid}")))?;
        desk.look(&intent.case, &intent.path).await?;
        let ids = message.ids(|name, value| desk.masker.mask_field(name, value));
        let comp = CompIntent {
            txid: txid.clone(),
            msgid: message.msgid.clone(),
            origin: intent.origin.clone(),
            infno: bare(&message.request.infno),
            undoes_msgid: intent.msgid.clone(),
            undoes_infno: intent.infno.clone(),
            attempt: 1 + desk.fold(|fold| fold.attempts(&txid)),
            case: intent.case.clone(),
            step: Some(message.request.infno.to_string()),
            part,
            person: intent.person.clone(),
            path: intent.path.clone(),
            ids: ids.clone(),
            digest: desk.config.key.digest(message.body),
            message: String::new(),
        };
        let masked = self.masked(&message.text());
        let payload = Payload::CompIntent(Box::new(comp));
        desk.record(payload, Some(masked)).await?;
        Ok(Watched {
            txid,
            msgid: message.msgid,
            infno: message.request.infno.clone(),
            ids,
            kind: Kind::Undo,
            form: desk.profile(message.institution).answers,
        })
    }

    /// Takes up what was ordered since the last message, as the next message would.
    ///
    /// # Errors
    /// It cannot be written down.
    pub async fn hears(&self) -> Result<(), Halt> {
        let desk = &self.desk;
        desk.may_send()?;
        desk.clock.leap_to((self.time)());
        desk.take_up(desk.clock.now()).await
    }

    /// 拨钟 · Writes down that plan time goes on from `to`, so many times as fast as real time, before it does: what comes
    /// later in the journal is not read as having waited.
    ///
    /// # Errors
    /// It cannot be written down: plan time may not leap.
    pub async fn leaps(&self, to: Moment, speed: u32) -> Result<(), Halt> {
        let desk = &self.desk;
        desk.may_send()?;
        desk.clock.leap_to((self.time)());
        let facts = [("to", to.to_string()), ("speed", speed.to_string())];
        let facts = facts.map(|(name, value)| (name.to_owned(), value));
        desk.note("clock-set", None, BTreeMap::from(facts)).await
    }

    /// Writes down how a message ended; nothing where its sender got no answer.
    ///
    /// # Errors
    /// It cannot be written down.
    pub async fn answered(
        &self,
        watched: Watched,
        answer: Option<(u16, Bytes)>,
    ) -> Result<(), Halt> {
        let desk = &self.desk;
        desk.clock.leap_to((self.time)());
        let mut outcome = match &answer {
            Some((status, body)) => {
                let sent = Sent {
                    infno: &watched.infno,
                    msgid: watched.msgid.as_str(),
                };
                let mut outcome = classify(&sent, *status, body);
                if let Outcome::Ok { amounts, .. } = &mut outcome {
                    national_amounts(&watched.form, amounts);
                }
                outcome
            }
            None => Outcome::Unknown {
                why: "no answer".to_owned(),
            },
        };
        if let Outcome::Refused { text, .. } | Outcome::Unknown { why: text } = &mut outcome {
            *text = desk.masker.mask_json(text);
        }
        if watched.kind == Kind::Booking {
            outcome = desk.given.weigh(&watched.txid, &watched.ids, outcome);
        }
        // A file is no message: what it shows of persons nobody could hide in it.
        let masked = answer.filter(|(_, body)| !body.starts_with(b"PK"));
        let masked = masked.map(|(_, body)| {
            let kept = &body[..body.len().min(KEPT_MAX)];
            self.masked(&String::from_utf8_lossy(kept))
        });
        let ended = Ended {
            txid: watched.txid,
            msgid: watched.msgid,
            outcome,
            took_ms: 0,
            reply: None,
        };
        match watched.kind {
            Kind::Silent => {
                desk.record_lazily(Payload::Outcome(ended), masked);
                Ok(())
            }
            Kind::Booking => desk.record(Payload::Outcome(ended), masked).await.map(drop),
            Kind::Undo => desk
                .record(Payload::CompOutcome(ended), masked)
                .await
                .map(drop),
        }
    }

    /// The last looks: after the quiet period, and after the next day roll. Nothing is undone in between. `cases` are
    /// what was to be done and how it went.
    ///
    /// # Errors
    /// As a run.
    pub async fn end(self, cases: Vec<CaseFinished>) -> Result<Finished, Halt> {
        let Watch { desk, time, .. } = self;
        desk.clock.leap_to(time());
        for finished in cases {
            let case = finished.case.clone();
            desk.record(Payload::CaseStarted(CaseStarted { case }), None)
                .await?;
            desk.record(Payload::CaseFinished(finished), None).await?;
        }
        let busy = desk.clock.enter();
        let quiet = desk.clock.now().plus_ms(desk.config.patience.quiet_ms);
        busy.sleep_until(quiet, Patient::Yes).await;
        desk.snapshot(Instant::T1).await?;
        busy.sleep_until(crate::run::second_look(&desk), Patient::Yes)
            .await;
        desk.snapshot(Instant::T2).await?;
        drop(busy);
        let at = desk.clock.now();
        let desk =
            Arc::into_inner(desk).ok_or_else(|| Halt::Bug("a task outlived the run".to_owned()))?;
        Ok(Finished {
            short_of_room: desk.is_short_of_room(),
            journal: desk.journal,
            at,
            interrupted: false,
        })
    }

    /// A text as it may be kept. Nothing of it is ever sent again, so a token needs not stand in it either.
    fn masked(&self, text: &str) -> String {
        Voucher::hidden_in(&self.desk.masker.mask_json(text))
    }

    fn txid(&self, origin: &str, msgid: &MsgId, digest: &str, infno: &InfNo) -> Result<TxId, Halt> {
        let mut known = lock(&self.known);
        let number = known.len() + 1;
        let key = (origin.to_owned(), msgid.to_string(), digest.to_owned());
        if let Some(txid) = known.get(&key) {
            return Ok(txid.clone());
        }
        let txid = TxId::parse(&format!("his/{origin}/{number}.{infno}"));
        let txid = txid.map_err(|error| Halt::Bug(error.to_string()))?;
        known.insert(key, txid.clone());
        Ok(txid)
    }

    /// What belongs together: a visit with all that is said of it, or else one message that books. Looks at the log tails
    /// are taken case by case, and what others have under way then is no business of theirs.
    fn case(&self, message: &Message<'_>, txid: &TxId) -> Result<CaseId, Halt> {
        let origin = message.institution.code.as_str();
        let visit = message.fields.get("mdtrt_id");
        let of_visit = visit.and_then(|id| {
            let fold = |fold: &Fold| Some(fold.intent(&fold.visit(origin, id)?)?.case.clone());
            self.desk.fold(fold)
        });
        let own = || match message.nature {
            Nature::Read | Nature::Session => CaseId::parse(&format!("his/{origin}")),
            _ => CaseId::parse(txid.as_str()),
        };
        match of_visit {
            Some(case) => Ok(case),
            None => own().map_err(|error| Halt::Bug(error.to_string())),
        }
    }

    fn persona(&self, message: &Message<'_>) -> Option<&Persona> {
        let person = PersonNo::new(message.fields.get("psn_no")?);
        self.desk.persona(&self.desk.pseudonym(&person))
    }

    /// A HIS asks no gate of ours: what it sends where the window shuts it out breaks nothing as long as the platform
    /// refuses it.
    fn purpose(&self, message: &Message<'_>, persona: Option<&Persona>) -> Purpose {
        let infno = bare(&message.request.infno);
        let asked = self.desk.ask_gate(
            &infno,
            infno.business(),
            persona,
            (message.institution, channel(message)),
            self.desk.clock.now(),
            Purpose::Business,
        );
        match asked {
            Ok(()) => Purpose::Business,
            Err(_) => Purpose::Forced,
        }
    }

    /// How what a message books is undone: by a message of its own, or with the visit that it describes.
    fn undo_plan(&self, message: &Message<'_>, origin: &str) -> UndoPlan {
        let infno = bare(&message.request.infno);
        match (message.nature, infno.cancelled_by()) {
            (Nature::Forward, Some(infno)) => UndoPlan::Cancel { infno },
            (Nature::Forward, None) => {
                let visit = message.fields.get("mdtrt_id");
                let root = visit.and_then(|id| self.desk.fold(|fold| fold.visit(origin, id)));
                root.map_or(UndoPlan::Nothing, |txid| UndoPlan::With { txid })
            }
            _ => UndoPlan::Nothing,
        }
    }
}

/// 来文 · A message as it is written down.
struct Message<'a> {
    request: &'a Request<'a>,
    institution: &'a Institution,
    msgid: MsgId,
    nature: Nature,
    body: &'a [u8],
    /// Texts of the first element of its first node.
    fields: BTreeMap<String, String>,
}

impl<'a> Message<'a> {
    fn of(
        request: &'a Request<'a>,
        institution: &'a Institution,
        msgid: MsgId,
        body: &'a [u8],
    ) -> Message<'a> {
        let spec = catalogue()
            .transaction(&request.infno)
            .and_then(|transaction| transaction.input.first());
        let node = spec.and_then(|node| request.nodes(node.id).into_iter().next());
        let spelt = spec.map_or(&[][..], |node| &node.fields);
        Message {
            request,
            institution,
            msgid,
            nature: request.infno.nature(),
            body,
            fields: texts(&node.unwrap_or_default(), spelt),
        }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(self.body).into_owned()
    }

    fn ids(&self, mask: impl Fn(&str, &str) -> String) -> BTreeMap<String, String> {
        let kept = IDS.into_iter().filter_map(|name| {
            let value = self.fields.get(name)?;
            Some((name.to_owned(), mask(name, value)))
        });
        kept.collect()
    }

    /// What a settlement asks for.
    fn amounts(&self) -> BTreeMap<String, Money> {
        let total = self.fields.get("medfee_sumamt");
        let total = total.and_then(|text| Money::parse(text).ok());
        total
            .into_iter()
            .map(|total| ("medfee_sumamt".to_owned(), total))
            .collect()
    }
}

/// The texts of a node by the names that the interface gives them, however they are spelt here.
fn texts(node: &Members<'_>, spelt: &[FieldSpec]) -> BTreeMap<String, String> {
    let own = node.iter().map(|(name, _)| name.to_ascii_lowercase());
    let names = own.chain(spelt.iter().map(|field| field.name.to_owned()));
    let texts = names.filter_map(|name| {
        let value = node.text(&name)?.into_owned();
        Some((name, value))
    });
    texts.collect()
}

/// `2207A` is `2207`.
fn bare(infno: &InfNo) -> InfNo {
    InfNo::new(infno.base())
}
/// Through what a HIS says that it sends.
fn channel(message: &Message<'_>) -> Channel {
    Channel::of_opter_type(&message.request.opter_type)
}
