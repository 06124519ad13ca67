//! 退出码 · The documented exit codes, never translated, never reused.

use std::process::ExitCode;

use crosswipe_verify::Verdict;

/// 退出码 · How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Clean: all expectations held, everything rolled back, with positive evidence.
    Clean,
    /// Violated: an expectation failed or a rule is broken.
    Violated,
    /// An outcome is unknown or a transaction unresolved.
    Indeterminate,
    /// Refused by the gate before anything was sent.
    Gate,
    /// Harness failure: I/O, unreachable peer, bug; the journal is kept.
    Harness,
    /// Nothing was checked.
    Nothing,
    /// Command line, plan, scenario or table invalid; nothing was sent.
    Usage,
    /// Interrupted, everything rolled back and verified.
    Interrupted,
}

impl Exit {
    /// The number.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Exit::Clean => 0,
            Exit::Violated => 1,
            Exit::Indeterminate => 2,
            Exit::Gate => 3,
            Exit::Harness => 4,
            Exit::Nothing => 5,
            Exit::Usage => 64,
            Exit::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}

/// What a finished run comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Came {
    pub(crate) verdict: Verdict,
    /// Cases that failed or could not be carried out.
    pub(crate) failed: u64,
    /// Checks that were made at all.
    pub(crate) checked: bool,
    /// Business was sent, so that something may be open though no case came to its checks.
    pub(crate) sent: bool,
    /// A fault was asked for and met no message.
    pub(crate) fault_idle: bool,
    pub(crate) interrupted: bool,
}

/// If several apply: 1, 2, 5, 130, in this order (4 is an error, not a result).
pub(crate) fn of_run(came: Came) -> Exit {
    match came.verdict {
        Verdict::Violated => Exit::Violated,
        _ if came.failed > 0 => Exit::Violated,
        Verdict::Indeterminate if came.checked || came.sent => Exit::Indeterminate,
        Verdict::Indeterminate => Exit::Nothing,
        Verdict::Clean if !came.checked => Exit::Nothing,
        Verdict::Clean if came.fault_idle => Exit::Nothing,
        Verdict::Clean if came.interrupted => Exit::Interrupted,
        Verdict::Clean => Exit::Clean,
    }
}

/// A command line that clap does not take: 64, but help and version are no mistakes.
pub(crate) fn of_usage(error: &clap::Error) -> ExitCode {
    // Where even the message cannot be printed the code still says it.
    let _ = error.print();
    if error.use_stderr() {
        Exit::Usage.into()
    } else {
        Exit::Clean.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const CLEAN: Came = Came {
        verdict: Verdict::Clean,
        failed: 0,
        checked: true,
        sent: true,
        fault_idle: false,
        interrupted: false,
    };

    #[rstest]
    #[case(CLEAN, Exit::Clean)]
    #[case(Came { failed: 1, ..CLEAN }, Exit::Violated)]
    #[case(Came { verdict: Verdict::Violated, interrupted: true, ..CLEAN }, Exit::Violated)]
    #[case(Came { verdict: Verdict::Indeterminate, ..CLEAN }, Exit::Indeterminate)]
    #[case(Came { verdict: Verdict::Indeterminate, interrupted: true, ..CLEAN }, Exit::Indeterminate)]
    #[case(Came { verdict: Verdict::Indeterminate, checked: false, ..CLEAN }, Exit::Indeterminate)]
    #[case(Came { verdict: Verdict::Indeterminate, checked: false, sent: false, ..CLEAN }, Exit::Nothing)]
    #[case(Came { checked: false, ..CLEAN }, Exit::Nothing)]
    #[case(Came { fault_idle: true, ..CLEAN }, Exit::Nothing)]
    #[case(Came { interrupted: true, ..CLEAN }, Exit::Interrupted)]
    fn the_worst_that_applies_is_the_code(#[case] came: Came, #[case] exit: Exit) {
        assert_eq!(of_run(came), exit);
    }
}
