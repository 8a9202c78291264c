//! A picture as a file.
//!
//! Every PNG that leaves this page carries the mark "made by AI", which programs read. The prompt
//! and the settings are in it only if the person wants: a file is easily passed on, and a prompt
//! may be private.

use image2_picture::{Parameters, Picture, encode_png};

use crate::library::record::Record;

/// The PNG, always with the AI mark; with everything that makes it again where `record` is given.
pub fn png(picture: &Picture, record: Option<&Record>) -> Vec<u8> {
    encode_png(picture, record.map(parameters).as_ref())
}

/// The file's name.
pub fn name(record: &Record) -> String {
    format!("image2-{}.png", record.recipe.seed)
}

fn parameters(record: &Record) -> Parameters {
    Parameters {
        recipe: record.recipe.clone(),
        model: record.model.name.clone(),
        model_digest: record.model.digest.clone(),
        program: concat!("Image 2 ", env!("CARGO_PKG_VERSION")).into(),
    }
}

#[cfg(test)]
mod tests {
    use image2_picture::read_parameters;

    use super::*;
    use crate::library::record::tests::sample;

    #[test]
    fn the_file_holds_the_recipe_only_if_wanted() {
        let record = sample();
        let picture = Picture::new(1, 1, vec![1, 2, 3, 4]).expect("one pixel");
        let parameters = read_parameters(&png(&picture, Some(&record)))
            .expect("reads")
            .expect("some");
        assert_eq!(parameters.recipe, record.recipe);
        assert_eq!(parameters.model_digest, "ab");
        let without = png(&picture, None);
        assert_eq!(read_parameters(&without), Ok(None));
        assert!(!without.windows(6).any(|bytes| bytes == b"secret"));
        assert_eq!(name(&record), "image2-18446744073709551615.png");
    }
}
