//! One line a case: a call as a query would have it, and what `tostring` makes of its result.

use super::{Context, Param, RegexCache, find};
use crate::{
    dynamic::Dynamic,
    syntax::{
        ast::{DynamicLiteral, Expr, ExprKind, Literal, OperatorKind, StatementKind, UnaryOp},
        parse,
    },
    time::{DateTime, Timespan},
    types::ColumnType,
    value::Value,
};

#[track_caller]
fn check(call: &str, expected: &str) {
    let query = parse(&format!("print {call}")).unwrap_or_else(|error| panic!("{call}: {error}"));
    let StatementKind::Expression(Expr { kind: ExprKind::Source(operator), .. }) = &query.statements[0].kind else {
        panic!("{call} is no call")
    };
    let OperatorKind::Print(columns) = &operator.kind else { panic!("{call} is no call") };
    let text = match evaluate(&columns[0].value) {
        Value::Null => "null".to_owned(),
        value => value.to_text().into_owned(),
    };
    assert_eq!(text, expected, "{call}");
}

/// Calls and literals, enough for the cases here; the binder's part is played by `cast`.
fn evaluate(expr: &Expr) -> Value {
    match &expr.kind {
        ExprKind::Literal(literal) => constant(literal),
        ExprKind::Unary { op: UnaryOp::Minus, operand } => match evaluate(operand) {
            Value::Long(value) => Value::Long(-value),
            other => other,
        },
        ExprKind::Call(call) => {
            let given: Vec<Value> = call.args.iter().map(|argument| evaluate(&argument.value)).collect();
            let takes = |value: &Value, param: Option<Param>| match param {
                Some(Param::Is(kind) | Param::Constant(kind)) => {
                    value.is_null()
                        || value.kind() == Some(kind)
                        || kind == ColumnType::Real && value.as_real().is_some()
                }
                _ => true,
            };
            let function = find(&call.name.text)
                .iter()
                .filter(|function| function.takes(given.len()))
                .find(|function| given.iter().enumerate().all(|(at, value)| takes(value, function.param(at))))
                .unwrap_or_else(|| panic!("no such function: {}", call.name.text));
            let kinds: Vec<_> = given.iter().map(|value| value.kind().unwrap_or(ColumnType::Dynamic)).collect();
            (function.eval)(&mut Context::new(&kinds, &mut RegexCache::default(), &mut 7), &given)
        }
        other => panic!("not a call or a literal: {other:?}"),
    }
}

fn constant(literal: &Literal) -> Value {
    match literal {
        Literal::Bool(value) => (*value).into(),
        Literal::Int(value) => (*value).into(),
        Literal::Long(value) => (*value).into(),
        Literal::Real(value) => (*value).into(),
        Literal::String(text) => text.as_str().into(),
        Literal::Datetime(text) => DateTime::parse(text).into(),
        Literal::Timespan(ticks) => Timespan::from_ticks(*ticks).into(),
        Literal::Guid(bits) => uuid::Uuid::from_u128(*bits).into(),
        Literal::Dynamic(tree) => Value::dynamic(dynamic(tree)),
        Literal::Null(_) | Literal::Decimal(_) => Value::Null,
    }
}

fn dynamic(literal: &DynamicLiteral) -> Dynamic {
    match literal {
        DynamicLiteral::Null => Dynamic::Null,
        DynamicLiteral::Scalar(scalar) => constant(scalar).to_dynamic(),
        DynamicLiteral::Array(items) => Dynamic::array(items.iter().map(dynamic)),
        DynamicLiteral::Bag(pairs) => {
            Dynamic::bag(pairs.iter().map(|(name, value)| (name.as_str().into(), dynamic(value))))
        }
    }
}

#[test]
fn strings() {
    check("strcat('a', 1, true, dynamic(null), 1.5)", "a1True1.5");
    check("strcat_delim('-', 1, '2', 'A', 1s)", "1-2-A-00:00:01");
    check("strcat_array(dynamic([1, 'a', null]), '->')", "1->a->");
    check("strrep(123, 3, '.')", "123.123.123");
    check("strrep('a', -1)", "");
    check("strlen('⒦⒰⒮⒯⒪')", "5");
    check("string_size('⒦⒰⒮⒯⒪')", "15");
    check("strcmp('abc', 'ABC')", "1");
    check("substring('123456', 1)", "23456");
    check("substring('123456', 2, 2)", "34");
    check("substring('ABCD', 0, 2)", "AB");
    check("substring('123456', -2, 2)", "56");
    check("substring('abc', 10, 3)", "");
    check("substring('abc', -10, 2)", "");
    check("substring('abc', -4)", "");
    check("substring('abc', 1, -1)", "");
    check("indexof('abcdefg', 'cde')", "2");
    check("indexof('abcdefg', 'cde', 1, 4)", "2");
    check("indexof('abcdefg', 'cde', 1, 2)", "2");
    check("indexof('abcdefg', 'cde', 3, 4)", "-1");
    check("indexof('abcdefg', 'cde', -5)", "2");
    check("indexof(1234567, 5, 1, 4)", "4");
    check("indexof('abcdefg', 'cde', 2, -1)", "2");
    check("indexof('abcdefgabcdefg', 'cde', 1, 10, 2)", "9");
    check("indexof('abcdefgabcdefg', 'cde', 1, -1, 3)", "-1");
    check("indexof('abc', 'b', 0, -2)", "null");
    check("indexof('éa', 'a')", "1");
    check("indexof('', '')", "0");
    check("has_any_index('this is an example', dynamic(['not', 'example']))", "1");
    check("has_any_index('Example number 2', dynamic([1, 2, 3]))", "1");
    check("has_any_index('a', dynamic([]))", "-1");
    check("toupper('aßé')", "AßÉ");
    check("tolower('ÀB')", "àb");
    check("reverse('abc')", "cba");
    check("split('aaa_bbb_ccc', '_', 1)", r#"["bbb"]"#);
    check("split('', '_')", r#"[""]"#);
    check("split('a__b', '_')", r#"["a","","b"]"#);
    check("replace_string('aaa', 'aa', 'b')", "ba");
    check("replace_string('aaa', '', 'b')", "aaa");
    check("replace_strings('abc', dynamic(['a', 'c']), dynamic(['x', 'z']))", "xbz");
    check("translate('krasp', 'otsku', 'spark')", "kusto");
    check("translate('abc', 'x', 'abc')", "xxx");
    check("translate('abc', '', 'abcd')", "d");
    check("isascii('é')", "False");
    check("unicode_codepoints_from_string('a⒦')", "[97,9382]");
    check("unicode_codepoints_to_string(75, dynamic([117, 115]), 116, 111)", "Kusto");
}

#[test]
fn regular_expressions() {
    check("extract('x=([0-9.]+)', 1, 'hello x=45.6|wo')", "45.6");
    check("extract('x=([0-9.]+)', 0, 'hello x=45.6|wo')", "x=45.6");
    check("extract('x', 3, 'x')", "");
    check("extract('(', 0, 'x')", "");
    check(r"extract_all(@'(\d+)', 'a 123, 567')", r#"["123","567"]"#);
    check(r"extract_all(@'(\w)(\w)', 'ab cd')", r#"[["a","b"],["c","d"]]"#);
    check(r"extract_all(@'(?P<f>\w)(\w)(\w)', dynamic(['f', 3]), 'abc def')", r#"[["a","c"],["d","f"]]"#);
    check("extract_all('(x)', 'abc')", "null");
    check(r"replace_regex('Number is 1', @'is (\d+)', @'was: \1')", "Number was: 1");
    check(r"replace(@'(\w)b', @'\1$1\\', 'ab')", "a$1\\");
    check(r"trim(@'[^\w]+', '-  Te st1// $')", "Te st1");
    check("trim('1', '1101')", "10");
    check("trim_start('https://', 'https://bing.com')", "bing.com");
    check("trim_end('.com', 'bing.com')", "bing");
    check("countof('aaaa', 'aa')", "3");
    check("countof('ababa', 'aba', 'normal')", "2");
    check("countof('ababa', 'aba', 'regex')", "1");
    check("countof('', 'a')", "0");
    check("indexof_regex('abcabc', @'a.c')", "0");
    check("indexof_regex('abcabcdefg', @'a.c', 0, 9, 2)", "3");
    check("indexof_regex('ababaa', @'a.a', 0, -1, 2)", "-1");
    check("regex_quote('(so$me.Te^xt)')", r"\(so\$me\.Te\^xt\)");
}

#[test]
fn json_and_bags() {
    check("extract_json('$.a[0].b', '{\"a\":[{\"b\":\"x\"}]}')", "x");
    check("extract_json('$.c', '{}')", "");
    check("bag_pack('a', 1, 'b', dynamic(null))", r#"{"a":1,"b":null}"#);
    check("bag_merge(dynamic({'a': 1}), dynamic({'b': 2, 'a': 3}))", r#"{"a":1,"b":2}"#);
    check("bag_keys(dynamic({'a': 1, 'b': {'c': 2}}))", r#"["a","b"]"#);
    check("bag_keys(dynamic([1]))", "null");
    check("bag_has_key(dynamic({'a': {'b': null}}), '$.a.b')", "True");
    check("bag_has_key(dynamic({'a': {'b': null}}), 'b')", "False");
    check("bag_remove_keys(dynamic({'a': {'b': 1, 'c': 2}, 'd': 3}), dynamic(['$.a.b', 'd']))", r#"{"a":{"c":2}}"#);
    check("bag_set_key(dynamic({'a': 1}), 'a', 2)", r#"{"a":2}"#);
    check("bag_set_key(dynamic({'a': {'b': 1}}), '$.a.c', 2)", r#"{"a":{"b":1,"c":2}}"#);
    check("bag_zip(dynamic(['a', 'b']), dynamic([1]))", r#"{"a":1,"b":null}"#);
    check("treepath(dynamic({'p': [1, {'x': 'y'}], 'q': 2}))", r#"["['p']","['p'][0]","['p'][0]['x']","['q']"]"#);
    check("dynamic_to_json(dynamic({'b': {'d': 1, 'c': 2}, 'a': [3]}))", r#"{"a":[3],"b":{"c":2,"d":1}}"#);
}

#[test]
fn arrays_and_sets() {
    check("pack_array(1, 'a', 1.5, dynamic([2]))", r#"[1,"a",1.5,[2]]"#);
    check("pack_array()", "[]");
    check("array_concat(dynamic([1]), dynamic([2, 3]))", "[1,2,3]");
    check("array_length(dynamic([1, 2, 3, 'four']))", "4");
    check("array_length(dynamic({}))", "null");
    check("array_index_of(dynamic(['a', 'b', 'a']), 'a', 1)", "2");
    check("array_index_of(dynamic(['a', 'b', 'a']), 'a', 0, -1, 2)", "2");
    check("array_index_of(dynamic([1, 2]), 3)", "-1");
    check("array_slice(dynamic([1, 2, 3, 4, 5]), -3, -2)", "[3,4]");
    check("array_slice(dynamic([1, 2, 3]), 2, -1)", "[3]");
    check("array_slice(dynamic([1, 2, 3]), 2, 1)", "[]");
    check("array_split(dynamic([1, 2, 3, 4, 5]), 2)", "[[1,2],[3,4,5]]");
    check("array_split(dynamic([1, 2, 3, 4, 5]), dynamic([1, 3]))", "[[1],[2,3],[4,5]]");
    check("array_reverse(dynamic([1, 2]))", "[2,1]");
    check("array_rotate_left(dynamic([1, 2, 3, 4, 5]), 2)", "[3,4,5,1,2]");
    check("array_rotate_right(dynamic([1, 2, 3, 4, 5]), 2)", "[4,5,1,2,3]");
    check("array_rotate_left(dynamic([1, 2, 3]), -1)", "[3,1,2]");
    check("array_shift_left(dynamic([1, 2, 3, 4, 5]), 2)", "[3,4,5,null,null]");
    check("array_shift_right(dynamic([1, 2, 3]), 1, -1)", "[-1,1,2]");
    check("array_sort_asc(dynamic([null, 'd', 'a', 'c', 'c']))", r#"["a","c","c","d",null]"#);
    check("array_sort_desc(dynamic([null, 'd', 'a']), false)", r#"[null,"d","a"]"#);
    check("array_sort_desc(dynamic([1, 3, 2]), dynamic(['a', 'b', 'c']))", r#"[[3,2,1],["b","c","a"]]"#);
    check("array_iff(dynamic([true, false, true]), dynamic([1, 2, 3]), dynamic([4, 5, 6]))", "[1,5,3]");
    check("array_iff(dynamic([1, 0, 'x']), 'yes', 'no')", r#"["yes","no",null]"#);
    check("array_sum(dynamic([1, 2, 3, 4]))", "10.0");
    check("zip(dynamic(['A', 1]), dynamic([{}]))", r#"[["A",{}],[1,null]]"#);
    check("repeat(1, 3)", "[1,1,1]");
    check("repeat(1, -3)", "null");
    check("range(4, 8, 2)", "[4,6,8]");
    check("range(3, 1)", "[]");
    check("range(3, 1, -1)", "[3,2,1]");
    check("range(1, 2, 0.5)", "[1.0,1.5,2.0]");
    check("range(1, 2, 0)", "null");
    check("array_length(range(0, 9223372036854775807, 1))", "1048576");
    check(
        "range(datetime(2007-01-01), datetime(2007-01-02), 12h)",
        r#"["2007-01-01T00:00:00.0000000Z","2007-01-01T12:00:00.0000000Z","2007-01-02T00:00:00.0000000Z"]"#,
    );
    check("set_union(dynamic([1, 2]), dynamic([2, 3]), dynamic([1.0, 4]))", "[1,2,3,4]");
    check("set_intersect(dynamic([1, 2, 3, 2]), dynamic([2, 3, 4]))", "[2,3]");
    check("set_difference(dynamic([1, 2, 3]), dynamic([1]), dynamic([3]))", "[2]");
    check("set_has_element(dynamic(['a', 'b']), 'b')", "True");
    check("set_equals(dynamic([1, 2]), dynamic([2, 1, 1]))", "True");
    check("jaccard_index(dynamic([1, 2, 3]), dynamic([1, 2, 3, 4]))", "0.75");
}

#[test]
fn addresses() {
    check("parse_ipv4('192.168.1.1/24')", "3232235776");
    check("parse_ipv4('255.255.255.255/31')", "4294967294");
    check("parse_ipv4('1.2.3')", "null");
    check("parse_ipv4('1.2.3.256')", "null");
    check("parse_ipv4_mask('127.0.0.1', 24)", "2130706432");
    check("parse_ipv6('127.0.0.1')", "0000:0000:0000:0000:0000:ffff:7f00:0001");
    check("parse_ipv6('fe80::85d:e82c:9446:7994')", "fe80:0000:0000:0000:085d:e82c:9446:7994");
    check("parse_ipv6_mask('::192.168.255.255/24', 128)", "0000:0000:0000:0000:0000:ffff:c0a8:ff00");
    check("parse_ipv6('::1')", "0000:0000:0000:0000:0000:0000:0000:0001");
    check("parse_ipv6_mask('fe80::85d:e82c:9446:7994', 120)", "fe80:0000:0000:0000:085d:e82c:9446:7900");
    check("format_ipv4('192.168.1.1', 24)", "192.168.1.0");
    check("format_ipv4(3232236031)", "192.168.1.255");
    check("format_ipv4('192.168.1.1', 33)", "");
    check("format_ipv4_mask('192.168.1.1', 24)", "192.168.1.0/24");
    check("ipv4_netmask_suffix('10.1.2.3')", "32");
    check("ipv4_is_private('10.1.2.3')", "True");
    check("ipv4_is_private('172.32.0.1/24')", "False");
    check("ipv4_is_private('x')", "null");
    check("ipv4_compare('192.168.1.1', '192.168.1.255/24')", "0");
    check("ipv4_compare('192.168.1.2', '192.168.1.1')", "1");
    check("ipv4_is_match('192.168.1.1', '192.168.1.255', 24)", "True");
    check("ipv4_is_in_range('192.168.1.6', '192.168.1.1/24')", "True");
    check("ipv4_is_in_range('192.168.1.1', '192.168.2.0/24')", "False");
    check("ipv4_is_in_range('192.168.1.1', 'x')", "null");
    check("ipv4_is_in_any_range('192.168.1.6', '10.0.0.0/8', '192.168.0.0/16')", "True");
    check("ipv4_is_in_any_range('192.168.1.6', dynamic(['10.0.0.0/8']))", "False");
    check("ipv4_range_to_cidr_list('1.1.128.0', '1.1.140.255')", r#"["1.1.128.0/21","1.1.136.0/22","1.1.140.0/24"]"#);
    check("ipv4_range_to_cidr_list('0.0.0.0', '255.255.255.255')", r#"["0.0.0.0/0"]"#);
    check("ipv6_compare('fe80::85d:e82c:9446:7994/120', 'fe80::85d:e82c:9446:7998')", "0");
    check("ipv6_compare('192.168.1.1/24', '::ffff:c0a8:01ff', 127)", "0");
    check("ipv6_is_match('192.168.1.1', '::ffff:c0a8:0101')", "True");
    check(
        "ipv6_is_in_range('a5e:f127:8a9d:146d:e102:b5d3:c755:abcd', 'a5e:f127:8a9d:146d:e102:b5d3:c755:0000/112')",
        "True",
    );
    check("ipv6_is_in_any_range('::1', '::/64', 'x')", "True");
    check("has_ipv4('05:04:54 127.0.0.1 GET', '127.0.0.1')", "True");
    check("has_ipv4('05:04:54 127.0.0.256 GET', '127.0.0.256')", "False");
    check("has_ipv4('05:04:54127.0.0.1 GET', '127.0.0.1')", "False");
    check("has_ipv4('127.0.0.1.', '127.0.0.1')", "True");
    check("has_ipv4('127.0.0.12', '127.0.0.1')", "False");
    check("has_any_ipv4('x 127.0.0.1', '10.0.0.1', '127.0.0.1')", "True");
    check("has_ipv4_prefix('05:04:54 127.0.0.1 GET', '127.0.')", "True");
    check("has_ipv4_prefix('05:04:54127.0.0.1 GET', '127.0.')", "False");
    check("has_ipv4_prefix('127.0.0.256', '127.0.')", "False");
    check("has_any_ipv4_prefix('a 127.0.0.1', '127.0.', '192.168.')", "True");
}

#[test]
fn hashes_and_encodings() {
    check("hash_md5(datetime(2020-01-01))", "786c530672d1f8db31fee25ea8a9390b");
    check("hash_sha1('World')", "70c07ec18ef89c5309bbb0937f3a6342411e1fdd");
    check("hash_sha256('World')", "78ae647dc5544d227130a0682a51e30bc7777fbb6d8a8f17007463a3ecd1d524");
    check("hash('World')", "1846988464401551951");
    check("hash('World', 100)", "51");
    check("base64_encode_tostring('Kusto')", "S3VzdG8=");
    check("base64_decode_tostring('S3VzdG8=')", "Kusto");
    check("base64_decode_tostring('U3RyaW5n0KHR0tGA0L7Rh9C60LA=')", "");
    check("base64_decode_toarray('S3VzdG8=')", "[75,117,115,116,111]");
    check("base64_encode_fromarray(dynamic([75, 117, 115, 116, 111]))", "S3VzdG8=");
    check("base64_encode_fromguid(guid(ae3133f2-6e22-49ae-b06a-16e6a9b212eb))", "8jMxriJurkmwahbmqbIS6w==");
    check("base64_decode_toguid('8jMxriJurkmwahbmqbIS6w==')", "ae3133f2-6e22-49ae-b06a-16e6a9b212eb");
    check("url_encode('https://www.bing.com/hello world')", "https%3a%2f%2fwww.bing.com%2fhello+world");
    check("url_encode_component('a b/ü')", "a%20b%2f%c3%bc");
    check("url_decode('https%3a%2f%2fwww.bing.com%2f+%zz%')", "https://www.bing.com/ %zz%");
}

#[test]
fn texts_with_a_form() {
    check(
        "parse_url('scheme://user:pass@host:1234/this/is/a/path?k1=v1&k2=v%202#fragment')",
        concat!(
            r#"{"Scheme":"scheme","Host":"host","Port":"1234","Path":"/this/is/a/path","Username":"user","#,
            r#""Password":"pass","Query Parameters":{"k1":"v1","k2":"v 2"},"Fragment":"fragment"}"#
        ),
    );
    check("parse_urlquery('k1=v1&k2=v2')", r#"{"Query Parameters":{"k1":"v1","k2":"v2"}}"#);
    let path = |root: &str, directory: &str, name: &str, file: &str, extension: &str| {
        format!(
            "{{\"Scheme\":\"\",\"RootPath\":\"{root}\",\"DirectoryPath\":\"{directory}\",\"DirectoryName\":\"{name}\",\
             \"Filename\":\"{file}\",\"Extension\":\"{extension}\",\"AlternateDataStreamName\":\"\"}}"
        )
    };
    check(r"parse_path(@'C:\temp\file.txt')", &path(r"C:\\", r"C:\\temp", "temp", "file.txt", "txt"));
    check(r"parse_path(@'\\shared\users\file.txt.gz')", &path("", r"\\\\shared\\users", "users", "file.txt.gz", "gz"));
    check("parse_path('/usr/lib/temp/file')", &path("", "/usr/lib/temp", "temp", "file", ""));
    check("parse_version('1.2.3.4')", "1000000020000000300000004");
    check("parse_version('0.2')", "20000000000000000");
    check("parse_version('1.2.x')", "null");
    check(r#"parse_csv('aa,b,"c ""d"", e",')"#, r#"["aa","b","c \"d\", e",""]"#);
    check(r"parse_csv('record1\nrecord2')", r#"["record1"]"#);
    check(r#"parse_command_line('echo "hello world!"', 'windows')"#, r#"["echo","hello world!"]"#);
    check(r#"parse_command_line(@'a \\b "c\"d" ""', 'windows')"#, r#"["a","\\\\b","c\"d",""]"#);
    check("parse_xml('<a b=\"1\">x</a>')", r##"{"a":{"@b":"1","#text":"x"}}"##);
    check("format_bytes(564)", "564 Bytes");
    check("format_bytes(2048, 0, 'Bytes')", "2048 Bytes");
    check("format_bytes(10332, 1)", "10.1 KB");
    check("format_bytes(20010332, 2)", "19.08 MB");
    check("format_bytes(20010332, 0, 'KB')", "19541 KB");
    check("convert_length(1.2, 'Foot', 'Yard')", "0.4");
    check("convert_temperature(1.2, 'Kelvin', 'DegreeCelsius')", "-271.95");
    check("convert_volume(1.0, 'x', 'Liter')", "null");
}

#[test]
fn series() {
    check("series_add(dynamic([1, 2, 4]), dynamic([4, 2]))", "[5,4,null]");
    check("series_multiply(dynamic([1, 2.5]), 2)", "[2,5.0]");
    check("series_divide(dynamic([1, 2]), dynamic([2, 'x']))", "[0.5,null]");
    check("series_greater(dynamic([1, 2, 4]), 2)", "[false,false,true]");
    check("series_abs(dynamic([-6.5, 0, -8]))", "[6.5,0,8]");
    check("series_fill_const(dynamic([null, 2, null]), 0)", "[0,2,0]");
    check("series_fill_forward(dynamic([null, 1, null, 3]))", "[null,1,1,3]");
    check("series_fill_backward(dynamic([null, 1, null, 3, null]))", "[1,1,3,3,null]");
    check("series_fill_linear(dynamic([null, 1, null, 3, null]))", "[1,1,2,3,3]");
    check("series_fill_linear(dynamic([111, null, 36, null, null]))", "[111,73,36,36,36]");
    check("series_fill_linear(dynamic([111.0, null, 36.0]))", "[111.0,73.5,36.0]");
    check("series_fill_linear(dynamic([null, null]), double(null), false)", "[0.0,0.0]");
    check("series_fill_linear(dynamic([0, 1, 0, 3]), 0, false)", "[0,1,2,3]");
    check("series_stats(dynamic([23, 46, 23, 87]))", "[23.0,0,87.0,3,44.75,30.181396035748026,910.9166666666666]");
    check("series_fit_line(dynamic([2, 4, 6]))", "[1.0,2.0,4.0,0.0,2.0,[2.0,4.0,6.0]]");
    check("series_dot_product(dynamic([1, 2]), dynamic([3, 4]))", "11.0");
    check("series_magnitude(dynamic([3, 4]))", "5.0");
    check("series_cosine_similarity(dynamic([0, 1]), dynamic([0, 2]))", "1.0");
    check("series_pearson_correlation(dynamic([1, 2, 3]), dynamic([2, 4, 6]))", "1.0");
    check("series_fir(dynamic([0, 0, 4, 0]), dynamic([1, 1]))", "[0.0,0.0,2.0,2.0]");
    check("series_iir(dynamic([1, 1, 1]), dynamic([1]), dynamic([1, -1]))", "[1.0,2.0,3.0]");
}
