//! 结算 · How a bill becomes money: the treatment place splits each line, the insured place pays.
//!
//! Pure arithmetic in whole fen, after the benefit model that both published examples follow to the
//! cent. The two steps know nothing of each other, as the two places do: the split by the catalogue of
//! the treatment place, the pay by the policy of the insured place.
//! Not here: who may settle when (`region`), what is booked (`books`).

mod pay;
mod split;

pub use crosswipe_domain::{AccountRule, Filing, Policy, Segment, Subsidies};
pub use pay::{Account, Claim, FundLine, Paid, pay};
pub use split::{Split, Sums, split};

#[cfg(test)]
mod tests;
