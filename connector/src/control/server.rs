//! What is done for those who ask at the control socket.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use tokio::sync::Mutex;

use super::{DEAD_LETTERS, Dropped, Listener, NUMBERS_MAX, Numbers, STATUS};
use crate::dead_letters::{Listed, Page, Resent, Unsent, letter, list};
use crate::problem::Code;
use crate::status::{Status, StatusProblem};
use crate::store::StoreError;
use crate::telemetry::connections::{self, Limits};
use crate::{Connector, Problem, Stop};

/// The largest body of a request: [`NUMBERS_MAX`] numbers take a tenth of it.
const BODY_BYTES_MAX: usize = 64 * 1024;
/// Commands at one time, and the time for each: sending again gives up after five minutes.
const LIMITS: Limits = Limits {
    connections_max: 8,
    head_within: Duration::from_secs(5),
    connection_within: Duration::from_mins(10),
    grace: Duration::from_secs(1),
};

/// Answers commands for the connector that runs now. Clones share it.
#[derive(Clone)]
pub(crate) struct Server {
    connector: Arc<dyn Fn() -> Arc<Connector> + Send + Sync>,
    stop: Stop,
    /// One command at a time changes anything, so that no event is sent again twice.
    turn: Arc<Mutex<()>>,
}

impl Server {
    /// `connector` gives the one that runs now; what takes long ends early when `stop` is asked for.
    pub(crate) fn new(connector: impl Fn() -> Arc<Connector> + Send + Sync + 'static, stop: Stop) -> Self {
        Self { connector: Arc::new(connector), stop, turn: Arc::default() }
    }

    /// Serves until `done`, then gives those under way a second. One request a connection; all bounded in number, size and time.
    pub(crate) async fn serve(self, listener: Listener, done: impl Future<Output = ()>) {
        let stop = self.stop.clone();
        connections::serve(listener, self.router(), LIMITS, &stop, done).await;
    }

    fn router(self) -> Router {
        Router::new()
            .route(STATUS, get(show_status))
            .route(DEAD_LETTERS, get(show_list))
            .route(&format!("{DEAD_LETTERS}/{{number}}"), get(show_event))
            .route(&format!("{DEAD_LETTERS}/resend"), post(resend))
            .route(&format!("{DEAD_LETTERS}/drop"), post(remove))
            .route(&format!("{DEAD_LETTERS}/wipe"), post(wipe))
            .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
            .with_state(self)
    }

    fn connector(&self) -> Arc<Connector> {
        (self.connector)()
    }
}

async fn show_status(State(server): State<Server>) -> Json<Status> {
    Json(server.connector().status())
}

async fn show_list(State(server): State<Server>, Query(page): Query<Page>) -> Result<Json<Vec<Listed>>, NotDone> {
    Ok(Json(list(server.connector().store(), page).await?))
}

async fn show_event(State(server): State<Server>, Path(number): Path<u64>) -> Result<Response, NotDone> {
    let letter = letter(server.connector().store(), number).await?;
    Ok(match letter {
        Some(letter) => ([(header::CONTENT_TYPE, "application/octet-stream")], letter.event).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    })
}

async fn resend(State(server): State<Server>, Json(which): Json<Numbers>) -> Result<Json<Resent>, NotDone> {
    let (numbers, _turn) = (checked(which)?, server.turn.try_lock().map_err(|_| NotDone::Busy)?);
    Ok(Json(server.connector().resend(numbers, &server.stop).await?))
}

async fn remove(State(server): State<Server>, Json(which): Json<Numbers>) -> Result<Json<Dropped>, NotDone> {
    let (numbers, _turn) = (checked(which)?, server.turn.try_lock().map_err(|_| NotDone::Busy)?);
    Ok(Json(server.connector().drop_dead_letters(numbers).await?.into()))
}

async fn wipe(State(server): State<Server>) -> Result<Json<serde_json::Value>, NotDone> {
    let _turn = server.turn.try_lock().map_err(|_| NotDone::Busy)?;
    server.connector().store().wipe().await?;
    Ok(Json(serde_json::json!({})))
}

fn checked(which: Numbers) -> Result<Vec<u64>, NotDone> {
    if which.numbers.len() > NUMBERS_MAX { Err(NotDone::TooMany) } else { Ok(which.numbers) }
}

/// Why a command was not carried out.
enum NotDone {
    Busy,
    TooMany,
    Store(StoreError),
    Unsent(Unsent),
}

impl From<StoreError> for NotDone {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Unsent> for NotDone {
    fn from(unsent: Unsent) -> Self {
        Self::Unsent(unsent)
    }
}

impl IntoResponse for NotDone {
    fn into_response(self) -> Response {
        let (status, problem) = match self {
            Self::Busy => (
                StatusCode::CONFLICT,
                refusal("another command is changing the dead letters", "run the command again when it has ended"),
            ),
            Self::TooMany => (
                StatusCode::BAD_REQUEST,
                refusal(
                    &format!("a request takes at most {NUMBERS_MAX} numbers"),
                    "use the `miro-sentinel` of the version that is running",
                ),
            ),
            Self::Store(error) | Self::Unsent(Unsent::Store(error)) => {
                (StatusCode::SERVICE_UNAVAILABLE, Problem::from(&error))
            }
            Self::Unsent(Unsent::Problem(problem)) => (StatusCode::BAD_GATEWAY, problem),
            Self::Unsent(Unsent::Stopped) => (
                StatusCode::SERVICE_UNAVAILABLE,
                refusal("the service was stopped while it resent events", "run the command again; it goes on"),
            ),
        };
        (status, Json(StatusProblem::from(&problem))).into_response()
    }
}

fn refusal(cause: &str, next_step: &str) -> Problem {
    Problem {
        code: Code::StoreUnusable,
        subject: "dead letters".to_owned(),
        cause: cause.to_owned(),
        next_step: next_step.to_owned(),
    }
}
