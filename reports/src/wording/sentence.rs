//! 结论句 · Verdict + lowest level + what was not checked, in plain words + who took the evidence.
//!
//! Why so: the verdict is never shown without the strength of its proof; a line that can be read
//! aloud, or pasted into a chat group, must carry all four.

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{Level, Party, Rule};
use crosswipe_verify::{Held, Statement, Verdict};

use super::Lang;
use crate::amount::{count, yuan};
use crate::names::Names;
use crate::story::{MarkKind, Story, Strength};

/// 结论句 · Verdict, lowest evidence level, what was not checked in plain words, who took the evidence.
pub fn verdict_sentence(story: &Story, lang: Lang) -> String {
    let parts = [
        what(story, lang),
        strength(story, lang),
        unchecked(story, lang),
        taken_by(story, lang),
    ];
    match lang {
        Lang::Zh => parts.join("；") + "。",
        Lang::En => parts.join("; ") + ".",
    }
}

/// The verdict alone, e.g. `已回退干净`. A broken rule that left nothing behind is not called a leftover.
pub(crate) fn verdict(story: &Story, lang: Lang) -> &'static str {
    match story.judgement.verdict {
        Verdict::Clean if story.strength() == Strength::Partial => {
            lang.pick("可核验部分全部回退", "rolled back as far as can be checked")
        }
        Verdict::Indeterminate if story.strength() == Strength::Typed => {
            lang.pick("未核验", "not verified")
        }
        Verdict::Clean => lang.pick("已回退干净", "rolled back, clean"),
        Verdict::Indeterminate => lang.pick("不能判定", "indeterminate"),
        Verdict::Violated if story.open.is_empty() => {
            lang.pick("违反：有规则不成立", "violated: a rule is broken")
        }
        Verdict::Violated => lang.pick("违反：没有回退干净", "violated: not rolled back clean"),
    }
}

fn what(story: &Story, lang: Lang) -> String {
    let judgement = &story.judgement;
    let head = verdict(story, lang);
    let number = judgement.counts.intended;
    let intended = count(i64::try_from(number).unwrap_or(i64::MAX));
    let broken: Vec<String> = rules_in(story, Held::Violated, lang);
    let mut text = match lang {
        Lang::Zh => format!("{head}（{intended} 笔交易"),
        Lang::En if number == 1 => format!("{head} (1 transaction"),
        Lang::En => format!("{head} ({intended} transactions"),
    };
    if !story.open.is_empty() {
        text += lang.pick("，", ", ");
        text += &open(story, lang);
    }
    if !broken.is_empty() {
        text += lang.pick("，违反 ", ", broken: ");
        text += &broken.join(lang.pick("、", ", "));
    }
    if let Some(explained) = with_explanations(story, lang) {
        text += lang.pick("，", ", ");
        text += &explained;
    }
    text += lang.pick("）", ")");
    if let Some(why) = why_this_code(story, lang) {
        text += lang.pick("，", ", ");
        text += why;
    }
    text
}

/// Two exit codes that the verdict alone does not explain: refused by the gate, and nothing checked.
fn why_this_code(story: &Story, lang: Lang) -> Option<&'static str> {
    let idle = story.matched_faults.iter().any(|(_, met)| *met == 0);
    match story.exit {
        3 => Some(lang.pick(
            "闸门拒绝，一条业务报文也没有发出（退出码 3）",
            "refused by the gate, no business was sent (exit code 3)",
        )),
        5 if idle => Some(lang.pick(
            "指定的故障没有碰到任何报文，等于没有核（退出码 5）",
            "a fault that was asked for met no message, so nothing was checked (exit code 5)",
        )),
        5 => Some(lang.pick(
            "没有一个用例做过检查，等于没有核（退出码 5）",
            "no case made a check, so nothing was checked (exit code 5)",
        )),
        _ => None,
    }
}

/// `未回退 1 笔 ¥567.95，另有账册差异 2 处`.
pub(crate) fn open(story: &Story, lang: Lang) -> String {
    let (number, amount) = (story.open.transactions.len(), yuan(story.open.amount.fen()));
    let mut text = match lang {
        Lang::Zh => format!("未回退 {number} 笔 ¥{amount}"),
        Lang::En => format!("{number} not rolled back, ¥{amount}"),
    };
    if story.open.unpriced > 0 {
        text += lang.pick("，", ", ");
        text += &super::Word::unpriced
            .say(lang)
            .replace("{}", &story.open.unpriced.to_string());
    }
    if story.open.places > 0 {
        text += lang.pick("，", ", ");
        text += &super::Word::places_more
            .say(lang)
            .replace("{}", &story.open.places.to_string());
    }
    text
}

fn strength(story: &Story, lang: Lang) -> String {
    let level = story.judgement.level;
    match lang {
        Lang::Zh => format!("最低证据级别 {level}（{}）", level_words(level, lang)),
        Lang::En => format!(
            "lowest evidence level {level} ({})",
            level_words(level, lang)
        ),
    }
}

/// What a level of evidence is, in plain words.
pub(crate) fn level_words(level: Level, lang: Lang) -> &'static str {
    match level {
        Level::L0 => lang.pick("只有答复，不作证明", "replies only, proves nothing"),
        Level::L1 => lang.pick("查询所见", "what queries show"),
        Level::L2 => lang.pick(
            "查询、差异明细、清分与试算",
            "queries, difference file, clearing, trial",
        ),
        Level::L3 => lang.pick("各方自己导出的账册", "books as the parties export them"),
        Level::L4 => lang.pick("模拟账册，全部可见", "mock ledgers, seen in full"),
    }
}

fn unchecked(story: &Story, lang: Lang) -> String {
    let list = not_checked(story, lang);
    let none = lang.pick("未核：无", "not checked: nothing");
    if list.is_empty() {
        none.to_owned()
    } else {
        format!(
            "{}{}",
            lang.pick("未核：", "not checked: "),
            list.join(lang.pick("、", ", "))
        )
    }
}

/// 未核 · Everything that was not looked at, in plain words, each once. More than six exports are counted, not listed.
pub(crate) fn not_checked(story: &Story, lang: Lang) -> Vec<String> {
    let judgement = &story.judgement;
    // What the level of papers does not reach is said in words of its own, not rule by rule.
    let beyond: BTreeSet<&str> = judgement
        .rules
        .iter()
        .filter(|rule| rule.why_not.as_deref() == Some("level"))
        .map(|rule| rule.rule.code())
        .collect();
    let rules = judgement
        .rules
        .iter()
        .filter(|rule| rule.state == Held::NotChecked)
        .map(|rule| rule.rule.code().to_owned());
    let mut said: BTreeSet<String> = beyond.into_iter().map(str::to_owned).collect();
    let all: Vec<String> = rules
        .chain(judgement.not_checked.iter().cloned())
        .filter(|word| said.insert(word.clone()))
        .collect();
    let (exports, rest): (Vec<String>, Vec<String>) = all
        .into_iter()
        .partition(|word| word.starts_with("export:"));
    let mut list: Vec<String> = rest.iter().map(|word| plain(story, word, lang)).collect();
    if exports.len() > 6 {
        list.push(match lang {
            Lang::Zh => format!("{} 方的账册", exports.len()),
            Lang::En => format!("the books of {} parties", exports.len()),
        });
    } else {
        list.extend(exports.iter().map(|word| plain(story, word, lang)));
    }
    list
}

/// A stable word of the judge in plain words; an unknown one stays as it is.
pub(crate) fn plain(story: &Story, word: &str, lang: Lang) -> String {
    plain_word(&story.names, word, lang)
}

/// The same by the names alone.
pub(crate) fn plain_word(names: &Names, word: &str, lang: Lang) -> String {
    if let Some(rule) = Rule::ALL.into_iter().find(|rule| rule.code() == word) {
        return format!("{rule} {}", rule_name(rule, lang));
    }
    if let Some(party) = word
        .strip_prefix("export:")
        .and_then(|text| Party::try_from(text.to_owned()).ok())
    {
        let party = names.party(&party, lang);
        return match lang {
            Lang::Zh => format!("{party}的账册"),
            Lang::En => format!("the books of {party}"),
        };
    }
    if let Some(party) = word
        .strip_prefix("persons:")
        .and_then(|text| Party::try_from(text.to_owned()).ok())
    {
        let party = names.party(&party, lang);
        return match lang {
            Lang::Zh => format!("{party}的清单没有人员列，测试人员另有无结算"),
            Lang::En => {
                format!("the list of {party} names no persons: whether they have other rows")
            }
        };
    }
    match word {
        "level" => lang.pick("证据级别够不到", "beyond this level of evidence"),
        "level:funds" => lang.pick("基金科目", "fund lines"),
        "level:clearing" => lang.pick("清分", "clearing"),
        "level:log" => lang.pick("流水完整性", "whether the log is whole"),
        "level:bystanders" => lang.pick("旁人账务", "other people's books"),
        "level:benefit" => lang.pick("待遇是否如初", "whether benefits are as before"),
        "t0" => lang.pick("起点账册（t0）", "books at the start (t0)"),
        "tm" => lang.pick("回退前的中途查看（tm）", "the look before the undo (tm)"),
        "t1" => lang.pick("回退后的账册（t1）", "books after the rollback (t1)"),
        "t2" => lang.pick(
            "日切后的第二次取账（t2）",
            "the second look after a day roll (t2)",
        ),
        "foreign" => lang.pick(
            "有来历不明的行尚无人说明",
            "a stranger's rows are not explained yet",
        ),
        "export" => lang.pick("有的方没有给出账册", "some party gave no books"),
        "interrupted" => lang.pick("运行被中断，后续用例未做", "the run was interrupted"),
        "nothing-created" => lang.pick("没有新增记录可查", "no row was created"),
        "no-log" => lang.pick("没有流水可比", "there was no log to compare"),
        "no-probe" => lang.pick("没有做待遇试算", "no probe was run"),
        "probe-incomplete" => lang.pick("待遇试算只做了一半", "the probe was not completed"),
        "no-settlement" => lang.pick("没有结算", "nothing was settled"),
        "no-transactions" => lang.pick("没有交易", "there were no transactions"),
        "nothing-reversed" => lang.pick("没有回退过交易", "nothing was reversed"),
        "no-cells" => lang.pick("没有余额可比", "there were no balances to compare"),
        "no-clearing" => lang.pick("没有清分记录", "there was no clearing entry"),
        "nothing-booked" => lang.pick("没有入账", "nothing was booked"),
        other => other,
    }
    .to_owned()
}

/// 具名说明 · One sentence per statement: what, by whom, why, and whether the evidence bears it out. What one person
/// explains for one reason is one sentence, however many rows it covers.
pub(crate) fn statements(all: &[Statement], names: &Names, lang: Lang) -> Vec<String> {
    let (explained, others): (Vec<&Statement>, Vec<&Statement>) = all
        .iter()
        .partition(|said| said.kind == "explained-foreign" && said.holds);
    let mut lines: Vec<String> = others
        .into_iter()
        .map(|said| statement(names, said, lang))
        .collect();
    let mut by_person: BTreeMap<(&str, &str), Vec<&Statement>> = BTreeMap::new();
    for said in explained {
        let group = by_person.entry((&said.by, &said.reason)).or_default();
        group.push(said);
    }
    lines.extend(
        by_person
            .values()
            .map(|group| explained_by(names, group, lang)),
    );
    lines
}

/// What one person explained for one reason.
fn explained_by(names: &Names, group: &[&Statement], lang: Lang) -> String {
    let (first, rest) = (group[0], group.len() - 1);
    let line = statement(names, first, lang);
    let rows: u64 = group[1..].iter().map(|said| said.rows).sum();
    match (rest, lang) {
        (0, _) => line,
        (_, Lang::Zh) => format!("{line}；同一说明另有 {rest} 组 {rows} 行，逐组见 report.json"),
        (_, Lang::En) => format!(
            "{line}; the same of {rest} more groups, {rows} rows, one by one in report.json"
        ),
    }
}

/// Who explained strangers' rows, as part of the verdict: clean with help is said to be so.
fn with_explanations(story: &Story, lang: Lang) -> Option<String> {
    let explained = story
        .judgement
        .statements
        .iter()
        .filter(|said| said.kind == "explained-foreign" && said.holds);
    let people: BTreeSet<&str> = explained.map(|said| said.by.as_str()).collect();
    let people: Vec<&str> = people.into_iter().collect();
    let names = people.join(lang.pick("、", ", "));
    (!people.is_empty()).then(|| match lang {
        Lang::Zh => format!("来历不明的行由 {names} 说明"),
        Lang::En => format!("strangers' rows explained by {names}"),
    })
}

fn statement(names: &Names, said: &Statement, lang: Lang) -> String {
    let party = said
        .party
        .as_ref()
        .map(|party| names.party(party, lang))
        .unwrap_or_default();
    let (by, reason, rows, about) = (&said.by, &said.reason, said.rows, &said.about);
    let at = said.at.wire();
    match (said.kind.as_str(), said.holds, lang) {
        ("purge", true, Lang::Zh) => {
            format!(
                "清除（{about}）：{party}，{by} 下令「{reason}」，自 {at} 起，测试的 {rows} 行已不在"
            )
        }
        ("purge", true, Lang::En) => format!(
            "purge ({about}): {party}, ordered by {by}, \"{reason}\", from {at} on; {rows} rows of the tests are gone"
        ),
        ("purge", false, Lang::Zh) => {
            format!("清除（{about}）：{party}，{by} 下令「{reason}」，{at}；取账中未见执行")
        }
        ("purge", false, Lang::En) => format!(
            "purge ({about}): {party}, ordered by {by}, \"{reason}\", {at}; the books show none of it"
        ),
        ("after-window", _, Lang::Zh) => {
            format!("窗口结束（{about}）后回退：{by} 允许「{reason}」，{at} 起发出 {rows} 笔")
        }
        ("after-window", _, Lang::En) => format!(
            "undo after the window's end ({about}): allowed by {by}, \"{reason}\"; {rows} undos sent from {at} on"
        ),
        ("explained-foreign", true, Lang::Zh) => {
            format!("来历说明：{party} {about}（{rows} 行），{by}「{reason}」，{at}")
        }
        ("explained-foreign", true, Lang::En) => {
            format!("explained: {party} {about} ({rows} rows), by {by}, \"{reason}\", {at}")
        }
        ("explained-foreign", false, Lang::Zh) => {
            format!("来历说明对不上任何来历不明的行，不作数：{party} {about}，{by}「{reason}」")
        }
        ("explained-foreign", false, Lang::En) => format!(
            "an explanation that fits no stranger's rows and counts for nothing: {party} {about}, by {by}, \"{reason}\""
        ),
        _ => format!("{} {party} {about} {by} {reason}", said.kind),
    }
}

/// The plain name of a rule.
pub(crate) fn rule_name(rule: Rule, lang: Lang) -> &'static str {
    match lang {
        Lang::Zh => rule.zh(),
        Lang::En => rule.en(),
    }
}

/// The list of [`not_checked`] with the reason behind each rule that has one.
pub(crate) fn with_reasons(story: &Story, list: Vec<String>, lang: Lang) -> Vec<String> {
    let mut list = list;
    for rule in story
        .judgement
        .rules
        .iter()
        .filter(|rule| rule.state == Held::NotChecked)
    {
        let name = plain(story, rule.rule.code(), lang);
        let Some(why) = &rule.why_not else { continue };
        if let Some(line) = list.iter_mut().find(|line| **line == name) {
            *line = format!("{name}{}{}", lang.pick("：", ": "), plain(story, why, lang));
        }
    }
    list
}

fn rules_in(story: &Story, state: Held, lang: Lang) -> Vec<String> {
    let rules = story
        .judgement
        .rules
        .iter()
        .filter(|rule| rule.state == state);
    rules
        .map(|rule| format!("{} {}", rule.rule, rule_name(rule.rule, lang)))
        .collect()
}

/// Who took the evidence: the tool and its version, when, from how many parties at which level.
fn taken_by(story: &Story, lang: Lang) -> String {
    let version = &story.header.tool_version;
    let levels: Vec<String> = story
        .levels()
        .iter()
        .rev()
        .map(|(level, parties)| format!("{level}×{parties}"))
        .collect();
    let last = story
        .marks
        .iter()
        .rev()
        .find(|mark| matches!(mark.kind, MarkKind::T1 | MarkKind::T2));
    let when = match last {
        Some(mark) => format!("{} {}", lang.pick("末次取账", "last books"), mark.at.wire()),
        None => lang
            .pick("回退后没有取账", "no books were taken after the rollback")
            .to_owned(),
    };
    let (parties, levels) = (
        story.header.parties.len(),
        levels.join(lang.pick("、", ", ")),
    );
    if story.is_read_in() {
        let files = story.notes.iter().filter(|note| note.code == "import-read");
        let files = files.count();
        return match lang {
            Lang::Zh => format!(
                "取证：crosswipe {version} 读入 {files} 份件，涉及 {parties} 方（{levels}）"
            ),
            Lang::En => format!(
                "evidence: {files} papers read in by crosswipe {version}, {parties} parties ({levels})"
            ),
        };
    }
    match lang {
        Lang::Zh => format!("取证：crosswipe {version} 向 {parties} 方取账（{levels}），{when}"),
        Lang::En => format!(
            "evidence taken by crosswipe {version} from {parties} parties ({levels}), {when}"
        ),
    }
}
