//! The parameters of a log request, all mistakes reported at once.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::Deserialize;

use crate::event_log::window::Direction;
use crate::instant;
use crate::log::Log;
use crate::params::Params;
use crate::response::FieldError;
use crate::switches::{EmptyWindow, OutOfBounds, Switches};

/// The most `board_ids`, `object_ids` or `emails` in one request.
const LISTED_MAX: usize = 15;

/// A request whose parameters are all right.
#[derive(Debug)]
pub(super) struct PageRequest<'a> {
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    pub(super) limit: u32,
    pub(super) direction: Direction,
    pub(super) cursor: Option<&'a str>,
    objects: Vec<&'a str>,
    emails: Vec<&'a str>,
}

impl<'a> PageRequest<'a> {
    /// Reads the parameters of that log; names every one that is not right.
    pub(super) fn parse(log: Log, params: &'a Params<'_>, switches: &Switches) -> Result<Self, Vec<FieldError>> {
        let mut errors = Vec::new();
        let from = keep(required_instant(params, log.start_param()), &mut errors);
        let to = keep(required_instant(params, log.end_param()), &mut errors);
        let limit = keep(limit(log, params, switches), &mut errors);
        let direction = keep(direction(log, params), &mut errors);
        let objects = keep(list(params, log.objects_param()), &mut errors);
        let emails = keep(list(params, log.emails_param()), &mut errors);
        if let (Some(from), Some(to)) = (from, to) {
            keep(window(log, from, to, switches), &mut errors);
        }
        let (Some(from), Some(to), Some(limit), Some(direction), Some(objects), Some(emails)) =
            (from, to, limit, direction, objects, emails)
        else {
            return Err(errors);
        };
        if !errors.is_empty() {
            return Err(errors);
        }
        Ok(Self { from, to, limit, direction, cursor: params.get("cursor"), objects, emails })
    }

    /// Which events are wanted, apart from their time.
    pub(super) fn selection(&self) -> Selection<'_> {
        // An unencoded `+` arrives as a space, and no address holds one.
        let emails = self.emails.iter().map(|email| email.replace(' ', "+")).collect();
        Selection { objects: &self.objects, emails }
    }
}

fn keep<T>(parsed: Result<T, FieldError>, errors: &mut Vec<FieldError>) -> Option<T> {
    parsed.map_err(|error| errors.push(error)).ok()
}

fn required_instant(params: &Params<'_>, name: &'static str) -> Result<Timestamp, FieldError> {
    let text = params.get(name).filter(|text| !text.is_empty()).ok_or_else(|| FieldError::missing(name))?;
    instant::parse(text)
        .ok_or_else(|| FieldError::invalid(name, format!("{name} must be a UTC time such as 2026-01-01T00:00:00.000Z")))
}

fn window(log: Log, from: Timestamp, to: Timestamp, switches: &Switches) -> Result<(), FieldError> {
    let (start, end) = (log.start_param(), log.end_param());
    if to <= from && switches.empty_window == EmptyWindow::BadRequest {
        return Err(FieldError::invalid(end, format!("{end} must be after {start}")));
    }
    match switches.window_max {
        Some(widest) if to.duration_since(from) > widest => {
            Err(FieldError::invalid(start, format!("{start} must be at most {widest:#} before {end}")))
        }
        Some(_) | None => Ok(()),
    }
}

fn limit(log: Log, params: &Params<'_>, switches: &Switches) -> Result<u32, FieldError> {
    let (default, max) = match log {
        Log::Audit => (100, switches.audit_limit_max),
        Log::Content => (1_000, 1_000),
        Log::AiInteraction => (100, 100),
    };
    let Some(text) = params.get("limit").filter(|text| !text.is_empty()) else { return Ok(default.min(max)) };
    let refused = || FieldError::invalid("limit", format!("limit must be between 1 and {max}"));
    let asked: i64 = text.parse().map_err(|_| refused())?;
    match u32::try_from(asked) {
        Ok(limit) if (1..=max).contains(&limit) => Ok(limit),
        Ok(_) | Err(_) if switches.limit_out_of_bounds == OutOfBounds::Clip => {
            Ok(asked.clamp(1, i64::from(max)) as u32)
        }
        Ok(_) | Err(_) => Err(refused()),
    }
}

fn direction(log: Log, params: &Params<'_>) -> Result<Direction, FieldError> {
    let (ascending, descending) = match log {
        Log::Audit => ("ASC", "DESC"),
        Log::Content | Log::AiInteraction => ("asc", "desc"),
    };
    match params.get("sorting") {
        None | Some("") => Ok(Direction::Ascending),
        Some(word) if word == ascending => Ok(Direction::Ascending),
        Some(word) if word == descending => Ok(Direction::Descending),
        Some(_) => Err(FieldError::invalid("sorting", format!("sorting must be {ascending} or {descending}"))),
    }
}

fn list<'a>(params: &'a Params<'_>, name: Option<&'static str>) -> Result<Vec<&'a str>, FieldError> {
    let Some(name) = name else { return Ok(Vec::new()) };
    let listed = params.list(name);
    if listed.len() > LISTED_MAX {
        return Err(FieldError::invalid(name, format!("{name} must have at most {LISTED_MAX} entries")));
    }
    Ok(listed)
}

/// What must hold of an event besides its time.
pub(super) struct Selection<'a> {
    objects: &'a [&'a str],
    emails: Vec<String>,
}

impl Selection<'_> {
    pub(super) fn is_everything(&self) -> bool {
        self.objects.is_empty() && self.emails.is_empty()
    }

    /// Judges an event by its bytes. This parses it, which only filtered requests pay for.
    pub(super) fn holds(&self, log: Log, event: &[u8]) -> bool {
        let Ok(traits) = serde_json::from_slice::<Traits<'_>>(event) else { return false };
        let object = match log {
            Log::Audit | Log::Content => traits.content_id,
            Log::AiInteraction => traits.object.and_then(|object| object.id),
        };
        let email = traits.actor.and_then(|actor| actor.email);
        let object_holds = || object.is_some_and(|id| self.objects.contains(&id.as_ref()));
        let email_holds = || email.is_some_and(|email| self.emails.iter().any(|listed| *listed == email));
        (self.objects.is_empty() || object_holds()) && (self.emails.is_empty() || email_holds())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Traits<'a> {
    #[serde(borrow, default)]
    content_id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    object: Option<Named<'a>>,
    #[serde(borrow, default)]
    actor: Option<Named<'a>>,
}

#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow, default)]
    id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    email: Option<Cow<'a, str>>,
}

impl Log {
    fn objects_param(self) -> Option<&'static str> {
        match self {
            Self::Audit => None,
            Self::Content => Some("board_ids"),
            Self::AiInteraction => Some("object_ids"),
        }
    }

    fn emails_param(self) -> Option<&'static str> {
        match self {
            Self::Audit => None,
            Self::Content | Self::AiInteraction => Some("emails"),
        }
    }
}
