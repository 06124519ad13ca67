//! 金额校验 · The identities of money on every answer, as checks of the case.
//!
//! The identities themselves are `wire`'s; this file reads answers into what they need and words the
//! result as checks. An answer whose identities hold gives one line, a broken one a line each.

use std::collections::BTreeMap;

use crosswipe_domain::{InfNo, Money, Outcome};
use crosswipe_journal::Check;
use crosswipe_wire::{
    Broken, LineAmounts, Members, Response, check_line_sums, check_lines, check_settlement,
    check_undo,
};

/// Fee lines as the treatment place split them (answer to 2204, 2301, 2101 or 2102), with their serials.
pub(crate) fn lines(response: &Response<'_>) -> Vec<(String, LineAmounts)> {
    let nodes = match response.nodes("detlcutinfo") {
        nodes if nodes.is_empty() => response.nodes("result"),
        nodes => nodes,
    };
    let serial = |node: &Members<'_>| node.text("feedetl_sn").unwrap_or_default().into_owned();
    let lines = nodes.iter();
    lines
        .filter_map(|node| Some((serial(node), line(node)?)))
        .collect()
}

fn line(node: &Members<'_>) -> Option<LineAmounts> {
    const NAMES: [&str; 5] = [
        "det_item_fee_sumamt",
        "fulamt_ownpay_amt",
        "overlmt_amt",
        "preselfpay_amt",
        "inscp_scp_amt",
    ];
    let amounts = NAMES
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), node.money(name).ok().flatten()?)));
    Some(LineAmounts {
        price: node.price("pric").ok().flatten()?,
        count: node.quantity("cnt").ok().flatten()?,
        selfpay: node.ratio("selfpay_prop").ok().flatten(),
        amounts: amounts.collect(),
    })
}

/// I6 and I7, and that every line that was sent came back.
pub(crate) fn check_split(step: &str, lines: &[LineAmounts], sent: usize) -> Vec<Check> {
    let mut checks = told(step, "I6 I7", check_lines(lines));
    if lines.len() != sent {
        checks.push(Check {
            step: step.to_owned(),
            what: "lines".to_owned(),
            expected: sent.to_string(),
            actual: lines.len().to_string(),
            held: false,
        });
    }
    checks
}

/// I1–I5 and I8 on a trial or settlement.
pub(crate) fn check_payment(
    step: &str,
    amounts: &BTreeMap<String, Money>,
    lines: &[LineAmounts],
) -> Vec<Check> {
    let mut broken = check_settlement(amounts);
    broken.extend(check_line_sums(lines, amounts));
    told(step, "I1 I2 I3 I4 I5 I8", broken)
}

/// A trial and the settlement after it say the same amounts (nothing happened in between).
pub(crate) fn check_trial(
    step: &str,
    trial: &BTreeMap<String, Money>,
    settled: &BTreeMap<String, Money>,
) -> Check {
    let differs = trial
        .iter()
        .find(|(name, amount)| settled.get(*name) != Some(amount));
    let (what, expected, actual) = match differs {
        None => (
            "trial = settlement".to_owned(),
            "=".to_owned(),
            "=".to_owned(),
        ),
        Some((name, amount)) => {
            let actual = settled
                .get(name)
                .map_or_else(|| "-".to_owned(), Money::to_string);
            (
                format!("trial = settlement: {name}"),
                amount.to_string(),
                actual,
            )
        }
    };
    Check {
        step: step.to_owned(),
        what,
        held: differs.is_none(),
        expected,
        actual,
    }
}

/// I10: the undo of a settlement is its exact negative, and the account balance is what it was before it.
pub(crate) fn check_cancel(infno: &InfNo, original: &Outcome, undo: &Outcome) -> Vec<Check> {
    let (
        Outcome::Ok {
            amounts: original, ..
        },
        Outcome::Ok {
            amounts: undone, ..
        },
    ) = (original, undo)
    else {
        return Vec::new();
    };
    if !matches!(infno.base(), "2208" | "2305" | "2103") {
        return Vec::new();
    }
    let before = original
        .get("balc")
        .map(|after| *after + original.get("acct_pay").copied().unwrap_or(Money::ZERO));
    told(infno.as_str(), "I10", check_undo(original, undone, before))
}

fn told(step: &str, what: &str, broken: Vec<Broken>) -> Vec<Check> {
    if broken.is_empty() {
        return vec![Check {
            step: step.to_owned(),
            what: what.to_owned(),
            expected: "=".to_owned(),
            actual: "=".to_owned(),
            held: true,
        }];
    }
    let check = |broken: Broken| Check {
        step: step.to_owned(),
        what: format!("{} {}", broken.identity, broken.what),
        expected: broken.expected.to_string(),
        actual: broken.actual.to_string(),
        held: false,
    };
    broken.into_iter().map(check).collect()
}
