//! The one fault language of both mocks, and what they need around it.
//!
//! A [`Fault`] is data: *when* a request matches, *answer* this, or let that *fault* happen, at most so many *times*. A
//! [`Schedule`] decides which requests it hits, a [`FaultyBody`] breaks the connection, a [`SteeredClock`] says what time it
//! is, and a [`Journal`] records what became of every request.
//!
//! Nothing here knows an API. Each mock passes in its table of call names ([`Calls`]), answers in its own words, and brings
//! its own timer, so that the crate needs neither a runtime nor a web framework. [`input`] reads the files that somebody names.

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
pub use receipt::{Receipt, Tracked};
pub use retry_after::{RetryAfter, RetryAfterWord, http_date};
pub use schedule::{Hit, Progress, Request, Schedule};
