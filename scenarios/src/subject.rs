//! A program under test: how it is started and told its settings ([`Target`]), and one run of it ([`Process`]).

mod group;
mod output;
mod process;
mod survivors;
mod target;
mod variables;

pub(crate) use group::{Group, code_of, command, end_text, is_proxy, shell_code_of, start};
pub use output::Output;
pub use process::{Process, Stopped, SubjectError};
pub(crate) use process::{STATE_DIR, write_secret};
pub use target::{Ready, Reload, StopBy, StopSignal, Target, TargetError, schema};
/// A word as a shell takes it.
pub(crate) fn quoted(word: &str) -> String {
    let is_plain = |char: char| char.is_ascii_alphanumeric() || "-_./=:,+@%".contains(char);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

pub use variables::{UnknownVariable, Variables};
