//! The metrics page, made from one snapshot at the moment it is asked for, so that its numbers belong together.

use std::fmt;

use jiff::Timestamp;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, NoLabelSet, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::registry::{Registry, Unit};

use crate::status::{RequestDurations, Status, StreamStatus};

/// The content type of the page (<https://prometheus.io/docs/specs/om/open_metrics_spec/>, read 2026-11-22).
pub(super) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The page for `status` at `now`.
pub(super) fn page(status: &Status, now: Timestamp) -> Result<String, fmt::Error> {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Snapshot { status: status.clone(), now }));
    let mut page = String::new();
    text::encode(&mut page, &registry)?;
    Ok(page)
}

/// A number that only grows, per stream. The page adds `_total` to the name.
struct Counter {
    name: &'static str,
    help: &'static str,
    read: fn(&StreamStatus) -> u64,
}

/// A number that goes up and down, per stream; absent while unknown.
struct Gauge {
    name: &'static str,
    help: &'static str,
    read: fn(&StreamStatus, Timestamp) -> Option<f64>,
}

const COUNTERS: [Counter; 14] = [
    Counter { name: "miro_sentinel_records_fetched", help: "Events read from Miro", read: |stream| stream.fetched },
    Counter {
        name: "miro_sentinel_records_delivered",
        help: "Events whose upload Azure acknowledged",
        read: |stream| stream.delivered,
    },
    Counter {
        name: "miro_sentinel_records_duplicate",
        help: "Events read again and not sent again",
        read: |stream| stream.duplicate,
    },
    Counter {
        name: "miro_sentinel_records_set_aside",
        help: "Events put into the dead-letter store",
        read: |stream| stream.set_aside,
    },
    Counter { name: "miro_sentinel_pages", help: "Calls to Miro for a page", read: |stream| stream.pages },
    Counter {
        name: "miro_sentinel_rate_limited",
        help: "Calls that Miro answered with 429",
        read: |stream| stream.rate_limited,
    },
    Counter { name: "miro_sentinel_batches", help: "Uploads that Azure acknowledged", read: |stream| stream.batches },
    Counter { name: "miro_sentinel_retries", help: "Calls tried again, at either end", read: |stream| stream.retries },
    Counter {
        name: "miro_sentinel_span_restarts",
        help: "Spans read again from their beginning since a cursor was of no use",
        read: |stream| stream.restarts,
    },
    Counter {
        name: "miro_sentinel_sweeps_delayed",
        help: "Late sweeps that waited for the rate budget",
        read: |stream| stream.sweeps_delayed,
    },
    Counter {
        name: "miro_sentinel_records_possible_duplicates",
        help: "Events sent again because the outcome of their upload is unknown, counted for each such upload",
        read: |stream| stream.possible_duplicates,
    },
    Counter {
        name: "miro_sentinel_odd_pages",
        help: "Pages that differ from what Miro documents and were read all the same",
        read: |stream| stream.odd_pages,
    },
    Counter {
        name: "miro_sentinel_records_long_field",
        help: "Events with a field over 64 KB, which Azure cuts",
        read: |stream| stream.long_fields,
    },
    Counter {
        name: "miro_sentinel_sent_bytes",
        help: "Bytes sent to Azure, compressed",
        read: |stream| stream.bytes_sent,
    },
];

const GAUGES: [Gauge; 11] = [
    Gauge {
        name: "miro_sentinel_poll_interval_seconds",
        help: "How often the newest events are asked for; longer than configured where the rate budget is small",
        read: |stream, _| Some(stream.poll_seconds as f64),
    },
    Gauge {
        name: "miro_sentinel_records_in_flight",
        help: "Events read and not yet settled",
        read: |stream, _| Some(stream.in_flight as f64),
    },
    Gauge {
        name: "miro_sentinel_delivery_lag_seconds",
        help: "How far behind now the newest time is that was read and delivered: what to alert on. History that is still to be \
               read does not count, see miro_sentinel_backlog_seconds; until something was read, the time since the start",
        read: |stream, now| stream.tail_to.or(stream.covered_to).map(|time| seconds_between(time, now)),
    },
    Gauge {
        name: "miro_sentinel_settled_lag_seconds",
        help: "How far behind now everything has been read for the last time",
        read: |stream, now| stream.settled_to.map(|time| seconds_between(time, now)),
    },
    Gauge {
        name: "miro_sentinel_open_spans",
        help: "Spans of time waiting to be read or being read",
        read: |stream, _| Some(stream.open_spans as f64),
    },
    Gauge {
        name: "miro_sentinel_backlog_seconds",
        help: "Source time that was never read: the first start's history, or what an outage left; not part of the lag",
        read: |stream, _| Some(stream.to_do_seconds as f64),
    },
    Gauge {
        name: "miro_sentinel_last_delivery_timestamp_seconds",
        help: "When Azure last acknowledged an upload",
        read: |stream, _| stream.last_delivery.map(unix_seconds),
    },
    Gauge {
        name: "miro_sentinel_last_page_timestamp_seconds",
        help: "When Miro last answered a page",
        read: |stream, _| stream.last_page.map(unix_seconds),
    },
    Gauge {
        name: "miro_sentinel_budget_remaining_credits",
        help: "Credits left in Miro's rate budget, as last reported",
        read: |stream, _| stream.budget_remaining.map(|credits| credits as f64),
    },
    Gauge {
        name: "miro_sentinel_budget_limit_credits",
        help: "Credits in Miro's rate budget, as last reported",
        read: |stream, _| stream.budget_limit.map(|credits| credits as f64),
    },
    Gauge {
        name: "miro_sentinel_dead_letters",
        help: "Events in the dead-letter store",
        read: |stream, _| Some(stream.dead_letters as f64),
    },
];

#[derive(Debug)]
struct Snapshot {
    status: Status,
    now: Timestamp,
}

impl Collector for Snapshot {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for counter in &COUNTERS {
            let mut metric = encoder.encode_descriptor(counter.name, counter.help, None, MetricType::Counter)?;
            for (name, stream) in &self.status.streams {
                let labels = [("stream", name.as_str())];
                ConstCounter::new((counter.read)(stream)).encode(metric.encode_family(&labels)?)?;
            }
        }
        for gauge in &GAUGES {
            let mut metric = encoder.encode_descriptor(gauge.name, gauge.help, None, MetricType::Gauge)?;
            for (name, stream) in &self.status.streams {
                if let Some(value) = (gauge.read)(stream, self.now) {
                    metric.encode_family(&[("stream", name.as_str())])?.encode_gauge(&value)?;
                }
            }
        }
        self.encode_problems(&mut encoder)?;
        self.encode_durations(&mut encoder)?;
        let ready = f64::from(u8::from(self.status.ready));
        let help = "1 once every stream has recently reached Miro and Azure and no problem is open";
        encoder.encode_descriptor("miro_sentinel_ready", help, None, MetricType::Gauge)?.encode_gauge(&ready)?;
        let mut build =
            encoder.encode_descriptor("miro_sentinel_build", "Build information", None, MetricType::Info)?;
        build.encode_info(&[("version", env!("CARGO_PKG_VERSION"))])
    }
}

impl Snapshot {
    /// How long requests took, both streams together.
    fn encode_durations(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let help = "Duration of requests by peer (miro, azure) and outcome (ok, throttled, refused, server_error, timed_out, no_response)";
        let name = "miro_sentinel_request_duration";
        let mut metric = encoder.encode_descriptor(name, help, Some(&Unit::Seconds), MetricType::Histogram)?;
        let mut durations = RequestDurations::default();
        self.status.streams.values().for_each(|stream| durations.add(&stream.request_durations));
        for (service, outcome, histogram) in durations.iter() {
            let labels = [("peer", service.name()), ("outcome", outcome.name())];
            let (sum, count, buckets) = (histogram.sum, histogram.count, histogram.buckets());
            metric.encode_family(&labels)?.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)?;
        }
        Ok(())
    }

    /// One line for each open problem, named by its code.
    fn encode_problems(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let help = "An open problem that requires operator action, by its code";
        let mut metric = encoder.encode_descriptor("miro_sentinel_problem", help, None, MetricType::Gauge)?;
        for (name, stream) in &self.status.streams {
            if let Some(problem) = &stream.problem {
                let labels = [("stream", name.as_str()), ("code", problem.code.as_str())];
                metric.encode_family(&labels)?.encode_gauge(&1.0_f64)?;
            }
        }
        Ok(())
    }
}

fn seconds_between(earlier: Timestamp, later: Timestamp) -> f64 {
    later.duration_since(earlier).as_secs_f64().max(0.0)
}

fn unix_seconds(time: Timestamp) -> f64 {
    time.as_millisecond() as f64 / 1000.0
}
