//! Fault injection for both mocks: the fault language, and the clock, journal and file input that they share.
//!
//! A [`Fault`] is data: *when* a request matches, send this *answer* or apply that *fault*, for a limited number of *times*. A
//! [`Schedule`] decides which requests it hits, a [`FaultyBody`] breaks the connection, a [`SteeredClock`] is a clock under test
//! control, and a [`Journal`] records the outcome of every request.
//!
//! The crate knows no API. Each mock passes in its table of call names ([`Calls`]), makes its own responses and supplies a timer, so
//! that neither a runtime nor a web framework is needed. [`input`] reads files given by a user, within limits.

#![warn(clippy::missing_errors_doc, clippy::wildcard_enum_match_arm)]
#![warn(clippy::cast_possible_truncation, clippy::cast_possible_wrap, clippy::cast_sign_loss)]

mod body;
mod calls;
mod check;
mod clock;
mod error;
mod fault;
mod ids;
pub mod input;
mod journal;
mod latency;
mod object;
mod origin;
mod receipt;
mod retry_after;
mod schedule;

pub use body::{FaultyBody, Sleep};
pub use calls::{Calls, Selector};
pub use clock::{Clock, ClockChange, ClockError, SteeredClock, SystemClock};
pub use error::FaultError;
pub use fault::{Answer, Dribble, Fault, Trouble, When};
pub use ids::{Ids, IdsBuilder};
pub use journal::{Bounded, Journal, Outcome, Record};
pub use latency::Latency;
pub use object::Object;
pub use origin::cross_site;
pub use receipt::{Receipt, Tracked};
pub use retry_after::{RetryAfter, RetryAfterWord, http_date};
pub use schedule::{Hit, Progress, Request, Schedule};
