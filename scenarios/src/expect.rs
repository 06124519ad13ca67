//! 预期 · Reads what a step is expected to give.
//!
//! `{outcome: ok, setlinfo.psn_cash_pay: {le: 200.00}}`: every key that is not `outcome`, `code` or
//! `reason` is a field of the answer. Called by `steps`.

use crosswipe_domain::Money;

use crate::codes;
use crate::fields::Fields;
use crate::node::{Node, Value};
use crate::problem::{Problems, Said};
use crate::words;
use crate::{Expect, Expected, FieldExpectation, Op};

const REASONS: [(&str, &str); 5] = [
    ("window", "window"),
    ("persona", "persona"),
    ("business", "business"),
    ("institution", "institution"),
    ("margin", "margin"),
];

/// What an `expect:` says; `possible` are the outcomes that this kind of step can have.
pub(crate) fn read_expect(node: &Node, possible: &[&str], problems: &Problems) -> Option<Expect> {
    let fields = Fields::of(node, "expect", problems)?;
    let outcome = fields
        .optional("outcome")
        .and_then(|node| words::word(node, problems));
    let code = fields
        .optional("code")
        .and_then(|node| words::word(node, problems));
    let reason = fields
        .optional("reason")
        .and_then(|node| words::word(node, problems));
    let reason = reason
        .and_then(|said| Some((words::one_of(&said, "reason", &REASONS, problems)?, said.at)));
    let word = match &outcome {
        Some(said) if possible.contains(&said.value.as_str()) => said.value.clone(),
        Some(said) => {
            problems.push(words::unknown(
                codes::UNKNOWN_WORD,
                "outcome",
                said,
                possible.iter().copied(),
            ));
            return None;
        }
        None => "ok".to_owned(),
    };
    if let Some(code) = code.as_ref().filter(|_| word != "refused") {
        let help = "code 只跟 outcome: refused · `code` goes with `outcome: refused` only";
        problems.push(
            code.at
                .error(codes::UNKNOWN_KEY, "`code` without a refusal")
                .help(help),
        );
    }
    if let Some((_, at)) = reason.as_ref().filter(|_| word != "gate") {
        let help = "reason 只跟 outcome: gate · `reason` goes with `outcome: gate` only";
        problems.push(
            at.error(codes::UNKNOWN_KEY, "`reason` without a gate")
                .help(help),
        );
    }
    let expected = match word.as_str() {
        "refused" => Expected::Refused {
            code: code.map(|said| said.value),
        },
        "gate" => Expected::Gate {
            reason: reason.map(|(reason, _)| reason.to_owned()),
        },
        "accepted" => Expected::Accepted,
        _ => Expected::Ok,
    };
    let read = fields
        .others()
        .flat_map(|(path, node)| field(path, node, &fields, problems))
        .collect();
    Some(Expect {
        outcome: expected,
        fields: read,
    })
}

/// The expectations of one field: a value, or comparisons by name.
fn field(
    path: &Said<String>,
    node: &Node,
    fields: &Fields<'_>,
    problems: &Problems,
) -> Vec<FieldExpectation> {
    let parts: Vec<&str> = path.value.split('.').collect();
    let fits = |part: &&str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    if parts.len() < 2 || !parts.iter().all(fits) {
        let message = format!(
            "expect: `{}` is neither a known key nor a field",
            path.value
        );
        let help = match crate::nearest::nearest(&path.value, ["outcome", "code", "reason"]) {
            Some(near) => format!("是否想写 `{near}`? · did you mean `{near}`?"),
            None => "字段写成 节点.字段, 如 setlinfo.psn_cash_pay · write a field as node.field"
                .to_owned(),
        };
        problems.push(path.at.error(codes::UNKNOWN_KEY, message).help(help));
        return Vec::new();
    }
    if fields
        .key_at(&path.value)
        .is_some_and(|first| first.span != path.at.span)
    {
        return Vec::new(); // the second of two equal keys, reported already
    }
    let Value::Map(_) = &node.value else {
        return comparison(path, Op::Eq, node, problems)
            .into_iter()
            .collect();
    };
    let Some(comparisons) = Fields::of(node, "comparison", problems) else {
        return Vec::new();
    };
    let read = Op::ALL
        .into_iter()
        .filter_map(|op| comparisons.optional(op.name()).map(|node| (op, node)))
        .filter_map(|(op, node)| comparison(path, op, node, problems))
        .collect();
    comparisons.done();
    read
}

fn comparison(
    path: &Said<String>,
    op: Op,
    node: &Node,
    problems: &Problems,
) -> Option<FieldExpectation> {
    let said = words::word(node, problems)?;
    let orders = matches!(op, Op::Le | Op::Ge | Op::Lt | Op::Gt);
    if orders || is_decimal(&said.value) {
        words::parsed(
            &said,
            codes::BAD_AMOUNT,
            words::AMOUNT_HELP,
            Money::parse,
            problems,
        )?;
    }
    Some(FieldExpectation {
        path: path.value.clone(),
        op,
        value: said.value,
    })
}

/// `12.5`, `-0.125`: digits, a point, digits.
fn is_decimal(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    text.trim_start_matches('-')
        .split_once('.')
        .is_some_and(|(whole, fraction)| digits(whole) && digits(fraction))
}
