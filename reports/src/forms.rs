//! 表单 · Forms that people fill in, sign and hand on: 日报, 周报, 回退确认单, 接口改造验收记录表, 三目确认表, 问题清单, 联系人表, 备案表, 倒排表.
//!
//! Why so: every form is tables of the same cells as the run's workbook, with lines to write on and boxes to sign in, so that
//! one figure is the same wherever it stands. What people wrote into a form is [`Notes`]: read back from the workbook by the
//! names of its headings, and put into the form when it is made anew.
//! Called by `cli` (`form`, `report daily|weekly`). Not here: facts (`story`), reading a workbook (`sheets`).

mod acceptance;
mod catalogue;
mod columns;
mod confirm;
mod markdown;
mod notes;
mod page;
mod period;
mod planned;
mod register;

pub use acceptance::acceptance;
pub use catalogue::{CatalogueLine, Mappings, catalogue};
pub use columns::{BadColumn, Columns, Offered};
pub use confirm::confirmations;
pub use notes::{Grid, NotThisForm, Notes};
pub use period::{Interval, Pace, period};
pub use planned::{Deadline, Leads, RegisteredPerson, countdown, leads, persons};
pub use register::{Late, Reporter, merged_register, register};

use rust_xlsxwriter::XlsxError;

use crate::Lang;
use crate::story::Story;
use crate::tables::{Cell, Table, tables};
use crate::terminal::chain_groups;

/// 表单 · One form, in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// What it is called.
    pub(crate) title: String,
    /// What it was made from: runs and plan, at the head of every printed page.
    pub(crate) about: String,
    /// Hashes of the evidence, at the head of every printed page.
    pub(crate) proof: String,
    /// One after the other; on paper each begins a page.
    pub(crate) tables: Vec<Table>,
    pub(crate) lang: Lang,
}

impl Form {
    /// 工作簿 · One sheet per table; the same form gives the same bytes.
    ///
    /// # Errors
    /// A table has more rows than a sheet can hold (1 048 576).
    pub fn xlsx(&self) -> Result<Vec<u8>, XlsxError> {
        crate::xlsx::book(&self.tables, [&self.about, &self.proof])
    }

    /// True where there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }

    /// 网页 · One page without script or network, for A4.
    pub fn html(&self) -> String {
        page::page(self)
    }

    /// Markdown · For a chat.
    pub fn markdown(&self) -> String {
        markdown::markdown(self)
    }

    /// Puts what people wrote where they wrote it.
    pub fn fill(&mut self, notes: &Notes) {
        for table in &mut self.tables {
            let lines = table.about.iter_mut().chain(&mut table.below);
            for (label, cell) in lines {
                if let (Cell::Fill(text), Some(written)) = (cell, notes.line(table.key, label)) {
                    written.clone_into(text);
                }
            }
            let Some(identity) = table.identity else {
                continue;
            };
            for row in &mut table.rows {
                let Some(of) = row.get(identity).and_then(name_of) else {
                    continue;
                };
                for (cell, column) in row.iter_mut().zip(&table.columns) {
                    let written = notes.cell(table.key, &of, &column.key);
                    // A register has put in what people wrote, and may know better by now.
                    let open = column.filled && (!table.grows || *cell == Cell::Blank);
                    if let (true, Some(written)) = (open, written) {
                        *cell = Cell::Fill(written.to_owned());
                    }
                }
            }
        }
    }
}

/// 工作簿 · The workbook of a run, its cells for people included.
pub fn workbook(story: &Story, lang: Lang) -> Form {
    let mut tables = tables(story, lang);
    for table in &mut tables {
        // Lines of the setting may stand there more than once.
        table.identity = (table.key != "setting").then_some(0);
    }
    Form {
        title: lang
            .pick("交叉刷卡联调验证报告", "Cross-swipe rehearsal report")
            .to_owned(),
        about: format!("{} {}", lang.pick("运行", "run"), story.judgement.run_id),
        proof: format!(
            "{} {}",
            lang.pick("链尾", "tail"),
            chain_groups(&story.tail)
        ),
        tables,
        lang,
    }
}

/// The text by which a row is known.
fn name_of(cell: &Cell) -> Option<String> {
    match cell {
        Cell::Text(text) | Cell::Fill(text) | Cell::State(text, _) => Some(text.trim().to_owned()),
        Cell::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
