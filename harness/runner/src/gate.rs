//! 闸门 · Decides whether a message may be sent at this moment.
//!
//! Why here: a test swipe outside the notice's window would touch real accounts, so the question is
//! asked in one place and as late as can be: right before the first byte.
//! Called by `deliver` before each forward message; R12 of the judge asks again with its own code.
//! Not here: the phases themselves (`domain::window`), who is registered (`domain::topology`).

use crosswipe_domain::{
    AdmDivision, Allow, Business, Channel, InfNo, Institution, Moment, Nature, PersonClass,
    Persona, Phase, Scope, Span, Window,
};

/// Day in milliseconds: reads may go on for one after the last phase.
const DAY_MS: i64 = 24 * 3600 * 1000;

/// What is asked at the gate.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// When it would be sent.
    pub at: Moment,
    /// What.
    pub infno: &'a InfNo,
    /// For which business, where the number alone does not say.
    pub business: Option<Business>,
    /// About whom.
    pub persona: Option<&'a Persona>,
    /// Through what.
    pub channel: Channel,
    /// From where.
    pub institution: &'a Institution,
    /// R8's probes are exempt from the margin before the window's end, not from the window.
    pub probe: bool,
}

/// Why a message is not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// No phase allows it now.
    #[error("window")]
    Window,
    /// Not a registered test person, or of a class that the phase does not allow.
    #[error("persona")]
    Persona,
    /// A business, direction or channel that the phase does not allow.
    #[error("business")]
    Business,
    /// An institution that the phase does not allow, or a pair that is not arranged.
    #[error("institution")]
    Institution,
    /// Too close to the window's end to be undone in time.
    #[error("margin")]
    Margin,
    /// More settlements, or more money, than the plan allows a run against real systems.
    #[error("cap")]
    Cap,
}

/// Asks whether a message may be sent.
///
/// # Errors
/// The nearest reason why not: of all rules of the phase, the one that came closest to allowing it.
pub fn ask(
    window: &Window,
    arranged: &[(AdmDivision, String)],
    question: &Question<'_>,
) -> Result<(), Denied> {
    match question.infno.nature() {
        Nature::Undo => Ok(()),
        _ if question.infno.is_upkeep() => Ok(()),
        Nature::Read | Nature::Session => ask_read(window, question.at),
        // What nobody knows may book.
        Nature::Forward | Nature::Trial | Nature::Unknown => {
            ask_forward(window, arranged, question)
        }
    }
}

fn ask_read(window: &Window, at: Moment) -> Result<(), Denied> {
    if let Some(allowed) = window.phase_at(at).and_then(|phase| phase.reads) {
        return if allowed { Ok(()) } else { Err(Denied::Window) };
    }
    let from = window.start();
    let until = window
        .phases
        .last()
        .map(|last| last.to.unwrap_or(last.from).plus_ms(DAY_MS));
    match (from, until) {
        (Some(from), Some(until)) if from <= at && at < until => Ok(()),
        _ => Err(Denied::Window),
    }
}

fn ask_forward(
    window: &Window,
    arranged: &[(AdmDivision, String)],
    question: &Question<'_>,
) -> Result<(), Denied> {
    let phase = window.phase_at(question.at).ok_or(Denied::Window)?;
    let persona = question
        .persona
        .filter(|persona| persona.registered)
        .ok_or(Denied::Persona)?;
    nearest(phase, arranged, question, persona)?;
    match window.end() {
        Some(end) if question.at >= end => Err(Denied::Window),
        Some(end) if !question.probe && question.at >= end.plus_ms(-window.margin_ms) => {
            Err(Denied::Margin)
        }
        _ => Ok(()),
    }
}

/// The best answer of all allows of a phase.
fn nearest(
    phase: &Phase,
    arranged: &[(AdmDivision, String)],
    question: &Question<'_>,
    persona: &Persona,
) -> Result<(), Denied> {
    let mut best = Denied::Window;
    for allow in &phase.allow {
        match allows(allow, arranged, question, persona) {
            Ok(()) => return Ok(()),
            Err(denied) => best = closer(best, denied),
        }
    }
    Err(best)
}

/// Later checks come closer to allowing.
fn closer(one: Denied, other: Denied) -> Denied {
    let rank = |denied| match denied {
        Denied::Window => 0,
        Denied::Business => 1,
        Denied::Persona => 2,
        Denied::Institution | Denied::Margin | Denied::Cap => 3,
    };
    if rank(other) > rank(one) { other } else { one }
}

fn allows(
    allow: &Allow,
    arranged: &[(AdmDivision, String)],
    question: &Question<'_>,
    persona: &Persona,
) -> Result<(), Denied> {
    let business = question.business.or_else(|| question.infno.business());
    if !allow.business.is_empty()
        && !business.is_some_and(|business| allow.business.contains(&business))
    {
        return Err(Denied::Business);
    }
    if !allow.channels.is_empty() && !allow.channels.contains(&question.channel) {
        return Err(Denied::Business);
    }
    let local = persona.insured.span_to(question.institution.region) == Span::Local;
    match allow.scope {
        Scope::CrossRegion if local => return Err(Denied::Business),
        Scope::Local if !local => return Err(Denied::Business),
        _ => {}
    }
    if !class_allowed(&allow.classes, persona.class) {
        return Err(Denied::Persona);
    }
    let code = question.institution.code.as_str();
    if !allow.institutions.is_empty() && !allow.institutions.iter().any(|listed| listed == code) {
        return Err(Denied::Institution);
    }
    let pair = |(insured, at): &(AdmDivision, String)| *insured == persona.insured && at == code;
    if allow.scope == Scope::Arranged && !arranged.iter().any(pair) {
        return Err(Denied::Institution);
    }
    Ok(())
}

fn class_allowed(classes: &[PersonClass], class: PersonClass) -> bool {
    classes.is_empty() || classes.contains(&class)
}

#[cfg(test)]
mod tests;
