//! Responses other than success, in the service's words where they are known.

use jiff::SignedDuration;
use serde_json::json;

use super::NAME_MAX;
use crate::http::{Reply, query};
use crate::identity::token::{Claims, Refusal};
use crate::rules::Throttled;
use crate::world::{StatusCode, UnknownAnswers};

/// The versions of the API that are served.
pub(crate) const API_VERSIONS: &[&str] = &["2021-11-01-preview", "2023-01-01", "2023-04-01-preview"];

/// A response other than success.
#[derive(Debug)]
pub(super) struct Refused(pub(super) Reply);

impl Refused {
    /// A response that no public source shows.
    pub(super) fn unknown(answer: &StatusCode, message: &str) -> Self {
        Self(if answer.code.is_empty() || answer.status < 300 {
            Reply::empty(answer.status, message)
        } else {
            Reply::error(answer.status, &answer.code, message, message)
        })
    }

    pub(super) fn token(refusal: &Refusal, answers: &UnknownAnswers) -> Self {
        if *refusal == Refusal::Kind {
            let message = "S2S17001: SAL was able to validate the protocol, but validation failed as none of the \
                           provided policies are satisfied by the token.";
            return Self::unknown(&answers.wrong_token_kind, message);
        }
        Self::unknown(&answers.unauthenticated, &format!("The access token is not valid: {refusal}."))
    }

    pub(super) fn rule(immutable_id: &str) -> Self {
        let shown: String = immutable_id.chars().take(NAME_MAX).collect();
        let message = format!("Data collection rule with immutable Id '{shown}' not found.");
        Self(Reply::error(404, "NotFound", &message, &message))
    }

    pub(super) fn role(immutable_id: &str, arm_id: &str, claims: &Claims, delay: SignedDuration) -> Self {
        let message = format!(
            "The authentication token provided does not have access to ingest data for the data collection rule with \
             immutable Id '{immutable_id}' PipelineAccessResult: AccessGranted: False, IsRbacPresent: False, \
             IsDcrDceBindingValid: , DcrArmId: {arm_id}, Message: Required authorization action was not found for \
             tenantId {} objectId {} on resourceId {arm_id} ConfigurationId: {immutable_id}..",
            claims.tid, claims.oid
        );
        let reason = format!(
            "object {} does not hold Monitoring Metrics Publisher on {arm_id} (or not for {delay:#} yet)",
            claims.oid
        );
        Self(Reply::error(403, "OperationFailed", message, reason))
    }

    pub(super) fn throttled(throttled: Throttled, what: &str, answers: &UnknownAnswers) -> Self {
        let message =
            format!("The data collection rule has reached its limit of {what} for this minute. Try again later.");
        let Self(reply) = Self::unknown(&answers.throttled, &message);
        Self(reply.header("retry-after", &throttled.retry_after.to_string()))
    }

    pub(super) fn too_large(limit: u64, provided: Option<u64>, read: u64) -> Self {
        let megabytes = |bytes: u64| bytes / 1_048_576;
        let provided = provided
            .map(|bytes| format!(" Provided content length: {bytes} bytes ({} MB).", megabytes(bytes)))
            .unwrap_or_default();
        let message = format!("Maximum allowed content length: {limit} bytes ({} MB).{provided}", megabytes(limit));
        Self(Reply::error(413, "ContentLengthLimitExceeded", &message, &message).bytes(read))
    }
}

pub(super) fn check_version(url: Option<&str>, capitalised: bool) -> Result<(), Refused> {
    let version = query::get(url, "api-version").unwrap_or_default();
    if API_VERSIONS.contains(&version.as_str()) {
        return Ok(());
    }
    let known = API_VERSIONS.join(", ");
    let message = format!("The api version is invalid. Allowed Api versions: {known}");
    let shown: String = version.chars().take(NAME_MAX).collect();
    let reason = format!("api-version {shown:?} is not one of {known}");
    let code = "InvalidApiVersion";
    Err(Refused(if capitalised {
        let body = json!({"Error": {"Code": code, "Message": message}});
        Reply::json(400, &body, reason).header("x-ms-error-code", code)
    } else {
        Reply::error(400, code, message, reason)
    }))
}
