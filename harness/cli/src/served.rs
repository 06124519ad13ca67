//! 在外的各方 · Mock parties in a process of their own: `crosswipe serve` keeps them, `run --served` uses them.
//!
//! Why so: parties that live in the harness die with it, and nobody can say how it looks when one side alone
//! dies. What a served world says of itself stands in `served.json` beside its books: which plan, which
//! process, which addresses. A lock held by that process says whether it still lives; the lock ends with it.
//! Called by `command::serve`, `run` and `resume`. Not here: the parties themselves (`mocks`).

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crosswipe_domain::{Amendment, Party, sha256_hex};
use crosswipe_mocks::MsgidMode;
use crosswipe_scenarios::Plan;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::complain::Trouble;
use crate::rundir::{keep_private, write};

const SERVED: &str = "served.json";
const LOCK: &str = "serve.lock";
const SCHEMA: &str = "crosswipe.serve/1";
/// How long parties may take to hear of something.
const PATIENCE: Duration = Duration::from_secs(3);
/// Bytes of an answer's first line.
const MOST: u64 = 512;

/// 告示 · What a served world says of itself; also what `serve --json` prints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Served {
    pub(crate) schema: String,
    /// Id of the plan.
    pub(crate) plan: String,
    /// Where the plan lies.
    pub(crate) plan_dir: PathBuf,
    /// Digest of all files of the plan: parties of another plan, or of an earlier state of it, are not those meant.
    pub(crate) plan_sha256: String,
    /// Where the books are kept.
    pub(crate) books: PathBuf,
    /// The process that serves.
    pub(crate) pid: u32,
    /// Where each party listens.
    pub(crate) parties: BTreeMap<Party, SocketAddr>,
    /// Faults that they inject, as typed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) faults: Vec<String>,
    /// What a repeated msgid meets, where that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) msgid_mode: Option<String>,
}

/// 账房 · A books folder that this process alone serves, until dropped.
pub(crate) struct House {
    _lock: File,
    books: PathBuf,
    /// What the process before this one said.
    pub(crate) before: Option<Served>,
}

impl House {
    /// Opens a books folder for a plan; an empty one is begun.
    ///
    /// # Errors
    /// It is served by another process, holds another plan's books or something else, or cannot be written.
    pub(crate) fn open(books: &Path, plan: &Plan) -> Result<House, Trouble> {
        let before = read(books)?;
        match &before {
            Some(served) => must_fit(served, plan)?,
            None => must_be_empty(books)?,
        }
        fs::create_dir_all(books).map_err(|error| Trouble::file("create", books, error))?;
        // The books hold full person numbers.
        keep_private(books)?;
        let books = fs::canonicalize(books).map_err(|error| Trouble::file("open", books, error))?;
        let path = books.join(LOCK);
        let opened = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path);
        let lock = opened.map_err(|error| Trouble::file("create", &path, error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let by = before.map_or_else(String::new, |served| format!(" {}", served.pid));
                return Err(Trouble::Usage {
                    code: "cli::books_in_use",
                    what: format!("`{0}` 已由进程{by} 开着 · `{0}` is served by process{by} already", books.display()),
                    help: "用那个进程, 或换一个 --books 目录 · use that process, or name another folder with --books"
                        .to_owned(),
                });
            }
            Err(TryLockError::Error(error)) => return Err(Trouble::file("lock", &path, error)),
        }
        let parties = books.join("parties");
        fs::create_dir_all(&parties).map_err(|error| Trouble::file("create", &parties, error))?;
        Ok(House {
            _lock: lock,
            books,
            before,
        })
    }

    /// The folder, in full.
    pub(crate) fn books(&self) -> &Path {
        &self.books
    }

    /// Says where the parties of this process listen. The file is whole whenever it is read.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn announce(
        &self,
        plan: &Plan,
        plan_dir: &Path,
        parties: BTreeMap<Party, SocketAddr>,
        (faults, msgid_mode): (&[String], Option<MsgidMode>),
    ) -> Result<Served, Trouble> {
        let served = Served {
            schema: SCHEMA.to_owned(),
            plan: plan.id.clone(),
            plan_dir: fs::canonicalize(plan_dir).unwrap_or_else(|_| plan_dir.to_owned()),
            plan_sha256: digest(plan),
            books: self.books.clone(),
            pid: std::process::id(),
            parties,
            faults: faults.to_vec(),
            msgid_mode: msgid_mode.map(|mode| mode.name().to_owned()),
        };
        let (path, beside) = (self.books.join(SERVED), self.books.join("served.new"));
        write(&beside, served.text().as_bytes())?;
        fs::rename(&beside, &path).map_err(|error| Trouble::file("write", &path, error))?;
        Ok(served)
    }
}

impl Served {
    /// The parties of a plan as they are served at this moment from these books.
    ///
    /// # Errors
    /// Nothing is served there, or another plan, or its process has gone.
    pub(crate) fn find(books: &Path, plan: &Plan) -> Result<Served, Trouble> {
        let served = read(books)?.ok_or_else(|| Trouble::Usage {
            code: "cli::not_served",
            what: format!(
                "`{0}` 不是开台的目录: 里面没有 `{SERVED}` · `{0}` is no folder of served parties: there is no `{SERVED}` in it",
                books.display()
            ),
            help: format!(
                "先启动: crosswipe serve PLAN --books {0} · start them first: crosswipe serve PLAN --books {0}",
                books.display()
            ),
        })?;
        must_fit(&served, plan)?;
        if lives(books)? {
            Ok(served)
        } else {
            Err(Trouble::PartiesGone(Box::new(served)))
        }
    }

    /// 告知 · Tells these parties of a bound that was moved; they share what one of them hears. Done before the next message
    /// leaves, so it is waited for.
    ///
    /// # Errors
    /// They do not answer, or do not take it.
    pub(crate) fn tell(&self, amendment: &Amendment) -> io::Result<()> {
        self.told("/__admin/amend", &serde_json::to_string(amendment)?)
    }

    /// 平移 · Tells these parties how far the run moves the whole plan, in milliseconds; 0 = not at all.
    ///
    /// # Errors
    /// They do not answer; or a single bound of theirs was amended while the plan lay elsewhere.
    pub(crate) fn shift(&self, ms: i64) -> Result<(), Trouble> {
        let body = json!({"ms": ms}).to_string();
        self.told("/__admin/shift", &body).map_err(|error| match error.kind() {
            io::ErrorKind::InvalidInput => Trouble::Usage {
                code: "cli::served_shift",
                what: format!(
                    "`{0}` 改期时的 `--shift` 与这次不同 · `{0}` was amended while its plan was moved otherwise than by this `--shift`",
                    self.books.display()
                ),
                help: "照先前的 --shift, 或开一个新目录 · shift as before, or serve a new folder: crosswipe serve PLAN --books NEW"
                    .to_owned(),
            },
            _ => Trouble::World(error),
        })
    }

    /// Says something to the first of them.
    fn told(&self, path: &str, body: &str) -> io::Result<()> {
        let at = self.parties.values().next();
        let at = at.ok_or_else(|| io::Error::other("nobody is served"))?;
        let mut line = TcpStream::connect_timeout(at, PATIENCE)?;
        line.set_read_timeout(Some(PATIENCE))?;
        line.set_write_timeout(Some(PATIENCE))?;
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {at}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        line.write_all((head + body).as_bytes())?;
        // The first line says it all, and whoever stands in front of them may keep the line open.
        let mut answer = String::new();
        BufReader::new(line.take(MOST)).read_line(&mut answer)?;
        let said = format!(
            "{at} did not take {path}: {}",
            answer.lines().next().unwrap_or_default()
        );
        match answer.get(..12) {
            Some("HTTP/1.1 200") => Ok(()),
            Some("HTTP/1.1 400") => Err(io::Error::new(io::ErrorKind::InvalidInput, said)),
            _ => Err(io::Error::other(said)),
        }
    }

    /// As JSON, with a line feed at the end.
    pub(crate) fn text(&self) -> String {
        let text = serde_json::to_string_pretty(self).expect("texts and numbers are JSON");
        text + "\n"
    }

    /// What starts these parties again.
    pub(crate) fn command(&self) -> String {
        let faults = self.faults.iter().map(|fault| format!(" --fault {fault}"));
        let mode = self.msgid_mode.iter();
        let mode = mode.map(|mode| format!(" --msgid-mode {mode}"));
        format!(
            "crosswipe serve {} --books {}{}",
            self.plan_dir.display(),
            self.books.display(),
            faults.chain(mode).collect::<String>()
        )
    }
}

/// Whether somebody serves these books now.
fn lives(books: &Path) -> Result<bool, Trouble> {
    let path = books.join(LOCK);
    match File::open(&path) {
        Ok(lock) => Ok(matches!(
            lock.try_lock_shared(),
            Err(TryLockError::WouldBlock)
        )),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Trouble::file("open", &path, error)),
    }
}

fn read(books: &Path) -> Result<Option<Served>, Trouble> {
    let path = books.join(SERVED);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            return Ok(None);
        }
        Err(error) => return Err(Trouble::file("read", &path, error)),
    };
    serde_json::from_slice(&bytes)
        .map(Some)
        .map_err(|error| Trouble::file("read", &path, io::Error::other(error)))
}

/// Books of one plan are not those of another, nor of the same plan with other persons or places.
fn must_fit(served: &Served, plan: &Plan) -> Result<(), Trouble> {
    let books = served.books.display();
    let what = if served.plan != plan.id {
        format!(
            "`{books}` 里是计划 `{0}` 的账, 不是 `{1}` 的 · `{books}` holds the books of plan `{0}`, not of `{1}`",
            served.plan, plan.id
        )
    } else if served.plan_sha256 != digest(plan) {
        format!(
            "计划 `{0}` 的文件不是 `{books}` 里各方开台时的 · the files of plan `{0}` are not those that the parties in `{books}` were set up from",
            plan.id
        )
    } else {
        return Ok(());
    };
    Err(Trouble::Usage {
        code: "cli::served_other_plan",
        what,
        help: "每份计划用自己的目录, 计划改动后也换新目录 · one folder for each plan, a new one after a change: crosswipe serve PLAN --books NEW"
            .to_owned(),
    })
}

fn must_be_empty(books: &Path) -> Result<(), Trouble> {
    let mut entries = match fs::read_dir(books) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            return Err(not_for_books(books));
        }
        Err(error) => return Err(Trouble::file("open", books, error)),
    };
    // A process that was killed before it had said anything leaves no more than its lock and its folder.
    let foreign = entries.any(|entry| {
        entry.is_ok_and(|entry| entry.file_name() != LOCK && entry.file_name() != "parties")
    });
    if foreign {
        Err(not_for_books(books))
    } else {
        Ok(())
    }
}

fn not_for_books(books: &Path) -> Trouble {
    Trouble::Usage {
        code: "cli::not_served",
        what: format!(
            "`{0}` 里是别的东西, 不是开台的账 · `{0}` holds something else than books of served parties",
            books.display()
        ),
        help: "用 --books 指定一个空目录 · name an empty folder with --books".to_owned(),
    }
}

/// One digest of all files of a plan.
pub(crate) fn digest(plan: &Plan) -> String {
    let lines: String = plan
        .files
        .iter()
        .map(|(name, bytes)| format!("{}  {name}\n", sha256_hex(bytes)))
        .collect();
    sha256_hex(lines.as_bytes())
}
