//! 时刻 · An instant in China time (+08:00), and a calendar day.
//!
//! Why so: every notice, message and book of this field speaks China time without a zone. One type
//! reads and writes all their forms, so that no other place does arithmetic on dates.
//! Not here: what time it is now (`runner::clock`).

use std::fmt;

use chrono::{
    DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, SecondsFormat, TimeZone, Timelike,
};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// 时刻 · An instant to the millisecond; prints as `2017-06-02T09:00:00.000+08:00`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment {
    epoch_ms: i64,
}

impl Moment {
    /// An instant from milliseconds since 1970-01-01T00:00Z.
    pub const fn from_epoch_ms(epoch_ms: i64) -> Moment {
        Moment { epoch_ms }
    }

    /// Milliseconds since 1970-01-01T00:00Z.
    pub const fn epoch_ms(self) -> i64 {
        self.epoch_ms
    }

    /// Reads `2017-06-02T09:00+08:00`, with or without seconds and milliseconds; the offset is required.
    ///
    /// # Errors
    /// Text of another form, an impossible date, hour 24 (ambiguous: «D日24时» is D+1 00:00).
    pub fn parse(text: &str) -> Result<Moment, BadMoment> {
        if let Some(moment) = read_form(text, FORM).and_then(moment_of) {
            return Ok(moment);
        }
        let bad = || BadMoment {
            text: text.to_owned(),
        };
        let padded;
        let full = if text.len() == "2017-06-02T09:00+08:00".len() {
            padded = format!(
                "{}:00{}",
                text.get(..16).ok_or_else(bad)?,
                text.get(16..).ok_or_else(bad)?
            );
            padded.as_str()
        } else {
            text
        };
        DateTime::parse_from_rfc3339(full)
            .map(|t| Moment {
                epoch_ms: t.timestamp_millis(),
            })
            .map_err(|_| bad())
    }

    /// Reads the wire form `2017-06-02 09:00:00`, always China time.
    ///
    /// # Errors
    /// Text of another form.
    pub fn parse_wire(text: &str) -> Result<Moment, BadMoment> {
        if let Some(moment) = Moment::of_wire(text) {
            return Ok(moment);
        }
        let naive =
            NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").map_err(|_| BadMoment {
                text: text.to_owned(),
            })?;
        Ok(Moment::from_china(naive))
    }

    /// Reads the wire form digit by digit, as a list of a million lines has it; `None` for text that has it not to the letter.
    pub fn of_wire(text: &str) -> Option<Moment> {
        read_form(text, WIRE_FORM).and_then(moment_of)
    }

    /// Reads the date of an HTTP answer, e.g. `Fri, 02 Jun 2017 01:00:00 GMT`; `None` where it is none.
    pub fn parse_http(text: &str) -> Option<Moment> {
        let read = DateTime::parse_from_rfc2822(text).ok()?;
        Some(Moment::from_epoch_ms(read.timestamp_millis()))
    }

    /// `2017-06-02 09:00:00`, as `inf_time` and the business times of the interface are written.
    pub fn wire(self) -> String {
        let [year, month, day, hour, minute, second, _] = self.numbers();
        format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
    }

    /// `20170602090000`, the time inside a msgid.
    pub fn compact(self) -> String {
        let [year, month, day, hour, minute, second, _] = self.numbers();
        format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}")
    }

    /// `20170602090000123`, as `refmsg_time` and `respond_time` are written.
    pub fn compact_ms(self) -> String {
        let [year, month, day, hour, minute, second, ms] = self.numbers();
        format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}{ms:03}")
    }

    /// The calendar day in China.
    pub fn day(self) -> Day {
        Day(self.china().date_naive())
    }

    /// `06-02 09:00`, for people.
    pub fn short(self) -> String {
        self.china().format("%m-%d %H:%M").to_string()
    }

    /// This instant moved by `ms` milliseconds.
    #[must_use]
    pub const fn plus_ms(self, ms: i64) -> Moment {
        Moment {
            epoch_ms: self.epoch_ms + ms,
        }
    }

    /// Milliseconds from `earlier` to this instant.
    pub const fn ms_since(self, earlier: Moment) -> i64 {
        self.epoch_ms - earlier.epoch_ms
    }

    fn china(self) -> DateTime<FixedOffset> {
        china_offset()
            .timestamp_millis_opt(self.epoch_ms)
            .single()
            .expect("an instant of our era")
    }

    /// Year, month, day, hour, minute, second, millisecond in China.
    fn numbers(self) -> [u32; 7] {
        let china = self.china().naive_local();
        let (date, time) = (china.date(), china.time());
        [
            date.year().unsigned_abs(),
            date.month(),
            date.day(),
            time.hour(),
            time.minute(),
            time.second(),
            time.nanosecond() / 1_000_000,
        ]
    }

    fn from_china(naive: NaiveDateTime) -> Moment {
        Moment {
            epoch_ms: china_offset()
                .from_local_datetime(&naive)
                .single()
                .expect("no gaps at a fixed offset")
                .timestamp_millis(),
        }
    }
}

fn china_offset() -> FixedOffset {
    FixedOffset::east_opt(8 * 3600).expect("+08:00 is an offset")
}

/// The form in which instants are written; every log row has one, so it is written and read digit by digit.
const FORM: &[u8; 29] = b"0000-00-00T00:00:00.000+08:00";
/// The form of the interface.
const WIRE_FORM: &[u8; 19] = b"0000-00-00 00:00:00";
/// The form of a day.
const DAY_FORM: &[u8; 10] = b"0000-00-00";
/// Where each number of these stands, and how many digits it has.
const PLACES: [(usize, usize); 7] = [(0, 4), (5, 2), (8, 2), (11, 2), (14, 2), (17, 2), (20, 3)];

/// Its numbers, as far as the form has them; `None` for text of any other form.
fn read_form<const LENGTH: usize>(text: &str, form: &[u8; LENGTH]) -> Option<[u32; 7]> {
    let mut text: [u8; LENGTH] = text.as_bytes().try_into().ok()?;
    let mut numbers = [0_u32; 7];
    let places = PLACES.into_iter().take_while(|(at, _)| *at < LENGTH);
    for ((at, digits), number) in places.zip(&mut numbers) {
        for digit in &mut text[at..at + digits] {
            if !digit.is_ascii_digit() {
                return None;
            }
            *number = *number * 10 + u32::from(*digit - b'0');
            *digit = b'0';
        }
    }
    (text == *form).then_some(numbers)
}

/// `None` for a date or time that may not exist.
fn moment_of([year, month, day, hour, minute, second, ms]: [u32; 7]) -> Option<Moment> {
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    let china = date.and_hms_milli_opt(hour, minute, second, ms)?;
    Some(Moment::from_china(china))
}

/// `None` for a year that has not four digits.
fn own_form(moment: Moment) -> Option<[u8; 29]> {
    let numbers = moment.numbers();
    let mut text = *FORM;
    for ((at, digits), mut number) in PLACES.into_iter().zip(numbers) {
        for digit in text[at..at + digits].iter_mut().rev() {
            *digit = b'0' + (number % 10) as u8;
            number /= 10;
        }
    }
    (numbers[0] < 10_000).then_some(text)
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match own_form(*self) {
            Some(text) => f.pad(std::str::from_utf8(&text).map_err(|_| fmt::Error)?),
            None => f.pad(&self.china().to_rfc3339_opts(SecondsFormat::Millis, false)),
        }
    }
}

impl fmt::Debug for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match own_form(*self)
            .as_ref()
            .map(|text| std::str::from_utf8(text))
        {
            Some(Ok(text)) => serializer.serialize_str(text),
            _ => serializer.collect_str(self),
        }
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Moment, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Moment;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an instant such as `2017-06-02T09:00:00.000+08:00`")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Moment, E> {
                Moment::parse(text).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Text)
    }
}

/// 日期 · A calendar day in China; prints as `2017-06-02`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Day(NaiveDate);

impl From<Day> for String {
    fn from(day: Day) -> String {
        day.to_string()
    }
}

impl TryFrom<String> for Day {
    type Error = BadMoment;
    fn try_from(text: String) -> Result<Day, BadMoment> {
        Day::parse(&text)
    }
}

impl Day {
    /// Reads `2017-06-02`.
    ///
    /// # Errors
    /// Text of another form or an impossible date.
    pub fn parse(text: &str) -> Result<Day, BadMoment> {
        if let Some(day) = Day::of_form(text) {
            return Ok(day);
        }
        NaiveDate::parse_from_str(text, "%Y-%m-%d")
            .map(Day)
            .map_err(|_| BadMoment {
                text: text.to_owned(),
            })
    }

    /// Reads `2017-06-02` digit by digit; `None` for text that is not of this form to the letter, and for no day.
    pub fn of_form(text: &str) -> Option<Day> {
        let [year, month, day, ..] = read_form(text, DAY_FORM)?;
        NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day).map(Day)
    }

    /// 00:00 of this day.
    pub fn start(self) -> Moment {
        Moment::from_china(self.0.and_hms_opt(0, 0, 0).expect("midnight exists"))
    }

    /// The day after.
    #[must_use]
    pub fn next(self) -> Day {
        Day(self.0.succ_opt().expect("a day of our era"))
    }

    /// `2017`.
    pub fn year(self) -> String {
        self.0.format("%Y").to_string()
    }

    /// `201706`, a clearing period.
    pub fn month(self) -> String {
        self.0.format("%Y%m").to_string()
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.format("%Y-%m-%d").to_string())
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Text that is no instant or day.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a time of the form 2017-06-02T09:00+08:00")]
pub struct BadMoment {
    /// As it was written.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("2017-06-02T09:00+08:00", "2017-06-02T09:00:00.000+08:00")]
    #[case("2017-06-02T01:00:00Z", "2017-06-02T09:00:00.000+08:00")]
    #[case("2017-06-02T09:00:00.120+08:00", "2017-06-02T09:00:00.120+08:00")]
    fn an_instant_is_read_in_any_offset_and_printed_in_ours(
        #[case] text: &str,
        #[case] printed: &str,
    ) {
        assert_eq!(Moment::parse(text).unwrap().to_string(), printed);
    }

    #[rstest]
    #[case("2017-06-02T24:00+08:00")]
    #[case("2017-06-02 09:00")]
    #[case("2017-06-31T09:00+08:00")]
    #[case("二〇一七年六月二日九时整整整")]
    fn anything_else_is_no_instant(#[case] text: &str) {
        assert!(Moment::parse(text).is_err());
    }

    #[test]
    fn the_own_form_is_read_and_written_as_a_calendar_has_it() {
        let mut at = Moment::parse("1999-12-30T23:59:58.998+08:00").unwrap();
        for _ in 0..5_000 {
            at = at.plus_ms(17 * 3_600_000 + 61_003);
            let slowly = at.china().to_rfc3339_opts(SecondsFormat::Millis, false);
            assert_eq!(at.to_string(), slowly);
            assert_eq!(read_form(&slowly, FORM).and_then(moment_of), Some(at));
            let (second, wire) = (
                at.epoch_ms() / 1_000 * 1_000,
                slowly[..19].replace('T', " "),
            );
            assert_eq!(Moment::of_wire(&wire), Some(Moment::from_epoch_ms(second)));
            assert_eq!(Day::of_form(&slowly[..10]), Some(at.day()));
            assert_eq!(serde_json::to_string(&at).unwrap(), format!("{slowly:?}"));
        }
        for other in [
            "2017-06-02T09:00:00.000+09:00",
            "2017-06-02 09:00:00.000+08:00",
            "2017-02-29T09:00:00.000+08:00",
            "2017-06-02T09:00:60.000+08:00",
            "2017-06-02T09:00:0a.000+08:00",
        ] {
            assert_eq!(read_form(other, FORM).and_then(moment_of), None, "{other}");
            assert_eq!(Moment::of_wire(other), None, "{other}");
        }
        for other in [
            "2017-06-02 9:00:00",
            "2017/06/02 09:00:00",
            "+017-06-02 09:00:00",
            "2017-06-02 24:00:00",
        ] {
            assert_eq!(Moment::of_wire(other), None, "{other}");
        }
        for other in [
            "2017-06-2",
            "2017/06/02",
            "+017-06-02",
            "2017-02-29",
            "2017-06-02 ",
        ] {
            assert_eq!(Day::of_form(other), None, "{other}");
        }
        let far = Moment::parse("9999-12-31T23:59:59.000+08:00").unwrap();
        assert!(far.plus_ms(1_000).to_string().starts_with("+10000-01-01T"));
    }

    #[test]
    fn wire_forms_are_china_time() {
        let moment = Moment::parse_wire("2017-06-01 07:59:59").unwrap();
        assert_eq!(moment.compact(), "20170601075959");
        assert_eq!(moment.day().to_string(), "2017-06-01");
        assert_eq!(moment.plus_ms(5).compact_ms(), "20170601075959005");
        assert_eq!(moment.day().next().start().wire(), "2017-06-02 00:00:00");
    }
}
