//! 应答 · What is worth saying of an answer: form of the envelope, nodes, times, and amounts that add up.
//!
//! Measured by the same tables as a message, and weighed as the mode says. Whose fault it is, is not decided here: at
//! the door it is ours, in a recording a real platform's.

use crosswipe_domain::{AnswerForm, InfNo, Outcome};

use super::{Conform, Look};
use crate::catalogue::{FieldSpec, catalogue};
use crate::check::{Found, path};
use crate::classify::{amounts_of, is_fair, missing_part};
use crate::finding::{FieldPath, Finding, Said};
use crate::identities::{Broken, check_settlement, check_undo};
use crate::mask::without_strangers;
use crate::regional::national_amounts;
use crate::response::{Infcode, Response};

const RECEIPT_LENGTH: usize = 30;

impl Conform {
    pub(super) fn answer(&self, look: &Look<'_, '_>) -> Vec<Finding> {
        let mut found = Found::new(self.mode);
        if let Some(response) = look.response {
            envelope(response, &look.profile.answers, &mut found);
            if response.infcode == Infcode::Ok {
                success(Some(&look.request.infno), response, &mut found);
                self.amounts(look, response, &mut found);
            }
        }
        found.findings
    }

    /// I1 to I5 of a settlement, and every amount of an undo the negative of what it undoes.
    fn amounts(&self, look: &Look<'_, '_>, response: &Response<'_>, found: &mut Found) {
        let Ok(mut amounts) = amounts_of(response) else {
            return;
        };
        national_amounts(&look.profile.answers, &mut amounts);
        if amounts.is_empty() {
            return;
        }
        let undone = matches!(look.base(), "2208" | "2305" | "2103")
            .then(|| self.settled.get(&look.text("setl_id")?))
            .flatten();
        let (code, broken) = match undone {
            Some(original) if matches!(look.outcome, Outcome::Ok { .. }) => (
                "cancel-not-negative",
                check_undo(&original.amounts, &amounts, None),
            ),
            _ => ("amounts-differ", check_settlement(&amounts)),
        };
        broken_amounts(Some(&look.request.infno), code, broken, found);
    }
}

/// An answer whose message is not at hand.
pub(super) fn alone(
    infno: Option<&InfNo>,
    response: &Response<'_>,
    form: &AnswerForm,
    found: &mut Found,
) {
    envelope(response, form, found);
    if response.infcode != Infcode::Ok {
        return;
    }
    success(infno, response, found);
    if let Ok(mut amounts) = amounts_of(response)
        && !amounts.is_empty()
    {
        national_amounts(form, &mut amounts);
        broken_amounts(infno, "amounts-differ", check_settlement(&amounts), found);
    }
}

fn broken_amounts(
    infno: Option<&InfNo>,
    code: &'static str,
    broken: Vec<Broken>,
    found: &mut Found,
) {
    for Broken {
        identity,
        what,
        expected,
        actual,
    } in broken
    {
        let at = path("setlinfo", None, &what, name_of(infno, &what));
        let expected = format!("{expected} ({identity})");
        found.add(code, at, expected, actual.to_string());
    }
}

fn name_of(infno: Option<&InfNo>, field: &str) -> &'static str {
    let spec = infno.and_then(|infno| catalogue().field(infno, "setlinfo", field));
    spec.map_or("", |spec: &FieldSpec| spec.zh)
}

fn at(name: &str) -> FieldPath {
    let spec = catalogue().response.iter().find(|field| field.name == name);
    path("", None, name, spec.map_or("", |spec| spec.zh))
}

fn envelope(response: &Response<'_>, form: &AnswerForm, found: &mut Found) {
    let code = response.envelope.raw("infcode").unwrap_or_default();
    let kind = |text: bool| match text {
        true => Said::words("文本", "text"),
        false => Said::words("数", "number"),
    };
    let as_text = code.starts_with('"');
    if as_text != form.infcode_as_text {
        let (expected, actual) = (kind(form.infcode_as_text), kind(as_text));
        found.add("infcode-type", at("infcode"), expected, actual);
    }
    let cainfo = response.envelope.text("cainfo");
    if form.signed && cainfo.is_none_or(|cainfo| cainfo.trim().is_empty()) {
        let expected = Said::words("平台的签名", "the platform's signature");
        found.add("answer-signature", at("cainfo"), expected, "");
    }
    let receipt = response.inf_refmsgid.as_deref().unwrap_or_default();
    let length = receipt.chars().count();
    if length != RECEIPT_LENGTH {
        let expected = Said::length(RECEIPT_LENGTH);
        found.add(
            "receipt-length",
            at("inf_refmsgid"),
            expected,
            Said::length(length),
        );
    }
    // `yyyyMMddHHmmssSSS`: text of one length sorts like the instants that it names.
    let time = |text: &Option<std::borrow::Cow<'_, str>>| {
        let text = text.as_deref()?.trim();
        let whole = text.len() == 17 && text.bytes().all(|b| b.is_ascii_digit());
        whole.then(|| text.to_owned())
    };
    if let (Some(came), Some(answered)) =
        (time(&response.refmsg_time), time(&response.respond_time))
        && answered < came
    {
        let expected = format!(">= {came}");
        found.add("times-order", at("respond_time"), expected, answered);
    }
}

fn success(infno: Option<&InfNo>, response: &Response<'_>, found: &mut Found) {
    let words = response.err_msg.as_deref().unwrap_or_default();
    if !is_fair(words) {
        let at = at("err_msg");
        found.add(
            "success-with-error",
            at,
            Said::words("没有错误信息", "no error text"),
            without_strangers(words).as_ref(),
        );
    }
    let transaction = infno.and_then(|infno| catalogue().transaction(infno));
    if let Some(missing) = transaction.and_then(|one| missing_part(one, response)) {
        let at = path(missing, None, "", "");
        found.add(
            "success-without-node",
            at,
            Said::words("有这个节点", "the node"),
            "",
        );
    }
}
