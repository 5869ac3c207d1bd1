//! A value as it was written, before anything is known of what it should be.

use std::fmt::Write as _;

use toml::Spanned;
use toml::de::DeValue;

use crate::redact::{MASK, could_be_secret};

/// A value of the file, or the text of an environment variable. Has no `Debug`: it may be a secret.
#[derive(Clone)]
pub(crate) enum Raw {
    /// A string of the file.
    Text(String),
    /// An integer of the file.
    Integer(i64),
    /// A float of the file.
    Float(f64),
    /// A boolean of the file.
    Flag(bool),
    /// A date or time of the file.
    Time(String),
    /// An array of the file.
    List(Vec<Self>),
    /// A table of the file that is a value, not a section.
    Table(Vec<(String, Self)>),
    /// The text of an environment variable; what it is depends on the key.
    Variable(String),
}

impl Raw {
    /// Reads one TOML value, which the program itself wrote.
    pub(crate) fn literal(toml: &str) -> Self {
        let value = DeValue::parse(toml).expect("the table of keys holds valid TOML, as a test asserts");
        Self::from(&value)
    }

    /// The text, if the value is one.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Variable(text) | Self::Time(text) => Some(text),
            Self::Integer(_) | Self::Float(_) | Self::Flag(_) | Self::List(_) | Self::Table(_) => None,
        }
    }

    /// Whether a text in it, however deep, is one of those.
    pub(crate) fn has_text(&self, is_one: fn(&str) -> bool) -> bool {
        match self {
            Self::Text(text) | Self::Variable(text) | Self::Time(text) => is_one(text),
            Self::Integer(_) | Self::Float(_) | Self::Flag(_) => false,
            Self::List(items) => items.iter().any(|item| item.has_text(is_one)),
            Self::Table(fields) => fields.iter().any(|(name, value)| is_one(name) || value.has_text(is_one)),
        }
    }

    /// As [`shown`](Self::shown), where it does not have the form of its place: then it may be a secret.
    pub(crate) fn shown_where_wrong(&self) -> String {
        if self.has_text(could_be_secret) { MASK.to_owned() } else { self.shown() }
    }

    /// The value as TOML, cut at a length that fits a line.
    pub(crate) fn shown(&self) -> String {
        const SHOWN_MAX: usize = 120;
        let mut shown = self.shown_whole();
        if shown.chars().count() > SHOWN_MAX {
            shown = shown.chars().take(SHOWN_MAX).chain("…".chars()).collect();
        }
        shown
    }

    /// The value as TOML.
    pub(crate) fn shown_whole(&self) -> String {
        let mut shown = String::new();
        self.write(&mut shown);
        shown
    }

    fn write(&self, out: &mut String) {
        match self {
            Self::Text(text) | Self::Variable(text) => write!(out, "{text:?}"),
            Self::Integer(number) => write!(out, "{number}"),
            Self::Float(number) => write!(out, "{number:?}"),
            Self::Flag(flag) => write!(out, "{flag}"),
            Self::Time(time) => write!(out, "{time}"),
            Self::List(items) => return write_joined(out, ("[", "]"), items, Self::write),
            Self::Table(fields) => {
                return write_joined(out, ("{ ", " }"), fields, |(name, value), out| {
                    out.push_str(name);
                    out.push_str(" = ");
                    value.write(out);
                });
            }
        }
        .expect("a string takes everything");
    }
}

fn write_joined<T>(out: &mut String, (open, close): (&str, &str), items: &[T], write: impl Fn(&T, &mut String)) {
    out.push_str(open);
    for (position, item) in items.iter().enumerate() {
        if position > 0 {
            out.push_str(", ");
        }
        write(item, out);
    }
    out.push_str(close);
}

/// `path` from the root on; as it is where there is no working directory.
pub(crate) fn absolute_path(path: &str) -> String {
    std::path::absolute(path).map_or_else(|_| path.to_owned(), |path| path.display().to_string())
}

impl From<&Spanned<DeValue<'_>>> for Raw {
    fn from(value: &Spanned<DeValue<'_>>) -> Self {
        match value.get_ref() {
            DeValue::String(text) => Self::Text(text.to_string()),
            DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
                Ok(number) => Self::Integer(number),
                Err(_) => Self::Float(number.as_str().parse().unwrap_or(f64::INFINITY)),
            },
            DeValue::Float(number) => Self::Float(number.as_str().parse().unwrap_or(f64::NAN)),
            DeValue::Boolean(flag) => Self::Flag(*flag),
            DeValue::Datetime(time) => Self::Time(time.to_string()),
            DeValue::Array(items) => Self::List(items.iter().map(Self::from).collect()),
            DeValue::Table(fields) => Self::Table(
                fields.iter().map(|(name, value)| (name.get_ref().to_string(), Self::from(value))).collect(),
            ),
        }
    }
}
