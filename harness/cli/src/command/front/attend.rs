//! 候办 · While the door is open: tells on the terminal what its scripts ask for, and takes Enter for what a person did.
//!
//! Why here: the list knows what it waits for and how long, but not that time goes by, nor that somebody sits there. What
//! a person is told is done when Enter is pressed, when the page's button is, when the awaited message comes, or at once
//! with `--yes`; without anybody it stays not done.
//! Not here: the scripts (`mocks::acceptance`).

use std::collections::BTreeSet;
use std::io::{BufRead as _, IsTerminal as _};
use std::pin::Pin;
use std::time::Duration;

use crosswipe_mocks::{Cue, Front, Reset};
use crosswipe_reports::Lang;
use tokio::sync::mpsc::{Receiver, channel};

use crate::complain::to_stderr;

/// How often the clock is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// Waits for `stop` (`None`) or for somebody who wants another run, and plays the list's scripts until then.
pub(super) async fn until(
    mut stop: Pin<&mut impl Future<Output = ()>>,
    door: &Front,
    enter: &mut Option<Receiver<()>>,
    yes: bool,
    (quiet, lang): (bool, Lang),
) -> Option<Reset> {
    let mut told: BTreeSet<(String, String)> = BTreeSet::new();
    let somebody = enter.is_some();
    loop {
        for (line, title, cue) in door.asks().await {
            let is_new = told.insert((line.clone(), cue.step().to_owned()));
            if is_new && !quiet {
                to_stderr(&asked(&line, &title, &cue, (somebody, yes), lang));
            }
            if yes && matches!(cue, Cue::Tell { .. }) {
                door.confirm("--yes").await;
            }
        }
        let pressed = async {
            match &mut *enter {
                Some(enter) => enter.recv().await.is_some(),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = &mut stop => return None,
            reset = door.asked_to_reset() => return Some(reset),
            lives = pressed => match lives {
                true => drop(door.confirm("enter").await),
                false => *enter = None,
            },
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

/// Every Enter at the terminal; `None` where none is there.
pub(super) fn keyboard() -> Option<Receiver<()>> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return None;
    }
    let (tell, enter) = channel(1);
    // It ends with the process: nobody can take a read of the terminal back.
    std::thread::spawn(move || {
        for line in stdin.lock().lines() {
            if line.is_err() || tell.blocking_send(()).is_err() {
                return;
            }
        }
    });
    Some(enter)
}

fn asked(line: &str, title: &str, cue: &Cue, (somebody, yes): (bool, bool), lang: Lang) -> String {
    let head = format!("▷ {line} {title}: ");
    let how = match (yes, somebody) {
        (true, _) => lang.pick("(--yes: 视为已做)", "(--yes: taken as done)"),
        (_, true) => lang.pick("(做完按回车)", "(press Enter when done)"),
        (_, false) => lang.pick(
            "(做完在页面上点「已做」, 或由接下来的报文证明)",
            "(say so on the page, or let the next message show it)",
        ),
    };
    match cue {
        Cue::Tell { zh, en, .. } => format!("{head}{} {how}\n", lang.pick(zh, en)),
        Cue::Await { .. } => {
            let wait = lang.pick("等待报文", "waiting for");
            format!("{head}{wait} {}\n", cue.wanted())
        }
    }
}
