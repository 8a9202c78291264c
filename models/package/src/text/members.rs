//! The members of an object, taken one by one by name and kind; one that is left over is a fault,
//! as is one that is missing.
//!
//! By hand instead of derived from the types, because derived readers of a dozen structs would add
//! 20 kB to each worker's download.

use serde_json::Value;

use crate::fault::{ManifestFault, shorten};
use crate::limits;

#[derive(Debug)]
pub(super) struct Members {
    /// The object's own name, as `denoiser.picture.`; empty for the whole text.
    path: String,
    /// Each name once.
    members: Vec<(String, Value)>,
}

/// Faults name the member by its path.
type Taken<T> = Result<T, ManifestFault>;

impl Members {
    /// Those of the whole text.
    pub(super) fn top(members: Vec<(String, Value)>) -> Self {
        let path = String::new();
        Self { path, members }
    }

    /// Those of the object `value`, which is called `path`.
    pub(super) fn new(path: &str, value: Value) -> Taken<Self> {
        let Value::Object(object) = value else {
            return Err(fault(&format!("{path} is no object")));
        };
        let path = format!("{path}.");
        let members = object.into_iter().collect();
        Ok(Self { path, members })
    }

    /// Whether a member is there and not null; forgets one that is null.
    fn has(&mut self, name: &str) -> bool {
        self.members
            .retain(|(known, value)| known != name || !value.is_null());
        self.members.iter().any(|(known, _)| known == name)
    }

    /// A member of any kind, null included.
    pub(super) fn value(&mut self, name: &str) -> Taken<Value> {
        match self.members.iter().position(|(known, _)| known == name) {
            Some(at) => Ok(self.members.swap_remove(at).1),
            None => Err(fault(&format!("{}{name} is missing", self.path))),
        }
    }

    pub(super) fn object(&mut self, name: &str) -> Taken<Self> {
        let value = self.value(name)?;
        Self::new(&format!("{}{name}", self.path), value)
    }

    pub(super) fn optional_object(&mut self, name: &str) -> Taken<Option<Self>> {
        self.has(name).then(|| self.object(name)).transpose()
    }

    pub(super) fn text(&mut self, name: &str) -> Taken<String> {
        match self.value(name)? {
            Value::String(text) => Ok(text),
            other => Err(self.misfit(name, &other, "a text")),
        }
    }

    pub(super) fn optional_text(&mut self, name: &str) -> Taken<Option<String>> {
        self.has(name).then(|| self.text(name)).transpose()
    }

    /// One of the values, by its name.
    pub(super) fn one_of<T: Copy>(&mut self, name: &str, known: &[(&str, T)]) -> Taken<T> {
        let text = self.text(name)?;
        let found = known.iter().find(|(name, _)| *name == text);
        let unknown = || self.misfit(name, &Value::String(text.clone()), "known");
        found.map(|(_, value)| *value).ok_or_else(unknown)
    }

    pub(super) fn flag(&mut self, name: &str) -> Taken<bool> {
        let value = self.value(name)?;
        let flag = value.as_bool();
        flag.ok_or_else(|| self.misfit(name, &value, "true or false"))
    }

    pub(super) fn whole(&mut self, name: &str) -> Taken<u64> {
        let value = self.value(name)?;
        let whole = value.as_u64();
        whole.ok_or_else(|| self.misfit(name, &value, "a whole number"))
    }

    /// A whole number; one beyond 32 bits is as wrong as the largest, which no rule allows.
    pub(super) fn small(&mut self, name: &str) -> Taken<u32> {
        let whole = self.whole(name)?;
        Ok(u32::try_from(whole).unwrap_or(u32::MAX))
    }

    pub(super) fn number(&mut self, name: &str) -> Taken<f32> {
        let value = self.value(name)?;
        let number = value.as_f64();
        let number = number.ok_or_else(|| self.misfit(name, &value, "a number"));
        number.map(|number| number as f32)
    }

    pub(super) fn numbers(&mut self, name: &str) -> Taken<Vec<f64>> {
        self.list(name, "numbers", Value::as_f64)
    }

    pub(super) fn optional_numbers(&mut self, name: &str) -> Taken<Option<Vec<f64>>> {
        self.has(name).then(|| self.numbers(name)).transpose()
    }

    /// Two numbers.
    pub(super) fn pair(&mut self, name: &str) -> Taken<[f32; 2]> {
        match self.numbers(name)?[..] {
            [a, b] => Ok([a as f32, b as f32]),
            _ => Err(fault(&format!("{}{name} is no pair", self.path))),
        }
    }

    pub(super) fn texts(&mut self, name: &str) -> Taken<Vec<String>> {
        self.list(name, "texts", |value| value.as_str().map(str::to_owned))
    }

    fn list<T>(&mut self, name: &str, kind: &str, read: fn(&Value) -> Option<T>) -> Taken<Vec<T>> {
        let value = self.value(name)?;
        let list = value.as_array().filter(|list| list.len() <= limits::LIST);
        let list = list.and_then(|list| list.iter().map(read).collect());
        list.ok_or_else(|| self.misfit(name, &value, kind))
    }

    /// Refuses members that were not taken.
    pub(super) fn end(self) -> Taken<()> {
        match self.members.first() {
            Some((name, _)) => Err(fault(&format!("{}{} is unknown", self.path, shorten(name)))),
            None => Ok(()),
        }
    }

    fn misfit(&self, name: &str, found: &Value, kind: &str) -> ManifestFault {
        let found = shorten(&found.to_string());
        fault(&format!("{}{name} is {found}, not {kind}", self.path))
    }
}

fn fault(reason: &str) -> ManifestFault {
    ManifestFault::Json {
        reason: reason.to_owned(),
    }
}
