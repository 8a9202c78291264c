//! Lists and maps of a text that stop at their limit, so that a hostile text costs no memory.
//!
//! serde's own maps let the second of two equal keys replace the first, and then two readers would
//! see two packages; these refuse it.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::fault::shorten;

/// At most `MAX` values.
pub(crate) struct List<T, const MAX: usize>(pub(crate) Vec<T>);

impl<'de, T: Deserialize<'de>, const MAX: usize> Deserialize<'de> for List<T, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Values<T, const MAX: usize>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>, const MAX: usize> Visitor<'de> for Values<T, MAX> {
            type Value = List<T, MAX>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a list of at most {MAX}")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut list = Vec::new();
                while let Some(value) = seq.next_element()? {
                    if list.len() == MAX {
                        return Err(de::Error::invalid_length(list.len() + 1, &self));
                    }
                    list.push(value);
                }
                Ok(List(list))
            }
        }
        deserializer.deserialize_seq(Values(PhantomData))
    }
}

/// At most `MAX` values, each under a key of its own.
pub(crate) struct Map<K, V, const MAX: usize>(pub(crate) BTreeMap<K, V>);

impl<'de, K, V, const MAX: usize> Deserialize<'de> for Map<K, V, MAX>
where
    K: Deserialize<'de> + Ord + fmt::Display,
    V: Deserialize<'de>,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<K, V, const MAX: usize>(PhantomData<(K, V)>);
        impl<'de, K, V, const MAX: usize> Visitor<'de> for Members<K, V, MAX>
        where
            K: Deserialize<'de> + Ord + fmt::Display,
            V: Deserialize<'de>,
        {
            type Value = Map<K, V, MAX>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "an object of at most {MAX} members")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = BTreeMap::new();
                while let Some((key, value)) = map.next_entry::<K, V>()? {
                    if members.len() == MAX {
                        return Err(de::Error::invalid_length(members.len() + 1, &self));
                    }
                    if members.contains_key(&key) {
                        let key = shorten(&key.to_string());
                        return Err(de::Error::custom(format_args!("{key:?} occurs twice")));
                    }
                    members.insert(key, value);
                }
                Ok(Map(members))
            }
        }
        deserializer.deserialize_map(Members(PhantomData))
    }
}

/// [`Map`] for a handful of members in their order, without a tree.
pub(crate) struct Pairs<V, const MAX: usize>(pub(crate) Vec<(String, V)>);

impl<'de, V: Deserialize<'de>, const MAX: usize> Deserialize<'de> for Pairs<V, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<V, const MAX: usize>(PhantomData<V>);
        impl<'de, V: Deserialize<'de>, const MAX: usize> Visitor<'de> for Members<V, MAX> {
            type Value = Pairs<V, MAX>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "an object of at most {MAX} members")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members: Vec<(String, V)> = Vec::new();
                while let Some((key, value)) = map.next_entry::<String, V>()? {
                    if members.len() == MAX {
                        return Err(de::Error::invalid_length(members.len() + 1, &self));
                    }
                    if members.iter().any(|(known, _)| *known == key) {
                        let key = shorten(&key);
                        return Err(de::Error::custom(format_args!("{key:?} occurs twice")));
                    }
                    members.push((key, value));
                }
                Ok(Pairs(members))
            }
        }
        deserializer.deserialize_map(Members(PhantomData))
    }
}

/// For fields: `#[serde(deserialize_with = …)]`.
pub(crate) fn list<'de, D, T, const MAX: usize>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    List::<T, MAX>::deserialize(deserializer).map(|list| list.0)
}

/// For fields: `#[serde(deserialize_with = …)]`.
pub(crate) fn map<'de, D, K, V, const MAX: usize>(
    deserializer: D,
) -> Result<BTreeMap<K, V>, D::Error>
where
    D: Deserializer<'de>,
    K: Deserialize<'de> + Ord + fmt::Display,
    V: Deserialize<'de>,
{
    Map::<K, V, MAX>::deserialize(deserializer).map(|map| map.0)
}
