//! 索引 · Which rows belong to a visit and to a person, in order of birth.
//!
//! Why here: a hub keeps rows of the whole country, and a message looks at one visit only. Rebuilt by
//! replay like everything else.

use std::collections::BTreeMap;

use crosswipe_domain::Row;

type Key = (String, String);

#[derive(Default)]
pub(super) struct Index {
    visits: BTreeMap<String, Vec<Key>>,
    persons: BTreeMap<String, Vec<Key>>,
}

impl Index {
    pub(super) fn add(&mut self, row: &Row) {
        let key = (row.kind.clone(), row.id.clone());
        if let Some(mdtrt_id) = row.facts.get("mdtrt_id") {
            let of_visit = self.visits.entry(mdtrt_id.clone()).or_default();
            // Most visits have few rows, and there are many visits.
            of_visit.reserve_exact(1);
            of_visit.push(key.clone());
        }
        if let Some(person) = &row.person {
            self.persons.entry(person.clone()).or_default().push(key);
        }
    }

    pub(super) fn of_visit(&self, mdtrt_id: &str) -> &[Key] {
        self.visits.get(mdtrt_id).map_or(&[], Vec::as_slice)
    }

    pub(super) fn of_person(&self, person: &str) -> &[Key] {
        self.persons.get(person).map_or(&[], Vec::as_slice)
    }
}
