//! XML read into dynamic values: attributes as `@name`, text as `#text`, repeated elements as arrays.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::dynamic::{Dynamic, Properties};

/// The children of an element by name, in the order of first appearance.
type Children = IndexMap<Arc<str>, Vec<Dynamic>>;

/// Elements may nest so deep.
const DEPTH_MAX: u32 = 100;

/// The document as a bag with its root element; null when the text is not XML.
pub(super) fn parse(text: &str) -> Dynamic {
    let mut reader = Reader { rest: text.trim_start_matches('\u{feff}') };
    let mut root = Properties::default();
    match reader.document(&mut root) {
        Some(()) => Dynamic::bag(root),
        None => Dynamic::Null,
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn document(&mut self, root: &mut Properties) -> Option<()> {
        self.skip_misc()?;
        if self.rest.starts_with("<?") {
            return None;
        }
        let (name, element) = self.element(0)?;
        root.insert(name, element);
        self.skip_misc()?;
        self.rest.is_empty().then_some(())
    }

    /// White space, comments, declarations and processing instructions.
    fn skip_misc(&mut self) -> Option<()> {
        loop {
            self.rest = self.rest.trim_start();
            if !(self.skip("<?", "?>")? || self.skip("<!--", "-->")? || self.skip("<!DOCTYPE", ">")?) {
                return Some(());
            }
        }
    }

    /// Skips from `open` through `close`, when `open` stands here; `None` when `close` is missing.
    fn skip(&mut self, open: &str, close: &str) -> Option<bool> {
        if !self.rest.starts_with(open) {
            return Some(false);
        }
        let end = self.rest.find(close)?;
        self.rest = &self.rest[end + close.len()..];
        Some(true)
    }

    fn take(&mut self, text: &str) -> Option<()> {
        self.rest = self.rest.strip_prefix(text)?;
        Some(())
    }

    fn name(&mut self) -> Option<&'a str> {
        let end = self.rest.find(|c: char| c.is_whitespace() || "=/><\"'".contains(c)).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        (!name.is_empty()).then_some(name)
    }

    fn element(&mut self, depth: u32) -> Option<(Arc<str>, Dynamic)> {
        if depth == DEPTH_MAX {
            return None;
        }
        self.take("<")?;
        let name = self.name()?;
        let mut content = Properties::default();
        self.attributes(&mut content)?;
        if self.take("/>").is_some() {
            return Some((Arc::from(name), content_value(content, String::new())));
        }
        self.take(">")?;
        let mut children = Children::new();
        let text = self.children(&mut children, depth)?;
        content.extend(children.into_iter().map(|(name, elements)| (name, one_or_array(elements))));
        self.take(name)?;
        self.rest = self.rest.trim_start();
        self.take(">")?;
        Some((Arc::from(name), content_value(content, text)))
    }

    fn attributes(&mut self, content: &mut Properties) -> Option<()> {
        loop {
            self.rest = self.rest.trim_start();
            if self.rest.starts_with(['/', '>']) {
                return Some(());
            }
            let name = self.name()?;
            self.rest = self.rest.trim_start();
            self.take("=")?;
            self.rest = self.rest.trim_start();
            let quote = self.rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            let (value, rest) = self.rest[1..].split_once(quote)?;
            self.rest = rest;
            content.insert(Arc::from(format!("@{name}")), Dynamic::string(unescaped(value)));
        }
    }

    /// Everything up to and with the `</` of the end tag; returns the text.
    fn children(&mut self, children: &mut Children, depth: u32) -> Option<String> {
        let mut text = String::new();
        loop {
            let (before, rest) = self.rest.split_at(self.rest.find('<')?);
            text.push_str(&unescaped(before));
            self.rest = rest;
            if self.take("</").is_some() {
                return Some(text);
            }
            if let Some(data) = self.rest.strip_prefix("<![CDATA[") {
                let (data, rest) = data.split_once("]]>")?;
                text.push_str(data);
                self.rest = rest;
            } else if !(self.skip("<!--", "-->")? || self.skip("<?", "?>")?) {
                let (name, child) = self.element(depth + 1)?;
                children.entry(name).or_default().push(child);
            }
        }
    }
}

/// Several elements of the same name make an array.
fn one_or_array(mut elements: Vec<Dynamic>) -> Dynamic {
    match elements.pop() {
        Some(only) if elements.is_empty() => only,
        last => Dynamic::array(elements.into_iter().chain(last)),
    }
}

/// An element with nothing but text is its text.
fn content_value(mut content: Properties, text: String) -> Dynamic {
    let blank = text.trim().is_empty();
    if content.is_empty() {
        return if text.is_empty() { Dynamic::Null } else { Dynamic::string(text) };
    }
    if !blank {
        content.insert(Arc::from("#text"), Dynamic::string(text));
    }
    Dynamic::bag(content)
}

/// The five named entities and those by number; others stay as written.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some((character, length)) = entity(rest) {
            out.push(character);
            rest = &rest[length..];
        } else {
            out.push('&');
            rest = &rest[1..];
        }
    }
    out + rest
}

/// The entity that begins here, and its length.
fn entity(text: &str) -> Option<(char, usize)> {
    /// `&#x10FFFF;`, with room for zeros.
    const LENGTH_MAX: usize = 16;
    let end = text.bytes().take(LENGTH_MAX).position(|byte| byte == b';')?;
    Some((entity_character(&text[1..end])?, end + 1))
}

fn entity_character(entity: &str) -> Option<char> {
    Some(match entity {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let number = entity.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)?
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(xml: &str, json: &str) {
        assert_eq!(parse(xml).to_json(), json, "{xml}");
    }

    #[test]
    fn elements_become_properties() {
        check("<a>x</a>", r#"{"a":"x"}"#);
        check("<?xml version='1.0'?><a b='1'><c>2</c><c>3</c>t</a>", r##"{"a":{"@b":"1","c":["2","3"],"#text":"t"}}"##);
        check("<a><!-- c --><b/><![CDATA[<x>]]></a>", r##"{"a":{"b":null,"#text":"<x>"}}"##);
        check("<a>&lt;&#65;&#x42;&unknown;</a>", r#"{"a":"<AB&unknown;"}"#);
    }

    #[test]
    fn what_is_no_xml_is_null() {
        for text in ["", "x", "<a>", "<a></b>", "<a", "<a b></a>", "<a/><b/>", &"<a>".repeat(5_000)] {
            check(text, "null");
        }
    }
}
