//! 费用明细 · Fee lines of both families: split on upload (2204, 2301), found again on withdrawal (2205, 2302).

use std::collections::BTreeSet;

use crosswipe_domain::{Money, Name, Quantity, UnitPrice};
use crosswipe_wire::{BadField, Members, Refusal, RefusalCode};

use super::{Ask, must};
use crate::answer::money;
use crate::deed::{Deed, Line};
use crate::ledger::{Facts, Held, Ledger};
use crate::settlement::split;
use crate::setup::Setup;

/// 全部 · Withdraws everything unsettled.
pub(crate) const ALL: &str = "0000";
/// 总额上限 · What the unsettled lines of one visit may come to: 10¹² yuan. No bill is so large, and books that add up
/// bills for years stay within their 64 bits.
const LARGEST_BILL: Money = Money::from_fen(100_000_000_000_000);
/// What `pric_uplmt_amt` says where there is no ceiling.
const NO_CEILING: &str = "999999";
/// Facts of a line that are kept as they were sent.
const KEPT: [&str; 7] = [
    "chrg_bchno",
    "init_feedetl_sn",
    "med_type",
    "dise_codg",
    "fee_ocur_time",
    "med_list_codg",
    "medins_list_codg",
];

fn refuse<T>(code: RefusalCode, detail: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::new(code, detail))
}

/// The lines of an upload, split by this place's catalogue.
pub(super) fn charge(
    setup: &Setup,
    ledger: &Ledger,
    ask: &Ask<'_>,
    mdtrt_id: String,
) -> Result<Deed, Refusal> {
    let mut lines: Vec<Line> = Vec::new();
    let nodes = ask.request.nodes("feedetail");
    within_lines(setup, ask, nodes.len())?;
    for node in nodes {
        if node.text("mdtrt_id").as_deref() != Some(&mdtrt_id)
            || node.text("psn_no").as_deref() != Some(&ask.hop.person)
        {
            return refuse(RefusalCode::NoVisit, "明细的就诊ID或人员编号不一致");
        }
        let line = read_line(setup, ledger, &mdtrt_id, &node, &lines)?;
        lines.push(line);
    }
    within_the_largest_bill(ledger, &mdtrt_id, &lines)?;
    Ok(Deed::Charge { mdtrt_id, lines })
}

/// The lines of a sale, split; they belong to a visit that is opened with them.
pub(super) fn sold(
    setup: &Setup,
    ledger: &Ledger,
    ask: &Ask<'_>,
    mdtrt_id: &str,
) -> Result<Vec<Line>, Refusal> {
    let mut lines: Vec<Line> = Vec::new();
    let nodes = ask.request.nodes("drugdetail");
    within_lines(setup, ask, nodes.len())?;
    for node in nodes {
        let line = read_line(setup, ledger, mdtrt_id, &node, &lines)?;
        lines.push(line);
    }
    within_the_largest_bill(ledger, mdtrt_id, &lines)?;
    Ok(lines)
}

/// The lines of a claim by hand, split as the insured place's own catalogue says.
pub(super) fn claimed(
    setup: &Setup,
    ledger: &Ledger,
    nodes: &[Members<'_>],
    id: &str,
) -> Result<Vec<Line>, Refusal> {
    let mut lines: Vec<Line> = Vec::new();
    for node in nodes {
        let line = read_line(setup, ledger, id, node, &lines)?;
        lines.push(line);
    }
    within_the_largest_bill(ledger, id, &lines)?;
    Ok(lines)
}

/// 明细条数 · No more lines than the region takes in one message.
pub(super) fn within_lines(setup: &Setup, ask: &Ask<'_>, lines: usize) -> Result<(), Refusal> {
    let most = setup.profile(ask.institution.region).lines;
    if u32::try_from(lines).is_ok_and(|lines| lines <= most) {
        return Ok(());
    }
    refuse(
        RefusalCode::Field,
        format!("一次最多 {most} 行, 本次 {lines} 行"),
    )
}

fn within_the_largest_bill(ledger: &Ledger, mdtrt_id: &str, lines: &[Line]) -> Result<(), Refusal> {
    let standing = ledger
        .rows_of_visit("fee-detail", mdtrt_id)
        .filter(|held| !held.row.is_terminal())
        .map(|held| money(&held.row.amounts, "det_item_fee_sumamt"));
    let amounts = standing.chain(lines.iter().map(|line| line.split.amount));
    let total: i128 = amounts.map(|amount| i128::from(amount.abs().fen())).sum();
    if total > i128::from(LARGEST_BILL.fen()) {
        return refuse(
            RefusalCode::Field,
            format!("本次就诊费用合计超过 {LARGEST_BILL} 元"),
        );
    }
    Ok(())
}

fn read_line(
    setup: &Setup,
    ledger: &Ledger,
    mdtrt_id: &str,
    node: &Members<'_>,
    before: &[Line],
) -> Result<Line, Refusal> {
    let sn = must(node, "feedetl_sn")?;
    if live_line(ledger, mdtrt_id, &sn).is_some()
        || before.iter().any(|line| {
            line.facts
                .get("feedetl_sn")
                .is_some_and(|known| known.as_str() == sn)
        })
    {
        return refuse(RefusalCode::DupLine, sn);
    }
    let code = must(node, "med_list_codg")?;
    let tariff = setup
        .tariff(&code)
        .ok_or_else(|| Refusal::new(RefusalCode::Field, format!("med_list_codg {code} 未对码")))?;
    let (price, count) = (number(node.price("pric"))?, number(node.quantity("cnt"))?);
    let approved = node.text("hosp_appr_flag").as_deref() != Some("2");
    let split = split(tariff, price, count, approved).ok_or_else(|| {
        Refusal::new(
            RefusalCode::Field,
            format!("feedetl_sn {sn}: 金额超过 14 位整数"),
        )
    })?;
    if number(node.money("det_item_fee_sumamt"))? != split.amount {
        return refuse(
            RefusalCode::Split,
            format!("feedetl_sn {sn}: 应为 {}", split.amount),
        );
    }
    if count.is_negative() {
        check_refund(ledger, mdtrt_id, node, price, count, before)?;
    }
    let mut facts: Facts = KEPT
        .iter()
        .filter_map(|name| Some((*name, node.text(name)?.into_owned())))
        .collect();
    facts.extend([
        ("feedetl_sn", sn.clone().into_owned()),
        ("cnt", count.to_string()),
        ("pric", price.to_string()),
        (
            "pric_uplmt_amt",
            tariff
                .ceiling
                .map_or(NO_CEILING.to_owned(), |ceiling| ceiling.to_string()),
        ),
        ("selfpay_prop", tariff.selfpay.to_string()),
        ("chrgitm_lv", tariff.class.code().to_owned()),
        ("med_chrgitm_type", "14".to_owned()),
    ]);
    Ok(Line {
        id: line_id(ledger, mdtrt_id, &sn).into(),
        facts,
        split,
    })
}

/// A refund names a line that stands, at its price, and no more of it than is left.
fn check_refund(
    ledger: &Ledger,
    mdtrt_id: &str,
    node: &Members<'_>,
    price: UnitPrice,
    count: Quantity,
    before: &[Line],
) -> Result<(), Refusal> {
    let Some(original) = node.text("init_feedetl_sn") else {
        return refuse(RefusalCode::RefundQty, "init_feedetl_sn");
    };
    let booked = ledger
        .rows_of_visit("fee-detail", mdtrt_id)
        .filter(|held| !held.row.is_terminal())
        .map(|held| &held.row.facts);
    let (mut left, mut found) = (i128::from(count.scaled()), false);
    for facts in booked.chain(before.iter().map(|line| &line.facts)) {
        let is = |name: &str| facts.get(name).is_some_and(|sn| sn.as_str() == original);
        if is("feedetl_sn")
            && facts
                .get("pric")
                .is_some_and(|known| *known != price.to_string())
        {
            return refuse(RefusalCode::RefundQty, format!("{original}: 单价不同"));
        }
        found |= is("feedetl_sn");
        if is("feedetl_sn") || is("init_feedetl_sn") {
            left += facts
                .get("cnt")
                .and_then(|text| Quantity::parse(text).ok())
                .map_or(0, |count| i128::from(count.scaled()));
        }
    }
    if found && left >= 0 {
        Ok(())
    } else {
        refuse(RefusalCode::RefundQty, original)
    }
}

fn number<T>(read: Result<Option<T>, BadField>) -> Result<T, Refusal> {
    match read {
        Ok(Some(value)) => Ok(value),
        Ok(None) => refuse(RefusalCode::Field, "金额或数量缺失"),
        Err(error) => refuse(RefusalCode::Field, error.to_string()),
    }
}

/// 行标识 · Row id of a new line. A number that was withdrawn may be used again: the row is another one.
pub(crate) fn line_id(ledger: &Ledger, mdtrt_id: &str, sn: &str) -> String {
    fresh_id(ledger, "fee-detail", format!("{mdtrt_id}/{sn}"))
}

/// The name of a new row: as it is, or with a number behind it where it was used before.
pub(crate) fn fresh_id(ledger: &Ledger, kind: &str, name: String) -> String {
    let again = (2..).map(|n| format!("{name}#{n}"));
    std::iter::once(name.clone())
        .chain(again)
        .find(|id| ledger.row(kind, id).is_none())
        .expect("numbers do not end")
}

fn live_line<'a>(ledger: &'a Ledger, mdtrt_id: &str, sn: &str) -> Option<&'a Held> {
    ledger.rows_of_visit("fee-detail", mdtrt_id).find(|held| {
        !held.row.is_terminal()
            && held
                .row
                .facts
                .get("feedetl_sn")
                .is_some_and(|known| known == sn)
    })
}

/// 2205: the lines of a batch.
pub(super) fn withdraw_batch(
    ledger: &Ledger,
    ask: &Ask<'_>,
    mdtrt_id: String,
) -> Result<Deed, Refusal> {
    let batch = must(&ask.node, "chrg_bchno")?;
    let lines = batch_lines(ledger, &mdtrt_id, &batch);
    explain_none(ledger, &mdtrt_id, &batch, &lines, |facts| {
        facts
            .get("chrg_bchno")
            .is_some_and(|known| known.as_str() == batch)
    })?;
    Ok(Deed::Withdraw { mdtrt_id, lines })
}

/// 2302: the lines that it names.
pub(super) fn withdraw_lines(
    ledger: &Ledger,
    ask: &Ask<'_>,
    mdtrt_id: String,
) -> Result<Deed, Refusal> {
    let names: BTreeSet<String> = ask
        .request
        .nodes("data")
        .iter()
        .filter_map(|node| Some(node.text("feedetl_sn")?.into_owned()))
        .collect();
    let lines = named_lines(ledger, &mdtrt_id, &names);
    for name in &names {
        explain_none(ledger, &mdtrt_id, name, &lines, |facts| {
            facts.get("feedetl_sn").is_some_and(|sn| sn == name)
        })?;
    }
    Ok(Deed::Withdraw { mdtrt_id, lines })
}

/// Row ids of the live lines of a batch; of everything unsettled for `0000`.
pub(crate) fn batch_lines(ledger: &Ledger, mdtrt_id: &str, batch: &str) -> Vec<Name> {
    let of_batch = |held: &Held| match batch {
        ALL => held.row.status == "charged",
        _ => {
            !held.row.is_terminal()
                && held
                    .row
                    .facts
                    .get("chrg_bchno")
                    .is_some_and(|known| known == batch)
        }
    };
    ledger
        .rows_of_visit("fee-detail", mdtrt_id)
        .filter(|held| of_batch(held))
        .map(|held| held.row.id.clone())
        .collect()
}

/// Row ids of the live lines with these numbers; of everything unsettled for `0000`.
pub(crate) fn named_lines(ledger: &Ledger, mdtrt_id: &str, names: &BTreeSet<String>) -> Vec<Name> {
    if names.contains(ALL) {
        return batch_lines(ledger, mdtrt_id, ALL);
    }
    let named = |held: &Held| {
        held.row
            .facts
            .get("feedetl_sn")
            .is_some_and(|sn| names.contains(sn.as_str()))
    };
    ledger
        .rows_of_visit("fee-detail", mdtrt_id)
        .filter(|held| !held.row.is_terminal() && named(held))
        .map(|held| held.row.id.clone())
        .collect()
}

/// Where nothing is there to withdraw: was it withdrawn before, is it settled, was it never there?
/// `0000` on a visit without lines is no mistake: it has nothing to do.
fn explain_none(
    ledger: &Ledger,
    mdtrt_id: &str,
    name: &str,
    lines: &[Name],
    named: impl Fn(&Facts) -> bool,
) -> Result<(), Refusal> {
    let mut rows = ledger.rows_of_visit("fee-detail", mdtrt_id);
    if name == ALL {
        let settled = lines.is_empty() && rows.any(|held| held.row.status == "settled");
        return if settled {
            refuse(RefusalCode::Settled, "")
        } else {
            Ok(())
        };
    }
    let of_name: Vec<&Held> = rows.filter(|held| named(&held.row.facts)).collect();
    if of_name.is_empty() {
        return refuse(RefusalCode::NoVisit, format!("费用明细 {name}"));
    }
    let gone = of_name.iter().all(|held| held.row.is_terminal());
    if gone {
        refuse(RefusalCode::Undone, format!("费用明细 {name} 已撤销"))
    } else {
        Ok(())
    }
}
