//! 问题清单 · What went wrong, each thing once, with room for who mends it and until when.

use super::{Cell, Table, Tone, to_be_mended};
use crate::story::{Cause, Story};
use crate::terminal::came_to;
use crate::wording::{Lang, classes, review, sentence::rule_name, terms};

use crosswipe_verify::{Finding, finding_id};

/// Ids that a cell names; the rest stands in report.json.
const NAMED: usize = 5;

/// One row per finding that follows from none; those alike and those that follow are counted.
pub(super) fn problems(story: &Story, lang: Lang) -> Table {
    let table = Table::new("problems", lang.pick("问题清单", "Problems")).columns(
        &[
            ["序号", "no."],
            ["等级", "severity"],
            ["类别", "what"],
            ["一方", "party"],
            ["用例", "case"],
            ["位置", "where"],
            ["应为", "expected"],
            ["实为", "actual"],
            ["下一步", "next step"],
        ],
        lang,
    );
    let table = to_be_mended(table, lang).beside_the_paper();
    let mut table = table.columns(
        &[
            ["类别码", "class"],
            ["规则", "rule"],
            ["交易", "transaction"],
            ["人员（化名）", "person (pseudonym)"],
            ["同类（处）", "alike"],
            ["引出（处）", "follows from it"],
            ["含义", "meaning"],
            ["发现编号", "finding id"],
            ["复核", "review"],
        ],
        lang,
    );
    let findings = &story.judgement.findings;
    for (number, cause) in story.causes().iter().enumerate() {
        let finding = &findings[cause.first];
        let (expected, actual) = story.expected_actual(finding, lang);
        let party = finding.party.as_ref();
        let (ids, said) = reviewed(story, cause, lang);
        let named = |text: Option<String>| Cell::text(text.unwrap_or_default());
        table.row(vec![
            Cell::number(number + 1),
            Cell::State(
                format!("{:?}", finding.severity),
                if finding.uncertain {
                    Tone::Doubt
                } else {
                    Tone::Bad
                },
            ),
            Cell::text(classes::name(&finding.class, lang)),
            named(party.map(|party| story.names.party(party, lang))),
            named(finding.case.as_ref().map(ToString::to_string)),
            Cell::text(terms::seen(&finding.location, lang)),
            Cell::text(expected),
            Cell::text(actual),
            Cell::text(classes::next(finding, lang)),
            Cell::Blank,
            Cell::Blank,
            Cell::Blank,
            Cell::Blank,
            Cell::text(&finding.class),
            Cell::text(format!(
                "{} {}",
                finding.rule,
                rule_name(finding.rule, lang)
            )),
            named(finding.txid.as_ref().map(ToString::to_string)),
            named(finding.person.as_ref().map(ToString::to_string)),
            Cell::number(cause.alike.len()),
            Cell::number(cause.consequences.len()),
            Cell::text(classes::meaning(finding, lang)),
            Cell::text(ids),
            Cell::text(said),
        ]);
    }
    table
}

/// Ids under which a problem is spoken of in the review, and what was said of any finding in it.
fn reviewed(story: &Story, cause: &Cause, lang: Lang) -> (String, String) {
    let all = [cause.first].into_iter().chain(cause.alike.iter().copied());
    let all = all.chain(cause.consequences.iter().copied());
    let all: Vec<&Finding> = all.map(|at| &story.judgement.findings[at]).collect();
    let roots = all.iter().filter(|finding| finding.follows_from.is_none());
    let mut ids: Vec<String> = roots.map(|finding| finding_id(finding)).collect();
    ids.sort();
    ids.dedup();
    let mut said: Vec<String> = all
        .iter()
        .map(|finding| review::about(&story.review, "finding", &finding_id(finding), lang))
        .filter(|told| !told.is_empty())
        .collect();
    said.dedup();
    let more = if ids.len() > NAMED { " …" } else { "" };
    ids.truncate(NAMED);
    (ids.join(" ") + more, said.join(lang.pick("；", "; ")))
}

/// 已知问题 · One row per known issue of the plan, and what it came to.
pub(super) fn known(story: &Story, lang: Lang) -> Table {
    let mut table = Table::new("known", lang.pick("已知问题", "Known issues")).columns(
        &[
            ["编号", "id"],
            ["问题", "what is wrong"],
            ["负责", "owner"],
            ["期限", "due"],
            ["结果", "came to"],
            ["豁免（例）", "waived"],
            ["未豁免（例）", "not waived"],
            ["用例", "cases"],
        ],
        lang,
    );
    for known in &story.known {
        let issue = &known.issue;
        let tone = match (known.not_waived.is_empty(), known.waived.is_empty()) {
            (false, _) => Tone::Bad,
            (true, false) => Tone::Doubt,
            (true, true) => Tone::Idle,
        };
        let told = came_to(known, lang).join(lang.pick("；", "; "));
        let cases = known.waived.iter().chain(&known.not_waived);
        let cases: Vec<&str> = cases.map(|case| case.as_str()).collect();
        table.row(vec![
            Cell::text(&issue.id),
            Cell::text(&issue.text),
            Cell::text(&issue.owner),
            Cell::At(issue.due),
            Cell::State(told.trim().to_owned(), tone),
            Cell::number(known.waived.len()),
            Cell::number(known.not_waived.len()),
            Cell::text(cases.join(" ")),
        ]);
    }
    table
}
