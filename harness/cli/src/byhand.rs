//! 人工与时刻 · What of a plan with a schedule a run leaves to people, and when it sends the rest.
//!
//! Why before anything else: real cards are swiped by people at counters, so a run that sent those cases would book them
//! twice; and where hours and numbers at a time were agreed upon, what does not fit into them is not sent at all.
//! Called by `run`. Not here: the timetable (`scenarios::planner`), the sheets for people (`command::plan`).

use crosswipe_reports::Lang;
use crosswipe_scenarios::{Plan, Timetable, Unplaced, timetable};

use crate::command::plan::left;
use crate::command::select::Selected;
use crate::complain::Trouble;

/// 留下的 · Selected cases that the run does not send.
#[derive(Clone, Debug, Default)]
pub(crate) struct SetAside {
    /// How many people swipe.
    pub(crate) by_hand: usize,
    /// What fits nowhere.
    pub(crate) unplaced: Vec<Unplaced>,
}

/// Takes out of the selection what people swipe and what does not fit, and gives the rest its starts. A plan without a
/// schedule stays as it is.
///
/// # Errors
/// Nothing is left to be sent.
pub(crate) fn set_aside(plan: &mut Plan, selected: &mut Selected) -> Result<SetAside, Trouble> {
    if !plan.timing.written {
        return Ok(SetAside::default());
    }
    let Timetable {
        slots, unplaced, ..
    } = timetable(plan);
    let mut aside = SetAside {
        by_hand: 0,
        unplaced: unplaced
            .into_iter()
            .filter(|one| selected.cases.contains(&one.case))
            .collect(),
    };
    for slot in slots {
        if !slot.by_hand && !slot.fixed {
            plan.cases[slot.case].start = Some(slot.from);
        }
    }
    let by_hand = |case: &usize| plan.by_hand(&plan.cases[*case]);
    aside.by_hand = selected.cases.iter().filter(|case| by_hand(case)).count();
    aside.unplaced.retain(|one| !by_hand(&one.case));
    let unplaced = &aside.unplaced;
    selected
        .cases
        .retain(|case| !by_hand(case) && !unplaced.iter().any(|one| one.case == *case));
    if selected.len() == 0 {
        return Err(Trouble::Nothing {
            what: format!(
                "选中的 {} 例由人工刷卡, {} 例排不下, run 一笔也不发 · nothing is left to be sent: {} cases are by hand, {} do not fit",
                aside.by_hand,
                aside.unplaced.len(),
                aside.by_hand,
                aside.unplaced.len()
            ),
            help: format!(
                "crosswipe plan {0}; crosswipe plan {0} --sheets DIR",
                plan.id
            ),
        });
    }
    Ok(aside)
}

impl SetAside {
    /// What was left, for people; empty if nothing was.
    pub(crate) fn told(&self, plan: &Plan, lang: Lang) -> String {
        let mut text = match (self.by_hand, lang) {
            (0, _) => String::new(),
            (cases, Lang::Zh) => format!(
                "人工 {cases} 例不由本次运行发出，不算在内：crosswipe plan {} --sheets DIR\n",
                plan.id
            ),
            (cases, Lang::En) => format!(
                "by hand: {cases} cases that this run does not send and does not count: crosswipe plan {} --sheets DIR\n",
                plan.id
            ),
        };
        text += left(plan, &self.unplaced, lang).trim_start_matches('\n');
        text
    }
}
