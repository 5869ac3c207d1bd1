//! Why a transform does not compile, in the words of Azure's compiler.
//!
//! Texts seen live: terraform-provider-azurerm issue 27820 (`extraneous input`), Azure-Sentinel issues 10789 and 12073
//! (`Undefined symbol`) and pull request 14286 (`Runtime scalar function provider not found`), read 2026-11-29. Columns
//! count from zero: the comma of issue 27820 is the sixtieth character, at `1:59`. For anything else no text is
//! published; there the words are the query engine's.

use kql::{ColumnType, Error, ErrorKind};

/// `SyntaxError:0x00000001 at 1:59 : …`
pub(super) fn of(error: &Error, text: &str) -> String {
    let token = error.token.as_deref().unwrap_or_default();
    let column = error.column.saturating_sub(1);
    let at = format!("{}:{column}", error.line.max(1));
    match error.kind {
        ErrorKind::Syntax => syntax(error, text, &at),
        ErrorKind::Refused if error.code == Error::FUNCTION_NOT_IN_TRANSFORMS => {
            format!(
                "SemanticError:0x00000009 at {at} : Runtime scalar function provider not found for function: {token}"
            )
        }
        ErrorKind::Refused => format!("SyntaxError:0x00000001 at {at} : mismatched input '{token}'. {}", error.message),
        _ if is_unknown_name(error) => format!("SemanticError:0x00000006 at {at} : Undefined symbol: {token}"),
        _ => format!("SemanticError:{} at {at} : {}", error.code, error.message),
    }
}

/// Whether the error is a name that nothing has: of a column, a table or a function.
fn is_unknown_name(error: &Error) -> bool {
    error.code == "SEM0260" || error.code == "SEM0100" && error.message.starts_with("Failed to resolve")
}

fn syntax(error: &Error, text: &str, at: &str) -> String {
    let start = (error.span.start as usize).min(text.len());
    let (before, rest) = (text.get(..start).unwrap_or(text), text.get(start..).unwrap_or_default());
    let before = before.trim_end();
    if let (true, Some(complete)) = (rest.trim().is_empty(), before.strip_suffix(',')) {
        let line = complete.rsplit('\n').next().unwrap_or(complete);
        let place = format!("{}:{}", complete.matches('\n').count() + 1, line.chars().count());
        return format!("SyntaxError:0x00000001 at {place} : extraneous input ',' expecting <EOF>");
    }
    let found = error.message.strip_prefix("Expected ").and_then(|message| message.split_once(", found "));
    match found {
        Some((expected, found)) if expected.contains("the end of the query") => {
            format!("SyntaxError:0x00000001 at {at} : extraneous input {} expecting <EOF>", found.trim_end_matches('.'))
        }
        Some((expected, found)) => {
            format!(
                "SyntaxError:0x00000001 at {at} : mismatched input {} expecting {expected}",
                found.trim_end_matches('.')
            )
        }
        None => format!("SyntaxError:0x00000001 at {at} : {}", error.message),
    }
}

/// A type as the compiler calls it, in `X [produced:'String', output:'Guid']`.
pub(super) fn type_name(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::Bool => "Bool",
        ColumnType::Int => "Int",
        ColumnType::Long => "Long",
        ColumnType::Real => "Double",
        ColumnType::Decimal => "Decimal",
        ColumnType::String => "String",
        ColumnType::DateTime => "DateTime",
        ColumnType::Timespan => "TimeSpan",
        ColumnType::Guid => "Guid",
        ColumnType::Dynamic => "Dynamic",
    }
}

#[cfg(test)]
mod tests {
    use kql::{Schema, Transform};

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let input = [("TimeGenerated", ColumnType::DateTime), ("RawData", ColumnType::String)];
        match Transform::compile(text, &Schema::new(input)) {
            Ok(_) => panic!("{text} compiles"),
            Err(error) => assert_eq!(of(&error, text), expected, "{text}"),
        }
    }

    #[test]
    fn refusals_read_as_those_seen_live() {
        check(
            "source | project TimeGenerated, RawData, FilePath, Computer,",
            "SyntaxError:0x00000001 at 1:59 : extraneous input ',' expecting <EOF>",
        );
        check(
            "source | extend TimeGenerated = todatetime(['date-time'])",
            "SemanticError:0x00000006 at 1:43 : Undefined symbol: date-time",
        );
        check(
            "source\n| extend x = coalesce(RawData, '')",
            "SemanticError:0x00000009 at 2:13 : Runtime scalar function provider not found for function: coalesce",
        );
        check("source | extend x = nosuch(RawData)", "SemanticError:0x00000006 at 1:20 : Undefined symbol: nosuch");
        check("Other | project RawData", "SemanticError:0x00000006 at 1:0 : Undefined symbol: Other");
    }

    #[test]
    fn other_refusals_name_the_place_and_the_reason() {
        check(
            "source | summarize count()",
            "SyntaxError:0x00000001 at 1:9 : mismatched input 'summarize'. 'summarize' is not supported in a transformation.",
        );
        check("source | extend x = 1 y", "SyntaxError:0x00000001 at 1:22 : extraneous input 'y' expecting <EOF>");
    }
}
