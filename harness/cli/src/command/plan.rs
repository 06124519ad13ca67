//! 计划一览 · `crosswipe plan PLAN`: the timeline, what is allowed at an instant, and the role card.
//!
//! Why so: in the night of a cutover nobody reads a notice of eleven pages. Whoever stands at a counter needs one page:
//! allowed now, forbidden now, the next bound, what is left to do, whom to call. All of it follows from the plan alone;
//! nothing is sent and no run is asked.
//! Not here: what the facts are (`card`), which case goes when (`order`), the words on a terminal (`text`), the page for print (`page`),
//! the sheets for people with real cards (`sheets`), folders of sites (`by_site`), the other form of a plan (`convert`).

mod by_site;
mod card;
mod convert;
mod order;
mod page;
mod sheets;
mod text;

use std::path::Path;

use crosswipe_domain::{Moment, Window};
use crosswipe_runner::clock::real_now;
use crosswipe_scenarios::{Plan, timetable};

use crate::args::PlanArgs;
use crate::complain::{Trouble, to_stderr, to_stdout};
use crate::exit::Exit;
use crate::{rundir, shift};

use self::card::Card;
pub(crate) use self::card::milestones;
pub(crate) use self::convert::write_files;
pub(crate) use self::order::left;
pub(crate) use self::sheets::HEADINGS;
pub(crate) use self::text::role as role_in_words;

/// Reads the plan, and prints what was asked for.
pub(crate) fn plan(args: &PlanArgs) -> Result<Exit, Trouble> {
    if let Some(out) = &args.convert {
        return convert::convert(&args.plan, out, &args.common);
    }
    let plan = shift::load(&args.plan, args.shift.as_ref())?;
    if let Some(dir) = &args.by_site {
        return by_site::by_site(&plan, dir, &args.common);
    }
    let lang = args.common.lang();
    let at = args.at.as_deref().map(instant).transpose()?;
    let role = args.role.map(|role| role.audience());
    // A card is always of an instant.
    let at = match role {
        Some(_) => Some(at.unwrap_or_else(real_now)),
        None => at,
    };
    // What holds then, or in the end; the amendments are told beside it.
    let window = match at {
        Some(at) => plan.window.in_force(at).into_owned(),
        None => plan.window.latest().into_owned(),
    };
    let amended = plan.window.amended.clone();
    let plan = Plan {
        window: Window { amended, ..window },
        ..plan
    };
    if let Some(dir) = &args.sheets {
        let order = sheets::Order {
            dir,
            site: args.site.as_deref(),
            numbers: args.with_numbers,
            quiet: args.common.quiet,
            lang,
        };
        sheets::write(&plan, &timetable(&plan), &order)?;
        return Ok(Exit::Clean);
    }
    let card = at.map(|at| Card::of(&plan, role, at));
    if let Some(path) = &args.html {
        let card = card.as_ref().ok_or_else(|| no_card(&plan))?;
        rundir::write(path, page::page(card, lang).as_bytes())?;
        if !args.common.quiet {
            to_stderr(&format!("{}\n", shown(path)));
        }
    }
    // A page of a role has no use for it, and it takes its time.
    let table = role.is_none().then(|| timetable(&plan));
    to_stdout(&match (args.json, &card) {
        (true, card) => text::json(&plan, card.as_ref(), table.as_ref()),
        (false, Some(card)) if role.is_some() => text::card(card, lang),
        (false, card) => {
            let order = table.map(|table| order::told(&plan, &table, args.order, lang));
            text::timeline(&plan, lang)
                + &order.unwrap_or_default()
                + &at_an_instant(card.as_ref(), lang)
        }
    })?;
    Ok(Exit::Clean)
}

fn at_an_instant(card: Option<&Card<'_>>, lang: crosswipe_reports::Lang) -> String {
    card.map_or_else(String::new, |card| format!("\n{}", text::card(card, lang)))
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn no_card(plan: &Plan) -> Trouble {
    Trouble::Usage {
        code: "cli::instant",
        what: "一页纸要写时刻或角色 · a page needs an instant or a role".to_owned(),
        help: format!(
            "写 --role hospital 或 --at now: crosswipe plan {0} --role hospital --html 卡.html · write --role hospital or --at now: crosswipe plan {0} --role hospital --html card.html",
            plan.id
        ),
    }
}

/// `now`, or an instant with its offset.
fn instant(typed: &str) -> Result<Moment, Trouble> {
    if typed == "now" {
        return Ok(real_now());
    }
    Moment::parse(typed).map_err(|error| Trouble::Usage {
        code: "cli::instant",
        what: format!("`{typed}` 不是时刻 · {error}"),
        help: "写 now, 或 2017-06-02T09:00+08:00 · write `now`, or an instant with its offset"
            .to_owned(),
    })
}
