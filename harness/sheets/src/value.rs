//! 单元格 · What people write in cells, read exactly: amounts, days and times, ids, words.
//!
//! Why so: a list was typed, copied and saved by an office program. Full-width digits, `¥`, thousands,
//! brackets for minus are usual and harmless; a number that has lost digits is neither. Nothing is rounded
//! and nothing is guessed; what cannot be read says why and how to mend it.
//! Not here: which column holds what (`mapping`).

use std::borrow::Cow;

use crosswipe_domain::{Both, Day, Moment, Money, both};

/// Why a cell cannot be read, and how to mend it.
#[derive(Debug, PartialEq, Eq)]
pub struct Bad {
    /// What is wrong.
    pub what: Both,
    /// How to mend it.
    pub mend: Both,
}

fn bad<T>(what: Both, mend: Both) -> Result<T, Bad> {
    Err(Bad { what, mend })
}

/// 单元格 · One cell, as its file holds it.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Text; of CSV every cell.
    Text(String),
    /// A number of a workbook, as decimal text, and whether it is too long to be exact.
    Number {
        /// Decimal text.
        text: String,
        /// It has more digits than office programs keep.
        inexact: bool,
    },
    /// A date of a workbook.
    Time(Moment),
}

impl Cell {
    /// Empty text.
    pub fn none() -> Cell {
        Cell::Text(String::new())
    }

    /// The cell without its memory.
    pub fn lent(&self) -> CellRef<'_> {
        match self {
            Cell::Text(text) => CellRef::Text(text),
            Cell::Number { text, inexact } => CellRef::Number {
                text,
                inexact: *inexact,
            },
            Cell::Time(moment) => CellRef::Time(*moment),
        }
    }

    /// True if nothing is written there.
    pub fn is_blank(&self) -> bool {
        self.lent().is_blank()
    }

    /// The words of a heading or of a word column.
    pub fn words(&self) -> String {
        self.lent().words().into_owned()
    }

    /// An id: see [`CellRef::id`].
    ///
    /// # Errors
    /// Digits were lost, or it became a date.
    pub fn id(&self) -> Result<String, Bad> {
        self.lent().id().map(Cow::into_owned)
    }

    /// An amount: see [`CellRef::fen`].
    ///
    /// # Errors
    /// It is no amount.
    pub fn fen(&self, unit_fen: bool) -> Result<Option<i64>, Bad> {
        self.lent().fen(unit_fen)
    }

    /// A whole number.
    ///
    /// # Errors
    /// It is no whole number.
    pub fn count(&self) -> Result<Option<i64>, Bad> {
        self.lent().count()
    }

    /// A day, with or without a time.
    ///
    /// # Errors
    /// It is no day.
    pub fn moment(&self) -> Result<Option<Moment>, Bad> {
        self.lent().moment()
    }
}

/// 单元格 · A cell where it stands in its line: a list has millions, and of most only a number is kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum CellRef<'a> {
    /// Text; of CSV every cell.
    Text(&'a str),
    /// A number of a workbook, as decimal text, and whether it is too long to be exact.
    Number {
        /// Decimal text.
        text: &'a str,
        /// It has more digits than office programs keep.
        inexact: bool,
    },
    /// A date of a workbook.
    Time(Moment),
}

impl<'a> CellRef<'a> {
    /// The cell with memory of its own.
    pub fn kept(self) -> Cell {
        match self {
            CellRef::Text(text) => Cell::Text(text.to_owned()),
            CellRef::Number { text, inexact } => Cell::Number {
                text: text.to_owned(),
                inexact,
            },
            CellRef::Time(moment) => Cell::Time(moment),
        }
    }

    /// True if nothing is written there.
    pub fn is_blank(self) -> bool {
        matches!(self, CellRef::Text(text) if text.is_empty() || plain(text).is_empty())
    }

    /// The words of a heading or of a word column.
    pub fn words(self) -> Cow<'a, str> {
        match self {
            CellRef::Text(text) => plain(text),
            CellRef::Number { text, .. } => text.into(),
            CellRef::Time(moment) => moment.wire().into(),
        }
    }

    /// An id: text as it is, a number only where no digit can be lost.
    ///
    /// # Errors
    /// Digits were lost, or it became a date.
    pub fn id(self) -> Result<Cow<'a, str>, Bad> {
        const MEND: Both = Both::new(
            "把该列设为文本后重新导出",
            "format the column as text and export again",
        );
        match self {
            CellRef::Number { inexact: true, .. } => bad(
                both!(
                    "编号存成了数字, 超过 15 位, 末位已丢失",
                    "an id kept as a number of more than 15 digits has lost its last digits"
                ),
                MEND,
            ),
            CellRef::Number { text, .. } => Ok(text.into()),
            CellRef::Time(_) => bad(both!("编号成了日期", "an id became a date"), MEND),
            CellRef::Text(text) => {
                let id = unwrapped(text);
                if looks_scientific(&id) {
                    return bad(
                        both!(
                            "编号成了科学计数, 末位已丢失",
                            "an id became a number in scientific notation and has lost digits"
                        ),
                        MEND,
                    );
                }
                Ok(id)
            }
        }
    }

    /// An amount in fen; `unit_fen` where the heading says that it is in fen already.
    ///
    /// # Errors
    /// It is no amount.
    pub fn fen(self, unit_fen: bool) -> Result<Option<i64>, Bad> {
        const MEND: Both = Both::new(
            "写成 1234.56, 两位小数以内",
            "write it as 1234.56, at most two decimals",
        );
        let text = match self {
            CellRef::Text(text) => plain(text),
            CellRef::Number { text, .. } => text.into(),
            CellRef::Time(_) => {
                return bad(both!("金额成了日期", "an amount became a date"), MEND);
            }
        };
        if text.is_empty() || matches!(&*text, "-" | "—" | "/") {
            return Ok(None);
        }
        let number = decimal(&text);
        let parsed = number.and_then(|number| {
            if unit_fen {
                number.parse().ok()
            } else {
                Money::parse(&number).ok().map(Money::fen)
            }
        });
        match parsed {
            Some(fen) => Ok(Some(fen)),
            None => {
                let shown = shown(&text);
                bad(both!("`{shown}` 不是金额", "`{shown}` is no amount"), MEND)
            }
        }
    }

    /// A whole number.
    ///
    /// # Errors
    /// It is no whole number.
    pub fn count(self) -> Result<Option<i64>, Bad> {
        let text = self.words();
        if text.is_empty() {
            return Ok(None);
        }
        match decimal(&text).and_then(|number| number.trim_end_matches(".0").parse().ok()) {
            Some(count) => Ok(Some(count)),
            None => bad(
                both!(
                    "笔数不是整数",
                    "the number of transactions is no whole number"
                ),
                both!("写成 12", "write it as 12"),
            ),
        }
    }

    /// A day, with or without a time.
    ///
    /// # Errors
    /// It is no day.
    pub fn moment(self) -> Result<Option<Moment>, Bad> {
        const MEND: Both = Both::new(
            "写成 2026-05-01 或 2026-05-01 09:30:00",
            "write 2026-05-01 or 2026-05-01 09:30:00",
        );
        let text = match self {
            CellRef::Time(moment) => return Ok(Some(moment)),
            CellRef::Number { text, .. } => text.into(),
            CellRef::Text(text) => plain(text),
        };
        if text.is_empty() {
            return Ok(None);
        }
        if let Some(moment) = moment(&text) {
            return Ok(Some(moment));
        }
        let shown = shown(&text);
        if text.contains("24:00") || text.contains("24时") {
            return bad(
                both!(
                    "`{shown}`: 没有 24 时这个时刻",
                    "`{shown}`: there is no hour 24"
                ),
                both!("写成次日 00:00", "write 00:00 of the next day"),
            );
        }
        bad(both!("`{shown}` 不是日期", "`{shown}` is no date"), MEND)
    }
}

/// As much of a bad cell as a message has room for.
fn shown(text: &str) -> String {
    text.chars().take(24).collect()
}

/// Half-width, without blanks at the ends.
pub fn plain(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return text.trim().into();
    }
    let half = |c: char| match c {
        '\u{3000}' | '\u{a0}' => ' ',
        '￥' => '¥',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '−' | '–' | '﹣' => '-',
        other => other,
    };
    if text.chars().all(|c| half(c) == c) {
        return text.trim().trim_start_matches('\u{feff}').into();
    }
    let text: String = text.chars().map(half).collect();
    text.trim().trim_start_matches('\u{feff}').to_owned().into()
}

/// `="0123"` and `'0123` are how office programs keep leading zeros in a CSV.
fn unwrapped(text: &str) -> Cow<'_, str> {
    fn inner(text: &str) -> &str {
        let quoted = text.strip_prefix("=\"");
        let quoted = quoted.and_then(|rest| rest.strip_suffix('"'));
        quoted.unwrap_or(text.trim_start_matches('\'')).trim()
    }
    match plain(text) {
        Cow::Borrowed(text) => inner(text).into(),
        Cow::Owned(text) => inner(&text).to_owned().into(),
    }
}

fn looks_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['E', 'e']) else {
        return false;
    };
    let digits = exponent.strip_prefix('+').unwrap_or("x");
    mantissa.contains('.')
        && mantissa.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && !digits.is_empty()
        && digits.bytes().all(|b| b.is_ascii_digit())
}

/// `¥1,234.50`, `(25.00)`, `25.00-`, `25元` → `1234.50`, `-25.00`, `-25.00`, `25`.
fn decimal(text: &str) -> Option<Cow<'_, str>> {
    // Nearly all amounts are written without anything that would have to be taken off.
    if text.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return Some(text.into());
    }
    let mut rest = text.trim();
    let mut negative = false;
    if let Some(inner) = rest
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'))
    {
        (negative, rest) = (true, inner.trim());
    }
    let mut signs = 0;
    loop {
        let before = rest;
        rest = rest
            .trim()
            .trim_start_matches('¥')
            .trim_start_matches("RMB")
            .trim_end_matches('元')
            .trim();
        if let Some(more) = rest.strip_prefix('-').or_else(|| rest.strip_suffix('-')) {
            (negative, rest, signs) = (!negative, more, signs + 1);
        }
        rest = rest.strip_prefix('+').unwrap_or(rest);
        if rest == before {
            break;
        }
    }
    let digits = ungrouped(rest)?;
    (signs < 2).then(|| {
        if negative {
            format!("-{digits}").into()
        } else {
            digits
        }
    })
}

/// Thousands only where they stand in their places: `1,234.50` is a number, `1,23` is none.
fn ungrouped(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains(',') {
        return Some(text.into());
    }
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let mut groups = whole.split(',');
    let first = groups.next()?;
    let fits = (1..=3).contains(&first.len()) && groups.clone().all(|group| group.len() == 3);
    let joined: String = std::iter::once(first).chain(groups).collect();
    let point = if text.contains('.') { "." } else { "" };
    (fits && !decimals.contains(',')).then(|| format!("{joined}{point}{decimals}").into())
}

/// The usual office forms of a day and a time; China time.
fn moment(text: &str) -> Option<Moment> {
    // Nearly all are written in one of these two forms.
    let usual = Moment::of_wire(text).or_else(|| Some(Day::of_form(text)?.start()));
    if let Some(moment) = usual.or_else(|| Moment::parse(text).ok()) {
        return Some(moment);
    }
    let numbers = numbers(text)?;
    let compact = numbers.len() == 1;
    let parts: Vec<u32> = if compact {
        split_compact(&numbers[0])?
    } else {
        short(&numbers)?
    };
    if !(3..=7).contains(&parts.len()) || !compact && numbers[0].len() != 4 {
        return None;
    }
    let day = Day::parse(&format!("{:04}-{:02}-{:02}", parts[0], parts[1], parts[2])).ok()?;
    let part = |at: usize| parts.get(at).copied().unwrap_or(0);
    let (hour, minute, second) = (part(3), part(4), part(5));
    (hour < 24 && minute < 60 && second < 60).then(|| {
        let seconds = i64::from((hour * 60 + minute) * 60 + second);
        Moment::from_epoch_ms(day.start().epoch_ms() + seconds * 1000)
    })
}

/// Runs of digits between the separators that dates have.
fn numbers(text: &str) -> Option<Vec<String>> {
    let allowed = |c: char| c.is_ascii_digit() || " -/.:年月日时点分秒T".contains(c);
    if !text.chars().all(allowed) {
        return None;
    }
    let runs = text
        .split(|c: char| !c.is_ascii_digit())
        .filter(|run| !run.is_empty());
    Some(runs.map(str::to_owned).collect())
}

fn short(numbers: &[String]) -> Option<Vec<u32>> {
    numbers
        .iter()
        .map(|run| run.parse().ok().filter(|_| run.len() <= 4))
        .collect()
}

/// `20260501` and `20260501093000`.
fn split_compact(run: &str) -> Option<Vec<u32>> {
    let cuts: &[usize] = match run.len() {
        8 => &[4, 2, 2],
        12 => &[4, 2, 2, 2, 2],
        14 => &[4, 2, 2, 2, 2, 2],
        _ => return None,
    };
    let mut rest = run;
    let mut parts = Vec::new();
    for cut in cuts {
        let (part, more) = rest.split_at(*cut);
        parts.push(part.parse().ok()?);
        rest = more;
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn text(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }

    #[rstest]
    #[case("25", Some(2500))]
    #[case("1,234.50", Some(123450))]
    #[case("¥ 1,234,567.89", Some(123456789))]
    #[case("￥２５．００", Some(2500))]
    #[case("(25.00)", Some(-2500))]
    #[case("（２５．１）", Some(-2510))]
    #[case("-¥25.00", Some(-2500))]
    #[case("25.00-", Some(-2500))]
    #[case("−0.05", Some(-5))]
    #[case("12元", Some(1200))]
    #[case("", None)]
    #[case("-", None)]
    fn amounts_as_people_write_them_are_read_to_the_fen(
        #[case] written: &str,
        #[case] fen: Option<i64>,
    ) {
        assert_eq!(text(written).fen(false), Ok(fen));
    }

    #[rstest]
    #[case("25.005")]
    #[case("1,23")]
    #[case("1234,567")]
    #[case("二十五")]
    #[case("--25")]
    #[case("(-25)-")]
    #[case("1.2.3")]
    #[case("2.5E+3")]
    fn what_is_no_amount_is_never_guessed(#[case] written: &str) {
        assert!(text(written).fen(false).is_err(), "{written}");
    }

    #[test]
    fn fen_stay_fen_where_the_heading_says_so() {
        assert_eq!(text("2500").fen(true), Ok(Some(2500)));
        assert!(text("25.5").fen(true).is_err());
    }

    #[rstest]
    #[case("2026-05-01", "2026-05-01 00:00:00")]
    #[case("2026/5/1", "2026-05-01 00:00:00")]
    #[case("2026.5.1 9:30", "2026-05-01 09:30:00")]
    #[case("20260501", "2026-05-01 00:00:00")]
    #[case("20260501093015", "2026-05-01 09:30:15")]
    #[case("2026年5月1日", "2026-05-01 00:00:00")]
    #[case("2026年5月1日 9时30分15秒", "2026-05-01 09:30:15")]
    #[case("２０２６－０５－０１", "2026-05-01 00:00:00")]
    #[case("2026-05-01T09:30:00+08:00", "2026-05-01 09:30:00")]
    #[case("2026-05-01 09:30:00.123", "2026-05-01 09:30:00")]
    fn days_in_the_usual_office_forms_are_read(#[case] written: &str, #[case] wire: &str) {
        assert_eq!(text(written).moment().unwrap().unwrap().wire(), wire);
    }

    /// What has the usual form to the letter is read digit by digit, all else by its numbers: both know the same calendar.
    #[test]
    fn the_usual_form_means_what_its_numbers_mean() {
        let days = [
            "2026-02-28",
            "2026-02-29",
            "2024-02-29",
            "2026-13-01",
            "2026-00-10",
            "0000-01-01",
            "9999-12-31",
        ];
        let times = [
            "",
            " 00:00:00",
            " 23:59:59",
            " 23:59:60",
            " 24:00:00",
            " 09:61:00",
        ];
        for (day, time) in days
            .into_iter()
            .flat_map(|day| times.map(|time| (day, time)))
        {
            let usual = format!("{day}{time}");
            let other = format!("{}{time}", day.replace('-', "/"));
            assert_eq!(moment(&usual), moment(&other), "{usual}");
        }
    }

    #[rstest]
    #[case("职工", "职工", true)]
    #[case("  职工 ", "职工", true)]
    #[case("\u{feff}结算号", "结算号", true)]
    #[case("\u{3000}职工\u{3000}", "职工", false)]
    #[case("Ａ１", "A1", false)]
    #[case(" 12.50\t", "12.50", true)]
    fn a_text_that_needs_no_change_stays_where_it_stands(
        #[case] written: &str,
        #[case] read: &str,
        #[case] stays: bool,
    ) {
        assert_eq!(plain(written), read);
        assert_eq!(matches!(plain(written), Cow::Borrowed(_)), stays);
    }

    #[rstest]
    #[case("5/1/2026")]
    #[case("2026-13-01")]
    #[case("2026-02-30")]
    #[case("46143")]
    #[case("昨天")]
    #[case("2026-05-01 25:00")]
    fn what_is_no_day_is_said(#[case] written: &str) {
        assert!(text(written).moment().is_err(), "{written}");
    }

    #[test]
    fn an_id_that_lost_digits_is_no_id() {
        assert!(text("3.30100203003020E+29").id().is_err());
        assert!(
            Cell::Number {
                text: "330100203003020900000".into(),
                inexact: true
            }
            .id()
            .is_err()
        );
        assert_eq!(text("=\"00123\"").id(), Ok("00123".into()));
        assert_eq!(text("'00123").id(), Ok("00123".into()));
        assert_eq!(text("12E5").id(), Ok("12E5".into()));
        assert_eq!(
            Cell::Number {
                text: "12345".into(),
                inexact: false
            }
            .id(),
            Ok("12345".into())
        );
    }
}
