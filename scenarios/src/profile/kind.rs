//! 取值 · What kinds of values knobs have: how one is read, written, and said in a schema.

use crosswipe_domain::{
    Both, Chronic, Clearing, GatewayCheck, InfNo, Money, Profile, Ratio, Segment, both,
};
use crosswipe_wire::catalogue;

use crate::codes;
use crate::fields::{Fields, items};
use crate::node::{Node, Value};
use crate::problem::{Problems, Said, noun};
use crate::words;

/// Where in a profile a knob's value stands.
type Place<T> = fn(&mut Profile) -> &mut T;

/// 取值 · The kind of a knob.
pub(super) enum Kind {
    /// One of some words; read and written by number.
    Choice(
        &'static [&'static str],
        fn(&mut Profile, usize),
        fn(&Profile) -> usize,
    ),
    /// A text of which the function says what is wrong with it.
    Text(fn(&str) -> Option<Both>, Place<String>),
    /// Several, at least one.
    Texts(fn(&str) -> Option<Both>, Place<Vec<String>>),
    /// Checks of a gateway.
    Checks(Place<Vec<GatewayCheck>>),
    /// Transactions that 2601 may name.
    Reversible(Place<Vec<InfNo>>),
    /// Transactions beyond the catalogue.
    Recorded(Place<Vec<InfNo>>),
    /// A settlement in one call and its undo, beyond the catalogue; or neither.
    OneCall(Place<Vec<InfNo>>),
    /// A whole number from one to another.
    Whole(u32, u32, Place<u32>),
    /// A length of time in minutes.
    Minutes(Place<u32>),
    /// `00:01` to `24:00`.
    TimeOfDay,
    /// An amount of 0 or more.
    Amount(Place<Money>),
    /// An amount, or `none`.
    MaybeAmount(Place<Option<Money>>),
    /// Amounts of three.
    Amounts(Place<[Money; 3]>),
    /// A change of a ratio, −1 to 1.
    Change(Place<Ratio>),
    /// A ratio of 0 to 1.
    Ratio(Place<Ratio>),
    /// A ratio of 0 to 1, or `none`.
    MaybeRatio(Place<Option<Ratio>>),
    /// A list of `{code, name, quota, drugs}`; the last two may be missing.
    Chronic(Place<Vec<Chronic>>),
    /// A ratio, or a list of `{to, ratio}` whose last has no `to`.
    Segments(Place<Vec<Segment>>),
}

pub(super) const CHECKS: [(&str, GatewayCheck); 5] = [
    ("key", GatewayCheck::Key),
    ("signature", GatewayCheck::Signature),
    ("timestamp", GatewayCheck::Timestamp),
    ("nonce", GatewayCheck::Nonce),
    ("cainfo", GatewayCheck::Cainfo),
];
const NONE: &str = "none";
const ONE: Ratio = Ratio::from_scaled(10_000);

impl Kind {
    /// Reads the value into the profile; what is wrong is reported and counts as not said.
    pub(super) fn read(
        &self,
        node: &Node,
        key: &'static str,
        profile: &mut Profile,
        problems: &Problems,
    ) {
        match self {
            Kind::Choice(choices, set, _) => {
                let numbered: Vec<(&str, usize)> = choices.iter().copied().zip(0..).collect();
                let said = words::word(node, problems);
                if let Some(choice) =
                    said.and_then(|said| words::one_of(&said, noun(key, key), &numbered, problems))
                {
                    set(profile, choice);
                }
            }
            Kind::Text(wrong, place) => {
                if let Some(text) = text(node, *wrong, problems) {
                    *place(profile) = text;
                }
            }
            Kind::Texts(wrong, place) => {
                let read = nodes(node);
                let read = read.iter().filter_map(|node| text(node, *wrong, problems));
                let read: Vec<String> = read.collect();
                if !read.is_empty() {
                    *place(profile) = read;
                }
            }
            Kind::Checks(place) => {
                let said = words::words(node, problems);
                let read = said.iter();
                let read =
                    read.filter_map(|said| words::one_of(said, noun(key, key), &CHECKS, problems));
                *place(profile) = read.collect();
            }
            Kind::Reversible(place) => {
                let said = words::words(node, problems);
                *place(profile) = numbers(&said, problems, |infno| {
                    let help = both!(
                        "可写 2102 2103 2207 2208 2304 2305 2401",
                        "any of 2102 2103 2207 2208 2304 2305 2401"
                    );
                    let message =
                        || both!("2601 不冲正 `{infno}`", "2601 does not reverse `{infno}`");
                    (!infno.reversible()).then(|| (message(), help))
                });
            }
            Kind::Recorded(place) => {
                let said = words::words(node, problems);
                *place(profile) = recorded(&said, problems);
            }
            Kind::OneCall(place) => {
                let said = words::words(node, problems);
                let read = recorded(&said, problems);
                match (read.len(), said.first()) {
                    (0 | 2, _) | (_, None) => *place(profile) = read,
                    (_, Some(first)) => {
                        let message = both!(
                            "`{key}` 要写结算和撤销两个交易编号",
                            "`{key}` names the settlement and its undo"
                        );
                        let help = both!(
                            "如 [2260, 2261], 没有就写 []",
                            "e.g. [2260, 2261], or [] where there is none"
                        );
                        problems.push(first.at.error(codes::UNKNOWN_WORD, message).help(help));
                    }
                }
            }
            Kind::Whole(least, most, place) => {
                if let Some(number) = whole(node, *least, *most, problems) {
                    *place(profile) = number;
                }
            }
            Kind::Minutes(place) => {
                let said = words::duration_ms(node, problems);
                let minutes = said.map(|said| (said.value / 60_000, said.at));
                match minutes.map(|(minutes, at)| (u32::try_from(minutes).ok(), at)) {
                    Some((Some(minutes @ 1..=1_440), _)) => *place(profile) = minutes,
                    Some((_, at)) => {
                        let message =
                            both!("`{key}` 应在 1m 与 24h 之间", "`{key}` is from 1m to 24h");
                        let help = both!("如 5m、2h", "e.g. 5m, 2h");
                        problems.push(at.error(codes::BAD_DURATION, message).help(help));
                    }
                    None => {}
                }
            }
            Kind::TimeOfDay => {
                let said = words::word(node, problems);
                let minute = said.and_then(|said| time_of_day(&said, problems));
                if let (Some(minute), Some(clearing)) = (minute, &mut profile.clearing) {
                    clearing.minute = minute;
                }
            }
            Kind::Amount(place) => {
                if let Some(amount) = amount(node, problems) {
                    *place(profile) = amount;
                }
            }
            Kind::MaybeAmount(place) => match is_none(node) {
                true => *place(profile) = None,
                false => {
                    if let Some(amount) = amount(node, problems) {
                        *place(profile) = Some(amount);
                    }
                }
            },
            Kind::Amounts(place) => {
                let list = items(node, problems);
                let read: Vec<Money> = list.iter().filter_map(|n| amount(n, problems)).collect();
                match <[Money; 3]>::try_from(read) {
                    Ok(amounts) => *place(profile) = amounts,
                    Err(read) if read.len() == list.len() => {
                        let message = both!(
                            "`{key}` 应是三个金额, 这里是 {} 个",
                            "`{key}` is three amounts, not {}",
                            read.len()
                        );
                        let help = both!(
                            "第一次、第二次、第三次及以后",
                            "for the first, the second, and each later stay"
                        );
                        let problem = node.at.error(codes::WRONG_SHAPE, message);
                        problems.push(problem.help(help));
                    }
                    Err(_) => {}
                }
            }
            Kind::Change(place) => {
                if let Some(change) = ratio(node, Ratio::from_scaled(-10_000), problems) {
                    *place(profile) = change;
                }
            }
            Kind::Ratio(place) => {
                if let Some(ratio) = ratio(node, Ratio::ZERO, problems) {
                    *place(profile) = ratio;
                }
            }
            Kind::MaybeRatio(place) => match is_none(node) {
                true => *place(profile) = None,
                false => {
                    if let Some(ratio) = ratio(node, Ratio::ZERO, problems) {
                        *place(profile) = Some(ratio);
                    }
                }
            },
            Kind::Chronic(place) => {
                if let Some(read) = super::chronic::read(node, problems) {
                    *place(profile) = read;
                }
            }
            Kind::Segments(place) => {
                if let Some(segments) = segments(node, problems) {
                    *place(profile) = segments;
                }
            }
        }
    }

    /// The value as a file writes it.
    pub(super) fn shown(&self, profile: &mut Profile) -> String {
        let list = |words: Vec<String>| format!("[{}]", words.join(", "));
        match self {
            Kind::Choice(choices, _, get) => choices[get(profile)].to_owned(),
            Kind::Text(_, place) => place(profile).clone(),
            Kind::Texts(_, place) => list(place(profile).clone()),
            Kind::Checks(place) => {
                let name = |check: &GatewayCheck| {
                    let found = CHECKS.iter().find(|(_, known)| known == check);
                    found.map_or("", |(name, _)| name).to_owned()
                };
                list(place(profile).iter().map(name).collect())
            }
            Kind::Reversible(place) | Kind::Recorded(place) | Kind::OneCall(place) => {
                list(place(profile).iter().map(ToString::to_string).collect())
            }
            Kind::Whole(_, _, place) => place(profile).to_string(),
            Kind::Minutes(place) => format!("{}m", place(profile)),
            Kind::TimeOfDay => {
                let minute = profile.clearing.map_or(1_440, |clearing| clearing.minute);
                format!("{:02}:{:02}", minute / 60, minute % 60)
            }
            Kind::Amount(place) => place(profile).to_string(),
            Kind::MaybeAmount(place) => {
                place(profile).map_or_else(|| NONE.to_owned(), |amount| amount.to_string())
            }
            Kind::Amounts(place) => list(place(profile).iter().map(Money::to_string).collect()),
            Kind::Change(place) | Kind::Ratio(place) => place(profile).to_string(),
            Kind::MaybeRatio(place) => {
                place(profile).map_or_else(|| NONE.to_owned(), |ratio| ratio.to_string())
            }
            Kind::Chronic(place) => {
                list(place(profile).iter().map(super::chronic::shown).collect())
            }
            Kind::Segments(place) => {
                let one = |segment: &Segment| match segment.to {
                    Some(to) => format!("{{to: {to}, ratio: {}}}", segment.ratio),
                    None => format!("{{ratio: {}}}", segment.ratio),
                };
                match place(profile).as_slice() {
                    [only] => only.ratio.to_string(),
                    segments => list(segments.iter().map(one).collect()),
                }
            }
        }
    }
}

/// A list's items; anything else is a list of itself.
fn nodes(node: &Node) -> Vec<&Node> {
    match &node.value {
        Value::List(items) => items.iter().collect(),
        _ => vec![node],
    }
}

fn is_none(node: &Node) -> bool {
    matches!(&node.value, Value::Text(text) if text.trim() == NONE)
}

fn text(node: &Node, wrong: fn(&str) -> Option<Both>, problems: &Problems) -> Option<String> {
    let said = words::word(node, problems)?;
    if let Some(help) = wrong(&said.value) {
        let message = both!("这里不能写 `{}`", "`{}` cannot stand here", said.value);
        problems.push(said.at.error(codes::UNKNOWN_WORD, message).help(help));
        return None;
    }
    Some(said.value)
}

fn whole(node: &Node, least: u32, most: u32, problems: &Problems) -> Option<u32> {
    let said = words::word(node, problems)?;
    let number = said.value.parse::<u32>().ok();
    let number = number.filter(|number| (least..=most).contains(number));
    if number.is_none() {
        let message = both!(
            "`{}` 不是 {least} 到 {most} 的整数",
            "`{}` is no whole number from {least} to {most}",
            said.value
        );
        let help = both!(
            "写 {least} 到 {most} 的整数",
            "write a whole number from {least} to {most}"
        );
        problems.push(said.at.error(codes::UNKNOWN_WORD, message).help(help));
    }
    number
}

pub(super) fn amount(node: &Node, problems: &Problems) -> Option<Money> {
    let said = words::word(node, problems)?;
    let read = words::parsed(
        &said,
        codes::BAD_AMOUNT,
        words::AMOUNT_HELP,
        Money::parse,
        problems,
    )?;
    if read.value < Money::ZERO {
        let message = both!("`{}` 小于零", "`{}` is less than nothing", said.value);
        let help = both!("写零或正的金额", "write zero or more");
        problems.push(said.at.error(codes::BAD_AMOUNT, message).help(help));
        return None;
    }
    Some(read.value)
}

fn ratio(node: &Node, least: Ratio, problems: &Problems) -> Option<Ratio> {
    const HELP: Both = Both::new("比例写成小数, 如 0.85", "a ratio is a decimal, e.g. 0.85");
    let said = words::word(node, problems)?;
    let read = words::parsed(&said, codes::BAD_AMOUNT, HELP, Ratio::parse, problems)?;
    if read.value < least || read.value > ONE {
        let message = both!(
            "`{}` 不是 {least} 到 1 的比例",
            "`{}` is no ratio from {least} to 1",
            said.value
        );
        problems.push(said.at.error(codes::BAD_AMOUNT, message).help(HELP));
        return None;
    }
    Some(read.value)
}

fn segments(node: &Node, problems: &Problems) -> Option<Vec<Segment>> {
    let Value::List(list) = &node.value else {
        let ratio = ratio(node, Ratio::ZERO, problems)?;
        return Some(vec![Segment { to: None, ratio }]);
    };
    let mut read: Vec<Segment> = Vec::new();
    let wrong = |node: &Node, message: Both| {
        let help = both!(
            "各段上限递增, 末段不写 to",
            "ends rise, and the last segment has no `to`"
        );
        let problem = node.at.error(codes::CONTRADICTORY_PROFILE, message);
        problems.push(problem.help(help));
        None
    };
    for (at, node) in list.iter().enumerate() {
        let fields = Fields::of(node, noun("分段", "segment"), problems)?;
        let to = fields.optional("to");
        let to = match to {
            Some(node) => Some(amount(node, problems)?),
            None => None,
        };
        let share = fields.required("ratio", both!("写上比例", "give its ratio"))?;
        let ratio = ratio(share, Ratio::ZERO, problems)?;
        fields.done();
        if to.is_none() != (at + 1 == list.len()) {
            return wrong(
                node,
                both!("只有末段可以不写上限", "only the last segment is open"),
            );
        }
        let before = read.last().and_then(|before| before.to);
        if to.is_some_and(|to| to <= before.unwrap_or(Money::ZERO)) {
            return wrong(
                node,
                both!(
                    "这一段的上限不高于下限",
                    "this segment ends before it begins"
                ),
            );
        }
        read.push(Segment { to, ratio });
    }
    match read.is_empty() {
        true => wrong(node, both!("一段也没有", "there is no segment")),
        false => Some(read),
    }
}

/// What is wrong with a number, and how to mend it.
type Wrong = Option<(Both, Both)>;

fn numbers(
    said: &[Said<String>],
    problems: &Problems,
    wrong: impl Fn(&InfNo) -> Wrong,
) -> Vec<InfNo> {
    words::report_duplicates(noun("交易", "transaction"), said, problems);
    let read = said.iter().filter_map(|said| {
        let infno = InfNo::new(&said.value);
        if let Some((message, help)) = wrong(&infno) {
            problems.push(said.at.error(codes::UNKNOWN_WORD, message).help(help));
            return None;
        }
        Some(infno)
    });
    read.collect()
}

/// 仅接收 · Numbers beyond the catalogue that a platform takes without looking into them; what the catalogue has is
/// served or refused by its own rules.
pub(crate) fn recorded(said: &[Said<String>], problems: &Problems) -> Vec<InfNo> {
    numbers(said, problems, |infno| {
        let text = infno.as_str();
        let formed =
            (1..=6).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric());
        if catalogue().transaction(infno).is_some() {
            let help = both!(
                "recorded 只写目录之外、不动资金的交易",
                "`recorded` names only transactions beyond the catalogue that move no money"
            );
            return Some((
                both!(
                    "`{infno}` 是目录里的交易",
                    "`{infno}` is a transaction of the catalogue"
                ),
                help,
            ));
        }
        let help = both!(
            "四至六位字母或数字, 如 4101",
            "four to six letters or digits, e.g. 4101"
        );
        (!formed).then(|| {
            (
                both!(
                    "`{infno}` 不是交易编号",
                    "`{infno}` is no transaction number"
                ),
                help,
            )
        })
    })
}

/// `00:01` to `24:00`, in minutes.
fn time_of_day(said: &Said<String>, problems: &Problems) -> Option<u16> {
    let read = || {
        let (hours, minutes) = said.value.split_once(':')?;
        let two = |text: &str| {
            (text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit()))
                .then(|| text.parse::<u16>().ok())
                .flatten()
        };
        let (hours, minutes) = (two(hours)?, two(minutes)?);
        let whole = hours * 60 + minutes;
        (minutes < 60 && (1..=24 * 60).contains(&whole)).then_some(whole)
    };
    let minute = read();
    if minute.is_none() {
        let help = both!(
            "写 00:01 到 24:00, 如 \"20:00\"",
            "from 00:01 to 24:00, e.g. \"20:00\""
        );
        let message = both!(
            "`{}` 不是一天里的时刻",
            "`{}` is no time of the day",
            said.value
        );
        problems.push(said.at.error(codes::UNKNOWN_WORD, message).help(help));
    }
    minute
}

/// How often a platform clears: 0 never, 1 every day, 2 every month; the time of day stays.
pub(super) fn set_clearing(profile: &mut Profile, often: usize) {
    let minute = profile.clearing.map_or(24 * 60, |clearing| clearing.minute);
    profile.clearing = (often > 0).then_some(Clearing {
        monthly: often == 2,
        minute,
    });
}

/// The same, as it stands.
pub(super) fn often(profile: &Profile) -> usize {
    profile
        .clearing
        .map_or(0, |clearing| if clearing.monthly { 2 } else { 1 })
}
