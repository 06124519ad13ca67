//! 归类 · How an exchange ended, seen from the sender: ok, refused or unknown.
//!
//! Why so: the number alone means opposite things in different places, so an answer counts by where
//! it came from. Refused only if a business envelope says so, or a gateway did before execution; a
//! claimed success counts only with everything the interface promises. All else is unknown: then the
//! effect may be there or not. Called by `runner`. Not here: exchanges without any answer (`runner`),
//! masking of the peer's words (`mask`).

use std::collections::BTreeMap;

use crosswipe_domain::{InfNo, Money, Nature, Outcome};

use crate::catalogue::{Need, NodeKind, Shape, Transaction, catalogue};
use crate::json;
use crate::members::Members;
use crate::refusal::RefusalCode;
use crate::response::{Infcode, Output, Response};

/// Ids that an outcome keeps. Person numbers are not among them.
const IDS: [&str; 7] = [
    "mdtrt_id",
    "setl_id",
    "medins_setl_id",
    "sign_no",
    "trt_dcla_detl_sn",
    "file_qury_no",
    "ipt_otp_no",
];
/// Ids without which what a success created could not be undone.
const HANDLES: [&str; 4] = ["mdtrt_id", "setl_id", "sign_no", "trt_dcla_detl_sn"];
/// Error texts that real platforms write on success.
const FAIR_WORDS: [&str; 6] = ["success", "ok", "成功", "操作成功", "交易成功", "处理成功"];
/// Words about a connection, in small letters.
const OF_THE_WAY: [&str; 16] = [
    "timeout",
    "timed out",
    "time out",
    "超时",
    "socketexception",
    "ioexception",
    "connection reset",
    "connection refused",
    "connect failed",
    "broken pipe",
    "unexpected end",
    "bad gateway",
    "service unavailable",
    "网络异常",
    "通讯异常",
    "无应答",
];
/// What a refusal keeps of the peer's words.
const TEXT_MAX: usize = 400;

/// 已发 · What was sent, as far as the answer is measured by it.
#[derive(Clone, Copy, Debug)]
pub struct Sent<'a> {
    /// 交易编号
    pub infno: &'a InfNo,
    /// 发送方报文ID
    pub msgid: &'a str,
}

/// How an exchange ended that brought an HTTP status and a body.
pub fn classify(sent: &Sent<'_>, status: u16, body: &[u8]) -> Outcome {
    if !matches!(status, 200..=299 | 400..=499) {
        return unknown(format!("HTTP {status}"));
    }
    if status < 300 && is_file_of(sent.infno, body) {
        return Outcome::Ok {
            ids: BTreeMap::new(),
            amounts: BTreeMap::new(),
        };
    }
    let envelope = match json::open(body).and_then(|(text, _)| Members::parse(text)) {
        Ok(envelope) => envelope,
        Err(why) => return unknown(format!("HTTP {status}, unreadable answer: {why}")),
    };
    if envelope.text("infcode").is_none() {
        return gateway(status, &envelope);
    }
    match Response::of(envelope) {
        Ok(response) => business(sent, status, &response),
        Err(why) => unknown(format!("HTTP {status}, unreadable answer: {why}")),
    }
}

/// A file where the interface answers with one: a zip and no envelope.
fn is_file_of(infno: &InfNo, body: &[u8]) -> bool {
    let transaction = catalogue().transaction(infno);
    let of_file = transaction.is_some_and(|transaction| transaction.output.shape == Shape::File);
    of_file && (body.starts_with(b"PK\x03\x04") || body.starts_with(b"PK\x05\x06"))
}

/// A business envelope.
fn business(sent: &Sent<'_>, status: u16, response: &Response<'_>) -> Outcome {
    let text = response.err_msg.as_deref().unwrap_or_default();
    match &response.infcode {
        Infcode::Ok if status >= 300 => unknown(format!("HTTP {status} with infcode 0")),
        Infcode::Ok if !is_fair(text) => unknown("infcode 0 with an error text".to_owned()),
        Infcode::Ok => success(sent, response),
        Infcode::Failed(code) if !is_whole_number(code) => {
            unknown("infcode is no number".to_owned())
        }
        // A piece of software on the way that lost its connection has no receipt to show, and knows nothing.
        Infcode::Failed(_) if has_no_receipt(response) && speaks_of_the_way(text) => {
            unknown("infcode -1 without a receipt, about the way".to_owned())
        }
        Infcode::Failed(_) => match RefusalCode::of_err_msg(text) {
            Some(RefusalCode::Downstream) => unknown(RefusalCode::Downstream.code().to_owned()),
            code => refused(code.map_or("E-OTHER", RefusalCode::code), text),
        },
    }
}

/// Nothing by which a platform shows that it had the message.
fn has_no_receipt(response: &Response<'_>) -> bool {
    response.inf_refmsgid.is_none()
        && response.refmsg_time.is_none()
        && response.respond_time.is_none()
}

/// What libraries and middlewares write when the line behind them failed.
fn speaks_of_the_way(text: &str) -> bool {
    let text = text.to_lowercase();
    OF_THE_WAY.iter().any(|word| text.contains(word))
}

/// JSON without `infcode`: a gateway that refused before execution says so by a 4xx code.
fn gateway(status: u16, body: &Members<'_>) -> Outcome {
    let code = body.text("code").and_then(|code| code.parse::<u16>().ok());
    let text = ["message", "msg", "err_msg"]
        .into_iter()
        .find_map(|name| body.text(name))
        .unwrap_or_default();
    // 408 and 499 speak of time: what was behind the gateway may have gone on.
    let before_execution = |code: u16| (400..500).contains(&code) && code != 408 && code != 499;
    match code {
        Some(code) if before_execution(code) && (status < 300 || before_execution(status)) => {
            refused("E-GATEWAY", &text)
        }
        None if before_execution(status) => refused("E-GATEWAY", &text),
        _ => unknown(format!("HTTP {status}, no infcode")),
    }
}

/// A claimed success: it counts if everything that the interface promises is there.
fn success(sent: &Sent<'_>, response: &Response<'_>) -> Outcome {
    let transaction = catalogue().transaction(sent.infno);
    if let Some(missing) = transaction.and_then(|transaction| missing_part(transaction, response)) {
        return unknown(format!("infcode 0 without `{missing}`"));
    }
    let ids = ids_of(transaction, response);
    if creates(sent.infno) {
        let echoed = ids
            .get("medins_setl_id")
            .filter(|echoed| *echoed != sent.msgid);
        if echoed.is_some() {
            return unknown("the answer belongs to another message".to_owned());
        }
        if let Some(missing) = transaction.and_then(|transaction| missing_handle(transaction, &ids))
        {
            return unknown(format!("infcode 0 without `{missing}`"));
        }
    }
    match amounts_of(response) {
        Ok(amounts) => Outcome::Ok { ids, amounts },
        Err(field) => unknown(format!("infcode 0 with an unreadable `{field}`")),
    }
}

/// The first required node that is not there.
pub(crate) fn missing_part(
    transaction: &Transaction,
    response: &Response<'_>,
) -> Option<&'static str> {
    let Output::Object(members) = &response.output else {
        return match transaction.output.shape {
            Shape::None | Shape::File => None,
            Shape::Array if matches!(response.output, Output::List(_)) => None,
            Shape::Array | Shape::Object => Some("output"),
        };
    };
    if transaction.output.shape != Shape::Object {
        return None;
    }
    let required = transaction.output.nodes.iter().filter(|node| node.required);
    required
        .filter(|node| !holds(members, node.id, node.kind))
        .map(|node| {
            if node.id.is_empty() {
                "output"
            } else {
                node.id
            }
        })
        .next()
}

fn holds(members: &Members<'_>, id: &str, kind: NodeKind) -> bool {
    match kind {
        NodeKind::Flat => !members.is_empty(),
        NodeKind::List => members
            .raw(id)
            .is_some_and(|raw| raw.starts_with(['{', '[', '"'])),
        NodeKind::Single => members.object(id).is_some(),
    }
}

/// The first id that the interface promises, that an undo would need, and that is not there.
fn missing_handle(
    transaction: &Transaction,
    ids: &BTreeMap<String, String>,
) -> Option<&'static str> {
    let promised = |name: &str| {
        let singles = transaction
            .output
            .nodes
            .iter()
            .filter(|node| node.kind == NodeKind::Single);
        singles
            .flat_map(|node| &node.fields)
            .any(|field| field.name == name && field.need == Need::Yes)
    };
    HANDLES
        .into_iter()
        .find(|name| promised(name) && !ids.contains_key(*name))
}

/// True for what an answer must be tied to the message for: reads speak of other messages.
fn creates(infno: &InfNo) -> bool {
    matches!(
        infno.nature(),
        Nature::Session | Nature::Forward | Nature::Undo
    )
}

/// Ids of the single nodes and of flat members; rows of a list are many things and give none.
fn ids_of(transaction: Option<&Transaction>, response: &Response<'_>) -> BTreeMap<String, String> {
    let mut ids = BTreeMap::new();
    let nodes = transaction.map_or(&[][..], |transaction| &transaction.output.nodes);
    let singles = nodes
        .iter()
        .filter(|node| node.kind == NodeKind::Single)
        .filter_map(|node| response.node(node.id));
    for node in singles.chain(response.members().cloned()) {
        for name in IDS {
            if let Some(id) = node.text(name) {
                ids.entry(name.to_owned())
                    .or_insert_with(|| id.into_owned());
            }
        }
    }
    ids
}

/// Amounts of `setlinfo` by field name, and one `fund:<code>` per fund; lines of one fund are added up. Every
/// amount that the interface knows anywhere is read, since regions give one answer the fields of another.
pub(crate) fn amounts_of(response: &Response<'_>) -> Result<BTreeMap<String, Money>, String> {
    let mut amounts = BTreeMap::new();
    let Some(setlinfo) = response.node("setlinfo") else {
        return Ok(amounts);
    };
    for name in catalogue().amount_names() {
        if let Some(amount) = setlinfo.money(name).map_err(|bad| bad.field)? {
            amounts.insert(name.to_owned(), amount);
        }
    }
    for line in response.nodes("setldetail") {
        let Some(fund) = line.text("fund_pay_type") else {
            continue;
        };
        let amount = line
            .money("fund_payamt")
            .map_err(|bad| bad.field)?
            .unwrap_or_default();
        let sum = amounts.entry(format!("fund:{fund}")).or_insert(Money::ZERO);
        *sum = Money::from_fen(sum.fen().checked_add(amount.fen()).ok_or("fund_payamt")?);
    }
    Ok(amounts)
}

pub(crate) fn is_fair(err_msg: &str) -> bool {
    err_msg.is_empty()
        || FAIR_WORDS
            .iter()
            .any(|word| err_msg.eq_ignore_ascii_case(word))
}

fn is_whole_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

fn refused(code: &str, text: &str) -> Outcome {
    Outcome::Refused {
        code: code.to_owned(),
        text: text.chars().take(TEXT_MAX).collect(),
    }
}

fn unknown(why: String) -> Outcome {
    Outcome::Unknown { why }
}
