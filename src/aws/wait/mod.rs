//! The one place that waits.
//!
//! A [`Wait`] polls until AWS reports a target state and stops at once on three things: a state
//! that cannot lead to the target, its deadline, or a cancelled operation. Each poll is logged with
//! the state, the time spent and the next poll. The pauses grow from short to long with jitter, so
//! that many waits do not poll in step. All time is tokio's, which tests may pause.
//!
//! An operation of many calls and waits goes on under [`Wait::govern`]: so its deadline also holds
//! for what the SDK repeats within a call.

mod back_off;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::error::{Error, Kind, Service};
use super::retry;
pub(super) use back_off::BackOff;

tokio::task_local! {
    static OPERATION: Deadline;
}

/// A point in time by which an operation must have ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Instant);

impl Deadline {
    /// Longest span a deadline may lie ahead; more is cut to this.
    const FURTHEST: Duration = Duration::from_hours(30 * 24);

    /// The deadline `span` from now.
    pub fn after(span: Duration) -> Self {
        Self(Instant::now() + span.min(Self::FURTHEST))
    }

    /// When the operation that is under way in this task has to end, if one is.
    pub(super) fn of_operation() -> Option<Self> {
        OPERATION.try_with(|deadline| *deadline).ok()
    }

    /// This deadline, or the one `span` from now if that is earlier.
    #[must_use]
    pub fn within(self, span: Duration) -> Self {
        self.min(Self::after(span))
    }

    /// Time left; zero once passed.
    pub fn remaining(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    /// Whether no time is left.
    pub fn passed(self) -> bool {
        self.remaining().is_zero()
    }
}

/// How the pauses between polls grow: doubling from `first` to `longest`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pacing {
    first: Duration,
    longest: Duration,
}

impl Default for Pacing {
    /// From 100 ms to 10 s: quick things are seen quickly, slow ones cost few calls.
    fn default() -> Self {
        Self { first: Duration::from_millis(100), longest: Duration::from_secs(10) }
    }
}

impl Pacing {
    /// Pauses from `first` to `longest`; `None` unless zero < `first` ≤ `longest`.
    pub fn new(first: Duration, longest: Duration) -> Option<Self> {
        (!first.is_zero() && first <= longest).then_some(Self { first, longest })
    }

    /// The pause before poll number `poll` (the first pause is number 1), between half and all of
    /// the planned length.
    fn pause(self, poll: u32) -> Duration {
        let doublings = poll.saturating_sub(1).min(20);
        let planned = self.first.saturating_mul(1 << doublings).min(self.longest);
        planned.mul_f64(0.5 + fastrand::f64() / 2.0)
    }
}

/// What one poll saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen<T> {
    /// The target is reached.
    Done(T),
    /// Not yet; the text is the state as AWS reports it.
    Pending(String),
    /// The target cannot be reached from here; the text says why, beginning with the state.
    Failed(String),
}

/// Which states lead to the target. A state in neither list fails the wait.
#[derive(Clone, Copy, Debug)]
pub struct States {
    /// States to wait in.
    pub pending: &'static [&'static str],
    /// States to wait for.
    pub target: &'static [&'static str],
}

impl States {
    /// Judges `state`; `value` is what the wait answers with once the target is reached.
    pub fn judge<T>(&self, state: &str, value: T) -> Seen<T> {
        if self.target.contains(&state) {
            Seen::Done(value)
        } else if self.pending.contains(&state) {
            Seen::Pending(state.to_owned())
        } else {
            Seen::Failed(format!("state {state:?}, expected {}", self.target.join(" or ")))
        }
    }
}

/// Limits of a wait: how long, how often, and what stops it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Wait {
    /// When to give up with [`Kind::Timeout`].
    pub deadline: Deadline,
    /// Stops the wait with [`Kind::Cancelled`].
    pub cancel: CancellationToken,
    /// Pauses between polls.
    pub pacing: Pacing,
}

/// What a wait is about, for logs and errors.
#[derive(Clone, Copy, Debug)]
pub(super) struct About<'a> {
    pub(super) service: Service,
    /// The operation that polls.
    pub(super) operation: &'static str,
    /// As in `file system fs-123 to become available`.
    pub(super) what: &'a str,
}

impl About<'_> {
    /// Tells that a wait begins.
    fn begin(&self) {
        let Self { service, operation, what } = self;
        tracing::debug!(aws_service = %service, aws_operation = operation, what, "waiting");
    }
}

impl Wait {
    /// A wait until `deadline` with the usual pacing.
    pub fn new(deadline: Deadline, cancel: CancellationToken) -> Self {
        Self { deadline, cancel, pacing: Pacing::default() }
    }

    /// The same wait, ending after `span` at the latest.
    #[must_use]
    pub fn within(&self, span: Duration) -> Self {
        Self { deadline: self.deadline.within(span), ..self.clone() }
    }

    /// Runs an operation that has to end with this wait's deadline. No call in it is repeated
    /// beyond that; one under way is not cut off, since it may change something.
    pub fn govern<R>(&self, operation: impl Future<Output = R>) -> impl Future<Output = R> {
        // Operations are deep futures over the SDK's own: they are not copied into their callers.
        OPERATION.scope(self.deadline, Box::pin(operation))
    }

    /// Polls `probe` until it is done. `what` completes the sentence "waiting for …".
    ///
    /// Throttling and broken connections met while polling are waited out like a pending state,
    /// because the object itself goes on; any other error of `probe` ends the wait. A call of
    /// `probe` is not repeated beyond the deadline of the wait.
    pub async fn until<T, F, Fut>(
        &self,
        service: Service,
        operation: &'static str,
        what: &str,
        mut probe: F,
    ) -> Result<T, Error>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<Seen<T>, Error>>,
    {
        let about = About { service, operation, what };
        about.begin();
        let started = Instant::now();
        let mut last = Last { state: "not polled yet".to_owned(), error: None };
        for poll in 1.. {
            match self.bounded(about, &mut last, self.govern(probe())).await? {
                Ok(Seen::Done(value)) => {
                    tracing::debug!(what, elapsed = ?started.elapsed(), "reached");
                    return Ok(value);
                }
                Ok(Seen::Failed(state)) => return Err(failed(about, &state)),
                Ok(Seen::Pending(state)) => last = Last { state, error: None },
                Err(error) if retry::passing(&error) => last.error = Some(error),
                Err(error) => return Err(error),
            }
            let pause = self.pacing.pause(poll);
            tracing::info!(
                what,
                state = last.state,
                elapsed_seconds = started.elapsed().as_secs(),
                next_poll_milliseconds = pause.as_millis(),
                error = last.error.as_ref().map(tracing::field::display),
                "still waiting"
            );
            self.pause(about, &mut last, pause).await?;
        }
        Err(failed(about, "poll counter exhausted"))
    }

    /// Repeats `call` while it fails with an error `again` accepts; see the predicates of
    /// [`super::retry`]. At the deadline the last error of `call` itself is returned: it tells more
    /// than a timeout would. A call under way is never cut off, since it may change something.
    pub async fn retry_while<T, F, Fut>(
        &self,
        again: impl Fn(&Error) -> bool,
        mut call: F,
    ) -> Result<T, Error>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, Error>>,
    {
        for attempt in 1.. {
            let error = match call().await {
                Err(error) if again(&error) => error,
                result => return result,
            };
            let pause = self.pacing.pause(attempt);
            if pause >= self.deadline.remaining() && !self.cancel.is_cancelled() {
                return Err(error);
            }
            tracing::info!(
                aws_service = %error.service,
                aws_operation = error.operation,
                code = error.code.as_deref(),
                next_attempt_milliseconds = pause.as_millis(),
                "AWS is not ready for this call yet"
            );
            let about = About { service: error.service, operation: error.operation, what: "" };
            let mut last = Last { state: error.to_string(), error: Some(error) };
            self.pause(about, &mut last, pause).await?;
        }
        Err(Error::new(Service::Sts, "retry", Kind::Other, "attempt counter exhausted"))
    }

    /// Repeats a call like [`Self::retry_while`], and before each repetition asks whether an earlier one
    /// `is_heard`: one whose answer was lost is refused when it is sent again, like one too early.
    pub async fn retry_until_heard<F, Fut, G, Heard>(
        &self,
        again: impl Fn(&Error) -> bool,
        is_heard: G,
        call: F,
    ) -> Result<(), Error>
    where
        F: Fn() -> Fut,
        Fut: Future<Output = Result<(), Error>>,
        G: Fn() -> Heard,
        Heard: Future<Output = Result<bool, Error>>,
    {
        let repeats = AtomicBool::new(false);
        self.retry_while(again, || async {
            if repeats.swap(true, Ordering::Relaxed) && is_heard().await? {
                return Ok(());
            }
            call().await
        })
        .await
    }

    /// Runs long `work` of many calls and stops it at the deadline or when cancelled.
    pub(super) async fn guard<R>(
        &self,
        service: Service,
        operation: &'static str,
        what: &str,
        work: impl Future<Output = R>,
    ) -> Result<R, Error> {
        let about = About { service, operation, what };
        about.begin();
        let mut last = Last { state: "under way".to_owned(), error: None };
        self.bounded(about, &mut last, work).await
    }

    /// Sleeps for `pause`, or fails as soon as the wait has to stop.
    async fn pause(&self, about: About<'_>, last: &mut Last, pause: Duration) -> Result<(), Error> {
        #[allow(clippy::disallowed_methods, reason = "this is the one place that waits")]
        let sleep = tokio::time::sleep(pause);
        self.bounded(about, last, sleep).await
    }

    /// Runs `work`, or fails as soon as the wait has to stop.
    async fn bounded<R>(
        &self,
        about: About<'_>,
        last: &mut Last,
        work: impl Future<Output = R>,
    ) -> Result<R, Error> {
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(last.stopped(about, Kind::Cancelled)),
            result = work => Ok(result),
            () = tokio::time::sleep_until(self.deadline.0) => {
                Err(last.stopped(about, Kind::Timeout))
            }
        }
    }
}

/// What was last known when a wait had to stop.
struct Last {
    state: String,
    error: Option<Error>,
}

impl Last {
    fn stopped(&mut self, about: About<'_>, kind: Kind) -> Error {
        let verb = if kind == Kind::Cancelled { "cancelled" } else { "timed out" };
        let target = if about.what.is_empty() {
            String::new()
        } else {
            format!(" waiting for {}", about.what)
        };
        let message = format!("{verb}{target}; last status: {}", self.state);
        let error = Error::new(about.service, about.operation, kind, message);
        match self.error.take() {
            Some(source) => error.with_source(source),
            None => error,
        }
    }
}

fn failed(about: About<'_>, state: &str) -> Error {
    let message = format!("waiting for {} failed: {state}", about.what);
    Error::new(about.service, about.operation, Kind::Other, message)
}

#[cfg(test)]
mod tests;
