//! Words of a prompt that have no effect on its picture.

use image2_models::Pipeline;
use image2_models::tokenizer::Tokens;

/// The words that a model does not know and those beyond its text length.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LostWords {
    /// Each once, in the order of the prompt.
    pub unknown: Vec<String>,
    /// The end of the prompt, from the first word that is not read completely.
    pub unread: Vec<String>,
}

impl LostWords {
    pub fn of(prompt: &str, pipeline: &Pipeline) -> Self {
        let Tokens {
            unknown, unread, ..
        } = pipeline.tokens(prompt);
        let unread = unread.split_whitespace().map(str::to_owned).collect();
        Self { unknown, unread }
    }

    /// Sentences for people, one for each kind of lost words.
    pub fn sentences(&self, pipeline: &Pipeline) -> Vec<String> {
        let mut sentences = Vec::new();
        if !self.unread.is_empty() {
            let length = pipeline.network().signature().text_length;
            let words = self.unread.join(" ");
            sentences.push(format!(
                "words not read, because this model takes {length} tokens: {words}"
            ));
        }
        if !self.unknown.is_empty() {
            let words = self.unknown.join(", ");
            sentences.push(format!("words this model does not know: {words}"));
        }
        sentences
    }
}
