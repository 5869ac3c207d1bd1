use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::ExposeSecret;

use super::key::Otherwise;
use super::keys::KEYS;
use super::raw::Raw;
use super::*;
use crate::Stream;

const GOOD: &str = r#"
[streams.audit]
access_token = { env = "MIRO_AUDIT_TOKEN" }
[sentinel]
endpoint = "https://miro-abcd.westeurope-1.ingest.monitor.azure.com"
[sentinel.rules]
audit = "dcr-00000000000000000000000000000000"
[sentinel.identity]
tenant_id = "22222222-2222-2222-2222-222222222222"
client_id = "33333333-3333-3333-3333-333333333333"
client_secret = { env = "AZURE_CLIENT_SECRET" }
"#;

fn sources(text: &str, variables: &[(&str, &str)]) -> Sources {
    let secrets =
        [("MIRO_AUDIT_TOKEN", "audit-token"), ("MIRO_CONTENT_TOKEN", "content-token"), ("AZURE_CLIENT_SECRET", "s~1")];
    let variables = secrets.iter().chain(variables);
    Sources {
        file: Some((PathBuf::from("miro-sentinel.toml"), text.to_owned())),
        variables: variables.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
    }
}

#[track_caller]
fn config(text: &str, variables: &[(&str, &str)]) -> Config {
    match load(&sources(text, variables)) {
        Ok((config, warnings)) if warnings.is_empty() => config,
        Ok((_, warnings)) => panic!("{}", Findings(warnings)),
        Err(findings) => panic!("{findings}"),
    }
}

#[track_caller]
fn findings(text: &str, variables: &[(&str, &str)]) -> String {
    load(&sources(text, variables)).expect_err("a configuration with mistakes").to_string()
}

#[test]
fn the_least_configuration_gets_the_defaults() {
    let config = config(GOOD, &[]);
    assert_eq!(config.miro.base_url.as_str(), "https://api.miro.com/");
    assert_eq!(config.sentinel.concurrent_uploads, 1);
    assert!(config.content.is_none());
    let audit = config.audit.expect("the section is there");
    assert_eq!(audit.access_token.expose_secret(), "audit-token");
    assert_eq!(audit.late_sweeps, [120, 600, 1800].map(Duration::from_secs));
    assert_eq!(audit.start, Start::Ago(Duration::from_hours(24)));
}

#[test]
fn the_example_is_a_good_configuration() {
    let config = config(&example(), &[]);
    assert!(config.audit.is_some() && config.content.is_some());
}

#[test]
fn every_default_and_every_example_has_the_form_of_its_key() {
    // Comments away, the example sets every key.
    let is_key = |line: &str| line.split_once(" = ").is_some_and(|(name, _)| KEYS.iter().any(|key| key.name() == name));
    let mut every_key = String::new();
    for line in example().lines().filter(|line| !line.starts_with("# ca_file")) {
        every_key.push_str(line.strip_prefix("# ").filter(|rest| is_key(rest)).unwrap_or(line));
        every_key.push('\n');
    }
    config(&every_key, &[]);
    for key in KEYS {
        if let Otherwise::Default(literal, _) = key.otherwise() {
            assert_eq!(Raw::literal(literal).shown(), Raw::literal(key.example()).shown(), "{}", key.path());
        }
    }
}

#[test]
fn five_mistakes_are_five_findings() {
    let text = r#"
[miro]
budget_share = 1.5
[streams.audit]
access_token = { env = "MIRO_TOKEN" }
poll_evry = "15s"
late_sweeps = ["10m", "2m"]
[sentinel]
endpoint = "http://miro-abcd.westeurope-1.ingest.monitor.azure.com"
[sentinel.rules]
audit = "dcr-00000000000000000000000000000000"
[sentinel.identity]
tenant_id = "22222222-2222-2222-2222-222222222222"
client_id = "33333333-3333-3333-3333-333333333333"
client_secret = { env = "AZURE_CLIENT_SECRET" }
"#;
    insta::assert_snapshot!(findings(text, &[]), @r#"
    error: miro.budget_share = 1.5 is out of range
      --> miro-sentinel.toml:3
      allowed: a number over 0 and up to 1, such as 0.8

    error: streams.audit.access_token = { env = "MIRO_TOKEN" } names an environment variable that is not set
      --> miro-sentinel.toml:5
      allowed: { env = "NAME" } or { file = "path" }
      help: set `MIRO_TOKEN`

    error: streams.audit.poll_evry = *** is not a key we know
      --> miro-sentinel.toml:6
      allowed: access_token, late_sweeps, poll_every, start
      help: did you mean `streams.audit.poll_every`?

    error: streams.audit.late_sweeps = ["10m", "2m"] is not ascending
      --> miro-sentinel.toml:7
      allowed: at most 8 ascending lengths of time, each "10s" to "24h", units ms, s, m, h, d

    error: sentinel.endpoint = "http://miro-abcd.westeurope-1.ingest.monitor.azure.com" is not https
      --> miro-sentinel.toml:9
      allowed: https://host[:port]

    5 errors in the configuration
    "#);
}

#[test]
fn a_misspelt_name_is_one_error() {
    for (from, to, meant) in [
        ("access_token =", "acess_token =", "streams.audit.access_token"),
        ("endpoint =", "endpont =", "sentinel.endpoint"),
        ("audit = \"dcr", "audti = \"dcr", "sentinel.rules.audit"),
        ("tenant_id", "tenantid", "sentinel.identity.tenant_id"),
        ("client_secret =", "client_secrt =", "sentinel.identity.client_secret"),
        ("[streams.audit]", "[stream.audit]", "streams"),
        ("[streams.audit]", "[streams.audti]", "streams.audit"),
        ("[sentinel.rules]", "[sentinel.rule]", "sentinel.rules"),
        ("[sentinel.identity]", "[sentinel.identiy]", "sentinel.identity"),
    ] {
        let text = GOOD.replacen(from, to, 1);
        assert_ne!(text, GOOD, "{from}");
        let found = load(&sources(&text, &[])).expect_err("a mistake");
        assert_eq!(found.errors(), 1, "{to}: {found}");
        assert_eq!(found.0[0].help.as_deref(), Some(format!("did you mean `{meant}`?").as_str()), "{to}");
    }
    let variables = [("MIRO_SENTINEL__SENTINEL__ENDPONT", "https://miro.example.com")];
    let found = load(&sources(&GOOD.replace("endpoint = ", "# "), &variables)).expect_err("a mistake");
    assert_eq!(found.errors(), 1, "{found}");
    let found = load(&sources(&GOOD.replace("endpoint =", "endpont ="), &[("MIRO_SENTINEL__MIRO__BUDGET_SHARE", "2")]));
    assert_eq!(found.expect_err("two mistakes").errors(), 2, "others are still told");
}

#[test]
fn what_is_pasted_in_place_of_an_id_is_named() {
    let organization = |value: &str| {
        findings(
            &format!(
                "[streams.content]\naccess_token = {{ env = \"MIRO_CONTENT_TOKEN\" }}\norganization_id = {value}\n{}",
                GOOD.replace("audit = ", "content = \"dcr-1\"\naudit = ")
            ),
            &[],
        )
    };
    for (value, said) in [
        (
            "\"https://miro.com/app/settings/company/3074457345618265000/\"",
            "is an address; the number in it is \"3074457345618265000\"",
        ),
        (
            "\"miro.com/app/settings/company/3074457345618265000/user-management?x=1\"",
            "the number in it is \"3074457345618265000\"",
        ),
        ("\"https://miro.com/app/dashboard/\"", "does not have the form expected"),
        ("\"30744573a\"", "does not have the form expected"),
        ("3074457345618265000", "is not a string"),
    ] {
        let shown = organization(value);
        assert!(shown.contains(said) && shown.ends_with("1 error in the configuration"), "{value}: {shown}");
    }
    let rule = "/subscriptions/1/resourceGroups/g/providers/Microsoft.Insights/dataCollectionRules/my-rule";
    let shown = findings(&GOOD.replace("dcr-00000000000000000000000000000000", rule), &[]);
    assert!(shown.contains("is the rule's resource id"), "{shown}");
}

#[test]
fn a_secret_in_the_wrong_place_is_not_shown() {
    let secret = "AbC8Q~aBcDeFgHiJkLmNoPqRsTuVwXyZ0123";
    for key in ["tenant_id", "client_id", "kind", "authority", "scope"] {
        let text = format!("{}\n{key} = \"{secret}\"\n", GOOD.replace(&format!("\n{key} ="), "\n# "));
        let sources = sources(&text, &[]);
        let shown = load(&sources).expect_err("a mistake").to_string();
        assert!(shown.contains(&format!("{key} = ***")), "{key}: {shown}");
        let explained = format!("{:?}", explain(&sources).expect("valid TOML"));
        assert!(!format!("{shown}{explained}").contains("AbC8Q"), "{key}: {shown}{explained}");
    }
    for place in ["env", "file"] {
        let text = GOOD.replace("{ env = \"MIRO_AUDIT_TOKEN\" }", &format!("{{ {place} = \"{secret}\" }}"));
        let sources = sources(&text, &[]);
        let shown = load(&sources).expect_err("a mistake").to_string();
        let explained = format!("{:?}", explain(&sources).expect("valid TOML"));
        assert!(!format!("{shown}{explained}").contains("AbC8Q"), "{place}: {shown}{explained}");
    }
    let shown = findings(&format!("{GOOD}\"\\u001b[2JaBc4567890123456789012\" = 1\n"), &[]);
    assert!(!shown.contains('\u{1b}') && !shown.contains("aBc456"), "{shown}");
}

#[test]
fn what_may_be_a_secret_or_is_one_is_shown_under_no_key() {
    // Of one case, with a slash, and one that is configured and looks like a word.
    let sections = [
        ("sentinel.identity", &["tenant_id", "client_id", "kind", "authority", "scope"][..]),
        ("sentinel", &["endpoint"]),
        ("sentinel.rules", &["audit"]),
        ("streams.audit", &["start", "poll_every", "late_sweeps"]),
        ("store", &["path"]),
        ("http", &["ca_file", "proxy"]),
        ("telemetry", &["listen", "log_format"]),
    ];
    for secret in ["9f86d081884c7d659a2fe~a0c55ad015", "AbC8QaBcDeFgHiJkLmNoPqRsTuVw0123", "audit-token"] {
        for (key, name) in sections.iter().flat_map(|(section, keys)| keys.iter().map(move |key| (section, key))) {
            let variable = format!("MIRO_SENTINEL__{}__{}", key.replace('.', "__"), name).to_uppercase();
            let sources = sources(GOOD, &[(&variable, secret)]);
            let explained = format!("{:?}", explain(&sources).expect("valid TOML"));
            let shown = if let Err(findings) = load(&sources) {
                findings.to_string()
            } else {
                // Every text has the form of a path.
                assert_eq!((*key, *name), ("store", "path"), "{secret}");
                assert!(explained.contains("wanted: Some(\"a path"), "{explained}");
                " = *** \n  allowed: ".to_owned()
            };
            assert!(!format!("{shown}{explained}").contains(secret), "{key}.{name}: {shown}{explained}");
            assert!(shown.contains(" = *** ") && shown.contains("\n  allowed: "), "{key}.{name}: {shown}");
        }
    }
}

#[test]
fn a_pasted_secret_is_cleaned_or_named_wherever_it_is_held() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("token");
    let held = |bytes: &[u8]| {
        std::fs::write(&path, bytes).expect("written");
        let named = format!("{{ file = {:?} }}", path.display().to_string());
        load(&sources(&GOOD.replace("{ env = \"MIRO_AUDIT_TOKEN\" }", &named), &[]))
    };
    for bytes in [&b"Bearer to-ken\r\n"[..], b"\xef\xbb\xbf\"to-ken\"\n", b"\xff\xfet\0o\0-\0k\0e\0n\0\r\0\n\0"] {
        let (config, _) = held(bytes).expect("a token");
        assert_eq!(config.audit.expect("the section is there").access_token.expose_secret(), "to-ken");
    }
    for (bytes, said) in [
        (&b"to ken"[..], "holds a space"),
        (b"\xff\xff\x01", "is not text"),
        ("to\u{200b}ken".as_bytes(), "holds an invisible character, U+200B"),
        (b"MIRO_TOKEN=to-ken", "is a line `NAME=value`"),
    ] {
        let shown = held(bytes).expect_err("no token").to_string();
        assert!(shown.contains(said) && !shown.contains("to-ken") && !shown.contains("to ken"), "{shown}");
    }
    let text = GOOD.replace("{ env = \"MIRO_AUDIT_TOKEN\" }", "\"Bearer to-ken\"");
    let given = [
        ("MIRO_SENTINEL__SENTINEL__IDENTITY__CLIENT_SECRET", "'s~2'\n"),
        ("MIRO_SENTINEL__SENTINEL__RULES__AUDIT", "\u{feff}dcr-1\u{a0}"),
    ];
    let (config, _) = load(&sources(&text, &given)).expect("a configuration");
    assert_eq!(config.rule(Stream::Audit), Some("dcr-1"));
    let Identity::ClientSecret { client_secret, .. } = &config.sentinel.identity;
    assert_eq!(client_secret.expose_secret(), "s~2");
    assert_eq!(config.audit.expect("the section is there").access_token.expose_secret(), "to-ken");
}

#[test]
fn a_file_of_another_encoding_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("miro-sentinel.toml");
    let variables = sources("", &[]).variables;
    let wide: Vec<u8> =
        format!("\u{feff}{}", GOOD.replace('\n', "\r\n")).encode_utf16().flat_map(u16::to_le_bytes).collect();
    for bytes in [wide, format!("\u{feff}{GOOD}").into_bytes()] {
        std::fs::write(&path, bytes).expect("written");
        let sources = Sources::open(Some(&path), variables.clone()).expect("a file");
        assert!(load(&sources).is_ok());
    }
    std::fs::write(&path, vec![b'#'; 1024 * 1024 + 1]).expect("written");
    let refused = Sources::open(Some(&path), variables.clone()).expect_err("too large").to_string();
    assert!(refused.contains("larger than 1048576 bytes"), "{refused}");
    std::fs::write(&path, b"\xff\xff\x01").expect("written");
    let refused = Sources::open(Some(&path), variables).expect_err("not text").to_string();
    assert!(refused.contains("neither UTF-8 nor UTF-16"), "{refused}");
}

#[test]
fn rules_between_values_are_checked() {
    let text = r#"
[streams.content]
organization_id = 3074457345618265000
access_token = "eyJtaXJvIn0"
[sentinel]
endpoint = "https://miro.example.com/dataCollectionRules/x"
[sentinel.rules]
audit = "my-rule"
[sentinel.identity]
kind = "managed_identity"
"#;
    insta::assert_snapshot!(findings(text, &[]), @r#"
    error: streams.content.organization_id = 3074457345618265000 is not a string
      --> miro-sentinel.toml:3
      allowed: digits, in quotes

    warning: streams.content.access_token = *** is written in the file itself
      --> miro-sentinel.toml:4
      help: use { env = "NAME" } or { file = "path" }

    error: sentinel.endpoint = "https://miro.example.com/dataCollectionRules/x" has a path; only scheme and host belong here
      --> miro-sentinel.toml:6
      allowed: https://host[:port]

    error: sentinel.rules.content is missing, and `[streams.content]` needs it
      --> miro-sentinel.toml:7
      allowed: the rule's immutable id: dcr- and 32 hex digits (not its name, not its resource id)
      help: write the rule's immutable id, or leave `[streams.content]` out

    error: sentinel.rules.audit = "my-rule" does not have the form expected
      --> miro-sentinel.toml:8
      allowed: the rule's immutable id: dcr- and 32 hex digits (not its name, not its resource id)

    error: sentinel.rules.audit has no stream: there is no `[streams.audit]`
      --> miro-sentinel.toml:8
      help: add `[streams.audit]`, or leave the rule out

    error: sentinel.identity.kind = "managed_identity" is not in this version
      --> miro-sentinel.toml:10
      allowed: "client_secret"

    6 errors in the configuration
    "#);
}

#[test]
fn an_empty_configuration_says_what_it_needs() {
    insta::assert_snapshot!(findings("", &[]), @r#"
    error: sentinel.endpoint is missing
      --> miro-sentinel.toml
      allowed: https://host[:port]
      help: write `endpoint = "https://miro-abcd.westeurope-1.ingest.monitor.azure.com"` or the like

    error: sentinel.identity.tenant_id is missing
      --> miro-sentinel.toml
      allowed: an id such as 00000000-0000-0000-0000-000000000000 (letters, digits, dots, dashes)
      help: write `tenant_id = "22222222-2222-2222-2222-222222222222"` or the like

    error: sentinel.identity.client_id is missing
      --> miro-sentinel.toml
      allowed: an id such as 00000000-0000-0000-0000-000000000000 (letters, digits, dots, dashes)
      help: write `client_id = "33333333-3333-3333-3333-333333333333"` or the like

    error: sentinel.identity.client_secret is missing
      --> miro-sentinel.toml
      allowed: { env = "NAME" } or { file = "path" }
      help: write `client_secret = { env = "AZURE_CLIENT_SECRET" }` or the like

    error: streams has no stream to deliver
      --> miro-sentinel.toml
      allowed: [streams.audit], [streams.content] or both
      help: `miro-sentinel config example` shows both

    5 errors in the configuration
    "#);
}

#[test]
fn what_is_not_toml_is_reported_with_its_lines_alone() {
    insta::assert_snapshot!(findings("[miro\nbase_url = \"x\"\n[store]\npath = \n", &[]), @r"
    error: the file is not valid TOML: unclosed table, expected `]`
      --> miro-sentinel.toml:1

    error: the file is not valid TOML: string values must be quoted, expected literal string
      --> miro-sentinel.toml:4

    2 errors in the configuration
    ");
}

#[test]
fn variables_override_the_file() {
    let config = config(
        GOOD,
        &[
            ("MIRO_SENTINEL__STREAMS__AUDIT__POLL_EVERY", "30s"),
            ("MIRO_SENTINEL__STREAMS__AUDIT__LATE_SWEEPS", "1m, 5m"),
            ("MIRO_SENTINEL__STREAMS__AUDIT__ACCESS_TOKEN", "other-token\n"),
            ("MIRO_SENTINEL__MIRO__BUDGET_SHARE", "0.5"),
            ("MIRO_SENTINEL__TELEMETRY__LISTEN", "off"),
        ],
    );
    assert_eq!(config.miro.budget_share, 0.5);
    assert_eq!(config.telemetry.listen, None);
    let audit = config.audit.expect("the section is there");
    assert_eq!(audit.poll_every, Duration::from_secs(30));
    assert_eq!(audit.late_sweeps, [60, 300].map(Duration::from_secs));
    assert_eq!(audit.access_token.expose_secret(), "other-token");
}

#[test]
fn a_wrong_variable_is_named() {
    let variables =
        [("MIRO_SENTINEL__STREAMS__AUDIT__POLL_EVERY", "2 hours"), ("MIRO_SENTINEL__STREAMS__AUDIT__TOKEN", "x")];
    insta::assert_snapshot!(findings(GOOD, &variables), @r#"
    error: streams.audit.poll_every = "2 hours" is not a length of time
      --> environment variable MIRO_SENTINEL__STREAMS__AUDIT__POLL_EVERY
      allowed: "1s" to "1h", units ms, s, m, h, d

    error: streams.audit.token = *** is not a key we know
      --> environment variable MIRO_SENTINEL__STREAMS__AUDIT__TOKEN
      allowed: access_token, late_sweeps, poll_every, start

    2 errors in the configuration
    "#);
}

#[test]
fn a_secret_comes_from_a_file_without_its_newline() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("token");
    std::fs::write(&path, "from-a-file\r\n").expect("written");
    let named = format!("{{ file = {:?} }}", path.display().to_string());
    let config = config(&GOOD.replace("{ env = \"MIRO_AUDIT_TOKEN\" }", &named), &[]);
    assert_eq!(config.audit.expect("the section is there").access_token.expose_secret(), "from-a-file");
}

#[test]
fn a_secret_in_the_file_is_taken_with_a_warning_that_does_not_show_it() {
    let text = GOOD.replace("{ env = \"MIRO_AUDIT_TOKEN\" }", "\"inline-token\"");
    let (config, warnings) = load(&sources(&text, &[])).expect("only a warning");
    assert_eq!(config.audit.expect("the section is there").access_token.expose_secret(), "inline-token");
    insta::assert_snapshot!(warnings[0], @r#"
    warning: streams.audit.access_token = *** is written in the file itself
      --> miro-sentinel.toml:3
      help: use { env = "NAME" } or { file = "path" }
    "#);
}

#[test]
fn no_secret_is_shown_by_findings_or_explanations() {
    let variables = [("MIRO_SENTINEL__SENTINEL__IDENTITY__CLIENT_SECRET", "hunter two")];
    let text = GOOD.replace("{ env = \"MIRO_AUDIT_TOKEN\" }", "\"hunter three\"");
    let sources = sources(&text, &variables);
    let findings = load(&sources).expect_err("spaces in secrets").to_string();
    let explained = format!("{:?}", explain(&sources).expect("valid TOML"));
    let misplaced = GOOD.replace("{ env = \"MIRO_AUDIT_TOKEN\" }", "{ value = \"hunter four\" }");
    let misplaced = self::sources(&misplaced, &[]);
    let refused = load(&misplaced).expect_err("no place").to_string();
    let explained = format!("{explained}{refused}{:?}", explain(&misplaced).expect("valid TOML"));
    let debugged = format!("{:?}", config(GOOD, &[]));
    for text in [findings, explained, debugged] {
        assert!(!text.contains("hunter") && !text.contains("audit-token") && !text.contains("s~1"), "{text}");
    }
}

#[test]
fn no_password_is_shown_wherever_it_is_written() {
    let long = "hunter".repeat(40);
    for line in [
        "[http]\nproxy = \"http://user:hunter2@proxy.example.com:3128\"".to_owned(),
        format!("[http]\nproxy = \"http://user:{long}@proxy.example.com:3128\""),
        "[http]\nproxy = \"socks5://user:hunter2@proxy.example.com:3128\"".to_owned(),
        "[http]\nproxy = \"user:hunter2@proxy.example.com:3128\"".to_owned(),
        "[http]\nproxy = \"http://user:hun@ter/hunter2@proxy.example.com\"".to_owned(),
        "[http]\nproxy = [\"http://user:hunter2@proxy.example.com\"]".to_owned(),
        "[miro]\nbase_url = \"https://user:hunter2@api.miro.com\"".to_owned(),
        "[miro]\nbase_url = \"https://hunter2@api.miro.com/v2\"".to_owned(),
        "[miro]\npat = \"hunter2\"".to_owned(),
        "[http]\npin = [\"hunter2\"]".to_owned(),
        "[sentinel.extra]\nanything = \"hunter2\"".to_owned(),
        "unknown = \"hunter2\"".to_owned(),
    ] {
        let sources = sources(&format!("{line}\n{GOOD}"), &[]);
        let explained = explain(&sources).map(|explained| format!("{explained:?}")).unwrap_or_default();
        let loaded = match load(&sources) {
            Ok((config, _)) => format!("{config:?}"),
            Err(findings) => findings.to_string(),
        };
        assert!(!format!("{explained}{loaded}").contains("hunter"), "{line}:\n{explained}\n{loaded}");
    }
    let explained = explain(&sources("[http]\nproxy = \"http://user:word@proxy.example.com:3128\"", &[]));
    let shown = format!("{:?}", explained.expect("valid TOML"));
    assert!(shown.contains("http://***@proxy.example.com:3128"), "{shown}");
}

#[test]
fn an_address_with_a_password_is_refused() {
    let text = GOOD.replace("[sentinel]\nendpoint = \"https://", "[sentinel]\nendpoint = \"https://user:word@");
    insta::assert_snapshot!(findings(&text, &[]), @r#"
    error: sentinel.endpoint = "https://***@miro-abcd.westeurope-1.ingest.monitor.azure.com" has a user name or a password; only scheme and host belong here
      --> miro-sentinel.toml:5
      allowed: https://host[:port]

    1 error in the configuration
    "#);
}

#[test]
fn secrets_go_over_https_and_over_http_only_to_miro_on_this_machine() {
    let azure = |url: &str| GOOD.replace("https://miro-abcd.westeurope-1.ingest.monitor.azure.com", url);
    let entra = |url: &str| format!("{GOOD}authority = \"{url}\"\n");
    let miro = |url: &str| format!("[miro]\nbase_url = \"{url}\"\n{GOOD}");
    for (text, is_taken) in [
        (azure("https://127.0.0.1:8080"), true),
        (azure("http://127.0.0.1:8080"), false),
        (entra("https://127.0.0.1:8080"), true),
        (entra("http://127.0.0.1:8080"), false),
        (miro("http://127.0.0.1:8080"), true),
        (miro("http://192.0.2.1:8080"), false),
        (miro("http://localhost.example.com"), false),
        (miro("ftp://127.0.0.1"), false),
    ] {
        assert_eq!(load(&sources(&text, &[])).is_ok(), is_taken, "{text}");
    }
}

#[test]
fn the_explanation_names_the_layer_of_each_value() {
    let explained = explain(&sources(GOOD, &[("MIRO_SENTINEL__HTTP__TIMEOUT", "30s")])).expect("valid TOML");
    let set_by: BTreeMap<_, _> =
        explained.iter().map(|one| (one.key, (one.value.as_deref(), one.set_by.as_str()))).collect();
    assert_eq!(set_by["http.timeout"], (Some("\"30s\""), "environment variable MIRO_SENTINEL__HTTP__TIMEOUT"));
    assert_eq!(set_by["miro.budget_share"], (Some("0.8"), "default"));
    assert_eq!(set_by["streams.audit.access_token"], (Some("{ env = \"MIRO_AUDIT_TOKEN\" }"), "miro-sentinel.toml:3"));
}

#[test]
fn the_explanation_resolves_paths_and_follows_the_scope() {
    let text = GOOD.replace("{ env = \"MIRO_AUDIT_TOKEN\" }", "{ file = \"secrets/miro\" }");
    let text = format!("{text}authority = \"https://login.microsoftonline.us\"\n[http]\nca_file = \"root.pem\"\n");
    let explained = explain(&sources(&text, &[])).expect("valid TOML");
    let value = |key: &str| {
        let one = explained.iter().find(|one| one.key == key).expect("a key");
        (one.value.clone().unwrap_or_default(), one.set_by.as_str())
    };
    let at = |path: &str| std::env::current_dir().expect("a folder").join(path).display().to_string();
    assert_eq!(value("store.path"), (format!("{:?}", at("state/miro-sentinel.redb")), "default"));
    assert_eq!(value("http.ca_file").0, format!("{:?}", at("root.pem")));
    assert_eq!(value("streams.audit.access_token").0, format!("{{ file = {:?} }}", at("secrets/miro")));
    let followed = ("\"https://monitor.azure.us/.default\"".to_owned(), "follows from sentinel.identity.authority");
    assert_eq!(value("sentinel.identity.scope"), followed);
    let explained = explain(&sources(GOOD, &[])).expect("valid TOML");
    let scope = explained.iter().find(|one| one.key == "sentinel.identity.scope").expect("a key");
    assert_eq!(scope.value.as_deref(), Some("\"https://monitor.azure.com/.default\""));
}

#[test]
fn only_identities_of_this_version_are_offered() {
    let schema = schema()["properties"]["sentinel"]["properties"]["identity"]["properties"]["kind"].to_string();
    for later in ["certificate", "workload_identity", "managed_identity"] {
        assert!(!example().contains(&format!("\"{later}\"")) && !schema.contains(later), "{later}");
        let shown =
            findings(&GOOD.replace("[sentinel.identity]", &format!("[sentinel.identity]\nkind = \"{later}\"")), &[]);
        assert!(shown.contains("is not in this version") && shown.contains("allowed: \"client_secret\""), "{shown}");
    }
}

#[test]
fn the_schema_knows_every_key() {
    let schema = schema();
    for key in KEYS {
        let property = key.path().split('.').fold(&schema, |at, name| &at["properties"][name]);
        assert!(property["description"].is_string(), "{} is missing", key.path());
    }
    assert_eq!(schema["properties"]["miro"]["properties"]["budget_share"]["default"], 0.8);
    assert_eq!(schema["properties"]["streams"]["properties"]["content"]["required"][0], "organization_id");
}
