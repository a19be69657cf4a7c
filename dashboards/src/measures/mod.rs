//! `/metrics`: how this process, its store and its connections do, for Prometheus.
//!
//! What happens in the process is counted where it happens (`Store::register_measures`); the rest is read from the store at each scrape (`gather.rs`). Labels are names of
//! the configuration alone (connections, rules, databases) and words of fixed lists: no person, no channel's figures, no amounts.

mod gather;
mod process;

use std::fmt::Error;

use axum::extract::State;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, prometheus_text, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;

use crate::access::{Part, Principal};
use crate::failure::Failure;
use crate::router::Shared;

pub(crate) use gather::{gather, ties_query};

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What a sample's value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Goes up and down.
    Gauge,
    /// Only goes up; the name is written with `_total`.
    Counter,
}

/// Labels of a sample: names from a fixed list to names of the configuration.
pub(crate) type Labels = Vec<(&'static str, String)>;

/// A metric with its samples.
#[derive(Debug, Clone)]
pub(crate) struct Measure {
    pub(crate) name: &'static str,
    pub(crate) help: &'static str,
    pub(crate) kind: Kind,
    pub(crate) samples: Vec<(Labels, f64)>,
}

impl Measure {
    /// A value that goes up and down.
    pub(crate) fn gauge(name: &'static str, help: &'static str) -> Self {
        Measure { name, help, kind: Kind::Gauge, samples: Vec::new() }
    }

    /// A value that only goes up. The name without `_total`.
    pub(crate) fn counter(name: &'static str, help: &'static str) -> Self {
        Measure { kind: Kind::Counter, ..Measure::gauge(name, help) }
    }

    /// With one more sample.
    pub(crate) fn with(mut self, labels: Labels, value: f64) -> Self {
        self.put(labels, value);
        self
    }

    /// Adds a sample.
    pub(crate) fn put(&mut self, labels: Labels, value: f64) {
        self.samples.push((labels, value));
    }
}

#[derive(Debug)]
struct Gathered(Vec<Measure>);

impl Collector for Gathered {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), Error> {
        for measure in self.0.iter().filter(|measure| !measure.samples.is_empty()) {
            let kind = match measure.kind {
                Kind::Gauge => MetricType::Gauge,
                Kind::Counter => MetricType::Counter,
            };
            let mut family = encoder.encode_descriptor(measure.name, measure.help, None, kind)?;
            for (labels, value) in &measure.samples {
                let sample = family.encode_family(labels)?;
                match measure.kind {
                    Kind::Gauge => ConstGauge::new(*value).encode(sample)?,
                    Kind::Counter => ConstCounter::new(*value).encode(sample)?,
                }
            }
        }
        Ok(())
    }
}

/// `/metrics`
pub(crate) async fn scrape(State(shared): State<Shared>, principal: Principal, headers: HeaderMap) -> Result<Response, Failure> {
    // What connections brought is of all requisitions.
    principal.enter(Part::Runs)?;
    // As many reports run at one time as without a scrape.
    let _turn = shared.turns.acquire().await.map_err(|_| Failure::new(StatusCode::SERVICE_UNAVAILABLE, "the server is stopping"))?;
    let mut measures = process::measures();
    let mut up = Measure::gauge("inflow_store_up", "1 when the store answers; of the store nothing else is told when it does not");
    match shared.figures.measures().await {
        Ok(told) => {
            up.put(Vec::new(), 1.0);
            measures.extend(told);
        }
        Err(_) => up.put(Vec::new(), 0.0),
    }
    measures.push(up);
    let mut registry = Registry::default();
    shared.figures.register(&mut registry);
    registry.register_collector(Box::new(Gathered(measures)));
    let open = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|text| text.contains("application/openmetrics-text"));
    let mut written = String::new();
    let (encoded, kind) =
        if open { (text::encode(&mut written, &registry), OPEN_METRICS) } else { (prometheus_text::encode(&mut written, &registry), TEXT) };
    encoded.map_err(|_| Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "the metrics cannot be written"))?;
    Ok(([(CONTENT_TYPE, kind)], written).into_response())
}
