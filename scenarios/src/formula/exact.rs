//! 精确数 · A fraction of whole numbers: what amounts and shares come to before somebody says how to round.
//!
//! Why checked: sums of a bill have sixteen digits, so thirty-eight hold every formula that means something; what goes
//! beyond has no value and is told, never cut off.

use std::cmp::Ordering;
use std::fmt;

use crosswipe_domain::Money;

/// 精确数 · A number of yuan, or a share; the denominator is positive and shares no factor with the numerator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exact {
    above: i128,
    below: i128,
}

/// 取整 · How a number is brought to whole fen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rounding {
    /// 四舍五入 · Half away from zero, as settlements round, so that a refund mirrors what it refunds.
    HalfUp,
    /// 四舍六入五成双 · Half to the even fen.
    HalfEven,
    /// 向下取整 · To the next lower fen.
    Floor,
    /// 向上取整 · To the next higher fen.
    Ceiling,
}

impl Exact {
    /// A whole number.
    pub(super) const fn whole(number: i128) -> Exact {
        Exact {
            above: number,
            below: 1,
        }
    }

    /// A fraction; `None` where it is none.
    pub(super) fn new(above: i128, below: i128) -> Option<Exact> {
        let shared = i128::try_from(shared(above.unsigned_abs(), below.unsigned_abs())).ok()?;
        if below == 0 || shared == 0 {
            return None;
        }
        let (above, below) = (above / shared, below / shared);
        match below < 0 {
            true => Some(Exact {
                above: above.checked_neg()?,
                below: below.checked_neg()?,
            }),
            false => Some(Exact { above, below }),
        }
    }

    /// An amount in yuan.
    pub(super) fn of_money(amount: Money) -> Exact {
        Exact::new(i128::from(amount.fen()), 100).unwrap_or(Exact::whole(0))
    }

    pub(super) const fn is_zero(self) -> bool {
        self.above == 0
    }

    pub(super) const fn is_whole(self) -> bool {
        self.below == 1
    }

    /// Whether it is an amount to the fen.
    pub fn is_whole_fen(self) -> bool {
        100 % self.below == 0
    }

    pub(super) fn plus(self, other: Exact) -> Option<Exact> {
        let left = self.above.checked_mul(other.below)?;
        let right = other.above.checked_mul(self.below)?;
        Exact::new(
            left.checked_add(right)?,
            self.below.checked_mul(other.below)?,
        )
    }

    pub(super) fn less(self, other: Exact) -> Option<Exact> {
        self.plus(Exact {
            above: other.above.checked_neg()?,
            ..other
        })
    }

    pub(super) fn times(self, other: Exact) -> Option<Exact> {
        // Crosswise first, so that what cancels out is not too large.
        let one = Exact::new(self.above, other.below)?;
        let two = Exact::new(other.above, self.below)?;
        Exact::new(
            one.above.checked_mul(two.above)?,
            one.below.checked_mul(two.below)?,
        )
    }

    /// `None` where it is divided by nothing, too.
    pub(super) fn over(self, other: Exact) -> Option<Exact> {
        self.times(Exact::new(other.below, other.above)?)
    }

    /// Which is the larger; `None` beyond what can be told.
    pub fn compare(self, other: Exact) -> Option<Ordering> {
        let left = self.above.checked_mul(other.below)?;
        let right = other.above.checked_mul(self.below)?;
        Some(left.cmp(&right))
    }

    /// How an amount compares with it; `None` beyond what can be told.
    pub fn compared_with(self, amount: Money) -> Option<Ordering> {
        Exact::of_money(amount).compare(self)
    }

    /// To whole fen.
    pub(super) fn to_fen(self, how: Rounding) -> Option<Exact> {
        let above = self.above.checked_mul(100)?;
        let low = above.div_euclid(self.below);
        let rest = above.rem_euclid(self.below);
        let half = rest.checked_mul(2)?.cmp(&self.below);
        let up = match how {
            Rounding::Floor => false,
            Rounding::Ceiling => rest > 0,
            Rounding::HalfEven => half.is_gt() || (half.is_eq() && low % 2 != 0),
            // Below zero the half that is away from zero is the lower one.
            Rounding::HalfUp => half.is_gt() || (half.is_eq() && above > 0),
        };
        Exact::new(low.checked_add(i128::from(up))?, 100)
    }
}

fn shared(one: u128, other: u128) -> u128 {
    let (mut one, mut other) = (one, other);
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one
}

/// `398.265`, with at least two decimals; `100/3` where decimals never end.
impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MOST: usize = 12;
        let sign = if self.above < 0 { "-" } else { "" };
        let (above, below) = (self.above.unsigned_abs(), self.below.unsigned_abs());
        let mut digits = String::new();
        let mut rest = above % below;
        while (rest != 0 || digits.len() < 2) && digits.len() < MOST {
            let Some(next) = rest.checked_mul(10) else {
                break;
            };
            digits += &(next / below).to_string();
            rest = next % below;
        }
        match rest {
            0 => f.pad(&format!("{sign}{}.{digits}", above / below)),
            _ => f.pad(&format!("{sign}{above}/{below}")),
        }
    }
}
