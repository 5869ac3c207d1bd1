//! Texts with a form of their own: URLs, paths, versions, CSV and command lines.

use std::sync::Arc;

use super::arguments::{Arguments, array};
use super::encoding::percent_decoded;
use super::{Context, Function, Param, Returns, xml};
use crate::{decimal::Decimal, dynamic::Dynamic, types::ColumnType, value::Value};

const TEXT: Param = Param::Is(ColumnType::String);
const SCALAR: Param = Param::Scalar;
const DYNAMIC: Returns = Returns::Is(ColumnType::Dynamic);

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(&["parse_url", "parseurl"], &[TEXT], DYNAMIC, |_, args| Value::dynamic(url(&args.text(0)))),
    Function::new(&["parse_urlquery", "parseurlquery"], &[TEXT], DYNAMIC, parse_urlquery),
    Function::new(&["parse_path"], &[TEXT], DYNAMIC, |_, args| Value::dynamic(path(&args.text(0)))),
    Function::new(&["parse_version"], &[TEXT], Returns::Is(ColumnType::Decimal), parse_version),
    Function::new(&["parse_csv"], &[SCALAR], DYNAMIC, |_, args| array(csv(&args.text(0)))),
    Function::new(&["parse_command_line"], &[SCALAR, TEXT], DYNAMIC, parse_command_line),
    Function::new(&["parse_xml"], &[SCALAR], DYNAMIC, |_, args| Value::dynamic(xml::parse(&args.text(0)))),
];

fn bag(properties: impl IntoIterator<Item = (&'static str, Dynamic)>) -> Dynamic {
    Dynamic::bag(properties.into_iter().map(|(key, value)| (Arc::from(key), value)))
}

/// The parts of `scheme://user:password@host:port/path?query#fragment`, each `""` when missing.
fn url(text: &str) -> Dynamic {
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (name, password) = user.split_once(':').unwrap_or((user, ""));
    let (host, port) = host_and_port(host);
    bag([
        ("Scheme", Dynamic::string(scheme)),
        ("Host", Dynamic::string(host)),
        ("Port", Dynamic::string(port)),
        ("Path", Dynamic::string(path)),
        ("Username", Dynamic::string(name)),
        ("Password", Dynamic::string(password)),
        ("Query Parameters", query_parameters(query)),
        ("Fragment", Dynamic::string(fragment)),
    ])
}

/// `[::1]:80` keeps its brackets.
fn host_and_port(text: &str) -> (&str, &str) {
    match text.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port),
        _ => (text, ""),
    }
}

fn query_parameters(query: &str) -> Dynamic {
    let pairs = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (Arc::from(percent_decoded(key)), Dynamic::string(percent_decoded(value)))
    });
    Dynamic::bag(pairs)
}

fn parse_urlquery(_: &mut Context<'_>, args: &[Value]) -> Value {
    let text = args.text(0);
    let query = text.strip_prefix('?').unwrap_or(&text);
    Value::dynamic(bag([("Query Parameters", query_parameters(query))]))
}

/// The parts of a Windows or Unix path, each `""` when missing.
fn path(text: &str) -> Dynamic {
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    let drive = rest.as_bytes().get(1) == Some(&b':') && rest.as_bytes()[0].is_ascii_alphabetic();
    let root = if drive { rest.get(..3).filter(|root| root.ends_with(['\\', '/'])).unwrap_or(&rest[..2]) } else { "" };
    let separator = |c: char| c == '\\' || c == '/';
    let (directory, file) = match rest.rfind(separator) {
        Some(at) => (&rest[..at], &rest[at + 1..]),
        None => ("", rest),
    };
    let (file, stream) =
        if separator_free_drive(file, drive) { (file, "") } else { file.split_once(':').unwrap_or((file, "")) };
    let extension = file.rsplit_once('.').map_or("", |(_, extension)| extension);
    let directory_name = directory.rsplit(separator).next().unwrap_or("");
    bag([
        ("Scheme", Dynamic::string(scheme)),
        ("RootPath", Dynamic::string(root)),
        ("DirectoryPath", Dynamic::string(directory)),
        ("DirectoryName", Dynamic::string(directory_name)),
        ("Filename", Dynamic::string(file)),
        ("Extension", Dynamic::string(extension)),
        ("AlternateDataStreamName", Dynamic::string(stream)),
    ])
}

/// `C:` alone is a drive, not a file with a stream.
fn separator_free_drive(file: &str, drive: bool) -> bool {
    drive && file.len() == 2
}

/// Up to four numbers as one decimal that sorts like the version.
fn parse_version(_: &mut Context<'_>, args: &[Value]) -> Value {
    let text = args.text(0);
    let mut parts: Vec<&str> = text.trim().split('.').collect();
    let valid = |part: &&str| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    if parts.len() > 4 || !parts.iter().all(valid) {
        return Value::Null;
    }
    parts.resize(4, "0");
    let number = parts.iter().filter_map(|part| part.parse::<i128>().ok());
    Decimal::new(number.fold(0, |version, part| version * 100_000_000 + part), 0).into()
}

/// The fields of the first record; quotes may surround a field and are doubled inside.
fn csv(text: &str) -> Vec<Dynamic> {
    let mut fields = Vec::new();
    let mut field = String::new();
    let mut quoted = false;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.next_if_eq(&'"').is_some() => field.push('"'),
            '"' if quoted || field.is_empty() => quoted = !quoted,
            ',' if !quoted => fields.push(Dynamic::string(std::mem::take(&mut field))),
            '\n' if !quoted => break,
            '\r' if !quoted && characters.peek() == Some(&'\n') => {}
            character => field.push(character),
        }
    }
    fields.push(Dynamic::string(field));
    fields
}

/// The arguments of a command line by the rules of Windows, the only ones Kusto knows.
fn parse_command_line(_: &mut Context<'_>, args: &[Value]) -> Value {
    let text = args.text(0);
    if !args.text(1).eq_ignore_ascii_case("windows") || text.is_empty() {
        return Value::Null;
    }
    array(windows_arguments(&text).into_iter().map(Dynamic::string))
}

/// As `CommandLineToArgvW` splits: backslashes are literal unless they precede a quote.
fn windows_arguments(text: &str) -> Vec<String> {
    let mut arguments = Vec::new();
    let mut argument: Option<String> = None;
    let mut quoted = false;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            ' ' | '\t' if !quoted => arguments.extend(argument.take()),
            '\\' => {
                let mut slashes = 1;
                while characters.next_if_eq(&'\\').is_some() {
                    slashes += 1;
                }
                let before_quote = characters.peek() == Some(&'"');
                let kept = if before_quote { slashes / 2 } else { slashes };
                let argument = argument.get_or_insert_default();
                argument.extend(std::iter::repeat_n('\\', kept));
                if before_quote && slashes % 2 == 1 {
                    characters.next();
                    argument.push('"');
                }
            }
            '"' => {
                let argument = argument.get_or_insert_default();
                if quoted && characters.next_if_eq(&'"').is_some() {
                    argument.push('"');
                } else {
                    quoted = !quoted;
                }
            }
            character => argument.get_or_insert_default().push(character),
        }
    }
    arguments.extend(argument);
    arguments
}
