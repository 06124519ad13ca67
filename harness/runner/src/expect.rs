//! 预期 · Holds what came against what a scenario expects. Pure.

use std::cmp::Ordering;

use crosswipe_domain::{InfNo, Money, Outcome};
use crosswipe_journal::Check;
use crosswipe_scenarios::{AmountAt, Expect, Expected, FieldExpectation, Formula, Op};
use crosswipe_wire::{Response, Sent, classify, without_strangers};

use crate::swipe::End;

/// 判应答 · What somebody else was answered, against what a step expects of it: `answer` is HTTP status and body, or nothing
/// where none came.
pub fn judge_answer(
    step: &str,
    expect: &Expect,
    sent: &Sent<'_>,
    answer: Option<(u16, &[u8])>,
) -> Vec<Check> {
    let infno = InfNo::new(sent.infno.as_str());
    let hidden = |text: String| without_strangers(&text).into_owned();
    let ended = answer.map(|(status, body)| classify(sent, status, body));
    let end = match ended {
        Some(Outcome::Ok { .. }) => End::Ok,
        Some(Outcome::Refused { code, text }) => End::Refused {
            infno,
            code,
            text: hidden(text),
        },
        Some(Outcome::Unknown { why }) => End::Unknown {
            infno,
            why: hidden(why),
        },
        None => End::Unknown {
            infno,
            why: "no answer".to_owned(),
        },
    };
    let mut checks = vec![outcome(step, &expect.outcome, &end)];
    if let (End::Ok, Some((_, body))) = (&end, answer) {
        let answer = |of: Option<&str>| of.is_none().then_some(body);
        checks.extend(expect.fields.iter().map(|one| field(step, one, answer)));
    }
    checks
}

/// How a step ended, against how it should.
pub(crate) fn outcome(step: &str, expected: &Expected, end: &End) -> Check {
    let held = match (expected, end) {
        (Expected::Ok | Expected::Accepted, End::Ok) => true,
        (Expected::Refused { code: wanted }, End::Refused { code, .. }) => {
            wanted.as_ref().is_none_or(|w| w == code)
        }
        (Expected::Gate { reason: wanted }, End::Gated(denied)) => wanted
            .as_ref()
            .is_none_or(|wanted| *wanted == denied.to_string()),
        _ => false,
    };
    Check {
        step: step.to_owned(),
        what: "outcome".to_owned(),
        expected: expected_text(expected),
        actual: end_text(end),
        held,
    }
}

fn expected_text(expected: &Expected) -> String {
    let with = |word: &str, detail: &Option<String>| match detail {
        Some(detail) => format!("{word} {detail}"),
        None => word.to_owned(),
    };
    match expected {
        Expected::Ok => "ok".to_owned(),
        Expected::Accepted => "accepted".to_owned(),
        Expected::Refused { code } => with("refused", code),
        Expected::Gate { reason } => with("gate", reason),
    }
}

fn end_text(end: &End) -> String {
    match end {
        End::Ok => "ok".to_owned(),
        End::Gated(denied) => format!("gate {denied}"),
        End::NoRoom => "not sent (disk full)".to_owned(),
        End::Lacking { what } => format!("not sent (`{what}` was never given)"),
        End::Refused { infno, code, text } => format!("refused {code} ({infno}: {text})"),
        End::Unknown { infno, why } => format!("unknown ({infno}: {why})"),
    }
}

/// One field of an answer, against what it should hold: amounts compare as amounts, all else as text. `answers` gives the
/// answer of the step itself (`None`) and of earlier ones.
pub(crate) fn field<'b>(
    step: &str,
    field: &FieldExpectation,
    answers: impl Fn(Option<&str>) -> Option<&'b [u8]>,
) -> Check {
    let actual = answers(None).and_then(|body| read(body, &field.path));
    let op = field.op.name();
    let (expected, held) = match &field.formula {
        None => {
            let held =
                (actual.as_deref()).is_some_and(|actual| compares(actual, field.op, &field.value));
            (format!("{op} {}", field.value), held)
        }
        Some(formula) => {
            let amount = |at: &AmountAt| {
                let text = read(answers(at.step.as_deref())?, &at.path)?;
                Money::parse(&text).ok()
            };
            worked_out(formula, field.op, actual.as_deref(), &amount)
        }
    };
    Check {
        step: step.to_owned(),
        what: field.path.clone(),
        expected,
        actual: actual.unwrap_or_else(|| "-".to_owned()),
        held,
    }
}

/// A formula as expected, with what it came to, and whether it held; what cannot be worked out does not hold.
fn worked_out(
    formula: &Formula,
    op: Op,
    actual: Option<&str>,
    amount: &impl Fn(&AmountAt) -> Option<Money>,
) -> (String, bool) {
    let (text, name) = (&formula.text, op.name());
    match formula.value(amount) {
        Err(why) => (format!("{name} ? ({text}: {why})"), false),
        Ok(value) => {
            let actual = actual.and_then(|actual| Money::parse(actual).ok());
            let ordering = actual.and_then(|actual| value.compared_with(actual));
            let held = ordering.is_some_and(|ordering| holds(op, ordering));
            (format!("{name} {value} ({text})"), held)
        }
    }
}

fn read(body: &[u8], path: &str) -> Option<String> {
    let (node, name) = path.split_once('.')?;
    let response = Response::parse(body).ok()?;
    response
        .node(node)?
        .text(name)
        .map(std::borrow::Cow::into_owned)
}

fn compares(actual: &str, op: Op, value: &str) -> bool {
    let ordering = match (Money::parse(actual), Money::parse(value)) {
        (Ok(actual), Ok(value)) => actual.cmp(&value),
        _ => actual.cmp(value),
    };
    holds(op, ordering)
}

fn holds(op: Op, ordering: Ordering) -> bool {
    match op {
        Op::Eq => ordering == Ordering::Equal,
        Op::Ne => ordering != Ordering::Equal,
        Op::Le => ordering != Ordering::Greater,
        Op::Ge => ordering != Ordering::Less,
        Op::Lt => ordering == Ordering::Less,
        Op::Gt => ordering == Ordering::Greater,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("9.50", Op::Lt, "10.00", true)] // as text it would be greater
    #[case("200.00", Op::Le, "200", true)]
    #[case("0310", Op::Eq, "310", true)] // both are amounts
    #[case("A01", Op::Eq, "A01", true)]
    #[case("1.00", Op::Ne, "1", false)]
    fn amounts_compare_as_amounts(
        #[case] actual: &str,
        #[case] op: Op,
        #[case] value: &str,
        #[case] holds: bool,
    ) {
        assert_eq!(compares(actual, op, value), holds);
    }
}
