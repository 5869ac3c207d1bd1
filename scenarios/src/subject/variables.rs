//! The variables that a program under test gets, and texts in which they stand in braces.

use std::collections::BTreeMap;

use crate::scenario::finding::hint;

/// Names and values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variables(BTreeMap<String, String>);

/// Braces around a name that no variable has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{{{name}}}` is not a variable; {hint}")]
pub struct UnknownVariable {
    /// The name.
    pub name: String,
    hint: String,
}

impl Variables {
    /// Adds a variable, or gives it another value.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.insert(name.into(), value.into());
    }

    /// The value of a variable.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The text with each `{NAME}` replaced by the variable's value. Only names of capitals, digits and underscores count, without a
    /// `$` before them: other braces, such as those of JSON or of a shell, stay as they are.
    ///
    /// # Errors
    ///
    /// A name that is no variable.
    pub fn fill(&self, text: &str) -> Result<String, UnknownVariable> {
        let (mut filled, mut rest) = (String::with_capacity(text.len()), text);
        while let Some(open) = rest.find('{') {
            filled.push_str(&rest[..open]);
            rest = &rest[open..];
            // `${NAME}` is a shell's.
            let is_shells = filled.ends_with('$');
            let name = rest[1..].split_once('}').map(|(name, _)| name).filter(|name| is_name(name) && !is_shells);
            let Some(name) = name else {
                filled.push('{');
                rest = &rest[1..];
                continue;
            };
            let value = self.get(name).ok_or_else(|| self.unknown(name))?;
            filled.push_str(value);
            rest = &rest[name.len() + 2..];
        }
        Ok(filled + rest)
    }

    fn unknown(&self, name: &str) -> UnknownVariable {
        UnknownVariable { name: name.to_owned(), hint: hint(name, self.0.keys().map(String::as_str)) }
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Variables {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        Self(variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_uppercase())
        && text.chars().all(|char| char.is_ascii_uppercase() || char.is_ascii_digit() || char == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_braces_are_filled_and_other_braces_stay() {
        let variables = Variables::from_iter([("STATE_DIR", "/s"), ("CA_FILE", "/s/ca.pem")]);
        let fill = |text: &str| variables.fill(text).map_err(|error| error.to_string());
        assert_eq!(fill("{STATE_DIR}/a {CA_FILE}"), Ok("/s/a /s/ca.pem".to_owned()));
        assert_eq!(fill(r#"{"file": {"x": "{}"}} {a} {"#), Ok(r#"{"file": {"x": "{}"}} {a} {"#.to_owned()));
        assert_eq!(fill("${HOME} {CA_FILE}"), Ok("${HOME} /s/ca.pem".to_owned()));
        assert_eq!(fill("{{CA_FILE}}"), Ok("{/s/ca.pem}".to_owned()));
        assert_eq!(fill("{STATE_DIRS}"), Err("`{STATE_DIRS}` is not a variable; did you mean `STATE_DIR`?".to_owned()));
    }
}
