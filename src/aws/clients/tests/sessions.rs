//! Credentials that end while they are in use.

use crate::sensitive::Sensitive;
use std::collections::BTreeSet;
use std::time::SystemTime;

use super::script::{Answer, Asked, Aws};
use super::*;
use crate::aws::settings::{AssumeRoleWithWebIdentity, WebIdentityToken};
use crate::aws::{efs, s3};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

fn role() -> AssumeRole {
    AssumeRole { role_arn: "arn:aws:iam::123456789012:role/r".to_owned(), ..AssumeRole::default() }
}

fn with_role() -> Settings {
    Settings { assume_roles: vec![role()], ..settings("http://aws.test") }
}

/// The answer of STS with the keys of session `number`, which end then.
fn session(asked: &Asked, number: usize, ends: SystemTime) -> Answer {
    let ends = DateTime::from(ends).fmt(Format::DateTime).unwrap();
    let session = SESSION.replace("ASIAROLE", &format!("ASIA{number}"));
    let session = session.replace("2099-01-01T00:00:00Z", &ends);
    if asked.body.contains("WithWebIdentity") {
        return Answer::ok(&session.replace("AssumeRoleRe", "AssumeRoleWithWebIdentityRe"));
    }
    Answer::ok(&session)
}

fn is_for_sts(asked: &Asked) -> bool {
    asked.body.contains("Action=AssumeRole")
}

const NONE: &str = r#"{"FileSystems":[]}"#;

/// STS gives sessions of this length, and EFS refuses those it is told of.
fn with_sessions(length: Duration, ended: &Arc<std::sync::Mutex<BTreeSet<String>>>) -> Aws {
    let ended = Arc::clone(ended);
    let mut number = 0;
    Aws::new(move |asked: &Asked| {
        if is_for_sts(asked) {
            number += 1;
            return session(asked, number, SystemTime::now() + length);
        }
        let refused = ended.lock().unwrap().contains(asked.key());
        if refused { Answer::json(403, "ExpiredTokenException") } else { Answer::ok(NONE) }
    })
}

fn sessions_of(aws: &Aws) -> usize {
    aws.asked().iter().filter(|asked| is_for_sts(asked)).count()
}

#[tokio::test]
async fn a_session_is_kept_until_shortly_before_its_end() {
    let ended = Arc::default();
    let aws = with_sessions(Duration::from_hours(1), &ended);
    let clients = aws.connect(with_role()).await.clients("eu-west-1");
    for _ in 0..3 {
        efs::find_file_system_by_id(&clients, "fs-1").await.unwrap();
    }
    assert_eq!(sessions_of(&aws), 1);
    let aws = with_sessions(Duration::from_secs(2), &ended);
    let clients = aws.connect(with_role()).await.clients("eu-west-1");
    for _ in 0..3 {
        efs::find_file_system_by_id(&clients, "fs-1").await.unwrap();
    }
    assert_eq!(sessions_of(&aws), 3, "a session about to end is not used");
}

#[tokio::test]
async fn a_session_that_aws_ended_early_is_renewed_once_for_all_calls() {
    let ended: Arc<std::sync::Mutex<BTreeSet<String>>> = Arc::default();
    let aws = with_sessions(Duration::from_hours(1), &ended);
    let clients = aws.connect(with_role()).await.clients("eu-west-1");
    efs::find_file_system_by_id(&clients, "fs-1").await.unwrap();
    ended.lock().unwrap().insert("ASIA1".to_owned());
    let calls = (0..10).map(|_| efs::find_file_system_by_id(&clients, "fs-1"));
    let results = futures_util::future::join_all(calls).await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    assert_eq!(sessions_of(&aws), 2);
    assert_eq!(aws.asked().last().unwrap().key(), "ASIA2");
}

#[tokio::test]
async fn a_refusal_of_the_renewed_session_is_the_answer() {
    let aws = Aws::new(|asked: &Asked| {
        if is_for_sts(asked) {
            return session(asked, 1, SystemTime::now() + Duration::from_hours(1));
        }
        Answer::json(403, "ExpiredTokenException")
    });
    let clients = aws.connect(with_role()).await.clients("eu-west-1");
    let error = efs::find_file_system_by_id(&clients, "fs-1").await.unwrap_err();
    assert!(error.kind == Kind::Credentials && error.tells_expiry(), "{error}");
    assert_eq!((sessions_of(&aws), aws.asked().len()), (2, 4));
}

#[tokio::test]
async fn keys_that_nothing_can_renew_end_the_call_with_their_end() {
    let aws = Aws::new(|_: &Asked| Answer::json(403, "ExpiredTokenException"));
    let clients = aws.clients().await;
    let error = efs::find_file_system_by_id(&clients, "fs-1").await.unwrap_err();
    assert!(error.kind == Kind::Credentials && error.tells_expiry(), "{error}");
    assert_eq!(aws.asked().len(), 2);
}

#[tokio::test]
async fn when_the_keys_below_a_role_have_ended_the_error_tells_it() {
    let aws = Aws::new(|_: &Asked| Answer::query(403, "ExpiredToken"));
    let clients = aws.connect(with_role()).await.clients("eu-west-1");
    let error = efs::find_file_system_by_id(&clients, "fs-1").await.unwrap_err();
    assert_eq!(error.kind, Kind::Credentials, "{error:?}");
    assert!(error.tells_expiry(), "{error:?}");
    assert!(aws.asked().len() <= 4, "{}", aws.asked().len());
}

#[tokio::test]
async fn s3_tells_the_end_of_a_session_to_head_without_a_code() {
    let mut number = 0;
    let aws = Aws::new(move |asked: &Asked| {
        if is_for_sts(asked) {
            number += 1;
            return session(asked, number, SystemTime::now() + Duration::from_hours(1));
        }
        if asked.key() == "ASIA1" { Answer(400, Vec::new(), String::new()) } else { Answer::ok("") }
    });
    let clients = aws.connect(with_role()).await.clients("eu-west-1");
    let bucket = s3::Bucket { name: "a-bucket", owner: None };
    let standing = s3::bucket::find_standing(&clients, bucket).await.unwrap();
    assert_eq!(standing, s3::bucket::Standing::Ours);
    assert_eq!(sessions_of(&aws), 2);
}

#[tokio::test]
async fn a_bucket_in_another_region_ends_no_session() {
    let aws = Aws::new(|asked: &Asked| {
        if is_for_sts(asked) {
            return session(asked, 1, SystemTime::now() + Duration::from_hours(1));
        }
        let region = vec![("x-amz-bucket-region", "us-west-2".to_owned())];
        Answer(400, region, String::new())
    });
    let clients = aws.connect(with_role()).await.clients("eu-west-1");
    let bucket = s3::Bucket { name: "a-bucket", owner: None };
    let standing = s3::bucket::find_standing(&clients, bucket).await.unwrap();
    assert_eq!(standing, s3::bucket::Standing::OtherRegion("us-west-2".to_owned()));
    assert_eq!((sessions_of(&aws), aws.asked().len()), (1, 2));
}

#[tokio::test]
async fn a_session_ends_by_awss_clock() {
    // AWS is an hour behind: a session of half an hour would seem to have ended before it began.
    let aws = Aws::new(|asked: &Asked| {
        let now = SystemTime::now() - Duration::from_hours(1);
        let early = asked.signed_at() > now + Duration::from_mins(5);
        let answer = match (early, is_for_sts(asked)) {
            (true, _) => Answer::query(403, "SignatureDoesNotMatch"),
            (false, true) => session(asked, 1, now + Duration::from_mins(30)),
            (false, false) => Answer::ok(NONE),
        };
        answer.dated(now)
    });
    let clients = aws.connect(with_role()).await.clients("eu-west-1");
    for _ in 0..3 {
        efs::find_file_system_by_id(&clients, "fs-1").await.unwrap();
    }
    assert_eq!((sessions_of(&aws), aws.asked().len()), (2, 5));
}

#[tokio::test]
async fn a_web_identity_is_used_again_when_its_session_has_ended() {
    let ended: Arc<std::sync::Mutex<BTreeSet<String>>> = Arc::default();
    let aws = with_sessions(Duration::from_hours(1), &ended);
    let web = AssumeRoleWithWebIdentity {
        role_arn: role().role_arn,
        token: WebIdentityToken::Inline(Sensitive::new("token".to_owned())),
        duration: None,
        policy: None,
        policy_arns: Vec::new(),
        session_name: None,
    };
    let settings = Settings {
        static_credentials: None,
        assume_role_with_web_identity: Some(web),
        ..settings("http://aws.test")
    };
    let clients = aws.connect(settings).await.clients("eu-west-1");
    efs::find_file_system_by_id(&clients, "fs-1").await.unwrap();
    ended.lock().unwrap().insert("ASIA1".to_owned());
    efs::find_file_system_by_id(&clients, "fs-1").await.unwrap();
    assert_eq!(sessions_of(&aws), 2);
}

#[tokio::test]
async fn a_credential_process_is_run_again_when_its_keys_have_ended() {
    let folder = tempfile::tempdir().unwrap();
    let (config, runs) = (folder.path().join("config"), folder.path().join("runs"));
    let script = folder.path().join("keys");
    let keys = format!(
        "echo run >> {runs}\necho '{{\"Version\":1,\"AccessKeyId\":\"ASIA'$(grep -c run {runs})'\",\
         \"SecretAccessKey\":\"secret\",\"SessionToken\":\"token\",\
         \"Expiration\":\"2099-01-01T00:00:00Z\"}}'\n",
        runs = runs.display()
    );
    std::fs::write(&script, keys).unwrap();
    let text = format!("[profile p]\ncredential_process = sh {}\n", script.display());
    std::fs::write(&config, text).unwrap();
    let ended: Arc<std::sync::Mutex<BTreeSet<String>>> = Arc::default();
    let aws = with_sessions(Duration::from_hours(1), &ended);
    let settings = Settings {
        static_credentials: None,
        profile: Some("p".to_owned()),
        shared_config_files: vec![config.clone()],
        shared_credentials_files: vec![config],
        ..settings("http://aws.test")
    };
    let clients = aws.connect(settings).await.clients("eu-west-1");
    for _ in 0..2 {
        efs::find_file_system_by_id(&clients, "fs-1").await.unwrap();
    }
    ended.lock().unwrap().insert("ASIA1".to_owned());
    efs::find_file_system_by_id(&clients, "fs-1").await.unwrap();
    let keys: Vec<String> = aws.asked().iter().map(|asked| asked.key().to_owned()).collect();
    assert_eq!(keys, ["ASIA1", "ASIA1", "ASIA1", "ASIA2"]);
}
