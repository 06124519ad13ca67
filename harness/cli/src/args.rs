//! 参数 · What was typed. What it means is found out by each command.

mod forms;
mod plans;
pub(crate) mod review;
mod several;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use crosswipe_mocks::MsgidMode;
use crosswipe_reports::Lang;
use crosswipe_wire::gateway::Dialect;

pub(crate) use self::forms::{
    CatalogueForm, ConfirmForm, FormArgs, FormKind, Interval, Into, PeriodForm, PlanForm,
    ProblemsForm, Report,
};
pub(crate) use self::plans::{Import, Init, Lint, PlanArgs};
pub(crate) use self::review::Review;
pub(crate) use self::several::{Compare, Merge};
use crate::shift::Shift;

/// 交叉刷卡联调验证台: swipe across regions, wipe every trace, and prove it on every party's books.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100, arg_required_else_help = true, after_help = EXIT_CODES)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "\
Exit codes · 退出码:
  0 clean 已回退干净   1 violated 违反或预期不符   2 indeterminate 不能判定   3 refused by the gate 闸门拒绝
  4 harness failure 工具故障   5 nothing was checked 未核任何内容   64 bad usage or files 用法或文件有误
  130 interrupted and rolled back 中断且已回退

Example · 例:
  crosswipe run scenarios/zhejiang-2017";

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// 起步 Write a plan to start from, as a folder or as a workbook; it passes at once
    Init(Init),
    /// 一览 Timeline of a plan, what is allowed at an instant, and the one-page card of a role
    Plan(PlanArgs),
    /// 联通 Ask what a site must reach before the window: DNS, ports, pages, sign-in, clock, its own machine
    Preflight(Preflight),
    /// 运行 Run a plan: swipe, undo everything, judge every party's books
    Run(Run),
    /// 模拟 Play a plan in memory, seed by seed, with every trouble of a network; replay one seed
    Sim(Sim),
    /// 续跑 Finish an interrupted run: undo and verify what it left, never new business
    Resume(Resume),
    /// 开台 Keep a plan's mock parties in a process of their own, books on disk
    Serve(Serve),
    /// 核验 Judge a run again, offline, from its journal and exports
    Verify(Verify),
    /// 导入 Make a run folder of filled task sheets, lists of a HIS or platform and 3202 results, at the level they deserve
    Import(Import),
    /// 稽核 Compare parties' exports with each other, without a journal of ours
    Audit(Audit),
    /// 接口核对 Hold recorded messages of a HIS against the interface, offline
    Conform(Conform),
    /// 收口 Judge all runs of a plan together: may the window be closed?
    Close(Close),
    /// 合并 Put the shards of one plan together: one verdict, one report
    Merge(Merge),
    /// 比较 Lay two runs beside each other: outcomes, findings, amounts, fields of answers, timing
    Compare(Compare),
    /// 改期 Move one bound of a run's window, from its next message on
    Amend(Amend),
    /// 复核 What named persons say of a certified run: comments, overrides, signatures, whose a stranger's row is
    Review(Review),
    /// 报告 Write the reports of a run again, in any format and language
    Report(Report),
    /// 表单 Forms that people fill in and sign: day, week, confirmation, problems, contacts, persons, countdown
    Form(FormArgs),
    /// 检查 Find all problems of plans, without sending anything
    Lint(Lint),
    /// 模式 The JSON schema of a plan file or profile, what a shipped profile says, or the adapter of a HIS that is driven
    Schema(Schema),
    /// 说明 Explain a rule, finding class, fault or error code: cause, example, remedy
    Explain(Explain),
}

/// 运行 Run a plan
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example · 例:\n  crosswipe run scenarios/zhejiang-2017 --fault response-lost"
)]
pub(crate) struct Run {
    /// Plan folder, its plan.yaml, or a workbook plan.xlsx
    pub(crate) plan: PathBuf,
    /// Where the run is kept [default: a folder of its own under runs/]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// A fault that the mock parties inject, e.g. hub-drops-forwarded-reversal:on=2208,nth=2; repeatable
    #[arg(long = "fault", value_name = "ID[:SELECTOR]")]
    pub(crate) faults: Vec<String>,
    /// What the mock platforms do with a message number that they have seen [default: the plan's, else replay]
    #[arg(long, value_name = "refuse|replay|process", value_parser = msgid_mode)]
    pub(crate) msgid_mode: Option<MsgidMode>,
    /// Only cases from this insured place: code, name, province, pinyin initials, or a pattern such as 33*; repeatable
    #[arg(long, value_name = "REGION")]
    pub(crate) from: Vec<String>,
    /// Only cases to this treatment place, named likewise; repeatable
    #[arg(long, value_name = "REGION")]
    pub(crate) to: Vec<String>,
    /// Only cases at this institution: code, pattern, or part of its name; repeatable
    #[arg(long, value_name = "INSTITUTION")]
    pub(crate) hospital: Vec<String>,
    /// Only cases of this business: outpatient 门诊, inpatient 住院, pharmacy 药店, chronic 门慢
    #[arg(long, value_name = "BUSINESS")]
    pub(crate) kind: Vec<String>,
    /// Only cases of this tag: what they cover, or 本地 跨市 跨省, 职工 居民; repeatable
    #[arg(long, value_name = "TAG")]
    pub(crate) tag: Vec<String>,
    /// Only cases whose id holds this text; repeatable
    #[arg(long, value_name = "TEXT")]
    pub(crate) case: Vec<String>,
    /// A set of cases, e.g. 'from(33*) & kind(住院 + 门慢) & not proof()'
    #[arg(short = 'E', long, value_name = "EXPRESSION")]
    pub(crate) expression: Option<String>,
    /// Move the whole plan: every bound later or earlier by this, e.g. +2d, -3h; served parties move along
    #[arg(long, value_name = "+N[dhms]", allow_hyphen_values = true)]
    pub(crate) shift: Option<Shift>,
    /// Of N shares of the selection the I-th, e.g. 2/4; cases that share a person stay together, `merge` puts all together
    #[arg(long, value_name = "I/N")]
    pub(crate) shard: Option<String>,
    /// Only cases that did not pass (failed) or never came to an end (open) in an earlier run of this plan; refused where
    /// something of theirs is not rolled back
    #[arg(long, value_enum, value_name = "failed|open")]
    pub(crate) rerun: Option<Rerun>,
    /// Which earlier run [default: the newest of this plan under runs/]
    #[arg(long, value_name = "RUN", requires = "rerun")]
    pub(crate) of: Option<PathBuf>,
    /// List the selected cases and send nothing
    #[arg(long)]
    pub(crate) list: bool,
    /// Seed of every choice [default: the plan's]
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// Most cases in flight [default: one per independent person]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) jobs: Option<u32>,
    /// Use the parties that `crosswipe serve --books DIR` keeps, instead of parties of its own
    #[arg(long, value_name = "DIR")]
    pub(crate) served: Option<PathBuf>,
    /// How messages travel: real HTTP, or plain calls to parties that keep no books on disk
    #[arg(long, value_enum, default_value_t = TransportKind::Http)]
    pub(crate) transport: TransportKind,
    /// Which clock
    #[arg(long, value_enum, default_value_t = ClockKind::Simulated)]
    pub(crate) clock: ClockKind,
    /// Send to the real systems that the plan declares, by the real clock; without it such a run is a dry one
    #[arg(long)]
    pub(crate) live: bool,
    /// The words that the dry run shows, where nobody can type them
    #[arg(long, value_name = "WORDS")]
    pub(crate) confirm: Option<String>,
    /// Print one JSON document on stdout
    #[arg(long)]
    pub(crate) json: bool,
    /// Write each event as a line of JSON while it runs, as soon as it is durable; `-`: on stdout, in place of the report
    #[arg(long, value_name = "FILE|-")]
    pub(crate) events: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) after_window: AfterWindow,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// 模拟 Play a plan in memory, seed by seed
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example · 例:\n  crosswipe sim scenarios/pair-demo --seeds 0..200\n  crosswipe sim scenarios/pair-demo --seed 7 --trace\n  crosswipe sim scenarios/pair-demo --swipes 2000 --faults none"
)]
pub(crate) struct Sim {
    /// Plan folder, its plan.yaml, or a workbook plan.xlsx
    pub(crate) plan: PathBuf,
    /// Which seeds: from, and up to, not included
    #[arg(
        long,
        value_name = "A..B",
        default_value = "0..100",
        conflicts_with = "seed"
    )]
    pub(crate) seeds: String,
    /// One seed alone
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// Volume: play seeds, from the first of --seeds on, until so many swipes are settled, reversed and judged
    #[arg(long, value_name = "N", conflicts_with = "seed", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) swipes: Option<u64>,
    /// Cases in the world of each seed, all of them swipes [default: one to three of all kinds; with --swipes 16]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=4096))]
    pub(crate) per_world: Option<u32>,
    /// What goes wrong: none, transport (links, restarts, clocks, kills), parties (in each seed a fault of one), and faults for every seed, e.g. transport,response-lost:nth=2
    #[arg(long, value_name = "MIX", default_value = "transport")]
    pub(crate) faults: String,
    /// Threads [default: one per processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) jobs: Option<u32>,
    /// Only cases whose id holds this text; repeatable
    #[arg(long, value_name = "TEXT")]
    pub(crate) case: Vec<String>,
    /// Exit 5 and name what occurred less often than this, of all that the plan and the mix should bring about
    #[arg(long, value_name = "TIMES", conflicts_with = "seed")]
    pub(crate) at_least: Option<u64>,
    /// Tell what happened in the seed, line by line
    #[arg(long, requires = "seed")]
    pub(crate) trace: bool,
    /// Only these of the seed's troubles, by number; `0` keeps none
    #[arg(long, value_name = "N,N", value_delimiter = ',', requires = "seed")]
    pub(crate) keep: Vec<usize>,
    /// Only these of the seed's cases, by number
    #[arg(long, value_name = "N,N", value_delimiter = ',', requires = "seed")]
    pub(crate) cases: Vec<usize>,
    /// Of N shards the I-th: every N-th seed, from the I-th on, e.g. 2/8
    #[arg(long, value_name = "I/N", conflicts_with = "seed")]
    pub(crate) shard: Option<String>,
    /// Keep in this file what has been played; the same command goes on from it
    #[arg(long, value_name = "FILE", conflicts_with = "seed")]
    pub(crate) progress: Option<PathBuf>,
    /// Play nothing: tell what all shards came to, from their progress files; once for each shard
    #[arg(long, value_name = "FILE", conflicts_with_all = ["seed", "shard", "progress"])]
    pub(crate) together: Vec<PathBuf>,
    /// Print one JSON document on stdout
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// 续跑 Finish an interrupted run
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example · 例:\n  crosswipe resume runs/RUN\n  crosswipe resume runs/RUN --takeover"
)]
pub(crate) struct Resume {
    /// Run folder
    pub(crate) run: PathBuf,
    /// Take the run over from a process that holds it and hangs: it sends and writes nothing from then on
    #[arg(long)]
    pub(crate) takeover: bool,
    /// Where the served parties of the run keep their books now, if that folder was moved
    #[arg(long, value_name = "DIR")]
    pub(crate) served: Option<PathBuf>,
    /// Print one JSON document on stdout
    #[arg(long)]
    pub(crate) json: bool,
    /// Business time at which it goes on, simulated clock only [default: a second after the last record]
    #[arg(long, value_name = "INSTANT")]
    pub(crate) at: Option<String>,
    #[command(flatten)]
    pub(crate) after_window: AfterWindow,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// 窗口结束后 Undo after the window's end
#[derive(Debug, ClapArgs)]
pub(crate) struct AfterWindow {
    /// Undo what is open although the window has ended, and why; the verdict stays violated
    #[arg(long, value_name = "REASON", requires = "by")]
    pub(crate) after_window: Option<String>,
    /// Who allows it
    #[arg(long, value_name = "NAME", requires = "after_window")]
    pub(crate) by: Option<String>,
}

/// 改期 Move one bound of a run's window
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example · 例:\n  crosswipe amend runs/20170602T0900 --bound live.from --to 2017-06-04T20:00+08:00 --source '浙医保〔2017〕20号' --who 省中心值班"
)]
pub(crate) struct Amend {
    /// Run folder; its run may be under way
    pub(crate) run: PathBuf,
    /// Which bound: PHASE.from, PHASE.to, CLAUSE.from or CLAUSE.to of a suspension, no_refund.from, no_self_pay.from
    #[arg(long, value_name = "NAME")]
    pub(crate) bound: String,
    /// Its new instant
    #[arg(long, value_name = "INSTANT")]
    pub(crate) to: String,
    /// Where it lies now, where several have one name
    #[arg(long, value_name = "INSTANT")]
    pub(crate) was: Option<String>,
    /// The notice that says so
    #[arg(long, value_name = "TEXT")]
    pub(crate) source: String,
    /// Who brought it
    #[arg(long, value_name = "NAME")]
    pub(crate) who: String,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// How strictly the door for a HIS judges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Strictness {
    Tolerant,
    Strict,
}

fn dialect(name: &str) -> Result<Dialect, String> {
    let mut all = Dialect::ALL.into_iter();
    all.find(|dialect| dialect.name() == name)
        .ok_or_else(|| "one of x-tif, csb, zhejiang, apikey, bare".to_owned())
}

/// 开台 Mock platforms for a hospital's own HIS, or for runs
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example · 例:\n  crosswipe serve scenarios/zhejiang-2017 --listen 127.0.0.1:8080\n  crosswipe serve scenarios/pair-demo --books world\n  crosswipe run scenarios/pair-demo --served world"
)]
pub(crate) struct Serve {
    /// Plan folder, its plan.yaml, or a workbook plan.xlsx
    pub(crate) plan: PathBuf,
    /// For `run --served`: where the books are kept; those found there are taken over. Without it one address is opened
    /// for a HIS of its own, and the plan is moved to now
    #[arg(long, value_name = "DIR")]
    pub(crate) books: Option<PathBuf>,
    /// Address on this machine: of the door for a HIS, or with --books of the first party, the others on the ports behind
    /// it; port 0: any free ones [default: where they stood before, else any free ports]
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<SocketAddr>,
    /// A fault that they inject into every run on them, e.g. response-lost:on=2207; repeatable
    #[arg(long = "fault", value_name = "ID[:SELECTOR]")]
    pub(crate) faults: Vec<String>,
    /// What the platforms do with a message number that they have seen [default: replay]
    #[arg(long, value_name = "refuse|replay|process", value_parser = msgid_mode)]
    pub(crate) msgid_mode: Option<MsgidMode>,
    /// How strictly the door judges a HIS: tolerant answers whatever can be understood and notes the rest
    #[arg(long, value_enum, default_value_t = Strictness::Tolerant, conflicts_with = "books")]
    pub(crate) mode: Strictness,
    /// The only dialect that the door speaks [default: whichever a message speaks]
    #[arg(long, value_name = "x-tif|csb|zhejiang|apikey|bare", value_parser = dialect, conflicts_with = "books")]
    pub(crate) dialect: Option<Dialect>,
    /// How many times as fast as real time the plan goes on behind the door: with 60 an hour of it is a minute
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "books", value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub(crate) speed: u32,
    /// Where the run of a door is kept: journal, exports, certificate, report [default: a folder of its own under runs/]
    #[arg(long, value_name = "DIR", conflicts_with = "books")]
    pub(crate) out: Option<PathBuf>,
    /// The acceptance list as a table (CSV or workbook: number, title, transactions in order, why not applicable)
    /// [default: the plan's cases]
    #[arg(long, value_name = "FILE", conflicts_with = "books")]
    pub(crate) acceptance: Option<PathBuf>,
    /// The phase that begins as the door opens [default: the first that allows swipes across regions, else any test swipes]
    #[arg(long, value_name = "PHASE", conflicts_with = "books")]
    pub(crate) at: Option<String>,
    /// Say for the person at the terminal that what a `human` step tells is done, as soon as it is told
    #[arg(long, conflicts_with = "books")]
    pub(crate) yes: bool,
    /// Print one JSON document on stdout once they are up; for a HIS a second one when the door closes
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// 核验 Judge a run again
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example · 例:\n  crosswipe verify runs/RUN --anchor \"1a2b 3c4d 5e6f 7081 92a3 b4c5 d6e7 f809\""
)]
pub(crate) struct Verify {
    /// Run folder, or the bundle.zip of one
    pub(crate) run: PathBuf,
    /// What a reviewer noted of the chains: head, head and tail, and the review's end behind the word «review» (复核), eight groups of four or whole
    #[arg(long, value_name = "HEAD [TAIL] [review END]")]
    pub(crate) anchor: Vec<String>,
    /// Print one JSON document on stdout
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// 稽核 Compare parties' exports
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example · 例:\n  crosswipe audit scenarios/audit/refund-known-only-to-insurer"
)]
pub(crate) struct Audit {
    /// Exports of the parties: JSON, CSV or XLSX files, ROLE:CODE=FILE, folders, or the folder of a run
    #[arg(required = true, value_name = "EXPORT")]
    pub(crate) exports: Vec<PathBuf>,
    /// Which column of a CSV file or workbook holds what [default: map.yaml of the folder, usual headings]
    #[arg(long, value_name = "FILE")]
    pub(crate) map: Option<PathBuf>,
    /// Print one JSON document on stdout
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// 接口核对 Hold recorded messages against the interface
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example · 例:\n  crosswipe conform his.log traffic.har\n  crosswipe conform runs/RUN --json\n  crosswipe conform his.log --old guangdong --new hunan"
)]
pub(crate) struct Conform {
    /// Recorded traffic: HAR, JSON, a document a line, logs with messages in them, run folders, or folders of these
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// The region's edition that they are held to: a shipped profile or a file [default: the national one, gateway aside]
    #[arg(long, value_name = "NAME|FILE", conflicts_with_all = ["old", "new"])]
    pub(crate) profile: Option<String>,
    /// The edition that holds today; with --new
    #[arg(long, value_name = "NAME|FILE", requires = "new")]
    pub(crate) old: Option<String>,
    /// The edition that is to come: list only what would break, or heal, if the province adopted it; with --old
    #[arg(long, value_name = "NAME|FILE", requires = "old")]
    pub(crate) new: Option<String>,
    /// How strictly: strict names everything that differs, tolerant makes notes of what platforms forgive
    #[arg(long, value_enum, default_value_t = Strictness::Strict)]
    pub(crate) mode: Strictness,
    /// Print one JSON document on stdout
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// 收口 Judge all runs of a plan together
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example · 例:\n  crosswipe close scenarios/zhejiang-2017 runs/zhejiang-2017-*"
)]
pub(crate) struct Close {
    /// Plan folder, its plan.yaml, or a workbook plan.xlsx
    pub(crate) plan: PathBuf,
    /// Folders of all runs of the plan, of all sites, in any order
    #[arg(required = true, value_name = "RUN")]
    pub(crate) runs: Vec<PathBuf>,
    /// How far the plan was moved when it was run, e.g. +2d
    #[arg(long, value_name = "+N[dhms]", allow_hyphen_values = true)]
    pub(crate) shift: Option<Shift>,
    /// Where window.json and go-live.html are kept [default: a folder of the plan under windows/]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// A row that belongs to no run, born between two of them: its party and its number, its msgid, or the person it is
    /// about; `all` names every party; repeatable
    #[arg(long, num_args = 2, value_names = ["PARTY", "ROW"], requires_all = ["by", "reason"])]
    pub(crate) explain_foreign: Vec<String>,
    /// Who explains it
    #[arg(long, value_name = "NAME", requires = "explain_foreign")]
    pub(crate) by: Option<String>,
    /// Where it comes from
    #[arg(long, value_name = "TEXT", requires = "explain_foreign")]
    pub(crate) reason: Option<String>,
    /// What a reviewer noted of a run's chains: head, head and tail, and the review's end behind the word «review» (复核); repeatable
    #[arg(long, value_name = "HEAD [TAIL] [review END]")]
    pub(crate) anchor: Vec<String>,
    /// Print one JSON document on stdout
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// 模式 The JSON schema of a plan file, a profile or a report, or the adapter of a HIS that is driven
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example · 例:\n  crosswipe schema profile > profile.schema.json\n  crosswipe schema profile --of zhejiang\n  crosswipe schema his-adapter > his-adapter.json"
)]
pub(crate) struct Schema {
    /// Of what
    #[arg(value_enum)]
    pub(crate) what: SchemaOf,
    /// What this one says instead, every knob with its value: the name of a shipped one, or a file
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) of: Option<String>,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// 联通 Ask what a site must reach before the window
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example · 例:\n  crosswipe preflight PLAN --role hospital --site H50011400001 --json > H50011400001.json\n  crosswipe preflight PLAN --collect *.json"
)]
pub(crate) struct Preflight {
    /// Plan folder, its plan.yaml, or a workbook plan.xlsx
    pub(crate) plan: PathBuf,
    /// Only what this role must reach: province, agency, hospital, pharmacy, employer, public
    #[arg(long, value_name = "ROLE")]
    pub(crate) role: Option<String>,
    /// Which site this is, e.g. the institution's code; stands in the JSON
    #[arg(long, value_name = "NAME")]
    pub(crate) site: Option<String>,
    /// Only this target of the plan; repeatable
    #[arg(long, value_name = "ID")]
    pub(crate) target: Vec<String>,
    /// How long to wait for each answer, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=60))]
    pub(crate) patience: u32,
    /// Ask again every so many seconds, and print only what changed, until Ctrl-C
    #[arg(long, value_name = "SECONDS", conflicts_with_all = ["json", "collect"], value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) watch: Option<u32>,
    /// Ask nothing: make one table of what all sites wrote with --json, and name who is missing
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with_all = ["site", "target"])]
    pub(crate) collect: Vec<PathBuf>,
    /// Print one JSON document on stdout
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// What has a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaOf {
    /// 计划 plan.yaml
    Plan,
    /// 拓扑 topology.yaml
    Topology,
    /// 场景
    Scenario,
    /// 费用清单
    Basket,
    /// 地方规则
    Profile,
    /// 被驱动的 HIS 的适配口 (OpenAPI)
    HisAdapter,
    /// 报告 report.json, --json
    Report,
}

/// 说明 Explain a code
#[derive(Debug, ClapArgs)]
pub(crate) struct Explain {
    /// Rule (R1), finding class (residue:accumulator), fault id, error code; none lists all
    pub(crate) code: Option<String>,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// Options of every command.
#[derive(Debug, ClapArgs)]
pub(crate) struct Common {
    /// Language of people's words
    #[arg(long, value_enum, env = "CROSSWIPE_LANG")]
    lang: Option<LangArg>,
    /// No progress on stderr
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

impl Command {
    /// What every command has.
    pub(crate) fn common(&self) -> &Common {
        match self {
            Command::Init(Init { common, .. })
            | Command::Plan(PlanArgs { common, .. })
            | Command::Preflight(Preflight { common, .. })
            | Command::Run(Run { common, .. })
            | Command::Sim(Sim { common, .. })
            | Command::Resume(Resume { common, .. })
            | Command::Serve(Serve { common, .. })
            | Command::Verify(Verify { common, .. })
            | Command::Import(Import { common, .. })
            | Command::Audit(Audit { common, .. })
            | Command::Conform(Conform { common, .. })
            | Command::Close(Close { common, .. })
            | Command::Compare(Compare { common, .. })
            | Command::Amend(Amend { common, .. })
            | Command::Lint(Lint { common, .. })
            | Command::Merge(Merge { common, .. })
            | Command::Schema(Schema { common, .. })
            | Command::Explain(Explain { common, .. }) => common,
            Command::Report(report) => report.common(),
            Command::Review(review) => review.common(),
            Command::Form(form) => form.common(),
        }
    }
}

impl Common {
    /// Whether somebody chose the language.
    pub(crate) fn chose_lang(&self) -> bool {
        self.lang.is_some()
    }

    /// The language: as typed, else of the locale; if nothing says English, Chinese.
    pub(crate) fn lang(&self) -> Lang {
        let typed = self.lang.map(|lang| lang == LangArg::En);
        let locale = || {
            ["LC_ALL", "LC_MESSAGES", "LANG"]
                .iter()
                .find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()))
        };
        let english =
            typed.unwrap_or_else(|| locale().is_some_and(|locale| locale.starts_with("en")));
        if english { Lang::En } else { Lang::Zh }
    }
}

fn msgid_mode(text: &str) -> Result<MsgidMode, String> {
    MsgidMode::named(text).ok_or_else(|| {
        "refuse 拒绝, replay 重放首次应答, process 再办一次 · one of refuse, replay, process"
            .to_owned()
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum LangArg {
    Zh,
    En,
}

/// Which cases of an earlier run are run again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Rerun {
    /// 没有通过的 (失败、错误、阻塞)
    Failed,
    /// 没有办完的 (没有开始、跳过、中断)
    Open,
}

/// How messages travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TransportKind {
    /// Real HTTP on loopback
    Http,
    /// In-memory network
    Memory,
}

/// Which clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ClockKind {
    /// Jumps through the plan's phases
    Simulated,
    /// Real time
    Wall,
}

/// Report formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Terminal text on stdout
    Text,
    /// report.json
    Json,
    /// junit.xml
    Junit,
    /// report.html
    Html,
    /// A workbook for Excel and WPS: summary, cases, rollback, open list, problems, timing, setting, signatures
    Xlsx,
    /// The same tables as files in csv/
    Csv,
    /// report.md: a short page for a chat or a pull request
    Md,
    /// bundle.zip: evidence, certificate, review and reports without private/, for `verify bundle.zip`
    Bundle,
    /// events.ndjson: what happened, a line of JSON each, as `run --events` writes it
    Events,
}
