//! 快慢 · How fast a campaign was, on what processor time and memory, and whether that stayed so to its end.
//!
//! For stderr, since no two machines agree. Why in parts: a tool that keeps what it should forget is fast at first, and
//! slow or large in the end. Not here: what the campaign came to (`told`).

use crosswipe_reports::Lang;
use crosswipe_runner::clock::Stopwatch;
use crosswipe_sim::Line;

/// Parts into which a volume is cut, to see whether it goes on as it began.
const PARTS: u64 = 5;
/// Ticks in which Linux counts processor time.
const TICK_MS: u64 = 10;

/// 快慢 · Taken while the seeds are told, in order.
pub(super) struct Speed {
    watch: Stopwatch,
    /// Seeds that will be played.
    seeds: u64,
    played: u64,
    swipes: u64,
    parts: Vec<Mark>,
    took_ms: u64,
}

/// How far a campaign was at the end of a part.
#[derive(Clone, Copy, Default)]
struct Mark {
    swipes: u64,
    at_ms: u64,
    cpu_ms: Option<u64>,
    resident_kib: Option<u64>,
}

impl Speed {
    /// Before the first of so many seeds.
    pub(super) fn start(seeds: u64) -> Speed {
        Speed {
            watch: Stopwatch::start(),
            seeds,
            played: 0,
            swipes: 0,
            parts: Vec::new(),
            took_ms: 1,
        }
    }

    /// A seed was played.
    pub(super) fn played(&mut self, line: &Line) {
        self.played += 1;
        self.swipes += line.swipes;
        if self.played * PARTS >= self.seeds * (self.parts.len() as u64 + 1) {
            self.parts.push(Mark {
                swipes: self.swipes,
                at_ms: self.watch.elapsed_ms(),
                cpu_ms: cpu_ms(),
                resident_kib: kib("VmRSS:"),
            });
        }
    }

    /// All were.
    pub(super) fn ended(&mut self) {
        self.took_ms = self.watch.elapsed_ms().max(1);
    }

    /// In words; part by part where a volume was asked for.
    pub(super) fn told(&self, volume: bool, lang: Lang) -> String {
        let took_ms = self.took_ms;
        let (seeds, swipes) = (self.played, self.swipes);
        let of_seeds = tenths(seeds.saturating_mul(10_000) / took_ms);
        let of_swipes = tenths(swipes.saturating_mul(10_000) / took_ms);
        let seconds = tenths(took_ms / 100);
        let cpu = or_none(cpu_ms().map(|cpu_ms| tenths(cpu_ms / 100)));
        let peak = or_none(kib("VmHWM:").map(|kib| kib / 1024));
        let mut text = match lang {
            Lang::Zh => format!(
                "{seeds} 个种子用时 {seconds} 秒 (处理器 {cpu} 秒), 每秒 {of_seeds} 个; 刷卡 {swipes} 次, 每秒 {of_swipes} 次; 内存峰值 {peak} MiB\n"
            ),
            Lang::En => format!(
                "{seeds} seeds in {seconds} s ({cpu} s of processors), {of_seeds} per second; {swipes} swipes, {of_swipes} per second; at most {peak} MiB of memory\n"
            ),
        };
        if volume {
            text.push_str(&self.part_by_part(lang));
        }
        text
    }

    /// Whether the end is like the beginning.
    fn part_by_part(&self, lang: Lang) -> String {
        let mut text = match lang {
            Lang::Zh => "先后各段  刷卡     每秒  每次处理器微秒  常驻内存 MiB\n",
            Lang::En => "parts   swipes  per second  processor µs each  resident MiB\n",
        }
        .to_owned();
        let mut before = Mark::default();
        for (nth, part) in self.parts.iter().enumerate() {
            let swipes = part.swipes - before.swipes;
            let ms = (part.at_ms - before.at_ms).max(1);
            let each = part.cpu_ms.zip(before.cpu_ms.or(Some(0)));
            let each = each.map(|(now, then)| (now - then) * 1_000 / swipes.max(1));
            text.push_str(&format!(
                "{:>5} {:>8} {:>11} {:>18} {:>13}\n",
                nth + 1,
                swipes,
                tenths(swipes.saturating_mul(10_000) / ms),
                or_none(each),
                or_none(part.resident_kib.map(|kib| tenths(kib * 10 / 1024))),
            ));
            before = *part;
        }
        text
    }
}

/// A number of tenths, with its point.
fn tenths(tenths: u64) -> String {
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn or_none(value: Option<impl ToString>) -> String {
    value.map_or("-".to_owned(), |value| value.to_string())
}

/// Processor time of this process so far, where the system tells.
fn cpu_ms() -> Option<u64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // Behind the name of the program, which may hold anything: state, and so on; user and system time.
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks = fields.split_whitespace().skip(11).take(2);
    let ticks: Option<Vec<u64>> = ticks.map(|ticks| ticks.parse().ok()).collect();
    Some(ticks?.iter().sum::<u64>() * TICK_MS)
}

/// A line of what the system tells of this process's memory, where it does.
fn kib(name: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(name))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
