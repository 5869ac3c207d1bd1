//! What an ingestion-time transform takes and refuses: a list of names, as Azure has it.

use std::sync::Arc;

use kql::{BatchBuilder, ColumnType, DateTime, Dynamic, Error, ErrorKind, GeoInfo, Schema, Settings, Table, Tables};
use kql::{Transform, Value};

fn schema() -> Schema {
    Schema::new([("at", ColumnType::DateTime), ("s", ColumnType::String), ("d", ColumnType::Dynamic)])
}

#[track_caller]
fn taken(expression: &str) {
    let text = format!("source | extend x = {expression}");
    if let Err(error) = Transform::compile(&text, &schema()) {
        panic!("{expression}: {error}");
    }
}

#[track_caller]
fn refused(text: &str) -> Error {
    match Transform::compile(text, &schema()) {
        Ok(_) => panic!("{text} is taken"),
        Err(error) => error,
    }
}

#[test]
fn names_on_the_list_are_taken() {
    for expression in [
        "replace('a', 'b', s)",
        "pack('k', s)",
        "todynamic('')",
        "parse_json('{}')",
        "iff(isempty(s), 'none', s)",
        "iif(isnotempty(d.a), tostring(d.a), '')",
        "columnifexists('s', '')",
        "base64_encodestring(s)",
        "base64_decodestring(s)",
        "getmonth(at)",
        "monthofyear(at)",
        "weekofyear(at)",
        "datetime_part('year', at)",
        "floor(1.5, 1.0)",
        "todouble(s)",
        "toguid(s)",
        "hash_sha256(s)",
        "array_length(d)",
        "zip(d, d)",
        "parse_cef_dictionary(s)['Extension']",
        "geo_location(s)",
        "d['a-b']",
        "max_of(1, 2) + binary_not(3)",
    ] {
        taken(expression);
    }
}

#[test]
fn other_names_of_the_same_functions_are_refused() {
    for name in [
        "bag_pack('k', s)",
        "pack_dictionary('k', s)",
        "column_ifexists('s', '')",
        "replace_string(s, 'a', 'b')",
        "replace_regex(s, 'a', 'b')",
        "coalesce(s, 'x')",
        "base64_encode_tostring(s)",
        "base64_decode_tostring(s)",
        "week_of_year(at)",
        "datepart('year', at)",
        "extractall('(a)', s)",
        "arraylength(d)",
        "toboolean(s)",
        "totime(s)",
        "todecimal(s)",
        "parsejson(s)",
        "toobject(s)",
        "notempty(s)",
        "notnull(at)",
        "trim('a', s)",
        "strcat_array(d, ',')",
        "hash_md5(s)",
        "prev(s)",
        "geo_info_from_ip_address(s)",
        "series_sum(d)",
        "count()",
    ] {
        let error = refused(&format!("source | extend x = {name}"));
        let called = name.split('(').next().map(str::to_owned);
        assert_eq!((error.kind, error.token), (ErrorKind::Refused, called), "{name}");
        assert_eq!(error.code, Error::FUNCTION_NOT_IN_TRANSFORMS, "{name}");
    }
    assert_eq!(refused("source | extend x = nosuch(s)").kind, ErrorKind::Semantic);
}

#[test]
fn dynamic_literals_are_refused() {
    for literal in ["dynamic(null)", "dynamic({})", "dynamic([1])", "iff(isempty(s), dynamic(null), d)"] {
        let error = refused(&format!("source | extend x = {literal}"));
        assert_eq!((error.kind, error.token.as_deref()), (ErrorKind::Refused, Some("dynamic")), "{literal}");
    }
    assert_eq!(refused("source | where s in (dynamic(['a']))").token.as_deref(), Some("dynamic"));
}

#[test]
fn functions_of_transforms_are_refused_in_queries() {
    for name in ["parse_cef_dictionary", "geo_location"] {
        let error =
            kql::run(&format!("print {name}('x')"), &Tables::default(), &Settings::at(DateTime::MIN)).unwrap_err();
        assert_eq!(error.code, "SEM0260");
        let said = format!("Unknown function: '{name}'. It can be called in transformations only, not in queries.");
        assert_eq!(error.message, said);
    }
}

#[derive(Debug)]
struct OneAddress;

impl GeoInfo for OneAddress {
    fn look_up(&self, address: &str) -> Dynamic {
        let place = r#"{"country": "Iceland", "state": "", "city": "Akureyri", "latitude": 65.7, "longitude": -18.1}"#;
        if address == "192.0.2.1" { Dynamic::from_json(place).unwrap_or(Dynamic::Null) } else { Dynamic::Null }
    }
}

#[test]
fn places_are_looked_up_by_their_own_names() {
    let text = "source | project g = geo_location(s)";
    let now = DateTime::parse("2026-11-29T08:00:00Z").expect("a date");
    let mut rows = BatchBuilder::new(schema());
    for address in ["192.0.2.1", "192.0.2.2"] {
        rows.push_row(&[now.into(), address.into(), Value::Null]);
    }
    let rows = rows.finish();
    let shown = |transform: &Transform| -> Vec<String> {
        let table = Table::of(transform.apply(&rows, &Settings::at(now)).expect("it runs"));
        table.rows().map(|row| row[0].to_text().into_owned()).collect()
    };
    let known = Transform::compile_with_geo(text, &schema(), Some(Arc::new(OneAddress))).expect("it compiles");
    let place = r#"{"Country":"Iceland","State":"","City":"Akureyri","Latitude":65.7,"Longitude":-18.1}"#;
    assert_eq!(shown(&known), [place, ""]);
    let unknown = Transform::compile(text, &schema()).expect("it compiles");
    assert_eq!(shown(&unknown), ["", ""]);
}
