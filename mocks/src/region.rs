//! 市平台 · One region's platform: treatment place for its institutions, insured place for its people.
//!
//! Two roles, two ledgers that never read each other: what the treatment side knows of an insured person
//! it knows from an answer, even where both sides are this one machine (a local swipe only saves the hop).
//! Order of a state-changing message: fence, fields, window, state; then the insured place, which
//! applies first; then this side books and answers. A lost answer books nothing (E-DOWNSTREAM).
//! One file per business family prepares the deed. Not here: money (`settlement`), bookings (`books`).

mod catalogue;
mod catchup;
mod chronic;
mod clearing;
mod coded;
mod credential;
mod detail;
mod diagnoses;
mod fees;
mod fields;
mod files;
mod filing;
mod inpatient;
mod insured;
mod mapping;
mod migration;
mod office;
mod outpatient;
mod pharmacy;
mod query;
mod reconcile;
mod reversal;
mod session;
mod settle;
mod window;

use std::borrow::Cow;
use std::sync::Arc;

use crosswipe_domain::{
    AdmDivision, Cause, Channel, FenceState, InfNo, Institution, Moment, Nature, Party, Profile,
    Role, Span, Window,
};
use crosswipe_wire::regional::in_form;
use crosswipe_wire::{
    Context, Members, Refusal, RefusalCode, Request, catalogue, write_ok, write_received,
};

pub(crate) use clearing::line as confirmed_line;
pub(crate) use credential::voucher_fact;
pub(crate) use fees::{ALL, batch_lines, line_id, named_lines};
pub(crate) use mapping::{found as mapping, rows as mappings};
pub(crate) use settle::settlement_facts;
pub(crate) use window::Shut;

use crate::deed::{Deed, Hop};
use crate::desk::{self, Desk, Given, Heard, Passage, hear, passage};
use crate::epochs::Epochs;
use crate::hub::{books, hop_of};
use crate::ledger::Ledger;
use crate::machine::{Answer, HOP_PATH, Lost, OFFICE_PATH, Step, Ticket};
use crate::setup::Setup;
use crate::{answer, books as booking, closing, rules};
use fields::{first_node, must};
use files::Files;
use insured::Insured;
use session::SignIns;

/// Serials that one process of a platform gives out at the most before the next one's begin.
const SERIALS_OF_A_PROCESS: u64 = 1_000_000;

/// 市平台 · A region's platform with its two ledgers.
pub struct Region {
    code: AdmDivision,
    setup: Arc<Setup>,
    treatment: Ledger,
    insured: Insured,
    desk: Desk<Pending>,
    files: Files,
    signed: SignIns,
    serial: u64,
    /// 看门人 · Faults that let in whom the window shuts out.
    doormen: Vec<Doorman>,
    /// The notice as this platform has misread it, if it has.
    misread: Option<Window>,
    /// The last message about somebody insured here, as it would have been sent on to another place: what a second
    /// line to the platform of before the cutover carries.
    kept_at_home: Option<String>,
}

/// 看门人 · Says of somebody whom the window shuts out whether he is let in all the same.
pub(crate) type Doorman = Box<dyn FnMut(&Knock<'_>) -> bool + Send>;

/// 敲门 · A message before a door that is shut.
pub(crate) struct Knock<'a> {
    pub(crate) shut: Shut,
    pub(crate) cause: &'a Cause,
    pub(crate) person: &'a str,
    pub(crate) now: Moment,
}

/// A message on its way to the insured place.
struct Pending {
    hop: Hop,
    digest: String,
}

/// 来文 · A message as the families read it.
struct Ask<'a> {
    request: &'a Request<'a>,
    /// The transaction's first node; of a list, its first element.
    node: Members<'a>,
    institution: &'a Institution,
    now: Moment,
    /// Ids, person and places; the deed is still to be made.
    hop: Hop,
}

impl Region {
    /// Newest epoch seen of each run.
    pub fn epochs(&self) -> &Epochs {
        &self.desk.epochs
    }

    pub(crate) fn epochs_mut(&mut self) -> &mut Epochs {
        &mut self.desk.epochs
    }

    /// A region with its opening balances booked.
    pub fn new(code: AdmDivision, setup: Arc<Setup>) -> Region {
        Region {
            code,
            treatment: Ledger::new(Party::new(Role::Treatment, code.as_str())),
            insured: Insured::new(code, Arc::clone(&setup)),
            desk: Desk::new(code),
            files: Files::default(),
            signed: SignIns::default(),
            serial: 0,
            doormen: Vec::new(),
            misread: None,
            kept_at_home: None,
            setup,
        }
    }

    /// The platform of before the cutover: the same people with the same balances, no business of the window, and the
    /// manners of its time.
    pub fn old(code: AdmDivision, setup: Arc<Setup>) -> Region {
        let party = Party::old_platform(code);
        Region {
            treatment: Ledger::new(Party::new(Role::Treatment, party.code.clone())),
            insured: Insured::old(party, code, Arc::clone(&setup)),
            ..Region::new(code, setup)
        }
    }

    /// 统筹区 · Its division.
    pub(crate) fn code(&self) -> AdmDivision {
        self.code
    }

    /// 地方规则 · What it does in its own way.
    fn profile(&self) -> &Profile {
        match self.is_old() {
            true => self.setup.old_profile(self.code),
            false => self.setup.profile(self.code),
        }
    }

    /// 旧平台 · Whether it is the platform of before the cutover.
    fn is_old(&self) -> bool {
        self.insured.ledger().party().is_old_platform()
    }

    /// An answer to an institution, in the form that this region writes.
    fn in_form(&self, step: Step) -> Step {
        match step {
            Step::Reply(answer) => Step::Reply(Answer {
                body: in_form(&self.profile().answers, answer.body),
                ..answer
            }),
            step => step,
        }
    }

    /// What it was told before it started.
    pub(crate) fn setup(&self) -> &Setup {
        &self.setup
    }

    /// From now on `doorman` is asked about whomever the window shuts out.
    pub(crate) fn guard_with(&mut self, doorman: Doorman) {
        self.doormen.push(doorman);
    }

    /// Takes an institution's message, or on [`HOP_PATH`] one that another region's platform sends on.
    pub fn begin(
        &mut self,
        now: Moment,
        context: Option<&Context>,
        path: &str,
        body: &[u8],
    ) -> Step {
        if let Err(refusal) = self.desk.epochs.check(context) {
            return self.desk.refuse(now, &refusal);
        }
        let request = match Request::parse(body) {
            Ok(request) => request,
            Err(error) => return self.desk.unread(now, &error),
        };
        if path == HOP_PATH {
            return match hop_of(&request) {
                Ok(hop) if matches!(hop.deed, Deed::Migrate { .. }) => self.hand_over(now, hop),
                Ok(hop) => Step::Reply(Answer::ok(self.serve_insured(now, &hop, &request).body)),
                Err(refusal) => self.desk.refuse(now, &refusal),
            };
        }
        let cause = Cause {
            origin: request.fixmedins_code.clone().into_owned(),
            msgid: request.msgid.clone().into_owned(),
            infno: request.infno.as_str().to_owned(),
        };
        if path == OFFICE_PATH {
            return self.office(now, &request, body, &cause);
        }
        let step = self.institution_s(now, &request, body, &cause);
        self.in_form(step)
    }

    /// An institution's message.
    fn institution_s(
        &mut self,
        now: Moment,
        request: &Request<'_>,
        body: &[u8],
        cause: &Cause,
    ) -> Step {
        let step = match self.admit(now, request, body, cause) {
            Ok(step) => step,
            Err(refusal) => self.refuse(now, cause, None, &refusal),
        };
        let refused_here = self
            .treatment
            .fenced(&cause.origin, &cause.msgid)
            .is_some_and(|known| known.state == FenceState::Refused && known.digest.is_none());
        if refused_here {
            self.treatment.remember_digest(cause, desk::digest(body));
        }
        step
    }

    fn admit(
        &mut self,
        now: Moment,
        request: &Request<'_>,
        body: &[u8],
        cause: &Cause,
    ) -> Result<Step, Refusal> {
        let infno = &request.infno;
        let recorded = self.setup.records(self.code, infno);
        if !recorded && catalogue().transaction(infno).is_none() {
            let detail = match self.profile().settles_in_one_call(infno) {
                true => format!(
                    "{infno} 一站式结算的字段没有公开, 请分步 2201 … 2207 (its fields are in no public document: settle step by step)"
                ),
                false => infno.to_string(),
            };
            return Err(Refusal::new(RefusalCode::Unsupported, detail));
        }
        let setup = Arc::clone(&self.setup);
        let institution = setup
            .institution(&cause.origin)
            .filter(|institution| institution.region == self.code);
        let institution = institution.ok_or_else(|| {
            Refusal::new(
                RefusalCode::Window,
                format!("未登记的机构 {}", cause.origin),
            )
        })?;
        let digest = desk::digest(body);
        let keeps = recorded || matches!(infno.nature(), Nature::Forward | Nature::Undo);
        if keeps {
            match passage(&self.treatment, cause, Some(&digest), self.setup.msgid_mode) {
                Passage::Free => {}
                Passage::Answered(reply) => return Ok(Step::Reply(Answer::ok(reply))),
                Passage::Barred(refusal) => return Err(refusal),
            }
        }
        self.ask_sign_in(now, request)?;
        self.ask_pin(request)?;
        fields::check(request)?;
        if recorded {
            return Ok(self.receive(now, cause, digest));
        }
        let node = first_node(request);
        let person = node.text("psn_no").unwrap_or_default().into_owned();
        let hop = Hop {
            cause: cause.clone(),
            person,
            insured: self.code,
            treatment: self.code,
            channel: Channel::of_opter_type(&request.opter_type),
            digest: keeps.then(|| digest.clone()),
            deed: Deed::Ask,
        };
        let ask = Ask {
            request,
            node,
            institution,
            now,
            hop,
        };
        match infno.base() {
            "9001" | "9002" => self.session(&ask),
            "5201" | "5202" | "5203" | "5204" | "5301" | "5302" | "5303" | "5304" => {
                self.query(&ask)
            }
            "3201" => self.reconcile(&ask),
            "3202" => self.reconcile_lines(&ask),
            "1301" | "9101" | "9102" => self.file(&ask),
            "1201" | "1312" | "1901" => self.look_up(&ask),
            "3260" => self.clearing_lines(&ask),
            "3261" | "3262" => Ok(self.confirm(ask, digest)),
            "3301" | "3302" => Ok(self.map(ask, digest)),
            "1101" | "5206" | "2001" => self.ask_insured(ask, body, digest),
            _ => self.carry_out(ask, body, digest),
        }
    }

    /// 仅接收 · A message that moves no money and is not looked into: taken, kept, and said so.
    fn receive(&mut self, now: Moment, cause: &Cause, digest: String) -> Step {
        let text = write_received(&self.desk.receipt(now), "已接收, 未核验");
        booking::book_received(&mut self.treatment, cause, now, text.clone());
        self.treatment.remember_digest(cause, digest);
        Step::Reply(Answer::ok(text))
    }

    /// A read that only the insured place can answer.
    fn ask_insured(
        &mut self,
        mut ask: Ask<'_>,
        body: &[u8],
        digest: String,
    ) -> Result<Step, Refusal> {
        match self.named_place(ask.request)? {
            Some(insured) => ask.hop.insured = insured,
            None if self.insured.knows(&ask.node) => {}
            None => ask.hop.deed = Deed::Seek,
        }
        Ok(self.send(ask, body, digest))
    }

    /// A message that books something, or its trial.
    fn carry_out(
        &mut self,
        mut ask: Ask<'_>,
        body: &[u8],
        digest: String,
    ) -> Result<Step, Refusal> {
        let infno = ask.request.infno.clone();
        let made = self.prepare(&mut ask, &infno);
        if let Err(refusal) = made {
            return Ok(self.refuse(ask.now, &ask.hop.cause, Some(ask.hop.person), &refusal));
        }
        Ok(self.send(ask, body, digest))
    }

    fn prepare(&mut self, ask: &mut Ask<'_>, infno: &InfNo) -> Result<(), Refusal> {
        ask.hop.insured = self.place_of(ask, infno)?;
        if matches!(infno.nature(), Nature::Forward | Nature::Trial) {
            self.pass_window(ask.now, &ask.hop)?;
        }
        ask.hop.deed = match infno.base() {
            "2201" | "2202" | "2203" | "2204" | "2205" | "2206" | "2207" | "2208" => {
                self.outpatient(ask, infno.base())
            }
            "2401" | "2402" | "2403" | "2404" | "2405" | "2301" | "2302" | "2303" | "2304"
            | "2305" => self.inpatient(ask, infno.base()),
            "2101" | "2102" | "2103" => self.pharmacy(ask, infno.base()),
            "2501" | "2502" | "2503" | "2504" | "2505" | "2506" => self.filing(ask),
            _ => self.reversal(ask),
        }?;
        rules::check(&self.treatment, &ask.hop)?;
        if let Some((_, settled)) = closing::undone(&self.treatment, &ask.hop)
            && let Some(refusal) = window::past_refund(&self.read(ask.now), settled, ask.now)
        {
            self.unless_let_in(Shut::CutOff, ask.now, &ask.hop, refusal)?;
        }
        if let Some(refusal) = self.kept_from_self_pay(ask.now, &ask.hop) {
            self.unless_let_in(Shut::CutOff, ask.now, &ask.hop, refusal)?;
        }
        closing::check(&self.treatment, self.profile(), ask.now, &ask.hop)
    }

    /// Whether the notice lets a message in; a platform whose cutover it is not does not know the notice.
    fn pass_window(&mut self, now: Moment, hop: &Hop) -> Result<(), Refusal> {
        if self.setup.is_outside(self.code) {
            return Ok(());
        }
        let Err(shut) = window::ask(&self.setup, &self.read(now), now, hop) else {
            return Ok(());
        };
        let refusal = window::refusal(&self.read(now), now);
        self.unless_let_in(shut, now, hop, refusal)
    }

    /// A door that is shut for a message, and those who may open it all the same.
    fn unless_let_in(
        &mut self,
        shut: Shut,
        now: Moment,
        hop: &Hop,
        refusal: Refusal,
    ) -> Result<(), Refusal> {
        let knock = Knock {
            shut,
            cause: &hop.cause,
            person: &hop.person,
            now,
        };
        // Each is asked, so that each counts.
        let let_in = self
            .doormen
            .iter_mut()
            .filter_map(|doorman| doorman(&knock).then_some(()));
        match let_in.count() {
            0 => Err(refusal),
            _ => Ok(()),
        }
    }

    /// What nothing goes on to another place for is booked here, or refused and remembered so.
    fn done_here(&mut self, mut ask: Ask<'_>, digest: String, deed: Result<Deed, Refusal>) -> Step {
        match deed {
            Ok(deed) => {
                ask.hop.deed = deed;
                self.close(ask.now, &ask.hop, digest)
            }
            Err(refusal) => {
                let step = self.refuse(ask.now, &ask.hop.cause, None, &refusal);
                self.treatment.remember_digest(&ask.hop.cause, digest);
                step
            }
        }
    }

    /// To the insured place: this machine's other side, or through the hub.
    fn send(&mut self, ask: Ask<'_>, body: &[u8], digest: String) -> Step {
        let Ask {
            request, now, hop, ..
        } = ask;
        let local = !matches!(hop.deed, Deed::Seek) && hop.insured == self.code;
        if local {
            if self.setup.keeps_old(self.code) && !self.is_old() {
                self.kept_at_home = Some(hop.written_into(body));
            }
            let heard = self.serve_insured(now, &hop, request).heard();
            return self.finish(now, Pending { hop, digest }, heard);
        }
        let body = hop.written_into(body);
        let ticket = self.desk.wait(Pending { hop, digest });
        Step::Forward {
            to: self.setup.hub(),
            body,
            ticket,
        }
    }

    fn serve_insured(&mut self, now: Moment, hop: &Hop, request: &Request<'_>) -> Given {
        let receipt = self.desk.receipt(now);
        match self.pass_insured(now, hop) {
            Ok(()) => self.insured.serve(now, hop, request, &receipt),
            Err(refusal) => self.insured.refuse(now, hop, &refusal, &receipt),
        }
    }

    /// What the insured place asks of a message before it looks at its books; one that it knows is only answered again.
    fn pass_insured(&mut self, now: Moment, hop: &Hop) -> Result<(), Refusal> {
        let books = self.insured.ledger();
        if books.known(&hop.cause, hop.digest.as_deref()).is_some() {
            return Ok(());
        }
        if let Some((shut, refusal)) = self.insured.shut(now, hop) {
            self.unless_let_in(shut, now, hop, refusal)?;
        }
        // Nobody on the way here has asked the notice.
        let nature = hop.infno().nature();
        if self.setup.is_outside(hop.treatment) && matches!(nature, Nature::Forward | Nature::Trial)
        {
            self.pass_window(now, hop)?;
        }
        Ok(())
    }

    /// Takes the hub's answer.
    pub fn resume(&mut self, now: Moment, ticket: Ticket, answer: Result<Answer, Lost>) -> Step {
        let step = match self.desk.take(ticket) {
            Some(pending) => self.finish(now, pending, hear(answer)),
            None => self.desk.refuse(now, &RefusalCode::Downstream.into()),
        };
        self.in_form(step)
    }

    fn finish(&mut self, now: Moment, pending: Pending, heard: Heard) -> Step {
        let Pending { hop, digest } = pending;
        match heard {
            Heard::Nothing => self.desk.refuse(
                now,
                &Refusal::new(RefusalCode::Downstream, hop.insured.as_str()),
            ),
            Heard::Refused { body, binding, .. } => {
                if binding {
                    self.keep_refusal(now, &hop.cause, Some(hop.person), &body);
                    self.treatment.remember_digest(&hop.cause, digest);
                }
                Step::Reply(Answer::ok(body))
            }
            Heard::Done {
                hop: Some(done), ..
            } if matches!(done.deed, Deed::Migrate { .. }) => self.take_over(now, &done),
            Heard::Done {
                hop: Some(done), ..
            } => self.close(now, &done, digest),
            Heard::Done { .. } if books(&hop) => self.desk.refuse(
                now,
                &Refusal::new(RefusalCode::Downstream, "应答缺转发记录"),
            ),
            Heard::Done { nodes, .. } => {
                let nodes: Vec<(&str, String)> = nodes
                    .iter()
                    .map(|(name, raw)| (name.as_str(), raw.clone()))
                    .collect();
                Step::Reply(Answer::ok(write_ok(&self.desk.receipt(now), &nodes)))
            }
        }
    }

    /// The insured place has done its part: book it here and answer the institution.
    fn close(&mut self, now: Moment, done: &Hop, digest: String) -> Step {
        let output = answer::output(done, now, &self.profile().answers);
        let text = write_ok(&self.desk.receipt(now), &output);
        if !books(done) {
            return Step::Reply(Answer::ok(text));
        }
        match passage(
            &self.treatment,
            &done.cause,
            Some(&digest),
            self.setup.msgid_mode,
        ) {
            Passage::Free => {
                booking::book(&mut self.treatment, done, now, Some(text.clone()));
                self.treatment.remember_digest(&done.cause, digest);
                Step::Reply(Answer::ok(text))
            }
            Passage::Answered(reply) => Step::Reply(Answer::ok(reply)),
            Passage::Barred(refusal) => self.desk.refuse(now, &refusal),
        }
    }

    fn refuse(
        &mut self,
        now: Moment,
        cause: &Cause,
        person: Option<String>,
        refusal: &Refusal,
    ) -> Step {
        let text = self.desk.refusal_text(now, refusal);
        if desk::binding(refusal.code) {
            self.keep_refusal(now, cause, person, &text);
        }
        Step::Reply(Answer::ok(text))
    }

    /// Keeps a refusal of a message that would have booked something, unless the fence knows the message.
    fn keep_refusal(&mut self, now: Moment, cause: &Cause, person: Option<String>, text: &str) {
        let keeps = matches!(
            InfNo::new(&cause.infno).nature(),
            Nature::Forward | Nature::Undo
        );
        if keeps
            && !cause.msgid.is_empty()
            && self.treatment.fenced(&cause.origin, &cause.msgid).is_none()
        {
            booking::book_refusal(&mut self.treatment, cause, person, now, text.to_owned());
        }
    }

    /// 参保地 · Of the visit that the message names, of what 2601 names, or as the header says.
    fn place_of(&self, ask: &Ask<'_>, infno: &InfNo) -> Result<AdmDivision, Refusal> {
        let known = match infno.base() {
            "2601" => self.place_of_original(ask),
            _ => ask
                .node
                .text("mdtrt_id")
                .and_then(|id| self.place_of_visit(&id)),
        };
        if let Some(insured) = known {
            return Ok(insured);
        }
        match self.named_place(ask.request)? {
            Some(insured) => Ok(insured),
            None if infno.base() == "2601" || self.insured.knows(&ask.node) => Ok(self.code),
            None => Err(Refusal::new(RefusalCode::Region, "insuplc_admdvs")),
        }
    }

    fn place_of_visit(&self, mdtrt_id: &str) -> Option<AdmDivision> {
        let held = self.treatment.row("visit", mdtrt_id)?;
        AdmDivision::parse(held.row.facts.get("insuplc_admdvs")?).ok()
    }

    /// 参保地 as the header names it; `None` if it names none, or a whole province.
    fn named_place(&self, request: &Request<'_>) -> Result<Option<AdmDivision>, Refusal> {
        let Some(text) = request.insuplc_admdvs.as_deref() else {
            return Ok(None);
        };
        if let Some(region) = self.setup.region_of(text) {
            return Ok(Some(region));
        }
        let bad = || Refusal::new(RefusalCode::Region, text);
        let code = AdmDivision::parse(text).map_err(|_| bad())?;
        if code.span_to(self.code) == Span::Local {
            return Ok(Some(self.code));
        }
        if code == code.province() {
            Ok(None)
        } else {
            Err(bad())
        }
    }

    /// A new 就诊ID or 结算ID: division, instant, serial of this platform.
    fn issue(&mut self, now: Moment) -> String {
        self.serial += 1;
        format!("{}{}{:010}", self.code, now.compact(), self.serial)
    }

    /// Both books: as treatment place and as insured place.
    pub fn ledgers(&self) -> [&Ledger; 2] {
        [&self.treatment, self.insured.ledger()]
    }

    /// The phases as the notice says them now.
    pub(crate) fn window(&self, now: Moment) -> Cow<'_, Window> {
        self.setup.window(now)
    }

    /// From now on it goes by these phases; `None` = by the notice.
    pub(crate) fn read_window(&mut self, misread: Option<Window>) {
        self.misread = misread;
    }

    /// The phases that it goes by.
    fn read(&self, now: Moment) -> Cow<'_, Window> {
        let misread = self.misread.as_ref().map(Cow::Borrowed);
        misread.unwrap_or_else(|| self.setup.window(now))
    }

    /// The last message that its treatment place did not have to send on, once.
    pub(crate) fn take_kept_at_home(&mut self) -> Option<String> {
        self.kept_at_home.take()
    }

    /// From now on its insured place holds what it pays from an account, whatever the plan says of it.
    pub(crate) fn hold_accounts(&mut self) {
        self.insured.hold_accounts();
    }

    /// One of its books: that of the insured place, else that of the treatment place.
    pub(crate) fn ledger_mut(&mut self, role: Role) -> &mut Ledger {
        match role {
            Role::Insured => self.insured.ledger_mut(),
            _ => &mut self.treatment,
        }
    }

    /// Its serials go on behind those of the process that it succeeds.
    pub(crate) fn number_behind(&mut self, dead: &Region) {
        self.serial = self.serial.max(dead.serial);
    }

    pub(crate) fn restore(&mut self, ledger: Ledger) {
        match ledger.party().role {
            Role::Treatment => {
                // Behind the last serial that stands in the books others were given out, to the insured place too, by messages
                // under way when the process ended.
                let ids = ["visit", "settlement"].map(|kind| {
                    ledger
                        .rows_of_kind(kind)
                        .filter_map(|held| held.row.id.get(20..)?.parse().ok())
                        .max()
                });
                let last: u64 = ids.into_iter().flatten().max().unwrap_or(0);
                self.serial = (last / SERIALS_OF_A_PROCESS + 1) * SERIALS_OF_A_PROCESS;
                self.treatment.take_over(ledger);
            }
            _ => self.insured.ledger_mut().take_over(ledger),
        }
    }
}
