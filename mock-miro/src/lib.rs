//! A Miro that behaves, limits and fails as Miro does.
//!
//! A [`World`] under a [`Clock`] becomes a [`MockMiro`], which is served on a socket or called in process through its
//! [`router`](MockMiro::router). What it does is read off the world; what the public record of Miro leaves open is one
//! of the [`Switches`]; trouble on the way is a [`Fault`].

mod clock;
mod fault;
mod journal;
mod mock;
mod switches;
mod world;

pub use clock::{Clock, ClockChange, ClockError, SystemClock};
pub use fault::{Answer, Dribble, Fault, RetryAfter, RetryAfterWord, Trouble, When};
pub use journal::{JournalEntry, Rule, Violation};
pub use mock::{EventError, Log, MockMiro, NewEvent, Tokens, UnknownToken};
pub use switches::{
    Bound, CreditModel, CreditOwner, CursorBinding, EmptyWindow, ForbiddenCode, FullLastPage, LastCursor,
    MalformedCursor, OutOfBounds, RateHeaders, ResetUnit, RetryAfterForm, Switches, TieOrder, TokenInQuery,
    TokenInfoInvalid, WrongOrganization,
};
pub use world::{Events, Organization, Plan, Token, TokenState, Traits, World, WorldError};
