//! 说 · What a campaign came to, and what happened in one seed, in words.
//!
//! Words of the table stand in both languages at once, as elsewhere on this command line a name does; only sentences
//! differ. Not here: the same as JSON (`json`).

use std::collections::BTreeMap;
use std::ops::Range;

use crosswipe_domain::{Party, Role};
use crosswipe_reports::Lang;
use crosswipe_scenarios::Plan;
use crosswipe_sim::{
    Aftermath, Event, Happened, Hop, Judged, Played, Rare, Recipe, Shard, Sums, Trouble, What,
};

/// 重放 · What to type to play a seed again.
pub(super) struct Replay {
    pub(super) plan: String,
    pub(super) faults: String,
    pub(super) per_world: Option<usize>,
    pub(super) case: Vec<String>,
}

/// A seed that did not end as it must, in its smallest part.
pub(super) struct Failed {
    pub(super) recipe: Recipe,
    pub(super) judged: Judged,
    /// Smaller recipes that were tried.
    pub(super) tries: u32,
}

/// 战役 · All that is told of many seeds.
pub(super) struct CampaignTold<'a> {
    pub(super) plan: &'a Plan,
    pub(super) replay: Replay,
    pub(super) seeds: Range<u64>,
    /// Which of them.
    pub(super) shard: Shard,
    pub(super) mix: &'a str,
    pub(super) sums: &'a Sums,
    /// What occurred too seldom.
    pub(super) rare: &'a [Rare],
    pub(super) failed: &'a [Failed],
}

/// 一个种子 · All that is told of one.
pub(super) struct SeedTold<'a> {
    pub(super) plan: &'a Plan,
    pub(super) replay: Replay,
    pub(super) recipe: &'a Recipe,
    pub(super) played: &'a Played,
    pub(super) judged: &'a Judged,
    pub(super) events: &'a [Event],
    pub(super) shrunk: Option<&'a Failed>,
}

impl Replay {
    /// The command that plays a recipe again, with what happened in it.
    pub(super) fn command(&self, recipe: &Recipe) -> String {
        let mut command = format!("crosswipe sim {} --seed {}", self.plan, recipe.seed);
        if self.faults != "transport" {
            command.push_str(&format!(" --faults {}", self.faults));
        }
        if let Some(cases) = self.per_world {
            command.push_str(&format!(" --per-world {cases}"));
        }
        for text in &self.case {
            command.push_str(&format!(" --case {text}"));
        }
        let numbers = |numbers: Vec<usize>| -> String {
            let texts: Vec<String> = numbers.iter().map(ToString::to_string).collect();
            texts.join(",")
        };
        let troubles: Vec<usize> = recipe.troubles.iter().map(|(number, _)| *number).collect();
        if !troubles.is_empty() {
            command.push_str(&format!(" --keep {}", numbers(troubles)));
        } else if self.faults.contains("transport") {
            command.push_str(" --keep 0");
        }
        let cases = recipe.cases.iter().map(|(number, _)| *number).collect();
        command.push_str(&format!(" --cases {} --trace", numbers(cases)));
        command
    }
}

/// A campaign.
pub(super) fn campaign(told: &CampaignTold<'_>, lang: Lang) -> String {
    let sums = told.sums;
    let zh = lang == Lang::Zh;
    let mut text = match lang {
        Lang::Zh => format!(
            "模拟 {}  种子 {}..{}  变故 {}\n",
            told.plan.id, told.seeds.start, told.seeds.end, told.mix
        ),
        Lang::En => format!(
            "simulation of {}, seeds {}..{}, troubles {}\n",
            told.plan.id, told.seeds.start, told.seeds.end, told.mix
        ),
    };
    if told.shard != Shard::WHOLE {
        let (number, of) = (told.shard.number(), told.shard.of());
        text.push_str(&match lang {
            Lang::Zh => format!("  其中分片 {number}/{of}\n"),
            Lang::En => format!("  of these shard {number}/{of}\n"),
        });
    }
    let mut line = |zh_name: &str, en_name: &str, value: String| {
        let name = if zh { zh_name } else { en_name };
        text.push_str(&format!("  {}{value:>10}\n", padded(name, 26)));
    };
    let verdict = |name: &str| count(&sums.verdicts, name).to_string();
    let failure = |name: &str| count(&sums.failures, name).to_string();
    line("种子", "seeds", sums.seeds.to_string());
    line("已回退干净", "clean", verdict("clean"));
    line("违反", "violated", verdict("violated"));
    line("不能判定", "indeterminate", verdict("indeterminate"));
    line("未到判定", "without a verdict", verdict("none"));
    line("误报", "false alarms", failure("false-alarm"));
    line("漏报", "missed", failure("missed"));
    line("用例未通过", "cases failed", failure("case-failed"));
    line("未能收场", "came to no end", failure("restless"));
    line("工具放弃", "harness gave up", failure("halted"));
    if sums.fired > 0 || sums.sometimes.keys().any(|(group, _)| *group == "fault") {
        line("故障命中", "faults fired in", sums.fired.to_string());
        let clean = sums.fired_and_clean.to_string();
        line("其中仍干净", "of these clean", clean);
    }
    line(
        "结算 (各方合计)",
        "settled (all parties)",
        sums.settled.to_string(),
    );
    line("已冲回", "reversed", sums.reversed.to_string());
    line("交叉刷卡", "swipes of these", sums.swipes.to_string());
    line("报文", "messages", sums.sent.to_string());
    let name = padded(if zh { "证据摘要" } else { "digest" }, 14);
    text.push_str(&format!("  {name}{}\n", sums.digest));
    text.push_str(match lang {
        Lang::Zh => "发生过的事 (次数)\n",
        Lang::En => "what occurred, and how often\n",
    });
    let mut groups: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for ((group, name), times) in &sums.sometimes {
        groups
            .entry(group)
            .or_default()
            .push(format!("{name} {times}"));
    }
    for (group, names) in groups {
        let (zh_name, en_name) = group_name(group);
        let name = padded(if zh { zh_name } else { en_name }, 14);
        text.push_str(&wrapped(&name, &names));
    }
    text.push_str(&rare(told.rare, lang));
    for failed in told.failed {
        text.push_str(&self::failed(failed, told.plan, &told.replay, lang));
    }
    text
}

/// What occurred too seldom, by group.
fn rare(rare: &[Rare], lang: Lang) -> String {
    if rare.is_empty() {
        return String::new();
    }
    let mut text = match lang {
        Lang::Zh => "应有而太少 (次数)\n".to_owned(),
        Lang::En => "too seldom, of what should occur\n".to_owned(),
    };
    let mut groups: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for rare in rare {
        let names = groups.entry(rare.group).or_default();
        names.push(format!("{} {}", rare.name, rare.times));
    }
    for (group, names) in groups {
        let (zh_name, en_name) = group_name(group);
        let name = padded(if lang == Lang::Zh { zh_name } else { en_name }, 14);
        text.push_str(&wrapped(&name, &names));
    }
    text
}

fn count(of: &BTreeMap<&'static str, u64>, name: &str) -> u64 {
    of.get(name).copied().unwrap_or(0)
}

fn group_name(group: &str) -> (&'static str, &'static str) {
    match group {
        "case" => ("用例", "cases"),
        "fault" => ("故障", "faults"),
        "finding" => ("发现", "findings"),
        "gate" => ("闸门", "gate"),
        "note" => ("提示", "notes"),
        "outcome" => ("结果", "outcomes"),
        "record" => ("日志", "journal"),
        "refusal" => ("拒绝", "refusals"),
        "trouble" => ("变故", "troubles"),
        "undo" => ("撤销报文", "undo messages"),
        "verdict" => ("判定", "verdicts"),
        _ => ("未解决", "unresolved"),
    }
}

/// A seed that failed, in its smallest part.
fn failed(failed: &Failed, plan: &Plan, replay: &Replay, lang: Lang) -> String {
    let judged = &failed.judged;
    let (seed, what) = (failed.recipe.seed, failure_words(judged, lang));
    let classes = judged.classes.join(" ");
    let mut text = match lang {
        Lang::Zh => format!("失败 种子 {seed}: {what} {classes}\n"),
        Lang::En => format!("failed: seed {seed}: {what} {classes}\n"),
    };
    if failed.tries > 0 {
        text.push_str(&match lang {
            Lang::Zh => format!("  已缩小 (试了 {} 次), 仍这样失败:\n", failed.tries),
            Lang::En => format!(
                "  made smaller ({} tries), and it still fails so:\n",
                failed.tries
            ),
        });
    }
    text.push_str(&recipe(&failed.recipe, plan, lang));
    text.push_str(&format!("  {}\n", replay.command(&failed.recipe)));
    text
}

fn failure_words(judged: &Judged, lang: Lang) -> String {
    use crosswipe_sim::Failure;
    let zh = lang == Lang::Zh;
    let words = |zh_text: &str, en_text: &str| if zh { zh_text } else { en_text }.to_owned();
    let verdict = judged.verdict.map_or("-", |verdict| verdict.name());
    match &judged.failure {
        None => verdict.to_owned(),
        Some(Failure::FalseAlarm) => match lang {
            Lang::Zh => format!("误报 {verdict} (无一方有错)"),
            Lang::En => format!("false alarm {verdict}, though no party was at fault"),
        },
        Some(Failure::Missed) => words(
            "漏报: 账未复原而判为干净",
            "missed: books are not back, judged clean",
        ),
        Some(Failure::CaseFailed) => words(
            "用例未通过 (无一方有错)",
            "a case failed, though no party was at fault",
        ),
        Some(Failure::Restless(why)) => format!("{}: {why}", words("未能收场", "came to no end")),
        Some(Failure::Halted(why)) => {
            format!("{}: {why}", words("工具放弃", "the harness gave up"))
        }
    }
}

/// Cases and troubles, one line each, with their numbers.
fn recipe(recipe: &Recipe, plan: &Plan, lang: Lang) -> String {
    let mut text = String::new();
    for (number, case) in &recipe.cases {
        let name = match lang {
            Lang::Zh => "用例",
            Lang::En => "case",
        };
        text.push_str(&format!("    {name} {number}  {}\n", plan.cases[*case].id));
    }
    for (number, trouble) in &recipe.troubles {
        let name = match lang {
            Lang::Zh => "变故",
            Lang::En => "trouble",
        };
        text.push_str(&format!(
            "    {name} {number}  {}\n",
            trouble_words(trouble, lang)
        ));
    }
    if let Some(fault) = &recipe.fault {
        let name = match lang {
            Lang::Zh => "故障",
            Lang::En => "fault",
        };
        text.push_str(&format!("    {name}  {}\n", fault.id()));
    }
    text
}

fn hop_words(hop: Hop, lang: Lang) -> String {
    let role = |role: Role| match (role, lang) {
        (Role::His, Lang::Zh) => "医院",
        (Role::Treatment, Lang::Zh) => "就医地",
        (Role::Hub, Lang::Zh) => "省平台",
        (Role::Insured, Lang::Zh) => "参保地",
        (Role::His, Lang::En) => "hospital",
        (Role::Treatment, Lang::En) => "treatment place",
        (Role::Hub, Lang::En) => "hub",
        (Role::Insured, Lang::En) => "insured place",
    };
    match (hop, lang) {
        (Hop::To(to), Lang::Zh) => format!("到{}", role(to)),
        (Hop::To(to), Lang::En) => format!("to the {}", role(to)),
        (Hop::BackTo(to), Lang::Zh) => format!("应答回到{}", role(to)),
        (Hop::BackTo(to), Lang::En) => format!("answers back to the {}", role(to)),
        (Hop::Home, Lang::Zh) => "应答回到验证台".to_owned(),
        (Hop::Home, Lang::En) => "answers back to the harness".to_owned(),
    }
}

fn trouble_words(trouble: &Trouble, lang: Lang) -> String {
    match (trouble, lang) {
        (Trouble::OnLeg { hop, nth, what }, Lang::Zh) => {
            format!(
                "第 {nth} 次{}: {}",
                hop_words(*hop, lang),
                what_words(*what, lang)
            )
        }
        (Trouble::OnLeg { hop, nth, what }, Lang::En) => {
            format!(
                "no. {nth} {}: {}",
                hop_words(*hop, lang),
                what_words(*what, lang)
            )
        }
        (
            Trouble::Killed {
                point,
                after,
                gap_ms,
            },
            Lang::Zh,
        ) => format!(
            "验证台在第 {point} 点被杀, {gap_ms} 毫秒后续跑, 在途报文{}",
            after_words(*after, lang)
        ),
        (
            Trouble::Killed {
                point,
                after,
                gap_ms,
            },
            Lang::En,
        ) => format!(
            "the harness is killed at point {point} and resumed after {gap_ms} ms; what was under way {}",
            after_words(*after, lang)
        ),
        (Trouble::Skewed { party, ms }, Lang::Zh) => {
            format!("第 {party} 方 (循环计) 时钟偏 {ms} 毫秒")
        }
        (Trouble::Skewed { party, ms }, Lang::En) => {
            format!("the clock of party {party} (counted round) is off by {ms} ms")
        }
    }
}

fn what_words(what: What, lang: Lang) -> String {
    match (what, lang) {
        (What::Lost, Lang::Zh) => "丢失".to_owned(),
        (What::Lost, Lang::En) => "lost".to_owned(),
        (What::Late { ms, harness_alone }, Lang::Zh) => match harness_alone {
            true => format!("迟到 {ms} 毫秒, 只有验证台不再等"),
            false => format!("迟到 {ms} 毫秒, 前面各方都不再等"),
        },
        (What::Late { ms, harness_alone }, Lang::En) => match harness_alone {
            true => format!("{ms} ms late, and the harness alone has given up"),
            false => format!("{ms} ms late, and all before it have given up"),
        },
        (What::Twice { ms }, Lang::Zh) => format!("到达两次, 相隔 {ms} 毫秒"),
        (What::Twice { ms }, Lang::En) => format!("arrives twice, {ms} ms apart"),
        (What::Cut { ms }, Lang::Zh) => format!("此线从这里断 {ms} 毫秒"),
        (What::Cut { ms }, Lang::En) => format!("its link is cut from here on for {ms} ms"),
        (What::Restart, Lang::Zh) => "收方此刻重启, 账在".to_owned(),
        (What::Restart, Lang::En) => {
            "its receiver is started again right then, books kept".to_owned()
        }
    }
}

fn after_words(after: Aftermath, lang: Lang) -> String {
    match (after, lang) {
        (Aftermath::Lost, Lang::Zh) => "丢失".to_owned(),
        (Aftermath::Lost, Lang::En) => "is lost".to_owned(),
        (Aftermath::Delivered, Lang::Zh) => "照样送达".to_owned(),
        (Aftermath::Delivered, Lang::En) => "arrives all the same".to_owned(),
        (Aftermath::Late(ms), Lang::Zh) => format!("迟 {ms} 毫秒送达"),
        (Aftermath::Late(ms), Lang::En) => format!("arrives {ms} ms late"),
    }
}

/// One seed.
pub(super) fn seed(told: &SeedTold<'_>, lang: Lang) -> String {
    let played = told.played;
    let mut text = match lang {
        Lang::Zh => format!("种子 {}\n", told.recipe.seed),
        Lang::En => format!("seed {}\n", told.recipe.seed),
    };
    text.push_str(&recipe(told.recipe, told.plan, lang));
    for event in told.events {
        text.push_str(&happened(event, lang));
    }
    let verdict = failure_words(told.judged, lang);
    let tail = played.rows.last().map_or("-", |row| row.sha256.as_str());
    text.push_str(&match lang {
        Lang::Zh => format!(
            "结果 {verdict}  {}\n  验证台 {} 世, 报文 {} 笔, 日志 {} 条, 链尾 {tail}\n",
            told.judged.classes.join(" "),
            played.lives,
            played.sent,
            played.rows.len()
        ),
        Lang::En => format!(
            "result {verdict}  {}\n  {} lives of the harness, {} messages, {} records, chain tail {tail}\n",
            told.judged.classes.join(" "),
            played.lives,
            played.sent,
            played.rows.len()
        ),
    });
    if let Some(judgement) = &played.judgement {
        for finding in &judgement.findings {
            let party = finding
                .party
                .as_ref()
                .map(Party::to_string)
                .unwrap_or_default();
            text.push_str(&format!(
                "  {} {party} {} {} → {}\n",
                finding.class, finding.location, finding.expected, finding.actual
            ));
        }
        for rule in judgement.rules.iter().filter(|rule| rule.why_not.is_some()) {
            let why = rule.why_not.as_deref().unwrap_or_default();
            text.push_str(&format!("  {} not checked 未核: {why}\n", rule.rule.code()));
        }
    }
    if let Some(shrunk) = told.shrunk {
        text.push_str(&failed(shrunk, told.plan, &told.replay, lang));
    }
    text
}

/// One line of what happened.
fn happened(event: &Event, lang: Lang) -> String {
    let zh = lang == Lang::Zh;
    let at = event.at.to_string();
    let at = at.get(5..23).unwrap_or(&at).replace('T', " ");
    let harness = if zh { "验证台" } else { "harness" };
    let name = |party: &Option<Party>| party.as_ref().map_or(harness.to_owned(), Party::to_string);
    let what = match &event.happened {
        Happened::Carried {
            from,
            to,
            infno,
            answer,
            orphan,
        } => {
            let orphan = match (orphan, zh) {
                (false, _) => "",
                (true, true) => "  (无人等)",
                (true, false) => "  (nobody waits)",
            };
            match answer {
                None => format!("{} → {}  {infno}{orphan}", name(from), name(to)),
                Some(answer) => format!("    {} ← {answer}{orphan}", name(to)),
            }
        }
        Happened::Met {
            number, trouble, ..
        } => {
            format!("  ✗ {number}  {}", trouble_words(trouble, lang))
        }
        Happened::Swallowed { hop } => match lang {
            Lang::Zh => format!("  ✗ 断线: {}", hop_words(*hop, lang)),
            Lang::En => format!("  ✗ link is cut: {}", hop_words(*hop, lang)),
        },
        Happened::Resumed { epoch } => match lang {
            Lang::Zh => format!("  ▶ 续跑, 第 {epoch} 世"),
            Lang::En => format!("  ▶ resumed, epoch {epoch}"),
        },
        Happened::Recorded { seq, kind, about } => format!("  #{seq} {kind} {about}"),
    };
    format!("{at}  {what}\n")
}

/// That what was played before is not played again; for stderr.
pub(super) fn goes_on(done: u64, all: u64, lang: Lang) -> String {
    match lang {
        Lang::Zh => format!("接着跑: {all} 个种子已有 {done} 个\n"),
        Lang::En => format!("going on: {done} of {all} seeds are played already\n"),
    }
}

/// Filled with blanks to so many columns; Chinese characters take two.
fn padded(text: &str, columns: usize) -> String {
    let wide: usize = text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum();
    format!("{text}{}", " ".repeat(columns.saturating_sub(wide)))
}

/// Words behind a name, at most a hundred columns a line.
fn wrapped(name: &str, words: &[String]) -> String {
    let mut text = String::new();
    let mut line = format!("  {name}");
    for word in words {
        if line.len() + word.len() > 100 {
            text.push_str(line.trim_end());
            text.push('\n');
            line = format!("  {}", " ".repeat(14));
        }
        line.push_str(word);
        line.push_str("  ");
    }
    text.push_str(line.trim_end());
    text.push('\n');
    text
}
