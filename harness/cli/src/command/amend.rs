//! 改期 · `crosswipe amend RUN`: one bound of the window moves alone, while a run goes on or before it is resumed.
//!
//! Why a command and not the plan's file: in the night of a cutover somebody rings up and says «two hours later», and the
//! run must hear of it at its next message; a file that is edited by hand in the middle of a run is read half-written, and
//! its slips are found too late. Here the order is held against the whole window first, then written as one line.
//! What is known before a run begins belongs into `amend:` of the plan.

use crosswipe_domain::Moment;
use crosswipe_journal::Payload;
use crosswipe_reports::Lang;

use crate::args::Amend;
use crate::bulletin::{self, Order};
use crate::complain::{Trouble, to_stdout};
use crate::exit::Exit;
use crate::{rundir, shift};

/// Checks the order, writes it, and says which cases expected the old bound.
pub(crate) fn amend(args: &Amend) -> Result<Exit, Trouble> {
    let usage =
        |code: &'static str, what: String, help: String| Trouble::Usage { code, what, help };
    for (option, typed) in [("--source", &args.source), ("--who", &args.who)] {
        if typed.trim().is_empty() {
            let help = "改期要写明出处和告知人 · say which notice moves it, and who brought it";
            return Err(usage(
                "cli::amend_said",
                format!("`{option}` is empty"),
                help.to_owned(),
            ));
        }
    }
    let instant = |typed: &str| {
        Moment::parse(typed).map_err(|_| {
            let help = "形如 2017-06-05T09:00+08:00 · write it like 2017-06-05T09:00+08:00";
            usage(
                "cli::instant",
                format!("`{typed}` is no instant"),
                help.to_owned(),
            )
        })
    };
    let to = instant(&args.to)?;
    let was = args.was.as_deref().map(instant).transpose()?;
    let history = crosswipe_journal::read(&args.run)?;
    let certified = |payload: &Payload| matches!(payload, Payload::Cert(_));
    if history
        .records
        .iter()
        .any(|record| certified(&record.payload))
    {
        let what = "this run has ended and was certified: nothing is amended backwards".to_owned();
        let help = "把它写进计划的 amend: · write it into `amend:` of the plan for the next run";
        return Err(usage("cli::amend_ended", what, help.to_owned()));
    }
    let moved = history.header().switches.get(shift::SHIFT);
    let moved = moved.and_then(|text| text.parse().ok());
    let mut plan = shift::moved(rundir::kept_plan(&args.run)?, moved.as_ref());
    if history.header().transport == "door" {
        // A door moves its plan to the day on which it is opened.
        plan.window = history.header().plan.window.clone();
    }
    let now = history.last().at;
    let plan = bulletin::amended(plan, &args.run, &history, now)?;
    let lies = plan.window.latest().instants_of(&args.bound);
    let was = match (was, lies.as_slice()) {
        (Some(was), _) => was,
        (None, [one]) => *one,
        (None, []) => to,
        (None, several) => {
            let at: Vec<String> = several.iter().map(ToString::to_string).collect();
            let what = format!("`{}` lies at {}", args.bound, at.join(", "));
            let help = "用 --was 指明是哪一个 · say which of them with --was";
            return Err(usage("cli::amend_which", what, help.to_owned()));
        }
    };
    let order = Order {
        bound: args.bound.clone(),
        was,
        to,
        source: args.source.clone(),
        who: args.who.clone(),
    };
    let amended = plan.amended(order.known(now)).map_err(bulletin::refused)?;
    bulletin::add(&args.run, &order)?;
    let old: Vec<String> = amended.old.iter().map(ToString::to_string).collect();
    to_stdout(&match (args.common.lang(), old.is_empty()) {
        (Lang::Zh, true) => format!("{}: {was} → {to}; 自下一笔报文起按此执行\n", order.bound),
        (Lang::En, true) => format!(
            "{}: {was} → {to}; holds from the next message on\n",
            order.bound
        ),
        (Lang::Zh, false) => format!(
            "{}: {was} → {to}; 自下一笔报文起按此执行\n以下 {} 个用例原按旧界预期, 改按新界判定: {}\n",
            order.bound,
            old.len(),
            old.join(", ")
        ),
        (Lang::En, false) => format!(
            "{}: {was} → {to}; holds from the next message on\nthese {} cases expected the old bound and are held to the new one: {}\n",
            order.bound,
            old.len(),
            old.join(", ")
        ),
    })?;
    Ok(Exit::Clean)
}
