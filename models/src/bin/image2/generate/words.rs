//! Words of a prompt that make no difference to its picture.

use image2_models::Pipeline;

/// The words that a model does not know, and those that it does not read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LostWords {
    /// Each once, in the prompt's order.
    pub unknown: Vec<String>,
    /// The prompt's end, from the first word that is not wholly read.
    pub unread: Vec<String>,
}

impl LostWords {
    pub fn of(prompt: &str, pipeline: &Pipeline) -> Self {
        let mut unknown = Vec::new();
        for word in pipeline.tokens(prompt).unknown {
            if !unknown.contains(&word) {
                unknown.push(word);
            }
        }
        let words: Vec<&str> = prompt.split_whitespace().collect();
        let fits = |&count: &usize| pipeline.tokens(&words[..count].join(" ")).dropped == 0;
        let read = (0..=words.len()).rev().find(fits).unwrap_or(0);
        let unread = words[read..].iter().map(|&word| word.to_owned()).collect();
        Self { unknown, unread }
    }

    /// Sentences for people, one for each kind that there is.
    pub fn sentences(&self, pipeline: &Pipeline) -> Vec<String> {
        let mut sentences = Vec::new();
        if !self.unread.is_empty() {
            let length = pipeline.manifest().about.tokenizer.length;
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
