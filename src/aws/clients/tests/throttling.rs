//! How long a call goes on, by tokio's paused clock.

use super::script::{Answer, Asked, Aws};
use super::*;
use crate::aws::wait::{BackOff, Deadline, Seen, Wait};
use crate::aws::{Error, efs, elasticache, iam, retry, secrets_manager};

const MINUTE: Duration = Duration::from_mins(1);

fn throttled() -> Answer {
    Answer::json(429, "ThrottlingException")
}

/// Refuses so often, then answers.
fn first(times: usize, refusal: fn() -> Answer, body: &'static str) -> Aws {
    let mut left = times;
    Aws::new(move |_: &Asked| match left.checked_sub(1) {
        Some(fewer) => {
            left = fewer;
            refusal()
        }
        None => Answer::ok(body),
    })
}

fn always(refusal: fn() -> Answer) -> Aws {
    Aws::new(move |_: &Asked| refusal())
}

/// Asks EFS for a file system, as a call of its own.
async fn ask(clients: Arc<Clients>) -> Result<(), Error> {
    efs::find_file_system_by_id(&clients, "fs-1").await.map(drop)
}

/// The same within an operation that may take so long.
async fn ask_within(clients: Arc<Clients>, span: Duration) -> Result<(), Error> {
    let wait = Wait::new(Deadline::after(span), CancellationToken::new());
    wait.govern(ask(clients)).await
}

const NONE: &str = r#"{"FileSystems":[]}"#;

#[tokio::test(start_paused = true)]
async fn throttling_is_sat_out_for_as_long_as_the_operation_has_time() {
    let begun = tokio::time::Instant::now();
    let aws = Aws::new(
        move |_: &Asked| {
            if begun.elapsed() < 20 * MINUTE { throttled() } else { Answer::ok(NONE) }
        },
    );
    ask_within(aws.clients().await, 30 * MINUTE).await.unwrap();
    assert!(begun.elapsed() < 21 * MINUTE, "{:?}", begun.elapsed());
    assert!(aws.asked().len() > 25, "{}", aws.asked().len());
}

#[tokio::test(start_paused = true)]
async fn at_the_deadline_of_the_operation_the_answer_is_what_aws_said() {
    let begun = tokio::time::Instant::now();
    let error = ask_within(always(throttled).clients().await, 5 * MINUTE).await.unwrap_err();
    assert_eq!(error.kind, Kind::Throttled, "{error}");
    assert!((299..=300).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn without_an_operation_a_call_has_its_own_limit() {
    let begun = tokio::time::Instant::now();
    let error = ask(always(throttled).clients().await).await.unwrap_err();
    assert_eq!(error.kind, Kind::Throttled, "{error}");
    let spare = retry::CALL_TIMEOUT.saturating_sub(begun.elapsed());
    assert!(spare <= Duration::from_secs(1), "{spare:?}");
}

#[tokio::test(start_paused = true)]
async fn configured_attempts_are_all_there_are() {
    let aws = always(throttled);
    let settings = Settings { max_attempts: Some(3), ..settings("http://aws.test") };
    let clients = aws.connect(settings).await.clients("eu-west-1");
    ask_within(clients, 30 * MINUTE).await.unwrap_err();
    assert_eq!(aws.asked().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_throttling_has_a_number_of_attempts() {
    let aws = always(|| Answer::json(500, "InternalServerError"));
    let begun = tokio::time::Instant::now();
    let error = ask_within(aws.clients().await, 600 * MINUTE).await.unwrap_err();
    assert_eq!((error.kind, aws.asked().len()), (Kind::Transport, 25));
    assert!(begun.elapsed() < 25 * retry::MAX_BACKOFF);
}

#[tokio::test(start_paused = true)]
async fn throttled_attempts_are_not_counted_with_the_others() {
    let mut calls = 0;
    let aws = Aws::new(move |_: &Asked| {
        calls += 1;
        if calls <= 40 { throttled() } else { Answer::json(500, "InternalServerError") }
    });
    ask_within(aws.clients().await, 600 * MINUTE).await.unwrap_err();
    assert_eq!(aws.asked().len(), 40 + 25);
}

#[tokio::test(start_paused = true)]
async fn a_poll_that_is_throttled_tells_it_when_the_wait_is_over() {
    let clients = always(throttled).clients().await;
    let begun = tokio::time::Instant::now();
    let operation = Wait::new(Deadline::after(30 * MINUTE), CancellationToken::new());
    let wait = operation.within(2 * MINUTE);
    let waiting = wait.until(Service::Efs, "DescribeFileSystems", "fs-1 to be available", || {
        let clients = Arc::clone(&clients);
        async move { ask(clients).await.map(Seen::Done) }
    });
    let error = operation.govern(waiting).await.unwrap_err();
    assert_eq!((error.kind, begun.elapsed()), (Kind::Timeout, 2 * MINUTE), "{error}");
    let below = std::error::Error::source(&error).unwrap().to_string();
    assert!(below.contains("ThrottlingException"), "{below}");
}

#[tokio::test(start_paused = true)]
async fn pauses_double_up_to_the_longest_and_no_two_are_alike() {
    let aws = first(60, throttled, NONE);
    ask_within(aws.clients().await, 60 * MINUTE).await.unwrap();
    let times: Vec<_> = aws.asked().iter().map(|asked| asked.at).collect();
    let pauses: Vec<_> = times.windows(2).map(|two| two[1] - two[0]).collect();
    assert!(pauses[0] <= Duration::from_secs(1), "{pauses:?}");
    assert!(pauses.iter().all(|pause| *pause <= retry::MAX_BACKOFF), "{pauses:?}");
    assert!(pauses[5..].iter().any(|pause| *pause > retry::MAX_BACKOFF / 2), "{pauses:?}");
    let different: std::collections::BTreeSet<_> = pauses.iter().collect();
    assert!(different.len() > 50, "{pauses:?}");
}

#[tokio::test(start_paused = true)]
async fn many_throttled_calls_use_up_no_quota_but_a_configured_one() {
    let mut calls = 0;
    let aws = Aws::new(move |_: &Asked| {
        calls += 1;
        if calls % 9 == 0 { Answer::ok(NONE) } else { throttled() }
    });
    let unlimited = aws.clients().await;
    for _ in 0..40 {
        ask_within(Arc::clone(&unlimited), 30 * MINUTE).await.unwrap();
    }
    let capacity = Some(10);
    let settings = Settings { token_bucket_capacity: capacity, ..settings("http://aws.test") };
    let limited = aws.connect(settings).await.clients("eu-west-1");
    let before = aws.asked().len();
    ask_within(limited, 30 * MINUTE).await.unwrap_err();
    assert_eq!(aws.asked().len() - before, 3, "ten tokens pay for two retries");
}

#[tokio::test(start_paused = true)]
async fn when_the_provider_is_asked_to_stop_a_pause_ends_and_no_other_follows() {
    let aws = always(throttled);
    let stop = CancellationToken::new();
    let connection = aws.connect_until(settings("http://aws.test"), stop.clone()).await;
    let clients = connection.clients("eu-west-1");
    let begun = tokio::time::Instant::now();
    let asking = tokio::spawn(async move { ask_within(clients, 30 * MINUTE).await });
    tokio::time::advance(MINUTE).await;
    let before = aws.asked().len();
    stop.cancel();
    let error = asking.await.unwrap().unwrap_err();
    assert_eq!(error.kind, Kind::Throttled, "{error}");
    assert_eq!(begun.elapsed(), MINUTE);
    assert!(aws.asked().len() <= before + 1, "{} and {before}", aws.asked().len());
}

#[tokio::test(start_paused = true)]
async fn time_limits_of_attempts_do_not_end_with_the_wish_to_stop() {
    let stop = CancellationToken::new();
    let back_off = BackOff { stop: stop.clone() };
    stop.cancel();
    let limit = aws_sdk_sts::config::AsyncSleep::sleep(&back_off, MINUTE);
    let begun = tokio::time::Instant::now();
    limit.await;
    assert_eq!(begun.elapsed(), MINUTE);
}

#[tokio::test(start_paused = true)]
async fn the_daily_rule_of_efs_and_quotas_are_told_at_once() {
    let aws = always(|| Answer::json(429, "TooManyRequests"));
    ask_within(aws.clients().await, 30 * MINUTE).await.unwrap_err();
    assert_eq!(aws.asked().len(), 1);
    let aws = always(|| Answer::json(400, "LimitExceededException"));
    let clients = aws.clients().await;
    let found = secrets_manager::find_secret_value(&clients, "token", "AWSCURRENT").await;
    assert_eq!(found.unwrap_err().kind, Kind::Quota);
    assert_eq!(aws.asked().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn throttling_in_words_that_the_sdk_does_not_know_is_sat_out() {
    let body = "<ListTagsForResourceResponse><ListTagsForResourceResult><TagList/>\
                </ListTagsForResourceResult></ListTagsForResourceResponse>";
    let aws = first(8, || Answer::query(400, "APICallRateForCustomerExceeded"), body);
    let clients = aws.clients().await;
    elasticache::list_tags(&clients, "arn:aws:elasticache:eu-west-1:1:x:y").await.unwrap();
    assert_eq!(aws.asked().len(), 9);
}

#[tokio::test(start_paused = true)]
async fn two_changes_of_a_role_at_once_are_made_one_after_the_other() {
    let body = "<AttachRolePolicyResponse/>";
    let aws = first(3, || Answer::query(409, "ConcurrentModification"), body);
    let clients = aws.clients().await;
    iam::attach_policy(&clients, "role", "arn:aws:iam::aws:policy/x").await.unwrap();
    assert_eq!(aws.asked().len(), 4);
    // It is IAM's alone.
    let aws = always(|| Answer::json(409, "ConcurrentModification"));
    ask(aws.clients().await).await.unwrap_err();
    assert_eq!(aws.asked().len(), 1);
}
