//! The languages of the interface: one file each, fetched by the page only if it is in use. English
//! is compiled into the page.

use super::{html, write_hashed};
use crate::{files, paths};
use anyhow::{Context, Result};
use std::path::Path;

/// Copies the languages into `staging` and adds their addresses to `index.html`.
pub fn build(staging: &Path) -> Result<()> {
    let folder = paths::root().join("app/src/locales");
    for file in files::walk(&folder, &files::everything)? {
        if file.extension().is_some_and(|extension| extension == "ftl") {
            let tag = file.file_stem().and_then(|name| name.to_str());
            let tag = tag.with_context(|| format!("{} is no language", file.display()))?;
            if tag != "en" {
                add(staging, tag, &files::read(&file)?)?;
            }
        }
    }
    Ok(())
}

fn add(staging: &Path, tag: &str, bytes: &[u8]) -> Result<()> {
    let name = write_hashed(&staging.join("languages"), tag, "ftl", bytes)?;
    html::add_meta(
        staging,
        &format!("image2-language-{tag}"),
        &format!("/languages/{name}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_found_by_the_page() {
        let folder = std::env::temp_dir().join(format!("image2-languages-{}", std::process::id()));
        files::write(&folder.join("index.html"), "<head></head>").expect("writes");
        add(&folder, "de", b"prompt = Prompt\n").expect("adds");
        let page = files::read_text(&folder.join("index.html")).expect("reads");
        let (_, address) = page
            .split_once("<meta name=\"image2-language-de\" content=\"/")
            .expect("a meta");
        let (address, _) = address.split_once('"').expect("an address");
        let file = files::read_text(&folder.join(address)).expect("reads");
        assert_eq!(file, "prompt = Prompt\n");
        files::remove_folder(&folder).expect("removes");
    }
}
