//! 起步 · `crosswipe init DIR`: a small plan that passes at once, to be changed into one's own.
//!
//! Its window begins tomorrow, so that it is one for today's reader. Nothing that stands is written over. Called by `main`.
//! Not here: what the plan says (`scenarios/starter`).

use std::collections::BTreeMap;

use crosswipe_runner::clock::real_now;
use crosswipe_scenarios::{load, starter, starter_schemas, workbook_of};

use crate::args::Init;
use crate::command::plan::write_files;
use crate::complain::{Trouble, to_stdout};
use crate::exit::Exit;

/// The workbook's name in a plan folder.
const WORKBOOK: &str = "plan.xlsx";

/// Writes the plan, reads it again, and says what to do next.
pub(crate) fn init(args: &Init) -> Result<Exit, Trouble> {
    let id = args.dir.file_name().map(|name| name.to_string_lossy());
    let id = id.filter(|id| is_id(id));
    let id = id.unwrap_or_else(|| "starter".into());
    let files = starter(&id, real_now().day().next());
    let files = if args.workbook {
        let bytes = workbook_of(&files).expect("the plan to start from fits into a workbook");
        BTreeMap::from([(WORKBOOK.to_owned(), bytes)])
    } else {
        files.into_iter().chain(starter_schemas()).collect()
    };
    write_files(&files, &args.dir)?;
    load(&args.dir).map_err(Trouble::Plan)?;
    let dir = args.dir.display();
    let (file, zh, en) = match args.workbook {
        true => (WORKBOOK, "用 Excel 或 WPS 打开", "open it in Excel or WPS"),
        false => ("plan.yaml", "文件里有说明", "its comments explain"),
    };
    let zh = format!(
        "{dir} 已写好: 两个市, 明天的窗口, 全部虚构。\n  改  {dir}/{file}: {zh}, 换成自己的时刻、机构、人员\n  查  crosswipe lint {dir}\n  跑  crosswipe run {dir}\n"
    );
    let en = format!(
        "{dir} is written: two cities, a window that begins tomorrow, all invented.\n  change  {dir}/{file}: {en}; put in your own instants, places and persons\n  check   crosswipe lint {dir}\n  run     crosswipe run {dir}\n"
    );
    to_stdout(args.common.lang().pick(&zh, &en))?;
    Ok(Exit::Clean)
}

/// What may name a plan.
fn is_id(name: &str) -> bool {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    name.chars().count() <= 48 && name.chars().all(fits)
}
