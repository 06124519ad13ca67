//! 排班 · What fits into the hours: whose hands swipe, when a desk is staffed, how long a swipe takes, how many at a time,
//! and where the cards are.
//!
//! Why plain values: the planner asks them for every case, and a site's sheet shows them; none of them decides whether a
//! message may be sent, which is the gate's alone.
//! Made by `timing::read`, asked by `planner`. Not here: which case goes when (`planner`).

mod read;

use std::collections::BTreeMap;

use crosswipe_domain::{AdmDivision, Business, Day, InstitutionCode, Moment, Topology};

pub(crate) use self::read::{DeskSaid, read_desk, read_timing};

/// 分钟 · A minute since 1970, the planner's smallest unit.
pub(crate) type Minute = i64;

/// 排班 · All that a plan says of hours and hands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timing {
    /// True: the plan says something of it, so that a run keeps to the timetable.
    pub written: bool,
    /// 窗口 · What holds at each institution; one that is missing is as [`Desk::default`].
    pub desks: BTreeMap<InstitutionCode, Desk>,
    /// 同时办理 · How many cases at a time were agreed upon.
    pub agreed: Agreed,
    /// 路程 · How long a card travels.
    pub travel: Travel,
    /// 卡在哪 · Where cards are said to be, in the order of the file; a card of which nothing is said goes wherever it is
    /// needed, as fast as it travels.
    pub cards: Vec<CardStay>,
}

/// 窗口 · One institution's desk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Desk {
    /// Who swipes there.
    pub hands: Hands,
    /// When somebody is there; `None` = nobody said, so whenever the window allows.
    pub staffed: Option<Hours>,
    /// How long a case takes by business; what is missing is as [`Hands::usual_minutes`].
    pub minutes: BTreeMap<Business, u32>,
}

impl Desk {
    /// 用时 · Minutes from the card on the desk to the last undo.
    pub fn minutes(&self, business: Business) -> u32 {
        let said = self.minutes.get(&business).copied();
        said.unwrap_or_else(|| self.hands.usual_minutes(business))
    }
}

/// 经手 · Who swipes at an institution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hands {
    /// 自动 · The run sends the messages itself, or drives the HIS.
    #[default]
    Driven,
    /// 人工 · A person at the counter with a real card; a run sends nothing of it.
    Manual,
}

impl Hands {
    /// As plans write it.
    pub const fn name(self) -> &'static str {
        match self {
            Hands::Driven => "driven",
            Hands::Manual => "manual",
        }
    }

    /// 常用时 · Minutes of a case where the plan says none, undo included: a program needs seconds, so one minute; a person
    /// reads the card, types the bill, prints, and takes it all back.
    pub const fn usual_minutes(self, business: Business) -> u32 {
        match (self, business) {
            (Hands::Driven, _) => 1,
            (Hands::Manual, Business::Inpatient) => 40,
            (Hands::Manual, Business::Pharmacy) => 10,
            (Hands::Manual, _) => 15,
        }
    }
}

/// 时段 · Hours of a day in which somebody is there, minutes from midnight, `from ≤ t < to`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hours {
    /// Of every day that is not named.
    pub daily: Vec<(u32, u32)>,
    /// Of single days; an empty list is a day off.
    pub days: BTreeMap<Day, Vec<(u32, u32)>>,
}

impl Hours {
    /// The staffed spans that touch `from ≤ t < to`, in order, neighbours joined.
    pub(crate) fn spans(&self, from: Minute, to: Minute) -> Vec<(Minute, Minute)> {
        let mut spans: Vec<(Minute, Minute)> = Vec::new();
        let mut day = moment(from).day();
        while minute_down(day.start()) < to {
            let midnight = minute_down(day.start());
            let mut hours = self.days.get(&day).unwrap_or(&self.daily).clone();
            hours.sort_unstable();
            for (opens, closes) in hours {
                let (opens, closes) = (
                    midnight + Minute::from(opens),
                    midnight + Minute::from(closes),
                );
                match spans.last_mut() {
                    Some(last) if last.1 >= opens => last.1 = last.1.max(closes),
                    _ => spans.push((opens, closes)),
                }
            }
            day = day.next();
        }
        spans
    }
}

/// 同时办理 · Most cases at a time. A region counts the cases in which it is insured place or treatment place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agreed {
    /// At any region; `None` = without a bound.
    pub region: Option<u32>,
    /// At any institution; `None` = one where people swipe, without a bound where a program does.
    pub institution: Option<u32>,
    /// At these, by code.
    pub single: BTreeMap<String, u32>,
}

/// 路程 · Minutes between places. A card goes between two institutions of one region in no time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Travel {
    /// Between any two regions; `None` = nobody said, so no card is sent that way.
    pub minutes: Option<u32>,
    /// Between these, either way, the smaller code first.
    pub between: BTreeMap<(AdmDivision, AdmDivision), u32>,
}

impl Travel {
    /// How long a card travels; `None` = nobody knows.
    pub fn minutes(&self, from: AdmDivision, to: AdmDivision) -> Option<u32> {
        if from == to {
            return Some(0);
        }
        let pair = (from.min(to), from.max(to));
        self.between.get(&pair).copied().or(self.minutes)
    }
}

/// 卡在 · A card lies at a place for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardStay {
    /// Whose, by label.
    pub persona: String,
    /// In which region.
    pub place: AdmDivision,
    /// From when on; `None` = from the beginning.
    pub from: Option<Moment>,
    /// Until when; `None` = to the end.
    pub to: Option<Moment>,
}

impl Timing {
    /// The desk of an institution.
    pub fn desk(&self, code: &InstitutionCode) -> Desk {
        self.desks.get(code).cloned().unwrap_or_default()
    }

    /// 人工 · Whether people swipe there, with real cards.
    pub fn is_manual(&self, code: &InstitutionCode) -> bool {
        self.desks
            .get(code)
            .is_some_and(|desk| desk.hands == Hands::Manual)
    }

    /// Most cases at a time at an institution; `None` = without a bound.
    pub fn at_once(&self, code: &InstitutionCode) -> Option<u32> {
        let agreed = self.agreed.single.get(code.as_str()).copied();
        let one = || self.is_manual(code).then_some(1);
        agreed.or(self.agreed.institution).or_else(one)
    }

    /// Most cases at a time in which a region takes part; `None` = without a bound.
    pub fn at_once_in(&self, region: AdmDivision) -> Option<u32> {
        let agreed = self.agreed.single.get(region.as_str()).copied();
        agreed.or(self.agreed.region)
    }

    /// What holds when every instant of the plan is so much later.
    pub(crate) fn shifted(&self, ms: i64) -> Timing {
        let mut timing = self.clone();
        for stay in &mut timing.cards {
            stay.from = stay.from.map(|from| from.plus_ms(ms));
            stay.to = stay.to.map(|to| to.plus_ms(ms));
        }
        for hours in timing
            .desks
            .values_mut()
            .filter_map(|desk| desk.staffed.as_mut())
        {
            let days = std::mem::take(&mut hours.days);
            // At noon: a shift of hours moves no day.
            let moved = |day: Day| day.start().plus_ms(12 * 3_600_000 + ms).day();
            hours.days = days.into_iter().map(|(day, of)| (moved(day), of)).collect();
        }
        timing
    }

    /// The same for these places and persons alone.
    pub(crate) fn narrowed(&mut self, topology: &Topology, labels: &[String]) {
        self.desks
            .retain(|code, _| topology.institution(code).is_some());
        self.cards.retain(|stay| labels.contains(&stay.persona));
    }
}

/// The minute that an instant lies in.
pub(crate) fn minute_down(at: Moment) -> Minute {
    at.epoch_ms().div_euclid(60_000)
}

/// The first minute that begins at or after an instant.
pub(crate) fn minute_up(at: Moment) -> Minute {
    minute_down(at.plus_ms(59_999))
}

/// The instant at which a minute begins.
pub(crate) fn moment(minute: Minute) -> Moment {
    Moment::from_epoch_ms(minute * 60_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_day_takes_the_place_of_the_daily_hours() {
        let day = |text: &str| Day::parse(text).unwrap();
        let hours = Hours {
            daily: vec![(14 * 60, 17 * 60), (9 * 60, 12 * 60), (12 * 60, 13 * 60)],
            days: BTreeMap::from([
                (day("2030-03-02"), vec![(20 * 60, 24 * 60)]),
                (day("2030-03-03"), vec![]),
            ]),
        };
        let at = |text: &str| minute_down(Moment::parse(text).unwrap());
        let spans = hours.spans(at("2030-03-01T10:00+08:00"), at("2030-03-04T10:00+08:00"));
        let said: Vec<String> = spans
            .iter()
            .map(|(from, to)| format!("{} {}", moment(*from).short(), moment(*to).short()))
            .collect();
        assert_eq!(
            said,
            [
                "03-01 09:00 03-01 13:00",
                "03-01 14:00 03-01 17:00",
                "03-02 20:00 03-03 00:00",
                "03-04 09:00 03-04 13:00",
                "03-04 14:00 03-04 17:00",
            ]
        );
    }

    #[test]
    fn nobody_knows_a_way_that_nobody_named() {
        let place = |code: &str| AdmDivision::parse(code).unwrap();
        let (a, b, c) = (place("330100"), place("330200"), place("330300"));
        let mut travel = Travel {
            minutes: None,
            between: BTreeMap::from([((a, b), 90)]),
        };
        assert_eq!(travel.minutes(b, a), Some(90));
        assert_eq!(travel.minutes(a, c), None);
        assert_eq!(travel.minutes(c, c), Some(0));
        travel.minutes = Some(200);
        assert_eq!(travel.minutes(a, c), Some(200));
        assert_eq!(travel.minutes(a, b), Some(90));
    }
}
