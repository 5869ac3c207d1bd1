//! Texts that a subject or a peer had a hand in, made fit to be shown.

use maud::{Escaper, Render};
use std::fmt::Write as _;

/// A character as a reader sees it: control characters as their pictures, so that none of them acts, and marks that reverse the
/// direction of text (Unicode Standard Annex 9, <https://www.unicode.org/reports/tr9/>, read on 2026-11-29) as replacement characters.
/// Tabs and line feeds stay.
const fn visible(character: char) -> char {
    match character {
        '\t' | '\n' => character,
        '\0'..='\u{1f}' => match char::from_u32(0x2400 + character as u32) {
            Some(picture) => picture,
            None => char::REPLACEMENT_CHARACTER,
        },
        '\u{7f}' => '\u{2421}',
        '\u{80}'..='\u{9f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}' => {
            char::REPLACEMENT_CHARACTER
        }
        other => other,
    }
}

/// The text without anything that acts on the reader's screen; line breaks as line feeds.
pub(super) fn shown(text: &str) -> String {
    text.replace("\r\n", "\n").chars().map(visible).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_shown_and_do_not_act() {
        assert_eq!(shown("a\u{1b}[31mb\0\r\nc\td"), "a␛[31mb␀\nc\td");
        assert_eq!(shown("\u{202e}abc\u{9b}"), "\u{fffd}abc\u{fffd}");
    }

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!(bounded("äöü", 3), "äöü");
        assert_eq!(bounded("äöüß", 3), "äöü […]");
    }
}
