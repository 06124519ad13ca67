//! 经办 · What the insured place's own office does at its platform: claims by hand, premiums, what waits for another office.
//!
//! It is booked at the insured place alone: no institution takes part, so nothing is cleared and nothing reconciled with
//! one. A claim is one settlement (`setl_type` 1), split and paid by the place's own rules; the money goes out by hand.
//! What waits (a push to the tax office, a special payment, a contribution plan, a request to settle without a card) is a
//! row that is ended once. A declaration is printed from the settlements of a month and books nothing.
//! The form of these messages is ours: what a counter speaks to its own platform is in no public document.
//! Called by `region`. Not here: the order of entries (`catchup`), when the office is open (`window`), how books are taken
//! over from the platform of before the cutover (`migration`).

use crosswipe_domain::{
    Business, Cause, CellKey, Channel, FenceState, Moment, Money, Nature, OfficeAct, PersonClass,
    Row,
};
use crosswipe_wire::{Members, ObjectText, Refusal, RefusalCode, Request, write_ok};

use super::catchup::Treated;
use super::settle::check_total;
use super::window::{self, Shut};
use super::{Region, coded, fees, must};
use crate::answer::fact;
use crate::books::{accumulate, book_refusal};
use crate::deed::{Bill, Deed, Hop};
use crate::desk::binding;
use crate::ledger::BY_HAND;
use crate::ledger::{Amounts, Draft, Facts};
use crate::machine::{Answer, Step};
use crate::settlement::Sums;

/// A group that is about to be booked, and what its item is called.
type Made = (Draft, String);

impl Region {
    /// Takes a message of the place's own office.
    pub(super) fn office(
        &mut self,
        now: Moment,
        request: &Request<'_>,
        body: &[u8],
        cause: &Cause,
    ) -> Step {
        let books = self.insured.ledger();
        if let Some(reply) = books
            .fenced(&cause.origin, &cause.msgid)
            .and_then(|known| books.reply(known))
        {
            return Step::Reply(Answer::ok(reply.to_owned()));
        }
        let node = request.node("data").unwrap_or_default();
        let person = node.text("psn_no").unwrap_or_default().into_owned();
        let hop = Hop {
            cause: cause.clone(),
            person: person.clone(),
            insured: self.code,
            treatment: self.code,
            channel: Channel::Counter,
            digest: None,
            deed: Deed::Ask,
        };
        let made = self.asked_of_office(now, request, &hop).and_then(|act| {
            Ok(match act {
                OfficeAct::Migration => return self.ask_for_books(now, hop, body),
                OfficeAct::Declaration => {
                    let printed = self.declaration(&node)?;
                    let text = write_ok(&self.desk.receipt(now), &[("result", printed)]);
                    Step::Reply(Answer::ok(text))
                }
                _ => {
                    let (mut draft, item) = self.office_made(now, request, (act, hop), &node)?;
                    let result = ObjectText::new().text("item_id", &item).finish();
                    let text = write_ok(&self.desk.receipt(now), &[("result", result)]);
                    draft.fence(FenceState::Applied, Some(text.clone()));
                    self.insured.ledger_mut().commit(draft);
                    Step::Reply(Answer::ok(text))
                }
            })
        });
        match made {
            Ok(step) => step,
            Err(refusal) => {
                let text = self.desk.refusal_text(now, &refusal);
                let books = request.infno.nature() != Nature::Read;
                if books && binding(refusal.code) && !cause.msgid.is_empty() {
                    let person = Some(person).filter(|person| !person.is_empty());
                    let ledger = self.insured.ledger_mut();
                    book_refusal(ledger, cause, person, now, text.clone());
                }
                Step::Reply(Answer::ok(text))
            }
        }
    }

    /// Which act it is, if this office may do it now.
    fn asked_of_office(
        &mut self,
        now: Moment,
        request: &Request<'_>,
        hop: &Hop,
    ) -> Result<OfficeAct, Refusal> {
        let act = OfficeAct::of(&request.infno);
        let unknown = || Refusal::new(RefusalCode::Unsupported, request.infno.to_string());
        let act = act.ok_or_else(unknown)?;
        if hop.cause.origin != OfficeAct::office_of(self.code).as_str() {
            let why = format!("不是本地经办 {}", hop.cause.origin);
            return Err(Refusal::new(RefusalCode::Window, why));
        }
        if self.setup.is_outside(self.code) {
            return Ok(act);
        }
        let refusal = |region: &Region| window::refusal(&region.read(now), now);
        if let Err(shut) = window::ask_office(&self.read(now), now, hop, act) {
            self.unless_let_in(shut, now, hop, refusal(self))?;
        }
        let stopped = self.insured.has_stopped(now);
        if stopped && request.infno.nature() != Nature::Read {
            self.unless_let_in(Shut::Stopped, now, hop, refusal(self))?;
        }
        Ok(act)
    }

    fn office_made(
        &mut self,
        now: Moment,
        request: &Request<'_>,
        (act, hop): (OfficeAct, Hop),
        node: &Members<'_>,
    ) -> Result<Made, Refusal> {
        let class = self.insured.persona(&hop.person)?.class;
        match act {
            OfficeAct::ManualClaim => {
                let bill = self.claimed(now, request, &hop, node)?;
                self.paid_by_office(now, &hop, bill)
            }
            OfficeAct::CardlessRequest => {
                let bill = self.claimed(now, request, &hop, node)?;
                Ok(self.asked_for(now, &hop, &bill))
            }
            OfficeAct::CardlessSettled => self.settled_without_card(now, hop, node),
            OfficeAct::Audited => self.audited(now, hop, node),
            OfficeAct::Premium => self.premium(now, hop, node, class),
            _ if act.waits() => {
                let id = self.item_id(act, now);
                let mut draft = Draft::new(now, hop.cause, Some(&hop.person));
                let amounts = Amounts::from([("amount", amount(node)?.fen())]);
                draft.born(act.name(), &id, act.begins_as(), Facts::new(), amounts);
                Ok((draft, id))
            }
            _ => self.end(act, now, hop, node, class),
        }
    }

    /// 手工报销 · The bill that is brought; only if nobody has settled the same treatment.
    fn claimed(
        &mut self,
        now: Moment,
        request: &Request<'_>,
        hop: &Hop,
        node: &Members<'_>,
    ) -> Result<Bill, Refusal> {
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
        let hop = Hop {
            treatment,
            ..hop.clone()
        };
        self.insured.entitled(&hop)?;
        let treated = Treated {
            person: &hop.person,
            institution: &place,
            business,
            at,
        };
        self.not_paid_before(now, &hop, treated)?;
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
        Ok(Bill {
            mdtrt_id: id.clone(),
            setl_id: id,
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
        })
    }

    fn not_paid_before(
        &mut self,
        now: Moment,
        hop: &Hop,
        treated: Treated<'_>,
    ) -> Result<(), Refusal> {
        let before = treated.paid_before(self.insured.ledger());
        let before = before.map(|held| format!("setl_id {}", held.row.id));
        before.map_or(Ok(()), |before| {
            let refusal = Refusal::new(RefusalCode::Settled, before);
            self.unless_let_in(Shut::Twice, now, hop, refusal)
        })
    }

    /// Pays a bill by the place's own rules, the money going out by hand.
    fn paid_by_office(&mut self, now: Moment, hop: &Hop, mut bill: Bill) -> Result<Made, Refusal> {
        if self.is_old() {
            let audit = OfficeAct::UNAUDITED.to_owned();
            bill.facts.insert(OfficeAct::AUDIT.to_owned(), audit);
        }
        let institution = self.setup.institution(fact(&bill.facts, "fixmedins_code"));
        let hop = Hop {
            treatment: institution.map_or(hop.treatment, |institution| institution.region),
            ..hop.clone()
        };
        self.insured.pay(now, &hop, &mut bill)?;
        Ok((claim_draft(now, &hop, &bill), bill.setl_id))
    }

    /// 无卡结算申请 · The bill waits until somebody settles it.
    fn asked_for(&mut self, now: Moment, hop: &Hop, bill: &Bill) -> Made {
        let act = OfficeAct::CardlessRequest;
        let id = self.item_id(act, now);
        let mut draft = Draft::new(now, hop.cause.clone(), Some(&hop.person));
        let amounts = sums_of(bill.sums);
        draft.born(
            act.name(),
            &id,
            act.begins_as(),
            bill.facts.clone(),
            amounts,
        );
        (draft, id)
    }

    /// 无卡结算 · What was asked for is paid, once.
    fn settled_without_card(
        &mut self,
        now: Moment,
        hop: Hop,
        node: &Members<'_>,
    ) -> Result<Made, Refusal> {
        let row = self.begun(OfficeAct::CardlessSettled, &hop, node)?;
        self.not_ended(now, &hop, &row)?;
        let mut facts = row.facts.clone();
        let clr_type = fact(&facts, "clr_type").to_owned();
        let mut visits = Business::ALL.into_iter();
        let business = visits.find(|one| one.clearing_type() == clr_type);
        let business = business.ok_or_else(|| Refusal::new(RefusalCode::Field, "clr_type"))?;
        let place = fact(&facts, "fixmedins_code").to_owned();
        let began = Moment::parse_wire(fact(&facts, "begntime"));
        let at = began.map_err(|_| Refusal::new(RefusalCode::Field, "begntime"))?;
        let treated = Treated {
            person: &hop.person,
            institution: &place,
            business,
            at,
        };
        self.not_paid_before(now, &hop, treated)?;
        let id = self.item_id(OfficeAct::CardlessSettled, now);
        facts.insert("setl_id", id.clone());
        facts.insert("setl_time", now.wire());
        let bill = Bill {
            mdtrt_id: id.clone(),
            setl_id: id,
            insutype: fact(&facts, "insutype").to_owned(),
            lines: Vec::new(),
            sums: sums_from(&row.amounts),
            tier: self.setup.institution(&place).map_or(0, |one| one.tier),
            business,
            account_used: false,
            disease: None,
            trial: false,
            facts,
            dispensed: Default::default(),
            sale: None,
            settled: None,
        };
        let (mut draft, id) = self.paid_by_office(now, &hop, bill)?;
        draft.turned(&row, OfficeAct::CardlessSettled.name(), Facts::new());
        Ok((draft, id))
    }

    /// 审核 · A settlement of the office is audited, once.
    fn audited(&mut self, now: Moment, hop: Hop, node: &Members<'_>) -> Result<Made, Refusal> {
        let row = self.begun(OfficeAct::Audited, &hop, node)?;
        if fact(&row.facts, OfficeAct::AUDIT) == OfficeAct::AUDITED || row.status != "settled" {
            let refusal = Refusal::new(RefusalCode::Ended, format!("{} {}", row.id, row.status));
            self.unless_let_in(Shut::Ended, now, &hop, refusal)?;
        }
        let audit = (OfficeAct::AUDIT.to_owned(), OfficeAct::AUDITED.to_owned());
        let mut draft = Draft::new(now, hop.cause, Some(&hop.person));
        draft.turned(&row, &row.status, Facts::from([audit]));
        Ok((draft, row.id.to_string()))
    }

    /// 申报表 · What an institution was paid for in a month, as its declaration says: nothing is booked.
    fn declaration(&self, node: &Members<'_>) -> Result<String, Refusal> {
        let place = must(node, "fixmedins_code")?.into_owned();
        let month = must(node, "month")?.into_owned();
        let ledger = self.insured.ledger();
        let settled = ledger.rows_of_kind("settlement").filter(|held| {
            let facts = &held.row.facts;
            let by = match fact(facts, "fixmedins_code") {
                "" => held.row.cause.origin.as_str(),
                by => by,
            };
            let in_month = fact(facts, "setl_time").starts_with(month.as_str());
            held.row.status == "settled" && by == place && in_month
        });
        let (mut count, mut total, mut fund) = (0, Money::ZERO, Money::ZERO);
        for held in settled {
            let of = |name: &str| {
                Money::from_fen(held.row.amounts.get(name).copied().unwrap_or_default())
            };
            count += 1;
            total += of("medfee_sumamt");
            fund += of("fund_pay_sumamt");
        }
        let text = ObjectText::new()
            .text("fixmedins_code", &place)
            .text("month", &month)
            .number("setl_cnt", count)
            .money("medfee_sumamt", total)
            .money("fund_pay_sumamt", fund);
        Ok(text.finish())
    }

    /// The row that an act would end: of this person, and of a kind that it ends.
    fn begun(&self, act: OfficeAct, hop: &Hop, node: &Members<'_>) -> Result<Row, Refusal> {
        let id = must(node, "item_id")?.into_owned();
        let ledger = self.insured.ledger();
        let mut kinds = act.ends().iter();
        let held = kinds.find_map(|kind| ledger.row(kind.row_kind(), &id));
        let of_person = |row: &Row| row.person.as_deref() == Some(&hop.person);
        let row = held.map(|held| held.row.clone()).filter(of_person);
        row.ok_or_else(|| Refusal::new(RefusalCode::Field, format!("item_id {id}")))
    }

    fn not_ended(&mut self, now: Moment, hop: &Hop, row: &Row) -> Result<(), Refusal> {
        if !OfficeAct::is_ended(&row.status) {
            return Ok(());
        }
        let refusal = Refusal::new(RefusalCode::Ended, format!("{} {}", row.id, row.status));
        self.unless_let_in(Shut::Ended, now, hop, refusal)
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
        let facts = Facts::from([("scheme", scheme), ("year", year)]);
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
        let mut draft = Draft::new(now, hop.cause.clone(), Some(&hop.person));
        let amounts = Amounts::from([("amount", fen.fen())]);
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
        let row = self.begun(act, &hop, node)?;
        self.not_ended(now, &hop, &row)?;
        let mut draft = Draft::new(now, hop.cause.clone(), Some(&hop.person));
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
        Ok((draft, row.id.to_string()))
    }

    /// What an item is called: never the same twice, after a restart too.
    fn item_id(&self, act: OfficeAct, now: Moment) -> String {
        let kind = act.row_kind();
        // What one generation calls something must not be what the other calls something else.
        let of = &self.insured.ledger().party().code;
        let name = format!("{of}-{}-{}", act.name(), now.compact());
        fees::fresh_id(self.insured.ledger(), kind, name)
    }
}

fn claim_draft(now: Moment, hop: &Hop, bill: &Bill) -> Draft {
    let mut draft = Draft::new(now, hop.cause.clone(), Some(&hop.person));
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

/// Sums of a bill as amounts of a row, and back.
fn sums_of(sums: Sums) -> Amounts {
    let named = [
        ("medfee_sumamt", sums.amount),
        ("fulamt_ownpay_amt", sums.full),
        ("overlmt_selfpay", sums.over),
        ("preselfpay_amt", sums.upfront),
        ("inscp_scp_amt", sums.scope),
    ];
    let named = named.map(|(name, money)| (name.to_owned(), money.fen()));
    Amounts::from(named)
}

fn sums_from(amounts: &Amounts) -> Sums {
    let of = |name: &str| Money::from_fen(amounts.get(name).copied().unwrap_or_default());
    Sums {
        amount: of("medfee_sumamt"),
        full: of("fulamt_ownpay_amt"),
        over: of("overlmt_selfpay"),
        upfront: of("preselfpay_amt"),
        scope: of("inscp_scp_amt"),
    }
}

fn amount(node: &Members<'_>) -> Result<Money, Refusal> {
    let read = node.money("amount");
    let read = read.map_err(|error| Refusal::new(RefusalCode::Field, error.to_string()))?;
    read.filter(|amount| *amount > Money::ZERO)
        .ok_or_else(|| Refusal::new(RefusalCode::Field, "amount"))
}
