//! 报告 · Findings → terminal, HTML, JSON, JUnit; wording zh and en.
//!
//! Why so: a judgement is facts; people need sentences, tables and a page. [`Story`] gathers the
//! facts of a run once, in no language; each format then tells the same story.
//! Called by `cli` at the end of a run, and for any run directory later: the same functions.
//! A whole window is told from the judgement over its runs ([`WindowSource`]). Not here: what is right or wrong (`verify`), exit codes (`cli`).

mod amount;
mod audit;
mod compare;
mod conform;
mod csv;
mod events;
mod forms;
mod html;
mod json;
mod junit;
mod markdown;
mod names;
mod source;
mod story;
mod tables;
mod terminal;
mod window;
mod wording;
mod xlsx;

pub use self::csv::csv;
pub use audit::{RowBook, RowWords, audit_json, audit_shown, audit_terminal};
pub use compare::{Comparison, comparison_html, comparison_json, comparison_terminal};
pub use conform::{
    Conformed, ConformedChange, ConformedFile, ConformedFinding, Knob, conform_json,
    conform_terminal,
};
pub use events::{Events, events};
pub use forms::{
    BadColumn, CatalogueLine, Columns, Deadline, Form, Grid, Interval, Late, Leads, Mappings,
    NotThisForm, Notes, Offered, Pace, RegisteredPerson, Reporter, acceptance, catalogue,
    confirmations, countdown, leads, merged_register, period, persons, register, workbook,
};
pub use html::{ONE_PAGE, case_html, html, html_pages};
pub use json::{REPORT_SCHEMA, json, review as review_json};
pub use junit::junit;
pub use markdown::markdown;
pub use source::{PartRun, Source};
pub use story::{NoRun, Story};
pub use terminal::{chain_groups, review_terminal, terminal};
pub use window::{WindowSource, go_live, window_json, window_terminal};
pub use wording::Lang;
pub use wording::sentence::verdict_sentence;
pub use wording::terms::{
    allows as allows_in_words, business as business_in_words, channel as channel_in_words,
    phase as phase_in_words,
};
pub use xlsx::xlsx_name;
