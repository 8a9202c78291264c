//! A kernel's source: WGSL with holes, which a permutation fills.

/// A kernel's source: a template and what its holes, `{{name}}`, are filled with.
#[derive(Debug)]
pub(crate) struct Source {
    name: &'static str,
    template: &'static str,
    holes: Vec<(&'static str, String)>,
}

impl Source {
    pub(crate) fn new(name: &'static str, template: &'static str) -> Self {
        Self {
            name,
            template,
            holes: Vec::new(),
        }
    }

    pub(crate) fn fill(mut self, hole: &'static str, text: impl ToString) -> Self {
        self.holes.push((hole, text.to_string()));
        self
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// # Panics
    /// If the template has a hole that nothing fills, or lacks one that is filled.
    pub(crate) fn text(&self) -> String {
        let mut text = String::with_capacity(2 * self.template.len());
        let mut used = vec![false; self.holes.len()];
        let mut rest = self.template;
        while let Some((before, after)) = rest.split_once("{{") {
            let (hole, after) = after.split_once("}}").expect("a hole ends");
            let hole = hole.trim();
            let at = self.holes.iter().position(|(name, _)| *name == hole);
            let at = at.unwrap_or_else(|| panic!("{}: nothing fills {hole}", self.name));
            used[at] = true;
            text += before;
            text += &self.holes[at].1;
            rest = after;
        }
        assert!(
            used.iter().all(|used| *used),
            "{}: {:?}",
            self.name,
            self.holes
        );
        text + rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_are_filled() {
        let source = Source::new("a", "x {{ one }} {{two}}{{one}}")
            .fill("one", 1)
            .fill("two", "b");
        assert_eq!(source.text(), "x 1 b1");
    }

    #[test]
    #[should_panic(expected = "nothing fills two")]
    fn an_unfilled_hole_panics() {
        Source::new("a", "{{two}}").fill("one", 1).text();
    }
}
