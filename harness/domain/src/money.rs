//! 金额 · Money as a whole number of fen, and the scaled integers that become money.
//!
//! Why so: books must agree to the cent, so there is no float near an amount. Unit prices carry 6
//! decimals, quantities and ratios 4 (interface: unit price 6, quantity 4, ratios 4); rounding is
//! half away from zero, so that a refund is the exact mirror of what it refunds.
//! Not here: how a settlement is split (`mocks::settlement`).

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

use serde::{Deserialize, Serialize};

use crate::{Both, both};

/// 金额 · An amount in fen; negative for a reversal. In JSON evidence it is the integer fen.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Money(i64);

/// 14 digits before the point and 2 after it.
const LARGEST_FEN: i64 = 9_999_999_999_999_999;

impl Money {
    /// Nothing.
    pub const ZERO: Money = Money(0);

    /// An amount from whole fen.
    pub const fn from_fen(fen: i64) -> Money {
        Money(fen)
    }

    /// The amount in whole fen.
    pub const fn fen(self) -> i64 {
        self.0
    }

    /// Reads decimal text such as `567.95`, `-25.1`, `1200` or `45.500`.
    ///
    /// # Errors
    /// Text that is no decimal number, has a third decimal other than 0, or more than 14 digits
    /// before the point: never rounded, never clamped.
    pub fn parse(text: &str) -> Result<Money, BadAmount> {
        scaled(text, 2).map(Money)
    }

    /// 单价 × 数量 · `round2(pric × cnt)`, half away from zero; `None` beyond the 14 digits before the point that an
    /// amount may have.
    pub fn of(price: UnitPrice, count: Quantity) -> Option<Money> {
        let exact = i128::from(price.0) * i128::from(count.0);
        let fen = rounded(exact, 100_000_000);
        (fen.abs() <= i128::from(LARGEST_FEN)).then_some(Money(fen as i64))
    }

    /// The sum, or `None` beyond the 14 digits before the point that an amount may have.
    pub fn plus(self, other: Money) -> Option<Money> {
        let sum = self.0.checked_add(other.0)?;
        (-LARGEST_FEN..=LARGEST_FEN)
            .contains(&sum)
            .then_some(Money(sum))
    }

    /// The part of this amount that a ratio takes, rounded half away from zero to the fen.
    pub fn share(self, ratio: Ratio) -> Money {
        Money(divide_rounding(
            i128::from(self.0) * i128::from(ratio.0),
            10_000,
        ))
    }

    /// How much has to be put in so that `ratio` of it is this amount (the inverse of [`share`](Self::share)), rounded to the fen.
    /// Used where a cap cuts a segment: 500.00 at 0.83 uses 602.41. Zero ratio gives zero.
    pub fn grossed_up(self, ratio: Ratio) -> Money {
        if ratio.0 == 0 {
            return Money::ZERO;
        }
        Money(divide_rounding(
            i128::from(self.0) * 10_000,
            i128::from(ratio.0),
        ))
    }

    /// True for 0.00.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The amount without its sign.
    pub const fn abs(self) -> Money {
        Money(self.0.abs())
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let fen = self.0.unsigned_abs();
        f.pad(&format!("{sign}{}.{:02}", fen / 100, fen % 100))
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Add for Money {
    type Output = Money;
    fn add(self, other: Money) -> Money {
        Money(
            self.0
                .checked_add(other.0)
                .expect("amounts have at most 14 digits before the point"),
        )
    }
}

impl Sub for Money {
    type Output = Money;
    fn sub(self, other: Money) -> Money {
        self + -other
    }
}

impl Neg for Money {
    type Output = Money;
    fn neg(self) -> Money {
        Money(self.0.checked_neg().expect("no amount is i64::MIN"))
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Money) {
        *self = *self + other;
    }
}

impl SubAssign for Money {
    fn sub_assign(&mut self, other: Money) {
        *self = *self - other;
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Money>>(amounts: I) -> Money {
        amounts.fold(Money::ZERO, Add::add)
    }
}

/// 单价 · A unit price in millionths of a yuan (6 decimals).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnitPrice(i64);

impl UnitPrice {
    /// Reads decimal text with up to 6 decimals.
    ///
    /// # Errors
    /// As [`Money::parse`], at 6 decimals.
    pub fn parse(text: &str) -> Result<UnitPrice, BadAmount> {
        scaled(text, 6).map(UnitPrice)
    }

    /// What this price exceeds `ceiling` by; zero if it does not.
    pub fn above(self, ceiling: UnitPrice) -> UnitPrice {
        UnitPrice((self.0 - ceiling.0).max(0))
    }
}

impl fmt::Display for UnitPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&unscaled(self.0, 6))
    }
}

/// 数量 · A quantity in ten-thousandths (4 decimals); negative on a refund line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantity(i64);

impl Quantity {
    /// Reads decimal text with up to 4 decimals.
    ///
    /// # Errors
    /// As [`Money::parse`], at 4 decimals.
    pub fn parse(text: &str) -> Result<Quantity, BadAmount> {
        scaled(text, 4).map(Quantity)
    }

    /// The quantity in ten-thousandths.
    pub const fn scaled(self) -> i64 {
        self.0
    }

    /// A quantity from ten-thousandths.
    pub const fn from_scaled(scaled: i64) -> Quantity {
        Quantity(scaled)
    }

    /// True on a refund line.
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&unscaled(self.0, 4))
    }
}

/// 比例 · A ratio in ten-thousandths (4 decimals), e.g. `0.75`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ratio(i64);

impl Ratio {
    /// Nothing of it.
    pub const ZERO: Ratio = Ratio(0);

    /// A ratio from ten-thousandths: `7500` is 0.75.
    pub const fn from_scaled(scaled: i64) -> Ratio {
        Ratio(scaled)
    }

    /// Reads decimal text with up to 4 decimals.
    ///
    /// # Errors
    /// As [`Money::parse`], at 4 decimals.
    pub fn parse(text: &str) -> Result<Ratio, BadAmount> {
        scaled(text, 4).map(Ratio)
    }

    /// This ratio moved by `delta` (may be negative), never below zero.
    pub fn shifted(self, delta: Ratio) -> Ratio {
        Ratio((self.0 + delta.0).max(0))
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&unscaled(self.0, 4))
    }
}

/// Text that is no amount.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAmount {
    /// Not a plain decimal number.
    #[error("`{0}` is not a decimal number")]
    NotDecimal(String),
    /// A decimal beyond the scale that is not zero.
    #[error("`{text}` has more than {scale} decimals")]
    TooFine {
        /// As it was written.
        text: String,
        /// Decimals allowed.
        scale: u32,
    },
    /// More than 14 digits before the point.
    #[error("`{0}` has more than 14 digits before the point")]
    TooLarge(String),
}

impl From<BadAmount> for Both {
    fn from(bad: BadAmount) -> Both {
        match bad {
            BadAmount::NotDecimal(text) => {
                both!("`{text}` 不是小数", "`{text}` is not a decimal number")
            }
            BadAmount::TooFine { text, scale } => both!(
                "`{text}` 的小数超过 {scale} 位",
                "`{text}` has more than {scale} decimals"
            ),
            BadAmount::TooLarge(text) => both!(
                "`{text}` 的整数部分超过 14 位",
                "`{text}` has more than 14 digits before the point"
            ),
        }
    }
}

fn scaled(text: &str, scale: u32) -> Result<i64, BadAmount> {
    let not_decimal = || BadAmount::NotDecimal(text.to_owned());
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) || digits.ends_with('.') {
        return Err(not_decimal());
    }
    let whole = whole.trim_start_matches('0');
    if whole.len() > 14 {
        return Err(BadAmount::TooLarge(text.to_owned()));
    }
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > scale as usize {
        return Err(BadAmount::TooFine {
            text: text.to_owned(),
            scale,
        });
    }
    // At most 14 + 6 digits can leave i64: the widest price is refused here, not wrapped.
    let mut value: i64 = 0;
    for digit in whole
        .bytes()
        .chain(fraction.bytes())
        .chain(std::iter::repeat_n(b'0', scale as usize - fraction.len()))
    {
        value = value
            .checked_mul(10)
            .and_then(|v| v.checked_add(i64::from(digit - b'0')))
            .ok_or_else(|| BadAmount::TooLarge(text.to_owned()))?;
    }
    Ok(if negative { -value } else { value })
}

/// Prints a scaled integer with at least two decimals and no needless zeros beyond them.
fn unscaled(value: i64, scale: u32) -> String {
    let unit = 10u64.pow(scale);
    let (whole, fraction) = (value.unsigned_abs() / unit, value.unsigned_abs() % unit);
    let mut digits = format!("{fraction:0width$}", width = scale as usize);
    while digits.len() > 2 && digits.ends_with('0') {
        digits.pop();
    }
    format!("{}{whole}.{digits}", if value < 0 { "-" } else { "" })
}

fn divide_rounding(numerator: i128, divisor: i128) -> i64 {
    i64::try_from(rounded(numerator, divisor))
        .expect("amounts have at most 14 digits before the point")
}

fn rounded(numerator: i128, divisor: i128) -> i128 {
    let half = divisor / 2;
    if numerator < 0 {
        (numerator - half) / divisor
    } else {
        (numerator + half) / divisor
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case("567.95", Ok(56795))]
    #[case("-25.1", Ok(-2510))]
    #[case("1200", Ok(120_000))]
    #[case("45.500", Ok(4550))]
    #[case("0.005", Err(BadAmount::TooFine { text: "0.005".into(), scale: 2 }))]
    #[case("1e3", Err(BadAmount::NotDecimal("1e3".into())))]
    #[case("1.", Err(BadAmount::NotDecimal("1.".into())))]
    #[case(".5", Err(BadAmount::NotDecimal(".5".into())))]
    #[case("", Err(BadAmount::NotDecimal(String::new())))]
    #[case("123456789012345", Err(BadAmount::TooLarge("123456789012345".into())))]
    fn amounts_are_read_exactly_or_not_at_all(
        #[case] text: &str,
        #[case] fen: Result<i64, BadAmount>,
    ) {
        assert_eq!(Money::parse(text).map(Money::fen), fen);
    }

    #[rstest]
    #[case("80.25", "0.05", 401)] // 4.0125
    #[case("984.96", "0.05", 4925)] // 49.248
    #[case("4.52", "0.05", 23)] // 0.226
    #[case("4179.73", "0.80", 334_378)] // 3343.784
    #[case("-4.50", "0.05", -23)] // the mirror of 0.225 → 0.23
    fn a_share_is_rounded_half_up_to_the_fen(
        #[case] amount: &str,
        #[case] ratio: &str,
        #[case] fen: i64,
    ) {
        assert_eq!(
            Money::parse(amount)
                .unwrap()
                .share(Ratio::parse(ratio).unwrap())
                .fen(),
            fen
        );
    }

    #[test]
    fn a_capped_segment_uses_up_its_base() {
        let used = Money::parse("500.00")
            .unwrap()
            .grossed_up(Ratio::parse("0.83").unwrap());
        assert_eq!(used.to_string(), "602.41");
    }

    #[test]
    fn price_times_count_is_rounded_once() {
        let price = UnitPrice::parse("36.483333").unwrap();
        assert_eq!(
            Money::of(price, Quantity::parse("27").unwrap()).map(|m| m.to_string()),
            Some("985.05".to_owned())
        );
        assert_eq!(price.to_string(), "36.483333");
    }

    #[rstest]
    #[case("999999.99", "100000000", Some("99999999000000.00"))]
    #[case("999999.99", "100000010", None)]
    #[case("9000000000000", "-99999999999999", None)]
    fn a_product_beyond_fourteen_digits_is_none(
        #[case] price: &str,
        #[case] count: &str,
        #[case] product: Option<&str>,
    ) {
        let (price, count) = (UnitPrice::parse(price), Quantity::parse(count));
        let shown = Money::of(price.unwrap(), count.unwrap()).map(|money| money.to_string());
        assert_eq!(shown.as_deref(), product);
    }

    #[test]
    fn a_sum_beyond_fourteen_digits_is_none() {
        let most = Money::parse("99999999999999.99").unwrap();
        let fen = Money::from_fen(1);
        assert_eq!((most.plus(fen), (-most).plus(-fen)), (None, None));
        assert_eq!(most.plus(-fen).map(|sum| sum + fen), Some(most));
    }

    proptest! {
        #[test]
        fn an_amount_survives_its_text(fen in -99_999_999_999_999i64..99_999_999_999_999) {
            let money = Money::from_fen(fen);
            prop_assert_eq!(Money::parse(&money.to_string()), Ok(money));
        }

        #[test]
        fn a_refund_is_the_exact_mirror(fen in 0i64..1_000_000_000, ratio in 0i64..10_000) {
            let ratio = Ratio::from_scaled(ratio);
            prop_assert_eq!(Money::from_fen(-fen).share(ratio), -Money::from_fen(fen).share(ratio));
        }
    }
}
