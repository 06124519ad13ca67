//! 改期告示 · `amend.jsonl` of a run folder: bounds that were moved since the run began, one a line.
//!
//! Why a file beside the run and not the plan's: what was run lies in `private/` and stays as it was; the order to move a
//! bound comes while a process works on that very folder, or has died there. Whoever runs or resumes looks right before
//! each message whether the file has grown (its length, no more), so that a line counts from the next message on.
//! A line is written whole or not at all; from when on it counts is said by the journal (WINDOW), not by the file.
//! Not here: whether a bound may move so (`scenarios::amend`), the command (`command::amend`).

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crosswipe_domain::{Amendment, Moment};
use crosswipe_journal::{History, Payload};
use crosswipe_mocks::Setup;
use crosswipe_runner::Bulletin;
use crosswipe_scenarios::Plan;
use serde::{Deserialize, Serialize};

use crate::complain::Trouble;
use crate::served::Served;

/// The file.
const NAME: &str = "amend.jsonl";

/// 一条 · A bound to be moved, as somebody ordered it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Order {
    pub(crate) bound: String,
    pub(crate) was: Moment,
    pub(crate) to: Moment,
    pub(crate) source: String,
    pub(crate) who: String,
}

impl Order {
    /// The same, known from an instant on.
    pub(crate) fn known(&self, known: Moment) -> Amendment {
        let Order {
            bound,
            was,
            to,
            source,
            who,
        } = self.clone();
        Amendment {
            bound,
            was,
            to,
            known,
            source,
            who,
        }
    }

    fn is(&self, one: &Amendment) -> bool {
        self.known(one.known) == *one
    }
}

/// All orders of a run folder, oldest first.
///
/// # Errors
/// The file cannot be read, or somebody else wrote in it.
pub(crate) fn orders(dir: &Path) -> Result<Vec<Order>, Trouble> {
    let path = dir.join(NAME);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Trouble::file("read", &path, error)),
    };
    let lines = text.lines().enumerate();
    lines
        .map(|(index, line)| {
            serde_json::from_str(line).map_err(|error| Trouble::Usage {
                code: "cli::amend_file",
                what: format!("`{0}` 第 {1} 行读不懂: {error} · `{0}`, line {1}: {error}", path.display(), index + 1),
                help: "此文件只由 crosswipe amend 写; 删去坏行再下令 · only crosswipe amend writes here: drop the line and order it again".to_owned(),
            })
        })
        .collect()
}

/// Adds an order, durable before it is told.
pub(crate) fn add(dir: &Path, order: &Order) -> Result<(), Trouble> {
    let path = dir.join(NAME);
    let failed = |error| Trouble::file("write", &path, error);
    let mut line = serde_json::to_string(order).map_err(|error| failed(error.into()))?;
    line.push('\n');
    let mut file = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path)
        .map_err(failed)?;
    file.write_all(line.as_bytes()).map_err(failed)?;
    file.sync_all().map_err(failed)
}

/// The plan with all that the journal says was moved, and with the orders that nobody has taken up yet, known from
/// `now` on.
///
/// # Errors
/// An order that the plan no longer bears out.
pub(crate) fn amended(
    plan: Plan,
    dir: &Path,
    history: &History,
    now: Moment,
) -> Result<Plan, Trouble> {
    let mut known: Vec<Amendment> = Vec::new();
    for record in &history.records {
        if let Payload::Window(moved) = &record.payload {
            known.push(moved.amendment.clone());
        }
    }
    let pending = orders(dir)?;
    let pending = pending
        .iter()
        .filter(|order| !known.iter().any(|one| order.is(one)))
        .map(|order| order.known(now));
    let pending: Vec<Amendment> = pending.collect();
    with_all(plan, known.into_iter().chain(pending))
}

/// The plan with amendments that it may know already.
///
/// # Errors
/// One that the plan does not bear out.
pub(crate) fn with_all(
    mut plan: Plan,
    amendments: impl IntoIterator<Item = Amendment>,
) -> Result<Plan, Trouble> {
    for amendment in amendments {
        if !plan.window.amended.contains(&amendment) {
            plan = plan.amended(amendment).map_err(refused)?.plan;
        }
    }
    Ok(plan)
}

/// Why a bound is not moved.
pub(crate) fn refused(cannot: crosswipe_scenarios::CannotAmend) -> Trouble {
    Trouble::Usage {
        code: cannot.code,
        what: cannot.what.to_string(),
        help: cannot.help.to_string(),
    }
}

/// 听者 · Who has to hear of a bound that moves, beside the run itself.
pub(crate) enum Hearers {
    /// Mock parties of this process.
    Own(Arc<Setup>),
    /// Mock parties of another one.
    Served(Served),
    /// Real systems hear of it from whoever moves it.
    Nobody,
}

impl Hearers {
    /// Tells them; nothing where they know it.
    ///
    /// # Errors
    /// Those of another process cannot be told.
    pub(crate) fn tell(&self, amendment: &Amendment) -> io::Result<()> {
        match self {
            Hearers::Own(setup) => {
                setup.amend(amendment.clone());
                Ok(())
            }
            Hearers::Served(served) => served.tell(amendment),
            Hearers::Nobody => Ok(()),
        }
    }
}

/// What came since it was asked last; the parties are told first. What they cannot be told now is no news to the run
/// either, and comes again at the next look: no message goes out under a bound that its receivers have not heard of.
pub(crate) fn of(dir: &Path, hearers: Hearers) -> Bulletin {
    let path: PathBuf = dir.join(NAME);
    let length = |path: &Path| fs::metadata(path).map_or(0, |known| known.len());
    let read = orders(dir).map_or(0, |orders| orders.len());
    let seen = Mutex::new((length(&path), read));
    let dir = dir.to_owned();
    Box::new(move |at| {
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        let grown = length(&path);
        if grown == seen.0 {
            return Vec::new();
        }
        // A line that cannot be read now is whole at the next look.
        let Ok(orders) = orders(&dir) else {
            return Vec::new();
        };
        let mut new = Vec::new();
        for order in orders.iter().skip(seen.1) {
            let amendment = order.known(at);
            if hearers.tell(&amendment).is_err() {
                break;
            }
            new.push(amendment);
        }
        seen.1 += new.len();
        if seen.1 == orders.len() {
            seen.0 = grown;
        }
        new
    })
}
