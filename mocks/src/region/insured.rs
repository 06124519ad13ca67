//! 参保地 · The insured place: entitlement, policy, account, accumulators.
//!
//! It applies first, before hub and treatment place book anything, and sends the completed deed back in
//! its answer. It trusts no one's arithmetic but the treatment place's split, which is not its business.
//! Not here: how much a fund pays (`settlement`), what is booked (`books`).

use std::sync::Arc;

use crosswipe_domain::{
    AdmDivision, Business, Cause, CellKey, Enrolment, FenceState, Moment, Money, Name, Nature,
    Party, PersonClass, Persona, Profile, Role, Span,
};
use crosswipe_wire::{Members, ObjectText, Receipt, Refusal, RefusalCode, Request, list_text};

use crate::books::{accumulator, book, book_refusal};
use crate::deed::{AMOUNT_FIELDS, Bill, Deed, Hop, PersonFacts, Settled, Unbill, negated};
use crate::desk::{Given, Passage, binding, passage, remember};
use crate::hub::books;
use crate::ledger::{Amounts, Draft, Ledger};
use crate::settlement::{Account, Claim, Filing, Paid, pay};
use crate::setup::Setup;
use crate::{answer, closing, rules};

use super::window::{Shut, refusal};
use super::{catchup, chronic, credential, first_node};

/// 基金 · What each fund holds at the start.
const FUND: Money = Money::from_fen(100_000_000_000);

pub(super) struct Insured {
    code: AdmDivision,
    setup: Arc<Setup>,
    ledger: Ledger,
    /// What is paid from an account is held there too.
    holds: bool,
    /// It acknowledges the undo of a settlement that it does not know, as platforms did before the cutover.
    shrugs: bool,
}

impl Insured {
    pub(super) fn new(code: AdmDivision, setup: Arc<Setup>) -> Insured {
        Insured::keeping(
            Ledger::new(Party::new(Role::Insured, code.as_str())),
            code,
            setup,
        )
    }

    /// The insured place of before the cutover.
    pub(super) fn old(party: Party, code: AdmDivision, setup: Arc<Setup>) -> Insured {
        Insured {
            shrugs: true,
            ..Insured::keeping(Ledger::new(party), code, setup)
        }
    }

    fn keeping(ledger: Ledger, code: AdmDivision, setup: Arc<Setup>) -> Insured {
        let mut insured = Insured {
            code,
            ledger,
            holds: setup.profile(code).holds_account,
            shrugs: false,
            setup,
        };
        insured.open();
        insured
    }

    /// 地方规则 · Of the generation that it is.
    fn profile(&self) -> &Profile {
        match self.ledger.party().is_old_platform() {
            true => self.setup.old_profile(self.code),
            false => self.setup.profile(self.code),
        }
    }

    pub(super) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    pub(super) fn ledger_mut(&mut self) -> &mut Ledger {
        &mut self.ledger
    }

    /// From now on what is paid from an account is held there too.
    pub(super) fn hold_accounts(&mut self) {
        self.holds = true;
    }

    /// Answers a message that a treatment place sends on.
    pub(super) fn serve(
        &mut self,
        now: Moment,
        hop: &Hop,
        request: &Request<'_>,
        receipt: &Receipt,
    ) -> Given {
        let told = |nodes| Given::told(receipt, nodes);
        let answered = match request.infno.base() {
            "1101" => self.identify(now, hop, request).map(told),
            "2001" => self.entitlements(hop, request, now).map(told),
            "5206" => self.accumulators(request).map(told),
            _ => self.apply(now, hop, request, receipt),
        };
        answered.unwrap_or_else(|refusal| self.refuse(now, hop, &refusal, receipt))
    }

    /// What shuts this place to a message, whatever stands in its books.
    pub(super) fn shut(&self, now: Moment, hop: &Hop) -> Option<(Shut, Refusal)> {
        let books = matches!(hop.infno().nature(), Nature::Forward | Nature::Trial);
        let window = self.setup.window(now);
        if books && self.has_stopped(now) {
            return Some((Shut::Stopped, refusal(&window, now)));
        }
        catchup::ask(&self.ledger, &window, now, hop)
    }

    /// 停机 · Whether this is the platform of before the cutover, and its time is over.
    pub(super) fn has_stopped(&self, now: Moment) -> bool {
        let stops = self.setup.window(now).old_stops();
        self.ledger.party().is_old_platform() && stops.is_some_and(|stops| stops <= now)
    }

    pub(super) fn refuse(
        &mut self,
        now: Moment,
        hop: &Hop,
        refusal: &Refusal,
        receipt: &Receipt,
    ) -> Given {
        let given = Given::refused(receipt, refusal);
        if binding(refusal.code)
            && books(hop)
            && self
                .ledger
                .fenced(&hop.cause.origin, &hop.cause.msgid)
                .is_none()
        {
            book_refusal(
                &mut self.ledger,
                &hop.cause,
                Some(hop.person.clone()),
                now,
                given.body.clone(),
            );
            remember(&mut self.ledger, hop);
        }
        given
    }

    fn apply(
        &mut self,
        now: Moment,
        hop: &Hop,
        request: &Request<'_>,
        receipt: &Receipt,
    ) -> Result<Given, Refusal> {
        let keeps = books(hop);
        if keeps {
            match passage(
                &self.ledger,
                &hop.cause,
                hop.digest.as_deref(),
                self.setup.msgid_mode,
            ) {
                Passage::Free => {}
                Passage::Answered(reply) => return Ok(Given::read(reply)),
                Passage::Barred(refusal) => return Err(refusal),
            }
        }
        if matches!(hop.infno().nature(), Nature::Forward | Nature::Trial) {
            self.entitled(hop)?;
            let persona = self.persona(&hop.person)?;
            self.ask_voucher(now, persona, &first_node(request), hop)?;
        }
        if let (true, Deed::Unsettle(unbill)) = (self.shrugs, &hop.deed)
            && self.ledger.row("settlement", &unbill.setl_id).is_none()
        {
            return Ok(self.shrug(now, hop, unbill, receipt));
        }
        rules::check(&self.ledger, hop)?;
        if let Deed::Unfile { filing } = &hop.deed
            && self.profile().policy.chronic_filed
        {
            chronic::may_unfile(&self.ledger, hop, filing)?;
        }
        closing::check(&self.ledger, self.profile(), now, hop)?;
        let mut done = hop.clone();
        match &mut done.deed {
            Deed::Settle(bill) => self.pay(now, hop, bill)?,
            Deed::Unsettle(unbill) => self.unpay(hop, unbill)?,
            _ => {}
        }
        let given = Given::done(receipt, done);
        if let (true, Some(done)) = (keeps, given.hop()) {
            book(&mut self.ledger, done, now, Some(given.body.clone()));
            remember(&mut self.ledger, done);
        }
        Ok(given)
    }

    /// The undo of a settlement that nobody here knows is done: there is nothing to do, and it is never to come.
    fn shrug(&mut self, now: Moment, hop: &Hop, unbill: &Unbill, receipt: &Receipt) -> Given {
        let given = Given::done(receipt, hop.clone());
        let mut draft = Draft::new(now, hop.cause.clone(), Some(&hop.person));
        if let Some(msgid) = unbill.facts.get("medins_setl_id") {
            draft.fence_other(&hop.cause.origin, msgid, FenceState::Tombstone);
        }
        draft.fence(FenceState::Applied, Some(given.body.clone()));
        self.ledger.commit(draft);
        remember(&mut self.ledger, hop);
        given
    }

    pub(super) fn persona(&self, no: &str) -> Result<&Persona, Refusal> {
        let found = self
            .setup
            .person(no)
            .filter(|persona| persona.insured == self.code);
        found.ok_or_else(|| self.moved_away(self.setup.person(no)))
    }

    /// Nobody of this place: unknown here, or enrolled here once.
    fn moved_away(&self, persona: Option<&Persona>) -> Refusal {
        match persona.filter(|persona| persona.former == Some(self.code)) {
            Some(persona) => {
                let why = format!(
                    "在 {} 的参保已终止, 现参保地 {}",
                    self.code, persona.insured
                );
                Refusal::new(RefusalCode::Status, why)
            }
            None => RefusalCode::Person.into(),
        }
    }

    /// Enrolled here, with the insurance that the message names, and allowed to be treated elsewhere.
    pub(super) fn entitled(&self, hop: &Hop) -> Result<(), Refusal> {
        let persona = self.persona(&hop.person)?;
        if persona.enrolment != Enrolment::Normal {
            return Err(Refusal::new(RefusalCode::Status, persona.enrolment.zh()));
        }
        let insutype = match &hop.deed {
            Deed::Register { insutype, .. } => Some(insutype),
            Deed::Settle(bill) => Some(&bill.insutype),
            _ => None,
        };
        if insutype.is_some_and(|insutype| insutype != persona.class.insutype()) {
            return Err(Refusal::new(RefusalCode::Status, "险种类型"));
        }
        let filing = self.profile().policy.filing;
        // Whoever asks to be registered is not registered yet.
        let files = matches!(hop.deed, Deed::File { .. });
        if filing == Filing::Refused && hop.span() != Span::Local && !files {
            return Err(RefusalCode::NoReg.into());
        }
        Ok(())
    }

    fn ask_voucher(
        &self,
        now: Moment,
        persona: &Persona,
        node: &Members<'_>,
        hop: &Hop,
    ) -> Result<(), Refusal> {
        let valid_min = self.profile().voucher_min;
        credential::check_voucher(persona, node, (hop, &self.ledger), valid_min, now)
    }

    pub(super) fn pay(&self, now: Moment, hop: &Hop, bill: &mut Bill) -> Result<(), Refusal> {
        let persona = self.persona(&hop.person)?;
        let (class, year) = (persona.class, now.day().year());
        let sum = |code: &str| {
            self.ledger
                .value(&accumulator(&hop.person, &bill.insutype, &year, code))
        };
        let (pool, above, account) = accumulator_codes(class);
        let policy = &self.profile().policy;
        let books = (&*self.setup, &self.ledger);
        let quota = chronic::entitled(books, policy, (hop, bill), pool, now)?;
        let claim = Claim {
            sums: bill.sums,
            class,
            business: bill.business,
            tier: bill.tier,
            span: hop.span(),
            stay: sum("C0000_BIZ21") + 1,
            deductible_used: Money::from_fen(sum("DEDC")),
            pool_paid: Money::from_fen(sum(pool)),
            above_paid: Money::from_fen(sum(above)),
            quota,
            account: Account {
                balance: self.balance(&hop.person, &bill.insutype),
                used: bill.account_used,
            },
        };
        let paid = pay(policy, &claim);
        let held = if self.holds { paid.account.fen() } else { 0 };
        bill.settled = Some(Settled {
            amounts: amounts_of(bill, &paid),
            balance: paid.balance.fen(),
            accumulators: accumulators_of(bill, &paid, (pool, account)),
            held,
            person: PersonFacts::of(persona, now),
        });
        Ok(())
    }

    /// The mirror's amounts as this place booked them, and the balance that comes back.
    fn unpay(&self, hop: &Hop, unbill: &mut Unbill) -> Result<(), Refusal> {
        let held = rules::settlement(&self.ledger, hop, &unbill.mdtrt_id, &unbill.setl_id)?;
        unbill.amounts = negated(&held.row.amounts);
        let balance = self.balance(&hop.person, answer::fact(&held.row.facts, "insutype"));
        unbill.balance = (balance + answer::money(&held.row.amounts, "acct_pay")).fen();
        Ok(())
    }

    pub(super) fn balance(&self, person: &str, insutype: &str) -> Money {
        Money::from_fen(self.ledger.value(&CellKey::new(
            "personal-account",
            [("person", person), ("insutype", insutype)],
        )))
    }

    /// True if the credential of a message names a person of this place.
    pub(super) fn knows(&self, node: &Members<'_>) -> bool {
        self.find(node).is_some()
    }

    /// By person number, identity number, or the credential that was read: of several the first by number.
    fn find(&self, node: &Members<'_>) -> Option<&Persona> {
        self.named_among(node, |persona| persona.insured == self.code)
    }

    fn named_among(
        &self,
        node: &Members<'_>,
        of_them: impl Fn(&Persona) -> bool,
    ) -> Option<&Persona> {
        let numbers = ["psn_no", "mdtrt_cert_no", "certno"].into_iter();
        let numbers = numbers.filter_map(|name| node.text(name));
        let named = numbers.flat_map(|number| self.setup.persons_named(&number));
        // A token tells nobody whose it is: it is held against one after the other.
        let by_token = credential::shown(node).and_then(|token| {
            let mut persons = self.setup.persons().filter(|persona| of_them(persona));
            persons.find(|persona| token.is_of(&persona.label))
        });
        named
            .filter(|persona| of_them(persona))
            .chain(by_token)
            .min_by(|one, other| one.no.reveal().cmp(other.no.reveal()))
    }

    /// 1101
    fn identify(
        &self,
        now: Moment,
        hop: &Hop,
        request: &Request<'_>,
    ) -> Result<Vec<answer::Node>, Refusal> {
        let node = request.node("data").unwrap_or_default();
        let left = || self.named_among(&node, |persona| persona.former == Some(self.code));
        let unknown = || match (left(), credential::why_unknown(&node)) {
            (None, Some(why)) => Refusal::new(RefusalCode::Person, why),
            (left, _) => self.moved_away(left),
        };
        let persona = self.find(&node).ok_or_else(unknown)?;
        let span = self.code.span_to(hop.treatment);
        credential::check(persona, &node, span, self.profile())?;
        self.ask_voucher(now, persona, &node, hop)?;
        let facts = PersonFacts::of(persona, now);
        let insutype = persona.class.insutype();
        let base = ObjectText::new()
            .text("psn_no", persona.no.reveal())
            .text("psn_cert_type", persona.certificate.code())
            .text("certno", &facts.certno);
        let base = base
            .text("psn_name", &facts.name)
            .text("gend", &facts.gender)
            .text("naty", "01");
        let base = base
            .text("brdy", &facts.birthday)
            .number("age", facts.age)
            .null("exp_content")
            .finish();
        let insurance = ObjectText::new()
            .money("balc", self.balance(persona.no.reveal(), insutype))
            .text("insutype", insutype);
        let insurance = insurance
            .text("psn_type", &facts.kind)
            .text("psn_insu_stas", persona.enrolment.code())
            .text("cvlserv_flag", "0");
        let insurance = insurance
            .text("insuplc_admdvs", self.code.as_str())
            .finish();
        // Rows come in no order of use: whoever takes the first one has to look at place and status.
        let ended = persona.former.map(|place| {
            let row = ObjectText::new()
                .money("balc", Money::ZERO)
                .text("insutype", insutype)
                .text("psn_type", &facts.kind)
                .text("psn_insu_stas", Enrolment::Ended.code())
                .text("cvlserv_flag", "0");
            row.text("insuplc_admdvs", place.as_str()).finish()
        });
        Ok(vec![
            ("baseinfo", base),
            ("insuinfo", list_text(ended.into_iter().chain([insurance]))),
            ("idetinfo", "[]".to_owned()),
        ])
    }

    /// 2001: fund by fund, whether the person may have it and why not.
    fn entitlements(
        &self,
        hop: &Hop,
        request: &Request<'_>,
        now: Moment,
    ) -> Result<Vec<answer::Node>, Refusal> {
        let node = request
            .node("data")
            .ok_or_else(|| Refusal::new(RefusalCode::Field, "data"))?;
        let persona = self.persona(&node.text("psn_no").unwrap_or_default())?;
        let policy = &self.profile().policy;
        let disease = node.text("dise_codg").unwrap_or_default();
        let filed = || chronic::is_filed(&self.ledger, persona.no.reveal(), &disease, now.day());
        let chronic = matches!(node.text("med_type").as_deref(), Some("14" | "16"));
        let mut list = policy.chronic.iter();
        let listed = policy.chronic.is_empty() || list.any(|one| one.code == disease);
        let why = if node.text("insutype").as_deref() != Some(persona.class.insutype()) {
            Some("险种类型与参保信息不符")
        } else if policy.filing == Filing::Refused && hop.span() != Span::Local {
            Some("无有效的异地就医备案")
        } else if chronic && !listed {
            Some("病种不在慢特病目录")
        } else if chronic && policy.chronic_filed && !filed() {
            Some("无有效的慢特病备案")
        } else {
            None
        };
        let funds = match persona.class {
            PersonClass::Employee => ["310100", "330100", "310200"],
            PersonClass::Resident => ["390100", "390200", "310200"],
        };
        let since = format!("{}-01-01", now.day().year());
        let until = format!("{}-12-31", now.day().year());
        let shown = funds.into_iter().map(|fund| {
            ObjectText::new()
                .text("psn_no", persona.no.reveal())
                .text("trt_chk_type", "01")
                .text("fund_pay_type", fund)
                .text("trt_enjymnt_flag", if why.is_none() { "1" } else { "0" })
                .text("begndate", &since)
                .text("enddate", &until)
                .opt_text("trt_chk_rslt", why)
                .finish()
        });
        Ok(vec![("trtinfo", list_text(shown))])
    }

    /// 5206
    fn accumulators(&self, request: &Request<'_>) -> Result<Vec<answer::Node>, Refusal> {
        let node = request
            .node("data")
            .ok_or_else(|| Refusal::new(RefusalCode::Field, "data"))?;
        let persona = self.persona(&node.text("psn_no").unwrap_or_default())?;
        let of_person = |key: &CellKey| {
            key.kind == "accumulator"
                && key.dims.get("person").map(Name::as_str) == Some(persona.no.reveal())
        };
        let asked = node.text("cum_ym");
        let cells = self
            .ledger
            .cells()
            .filter(|(key, _, value)| of_person(key) && *value != 0)
            .filter(|(key, ..)| {
                asked
                    .as_deref()
                    .and_then(|text| text.get(..4))
                    .is_none_or(|year| key.dims.get("year").map(Name::as_str) == Some(year))
            });
        let shown = cells.map(|(key, _, value)| {
            let dim = |name: &str| key.dims.get(name).map_or("", Name::as_str);
            let text = ObjectText::new()
                .text("insutype", dim("insutype"))
                .text("year", dim("year"))
                .text("cum_ym", dim("year"));
            let text = text.text("cum_type_code", dim("code"));
            let text = if dim("code").starts_with('C') {
                text.number("cum", value)
            } else {
                text.money("cum", Money::from_fen(value))
            };
            text.finish()
        });
        Ok(vec![("cuminfo", list_text(shown))])
    }

    /// 期初 · Opening balances: the funds, then each person.
    fn open(&mut self) {
        let cause = Cause {
            origin: self.code.as_str().to_owned(),
            msgid: "opening".into(),
            infno: "open".into(),
        };
        let at = self.setup.opened_at;
        let mut draft = Draft::new(at, cause.clone(), None);
        for (insutype, fund) in [
            ("310", "310100"),
            ("310", "330100"),
            ("390", "390100"),
            ("390", "390200"),
        ] {
            draft.move_money(
                CellKey::new("pool-fund", [("insutype", insutype), ("fund", fund)]),
                FUND.fen(),
            );
        }
        balance_out(&mut draft);
        self.ledger.commit(draft);
        let setup = Arc::clone(&self.setup);
        for persona in setup.persons_of(self.code) {
            let (no, insutype, year) = (
                persona.no.reveal(),
                persona.class.insutype(),
                at.day().year(),
            );
            let mut draft = Draft::new(at, cause.clone(), Some(no));
            draft.move_money(
                CellKey::new("personal-account", [("person", no), ("insutype", insutype)]),
                persona.balance.fen(),
            );
            draft.move_memo(
                accumulator(no, insutype, &year, "DEDC"),
                persona.deductible_used.fen(),
            );
            draft.move_memo(
                accumulator(no, insutype, &year, accumulator_codes(persona.class).0),
                persona.pool_paid.fen(),
            );
            balance_out(&mut draft);
            if !draft.entries.is_empty() {
                self.ledger.commit(draft);
            }
        }
    }
}

fn balance_out(draft: &mut Draft) {
    let total: i64 = draft.money().sum();
    draft.move_money(CellKey::new("equity", []), -total);
}

/// Accumulator codes of pooled fund, fund above the cap, and personal account.
fn accumulator_codes(class: PersonClass) -> (&'static str, &'static str, &'static str) {
    match class {
        PersonClass::Employee => ("D310101", "D330101", "D310201"),
        PersonClass::Resident => ("D390101", "D390201", "D390501"),
    }
}

fn amounts_of(bill: &Bill, paid: &Paid) -> Amounts {
    let mut amounts: Amounts = AMOUNT_FIELDS.iter().map(|name| (*name, 0)).collect();
    let fields = [
        ("medfee_sumamt", bill.sums.amount),
        ("fulamt_ownpay_amt", bill.sums.full),
        ("overlmt_selfpay", bill.sums.over),
        ("preselfpay_amt", bill.sums.upfront),
        ("inscp_scp_amt", bill.sums.scope),
        ("act_pay_dedc", paid.deductible),
        ("fund_pay_sumamt", paid.fund_sum),
        ("psn_part_amt", paid.person),
        ("acct_pay", paid.account),
        ("psn_cash_pay", paid.cash),
    ];
    amounts.extend(fields.map(|(name, money)| (name, money.fen())));
    for line in &paid.funds {
        amounts.insert(line.field, line.amount.fen());
        amounts.insert(format!("fund:{}", line.fund), line.amount.fen());
    }
    amounts
}

fn accumulators_of(bill: &Bill, paid: &Paid, (pool, account): (&str, &str)) -> Amounts {
    let kind = match (&bill.disease, bill.business) {
        (Some(disease), _) => format!("BIZ{}", disease.kind),
        (None, Business::Inpatient) => "BIZ21".to_owned(),
        (None, Business::Pharmacy) => "BIZ41".to_owned(),
        (None, _) => "BIZ11".to_owned(),
    };
    let mut sums = Amounts::from([
        (format!("C0000_{kind}"), 1),
        (format!("F0000_{kind}"), bill.sums.amount.fen()),
        (format!("S0000_{kind}"), paid.base.fen()),
        (account.to_owned(), paid.account.fen()),
    ]);
    if bill.business != Business::Inpatient {
        sums.insert("DEDC", paid.deductible.fen());
    }
    if let Some(disease) = &bill.disease {
        let of_pool = paid.funds.iter().filter(|line| line.accumulator == pool);
        let paid: Money = of_pool.map(|line| line.amount).sum();
        sums.insert(chronic::quota_code(pool, disease), paid.fen());
    }
    sums.extend(
        paid.funds
            .iter()
            .map(|line| (line.accumulator, line.amount.fen())),
    );
    sums
}
