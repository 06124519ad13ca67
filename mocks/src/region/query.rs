//! 查询 · 5201 visits, 5202 diagnoses, 5203 a settlement, 5204 fee lines, 5303 open stays, 5301 5302 5304 registrations: read from the
//! treatment place's books.
//!
//! Cancelled visits and withdrawn lines are not shown; a settlement that was undone is, with its refund
//! flag set, and so is its mirror.

use crosswipe_domain::{Moment, Money, Name, Row};
use crosswipe_wire::{ObjectText, Refusal, RefusalCode, list_text, write_ok, write_ok_array};

use super::{Ask, Region, must};
use crate::answer::{self, fact, money};
use crate::deed::PersonFacts;
use crate::ledger::Held;
use crate::machine::{Answer, Step};

/// 医疗类别 · Whether a visit is of the kind that is asked for. A registration knows no kind before its diagnoses, so 11 asks
/// for outpatient care of any kind.
fn is_of(asked: &str, med_type: &str) -> bool {
    let elsewhere = med_type.starts_with('2') || matches!(med_type, "41" | "52");
    asked == med_type || asked == "11" && !elsewhere
}

impl Region {
    pub(super) fn query(&mut self, ask: &Ask<'_>) -> Result<Step, Refusal> {
        let receipt = self.desk.receipt(ask.now);
        let text = match ask.request.infno.base() {
            "5201" => write_ok(&receipt, &[("mdtrtinfo", self.visits(ask)?)]),
            "5202" => write_ok(&receipt, &[("diseinfo", self.diagnoses(ask)?)]),
            "5203" => write_ok(&receipt, &self.settlement(ask)?),
            "5301" | "5302" | "5304" => write_ok(&receipt, &[self.filings(ask)]),
            "5204" => write_ok_array(&receipt, &self.lines(ask)?),
            _ => write_ok(&receipt, &[("data", self.open_stays(ask)?)]),
        };
        Ok(Step::Reply(Answer::ok(text)))
    }

    fn facts_of(&self, person: &str, now: Moment) -> Option<PersonFacts> {
        self.setup
            .person(person)
            .map(|persona| PersonFacts::of(persona, now))
    }

    /// True if a visit began in the period that the query names; a visit without a readable time is in it.
    fn in_period(ask: &Ask<'_>, row: &Row) -> Result<bool, Refusal> {
        let bad =
            |error: crosswipe_wire::BadField| Refusal::new(RefusalCode::Field, error.to_string());
        let (from, to) = (
            ask.node.moment("begntime").map_err(bad)?,
            ask.node.moment("endtime").map_err(bad)?,
        );
        let Ok(began) = Moment::parse_wire(fact(&row.facts, "begntime")) else {
            return Ok(true);
        };
        Ok(from.is_none_or(|from| from <= began) && to.is_none_or(|to| began <= to))
    }

    fn visits(&self, ask: &Ask<'_>) -> Result<String, Refusal> {
        let (asked, kind) = (ask.node.text("mdtrt_id"), ask.node.text("med_type"));
        let person = self.facts_of(&ask.hop.person, ask.now);
        let mut shown = Vec::new();
        for row in self
            .treatment
            .rows_of_person("visit", &ask.hop.person)
            .map(|held| &held.row)
        {
            let med_type = match fact(&row.facts, "med_type") {
                "" => "11",
                known => known,
            };
            let of_kind = kind.as_deref().is_none_or(|kind| is_of(kind, med_type));
            let named = asked.as_deref().is_none_or(|id| id == row.id);
            if row.is_terminal()
                || row.cause.origin != ask.hop.cause.origin
                || !of_kind
                || !named
                || !Region::in_period(ask, row)?
            {
                continue;
            }
            let text = answer::person(
                ObjectText::new()
                    .text("mdtrt_id", &row.id)
                    .text("psn_no", &ask.hop.person),
                person.as_ref(),
            );
            let text = text
                .text("insutype", fact(&row.facts, "insutype"))
                .text("begntime", fact(&row.facts, "begntime"));
            let discharged = row.status == "discharged";
            let text = text.opt_text(
                "endtime",
                row.facts
                    .get("endtime")
                    .filter(|_| discharged)
                    .map(Name::as_str),
            );
            let text = text
                .text("mdtrt_cert_type", fact(&row.facts, "mdtrt_cert_type"))
                .text("med_type", med_type);
            let text = text.text("ipt_otp_no", fact(&row.facts, "ipt_otp_no"));
            shown.push(
                text.text(
                    "inhosp_stas",
                    if row.status == "admitted" { "1" } else { "0" },
                )
                .finish(),
            );
        }
        Ok(list_text(shown))
    }

    fn open_stays(&self, ask: &Ask<'_>) -> Result<String, Refusal> {
        let mut shown = Vec::new();
        for row in self.treatment.rows_of_kind("visit").map(|held| &held.row) {
            // Without a person the institution asks for its own stays.
            let asked = match ask.hop.person.as_str() {
                "" => row.cause.origin == ask.hop.cause.origin,
                person => row.person.as_deref() == Some(person),
            };
            if !asked || row.status != "admitted" || !Region::in_period(ask, row)? {
                continue;
            }
            let no = row.person.as_deref().unwrap_or_default();
            let text = ObjectText::new()
                .text("mdtrt_id", &row.id)
                .text("psn_no", no);
            let text = answer::person(text, self.facts_of(no, ask.now).as_ref());
            let began = fact(&row.facts, "begntime");
            let text = text
                .text("insutype", fact(&row.facts, "insutype"))
                .text("begndate", began.get(..10).unwrap_or(began));
            let text = text
                .text("med_type", fact(&row.facts, "med_type"))
                .text("ipt_otp_no", fact(&row.facts, "ipt_otp_no"));
            shown.push(text.text("out_flag", "0").finish());
        }
        Ok(list_text(shown))
    }

    /// The settlement with this id; without one, the newest of the visit.
    fn settlement(&self, ask: &Ask<'_>) -> Result<Vec<answer::Node>, Refusal> {
        let mdtrt_id = must(&ask.node, "mdtrt_id")?;
        let asked = ask.node.text("setl_id");
        let is_it = |held: &&Held| {
            held.row.person.as_deref() == Some(&ask.hop.person)
                && asked.as_deref().is_none_or(|id| id == held.row.id)
        };
        let found = self
            .treatment
            .rows_of_visit("settlement", &mdtrt_id)
            .filter(is_it)
            .last();
        let row = &found
            .ok_or_else(|| {
                Refusal::new(
                    RefusalCode::NoVisit,
                    format!("setl_id {}", asked.unwrap_or_default()),
                )
            })?
            .row;
        let person = self.facts_of(&ask.hop.person, ask.now);
        let institution = self.setup.institution(&row.cause.origin);
        let setl_time = fact(&row.facts, "setl_time");
        let day = setl_time.get(..10).unwrap_or(setl_time);
        let text = ObjectText::new()
            .text("setl_id", &row.id)
            .text("mdtrt_id", &mdtrt_id)
            .text("psn_no", &ask.hop.person);
        let text = answer::person(text, person.as_ref())
            .text("insutype", fact(&row.facts, "insutype"))
            .text("pay_loc", "2");
        let text = text
            .text("fixmedins_code", &row.cause.origin)
            .text("fixmedins_name", institution.map_or("", |i| &i.name));
        let text = text
            .text("begndate", day)
            .text("enddate", day)
            .text("setl_time", setl_time);
        let text = text
            .text("med_type", fact(&row.facts, "med_type"))
            .text("clr_type", fact(&row.facts, "clr_type"));
        let text = text.text("clr_optins", self.code.as_str());
        let balance = Money::parse(fact(&row.facts, "balc")).unwrap_or_default();
        let text = answer::amounts(text, &row.amounts, balance, &self.profile().answers);
        let text = text
            .money("psn_pay", money(&row.amounts, "psn_part_amt"))
            .money("cash_payamt", money(&row.amounts, "psn_cash_pay"));
        let refunded = if row.status == "settled" { "0" } else { "1" };
        let text = text
            .text("medins_setl_id", fact(&row.facts, "medins_setl_id"))
            .text("refd_setl_flag", refunded);
        let text = text
            .text("year", day.get(..4).unwrap_or(day))
            .opt_text("invono", row.facts.get("invono").map(Name::as_str));
        Ok(vec![
            ("setlinfo", text.finish()),
            ("setldetail", answer::details(&row.amounts)),
        ])
    }

    fn lines(&self, ask: &Ask<'_>) -> Result<String, Refusal> {
        let mdtrt_id = must(&ask.node, "mdtrt_id")?;
        let asked = ask.node.text("setl_id");
        let rows = self
            .treatment
            .rows_of_visit("fee-detail", &mdtrt_id)
            .map(|held| &held.row)
            .filter(|row| {
                let settled_by = asked
                    .as_deref()
                    .is_none_or(|id| row.status == "settled" && fact(&row.facts, "setl_id") == id);
                !row.is_terminal() && row.person.as_deref() == Some(&ask.hop.person) && settled_by
            });
        Ok(list_text(rows.map(|row| self.line(&mdtrt_id, row))))
    }

    fn line(&self, mdtrt_id: &str, row: &Row) -> String {
        let facts = &row.facts;
        let item = self
            .setup
            .tariff(fact(facts, "med_list_codg"))
            .map_or("", |tariff| &tariff.name);
        let settled_by = if row.status == "settled" {
            fact(facts, "setl_id")
        } else {
            ""
        };
        let text = ObjectText::new()
            .text("mdtrt_id", mdtrt_id)
            .text("setl_id", settled_by)
            .text("feedetl_sn", fact(facts, "feedetl_sn"));
        let text = answer::line_terms(
            text.text("fee_ocur_time", fact(facts, "fee_ocur_time")),
            facts,
        );
        let names = [
            "det_item_fee_sumamt",
            "fulamt_ownpay_amt",
            "overlmt_amt",
            "preselfpay_amt",
            "inscp_scp_amt",
        ];
        let text = names.into_iter().fold(text, |text, name| {
            text.money(name, money(&row.amounts, name))
        });
        let text = text
            .text("chrgitm_lv", fact(facts, "chrgitm_lv"))
            .text("hilist_code", fact(facts, "med_list_codg"));
        let text = text
            .text("hilist_name", item)
            .text("list_type", "201")
            .text("med_list_codg", fact(facts, "med_list_codg"));
        let text = text
            .text("medins_list_codg", fact(facts, "medins_list_codg"))
            .text("medins_list_name", item);
        text.text("med_chrgitm_type", fact(facts, "med_chrgitm_type"))
            .finish()
    }
}
