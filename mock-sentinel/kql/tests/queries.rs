//! Whole queries and transforms as their users write them: answers, refusals, bounds.

use kql::{
    Batch, BatchBuilder, Cancel, ColumnType, DateTime, ErrorKind, Limit, SavedFunction, Schema, Settings, Table,
    Tables, Transform, Value,
};

fn now() -> DateTime {
    DateTime::parse("2026-11-23T12:00:00Z").expect("a date")
}

fn audit() -> Table {
    let schema = Schema::new([
        ("TimeGenerated", ColumnType::DateTime),
        ("event", ColumnType::String),
        ("category", ColumnType::String),
        ("createdBy_email", ColumnType::String),
        ("context_ip", ColumnType::String),
        ("details", ColumnType::Dynamic),
    ]);
    let mut rows = BatchBuilder::new(schema);
    for (at, event, category, who) in [
        ("2026-11-23T11:05:00Z", "sign_in_failed", "auth", "ana@example.com"),
        ("2026-11-23T11:45:00Z", "sign_in_failed", "auth", "ana@example.com"),
        ("2026-11-22T09:00:00Z", "board_shared", "board", "ben@example.com"),
        ("2026-10-01T09:00:00Z", "board_shared", "board", "ana@example.com"),
    ] {
        rows.column(0).push_datetime(DateTime::parse(at).expect("a date"));
        rows.column(1).push_str(event);
        rows.column(2).push_str(category);
        rows.column(3).push_str(who);
        rows.column(4).push_str("10.0.0.1");
        rows.column(5).push_json("{\"role\": \"admin\"}");
        rows.end_row();
    }
    Table::of(rows.finish())
}

fn content() -> Table {
    let schema = Schema::new([
        ("TimeGenerated", ColumnType::DateTime),
        ("actionType", ColumnType::String),
        ("actor_email", ColumnType::String),
        ("actor_name", ColumnType::String),
    ]);
    let mut rows = BatchBuilder::new(schema);
    for (at, action, who) in [
        ("2026-11-23T11:05:00Z", "create", "ana"),
        ("2026-11-20T11:05:00Z", "create", "ana"),
        ("2026-11-01T11:05:00Z", "delete", "ben"),
        ("2026-06-01T11:05:00Z", "delete", "ben"),
    ] {
        rows.push_row(&[DateTime::parse(at).into(), action.into(), format!("{who}@example.com").into(), who.into()]);
    }
    Table::of(rows.finish())
}

fn catalog() -> Tables {
    Tables::default().with("MiroAuditLogs_CL", audit()).with("MiroContentLogs_CL", content())
}

fn lines(table: &Table) -> Vec<String> {
    table.rows().map(|row| row.iter().map(Value::to_text).collect::<Vec<_>>().join(",")).collect()
}

#[track_caller]
fn check(query: &str, expected: &[&str]) {
    let answer = kql::run(query, &catalog(), &Settings::at(now())).unwrap_or_else(|error| panic!("{query}: {error}"));
    assert_eq!(lines(answer.primary()), expected, "{query}");
}

fn refusal(query: &str) -> kql::Error {
    kql::run(query, &catalog(), &Settings::at(now())).expect_err(query)
}

#[test]
fn the_sample_queries_of_the_integration() {
    check(
        "MiroAuditLogs_CL | sort by TimeGenerated desc | project TimeGenerated, event, createdBy_email | take 2",
        &[
            "2026-11-23T11:45:00.0000000Z,sign_in_failed,ana@example.com",
            "2026-11-23T11:05:00.0000000Z,sign_in_failed,ana@example.com",
        ],
    );
    check(
        "MiroAuditLogs_CL | summarize EventCount = count() by createdBy_email, event, category | order by EventCount desc",
        &[
            "ana@example.com,sign_in_failed,auth,2",
            "ben@example.com,board_shared,board,1",
            "ana@example.com,board_shared,board,1",
        ],
    );
    check(
        "MiroContentLogs_CL | where TimeGenerated > ago(7d) | summarize Changes = count() by actor_email, actionType | order by Changes desc",
        &["ana@example.com,create,2"],
    );
    check(
        "MiroAuditLogs_CL | summarize count() by event, bin(TimeGenerated, 1h) | render timechart",
        &[
            "sign_in_failed,2026-11-23T11:00:00.0000000Z,2",
            "board_shared,2026-11-22T09:00:00.0000000Z,1",
            "board_shared,2026-10-01T09:00:00.0000000Z,1",
        ],
    );
    check(
        "MiroContentLogs_CL | where TimeGenerated > ago(30d) | summarize TotalActions = count() by actor_email | top 10 by TotalActions desc",
        &["ana@example.com,2", "ben@example.com,1"],
    );
}

#[test]
fn the_queries_of_the_connector_pages() {
    check("MiroAuditLogs_CL | sort by TimeGenerated desc | take 10 | count", &["4"]);
    check("MiroAuditLogs_CL | summarize count() by category | render piechart", &["auth,2", "board,2"]);
    check(
        "MiroAuditLogs_CL | summarize Time = max(TimeGenerated) | where isnotempty(Time)",
        &["2026-11-23T11:45:00.0000000Z"],
    );
    check("MiroContentLogs_CL | summarize count() by actionType | render piechart", &["create,2", "delete,2"]);
    check("MiroContentLogs_CL | summarize events = count() by actor_name | top 10 by events desc", &["ana,2", "ben,2"]);
    check("MiroContentLogs_CL | take 0 | summarize Time = max(TimeGenerated) | where isnotempty(Time)", &[]);
}

#[test]
fn render_is_handed_through_with_its_properties() {
    let query = "MiroAuditLogs_CL | summarize n = count() by category | render columnchart with (title='By category', ycolumns=n)";
    let render = kql::run(query, &catalog(), &Settings::at(now())).unwrap().render().unwrap().clone();
    assert_eq!(render.chart, "columnchart");
    assert_eq!(render.properties, [("title".into(), "By category".into()), ("ycolumns".into(), "n".into())]);
}

#[test]
fn saved_functions_are_called_like_the_query_s_own() {
    struct WithParser(Tables);
    impl kql::Catalog for WithParser {
        fn table(&self, name: &str, scan: &kql::Scan<'_>) -> Option<kql::ScannedTable> {
            self.0.table(name, scan)
        }
        fn table_names(&self) -> Vec<String> {
            self.0.table_names()
        }
        fn function(&self, name: &str) -> Option<SavedFunction> {
            (name == "imSignIns").then(|| SavedFunction::new("(who: string = '*', disabled: bool = false)", "MiroAuditLogs_CL | where not(disabled) | where event has 'sign' | where who == '*' or createdBy_email has who"))
        }
    }
    let catalog = WithParser(catalog());
    let count = |query: &str| lines(kql::run(query, &catalog, &Settings::at(now())).unwrap().primary());
    assert_eq!(count("imSignIns | count"), ["2"]);
    assert_eq!(count("imSignIns('ben') | count"), ["0"]);
    assert_eq!(count("imSignIns(disabled = true) | count"), ["0"]);
    assert_eq!(count("union isfuzzy=true imSignIns, imNothing | count"), ["2"]);
}

#[test]
fn a_wrong_name_is_placed_and_a_near_one_suggested() {
    let error = refusal("MiroAuditLogs_CL\n| where evnt == 'x'");
    assert_eq!((error.kind, error.code, error.line, error.column), (ErrorKind::Semantic, "SEM0100", 2, 9));
    assert_eq!((error.token.as_deref(), error.near.as_deref()), (Some("evnt"), Some("event")));
    assert_eq!(refusal("MiroAuditLog_CL | count").near.as_deref(), Some("MiroAuditLogs_CL"));
    assert_eq!(refusal("print strlenn('a')").near.as_deref(), Some("strlen"));
    assert_eq!(refusal("MiroAuditLogs_CL | where event > 1").code, "SEM0064");
    assert_eq!(refusal("MiroAuditLogs_CL | summarize count() by details").kind, ErrorKind::Semantic);
}

#[test]
fn what_is_not_offered_is_refused_by_name() {
    for (query, name) in [
        ("externaldata (a: string) ['https://example.com/a.csv'] | count", "externaldata"),
        ("print geo_info_from_ip_address('10.0.0.1')", "geo_info_from_ip_address"),
        ("_GetWatchlist('a') | count", "_GetWatchlist"),
        ("print series_decompose_anomalies(dynamic([1, 2]))", "series_decompose_anomalies"),
        ("MiroAuditLogs_CL | evaluate autocluster()", "autocluster"),
    ] {
        let error = refusal(query);
        assert_eq!((error.kind, error.token.as_deref()), (ErrorKind::Refused, Some(name)), "{query}: {error}");
    }
}

#[test]
fn what_cannot_be_answered_rightly_is_an_error() {
    for (query, code) in [
        ("print extract('[', 1, 'a')", "SEM0420"),
        ("print extract_all(@'(?=a)(b)', 'ab')", "SEM0420"),
        ("print replace_regex('a', '(', '')", "SEM0420"),
        ("print countof('a', '[', 'regex')", "SEM0420"),
        ("print trim('*', 'a')", "SEM0420"),
        ("print (a, b) = 1", "SEM0096"),
        ("print 1 | summarize (a, b) = count()", "SEM0096"),
        ("print hash(1.5)", "REF0001"),
    ] {
        let error = refusal(query);
        assert_eq!(error.code, code, "{query}: {error}");
    }
    assert!(kql::run("print countof('a[', '[')", &catalog(), &Settings::at(now())).is_ok());
}

#[test]
fn too_many_rows_make_a_partial_answer() {
    let settings = Settings::at(now()).with_rows_max(3);
    let answer = kql::run("range x from 1 to 100000 step 1", &catalog(), &settings).unwrap();
    assert_eq!(lines(answer.primary()), ["1", "2", "3"]);
    assert_eq!(answer.partial.unwrap().kind, ErrorKind::Limit(Limit::Rows));
}

/// Texts for 1 to `times`, one after the other.
fn repeated(times: usize, text: impl Fn(usize) -> String) -> String {
    (1..=times).map(text).collect::<Vec<_>>().concat()
}

#[test]
fn every_bound_ends_a_query_with_a_clear_error() {
    let small = Settings::at(now()).with_steps_max(100_000).with_memory_max(1 << 20);
    let cancel = Cancel::default();
    cancel.cancel();
    let cancelled = Settings::at(now()).with_cancel(cancel);
    let endless = "range x from 1 to 9223372036854775807 step 1";
    for query in [
        format!("{endless} | count"),
        format!("{endless} | sort by x | take 1"),
        "range x from 1 to 5000 step 1 | extend k = 1 | join kind=inner (range y from 1 to 5000 step 1 | extend k = 1) on k | count".to_owned(),
        format!("print s = 'aaaaaaaaaaaaaaaa'{}", " | extend s = strcat(s, s)".repeat(40)),
        format!("let s0 = 'aaaaaaaaaaaaaaaa'; {} print s40", repeated(40, |at| format!("let s{at} = strcat(s{}, s{});", at - 1, at - 1))),
        "print a = range(1, 1000000) | mv-expand a | mv-expand b = range(1, 1000000)".to_owned(),
        "let a = range x from 1 to 2 step 1; let b = union a, a; let c = union b, b; let d = union c, c; let e = union d, d; \
         let f = union e, e; let g = union f, f; let h = union g, g; let i = union h, h; let j = union i, i; \
         let k = union j, j; let l = union k, k; let m = union l, l; let n = union m, m; let o = union n, n; \
         let p = union o, o; union p, p | summarize make_list(x)"
            .to_owned(),
        format!(
            "let t0 = range x from 1 to 0 step 1; {} t60 | count",
            repeated(60, |at| format!("let t{at} = union t{}, t{};", at - 1, at - 1))
        ),
    ] {
        let error = kql::run(&query, &catalog(), &small).expect_err(&query);
        assert!(error.as_limit().is_some(), "{query}: {error}");
    }
    let error = kql::run(&format!("{endless} | count"), &catalog(), &cancelled).unwrap_err();
    assert!(error.message.contains("cancelled"), "{error}");
}

#[test]
fn deep_queries_do_not_overflow_a_small_stack() {
    let deep = |open: &str, middle: &str, close: &str, depth: usize| {
        format!("{}{middle}{}", open.repeat(depth), close.repeat(depth))
    };
    let chain = |step: &str, times: usize| format!("print x = 1{}", step.repeat(times));
    let functions = repeated(199, |at| format!("let f{at} = (a: long) {{ f{}(a) + f{}(a) }};", at - 1, at - 1));
    let queries = [
        format!("print {}", deep("(", "1", ")", 90)),
        format!("print {}", deep("-(", "1", ")", 90)),
        format!("print {}", vec!["1"; 240].join(" + ")),
        format!("range x from 1 to 3 step 1 | where {}", vec!["x > 0"; 5000].join(" and ")),
        format!("range x from 1 to 3 step 1 | extend y = {}x{}", "iff(x > 1, x, ".repeat(80), ")".repeat(80)),
        chain(" | extend x = x + 1", 3000),
        chain(" | extend x = pack_array(x)", 500),
        format!("let f0 = (a: long) {{ a }}; {functions} print f199(1)"),
        format!("print {}", deep("toscalar(print ", "1", ")", 90)),
        format!("print tostring(parse_json('{}'))", "[".repeat(100_000)),
        "print -dynamic([1]), abs(dynamic({'a': 1})), dynamic([1]) + 1, bin(dynamic([1]), 2)".to_owned(),
    ];
    let worker = std::thread::Builder::new().stack_size(2 << 20).spawn(move || {
        for query in queries {
            // Only that it comes back matters here: an answer and a refusal are both fine.
            let outcome = kql::run(&query, &catalog(), &Settings::at(now()).with_steps_max(10_000_000));
            drop(outcome);
        }
    });
    worker.unwrap().join().unwrap();
}

fn events(lines: &[&str]) -> Batch {
    let mut rows = BatchBuilder::new(event_schema());
    for line in lines {
        let event: serde_json::Value = serde_json::from_str(line).expect("JSON");
        for at in 0..2 {
            rows.column(at).push_str(event[["id", "createdAt"][at]].as_str().unwrap_or_default());
        }
        for at in 2..4 {
            match event.get(["createdBy", "context"][at - 2]) {
                Some(value) => rows.column(at).push_json(&value.to_string()),
                None => rows.column(at).push_null(),
            }
        }
        rows.end_row();
    }
    rows.finish()
}

fn event_schema() -> Schema {
    Schema::new([
        ("id", ColumnType::String),
        ("createdAt", ColumnType::String),
        ("createdBy", ColumnType::Dynamic),
        ("context", ColumnType::Dynamic),
    ])
}

#[test]
fn a_transform_takes_absent_null_and_strange_members_as_kusto_does() {
    let text = "source
        | extend TimeGenerated = todatetime(createdAt)
        | extend email = iff(isnull(createdBy), '', tostring(createdBy.email))
        | extend team = iff(isnull(context.team), '', tostring(context.team.id))
        | extend raw = tostring(context)
        | project TimeGenerated, id, email, team, raw";
    let transform = Transform::compile(text, &event_schema()).unwrap();
    let out = transform
        .apply(
            &events(&[
                r#"{"id":"1","createdAt":"2026-01-02T03:04:05.678+0000","createdBy":{"email":"ana@example.com"},"context":{"team":{"id":"7"}}}"#,
                r#"{"id":"2","createdAt":"not a time","createdBy":null,"context":{}}"#,
                r#"{"id":"3","createdAt":"2026-01-02T03:04:05Z","createdBy":{"email":null},"context":{"team":null}}"#,
                r#"{"id":"4","createdAt":"2026-01-02T03:04:05Z","createdBy":{"email":["x",1.50]},"context":"text"}"#,
                r#"{"id":"5","createdAt":"2026-01-02T03:04:05Z","createdBy":{"email":"\u00e9\"\n"},"context":{"team":{"id":12345678901}}}"#,
                r#"{"id":"6","createdAt":"","context":[]}"#,
            ]),
            &Settings::at(now()),
        )
        .unwrap();
    assert_eq!(
        lines(&Table::of(out)),
        [
            r#"2026-01-02T03:04:05.6780000Z,1,ana@example.com,7,{"team":{"id":"7"}}"#,
            ",2,,,{}",
            r#"2026-01-02T03:04:05.0000000Z,3,,,{"team":null}"#,
            r#"2026-01-02T03:04:05.0000000Z,4,["x",1.5],,text"#,
            "2026-01-02T03:04:05.0000000Z,5,é\"\n,12345678901,{\"team\":{\"id\":12345678901}}",
            ",6,,,[]",
        ]
    );
}

#[test]
fn a_transform_names_what_it_may_not_use() {
    for (text, name) in [
        ("source | summarize count()", "summarize"),
        ("source | take 1", "take"),
        ("source | sort by id", "sort"),
        ("source | mv-expand context", "mv-expand"),
        ("source | where id has_any ('a')", "has_any"),
        ("source | where id in~ ('a')", "in~"),
        ("source | extend a = coalesce(id, 'x')", "coalesce"),
        ("source | parse-kv id as (a: long)", "parse-kv"),
        ("source | where createdAt between ('a' .. 'b')", "between"),
        ("source | join (source) on id", "join"),
        ("source | project-reorder id", "project-reorder"),
        ("union source, source", "union"),
        ("source | extend a = toscalar(1)", "toscalar"),
    ] {
        let error = Transform::compile(text, &event_schema()).expect_err(text);
        assert_eq!((error.kind, error.token.as_deref()), (ErrorKind::Refused, Some(name)), "{text}: {error}");
    }
    let error = Transform::compile("MiroAuditLogs_CL | where true", &event_schema()).unwrap_err();
    assert_eq!((error.kind, error.token.as_deref()), (ErrorKind::Semantic, Some("MiroAuditLogs_CL")));
}

#[test]
fn a_transform_s_clock_is_handed_in_with_the_rows() {
    let transform =
        Transform::compile("source | extend age = now() - todatetime(createdAt) | project age", &event_schema())
            .unwrap();
    let rows = events(&[r#"{"id":"1","createdAt":"2026-11-23T11:00:00Z"}"#]);
    assert_eq!(lines(&Table::of(transform.apply(&rows, &Settings::at(now())).unwrap())), ["01:00:00"]);
}
