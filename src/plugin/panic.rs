//! Panics told to the user.
//!
//! Core keeps what follows a line that starts with `panic: ` and shows it as the crash of the plugin.
//! Rust's own report does not start so and would be lost. A panic in an RPC is caught by [`guard`],
//! so that it becomes a diagnostic instead of a stream that breaks off.

use std::any::Any;
use std::backtrace::Backtrace;
use std::fmt::Write as _;
use std::io::Write as _;

use tracing::Instrument as _;

use crate::sensitive::without_secrets;

/// Core keeps about a hundred lines.
const BACKTRACE_LINES: usize = 80;

/// A piece of work that did not come to its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Panicked {
    /// What the panic said.
    pub message: String,
}

/// Replaces Rust's report of a panic by one that core recognises.
pub fn install_hook() {
    std::panic::set_hook(Box::new(|info| {
        let message = text(info.payload());
        let location = info.location().map(ToString::to_string);
        let thread = std::thread::current();
        let report = report(
            message,
            location.as_deref().unwrap_or("unknown"),
            thread.name().unwrap_or("unnamed"),
            &Backtrace::force_capture().to_string(),
        );
        // There is nobody left to tell when this fails.
        let _ = std::io::stderr().lock().write_all(report.as_bytes());
    }));
}

fn report(message: &str, location: &str, thread: &str, backtrace: &str) -> String {
    let message = without_secrets(message);
    let mut report = format!("panic: {message}\n  at {location}, thread {thread}\n");
    for line in backtrace.lines().take(BACKTRACE_LINES) {
        // Writing to a string does not fail.
        let _ = writeln!(report, "{line}");
    }
    report
}

/// Runs a piece of work to its end, even if the caller is dropped meanwhile: core may reset the
/// stream of an RPC, and work that changes something must not be cut off at an await then.
///
/// A panic in the work is caught and handed back as its text.
pub async fn guard<F>(work: F) -> Result<F::Output, Panicked>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    tokio::spawn(work.in_current_span()).await.map_err(|error| {
        let message = match error.try_into_panic() {
            Ok(payload) => text(payload.as_ref()).to_owned(),
            Err(_) => "the process is ending".to_owned(),
        };
        Panicked { message }
    })
}

/// What a panic said; panics carry text unless somebody takes pains.
fn text(payload: &(dyn Any + Send)) -> &str {
    if let Some(text) = payload.downcast_ref::<&str>() {
        text
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text
    } else {
        "a panic without text"
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use tokio::sync::oneshot;

    use super::*;

    #[test]
    fn a_report_starts_as_core_expects_and_stays_within_its_limit() {
        let backtrace = "frame\n".repeat(500);
        let report = report("went wrong", "src/x.rs:1:2", "main", &backtrace);
        assert!(report.starts_with("panic: went wrong\n  at src/x.rs:1:2, thread main\nframe\n"));
        assert!(report.lines().count() < 100);
    }

    #[test]
    fn a_report_holds_no_secret() {
        crate::sensitive::note("a-secret-of-the-report");
        let report = report("no \"a-secret-of-the-report\"", "src/x.rs:1:2", "main", "frame");
        assert!(report.starts_with("panic: no \"(sensitive value)\"\n"), "{report}");
    }

    #[tokio::test]
    async fn a_panic_becomes_its_text() {
        let outcome = guard(async { panic!("lost {}", "it") }).await;
        let outcome: Result<(), _> = outcome;
        assert_eq!(outcome, Err(Panicked { message: "lost it".to_owned() }));
    }

    #[tokio::test]
    async fn a_result_passes_through() {
        assert_eq!(guard(async { 7 }).await, Ok(7));
    }

    #[tokio::test]
    async fn work_goes_on_when_the_caller_is_dropped() {
        let (start, started) = oneshot::channel::<()>();
        let (finish, finished) = oneshot::channel();
        let caller = guard(async move {
            started.await.unwrap();
            finish.send("done").unwrap();
        });
        assert!(caller.now_or_never().is_none());
        start.send(()).unwrap();
        assert_eq!(finished.await, Ok("done"));
    }
}
