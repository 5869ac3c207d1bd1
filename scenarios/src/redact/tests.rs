//! What leaves a recording, and what survives in it.

use proptest::prelude::*;

use super::pseudonym::Pseudonyms;
use super::*;

fn redactor(kept: &[&str]) -> Redactor {
    let kept: Vec<String> = kept.iter().map(|field| (*field).to_owned()).collect();
    let around = "2026-11-29T15:00:00Z".parse().unwrap();
    Redactor::with(Pseudonyms::with_key(b"a key"), around, &kept)
}

#[test]
fn a_value_has_one_pseudonym_wherever_it_stands() {
    let mut redactor = redactor(&[]);
    for value in [
        "ada.lovelace+1@analytical.example",
        "3074457345618974075",
        "203.0.113.7",
        "7f9c2ba4-0000-4000-8000-6d69726f0001",
        "uXjVNq1HWG=",
    ] {
        let pseudonym = redactor.text(value);
        assert_ne!(pseudonym, value);
        let json = redactor.response_body(&format!(r#"{{"x":"{value}","deep":"{{\"y\":\"{value}\"}}"}}"#));
        assert_eq!(json, format!(r#"{{"x":"{pseudonym}","deep":"{{\"y\":\"{pseudonym}\"}}"}}"#));
        let encoded = encoded::percent_encoded(value);
        let url = redactor.url(&format!("https://api.miro.com/v2/orgs/{encoded}?x={encoded}"));
        let expected = format!("https://api.miro.com/v2/orgs/{}?x=", encoded::percent_encoded(&pseudonym));
        assert!(url.starts_with(&expected), "{url} does not begin with {expected}");
        let form = redactor.request_body("application/x-www-form-urlencoded", &format!("name={encoded}"));
        let (_, read) = form_urlencoded::parse(form.as_bytes()).next().unwrap();
        assert_eq!(read, pseudonym);
        assert_eq!(redactor.header("X-Thing", value).value, pseudonym);
        let sentence = redactor.text(&format!("Board of {value}, shared."));
        assert!(sentence.contains(&pseudonym), "{sentence} has no {pseudonym}");
    }
}

#[test]
fn the_protocol_stays_and_everybody_in_it_is_somebody_else() {
    let event = r#"{"type":"cursor-list","limit":3,"size":1,"cursor":"2026-11-28T15:37:02.707838Z#4611686018427387906-DDB","data":[{"id":"2026-11-28T15:35:40.936000Z#4611686018427387904-DDB","event":"sign_in_succeeded","createdAt":"2026-11-28T15:35:40.936+0000","createdBy":{"email":"siobhan@example.org","name":"Siobhán Ní Bhriain","type":"user","age":41},"context":{"ip":"203.0.113.107","ok":true},"details":{"born":"1980-05-03T00:00:00Z","jane.doe@x.example":"PASSWORD"}}]}"#;
    let seen = redactor(&[]).response_body(event);
    for kept in [
        r#""type":"cursor-list","limit":3,"size":1,"cursor":"2026-11-28T15:37:02.707838Z#"#,
        r#""event":"sign_in_succeeded","createdAt":"2026-11-28T15:35:40.936+0000""#,
        r#""type":"user""#,
        r#""ok":true"#,
        "2026-11-28T15:35:40.936000Z#",
    ] {
        assert!(seen.contains(kept), "{kept} is not in {seen}");
    }
    for gone in [
        "4611686018427387906",
        "4611686018427387904",
        "siobhan",
        "example.org",
        "Siobhán",
        "Bhriain",
        ":41",
        "203.0.113.107",
        "1980",
        "jane",
        "PASSWORD",
        "DDB",
    ] {
        assert!(!seen.contains(gone), "{gone} is in {seen}");
    }
    serde_json::from_str::<serde_json::Value>(&seen).unwrap();
}

#[test]
fn tokens_keep_their_form_and_lose_their_content() {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

    let claims = r#"{"aud":"https://monitor.azure.com","tid":"7f9c2ba4-0000-4000-8000-6d69726f0001","exp":1795970077,"upn":"ada@example.org"}"#;
    let token = format!(
        "{}.{}.c2lnbmF0dXJl",
        URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256","typ":"JWT","kid":"k1"}"#),
        URL_SAFE_NO_PAD.encode(claims)
    );
    let mut redactor = redactor(&[]);
    let tenant = redactor.text("7f9c2ba4-0000-4000-8000-6d69726f0001");
    let seen =
        redactor.response_body(&format!(r#"{{"access_token":"{token}","expires_in":3599,"token_type":"Bearer"}}"#));
    assert!(seen.ends_with(r#"","expires_in":3599,"token_type":"Bearer"}"#), "{seen}");
    let seen: serde_json::Value = serde_json::from_str(&seen).unwrap();
    let parts: Vec<&str> = seen["access_token"].as_str().unwrap().split('.').collect();
    let read = |part: &str| String::from_utf8(URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
    assert!(read(parts[0]).starts_with(r#"{"alg":"RS256","typ":"JWT","kid":""#) && !read(parts[0]).contains("k1"));
    let claims = read(parts[1]);
    assert!(
        claims.contains(&tenant) && claims.contains("https://monitor.azure.com") && claims.contains("1795970077"),
        "{claims}"
    );
    assert!(!claims.contains("ada@") && parts[2] != "c2lnbmF0dXJl");
    let authorization = redactor.header("Authorization", &format!("Bearer {token}")).value;
    assert_eq!(authorization, format!("Bearer {}", seen["access_token"].as_str().unwrap()));
    let basic = redactor.header("authorization", &format!("Basic {}", STANDARD.encode("client:hunter2secret"))).value;
    let basic = String::from_utf8(STANDARD.decode(basic.strip_prefix("Basic ").unwrap()).unwrap()).unwrap();
    assert!(!basic.contains("hunter2") && basic.len() == "client:hunter2secret".len(), "{basic}");
}

#[test]
fn forms_cookies_hosts_and_pages_are_replaced() {
    let mut redactor = redactor(&[]);
    let form = redactor.request_body(
        "application/x-www-form-urlencoded",
        "grant_type=client_credentials&client_secret=mock~secret.of%2Bapp%2F1&scope=https%3A%2F%2Fmonitor.azure.com%2F.default",
    );
    assert!(form.starts_with("grant_type=client_credentials&client_secret="), "{form}");
    assert!(
        form.ends_with("&scope=https%3A%2F%2Fmonitor.azure.com%2F.default") && !form.contains("secret.of"),
        "{form}"
    );
    assert!(!redactor.header("Set-Cookie", "session=abc123; Path=/").value.contains("abc123"));
    let url = redactor.url("https://contoso-ab12.westeurope-1.ingest.monitor.azure.com/dataCollectionRules/dcr-b211f47d7b285db682bd83a9b1fed72e/streams/Custom-MiroAuditLogs_CL?api-version=2023-01-01");
    assert!(
        url.ends_with("/streams/Custom-MiroAuditLogs_CL?api-version=2023-01-01")
            && url.contains(".ingest.monitor.azure.com/dataCollectionRules/dcr-"),
        "{url}"
    );
    assert!(!url.contains("contoso") && !url.contains("b211f47d"));
    let page = "<html><head><title>Contoso proxy</title></head><body>Dear Ada</body></html>";
    let seen = redactor.response_body(page);
    assert!(
        seen.starts_with("<html><head><title>") && seen.ends_with("</body></html>") && seen.len() == page.len(),
        "{seen}"
    );
    assert!(!seen.contains("Contoso") && !seen.contains("Ada"));
    let said =
        redactor.text("AADSTS7000215: Invalid client secret provided for app 'a1b2c3d4-0000-4000-8000-6d69726f0002'.");
    assert!(said.starts_with("AADSTS7000215: ") && !said.contains("Invalid") && !said.contains("a1b2c3d4"), "{said}");
}

#[test]
fn every_part_of_an_address_is_looked_at_by_itself() {
    let url = "https://ada:hunter2pass@wiki.corp.example:8443/Ada%20Lovelace/3074457345618974075?token=abc123secret&limit=5&ada.l%40x.example=1#ada77";
    let mut redactor = redactor(&[]);
    let id = redactor.text("3074457345618974075");
    for seen in [redactor.url(url), redactor.text(&format!("See {url}")), redactor.header("Location", url).value] {
        for gone in ["ada", "hunter2", "corp", "Ada", "Lovelace", "abc123", "secret", "x.example"] {
            assert!(!seen.contains(gone), "{gone} is in {seen}");
        }
        assert!(
            seen.contains('@') && seen.contains(":8443/") && seen.contains("limit=5") && seen.contains(&id),
            "{seen}"
        );
    }
}

#[test]
fn what_is_kept_is_kept_and_credentials_never_are() {
    let seen = redactor(&["userAgent"]).response_body(r#"{"userAgent":"MiroDesktop/0.11","name":"Ada"}"#);
    assert!(seen.starts_with(r#"{"userAgent":"MiroDesktop/0.11","name":""#) && !seen.contains("Ada"), "{seen}");
    let refused = Redactor::new(Timestamp::now(), &["Client_Secret".to_owned()]).err().unwrap();
    assert_eq!(
        refused.to_string(),
        "`--keep Client_Secret`: credentials are never kept, and its name has `secret` in it; leave it out"
    );
    for name in ["X-API-Key", "apikey", "Session-Id", "code", "Pass Word", "sid", "x_sig", "O-Auth", "", "*", "_1"] {
        assert!(Redactor::new(Timestamp::now(), &[name.to_owned()]).is_err(), "{name}");
    }
    assert!(Redactor::new(Timestamp::now(), &["userAgent".to_owned(), "X-Trace".to_owned()]).is_ok());
}

#[test]
fn a_field_to_keep_that_nothing_was_called_is_known() {
    let mut redactor = redactor(&["userAgent", "event", "X-Trace", "part", "nowhere"]);
    drop(redactor.response_body(r#"{"userAgent":"MiroDesktop/0.11","event":"sign_in_succeeded"}"#));
    drop(redactor.header("x-trace", "abc"));
    drop(redactor.parameter("part", "7"));
    let met = ["USERAGENT", "event", "X-Trace", "part", "nowhere"].map(|field| redactor.has_met(field));
    assert_eq!(met, [true, true, true, true, false]);
}

#[test]
fn a_body_that_was_cut_leaks_nothing() {
    let body = r#"{"data":[{"name":"Ada Lovelace","email":"ada.lovelace@example.org"}]}"#;
    for length in 0..body.len() {
        let seen = redactor(&[]).response_body(&body[..length]);
        assert!(!seen.contains("Ada") && !seen.contains("lovelace") && !seen.contains("example.org"), "{seen}");
    }
}

#[test]
fn what_looks_like_the_protocol_and_is_none_of_it_is_replaced() {
    let mut redactor = redactor(&[]);
    let date = "Sun, 29 Nov 2026 15:34:38 GMT";
    for name in ["date", "expires", "retry-after", "last-modified"] {
        assert_eq!(redactor.header(name, &format!("{date} (SECRET word)")).value, date);
        assert_eq!(redactor.header(name, date).value, date);
        assert!(!redactor.header(name, "Sat, 03 May 1980 00:00:00 GMT").value.contains("1980"), "{name}");
    }
    for (name, value) in [("retry-after", "30"), ("retry-after", "1.5"), ("expires", "-1"), ("age", "7")] {
        assert_eq!(redactor.header(name, value).value, value);
    }
    for (name, value) in [
        ("retry-after", "555.1234567"),
        ("age", "44123456"),
        ("x-ratelimit-limit", "441234567"),
        ("x-ratelimit-reset", "4412345678"),
        ("content-type", "text/lovelace"),
        ("accept", "application/ada"),
        ("x-ms-error-code", "AdaLovelace"),
    ] {
        assert_ne!(redactor.header(name, value).value, value, "{name}");
    }
    for (place, value) in [
        ("from", "4412345678"),
        ("time", "1980-05-03T00:00:00Z"),
        ("createdAt", "2026-11-28T15:35:40.5551234567890Z"),
        ("type", "lovelace"),
        ("event", "ada_lovelace"),
        ("category", "ada"),
        ("code", "AdaLovelace"),
        ("error", "ada_lovelace"),
        ("token_type", "Lovelace"),
        ("scope", "ada:lovelace"),
        ("ada_supported", "Ada Lovelace"),
    ] {
        let seen = redactor.response_body(&serde_json::json!({ place: value }).to_string());
        assert!(!seen.contains(value), "{seen}");
    }
    for json in
        [r#"{"exp":4412345678}"#, r#"{"to":315532800}"#, r#"{"total":44123456}"#, r#"{"error_codes":[44123456]}"#]
    {
        assert_ne!(redactor.response_body(json), json);
    }
    for json in
        [r#"{"exp":1795970077,"error":"invalid_client","error_codes":[7000215]}"#, r#"{"code":"AADSTS7000215"}"#]
    {
        assert_eq!(redactor.response_body(json), json);
    }
    for form in
        ["grant_type=lovelace", "client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Aada"]
    {
        assert!(!redactor.request_body("application/x-www-form-urlencoded", form).contains(form), "{form}");
    }
    assert_eq!(redactor.method("PATCH"), "PATCH");
    assert_ne!(redactor.method("LOVELACE"), "LOVELACE");
}

#[test]
fn depth_that_a_peer_decides_is_bounded() {
    let deep = |one: &str| format!("{}Secretname77", one.repeat(3_000));
    for one in ["http://x?a=", "http://x?", "http://x#", "http://x/", "http://u@x/"] {
        let text = deep(one);
        let mut redactor = redactor(&[]);
        let json = serde_json::json!({ "title": text }).to_string();
        let form = redactor.request_body("application/x-www-form-urlencoded", &format!("a={text}"));
        for seen in [redactor.url(&text), redactor.text(&text), redactor.response_body(&json), form] {
            assert!(!seen.contains("Secretname77"), "{one}");
        }
    }
    let encoded = (0..100).fold("Secretname77".to_owned(), |inner, _| {
        format!("http://x/{}", inner.replace('%', "%25").replace(':', "%3A").replace('/', "%2F"))
    });
    assert!(!redactor(&[]).text(&encoded).contains("Secretname77"));
}

proptest! {
    /// Whatever a value is, a part of it that names somebody is not left in it.
    #[test]
    fn no_value_survives(head in "[a-z@:/.%=?& ]{0,6}", name in "[A-Z][a-z]{5,9}[0-9]{4,6}", tail in "[a-z@:/.%=?&\" ]{0,6}") {
        let text = format!("{head}{name}{tail}");
        let mut redactor = redactor(&[]);
        for seen in [redactor.text(&text), redactor.url(&text), redactor.header("x-any", &text).value, redactor.response_body(&text)] {
            prop_assert!(!seen.contains(&name), "{} in {}", name, seen);
        }
    }

    /// JSON stays JSON with the same fields and kinds of values.
    #[test]
    fn json_stays_json(text in "\\PC{0,20}", number in any::<f64>(), whole in any::<i64>()) {
        prop_assume!(number.is_finite());
        let json = serde_json::json!({"a": text, "b": [number, {"c": whole}], "d": null});
        let seen = redactor(&[]).response_body(&json.to_string());
        let seen: serde_json::Value = serde_json::from_str(&seen).unwrap();
        prop_assert!(seen["a"].is_string() && seen["b"][0].is_number() && seen["b"][1]["c"].is_number() && seen["d"].is_null());
    }
}
