//! Answers as JSON, written row by row.

use kql::{Answer, Render, Table};
use serde_json::{Value, json};

/// The primary result, with what was asked for besides it.
pub(super) fn body(answer: &Answer, extras: &[(&'static str, Value)]) -> Vec<u8> {
    let mut body = br#"{"tables":["#.to_vec();
    table(&answer.table, &mut body);
    body.push(b']');
    for (name, value) in extras {
        body.extend_from_slice(format!(",\"{name}\":").as_bytes());
        write(value, &mut body);
    }
    body.push(b'}');
    body
}

fn table(table: &Table, body: &mut Vec<u8>) {
    let columns: Vec<Value> = table
        .schema()
        .columns()
        .iter()
        .map(|column| json!({"name": &*column.name, "type": column.kind.name()}))
        .collect();
    body.extend_from_slice(br#"{"name":"PrimaryResult","columns":"#);
    write(&Value::Array(columns), body);
    body.extend_from_slice(br#","rows":["#);
    let mut first_row = true;
    for batch in table.batches() {
        for row in 0..batch.len() {
            if !std::mem::take(&mut first_row) {
                body.push(b',');
            }
            body.push(b'[');
            for column in 0..table.schema().len() {
                if column > 0 {
                    body.push(b',');
                }
                write(&kql::json::cell(&batch.value(row, column)), body);
            }
            body.push(b']');
        }
    }
    body.extend_from_slice(b"]}");
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

/// A partial answer's `error`: clients know it by `PartialError`.
pub(super) fn partial(error: &kql::Error) -> Value {
    json!({
        "code": "PartialError",
        "message": "There were some errors when processing your query.",
        "details": [{
            "code": "EngineError",
            "message": "Something went wrong processing your query on the server.",
            "innererror": {
                "code": "-2133196797",
                "message": format!("{} (E_QUERY_RESULT_SET_TOO_LARGE; 0x80DA0003)", error.message),
                "severity": 2,
                "severityName": "Error",
            },
        }],
    })
}
