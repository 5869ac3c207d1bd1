//! Texts of strangers inside GitHub's Markdown (<https://github.github.com/gfm/>).

use super::super::link::Link;
use super::super::text::{bounded, shown};

/// Characters of one text: the rest is in report.html.
const TEXT_MAX: usize = 600;

/// A text in a paragraph or a cell of a table: one line, and none of its characters means anything.
pub(super) fn inline(text: &str) -> String {
    let text = bounded(shown(text).trim(), TEXT_MAX);
    let mut escaped = String::with_capacity(text.len() + 16);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\n' | '\t' => escaped.push(' '),
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            // An entity: how a backslash before it counts depends on whether it stands in a table.
            '|' => escaped.push_str("&#124;"),
            // What GitHub would make a mention, an address or a picture of by itself.
            '@' => escaped.push_str("&#64;"),
            ':' if characters.peek().is_some_and(|next| !next.is_whitespace()) => escaped.push_str("&#58;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '#' | '+' | '!' | '~' | '$' => {
                escaped.push('\\');
                escaped.push(character);
            }
            other => escaped.push(other),
        }
    }
    // At the beginning of a line these make a list or a heading.
    match escaped.chars().next() {
        Some('-' | '=') => format!("\\{escaped}"),
        _ => escaped,
    }
}

/// A block of code whose fence is longer than any in the text.
pub(super) fn code(text: &str) -> String {
    let text = bounded(&shown(text), TEXT_MAX * 2);
    let (mut longest, mut run) = (0, 0);
    for character in text.chars() {
        run = if character == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}text\n{text}\n{fence}\n")
}

/// A link where the address is one on the web, and the text of it otherwise.
pub(super) fn link(address: &str) -> String {
    match Link::of(address) {
        Some(link) => format!("[{}]({})", inline(address), link.in_markdown()),
        None => inline(address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stays_in_its_cell() {
        assert_eq!(inline("a|b`c`\n<b>"), "a&#124;b\\`c\\` &lt;b&gt;");
        assert_eq!(inline("- [x](https://host)"), "\\- \\[x\\]\\(https&#58;//host\\)");
    }

    #[test]
    fn code_cannot_close_its_fence() {
        assert!(code("a\n```\nb").starts_with("````text\n"));
        assert!(code("plain").starts_with("```text\n"));
    }
}
