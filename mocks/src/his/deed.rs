//! 读出业务动作 · What a HIS reads out of its own message and the platform's answer.
//!
//! A HIS gets no hop record: ids, split and amounts come from the answer's nodes, the rest from what it
//! sent. `None` means that the answer lacks what would have to be booked.

use std::collections::BTreeSet;

use crosswipe_domain::{
    AdmDivision, AnswerForm, Business, Cause, Channel, FenceState, InfNo, Moment, Money, Nature,
};
use crosswipe_wire::{Members, RefusalCode, Request, Response};

use crate::answer::{fact, money};
use crate::deed::{AMOUNT_FIELDS, Bill, Deed, Hop, Line, PersonFacts, Sale, Settled, Unbill};
use crate::ledger::{Amounts, Facts, Ledger};
use crate::region::{
    ALL, batch_lines, confirmed_line, line_id, mapping, mappings, named_lines, settlement_facts,
    voucher_fact,
};
use crate::settlement::{Split, Sums};

/// Lines of `setldetail` that are no fund: personal accounts and what the hospital advances.
const NO_FUND: [&str; 2] = ["3102", "999996"];

pub(super) fn read(
    ledger: &Ledger,
    cause: &Cause,
    treatment: AdmDivision,
    request: &Request<'_>,
    response: &Response<'_>,
    now: Moment,
    form: &AnswerForm,
) -> Option<Hop> {
    let infno = InfNo::new(&cause.infno);
    let nodes = [
        "data",
        "mdtrtinfo",
        "feedetail",
        "adminfo",
        "dscginfo",
        "refmedin",
        "druginfo",
    ];
    let node = nodes.into_iter().find_map(|id| request.node(id))?;
    let text = |name: &str| node.text(name).map(std::borrow::Cow::into_owned);
    let visit = text("mdtrt_id").unwrap_or_default();
    let deed = match infno.base() {
        "2201" => registered(&node, response.node("data")?.text("mdtrt_id")?.into_owned())?,
        "2401" => registered(
            &node,
            response.node("result")?.text("mdtrt_id")?.into_owned(),
        )?,
        "2203" | "2403" => Deed::Describe {
            mdtrt_id: visit,
            facts: facts(&node, &["med_type", "dise_codg"]),
        },
        "2204" | "2301" => charged(ledger, visit, request, response)?,
        "2205" => Deed::Withdraw {
            lines: batch_lines(ledger, &visit, &text("chrg_bchno")?),
            mdtrt_id: visit,
        },
        "2302" => {
            let lines = named_lines(ledger, &visit, &line_numbers(request));
            Deed::Withdraw {
                lines,
                mdtrt_id: visit,
            }
        }
        "2402" => Deed::Discharge {
            mdtrt_id: visit,
            facts: facts(&node, &["endtime"]),
        },
        "2405" => Deed::Readmit { mdtrt_id: visit },
        "2202" | "2404" => Deed::Cancel { mdtrt_id: visit },
        "2207" | "2304" => settled(ledger, &infno, visit, &node, (response, form), now)?,
        "2102" => sold(ledger, &infno, &node, request, (response, form), now)?,
        "2208" | "2305" | "2103" => {
            unsettled(ledger, visit, text("setl_id")?, (response, form), now)?
        }
        "2501" | "2503" | "2505" => Deed::File {
            filing: response
                .node("result")?
                .text("trt_dcla_detl_sn")?
                .into_owned(),
            facts: facts(&node, &["begndate", "enddate"]),
        },
        "2502" | "2504" | "2506" => Deed::Unfile {
            filing: text("trt_dcla_detl_sn")?,
        },
        "3261" => {
            let details = request.nodes("detail");
            let agreed = details.iter();
            let agreed = agreed.filter(|line| line.text("cnfm_flag").as_deref() != Some("0"));
            let lines = agreed.map(|line| confirmed_line(ledger, &node, line).ok());
            Deed::Confirm {
                lines: lines.collect::<Option<_>>()?,
            }
        }
        "3262" => Deed::Unconfirm {
            otransid: text("otransid")?,
        },
        "3301" => Deed::Map {
            rows: mappings(ledger, &cause.origin, &request.nodes("data")),
        },
        "3302" => Deed::Unmap {
            mapping: mapping(ledger, &cause.origin, &node)?.row.id.clone(),
        },
        "2601" => Deed::Reverse {
            omsgid: text("omsgid")?,
            oinfno: text("oinfno")?,
        },
        _ => return None,
    };
    let insured = insured(ledger, &deed)
        .or_else(|| AdmDivision::parse(request.insuplc_admdvs.as_deref()?).ok())
        .unwrap_or(treatment);
    Some(Hop {
        cause: cause.clone(),
        person: text("psn_no").unwrap_or_default(),
        insured,
        treatment,
        channel: Channel::of_opter_type(&request.opter_type),
        digest: None,
        deed,
    })
}

/// Whether an undo takes back all that a message has booked: its batch, every line of it, its discharge.
pub(super) fn undoes(undo: &Request<'_>, done: &Request<'_>) -> bool {
    let all = |id: &str, name: &str| -> BTreeSet<String> {
        let nodes = done.nodes(id);
        let texts = nodes.iter().filter_map(|node| node.text(name));
        texts.map(std::borrow::Cow::into_owned).collect()
    };
    let named =
        |name: &str| -> Option<String> { Some(undo.node("data")?.text(name)?.into_owned()) };
    let of_visit = |id: &str| all(id, "mdtrt_id").iter().eq(&named("mdtrt_id"));
    match (undo.infno.base(), done.infno.base()) {
        ("2205", "2204") => {
            let batch = named("chrg_bchno");
            let is_all = batch.as_deref() == Some(ALL);
            of_visit("feedetail") && (is_all || all("feedetail", "chrg_bchno").iter().eq(&batch))
        }
        ("2302", "2301") => {
            let lines = line_numbers(undo);
            of_visit("feedetail")
                && (lines.contains(ALL) || all("feedetail", "feedetl_sn").is_subset(&lines))
        }
        ("2405", "2402") => of_visit("dscginfo"),
        _ => false,
    }
}

/// What an undo is about, to know a second attempt at the same.
pub(super) fn target(request: &Request<'_>) -> Option<String> {
    if request.infno.nature() != Nature::Undo {
        return None;
    }
    let node = request.node("data")?;
    let named = ["mdtrt_id", "setl_id", "chrg_bchno", "omsgid"]
        .map(|name| node.text(name).unwrap_or_default().into_owned());
    Some(format!("{} {}", request.infno.base(), named.join(" ")))
}

/// The undo that a refused message asked for, if the refusal says that it is done already and it still stands here.
pub(super) fn done_already(
    ledger: &Ledger,
    cause: &Cause,
    treatment: AdmDivision,
    request: &Request<'_>,
    code: RefusalCode,
) -> Option<Hop> {
    let infno = InfNo::new(&cause.infno);
    let node = request.node("data")?;
    let text = |name: &str| node.text(name).map(std::borrow::Cow::into_owned);
    let visit = text("mdtrt_id");
    let open = |id: &str| {
        ledger
            .row("visit", id)
            .filter(|held| !held.row.is_terminal())
    };
    let deed = match (infno.base(), code) {
        ("2208" | "2305" | "2103", RefusalCode::Undone) => {
            let held = ledger
                .row("settlement", &text("setl_id")?)
                .filter(|held| held.row.status == "settled")?;
            Deed::Reverse {
                omsgid: held.row.cause.msgid.clone(),
                oinfno: held.row.cause.infno.clone(),
            }
        }
        ("2601", RefusalCode::Undone) => {
            let omsgid = text("omsgid")?;
            let known = ledger.original(&cause.origin, &omsgid, &text("oinfno")?);
            known
                .one()
                .filter(|known| known.state == FenceState::Applied)?;
            Deed::Reverse {
                omsgid,
                oinfno: text("oinfno")?,
            }
        }
        ("2205" | "2302", RefusalCode::Undone) => {
            let visit = visit?;
            let lines = match infno.base() {
                "2205" => batch_lines(ledger, &visit, &text("chrg_bchno")?),
                _ => named_lines(ledger, &visit, &line_numbers(request)),
            };
            if lines.is_empty() {
                return None;
            }
            Deed::Withdraw {
                lines,
                mdtrt_id: visit,
            }
        }
        ("2202" | "2404", RefusalCode::NoVisit) => Deed::Cancel {
            mdtrt_id: open(&visit?)?.row.id.to_string(),
        },
        ("2405", RefusalCode::NotDisch) => {
            let held = open(&visit?).filter(|held| held.row.status == "discharged")?;
            Deed::Readmit {
                mdtrt_id: held.row.id.to_string(),
            }
        }
        _ => return None,
    };
    Some(Hop {
        cause: cause.clone(),
        person: text("psn_no").unwrap_or_default(),
        insured: AdmDivision::parse(request.insuplc_admdvs.as_deref().unwrap_or_default())
            .unwrap_or(treatment),
        treatment,
        channel: Channel::of_opter_type(&request.opter_type),
        digest: None,
        deed,
    })
}

fn line_numbers(request: &Request<'_>) -> BTreeSet<String> {
    request
        .nodes("data")
        .iter()
        .filter_map(|node| Some(node.text("feedetl_sn")?.into_owned()))
        .collect()
}

/// 参保地 of the visit, as it was registered.
fn insured(ledger: &Ledger, deed: &Deed) -> Option<AdmDivision> {
    let mdtrt_id = match deed {
        Deed::Settle(bill) => &bill.mdtrt_id,
        Deed::Unsettle(unbill) => &unbill.mdtrt_id,
        _ => return None,
    };
    AdmDivision::parse(
        ledger
            .row("visit", mdtrt_id)?
            .row
            .facts
            .get("insuplc_admdvs")?,
    )
    .ok()
}

fn facts(node: &Members<'_>, names: &[&str]) -> Facts {
    names
        .iter()
        .filter_map(|name| Some((*name, node.text(name)?.into_owned())))
        .chain(voucher_fact(node))
        .collect()
}

fn registered(node: &Members<'_>, mdtrt_id: String) -> Option<Deed> {
    let insutype = node.text("insutype")?.into_owned();
    Some(Deed::Register {
        mdtrt_id,
        insutype,
        facts: facts(
            node,
            &[
                "begntime",
                "mdtrt_cert_type",
                "med_type",
                "ipt_otp_no",
                "ipt_no",
                "psn_name",
            ],
        ),
    })
}

fn charged(
    ledger: &Ledger,
    mdtrt_id: String,
    request: &Request<'_>,
    response: &Response<'_>,
) -> Option<Deed> {
    let lines = split_lines(
        ledger,
        &mdtrt_id,
        &request.nodes("feedetail"),
        &response.nodes("result"),
    )?;
    Some(Deed::Charge { mdtrt_id, lines })
}

/// 购药 · Visit, lines and settlement of one call.
fn sold(
    ledger: &Ledger,
    infno: &InfNo,
    node: &Members<'_>,
    request: &Request<'_>,
    (response, form): (&Response<'_>, &AnswerForm),
    now: Moment,
) -> Option<Deed> {
    let mdtrt_id = response.node("setlinfo")?.text("mdtrt_id")?.into_owned();
    let lines = split_lines(
        ledger,
        &mdtrt_id,
        &request.nodes("drugdetail"),
        &response.nodes("detlcutinfo"),
    )?;
    let visit = facts(node, &["begntime", "mdtrt_cert_type", "med_type"]);
    let mut deed = settled(ledger, infno, mdtrt_id, node, (response, form), now)?;
    if let Deed::Settle(bill) = &mut deed {
        bill.facts = settlement_facts(node, &visit, &now.wire());
        bill.sale = Some(Sale { visit, lines });
    }
    Some(deed)
}

/// What was sent, as it was split.
fn split_lines(
    ledger: &Ledger,
    mdtrt_id: &str,
    sent: &[Members<'_>],
    answered: &[Members<'_>],
) -> Option<Vec<Line>> {
    let mut lines = Vec::new();
    for node in answered {
        let sn = node.text("feedetl_sn")?;
        let own = sent
            .iter()
            .find(|line| line.text("feedetl_sn").as_deref() == Some(&sn))?;
        let amount = |name: &str| node.money(name).ok().map(Option::unwrap_or_default);
        let split = Split {
            amount: amount("det_item_fee_sumamt")?,
            full: amount("fulamt_ownpay_amt")?,
            over: amount("overlmt_amt")?,
            upfront: amount("preselfpay_amt")?,
            scope: amount("inscp_scp_amt")?,
        };
        let facts = facts(
            own,
            &[
                "feedetl_sn",
                "chrg_bchno",
                "init_feedetl_sn",
                "med_list_codg",
                "cnt",
                "pric",
            ],
        );
        lines.push(Line {
            id: line_id(ledger, mdtrt_id, &sn).into(),
            facts,
            split,
        });
    }
    Some(lines)
}

/// Amounts of `setlinfo`, fund lines of `setldetail`, and the balance.
fn amounts(
    info: &Members<'_>,
    response: &Response<'_>,
    form: &AnswerForm,
) -> Option<(Amounts, Money)> {
    let mut amounts = Amounts::new();
    for name in AMOUNT_FIELDS {
        // 2103 has other names for two of them.
        let also = match name {
            "psn_part_amt" => "psn_pay",
            "psn_cash_pay" => "cash_payamt",
            name => name,
        };
        let amount = info.money(name).ok()?.or(info.money(also).ok()?);
        amounts.insert(name, amount.unwrap_or_default().fen());
    }
    for line in response.nodes("setldetail") {
        let fund = line.text("fund_pay_type")?;
        if !NO_FUND.iter().any(|prefix| fund.starts_with(prefix)) {
            amounts.insert(
                format!("fund:{fund}"),
                line.money("fund_payamt").ok()??.fen(),
            );
        }
    }
    let part = |name: &str| amounts.get(name).copied().unwrap_or(0);
    let account = part("acct_pay") + part("acct_mulaid_pay");
    let borne = account + part("psn_cash_pay");
    if form.account_in_fund {
        *amounts.or_default("fund_pay_sumamt") -= account;
    }
    // Where an undo leaves the person's part out, it is what account and cash came to.
    if form.undo_without_parts && part_is_null(info) {
        amounts.insert("psn_part_amt", borne);
    }
    Some((amounts, info.money("balc").ok()?.unwrap_or_default()))
}

fn part_is_null(info: &Members<'_>) -> bool {
    ["psn_part_amt", "psn_pay"]
        .iter()
        .all(|name| info.text(name).is_none())
}

fn settled(
    ledger: &Ledger,
    infno: &InfNo,
    mdtrt_id: String,
    node: &Members<'_>,
    (response, form): (&Response<'_>, &AnswerForm),
    now: Moment,
) -> Option<Deed> {
    let info = response.node("setlinfo")?;
    let (amounts, balance) = amounts(&info, response, form)?;
    let business = infno.business()?;
    let batch = node
        .text("chrg_bchno")
        .filter(|_| business != Business::Inpatient);
    let unsettled = ledger
        .rows_of_visit("fee-detail", &mdtrt_id)
        .map(|held| &held.row)
        .filter(|row| row.status == "charged");
    let of_batch = |facts: &Facts| {
        batch
            .as_deref()
            .is_none_or(|batch| fact(facts, "chrg_bchno") == batch)
    };
    let lines = unsettled
        .filter(|row| of_batch(&row.facts))
        .map(|row| row.id.clone())
        .collect();
    let visit = ledger
        .row("visit", &mdtrt_id)
        .map(|held| held.row.facts.clone())
        .unwrap_or_default();
    let sums = Sums {
        amount: money(&amounts, "medfee_sumamt"),
        ..Sums::default()
    };
    let person = PersonFacts {
        name: String::new(),
        certno: String::new(),
        certificate: String::new(),
        gender: String::new(),
        birthday: String::new(),
        age: 0,
        kind: String::new(),
    };
    let settled = Settled {
        amounts,
        balance: balance.fen(),
        accumulators: Amounts::new(),
        held: 0,
        person,
    };
    Some(Deed::Settle(Box::new(Bill {
        setl_id: info.text("setl_id")?.into_owned(),
        insutype: node.text("insutype")?.into_owned(),
        lines,
        sums,
        tier: 0,
        business,
        account_used: false,
        disease: None,
        trial: false,
        facts: settlement_facts(node, &visit, &now.wire()),
        dispensed: Default::default(),
        sale: None,
        settled: Some(settled),
        mdtrt_id,
    })))
}

fn unsettled(
    ledger: &Ledger,
    mdtrt_id: String,
    setl_id: String,
    (response, form): (&Response<'_>, &AnswerForm),
    now: Moment,
) -> Option<Deed> {
    let info = response.node("setlinfo")?;
    let (amounts, balance) = amounts(&info, response, form)?;
    let mut facts = ledger
        .row("settlement", &setl_id)
        .map(|held| held.row.facts.clone())
        .unwrap_or_default();
    facts.insert("setl_time", now.wire());
    let mirror = info.text("setl_id")?.into_owned();
    Some(Deed::Unsettle(Box::new(Unbill {
        mdtrt_id,
        setl_id,
        mirror,
        amounts,
        balance: balance.fen(),
        facts,
    })))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn message(infno: &str, input: &str) -> String {
        format!(
            r#"{{"infno":"{infno}","msgid":"H33010000001202603021200000001","mdtrtarea_admvs":"330100","insuplc_admdvs":"330200",
            "recer_sys_code":"X","dev_no":"","dev_safe_info":"","cainfo":"","signtype":"","infver":"V1.0","opter_type":"1",
            "opter":"1","opter_name":"n","inf_time":"2026-03-02 12:00:00","fixmedins_code":"H33010000001",
            "fixmedins_name":"h","sign_no":"1","input":{input}}}"#
        )
    }

    const OF_A: &str = r#"{"feedetail":[{"mdtrt_id":"V","chrg_bchno":"A","feedetl_sn":"1"},{"mdtrt_id":"V","chrg_bchno":"A","feedetl_sn":"2"}]}"#;
    const MIXED: &str = r#"{"feedetail":[{"mdtrt_id":"V","chrg_bchno":"A","feedetl_sn":"1"},{"mdtrt_id":"V","chrg_bchno":"B","feedetl_sn":"2"}]}"#;

    #[rstest]
    #[case::its_batch(
        "2205",
        r#"{"data":{"mdtrt_id":"V","chrg_bchno":"A"}}"#,
        "2204",
        OF_A,
        true
    )]
    #[case::all_batches(
        "2205",
        r#"{"data":{"mdtrt_id":"V","chrg_bchno":"0000"}}"#,
        "2204",
        MIXED,
        true
    )]
    #[case::another_batch(
        "2205",
        r#"{"data":{"mdtrt_id":"V","chrg_bchno":"B"}}"#,
        "2204",
        OF_A,
        false
    )]
    #[case::a_part_of_it(
        "2205",
        r#"{"data":{"mdtrt_id":"V","chrg_bchno":"A"}}"#,
        "2204",
        MIXED,
        false
    )]
    #[case::another_visit(
        "2205",
        r#"{"data":{"mdtrt_id":"W","chrg_bchno":"A"}}"#,
        "2204",
        OF_A,
        false
    )]
    #[case::no_visit(
        "2205",
        r#"{"data":{"chrg_bchno":"A"}}"#,
        "2204",
        r#"{"feedetail":[]}"#,
        false
    )]
    #[case::each_line(
        "2302",
        r#"{"data":[{"mdtrt_id":"V","feedetl_sn":"1"},{"mdtrt_id":"V","feedetl_sn":"2"}]}"#,
        "2301",
        OF_A,
        true
    )]
    #[case::one_line(
        "2302",
        r#"{"data":[{"mdtrt_id":"V","feedetl_sn":"1"}]}"#,
        "2301",
        OF_A,
        false
    )]
    #[case::the_discharge(
        "2405",
        r#"{"data":{"mdtrt_id":"V"}}"#,
        "2402",
        r#"{"dscginfo":{"mdtrt_id":"V"}}"#,
        true
    )]
    #[case::of_another_family(
        "2205",
        r#"{"data":{"mdtrt_id":"V","chrg_bchno":"A"}}"#,
        "2301",
        OF_A,
        false
    )]
    fn an_undo_takes_back_what_it_names_whole(
        #[case] undo: &str,
        #[case] names: &str,
        #[case] done: &str,
        #[case] input: &str,
        #[case] expected: bool,
    ) {
        let (undo, done) = (message(undo, names), message(done, input));
        let (undo, done) = (
            Request::parse(undo.as_bytes()).unwrap(),
            Request::parse(done.as_bytes()).unwrap(),
        );
        assert_eq!(undoes(&undo, &done), expected);
    }
}
