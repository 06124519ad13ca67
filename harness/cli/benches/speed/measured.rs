//! 计时 · Real time and processor time of a piece of work.
//!
//! Why both: real time is what somebody waits for, processor time does not grow when a neighbour on the
//! machine is busy. The system tells the latter where it has `/proc`; elsewhere the column stays empty.

use std::time::{Duration, Instant};

/// What a piece of work took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    real: Duration,
    /// Of all threads of this process.
    processor: Option<Duration>,
}

/// A measurement under way.
pub(crate) struct Watch {
    real: Instant,
    processor: Option<Duration>,
}

impl Watch {
    #[expect(clippy::disallowed_methods, reason = "a bench measures real time")]
    pub(crate) fn start() -> Watch {
        Watch {
            real: Instant::now(),
            processor: processor_time(),
        }
    }

    pub(crate) fn stop(self) -> Measured {
        let processor = self
            .processor
            .and_then(|before| processor_time()?.checked_sub(before));
        Measured {
            real: self.real.elapsed(),
            processor,
        }
    }
}

impl Measured {
    pub(crate) fn real(&self) -> Duration {
        self.real
    }

    pub(crate) fn real_us(&self) -> u128 {
        self.real.as_micros()
    }

    pub(crate) fn processor_us_per(&self, pieces: usize) -> String {
        self.processor.map_or_else(unknown, |processor| {
            (processor.as_micros() / pieces.max(1) as u128).to_string()
        })
    }

    pub(crate) fn per_second(&self, pieces: usize) -> u128 {
        self.per_second_hundredths(pieces) / 100
    }

    pub(crate) fn per_second_hundredths(&self, pieces: usize) -> u128 {
        pieces as u128 * 100_000_000 / self.real_us().max(1)
    }
}

fn unknown() -> String {
    "-".to_owned()
}

/// Processor time of this process up to now, in steps of 10 ms.
fn processor_time() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program may hold anything; after its last bracket come plain numbers.
    let (_, numbers) = text.rsplit_once(')')?;
    let mut ticks = numbers.split_whitespace().skip(11).map(str::parse::<u64>);
    let (user, system) = (ticks.next()?.ok()?, ticks.next()?.ok()?);
    Some(Duration::from_millis((user + system) * 10))
}

/// Makes the peak that [`peak_kb`] tells begin anew, where the system can.
pub(crate) fn forget_peak() {
    // Where it cannot, the peak is that of all before, and too high rather than too low.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// Largest resident memory of this process since [`forget_peak`], kB.
pub(crate) fn peak_kb() -> Option<u64> {
    status("VmHWM:")
}

/// Resident memory of this process, kB.
pub(crate) fn resident_kb() -> Option<u64> {
    status("VmRSS:")
}

/// Threads of this process.
pub(crate) fn threads() -> Option<u64> {
    status("Threads:")
}

/// The same of another process, since it began.
pub(crate) fn peak_of(process: u32) -> Option<u64> {
    status_of(&process.to_string(), "VmHWM:")
}

fn status(name: &str) -> Option<u64> {
    status_of("self", name)
}

fn status_of(process: &str, name: &str) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}
