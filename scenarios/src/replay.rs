//! Plays a recording back: three stand-ins answer as the peers did, as if it were happening now.

mod answer;
mod environment;
mod events;
mod matching;
mod mint;
mod moved;
mod network;
mod poll;
mod question;
mod settings;
mod virtual_time;

use std::ffi::OsString;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::har::Har;
use crate::program::{self, Output, Program, ProgramError, Stop};
use crate::scenario::world::WorldProblem;
use crate::stand_ins::{StandIns, StandInsError};
use crate::subject::Variables;
use answer::Answers;

pub use matching::Mode;
pub use moved::moved;
pub use virtual_time::replay_in_virtual_time;

/// A replay.
#[derive(Clone, Debug)]
pub struct Replay {
    /// What is played back.
    pub har: Har,
    /// How requests find their responses.
    pub mode: Mode,
    /// Further variables, `NAME={OTHER}`.
    pub maps: Vec<String>,
    /// The program and its arguments; without one, whoever calls is answered until a signal comes.
    pub command: Vec<OsString>,
    /// Whether its output may go where ours goes.
    pub shares_stdout: bool,
}

/// What came of it. The names of its fields are a contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Replayed {
    /// Entries that can be played back.
    pub entries: usize,
    /// Those that were.
    pub matched: usize,
    /// Those that were not.
    pub unused: usize,
    /// How many of these were trouble when they were recorded: a refusal, a page of somebody else's, a connection that broke.
    pub unused_trouble: usize,
    /// The numbers of these in the file, from 1; the first hundred.
    pub unused_trouble_entries: Vec<usize>,
    /// Requests that were answered with an entry for the second time or more.
    pub repeated: u64,
    /// Requests for windows of their own, answered with the recorded events in them.
    pub composed: u64,
    /// Requests that the recording has no response for.
    pub missed: Vec<Missed>,
    /// How the program ended; none without one.
    pub exit: Option<u8>,
    /// How it ended when it was recorded.
    #[serde(skip)]
    pub recorded_exit: Option<u8>,
}

/// A request that the recording has no response for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Missed {
    /// When it was asked, by the clock of the replay.
    pub at: Timestamp,
    /// The request.
    pub request: String,
    /// The entry that comes closest; none where no such request was recorded.
    pub closest: Option<String>,
    /// In what they differ.
    pub differs: Vec<&'static str>,
}

impl Replayed {
    /// Whether every request was in the recording, and the program ended as it did then.
    pub fn is_same(&self) -> bool {
        let ended_alike = self.exit.is_none_or(|exit| exit == self.recorded_exit.unwrap_or_default());
        self.missed.is_empty() && ended_alike
    }
}

/// Why nothing was played back.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// No request in it is for one of the three peers.
    #[error("no entry of the file is a request to Miro, the identity service or the ingestion endpoint")]
    Empty,
    /// No listeners.
    #[error(transparent)]
    StandIns(#[from] StandInsError),
    /// No program.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// No folder, no signals.
    #[error("could not prepare the replay: {0}")]
    Io(#[from] std::io::Error),
    /// The variables are no text.
    #[error("could not write the variables down: {0}")]
    Environment(#[from] serde_json::Error),
    /// Our connector cannot be set up as the recording says.
    #[error("the connector cannot be set up as it was recorded: {0}")]
    Settings(#[from] WorldProblem),
    /// No checkpoint.
    #[error(transparent)]
    Store(#[from] connector::store::StoreError),
}

/// Plays `what` back until the program ends, or without one until a signal comes; `ready` gets the variables before anything is
/// answered.
///
/// # Errors
///
/// If the recording cannot be served or the program cannot be started.
pub async fn replay(what: &Replay, ready: impl FnOnce(&Variables)) -> Result<Replayed, ReplayError> {
    let now = Timestamp::now();
    let start = what.har.start().ok_or(ReplayError::Empty)?;
    // Whole seconds, so that times that have no more move with the others; never into the future.
    let har = moved(&what.har, now.duration_since(start).as_secs());
    let mut stop = Stop::listen()?;
    let stand_ins = StandIns::bind().await?;
    let folder = tempfile::tempdir()?;
    let ca_file = folder.path().join("ca.pem").display().to_string();
    std::fs::write(&ca_file, stand_ins.root_pem())?;
    let mut variables = environment::variables(&har, |peer| stand_ins.url(peer), &ca_file)?;
    program::add_state(&mut variables, folder.path())?;
    program::map(&mut variables, &what.maps)?;
    let recorded_exit = har.log.exit;
    let answers = Arc::new(Answers::new(har, what.mode, |peer| stand_ins.url(peer), Arc::new(faults::SystemClock)));
    if answers.is_empty() {
        return Err(ReplayError::Empty);
    }
    ready(&variables);
    let ended = CancellationToken::new();
    let running = async {
        let exit = if what.command.is_empty() {
            stop.next().await;
            Ok(None)
        } else {
            let output = if what.shares_stdout { Output::Stdout } else { Output::Stderr };
            Program { command: what.command.clone(), variables, output }.run(&mut stop).await.map(Some)
        };
        ended.cancel();
        exit
    };
    let (exit, ()) = tokio::join!(running, stand_ins.serve(answers.clone(), ended.clone()));
    Ok(Replayed { exit: exit?, recorded_exit, ..answers.result() })
}
