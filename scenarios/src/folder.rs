//! 计划文件夹 · Opens the files of a plan, keeps their bytes, and says what cannot be opened.
//!
//! Why so: a run records the digest of every file that it was made from, so each file is read once,
//! here, and its bytes are kept under its path inside the plan.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crosswipe_domain::{Both, both};

use crate::codes;
use crate::nearest::{nearest, suggest};
use crate::problem::{At, Problem, Problems, Said};
use crate::source::{Source, decode};
use crate::workbook::{self, Written};

/// 计划文件夹 · A plan's folder while it is being read.
pub(crate) struct Folder {
    root: PathBuf,
    /// 工作簿 · The files that a workbook says, where the plan is one; nothing is read from disk then.
    sheets: Option<BTreeMap<String, Written>>,
    files: RefCell<BTreeMap<String, Vec<u8>>>,
    /// 展开 · Scenario files with their fragments put in and their tables turned into cases, where they have any.
    spelled: RefCell<BTreeMap<String, Vec<u8>>>,
}

impl Folder {
    /// The plan at `path`, which is its folder, its `plan.yaml`, or a workbook; `None` = that was told.
    pub(crate) fn find(path: &Path, problems: &Problems) -> Option<Folder> {
        let inside = path.join(WORKBOOK);
        let book = match path.is_dir() && inside.is_file() {
            true if path.join(PLAN_FILE).is_file() => {
                let message = both!(
                    "文件夹里 `{PLAN_FILE}` 和 `{WORKBOOK}` 都有",
                    "the folder has both a `{PLAN_FILE}` and a `{WORKBOOK}`"
                );
                let help = both!(
                    "写明要哪一份: {0}/{PLAN_FILE} 或 {0}/{WORKBOOK}",
                    "name the one that is meant: {0}/{PLAN_FILE} or {0}/{WORKBOOK}",
                    path.display()
                );
                let shown = path.display().to_string();
                problems.push(Problem::whole_file(codes::TWO_PLANS, shown, message).help(help));
                return None;
            }
            true => inside.as_path(),
            false => path,
        };
        if is_workbook(book) && book.is_file() {
            return Some(Folder {
                root: book.to_owned(),
                sheets: Some(workbook::read(book, problems)?),
                files: RefCell::default(),
                spelled: RefCell::default(),
            });
        }
        let found = Folder::on_disk(path);
        found.map_err(|problem| problems.push(*problem)).ok()
    }

    fn on_disk(path: &Path) -> Result<Folder, Box<Problem>> {
        let root = if path.is_dir() {
            path.to_owned()
        } else {
            path.parent().unwrap_or(path).to_owned()
        };
        let is_plan = path.is_dir() || path.file_name().is_some_and(|name| name == PLAN_FILE);
        if is_plan && root.join(PLAN_FILE).is_file() {
            return Ok(Folder {
                root,
                sheets: None,
                files: RefCell::default(),
                spelled: RefCell::default(),
            });
        }
        Err(Box::new(no_such_plan(path)))
    }

    /// The file that the plan names `inside`; `said` is where it names it.
    pub(crate) fn open(
        &self,
        inside: &str,
        said: Option<&At>,
        problems: &Problems,
    ) -> Option<Arc<Source>> {
        let shown = self.root.join(inside).display().to_string();
        let bytes = match self.bytes_of(inside) {
            Ok(bytes) => bytes,
            Err(error) => {
                problems.push(self.unreadable(inside, shown, error.kind(), said));
                return None;
            }
        };
        let decoded = decode(&bytes).map(|text| Source::new(shown.clone(), text));
        let opened = match decoded {
            Ok(source) => Some(Arc::new(source)),
            Err((text, at)) => {
                problems.push(not_utf8(inside, shown, &text, at));
                None
            }
        };
        self.files.borrow_mut().insert(inside.to_owned(), bytes);
        opened
    }

    /// A file that another reader opens by its path; its bytes are kept like those of every other.
    pub(crate) fn keep(&self, inside: &str, said: &At, problems: &Problems) -> Option<PathBuf> {
        let path = self.root.join(inside);
        let bytes = match &self.sheets {
            None => std::fs::read(&path),
            Some(_) => Err(ErrorKind::NotFound.into()),
        };
        match bytes {
            Ok(bytes) => {
                self.files.borrow_mut().insert(inside.to_owned(), bytes);
                Some(path)
            }
            Err(error) => {
                let shown = path.display().to_string();
                problems.push(self.unreadable(inside, shown, error.kind(), Some(said)));
                None
            }
        }
    }

    fn bytes_of(&self, inside: &str) -> std::io::Result<Vec<u8>> {
        match &self.sheets {
            None => std::fs::read(self.root.join(inside)),
            Some(sheets) => match sheets.get(inside) {
                Some(written) => Ok(written.text.clone().into_bytes()),
                None => Err(ErrorKind::NotFound.into()),
            },
        }
    }

    /// The problems where a person finds them: those of a workbook's files at the cells that they came from.
    pub(crate) fn placed(&self, problems: Vec<Problem>) -> Vec<Problem> {
        let Some(sheets) = &self.sheets else {
            return problems;
        };
        let book = self.root.display();
        let placed = problems.into_iter().map(|problem| {
            let file = sheets
                .iter()
                .find(|(inside, _)| self.root.join(inside).display().to_string() == problem.file);
            let landing = file.and_then(|(_, written)| written.landing(problem.span.as_ref()?));
            let Some(landing) = landing else {
                return problem;
            };
            let span = problem.span.clone().zip(landing.lines.clone());
            let span = span.map(|(span, lines)| {
                let end = span.end.clamp(lines.start, lines.end) - lines.start;
                (span.start.max(lines.start) - lines.start).min(end)..end
            });
            let source = landing.lines.and_then(|lines| problem.source.get(lines));
            Problem {
                file: format!("{book}!{}", landing.place),
                source: source.map_or_else(|| Arc::from(""), Arc::from),
                span,
                // A cell is mended by hand.
                fix: None,
                ..problem
            }
        });
        placed.collect()
    }

    /// The bytes of a file that was opened before.
    pub(crate) fn bytes(&self, inside: &str) -> Option<Vec<u8>> {
        self.files.borrow().get(inside).cloned()
    }

    /// The path that `said` names, if it stays inside the plan's folder.
    pub(crate) fn inside(&self, said: &Said<String>, problems: &Problems) -> Option<String> {
        let path = Path::new(&said.value);
        let plain = path
            .components()
            .all(|part| matches!(part, std::path::Component::Normal(_)));
        if plain && !said.value.contains('\\') {
            return Some(said.value.clone());
        }
        let help = both!(
            "文件都放在计划文件夹里, 用 / 分隔",
            "keep files inside the plan's folder, with / between names"
        );
        problems.push(
            said.at
                .error(
                    codes::UNREADABLE_FILE,
                    both!(
                        "`{}` 指到了计划文件夹之外",
                        "`{}` leads out of the plan's folder",
                        said.value
                    ),
                )
                .help(help),
        );
        None
    }

    /// Everything read, by path inside the plan.
    pub(crate) fn into_files(self) -> [BTreeMap<String, Vec<u8>>; 2] {
        [self.files.into_inner(), self.spelled.into_inner()]
    }

    /// What a scenario file says with nothing left to be put in.
    pub(crate) fn spell_out(&self, shown: &str, said: Vec<u8>) {
        let files = self.files.borrow();
        let is = |inside: &&String| self.root.join(inside).display().to_string() == shown;
        if let Some(inside) = files.keys().find(is) {
            let mut spelled = self.spelled.borrow_mut();
            spelled.insert(inside.clone(), said);
        }
    }

    fn unreadable(
        &self,
        inside: &str,
        shown: String,
        kind: ErrorKind,
        said: Option<&At>,
    ) -> Problem {
        let Both { zh, en } = match kind {
            ErrorKind::NotFound => both!("不存在", "does not exist"),
            ErrorKind::PermissionDenied => both!("没有读的权限", "may not be read"),
            ErrorKind::IsADirectory => both!("是文件夹", "is a folder"),
            other => both!("读不出: {other}", "cannot be read: {other}"),
        };
        let message = both!("文件 `{inside}` {zh}", "the file `{inside}` {en}");
        let help = self.suggest_file(inside).unwrap_or_else(|| {
            both!(
                "补上这个文件, 或改正文件名",
                "add the file, or mend its name"
            )
        });
        match said {
            Some(at) => at.error(codes::UNREADABLE_FILE, message).help(help),
            None => Problem::whole_file(codes::UNREADABLE_FILE, shown, message).help(help),
        }
    }

    fn suggest_file(&self, inside: &str) -> Option<Both> {
        if let Some(sheets) = &self.sheets {
            return suggest(inside, sheets.keys().map(String::as_str));
        }
        let folder = Path::new(inside).parent().unwrap_or(Path::new(""));
        let names = names_in(&self.root.join(folder));
        let paths: Vec<String> = names
            .iter()
            .map(|name| folder.join(name).display().to_string())
            .collect();
        suggest(inside, paths.iter().map(String::as_str))
    }
}

/// The file by which a folder is known to be a plan.
pub(crate) const PLAN_FILE: &str = "plan.yaml";
/// The file by which a folder is known to be a plan in one workbook.
pub(crate) const WORKBOOK: &str = "plan.xlsx";

/// Whether a path is named like a workbook.
pub fn is_workbook(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| {
        ["xlsx", "xlsm", "xls", "ods"].contains(&extension.to_lowercase().as_str())
    })
}

fn no_such_plan(path: &Path) -> Problem {
    let shown = path.display().to_string();
    let message = if path.is_dir() {
        both!(
            "文件夹 `{shown}` 里没有 `{PLAN_FILE}`",
            "the folder `{shown}` has no `{PLAN_FILE}`"
        )
    } else if path.is_file() {
        both!(
            "`{shown}` 不是计划; 计划是含有 `{PLAN_FILE}` 的文件夹",
            "`{shown}` is no plan; a plan is a folder with a `{PLAN_FILE}`"
        )
    } else {
        both!("`{shown}` 处没有计划", "there is no plan at `{shown}`")
    };
    let near = plans_beside(path);
    let word = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let help = match nearest(&word, near.iter().map(String::as_str)) {
        Some(name) => {
            let meant = path.with_file_name(name).display().to_string();
            both!("是否想写 `{meant}`?", "did you mean `{meant}`?")
        }
        None if near.is_empty() => both!(
            "给出含有 plan.yaml 的文件夹",
            "give a folder that has a plan.yaml"
        ),
        None => both!("这里的计划: {}", "plans here: {}", near.join(", ")),
    };
    Problem::whole_file(codes::NO_SUCH_PLAN, shown, message).help(help)
}

/// Plans in the folder where `path` was looked for, or in the folder `path` itself.
fn plans_beside(path: &Path) -> Vec<String> {
    let folder = if path.is_dir() {
        path
    } else {
        path.parent().unwrap_or(Path::new(""))
    };
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    names_in(folder)
        .into_iter()
        .filter(|name| folder.join(name).join(PLAN_FILE).is_file())
        .collect()
}

fn names_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    names
}

/// A file in another encoding. In a table the readable digits are hidden: they may be identity numbers.
fn not_utf8(inside: &str, shown: String, text: &str, at: usize) -> Problem {
    let table = inside.ends_with(".csv");
    let text: String = text
        .chars()
        .map(|c| {
            if table && c.is_ascii_alphanumeric() {
                '*'
            } else {
                c
            }
        })
        .collect();
    let source = Arc::new(Source::new(shown, &text));
    let end = source.text[at..]
        .chars()
        .next()
        .map_or(at, |c| at + c.len_utf8());
    At {
        source,
        span: at..end,
    }
    .error(
        codes::NOT_UTF8,
        both!(
            "文件从这里起不是 UTF-8, 可能是 GBK 编码",
            "the file is not UTF-8 from here on; it may be GBK"
        ),
    )
    .help(both!(
        "另存为 UTF-8 (表格选 “CSV UTF-8”), 或 crosswipe lint --fix",
        "save it as UTF-8 (spreadsheets: `CSV UTF-8`), or let crosswipe lint --fix do it"
    ))
}
