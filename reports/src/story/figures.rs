//! 数字 · Whether the two values of a finding are money.
//!
//! Why so: the judge writes what it compared, whole fen for money and plain numbers for counts, and
//! a person must never read 31974 where ¥319.74 is meant. The unit is that of the book which the
//! finding's cell belongs to.

use crosswipe_domain::Rule;
use crosswipe_verify::{Finding, Judgement};

/// Expected and actual in fen, where both are whole numbers of a book that keeps money.
pub(crate) fn fen(judgement: &Judgement, finding: &Finding) -> Option<(i64, i64)> {
    let pair = (finding.expected.parse().ok()?, finding.actual.parse().ok()?);
    is_money(judgement, finding).then_some(pair)
}

fn is_money(judgement: &Judgement, finding: &Finding) -> bool {
    if finding.rule == Rule::R3
        || matches!(finding.class.as_str(), "mismatch:amount" | "mismatch:split")
    {
        return true;
    }
    let kind = finding.location.split('[').next().unwrap_or_default();
    let role = finding.party.as_ref().map(|party| party.role.name());
    let book = judgement
        .books
        .iter()
        .find(|book| book.book == kind && Some(book.role.as_str()) == role);
    book.is_some_and(|book| book.unit != "count")
}
