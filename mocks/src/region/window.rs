//! 窗口 · Whether the cutover's phase lets a forward message in.
//!
//! The platform's own reading of the notice, apart from the runner's gate and the judge's: it speaks of
//! the instant at which a message arrives here. Test persons may be served where a phase allows their
//! swipe; everybody else while the public is served. Undo messages and reads are never asked.

use crosswipe_domain::{Allow, Moment, Public, Scope, Span};
use crosswipe_wire::{Refusal, RefusalCode};

use crate::deed::Hop;
use crate::setup::Setup;

/// Asks the window.
///
/// # Errors
/// E-WINDOW.
pub(super) fn check(setup: &Setup, now: Moment, hop: &Hop) -> Result<(), Refusal> {
    let registered = setup
        .person(&hop.person)
        .filter(|persona| persona.registered);
    let open = match registered {
        Some(persona) => {
            let insutype = persona.class.insutype();
            setup.window.phase_at(now).is_some_and(|phase| {
                phase
                    .allow
                    .iter()
                    .any(|allow| allows(allow, setup, hop, insutype))
            })
        }
        None => setup.window.public_at(now) == Public::Open,
    };
    let phase = || {
        setup
            .window
            .phase_at(now)
            .map_or("-", |phase| phase.id.as_str())
    };
    if open {
        Ok(())
    } else {
        Err(Refusal::new(
            RefusalCode::Window,
            format!("{} {}", now.wire(), phase()),
        ))
    }
}

fn allows(allow: &Allow, setup: &Setup, hop: &Hop, insutype: &str) -> bool {
    let business = allow.business.is_empty()
        || hop
            .infno()
            .business()
            .is_some_and(|business| allow.business.contains(&business));
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
    business && class && institution && scope
}
