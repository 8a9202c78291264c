//! The tokens of a batch, as rows of a tensor.

/// Which rows of a tensor form a sequence: `text[1]` rows of a text, then `picture[1]` rows of a
/// picture, for each item of a batch.
///
/// The texts of all items are consecutive, and so are the pictures: those of item `b` begin at row
/// `text[0] + b × text[1]` and `picture[0] + b × picture[1]`. Either part may be empty. Every token
/// attends to every other of its item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sequence {
    /// The first row of the batch's texts, and the rows of each.
    pub text: [usize; 2],
    /// The first row of the batch's pictures, and the rows of each.
    pub picture: [usize; 2],
    /// Items of the batch.
    pub batch: usize,
}

impl Sequence {
    /// Tokens of one item.
    #[must_use]
    pub fn length(&self) -> usize {
        self.text[1] + self.picture[1]
    }

    /// The row of token `i` of item `b`.
    #[must_use]
    pub fn row(&self, b: usize, i: usize) -> usize {
        match i.checked_sub(self.text[1]) {
            None => self.text[0] + b * self.text[1] + i,
            Some(i) => self.picture[0] + b * self.picture[1] + i,
        }
    }

    /// The row after the last one of both parts.
    pub(crate) fn end(&self) -> usize {
        let ends = [self.text, self.picture].map(|[first, count]| first + self.batch * count);
        ends[0].max(ends[1])
    }
}
