//! 应答内容 · The output nodes of answers, written from completed deeds.
//!
//! Why here: trial, settlement, undo and query show the same amounts under the same names; one writer
//! keeps them equal. The institution's answer is always written by its own platform, from the deed that
//! came back. Not here: envelopes (`wire`), what a query finds (`region::query`).

use crosswipe_domain::{AnswerForm, Business, Moment, Money, Name};
use crosswipe_wire::{ObjectText, list_text};

use crate::deed::{
    ACCOUNT_LINE, AMOUNT_FIELDS, Bill, Deed, Hop, Line, PersonFacts, Settled, Unbill,
};
use crate::ledger::{Amounts, Facts};

/// A node of an output: its name and JSON text.
pub(crate) type Node = (&'static str, String);

/// The output of a state-changing message or a trial, in the region's form.
pub(crate) fn output(hop: &Hop, now: Moment, form: &AnswerForm) -> Vec<Node> {
    match &hop.deed {
        Deed::Register {
            mdtrt_id, facts, ..
        } => registered(hop, mdtrt_id, facts),
        Deed::Charge { lines, .. } => vec![("result", list_text(lines.iter().map(charged)))],
        Deed::Settle(bill) => bill.settled.as_ref().map_or(Vec::new(), |settled| {
            settlement(hop, bill, settled, now, form)
        }),
        Deed::Unsettle(unbill) => undone(hop, unbill, now, form),
        Deed::File { filing, .. } => {
            let result = ObjectText::new().text("trt_dcla_detl_sn", filing);
            vec![("result", result.finish())]
        }
        _ => Vec::new(),
    }
}

fn registered(hop: &Hop, mdtrt_id: &str, facts: &Facts) -> Vec<Node> {
    if hop.infno().base() == "2401" {
        return vec![(
            "result",
            ObjectText::new().text("mdtrt_id", mdtrt_id).finish(),
        )];
    }
    let data = ObjectText::new()
        .text("mdtrt_id", mdtrt_id)
        .text("psn_no", &hop.person);
    vec![(
        "data",
        data.text("ipt_otp_no", fact(facts, "ipt_otp_no"))
            .null("exp_content")
            .finish(),
    )]
}

fn charged(line: &Line) -> String {
    let text = ObjectText::new()
        .text("feedetl_sn", fact(&line.facts, "feedetl_sn"))
        .money("det_item_fee_sumamt", line.split.amount);
    let text = line_terms(text, &line.facts);
    let split = line.split;
    text.money("fulamt_ownpay_amt", split.full)
        .money("overlmt_amt", split.over)
        .money("preselfpay_amt", split.upfront)
        .money("inscp_scp_amt", split.scope)
        .text("chrgitm_lv", fact(&line.facts, "chrgitm_lv"))
        .text("med_chrgitm_type", fact(&line.facts, "med_chrgitm_type"))
        .text("lmt_used_flag", "0")
        .finish()
}

/// Quantity, price, ceiling and class-B share of a line, as facts keep them.
pub(crate) fn line_terms(text: ObjectText, facts: &Facts) -> ObjectText {
    ["cnt", "pric", "pric_uplmt_amt", "selfpay_prop"]
        .into_iter()
        .fold(text, |text, name| match fact(facts, name) {
            "" => text.null(name),
            number => text.number(name, number),
        })
}

fn settlement(
    hop: &Hop,
    bill: &Bill,
    settled: &Settled,
    now: Moment,
    form: &AnswerForm,
) -> Vec<Node> {
    let mut info = ObjectText::new().text("mdtrt_id", &bill.mdtrt_id);
    if !bill.trial {
        info = info.text("setl_id", &bill.setl_id);
    }
    let info = person(info.text("psn_no", &hop.person), Some(&settled.person))
        .text("insutype", &bill.insutype)
        .text("setl_time", &now.wire())
        .text("mdtrt_cert_type", fact(&bill.facts, "mdtrt_cert_type"))
        .text("med_type", fact(&bill.facts, "med_type"));
    let balance = Money::from_fen(settled.balance);
    let info = amounts(info, &settled.amounts, balance, form);
    let info = info
        .text("medins_setl_id", &hop.cause.msgid)
        .text("clr_optins", hop.treatment.as_str())
        .text("clr_way", "1");
    let info = info
        .text("clr_type", bill.business.clearing_type())
        .finish();
    let mut nodes = vec![
        ("setlinfo", info),
        ("setldetail", details(&settled.amounts)),
    ];
    if let Some(sale) = &bill.sale {
        nodes.push(("detlcutinfo", list_text(sale.lines.iter().map(charged))));
    }
    nodes
}

fn undone(hop: &Hop, unbill: &Unbill, now: Moment, form: &AnswerForm) -> Vec<Node> {
    let info = ObjectText::new()
        .text("mdtrt_id", &unbill.mdtrt_id)
        .text("setl_id", &unbill.mirror)
        .text("psn_no", &hop.person)
        .text("clr_optins", hop.treatment.as_str())
        .text("setl_time", &now.wire());
    let balance = Money::from_fen(unbill.balance);
    let info = match hop.infno().business() {
        Some(Business::Pharmacy) => amounts_as(info, &unbill.amounts, balance, form, |name| {
            Some(as_sold(name))
        }),
        _ => amounts_as(info, &unbill.amounts, balance, form, |name| {
            let part = matches!(name, "psn_part_amt" | "hosp_part_amt");
            (!part || !form.undo_without_parts).then_some(name)
        }),
    };
    let info = info.text("medins_setl_id", &hop.cause.msgid);
    vec![
        ("setlinfo", info.finish()),
        ("setldetail", details(&unbill.amounts)),
    ]
}

/// Who the person is; empty text where this platform does not know.
pub(crate) fn person(text: ObjectText, facts: Option<&PersonFacts>) -> ObjectText {
    let text = text
        .text("psn_name", facts.map_or("", |p| &p.name))
        .text("psn_cert_type", facts.map_or("01", |p| &p.certificate));
    let text = text
        .text("certno", facts.map_or("", |p| &p.certno))
        .text("gend", facts.map_or("", |p| &p.gender));
    let text = text
        .text("naty", "01")
        .opt_text("brdy", facts.map(|p| p.birthday.as_str()));
    text.number("age", facts.map_or(0, |p| p.age))
        .text("psn_type", facts.map_or("", |p| &p.kind))
        .text("cvlserv_flag", "0")
}

/// All amounts of a settlement and the balance, as the region writes sums.
pub(crate) fn amounts(
    text: ObjectText,
    amounts: &Amounts,
    balance: Money,
    form: &AnswerForm,
) -> ObjectText {
    amounts_as(text, amounts, balance, form, Some)
}

/// The same, each under the name that `spelt` gives it; null where it gives none.
fn amounts_as(
    text: ObjectText,
    amounts: &Amounts,
    balance: Money,
    form: &AnswerForm,
    spelt: impl Fn(&'static str) -> Option<&'static str>,
) -> ObjectText {
    let text = AMOUNT_FIELDS
        .into_iter()
        .fold(text, |text, name| match spelt(name) {
            Some(spelt) => text.money(spelt, sum(amounts, name, form)),
            None => text.null(name),
        });
    text.money("balc", balance)
}

/// An amount as the region writes it: the funds' sum with or without what the account pays.
pub(crate) fn sum(amounts: &Amounts, name: &str, form: &AnswerForm) -> Money {
    let own = money(amounts, name);
    match name == "fund_pay_sumamt" && form.account_in_fund {
        true => own + money(amounts, "acct_pay") + money(amounts, "acct_mulaid_pay"),
        false => own,
    }
}

/// 2103 spells two amounts as the queries do.
fn as_sold(name: &'static str) -> &'static str {
    match name {
        "psn_part_amt" => "psn_pay",
        "psn_cash_pay" => "cash_payamt",
        name => name,
    }
}

/// `setldetail`: one line per fund, and one for the personal account.
pub(crate) fn details(amounts: &Amounts) -> String {
    let base = money(amounts, "inscp_scp_amt") - money(amounts, "act_pay_dedc");
    let funds = amounts
        .iter()
        .filter_map(|(name, fen)| Some((name.strip_prefix("fund:")?, Money::from_fen(*fen))));
    let account =
        Some((ACCOUNT_LINE, money(amounts, "acct_pay"))).filter(|(_, paid)| !paid.is_zero());
    list_text(funds.chain(account).map(|(fund, paid)| {
        let pooled = fund.ends_with("0100") && matches!(&fund[..2], "31" | "39");
        let (entered, cap) = if pooled {
            (base, paid)
        } else {
            (Money::ZERO, Money::ZERO)
        };
        let text = ObjectText::new()
            .text("fund_pay_type", fund)
            .money("inscp_scp_amt", entered)
            .money("crt_payb_lmt_amt", cap);
        let text = text.money("fund_payamt", paid);
        text.opt_text(
            "fund_pay_type_name",
            crosswipe_wire::catalogue().code_name_zh("fund_pay_type", fund),
        )
        .finish()
    }))
}

/// An amount by interface name; absent counts as 0.
pub(crate) fn money(amounts: &Amounts, name: &str) -> Money {
    Money::from_fen(amounts.get(name).copied().unwrap_or(0))
}

/// A fact by name; absent counts as empty.
pub(crate) fn fact<'a>(facts: &'a Facts, name: &str) -> &'a str {
    facts.get(name).map_or("", Name::as_str)
}
