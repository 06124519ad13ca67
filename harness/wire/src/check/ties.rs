//! 字段互证 · What ties fields of one message to each other: one person, an undo that names what it undoes.
//!
//! Why here: the tables measure each field alone. What these find is in the message itself, so that recorded traffic
//! shows it as well as live one. Not here: what earlier messages said (`conform`).

use crosswipe_domain::{AdmDivision, Day, InfNo, Profile};

use super::value::hidden;
use super::{Found, path};
use crate::catalogue::{Transaction, catalogue};
use crate::finding::Said;
use crate::members::Members;
use crate::request::Request;

/// Ids by which an undo names what it undoes.
const IDS: [&str; 9] = [
    "mdtrt_id",
    "setl_id",
    "omsgid",
    "oinfno",
    "chrg_bchno",
    "feedetl_sn",
    "ipt_otp_no",
    "trt_dcla_detl_sn",
    "fixmedins_hilist_id",
];
/// Messages of these groups speak of one person, whatever many nodes they have.
const OF_ONE_PERSON: [&str; 4] = ["outpatient", "inpatient", "pharmacy", "registration"];
/// Shortest hex or Base64 text that could hold a signature or a sealed PIN.
const SIGNATURE_MIN: usize = 32;

pub(super) fn check(
    request: &Request<'_>,
    transaction: &Transaction,
    profile: &Profile,
    found: &mut Found,
) {
    if undoes(transaction) {
        name_empty_ids(found);
    }
    if OF_ONE_PERSON.contains(&transaction.group) {
        check_person(request, transaction, found);
    }
    match transaction.infno {
        "2601" => check_reversible(request, profile, found),
        "3201" => check_period(request, found),
        _ => {}
    }
    check_cainfo(request, found);
    check_pin(request, transaction, profile, found);
}

/// True for 2601 and whatever is the undo of another transaction; 9002 takes back no business.
fn undoes(transaction: &Transaction) -> bool {
    let named = |other: &Transaction| other.undo_by.contains(&transaction.infno);
    transaction.group != "session"
        && (transaction.infno == "2601" || catalogue().transactions().any(named))
}

/// An undo without the id that it undoes by is worse than a field left empty: it may hit something else.
fn name_empty_ids(found: &mut Found) {
    for finding in &mut found.findings {
        let is_id = IDS.contains(&finding.path.field.as_str());
        if finding.code == "mandatory-missing" && is_id && !finding.path.node.is_empty() {
            finding.code = "undo-id-empty";
        }
    }
}

fn check_person(request: &Request<'_>, transaction: &Transaction, found: &mut Found) {
    let elements = transaction.input.iter().flat_map(|node| {
        let elements = request.nodes(node.id).into_iter().enumerate();
        elements.map(move |(index, element)| (node.id, index, element))
    });
    let mut first: Option<String> = None;
    for (node, index, element) in elements {
        let Some(person) = element.text("psn_no") else {
            continue;
        };
        match &first {
            None => first = Some(person.into_owned()),
            Some(first) if *first == person => {}
            Some(_) => {
                let index = (index > 0).then_some(index);
                let at = path(node, index, "psn_no", "人员编号");
                found.add(
                    "psn-no-differs",
                    at,
                    Said::words("同一个人", "one person"),
                    Said::words("另一个人", "another person"),
                );
                return;
            }
        }
    }
}

fn data<'a>(request: &Request<'a>) -> Option<Members<'a>> {
    request.node("data")
}

fn check_reversible(request: &Request<'_>, profile: &Profile, found: &mut Found) {
    let Some(named) = data(request).and_then(|data| Some(data.text("oinfno")?.into_owned())) else {
        return;
    };
    if !profile.reverses(&InfNo::new(&named)) {
        let names: Vec<&str> = profile.reversible.iter().map(InfNo::as_str).collect();
        let at = path("data", None, "oinfno", "原交易编号");
        found.add("reversal-not-allowed", at, names.join(" "), named);
    }
}

/// Bounds of the period that is reconciled.
const PERIOD: [&str; 2] = ["stmt_begndate", "stmt_enddate"];

fn check_period(request: &Request<'_>, found: &mut Found) {
    for finding in &mut found.findings {
        let is_bound = PERIOD.contains(&finding.path.field.as_str());
        if is_bound && matches!(finding.code, "date-form" | "date-unreadable") {
            finding.code = "period-form";
        }
    }
    let Some(data) = data(request) else { return };
    let day = |name: &str| Day::parse(&data.text(name)?).ok();
    if let [Some(begin), Some(end)] = PERIOD.map(day)
        && begin > end
    {
        let at = path("data", None, "stmt_enddate", "对账结束日期");
        let expected = format!(">= {begin}");
        found.add("period-form", at, expected, end.to_string());
    }
}

/// A local person's settlement without a PIN, where the region wants one.
fn check_pin(
    request: &Request<'_>,
    transaction: &Transaction,
    profile: &Profile,
    found: &mut Found,
) {
    let place = |code: Option<&str>| AdmDivision::parse(code?).ok();
    let insured = place(request.insuplc_admdvs.as_deref());
    let Some(treatment) = place(Some(&request.mdtrtarea_admvs)) else {
        return;
    };
    let empty = request
        .cainfo
        .as_deref()
        .is_none_or(|cainfo| cainfo.trim().is_empty());
    if empty
        && profile
            .envelope
            .wants_pin(transaction.infno, treatment, insured)
    {
        let at = path("", None, "cainfo", "数字签名信息");
        let expected = Said::words("读卡器加密的卡密码", "the card's PIN, sealed by the reader");
        found.add("pin-missing", at, expected, "");
    }
}

/// What stands in `cainfo` must at least have the form of a signature of a kind that is named: no key has been lodged
/// here, so that more cannot be said of one.
fn check_cainfo(request: &Request<'_>, found: &mut Found) {
    let Some(cainfo) = request.cainfo.as_deref() else {
        return;
    };
    let formed = cainfo.len() >= SIGNATURE_MIN
        && cainfo
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b'-' | b'_'));
    if !formed {
        let at = path("", None, "cainfo", "数字签名信息");
        let expected = Said::words("一段签名", "a signature");
        found.add("cainfo-unverifiable", at, expected, hidden(cainfo));
    }
}
