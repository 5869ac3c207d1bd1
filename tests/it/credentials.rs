//! Wrong credentials and missing permissions: each named, with the one thing to do next.

use std::process::Stdio;

use serde_json::json;

use crate::lab::{Lab, Settings, text};
use crate::programs::{MARKER, Process};

const EVENTS: [&str; 8] =
    ["--generate-audit", "40", "--generate-content", "40", "--over", "1h", "--credits-per-minute", "100000000"];

#[track_caller]
fn refused(lab: &Lab, settings: &Settings, cause: &str, next: &str) {
    // What an earlier case delivered is not asked about again: each case begins anew.
    if lab.store().exists() {
        std::fs::remove_file(lab.store()).expect("the folder is ours");
    }
    let seen = lab.run_once(settings);
    let printed = String::from_utf8_lossy(&seen.stderr).into_owned();
    assert_eq!(seen.status.code(), Some(4), "{printed}");
    let error = printed.lines().find(|line| line.starts_with("error: ")).unwrap_or_else(|| panic!("{printed}"));
    assert!(error.contains(cause), "the cause is not `{cause}`: {error}");
    let step =
        printed.lines().find(|line| line.trim_start().starts_with("next: ")).unwrap_or_else(|| panic!("{printed}"));
    assert!(step.contains(next), "the next step is not `{next}`: {step}");
}

#[tokio::test]
async fn each_wrong_credential_is_named_with_its_next_step() {
    let lab = Lab::new(&EVENTS, &[]);
    let other = |change: fn(&mut Settings)| {
        let mut settings = Settings::default();
        change(&mut settings);
        settings
    };
    let wrong_token = other(|settings| settings.audit_token = Some(format!("no-such-{MARKER}")));
    refused(&lab, &wrong_token, "does not know the access token", "SIEM");

    let audit_token = text(&lab.miro["tokens"], "audit");
    let without_scope = Settings { content_token: Some(audit_token), ..Settings::default() };
    refused(&lab, &without_scope, "contentlogs:export", "eDiscovery");

    let wrong_organization = other(|settings| settings.organization_id = Some("123".to_owned()));
    refused(&lab, &wrong_organization, "123 is not the organization of the token", "organization_id");

    let wrong_secret = other(|settings| settings.client_secret = Some(format!("wrong-{MARKER}")));
    refused(&lab, &wrong_secret, "AADSTS7000215", "secret");

    let unknown_rule = other(|settings| settings.audit_rule = Some(format!("dcr-{}", "f".repeat(32))));
    refused(&lab, &unknown_rule, "no data collection rule", "immutable id");

    lab.post(&lab.miro, "world", json!({"guard": false})).await;
    refused(&lab, &Settings::default(), "Enterprise Guard", "account manager");
    lab.post(&lab.miro, "world", json!({"guard": true})).await;

    let role = |assigned: bool| json!({"stream": "Custom-MiroAuditLogs_CL", "assigned": assigned});
    lab.post(&lab.sentinel, "roles", role(false)).await;
    refused(&lab, &Settings::default(), "may not send", "Monitoring Metrics Publisher");
    lab.post(&lab.sentinel, "roles", role(true)).await;

    let mended = lab.run_once(&Settings::default());
    assert!(mended.status.success(), "{}", String::from_utf8_lossy(&mended.stderr));
    assert_eq!((lab.rows("MiroAuditLogs_CL").await.1, lab.rows("MiroContentLogs_CL").await.1), (40, 40));
}

#[tokio::test]
async fn the_service_outlives_a_missing_role_and_recovers_by_itself() {
    let lab = Lab::new(&EVENTS, &[]);
    let role = |assigned: bool| json!({"stream": "Custom-MiroAuditLogs_CL", "assigned": assigned});
    lab.post(&lab.sentinel, "roles", role(false)).await;
    let mut command = lab.connector(&Settings::default());
    let mut service = Process::start(command.arg("run").stdout(Stdio::null()).stderr(Stdio::null()));
    // The content stream is not held up by the audit stream's trouble.
    lab.until_rows(40).await;
    assert_eq!(lab.rows("MiroAuditLogs_CL").await.0, 0);
    assert!(service.running(), "the service stays up");
    lab.post(&lab.sentinel, "roles", role(true)).await;
    lab.until_rows(80).await;
    assert!(service.running());
}
