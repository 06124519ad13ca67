//! 索引 · Where rows stand: by kind and id, by visit, by person, by the instant of a treatment.
//!
//! Why here: a hub keeps rows of the whole country, and a message looks at one visit or one treatment only. What it costs
//! must not grow with what was booked before, nor with how often a test person has been swiped. Rows are named by their
//! place in order of birth. Rebuilt by replay like everything else.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use crosswipe_domain::{Moment, Name, Row};

/// Place of a row in order of birth.
type Place = usize;

#[derive(Default)]
pub(super) struct Index {
    kinds: BTreeMap<Name, BTreeMap<Name, Place>>,
    visits: BTreeMap<Name, Vec<Place>>,
    persons: BTreeMap<Name, OfPerson>,
}

/// What concerns one person.
#[derive(Default)]
struct OfPerson {
    kinds: BTreeMap<Name, OfKind>,
    /// 就诊开始 · Settlements by the instant at which the treatment began: the institutions', and those claimed by hand.
    begun: [BTreeMap<Moment, Vec<Place>>; 2],
}

#[derive(Default)]
struct OfKind {
    all: Vec<Place>,
    /// Those that are left to undo.
    standing: BTreeSet<Place>,
}

impl Index {
    /// Takes a row that is born.
    pub(super) fn add(&mut self, row: &Row, place: Place) {
        let ids = named(&mut self.kinds, &row.kind);
        ids.insert(row.id.clone(), place);
        if let Some(mdtrt_id) = row.facts.get("mdtrt_id") {
            let of_visit = self.visits.entry(mdtrt_id.clone()).or_default();
            // Most visits have few rows, and there are many visits.
            of_visit.reserve_exact(1);
            of_visit.push(place);
        }
        if let Some(person) = &row.person {
            let of_person = named(&mut self.persons, person);
            named(&mut of_person.kinds, &row.kind).all.push(place);
        }
        self.turned(row, place);
    }

    /// Takes a row whose status or facts are others than before.
    pub(super) fn turned(&mut self, row: &Row, place: Place) {
        let Some(person) = &row.person else { return };
        let of_person = named(&mut self.persons, person);
        let standing = &mut named(&mut of_person.kinds, &row.kind).standing;
        match row.is_terminal() {
            true => standing.remove(&place),
            false => standing.insert(place),
        };
        if row.kind == SETTLEMENT
            && let Some(began) = began(row)
        {
            let by_hand = row
                .facts
                .get("setl_type")
                .is_some_and(|kind| kind == BY_HAND);
            let of_sort = &mut of_person.begun[usize::from(by_hand)];
            let places = of_sort.entry(began).or_default();
            if places.last() != Some(&place) {
                places.push(place);
            }
        }
    }

    pub(super) fn place(&self, kind: &str, id: &str) -> Option<Place> {
        self.kinds.get(kind)?.get(id).copied()
    }

    /// By id.
    pub(super) fn of_kind(&self, kind: &str) -> impl Iterator<Item = Place> {
        self.kinds
            .get(kind)
            .into_iter()
            .flat_map(BTreeMap::values)
            .copied()
    }

    /// By kind and id.
    pub(super) fn all(&self) -> impl Iterator<Item = Place> {
        self.kinds.values().flat_map(BTreeMap::values).copied()
    }

    pub(super) fn of_visit(&self, mdtrt_id: &str) -> &[Place] {
        self.visits.get(mdtrt_id).map_or(&[], Vec::as_slice)
    }

    pub(super) fn of_person(&self, kind: &str, person: &str) -> &[Place] {
        self.kind_of(kind, person)
            .map_or(&[], |of_kind| &of_kind.all)
    }

    pub(super) fn standing(&self, kind: &str, person: &str) -> impl Iterator<Item = Place> {
        let of_kind = self.kind_of(kind, person).into_iter();
        of_kind.flat_map(|of_kind| &of_kind.standing).copied()
    }

    /// Settlements of a person whose treatment began in this time, claimed by hand or not; a row may come twice.
    pub(super) fn begun(
        &self,
        person: &str,
        when: RangeInclusive<Moment>,
        by_hand: bool,
    ) -> impl Iterator<Item = Place> {
        let of_person = self.persons.get(person).filter(|_| !when.is_empty());
        let begun = of_person.map(|of_person| of_person.begun[usize::from(by_hand)].range(when));
        begun
            .into_iter()
            .flatten()
            .flat_map(|(_, places)| places)
            .copied()
    }

    fn kind_of(&self, kind: &str, person: &str) -> Option<&OfKind> {
        self.persons.get(person)?.kinds.get(kind)
    }
}

/// Kind of the rows that are found by when the treatment began.
const SETTLEMENT: &str = "settlement";

/// 结算类别 · `setl_type` of what an agency has paid back by hand.
pub(crate) const BY_HAND: &str = "1";

/// 就诊开始 · When the treatment of a settlement began.
pub(super) fn began(row: &Row) -> Option<Moment> {
    Moment::parse_wire(row.facts.get("begntime")?).ok()
}

/// What stands under a name; the name is written down once.
fn named<'m, V: Default>(map: &'m mut BTreeMap<Name, V>, name: &Name) -> &'m mut V {
    map.entry(name.clone()).or_default()
}
