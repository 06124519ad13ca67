//! 几项 · A handful of named values in order of name: dimensions of a cell, facts and amounts of a row.
//!
//! Why not a tree: a row of a log names two to eight things, there are millions of rows, and the smallest tree takes half a
//! kilobyte whatever it holds. Here each pair takes its own size and no more. Reads, writes and compares like a map by
//! name; on the wire it is an object. Not here: anything that grows, which is looked through from the start at each change.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Index;
use std::sync::Arc;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smol_str::SmolStr;

/// 名 · A short text that needs no memory of its own.
pub type Name = SmolStr;

/// 几项 · Values by name, each name once. Copies share what they hold until one of them is changed: a row as it stands
/// mostly says what it said when it was booked.
#[derive(Clone)]
pub struct Few<V>(Option<Arc<Vec<(Name, V)>>>);

impl<V> Few<V> {
    /// None.
    pub const fn new() -> Few<V> {
        Few(None)
    }

    /// Of a name that comes twice the last value stands.
    fn of_pairs(mut pairs: Vec<(Name, V)>) -> Few<V> {
        if !pairs.is_sorted_by(|one, next| one.0 < next.0) {
            pairs.sort_by(|one, other| one.0.cmp(&other.0));
            // Those of the same name stand in the order in which they came: what comes later replaces what was kept.
            pairs.dedup_by(|later, kept| {
                let same = later.0 == kept.0;
                if same {
                    std::mem::swap(later, kept);
                }
                same
            });
        }
        pairs.shrink_to_fit();
        Few(Some(pairs).filter(|pairs| !pairs.is_empty()).map(Arc::new))
    }

    fn pairs(&self) -> &[(Name, V)] {
        self.0.as_deref().map_or(&[], Vec::as_slice)
    }

    fn place(&self, name: &str) -> Result<usize, usize> {
        self.pairs()
            .binary_search_by(|(known, _)| known.as_str().cmp(name))
    }

    /// The value of this name.
    pub fn get<Q: Borrow<str> + ?Sized>(&self, name: &Q) -> Option<&V> {
        Some(&self.pairs()[self.place(name.borrow()).ok()?].1)
    }

    /// Whether there is a value of this name.
    pub fn contains_key<Q: Borrow<str> + ?Sized>(&self, name: &Q) -> bool {
        self.place(name.borrow()).is_ok()
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.pairs().len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.pairs().is_empty()
    }

    /// All, by name.
    pub fn iter(&self) -> Iter<'_, V> {
        self.pairs().iter().map(|(name, value)| (name, value))
    }

    /// The names, in order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &Name> + Clone {
        self.pairs().iter().map(|(name, _)| name)
    }

    /// The values, by name.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &V> {
        self.pairs().iter().map(|(_, value)| value)
    }
}

/// Changes: what is shared with a copy is this one's own from then on.
impl<V: Clone> Few<V> {
    fn own(&mut self) -> &mut Vec<(Name, V)> {
        Arc::make_mut(self.0.get_or_insert_default())
    }

    /// The value of this name, to be changed.
    pub fn get_mut<Q: Borrow<str> + ?Sized>(&mut self, name: &Q) -> Option<&mut V> {
        let place = self.place(name.borrow()).ok()?;
        Some(&mut self.own()[place].1)
    }

    /// Puts a value; the one that stood there before.
    pub fn insert(&mut self, name: impl Into<Name>, value: impl Into<V>) -> Option<V> {
        let (name, value) = (name.into(), value.into());
        match self.place(&name) {
            Ok(place) => Some(std::mem::replace(&mut self.own()[place].1, value)),
            Err(place) => {
                let pairs = self.own();
                // Room for what is there and no more: most are never added to again.
                pairs.reserve_exact(1);
                pairs.insert(place, (name, value));
                None
            }
        }
    }

    /// The value of this name, to be changed; the default is put there if there is none.
    pub fn or_default(&mut self, name: &str) -> &mut V
    where
        V: Default,
    {
        let place = self.place(name).unwrap_or_else(|place| {
            self.own().insert(place, (name.into(), V::default()));
            place
        });
        &mut self.own()[place].1
    }

    /// Takes a value out.
    pub fn remove<Q: Borrow<str> + ?Sized>(&mut self, name: &Q) -> Option<V> {
        let place = self.place(name.borrow()).ok()?;
        Some(self.own().remove(place).1)
    }

    /// Keeps those of which this is true.
    pub fn retain(&mut self, mut keep: impl FnMut(&Name, &mut V) -> bool) {
        if let Some(pairs) = &mut self.0 {
            Arc::make_mut(pairs).retain_mut(|(name, value)| keep(name, value));
        }
    }

    fn pairs_mut(&mut self) -> &mut [(Name, V)] {
        match &mut self.0 {
            Some(pairs) => Arc::make_mut(pairs).as_mut_slice(),
            None => &mut [],
        }
    }

    /// All, by name, values to be changed.
    pub fn iter_mut(&mut self) -> IterMut<'_, V> {
        self.pairs_mut()
            .iter_mut()
            .map(|(name, value)| (&*name, value))
    }

    /// The values, by name, to be changed.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.pairs_mut().iter_mut().map(|(_, value)| value)
    }
}

impl<V: PartialEq> PartialEq for Few<V> {
    fn eq(&self, other: &Few<V>) -> bool {
        self.pairs() == other.pairs()
    }
}

impl<V: Eq> Eq for Few<V> {}

impl<V: Ord> PartialOrd for Few<V> {
    fn partial_cmp(&self, other: &Few<V>) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<V: Ord> Ord for Few<V> {
    fn cmp(&self, other: &Few<V>) -> Ordering {
        self.pairs().cmp(other.pairs())
    }
}

impl<V: Hash> Hash for Few<V> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.pairs().hash(state);
    }
}

/// Names and values, by name.
type Iter<'a, V> =
    std::iter::Map<std::slice::Iter<'a, (Name, V)>, fn(&'a (Name, V)) -> (&'a Name, &'a V)>;
/// Names and values to be changed, by name.
type IterMut<'a, V> = std::iter::Map<
    std::slice::IterMut<'a, (Name, V)>,
    fn(&'a mut (Name, V)) -> (&'a Name, &'a mut V),
>;

impl<V> Default for Few<V> {
    fn default() -> Few<V> {
        Few::new()
    }
}

impl<V: fmt::Debug> fmt::Debug for Few<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// Of a name that comes twice the last value stands.
impl<N: Into<Name>, T: Into<V>, V> FromIterator<(N, T)> for Few<V> {
    fn from_iter<I: IntoIterator<Item = (N, T)>>(pairs: I) -> Few<V> {
        let pairs = pairs.into_iter();
        Few::of_pairs(
            pairs
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}

impl<N: Into<Name>, T: Into<V>, V: Clone> Extend<(N, T)> for Few<V> {
    fn extend<I: IntoIterator<Item = (N, T)>>(&mut self, pairs: I) {
        let mut more = pairs
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()))
            .peekable();
        if more.peek().is_none() {
            return;
        }
        let mut all = std::mem::take(self.own());
        all.extend(more);
        *self = Few::of_pairs(all);
    }
}

impl<N: Into<Name>, T: Into<V>, V, const COUNT: usize> From<[(N, T); COUNT]> for Few<V> {
    fn from(pairs: [(N, T); COUNT]) -> Few<V> {
        pairs.into_iter().collect()
    }
}

impl<V: Clone> IntoIterator for Few<V> {
    type Item = (Name, V);
    type IntoIter = std::vec::IntoIter<(Name, V)>;
    fn into_iter(self) -> Self::IntoIter {
        self.0
            .map_or_else(Vec::new, Arc::unwrap_or_clone)
            .into_iter()
    }
}

impl<'a, V> IntoIterator for &'a Few<V> {
    type Item = (&'a Name, &'a V);
    type IntoIter = Iter<'a, V>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a, V: Clone> IntoIterator for &'a mut Few<V> {
    type Item = (&'a Name, &'a mut V);
    type IntoIter = IterMut<'a, V>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

impl<V> Index<&str> for Few<V> {
    type Output = V;
    fn index(&self, name: &str) -> &V {
        self.get(name)
            .unwrap_or_else(|| panic!("nothing is named `{name}`"))
    }
}

impl<V: Serialize> Serialize for Few<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Few<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Few<V>, D::Error> {
        struct Pairs<V>(std::marker::PhantomData<V>);
        impl<'de, V: Deserialize<'de>> Visitor<'de> for Pairs<V> {
            type Value = Few<V>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Few<V>, A::Error> {
                let mut pairs: Vec<(Name, V)> = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Few::of_pairs(pairs))
            }
        }
        deserializer.deserialize_map(Pairs(std::marker::PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn by_text<V>(few: &Few<V>) -> impl Iterator<Item = (&str, &V)> {
        few.iter().map(|(name, value)| (name.as_str(), value))
    }

    proptest! {
        #[test]
        fn it_is_a_map_by_name(steps in prop::collection::vec(("[a-d]", 0..3_u8, any::<i64>()), 0..24)) {
            let (mut few, mut map) = (Few::new(), BTreeMap::new());
            for (name, what, value) in steps {
                match what {
                    0 => prop_assert_eq!(few.remove(name.as_str()), map.remove(&name)),
                    _ => prop_assert_eq!(few.insert(name.clone(), value), map.insert(name.clone(), value)),
                }
                prop_assert_eq!(few.get(&name), map.get(&name));
                prop_assert!(by_text(&few).eq(map.iter().map(|(name, value)| (name.as_str(), value))));
                let text = serde_json::to_string(&few).unwrap();
                prop_assert_eq!(&text, &serde_json::to_string(&map).unwrap());
                prop_assert_eq!(&serde_json::from_str::<Few<i64>>(&text).unwrap(), &few);
            }
        }

        #[test]
        fn whatever_order_the_pairs_come_in(pairs in prop::collection::vec(("[a-d]", any::<i64>()), 0..12)) {
            let few: Few<i64> = pairs.iter().cloned().collect();
            let map: BTreeMap<String, i64> = pairs.into_iter().collect();
            prop_assert!(by_text(&few).eq(map.iter().map(|(name, value)| (name.as_str(), value))));
        }

        #[test]
        fn two_compare_as_maps_do(
            one in prop::collection::btree_map("[a-d]", any::<i64>(), 0..4),
            other in prop::collection::btree_map("[a-d]", any::<i64>(), 0..4),
        ) {
            let few = |map: &BTreeMap<String, i64>| -> Few<i64> { map.clone().into_iter().collect() };
            prop_assert_eq!(few(&one).cmp(&few(&other)), one.cmp(&other));
        }
    }
}
