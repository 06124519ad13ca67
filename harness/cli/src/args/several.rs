//! 几次运行的参数 · What is typed to commands that look at several runs: `merge`, `compare`. Nothing of it is sent.

use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::Common;

/// 合并 Put the shards of one plan together
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example · 例:\n  crosswipe run PLAN --shard 1/2 --out a; crosswipe run PLAN --shard 2/2 --out b\n  crosswipe merge a b --out whole && crosswipe verify whole"
)]
pub(crate) struct Merge {
    /// Folders of the runs, in any order: all shards, or runs that have no case in common
    #[arg(required = true, value_name = "RUN")]
    pub(crate) runs: Vec<PathBuf>,
    /// Where they are put, copies of the runs included [default: a folder of its own under runs/]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Print one JSON document on stdout
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// 比较 Lay two runs beside each other
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example · 例:\n  crosswipe compare runs/OLD runs/NEW --html compare.html\n\nExit · 退出码: 0 nowhere worse 没有变差, 1 worse or different 有变差或不同, 5 no case in common 没有共同的用例"
)]
pub(crate) struct Compare {
    /// Folder of the first run, e.g. that of the old interface
    #[arg(value_name = "RUN")]
    pub(crate) before: PathBuf,
    /// Folder of the second
    #[arg(value_name = "RUN")]
    pub(crate) after: PathBuf,
    /// Write it as one page too
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Print one JSON document on stdout
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) common: Common,
}
