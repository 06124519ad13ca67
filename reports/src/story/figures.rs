//! 数字 · The two values of a finding as money, where they are money.
//!
//! Why so: the judge writes money as yuan with two decimals and counts without any; only the first
//! kind is at stake in the open list, and people read it with thousands.

use crosswipe_domain::Money;
use crosswipe_verify::Finding;

/// Expected and actual in fen, where both are amounts.
pub(crate) fn fen(finding: &Finding) -> Option<(i64, i64)> {
    Some((amount(&finding.expected)?, amount(&finding.actual)?))
}

fn amount(text: &str) -> Option<i64> {
    let (_, decimals) = text.split_once('.')?;
    Money::parse(text)
        .ok()
        .filter(|_| decimals.len() == 2)
        .map(Money::fen)
}
