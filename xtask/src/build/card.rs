//! The page about the model, `/model.html`: its card and notices, which are Markdown files beside
//! the weights, in the app's style. Rendering them here spares visitors a Markdown parser.

use super::write_hashed;
use crate::{files, paths};
use anyhow::{Context, Result};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, html};
use std::path::Path;

/// Renders the card and the notices of `model` into `staging`. `index.html` must exist there,
/// because the page takes style and theme from it.
pub fn build(model: &str, staging: &Path) -> Result<()> {
    let read = |kind: &str| files::read_text(&paths::models().join(format!("{model}.{kind}.md")));
    let style = files::read_text(&paths::root().join("app/style/document.css"))?;
    let style = write_hashed(staging, "document", "css", style.as_bytes())?;
    let head = head(&files::read_text(&staging.join("index.html"))?, &style)?;
    let body = to_html(&read("card")?) + &to_html(&lowered(&read("notices")?));
    files::write(&staging.join("model.html"), page(&head, &body))
}

fn page(head: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<title>About the model · Image 2</title>\n{head}</head>\n<body>\n\
         <main class=\"document\" data-testid=\"model-card\">\n\
         <nav aria-label=\"Pages\"><a class=\"back\" href=\"/\">← Back to Image 2</a></nav>\n{body}</main>\n</body>\n</html>\n"
    )
}

/// The lines of the app's `<head>` that a text page needs, and the page's own style sheet.
fn head(index: &str, style: &str) -> Result<String> {
    const WANTED: [&str; 6] = [
        "charset=",
        "name=\"viewport\"",
        "name=\"color-scheme\"",
        "name=\"theme-color\"",
        "rel=\"icon\"",
        "src=\"/theme-",
    ];
    // The app's colours and basic elements; its other style sheets are for its components.
    const STYLES: [&str; 2] = ["/tokens-", "/base-"];
    let start = index.find("<head>").context("index.html has no <head>")?;
    let lines = index[start..]
        .lines()
        .take_while(|line| !line.contains("</head>"));
    let mut out = String::new();
    for line in lines.map(str::trim) {
        let is_style = line.contains("rel=\"stylesheet\"");
        if WANTED.iter().any(|part| line.contains(part))
            || is_style && STYLES.iter().any(|part| line.contains(part))
        {
            out.push_str(line);
            out.push('\n');
        }
    }
    out.push_str(&format!("<link rel=\"stylesheet\" href=\"/{style}\">\n"));
    Ok(out)
}

/// Moves headings one level down, so that the page has a single first-level heading.
fn lowered(markdown: &str) -> String {
    let lower = |line: &str| match line.starts_with('#') {
        true => format!("#{line}\n"),
        false => format!("{line}\n"),
    };
    markdown.lines().map(lower).collect()
}

/// Renders Markdown. HTML within it is shown as text. A table is wrapped in a region that scrolls
/// on narrow screens; it can have keyboard focus, and the heading above is its label.
fn to_html(markdown: &str) -> String {
    let (mut heading, mut in_heading) = (String::new(), false);
    let events = Parser::new_ext(markdown, Options::ENABLE_TABLES).flat_map(|event| {
        match &event {
            Event::Start(Tag::Heading { .. }) => {
                heading.clear();
                in_heading = true;
            }
            Event::End(TagEnd::Heading(_)) => in_heading = false,
            Event::Text(text) if in_heading => {
                heading.extend(text.chars().filter(|c| c.is_alphanumeric() || *c == ' '));
            }
            _ => {}
        }
        match event {
            Event::Html(text) | Event::InlineHtml(text) => vec![Event::Text(text)],
            Event::Start(Tag::Table(_)) => {
                let open = format!(
                    "<div class=\"table\" tabindex=\"0\" role=\"region\" aria-label=\"{heading}\">"
                );
                vec![Event::Html(open.into()), event]
            }
            Event::End(TagEnd::Table) => vec![event, Event::Html("</div>\n".into())],
            event => vec![event],
        }
    });
    let mut out = String::new();
    html::push_html(&mut out, events);
    // Tables of facts have no header. A screen reader would announce the empty row as one.
    out.replace("<thead><tr><th></th><th></th></tr></thead>", "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_in_a_card_is_escaped() {
        let html = to_html("Hi <script>alert(1)</script>\n\n<img src=x onerror=y>\n");
        assert!(
            !html.contains("<script") && !html.contains("<img"),
            "{html}"
        );
        assert!(html.contains("&lt;img src=x"), "{html}");
    }

    #[test]
    fn tables_scroll_and_empty_headers_are_removed() {
        let html = to_html("# Made \"of\"\n\n| | |\n|---|---|\n| Network | MM-JiT |\n");
        assert!(
            html.contains("role=\"region\" aria-label=\"Made of\""),
            "{html}"
        );
        assert!(
            !html.contains("<thead>") && html.contains("<td>MM-JiT</td>"),
            "{html}"
        );
    }

    #[test]
    fn the_page_has_the_apps_colours_and_theme_but_not_its_code() {
        let index = "<head>\n<meta charset=\"utf-8\">\n<script src=\"/theme-1.js\"></script>\n<script src=\"/boot-1.js\"></script>\n\
                     <link rel=\"stylesheet\" href=\"/tokens-1.css\"/>\n<link rel=\"stylesheet\" href=\"/panel-1.css\"/>\n\
                     <script type=\"module\" src=\"/image2-app-1.js\"></script></head>";
        let head = head(index, "document-1.css").expect("a head");
        for part in ["charset", "/theme-1.js", "/tokens-1.css", "/document-1.css"] {
            assert!(head.contains(part), "{part} is not in {head}");
        }
        assert!(
            !head.contains("panel") && !head.contains("boot") && !head.contains("image2-app"),
            "{head}"
        );
    }

    #[test]
    fn headings_move_one_level_down() {
        assert_eq!(lowered("# A\ntext\n## B"), "## A\ntext\n### B\n");
    }
}
