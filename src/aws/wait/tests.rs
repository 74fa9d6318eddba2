use std::cell::Cell;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

use super::*;

const STATES: States = States { pending: &["creating", "updating"], target: &["available"] };

fn wait(seconds: u64) -> Wait {
    Wait::new(Deadline::after(Duration::from_secs(seconds)), CancellationToken::new())
}

async fn poll<Fut>(wait: &Wait, probe: impl FnMut() -> Fut) -> Result<u32, Error>
where
    Fut: Future<Output = Result<Seen<u32>, Error>>,
{
    wait.until(Service::Efs, "DescribeFileSystems", "fs-1 to become available", probe).await
}

fn busy_error() -> Error {
    let mut error = Error::new(Service::Efs, "PutBackupPolicy", Kind::Conflict, "changing");
    error.code = Some("IncorrectFileSystemLifeCycleState".into());
    error
}

#[tokio::test(start_paused = true)]
async fn polls_until_the_target_state() {
    let polls = Cell::new(0);
    let wait = wait(60);
    let seen = poll(&wait, async || {
        polls.set(polls.get() + 1);
        let state = if polls.get() < 4 { "creating" } else { "available" };
        Ok(STATES.judge(state, polls.get()))
    });
    assert_eq!(seen.await.unwrap(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_state_of_neither_list_ends_the_wait_with_that_state() {
    let error = poll(&wait(60), async || Ok(STATES.judge("error", 0))).await.unwrap_err();
    assert_eq!(error.kind, Kind::Other);
    assert!(error.message.contains("state \"error\", expected available"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn the_deadline_ends_the_wait_with_the_last_status() {
    let started = Instant::now();
    let error = poll(&wait(90), async || Ok(STATES.judge("updating", 0))).await.unwrap_err();
    assert_eq!(error.kind, Kind::Timeout);
    assert!(error.message.contains("last status: updating"), "{error}");
    assert_eq!(started.elapsed().as_secs(), 90);
}

#[tokio::test(start_paused = true)]
async fn the_deadline_also_ends_a_probe_that_hangs() {
    let error = poll(&wait(5), std::future::pending).await.unwrap_err();
    assert_eq!(error.kind, Kind::Timeout);
    assert!(error.message.contains("not polled yet"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn cancelling_ends_the_wait_at_once() {
    let wait = wait(3600);
    let cancel = wait.cancel.clone();
    let started = Instant::now();
    let polling = tokio::spawn(async move {
        poll(&wait, async || Ok(STATES.judge("creating", 0))).await.unwrap_err()
    });
    tokio::time::advance(Duration::from_secs(7)).await;
    cancel.cancel();
    let error = polling.await.unwrap();
    assert_eq!(error.kind, Kind::Cancelled);
    assert_eq!(started.elapsed().as_secs(), 7);
}

#[tokio::test(start_paused = true)]
async fn throttling_while_polling_is_waited_out_and_a_refusal_is_not() {
    let polls = Cell::new(0);
    let wait = wait(60);
    let seen = poll(&wait, async || {
        polls.set(polls.get() + 1);
        match polls.get() {
            1 => Err(Error::new(Service::Efs, "DescribeFileSystems", Kind::Throttled, "slow")),
            _ => Ok(Seen::Done(polls.get())),
        }
    });
    assert_eq!(seen.await.unwrap(), 2);
    let refused = || Error::new(Service::Efs, "DescribeFileSystems", Kind::AccessDenied, "no");
    let error = poll(&wait, async || Err(refused())).await.unwrap_err();
    assert_eq!(error.kind, Kind::AccessDenied);
}

/// Keeps what is logged: the fields of each event as text.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        write!(self.0, "{field}={value:?} ").unwrap();
    }
}

impl<S: tracing::Subscriber> Layer<S> for Log {
    fn on_event(&self, event: &tracing::Event<'_>, _context: Context<'_, S>) {
        let mut fields = Fields(String::new());
        event.record(&mut fields);
        self.0.lock().unwrap().push(fields.0);
    }
}

#[tokio::test(start_paused = true)]
async fn each_poll_tells_the_state_the_time_spent_and_when_the_next_one_is() {
    let log = Log::default();
    let guard = tracing::subscriber::set_default(Registry::default().with(log.clone()));
    let polls = Cell::new(0);
    let wait = wait(60);
    let seen = poll(&wait, async || {
        polls.set(polls.get() + 1);
        match polls.get() {
            1 => Ok(STATES.judge("creating", 0)),
            2 => Err(Error::new(Service::Efs, "DescribeFileSystems", Kind::Throttled, "slow")),
            _ => Ok(STATES.judge("available", 0)),
        }
    });
    seen.await.unwrap();
    drop(guard);
    let log = log.0.lock().unwrap();
    assert_eq!(log.len(), 4, "{log:?}");
    for (line, parts) in [
        (0, ["waiting", "fs-1 to become available", "DescribeFileSystems"]),
        (1, ["state=\"creating\"", "elapsed_seconds=0", "next_poll_milliseconds="]),
        (2, ["state=\"creating\"", "error=EFS DescribeFileSystems: slow", "still waiting"]),
        (3, ["reached", "fs-1 to become available", "elapsed="]),
    ] {
        assert!(parts.iter().all(|part| log[line].contains(part)), "{}", log[line]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_is_repeated_only_for_accepted_errors() {
    let calls = Cell::new(0);
    let wait = wait(120);
    let result = wait.retry_while(retry::busy, async || {
        calls.set(calls.get() + 1);
        if calls.get() < 3 { Err(busy_error()) } else { Ok(calls.get()) }
    });
    assert_eq!(result.await.unwrap(), 3);
    let other = || Error::new(Service::Iam, "PutRolePolicy", Kind::Invalid, "malformed");
    let calls = Cell::new(0);
    let result: Result<(), _> = wait
        .retry_while(retry::busy, async || {
            calls.set(calls.get() + 1);
            Err(other())
        })
        .await;
    assert_eq!((result.unwrap_err().kind, calls.get()), (Kind::Invalid, 1));
}

#[tokio::test(start_paused = true)]
async fn repeating_ends_with_the_error_of_the_call_at_the_deadline() {
    let started = Instant::now();
    let result: Result<(), _> = wait(3600)
        .within(retry::PROPAGATION)
        .retry_while(retry::busy, async || Err(busy_error()))
        .await;
    assert!(result.unwrap_err().is_code("IncorrectFileSystemLifeCycleState"));
    assert!(started.elapsed() <= retry::PROPAGATION);
    assert!(started.elapsed() > Duration::from_secs(100));
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_repetition_names_the_error_it_was_at() {
    let wait = wait(3600);
    let cancel = wait.cancel.clone();
    let error = wait
        .retry_while(retry::busy, async || {
            let cancel = cancel.clone();
            tokio::spawn(async move { cancel.cancel() });
            Err::<(), _>(busy_error())
        })
        .await
        .unwrap_err();
    assert_eq!(error.kind, Kind::Cancelled);
    assert!(error.message.contains("IncorrectFileSystemLifeCycleState"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn an_operation_hands_its_deadline_to_all_calls_in_it() {
    assert_eq!(Deadline::of_operation(), None);
    let wait = wait(60);
    let deadlines = wait.govern(async {
        let two = async { Deadline::of_operation() };
        futures_util::join!(two, async { Deadline::of_operation() })
    });
    assert_eq!(deadlines.await, (Some(wait.deadline), Some(wait.deadline)));
    assert_eq!(Deadline::of_operation(), None);
}

/// The answer to the first request was lost: nothing says that it was heard but the object.
#[tokio::test(start_paused = true)]
async fn what_was_heard_is_not_asked_for_again() {
    for (heard, asked) in [(true, 1), (false, 3)] {
        let calls = Cell::new(0);
        let call = || {
            calls.set(calls.get() + 1);
            let refused = calls.get() < 3;
            async move { if refused { Err(busy_error()) } else { Ok(()) } }
        };
        let is_heard = || async { Ok(heard) };
        wait(3600).retry_until_heard(retry::busy, is_heard, call).await.unwrap();
        assert_eq!(calls.get(), asked);
    }
}

#[tokio::test(start_paused = true)]
async fn a_repetition_that_is_cancelled_before_a_pause_does_not_begin_it() {
    let wait = wait(3600);
    let started = Instant::now();
    wait.cancel.cancel();
    let result: Result<(), _> = wait.retry_while(retry::busy, async || Err(busy_error())).await;
    let error = result.unwrap_err();
    assert_eq!(error.kind, Kind::Cancelled);
    assert!(error.message.contains("IncorrectFileSystemLifeCycleState"), "{error}");
    assert!(started.elapsed().is_zero());
}

#[tokio::test(start_paused = true)]
async fn long_work_of_many_calls_ends_with_the_deadline_and_with_the_wish_to_stop() {
    let guard = async |wait: &Wait| {
        let work = std::future::pending::<()>();
        wait.guard(Service::S3, "DeleteObjects", "bucket b to be empty", work).await.unwrap_err()
    };
    let started = Instant::now();
    let error = guard(&wait(30)).await;
    assert_eq!((error.kind, started.elapsed().as_secs()), (Kind::Timeout, 30));
    assert!(error.message.contains("waiting for bucket b to be empty"), "{error}");
    let wait = wait(3600);
    wait.cancel.cancel();
    assert_eq!(guard(&wait).await.kind, Kind::Cancelled);
    assert_eq!(started.elapsed().as_secs(), 30);
}

#[test]
fn pacing_grows_with_jitter_and_never_leaves_its_bounds() {
    let pacing = Pacing::default();
    for poll in 1..200 {
        let pause = pacing.pause(poll);
        assert!(pause >= Duration::from_millis(50) && pause <= Duration::from_secs(10));
    }
    assert!(pacing.pause(1) <= Duration::from_millis(100));
    assert!(pacing.pause(50) >= Duration::from_secs(5));
}

#[test]
fn pacing_rejects_nonsense() {
    let second = Duration::from_secs(1);
    assert!(Pacing::new(Duration::ZERO, second).is_none());
    assert!(Pacing::new(second * 2, second).is_none());
    assert!(Pacing::new(second, second).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_deadline_is_only_ever_shortened() {
    let deadline = Deadline::after(Duration::from_mins(1));
    assert_eq!(deadline.within(Duration::from_mins(10)), deadline);
    assert_eq!(deadline.within(Duration::from_secs(5)).remaining(), Duration::from_secs(5));
    assert!(Deadline::after(Duration::MAX).remaining() > Duration::from_hours(1));
}
