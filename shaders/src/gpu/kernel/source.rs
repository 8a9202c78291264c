//! A kernel's source: a WGSL template, and the values of one permutation.
//!
//! Between double braces a template has
//! - `name` or `name + name + …`: a value, or the sum of whole numbers;
//! - `for name, … in table`, `end`: its body once for each row of a table, with the row's columns as
//!   values. Loops are unrolled here because software drivers keep arrays that are indexed by a
//!   loop's variable in memory, not in registers;
//! - `if flag`, `else`, `end`: one of two bodies;
//! - the name of another template.

/// A template and its values.
#[derive(Debug)]
pub(crate) struct Source {
    name: &'static str,
    template: &'static str,
    values: Vec<(&'static str, Value)>,
}

#[derive(Debug)]
enum Value {
    Text(String),
    Flag(bool),
    Table(Vec<Vec<String>>),
    Template(&'static str),
}

impl Source {
    pub(crate) fn new(name: &'static str, template: &'static str) -> Self {
        Self {
            name,
            template,
            values: Vec::new(),
        }
    }

    /// A value.
    pub(crate) fn fill(self, name: &'static str, text: impl ToString) -> Self {
        self.with(name, Value::Text(text.to_string()))
    }

    /// A condition.
    pub(crate) fn flag(self, name: &'static str, on: bool) -> Self {
        self.with(name, Value::Flag(on))
    }

    /// A table of several columns.
    pub(crate) fn table<const COLUMNS: usize>(
        self,
        name: &'static str,
        rows: impl IntoIterator<Item = [impl ToString; COLUMNS]>,
    ) -> Self {
        let rows = rows.into_iter();
        let rows = rows.map(|row| row.iter().map(ToString::to_string).collect());
        self.with(name, Value::Table(rows.collect()))
    }

    /// A table of one column.
    pub(crate) fn list(
        self,
        name: &'static str,
        values: impl IntoIterator<Item = impl ToString>,
    ) -> Self {
        self.table(name, values.into_iter().map(|value| [value]))
    }

    /// A template to be inserted.
    pub(crate) fn include(self, name: &'static str, template: &'static str) -> Self {
        self.with(name, Value::Template(template))
    }

    fn with(mut self, name: &'static str, value: Value) -> Self {
        self.values.push((name, value));
        self
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// The WGSL.
    ///
    /// # Panics
    /// If the template names a value that is not given, or, in debug builds, does not name one that is.
    pub(crate) fn text(&self) -> String {
        let mut text = String::with_capacity(2 * self.template.len());
        self.expand(self.template, &mut Vec::new(), &mut text);
        // The tests go through every permutation: a release need not check this again.
        if cfg!(debug_assertions) {
            for (name, _) in &self.values {
                assert!(self.names(self.template, name), "{}: {name}", self.name);
            }
        }
        text
    }

    fn expand<'a>(
        &'a self,
        template: &'a str,
        scope: &mut Vec<(&'a str, &'a str)>,
        text: &mut String,
    ) {
        let mut rest = template;
        while let Some((before, tag, after)) = next_tag(rest) {
            *text += before;
            rest = after;
            if let Some(flag) = tag.strip_prefix("if ") {
                let (then, end, mut after) = block(rest);
                let mut otherwise = "";
                if end == "else" {
                    (otherwise, _, after) = block(after);
                }
                let Value::Flag(on) = self.value(flag.trim()) else {
                    panic!("{}: {flag} is not a flag", self.name);
                };
                self.expand(if *on { then } else { otherwise }, scope, text);
                rest = after;
            } else if let Some(head) = tag.strip_prefix("for ") {
                let (columns, table) = head.split_once(" in ").expect("for … in …");
                let (body, _, after) = block(rest);
                let Value::Table(rows) = self.value(table.trim()) else {
                    panic!("{}: {table} is not a table", self.name);
                };
                for row in rows {
                    let outer = scope.len();
                    let columns = columns.split(',').map(str::trim);
                    scope.extend(columns.zip(row.iter().map(String::as_str)));
                    self.expand(body, scope, text);
                    scope.truncate(outer);
                }
                rest = after;
            } else if tag.contains('+') {
                let terms = tag.split('+').map(|term| self.text_of(term.trim(), scope));
                let sum: usize = terms
                    .map(|term| term.parse::<usize>().expect("a whole number"))
                    .sum();
                *text += &sum.to_string();
            } else if let Some(Value::Template(template)) = self.given(tag) {
                self.expand(template, scope, text);
            } else {
                *text += self.text_of(tag, scope);
            }
        }
        *text += rest;
    }

    fn text_of<'a>(&'a self, name: &str, scope: &[(&'a str, &'a str)]) -> &'a str {
        if let Some((_, value)) = scope.iter().rev().find(|(own, _)| *own == name) {
            return value;
        }
        match self.value(name) {
            Value::Text(text) => text,
            _ => panic!("{}: {name} is not text", self.name),
        }
    }

    fn value(&self, name: &str) -> &Value {
        self.given(name)
            .unwrap_or_else(|| panic!("{}: nothing fills {name}", self.name))
    }

    fn given(&self, name: &str) -> Option<&Value> {
        let value = self.values.iter().find(|(own, _)| *own == name);
        value.map(|(_, value)| value)
    }

    /// Whether a template names a value anywhere.
    fn names(&self, template: &str, value: &str) -> bool {
        let mut rest = template;
        while let Some((_, tag, after)) = next_tag(rest) {
            if tag.split([' ', ',', '+']).any(|word| word == value) {
                return true;
            }
            if let Some(Value::Template(template)) = self.given(tag)
                && self.names(template, value)
            {
                return true;
            }
            rest = after;
        }
        false
    }
}

/// The text before the first tag, the tag, and the text after it.
fn next_tag(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("{{")?;
    let (tag, after) = rest.split_once("}}").expect("a tag ends");
    Some((before, tag.trim(), after))
}

/// The body of a block up to its own `else` or `end`, which of the two, and the text after it.
fn block(text: &str) -> (&str, &str, &str) {
    let (mut rest, mut depth) = (text, 0);
    loop {
        let (before, tag, after) = next_tag(rest).expect("a block ends");
        let at = text.len() - rest.len() + before.len();
        match tag {
            "end" | "else" if depth == 0 => return (&text[..at], tag, after),
            "end" => depth -= 1,
            _ if tag.starts_with("for ") || tag.starts_with("if ") => depth += 1,
            _ => {}
        }
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(template: &'static str) -> String {
        Source::new("a", template)
            .fill("one", 1)
            .fill("two", "b")
            .flag("on", true)
            .flag("off", false)
            .list("three", 0..3)
            .table("pairs", [["x", "y"], ["z", "w"]])
            .include("other", "<{{one}}>")
            .text()
    }

    /// Names all values, so that none is missed.
    macro_rules! all {
        ($template:literal) => {
            concat!(
                $template,
                "{{if off}}{{one}}{{two}}{{if on}}{{end}}{{for i in three}}{{end}}",
                "{{for a, b in pairs}}{{end}}{{other}}{{end}}"
            )
        };
    }

    #[test]
    fn values_are_filled_in() {
        assert_eq!(text(all!("x {{ one }} {{two}}{{one}}")), "x 1 b1");
        assert_eq!(text(all!("{{other}}")), "<1>");
        assert_eq!(text(all!("{{for i in three}}{{ i + one }}{{end}}")), "123");
    }

    #[test]
    fn blocks_nest() {
        assert_eq!(
            text(all!(
                "{{for i in three}}{{for a, b in pairs}}{{a}}{{i}}{{b}} {{end}}|{{end}}"
            )),
            "x0y z0w |x1y z1w |x2y z2w |"
        );
        assert_eq!(
            text(all!(
                "{{if on}}{{if off}}1{{else}}2{{end}}{{else}}3{{end}}{{if off}}4{{end}}"
            )),
            "2"
        );
    }

    #[test]
    #[should_panic(expected = "nothing fills two")]
    fn a_missing_value_panics() {
        Source::new("a", "{{two}}").text();
    }

    #[test]
    #[should_panic(expected = "a: one")]
    fn an_unused_value_panics() {
        Source::new("a", "").fill("one", 1).text();
    }
}
