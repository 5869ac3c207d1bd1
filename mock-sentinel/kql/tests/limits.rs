//! Every bound ends a query with an error of its own kind, whatever part of the query runs into it.

use kql::{Cancel, DateTime, EmptyCatalog, Error, Limit, Meter, Settings, Table};

const MIB: usize = 1 << 20;
const MEMORY_MAX: usize = 12 * MIB;

fn settings() -> Settings {
    let now = DateTime::parse("2026-11-29T12:00:00Z").expect("a date");
    Settings::at(now).with_memory_max(MEMORY_MAX).with_steps_max(4_000_000).with_rows_max(100_000)
}

/// Runs a query, and tells what it came to and the most that the engine counted.
fn metered(query: &str, settings: Settings) -> (Result<kql::Answer, Error>, usize) {
    let meter = Meter::default();
    let answer = kql::run(query, &EmptyCatalog, &settings.with_meter(meter.clone()));
    (answer, meter.peak_bytes())
}

#[track_caller]
fn check(query: &str, expected: Limit) {
    let (answer, peak) = metered(query, settings());
    let error = answer.map(|answer| answer.rows()).expect_err(query);
    assert_eq!(error.as_limit(), Some(expected), "{query}: {error}");
    assert_eq!(error.code, expected.code());
    assert!(peak <= MEMORY_MAX, "{query}: {peak}");
}

fn texts(table: &Table) -> Vec<String> {
    table.rows().map(|row| row.iter().map(kql::Value::to_text).collect::<Vec<_>>().join(",")).collect()
}

#[test]
fn a_pivot_of_many_names_ends_at_the_columns_a_table_may_have() {
    check("range x from 1 to 100000 step 1 | evaluate pivot(x)", Limit::Columns);
    check(
        "range x from 1 to 20000 step 1 | project b = bag_pack(strcat('p', x), x) | evaluate bag_unpack(b)",
        Limit::Columns,
    );
}

#[test]
fn plugins_count_what_they_make_before_they_make_it() {
    let keys = "range x from 1 to 3000 step 1 | extend k = x | evaluate pivot(x, count(), k)";
    check(keys, Limit::Memory);
    let wide = (0..200).map(|at| format!("c{at} = x")).collect::<Vec<_>>().join(", ");
    check(&format!("range x from 1 to 10000 step 1 | project {wide} | evaluate narrow()"), Limit::Memory);
    let lookup = |network: &str| {
        format!(
            "range x from 1 to 20000 step 1 | project a = '10.0.0.1' \
             | evaluate ipv4_lookup((range y from 1 to 20000 step 1 | project n = '{network}'), a, n)"
        )
    };
    check(&lookup("10.0.0.0/8"), Limit::Memory);
    check(&lookup("11.0.0.0/8"), Limit::Steps);
}

#[test]
fn plugins_can_be_ended_though_they_run_while_the_query_is_bound() {
    let cancel = Cancel::default();
    let cancelled = settings().with_cancel(cancel.clone());
    for query in [
        "range x from 1 to 100 step 1 | evaluate pivot(x)",
        "print x = toscalar(range x from 1 to 100 step 1 | count)",
        "let m = materialize(range x from 1 to 100 step 1); m",
        "print 1 in ((range x from 1 to 100 step 1))",
        "print 1 + 1",
    ] {
        assert!(metered(query, cancelled.clone()).0.is_ok(), "{query}");
    }
    cancel.cancel();
    let error = metered("print 1 + 1; print x = 2", cancelled).0.map(|_| ()).expect_err("it was cancelled");
    assert_eq!(error.as_limit(), Some(Limit::Cancelled));
}

const CROSS: &str = "range x from 1 to 20000 step 1 | extend k = 1 \
    | join kind=inner (range y from 1 to 20000 step 1 | extend k = 1) on k";

#[test]
fn a_cross_join_comes_out_in_pieces_and_is_counted_where_it_is_kept() {
    let (answer, peak) = metered(CROSS, settings());
    let answer = answer.expect("a partial answer");
    assert_eq!((answer.rows(), answer.partial.map(|error| error.code)), (100_000, Some(Limit::Rows.code())));
    assert!(peak < MEMORY_MAX, "{peak}");
    let (answer, peak) = metered(&format!("{CROSS} | take 3 | project x, y"), settings());
    assert_eq!(texts(answer.expect("three rows").primary()), ["1,1", "1,2", "1,3"]);
    assert!(peak < 8 * MIB, "{peak}");
    check(&format!("{CROSS} | count"), Limit::Steps);
    check(&format!("{CROSS} | sort by y desc | take 1"), Limit::Memory);
    check(&format!("{CROSS} | summarize make_list(y) by x"), Limit::Memory);
    check(&format!("{CROSS} | extend s = strrep('a', 100), t = strcat(x, '-', y) | sort by t"), Limit::Memory);
}

#[test]
fn a_product_that_is_only_counted_takes_no_memory() {
    let query = "range x from 1 to 1000 step 1 | extend k = 1 \
        | join kind=inner (range y from 1 to 1000 step 1 | extend k = 1) on k | count";
    let (answer, peak) = metered(query, settings());
    assert_eq!(texts(answer.expect("a count").primary()), ["1000000"]);
    assert!(peak < 4 * MIB, "{peak}");
}

#[test]
fn an_endless_range_ends_at_the_bound_of_what_keeps_it() {
    let range = "range x from 1 to 1000000000000 step 1";
    let (answer, _) = metered(range, settings());
    assert_eq!(answer.expect("a partial answer").rows(), 100_000);
    check(&format!("{range} | count"), Limit::Steps);
    for keeping in [
        "sort by x",
        "where x % 2 == 0 | sort by x",
        "extend y = x | sort by y",
        "summarize make_list(x) by bin(x, 1000)",
        "summarize make_set(strcat('a long text ', x)) by bin(x, 1000)",
        "summarize arg_max(x, *) by bin(x, 10)",
        "summarize count() by x",
        "extend s = tostring(x) | summarize count() by s",
        "join kind=leftouter (print x = 1) on x | sort by x",
        "partition hint.strategy=native by x (count)",
        "mv-expand y = range(1, 100) | sort by x",
        "mv-apply y = range(1, 100) on (where y > 50) | sort by x",
        "serialize n = row_number()",
        "make-series n = count() on x from 1 to 1000000 step 1 by k = x % 100",
    ] {
        check(&format!("{range} | {keeping}"), Limit::Memory);
    }
    check(&format!("print x = toscalar({range} | summarize make_list(x) by bin(x, 1000) | count)"), Limit::Memory);
    check(&format!("let m = materialize({range}); m | count"), Limit::Memory);
    check(&format!("print 1 in (({range}))"), Limit::Memory);
    check(&format!("range a from 1 to 2 step 1 | join kind=inner ({range}) on $left.a == $right.x"), Limit::Memory);
}

#[test]
fn long_texts_are_an_error_and_never_cut() {
    let doubled = |times: usize| format!("print s = 'aaaaaaaaaaaaaaaa'{}", " | extend s = strcat(s, s)".repeat(times));
    let roomy = settings().with_memory_max(1 << 30);
    let (answer, _) = metered(&format!("{} | project n = strlen(s)", doubled(20)), roomy.clone());
    assert_eq!(texts(answer.expect("16 MiB are a text").primary()), ["16777216"]);
    let big = doubled(20);
    for longer in [
        "strcat(s, s)",
        "strcat(s, 'b')",
        "strcat_delim(',', s, s)",
        "replace_string(s, 'a', 'bb')",
        "replace_regex(s, 'a', 'bb')",
        "strcat_array(pack_array(s, s), ',')",
        "tostring(pack_array(s, s))",
    ] {
        let (answer, _) = metered(&format!("{big} | project n = strlen({longer})"), roomy.clone());
        let error = answer.map(|answer| texts(answer.primary())).expect_err(longer);
        assert_eq!(error.as_limit(), Some(Limit::Value), "{longer}: {error}");
    }
}

#[test]
fn a_tree_that_repeats_itself_is_counted_as_it_is_written() {
    let doubled = format!("print x = 1{}", " | extend x = pack_array(x, x)".repeat(60));
    for end in ["", " | project n = strlen(tostring(x))", " | where x == x", " | summarize dcount(tostring(x))"] {
        let (answer, _) = metered(&format!("{doubled}{end}"), settings());
        let limit = answer.map(|answer| answer.rows()).expect_err(end).as_limit();
        assert!(matches!(limit, Some(Limit::Value | Limit::Memory)), "{end}: {limit:?}");
    }
}

#[test]
fn what_a_query_took_is_given_back_to_the_next_part_of_it() {
    let sorted = "(range x from 1 to 20000 step 1 | sort by x desc | take 1)";
    let many = vec![sorted; 20].join(", ");
    let (answer, peak) = metered(&format!("union {many} | count"), settings());
    assert_eq!(texts(answer.expect("a count").primary()), ["20"]);
    assert!(peak < MEMORY_MAX, "{peak}");
    let batch = ["range x from 1 to 20000 step 1 | sort by x desc | count"; 12].join("; ");
    assert_eq!(metered(&batch, settings()).0.expect("twelve tables").tables.len(), 12);
}

#[test]
fn every_kind_of_bound_has_its_own_code() {
    let nested = format!("print {}1{}", "(".repeat(200), ")".repeat(200));
    check(&nested, Limit::Nesting);
    check(&" ".repeat(2_000_001), Limit::Text);
    check(
        &format!("range x from 1 to 3 step 1 | {}", vec!["top-nested 1 of x by count()"; 5000].join(", ")),
        Limit::Nesting,
    );
    let parts = format!(
        "let t0 = range x from 1 to 1 step 1; {} t30",
        (1..=30).map(|at| format!("let t{at} = union t{}, t{};", at - 1, at - 1)).collect::<Vec<_>>().concat()
    );
    check(&parts, Limit::Parts);
}

#[test]
fn the_legs_of_a_union_flow_like_a_pipe() {
    let endless = "(range x from 1 to 9999999999 step 1)";
    for (query, rows) in [
        (format!("union {endless}, (print x=1) | take 5"), 5),
        (format!("union (print x=1), {endless} | where x % 2 == 0 | take 5"), 5),
        (format!("union (union {endless}, (print x=1)), (print x=2) | take 5"), 5),
        ("union (range x from 1 to 1000000 step 1), (range x from 1 to 1000000 step 1) | count".to_owned(), 1),
        (format!("union {endless}, (print x=1)"), 100_000),
        // A leg that collects gives back what it held.
        (
            ["(range x from 1 to 60000 step 1 | summarize by x | summarize n = count())"; 20]
                .join(", ")
                .replacen('(', "union (", 1),
            20,
        ),
    ] {
        let (answer, peak) = metered(&query, settings().with_steps_max(20_000_000));
        assert_eq!(answer.unwrap_or_else(|error| panic!("{query}: {error}")).rows(), rows, "{query}");
        assert!(peak <= MEMORY_MAX, "{query}: {peak}");
    }
}
