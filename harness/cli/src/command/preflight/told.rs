//! 措辞 · A round as a tired person reads it: a table, then for each target the one thing to mend first.

use crosswipe_reports::Lang;
use crosswipe_runner::preflight::{Cause, Checked, Found, Part};
use crosswipe_scenarios::Probe;

use super::{Asked, Round, State};
use crate::explain::page;
use crate::table::table;

/// The whole of a round.
pub(super) fn round(asked: &Asked<'_>, round: &Round, lang: Lang) -> String {
    let title = match lang {
        Lang::Zh => &asked.plan.title_zh,
        Lang::En => &asked.plan.title_en,
    };
    let mut text = format!("{title}\n{}\n\n", round.at.wire());
    let head = match lang {
        Lang::Zh => ["对端", "检查", "对象", "结果", "所见", "应为", "毫秒"],
        Lang::En => ["peer", "check", "of", "result", "seen", "wanted", "ms"],
    };
    let mut rows: Vec<[String; 7]> = round
        .checked
        .iter()
        .map(|one| row(asked, one, lang))
        .collect();
    let own = match lang {
        Lang::Zh => "本机",
        Lang::En => "this machine",
    };
    rows.extend(round.station.iter().map(|(part, found)| {
        let [seen, wanted] = values(found);
        [
            own.to_owned(),
            part_word(*part, lang).to_owned(),
            String::new(),
            State::of(found).word(lang).to_owned(),
            seen,
            wanted,
            String::new(),
        ]
    }));
    text += &table(head, &rows);
    text += "\n";
    text += &causes(asked, round, lang);
    text += &sum(round, lang);
    text
}

fn row(asked: &Asked<'_>, one: &Checked, lang: Lang) -> [String; 7] {
    let title = asked.targets.iter().find(|target| target.id == one.target);
    let [seen, wanted] = values(&one.found);
    [
        title.map_or_else(|| one.target.clone(), |target| target.title.clone()),
        probe_word(one.probe, lang).to_owned(),
        one.of.clone(),
        State::of(&one.found).word(lang).to_owned(),
        seen,
        wanted,
        one.took_ms.to_string(),
    ]
}

/// What was seen, and what should have been; of what failed the code too.
fn values(found: &Found) -> [String; 2] {
    match found {
        Found::Passed { seen } => [seen.clone(), String::new()],
        Found::Failed { code, seen, wanted } => [joined(code, seen), wanted.clone()],
        Found::Unchecked { code, why } => [joined(code, why), String::new()],
    }
}

fn joined(code: &str, seen: &str) -> String {
    format!("{code} {seen}").trim_end().to_owned()
}

/// For each target the one thing to mend first, and how.
fn causes(asked: &Asked<'_>, round: &Round, lang: Lang) -> String {
    let mut text = String::new();
    for (target, cause) in &round.causes {
        let title = asked.targets.iter().find(|one| one.id == *target);
        let title = title.map_or(target.as_str(), |one| one.title.as_str());
        text += &match (cause, lang) {
            (Cause::Noticed(say), Lang::Zh) => format!("→ {title}: 公告说: {say}\n"),
            (Cause::Noticed(say), Lang::En) => format!("→ {title}: the notice says: {say}\n"),
            (Cause::Code(code), lang) => format!("→ {title}: {}\n", remedy(code, lang)),
        };
    }
    for (_, found) in &round.station {
        if let Some(code) = found.code() {
            let own = match lang {
                Lang::Zh => "本机",
                Lang::En => "this machine",
            };
            text += &format!("→ {own}: {}\n", remedy(code, lang));
        }
    }
    text
}

/// The page's title and its last line, which says what to do.
pub(super) fn remedy(code: &str, lang: Lang) -> String {
    let Some(page) = page(code) else {
        return code.to_owned();
    };
    let remedy = page.body(lang).lines().last().unwrap_or_default();
    let stop = match lang {
        Lang::Zh => "。",
        Lang::En => ". ",
    };
    format!("{}{stop}{remedy} ({code})", page.title(lang))
}

fn sum(round: &Round, lang: Lang) -> String {
    let of_station = round.station.iter().map(|(_, found)| found);
    let all = round.checked.iter().map(|one| &one.found).chain(of_station);
    let count = |state| {
        all.clone()
            .filter(|found| State::of(found) == state)
            .count()
    };
    let (passed, failed) = (count(State::Passed), count(State::Failed));
    let unchecked = count(State::Unchecked);
    match lang {
        Lang::Zh => format!("通过 {passed}, 不通 {failed}, 未查 {unchecked}\n"),
        Lang::En => format!("{passed} passed, {failed} failed, {unchecked} not checked\n"),
    }
}

/// What ended otherwise than in the round before, one line each; nothing where nothing did.
pub(super) fn changes(before: &Round, now: &Round, lang: Lang) -> String {
    let mut text = String::new();
    for one in &now.checked {
        let same = |other: &&Checked| {
            (&other.target, other.probe, &other.of) == (&one.target, one.probe, &one.of)
        };
        let was = before.checked.iter().find(same).map(|other| &other.found);
        let ended = |found: &Found| (State::of(found), found.code());
        if was.map(ended) == Some(ended(&one.found)) {
            continue;
        }
        let [seen, _] = values(&one.found);
        let was = was.map_or("-", |found| State::of(found).word(lang));
        text += &format!(
            "{}  {} {} {}: {was} → {} {seen}\n",
            now.at.wire(),
            one.target,
            probe_word(one.probe, lang),
            one.of,
            State::of(&one.found).word(lang),
        );
    }
    // What is not asked any more, because something before it ended otherwise.
    for one in &before.checked {
        let same = |other: &Checked| {
            (&other.target, other.probe, &other.of) == (&one.target, one.probe, &one.of)
        };
        if !now.checked.iter().any(same) {
            let word = State::Unchecked.word(lang);
            text += &format!(
                "{}  {} {} {}: {} → {word}\n",
                now.at.wire(),
                one.target,
                probe_word(one.probe, lang),
                one.of,
                State::of(&one.found).word(lang),
            );
        }
    }
    text
}

pub(super) fn watching(seconds: u32, lang: Lang) -> String {
    match lang {
        Lang::Zh => format!("每 {seconds} 秒再查, 只报变化; Ctrl-C 结束\n"),
        Lang::En => {
            format!("asking again every {seconds} s, telling only changes; Ctrl-C ends it\n")
        }
    }
}

fn probe_word(probe: Probe, lang: Lang) -> &'static str {
    match (probe, lang) {
        (Probe::Route, Lang::Zh) => "网卡",
        (Probe::Udp, _) => "UDP",
        (Probe::Dns, Lang::Zh) => "解析",
        (Probe::Ping, _) => "ping",
        (Probe::Tcp, _) => "TCP",
        (Probe::Tls, Lang::Zh) => "证书",
        (Probe::Page, Lang::Zh) => "网页",
        (Probe::SignIn, Lang::Zh) => "签到",
        (Probe::Clock, Lang::Zh) => "时钟",
        (Probe::Route, Lang::En) => "card",
        (Probe::Dns, Lang::En) => "name",
        (Probe::Tls, Lang::En) => "certificate",
        (Probe::Page, Lang::En) => "page",
        (Probe::SignIn, Lang::En) => "sign-in",
        (Probe::Clock, Lang::En) => "clock",
    }
}

fn part_word(part: Part, lang: Lang) -> &'static str {
    match (part, lang) {
        (Part::Processors, Lang::Zh) => "处理器",
        (Part::Memory, Lang::Zh) => "内存",
        (Part::Disk, Lang::Zh) => "磁盘",
        (Part::System, Lang::Zh) => "操作系统",
        (part, Lang::En) => part.name(),
    }
}
