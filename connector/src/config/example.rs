//! The commented example, made from the table of keys.

use std::fmt::Write as _;

use super::key::{AnyKey, Otherwise};
use super::keys::{KEYS, SECTIONS};

const LINE_MAX: usize = 110;

/// An example of the whole configuration: what must be set is set, what has a default stands as a comment.
pub fn example() -> String {
    let mut out = String::from(
        "# miro-sentinel: every key, with its default. Lines that begin with a key must be set; the others are comments.\n\
         # Each key can be overridden by an environment variable: MIRO_SENTINEL__STREAMS__AUDIT__POLL_EVERY=30s.\n",
    );
    for (section, purpose) in SECTIONS {
        out.push('\n');
        comment(&mut out, purpose);
        writeln!(out, "[{section}]").expect("a string takes everything");
        for key in KEYS.iter().filter(|key| key.section() == section) {
            write_key(&mut out, *key);
        }
    }
    out
}

fn write_key(out: &mut String, key: &dyn AnyKey) {
    comment(out, &format!("{} Allowed: {}.", key.doc(), key.allowed()));
    let (mark, note) = match key.otherwise() {
        Otherwise::Required => ("", None),
        // A rule belongs to its stream, and the example has both.
        Otherwise::Nothing(_) if key.section() == "sentinel.rules" => ("", None),
        Otherwise::Nothing(without) => ("# ", Some(format!("Without it: {without}."))),
        Otherwise::Default(_, reason) => ("# ", Some(format!("Default, because {reason}:"))),
    };
    if let Some(note) = note {
        comment(out, &note);
    }
    writeln!(out, "{mark}{} = {}", key.name(), key.example()).expect("a string takes everything");
}

/// Writes `text` as comment lines that fit a terminal.
fn comment(out: &mut String, text: &str) {
    let mut line = String::from("#");
    for word in text.split_whitespace() {
        if line.chars().count() + 1 + word.chars().count() > LINE_MAX {
            out.push_str(&line);
            out.push('\n');
            line = String::from("#");
        }
        line.push(' ');
        line.push_str(word);
    }
    out.push_str(&line);
    out.push('\n');
}
