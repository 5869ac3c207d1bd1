//! The operations of the API on a dataset. Connections, faults and the journal are unknown here.

mod access;
mod logs;
mod oauth;
mod organization;
mod token_info;

pub(crate) use access::{Caller, authenticate, budget, credentials, identify};
pub(crate) use oauth::Codes;

use jiff::Timestamp;
use rand_chacha::ChaCha8Rng;

use crate::dataset::Dataset;
use crate::log::Log;
use crate::operation::{Guarded, Open};
use crate::params::Params;
use crate::response::{ErrorResponse, Response};
use crate::world::World;

/// Performs an operation whose token is valid and whose credits are paid.
pub(crate) fn perform(
    guarded: Guarded,
    dataset: &Dataset,
    caller: Caller,
    org_id: Option<&str>,
    params: &Params<'_>,
    now: Timestamp,
) -> Result<Response, ErrorResponse> {
    let log = |log| logs::serve(log, dataset, caller, org_id, params, now);
    match guarded {
        Guarded::AuditLogs => log(Log::Audit),
        Guarded::ContentLogs => log(Log::Content),
        Guarded::AiInteractionLogs => log(Log::AiInteraction),
        Guarded::Organization => organization::serve(dataset, caller, org_id),
        Guarded::TokenInfo => Ok(token_info::serve(dataset, caller)),
    }
}

/// Performs an operation that requires no token; parameters come from the query or a form.
pub(crate) fn perform_open(
    open: Open,
    context: &mut OAuthContext<'_>,
    params: &Params<'_>,
    body: &[u8],
) -> Result<Response, ErrorResponse> {
    match open {
        Open::Authorize => oauth::authorize(context.world, params),
        Open::Approve => oauth::approve(context, params),
        Open::Token => oauth::token(context, params),
        Open::RevokeByQuery => oauth::revoke_by_query(context.world, params),
        Open::RevokeByBody => oauth::revoke_by_body(context.world, body),
    }
}

/// What the OAuth operations read and change.
#[derive(Debug)]
pub(crate) struct OAuthContext<'a> {
    pub(crate) world: &'a mut World,
    pub(crate) codes: &'a mut Codes,
    pub(crate) random: &'a mut ChaCha8Rng,
    pub(crate) now: Timestamp,
}
