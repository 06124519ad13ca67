//! 排程 · The timetable of a plan: a picture by hour, the order of the cases, what does not fit and why; as text and as data.
//!
//! Called by `plan`; `run` asks for what is by hand. Not here: how it is found (`scenarios::planner`), the sheets for people
//! with real cards (`sheets`).

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{AdmDivision, Moment};
use crosswipe_reports::{Lang, business_in_words};
use crosswipe_scenarios::{
    Design, Dimension, Excluded, Plan, Slot, Timetable, Unplaced, Value as ValueOf, Why,
};
use serde_json::{Value, json};

/// How many lines of a kind a terminal is given.
const SHOWN: usize = 20;
const HOUR_MS: i64 = 3_600_000;

/// The picture, the coverage, and what does not fit; the order itself only where it was asked for.
pub(super) fn told(plan: &Plan, table: &Timetable, whole: bool, lang: Lang) -> String {
    let mut text = picture(plan, table, lang);
    text += &counted(plan, table, lang);
    text += &coverage(plan, lang);
    if whole {
        text += lang.pick("\n■ 次序\n", "\n■ Order\n");
        for slot in &table.slots {
            text += &line(plan, slot, lang);
        }
    }
    text += &left(plan, &table.unplaced, lang);
    text
}

/// One row per day, one sign per hour: closed, open to tests, how many cases begin.
fn picture(plan: &Plan, table: &Timetable, lang: Lang) -> String {
    let mut begun: BTreeMap<i64, usize> = BTreeMap::new();
    for slot in &table.slots {
        *begun
            .entry(slot.from.epoch_ms().div_euclid(HOUR_MS))
            .or_default() += 1;
    }
    let window = plan.window.latest();
    let (Some(start), Some(end)) = (window.start(), window.end()) else {
        return String::new();
    };
    let first = begun.keys().next().map_or(start, |hour| {
        Moment::from_epoch_ms(hour * HOUR_MS).min(start)
    });
    let last = begun
        .keys()
        .last()
        .map_or(end, |hour| Moment::from_epoch_ms(hour * HOUR_MS).max(end));
    let mut text = lang
        .pick(
            "\n■ 排程（每格一小时: · 不办测试  ░ 可测  数字 = 该时开始的例数）\n",
            "\n■ Timetable (an hour each: · no tests  ░ tests allowed  figures = cases that begin)\n",
        )
        .to_owned();
    let widest = begun
        .values()
        .map(|count| count.to_string().len())
        .max()
        .unwrap_or(1)
        .max(2);
    let hours: String = (0..24)
        .map(|hour| format!("{hour:>width$}", width = widest + 1))
        .collect();
    text += &format!("        {hours}\n");
    let mut day = first.day();
    let mut skipped = 0;
    while day.start() <= last {
        let mut row = String::new();
        let mut any = false;
        for hour in 0..24 {
            let at = day.start().plus_ms(hour * HOUR_MS);
            let count = begun.get(&at.epoch_ms().div_euclid(HOUR_MS));
            // Anything of the hour: a phase may begin at half past.
            let open = window.phases.iter().any(|phase| {
                let ends = phase.to.unwrap_or(end).min(end.plus_ms(-window.margin_ms));
                !phase.allow.is_empty() && phase.from < at.plus_ms(HOUR_MS) && at < ends
            });
            any |= open || count.is_some();
            let sign = match count {
                Some(count) => count.to_string(),
                None if open => "░".to_owned(),
                None => "·".to_owned(),
            };
            let gap = (widest + 1).saturating_sub(sign.chars().count());
            row += &format!("{}{sign}", " ".repeat(gap));
        }
        match any {
            true => {
                text += &format!(
                    "  {} {row}\n",
                    day.start().short().get(..5).unwrap_or_default()
                )
            }
            false => skipped += 1,
        }
        day = day.next();
    }
    if skipped > 0 {
        text += &match lang {
            Lang::Zh => format!("  (另 {skipped} 天没有测试)\n"),
            Lang::En => format!("  (and {skipped} days without tests)\n"),
        };
    }
    text
}

fn counted(plan: &Plan, table: &Timetable, lang: Lang) -> String {
    let by_hand = table.slots.iter().filter(|slot| slot.by_hand).count();
    let end = table.slots.iter().map(|slot| slot.to).max();
    let end = end.map_or_else(|| "-".to_owned(), Moment::short);
    let mut text = match lang {
        Lang::Zh => format!(
            "  排入 {} 例，其中人工 {by_hand} 例；最后一例 {end} 办完；排不下 {} 例；不占时间 {} 例（公众业务，或闸门拦下）\n",
            table.slots.len(),
            table.unplaced.len(),
            table.idle.len()
        ),
        Lang::En => format!(
            "  {} cases placed, {by_hand} of them by hand; the last is done at {end}; {} do not fit; {} take nobody's time (the public's, or stopped by the gate)\n",
            table.slots.len(),
            table.unplaced.len(),
            table.idle.len()
        ),
    };
    if !plan.timing.written {
        text += lang.pick(
            "  计划没有写 schedule：各家按自动、一例一分钟、不限同时办理排\n",
            "  the plan has no `schedule`: every place by program, a minute a case, any number at a time\n",
        );
    }
    text
}

/// Which ordered pairs of places some case crosses.
pub(super) fn pairs(plan: &Plan) -> (BTreeSet<(AdmDivision, AdmDivision)>, usize) {
    let covered = plan.cases.iter().filter_map(|case| {
        let visit = case.first_visit()?;
        let insured = plan.registry.persona(visit.persona)?.insured;
        let treatment = plan.topology.institution(visit.institution)?.region;
        (insured != treatment && case.matrix).then_some((insured, treatment))
    });
    let count = plan.topology.regions.len();
    (covered.collect(), count * count.saturating_sub(1))
}

fn coverage(plan: &Plan, lang: Lang) -> String {
    let (covered, all) = pairs(plan);
    if covered.is_empty() {
        return String::new();
    }
    let mut text = match lang {
        Lang::Zh => format!("\n■ 矩阵 有序配对 {} / {all}\n", covered.len()),
        Lang::En => format!("\n■ Matrix {} of {all} ordered pairs\n", covered.len()),
    };
    if let Some(design) = &plan.design {
        text += &drawn(design, lang);
    }
    text
}

/// What a matrix with more dimensions covers, and what the rules leave out.
fn drawn(design: &Design, lang: Lang) -> String {
    let mut text = match lang {
        Lang::Zh => format!(
            "  格 {} / {}；两两取值 {} / {}（业务、险种即人员类别、凭证、等级）；{} 例，全组合 {} 例，少 {}\n",
            design.filled,
            design.slots,
            design.met,
            design.meetings,
            design.cases,
            design.product,
            fewer(design, " 倍"),
        ),
        Lang::En => format!(
            "  {} of {} cells; {} of {} pairs of values (business, insurance type or class, credential, tier); {} cases, {} fewer than the {} of all combinations\n",
            design.filled,
            design.slots,
            design.met,
            design.meetings,
            design.cases,
            fewer(design, " times"),
            design.product,
        ),
    };
    let never = never(design);
    for ((of, name), one) in &never {
        text += &match lang {
            Lang::Zh => format!("  不用    {}：{}\n", value(*of, name, lang), one.zh),
            Lang::En => format!("  unused  {}: {}\n", value(*of, name, lang), one.en),
        };
    }
    let alone = |one: &&Excluded| one.values.iter().all(|value| !never.contains_key(value));
    for one in design.excluded.iter().filter(alone) {
        let [(of, a), (other, b)] = one.values;
        text += &match lang {
            Lang::Zh => format!(
                "  不组合  {} × {}：{}\n",
                value(of, a, lang),
                value(other, b, lang),
                one.zh
            ),
            Lang::En => format!(
                "  never   {} × {}: {}\n",
                value(of, a, lang),
                value(other, b, lang),
                one.en
            ),
        };
    }
    for hole in design.holes.iter().take(SHOWN) {
        let business = hole
            .business
            .map_or("", |business| business_in_words(business, lang));
        text += &format!(
            "  {}  {} → {} {business}：{}\n",
            lang.pick("空格", "empty"),
            hole.insured,
            hole.treatment,
            lang.pick(&hole.zh, &hole.en)
        );
    }
    if design.holes.len() > SHOWN {
        text += &format!("  … {}\n", design.holes.len() - SHOWN);
    }
    text
}

/// Values that never come up, since no rule lets them meet anything.
fn never(design: &Design) -> BTreeMap<ValueOf, &Excluded> {
    let mut counts: BTreeMap<ValueOf, (usize, &Excluded)> = BTreeMap::new();
    for one in &design.excluded {
        for value in one.values {
            counts.entry(value).or_insert((0, one)).0 += 1;
        }
    }
    let others = |of: Dimension| {
        let values = design.values.iter().filter(|(other, _)| *other != of);
        values.count()
    };
    let never = counts
        .into_iter()
        .filter(|((of, _), (count, _))| *count == others(*of));
    never.map(|(value, (_, one))| (value, one)).collect()
}

/// `24.0 倍`, in whole tenths.
fn fewer(design: &Design, times: &str) -> String {
    let tenths = design.product * 10 / design.cases.max(1);
    format!("{}.{}{times}", tenths / 10, tenths % 10)
}

fn value(of: Dimension, name: &str, lang: Lang) -> String {
    if lang == Lang::En {
        return format!("{} {name}", of.name());
    }
    let words = match (of, name) {
        (_, "outpatient") => "门诊",
        (_, "inpatient") => "住院",
        (_, "pharmacy") => "药店",
        (_, "filing") => "备案",
        (_, "310") => "职工 310",
        (_, "390") => "居民 390",
        (_, "id-card") => "身份证",
        (_, "e-voucher") => "电子凭证",
        (_, "card") => "社保卡",
        (_, "residence-permit") => "居住证",
        (_, "1") => "一级",
        (_, "2") => "二级",
        _ => "三级",
    };
    words.to_owned()
}

fn line(plan: &Plan, slot: &Slot, lang: Lang) -> String {
    let case = &plan.cases[slot.case];
    let hand = match slot.by_hand {
        true => lang.pick("人工", "by hand"),
        false => lang.pick("自动", "driven"),
    };
    let places = places(plan, slot.case).join(" ");
    let ends = slot.to.short();
    let ends = ends.get(6..).unwrap_or_default();
    format!(
        "  {}–{ends}  {hand}  {places}  {}  {}\n",
        slot.from.short(),
        case.id,
        case.title
    )
}

/// Codes of the institutions of a case, each once.
fn places(plan: &Plan, case: usize) -> Vec<String> {
    let mut places: Vec<String> = Vec::new();
    for visit in plan.cases[case].leaves().filter_map(|step| step.visit()) {
        let code = visit.institution.to_string();
        if !places.contains(&code) {
            places.push(code);
        }
    }
    places
}

/// What does not fit, with the reason of each.
pub(crate) fn left(plan: &Plan, unplaced: &[Unplaced], lang: Lang) -> String {
    if unplaced.is_empty() {
        return String::new();
    }
    let mut text = match lang {
        Lang::Zh => format!("\n■ 排不下 {} 例\n", unplaced.len()),
        Lang::En => format!("\n■ {} cases do not fit\n", unplaced.len()),
    };
    for one in unplaced.iter().take(SHOWN) {
        text += &format!("  {}  {}\n", plan.cases[one.case].id, why(&one.why, lang));
    }
    if unplaced.len() > SHOWN {
        text += &match lang {
            Lang::Zh => format!("  … 另 {} 例，见 --json\n", unplaced.len() - SHOWN),
            Lang::En => format!("  … and {} more: see --json\n", unplaced.len() - SHOWN),
        };
    }
    text
}

/// The reason in people's words.
pub(crate) fn why(why: &Why, lang: Lang) -> String {
    match (why, lang) {
        (Why::Window { minutes }, Lang::Zh) => {
            format!("窗口：没有一个阶段在收口边际之前容得下 {minutes} 分")
        }
        (Why::Window { minutes }, Lang::En) => {
            format!("window: no phase has {minutes} min for it before the margin")
        }
        (
            Why::Hours {
                institutions,
                minutes,
            },
            Lang::Zh,
        ) => {
            format!(
                "时段：{} 在窗口内没有连续 {minutes} 分有人",
                institutions.join("、")
            )
        }
        (
            Why::Hours {
                institutions,
                minutes,
            },
            Lang::En,
        ) => {
            format!(
                "hours: nobody is at {} for {minutes} min on end within the window",
                institutions.join(", ")
            )
        }
        (Why::Concurrency { place, taken }, Lang::Zh) => {
            format!("并发：{place} 已排 {taken} 例，约定的同时办理数排满")
        }
        (Why::Concurrency { place, taken }, Lang::En) => {
            format!("concurrency: {place} has {taken} cases, all that was agreed upon is taken")
        }
        (Why::Person { persons }, Lang::Zh) => {
            format!("人员：{} 的其他用例占满了时间", persons.join("、"))
        }
        (Why::Person { persons }, Lang::En) => format!(
            "person: other cases take all the time of {}",
            persons.join(", ")
        ),
        (Why::CardElsewhere { persons }, Lang::Zh) => {
            format!(
                "卡：办得了的时候，{} 的卡在别处（schedule 的 cards）",
                persons.join("、")
            )
        }
        (Why::CardElsewhere { persons }, Lang::En) => {
            format!(
                "card: whenever it could be, the card of {} is elsewhere (`cards` of the schedule)",
                persons.join(", ")
            )
        }
        (Why::CardWay { persons }, Lang::Zh) => {
            format!(
                "卡：{} 的卡赶不到，或没写两地间的路程（schedule 的 travel）",
                persons.join("、")
            )
        }
        (Why::CardWay { persons }, Lang::En) => {
            format!(
                "card: the card of {} cannot be there in time, or nobody says how long the way is (`travel` of the schedule)",
                persons.join(", ")
            )
        }
    }
}

/// `timetable` of `crosswipe.plan/1`.
pub(super) fn json(plan: &Plan, table: &Timetable) -> Value {
    let slots: Vec<Value> = (table.slots.iter())
        .map(|slot| {
            json!({"case": plan.cases[slot.case].id, "from": slot.from, "to": slot.to, "open_until": slot.open_until,
                "fixed": slot.fixed, "by_hand": slot.by_hand, "institutions": places(plan, slot.case)})
        })
        .collect();
    let unplaced: Vec<Value> = (table.unplaced.iter())
        .map(|one| {
            json!({"case": plan.cases[one.case].id, "why": one.why.name(),
                "zh": why(&one.why, Lang::Zh), "en": why(&one.why, Lang::En)})
        })
        .collect();
    let idle: Vec<_> = table
        .idle
        .iter()
        .map(|case| &plan.cases[*case].id)
        .collect();
    let (covered, all) = pairs(plan);
    let design = plan.design.as_ref().map(|design| {
        let excluded = design.excluded.iter().map(|one| {
            let values = one.values.map(|(of, value)| json!({"dimension": of.name(), "value": value}));
            json!({"values": values, "zh": one.zh, "en": one.en})
        });
        let holes = design.holes.iter().map(|hole| {
            json!({"insured": hole.insured, "treatment": hole.treatment, "business": hole.business,
                "zh": hole.zh, "en": hole.en})
        });
        json!({"cells": design.slots, "filled": design.filled, "value_pairs": design.meetings, "met": design.met,
            "cases": design.cases, "product": design.product,
            "excluded": excluded.collect::<Vec<_>>(), "holes": holes.collect::<Vec<_>>()})
    });
    json!({"written": plan.timing.written, "seed": plan.seed, "slots": slots, "unplaced": unplaced, "idle": idle,
        "pairs": {"all": all, "covered": covered.len()}, "pairwise": design})
}
