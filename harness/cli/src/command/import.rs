//! 导入 · `crosswipe import PLAN FILE…`: swipes made by hand and lists of parties become a run folder like any other.
//!
//! Everything is read before a folder is made: one cell that cannot be read leaves nothing behind. What it is worth follows
//! from the papers (`verify::listed`): a typed sheet proves nothing, a party's own list is L1, a 3202 result L2.
//! Not here: reading (`books::papers`), adopting (`intake`), judging (`verify`).

use crosswipe_domain::{PseudonymKey, both};
use crosswipe_runner::beginning;
use crosswipe_runner::clock::real_now;

use crate::args::Import;
use crate::books::{Flaw, papers};
use crate::command::run::place;
use crate::complain::Trouble;
use crate::conclude::{Telling, certify};
use crate::exit::Exit;
use crate::intake::{People, Sheets, adopt, header, write};
use crate::{private, rundir, shift};

/// Reads, adopts, writes, judges, tells.
pub(crate) fn import(args: &Import) -> Result<Exit, Trouble> {
    let plan = shift::load(&args.plan, args.shift.as_ref())?;
    let (run_id, dir) = place(args.out.as_deref(), &plan, real_now())?;
    rundir::must_be_empty(&dir)?;
    let begins = beginning(&plan).ok_or_else(|| Trouble::Nothing {
        what: "计划没有时间 · the plan has no instant to begin at".to_owned(),
        help: "crosswipe explain cli::nothing_selected".to_owned(),
    })?;
    let people = People::of(&plan);
    let mut sheets = Sheets::of(&plan, &people);
    let read = papers(&args.files, args.map.as_deref(), &mut sheets).map_err(Trouble::Books)?;
    // The site's key is made at its first run, and not before everything was read; its evidence calls people by it.
    let known = private::known_key(&dir, &plan.id)?;
    let taken = |key: &PseudonymKey| {
        let people = People::of(&plan).known_as(key);
        adopt(&plan, key, &people, &sheets, &read).map_err(Trouble::Books)
    };
    let adopted = taken(known.as_ref().unwrap_or(&PseudonymKey::new([0; 32])))?;
    if adopted.swiped.is_empty() {
        return Err(Trouble::Books(
            Flaw::new(
                args.files[0].display().to_string(),
                both!(
                    "一笔也没有填, 没有可导入的",
                    "nothing was filled in, so there is nothing to import"
                ),
                both!(
                    "在任务单的白格里填写后再导入",
                    "fill in the white cells of the task sheet first"
                ),
            )
            .into(),
        ));
    }
    let key = private::plan_key(&dir, &plan.id)?;
    let adopted = match known {
        Some(_) => adopted,
        None => taken(&key)?,
    };
    rundir::create(&dir)?;
    rundir::keep_plan(&dir, &plan.files, &key)?;
    let mut header = header(&dir, run_id, &plan, &key, &adopted)?;
    let moved = args.shift.as_ref();
    header
        .switches
        .extend(moved.map(|by| (shift::SHIFT.to_owned(), by.text().to_owned())));
    let finished = write(&dir, &plan, header, &adopted, &sheets.unjudged, begins)?;
    let telling = Telling {
        silent: false,
        json: args.json,
        lang: args.common.lang(),
    };
    certify(telling, &dir, &plan.id, finished, &[])
}
