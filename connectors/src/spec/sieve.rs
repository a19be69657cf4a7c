//! Some paths of a JSON text as a value, without making values of the rest.

use std::collections::HashMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::path::{Path, Step};

/// The paths that are wanted, as a tree.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sieve {
    /// Everything from here on is wanted.
    whole: bool,
    keys: HashMap<String, Sieve>,
}

impl Sieve {
    /// Keeps what these paths lead to: lists on their way are kept whole.
    pub(crate) fn new<'p>(paths: impl IntoIterator<Item = &'p Path>) -> Sieve {
        let mut sieve = Sieve::default();
        for path in paths {
            sieve.add(path.steps());
        }
        sieve
    }

    fn add(&mut self, steps: &[Step]) {
        match steps.split_first() {
            Some((Step::Key(key), rest)) => self.keys.entry(key.clone()).or_default().add(rest),
            _ => self.whole = true,
        }
    }

    /// The wanted part of an object in a text that is a whole JSON document; everything is checked, also what is not wanted.
    ///
    /// # Errors
    /// When the text is no JSON object.
    pub(crate) fn read(&self, text: &str) -> Result<Value, serde_json::Error> {
        let mut reader = serde_json::Deserializer::from_str(text);
        let value = Object(self).deserialize(&mut reader)?;
        reader.end()?;
        Ok(value)
    }
}

/// The object at the top.
struct Object<'s>(&'s Sieve);

impl<'de> DeserializeSeed<'de> for Object<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_map(Wanted(self.0))
    }
}

/// A value on the way.
struct Inner<'s>(&'s Sieve);

impl<'de> DeserializeSeed<'de> for Inner<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        if self.0.whole {
            return serde::Deserialize::deserialize(reader);
        }
        reader.deserialize_any(Wanted(self.0))
    }
}

/// A key, looked up where it stands in the text.
struct Key<'s>(&'s Sieve);

impl<'s> Visitor<'_> for Key<'s> {
    type Value = Option<(&'s String, &'s Sieve)>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.0.keys.get_key_value(key))
    }
}

impl<'de, 's> DeserializeSeed<'de> for Key<'s> {
    type Value = Option<(&'s String, &'s Sieve)>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Self::Value, D::Error> {
        reader.deserialize_str(self)
    }
}

struct Wanted<'s>(&'s Sieve);

/// Scalars on the way to a deeper path hold nothing that is wanted.
macro_rules! nothing {
    ($($name:ident: $kind:ty),*) => {
        $(fn $name<E: Error>(self, _: $kind) -> Result<Value, E> {
            Ok(Value::Null)
        })*
    };
}

impl<'de> Visitor<'de> for Wanted<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    nothing!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str);

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Value::Null)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut kept = Map::new();
        while let Some(wanted) = map.next_key_seed(Key(self.0))? {
            match wanted {
                Some((key, inner)) => {
                    kept.insert(key.clone(), map.next_value_seed(Inner(inner))?);
                }
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(Value::Object(kept))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sieve(paths: &[&str]) -> Sieve {
        Sieve::new(&paths.iter().map(|path| path.parse().unwrap()).collect::<Vec<Path>>())
    }

    #[test]
    fn only_what_is_asked_for_is_kept() {
        let text = json!({"id": 7, "a": {"b": "x", "c": [1, {"d": null}]}, "list": [{"t": 1}, {"t": 2}], "other": "o\n"}).to_string();
        let kept = sieve(&["id", "a.b", "list[].t", "missing"]).read(&text).unwrap();
        assert_eq!(kept, json!({"id": 7, "a": {"b": "x"}, "list": [{"t": 1}, {"t": 2}]}));
        assert_eq!(sieve(&["id.deeper", "list.x"]).read(&text).unwrap(), json!({"id": null, "list": null}));
    }

    #[test]
    fn all_of_the_text_is_checked() {
        for text in ["[1]", "{\"a\":1} x", "{\"id\":1,\"b\":tru}", "{\"b\":\"\\q\"}", "7", "", "{\"id\":NaN}"] {
            assert!(sieve(&["id"]).read(text).is_err(), "{text}");
        }
    }
}
