//! 几项 · A handful of named values in order of name: dimensions of a cell, facts and amounts of a row.
//!
//! Why not a tree: a row of a log names two to eight things, there are millions of rows, and the smallest tree takes half a
//! kilobyte whatever it holds. Here each pair takes its own size and no more. Reads, writes and compares like a map by
//! name; on the wire it is an object. Not here: anything that grows, which is looked through from the start at each change.

use std::borrow::Borrow;
use std::fmt;
use std::ops::Index;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smol_str::SmolStr;

/// 名 · A short text that needs no memory of its own.
pub type Name = SmolStr;

/// 几项 · Values by name, each name once.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Few<V>(Vec<(Name, V)>);

impl<V> Few<V> {
    /// None.
    pub const fn new() -> Few<V> {
        Few(Vec::new())
    }

    fn place(&self, name: &str) -> Result<usize, usize> {
        self.0
            .binary_search_by(|(known, _)| known.as_str().cmp(name))
    }

    /// The value of this name.
    pub fn get<Q: Borrow<str> + ?Sized>(&self, name: &Q) -> Option<&V> {
        Some(&self.0[self.place(name.borrow()).ok()?].1)
    }

    /// The value of this name, to be changed.
    pub fn get_mut<Q: Borrow<str> + ?Sized>(&mut self, name: &Q) -> Option<&mut V> {
        let place = self.place(name.borrow()).ok()?;
        Some(&mut self.0[place].1)
    }

    /// Whether there is a value of this name.
    pub fn contains_key<Q: Borrow<str> + ?Sized>(&self, name: &Q) -> bool {
        self.place(name.borrow()).is_ok()
    }

    /// Puts a value; the one that stood there before.
    pub fn insert(&mut self, name: impl Into<Name>, value: V) -> Option<V> {
        let name = name.into();
        match self.place(&name) {
            Ok(place) => Some(std::mem::replace(&mut self.0[place].1, value)),
            Err(place) => {
                // Room for what is there and no more: most are never added to again.
                self.0.reserve_exact(1);
                self.0.insert(place, (name, value));
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
            self.0.insert(place, (name.into(), V::default()));
            place
        });
        &mut self.0[place].1
    }

    /// Takes a value out.
    pub fn remove<Q: Borrow<str> + ?Sized>(&mut self, name: &Q) -> Option<V> {
        let place = self.place(name.borrow()).ok()?;
        Some(self.0.remove(place).1)
    }

    /// Keeps those of which this is true.
    pub fn retain(&mut self, mut keep: impl FnMut(&Name, &mut V) -> bool) {
        self.0.retain_mut(|(name, value)| keep(name, value));
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All, by name.
    pub fn iter(&self) -> Iter<'_, V> {
        self.0.iter().map(|(name, value)| (name, value))
    }

    /// All, by name, values to be changed.
    pub fn iter_mut(&mut self) -> IterMut<'_, V> {
        self.0.iter_mut().map(|(name, value)| (&*name, value))
    }

    /// The names, in order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &Name> + Clone {
        self.0.iter().map(|(name, _)| name)
    }

    /// The values, by name.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &V> {
        self.0.iter().map(|(_, value)| value)
    }

    /// The values, by name, to be changed.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.0.iter_mut().map(|(_, value)| value)
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
impl<N: Into<Name>, V> FromIterator<(N, V)> for Few<V> {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Few<V> {
        let mut few: Few<V> = Few::new();
        let pairs = pairs.into_iter().map(|(name, value)| (name.into(), value));
        let mut pairs: Vec<(Name, V)> = pairs.collect();
        if pairs.is_sorted_by(|one, next| one.0 < next.0) {
            pairs.shrink_to_fit();
            return Few(pairs);
        }
        few.extend(pairs);
        few
    }
}

impl<N: Into<Name>, V> Extend<(N, V)> for Few<V> {
    fn extend<I: IntoIterator<Item = (N, V)>>(&mut self, pairs: I) {
        for (name, value) in pairs {
            self.insert(name, value);
        }
    }
}

impl<N: Into<Name>, V, const COUNT: usize> From<[(N, V); COUNT]> for Few<V> {
    fn from(pairs: [(N, V); COUNT]) -> Few<V> {
        pairs.into_iter().collect()
    }
}

impl<V> IntoIterator for Few<V> {
    type Item = (Name, V);
    type IntoIter = std::vec::IntoIter<(Name, V)>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, V> IntoIterator for &'a Few<V> {
    type Item = (&'a Name, &'a V);
    type IntoIter = Iter<'a, V>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a, V> IntoIterator for &'a mut Few<V> {
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
                Ok(pairs.into_iter().collect())
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
