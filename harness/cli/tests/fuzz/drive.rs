//! 驱动 · Tries a reader on bent inputs as often as asked, and keeps what it stumbled over.
//!
//! A panic does not end the rounds: the input is written down, so that it can be added to the corpus, and all are told
//! at the end. An input that is worked on for a minute is a hang: it is written down, and the process ends.

use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crosswipe_runner::clock::Stopwatch;

use super::mutate::Mutator;

/// Rounds and seed of a campaign, e.g. `10000000@7`.
const ASKED: &str = "CROSSWIPE_FUZZ";
/// No input of this size may take longer, on however busy a machine.
const HANG: Duration = Duration::from_secs(60);
/// What was understood once is bent further.
const FURTHER: usize = 64;
/// Resident memory of the whole test process at its peak.
const MOST_KB: u64 = 1 << 20;

/// What came of a campaign.
#[derive(Debug)]
pub(crate) struct Tried {
    pub(crate) name: &'static str,
    pub(crate) rounds: u64,
    /// Inputs that were read as what they pretend to be.
    pub(crate) understood: u64,
    pub(crate) took: Duration,
    pub(crate) slowest: Duration,
    /// What made it panic: where each input was written.
    pub(crate) panics: Vec<PathBuf>,
}

impl Tried {
    /// No panic; enough was tried, and enough of it was understood for the tries to mean something.
    #[track_caller]
    pub(crate) fn must_be_calm(&self) -> &Tried {
        assert!(
            self.panics.is_empty(),
            "{}: panics on {:?}",
            self.name,
            self.panics
        );
        assert!(
            self.understood * 50 >= self.rounds,
            "{}: hardly anything was read: {self:?}",
            self.name
        );
        if let Some(peak) = peak_kb() {
            assert!(peak < MOST_KB, "{}: {peak} kB", self.name);
        }
        self
    }
}

fn peak_kb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The inputs as they are, then bent ones: `rounds` of them unless others are asked for. `one` says whether it understood.
pub(crate) fn drive(
    name: &'static str,
    inputs: &[Vec<u8>],
    rounds: u64,
    words: &'static [&'static str],
    mut one: impl FnMut(&[u8]) -> bool,
) -> Tried {
    assert!(!inputs.is_empty(), "{name}: an empty corpus proves nothing");
    let (rounds, seed) = asked().unwrap_or((rounds, 1));
    let mut mutator = Mutator::new(seed, words);
    let mut inputs = inputs.to_vec();
    let kept = inputs.len();
    let guard = Guard::new(name);
    let begun = Stopwatch::start();
    let mut tried = Tried {
        name,
        rounds: 0,
        understood: 0,
        took: Duration::ZERO,
        slowest: Duration::ZERO,
        panics: Vec::new(),
    };
    for round in 0..rounds.max(kept as u64) {
        let bytes = match inputs.get(round as usize).filter(|_| round < kept as u64) {
            Some(kept) => kept.clone(),
            None => mutator.bent(&inputs),
        };
        guard.begin(&bytes);
        let watch = Stopwatch::start();
        let ended = catch_unwind(AssertUnwindSafe(|| one(&bytes)));
        tried.slowest = tried.slowest.max(watch.elapsed());
        tried.rounds += 1;
        match ended {
            Err(_) => tried.panics.push(write_down(name, &bytes)),
            Ok(false) => {}
            Ok(true) => {
                tried.understood += 1;
                if inputs.len() < kept + FURTHER {
                    inputs.push(bytes);
                } else {
                    let place = kept + mutator.below(FURTHER);
                    inputs[place] = bytes;
                }
            }
        }
        if tried.panics.len() >= 5 {
            break;
        }
    }
    tried.took = begun.elapsed();
    tried
}

fn asked() -> Option<(u64, u64)> {
    let asked = std::env::var(ASKED).ok()?;
    let (rounds, seed) = asked.split_once('@').unwrap_or((&asked, "1"));
    let number = |text: &str| {
        text.parse()
            .unwrap_or_else(|_| panic!("{ASKED} is ROUNDS or ROUNDS@SEED"))
    };
    Some((number(rounds), number(seed)))
}

fn write_down(name: &str, bytes: &[u8]) -> PathBuf {
    let short = &crosswipe_domain::sha256_hex(bytes)[..12];
    let path = std::env::temp_dir().join(format!("crosswipe-fuzz-{name}-{short}"));
    let written = std::fs::write(&path, bytes);
    assert!(written.is_ok(), "{}: {written:?}", path.display());
    path
}

/// 看守 · Ends the process if one input takes for ever.
struct Guard(Arc<Mutex<Watched>>);

struct Watched {
    bytes: Vec<u8>,
    begun: Option<Stopwatch>,
}

impl Guard {
    fn new(name: &'static str) -> Guard {
        let watched = Arc::new(Mutex::new(Watched {
            bytes: Vec::new(),
            begun: None,
        }));
        let weak = Arc::downgrade(&watched);
        std::thread::spawn(move || {
            while let Some(watched) = weak.upgrade() {
                let hangs = {
                    let watched = watched.lock().unwrap_or_else(PoisonError::into_inner);
                    let late = watched
                        .begun
                        .as_ref()
                        .is_some_and(|begun| begun.elapsed() > HANG);
                    late.then(|| watched.bytes.clone())
                };
                if let Some(bytes) = hangs {
                    hang(name, &bytes);
                }
                drop(watched);
                std::thread::sleep(Duration::from_millis(500));
            }
        });
        Guard(watched)
    }

    fn begin(&self, bytes: &[u8]) {
        let mut watched = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        watched.bytes = bytes.to_vec();
        watched.begun = Some(Stopwatch::start());
    }
}

/// Nobody is left to tell it but whoever reads the last words.
fn hang(name: &str, bytes: &[u8]) {
    let words = format!("{name}: hangs on {}\n", write_down(name, bytes).display());
    let told = std::io::stderr().write_all(words.as_bytes());
    std::process::exit(if told.is_ok() { 101 } else { 102 });
}
