//! 报错 · Draws what went wrong: what, where, how to mend it. The only place that prints errors.

use std::io;
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::OnceLock;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use crosswipe_domain::Both;
use crosswipe_journal::JournalError;
use crosswipe_reports::Lang;
use crosswipe_runner::Halt;
use crosswipe_scenarios::{Problem, Severity};

use crate::books::{Flaw, Flaws};
use crate::exit::Exit;
use crate::merged;
use crate::served::Served;
use crate::tenancy::Tenant;

/// 故障 · Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// Plans with problems; all of them.
    #[error("the plan has problems")]
    Plan(Vec<Problem>),
    /// Delivered files with flaws; all of them.
    #[error("the delivered files have flaws")]
    Books(Flaws),
    /// A choice of columns that a form cannot follow; all of it.
    #[error("the columns cannot be had so")]
    Columns(Flaws),
    /// Recordings in no known form; all of them.
    #[error("the recordings cannot be read")]
    Traffic(Vec<Flaw>),
    /// A run folder that holds something already.
    #[error("`{}` is not empty", dir.display())]
    OutputBusy { dir: PathBuf },
    /// A file that cannot be used.
    #[error("could not {doing} `{}`: {source}", path.display())]
    File {
        doing: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    /// An option that means nothing here.
    #[error("{what}")]
    Usage {
        code: &'static str,
        what: String,
        help: String,
    },
    /// Something is open, the window has ended, and nobody allowed undo after its end; nothing was sent.
    #[error(
        "the window ended at `{ended}`, and {people} person(s) have something open: nothing was sent"
    )]
    WindowOver {
        ended: crosswipe_domain::Moment,
        people: usize,
        dir: PathBuf,
    },
    /// The clock says no; nothing was sent.
    #[error("{what}")]
    Refused {
        code: &'static str,
        what: String,
        help: String,
    },
    /// A selection that leaves nothing.
    #[error("{what}")]
    Nothing { what: String, help: String },
    /// Nothing but a look at what a run against real systems would do was asked for.
    #[error("试排: 什么都没有发 · a dry run: nothing was sent")]
    DryRun { help: String },
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Evidence that was changed after it was sealed, so badly that it cannot be judged again.
    #[error("`{what}` is not as it was sealed: {source}")]
    Tampered { what: String, source: JournalError },
    /// The run stopped.
    #[error(transparent)]
    Halt(#[from] Halt),
    /// The mock parties could not be stood up.
    #[error("could not stand up the mock parties: {0}")]
    World(io::Error),
    /// Parties that another process kept, and that has ended.
    #[error(
        "the parties whose books are in `{}` are gone: process {} serves them no more",
        .0.books.display(),
        .0.pid
    )]
    PartiesGone(Box<Served>),
    /// Parties on which another run works.
    #[error("{}", busy(world, by.as_ref()))]
    WorldBusy { world: PathBuf, by: Option<Tenant> },
    /// No async runtime.
    #[error("could not start: {0}")]
    Runtime(io::Error),
}

impl Trouble {
    /// A file that cannot be used.
    pub(crate) fn file(doing: &'static str, path: &Path, source: io::Error) -> Trouble {
        Trouble::File {
            doing,
            path: path.to_owned(),
            source,
        }
    }

    /// The stable code.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Trouble::Plan(_) => "cli::plan",
            Trouble::Books(_) => "cli::books",
            Trouble::Columns(_) => "cli::columns",
            Trouble::Traffic(_) => "cli::traffic",
            Trouble::OutputBusy { .. } => "cli::output_busy",
            Trouble::File { source, .. }
            | Trouble::Halt(Halt::File { source, .. })
            | Trouble::World(source)
                if source.kind() == io::ErrorKind::StorageFull =>
            {
                "cli::disk_full"
            }
            Trouble::File { .. } => "cli::file",
            Trouble::Usage { code, .. } | Trouble::Refused { code, .. } => code,
            Trouble::WindowOver { .. } | Trouble::Halt(Halt::WindowOver { .. }) => {
                "cli::after_window"
            }
            Trouble::Nothing { .. } => "cli::nothing_selected",
            Trouble::DryRun { .. } => "cli::live",
            Trouble::Journal(error) => error.code(),
            Trouble::Tampered { .. } => "evidence:tampered",
            Trouble::Halt(Halt::Journal(error)) => error.code(),
            Trouble::Halt(Halt::TakenOver(error)) => error.code(),
            Trouble::Halt(Halt::File { .. }) => "cli::file",
            Trouble::Halt(Halt::DiskFull { .. }) => "journal:disk_full",
            Trouble::Halt(Halt::Unreachable { .. }) => "cli::unreachable",
            Trouble::Halt(Halt::HisGone { .. }) => "cli::his_gone",
            Trouble::Halt(Halt::Stopped) => "cli::stopped",
            Trouble::Halt(Halt::Bug(_)) => "cli::bug",
            Trouble::World(_) => "cli::world",
            Trouble::PartiesGone(_) => "cli::parties_gone",
            Trouble::WorldBusy { .. } => "cli::world_busy",
            Trouble::Runtime(_) => "cli::runtime",
        }
    }

    fn help(&self) -> String {
        let dir_help = "用 --out 指定一个空目录 · name an empty folder with --out";
        match self {
            Trouble::OutputBusy { .. } | Trouble::Journal(JournalError::Exists { .. }) => {
                dir_help.to_owned()
            }
            Trouble::Usage { help, .. }
            | Trouble::Refused { help, .. }
            | Trouble::Nothing { help, .. }
            | Trouble::DryRun { help } => help.clone(),
            Trouble::Journal(JournalError::NotARun { dir, .. }) if merged::is_merged(dir) => {
                merged::name_a_part(dir).help()
            }
            Trouble::Journal(JournalError::NotARun { .. }) => {
                "给出一次运行的目录, 如 runs/… · name the folder of a run, e.g. runs/…".to_owned()
            }
            Trouble::Journal(JournalError::Locked { dir, .. }) => format!(
                "等那个进程结束; 它若停住了 · wait until that process has ended; if it hangs: crosswipe resume {} --takeover",
                dir.display()
            ),
            Trouble::Journal(JournalError::TakenOver { dir, .. }) => taken_over_help(dir),
            Trouble::Halt(Halt::TakenOver(error)) => match &**error {
                JournalError::TakenOver { dir, .. } => taken_over_help(dir),
                _ => format!("crosswipe explain {}", error.code()),
            },
            Trouble::PartiesGone(served) => format!(
                "再启动它们, 然后重试 · start them again, then try again: {}",
                served.command()
            ),
            Trouble::WorldBusy { by, .. } => {
                let hangs = by.as_ref().map_or_else(String::new, |by| {
                    format!(
                        "; 它若停住了 · if it hangs: crosswipe resume {} --takeover",
                        by.run.display()
                    )
                });
                format!(
                    "一个世界一次只跑一个: 等它结束, 或另开一台 · one run at a time: wait until it has ended, or serve another folder{hangs}"
                )
            }
            Trouble::World(source) if source.kind() == io::ErrorKind::AddrInUse => {
                "换一个地址 · choose another address: --listen 127.0.0.1:0".to_owned()
            }
            Trouble::Journal(error) if error.is_read_only() => {
                "这个目录不能写: 复制到可写的盘上再做 · this folder cannot be written: copy it to a disk that can be, and do it there"
                    .to_owned()
            }
            Trouble::Journal(JournalError::DiskFull { .. }) => {
                "腾出空间后重新运行 · free some space and run again".to_owned()
            }
            Trouble::Halt(halt) if halt.is_for_want_of_room() => {
                "腾出空间后 crosswipe resume · free some space, then crosswipe resume".to_owned()
            }
            Trouble::File { source, .. } if source.kind() == io::ErrorKind::NotADirectory => {
                dir_help.to_owned()
            }
            Trouble::WindowOver { dir, .. } => format!(
                "crosswipe resume {} --after-window 原因REASON --by 姓名NAME",
                dir.display()
            ),
            Trouble::Halt(Halt::WindowOver { .. }) => {
                "crosswipe resume RUN --after-window 原因REASON --by 姓名NAME".to_owned()
            }
            Trouble::Halt(Halt::HisGone { .. }) => {
                "启动它的适配口, 再运行; 已开始的用 crosswipe resume 做完 · start its adapter, then run again; what was begun: crosswipe resume RUN".to_owned()
            }
            Trouble::File { .. } | Trouble::Halt(Halt::File { .. }) => {
                "检查磁盘空间与权限 · check free space and permissions".to_owned()
            }
            Trouble::World(source) if source.kind() == io::ErrorKind::StorageFull => {
                "检查磁盘空间 · check free space".to_owned()
            }
            other => format!("crosswipe explain {}", other.code()),
        }
    }

    /// The sentence in Chinese, where it is made of more than what a command says of itself. What the system or the
    /// journal says stands behind it as it is: its words are looked up as they are.
    fn zh(&self) -> Option<String> {
        let page = || crate::explain::page(self.code()).map(|page| page.title(Lang::Zh));
        Some(match self {
            Trouble::OutputBusy { dir } => format!("`{}` 不是空的", dir.display()),
            Trouble::File {
                doing,
                path,
                source,
            } => {
                let doing = match *doing {
                    "read" => "读不了",
                    "write" => "写不了",
                    "create" | "make" => "建不了",
                    "change" => "改不了",
                    "copy" => "复制不了",
                    "remove" => "删不了",
                    "lock" => "锁不了",
                    "open" => "打不开",
                    _ => "用不了",
                };
                format!("{doing} `{}`: {source}", path.display())
            }
            Trouble::WindowOver { ended, people, .. } => {
                format!("窗口已于 {ended} 结束, 还有 {people} 人有未撤的: 什么都没有发")
            }
            Trouble::World(source) => format!("模拟各方没能立起来: {source}"),
            Trouble::Runtime(source) => format!("没能启动: {source}"),
            Trouble::PartiesGone(served) => format!(
                "账在 `{}` 的各方已经不在: 进程 {} 不再服务",
                served.books.display(),
                served.pid
            ),
            Trouble::WorldBusy { world, by } => match by {
                Some(by) => format!(
                    "`{}` 的各方正由运行 `{}` 使用 (进程 {}, 自 {})",
                    world.display(),
                    by.run.display(),
                    by.pid,
                    by.since
                ),
                None => format!("`{}` 的各方正由另一次运行使用", world.display()),
            },
            Trouble::Tampered { what, source } => {
                format!("`{what}` 与封存时不同: {source}")
            }
            Trouble::Journal(_) | Trouble::Halt(_) => format!("{}: {self}", page()?),
            _ => return None,
        })
    }

    fn exit(&self) -> Exit {
        match self {
            Trouble::Plan(_)
            | Trouble::Books(_)
            | Trouble::Columns(_)
            | Trouble::Traffic(_)
            | Trouble::OutputBusy { .. }
            | Trouble::Usage { .. } => Exit::Usage,
            Trouble::Journal(
                JournalError::NotARun { .. }
                | JournalError::Version { .. }
                | JournalError::Exists { .. },
            ) => Exit::Usage,
            Trouble::File { source, .. }
                if matches!(
                    source.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                Exit::Usage
            }
            Trouble::Nothing { .. } | Trouble::DryRun { .. } => Exit::Nothing,
            Trouble::Tampered { .. } => Exit::Violated,
            Trouble::WindowOver { .. } | Trouble::Refused { .. } => Exit::Gate,
            // What is open was not undone: the rest of the run stands and is told.
            Trouble::Halt(Halt::WindowOver { .. }) => Exit::Indeterminate,
            _ => Exit::Harness,
        }
    }
}

/// Who works on the parties, as far as it is known.
fn busy(world: &Path, by: Option<&Tenant>) -> String {
    let who = by.map_or_else(
        || "another run".to_owned(),
        |by| {
            format!(
                "run `{}`, process {} since {}",
                by.run.display(),
                by.pid,
                by.since
            )
        },
    );
    format!("the parties in `{}` are in use by {who}", world.display())
}

fn taken_over_help(dir: &Path) -> String {
    format!(
        "本进程此后未发送也未写入, 结论见 · this process has sent and written nothing since; see: crosswipe verify {}",
        dir.display()
    )
}

/// 只用一种话 · The language that was typed (`--lang`); where none was, what is at hand in both is said in both.
static TYPED: OnceLock<Lang> = OnceLock::new();

/// From now on troubles are told in this language alone.
pub(crate) fn speak_only(lang: Lang) {
    TYPED.get_or_init(|| lang);
}

/// A sentence in the language that was typed.
fn spoken(line: &str, typed: Option<Lang>) -> String {
    match typed {
        None => line.to_owned(),
        Some(lang) => said_in(lang, &Both::from(line)).to_owned(),
    }
}

/// Prints a trouble and says the exit code.
pub(crate) fn trouble(trouble: &Trouble, lang: Lang) -> ExitCode {
    match trouble {
        Trouble::Plan(problems) => self::problems(problems, lang),
        Trouble::Books(flaws) | Trouble::Columns(flaws) => {
            to_stderr(&flaws_told(trouble.code(), &flaws.told, flaws.more, lang));
        }
        Trouble::Traffic(flaws) => to_stderr(&flaws_told(trouble.code(), flaws, 0, lang)),
        other => to_stderr(&told(other, "error")),
    }
    trouble.exit().into()
}

/// Prints every flaw of delivered files: what, where, how to mend it.
fn flaws_told(code: &str, flaws: &[Flaw], more: usize, lang: Lang) -> String {
    let mut text = String::new();
    for flaw in flaws {
        text += &format!(
            "error[{code}]: {}\n --> {}\n  = help: {}\n",
            said_in(lang, &flaw.what),
            flaw.place,
            said_in(lang, &flaw.mend)
        );
    }
    if more > 0 {
        text += &format!("另有 {more} 处 · and {more} more\n");
    }
    text
}

/// The sentence in a language.
pub(crate) fn said_in(lang: Lang, both: &Both) -> &str {
    lang.pick(&both.zh, &both.en)
}

/// Prints a trouble that comes with a result.
pub(crate) fn said(trouble: &Trouble) {
    to_stderr(&told(trouble, "error"));
}

/// Prints what went wrong on the way to telling of something worse.
pub(crate) fn besides(trouble: &Trouble) {
    to_stderr(&told(trouble, "warning"));
}

/// The sentence, its causes, what to do, in the language that was typed.
fn told(trouble: &Trouble, level: &str) -> String {
    told_in(trouble, level, TYPED.get().copied())
}

fn told_in(trouble: &Trouble, level: &str, typed: Option<Lang>) -> String {
    let code = trouble.code();
    let sentence = match (typed, trouble.zh()) {
        (Some(Lang::Zh), Some(zh)) => zh,
        _ => spoken(&trouble.to_string(), typed),
    };
    let mut text = format!("{level}[{code}]: {sentence}\n");
    let original = trouble.to_string();
    let mut source = std::error::Error::source(trouble);
    while let Some(cause) = source {
        let words = cause.to_string();
        // Most sentences end with their cause already.
        if !text.contains(&words) && !original.contains(&words) {
            text.push_str(&format!("  | {words}\n"));
        }
        source = cause.source();
    }
    text.push_str(&format!("  = help: {}\n", spoken(&trouble.help(), typed)));
    text
}

/// Draws all problems of plan files, with line, column and caret, and counts them; nothing where there is none.
pub(crate) fn problems(problems: &[Problem], lang: Lang) {
    if problems.is_empty() {
        return;
    }
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let renderer = if colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    for problem in problems {
        to_stderr(&format!("{}\n\n", drawn(problem, lang, &renderer)));
    }
    let errors = problems
        .iter()
        .filter(|problem| problem.severity == Severity::Error)
        .count();
    to_stderr(&counted(problems, errors, lang));
}

/// How many there are, and what to type next.
fn counted(problems: &[Problem], errors: usize, lang: Lang) -> String {
    let warnings = problems.len() - errors;
    let many = |count: usize, one: &str| match count {
        1 => format!("1 {one}"),
        count => format!("{count} {one}s"),
    };
    let mut told = match lang {
        Lang::Zh => format!("{errors} 个错误, {warnings} 个警告"),
        Lang::En => format!("{}, {}", many(errors, "error"), many(warnings, "warning")),
    };
    if let Some(first) = problems.first() {
        told += lang.pick("; 逐条说明: ", "; explained by: ");
        told += &format!("crosswipe explain {}", first.code);
    }
    let mendable = problems.iter().filter(|one| one.fix.is_some()).count();
    if mendable > 0 {
        told += &match lang {
            Lang::Zh => format!("; 其中 {mendable} 处可由 crosswipe lint --fix 改正"),
            Lang::En => format!("; crosswipe lint --fix mends {mendable} of them"),
        };
    }
    told + "\n"
}

fn drawn(problem: &Problem, lang: Lang, renderer: &Renderer) -> String {
    let level = match problem.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level
        .primary_title(said_in(lang, &problem.message))
        .id(problem.code);
    let mut group = match &problem.span {
        Some(span) => {
            let annotation = AnnotationKind::Primary.span(span.clone());
            title.element(
                Snippet::source(&*problem.source)
                    .path(problem.file.as_str())
                    .annotation(annotation),
            )
        }
        None => {
            Group::with_title(title).element(annotate_snippets::Origin::path(problem.file.as_str()))
        }
    };
    if let Some(help) = &problem.help {
        group = group.element(Level::HELP.message(said_in(lang, help)));
    }
    renderer.render(&[group]).to_string()
}

/// Where even stderr is gone there is nobody left to tell.
pub(crate) fn to_stderr(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// Data goes to stdout; a reader that went away is no failure of ours, a full disk is.
///
/// # Errors
/// Whatever keeps the words from being written, but for a reader that has gone.
pub(crate) fn to_stdout(text: &str) -> Result<(), Trouble> {
    let mut stdout = std::io::stdout();
    match stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
    {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Trouble::file("write", Path::new("stdout"), error))
        }
        _ => Ok(()),
    }
}
