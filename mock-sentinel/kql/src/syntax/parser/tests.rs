mod bounds;

use super::parse;
use crate::error::{Error, ErrorKind};
use crate::syntax::ast::{BinaryOp, Expr, ExprKind, Literal, Naming, OperatorKind, Query, StatementKind, UnaryOp};

#[track_caller]
fn accepts(query: &str) -> Query {
    parse(query).unwrap_or_else(|error| panic!("{query}\n{error}"))
}

#[track_caller]
fn refuses(query: &str) -> Error {
    match parse(query) {
        Ok(_) => panic!("accepted: {query}"),
        Err(error) => error,
    }
}

/// The expression of `print …`, with every operation in parentheses.
#[track_caller]
fn shape(expression: &str) -> String {
    let query = accepts(&format!("print {expression}"));
    let [statement] = &query.statements[..] else { panic!("one statement") };
    let StatementKind::Expression(Expr { kind: ExprKind::Source(operator), .. }) = &statement.kind else {
        panic!("not a print: {statement:?}")
    };
    let OperatorKind::Print(columns) = &operator.kind else { panic!("not a print") };
    shape_of(&columns[0].value)
}

fn shape_of(expr: &Expr) -> String {
    let list = |items: &[Expr]| items.iter().map(shape_of).collect::<Vec<_>>();
    match &expr.kind {
        ExprKind::Literal(literal) => literal_shape(literal),
        ExprKind::Name(name) => name.text.clone(),
        ExprKind::Star => "*".to_owned(),
        ExprKind::Unary { op: UnaryOp::Minus, operand } => format!("(-{})", shape_of(operand)),
        ExprKind::Unary { op: UnaryOp::Plus, operand } => format!("(+{})", shape_of(operand)),
        ExprKind::Binary { op, left, right, .. } => format!("({} {} {})", shape_of(left), op.text(), shape_of(right)),
        ExprKind::And(items) => format!("({})", list(items).join(" and ")),
        ExprKind::Or(items) => format!("({})", list(items).join(" or ")),
        ExprKind::Set { op, operand, items, .. } => {
            format!("({} {} [{}])", shape_of(operand), op.text(), list(items).join(", "))
        }
        ExprKind::Between { negated, operand, low, high } => {
            let operator = if *negated { "!between" } else { "between" };
            format!("({} {operator} {} .. {})", shape_of(operand), shape_of(low), shape_of(high))
        }
        ExprKind::Call(call) => {
            let args: Vec<_> = call.args.iter().map(|argument| shape_of(&argument.value)).collect();
            format!("{}({})", call.name.text, args.join(", "))
        }
        ExprKind::Member { target, name } => format!("{}.{}", shape_of(target), name.text),
        ExprKind::Index { target, index } => format!("{}[{}]", shape_of(target), shape_of(index)),
        ExprKind::Paren(inner) => shape_of(inner),
        other => format!("{other:?}"),
    }
}

fn literal_shape(literal: &Literal) -> String {
    match literal {
        Literal::Long(value) => value.to_string(),
        Literal::Real(value) => format!("{value:?}"),
        Literal::String(value) => format!("{value:?}"),
        Literal::Bool(value) => value.to_string(),
        other => format!("{other:?}"),
    }
}

#[test]
fn operators_bind_as_in_kusto() {
    let cases = [
        ("1 + 2 * 3", "(1 + (2 * 3))"),
        ("1 - 2 - 3", "((1 - 2) - 3)"),
        ("a or b and c or d", "(a or (b and c) or d)"),
        ("a == b + 1 and c", "((a == (b + 1)) and c)"),
        ("a < b == c < d", "((a < b) == (c < d))"),
        ("a has b + c", "((a has b) + c)"),
        ("a * b has c", "(a * (b has c))"),
        ("-a + -1", "((-a) + -1)"),
        ("a - 1", "(a - 1)"),
        ("a -1", "(a - 1)"),
        ("a in (1, 2) and b", "((a in [1, 2]) and b)"),
        ("a !in~ ('x')", "(a !in~ [\"x\"])"),
        ("a !between (1 .. 2)", "(a !between 1 .. 2)"),
        ("a between (1..2)", "(a between 1 .. 2)"),
        ("a.b['c'][0].d", "a.b[\"c\"][0].d"),
        ("a.['b c']", "a.b c"),
        ("a.[0]", "a[0]"),
        ("f(a, -g(b))[1]", "f(a, (-g(b)))[1]"),
        ("a <> b", "(a != b)"),
        ("a notcontains b", "(a !contains b)"),
        ("a matches regex 'x'", "(a matches regex \"x\")"),
        ("* has 'x'", "(* has \"x\")"),
    ];
    for (expression, expected) in cases {
        assert_eq!(shape(expression), expected, "{expression}");
    }
}

#[test]
fn literals_have_their_values() {
    let cases = [
        ("0x1F", "31"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("1.", "1.0"),
        ("1e3", "1000.0"),
        ("TRUE", "true"),
        ("'a' \"b\"\n@'c'", "\"abc\""),
        ("1.5h", "Timespan(54000000000)"),
        ("100ticks", "Timespan(100)"),
        ("time(1.02:03:04.5)", "Timespan(937845000000)"),
        ("timespan('2h')", "Timespan(72000000000)"),
        ("int(7)", "Int(7)"),
        ("int(null)", "Null(Int)"),
        ("long(-3)", "-3"),
        ("real(-inf)", "-inf"),
        ("decimal(1.25)", "Decimal(\"1.25\")"),
        ("bool(1)", "true"),
        ("datetime(2026-01-02 03:04)", "Datetime(\"2026-01-02 03:04\")"),
        ("datetime(null)", "Null(Datetime)"),
        ("guid(74be27de-1e4e-49d9-b579-fe0b331d3642)", "Guid(155177792526177674345435661938175325762)"),
        (
            "dynamic({'a': [1, -2.5, null, true], \"b\": 1d})",
            concat!(
                "Dynamic(Bag([(\"a\", Array([Scalar(Long(1)), Scalar(Real(-2.5)), Null, Scalar(Bool(true))])), ",
                "(\"b\", Scalar(Timespan(864000000000)))]))"
            ),
        ),
    ];
    for (literal, expected) in cases {
        assert_eq!(shape(literal), expected, "{literal}");
    }
}

#[test]
fn operators_are_accepted_in_all_their_forms() {
    let tails = [
        "as hint.materialized=true X | count",
        "assert-schema (a:int, b:string)",
        "consume",
        "count as c",
        "distinct *",
        "distinct a, b = c",
        "evaluate bag_unpack(a) : (*, b:string)",
        "extend a = 1, ['b c'] = 2, by = 3, (d, e) = f(1)",
        "facet by a, b with (take 5)",
        "find in (U) where a == 1 project a, b:string, pack(*)",
        "fork a=(where x | count) (project b)",
        "getschema kind=csl",
        "invoke f(1)",
        "join (U) on a",
        "join (U)",
        "join kind=leftanti hint.strategy=broadcast U on $left.a == $right.b, c",
        "lookup kind=leftouter (U) on a, b",
        "make-series n=count() default=0, avg(x) on t from a to b step 1d by k",
        "make-series count() on t in range(a, b, 1d) by k",
        "make-series kind=nonempty count() on t step 1d",
        "mv-apply x=a to typeof(long) limit 5 on (summarize sum(x))",
        "mv-expand bagexpansion=array with_itemindex=i x=a to typeof(long), b limit 5",
        "mvexpand a",
        "parse kind=regex flags=Ui x with * \"a\" b:long 'c' type *",
        "parse-kv x as (a:int, b:string) with (pair_delimiter=\" \", kv_delimiter=\"=\")",
        "parse-where x with a \",\" b:int",
        "partition by a (summarize count())",
        "partition hint.strategy=native by a { U | where x }",
        "project",
        "project a, b = c, kind, type",
        "project-away a*, b, *c*, kind",
        "project-keep a*",
        "project-rename a = b, c = d",
        "project-reorder a*, b asc, c granny-desc, *",
        "reduce by a with threshold=0.1, characters=\"x\"",
        "render barchart with (kind=stacked, ycolumns=a, b, series=c)",
        "render timechart title=\"x\" kind=stacked",
        "sample 5",
        "sample-distinct 5 of a",
        "scan with_match_id=m declare (c:long=0) with (step s1: a == 1 => b = 2; step s2 optional output=all: true;)",
        "search kind=case_sensitive in (T, U*) 'x' and a:'b'",
        "search *",
        "serialize rn = row_number()",
        "order by a asc nulls first, b desc",
        "sort by tostring(a.b)",
        "summarize",
        "summarize by a",
        "summarize hint.strategy=shuffle take_any(*), (a, b) = arg_max(x, *) by bin(t, 1h), k",
        "summarize count() by t bin=1h",
        "limit 5",
        "top 5 by a asc nulls last",
        "top-hitters 3 of a by b",
        "top-nested 3 of a by sum(x), top-nested of b with others=\"x\" by max(y) desc",
        "union withsource=x kind=inner isfuzzy=true (U), V*, database('d').T*, f(1)",
        "where a =~ b and c !~ d or not(e)",
        "filter a",
    ];
    for tail in tails {
        accepts(&format!("T | {tail}"));
    }
}

#[test]
fn queries_begin_in_many_ways() {
    let queries = [
        "T",
        "",
        "// nothing but a comment",
        "#connect x\nT",
        "(T | take 1) | take 2",
        "T;",
        "T; U",
        "print a = 1, 2",
        "range x from 1 to 5 step 1 | count",
        "range(1, 5, 1)",
        "evaluate pivot(a)",
        "union T, (U | take 1)",
        "search in (T) 'x'",
        "find withsource=X in (T, U*) where * has 'x' project-smart",
        "datatable(a:int, b:string,)[,1, 'x', -2, 'y',]",
        "externaldata(a:string)[@'https://x/y.csv', h'z'] with (format='csv', ignoreFirstRecord=true)",
        "cluster('c').database('d').['T x'] | take 1",
        "workspace('w').T | where a == {Parameter}",
        "let a = 1; let b = T | take a; b",
        "let f = (x:long, y:string = 'a', z:dynamic = dynamic(null)) { let q = x; T | where a == q; }; f(1)",
        "let f = (T:(a:int, b:string), U:(*)) { T }; T | invoke f(U)",
        "let f = view () { T }; union f*",
        "let f = () { }; f",
        "let x = materialize(T | take 1); T | where a in (x) | where toscalar(T | count) > 5",
        "set notruncation; set a = 1; T",
        "declare query_parameters(a:int = 1, b:string); T",
        "declare pattern p = (a:string)[b:string] { ('x').['y'] = { T }; }; p('x').y",
        "alias database d = cluster('c').database('d'); database('d').T",
        "restrict access to (T, U*); T",
        "\u{200b}T\r\n| where a // comment\n",
    ];
    for query in queries {
        accepts(query);
    }
}

#[test]
fn what_is_no_query_is_refused_where_it_goes_wrong() {
    let cases = [
        ("T | where a == 1 and", 1, 21, ""),
        ("T | where a == b == c", 1, 18, "=="),
        ("T\n| foo x", 2, 3, "foo"),
        ("T |", 1, 4, ""),
        ("T | take 1 | U", 1, 14, "U"),
        ("T || take 1", 1, 4, "|"),
        (";T", 1, 1, ";"),
        ("T where x", 1, 3, "where"),
        ("T | extend a = 1,", 1, 18, ""),
        ("T | project a,,b", 1, 15, ","),
        ("T | where a in ('x',)", 1, 21, ")"),
        ("T | where a in b", 1, 16, "b"),
        ("T | count()", 1, 5, "count"),
        ("T | project first", 1, 13, "first"),
        ("T | where to == 1", 1, 11, "to"),
        ("T | extend kind = 1", 1, 12, "kind"),
        ("T | lookup (U)", 1, 15, ""),
        ("T | where (a, b)", 1, 13, ","),
        ("print 'abc", 1, 7, "'abc"),
        ("print ä = 1", 1, 7, "ä"),
        ("print long(1", 1, 7, "long("),
        ("print 74be27de-1e4e-49d9-b579-fe0b331d3642", 1, 7, "74be27de-1e4e-49d9-b579-fe0b331d3642"),
        ("datatable(a:float)[1]", 1, 13, "float"),
        ("datatable(a:int)[x]", 1, 18, "x"),
        ("T | join kind=sideways (U) on a", 1, 15, "sideways"),
        ("T | sort by a ASC", 1, 15, "ASC"),
        ("T | render table with (colour='red')", 1, 24, "colour"),
        ("let f = (a:int); f", 1, 16, ";"),
        ("print dynamic({a: 1})", 1, 16, "a"),
        ("print dynamic([1,])", 1, 18, "]"),
    ];
    for (query, line, column, token) in cases {
        let error = refuses(query);
        let seen = (error.kind, error.code, error.line, error.column, error.token.as_deref().unwrap_or(""));
        assert_eq!(seen, (ErrorKind::Syntax, "SYN0002", line, column, token), "{query}\n{error}");
    }
}

#[test]
fn what_is_known_but_not_offered_is_refused_by_name() {
    for (query, name) in [("T | make-graph a --> b", "make-graph"), ("macro-expand g as x (x.T)", "macro-expand")] {
        let error = refuses(query);
        assert_eq!((error.kind, error.token.as_deref()), (ErrorKind::Refused, Some(name)), "{query}");
    }
}

#[test]
fn names_keep_their_quoting() {
    let query = accepts("T | project ['a b'] = c, (d, ['e']) = f(1), g");
    let StatementKind::Expression(Expr { kind: ExprKind::Pipe { operators, .. }, .. }) = &query.statements[0].kind
    else {
        panic!("no pipe")
    };
    let OperatorKind::Project(columns) = &operators[0].kind else { panic!("no project") };
    assert!(matches!(&columns[0].naming, Naming::One(name) if name.text == "a b" && name.bracketed));
    assert!(matches!(&columns[1].naming, Naming::Tuple(names) if names.len() == 2 && !names[0].bracketed));
    assert!(matches!(&columns[2].naming, Naming::Auto));
}

#[test]
fn spans_cover_what_they_name() {
    let text = "T | where  a has 'x' and b // c\n| count";
    let query = accepts(text);
    let StatementKind::Expression(Expr { kind: ExprKind::Pipe { operators, .. }, .. }) = &query.statements[0].kind
    else {
        panic!("no pipe")
    };
    assert_eq!(operators[0].span.text(text), "where  a has 'x' and b");
    let OperatorKind::Filter { predicate, .. } = &operators[0].kind else { panic!("no filter") };
    assert_eq!(predicate.span.text(text), "a has 'x' and b");
    let ExprKind::And(operands) = &predicate.value.kind else { panic!("no and") };
    let ExprKind::Binary { op: BinaryOp::Has, op_span, .. } = operands[0].kind else { panic!("no has") };
    assert_eq!(op_span.text(text), "has");
}
