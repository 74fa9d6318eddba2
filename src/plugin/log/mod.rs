//! Logs in the form core reads from a plugin's standard error: one JSON object a line, in the keys
//! of [hclog](https://github.com/hashicorp/go-hclog).
//!
//! Core cuts lines at 64 KiB and takes a line whose timestamp has not exactly six fraction digits
//! for plain text, so both are kept here. Users paste these logs: nothing secret may reach them,
//! which is why the layers of the AWS SDK that see requests are held at `info` whatever the level.

mod line;

use std::io::{self, Write};

use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

use line::Fields;

/// Variables that set the level; the first one that is set counts.
const VARIABLES: [&str; 3] = ["TF_LOG_PROVIDER_OFFICELESS", "TF_LOG_PROVIDER", "TF_LOG"];

/// Crates that tell about bytes and frames: of interest only to who asks for everything.
const TRANSPORT: [&str; 6] = ["h2", "hyper", "hyper_util", "rustls", "tonic", "tower"];

/// Starts logging if the environment asks for it.
///
/// Whatever keeps it from starting is no reason to keep the provider from doing so.
pub fn start() {
    let level = level(|name| std::env::var(name).ok());
    if level != LevelFilter::OFF {
        let subscriber = Registry::default().with(Hclog::new(level, io::stderr));
        // An error means that somebody else has started logging before.
        let _ = tracing::subscriber::set_global_default(subscriber);
    }
}

/// The level the environment asks for; nothing set is off, and a word core does not know either is
/// everything, as in core.
fn level(lookup: impl Fn(&'static str) -> Option<String>) -> LevelFilter {
    let wanted = VARIABLES.into_iter().filter_map(lookup).find(|value| !value.is_empty());
    wanted.map_or(LevelFilter::OFF, |value| match value.to_ascii_uppercase().as_str() {
        "OFF" => LevelFilter::OFF,
        "ERROR" => LevelFilter::ERROR,
        "WARN" => LevelFilter::WARN,
        "INFO" => LevelFilter::INFO,
        "DEBUG" => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    })
}

/// The most detailed level a module may log at. More detail compares greater.
fn ceiling(target: &str, level: LevelFilter) -> LevelFilter {
    let crate_name = target.split("::").next().unwrap_or(target);
    if crate_name.starts_with("aws_") {
        level.min(LevelFilter::INFO)
    } else if TRANSPORT.contains(&crate_name) && level != LevelFilter::TRACE {
        level.min(LevelFilter::WARN)
    } else {
        level
    }
}

/// Writes events as lines of JSON.
struct Hclog<W> {
    level: LevelFilter,
    writer: W,
}

impl<W, T> Hclog<W>
where
    W: Fn() -> T,
    T: Write,
{
    fn new(level: LevelFilter, writer: W) -> Self {
        Self { level, writer }
    }
}

impl<S, W, T> Layer<S> for Hclog<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: Fn() -> T + 'static,
    T: Write,
{
    fn enabled(&self, metadata: &Metadata<'_>, _context: Context<'_, S>) -> bool {
        *metadata.level() <= ceiling(metadata.target(), self.level)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.level)
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        for span in
            context.event_scope(event).into_iter().flatten().collect::<Vec<_>>().iter().rev()
        {
            if let Some(outer) = span.extensions().get::<Fields>() {
                fields.extend(outer);
            }
        }
        event.record(&mut fields);
        let metadata = event.metadata();
        let line =
            line::encode(word(*metadata.level()), metadata.target(), fields, line::timestamp());
        // One write, so that lines of several threads do not mix. When it fails there is nobody
        // left to tell.
        let _ = (self.writer)().write_all(line.as_bytes());
    }
}

/// Core's word for a level.
fn word(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}

#[cfg(test)]
mod tests;
