//! `config example | schema | explain`.

use super::args::{Config, Global};
use super::{Failure, print, print_json};
use crate::Exit;
use crate::config::{Explained, example, explain, schema};

pub(super) fn config(global: &Global, command: &Config) -> Result<Exit, Failure> {
    match command {
        Config::Example => print(&example())?,
        Config::Schema => print_json(&schema())?,
        Config::Explain(output) => {
            let explained = explain(&global.sources()?)?;
            if output.json {
                print_json(&explained)?;
            } else {
                print(&table(&explained))?;
            }
        }
    }
    Ok(Exit::Done)
}

/// One line a key: key, value, and what set it.
fn table(explained: &[Explained]) -> String {
    let keys = explained.iter().map(|one| one.key.len()).max().unwrap_or(0);
    let values = explained.iter().filter_map(|one| one.value.as_ref()).map(|value| value.chars().count());
    let values = values.max().unwrap_or(0).min(60);
    let line = |one: &Explained| {
        let value = one.value.as_deref().unwrap_or("-");
        let wanted = one.wanted.as_ref().map(|wanted| format!(" (allowed: {wanted})")).unwrap_or_default();
        format!("{:keys$}  {value:values$}  {}{wanted}\n", one.key, one.set_by)
    };
    explained.iter().map(line).collect()
}
