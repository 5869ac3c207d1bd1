//! Azure's side: the token, then role, rule and stream at once.

use std::sync::Arc;

use super::Step;
use crate::cli::parts;
use crate::config::Config;
use crate::identity::{TokenError, TokenProvider};
use crate::problem::Code;
use crate::progress::Progress;
use crate::retry::{End, Endurance, Halt, Patience};
use crate::{Problem, Random, Stop, Stream, Transport};

/// Asks for a token, then sends each rule an empty batch the way the service sends full ones. Azure answers it after
/// looking at role, rule and stream, and stores nothing.
pub(super) async fn check(config: &Config, network: &Arc<dyn Transport>) -> Vec<Step> {
    let tokens: Arc<dyn TokenProvider> = Arc::new(parts::tokens(config, network));
    if let Err(error) = tokens.token().await {
        return vec![Step::wrong(no_token(error))];
    }
    let mut steps = vec![Step::well("sentinel.identity", "Azure issued a token")];
    for (stream, _) in config.streams() {
        steps.push(match send_nothing(config, network, &tokens, stream).await {
            Ok(()) => {
                let found = format!("the application may send to the stream {}", stream.rule_stream());
                Step::well(format!("sentinel.rules.{stream}"), found)
            }
            Err(problem) => Step::wrong(problem),
        });
    }
    steps
}

fn no_token(error: TokenError) -> Problem {
    match error {
        TokenError::Refused(problem) => problem,
        TokenError::Unavailable { reason, .. } => Problem {
            code: Code::AzureFailing,
            subject: "sentinel.identity".into(),
            cause: reason,
            next_step: "check that this machine may open connections to `sentinel.identity.authority`".into(),
        },
    }
}

async fn send_nothing(
    config: &Config,
    network: &Arc<dyn Transport>,
    tokens: &Arc<dyn TokenProvider>,
    stream: Stream,
) -> Result<(), Problem> {
    let progress = Arc::new(Progress::new(stream));
    let random = Random::from_system();
    let sink = parts::sink(config, network, tokens, &progress);
    let stop = Stop::new();
    let mut patience = Patience::new(&progress, &random, &stop, Endurance::Once, End::Destination);
    let (cause, code) = match tokio::time::timeout(config.http.timeout, sink.takes_nothing(&mut patience)).await {
        Ok(Ok(true)) => return Ok(()),
        Ok(Err(Halt::Stopped(problem) | Halt::Broken(problem))) => return Err(problem),
        Ok(Ok(false)) => ("Azure refuses an empty batch".to_owned(), Code::AzureRefusesEverything),
        Ok(Err(Halt::Leaving | Halt::Postponed)) | Err(_) => {
            (format!("Azure did not answer an empty batch within {:?}", config.http.timeout), Code::AzureFailing)
        }
    };
    Err(Problem {
        code,
        subject: format!("sentinel.rules.{stream}"),
        cause,
        next_step: "try again with `--verbose`, and see https://azure.status.microsoft".into(),
    })
}
