//! A configuration all of whose peers are on this machine, where nobody listens.

/// A secret that the environment has.
pub(crate) const FROM_ENVIRONMENT: &str = "{ env = \"TOKEN\" }";
/// A secret in the file `token`.
pub(crate) const FROM_FILE: &str = "{ file = \"token\" }";

/// The configuration, with both secrets from `secret`, the checkpoint file `store` and these lines of `[telemetry]`.
pub(crate) fn configuration(secret: &str, store: &str, telemetry: &str) -> String {
    format!(
        r#"
[miro]
base_url = "http://127.0.0.1:1"
[streams.audit]
access_token = {secret}
[sentinel]
endpoint = "https://127.0.0.1:1"
[sentinel.rules]
audit = "dcr-00000000000000000000000000000000"
[sentinel.identity]
tenant_id = "22222222-2222-2222-2222-222222222222"
client_id = "33333333-3333-3333-3333-333333333333"
client_secret = {secret}
authority = "https://127.0.0.1:1"
[store]
path = "{store}"
[telemetry]
{telemetry}
"#
    )
}
