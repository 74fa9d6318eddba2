//! Machines whose clock is wrong.

use std::time::SystemTime;

use super::script::{Answer, Asked, Aws};
use super::*;
use crate::aws::{cache_token, ec2, efs, s3};

const HOUR: Duration = Duration::from_hours(1);

/// What AWS's clock shows: `Ok` for ahead of this machine, `Err` for behind.
type Ahead = Result<Duration, Duration>;

fn aws_time(ahead: Ahead) -> SystemTime {
    match ahead {
        Ok(ahead) => SystemTime::now() + ahead,
        Err(behind) => SystemTime::now() - behind,
    }
}

fn distance(one: SystemTime, other: SystemTime) -> Duration {
    one.duration_since(other).unwrap_or_else(|error| error.duration())
}

/// Refuses what is signed for another time, in the words of each service.
fn aws(ahead: Ahead) -> Aws {
    Aws::new(move |asked: &Asked| {
        let now = aws_time(ahead);
        answer(asked, distance(asked.signed_at(), now) > Duration::from_mins(5)).dated(now)
    })
}

fn answer(asked: &Asked, refused: bool) -> Answer {
    let scope = asked.header("authorization").to_owned();
    let of = |service: &str| scope.contains(&format!("/{service}/aws4_request"));
    match refused {
        true if of("s3") => Answer(403, Vec::new(), String::new()),
        true if of("ec2") => Answer::ec2(400, "RequestExpired"),
        true if of("elasticfilesystem") => Answer::json(403, "InvalidSignatureException"),
        true => Answer::query(403, "SignatureDoesNotMatch"),
        false if of("sts") => Answer::ok(IDENTITY),
        false if of("elasticfilesystem") => Answer::ok(r#"{"FileSystems":[]}"#),
        false if of("ec2") => Answer::ok("<DescribeVolumesResponse/>"),
        false => Answer::ok(""),
    }
}

#[tokio::test]
async fn the_first_answer_puts_the_clock_right_for_all_services() {
    for ahead in [Ok(HOUR), Err(HOUR)] {
        let aws = aws(ahead);
        let connection = aws.connect(settings("http://aws.test")).await;
        assert_eq!(connection.account_id().await.unwrap(), "123456789012");
        assert_eq!(aws.asked().len(), 2, "one call more");
        let clients = connection.clients("us-east-1");
        efs::find_file_system_by_id(&clients, "fs-1").await.unwrap();
        ec2::volumes::find_volume_by_id(&clients, "vol-1").await.unwrap();
        let bucket = s3::Bucket { name: "a-bucket", owner: None };
        assert_eq!(
            s3::bucket::find_standing(&clients, bucket).await.unwrap(),
            s3::bucket::Standing::Ours
        );
        assert_eq!(aws.asked().len(), 5, "and no other");
    }
}

#[tokio::test]
async fn whichever_service_comes_first_the_call_succeeds() {
    for ahead in [Ok(HOUR), Err(HOUR)] {
        let aws = aws(ahead);
        let clients = aws.clients().await;
        let bucket = s3::Bucket { name: "a-bucket", owner: None };
        let standing = s3::bucket::find_standing(&clients, bucket).await.unwrap();
        assert_eq!((standing, aws.asked().len()), (s3::bucket::Standing::Ours, 2));
        let aws = self::aws(ahead);
        let clients = aws.clients().await;
        ec2::volumes::find_volume_by_id(&clients, "vol-1").await.unwrap();
        assert_eq!(aws.asked().len(), 2);
        let aws = self::aws(ahead);
        let clients = aws.clients().await;
        efs::find_file_system_by_id(&clients, "fs-1").await.unwrap();
        assert_eq!(aws.asked().len(), 2);
    }
}

#[tokio::test]
async fn calls_side_by_side_are_all_repeated() {
    let aws = aws(Ok(HOUR));
    let clients = aws.clients().await;
    let calls = (0..10).map(|_| efs::find_file_system_by_id(&clients, "fs-1"));
    let ended = futures_util::future::join_all(calls).await;
    assert!(ended.iter().all(Result::is_ok), "{ended:?}");
    assert!(aws.asked().len() <= 20);
}

#[tokio::test]
async fn a_real_refusal_on_a_machine_with_a_wrong_clock_is_not_repeated_again_and_again() {
    let aws =
        Aws::new(|_: &Asked| Answer::json(403, "AccessDeniedException").dated(aws_time(Ok(HOUR))));
    let clients = aws.clients().await;
    let error = efs::find_file_system_by_id(&clients, "fs-1").await.unwrap_err();
    assert_eq!((error.kind, aws.asked().len()), (Kind::AccessDenied, 2));
    efs::find_file_system_by_id(&clients, "fs-1").await.unwrap_err();
    assert_eq!(aws.asked().len(), 3);
}

#[tokio::test]
async fn where_no_call_may_be_repeated_the_error_tells_both_clocks() {
    let aws = aws(Ok(HOUR));
    let settings = Settings { max_attempts: Some(1), ..settings("http://aws.test") };
    let connection = aws.connect(settings).await;
    let error = connection.caller_identity().await.unwrap_err();
    assert_eq!((error.kind, aws.asked().len()), (Kind::Clock, 1));
    let text = error.to_string();
    let (_, clocks) = text.split_once("this machine's clock shows ").unwrap();
    let (machine, aws) = clocks.trim_end_matches(')').split_once(", AWS's ").unwrap();
    let read = |text: &str| {
        time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339).unwrap()
    };
    let apart = (read(aws) - read(machine)).whole_seconds();
    assert!((3595..=3605).contains(&apart), "{text}");
}

#[tokio::test]
async fn a_bucket_is_not_taken_for_somebody_elses_because_of_the_clock() {
    let aws = aws(Err(HOUR));
    let settings = Settings { max_attempts: Some(1), ..settings("http://aws.test") };
    let clients = aws.connect(settings).await.clients("eu-west-1");
    let bucket = s3::Bucket { name: "a-bucket", owner: None };
    let error = s3::bucket::find_standing(&clients, bucket).await.unwrap_err();
    assert_eq!(error.kind, Kind::Clock, "{error}");
}

#[tokio::test]
async fn without_a_date_in_the_answer_the_clock_is_blamed_by_awss_code() {
    let aws = Aws::new(|_: &Asked| Answer::json(403, "RequestTimeTooSkewed"));
    let clients = aws.clients().await;
    let error = efs::find_file_system_by_id(&clients, "fs-1").await.unwrap_err();
    assert_eq!((error.kind, aws.asked().len()), (Kind::Clock, 1));
}

#[tokio::test]
async fn a_clock_that_is_off_by_seconds_is_left_alone() {
    let aws = aws(Ok(Duration::from_secs(30)));
    let connection = aws.connect(settings("http://aws.test")).await;
    connection.account_id().await.unwrap();
    let clients = connection.clients("eu-west-1");
    let now = SystemTime::now();
    assert_eq!(clients.on_this_machine(now), now);
}

#[tokio::test]
async fn a_token_for_a_cache_is_signed_for_awss_time() {
    let aws = aws(Err(HOUR));
    let connection = aws.connect(settings("http://aws.test")).await;
    connection.account_id().await.unwrap();
    let clients = connection.clients("eu-west-1");
    let token = cache_token::sign_connect(&clients, "cache", "user").await.unwrap();
    let lasts = token.expires_at.duration_since(aws_time(Err(HOUR))).unwrap();
    assert!(
        distance(SystemTime::now() + lasts, SystemTime::now() + cache_token::LIFETIME)
            < Duration::from_secs(10)
    );
    let here = clients.on_this_machine(token.expires_at);
    assert!(distance(here, SystemTime::now() + cache_token::LIFETIME) < Duration::from_secs(10));
}
