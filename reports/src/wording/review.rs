//! 复核用语 · What named persons said of the run, line by line, beside the verdict that it never changes.
//!
//! Why so: terminal, Markdown, workbook and page tell the same line, and each says whether it still holds. Texts of people
//! are shown without control characters and without what names somebody by its form.
//! Not here: explanations of strangers' rows, which stand with the statements (`sentence`).

use crosswipe_domain::Moment;
use crosswipe_verify::{Held, ReviewAct, ReviewHeld, Said, Signature, SignedAs, Target, Verdict};
use crosswipe_wire::without_likely_strangers;

use super::{Lang, classes};
use crate::terminal::chain_groups;

/// 签字角色
pub(crate) fn role(role: SignedAs, lang: Lang) -> &'static str {
    match role {
        SignedAs::Handler => lang.pick("经办人", "handler"),
        SignedAs::Reviewer => lang.pick("复核人", "reviewer"),
        SignedAs::Head => lang.pick("单位负责人", "head of the unit"),
    }
}

/// Everything that was said but explanations, oldest first; then what is wrong with the chain.
pub(crate) fn lines(review: &ReviewHeld, lang: Lang) -> Vec<String> {
    let said = review.said.iter();
    let told = said.filter(|said| !matches!(said.line.act, ReviewAct::ExplainForeign(_)));
    let mut lines: Vec<String> = told.map(|said| line(said, lang)).collect();
    lines.extend(broken(review, lang));
    lines
}

/// Everything, explanations too: the whole chain in words.
pub(crate) fn chain(review: &ReviewHeld, lang: Lang) -> Vec<String> {
    let said = review.said.iter();
    let numbered = said.map(|said| format!("{}  {}", said.line.seq + 1, line(said, lang)));
    let mut lines: Vec<String> = numbered.collect();
    lines.extend(broken(review, lang));
    if let Some(tail) = review.tail() {
        let end = lang.pick(
            "复核链尾（请抄在纸上）",
            "end of the review chain (note it on paper)",
        );
        lines.push(format!("{end}  {}", chain_groups(tail)));
    }
    lines
}

/// What was said of one case, transaction or finding, without its name.
pub(crate) fn about(review: &ReviewHeld, kind: &str, id: &str, lang: Lang) -> String {
    let told = remarks(review, kind, id, lang);
    let told: Vec<String> = told.into_iter().map(|(told, _)| told).collect();
    told.join(lang.pick("；", "; "))
}

/// The same, each by itself and with whether it holds.
pub(crate) fn remarks(
    review: &ReviewHeld,
    kind: &str,
    id: &str,
    lang: Lang,
) -> Vec<(String, Held)> {
    let of = |said: &&Said| {
        let on = said.line.act.target();
        on.is_some_and(|on| (on.kind(), on.id()) == (kind, id))
    };
    let told = review.said.iter().filter(of);
    told.map(|said| {
        (
            format!("{}{}", what(said, lang), after(said, lang)),
            said.state,
        )
    })
    .collect()
}

/// Signatures, each with whether it still stands.
pub(crate) fn signatures(review: &ReviewHeld, lang: Lang) -> Vec<String> {
    let said = review.said.iter();
    let signed = said.filter(|said| matches!(said.line.act, ReviewAct::Sign(_)));
    signed.map(|said| line(said, lang)).collect()
}

/// 一签 · A signature as the sign-off page shows it.
pub(crate) struct Signed {
    pub(crate) role: &'static str,
    pub(crate) by: String,
    pub(crate) unit: String,
    pub(crate) at: String,
    /// The verdict that was signed, and its level.
    pub(crate) verdict: String,
    pub(crate) certificate: String,
    /// With what was open, what was named, and what the signer wrote.
    pub(crate) with: String,
    pub(crate) state: Held,
    /// What has become of it since.
    pub(crate) since: String,
}

/// Every signature, oldest first.
pub(crate) fn signed_rows(review: &ReviewHeld, lang: Lang) -> Vec<Signed> {
    let row = |said: &Said| match &said.line.act {
        ReviewAct::Sign(signature) => Some(Signed {
            role: role(signature.role, lang),
            by: by(said, lang),
            unit: shown(&signature.unit),
            at: minute(said.line.at),
            verdict: format!("{} {}", verdict(signature.verdict, lang), signature.level),
            certificate: chain_groups(&signature.certificate_sha256),
            with: signed_with(signature, &shown(&said.line.reason), lang),
            state: said.state,
            since: match become_of(said, lang) {
                Some(told) => told,
                None => lang.pick("✓ 有效", "✓ holds").to_owned(),
            },
        }),
        _ => None,
    };
    review.said.iter().filter_map(row).collect()
}

/// 一行 · A line of the review as a table shows it.
pub(crate) struct Row {
    /// From 1.
    pub(crate) number: usize,
    pub(crate) at: Moment,
    pub(crate) by: String,
    pub(crate) on: String,
    pub(crate) told: String,
    pub(crate) state: Held,
}

/// Every line, explanations too.
pub(crate) fn rows(review: &ReviewHeld, lang: Lang) -> Vec<Row> {
    let said = review.said.iter().enumerate();
    let row = |(place, said): (usize, &Said)| Row {
        number: place + 1,
        at: said.line.at,
        by: by(said, lang),
        on: (said.line.act.target()).map_or_else(String::new, |on| target(on, said, lang)),
        told: format!("{}{}", what(said, lang), after(said, lang)),
        state: said.state,
    };
    said.map(row).collect()
}

fn line(said: &Said, lang: Lang) -> String {
    let on = said.line.act.target().map(|on| target(on, said, lang));
    let place = match (&said.line.act, on) {
        (ReviewAct::Comment { .. } | ReviewAct::Override { .. }, Some(on)) => format!("{on}  "),
        _ => String::new(),
    };
    format!("{place}{}{}", what(said, lang), after(said, lang))
}

/// Who said it; of a merged run also of which part, so that a word on one part is not taken for one on the whole.
fn by(said: &Said, lang: Lang) -> String {
    let by = shown(&said.line.by);
    match (&said.part, lang) {
        (None, _) => by,
        (Some(run), Lang::Zh) => format!("{by}（运行 {run}）"),
        (Some(run), Lang::En) => format!("{by} (run {run})"),
    }
}

/// Who said what, and when.
fn what(said: &Said, lang: Lang) -> String {
    let (by, reason) = (by(said, lang), shown(&said.line.reason));
    let at = minute(said.line.at);
    match &said.line.act {
        ReviewAct::Comment { .. } => match lang {
            Lang::Zh => format!("意见「{reason}」，{by}，{at}"),
            Lang::En => format!("comment \"{reason}\", {by}, {at}"),
        },
        ReviewAct::Override { was, says, .. } => {
            let (was, says) = (taken(was, lang), taken(says, lang));
            match lang {
                Lang::Zh => {
                    format!(
                        "改判：原为「{was}」，{by} 按「{says}」看待，「{reason}」，{at}；原结论不变"
                    )
                }
                Lang::En => format!(
                    "override: the run says \"{was}\", {by} takes it as \"{says}\", \"{reason}\", {at}; the verdict stays"
                ),
            }
        }
        ReviewAct::Sign(signature) => signed(signature, &by, &reason, &at, lang),
        ReviewAct::ExplainForeign(rows) => {
            let (party, infno, count) = (&rows.party, &rows.infno, rows.rows.len());
            match lang {
                Lang::Zh => {
                    format!("来历说明：{party} {infno}（{count} 行），{by}「{reason}」，{at}")
                }
                Lang::En => format!(
                    "explained: {party} {infno} ({count} rows), by {by}, \"{reason}\", {at}"
                ),
            }
        }
    }
}

fn signed(signature: &Signature, by: &str, reason: &str, at: &str, lang: Lang) -> String {
    let role = role(signature.role, lang);
    let unit = match shown(&signature.unit) {
        unit if unit.is_empty() => String::new(),
        unit => format!("{}{unit}", lang.pick("，", ", ")),
    };
    let verdict = verdict(signature.verdict, lang);
    let certificate = chain_groups(&signature.certificate_sha256);
    let level = signature.level;
    let mut text = match lang {
        Lang::Zh => format!(
            "签字：{by}（{role}{unit}），{at}，结论「{verdict}」{level}，证书 {certificate}"
        ),
        Lang::En => format!(
            "signed: {by} ({role}{unit}), {at}, verdict \"{verdict}\" {level}, certificate {certificate}"
        ),
    };
    let with = signed_with(signature, reason, lang);
    if !with.is_empty() {
        text += lang.pick("；", "; ");
        text += &with;
    }
    text
}

/// With what was open it was signed, what was named, and what the signer wrote.
fn signed_with(signature: &Signature, reason: &str, lang: Lang) -> String {
    let mut with = Vec::new();
    let open = signature.open;
    if signature.with_findings {
        with.push(match lang {
            Lang::Zh => format!("带问题签字，未了 {open} 项"),
            Lang::En => format!("signed with findings, {open} open"),
        });
    }
    if !signature.named.is_empty() {
        let named: Vec<String> = signature.named.iter().map(|name| shown(name)).collect();
        let named = named.join(lang.pick("、", ", "));
        with.push(match lang {
            Lang::Zh => format!("点名 {named}"),
            Lang::En => format!("naming {named}"),
        });
    }
    if !reason.is_empty() {
        with.push(match lang {
            Lang::Zh => format!("「{reason}」"),
            Lang::En => format!("\"{reason}\""),
        });
    }
    with.join(lang.pick("；", "; "))
}

/// What has become of it, as it stands behind a sentence.
fn after(said: &Said, lang: Lang) -> String {
    match (become_of(said, lang), lang) {
        (None, _) => String::new(),
        (Some(told), Lang::Zh) => format!("（{told}）"),
        (Some(told), Lang::En) => format!(" ({told})"),
    }
}

/// What has become of it; `None` where it holds as it was said.
fn become_of(said: &Said, lang: Lang) -> Option<String> {
    let mark = match (said.state, said.why) {
        (Held::Violated, _) => "✗",
        (Held::NotChecked, _) => "?",
        (Held::Held, Some(_)) => "·",
        (Held::Held, None) => return None,
    };
    let told = said.why.map_or("", |word| why(word, lang));
    let told = told.replace("{}", &said.since.to_string());
    Some(format!("{mark} {told}"))
}

/// A stable word in words; one that nobody knows as it stands.
fn why(word: &'static str, lang: Lang) -> &'static str {
    let (zh, en) = match word {
        "no-such-case" => ("这次运行没有这个用例", "the run has no such case"),
        "no-such-transaction" => ("这次运行没有这笔交易", "the run has no such transaction"),
        "no-such-finding" => ("这次运行没有这处发现", "the run has no such finding"),
        "gone" => (
            "其后经来历说明，此项已不在",
            "gone since rows were explained",
        ),
        "covers-nothing" => ("与账上的行对不上", "covers no row of the books"),
        "was-otherwise" => ("原结果不是这样", "the run says otherwise"),
        "may-not-be" => ("不许这样改判", "nobody may take it so"),
        "other-certificate" => ("签的不是现在这份证据", "of other evidence than lies here"),
        "superseded" => (
            "签字之后又说明了来历，证书已换，请重签",
            "rows were explained after it and the certificate is another: sign again",
        ),
        "said-since" => ("签字之后又有 {} 条复核", "{} more lines since"),
        "another-judge" => (
            "证书是另一版本所出，未能核对",
            "certified by another version: not checked",
        ),
        other => (other, other),
    };
    lang.pick(zh, en)
}

/// What is wrong with the chain, if anything is.
pub(crate) fn broken(review: &ReviewHeld, lang: Lang) -> Option<String> {
    let told = review.defects.iter().map(|one| {
        let (line, why) = (one.line, one.why);
        let run = one.part.as_ref().map_or_else(String::new, |run| match lang {
            Lang::Zh => format!("运行 {run} 的"),
            Lang::En => format!(" of run {run}"),
        });
        match lang {
            Lang::Zh => format!("✗ {run}复核链第 {line} 行起不成立（{why}）：其后所说都不算"),
            Lang::En => format!(
                "✗ the review chain{run} does not hold from line {line} on ({why}): nothing behind it counts"
            ),
        }
    });
    let told: Vec<String> = told.collect();
    (!told.is_empty()).then(|| told.join(lang.pick("；", "; ")))
}

fn target(on: &Target, said: &Said, lang: Lang) -> String {
    match on {
        Target::Run if said.part.is_some() => lang.pick("该次运行", "that run").to_owned(),
        Target::Run => lang.pick("整次运行", "the run").to_owned(),
        Target::Case(case) => format!("{} {case}", lang.pick("用例", "case")),
        Target::Transaction(txid) => format!("{} {txid}", lang.pick("交易", "transaction")),
        Target::Finding { id, class } => format!(
            "{} {} {}",
            lang.pick("发现", "finding"),
            shown(id),
            classes::name(class, lang)
        ),
    }
}

/// A result of a case, or what a finding is taken as.
fn taken(word: &str, lang: Lang) -> String {
    let (zh, en) = match word {
        "passed" => ("通过", "passed"),
        "failed" => ("失败", "failed"),
        "error" => ("错误", "error"),
        "blocked" => ("阻塞", "blocked"),
        "skipped" => ("跳过", "skipped"),
        "waived" => ("豁免", "waived"),
        "accepted" => ("认可", "accepted"),
        other => return shown(other),
    };
    lang.pick(zh, en).to_owned()
}

fn verdict(verdict: Verdict, lang: Lang) -> &'static str {
    match verdict {
        Verdict::Clean => lang.pick("已回退干净", "clean"),
        Verdict::Indeterminate => lang.pick("不能判定", "indeterminate"),
        Verdict::Violated => lang.pick("违反", "violated"),
    }
}

/// `2026-11-23 09:05`, China time.
fn minute(at: Moment) -> String {
    at.wire().chars().take(16).collect()
}

/// What people wrote, fit to be shown.
pub(crate) fn shown(text: &str) -> String {
    let plain: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    without_likely_strangers(&plain).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_wrote_is_shown_without_numbers_of_strangers_and_without_control_characters() {
        let text = shown(
            "王五 110101199003070070 110101199003070071 １３９１２３４５６７８ \u{1b}[31m看过",
        );
        assert_eq!(text.matches("***").count(), 3, "{text}");
        assert!(!text.contains('\u{1b}') && text.contains("看过"), "{text}");
    }
}
