//! 经办 · What the insured place's own office does at its platform: claims by hand, premiums, what waits for another office.
//!
//! It is booked at the insured place alone: no institution takes part, so nothing is cleared and nothing reconciled with
//! one. A claim is one settlement (`setl_type` 1), split and paid by the place's own rules; the money goes out by hand.
//! What waits (a push to the tax office, a special payment, a contribution plan) is a row that is ended once.
//! The form of these messages is ours: what a counter speaks to its own platform is in no public document.
//! Called by `region`. Not here: the order of entries (`catchup`), when the office is open (`window`).

use crosswipe_domain::{
    Business, Cause, CellKey, Channel, FenceState, Moment, Money, OfficeAct, PersonClass,
};
use crosswipe_wire::{Members, ObjectText, Refusal, RefusalCode, Request, write_ok};

use super::catchup::{BY_HAND, Treated};
use super::settle::check_total;
use super::window::{self, Shut};
use super::{Region, coded, fees, must};
use crate::answer::fact;
use crate::books::{accumulate, book_refusal};
use crate::deed::{Bill, Deed, Hop};
use crate::desk::binding;
use crate::ledger::{Amounts, Draft, Facts};

/// A group that is about to be booked, and what its item is called.
type Made = (Draft, String);

impl Region {
    /// Takes a message of the place's own office; the answer's text.
    pub(super) fn office(&mut self, now: Moment, request: &Request<'_>, cause: &Cause) -> String {
        let books = self.insured.ledger();
        if let Some(reply) = books
            .fenced(&cause.origin, &cause.msgid)
            .and_then(|known| books.reply(known))
        {
            return reply.to_owned();
        }
        let node = request.node("data").unwrap_or_default();
        let person = node.text("psn_no").unwrap_or_default().into_owned();
        match self.office_made(now, request, cause, (&node, &person)) {
            Ok((mut draft, item)) => {
                let result = ObjectText::new().text("item_id", &item).finish();
                let text = write_ok(&self.desk.receipt(now), &[("result", result)]);
                draft.fence(FenceState::Applied, Some(text.clone()));
                self.insured.ledger_mut().commit(draft);
                text
            }
            Err(refusal) => {
                let text = self.desk.refusal_text(now, &refusal);
                if binding(refusal.code) && !cause.msgid.is_empty() {
                    let ledger = self.insured.ledger_mut();
                    book_refusal(ledger, cause, Some(person), now, text.clone());
                }
                text
            }
        }
    }

    fn office_made(
        &mut self,
        now: Moment,
        request: &Request<'_>,
        cause: &Cause,
        (node, person): (&Members<'_>, &str),
    ) -> Result<Made, Refusal> {
        let act = OfficeAct::of(&request.infno);
        let unknown = || Refusal::new(RefusalCode::Unsupported, request.infno.to_string());
        let act = act.ok_or_else(unknown)?;
        if cause.origin != OfficeAct::office_of(self.code).as_str() {
            let why = format!("不是本地经办 {}", cause.origin);
            return Err(Refusal::new(RefusalCode::Window, why));
        }
        let class = self.insured.persona(person)?.class;
        let hop = Hop {
            cause: cause.clone(),
            person: person.to_owned(),
            insured: self.code,
            treatment: self.code,
            channel: Channel::Counter,
            digest: None,
            deed: Deed::Ask,
        };
        if !self.setup.is_outside(self.code) {
            let asked = window::ask_office(&self.read(now), now, &hop);
            if let Err(shut) = asked {
                let refusal = window::refusal(&self.read(now), now);
                self.unless_let_in(shut, now, &hop, refusal)?;
            }
        }
        match act {
            OfficeAct::ManualClaim => self.claim(now, request, hop, node),
            OfficeAct::Premium => self.premium(now, hop, node, class),
            _ if act.waits() => {
                let id = self.item_id(act, now);
                let mut draft = Draft::new(now, hop.cause, Some(hop.person));
                let amounts = Amounts::from([("amount".to_owned(), amount(node)?.fen())]);
                draft.born(act.name(), &id, act.begins_as(), Facts::new(), amounts);
                Ok((draft, id))
            }
            _ => self.end(act, now, hop, node, class),
        }
    }

    /// 手工报销 · Paid once, and only if nobody has settled the same treatment.
    fn claim(
        &mut self,
        now: Moment,
        request: &Request<'_>,
        mut hop: Hop,
        node: &Members<'_>,
    ) -> Result<Made, Refusal> {
        let place = must(node, "fixmedins_code")?.into_owned();
        let unknown = || Refusal::new(RefusalCode::Field, format!("fixmedins_code {place}"));
        let institution = self.setup.institution(&place).ok_or_else(unknown)?;
        let (tier, treatment) = (institution.tier, institution.region);
        let clr_type = must(node, "clr_type")?.into_owned();
        let mut visits = [
            Business::Outpatient,
            Business::Inpatient,
            Business::Pharmacy,
        ]
        .into_iter();
        let business = visits.find(|business| business.clearing_type() == clr_type);
        let business = business.ok_or_else(|| Refusal::new(RefusalCode::Field, "clr_type"))?;
        let began = must(node, "begntime")?.into_owned();
        let at = Moment::parse_wire(&began);
        let at = at.map_err(|_| Refusal::new(RefusalCode::Field, "begntime"))?;
        let insutype = must(node, "insutype")?.into_owned();
        hop.treatment = treatment;
        self.insured.entitled(&hop)?;
        let before = Treated {
            person: &hop.person,
            institution: &place,
            business,
            at,
        }
        .paid_before(self.insured.ledger())
        .map(|held| format!("setl_id {}", held.row.id));
        if let Some(before) = before {
            let refusal = Refusal::new(RefusalCode::Settled, before);
            self.unless_let_in(Shut::Twice, now, &hop, refusal)?;
        }
        let id = self.item_id(OfficeAct::ManualClaim, now);
        let nodes = request.nodes("feedetail");
        let lines = fees::claimed(&self.setup, self.insured.ledger(), &nodes, &id)?;
        let sums = lines.iter().map(|line| line.split).sum();
        check_total(node, sums)?;
        let items = lines
            .iter()
            .map(|line| (fact(&line.facts, "med_list_codg"), line.split));
        coded::check(&self.setup, items, false)?;
        let facts = Facts::from(
            [
                ("begntime", began.as_str()),
                ("fixmedins_code", &place),
                ("clr_type", &clr_type),
                ("insutype", &insutype),
                ("insuplc_admdvs", self.code.as_str()),
                ("setl_id", &id),
                ("setl_type", BY_HAND),
                ("setl_time", &now.wire()),
                ("refd_setl_flag", "0"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        let mut bill = Bill {
            mdtrt_id: id.clone(),
            setl_id: id.clone(),
            insutype,
            lines: Vec::new(),
            sums,
            tier,
            business,
            account_used: false,
            disease: None,
            trial: false,
            facts,
            dispensed: Default::default(),
            sale: None,
            settled: None,
        };
        self.insured.pay(now, &hop, &mut bill)?;
        Ok((claim_draft(now, &hop, &bill), id))
    }

    /// 代缴 · Once a year, scheme and person, out of what the account holds.
    fn premium(
        &mut self,
        now: Moment,
        hop: Hop,
        node: &Members<'_>,
        class: PersonClass,
    ) -> Result<Made, Refusal> {
        let scheme = must(node, "scheme")?.into_owned();
        let (fen, year) = (amount(node)?, now.day().year());
        let facts = Facts::from([("scheme".to_owned(), scheme), ("year".to_owned(), year)]);
        let mut taken = self.insured.ledger().rows_of_person("premium", &hop.person);
        let before = taken.find(|held| held.row.status == "taken" && held.row.facts == facts);
        let before = before.map(|held| format!("premium {}", held.row.id));
        drop(taken);
        if let Some(before) = before {
            let refusal = Refusal::new(RefusalCode::Ended, before);
            self.unless_let_in(Shut::Twice, now, &hop, refusal)?;
        }
        let insutype = class.insutype();
        let balance = self.insured.balance(&hop.person, insutype);
        if balance < fen {
            let why = format!("余额 {balance}, 应缴 {fen}");
            return Err(Refusal::new(RefusalCode::Balance, why));
        }
        let id = self.item_id(OfficeAct::Premium, now);
        let account = CellKey::new(
            "personal-account",
            [("person", hop.person.as_str()), ("insutype", insutype)],
        );
        let passed_on = CellKey::new("premium", [("scheme", fact(&facts, "scheme"))]);
        let mut draft = Draft::new(now, hop.cause.clone(), Some(hop.person.clone()));
        let amounts = Amounts::from([("amount".to_owned(), fen.fen())]);
        let status = OfficeAct::Premium.begins_as();
        draft.born("premium", &id, status, facts, amounts);
        draft.move_money(account, -fen.fen());
        draft.move_money(passed_on, fen.fen());
        Ok((draft, id))
    }

    /// 了结 · What waits is ended, once.
    fn end(
        &mut self,
        act: OfficeAct,
        now: Moment,
        hop: Hop,
        node: &Members<'_>,
        class: PersonClass,
    ) -> Result<Made, Refusal> {
        let id = must(node, "item_id")?.into_owned();
        let ledger = self.insured.ledger();
        let mut kinds = act.ends().iter();
        let held = kinds.find_map(|kind| ledger.row(kind.name(), &id));
        let of_person = |row: &crosswipe_domain::Row| row.person.as_deref() == Some(&hop.person);
        let row = held.map(|held| held.row.clone()).filter(of_person);
        let row = row.ok_or_else(|| Refusal::new(RefusalCode::Field, format!("item_id {id}")))?;
        if OfficeAct::is_ended(&row.status) {
            let refusal = Refusal::new(RefusalCode::Ended, format!("{id} {}", row.status));
            self.unless_let_in(Shut::Ended, now, &hop, refusal)?;
        }
        let mut draft = Draft::new(now, hop.cause.clone(), Some(hop.person.clone()));
        draft.turned(&row, act.name(), Facts::new());
        if act == OfficeAct::Collected {
            let fen = row.amounts.get("amount").copied().unwrap_or(0);
            let (insutype, fund) = match class {
                PersonClass::Employee => ("310", "310100"),
                PersonClass::Resident => ("390", "390100"),
            };
            let fund = CellKey::new("pool-fund", [("insutype", insutype), ("fund", fund)]);
            draft.move_money(fund, fen);
            draft.move_money(CellKey::new("contribution", []), -fen);
        }
        Ok((draft, id))
    }

    /// What an item is called: never the same twice, after a restart too.
    fn item_id(&self, act: OfficeAct, now: Moment) -> String {
        let kind = match act {
            OfficeAct::ManualClaim => "settlement",
            act => act.name(),
        };
        let name = format!("{}-{}-{}", self.code, act.name(), now.compact());
        fees::fresh_id(self.insured.ledger(), kind, name)
    }
}

fn claim_draft(now: Moment, hop: &Hop, bill: &Bill) -> Draft {
    let mut draft = Draft::new(now, hop.cause.clone(), Some(hop.person.clone()));
    let Some(settled) = &bill.settled else {
        return draft;
    };
    let (facts, amounts) = (bill.facts.clone(), settled.amounts.clone());
    draft.born("settlement", &bill.setl_id, "settled", facts, amounts);
    draft.move_count(CellKey::new("settlement", [("person", &hop.person)]), 1);
    let mut paid = 0;
    for (name, fen) in &settled.amounts {
        if let Some(fund) = name.strip_prefix("fund:") {
            let dims = [("insutype", bill.insutype.as_str()), ("fund", fund)];
            draft.move_money(CellKey::new("pool-fund", dims), -fen);
            paid += fen;
        }
    }
    draft.move_money(CellKey::new("paid-by-hand", []), paid);
    accumulate(hop, bill, &settled.accumulators, &mut draft);
    draft
}

fn amount(node: &Members<'_>) -> Result<Money, Refusal> {
    let read = node.money("amount");
    let read = read.map_err(|error| Refusal::new(RefusalCode::Field, error.to_string()))?;
    read.filter(|amount| *amount > Money::ZERO)
        .ok_or_else(|| Refusal::new(RefusalCode::Field, "amount"))
}
