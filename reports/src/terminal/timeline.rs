//! 时间轴 · Phases and marks in one list, by time.

use crate::amount::count;
use crate::story::Stretch;
use crate::terminal::Page;
use crate::wording::{Word, terms};

pub(crate) fn section(page: &Page<'_>) -> String {
    let story = page.story;
    // A phase comes before a mark of the same instant: the phase opens, then things happen in it.
    let phases = story
        .stretches
        .iter()
        .map(|stretch| (stretch.phase.from, 0, phase_line(page, stretch)));
    let marks = story.marks.iter().map(|mark| {
        (
            mark.at,
            1,
            format!(
                "{}   · {}",
                mark.at.wire(),
                terms::mark(&mark.kind, page.lang)
            ),
        )
    });
    let mut lines: Vec<_> = phases.chain(marks).collect();
    lines.sort_by_key(|(at, order, _)| (*at, *order));
    let lines: Vec<String> = lines.into_iter().map(|(.., line)| line).collect();
    if lines.is_empty() {
        String::new()
    } else {
        page.section(page.say(Word::timeline), &lines)
    }
}

fn phase_line(page: &Page<'_>, stretch: &Stretch) -> String {
    let (phase, lang) = (&stretch.phase, page.lang);
    let kind = terms::phase(phase.kind, lang);
    let mut line = format!("{} {kind}", phase.from.wire());
    if phase.id != kind {
        line += &format!(" {}", phase.id);
    }
    line += &format!(
        "  {} · {}",
        terms::allows(&phase.allow, lang),
        terms::public(phase.public, lang)
    );
    if stretch.forward + stretch.undo > 0 {
        let number = |value: usize| count(i64::try_from(value).unwrap_or(i64::MAX));
        line += &format!(
            " · {} {} {} {}",
            page.say(Word::forward),
            number(stretch.forward),
            page.say(Word::undo),
            number(stretch.undo)
        );
    }
    if !phase.quote.is_empty() {
        line += &format!(" 「{}」", phase.quote);
    }
    line
}
