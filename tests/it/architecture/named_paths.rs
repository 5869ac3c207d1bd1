//! The files and folders that a document names.

use std::path::{Path, PathBuf};

/// A path that a document names, and where.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Named {
    /// From 1.
    pub(super) line: usize,
    /// As it is written.
    pub(super) path: String,
    /// Named on the same line before it: `words.rs` after `redact/allow.rs` is beside it, or beside one of its folders.
    before: Vec<String>,
    is_link: bool,
}

impl Named {
    /// Whether it is there: seen from the root of the workspace, from the document, or from what the line named before.
    pub(super) fn exists(&self, root: &Path, document: &Path) -> bool {
        let folder = document.parent().unwrap_or(root);
        if self.is_link {
            return folder.join(&self.path).exists();
        }
        let before = self.before.iter().flat_map(|before| Path::new(before).ancestors().skip(1));
        let before: Vec<PathBuf> = before.map(|folder| root.join(folder)).collect();
        let folders = [root.to_owned(), folder.to_owned(), folder.join("src")];
        folders.iter().chain(&before).any(|folder| folder.join(&self.path).exists())
    }
}

/// What a document names: links to files, and code that reads as a path.
pub(super) fn named(text: &str, roots: &[&str]) -> Vec<Named> {
    let mut found = Vec::new();
    let mut is_block = false;
    for (number, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            is_block = !is_block;
            continue;
        }
        let mut before: Vec<String> = Vec::new();
        let mut add = |path: &str, is_link: bool| {
            let named = Named { line: number + 1, path: path.to_owned(), before: before.clone(), is_link };
            if !is_link {
                before.push(path.to_owned());
            }
            found.push(named);
        };
        if is_block {
            let words = line.split('#').next().unwrap_or_default().split_whitespace();
            words.filter(|word| is_below(word, roots)).for_each(|word| add(word, false));
            continue;
        }
        for code in line.split('`').skip(1).step_by(2) {
            let words: Vec<&str> = code.split_whitespace().collect();
            let is_path = |word: &&str| is_below(word, roots) || (words.len() == 1 && is_file(word));
            words.iter().copied().filter(is_path).for_each(|word| add(word, false));
        }
        for link in line.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = link.split('#').next().unwrap_or_default();
            if !path.is_empty() && !path.contains(':') {
                add(path, true);
            }
        }
    }
    found
}

/// Whether a word begins with a folder of the workspace.
fn is_below(word: &str, roots: &[&str]) -> bool {
    is_plain(word) && word.split_once('/').is_some_and(|(first, _)| roots.contains(&first))
}

/// Whether a word is a source or a document, or a file in a folder.
fn is_file(word: &str) -> bool {
    let (folder, name) = word.rsplit_once('/').map_or((None, word), |(folder, name)| (Some(folder), name));
    let end = name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).map(|(_, end)| end);
    is_plain(word)
        && match (folder, end) {
            (_, Some("rs")) => true,
            // A document of the workspace; in lower case it is what a program writes, such as `report.md`.
            (None, Some("md")) => name.starts_with(|first: char| first.is_ascii_uppercase()),
            (Some(folder), Some("md" | "toml" | "json" | "yaml" | "txt" | "py" | "sh" | "service" | "kql")) => {
                !folder.is_empty()
            }
            _ => false,
        }
}

/// A path without placeholders: `catalogue/FAMILY/` and `*.rs` are none.
fn is_plain(word: &str) -> bool {
    let is_of_paths = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    let is_placeholder = |part: &str| part.len() > 2 && part.chars().all(|c| c.is_ascii_uppercase());
    word.chars().all(is_of_paths) && !word.starts_with('/') && !word.split('/').any(is_placeholder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_and_links_are_told_from_other_words() {
        let text = "see `room/src/a.rs` and `b.rs`, [there](room/c.md#part), `/readyz`, `text/html`, `mine.yaml`, `report.md`\n\
                    `just x room/d` `room/FAMILY/` [web](https://miro.com)\n```sh\nroom/run --now # room/not\n```\n";
        let found: Vec<_> = named(text, &["room"]).into_iter().map(|named| (named.line, named.path)).collect();
        let expected = [(1, "room/src/a.rs"), (1, "b.rs"), (1, "room/c.md"), (2, "room/d"), (4, "room/run")];
        assert_eq!(found, expected.map(|(line, path)| (line, path.to_owned())));
    }
}
