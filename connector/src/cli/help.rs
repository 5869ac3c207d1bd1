//! What each `--help` begins and ends with: two real examples, and the exit codes.

use crate::Exit;
use crate::problem::Code;

pub(super) const PROGRAM: &str = "Examples:
  miro-sentinel config example > miro-sentinel.toml
  miro-sentinel --config miro-sentinel.toml run";

pub(super) const RUN: &str = "Examples:
  miro-sentinel --config /etc/miro-sentinel.toml run
  miro-sentinel run --once --within 10m --json";

pub(super) const CHECK: &str = "Examples:
  miro-sentinel check
  miro-sentinel --config /etc/miro-sentinel.toml check --json | jq '.findings[].next_step'";

pub(super) const STATUS: &str = "Examples:
  miro-sentinel status
  miro-sentinel status --json | jq .streams.audit.covered_to";

pub(super) const DEAD_LETTERS: &str = "Examples:
  miro-sentinel dead-letters list
  miro-sentinel dead-letters export --all > set-aside.ndjson";

pub(super) const DEAD_LETTERS_LIST: &str = "Examples:
  miro-sentinel dead-letters list
  miro-sentinel dead-letters list --json | jq -r .reason | sort | uniq -c";

pub(super) const DEAD_LETTERS_EXPORT: &str = "Examples:
  miro-sentinel dead-letters export --all > set-aside.ndjson
  miro-sentinel dead-letters export 17 18";

pub(super) const DEAD_LETTERS_RESEND: &str = "Examples:
  miro-sentinel dead-letters resend 17 18
  miro-sentinel dead-letters resend --all";

pub(super) const DEAD_LETTERS_DROP: &str = "Examples:
  miro-sentinel dead-letters drop 17 18
  miro-sentinel dead-letters drop --all";

pub(super) const CONFIG: &str = "Examples:
  miro-sentinel config example > miro-sentinel.toml
  miro-sentinel config explain";

pub(super) const CONFIG_EXAMPLE: &str = "Examples:
  miro-sentinel config example > miro-sentinel.toml
  miro-sentinel config example | grep -A3 late_sweeps";

pub(super) const CONFIG_SCHEMA: &str = "Examples:
  miro-sentinel config schema > miro-sentinel.schema.json
  miro-sentinel config schema | jq .properties.http";

pub(super) const CONFIG_EXPLAIN: &str = "Examples:
  miro-sentinel --config miro-sentinel.toml config explain
  MIRO_SENTINEL__HTTP__TIMEOUT=30s miro-sentinel config explain --json";

pub(super) const DEPLOY: &str = "Examples:
  miro-sentinel deploy arm --out deploy
  az deployment group create -g rg-sentinel -f deploy/tables.json -p workspaceName=la-sentinel";

pub(super) const DEPLOY_ARM: &str = DEPLOY;

/// The table of exit codes.
pub(super) fn exit_codes() -> String {
    let lines = Exit::ALL.map(|exit| format!("\n  {:<4}{}", exit.code(), exit.meaning()));
    format!("Exit codes:{}", lines.concat())
}

/// The table of codes that findings can have, then the exit codes.
pub(super) fn codes() -> String {
    let lines = Code::ALL.map(|code| format!("\n  {:<27}{}", code.name(), code.meaning()));
    format!("Codes of findings:{}\n\n{}", lines.concat(), exit_codes())
}
