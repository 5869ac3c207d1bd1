//! The functions of the template language that a template of tables, rules, endpoints and roles uses.
//!
//! Sources, read 2026-11-29: `template-functions.md`, which lists every function here, and beside it `…-array.md`, `…-logical.md`,
//! `…-resource.md` and `…-string.md`:
//! <https://github.com/MicrosoftDocs/azure-docs/tree/main/articles/azure-resource-manager/templates>.
//! Azure refuses more: `substring` beyond the end, texts and arrays in one `concat`.

use serde_json::{Value, json};
use uuid::Uuid;

use super::Setting;

/// The name space of `guid()`, whose arguments are joined with `-`. Microsoft names the algorithm of RFC 4122, section 4.3, and no
/// name space (<https://github.com/MicrosoftDocs/azure-docs/issues/121776>): this one is what public programs take to arrive at
/// Azure's GUIDs, such as <https://github.com/akefallonitis/xdrlograider>, read 2026-11-29, and not confirmed.
const GUID_SPACE: Uuid = Uuid::from_u128(0x11fb_06fb_712d_4ddd_98c7_e71b_bd58_8830);

/// The name space of `uniqueString()`, this mock's own: Azure's algorithm is not published.
const UNIQUE_SPACE: Uuid = Uuid::from_u128(0x6d69_726f_0000_4000_8000_756e_6971_0001);
/// The letters of `uniqueString()`.
const BASE_32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
/// How many of them there are.
const UNIQUE_CHARS: u32 = 13;

/// The result of a function of plain values. `None` means that the function is not supported.
pub(super) fn call(name: &str, arguments: &[Value], setting: &Setting) -> Option<Result<Value, String>> {
    let subscription = format!("/subscriptions/{}", setting.subscription_id);
    let group = format!("{subscription}/resourceGroups/{}", setting.resource_group);
    Some(match name.to_ascii_lowercase().as_str() {
        "concat" => concat(arguments),
        "format" => format_text(arguments),
        "tolower" => text(arguments, 0).map(|text| json!(text.to_lowercase())),
        "toupper" => text(arguments, 0).map(|text| json!(text.to_uppercase())),
        "trim" => text(arguments, 0).map(|text| json!(text.trim())),
        "string" => argument(arguments, 0).map(|value| json!(shown(value))),
        "int" => text_of(arguments, 0)
            .and_then(|text| text.parse::<i64>().map(Value::from).map_err(|_| format!("'{text}' is not an integer"))),
        "bool" => text_of(arguments, 0).map(|text| json!(matches!(text.to_lowercase().as_str(), "true" | "1"))),
        "replace" => replace(arguments),
        "split" => split(arguments),
        "join" => join(arguments),
        "substring" => substring(arguments),
        "length" => length(arguments),
        "first" => edge(arguments, <[Value]>::first, |text| text.chars().next()),
        "last" => edge(arguments, <[Value]>::last, |text| text.chars().next_back()),
        "contains" => contains(arguments),
        "startswith" => {
            two(arguments).map(|(text, start)| json!(text.to_lowercase().starts_with(&start.to_lowercase())))
        }
        "endswith" => two(arguments).map(|(text, end)| json!(text.to_lowercase().ends_with(&end.to_lowercase()))),
        "empty" => argument(arguments, 0).map(|value| json!(is_empty(value))),
        "not" => argument(arguments, 0).map(|value| json!(value != true)),
        "equals" => argument(arguments, 0).and_then(|a| argument(arguments, 1).map(|b| json!(a == b))),
        "and" => Ok(json!(arguments.iter().all(|value| value == true))),
        "or" => Ok(json!(arguments.iter().any(|value| value == true))),
        "true" => Ok(json!(true)),
        "false" => Ok(json!(false)),
        "null" => Ok(Value::Null),
        "coalesce" => Ok(arguments.iter().find(|value| !value.is_null()).cloned().unwrap_or_default()),
        "createarray" | "array" => Ok(Value::from(arguments.to_vec())),
        "createobject" => create_object(arguments),
        "json" => text(arguments, 0)
            .and_then(|text| serde_json::from_str(text).map_err(|error| format!("the string is not JSON: {error}"))),
        "uniquestring" => joined(arguments, "-").map(|text| json!(unique_string(&text))),
        "guid" => joined(arguments, "-").map(|text| json!(Uuid::new_v5(&GUID_SPACE, text.as_bytes()).to_string())),
        "resourceid" => resource_id(&group, arguments),
        "subscriptionresourceid" => resource_id(&subscription, arguments),
        "tenantresourceid" => resource_id("", arguments),
        "extensionresourceid" => extension_id(arguments),
        "resourcegroup" => Ok(json!({"id": group, "name": setting.resource_group, "location": setting.location,
            "type": "Microsoft.Resources/resourceGroups", "tags": {}, "properties": {"provisioningState": "Succeeded"}})),
        "subscription" => Ok(json!({"id": subscription, "subscriptionId": setting.subscription_id,
            "tenantId": setting.tenant_id, "displayName": "mock-sentinel"})),
        "tenant" => Ok(json!({"tenantId": setting.tenant_id})),
        _ => return None,
    })
}

fn argument(arguments: &[Value], index: usize) -> Result<&Value, String> {
    arguments.get(index).ok_or_else(|| format!("argument {} is missing", index + 1))
}

fn text(arguments: &[Value], index: usize) -> Result<&str, String> {
    argument(arguments, index)?.as_str().ok_or_else(|| format!("argument {} is not a string", index + 1))
}

fn text_of(arguments: &[Value], index: usize) -> Result<String, String> {
    argument(arguments, index).map(shown)
}

fn two(arguments: &[Value]) -> Result<(&str, &str), String> {
    Ok((text(arguments, 0)?, text(arguments, 1)?))
}

/// A value in a text.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn joined(arguments: &[Value], between: &str) -> Result<String, String> {
    if arguments.is_empty() {
        return Err("argument 1 is missing".to_owned());
    }
    Ok(arguments.iter().map(shown).collect::<Vec<_>>().join(between))
}

/// 13 letters that depend on the text alone. The length is documented, the letters are not Azure's.
fn unique_string(text: &str) -> String {
    let (high, low) = Uuid::new_v5(&UNIQUE_SPACE, text.as_bytes()).as_u64_pair();
    let bits = high ^ low;
    let letters = (0..UNIQUE_CHARS).map(|at| char::from(BASE_32[(bits >> (at * 5) & 31) as usize]));
    letters.collect()
}

fn concat(arguments: &[Value]) -> Result<Value, String> {
    if arguments.iter().all(Value::is_array) && !arguments.is_empty() {
        return Ok(arguments.iter().filter_map(Value::as_array).flatten().cloned().collect());
    }
    joined(arguments, "").map(Value::from)
}

/// `{0}` is the first argument after the text; `{{` is a bracket.
fn format_text(arguments: &[Value]) -> Result<Value, String> {
    let mut rest = text(arguments, 0)?;
    let mut formatted = String::new();
    while let Some(at) = rest.find(['{', '}']) {
        let (plain, from) = rest.split_at(at);
        formatted.push_str(plain);
        if let Some(after) = from.strip_prefix("{{").or_else(|| from.strip_prefix("}}")) {
            formatted.push_str(&from[..1]);
            rest = after;
            continue;
        }
        let (number, after) = from
            .strip_prefix('{')
            .and_then(|inner| inner.split_once('}'))
            .ok_or_else(|| "the text to format has a bracket alone".to_owned())?;
        let index = number.parse::<usize>().map_err(|_| format!("'{{{number}}}' is not served by this mock"))?;
        formatted.push_str(&shown(argument(arguments, index.saturating_add(1))?));
        rest = after;
    }
    formatted.push_str(rest);
    Ok(Value::from(formatted))
}

fn replace(arguments: &[Value]) -> Result<Value, String> {
    let (whole, old) = two(arguments)?;
    let new = text(arguments, 2)?;
    Ok(if old.is_empty() { json!(whole) } else { json!(whole.replace(old, new)) })
}

fn split(arguments: &[Value]) -> Result<Value, String> {
    let (whole, between) = two(arguments)?;
    Ok(if between.is_empty() { json!([whole]) } else { json!(whole.split(between).collect::<Vec<_>>()) })
}

fn join(arguments: &[Value]) -> Result<Value, String> {
    let items = argument(arguments, 0)?.as_array().ok_or("argument 1 is not an array")?;
    let between = text(arguments, 1)?;
    Ok(json!(items.iter().map(shown).collect::<Vec<_>>().join(between)))
}

fn substring(arguments: &[Value]) -> Result<Value, String> {
    let whole = text(arguments, 0)?;
    let number = |index: usize| arguments.get(index).map(|value| value.as_u64().ok_or("an index is not a number"));
    let clamped = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let start = number(1).transpose()?.map_or(0, clamped);
    let length = number(2).transpose()?.map_or(usize::MAX, clamped);
    Ok(json!(whole.chars().skip(start).take(length).collect::<String>()))
}

fn length(arguments: &[Value]) -> Result<Value, String> {
    Ok(match argument(arguments, 0)? {
        Value::String(text) => json!(text.chars().count()),
        Value::Array(items) => json!(items.len()),
        Value::Object(object) => json!(object.len()),
        _ => return Err("argument 1 has no length".to_owned()),
    })
}

fn edge(
    arguments: &[Value],
    item: impl Fn(&[Value]) -> Option<&Value>,
    sign: impl Fn(&str) -> Option<char>,
) -> Result<Value, String> {
    Ok(match argument(arguments, 0)? {
        Value::String(text) => json!(sign(text).map(String::from).unwrap_or_default()),
        Value::Array(items) => item(items).cloned().unwrap_or_default(),
        _ => return Err("argument 1 is neither a text nor an array".to_owned()),
    })
}

fn contains(arguments: &[Value]) -> Result<Value, String> {
    let wanted = argument(arguments, 1)?;
    Ok(json!(match argument(arguments, 0)? {
        Value::String(whole) => whole.contains(&shown(wanted)),
        Value::Array(items) => items.contains(wanted),
        Value::Object(object) => object.keys().any(|key| key.eq_ignore_ascii_case(&shown(wanted))),
        _ => return Err("argument 1 cannot contain anything".to_owned()),
    }))
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(object) => object.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn create_object(arguments: &[Value]) -> Result<Value, String> {
    let pairs = arguments.chunks(2).map(|pair| match pair {
        [Value::String(key), value] => Ok((key.clone(), value.clone())),
        _ => Err("an object is made of pairs of a text and a value".to_owned()),
    });
    pairs.collect::<Result<serde_json::Map<_, _>, _>>().map(Value::Object)
}

/// `{scope}/providers/{namespace}/{type}/{name}/{type}/{name}`; what stands before the type names another scope.
fn resource_id(scope: &str, arguments: &[Value]) -> Result<Value, String> {
    let texts: Vec<String> = arguments.iter().map(shown).collect();
    let at = texts.iter().position(|text| text.contains('/')).ok_or("no argument is a resource type")?;
    let (before, rest) = texts.split_at(at);
    let scope = match before {
        [] => scope.to_owned(),
        [group] => match scope.rsplit_once("/resourceGroups/") {
            Some((subscription, _)) => format!("{subscription}/resourceGroups/{group}"),
            None => format!("/subscriptions/{group}"),
        },
        [subscription, group, ..] => format!("/subscriptions/{subscription}/resourceGroups/{group}"),
    };
    let (kind, names) = rest.split_first().ok_or("no argument is a resource type")?;
    let (namespace, types) = kind.split_once('/').ok_or("no argument is a resource type")?;
    let types: Vec<&str> = types.split('/').collect();
    if types.len() != names.len() {
        return Err(format!("type '{kind}' has {} parts, but {} names are given", types.len(), names.len()));
    }
    let parts: Vec<String> = types.iter().zip(names).map(|(kind, name)| format!("{kind}/{name}")).collect();
    Ok(json!(format!("{scope}/providers/{namespace}/{}", parts.join("/"))))
}

fn extension_id(arguments: &[Value]) -> Result<Value, String> {
    let scope = text(arguments, 0)?.to_owned();
    resource_id(&scope, arguments.get(1..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, arguments: &Value, expected: &Value) {
        let setting = Setting { subscription_id: "s".to_owned(), resource_group: "g".to_owned(), ..Setting::default() };
        let arguments = arguments.as_array().cloned().unwrap_or_default();
        assert_eq!(call(name, &arguments, &setting).unwrap().unwrap(), *expected, "{name}");
    }

    #[test]
    fn functions_return_what_azures_do() {
        check("concat", &json!(["a", 1, true]), &json!("a1True"));
        check("concat", &json!([[1], [2]]), &json!([1, 2]));
        check("format", &json!(["{0}/{1}{{}}", "w", "T_CL"]), &json!("w/T_CL{}"));
        check("substring", &json!(["abcdef", 1, 3]), &json!("bcd"));
        check("last", &json!([["a", "b"]]), &json!("b"));
        check("not", &json!([false]), &json!(true));
        check("empty", &json!([""]), &json!(true));
        check("split", &json!(["a/b", "/"]), &json!(["a", "b"]));
        check("uniqueString", &json!(["a", "b"]), &json!("cftdf2bbgmbmh"));
        check("guid", &json!(["a", "b"]), &json!("2d796349-8c7e-55ec-9624-54ece82ed031"));
        check(
            "resourceId",
            &json!(["Microsoft.OperationalInsights/workspaces/tables", "w", "T_CL"]),
            &json!(
                "/subscriptions/s/resourceGroups/g/providers/Microsoft.OperationalInsights/workspaces/w/tables/T_CL"
            ),
        );
        check(
            "resourceId",
            &json!(["other", "A.B/c", "d"]),
            &json!("/subscriptions/s/resourceGroups/other/providers/A.B/c/d"),
        );
        check("subscriptionResourceId", &json!(["A.B/c", "d"]), &json!("/subscriptions/s/providers/A.B/c/d"));
        check("extensionResourceId", &json!(["/x", "A.B/c", "d"]), &json!("/x/providers/A.B/c/d"));
    }

    #[test]
    fn wrong_arguments_are_told() {
        let setting = Setting::default();
        for (name, arguments) in
            [("toLower", json!([1])), ("format", json!(["{1}", "a"])), ("resourceId", json!(["A.B/c"]))]
        {
            assert!(call(name, arguments.as_array().unwrap(), &setting).unwrap().is_err(), "{name}");
        }
        assert!(call("copyIndex", &[], &setting).is_none());
    }
}
