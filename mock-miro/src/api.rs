//! What each operation does, given the world. Nothing here knows of connections, faults or the journal.

mod access;
mod logs;
mod token_info;

pub(crate) use access::{Caller, authenticate, budget, credentials, identify};

use jiff::Timestamp;

use crate::answer::{Answer, Refusal};
use crate::mock::Log;
use crate::operation::{Call, Route};
use crate::params::Params;
use crate::state::Holdings;

/// Does the work of a call that comes with a live token and has paid its credits.
pub(crate) fn perform(
    holdings: &Holdings,
    caller: Caller,
    route: Route<'_>,
    params: &Params<'_>,
    now: Timestamp,
) -> Result<Answer, Refusal> {
    match route.operation.call {
        Call::AuditLogs => logs::serve(Log::Audit, holdings, caller, route, params, now),
        Call::ContentLogs => logs::serve(Log::Content, holdings, caller, route, params, now),
        Call::AiInteractionLogs => logs::serve(Log::AiInteraction, holdings, caller, route, params, now),
        Call::TokenInfo => Ok(token_info::serve(holdings, caller)),
    }
}
