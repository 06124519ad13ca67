//! 比较 · `crosswipe compare RUN RUN`: what is otherwise in the second run, and whether it is worse.
//!
//! Both are judged again, offline; nothing in either folder is written. Not here: what differs (`reports::Comparison`).

use crosswipe_reports::{Comparison, comparison_html, comparison_json, comparison_terminal};

use crate::args::Compare;
use crate::command::verify::WIDTH;
use crate::complain::{Trouble, to_stderr, to_stdout};
use crate::exit::Exit;
use crate::rundir;
use crate::told::Told;

/// Reads both, compares, prints, writes the page that was asked for.
pub(crate) fn compare(args: &Compare) -> Result<Exit, Trouble> {
    let (before, after) = (Told::read(&args.before)?, Told::read(&args.after)?);
    let same = before.head == after.head && before.tail == after.tail;
    if same {
        return Err(Trouble::Usage {
            code: "cli::run_twice",
            what: format!(
                "`{0}` 与 `{1}` 是同一次运行 · `{0}` and `{1}` are the same run",
                before.dir, after.dir
            ),
            help: "给出两次不同的运行 · give two runs".to_owned(),
        });
    }
    let comparison =
        Comparison::of(&before.source(), &after.source()).map_err(|_| Trouble::Usage {
            code: "cli::no_run",
            what: "日志开头不是一次运行 · a journal does not begin with a run".to_owned(),
            help: "crosswipe explain journal:not_a_run".to_owned(),
        })?;
    let exit = match (comparison.is_empty(), comparison.is_worse()) {
        (true, _) => Exit::Nothing,
        (false, true) => Exit::Violated,
        (false, false) => Exit::Clean,
    };
    let lang = args.common.lang();
    to_stdout(&if args.json {
        comparison_json(&comparison, i32::from(exit.code()))
    } else {
        comparison_terminal(&comparison, lang, WIDTH)
    })?;
    if let Some(page) = &args.html {
        rundir::write(page, comparison_html(&comparison, lang).as_bytes())?;
        to_stderr(&format!("{}\n", page.display()));
    }
    Ok(exit)
}
