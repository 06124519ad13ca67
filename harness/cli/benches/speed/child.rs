//! 子进程 · The real binary: how long it took from its start to its end, what it held at most, what it printed.
//!
//! Why so: what a person waits for includes the start of the process, reading, printing and giving memory back.
//! Called by the rows of `audit` and `verify`.

use std::ffi::OsStr;
use std::io::Read as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::measured::{Watch, peak_of};

/// One call of it.
pub(crate) struct Called {
    pub(crate) took: Duration,
    /// Peak resident memory, kB; 0 where the system does not tell.
    pub(crate) peak_kb: u64,
    /// Exit code.
    pub(crate) code: Option<i32>,
    /// All of its stdout.
    pub(crate) text: String,
}

/// Runs the binary to its end.
///
/// # Panics
/// If it does not start, or prints what is no text.
pub(crate) fn call<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Called {
    let watch = Watch::start();
    let mut child = Command::new(env!("CARGO_BIN_EXE_crosswipe"))
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut out = child.stdout.take().expect("it is piped");
    let printed = std::thread::spawn(move || {
        let mut text = String::new();
        out.read_to_string(&mut text).map(|_| text)
    });
    let mut peak_kb = 0;
    let ended = loop {
        match child.try_wait().expect("a child") {
            Some(ended) => break ended,
            None => {
                peak_kb = peak_kb.max(peak_of(child.id()).unwrap_or(0));
                std::thread::sleep(Duration::from_millis(2));
            }
        }
    };
    Called {
        took: watch.stop().real(),
        peak_kb,
        code: ended.code(),
        text: printed.join().expect("the reader ends").expect("text"),
    }
}
