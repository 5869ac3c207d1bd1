//! A mock of the Miro API: audit, content and AI interaction logs with Miro's rate limits, errors and OAuth.
//!
//! A [`World`] under a [`Clock`] becomes a [`MockMiro`], which is served on a socket or called in process through its
//! [`router`](MockMiro::router). Responses follow from the state of the world; behavior that Miro does not document is one of the
//! [`Switches`]; failures of the service or the network are [`Fault`]s.

#![warn(clippy::missing_errors_doc, clippy::wildcard_enum_match_arm)]

mod api;
mod cause;
mod control;
mod credits;
mod cursor;
mod dataset;
mod event_log;
mod generator;
mod http;
mod instant;
mod journal;
mod log;
mod mock;
mod openapi;
mod operation;
mod params;
mod response;
mod serve;
mod state;
mod switches;
#[cfg(test)]
mod tests;
mod watch;
mod world;

pub use cause::{Cause, Mistake, Settings, Setup};
pub use event_log::ndjson::EventFileError;
pub use faults::{
    Answer, Clock, ClockChange, ClockError, Dribble, Fault, FaultError, Ids, Latency, Outcome, RetryAfter,
    RetryAfterWord, SystemClock, Trouble, When,
};
pub use generator::Planted;
pub use journal::{JournalEntry, Rule, Violation};
pub use log::Log;
pub use mock::{EventError, MockMiro, NewEvent, Tokens};
pub use operation::CALLS;
pub use switches::{
    Bound, CreditModel, CreditOwner, CursorBinding, EmptyWindow, ForbiddenCode, FullLastPage, LastCursor,
    MalformedCursor, OutOfBounds, Presence, RateHeaders, RefusedCursor, ResetUnit, RetryAfterForm, SwitchInfo,
    Switches, TieOrder, TokenInQuery, TokenInfoInvalid, UsedRefreshToken, WrongOrganization,
};
pub use world::{
    AiShape, App, AppChange, ChangeError, Events, Incident, InstallChange, MintedToken, Organization, Plan, Region,
    Role, Team, Toggle, Token, TokenChange, TokenState, Traits, UnknownToken, User, World, WorldChange, WorldError,
};
