//! What must hold for any rows.

use kql::{BatchBuilder, ColumnType, DateTime, Dynamic, Error, Schema, Settings, Table, Tables, Transform, Value};
use proptest::{collection::vec, option, prelude::*};

/// One row: a small number, a word, a duration in seconds, a tag.
type Row = (Option<i64>, String, Option<u32>, Option<u8>);

fn rows() -> impl Strategy<Value = Vec<Row>> {
    vec((option::of(-3_i64..4), "[ab]{0,2}", option::of(0_u32..200_000), option::of(0_u8..3)), 0..60)
}

fn table(rows: &[Row]) -> Table {
    let schema = Schema::new([
        ("n", ColumnType::Long),
        ("s", ColumnType::String),
        ("t", ColumnType::DateTime),
        ("d", ColumnType::Dynamic),
    ]);
    let start = DateTime::parse("2026-01-01T00:00:00Z").expect("a date");
    let mut table = Table::new(schema.clone());
    // Several batches, so that what spans them is tested.
    for rows in rows.chunks(7) {
        let mut batch = BatchBuilder::new(schema.clone());
        for (n, s, t, d) in rows {
            let at =
                t.and_then(|seconds| start.checked_add(kql::Timespan::from_ticks(i64::from(seconds) * 10_000_000)));
            let tag =
                d.map(|tag| Dynamic::from_json(&format!("{{\"tag\":{tag},\"list\":[{tag},null]}}")).expect("JSON"));
            batch.push_row(&[Value::from(*n), Value::from(s.as_str()), Value::from(at), Value::from(tag)]);
        }
        table.append(batch.finish());
    }
    table
}

fn run(table: &Table, query: &str) -> Vec<Vec<Value>> {
    let catalog = Tables::default().with("T", table.clone());
    let answer =
        kql::run(query, &catalog, &Settings::at(DateTime::MIN)).unwrap_or_else(|error| panic!("{query}: {error}"));
    answer.primary().rows().collect()
}

fn texts(rows: &[Vec<Value>]) -> Vec<String> {
    rows.iter().map(|row| row.iter().map(|value| value.to_dynamic().to_json()).collect::<Vec<_>>().join("|")).collect()
}

fn sorted(rows: &[Vec<Value>]) -> Vec<String> {
    let mut texts = texts(rows);
    texts.sort();
    texts
}

fn number(rows: &[Vec<Value>]) -> i64 {
    rows[0][0].as_long().expect("a number")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn projecting_every_column_changes_nothing(rows in rows()) {
        let table = table(&rows);
        prop_assert_eq!(texts(&run(&table, "T | project n, s, t, d")), texts(&run(&table, "T")));
    }

    #[test]
    fn a_condition_its_opposite_and_its_nulls_are_all_rows(rows in rows(), bound in -3_i64..4) {
        let table = table(&rows);
        let count = |condition: &str| number(&run(&table, &format!("T | where {condition} | count")));
        for p in [format!("n > {bound}"), format!("n == {bound} and s has 'a'"), "t > datetime(2026-01-02) or n < 0".to_owned()] {
            let parts = count(&p) + count(&format!("not({p})")) + count(&format!("isnull({p})"));
            prop_assert_eq!(parts, rows.len() as i64, "{}", p);
        }
    }

    #[test]
    fn counts_add_up(rows in rows()) {
        let table = table(&rows);
        prop_assert_eq!(number(&run(&table, "T | summarize count()")), rows.len() as i64);
        prop_assert_eq!(number(&run(&table, "T | summarize c = count() by n, s, bin(t, 1h) | summarize sum(c)")), rows.len() as i64);
        prop_assert_eq!(run(&table, "T | distinct n, s").len(), run(&table, "T | summarize by n, s").len());
    }

    #[test]
    fn sorting_is_stable_and_keeps_the_rows(rows in rows()) {
        let table = table(&rows);
        let numbered = "T | serialize at = row_number()";
        prop_assert_eq!(sorted(&run(&table, &format!("{numbered} | sort by s asc"))), sorted(&run(&table, numbered)));
        for row in run(&table, &format!("{numbered} | sort by s asc | extend p = prev(s), q = prev(at) | where p == s and q > at")) {
            prop_assert!(false, "out of order: {:?}", row);
        }
        prop_assert_eq!(
            texts(&run(&table, &format!("{numbered} | top 5 by n"))),
            texts(&run(&table, &format!("{numbered} | sort by n | take 5")))
        );
    }

    #[test]
    fn a_union_with_itself_has_the_same_distinct_rows(rows in rows()) {
        let table = table(&rows);
        prop_assert_eq!(
            sorted(&run(&table, "union T, T | distinct n, s, t")),
            sorted(&run(&table, "T | distinct n, s, t"))
        );
        prop_assert_eq!(number(&run(&table, "union T, T | count")), 2 * rows.len() as i64);
    }

    #[test]
    fn joins_agree_with_each_other(left in rows(), right in rows()) {
        let catalog = Tables::default().with("L", table(&left)).with("R", table(&right));
        let count = |query: &str| {
            let answer = kql::run(&format!("{query} | count"), &catalog, &Settings::at(DateTime::MIN)).unwrap();
            number(&answer.primary().rows().collect::<Vec<_>>())
        };
        let inner = count("L | join kind=inner R on n, s");
        let left_only = count("L | join kind=leftanti R on n, s");
        let right_only = count("L | join kind=rightanti R on n, s");
        prop_assert_eq!(count("L | join kind=leftouter R on n, s"), inner + left_only);
        prop_assert_eq!(count("L | join kind=fullouter R on n, s"), inner + left_only + right_only);
        prop_assert_eq!(count("L | join kind=leftsemi R on n, s"), left.len() as i64 - left_only);
        prop_assert_eq!(count("L | join kind=innerunique R on n, s"), count("L | summarize by n, s | join kind=inner R on n, s"));
    }

    #[test]
    fn expanding_a_list_gives_it_back(rows in rows()) {
        let table = table(&rows);
        prop_assert_eq!(
            sorted(&run(&table, "T | where isnotnull(n) | summarize l = make_list(n) by s | mv-expand n = l to typeof(long) | project s, n")),
            sorted(&run(&table, "T | where isnotnull(n) | project s, n"))
        );
    }

    #[test]
    fn a_transform_is_the_query_it_is_written_as(rows in rows()) {
        let table = table(&rows);
        let steps = "| where n > 0 | extend u = strcat(s, '-', tostring(d.tag)), big = iff(isnull(d), -1, tolong(d.list[0])) | project-away d";
        let transform = Transform::compile(&format!("source {steps}"), table.schema()).unwrap();
        let queried = run(&table, &format!("T {steps}"));
        let mut transformed = Vec::new();
        for batch in table.batches() {
            let out = transform.apply(batch, &Settings::at(DateTime::MIN)).unwrap();
            prop_assert!(out.len() <= batch.len());
            transformed.extend((0..out.len()).map(|row| out.row(row)));
        }
        prop_assert_eq!(texts(&transformed), texts(&queried));
    }

    #[test]
    fn nothing_one_can_write_makes_the_engine_panic(pieces in vec(piece(), 1..14)) {
        let table = table(&[(Some(1), "a".into(), Some(5), Some(1)), (None, String::new(), None, None)]);
        let catalog = Tables::default().with("T", table);
        let settings = Settings::at(DateTime::MIN).with_rows_max(1000).with_memory_max(1 << 26).with_steps_max(1_000_000);
        let query = pieces.join(" ");
        let outcome: Result<_, Error> = kql::run(&query, &catalog, &settings);
        if let Err(error) = outcome {
            prop_assert!(error.line > 0 || error.as_limit().is_some(), "{}: {} has no place", query, error);
        }
    }
}

/// Words of the language, in any order: most of it is wrong, and some of it is not.
fn piece() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "T",
        "|",
        "where",
        "n",
        "> 0",
        "== s",
        "and",
        "extend x =",
        "project",
        "s,",
        "d.tag",
        "summarize",
        "count()",
        "sum(n)",
        "arg_max(t, *)",
        "by",
        "bin(t, 1h)",
        "bin(n, 0)",
        "make_list(d)",
        "sort by",
        "n asc",
        "top 2 by n",
        "take 1",
        "join kind=inner (T) on",
        "n, s",
        "mv-expand d.list",
        "mv-apply d.list on (",
        ")",
        "(",
        "union",
        "range x from 1 to 9 step 3",
        "print",
        "1/0",
        "now()",
        "ago(1d)",
        "toscalar(",
        "T | count",
        "serialize",
        "prev(n)",
        "row_cumsum(n)",
        "strcat(s, n)",
        "iff(n > 0, s, d)",
        "parse s with 'a' b: int *",
        "make-series sum(n) on t from datetime(2026-01-01) to datetime(2026-01-02) step 6h",
        "evaluate bag_unpack(d)",
        "evaluate pivot(s)",
        "let a =",
        ";",
        "a",
        "-9223372036854775808",
        "* 1e308",
        "datetime(9999-12-31)",
        "+ 1000000d",
        "partition by s (",
        "top-nested 1 of s by count()",
        "distinct *",
        "search 'a'",
        "as A",
        "project-away n",
        "[0]",
        "['tag']",
        "% 0",
        "substring(s, -5, 9)",
        "range(1, 5, 0)",
        "!in (1, 'a')",
    ])
    .prop_map(str::to_owned)
}
