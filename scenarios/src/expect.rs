//! 预期 · Reads what a step is expected to give.
//!
//! `{outcome: ok, setlinfo.psn_cash_pay: {le: 200.00}}`: every key that is not `outcome`, `code` or
//! `reason` is a field of the answer; `total`, `fund`, `account`, `cash` are those of every settlement. An amount may be a
//! formula (`formula`), a comparison may stand before it: `"<= total - fund"`. Called by `steps`.

use crosswipe_domain::{InfNo, Money, both};

use crate::codes;
use crate::fields::Fields;
use crate::formula::read::{
    Names, SHORT, constant, is_formula, read_formula, report_unrounded, short,
};
use crate::interface;
use crate::node::{Node, Value};
use crate::problem::{Problems, Said, noun};
use crate::scope::Scope;
use crate::words;
use crate::{Expect, Expected, FieldExpectation, Formula, Op};

const REASONS: [(&str, &str); 5] = [
    ("window", "window"),
    ("persona", "persona"),
    ("business", "business"),
    ("institution", "institution"),
    ("margin", "margin"),
];

/// What an `expect:` says of a step whose answer is that to `infno`; `possible` are the outcomes that this kind of
/// step can have, the usual one first; `scope` = what formulas may capture.
pub(crate) fn read_expect(
    node: &Node,
    possible: &[&str],
    (infno, scope): (Option<&InfNo>, &Scope),
    problems: &Problems,
) -> Option<Expect> {
    let fields = Fields::of(node, noun("expect", "expect"), problems)?;
    let outcome = fields
        .optional("outcome")
        .and_then(|node| words::word(node, problems));
    let code = fields
        .optional("code")
        .and_then(|node| words::word(node, problems));
    let reason = fields
        .optional("reason")
        .and_then(|node| words::word(node, problems));
    let reason = reason.and_then(|said| {
        let value = words::one_of(&said, noun("原因", "reason"), &REASONS, problems)?;
        Some(Said {
            value: value.to_owned(),
            at: said.at,
        })
    });
    let word = match &outcome {
        Some(said) if !possible.contains(&said.value.as_str()) => {
            problems.push(words::unknown(
                codes::UNKNOWN_WORD,
                noun("结果", "outcome"),
                said,
                possible.iter().copied(),
            ));
            return None;
        }
        Some(said) => said.value.as_str(),
        None => possible.first()?,
    };
    report_idle("code", "refused", word, code.as_ref(), problems);
    report_idle("reason", "gate", word, reason.as_ref(), problems);
    let answered = matches!(word, "ok" | "accepted");
    let read = fields
        .others()
        .flat_map(|(path, node)| field(path, node, &fields, (infno, scope), problems))
        .collect();
    if let (Some((path, _)), false) = (fields.others().next(), answered) {
        let message = both!(
            "结果是 `{word}` 的步骤没有应答可看",
            "a step that ends `{word}` has no answer to look into"
        );
        problems.push(
            path.at
                .error(codes::UNKNOWN_KEY, message)
                .help(both!("删去字段预期", "drop the expectation on a field")),
        );
    }
    let outcome = match word {
        "refused" => Expected::Refused {
            code: code.map(|said| said.value),
        },
        "gate" => Expected::Gate {
            reason: reason.map(|said| said.value),
        },
        "accepted" => Expected::Accepted,
        _ => Expected::Ok,
    };
    Some(Expect {
        outcome,
        fields: read,
    })
}

/// `key` says something of one outcome only.
fn report_idle(
    key: &str,
    outcome: &str,
    word: &str,
    said: Option<&Said<String>>,
    problems: &Problems,
) {
    if let (Some(said), true) = (said, word != outcome) {
        let message = both!(
            "`{key}` 只用于 `outcome: {outcome}`",
            "`{key}` goes with `outcome: {outcome}` only"
        );
        let help = both!(
            "删去 {key}, 或写 outcome: {outcome}",
            "drop {key}, or write outcome: {outcome}"
        );
        problems.push(said.at.error(codes::UNKNOWN_KEY, message).help(help));
    }
}

/// The expectations of one field: a value, or comparisons by name.
fn field(
    path: &Said<String>,
    node: &Node,
    fields: &Fields<'_>,
    (infno, scope): (Option<&InfNo>, &Scope),
    problems: &Problems,
) -> Vec<FieldExpectation> {
    if fields
        .key_at(&path.value)
        .is_some_and(|first| first.span != path.at.span)
    {
        return Vec::new(); // the second of two equal keys, reported already
    }
    let path = &Said {
        value: short(&path.value).map_or_else(|| path.value.clone(), str::to_owned),
        at: path.at.clone(),
    };
    let Some(amount) = is_amount(path, infno, problems) else {
        return Vec::new();
    };
    let names = Names {
        infno: infno.filter(|_| amount),
        node: path.value.split('.').next().unwrap_or_default(),
        scope,
    };
    let Value::Map(_) = &node.value else {
        return comparison(path, Op::Eq, node, &names, problems)
            .into_iter()
            .collect();
    };
    let Some(comparisons) = Fields::of(node, noun("比较", "comparison"), problems) else {
        return Vec::new();
    };
    let read = Op::ALL
        .into_iter()
        .filter_map(|op| comparisons.optional(op.name()).map(|node| (op, node)))
        .filter_map(|(op, node)| comparison(path, op, node, &names, problems))
        .collect();
    comparisons.done();
    read
}

/// Whether `path` is an amount; `None` = it is no field, which is reported.
fn is_amount(path: &Said<String>, infno: Option<&InfNo>, problems: &Problems) -> Option<bool> {
    if !path.value.contains('.') {
        let known = SHORT.iter().flat_map(|(names, _)| *names);
        let known = known.chain(["outcome", "code", "reason"]);
        let help = match crate::nearest::nearest(&path.value, known) {
            Some(near) => both!("是否想写 `{near}`?", "did you mean `{near}`?"),
            None => both!(
                "字段写成 节点.字段, 如 setlinfo.psn_cash_pay",
                "write a field as node.field, e.g. setlinfo.psn_cash_pay"
            ),
        };
        let message = both!(
            "expect: `{}` 既不是可用的键, 也不是字段",
            "expect: `{}` is neither a known key nor a field",
            path.value
        );
        problems.push(path.at.error(codes::UNKNOWN_KEY, message).help(help));
        return None;
    }
    match interface::expected(infno?, path) {
        Ok(field) => Some(matches!(field, interface::Expected::Amount)),
        Err(problem) => {
            problems.push(*problem);
            None
        }
    }
}

/// Comparisons as signs, the longer first.
const SIGNS: [(&str, Op); 11] = [
    ("<=", Op::Le),
    (">=", Op::Ge),
    ("==", Op::Eq),
    ("!=", Op::Ne),
    ("<>", Op::Ne),
    ("≤", Op::Le),
    ("≥", Op::Ge),
    ("≠", Op::Ne),
    ("<", Op::Lt),
    (">", Op::Gt),
    ("=", Op::Eq),
];

/// One comparison; names without an answer are those of a field that is no amount.
fn comparison(
    path: &Said<String>,
    op: Op,
    node: &Node,
    names: &Names<'_>,
    problems: &Problems,
) -> Option<FieldExpectation> {
    let mut said = words::word(node, problems)?;
    let amount = names.infno.is_some();
    let (mut op, plain) = (op, op == Op::Eq);
    let sign = SIGNS.iter().find(|(sign, _)| said.value.starts_with(sign));
    if let (Some((sign, meant)), true, true) = (sign, amount, plain) {
        said.value = said.value[sign.len()..].trim().to_owned();
        op = *meant;
    }
    let is_amount = Money::parse(&said.value).is_ok();
    let (value, formula) = if amount && !is_amount && is_formula(&said.value) {
        worked_out(&said, op, names, problems)?
    } else {
        if amount || matches!(op, Op::Le | Op::Ge | Op::Lt | Op::Gt) {
            words::parsed(
                &said,
                codes::BAD_AMOUNT,
                words::AMOUNT_HELP,
                Money::parse,
                problems,
            )?;
        }
        (said.value, None)
    };
    Some(FieldExpectation {
        path: path.value.clone(),
        op,
        value,
        formula,
    })
}

/// An amount that is said in others; one that names none is known at once.
fn worked_out(
    said: &Said<String>,
    op: Op,
    names: &Names<'_>,
    problems: &Problems,
) -> Option<(String, Option<Formula>)> {
    let formula = read_formula(said, names, problems)?;
    if let Some(amount) = constant(&formula) {
        return Some((amount, None));
    }
    if matches!(op, Op::Eq | Op::Ne) {
        report_unrounded(&formula, said, problems);
    }
    Some((formula.text.clone(), Some(formula)))
}
