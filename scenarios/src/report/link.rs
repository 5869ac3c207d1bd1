//! Addresses that a report may link to.

use url::Url;

/// An address on the web. Anything else, such as `javascript:`, is shown as text and never linked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Link(Url);

impl Link {
    pub(super) fn of(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let is_web = matches!(url.scheme(), "http" | "https") && url.has_host();
        is_web.then_some(Self(url))
    }

    /// As it stands in HTML; the caller escapes it.
    pub(super) fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// As it stands between the parentheses of a Markdown link, also in a cell of a table.
    pub(super) fn in_markdown(&self) -> String {
        let mut text = String::with_capacity(self.0.as_str().len());
        for character in self.0.as_str().chars() {
            match character {
                '(' => text.push_str("%28"),
                ')' => text.push_str("%29"),
                '|' => text.push_str("%7C"),
                '\\' => text.push_str("%5C"),
                '`' => text.push_str("%60"),
                '<' => text.push_str("%3C"),
                '>' => text.push_str("%3E"),
                other => text.push(other),
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_on_the_web_are_links() {
        assert!(Link::of("https://developers.miro.com/docs").is_some());
        for text in ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//host/x", "", "rule 7"] {
            assert_eq!(Link::of(text), None, "{text}");
        }
    }

    #[test]
    fn a_link_cannot_leave_its_parentheses() {
        let link = Link::of("https://host.example/a)|<b>`c`\n(d").expect("it is an address");
        assert!(!link.in_markdown().contains([')', '(', '|', '<', '>', '`', '\n']), "{}", link.in_markdown());
    }
}
