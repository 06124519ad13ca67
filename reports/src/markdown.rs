//! Markdown · What fits into a chat or under a pull request: the verdict with its limits, the numbers, what is open, what is
//! wrong.

use std::fmt::Write as _;

use crate::Lang;
use crate::amount::yuan;
use crate::story::{Case, Story};
use crate::terminal::{chain_groups, is_bad, known_lines};
use crate::wording::sentence::{not_checked, open, rule_name, verdict_sentence, with_reasons};
use crate::wording::{Word, calls, classes, review, terms};

/// Rows of a list; the rest is counted.
const MOST: usize = 10;

/// Markdown · One short page.
pub fn markdown(story: &Story, lang: Lang) -> String {
    let say = |word: Word| word.say(lang);
    let plan = &story.header.plan;
    let mut text = format!(
        "## {} · {} `{}`\n\n**{}**\n\n",
        say(Word::report),
        plain(lang.pick(&plan.title_zh, &plan.title_en)),
        story.judgement.run_id,
        plain(&verdict_sentence(story, lang))
    );
    let counts = story.case_counts();
    let bad = counts.failed + counts.error + counts.blocked;
    let _ = writeln!(
        text,
        "| {} | {} | {} | {} |\n|---|---|---|---|\n| {} / {} | {} | {bad} | {} |\n",
        say(Word::cases),
        say(Word::passed),
        say(Word::failed),
        say(Word::open),
        counts.run,
        counts.planned,
        counts.passed,
        plain(&open(story, lang)),
    );
    open_list(story, lang, &mut text);
    causes(story, lang, &mut text);
    not_passed(story, lang, &mut text);
    let known = known_lines(story, lang);
    if !known.is_empty() {
        let _ = writeln!(text, "### {}\n", say(Word::known_issues));
        listed(known.iter().map(|line| plain(line.trim())), lang, &mut text);
    }
    let said = review::lines(&story.review, lang);
    if !said.is_empty() {
        let _ = writeln!(text, "### {}\n", say(Word::review));
        listed(said.iter().map(|line| plain(line)), lang, &mut text);
    }
    let unseen = with_reasons(story, not_checked(story, lang), lang);
    if !unseen.is_empty() {
        let _ = writeln!(text, "### {}\n", say(Word::not_checked));
        listed(unseen.iter().map(|line| plain(line)), lang, &mut text);
    }
    let _ = writeln!(
        text,
        "{} `{}` · {} `{}`",
        say(Word::head),
        chain_groups(&story.head),
        say(Word::tail),
        chain_groups(&story.tail)
    );
    text
}

fn open_list(story: &Story, lang: Lang, text: &mut String) {
    if story.open.transactions.is_empty() {
        return;
    }
    let _ = writeln!(text, "### {}\n", Word::open_list.say(lang));
    let chains = story.cases.iter().flat_map(|case| &case.chains);
    let standing = chains.filter(|chain| story.is_open(&chain.transaction.txid));
    let lines = standing.map(|chain| {
        let transaction = &chain.transaction;
        let amount = story.open.amounts.get(&transaction.txid);
        let amount = amount.map_or_else(String::new, |amount| format!(" ¥{}", yuan(amount.fen())));
        let call = called(&calls::party(story, story.who_acts(chain), lang), lang);
        format!(
            "{} `{}` {} {}{amount}{call}",
            terms::rollback(story.standing(chain), lang),
            transaction.txid,
            transaction.infno,
            plain(terms::transaction(&transaction.infno, lang)),
        )
    });
    listed(lines, lang, text);
}

fn causes(story: &Story, lang: Lang, text: &mut String) {
    let causes = story.causes();
    if causes.is_empty() {
        return;
    }
    let _ = writeln!(text, "### {} {}\n", Word::findings.say(lang), causes.len());
    let lines = causes.iter().map(|cause| {
        let finding = &story.judgement.findings[cause.first];
        let (expected, actual) = story.expected_actual(finding, lang);
        let party = finding.party.as_ref();
        let more = cause.alike.len() + cause.consequences.len();
        format!(
            "**{:?} {}** `{}` {} {} · {} · {} {} {} {}{}{}",
            finding.severity,
            plain(&classes::name(&finding.class, lang)),
            finding.class,
            finding.rule,
            rule_name(finding.rule, lang),
            plain(&party.map_or_else(String::new, |party| story.names.party(party, lang))),
            Word::expected.say(lang),
            plain(&expected),
            Word::actual.say(lang),
            plain(&actual),
            match more {
                0 => String::new(),
                more => format!(" (+{more})"),
            },
            called(&calls::party(story, party, lang), lang),
        )
    });
    listed(lines, lang, text);
}

/// ` · 联系 …`; nothing where nobody is named.
fn called(call: &str, lang: Lang) -> String {
    match call {
        "" => String::new(),
        call => format!(" · {} {}", Word::call.say(lang), plain(call)),
    }
}

/// Planned cases that did not pass, each with the first check that does not hold and whom to call.
fn not_passed(story: &Story, lang: Lang, text: &mut String) {
    let bad: Vec<&Case> = story.cases.iter().filter(|case| is_bad(case)).collect();
    if bad.is_empty() {
        return;
    }
    let _ = writeln!(text, "### {} {}\n", Word::not_good.say(lang), bad.len());
    let line = |case: &&Case| {
        let check = case.checks.iter().find(|check| !check.held);
        let check = check.map_or_else(String::new, |check| {
            format!(
                " · {} {} {} {} {}",
                plain(&check.what),
                Word::expected.say(lang),
                plain(&check.expected),
                Word::actual.say(lang),
                plain(&check.actual)
            )
        });
        let calls = calls::of_case(story, case, lang);
        let calls = calls.iter().map(|call| called(call, lang));
        format!(
            "{} `{}` {}{check}{}",
            terms::ending(case.ending, lang),
            case.plan.case,
            plain(&case.plan.title),
            calls.collect::<String>()
        )
    };
    listed(bad.iter().map(line), lang, text);
}

fn listed(lines: impl Iterator<Item = String>, lang: Lang, text: &mut String) {
    let lines: Vec<String> = lines.collect();
    for line in lines.iter().take(MOST) {
        let _ = writeln!(text, "- {line}");
    }
    if lines.len() > MOST {
        let (and, more) = (Word::more.say(lang), Word::more_in.say(lang));
        let _ = writeln!(text, "- {and} {} {more} report.html", lines.len() - MOST);
    }
    text.push('\n');
}

/// What strangers wrote is text here and no mark-up.
pub(crate) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' => out.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}
