//! Texts that a subject or a peer had a hand in, made fit to be shown.

use maud::{Escaper, Render};
use std::fmt::Write as _;

/// Whether a character acts on a screen instead of standing on it: control characters, and marks that reverse the direction of text
/// (Unicode Standard Annex 9, <https://www.unicode.org/reports/tr9/>). Tabs and line feeds stay.
const fn acts(character: char) -> bool {
    match character {
        '\t' | '\n' => false,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' => true,
        '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}' => true,
        _ => false,
    }
}

/// The text with everything that acts on the reader's screen written out, such as `\u{1b}`; line breaks as line feeds.
pub(crate) fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.replace("\r\n", "\n").chars() {
        if acts(character) {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// At most so many characters of it, and a mark where something is left out.
pub(super) fn bounded(text: &str, characters_max: usize) -> String {
    match text.char_indices().nth(characters_max) {
        None => text.to_owned(),
        Some((end, _)) => format!("{} […]", &text[..end]),
    }
}

/// A text in HTML.
pub(super) struct Shown<'a>(pub(super) &'a str);

impl Render for Shown<'_> {
    fn render_to(&self, buffer: &mut String) {
        // A string takes everything.
        let _written = Escaper::new(buffer).write_str(&shown(self.0));
    }
}

/// A text in HTML in which words between backticks are code.
pub(super) struct Prose<'a>(pub(super) &'a str);

impl Render for Prose<'_> {
    fn render_to(&self, buffer: &mut String) {
        let parts: Vec<&str> = self.0.split('`').collect();
        let is_balanced = parts.len() % 2 == 1;
        for (at, part) in parts.iter().enumerate() {
            let is_code = at % 2 == 1;
            match (is_balanced, is_code) {
                (true, true) => maud::html! { code { (Shown(part)) } }.render_to(buffer),
                (true, false) => Shown(part).render_to(buffer),
                (false, _) => return Shown(self.0).render_to(buffer),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_written_out() {
        assert_eq!(shown("a\u{1b}[31mb\0\r\nc\td"), "a\\u{1b}[31mb\\u{0}\nc\td");
        assert_eq!(shown("\u{202e}abc\u{9b}"), "\\u{202e}abc\\u{9b}");
    }

    #[test]
    fn words_between_backticks_are_code_and_nothing_else_is_markup() {
        assert_eq!(Prose("`<a>` & b").render().into_string(), "<code>&lt;a&gt;</code> &amp; b");
        assert_eq!(Prose("one ` <b>").render().into_string(), "one ` &lt;b&gt;");
    }

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!(bounded("äöü", 3), "äöü");
        assert_eq!(bounded("äöüß", 3), "äöü […]");
    }
}
