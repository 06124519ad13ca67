//! 工单 · What is pasted into a chat of those who can mend it: where, which transaction, code, words, time, ids; 300 signs at most.

use crosswipe_domain::Outcome;

use crate::story::{Case, Chain, Message, Rollback, Story};
use crate::wording::{Lang, classes, terms};

/// Signs of a message that every chat takes.
const MOST: usize = 300;
/// Signs of the peer's own words.
const WORDS: usize = 60;

/// Empty for a case that is good.
pub(super) fn ticket(story: &Story, case: &Case, lang: Lang) -> String {
    if case.is_good() {
        return String::new();
    }
    let plan = &case.plan;
    let region = |code: Option<&crosswipe_domain::AdmDivision>| {
        code.map_or("", |code| story.names.region(code.as_str()))
            .to_owned()
    };
    let place = plan.institution.as_deref();
    let place = place.map_or_else(String::new, |code| {
        format!(" {}({code})", story.names.institution(code))
    });
    let mut text = format!(
        "{}{} {} / {}\n{}→{}{place}",
        lang.pick("【交叉刷卡】", "[cross-swipe] "),
        plan.case,
        terms::ending(case.ending, lang),
        terms::rollback(case.rollback, lang),
        region(plan.insured.as_ref()),
        region(plan.treatment.as_ref()),
    );
    if let Some(message) = at_fault(story, case) {
        text += &format!(
            "\n{} {} {}",
            message.infno,
            terms::transaction(&message.infno, lang),
            terms::outcome(message.outcome_name(), lang)
        );
        if let Some(Outcome::Refused { code, text: words }) = &message.outcome {
            text += &format!(" {code} {}", cut(words, WORDS));
        }
        if let Some(Outcome::Unknown { why }) = &message.outcome {
            text += &format!(" {}", cut(why, WORDS));
        }
        text += &format!("\n{} {}", message.at.wire(), message.msgid);
        for name in ["mdtrt_id", "setl_id"] {
            if let Some(id) = message.id(name) {
                text += &format!(" {name} {id}");
            }
        }
    }
    let check = case.checks.iter().find(|check| !check.held);
    let finding = case
        .findings
        .first()
        .map(|index| &story.judgement.findings[*index]);
    if let Some(finding) = finding {
        let (expected, actual) = story.expected_actual(finding, lang);
        text += &format!(
            "\n{}{}{expected}{}{actual}",
            classes::name(&finding.class, lang),
            lang.pick("：应为 ", ": expected "),
            lang.pick("，实为 ", ", actual ")
        );
    } else if let Some(check) = check {
        text += &format!(
            "\n{}{}{}{}{}",
            check.what,
            lang.pick("：应为 ", ": expected "),
            check.expected,
            lang.pick("，实为 ", ", actual "),
            check.actual
        );
    }
    text += &format!("\n{} {}", lang.pick("运行", "run"), story.judgement.run_id);
    cut(&text, MOST)
}

/// The message to look at first: of what stands, the last one; else the first that was not answered with ok.
fn at_fault<'a>(story: &Story, case: &'a Case) -> Option<&'a Message> {
    let open = |chain: &&Chain| matches!(story.standing(chain), Rollback::Open | Rollback::Unknown);
    let standing = case.chains.iter().find(open);
    let standing = standing.and_then(|chain| chain.undo.last().or(chain.forward.last()));
    standing.or_else(|| {
        let mut all: Vec<&Message> = case.messages().collect();
        all.sort_by_key(|message| message.seq);
        let bad = all.iter().find(|message| message.outcome_name() != "ok");
        bad.or(all.last()).copied()
    })
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most - 1) {
        Some((end, _)) if text[end..].chars().count() > 1 => format!("{}…", &text[..end]),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("四个汉字", 4, "四个汉字")]
    #[case("四个汉字多", 4, "四个汉…")]
    #[case("", 4, "")]
    fn what_is_too_long_is_cut_at_a_sign(
        #[case] text: &str,
        #[case] most: usize,
        #[case] cut_to: &str,
    ) {
        assert_eq!(cut(text, most), cut_to);
    }
}
