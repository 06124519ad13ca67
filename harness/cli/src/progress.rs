//! 进度 · One line on stderr while cases run: done/total and the amount still open. Only on a terminal.

use std::io::IsTerminal as _;

use crate::complain::to_stderr;
use crosswipe_domain::Money;
use crosswipe_reports::Lang;
use crosswipe_runner::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A progress line; hidden where stderr is no terminal or `--quiet` was given.
pub(crate) fn line(lang: Lang, quiet: bool, total: usize) -> ProgressBar {
    if quiet || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar =
        ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr_with_hz(10));
    let template = match lang {
        Lang::Zh => "{bar:30} {pos}/{len} 用例  未回退 ¥{msg}",
        Lang::En => "{bar:30} {pos}/{len} cases  open ¥{msg}",
    };
    bar.with_style(ProgressStyle::with_template(template).expect("the template is ours"))
}

/// Shows how far the run has come, and for what it waits by a wall clock.
pub(crate) fn show(bar: &ProgressBar, (lang, quiet): (Lang, bool), progress: Progress) {
    if let Some(until) = progress.waits_until.filter(|_| !quiet) {
        let told = match lang {
            Lang::Zh => format!("等到 {until}"),
            Lang::En => format!("waiting until {until}"),
        };
        bar.suspend(|| to_stderr(&format!("{told}\n")));
    }
    bar.set_position(progress.done as u64);
    bar.set_message(Money::from_fen(progress.open_fen).to_string());
}
