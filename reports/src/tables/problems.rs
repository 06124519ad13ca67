//! 问题清单 · What went wrong, each thing once, with room for who mends it and until when.

use super::{Cell, Table, Tone, to_be_mended};
use crate::story::Story;
use crate::wording::{Lang, classes, sentence::rule_name, terms};

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
        ],
        lang,
    );
    let findings = &story.judgement.findings;
    for (number, cause) in story.causes().iter().enumerate() {
        let finding = &findings[cause.first];
        let (expected, actual) = story.expected_actual(finding, lang);
        let party = finding.party.as_ref();
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
        ]);
    }
    table
}
