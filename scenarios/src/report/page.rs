//! The shell of every HTML report: one file that needs nothing else, and asks nobody for anything.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use ring::digest::{SHA256, digest};

const STYLE: &str =
    concat!(include_str!("page/base.css"), include_str!("page/case.css"), include_str!("page/timeline.css"));
const SCRIPT: &str = include_str!("page/script.js");

/// A whole document. The title is escaped; the body is markup already.
pub fn page(title: &str, body: &Markup) -> String {
    let document = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy());
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                link rel="icon" href="data:,";
                title { (super::text::Shown(title)) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (body)
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    document.into_string()
}

/// Nothing is loaded, and only our own style and script count: a text that were to slip through as markup would still do nothing.
fn policy() -> String {
    let hash = |text: &str| STANDARD.encode(digest(&SHA256, text.as_bytes()));
    format!(
        "default-src 'none'; img-src data:; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn style_and_script_do_not_end_their_element() {
        for text in [STYLE, SCRIPT] {
            assert!(!text.contains("</") && !text.contains("<!--"));
        }
    }

    #[test]
    fn nothing_is_fetched_from_anywhere() {
        let text = page("a <title>", &html! { p { "body" } });
        assert!(text.contains("<title>a &lt;title&gt;</title>"));
        for asks in ["http:", "https:", "url(", "@import", "fetch(", "XMLHttpRequest", "src="] {
            assert!(!text.contains(asks), "{asks}");
        }
    }
}
