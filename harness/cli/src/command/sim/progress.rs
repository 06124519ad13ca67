//! 进度 · What a campaign has come to, in a file: it goes on there when it was stopped, and shards are put together there.
//!
//! Why so: a million seeds take hours, on several machines, any of which may be turned off. The file says which
//! campaign it is of, to the last file of the plan and the rules of the judge, since sums of two campaigns added up say
//! nothing of either. It is written whole beside its place and then put there, and bears a hash of itself.
//! Two processes on one file do each other no harm: what one of them has done is done once more by the other.
//! Not here: which seeds a shard has, and that shards add up (`crosswipe_sim`).

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};

use crosswipe_domain::{canonical_json, sha256_hex};
use crosswipe_sim::{Digest, Failure, GROUPS, Mix, Shard, Sometimes, Sums, VERDICTS};
use crosswipe_verify::JUDGE;
use serde_json::{Map, Value, json};

use super::SHOWN;
use crate::args::Sim;
use crate::complain::Trouble;

/// 战役之名 · All that decides what a seed of a campaign comes to, and which seeds there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Campaign(Map<String, Value>);

impl Campaign {
    /// `plan` is the digest of the plan's files.
    pub(super) fn of(args: &Sim, plan: &str, mix: Mix, seeds: &Range<u64>) -> Campaign {
        let members = [
            ("tool", json!(env!("CARGO_PKG_VERSION"))),
            ("judge", json!(JUDGE)),
            ("plan", json!(plan)),
            ("seeds", json!(format!("{}..{}", seeds.start, seeds.end))),
            ("faults", json!(args.faults)),
            ("mix", json!(format!("{mix:?}"))),
            ("case", json!(args.case)),
        ];
        let named = members
            .into_iter()
            .map(|(name, value)| (name.into(), value));
        Campaign(named.collect())
    }
}

/// 所至 · How far a shard is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Progress {
    pub(super) shard: Shard,
    pub(super) sums: Sums,
    /// The first seeds that did not end as they must.
    pub(super) failed: Vec<u64>,
}

impl Progress {
    /// Nothing is played.
    pub(super) fn none(shard: Shard) -> Progress {
        Progress {
            shard,
            sums: Sums::default(),
            failed: Vec::new(),
        }
    }
}

/// What stands in the file of this shard; nothing where there is no file yet.
pub(super) fn begun(path: &Path, campaign: &Campaign, shard: Shard) -> Result<Progress, Trouble> {
    let progress = match fs::read(path) {
        Ok(bytes) => read(path, &bytes, campaign)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Progress::none(shard)),
        Err(error) => return Err(Trouble::file("read", path, error)),
    };
    if progress.shard != shard {
        let of = |shard: Shard| format!("{}/{}", shard.number(), shard.of());
        return Err(refused(
            format!(
                "`{}` is of shard {}, not of {}",
                path.display(),
                of(progress.shard),
                of(shard)
            ),
            "每个分片一个文件 · a file for each shard",
        ));
    }
    Ok(progress)
}

/// All shards of a campaign, each played to its end, in one.
pub(super) fn together(
    paths: &[PathBuf],
    campaign: &Campaign,
    seeds: &Range<u64>,
) -> Result<Progress, Trouble> {
    let mut shards: BTreeMap<Shard, (&Path, Progress)> = BTreeMap::new();
    for path in paths {
        let bytes = fs::read(path).map_err(|error| Trouble::file("read", path, error))?;
        let progress = read(path, &bytes, campaign)?;
        let (played, all) = (progress.sums.seeds, progress.shard.len(seeds));
        if played != all {
            let what = format!("`{}` has {played} of {all} seeds", path.display());
            return Err(refused(
                what,
                "先把它跑完: 同样的命令加 --progress · play it to its end first, with the same command and --progress",
            ));
        }
        if let Some((other, _)) = shards.get(&progress.shard) {
            let what = format!(
                "`{}` and `{}` are of the same shard",
                other.display(),
                path.display()
            );
            return Err(refused(what, "每个分片只给一次 · each shard once"));
        }
        shards.insert(progress.shard, (path, progress));
    }
    let of = shards.keys().next().map_or(1, |shard| shard.of());
    let lacking = (1..=of)
        .filter_map(|number| Shard::new(number, of))
        .find(|shard| !shards.contains_key(shard));
    if let Some(shard) = lacking {
        let what = format!("shard {}/{of} is in none of the files", shard.number());
        return Err(refused(what, "给齐全部分片 · name the files of all shards"));
    }
    if let Some((path, _)) = shards.values().find(|(_, one)| one.shard.of() != of) {
        let what = format!("`{}` is not one of {of} shards", path.display());
        return Err(refused(
            what,
            "分片数要一致 · all must be shards of as many",
        ));
    }
    let mut whole = Progress::none(Shard::WHOLE);
    for (_, progress) in shards.values() {
        whole.sums.merge(&progress.sums);
        whole.failed.extend(&progress.failed);
    }
    whole.failed.sort_unstable();
    whole.failed.truncate(SHOWN);
    Ok(whole)
}

/// Writes it beside its place and puts it there: whoever looks finds the one or the other, whole.
pub(super) fn write(path: &Path, campaign: &Campaign, progress: &Progress) -> Result<(), Trouble> {
    let text = text(campaign, progress);
    let mut beside = path.as_os_str().to_owned();
    // Of its own, so that two processes do not write into one.
    beside.push(format!(".{}.new", std::process::id()));
    let beside = PathBuf::from(beside);
    let written = File::create(&beside).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    let put = written.and_then(|()| fs::rename(&beside, path));
    put.map_err(|error| Trouble::file("write", path, error))
}

fn text(campaign: &Campaign, progress: &Progress) -> String {
    let mut document = json!({
        "v": 1,
        "campaign": campaign.0,
        "shard": [progress.shard.number(), progress.shard.of()],
        "sums": of_sums(&progress.sums),
        "failed": progress.failed,
    });
    document["sha256"] = json!(sha256_hex(canonical_json(&document).as_bytes()));
    format!("{document:#}\n")
}

fn of_sums(sums: &Sums) -> Value {
    let mut sometimes: BTreeMap<&str, BTreeMap<&str, u64>> = BTreeMap::new();
    for ((group, name), times) in &sums.sometimes {
        sometimes.entry(group).or_default().insert(name, *times);
    }
    json!({
        "seeds": sums.seeds,
        "digest": sums.digest.to_string(),
        "verdicts": sums.verdicts,
        "failures": sums.failures,
        "fired": sums.fired,
        "fired_and_clean": sums.fired_and_clean,
        "sent": sums.sent,
        "settled": sums.settled,
        "reversed": sums.reversed,
        "swipes": sums.swipes,
        "sometimes": sometimes,
    })
}

fn read(path: &Path, bytes: &[u8], campaign: &Campaign) -> Result<Progress, Trouble> {
    let torn = || {
        refused(
            format!(
                "`{}` is no progress of a campaign, or is torn or changed",
                path.display()
            ),
            "把它移开, 从头再跑 · put it away and begin anew",
        )
    };
    let mut document: Value = serde_json::from_slice(bytes).map_err(|_| torn())?;
    let members = document.as_object_mut().ok_or_else(torn)?;
    let sealed = members.remove("sha256").ok_or_else(torn)?;
    if sealed != json!(sha256_hex(canonical_json(&document).as_bytes())) {
        return Err(torn());
    }
    let known = document["campaign"].as_object().ok_or_else(torn)?;
    if let Some((name, own)) = campaign
        .0
        .iter()
        .find(|(name, own)| known.get(*name) != Some(*own))
    {
        let theirs = known.get(name).unwrap_or(&Value::Null);
        return Err(refused(
            format!(
                "`{}` is of another campaign: its {name} is {theirs}, not {own}",
                path.display()
            ),
            "用原来的参数, 或换一个文件 · the same options as then, or another file",
        ));
    }
    progress(&document).ok_or_else(torn)
}

fn progress(document: &Value) -> Option<Progress> {
    let shard = document["shard"].as_array()?;
    let shard = Shard::new(shard.first()?.as_u64()?, shard.get(1)?.as_u64()?)?;
    let failed = document["failed"].as_array()?.iter().map(Value::as_u64);
    Some(Progress {
        shard,
        sums: sums(&document["sums"])?,
        failed: failed.collect::<Option<Vec<u64>>>()?,
    })
}

fn sums(of: &Value) -> Option<Sums> {
    let number = |name: &str| of[name].as_u64();
    let mut sometimes = Sometimes::new();
    for (group, names) in of["sometimes"].as_object()? {
        let group = word(&GROUPS, group)?;
        for (name, times) in names.as_object()? {
            sometimes.insert((group, name.clone()), times.as_u64()?);
        }
    }
    Some(Sums {
        seeds: number("seeds")?,
        digest: Digest::parse(of["digest"].as_str()?)?,
        verdicts: counted(&of["verdicts"], &VERDICTS)?,
        failures: counted(&of["failures"], &Failure::NAMES)?,
        fired: number("fired")?,
        fired_and_clean: number("fired_and_clean")?,
        sent: number("sent")?,
        settled: number("settled")?,
        reversed: number("reversed")?,
        swipes: number("swipes")?,
        sometimes,
    })
}

fn counted(of: &Value, words: &[&'static str]) -> Option<BTreeMap<&'static str, u64>> {
    let pairs = of.as_object()?.iter();
    pairs
        .map(|(name, times)| Some((word(words, name)?, times.as_u64()?)))
        .collect()
}

fn word(words: &[&'static str], text: &str) -> Option<&'static str> {
    words.iter().copied().find(|word| *word == text)
}

fn refused(what: String, help: &str) -> Trouble {
    Trouble::Usage {
        code: "cli::progress",
        what,
        help: help.to_owned(),
    }
}
