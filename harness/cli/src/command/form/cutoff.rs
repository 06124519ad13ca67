//! 截止 · From one cut-off to the next, as typed.

use crosswipe_domain::{Day, Moment};
use crosswipe_reports::{Interval, Pace};

use crate::args::PeriodForm;
use crate::complain::Trouble;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Names of the days of a week, Monday first.
const DAYS: [[&str; 3]; 7] = [
    ["周一", "星期一", "mon"],
    ["周二", "星期二", "tue"],
    ["周三", "星期三", "wed"],
    ["周四", "星期四", "thu"],
    ["周五", "星期五", "fri"],
    ["周六", "星期六", "sat"],
    ["周日", "星期日", "sun"],
];

/// 截止 · When reports are due: a time of day, and of the week for a week.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cutoff {
    /// Monday is 0; `None` = every day.
    weekday: Option<i64>,
    /// After midnight, ms.
    ms: i64,
}

/// The interval that was asked for: to the cut-off of the day that was named, else to the first one after `last`.
pub(super) fn interval(
    args: &PeriodForm,
    pace: Pace,
    last: Option<Moment>,
) -> Result<Interval, Trouble> {
    let (usual, length) = match pace {
        Pace::Daily => ("15:00", DAY_MS),
        Pace::Weekly => ("Fri 12:00", 7 * DAY_MS),
    };
    let typed = args.cutoff.as_deref().unwrap_or(usual);
    let cutoff = parse(typed, pace).ok_or_else(|| {
        bad(
            match pace {
                Pace::Daily => {
                    format!("`{typed}` 不是日报的截止时间 · `{typed}` is no cut-off of a day")
                }
                Pace::Weekly => {
                    format!("`{typed}` 不是周报的截止时间 · `{typed}` is no cut-off of a week")
                }
            },
            match pace {
                Pace::Daily => "写成 15:00 · write 15:00",
                Pace::Weekly => "写成 \"Fri 12:00\" 或 \"周五 12:00\" · write \"Fri 12:00\"",
            },
        )
    })?;
    let to = match &args.date {
        Some(date) => {
            let day = Day::parse(date).map_err(|_| {
                bad(
                    format!("`{date}` 不是日期 · `{date}` is no day"),
                    "写成 2021-07-28 · write 2021-07-28",
                )
            })?;
            let to = day.start().plus_ms(cutoff.ms);
            if cutoff
                .weekday
                .is_some_and(|wanted| wanted != weekday(day.start()))
            {
                return Err(bad(
                    format!(
                        "`{date}` 不是 `{typed}` 的那个星期几 · `{date}` is not the day of the week of `{typed}`"
                    ),
                    "日期与截止日的星期要一致 · name a day of that weekday",
                ));
            }
            to
        }
        None => first_after(last.unwrap_or(Moment::from_epoch_ms(0)), cutoff),
    };
    Ok(Interval {
        from: to.plus_ms(-length),
        to,
    })
}

/// An instant as typed: `2021-07-28 15:00`.
pub(super) fn instant(typed: &str) -> Result<Moment, Trouble> {
    let text = typed.trim().replacen('T', " ", 1);
    let text = if text.len() == 16 {
        format!("{text}:00")
    } else {
        text
    };
    Moment::parse_wire(&text).map_err(|_| {
        bad(
            format!("`{typed}` 不是时刻 · `{typed}` is no instant"),
            "写成 \"2021-07-28 15:00\" · write \"2021-07-28 15:00\"",
        )
    })
}

fn bad(what: String, help: &str) -> Trouble {
    Trouble::Usage {
        code: "cli::cutoff",
        what,
        help: help.to_owned(),
    }
}

fn parse(typed: &str, pace: Pace) -> Option<Cutoff> {
    let typed = typed.trim().replace('：', ":").to_lowercase();
    let (day, time) = match typed.split_once(char::is_whitespace) {
        Some((day, time)) => (Some(day), time.trim()),
        None => (None, typed.as_str()),
    };
    let weekday = match (day, pace) {
        (None, Pace::Daily) => None,
        (Some(day), Pace::Weekly) => {
            let place = DAYS
                .iter()
                .position(|names| names.iter().any(|name| day.starts_with(name)));
            Some(i64::try_from(place?).ok()?)
        }
        _ => return None,
    };
    let (hour, minute) = time.split_once(':')?;
    let number = |text: &str, below: i64| {
        let digits =
            (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<i64>()
            .ok()
            .filter(|number| digits && *number < below)
    };
    let ms = number(hour, 24)? * HOUR_MS + number(minute, 60)? * 60_000;
    Some(Cutoff { weekday, ms })
}

/// Strictly after: what is recorded at the cut-off belongs to the next interval.
fn first_after(last: Moment, cutoff: Cutoff) -> Moment {
    let mut to = last.day().start().plus_ms(cutoff.ms);
    while to <= last || cutoff.weekday.is_some_and(|wanted| wanted != weekday(to)) {
        to = to.plus_ms(DAY_MS);
    }
    to
}

/// Monday is 0. The first day of the epoch was a Thursday.
fn weekday(at: Moment) -> i64 {
    let china = at.epoch_ms() + 8 * HOUR_MS;
    (china.div_euclid(DAY_MS) + 3).rem_euclid(7)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn form(cutoff: Option<&str>, date: Option<&str>) -> PeriodForm {
        use clap::Parser as _;
        let mut typed = vec!["crosswipe", "form", "daily", "run"];
        typed.extend(cutoff.iter().flat_map(|text| ["--cutoff", text]));
        typed.extend(date.iter().flat_map(|text| ["--date", text]));
        let args = crate::args::Args::try_parse_from(typed).expect("typed well");
        match args.command {
            crate::args::Command::Form(crate::args::FormArgs {
                kind: crate::args::FormKind::Daily(form),
            }) => form,
            _ => unreachable!("it is the form of a day"),
        }
    }

    #[rstest]
    #[case(
        Pace::Daily,
        None,
        None,
        "2021-07-28 14:59:59",
        "2021-07-27 15:00:00",
        "2021-07-28 15:00:00"
    )]
    #[case(
        Pace::Daily,
        None,
        None,
        "2021-07-28 15:00:00",
        "2021-07-28 15:00:00",
        "2021-07-29 15:00:00"
    )]
    #[case(
        Pace::Daily,
        Some("0:00"),
        None,
        "2021-07-28 00:00:00",
        "2021-07-28 00:00:00",
        "2021-07-29 00:00:00"
    )]
    #[case(
        Pace::Daily,
        Some("09：30"),
        Some("2021-07-20"),
        "2021-07-28 15:00:00",
        "2021-07-19 09:30:00",
        "2021-07-20 09:30:00"
    )]
    // 2021-07-30 was a Friday.
    #[case(
        Pace::Weekly,
        None,
        None,
        "2021-07-28 15:00:00",
        "2021-07-23 12:00:00",
        "2021-07-30 12:00:00"
    )]
    #[case(
        Pace::Weekly,
        Some("周五 12:00"),
        None,
        "2021-07-30 12:00:00",
        "2021-07-30 12:00:00",
        "2021-08-06 12:00:00"
    )]
    #[case(
        Pace::Weekly,
        Some("Sunday 8:05"),
        None,
        "2021-07-30 12:00:00",
        "2021-07-25 08:05:00",
        "2021-08-01 08:05:00"
    )]
    fn an_interval_ends_at_the_first_cut_off_after_the_last_record(
        #[case] pace: Pace,
        #[case] cutoff: Option<&str>,
        #[case] date: Option<&str>,
        #[case] last: &str,
        #[case] from: &str,
        #[case] to: &str,
    ) {
        let last = Moment::parse_wire(last).unwrap();
        let interval = interval(&form(cutoff, date), pace, Some(last)).unwrap();
        assert_eq!(
            (interval.from.wire(), interval.to.wire()),
            (from.to_owned(), to.to_owned())
        );
    }

    #[rstest]
    #[case(Pace::Daily, "24:00", None)]
    #[case(Pace::Daily, "15", None)]
    #[case(Pace::Daily, "Fri 15:00", None)]
    #[case(Pace::Daily, "15:60", None)]
    #[case(Pace::Daily, "+5:00", None)]
    #[case(Pace::Weekly, "12:00", None)]
    #[case(Pace::Weekly, "someday 12:00", None)]
    #[case(Pace::Weekly, "Fri 12:00", Some("2021-07-29"))]
    #[case(Pace::Daily, "15:00", Some("2021-02-30"))]
    fn a_cut_off_that_nobody_can_mean_is_told(
        #[case] pace: Pace,
        #[case] cutoff: &str,
        #[case] date: Option<&str>,
    ) {
        let told = interval(&form(Some(cutoff), date), pace, None);
        assert!(matches!(
            told,
            Err(Trouble::Usage {
                code: "cli::cutoff",
                ..
            })
        ));
    }
}
