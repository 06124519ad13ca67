//! 终端 · A comparison as text: the sentence last, as everywhere.

use super::Comparison;
use super::told::{Section, sections, sentence, sides};
use crate::terminal::wrapped;
use crate::wording::{Lang, Word};

/// Lines of a list; the rest is counted and stands in the page.
const MOST: usize = 20;

/// Text · At most `width` columns wide.
pub fn comparison_terminal(comparison: &Comparison, lang: Lang, width: usize) -> String {
    let mut text = format!("■ {}\n", lang.pick("两次运行的比较", "Two runs compared"));
    for line in sides(comparison, lang) {
        text += &wrapped(&line, width, 2, 6);
    }
    for section in sections(comparison, lang) {
        text += &told(&section, lang, width);
    }
    text += &format!("\n■ {}\n", Word::verdict.say(lang));
    text + &wrapped(
        &(sentence(comparison, lang) + lang.pick("。", ".")),
        width,
        2,
        6,
    )
}

fn told(section: &Section, lang: Lang, width: usize) -> String {
    let mut text = format!("\n■ {}  {}\n", section.title, section.rows.len());
    if section.rows.is_empty() {
        return text + &wrapped(section.none, width, 2, 6);
    }
    for row in section.rows.iter().take(MOST) {
        let cells = section
            .head
            .iter()
            .zip(&row.cells)
            .filter(|(_, cell)| !cell.is_empty());
        let cells: Vec<String> = cells
            .map(|(head, cell)| match head.is_empty() {
                true => cell.clone(),
                false => format!("{head} {cell}"),
            })
            .collect();
        text += &wrapped(&cells.join("  "), width, 2, 6);
    }
    if section.rows.len() > MOST {
        let more = section.rows.len() - MOST;
        let line = format!(
            "{} {more} {} --json, --html",
            Word::more.say(lang),
            Word::more_in.say(lang)
        );
        text += &wrapped(&line, width, 2, 6);
    }
    text
}
