//! 公式 · What an amount of an answer is expected to be, said in other amounts: `half_up(total * 70%) - 10.00`.
//!
//! Why a language of its own and no code: a plan is read by people who settle by hand, and nothing that stands in it may
//! ever be carried out. A formula is read once, each name in it held against the interface, and worked out exactly: whole
//! numerators and denominators, never a float; rounding happens only where it is written, and how is written too.
//! Read by `expect` (`read` has the grammar), worked out by `runner` on the answers that came.

mod exact;
pub(crate) mod read;

use std::fmt;

use crosswipe_domain::Money;

pub use exact::Exact;
use exact::Rounding;

/// 公式 · An expected amount, as written and as understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Formula {
    /// As it stands in the scenario.
    pub text: String,
    term: Term,
}

/// 哪笔金额 · A field of an answer: of the step's own, or of an earlier step's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AmountAt {
    /// The earlier step; `None` = the step whose expectation it is.
    pub step: Option<String>,
    /// Node and field, e.g. `setlinfo.psn_cash_pay`.
    pub path: String,
}

impl fmt::Display for AmountAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.step {
            Some(step) => write!(f, "${step}.{}", self.path),
            None => f.write_str(&self.path),
        }
    }
}

/// 算不出 · Why a formula has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoValue {
    /// The answer has no such amount.
    Missing(AmountAt),
    /// What is divided by came to nothing.
    DividedByZero,
    /// Beyond what whole numbers of this size hold.
    TooLarge,
}

impl fmt::Display for NoValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoValue::Missing(at) => write!(f, "no `{at}`"),
            NoValue::DividedByZero => f.write_str("divided by zero"),
            NoValue::TooLarge => f.write_str("too large"),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Term {
    Number(Exact),
    Amount(AmountAt),
    Minus(Box<Term>),
    Two(Sign, Box<[Term; 2]>),
    Rounded(Rounding, Box<Term>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    Plus,
    Less,
    Times,
    Over,
    /// The smaller of two.
    Least,
    /// The larger of two.
    Most,
}

impl Formula {
    /// What it comes to, in yuan, exactly; `read` looks amounts up in the answers that came.
    ///
    /// # Errors
    /// An amount that no answer has, a division by nothing, or numbers beyond all amounts.
    pub fn value(&self, read: &impl Fn(&AmountAt) -> Option<Money>) -> Result<Exact, NoValue> {
        self.term.value(read)
    }
}

impl Term {
    fn value(&self, read: &impl Fn(&AmountAt) -> Option<Money>) -> Result<Exact, NoValue> {
        let known = |value: Option<Exact>| value.ok_or(NoValue::TooLarge);
        match self {
            Term::Number(number) => Ok(*number),
            Term::Amount(at) => match read(at) {
                Some(amount) => Ok(Exact::of_money(amount)),
                None => Err(NoValue::Missing(at.clone())),
            },
            Term::Minus(inner) => known(Exact::whole(0).less(inner.value(read)?)),
            Term::Rounded(how, inner) => known(inner.value(read)?.to_fen(*how)),
            Term::Two(sign, two) => {
                let [left, right] = &**two;
                let (left, right) = (left.value(read)?, right.value(read)?);
                match sign {
                    Sign::Over if right.is_zero() => Err(NoValue::DividedByZero),
                    Sign::Plus => known(left.plus(right)),
                    Sign::Less => known(left.less(right)),
                    Sign::Times => known(left.times(right)),
                    Sign::Over => known(left.over(right)),
                    Sign::Least => known(
                        left.compare(right)
                            .map(|it| if it.is_gt() { right } else { left }),
                    ),
                    Sign::Most => known(
                        left.compare(right)
                            .map(|it| if it.is_lt() { right } else { left }),
                    ),
                }
            }
        }
    }

    /// Whether it may come to a fraction of a fen: it divides or takes a share, and nothing rounds that.
    fn splits_fen(&self) -> bool {
        match self {
            Term::Number(number) => !number.is_whole_fen(),
            Term::Amount(_) | Term::Rounded(..) => false,
            Term::Minus(inner) => inner.splits_fen(),
            Term::Two(Sign::Over, _) => true,
            Term::Two(Sign::Times, two) => {
                let whole = |term: &Term| matches!(term, Term::Number(number) if number.is_whole());
                let [left, right] = &**two;
                let times_whole = |factor: &Term, of: &Term| whole(factor) && !of.splits_fen();
                !times_whole(left, right) && !times_whole(right, left)
            }
            Term::Two(_, two) => two.iter().any(Term::splits_fen),
        }
    }

    /// Whether it names no amount, so that it is known when it is read.
    fn is_constant(&self) -> bool {
        match self {
            Term::Number(_) => true,
            Term::Amount(_) => false,
            Term::Minus(inner) | Term::Rounded(_, inner) => inner.is_constant(),
            Term::Two(_, two) => two.iter().all(Term::is_constant),
        }
    }
}

#[cfg(test)]
mod tests;
