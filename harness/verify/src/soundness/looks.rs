//! 所取 · Whether each look at a party was a look: whole to its end, and taken when it says.
//!
//! A tail that ends before the number it says it ends at hides rows; a second look that bears the stamp of the first is the
//! first one shown again, and proves nothing of the time between.
//! Not here: whether one look goes on where another ended (`rules::r02_log`).

use crosswipe_domain::{Party, Rule};

use crate::context::Ledger;
use crate::draft::finding;
use crate::evidence::Instant;
use crate::judgement::Finding;

/// Looks at tm that do not reach their own end. Of a purged log the last numbers may be empty.
pub(super) fn unfinished(party: &Party, ledger: &Ledger<'_>) -> Vec<Finding> {
    if ledger.books.purge.is_some() || ledger.books.purged_before > 0 {
        return Vec::new();
    }
    let looks = ledger.books.looks.iter().map(|(_, look)| look);
    let next =
        |look: &crosswipe_domain::Look| look.rows.last().map_or(look.from, |row| row.seq + 1);
    looks
        .filter(|look| next(look) != look.lsn)
        .map(|look| {
            let one = finding(Rule::R2, "evidence:conflict").at(party).unsure();
            one.location(format!("log @tm {}", look.case)).values(
                format!("lsn {}", look.lsn),
                format!("ends at {}", next(look)),
            )
        })
        .collect()
}

/// A whole look that bears no later stamp than the one before it.
pub(super) fn not_taken_anew(party: &Party, ledger: &Ledger<'_>) -> Vec<Finding> {
    let pairs = [(Instant::T0, Instant::T1), (Instant::T1, Instant::T2)];
    let both = pairs.into_iter().filter_map(|(before, after)| {
        let (before, later) = (ledger.books.at(before)?, ledger.books.at(after)?);
        (later.taken_at <= before.taken_at).then_some((before, after, later))
    });
    let stale = |(before, after, later): (
        &crosswipe_domain::Export,
        Instant,
        &crosswipe_domain::Export,
    )| {
        let one = finding(Rule::R1, "evidence:stale").at(party).unsure();
        one.location(format!("export {}", after.name())).values(
            format!("after {}", before.taken_at),
            format!("taken {}", later.taken_at),
        )
    };
    both.map(stale).collect()
}
