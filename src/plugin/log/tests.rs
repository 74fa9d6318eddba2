//! Lines as core reads them, levels, and what is held back.

use std::sync::{Arc, Mutex};

use serde_json::Value;
use time::PrimitiveDateTime;
use time::macros::format_description;

use super::*;

/// A standard error to look into.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Vec<u8>>>);

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The lines that the given work logs at a level.
fn lines(level: LevelFilter, work: impl FnOnce()) -> Vec<String> {
    let memory = Memory::default();
    let writer = memory.clone();
    let subscriber = Registry::default().with(Hclog::new(level, move || writer.clone()));
    tracing::subscriber::with_default(subscriber, work);
    let bytes = memory.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect()
}

fn only_line(work: impl FnOnce()) -> Value {
    let lines = lines(LevelFilter::TRACE, work);
    assert_eq!(lines.len(), 1, "{lines:?}");
    serde_json::from_str(&lines[0]).unwrap()
}

fn level_of(variables: &'static [(&'static str, &'static str)]) -> LevelFilter {
    level(|wanted| {
        variables.iter().find_map(|(name, value)| (*name == wanted).then(|| (*value).to_owned()))
    })
}

#[test]
fn a_line_has_the_keys_of_hclog_and_the_fields_as_they_are() {
    let line =
        only_line(|| tracing::warn!(target: "a::b", attempt = 2, ready = false, "not {}", "yet"));
    assert_eq!(line["@level"], "warn");
    assert_eq!(line["@message"], "not yet");
    assert_eq!(line["@module"], "a.b");
    assert_eq!(line["attempt"], 2);
    assert_eq!(line["ready"], false);
}

#[test]
fn a_timestamp_has_exactly_six_fraction_digits() {
    let form =
        format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z");
    let line = only_line(|| tracing::info!("x"));
    let timestamp = line["@timestamp"].as_str().unwrap();
    assert_eq!(timestamp.len(), "2026-01-02T03:04:05.000000Z".len());
    PrimitiveDateTime::parse(timestamp, form).unwrap();
}

#[test]
fn fields_of_the_spans_around_are_told_inner_ones_first() {
    let line = only_line(|| {
        let outer = tracing::info_span!("outer", resource = "bucket", step = "outer");
        outer.in_scope(|| {
            let inner = tracing::info_span!("inner", step = tracing::field::Empty);
            inner.record("step", "inner");
            inner.in_scope(|| tracing::info!("x"));
        });
    });
    assert_eq!(line["resource"], "bucket");
    assert_eq!(line["step"], "inner");
}

#[test]
fn no_field_can_take_the_place_of_a_key_core_insists_on() {
    let line = only_line(|| tracing::info!({ r"@level" = 7, message = 8 }));
    assert_eq!(line["@level"], "info");
    assert_eq!(line["@message"], "8");
}

#[test]
fn a_line_stays_under_what_core_reads() {
    let long = "ü".repeat(100_000);
    let lines = lines(LevelFilter::TRACE, || {
        tracing::info!(long, "one");
        tracing::info!(
            a = long,
            b = long,
            c = long,
            d = long,
            e = long,
            f = long,
            g = long,
            h = long,
            "eight"
        );
        tracing::info!("{long}");
    });
    assert_eq!(lines.len(), 3);
    for line in &lines {
        assert!(line.len() < 64 << 10);
        serde_json::from_str::<Value>(line).unwrap();
    }
    assert!(lines[1].contains("\"fields_left_out\":true"));
}

#[test]
fn no_secret_is_told_whoever_logs_it() {
    crate::sensitive::note("a-secret-of-the-log");
    let lines = lines(LevelFilter::TRACE, || {
        let span = tracing::info_span!("outer", around = "a-secret-of-the-log");
        span.in_scope(|| {
            tracing::warn!(text = "a-secret-of-the-log", "not {}", "a-secret-of-the-log");
            tracing::trace!(target: "hyper", sent = ?Some("a-secret-of-the-log"), "headers");
            tracing::info!("{}a-secret-of-the-log", "x".repeat((8 << 10) - 8));
        });
    });
    assert_eq!(lines.len(), 3);
    for line in lines {
        assert!(!line.contains("a-secret"), "{line}");
    }
}

#[test]
fn the_most_specific_variable_that_is_set_counts() {
    assert_eq!(level_of(&[]), LevelFilter::OFF);
    assert_eq!(level_of(&[("TF_LOG", "warn")]), LevelFilter::WARN);
    assert_eq!(level_of(&[("TF_LOG", "JSON")]), LevelFilter::TRACE);
    assert_eq!(level_of(&[("TF_LOG", "sure")]), LevelFilter::TRACE);
    assert_eq!(level_of(&[("TF_LOG", "DEBUG"), ("TF_LOG_PROVIDER", "ERROR")]), LevelFilter::ERROR);
    assert_eq!(level_of(&[("TF_LOG", "DEBUG"), ("TF_LOG_PROVIDER", "")]), LevelFilter::DEBUG);
    let off = &[("TF_LOG_PROVIDER", "INFO"), ("TF_LOG_PROVIDER_OFFICELESS", "off")];
    assert_eq!(level_of(off), LevelFilter::OFF);
}

#[test]
fn the_aws_sdk_never_logs_below_info() {
    let lines = lines(LevelFilter::TRACE, || {
        tracing::debug!(target: "aws_smithy_runtime::client", "request with its signature");
        tracing::info!(target: "aws_config", "region");
    });
    assert_eq!(lines.len(), 1);
    assert!(lines[0].contains("region"));
}

#[test]
fn the_transport_is_quiet_unless_everything_is_wanted() {
    let work = || {
        tracing::debug!(target: "h2::codec", "frame");
        tracing::warn!(target: "rustls", "odd");
        tracing::debug!(target: "h2o", "water");
    };
    assert_eq!(lines(LevelFilter::DEBUG, work).len(), 2);
    assert_eq!(lines(LevelFilter::TRACE, work).len(), 3);
    assert_eq!(lines(LevelFilter::ERROR, work).len(), 0);
}
