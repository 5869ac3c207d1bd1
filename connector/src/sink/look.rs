//! One look at a rule, for whoever wants to know whether it can be sent to: an empty batch, at most two tries.

use super::Sink;
use super::error::{Refusal, SendError, SinkAction};
use crate::Problem;
use crate::pack;
use crate::problem::Code;
use crate::retry::{Failure as _, Next, RunMode, twice};

/// Azure acknowledged an empty batch, which it does after looking at token, role, rule and stream.
#[derive(Debug)]
pub(crate) struct Acknowledged(());

impl Sink {
    /// Sends an empty batch the way the service sends full ones; Azure stores nothing of it. What fails is named by the same words.
    pub(crate) async fn look(&self) -> Result<Acknowledged, Problem> {
        let body = pack::nothing(self.config.level);
        let attempt = async || {
            let sent = self.attempt(&body, RunMode::Once).await;
            sent.inspect_err(|error| {
                if error.next() == Next::Act(SinkAction::RefreshToken) {
                    self.config.tokens.refused();
                }
            })
        };
        match twice(attempt, |action| action == SinkAction::RefreshToken).await {
            Ok(_permit) => Ok(Acknowledged(())),
            Err(SendError::Refused(refusal)) => Err(self.refused_nothing(&refusal)),
            Err(error) => Err(error.lasting()),
        }
    }

    fn refused_nothing(&self, refusal: &Refusal) -> Problem {
        Problem {
            code: match refusal {
                Refusal::TooLargeInBetween(_) => Code::AzureFailing,
                Refusal::TooLarge | Refusal::Unexplained { .. } => Code::AzureRefusesEverything,
            },
            subject: format!("sentinel.rules.{}", self.config.stream),
            cause: format!("an empty batch is refused: {refusal}"),
            next_step: "compare the rule's stream and transformation with those that `miro-sentinel deploy` writes, and see what \
                        stands between this machine and Azure"
                .to_owned(),
        }
    }
}
