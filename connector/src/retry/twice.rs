//! Two tries, for whoever looks whether something works and waits for nothing.

use std::time::Duration;

use super::{Failure, Next};

/// The wait between both tries; a peer that asks for a longer one is not tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// Makes an attempt, and a second one after a short wait where that makes sense: where the failure may pass, or the attempt has
/// done what the failure asked for, as `acted` tells. What failed last is returned.
pub(crate) async fn twice<T, E: Failure>(
    attempt: impl AsyncFn() -> Result<T, E>,
    acted: impl Fn(E::Action) -> bool,
) -> Result<T, E> {
    match attempt().await {
        Err(error) if may_pass(error.next(), acted) => {
            tokio::time::sleep(PAUSE).await;
            attempt().await
        }
        first => first,
    }
}

fn may_pass<A>(next: Next<A>, acted: impl Fn(A) -> bool) -> bool {
    match next {
        Next::Retry { after } => after.is_none_or(|after| after <= PAUSE),
        Next::Act(action) => acted(action),
        Next::Block(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::Problem;
    use crate::problem::Code;

    #[derive(Debug, thiserror::Error)]
    #[error("try {0}")]
    struct Failing(usize, Next<bool>);

    impl Failure for Failing {
        type Action = bool;

        fn next(&self) -> Next<bool> {
            self.1.clone()
        }

        fn lasting(&self) -> Problem {
            Problem {
                code: Code::MiroFailing,
                subject: String::new(),
                cause: self.to_string(),
                next_step: String::new(),
            }
        }
    }

    /// How often is tried, for how long, and what is told, when every try fails so.
    async fn tried(next: Next<bool>) -> (usize, u64, String) {
        let (tries, began) = (RefCell::new(0), tokio::time::Instant::now());
        let attempt = async || {
            *tries.borrow_mut() += 1;
            Err(Failing(*tries.borrow(), next.clone()))
        };
        let failed: Result<(), Failing> = twice(attempt, |acted| acted).await;
        (*tries.borrow(), began.elapsed().as_secs(), failed.expect_err("every try fails").to_string())
    }

    #[tokio::test(start_paused = true)]
    async fn what_may_pass_is_tried_twice_and_the_last_is_told() {
        let second = |seconds| Next::Retry { after: Some(Duration::from_secs(seconds)) };
        assert_eq!(tried(Next::Retry { after: None }).await, (2, 1, "try 2".to_owned()));
        assert_eq!(tried(Next::Act(true)).await.0, 2);
        assert_eq!(tried(second(1)).await.0, 2);
        assert_eq!(tried(second(2)).await, (1, 0, "try 1".to_owned()));
        assert_eq!(tried(Next::Block(Failing(1, Next::Act(true)).lasting())).await.0, 1);
        assert_eq!(tried(Next::Act(false)).await.0, 1);
    }
}
