//! The log endpoints: parameters and pages.

mod request;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;

use jiff::Timestamp;

use super::Caller;
use super::access::{self, Requirements};
use crate::cursor::{Cursor, Grant};
use crate::dataset::Dataset;
use crate::event_log::window::{Direction, Page, PageQuery};
use crate::log::Log;
use crate::params::Params;
use crate::response::{ErrorResponse, FieldError, Response};
use crate::switches::{
    Bound, CursorBinding, FullLastPage, LastCursor, MalformedCursor, OutOfBounds, RefusedCursor, Switches,
};
use crate::world::Organization;

use request::PageRequest;

/// Serves a page.
pub(super) fn serve(
    log: Log,
    dataset: &Dataset,
    caller: Caller,
    org_id: Option<&str>,
    params: &Params<'_>,
    now: Timestamp,
) -> Result<Response, ErrorResponse> {
    access::may_read(dataset, caller, Requirements::of(log), org_id)?;
    let switches = &dataset.world.switches;
    let request =
        PageRequest::parse(log, params, switches).map_err(|errors| ErrorResponse::invalid_parameters(&errors))?;
    let retention = Retention::of(log, caller.organization(&dataset.world), now);
    let (first, last) = retention.window(log, &request, switches)?;
    let cursor = resume(log, &request, switches, now)?;

    let selection = request.selection();
    let filter = |event: &[u8]| selection.holds(log, event);
    let query = PageQuery {
        first,
        last,
        // Older than any event.
        now: if dataset.is_silent(caller.organization, now) { i64::MIN } else { now.as_millisecond() },
        delay: i64::try_from(switches.ingestion_delay.as_millis()).unwrap_or(i64::MAX),
        after: cursor.map(|cursor| cursor.position),
        overlap: if cursor.is_some() { switches.page_overlap as usize } else { 0 },
        direction: request.direction,
        limit: request.limit as usize,
        filter: (!selection.is_everything()).then_some(&filter),
    };
    let events = dataset.log(caller.organization, log);
    let page = events.page(&query);
    let next = next_cursor(log, &page, &request, switches, now);
    let mut body = Vec::with_capacity(page.bytes() + 256);
    write_head(&mut body, request.limit, page.len(), next, log.last_cursor(switches));
    events.write(&page, &mut body);
    body.extend_from_slice(b"]}");
    let decision = if page.more { "page" } else { "last page" };
    Ok(Response { events: Some(page.len()), ids: events.ids_of(&page), ..Response::json(body, decision) })
}

fn write_head(out: &mut Vec<u8>, limit: u32, size: usize, cursor: Option<String>, last: LastCursor) {
    let written = match (cursor, last) {
        (Some(cursor), _) => {
            write!(out, r#"{{"type":"cursor-list","limit":{limit},"size":{size},"cursor":"{cursor}","data":["#)
        }
        (None, LastCursor::Absent) => write!(out, r#"{{"type":"cursor-list","limit":{limit},"size":{size},"data":["#),
        (None, LastCursor::Null) => {
            write!(out, r#"{{"type":"cursor-list","limit":{limit},"size":{size},"cursor":null,"data":["#)
        }
        (None, LastCursor::Empty) => {
            write!(out, r#"{{"type":"cursor-list","limit":{limit},"size":{size},"cursor":"","data":["#)
        }
    };
    written.expect("writing into memory does not fail");
}

/// The retention of a log.
struct Retention {
    oldest: i64,
    now: i64,
}

impl Retention {
    /// <https://github.com/miroapp/api-clients> (its specification says: audit data of the last 90 days), read 2026-11-22.
    const AUDIT_DAYS: i64 = 90;

    fn of(log: Log, organization: &Organization, now: Timestamp) -> Self {
        let days = match log {
            Log::Audit => Self::AUDIT_DAYS.min(i64::from(organization.audit_retention_days)),
            Log::Content | Log::AiInteraction => i64::from(organization.content_retention_days),
        };
        let since = match log {
            Log::Content => organization.content_logs_since,
            Log::Audit | Log::AiInteraction => None,
        };
        let now = now.as_millisecond();
        let kept = now - days * 24 * 60 * 60 * 1_000;
        Self { oldest: since.map_or(kept, |since| since.as_millisecond().max(kept)), now }
    }

    /// The first and last millisecond of the asked window that can be read, both included.
    fn window(&self, log: Log, request: &PageRequest<'_>, switches: &Switches) -> Result<(i64, i64), ErrorResponse> {
        let too_old = request.from.as_millisecond() < self.oldest;
        if too_old && log == Log::Audit && switches.start_beyond_reach == OutOfBounds::BadRequest {
            let message = format!("{} must be within the last {} days", log.start_param(), Self::AUDIT_DAYS);
            return Err(ErrorResponse::invalid_parameters(&[FieldError::invalid(log.start_param(), message)]));
        }
        let first = match switches.lower_bound {
            Bound::Inclusive => ceil_millis(request.from),
            Bound::Exclusive => floor_millis(request.from) + 1,
        };
        let last = match switches.upper_bound {
            Bound::Inclusive => floor_millis(request.to),
            Bound::Exclusive => ceil_millis(request.to) - 1,
        };
        Ok((first.max(self.oldest), last.min(self.now)))
    }
}

fn floor_millis(at: Timestamp) -> i64 {
    at.as_nanosecond().div_euclid(1_000_000) as i64
}

fn ceil_millis(at: Timestamp) -> i64 {
    -(-at.as_nanosecond()).div_euclid(1_000_000) as i64
}

/// Validates and decodes the cursor, as the switches say.
fn resume(
    log: Log,
    request: &PageRequest<'_>,
    switches: &Switches,
    now: Timestamp,
) -> Result<Option<Cursor>, ErrorResponse> {
    let not_valid = |message: &str| ErrorResponse::invalid_parameters(&[FieldError::invalid("cursor", message)]);
    let Some(text) = request.cursor.filter(|text| !text.is_empty()) else { return Ok(None) };
    let Some(cursor) = Cursor::decode(text, log) else {
        return match switches.malformed_cursor {
            MalformedCursor::FirstPage => Ok(None),
            MalformedCursor::BadRequest => Err(not_valid("cursor is not valid")),
        };
    };
    if let Some(grant) = cursor.grant {
        let age = now.as_millisecond().saturating_sub(grant.at);
        if switches.cursor_lifetime.is_some_and(|lifetime| i128::from(age) > lifetime.as_millis()) {
            return Err(refused_cursor(log, switches, not_valid("cursor has expired")));
        }
        if switches.cursor_binding == CursorBinding::ToItsBounds && grant.bounds != digest(request) {
            return Err(refused_cursor(log, switches, not_valid("cursor belongs to other parameters")));
        }
    }
    Ok(Some(cursor))
}

/// The response to a cursor that has expired or belongs to other bounds.
fn refused_cursor(log: Log, switches: &Switches, bad_request: ErrorResponse) -> ErrorResponse {
    match (log, switches.refused_cursor) {
        (Log::Audit, RefusedCursor::Conflict) => {
            let status = http::StatusCode::CONFLICT;
            ErrorResponse { decision: bad_request.decision, ..ErrorResponse::for_status(status) }
        }
        (_, _) => bad_request,
    }
}

fn next_cursor(
    log: Log,
    page: &Page,
    request: &PageRequest<'_>,
    switches: &Switches,
    now: Timestamp,
) -> Option<String> {
    let full = page.len() == request.limit as usize;
    let empty_page_follows = full && switches.full_last_page == FullLastPage::EmptyPageFollows;
    let position = page.last.filter(|_| page.more || empty_page_follows)?;
    let limited = switches.cursor_lifetime.is_some() || switches.cursor_binding == CursorBinding::ToItsBounds;
    let grant = limited.then(|| Grant { at: now.as_millisecond(), bounds: digest(request) });
    Some(Cursor { position, grant }.encode(log))
}

/// A digest of the bounds of a request.
fn digest(request: &PageRequest<'_>) -> u32 {
    let mut hasher = DefaultHasher::new();
    (request.from, request.to, request.direction == Direction::Ascending).hash(&mut hasher);
    hasher.finish() as u32
}

impl Log {
    /// The parameter of the window's start.
    fn start_param(self) -> &'static str {
        match self {
            Self::Audit => "createdAfter",
            Self::Content | Self::AiInteraction => "from",
        }
    }

    /// The parameter of the window's end.
    fn end_param(self) -> &'static str {
        match self {
            Self::Audit => "createdBefore",
            Self::Content | Self::AiInteraction => "to",
        }
    }

    fn last_cursor(self, switches: &Switches) -> LastCursor {
        match self {
            Self::Audit => switches.audit_last_cursor,
            Self::Content | Self::AiInteraction => switches.content_last_cursor,
        }
    }
}
