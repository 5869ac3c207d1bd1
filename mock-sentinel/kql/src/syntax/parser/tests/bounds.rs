use super::*;

#[test]
fn depth_is_bounded_and_length_is_not() {
    let many = |part: &str, count: usize| part.repeat(count);
    for query in [
        format!("print {}1{}", many("(", 5_000), many(")", 5_000)),
        format!("print {}", many("f(", 100_000)),
        format!("print 1{}", many(" + 1", 5_000)),
        format!("print a{}", many(".b", 5_000)),
        format!("print dynamic({}{})", many("[", 5_000), many("]", 5_000)),
        format!("T{}", many(" | where x in (T", 5_000)),
        many("let f = () {", 5_000),
        many("datatable(", 5_000),
    ] {
        let error = refuses(&query);
        assert!(matches!(error.kind, ErrorKind::Limit(_) | ErrorKind::Syntax), "{error}");
    }
    accepts(&format!("T{}", many(" | where x", 20_000)));
    accepts(&format!("T | where x{}", many(" or x == 1", 20_000)));
    accepts(&format!("print {}1{}", many("(", 90), many(")", 90)));
    accepts(&format!("print 'a'{}", many(" + 'a'", 200)));
    accepts(&format!("T | where x in (1{})", many(", 1", 50_000)));
    let error = refuses(&many(" ", crate::syntax::MAX_TEXT + 1));
    assert_eq!(error.kind, ErrorKind::Limit(crate::Limit::Text));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_text_is_read_to_an_end(text in ".{0,200}") {
        ends(&text);
    }

    #[test]
    fn words_of_the_language_in_any_order_are_read_to_an_end(
        words in proptest::collection::vec(proptest::sample::select(WORDS), 0..60),
    ) {
        ends(&words.join(" "));
        ends(&words.concat());
    }
}

const WORDS: &[&str] = &[
    "T",
    "a",
    "1",
    "1.5",
    "1d",
    "'x'",
    "true",
    "|",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ";",
    ":",
    ".",
    "..",
    "=",
    "==",
    "=~",
    "!in",
    "in~",
    "<",
    "-",
    "+",
    "*",
    "where",
    "project",
    "project-away",
    "extend",
    "summarize",
    "by",
    "join",
    "on",
    "kind",
    "union",
    "let",
    "and",
    "or",
    "has",
    "between",
    "mv-expand",
    "to",
    "typeof",
    "parse",
    "with",
    "make-series",
    "step",
    "from",
    "sort",
    "asc",
    "top",
    "top-nested",
    "of",
    "evaluate",
    "print",
    "range",
    "datatable",
    "dynamic",
    "datetime(",
    "long(null)",
    "['b c']",
    "materialize",
    "view",
    "search",
    "find",
    "scan",
    "partition",
    "fork",
    "render",
    "limit",
    "$left",
    "@",
    "\"",
    "\\",
    "//",
    "\n",
    "é",
];

/// The parser ends with a tree, or with an error inside the text.
fn ends(text: &str) {
    if let Err(error) = parse(text) {
        assert!(error.span.end as usize <= text.len() && error.line >= 1 && error.column >= 1, "{text}\n{error:?}");
    }
}
