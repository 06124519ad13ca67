//! 认人 · Who of the registry a number in a list is; everybody else stays nameless.

use std::collections::BTreeMap;

use crosswipe_domain::{IdNumber, PersonNo, Persona, Pseudonym, PseudonymKey};
use crosswipe_scenarios::Plan;

/// 名册 · Registered test persons by whatever a list may call them.
pub(crate) struct People<'p> {
    by_text: BTreeMap<String, &'p Persona>,
}

impl<'p> People<'p> {
    /// By person number, identity number and label.
    pub(crate) fn of(plan: &'p Plan) -> People<'p> {
        let mut by_text = BTreeMap::new();
        let registered = plan.registry.personas.iter().filter(|one| one.registered);
        for persona in registered {
            by_text.insert(persona.no.reveal().to_uppercase(), persona);
            by_text.insert(persona.id_number.reveal().to_uppercase(), persona);
            by_text.insert(persona.label.to_uppercase(), persona);
        }
        People { by_text }
    }

    /// By what evidence of this site calls them too.
    pub(crate) fn known_as(mut self, key: &PseudonymKey) -> People<'p> {
        let personas: Vec<&Persona> = self.by_text.values().copied().collect();
        for persona in personas {
            let name = key.pseudonym(&persona.no);
            self.by_text.insert(name.as_str().to_uppercase(), persona);
        }
        self
    }

    /// The registered person of this number, label or pseudonym.
    pub(crate) fn find(&self, text: &str) -> Option<&'p Persona> {
        self.by_text.get(&text.trim().to_uppercase()).copied()
    }

    /// True for text that names a person, and must not stand where an id does.
    pub(crate) fn is_a_person(&self, text: &str) -> bool {
        let number = text.to_uppercase();
        IdNumber::parse(&number).is_ok() || self.find(text).is_some_and(|one| one.label != text)
    }

    /// As evidence calls a person: also one who is nobody of ours, where the number stands there whole.
    pub(crate) fn pseudonym(&self, key: &PseudonymKey, text: &str) -> Option<Pseudonym> {
        let whole = is_whole(text).then(|| key.pseudonym(&PersonNo::new(text.trim())));
        let known = self.find(text).map(|persona| key.pseudonym(&persona.no));
        known.or(whole)
    }
}

/// A number with all its characters; a masked one names nobody.
pub(crate) fn is_whole(text: &str) -> bool {
    let text = text.trim();
    text.len() >= 8 && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
