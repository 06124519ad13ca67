//! 已知问题 · What was waived, for whom and until when; what is overdue; what occurs no more.

use crosswipe_domain::CaseId;

use crate::story::{Known, Story};
use crate::terminal::Page;
use crate::wording::{Lang, Word};

/// Cases that are named; the rest stands in the page.
const NAMED: usize = 5;

pub(crate) fn section(page: &Page<'_>) -> String {
    let known = &page.story.known;
    if known.is_empty() {
        return String::new();
    }
    page.section(page.say(Word::known_issues), &lines(page.story, page.lang))
}

/// The lines of all issues.
pub(crate) fn lines(story: &Story, lang: Lang) -> Vec<String> {
    let known = story.known.iter();
    known.flat_map(|one| told(one, lang)).collect()
}

/// One issue: what it is, and below it what it came to.
fn told(known: &Known, lang: Lang) -> Vec<String> {
    let issue = &known.issue;
    let due = issue.due.wire();
    let due = due.strip_suffix(":00").unwrap_or(&due);
    let (id, text, owner) = (&issue.id, &issue.text, &issue.owner);
    let head = match lang {
        Lang::Zh => format!("{id}  {text}  负责 {owner}  期限 {due}"),
        Lang::En => format!("{id}  {text}  owner {owner}  due {due}"),
    };
    [head].into_iter().chain(came_to(known, lang)).collect()
}

/// What an issue came to, one line each.
pub(crate) fn came_to(known: &Known, lang: Lang) -> Vec<String> {
    let mut lines = Vec::new();
    let named = |cases: &[CaseId]| {
        let first: Vec<&str> = cases.iter().take(NAMED).map(CaseId::as_str).collect();
        let dots = if cases.len() > NAMED { ", …" } else { "" };
        format!("{}{dots}", first.join(", "))
    };
    if !known.waived.is_empty() {
        let (count, cases) = (known.waived.len(), named(&known.waived));
        lines.push(match lang {
            Lang::Zh => format!("    ~ 豁免 {count} 例: {cases}"),
            Lang::En => format!("    ~ waived {count}: {cases}"),
        });
    }
    if !known.not_waived.is_empty() {
        let (count, cases) = (known.not_waived.len(), named(&known.not_waived));
        lines.push(match (lang, known.overdue) {
            (Lang::Zh, true) => format!("    ✗ 已过期, 不再豁免 {count} 例: {cases}"),
            (Lang::En, true) => format!("    ✗ overdue, {count} no longer waived: {cases}"),
            (Lang::Zh, false) => format!("    ✗ 另有不符, 不能豁免 {count} 例: {cases}"),
            (Lang::En, false) => {
                format!("    ✗ {count} not waived, since something else failed too: {cases}")
            }
        });
    }
    if known.is_gone() {
        let ran = known.ran;
        lines.push(match lang {
            Lang::Zh => format!("    ✓ {ran} 例都没有再出现: 核实后从计划删去"),
            Lang::En => {
                format!("    ✓ occurred in none of {ran}: confirm, and take it off the plan")
            }
        });
    }
    if known.ran == 0 {
        lines.push(
            lang.pick(
                "    / 它说的用例都没有执行",
                "    / none of its cases was run",
            )
            .to_owned(),
        );
    }
    lines
}
