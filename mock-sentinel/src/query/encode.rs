//! Responses as JSON, written row by row until the bound.

use kql::{Answer, Batch, Render, ResultTable, Table};
use serde_json::{Value, json};

use crate::world::TableNames;

/// A response's body.
#[derive(Debug)]
pub(super) struct Encoded {
    pub(super) body: Vec<u8>,
    pub(super) rows: u64,
    /// Why rows are missing, if any are.
    pub(super) partial: Option<String>,
}

/// Every table of the response in order, their rows up to `bytes_max` together, with what was asked for besides them.
/// Tables behind the one that reaches the bound have their columns and no rows.
pub(super) fn body(answer: &Answer, names: TableNames, bytes_max: usize, extras: &[(&'static str, Value)]) -> Encoded {
    let mut body = br#"{"tables":["#.to_vec();
    let (mut rows, mut whole) = (0, true);
    for (index, result) in answer.tables.iter().enumerate() {
        if index > 0 {
            body.push(b',');
        }
        let room = if whole { bytes_max } else { 0 };
        let (written, complete) = table(name(result, names), &result.table, room, &mut body);
        rows += written;
        whole &= complete;
    }
    body.push(b']');
    let partial = if whole {
        answer.partial.as_ref().map(|error| error.message.clone())
    } else {
        Some(format!(
            "The results of this query exceed the set limit of {bytes_max} bytes, so not all records were returned"
        ))
    };
    let error = partial.as_ref().map(|message| ("error", partial_error(message)));
    for (name, value) in extras.iter().chain(&error) {
        body.extend_from_slice(format!(",\"{name}\":").as_bytes());
        write(value, &mut body);
    }
    body.push(b'}');
    Encoded { body, rows, partial }
}

/// The name of a table. Clients look for `PrimaryResult`, or take the first.
fn name(result: &ResultTable, names: TableNames) -> &str {
    match (names, &result.name) {
        (TableNames::AsNamed, Some(name)) => name,
        (TableNames::AsNamed, None) | (TableNames::Primary, _) => "PrimaryResult",
    }
}

/// Writes a table. Returns the number of rows written, and whether those were all.
fn table(name: &str, table: &Table, bytes_max: usize, body: &mut Vec<u8>) -> (u64, bool) {
    let columns: Vec<Value> = table
        .schema()
        .columns()
        .iter()
        .map(|column| json!({"name": &*column.name, "type": column.kind.name()}))
        .collect();
    body.extend_from_slice(br#"{"name":"#);
    write(&Value::from(name), body);
    body.extend_from_slice(br#","columns":"#);
    write(&Value::Array(columns), body);
    body.extend_from_slice(br#","rows":["#);
    let mut rows = 0;
    let mut whole = true;
    'rows: for batch in table.batches() {
        for index in 0..batch.len() {
            let before = body.len();
            if rows > 0 {
                body.push(b',');
            }
            row(batch, index, body);
            if body.len() > bytes_max {
                body.truncate(before);
                whole = false;
                break 'rows;
            }
            rows += 1;
        }
    }
    body.extend_from_slice(b"]}");
    (rows, whole)
}

fn row(batch: &Batch, index: usize, body: &mut Vec<u8>) {
    body.push(b'[');
    for column in 0..batch.schema().len() {
        if column > 0 {
            body.push(b',');
        }
        write(&kql::json::cell(&batch.value(index, column)), body);
    }
    body.push(b']');
}

fn write(value: &Value, body: &mut Vec<u8>) {
    serde_json::to_writer(body, value).expect("writing into memory cannot fail");
}

/// `render` as charts understand it.
pub(super) fn render(render: Option<&Render>) -> Value {
    let property = |name: &str| {
        let found = render?.properties.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| Value::from(value.as_str()))
    };
    let list = |name: &str| {
        let text = property(name)?.as_str().map(str::to_owned)?;
        Some(Value::from(text.split(',').map(|column| column.trim().to_owned()).collect::<Vec<_>>()))
    };
    json!({
        "visualization": render.map(|render| render.chart.as_str()),
        "title": property("title"),
        "accumulate": property("accumulate").is_some_and(|value| value == "true"),
        "isQuerySorted": false,
        "kind": property("kind"),
        "annotation": "",
        "by": null,
        "legend": property("legend"),
        "series": list("series"),
        "xColumn": property("xcolumn"),
        "xTitle": property("xtitle"),
        "yAxis": property("yaxis"),
        "yColumns": list("ycolumns"),
        "yTitle": property("ytitle"),
        "ySplit": property("ysplit"),
    })
}

/// A partial response's `error`: clients know it by `PartialError`. The innermost code is the engine's number for a result
/// that is too large, 0x80DA0003.
fn partial_error(message: &str) -> Value {
    json!({
        "code": "PartialError",
        "message": "There were some errors when processing your query.",
        "details": [{
            "code": "EngineError",
            "message": "Something went wrong processing your query on the server.",
            "innererror": {
                "code": "-2133196797",
                "message": format!("{message} (E_QUERY_RESULT_SET_TOO_LARGE; 0x80DA0003)."),
                "severity": 2,
                "severityName": "Error",
            },
        }],
    })
}
