//! The lives of a subject in one case: started, killed, stopped and started again as the timeline says.

use std::time::Duration;

use connector::Stream;
use jiff::SignedDuration;

use super::subject::Folder;
use crate::live::Live;
use crate::scenario::{Action, Call, Nth, Trigger};
use crate::secrets::Secrets;
use crate::subject::{Output, Process, Stopped, SubjectError, Target, Variables, code_of, end_text};

/// Between two looks at the calls that steps wait for.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// A subject in its world.
pub(super) struct Lives<'a> {
    pub(super) live: &'a Live,
    pub(super) target: &'a Target,
    pub(super) variables: Variables,
    pub(super) folder: &'a Folder,
    pub(super) secrets: &'a Secrets,
    pub(super) seen: SeenLives,
}

/// What was seen of them.
#[derive(Debug, Default)]
pub(super) struct SeenLives {
    pub(super) ended: Vec<SignedDuration>,
    pub(super) killed: Vec<SignedDuration>,
    pub(super) stopped: Vec<Stopped>,
    pub(super) ended_early: Option<String>,
    pub(super) memory_peak_mib: Option<u64>,
    /// What the last process printed.
    pub(super) output: Option<Output>,
}

/// Why a case could not be played to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum LifeError {
    #[error(transparent)]
    Start(#[from] SubjectError),
    #[error("step {step}: {reason}")]
    Step { step: usize, reason: String },
    #[error("could not write a secret: {0}")]
    Secret(std::io::Error),
}

impl Lives<'_> {
    /// Plays the steps that act on the subject, until `over`; returns the process that runs then, if one does.
    pub(super) async fn play(
        &mut self,
        mut process: Process,
        over: impl Future<Output = ()>,
    ) -> Result<Option<Process>, LifeError> {
        let mut over = std::pin::pin!(over);
        self.seen.output = Some(process.output().clone());
        let mut waiting = Waiting::of(self.live);
        loop {
            let step = tokio::select! {
                biased;
                step = waiting.next(self.live) => step,
                status = process.ended() => {
                    let lines = process.output().last(3).join(" | ");
                    let end = end_text(code_of(status));
                    self.seen.ended_early = Some(format!("it {end}, without being told to: {lines}"));
                    self.remember_memory(&process);
                    // Nothing comes right any more, so nothing is waited for.
                    return Ok(None);
                }
                () = &mut over => {
                    self.remember_memory(&process);
                    return Ok(Some(process));
                }
            };
            self.live.step_begins(step);
            process = self.act(step, process).await?;
            waiting.forget_missed(self.live);
        }
    }

    async fn act(&mut self, step: usize, process: Process) -> Result<Process, LifeError> {
        let down_for = match &self.live.scenario().timeline[step].action {
            Action::Kill { down_for } => {
                self.remember_memory(&process);
                process.kill().await;
                // Until it is gone, it may have sent something.
                self.seen.killed.push(self.live.elapsed());
                *down_for
            }
            Action::Stop { down_for } => {
                self.remember_memory(&process);
                self.seen.stopped.push(process.stop(self.target.stop).await);
                *down_for
            }
            Action::Reload {} => {
                process.reload(self.target.reload);
                return Ok(process);
            }
            Action::Rotate { which } => {
                let wrong = |reason| LifeError::Step { step: step + 1, reason };
                let secret = self.live.mocks.rotate(*which).map_err(wrong)?;
                self.secrets.keep(&secret);
                if let Some((file, variable)) = self.folder.of_credential(*which) {
                    crate::subject::write_secret(&file, &secret).await.map_err(LifeError::Secret)?;
                    self.variables.set(variable, secret);
                }
                return Ok(process);
            }
            _ => return Ok(process),
        };
        self.seen.ended.push(self.live.elapsed());
        tokio::time::sleep(down_for.try_into().unwrap_or_default()).await;
        let process = Process::start(self.target, &self.variables, &self.folder.state(), self.secrets).await?;
        self.seen.output = Some(process.output().clone());
        Ok(process)
    }

    fn remember_memory(&mut self, process: &Process) {
        self.seen.memory_peak_mib = self.seen.memory_peak_mib.max(process.memory_peak_mib());
    }
}

/// The steps that act on the subject and have not begun.
struct Waiting {
    left: Vec<usize>,
    calls: CallCount,
}

impl Waiting {
    fn of(live: &Live) -> Self {
        let steps = live.scenario().timeline.iter().enumerate();
        let left = steps.filter(|(_, step)| step.action.is_of_the_connector()).map(|(number, _)| number).collect();
        Self { left, calls: CallCount::of(live) }
    }

    /// The next of them that begins; never, when none is left. Cancel safe.
    async fn next(&mut self, live: &Live) -> usize {
        loop {
            if self.left.is_empty() {
                return std::future::pending().await;
            }
            self.calls.look(live);
            let elapsed = live.elapsed();
            let begins = self.left.iter().map(|step| (self.calls.begins(live, *step), *step));
            let first = begins.filter_map(|(at, step)| at.map(|at| (at, step))).min();
            if let Some((at, step)) = first.filter(|(at, _)| *at <= elapsed) {
                self.left.retain(|left| *left != step);
                tracing::debug!(step, at = %at, "A step begins.");
                return step;
            }
            let until = first.map(|(at, _)| Duration::try_from(at - elapsed).unwrap_or_default());
            let look = if self.calls.is_needed() { LOOK_EVERY } else { Duration::MAX };
            tokio::time::sleep(until.unwrap_or(look).min(look)).await;
        }
    }

    /// What began while no process was running is over.
    fn forget_missed(&mut self, live: &Live) {
        self.calls.look(live);
        let elapsed = live.elapsed();
        let has_begun = |step: &usize| self.calls.begins(live, *step).is_some_and(|at| at <= elapsed);
        let (missed, left) = self.left.iter().partition(|step| has_begun(step));
        self.left = left;
        let missed: Vec<usize> = missed;
        for step in missed {
            live.step_begins(step);
        }
    }
}

/// Counts the calls that steps wait for.
struct CallCount {
    triggers: Vec<(usize, Nth, u64)>,
    began: Vec<Option<SignedDuration>>,
    miro_after: u64,
    azure_after: u64,
}

impl CallCount {
    fn of(live: &Live) -> Self {
        let timeline = &live.scenario().timeline;
        let triggers = timeline.iter().enumerate().filter_map(|(number, step)| match &step.trigger {
            Trigger::When(nth) => Some((number, nth.clone(), 0)),
            Trigger::At(_) | Trigger::After { .. } => None,
        });
        Self { triggers: triggers.collect(), began: vec![None; timeline.len()], miro_after: 0, azure_after: 0 }
    }

    fn is_needed(&self) -> bool {
        self.triggers.iter().any(|(step, _, _)| self.began[*step].is_none())
    }

    fn look(&mut self, live: &Live) {
        if !self.is_needed() {
            return;
        }
        let (calls, miro_after, azure_after) = live.calls_after(self.miro_after, self.azure_after);
        (self.miro_after, self.azure_after) = (miro_after, azure_after);
        for (call, stream) in calls {
            self.count(call, stream, live.elapsed());
        }
    }

    fn count(&mut self, call: Call, stream: Option<Stream>, now: SignedDuration) {
        for (step, nth, counted) in self.triggers.iter_mut().filter(|(_, nth, _)| nth.counts(call, stream)) {
            *counted += 1;
            if *counted == nth.nth {
                self.began[*step] = Some(now);
            }
        }
    }

    /// When a step begins, as far as that is known.
    fn begins(&self, live: &Live, step: usize) -> Option<SignedDuration> {
        let timeline = &live.scenario().timeline;
        let (mut after, mut step) = (SignedDuration::ZERO, step);
        // No longer than the timeline, so that steps that follow each other in a circle end it.
        for _ in 0..=timeline.len() {
            match &timeline.get(step)?.trigger {
                Trigger::At(at) => return Some(after.saturating_add(*at)),
                Trigger::When(_) => return Some(self.began[step]?.saturating_add(after)),
                Trigger::After { step: name, by } => {
                    after = after.saturating_add(*by);
                    step = live.scenario().position_of(name)?;
                }
            }
        }
        None
    }
}
