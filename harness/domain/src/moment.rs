//! 时刻 · An instant in China time (+08:00), and a calendar day.
//!
//! Why so: every notice, message and book of this field speaks China time without a zone. One type
//! reads and writes all their forms, so that no other place does arithmetic on dates.
//! Not here: what time it is now (`runner::clock`).

use std::fmt;

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, TimeZone, Timelike};
use serde::{Deserialize, Serialize};

/// 时刻 · An instant to the millisecond; prints as `2017-06-02T09:00:00.000+08:00`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
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
        let naive =
            NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").map_err(|_| BadMoment {
                text: text.to_owned(),
            })?;
        Ok(Moment::from_china(naive))
    }

    /// `2017-06-02 09:00:00`, as `inf_time` and the business times of the interface are written.
    pub fn wire(self) -> String {
        self.china().format("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// `20170602090000`, the time inside a msgid.
    pub fn compact(self) -> String {
        self.china().format("%Y%m%d%H%M%S").to_string()
    }

    /// `20170602090000123`, as `refmsg_time` and `respond_time` are written.
    pub fn compact_ms(self) -> String {
        self.china().format("%Y%m%d%H%M%S%3f").to_string()
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

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Every log row prints two of these, so the digits are written straight out.
        let t = self.china().naive_local();
        let (date, time) = (t.date(), t.time());
        f.pad(&format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}+08:00",
            date.year(),
            date.month(),
            date.day(),
            time.hour(),
            time.minute(),
            time.second(),
            self.epoch_ms.rem_euclid(1000),
        ))
    }
}

impl fmt::Debug for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl From<Moment> for String {
    fn from(moment: Moment) -> String {
        moment.to_string()
    }
}

impl TryFrom<String> for Moment {
    type Error = BadMoment;
    fn try_from(text: String) -> Result<Moment, BadMoment> {
        Moment::parse(&text)
    }
}

/// 日期 · A calendar day in China; prints as `2017-06-02`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(NaiveDate);

impl Day {
    /// Reads `2017-06-02`.
    ///
    /// # Errors
    /// Text of another form or an impossible date.
    pub fn parse(text: &str) -> Result<Day, BadMoment> {
        NaiveDate::parse_from_str(text, "%Y-%m-%d")
            .map(Day)
            .map_err(|_| BadMoment {
                text: text.to_owned(),
            })
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
    fn wire_forms_are_china_time() {
        let moment = Moment::parse_wire("2017-06-01 07:59:59").unwrap();
        assert_eq!(moment.compact(), "20170601075959");
        assert_eq!(moment.day().to_string(), "2017-06-01");
        assert_eq!(moment.plus_ms(5).compact_ms(), "20170601075959005");
        assert_eq!(moment.day().next().start().wire(), "2017-06-02 00:00:00");
    }
}
