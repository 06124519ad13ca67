//! 窗口 · Whether the cutover's phase lets a forward message in.
//!
//! The platform's own reading of the notice, apart from the runner's gate and the judge's: it speaks of
//! the instant at which a message arrives here. Test persons may be served where a phase allows their
//! swipe; everybody else while the public is served. Undo messages and reads are never asked.

use crosswipe_domain::{Allow, Moment, Nature, OfficeAct, Public, Scope, Span, Suspension, Window};
use crosswipe_wire::{Refusal, RefusalCode};

use crate::deed::Hop;
use crate::setup::Setup;

/// 不开 · Why the door is shut; of all rules of the phase, by the one that came closest to opening it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Shut {
    /// No test is allowed at this instant.
    Window,
    /// Not this business.
    Business,
    /// Not this class of persons.
    Class,
    /// Not this institution, or not this pair of places.
    Institution,
    /// The person is on no registry, and the public is suspended.
    Stranger,
    /// 暂停 · The public is served, but this part of its business stands still.
    Suspended,
    /// 退费截止 · What is to be refunded was settled before the cut-off.
    CutOff,
    /// 补录次序 · Something later of the person is entered already.
    OutOfOrder,
    /// 重复补录 · The same is entered already.
    Twice,
    /// 已了结 · What an office would end was ended before.
    Ended,
    /// 旧平台已停 · This platform is the one of before the cutover, and has stopped.
    Stopped,
}

/// Asks the window.
pub(crate) fn ask(setup: &Setup, window: &Window, now: Moment, hop: &Hop) -> Result<(), Shut> {
    let registered = setup
        .person(&hop.person)
        .filter(|persona| persona.registered);
    let Some(persona) = registered else {
        return match window.public_at(now) {
            Public::Open if suspends(window, now, hop) => Err(Shut::Suspended),
            Public::Open => Ok(()),
            Public::Closed => Err(Shut::Stranger),
        };
    };
    let insutype = persona.class.insutype();
    let phase = window.phase_at(now).ok_or(Shut::Window)?;
    let mut nearest = Shut::Window;
    for allow in &phase.allow {
        match allows(allow, setup, hop, insutype) {
            Ok(()) => return Ok(()),
            Err(shut) => nearest = nearest.max(shut),
        }
    }
    Err(nearest)
}

/// 暂停 · Whether this part of the public's business stands still though the public is served.
fn suspends(window: &Window, now: Moment, hop: &Hop) -> bool {
    any_suspends(window, now, hop, false)
}

/// 补录 · Whether nothing of before go-live is entered any more of this part of the public's business.
pub(super) fn suspends_entry(window: &Window, now: Moment, hop: &Hop) -> bool {
    any_suspends(window, now, hop, true)
}

/// 经办 · Whether an act of the office stands still: a suspension of visits does not concern it, and what it does with its
/// own books is not shut with the public.
pub(super) fn ask_office(
    window: &Window,
    now: Moment,
    hop: &Hop,
    act: OfficeAct,
) -> Result<(), Shut> {
    let infno = hop.infno();
    if infno.nature() == Nature::Undo {
        return Ok(());
    }
    if window.public_at(now) == Public::Closed && !act.is_in_house() {
        return Err(Shut::Stranger);
    }
    let of_no_visit = |one: &&Suspension| {
        one.business.is_empty()
            && one.span.is_empty()
            && one.treatment.is_empty()
            && one.institutions.is_empty()
    };
    let names = |one: &&Suspension| !(act.is_in_house() && one.messages.is_empty());
    let suspended = window.suspended.iter().filter(of_no_visit);
    let suspended = suspended.filter(names).cloned();
    let rest = Window {
        suspended: suspended.collect(),
        ..window.clone()
    };
    match suspends(&rest, now, hop) {
        true => Err(Shut::Suspended),
        false => Ok(()),
    }
}

fn any_suspends(window: &Window, now: Moment, hop: &Hop, entries: bool) -> bool {
    let infno = hop.infno();
    let concerns = |one: &Suspension| {
        let numbers = |listed: &[String]| listed.iter().any(|number| number == infno.base());
        let family = infno.business();
        let holds = [
            one.messages.is_empty() || numbers(&one.messages),
            !numbers(&one.except),
            one.business.is_empty() || family.is_some_and(|family| one.business.contains(&family)),
            one.span.is_empty() || one.span.contains(&hop.span()),
            one.insured.is_empty() || one.insured.contains(&hop.insured),
            one.treatment.is_empty() || one.treatment.contains(&hop.treatment),
            one.institutions.is_empty() || one.institutions.contains(&hop.cause.origin),
            one.channels.is_empty() || one.channels.contains(&hop.channel),
        ];
        holds.into_iter().all(|holds| holds)
    };
    let mut now_on = window
        .suspended
        .iter()
        .filter(|one| one.entries == entries)
        .filter(|one| one.from <= now && one.to.is_none_or(|to| now < to));
    now_on.any(concerns)
}

/// E-WINDOW, with instant and phase.
pub(super) fn refusal(window: &Window, now: Moment) -> Refusal {
    let phase = window.phase_at(now);
    let phase = phase.map_or("-", |phase| phase.id.as_str());
    Refusal::new(RefusalCode::Window, format!("{} {phase}", now.wire()))
}

/// 退费截止 · Whether the notice lets a settlement be refunded now; `settled` says when it was made.
pub(super) fn past_refund(window: &Window, settled: Moment, now: Moment) -> Option<Refusal> {
    let cut = window.no_refund?;
    let past = settled < cut.settled_before && cut.from <= now;
    past.then(|| {
        let detail = format!("结算时间 {}, 已过退费截止", settled.wire());
        Refusal::new(RefusalCode::Window, detail)
    })
}

/// 不得转自费 · Whether the notice lets a stay of somebody insured here be cancelled now; `began` says since when it lasts.
pub(super) fn past_self_pay(window: &Window, began: Moment, now: Moment) -> Option<Refusal> {
    let rule = window.no_self_pay?;
    let past = began < rule.admitted_before && rule.from <= now;
    past.then(|| {
        let detail = format!("入院时间 {}, 须结算后转入, 不得转自费", began.wire());
        Refusal::new(RefusalCode::Window, detail)
    })
}

fn allows(allow: &Allow, setup: &Setup, hop: &Hop, insutype: &str) -> Result<(), Shut> {
    let business = allow.business.is_empty()
        || hop
            .infno()
            .business()
            .is_some_and(|business| allow.business.contains(&business));
    let channel = allow.channels.is_empty() || allow.channels.contains(&hop.channel);
    let class = allow.classes.is_empty()
        || allow
            .classes
            .iter()
            .any(|class| class.insutype() == insutype);
    let institution =
        allow.institutions.is_empty() || allow.institutions.contains(&hop.cause.origin);
    let scope = match allow.scope {
        Scope::Any => true,
        Scope::Local => hop.span() == Span::Local,
        Scope::CrossRegion => hop.span() != Span::Local,
        Scope::Arranged => setup
            .arranged
            .iter()
            .any(|(insured, code)| *insured == hop.insured && *code == hop.cause.origin),
    };
    for (open, shut) in [
        (business && channel, Shut::Business),
        (class, Shut::Class),
        (institution && scope, Shut::Institution),
    ] {
        if !open {
            return Err(shut);
        }
    }
    Ok(())
}
