//! 表单 · `crosswipe form KIND`, `crosswipe report daily|weekly`: forms that people fill in, sign and hand on.
//!
//! What people wrote into a workbook is read back before the form is made anew, from the files that are named and from the one
//! that would be overwritten, and is kept as notes beside it: nothing that was written by hand is lost.
//! Not here: what stands in a form (`reports::Form`).

mod catalogue;
mod columns;
mod cutoff;
mod kept;
mod planned;

pub(crate) use kept::{Kept, book};

use std::collections::BTreeMap;
use std::path::Path;

use crosswipe_reports::{
    Form, Lang, Notes, Pace, Reporter, Story, acceptance, confirmations, merged_register, period,
    register,
};

use crate::args::{ConfirmForm, FormArgs, FormKind, Interval, Into, PeriodForm, ProblemsForm};
use crate::complain::{Trouble, to_stderr, to_stdout};
use crate::exit::Exit;
use crate::shift;
use crate::told::Told;

/// Makes the form.
pub(crate) fn form(args: &FormArgs) -> Result<Exit, Trouble> {
    match &args.kind {
        FormKind::Daily(args) => of_interval(args, Pace::Daily),
        FormKind::Weekly(args) => of_interval(args, Pace::Weekly),
        FormKind::Confirm(args) => confirm(args),
        FormKind::Acceptance(args) => accept(args),
        FormKind::Catalogue(args) => catalogue::form(args),
        FormKind::Problems(args) if args.merge.is_empty() => problems(args),
        FormKind::Problems(args) => merge(args),
        FormKind::Contacts(args) => planned::contacts(args),
        FormKind::Persons(args) => planned::persons(args),
        FormKind::Countdown(args) => planned::countdown(args),
    }
}

impl Interval {
    /// The report of an interval is a form like any other.
    pub(crate) fn form(&self) -> Result<Exit, Trouble> {
        match self {
            Interval::Daily(args) => of_interval(args, Pace::Daily),
            Interval::Weekly(args) => of_interval(args, Pace::Weekly),
        }
    }
}

/// What is made of each, each run once, in the order of their ids.
fn each<T>(
    runs: &[std::path::PathBuf],
    made: impl Fn(Told) -> Result<T, Trouble>,
) -> Result<Vec<T>, Trouble> {
    let mut all: BTreeMap<String, T> = BTreeMap::new();
    for dir in runs {
        let told = Told::read(dir)?;
        let run = told.judgement.run_id.to_string();
        if all.insert(run.clone(), made(told)?).is_some() {
            return Err(Trouble::Usage {
                code: "cli::run_twice",
                what: format!(
                    "运行 `{run}` 给了两遍, 第二遍是 `{0}` · run `{run}` was given twice, the second time as `{0}`",
                    dir.display()
                ),
                help: "每次运行只给一次 · give each run once".to_owned(),
            });
        }
    }
    Ok(all.into_values().collect())
}

/// The facts of each, as all reports tell them.
fn stories(runs: &[std::path::PathBuf]) -> Result<Vec<Story>, Trouble> {
    each(runs, |told| told.story())
}

fn of_interval(args: &PeriodForm, pace: Pace) -> Result<Exit, Trouble> {
    let stories = stories(&args.runs)?;
    let stories: Vec<&Story> = stories.iter().collect();
    let last = stories
        .iter()
        .filter_map(|story| story.last_business_at())
        .max();
    let interval = cutoff::interval(args, pace, last)?;
    make(&args.into, |notes, lang| {
        period(pace, &interval, &stories, notes, lang)
    })
}

fn confirm(args: &ConfirmForm) -> Result<Exit, Trouble> {
    let stories = stories(&args.runs)?;
    let stories: Vec<&Story> = stories.iter().collect();
    let made = confirmations(&stories, args.of.as_deref(), args.into.common.lang());
    if made.is_empty() {
        return Err(Trouble::Nothing {
            what: match &args.of {
                Some(of) => format!("这些运行没有一笔测试交易在 `{of}` 的账上 · no test transaction of these runs is on the books of `{of}`"),
                None => "这些运行没有测试交易 · these runs have no test transaction".to_owned(),
            },
            help: "机构编号或统筹区编号见计划的 topology · codes of institutions and regions stand in the plan's topology".to_owned(),
        });
    }
    make(&args.into, |_, lang| {
        confirmations(&stories, args.of.as_deref(), lang)
    })
}

fn accept(args: &ConfirmForm) -> Result<Exit, Trouble> {
    let stories = stories(&args.runs)?;
    let stories: Vec<&Story> = stories.iter().collect();
    let made = acceptance(&stories, args.of.as_deref(), args.into.common.lang());
    if made.is_empty() {
        return Err(Trouble::Nothing {
            what: match &args.of {
                Some(of) => format!(
                    "这些运行的计划里没有机构 `{of}`, 或没有一条报文 · the plans of these runs have no institution `{of}`, or nothing was sent"
                ),
                None => "这些运行没有一条报文 · nothing was sent in these runs".to_owned(),
            },
            help: "机构编号见计划的 topology · codes of institutions stand in the plan's topology"
                .to_owned(),
        });
    }
    make(&args.into, |_, lang| {
        acceptance(&stories, args.of.as_deref(), lang)
    })
}

fn problems(args: &ProblemsForm) -> Result<Exit, Trouble> {
    let stories = stories(&args.runs)?;
    let stories: Vec<&Story> = stories.iter().collect();
    let until = args.until.as_deref().map(cutoff::instant).transpose()?;
    make(&args.into, |notes, lang| {
        register(&stories, notes, until, lang)
    })
}

fn merge(args: &ProblemsForm) -> Result<Exit, Trouble> {
    let until = args.until.as_deref().map(cutoff::instant).transpose()?;
    let mut expected = Vec::new();
    if let Some(plan) = &args.plan {
        let plan = shift::load(plan, None)?;
        expected.extend(plan.topology.institutions.iter().map(|one| Reporter {
            code: one.code.to_string(),
            name: one.name.clone(),
        }));
    }
    let empty = |lang| register(&[], &Notes::default(), None, lang);
    let both = [empty(Lang::Zh), empty(Lang::En)];
    let (locks, files): (Vec<_>, Vec<_>) = args.merge.iter().partition(|file| kept::is_lock(file));
    for lock in locks {
        to_stderr(&format!(
            "略过锁文件 `{0}`: 那张表正被打开着, 没有存盘的内容读不到 · lock file `{0}` left out: that sheet is open, and what was not saved cannot be read\n",
            lock.display()
        ));
    }
    let sheets = files.into_iter();
    let sheets: Vec<(Notes, _)> = sheets
        .map(|file| {
            let notes = kept::written(&both, file)?;
            let until = kept::stated(file)?;
            Ok((notes, until))
        })
        .collect::<Result<_, Trouble>>()?;
    let made = |lang| merged_register(&sheets, &expected, until, lang);
    let (_, late) = made(args.into.common.lang());
    for one in &late {
        to_stderr(&format!(
            "未报 · not reported: {} {}{}\n",
            one.who.code,
            one.who.name,
            one.until
                .map_or_else(String::new, |at| format!(" ({})", at.wire()))
        ));
    }
    make(&args.into, |notes, lang| {
        let (mut form, _) = made(lang);
        form.fill(notes);
        form
    })
}

/// Reads what people wrote, makes the form with it, and writes it everywhere that was asked for.
fn make(into: &Into, form: impl Fn(&Notes, Lang) -> Form) -> Result<Exit, Trouble> {
    let lang = into.common.lang();
    let bare = Notes::default();
    let both = [form(&bare, Lang::Zh), form(&bare, Lang::En)];
    if into.list_columns {
        to_stdout(&columns::listed(&both[lang as usize], lang))?;
        return Ok(Exit::Clean);
    }
    let wanted = into.columns.as_deref().map(columns::read).transpose()?;
    let wanted = wanted.unwrap_or_default();
    let kept = kept::Kept::beside(into);
    let known = kept.read()?;
    let both = both.map(|form| form.with_own_columns(&wanted, &known));
    // Before anything is read or written: what cannot be followed changes nothing.
    if let Some(path) = &into.columns {
        columns::choose(&mut both[lang as usize].clone(), &wanted, path)?;
    }
    into.out.iter().try_for_each(|path| kept::not_open(path))?;
    let notes = kept.with(&both, &kept::named(into), Path::new(""))?;
    let mut made = form(&notes, lang).with_own_columns(&wanted, &notes);
    made.fill(&notes);
    if let Some(path) = &into.columns {
        columns::choose(&mut made, &wanted, path)?;
    }
    kept::write(into, &made)?;
    Ok(Exit::Clean)
}

/// True where a file of this name is a workbook.
fn is_workbook(path: &Path) -> bool {
    ends_with(path, "xlsx")
}

fn ends_with(path: &Path, ending: &str) -> bool {
    let own = path.extension();
    own.is_some_and(|own| own.eq_ignore_ascii_case(ending))
}
