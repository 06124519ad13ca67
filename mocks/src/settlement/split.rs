//! 拆分 · Splits a fee line by the treatment place's catalogue.

use std::iter::Sum;
use std::ops::Add;

use crosswipe_domain::{ItemClass, Money, Quantity, Tariff, UnitPrice};
use serde::{Deserialize, Serialize};

/// 明细拆分 · One line after the split: `amount = full + over + upfront + scope`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    /// `det_item_fee_sumamt`
    pub amount: Money,
    /// 全自费 `fulamt_ownpay_amt`
    pub full: Money,
    /// 超限价 `overlmt_amt`
    pub over: Money,
    /// 先行自付 `preselfpay_amt`
    pub upfront: Money,
    /// 符合范围 `inscp_scp_amt`
    pub scope: Money,
}

/// The five sums of a bill; the same five amounts as a line's.
pub type Sums = Split;

/// Splits one line. A refund line has a negative count and gets the mirror of what it refunds, because
/// rounding is half away from zero. `approved` is false for restricted use that was not approved. `None` if the
/// amount has more digits than an amount may have.
pub fn split(tariff: &Tariff, price: UnitPrice, count: Quantity, approved: bool) -> Option<Split> {
    let amount = Money::of(price, count)?;
    if tariff.class == ItemClass::C || !approved {
        return Some(Split {
            amount,
            full: amount,
            ..Split::default()
        });
    }
    let over = match tariff.ceiling {
        Some(ceiling) => Money::of(price.above(ceiling), count)?,
        None => Money::ZERO,
    };
    let upfront = match tariff.class {
        ItemClass::B => (amount - over).share(tariff.selfpay),
        _ => Money::ZERO,
    };
    Some(Split {
        amount,
        full: Money::ZERO,
        over,
        upfront,
        scope: amount - over - upfront,
    })
}

impl Add for Split {
    type Output = Split;
    fn add(self, other: Split) -> Split {
        Split {
            amount: self.amount + other.amount,
            full: self.full + other.full,
            over: self.over + other.over,
            upfront: self.upfront + other.upfront,
            scope: self.scope + other.scope,
        }
    }
}

impl Sum for Split {
    fn sum<I: Iterator<Item = Split>>(splits: I) -> Split {
        splits.fold(Split::default(), Add::add)
    }
}
