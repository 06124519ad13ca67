//! 排班写法 · Reads `schedule:` of `plan.yaml`, and `hands`, `staffed`, `minutes` of an institution.
//!
//! Why at both: most places keep the same hours, so the plan says them once, and an institution says only what differs.
//! Called by `topology` (one institution) and `load` (the whole). Not here: which case goes when (`planner`).

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{AdmDivision, Both, Business, Day, InstitutionCode, Topology, both};

use super::{Agreed, CardStay, Desk, Hands, Hours, Timing, Travel, minute_down, minute_up};
use crate::codes;
use crate::fields::{Fields, items};
use crate::node::Node;
use crate::persons::{Person, region};
use crate::problem::{At, Noun, Problems, Said, noun};
use crate::words;

const HANDS: [(&str, Hands); 4] = [
    ("driven", Hands::Driven),
    ("manual", Hands::Manual),
    ("自动", Hands::Driven),
    ("人工", Hands::Manual),
];
const HOURS_HELP: Both = Both::new(
    "形如 \"09:00-12:00\", 某一天写 \"2017-06-03 09:00-11:00\", 不上班写 \"2017-06-03 off\"",
    "write it like `09:00-12:00`, for one day `2017-06-03 09:00-11:00`, for a day off `2017-06-03 off`",
);
/// Longer than any case, and than any way.
const MOST: u32 = 10_000;

/// 一家说的 · What one institution says of its desk; what it leaves out is as the plan says.
#[derive(Clone, Debug, Default)]
pub(crate) struct DeskSaid {
    hands: Option<Hands>,
    staffed: Option<Hours>,
    minutes: BTreeMap<Business, u32>,
}

impl DeskSaid {
    fn is_written(&self) -> bool {
        self.hands.is_some() || self.staffed.is_some() || !self.minutes.is_empty()
    }
}

/// Reads the desk's keys among those of an institution, or of the schedule.
pub(crate) fn read_desk(fields: &Fields<'_>, problems: &Problems) -> DeskSaid {
    let hands = fields
        .optional("hands")
        .and_then(|node| words::word(node, problems))
        .and_then(|said| words::one_of(&said, noun("经办方式", "hands"), &HANDS, problems));
    if hands == Some(Hands::Manual)
        && let Some(at) = fields.key_at("his")
    {
        let message = both!(
            "由人刷卡的机构写了 `his:`",
            "`his:` of an institution where people swipe"
        );
        let help = both!(
            "两者取一: 由程序驱动的写 his, 人工刷卡的写 hands: manual",
            "keep one of them: a driven HIS has `his`, people have `hands: manual`"
        );
        problems.push(at.error(codes::BAD_SCHEDULE, message).help(help));
    }
    DeskSaid {
        hands,
        staffed: fields
            .optional("staffed")
            .and_then(|node| read_hours(node, problems)),
        minutes: fields
            .optional("minutes")
            .map(|node| read_minutes(node, problems))
            .unwrap_or_default(),
    }
}

fn read_minutes(node: &Node, problems: &Problems) -> BTreeMap<Business, u32> {
    let mut minutes = BTreeMap::new();
    let Some(fields) = Fields::of(node, noun("分钟数", "minutes"), problems) else {
        return minutes;
    };
    for business in [
        Business::Outpatient,
        Business::Inpatient,
        Business::Pharmacy,
    ] {
        let said = fields.optional(business.name());
        let said = said.and_then(|node| count(node, noun("分钟数", "minutes"), problems));
        minutes.extend(said.map(|said| (business, said)));
    }
    fields.done();
    minutes
}

/// A whole number from 1.
fn count(node: &Node, what: Noun, problems: &Problems) -> Option<u32> {
    let said = words::word(node, problems)?;
    number(&said, what, problems)
}

fn number(said: &Said<String>, what: Noun, problems: &Problems) -> Option<u32> {
    let read = said.value.parse().ok();
    let read = read.filter(|number| (1..=MOST).contains(number));
    if read.is_none() {
        let Noun { zh, en } = what;
        let message = both!("`{}` 不是{zh}", "`{}` is no number of {en}", said.value);
        let help = both!(
            "写 1 至 10000 的整数",
            "write a whole number from 1 to 10000"
        );
        problems.push(said.at.error(codes::BAD_SCHEDULE, message).help(help));
    }
    read
}

fn read_hours(node: &Node, problems: &Problems) -> Option<Hours> {
    let mut hours = Hours::default();
    let mut whole = true;
    for said in words::words(node, problems) {
        match entry(&said.value) {
            Some((None, Some(span))) => hours.daily.push(span),
            Some((Some(day), span)) => hours.days.entry(day).or_default().extend(span),
            _ => {
                whole = false;
                let message = both!("`{}` 不是时段", "`{}` says no hours", said.value);
                let problem = said.at.error(codes::BAD_SCHEDULE, message);
                problems.push(problem.help(HOURS_HELP));
            }
        }
    }
    whole.then_some(hours)
}

/// 一条时段 · The day that it is of, if of one, and its hours; none on a day off.
type Entry = (Option<Day>, Option<(u32, u32)>);

/// `09:00-12:00`, `2017-06-03 09:00-11:00`, `2017-06-03 off`.
fn entry(text: &str) -> Option<Entry> {
    let (day, hours) = match text.split_once(' ') {
        Some((day, hours)) => (Some(Day::parse(day).ok()?), hours.trim()),
        None => (None, text),
    };
    if matches!(hours, "off" | "休") {
        return day.map(|day| (Some(day), None));
    }
    let (opens, closes) = hours.split_once('-')?;
    let (opens, closes) = (time(opens.trim())?, time(closes.trim())?);
    (opens < closes).then_some((day, Some((opens, closes))))
}

/// Minutes from midnight; `24:00` is the day's end.
fn time(text: &str) -> Option<u32> {
    let (hour, minute) = text.split_once(':')?;
    let digits = |text: &str| {
        let fits = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
        fits.then(|| text.parse::<u32>().ok()).flatten()
    };
    let (hour, minute) = (digits(hour)?, digits(minute)?);
    let minutes = hour * 60 + minute;
    (minute < 60 && minutes <= 24 * 60).then_some(minutes)
}

/// Reads the whole; without `schedule:` what institutions say of themselves.
pub(crate) fn read_timing(
    plan: &Fields<'_>,
    topology: Option<&Topology>,
    persons: Option<&[Person]>,
    desks: &BTreeMap<InstitutionCode, DeskSaid>,
    problems: &Problems,
) -> Timing {
    let node = plan.optional("schedule");
    let fields = node.and_then(|node| Fields::of(node, noun("排班", "schedule"), problems));
    let all = fields.as_ref().map(|fields| read_desk(fields, problems));
    let all = all.unwrap_or_default();
    let mut timing = Timing {
        written: node.is_some() || desks.values().any(DeskSaid::is_written),
        ..Timing::default()
    };
    if let Some(fields) = fields {
        timing.agreed = fields
            .optional("agreed")
            .map(|node| read_agreed(node, topology, problems))
            .unwrap_or_default();
        timing.travel = fields
            .optional("travel")
            .map(|node| read_travel(node, topology, problems))
            .unwrap_or_default();
        let cards = fields.optional("cards");
        if let (Some(node), Some(topology), Some(persons)) = (cards, topology, persons) {
            timing.cards = read_cards(node, (topology, persons), &timing.travel, problems);
        }
        fields.done();
    }
    if timing.written {
        let institutions = topology.map_or(&[][..], |topology| &topology.institutions);
        for institution in institutions {
            let own = desks.get(&institution.code).cloned().unwrap_or_default();
            let mut minutes = all.minutes.clone();
            minutes.extend(own.minutes);
            let desk = Desk {
                hands: own.hands.or(all.hands).unwrap_or_default(),
                staffed: own.staffed.or_else(|| all.staffed.clone()),
                minutes,
            };
            timing.desks.insert(institution.code.clone(), desk);
        }
    }
    let at = plan.key_at("schedule").unwrap_or(&plan.at);
    report_unsaid(at, &timing, topology, problems);
    timing
}

/// People without hours are planned round the clock, and cards of which nobody knows the way stay at home.
fn report_unsaid(at: &At, timing: &Timing, topology: Option<&Topology>, problems: &Problems) {
    let institutions = topology.map_or(&[][..], |topology| &topology.institutions);
    let manual = institutions
        .iter()
        .filter(|institution| timing.is_manual(&institution.code));
    let unstaffed = manual
        .clone()
        .find(|institution| timing.desk(&institution.code).staffed.is_none());
    if let Some(institution) = unstaffed {
        let message = both!(
            "`{}` 由人刷卡, 没有写几时有人",
            "people swipe at `{}`, and nobody says when somebody is there",
            institution.code
        );
        let help = both!(
            "在机构或 schedule 写 staffed: [\"09:00-12:00\"], 否则窗口允许的时间都算",
            "say `staffed` there or in `schedule`, or all that the window allows counts"
        );
        let problem = at.error(codes::UNSTAFFED, message).help(help);
        problems.push(problem.into_warning());
    }
    let regions: BTreeSet<AdmDivision> = manual.map(|institution| institution.region).collect();
    let ways = regions
        .iter()
        .flat_map(|from| regions.iter().map(move |to| (*from, *to)));
    let unknown = ways
        .into_iter()
        .find(|(from, to)| timing.travel.minutes(*from, *to).is_none());
    if let Some((from, to)) = unknown {
        let message = both!(
            "没有写卡在 `{from}` 与 `{to}` 之间路上要多久",
            "nobody says how long a card travels between `{from}` and `{to}`"
        );
        let help = both!(
            "在 schedule 写 travel: {{minutes: 180}}, 否则卡不换地方",
            "say `travel` in `schedule`, or no card changes its place"
        );
        let problem = at.error(codes::UNKNOWN_WAY, message).help(help);
        problems.push(problem.into_warning());
    }
}

fn read_agreed(node: &Node, topology: Option<&Topology>, problems: &Problems) -> Agreed {
    let Some(fields) = Fields::of(node, noun("约定并发", "agreed"), problems) else {
        return Agreed::default();
    };
    let read = |key| {
        let node = fields.optional(key)?;
        count(node, noun("同时几例", "cases at a time"), problems)
    };
    let mut agreed = Agreed {
        region: read("region"),
        institution: read("institution"),
        single: BTreeMap::new(),
    };
    for (key, node) in fields.others() {
        if let Some(topology) = topology {
            let known = match key.value.starts_with(['H', 'P']) {
                true => crate::seats::institution(key, topology, problems).is_some(),
                false => region(key, topology, problems).is_some(),
            };
            if !known {
                continue;
            }
        }
        let count = count(node, noun("同时几例", "cases at a time"), problems);
        agreed
            .single
            .extend(count.map(|count| (key.value.clone(), count)));
    }
    agreed
}

fn read_travel(node: &Node, topology: Option<&Topology>, problems: &Problems) -> Travel {
    let Some(fields) = Fields::of(node, noun("路程", "travel"), problems) else {
        return Travel::default();
    };
    let mut travel = Travel {
        minutes: fields
            .optional("minutes")
            .and_then(|node| count(node, noun("分钟数", "minutes"), problems)),
        between: BTreeMap::new(),
    };
    let between = fields.optional("between");
    for node in between.map_or(&[][..], |node| items(node, problems)) {
        let Some(way) = Fields::of(node, noun("两地路程", "between"), problems) else {
            continue;
        };
        let place = |key| {
            let help = both!("写统筹区代码", "give a region's code");
            let said = words::word(way.required(key, help)?, problems)?;
            region(&said, topology?, problems)
        };
        let (from, to) = (place("from"), place("to"));
        let minutes = way
            .required(
                "minutes",
                both!("写路上几分钟", "give the minutes on the way"),
            )
            .and_then(|node| count(node, noun("分钟数", "minutes"), problems));
        let at = way.at.clone();
        way.done();
        let (Some(from), Some(to), Some(minutes)) = (from, to, minutes) else {
            continue;
        };
        let pair = (from.min(to), from.max(to));
        if from == to {
            let message = both!("`{from}` 到它自己的路程", "a way from `{from}` to itself");
            let help = both!("同一统筹区不算路程", "within one region no way is counted");
            problems.push(at.error(codes::BAD_SCHEDULE, message).help(help));
        } else if travel.between.insert(pair, minutes).is_some() {
            let message = both!(
                "`{from}` 与 `{to}` 之间的路程写了两次",
                "the way between `{from}` and `{to}` stands twice"
            );
            let help = both!(
                "来回是同一条, 留一条",
                "there and back is one way: keep one"
            );
            problems.push(at.error(codes::BAD_SCHEDULE, message).help(help));
        }
    }
    fields.done();
    travel
}

fn read_cards(
    node: &Node,
    (topology, persons): (&Topology, &[Person]),
    travel: &Travel,
    problems: &Problems,
) -> Vec<CardStay> {
    let mut stays: Vec<(CardStay, At)> = Vec::new();
    for node in items(node, problems) {
        let Some(fields) = Fields::of(node, noun("卡", "card"), problems) else {
            continue;
        };
        let persona = fields
            .required("person", both!("写上人员标识", "name the person"))
            .and_then(|node| words::word(node, problems));
        let place = fields
            .required(
                "place",
                both!("写卡所在的统筹区代码", "give the region where the card is"),
            )
            .and_then(|node| words::word(node, problems))
            .and_then(|said| region(&said, topology, problems));
        let instant = |key| {
            let node = fields.optional(key)?;
            words::instant(node, problems).map(|said| said.value)
        };
        let (from, to) = (instant("from"), instant("to"));
        let at = fields.at.clone();
        fields.done();
        let Some((persona, place)) = persona.zip(place) else {
            continue;
        };
        let known = persons.iter().map(|person| person.persona.label.as_str());
        if !known.clone().any(|label| label == persona.value) {
            problems.push(words::unknown(
                codes::UNKNOWN_PERSON,
                noun("人员", "person"),
                &persona,
                known,
            ));
            continue;
        }
        let stay = CardStay {
            persona: persona.value,
            place,
            from,
            to,
        };
        if let (Some(from), Some(to)) = (from, to)
            && to <= from
        {
            let message = both!(
                "`{}` 的卡还没有到就走了",
                "the card of `{}` leaves before it comes",
                stay.persona
            );
            let help = both!("from 要早于 to", "`from` comes before `to`");
            problems.push(at.error(codes::BAD_SCHEDULE, message).help(help));
            continue;
        }
        if let Some(other) = stays.iter().find(|(other, _)| clash(other, &stay, travel)) {
            let line = crate::fields::line_of(&other.1);
            let message = both!(
                "`{}` 的卡这时不能在 `{}`: 第 {line} 行写它在 `{}`",
                "the card of `{}` cannot be in `{}` then: line {line} has it in `{}`",
                stay.persona,
                stay.place,
                other.0.place
            );
            let help = both!(
                "一张卡同一时刻只在一地, 两地之间留出 travel 的路程",
                "a card is in one place at a time; between two it takes the way of `travel`"
            );
            problems.push(at.error(codes::CARD_IN_TWO_PLACES, message).help(help));
            continue;
        }
        stays.push((stay, at));
    }
    stays.into_iter().map(|(stay, _)| stay).collect()
}

/// Whether one card cannot keep both stays.
fn clash(one: &CardStay, other: &CardStay, travel: &Travel) -> bool {
    if one.persona != other.persona {
        return false;
    }
    let Some(way) = travel.minutes(one.place, other.place).map(i64::from) else {
        return true;
    };
    let fits = |first: &CardStay, then: &CardStay| {
        let (Some(leaves), Some(comes)) = (first.to, then.from) else {
            return false;
        };
        minute_up(leaves) + way <= minute_down(comes)
    };
    !fits(one, other) && !fits(other, one)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("09:00-12:00", true)]
    #[case("00:00-24:00", true)]
    #[case("2017-06-03 09:00-11:00", true)]
    #[case("2017-06-03 off", true)]
    #[case("2017-06-03 休", true)]
    #[case("off", false)]
    #[case("9:00-12:00", false)]
    #[case("12:00-09:00", false)]
    #[case("09:00-09:00", false)]
    #[case("09:00-24:01", false)]
    #[case("09:60-10:00", false)]
    #[case("2017-06-31 09:00-10:00", false)]
    #[case("09:00", false)]
    fn hours_are_read_or_refused(#[case] text: &str, #[case] good: bool) {
        assert_eq!(entry(text).is_some(), good, "{text}");
    }
}
