//! 对手 · A second process of this program at the same run, and the end of this one.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crosswipe_runner::clock::Stopwatch;

use crate::complain::to_stderr;

/// Longer than any resumption takes; one that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(100);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(10);

/// Another process tries to go on with the run that this one holds: it must be refused.
pub(super) fn tries_to_resume(dir: &Path) {
    let (code, said) = ended(&["resume"], dir);
    tell(&format!(
        "按令另起一个 resume: 退出码 {code} · a second resume was started by order, exit {code}: {said}\n"
    ));
}

/// Another process takes the run over while this one stands still.
pub(super) fn takes_over(dir: &Path) {
    tell("按令停住, 由另一个进程接管 · standing still by order, another process takes over\n");
    let (code, said) = ended(&["resume", "--takeover"], dir);
    tell(&format!(
        "接管的进程退出码 {code}, 本进程醒来 · it ended with exit {code}, this one goes on: {said}\n"
    ));
}

/// Runs this program to its end: its exit code, and its first line of complaint.
fn ended(args: &[&str], dir: &Path) -> (String, String) {
    let started = std::env::current_exe().and_then(|program| {
        Command::new(program)
            .args(args)
            .arg("--quiet")
            .arg(dir)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
    });
    match started {
        Ok(child) => waited_for(child),
        Err(error) => ("-".to_owned(), error.to_string()),
    }
}

fn waited_for(mut child: Child) -> (String, String) {
    let begun = Stopwatch::start();
    while matches!(child.try_wait(), Ok(None)) {
        if begun.elapsed() > PATIENCE {
            let _ = child.kill();
            break;
        }
        std::thread::sleep(PAUSE);
    }
    match child.wait_with_output() {
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            let first = said.lines().find(|line| !line.trim().is_empty());
            let code = output.status.code();
            (
                code.map_or_else(|| "-".to_owned(), |code| code.to_string()),
                first.unwrap_or_default().to_owned(),
            )
        }
        Err(error) => ("-".to_owned(), error.to_string()),
    }
}

fn tell(text: &str) {
    to_stderr(&format!("\n{text}"));
}

/// SIGKILL: no word, no flush, and no copy of the memory, in which full numbers of persons stand.
#[cfg(unix)]
pub(super) fn kill_own_process() -> ! {
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    std::process::abort()
}

/// Where there is no SIGKILL.
#[cfg(not(unix))]
pub(super) fn kill_own_process() -> ! {
    std::process::abort()
}
