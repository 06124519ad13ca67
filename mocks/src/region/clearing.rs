//! 异地清分 · 3260 to 3262: what an institution has settled for visitors of a month, its confirmation, and its return.
//!
//! Lines come a hundred at a time and are numbered for clearing, by serials that follow from the local ids and equal none
//! of them. What was taken back does not appear. Confirmed is confirmed: the settlement is not undone (E-CLEARED) before
//! the confirmation is taken back whole, by the message id under which it came.
//! Treatment place and institution keep it. Not here: the days on which a platform clears by itself (`closing`).

use crosswipe_domain::{AdmDivision, FenceState, Moment, Money, Row, Span};
use crosswipe_wire::{Members, ObjectText, Refusal, RefusalCode, list_text, write_ok};

use super::{Ask, Region, must};
use crate::answer::{fact, money};
use crate::books::CLEARED;
use crate::deed::Deed;
use crate::ledger::{Amounts, Facts, Ledger};
use crate::machine::{Answer, Step};

use super::fees::fresh_id;

/// Lines of one answer.
const PAGE: usize = 100;

impl Region {
    /// 3260
    pub(super) fn clearing_lines(&mut self, ask: &Ask<'_>) -> Result<Step, Refusal> {
        let from: usize = must(&ask.node, "startrow")?
            .parse()
            .map_err(|_| Refusal::new(RefusalCode::Field, "startrow"))?;
        // Rows are counted from 1; clients that count from 0 mean the same first page.
        let first = from.max(1);
        let lines = self.of_visitors(ask)?;
        let shown = lines.iter().enumerate().skip(first - 1).take(PAGE);
        let shown = shown.map(|(number, row)| {
            let person = row.person.as_deref().unwrap_or_default();
            let certno = self.setup.person(person);
            ObjectText::new()
                .text("seqno", &(number + 1).to_string())
                .text("mdtrtarea", self.code.as_str())
                .text("medins_no", &row.cause.origin)
                .text(
                    "certno",
                    certno.map_or("", |persona| persona.id_number.reveal()),
                )
                .text("mdtrt_id", &serial('S', row, fact(&row.facts, "mdtrt_id")))
                .text("mdtrt_setl_time", fact(&row.facts, "setl_time"))
                .text("setl_sn", &serial('A', row, &row.id))
                .text("fulamt_advpay_flag", "0")
                .money("medfee_sumamt", money(&row.amounts, "medfee_sumamt"))
                .money("optins_pay_sumamt", insurers_pay(row))
                .finish()
        });
        let data = list_text(shown);
        let receipt = self.desk.receipt(ask.now);
        let text = write_ok(&receipt, &[("data", data)]);
        Ok(Step::Reply(Answer::ok(text)))
    }

    /// 3261, 3262: nothing goes on to another place.
    pub(super) fn confirm(&mut self, ask: Ask<'_>, digest: String) -> Step {
        let deed = match ask.request.infno.base() {
            "3261" => self.confirmed(&ask),
            _ => self.returned(&ask),
        };
        self.done_here(ask, digest, deed)
    }

    fn confirmed(&self, ask: &Ask<'_>) -> Result<Deed, Refusal> {
        let details = ask.request.nodes("detail");
        let said = must(&ask.node, "totalrow")?;
        if said.parse() != Ok(details.len()) {
            let why = format!("totalrow: 明细有 {} 行", details.len());
            return Err(Refusal::new(RefusalCode::Split, why));
        }
        let known = self.of_visitors(ask)?;
        let mut lines: Vec<(String, Facts, Amounts)> = Vec::new();
        for node in &details {
            let setl_sn = must(node, "setl_sn")?;
            let is_it = |row: &&&Row| serial('A', row, &row.id) == setl_sn;
            let row = known.iter().find(is_it).ok_or_else(|| {
                Refusal::new(RefusalCode::NoVisit, format!("清分明细 setl_sn {setl_sn}"))
            })?;
            let amount = |name: &str| {
                node.money(name)
                    .map_err(|error| Refusal::new(RefusalCode::Field, error.to_string()))
            };
            let total = money(&row.amounts, "medfee_sumamt");
            for (name, ours) in [
                ("medfee_sumamt", total),
                ("optins_pay_sumamt", insurers_pay(row)),
            ] {
                if amount(name)? != Some(ours) {
                    let why = format!("setl_sn {setl_sn}: {name} 应为 {ours}");
                    return Err(Refusal::new(RefusalCode::Split, why));
                }
            }
            // A line that is sent along and not agreed to stays as it is.
            if node.text("cnfm_flag").as_deref() == Some("0") {
                continue;
            }
            let mdtrt_id = fact(&row.facts, "mdtrt_id");
            let stands = |id: &str| {
                let rows = self.treatment.rows_of_visit(CLEARED, mdtrt_id);
                let mut rows = rows.filter(|held| !held.row.is_terminal());
                rows.any(|held| fact(&held.row.facts, "setl_id") == id)
            };
            let twice = lines
                .iter()
                .any(|(_, facts, _)| fact(facts, "setl_sn") == setl_sn);
            if stands(&row.id) || twice {
                let why = format!("setl_sn {setl_sn} 已确认");
                return Err(Refusal::new(RefusalCode::Settled, why));
            }
            let (id, mut facts, amounts) = line(&self.treatment, &ask.node, node)?;
            facts.insert("mdtrt_id", mdtrt_id.to_owned());
            facts.insert("setl_id", row.id.clone());
            lines.push((id, facts, amounts));
        }
        Ok(Deed::Confirm { lines })
    }

    fn returned(&self, ask: &Ask<'_>) -> Result<Deed, Refusal> {
        let otransid = must(&ask.node, "otransid")?.into_owned();
        let detail = format!("otransid {otransid}");
        let origin = &ask.hop.cause.origin;
        let known = self.treatment.original(origin, &otransid, "3261").one();
        match known.filter(|known| known.infno.starts_with("3261")) {
            Some(known) if known.state == FenceState::Applied => Ok(Deed::Unconfirm { otransid }),
            Some(known) if known.state == FenceState::Reversed => {
                Err(Refusal::new(RefusalCode::Undone, detail))
            }
            _ => Err(Refusal::new(RefusalCode::NoVisit, detail)),
        }
    }

    /// What the institution has settled for people insured elsewhere in the month that a message names, and what stands
    /// of it, in the order of settlement.
    fn of_visitors(&self, ask: &Ask<'_>) -> Result<Vec<&Row>, Refusal> {
        let (year, month) = (must(&ask.node, "trt_year")?, must(&ask.node, "trt_month")?);
        let number = |text: &str, name: &str| {
            text.parse::<u32>()
                .map_err(|_| Refusal::new(RefusalCode::Field, name.to_owned()))
        };
        let (year, month) = (number(&year, "trt_year")?, number(&month, "trt_month")?);
        // Some send the month alone, some with its year before it.
        let period = format!("{year:04}-{:02}", month % 100);
        let elsewhere = |row: &Row| {
            let insured = AdmDivision::parse(fact(&row.facts, "insuplc_admdvs"));
            insured.is_ok_and(|insured| insured.span_to(self.code) != Span::Local)
        };
        let rows = self
            .treatment
            .rows_of_kind("settlement")
            .map(|held| &held.row);
        let mut rows: Vec<&Row> = rows
            .filter(|row| {
                row.cause.origin == ask.hop.cause.origin
                    && row.status == "settled"
                    && fact(&row.facts, "setl_time").starts_with(&period)
                    && elsewhere(row)
            })
            .collect();
        rows.sort_by_key(|row| (fact(&row.facts, "setl_time"), &row.id));
        Ok(rows)
    }
}

/// A line of a confirmation as treatment place and institution keep it.
pub(crate) fn line(
    ledger: &Ledger,
    head: &Members<'_>,
    node: &Members<'_>,
) -> Result<(String, Facts, Amounts), Refusal> {
    let setl_sn = must(node, "setl_sn")?.into_owned();
    let mut facts = Facts::from([("setl_sn", setl_sn.clone())]);
    for (from, name) in [(head, "trt_year"), (head, "trt_month")] {
        facts.insert(name, must(from, name)?.into_owned());
    }
    let mut amounts = Amounts::new();
    for name in ["medfee_sumamt", "optins_pay_sumamt"] {
        let amount = node.money(name).ok().flatten().unwrap_or_default();
        amounts.insert(name, amount.fen());
    }
    Ok((fresh_id(ledger, CLEARED, setl_sn), facts, amounts))
}

/// What the insurers pay the institution: the funds, and the person's account.
fn insurers_pay(row: &Row) -> Money {
    let amount = |name| money(&row.amounts, name);
    amount("fund_pay_sumamt") + amount("acct_pay") + amount("acct_mulaid_pay")
}

/// 清分流水号 · A letter, the insured pool, the day, and the end of the local id.
fn serial(letter: char, row: &Row, id: &str) -> String {
    let pool = fact(&row.facts, "insuplc_admdvs");
    let day = Moment::parse_wire(fact(&row.facts, "setl_time")).map(Moment::compact);
    let day = day.unwrap_or_default();
    let end = &id[id.len().saturating_sub(7)..];
    format!(
        "{letter}{pool}{}{end:0>7}",
        day.get(2..8).unwrap_or_default()
    )
}
