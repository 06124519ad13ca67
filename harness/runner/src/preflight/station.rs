//! 工作站 · Whether this machine has what the plan asks of a site's machine.

use std::path::Path;
use std::thread::available_parallelism;

use crosswipe_scenarios::Station;

use super::Found;

pub(super) const TOO_FEW: &str = "preflight:station-processors";
pub(super) const TOO_LITTLE_MEMORY: &str = "preflight:station-memory";
pub(super) const TOO_LITTLE_ROOM: &str = "preflight:station-disk";
pub(super) const OTHER_SYSTEM: &str = "preflight:station-system";
pub(super) const UNKNOWN: &str = "preflight:station-unknown";

/// 部件 · What of the machine is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// 处理器
    Processors,
    /// 内存
    Memory,
    /// 磁盘
    Disk,
    /// 操作系统
    System,
}

impl Part {
    /// The name in plan files and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Part::Processors => "processors",
            Part::Memory => "memory",
            Part::Disk => "disk",
            Part::System => "system",
        }
    }
}

/// All that the plan asks of a machine; `at` is a folder on the disk that counts.
pub fn stationed(station: &Station, at: &Path) -> Vec<(Part, Found)> {
    let mut all = Vec::new();
    let mut ask = |part, wanted: Option<u64>, has: Option<u64>, code, unit: &str| {
        let Some(wanted) = wanted else {
            return;
        };
        let wanted_text = format!("≥ {wanted}{unit}");
        let found = match has {
            None => Found::unchecked(UNKNOWN, ""),
            Some(has) if has >= wanted => Found::passed(format!("{has}{unit}")),
            Some(has) => Found::failed(code, format!("{has}{unit}"), wanted_text),
        };
        all.push((part, found));
    };
    let processors = available_parallelism().ok();
    let processors = processors.and_then(|number| u64::try_from(number.get()).ok());
    let wanted = station.processors;
    ask(Part::Processors, wanted, processors, TOO_FEW, "");
    let memory = memory_mib();
    let wanted = station.memory_mib;
    ask(Part::Memory, wanted, memory, TOO_LITTLE_MEMORY, " MiB");
    let room = room_mib(at);
    ask(Part::Disk, station.disk_mib, room, TOO_LITTLE_ROOM, " MiB");
    if !station.systems.is_empty() {
        let own = std::env::consts::OS;
        let found = match station.systems.iter().any(|system| system == own) {
            true => Found::passed(own),
            false => Found::failed(OTHER_SYSTEM, own, station.systems.join(" ")),
        };
        all.push((Part::System, found));
    }
    all
}

/// Memory of the machine, where the system tells it in a file.
fn memory_mib() -> Option<u64> {
    let told = std::fs::read_to_string("/proc/meminfo").ok()?;
    total_mib(&told)
}

fn total_mib(told: &str) -> Option<u64> {
    let line = told.lines().find(|line| line.starts_with("MemTotal:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024)
}

#[cfg(unix)]
fn room_mib(at: &Path) -> Option<u64> {
    let told = rustix::fs::statvfs(at).ok()?;
    Some(told.f_bavail.saturating_mul(told.f_frsize) >> 20)
}

#[cfg(not(unix))]
fn room_mib(_: &Path) -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_is_answered_and_nothing_else() {
        let nothing = stationed(&Station::default(), Path::new("."));
        assert_eq!(nothing, []);
        let little = Station {
            processors: Some(1),
            memory_mib: Some(1),
            disk_mib: Some(u64::MAX),
            systems: vec!["plan9".to_owned()],
        };
        let codes: Vec<_> = stationed(&little, Path::new("."))
            .into_iter()
            .map(|(part, found)| (part, found.code()))
            .collect();
        let linux = cfg!(target_os = "linux");
        let memory = if linux { None } else { Some(UNKNOWN) };
        assert_eq!(codes[0], (Part::Processors, None));
        assert_eq!(codes[1], (Part::Memory, memory));
        assert_eq!(codes[3], (Part::System, Some(OTHER_SYSTEM)));
        if linux {
            assert_eq!(codes[2], (Part::Disk, Some(TOO_LITTLE_ROOM)));
        }
        let nowhere = stationed(&little, Path::new("/no/such/folder"));
        assert_eq!(nowhere[2].1.code(), Some(UNKNOWN));
    }

    #[test]
    fn memory_is_told_in_kib() {
        let told = "MemFree: 1 kB\nMemTotal:       16384000 kB\n";
        assert_eq!(total_mib(told), Some(16_000));
        assert_eq!(total_mib("MemTotal: many\n"), None);
    }
}
