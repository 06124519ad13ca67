//! 发现 · What is wrong: causes in full, consequences counted; checks that failed; what is open.

use std::collections::BTreeMap;

use crosswipe_verify::{Finding, Remark};

use crate::amount::yuan;
use crate::story::{Case, Cause};
use crate::terminal::Page;
use crate::wording::{Word, calls, classes, terms};

/// Causes told in full, and failed checks named; the rest is counted and stands in the page.
const IN_FULL: usize = 10;
/// Witness lines of a finding.
const WITNESSES: usize = 6;
/// Findings alike that are named below the one told in full.
const ALIKE: usize = 3;

pub(crate) fn section(page: &Page<'_>) -> String {
    let causes = page.story.causes();
    if causes.is_empty() {
        return page.section(
            page.say(Word::findings),
            &[page.say(Word::findings_none).to_owned()],
        );
    }
    let total = page.story.judgement.findings.len();
    let mut text = format!(
        "■ {}  {total} ({} {})\n",
        page.say(Word::findings),
        page.say(Word::causes),
        causes.len()
    );
    for cause in causes.iter().take(IN_FULL) {
        text += &told(page, cause);
    }
    if causes.len() > IN_FULL {
        let rest = by_class(page, causes[IN_FULL..].iter().map(|cause| cause.first));
        let line = format!(
            "{} {} {} report.html: {rest}",
            page.say(Word::more),
            causes.len() - IN_FULL,
            page.say(Word::more_in)
        );
        text += &super::wrapped(&line, page.width, 2, 6);
    }
    text
}

fn told(page: &Page<'_>, cause: &Cause) -> String {
    let findings = &page.story.judgement.findings;
    let finding = &findings[cause.first];
    let (lang, names) = (page.lang, &page.story.names);
    let symbol = if finding.uncertain {
        format!("? {}", page.say(Word::uncertain))
    } else {
        "✗".to_owned()
    };
    let head = format!(
        "{symbol} {:?} {}  {}  {} {}",
        finding.severity,
        classes::name(&finding.class, lang),
        finding.class,
        finding.rule,
        crate::wording::sentence::rule_name(finding.rule, lang)
    );
    let mut text = super::wrapped(&head, page.width, 2, 6);
    let mut line = |word: Word, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            text += &super::wrapped(&format!("{}  {value}", page.say(word)), page.width, 6, 10);
        }
    };
    line(
        Word::party,
        finding.party.as_ref().map(|party| names.party(party, lang)),
    );
    line(
        Word::answered_by,
        finding
            .answered_by
            .as_ref()
            .map(|party| names.party(party, lang)),
    );
    line(
        Word::person,
        finding.person.as_ref().map(ToString::to_string),
    );
    line(Word::about, finding.txid.as_ref().map(ToString::to_string));
    line(
        Word::case,
        finding
            .case
            .as_ref()
            .filter(|_| finding.txid.is_none())
            .map(ToString::to_string),
    );
    line(Word::place, Some(terms::seen(&finding.location, page.lang)));
    let (expected, actual) = page.story.expected_actual(finding, page.lang);
    line(
        Word::expected,
        Some(format!(
            "{expected}    {}  {actual}",
            page.say(Word::actual)
        )),
    );
    for witness in finding.witness.iter().take(WITNESSES) {
        line(Word::witness, Some(witness.clone()));
    }
    if finding.witness.len() > WITNESSES {
        let more = format!(
            "{} {} {} report.html",
            page.say(Word::more),
            finding.witness.len() - WITNESSES,
            page.say(Word::more_in)
        );
        line(Word::witness, Some(more));
    }
    line(
        Word::meaning,
        Some(classes::meaning(finding, lang).to_owned()),
    );
    line(Word::next, Some(classes::next(finding, lang).to_owned()));
    let call = calls::party(page.story, finding.party.as_ref(), lang);
    line(Word::call, Some(call));
    for other in cause
        .alike
        .iter()
        .take(ALIKE)
        .map(|&index| &findings[index])
    {
        line(Word::alike, Some(brief(page, other)));
    }
    if cause.alike.len() > ALIKE {
        line(
            Word::alike,
            Some(format!(
                "{} {} {} report.html",
                page.say(Word::more),
                cause.alike.len() - ALIKE,
                page.say(Word::more_in)
            )),
        );
    }
    if !cause.consequences.is_empty() {
        let (number, classes) = (
            cause.consequences.len(),
            by_class(page, cause.consequences.iter().copied()),
        );
        line(Word::consequences, Some(format!("{number}: {classes}")));
    }
    text
}

/// Where, expected and actual on one line.
fn brief(page: &Page<'_>, finding: &Finding) -> String {
    let party = finding
        .party
        .as_ref()
        .map(|party| page.story.names.party(party, page.lang))
        .unwrap_or_default();
    let (expected, actual) = page.story.expected_actual(finding, page.lang);
    format!(
        "{party}  {}  {} {expected}  {} {actual}",
        finding.location,
        page.say(Word::expected),
        page.say(Word::actual)
    )
}

/// `residue:pool-fund ×2, one-sided:insured ×1`.
fn by_class(page: &Page<'_>, findings: impl Iterator<Item = usize>) -> String {
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    for index in findings {
        *numbers
            .entry(page.story.judgement.findings[index].class.as_str())
            .or_insert(0) += 1;
    }
    numbers
        .iter()
        .map(|(class, number)| format!("{class} ×{number}"))
        .collect::<Vec<_>>()
        .join(page.lang.pick("、", ", "))
}

/// Cases that did not pass, with the checks that did not hold.
pub(crate) fn failed_checks(page: &Page<'_>) -> String {
    let bad: Vec<&Case> = page
        .story
        .cases
        .iter()
        .filter(|case| is_bad(case))
        .collect();
    if bad.is_empty() {
        return String::new();
    }
    let mut lines = Vec::new();
    for case in bad.iter().take(IN_FULL) {
        lines.push(format!(
            "{}  {}  {}",
            terms::ending(case.ending, page.lang),
            case.plan.case,
            case.plan.title
        ));
        lines.extend(case.checks.iter().filter(|check| !check.held).map(|check| {
            let words = [page.say(Word::expected), page.say(Word::actual)];
            format!(
                "    {} {}  {} {}  {} {}",
                check.step, check.what, words[0], check.expected, words[1], check.actual
            )
        }));
        let calls = calls::of_case(page.story, case, page.lang);
        lines.extend(
            calls
                .iter()
                .map(|call| format!("    {} {call}", page.say(Word::call))),
        );
    }
    if bad.len() > IN_FULL {
        lines.push(format!(
            "{} {} {} report.html",
            page.say(Word::more),
            bad.len() - IN_FULL,
            page.say(Word::more_in)
        ));
    }
    page.section(
        &format!("{}  {}", page.say(Word::not_good), bad.len()),
        &lines,
    )
}

/// A planned case that was to pass and did not.
pub(crate) fn is_bad(case: &Case) -> bool {
    use crate::story::Ending;
    use crosswipe_journal::CaseResult::{Blocked, Error, Failed};
    case.planned
        && matches!(
            case.ending,
            Ending::Finished(Failed | Error | Blocked) | Ending::Unchecked | Ending::CutOff
        )
}

/// One line per transaction that stands or may stand: what, where, how much, what to do.
pub(crate) fn open_lines(page: &Page<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    for chain in page
        .story
        .cases
        .iter()
        .flat_map(|case| &case.chains)
        .filter(|chain| page.story.is_open(&chain.transaction.txid))
    {
        let transaction = &chain.transaction;
        let mut line = format!(
            "{}  {} {} {}",
            terms::rollback(page.story.standing(chain), page.lang),
            transaction.txid,
            transaction.infno,
            terms::transaction(&transaction.infno, page.lang)
        );
        if let Some(amount) = page.story.open.amounts.get(&transaction.txid) {
            line += &format!("  ¥{}", yuan(amount.fen()));
        }
        for class in page.story.classes_about(&transaction.txid) {
            line += &format!("  {class}");
        }
        if let Some(unresolved) = &chain.unresolved {
            line += &format!(
                "  {}  → {}",
                unresolved.reason,
                page.story.names.party(&unresolved.owner, page.lang)
            );
        }
        let call = calls::party(page.story, page.story.who_acts(chain), page.lang);
        if !call.is_empty() {
            line += &format!("  {} {call}", page.say(Word::call));
        }
        lines.push(line);
    }
    let more = lines.len().saturating_sub(2 * IN_FULL);
    lines.truncate(2 * IN_FULL);
    if more > 0 {
        lines.push(format!(
            "{} {more} {} report.html",
            page.say(Word::more),
            page.say(Word::more_in)
        ));
    }
    lines
}

/// Notes counted by code, with the first τ they are about; one that is about the run as a whole, with its facts. They
/// never change a verdict.
pub(crate) fn notes(page: &Page<'_>) -> String {
    let mut by_code: BTreeMap<&str, Vec<&Remark>> = BTreeMap::new();
    for note in &page.story.notes {
        by_code.entry(&note.code).or_default().push(note);
    }
    let line = |(code, notes): (&&str, &Vec<&Remark>)| {
        let about: Vec<String> = match notes.as_slice() {
            [one] if one.txid.is_none() => {
                let fact = |(name, value): (&String, &String)| format!("{name} = {value}");
                one.facts.iter().map(fact).collect()
            }
            many => many
                .iter()
                .filter_map(|note| note.txid.as_ref().map(ToString::to_string))
                .collect(),
        };
        let shown = if notes.len() == 1 { about.len() } else { 3 };
        let dots = if about.len() > shown { ", …" } else { "" };
        let first: Vec<&str> = about.iter().take(shown).map(String::as_str).collect();
        let said = terms::note(code, page.lang);
        // A code that no words are known for is not said twice.
        let named = match said == *code {
            true => String::new(),
            false => format!(" ({code})"),
        };
        let number = notes.len();
        format!("{said}{named} ×{number}  {}{dots}", first.join(", "))
    };
    let lines: Vec<String> = by_code.iter().map(line).collect();
    if lines.is_empty() {
        String::new()
    } else {
        page.section(page.say(Word::notes), &lines)
    }
}
