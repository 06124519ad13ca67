//! 战役 · Many seeds on many threads, told in order of seed, added up alike whatever the number of threads.
//!
//! Each thread takes the next seed that nobody has; whoever tells waits until all before it are told. So a campaign can
//! be stopped after any seed that was told, and goes on there with what it had come to.
//! Not here: what is told of a seed, and where it is kept (`cli`).

use std::collections::BTreeMap;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;

use crosswipe_domain::Outcome;
use crosswipe_journal::{CaseResult, History, Payload};
use crosswipe_verify::Verdict;

use crate::digest::Digest;
use crate::recipe::{Mix, Recipe};
use crate::scene::{Played, play};
use crate::shard::Shard;
use crate::stage::Stage;
use crate::trace::Trace;
use crate::verdict::{Failure, Judged, results};

/// 战役 · One seed in a line.
#[derive(Clone, Debug)]
pub struct Line {
    /// Which.
    pub seed: u64,
    /// How it was judged.
    pub judged: Judged,
    /// Hash of the last journal record: covers journal, exports and certificate.
    pub tail: String,
    /// Messages of the harness.
    pub sent: u64,
    /// What occurred, and how often.
    pub sometimes: Sometimes,
    /// Settlements on all parties' books.
    pub settled: u64,
    /// Reversals on all parties' books.
    pub reversed: u64,
    /// Settlements on hospitals' books.
    pub swipes: u64,
}

/// 有时 · How often each thing occurred: group, then name.
pub type Sometimes = BTreeMap<(&'static str, String), u64>;

/// Groups of [`Sometimes`].
pub const GROUPS: [&str; 11] = [
    "case",
    "fault",
    "finding",
    "gate",
    "note",
    "outcome",
    "record",
    "refusal",
    "trouble",
    "undo",
    "unresolved",
];

/// Words of [`Sums::verdicts`], from the best to none.
pub const VERDICTS: [&str; 4] = ["clean", "violated", "indeterminate", NO_VERDICT];

const NO_VERDICT: &str = "none";

/// 合计 · What all seeds come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Seeds played.
    pub seeds: u64,
    /// Of all seeds' journals, exports and certificates: equal digests, equal bytes.
    pub digest: Digest,
    /// Seeds by verdict; `none` where a seed did not come to one.
    pub verdicts: BTreeMap<&'static str, u64>,
    /// Seeds that did what they must not, by failure.
    pub failures: BTreeMap<&'static str, u64>,
    /// Seeds in which a fault of a party fired.
    pub fired: u64,
    /// Of those, how many were judged clean.
    pub fired_and_clean: u64,
    /// Messages of the harness.
    pub sent: u64,
    /// Settlements on all parties' books.
    pub settled: u64,
    /// Reversals on all parties' books.
    pub reversed: u64,
    /// Settlements on hospitals' books: swipes, each settled on all parties of its way.
    pub swipes: u64,
    /// How often each thing occurred.
    pub sometimes: Sometimes,
}

/// 战役 · Which seeds are played, and how.
pub struct Campaign<'a> {
    /// The plan.
    pub stage: &'a Stage,
    /// What happens beside faults of parties.
    pub mix: Mix,
    /// From, and up to, not included.
    pub seeds: Range<u64>,
    /// Which of these.
    pub shard: Shard,
    /// What the first seeds of the shard came to when they were played before.
    pub done: Sums,
    /// Threads.
    pub jobs: usize,
}

/// Plays all seeds that are not done and tells each in order, with what all up to it come to.
pub fn campaign(campaign: &Campaign<'_>, mut tell: impl FnMut(&Line, &Sums)) -> Sums {
    let next = AtomicU64::new(campaign.done.seeds);
    let (sender, receiver) = mpsc::channel();
    let mut sums = campaign.done.clone();
    thread::scope(|scope| {
        for _ in 0..campaign.jobs.max(1) {
            let (sender, next) = (sender.clone(), &next);
            scope.spawn(move || {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some(seed) = campaign.shard.seed(&campaign.seeds, place) else {
                        return;
                    };
                    if sender.send((place, line(campaign, seed))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        let mut early: BTreeMap<u64, Line> = BTreeMap::new();
        for (place, line) in receiver {
            early.insert(place, line);
            while let Some(line) = early.remove(&sums.seeds) {
                sums.add(&line);
                tell(&line, &sums);
            }
        }
    });
    sums
}

/// One seed; a bug of ours that panics is a failure of its seed, and the others go on.
fn line(campaign: &Campaign<'_>, seed: u64) -> Line {
    let recipe = Recipe::draw(campaign.stage, campaign.mix, seed);
    let played = catch_unwind(AssertUnwindSafe(|| {
        let played = play(campaign.stage, &recipe, &Trace::default());
        Line::of(&recipe, &played)
    }));
    played.unwrap_or_else(|_| Line {
        seed,
        judged: Judged {
            verdict: None,
            classes: Vec::new(),
            failure: Some(Failure::Halted("a panic".to_owned())),
            fired: false,
        },
        tail: String::new(),
        sent: 0,
        sometimes: Sometimes::new(),
        settled: 0,
        reversed: 0,
        swipes: 0,
    })
}

impl Line {
    /// What a campaign keeps of a seed.
    pub fn of(recipe: &Recipe, played: &Played) -> Line {
        let mut sometimes = Sometimes::new();
        for (number, times) in &played.met {
            if let Some((_, trouble)) = recipe.troubles.iter().find(|(n, _)| n == number) {
                let key = ("trouble", trouble.kind().name().to_owned());
                *sometimes.entry(key).or_default() += times;
            }
        }
        for (id, times) in played.fired.iter().filter(|(_, times)| *times > 0) {
            *sometimes.entry(("fault", id.clone())).or_default() += times;
        }
        if let Some(history) = &played.history {
            count(history, &mut sometimes);
        }
        let judged = Judged::of(played);
        for class in &judged.classes {
            *sometimes.entry(("finding", class.clone())).or_default() += 1;
        }
        let truth = played.truth.unwrap_or_default();
        Line {
            seed: recipe.seed,
            judged,
            tail: played
                .rows
                .last()
                .map(|row| row.sha256.clone())
                .unwrap_or_default(),
            sent: played.sent,
            sometimes,
            settled: truth.settlements,
            reversed: truth.reversals,
            swipes: truth.swipes,
        }
    }
}

fn count(history: &History, sometimes: &mut Sometimes) {
    let mut add = |group: &'static str, name: &str| {
        *sometimes.entry((group, name.to_owned())).or_default() += 1;
    };
    for result in results(history) {
        add(
            "case",
            match result {
                CaseResult::Passed => "passed",
                CaseResult::Failed => "failed",
                CaseResult::Error => "error",
                CaseResult::Blocked => "blocked",
                CaseResult::Skipped => "skipped",
                CaseResult::Waived => "waived",
            },
        );
    }
    for record in &history.records {
        add("record", record.payload.kind());
        match &record.payload {
            Payload::Outcome(ended) | Payload::CompOutcome(ended) => {
                add("outcome", ended.outcome.name());
                if let Outcome::Refused { code, .. } = &ended.outcome {
                    add("refusal", code);
                }
            }
            Payload::CompIntent(comp) => add("undo", comp.infno.base()),
            Payload::Gated(gated) => add("gate", &gated.reason),
            Payload::Note(note) => add("note", &note.code),
            Payload::Unresolved(unresolved) => add("unresolved", &unresolved.reason),
            _ => {}
        }
    }
}

impl Sums {
    fn add(&mut self, line: &Line) {
        self.seeds += 1;
        self.digest.add(line.seed, &line.tail);
        let verdict = line.judged.verdict;
        *self
            .verdicts
            .entry(verdict.map_or(NO_VERDICT, Verdict::name))
            .or_default() += 1;
        if let Some(failure) = &line.judged.failure {
            *self.failures.entry(failure.name()).or_default() += 1;
        }
        self.fired += u64::from(line.judged.fired);
        let clean = verdict == Some(Verdict::Clean);
        self.fired_and_clean += u64::from(line.judged.fired && clean);
        self.sent += line.sent;
        self.settled += line.settled;
        self.reversed += line.reversed;
        self.swipes += line.swipes;
        for (what, times) in &line.sometimes {
            *self.sometimes.entry(what.clone()).or_default() += times;
        }
    }

    /// Takes in what another shard of the same seeds came to.
    pub fn merge(&mut self, other: &Sums) {
        let Sums {
            seeds,
            digest,
            verdicts,
            failures,
            fired,
            fired_and_clean,
            sent,
            settled,
            reversed,
            swipes,
            sometimes,
        } = other;
        self.seeds += seeds;
        self.digest.merge(digest);
        for (verdict, times) in verdicts {
            *self.verdicts.entry(verdict).or_default() += times;
        }
        for (failure, times) in failures {
            *self.failures.entry(failure).or_default() += times;
        }
        self.fired += fired;
        self.fired_and_clean += fired_and_clean;
        self.sent += sent;
        self.settled += settled;
        self.reversed += reversed;
        self.swipes += swipes;
        for (what, times) in sometimes {
            *self.sometimes.entry(what.clone()).or_default() += times;
        }
    }
}
