//! 由计划来的表 · Forms that a plan alone fills: whom to call, who is registered, what is due until go-live.

use crosswipe_domain::{Both, PersonClass, PhaseKind};
use crosswipe_reports::{Deadline, Lang, RegisteredPerson};
use crosswipe_scenarios::Plan;

use super::make;
use crate::args::PlanForm;
use crate::command::plan::{milestones, role_in_words};
use crate::complain::Trouble;
use crate::exit::Exit;
use crate::{contacts, rundir, shift};

fn titled(plan: &Plan) -> String {
    format!("{} {}", plan.id, plan.title_zh)
}

/// Every place of the plan, whether somebody is named there or not.
pub(super) fn contacts(args: &PlanForm) -> Result<Exit, Trouble> {
    let plan = shift::load(&args.plan, None)?;
    make(&args.into, |_, lang| {
        let all = contacts::of(&plan, lang.pick("省平台", "hub"));
        crosswipe_reports::leads(&titled(&plan), &all, lang)
    })
}

/// Full numbers: to a file that nobody else may read, never to a terminal.
pub(super) fn persons(args: &PlanForm) -> Result<Exit, Trouble> {
    if args.into.out.is_empty() {
        return Err(Trouble::Usage {
            code: "cli::form_ending",
            what: "备案表有完整号码, 只写进文件, 不上屏 · the form of registered persons holds full numbers: it goes to a file, never to a terminal".to_owned(),
            help: "--out FILE.xlsx".to_owned(),
        });
    }
    let plan = shift::load(&args.plan, None)?;
    let phases = &plan.window.phases;
    let window = match (phases.first(), plan.window.end()) {
        (Some(first), Some(end)) => format!("{} – {}", first.from.wire(), end.wire()),
        _ => String::new(),
    };
    let registered = plan
        .registry
        .personas
        .iter()
        .filter(|persona| persona.registered);
    let named = |persona: &crosswipe_domain::Persona, lang: Lang| RegisteredPerson {
        label: persona.label.clone(),
        name: persona.name.clone(),
        psn_no: persona.no.reveal().to_owned(),
        certno: persona.id_number.reveal().to_owned(),
        insured: plan
            .topology
            .region(persona.insured)
            .map_or_else(String::new, |region| region.name.clone()),
        class: format!(
            "{} {}",
            persona.class.insutype(),
            match persona.class {
                PersonClass::Employee => lang.pick("职工", "employee"),
                PersonClass::Resident => lang.pick("居民", "resident"),
            }
        ),
        valid: window.clone(),
    };
    let registered: Vec<&crosswipe_domain::Persona> = registered.collect();
    let exit = make(&args.into, |_, lang| {
        let all: Vec<RegisteredPerson> = registered
            .iter()
            .map(|persona| named(persona, lang))
            .collect();
        crosswipe_reports::persons(&titled(&plan), &window, &all, lang)
    })?;
    for path in &args.into.out {
        rundir::keep_private(path)?;
    }
    Ok(exit)
}

/// Bounds of the window and duties, by time.
pub(super) fn countdown(args: &PlanForm) -> Result<Exit, Trouble> {
    let plan = shift::load(&args.plan, None)?;
    let live = plan
        .window
        .phases
        .iter()
        .find(|phase| phase.kind == PhaseKind::Live);
    let Some(live) = live.map(|phase| phase.from).or(plan.window.end()) else {
        return Err(Trouble::Nothing {
            what: "计划的窗口没有终点, 无从倒排 · the plan's window has no end to count down to"
                .to_owned(),
            help: "crosswipe lint PLAN".to_owned(),
        });
    };
    let mut all = milestones(&plan);
    for duty in &plan.duties {
        let who = |lang: Lang| {
            let words = duty.who.iter().map(|who| role_in_words(Some(*who), lang));
            words.collect::<Vec<_>>().join(lang.pick("、", ", "))
        };
        let Some(at) = duty.due.or(duty.from) else {
            continue;
        };
        let begins = duty.due.is_none();
        let (zh, en) = if begins {
            ("起：", "from now on: ")
        } else {
            ("截止：", "due: ")
        };
        all.push(Deadline {
            at,
            what: Both {
                zh: format!("{zh}{}", duty.text).into(),
                en: format!("{en}{}", duty.text).into(),
            },
            who: Both {
                zh: who(Lang::Zh).into(),
                en: who(Lang::En).into(),
            },
            clause: duty.clause.clone(),
            quote: duty.quote.clone(),
        });
    }
    make(&args.into, |_, lang| {
        crosswipe_reports::countdown(&titled(&plan), &all, live, lang)
    })
}
