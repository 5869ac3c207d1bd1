//! How long requests take, by peer and outcome: bounded label sets, fixed buckets.

use std::collections::BTreeMap;
use std::time::Duration;

use http::StatusCode;

use crate::transport::TransportError;

/// Which service a request went to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Service {
    /// Miro's logs, and what it says of a token.
    Miro,
    /// Azure's logs ingestion endpoint.
    Azure,
}

impl Service {
    /// Its label.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Miro => "miro",
            Self::Azure => "azure",
        }
    }
}

/// How a request ended, by its status or by the lack of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum RequestOutcome {
    /// 2xx.
    Ok,
    /// 429.
    Throttled,
    /// Any other status under 500.
    Refused,
    /// 5xx.
    ServerError,
    /// No whole response within the time allowed.
    TimedOut,
    /// No whole response: the connection was not made, or broke.
    NoResponse,
}

impl RequestOutcome {
    /// Its label.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Throttled => "throttled",
            Self::Refused => "refused",
            Self::ServerError => "server_error",
            Self::TimedOut => "timed_out",
            Self::NoResponse => "no_response",
        }
    }

    /// The outcome of a request that `sent` tells of.
    pub(crate) fn of<B>(sent: Result<&http::Response<B>, &TransportError>) -> Self {
        match sent.map(http::Response::status) {
            Ok(StatusCode::TOO_MANY_REQUESTS) => Self::Throttled,
            Ok(status) if status.is_success() => Self::Ok,
            Ok(status) if status.is_server_error() => Self::ServerError,
            Ok(_) => Self::Refused,
            Err(TransportError::TimedOut { .. }) => Self::TimedOut,
            Err(
                TransportError::Connect { .. }
                | TransportError::Proxy(_)
                | TransportError::Tls { .. }
                | TransportError::Cut { .. }
                | TransportError::TooLarge { .. }
                | TransportError::Invalid { .. },
            ) => Self::NoResponse,
        }
    }
}

/// Upper bounds of the buckets, in seconds; the last bucket has none.
const BOUNDS: [f64; 11] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0];

/// The durations of requests of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Histogram {
    /// Seconds of all together.
    pub(crate) sum: f64,
    /// Requests.
    pub(crate) count: u64,
    /// Requests by bucket, each alone.
    buckets: [u64; BOUNDS.len() + 1],
}

impl Histogram {
    fn observe(&mut self, seconds: f64) {
        self.sum += seconds;
        self.count += 1;
        self.buckets[BOUNDS.partition_point(|bound| *bound < seconds)] += 1;
    }

    /// Each bucket's upper bound and its requests.
    pub(crate) fn buckets(&self) -> Vec<(f64, u64)> {
        BOUNDS.into_iter().chain([f64::INFINITY]).zip(self.buckets).collect()
    }
}

/// The durations of requests since the start of the process, by service and outcome.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestDurations(BTreeMap<(Service, RequestOutcome), Histogram>);

impl RequestDurations {
    /// Counts a request that took `took`.
    pub(crate) fn observe(&mut self, service: Service, outcome: RequestOutcome, took: Duration) {
        self.0.entry((service, outcome)).or_default().observe(took.as_secs_f64());
    }

    /// Adds those of another stream.
    pub(crate) fn add(&mut self, other: &Self) {
        for (labels, more) in &other.0 {
            let histogram = self.0.entry(*labels).or_default();
            histogram.sum += more.sum;
            histogram.count += more.count;
            for (bucket, more) in histogram.buckets.iter_mut().zip(more.buckets) {
                *bucket += more;
            }
        }
    }

    /// Each pair of labels with its histogram, in a fixed order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Service, RequestOutcome, &Histogram)> {
        self.0.iter().map(|((service, outcome), histogram)| (*service, *outcome, histogram))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_response_and_every_lack_of_one_has_an_outcome() {
        let of = |status: u16| {
            let response = http::Response::builder().status(status).body(()).unwrap();
            RequestOutcome::of(Ok(&response)).name()
        };
        let outcomes = [200, 204, 302, 401, 413, 429, 500, 503].map(of);
        let expected = ["ok", "ok", "refused", "refused", "refused", "throttled", "server_error", "server_error"];
        assert_eq!(outcomes, expected);
        let late = TransportError::TimedOut { host: String::new(), limit: Duration::ZERO };
        let cut = TransportError::Cut { host: String::new(), reason: String::new() };
        assert_eq!(RequestOutcome::of::<()>(Err(&late)), RequestOutcome::TimedOut);
        assert_eq!(RequestOutcome::of::<()>(Err(&cut)), RequestOutcome::NoResponse);
    }

    #[test]
    fn a_request_is_in_the_first_bucket_whose_bound_it_does_not_pass() {
        let mut one = RequestDurations::default();
        for millis in [50, 51, 600_000] {
            one.observe(Service::Miro, RequestOutcome::Ok, Duration::from_millis(millis));
        }
        let mut both = one.clone();
        both.add(&one);
        let [(service, outcome, histogram)] = both.iter().collect::<Vec<_>>()[..] else { panic!("{both:?}") };
        assert_eq!((service, outcome, histogram.count), (Service::Miro, RequestOutcome::Ok, 6));
        let filled: Vec<_> = histogram.buckets().into_iter().filter(|(_, requests)| *requests > 0).collect();
        assert_eq!(filled, [(0.05, 2), (0.1, 2), (f64::INFINITY, 2)]);
    }
}
