//! 金额写法 · Whole fen as people write money: `1,234.56`.
//!
//! Why here: every format prints amounts the same way, and none of them may touch a float.

use crosswipe_verify::BookTotal;

/// `-1234567` fen → `-12,345.67`.
pub(crate) fn yuan(fen: i64) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    let fen = fen.unsigned_abs();
    format!("{sign}{}.{:02}", grouped(fen / 100), fen % 100)
}

/// `-1234567` → `-1,234,567`.
pub(crate) fn count(number: i64) -> String {
    let sign = if number < 0 { "-" } else { "" };
    format!("{sign}{}", grouped(number.unsigned_abs()))
}

/// A figure of a book: money where the book keeps money, a plain number where it counts.
pub(crate) fn figure(book: &BookTotal, value: i64) -> String {
    if book.unit == "count" {
        count(value)
    } else {
        yuan(value)
    }
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(0, "0.00")]
    #[case(5, "0.05")]
    #[case(-5, "-0.05")]
    #[case(99_999, "999.99")]
    #[case(100_000, "1,000.00")]
    #[case(-123_456_789, "-1,234,567.89")]
    #[case(i64::MIN, "-92,233,720,368,547,758.08")]
    fn fen_are_written_as_yuan_with_thousands(#[case] fen: i64, #[case] text: &str) {
        assert_eq!(yuan(fen), text);
    }

    #[test]
    fn a_count_has_no_decimals() {
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(count(-12), "-12");
    }
}
