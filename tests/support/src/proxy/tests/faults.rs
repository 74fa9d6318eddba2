use super::{create_bucket, create_file_system, efs, through_proxy};
use crate::{Effect, Fault};
use serde_json::json;
use std::time::{Duration, Instant};

#[tokio::test]
async fn throttling_speaks_the_language_of_each_service() {
    let (bench, aws) = through_proxy().await;
    let account = aws.account().to_owned();
    let fault =
        bench.proxy.inject(Fault::when(&account, |_| true).always().effect(Effect::Throttle));
    let efs = efs(&aws, "GET", "file-systems", "").await;
    assert_eq!((efs.status, efs.header("x-amzn-errortype")), (429, Some("ThrottlingException")));
    let ec2 = aws.query("ec2", "DescribeVpcs", &[]).await.unwrap();
    assert_eq!((ec2.status, ec2.xml("Code")), (503, Some("RequestLimitExceeded")));
    let iam = aws.query("iam", "ListRoles", &[]).await.unwrap();
    assert_eq!((iam.status, iam.xml("Code")), (400, Some("Throttling")));
    let s3 = aws.rest("s3", "GET", "/", "").await.unwrap();
    assert_eq!((s3.status, s3.xml("Code")), (503, Some("SlowDown")));
    let kms = aws.json("kms", "TrentService.ListKeys", &json!({})).await.unwrap();
    assert_eq!((kms.status, &kms.json().unwrap()["__type"]), (400, &json!("ThrottlingException")));
    assert_eq!(bench.proxy.hits(fault), 5);
    bench.proxy.remove(fault);
    assert!(aws.query("iam", "ListRoles", &[]).await.unwrap().ok().is_ok());
}

#[tokio::test]
async fn a_fault_meets_as_many_calls_as_told_after_those_skipped() {
    let (bench, aws) = through_proxy().await;
    let fault = Fault::on(aws.account(), "efs", "DescribeFileSystems").skip(1).times(2);
    let fault = bench.proxy.inject(fault.effect(Effect::refuse(403, "AccessDeniedException")));
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(efs(&aws, "GET", "file-systems", "").await.status);
    }
    assert_eq!(statuses, [200, 403, 403, 200]);
    assert_eq!(bench.proxy.hits(fault), 2);
}

#[tokio::test]
async fn a_refusal_speaks_the_language_of_each_service() {
    let (bench, aws) = through_proxy().await;
    let account = aws.account().to_owned();
    bench.proxy.inject(Fault::when(&account, |_| true).always().effect(Effect::Deny));
    let efs = efs(&aws, "GET", "file-systems", "").await;
    assert_eq!((efs.status, efs.header("x-amzn-errortype")), (403, Some("AccessDeniedException")));
    let ec2 = aws.query("ec2", "DescribeVpcs", &[]).await.unwrap();
    assert_eq!((ec2.status, ec2.xml("Code")), (403, Some("UnauthorizedOperation")));
    let iam = aws.query("iam", "ListRoles", &[]).await.unwrap();
    assert_eq!((iam.status, iam.xml("Code")), (403, Some("AccessDenied")));
}

#[tokio::test]
async fn the_end_of_a_session_speaks_the_language_of_each_service() {
    let (bench, aws) = through_proxy().await;
    bench.proxy.inject(Fault::every(aws.account()).effect(Effect::Expire));
    let efs = efs(&aws, "GET", "file-systems", "").await;
    assert_eq!((efs.status, efs.header("x-amzn-errortype")), (403, Some("ExpiredTokenException")));
    let ec2 = aws.query("ec2", "DescribeVpcs", &[]).await.unwrap();
    assert_eq!((ec2.status, ec2.xml("Code")), (400, Some("RequestExpired")));
    let iam = aws.query("iam", "ListRoles", &[]).await.unwrap();
    assert_eq!((iam.status, iam.xml("Code")), (403, Some("ExpiredToken")));
    let s3 = aws.rest("s3", "HEAD", "/bucket", "").await.unwrap();
    assert_eq!((s3.status, s3.xml("Code")), (400, None));
}

#[tokio::test]
async fn a_fault_can_follow_one_call_through_its_repetitions() {
    let (bench, aws) = through_proxy().await;
    let fault = Fault::at_call(aws.account(), 0).times(2).same_call().effect(Effect::Throttle);
    let fault = bench.proxy.inject(fault);
    assert_eq!(efs(&aws, "GET", "file-systems", "").await.status, 429);
    assert_eq!(aws.query("iam", "ListRoles", &[]).await.unwrap().status, 200);
    assert_eq!(efs(&aws, "GET", "file-systems", "").await.status, 429);
    assert_eq!(efs(&aws, "GET", "file-systems", "").await.status, 200);
    assert_eq!(bench.proxy.hits(fault), 2);
}

#[tokio::test]
async fn a_fault_can_meet_the_nth_call_whatever_it_is() {
    let (bench, aws) = through_proxy().await;
    bench.proxy.inject(Fault::at_call(aws.account(), 1));
    assert_eq!(efs(&aws, "GET", "file-systems", "").await.status, 200);
    assert_eq!(aws.query("iam", "ListRoles", &[]).await.unwrap().status, 500);
    assert_eq!(aws.query("iam", "ListRoles", &[]).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_lost_answer_leaves_the_thing_and_a_lost_request_does_not() {
    let (bench, aws) = through_proxy().await;
    let fault = Fault::on(aws.account(), "efs", "CreateFileSystem").effect(Effect::LoseAnswer);
    bench.proxy.inject(fault);
    let path = "/2015-02-01/file-systems";
    let body = r#"{"CreationToken":"lost"}"#;
    assert!(aws.rest("elasticfilesystem", "POST", path, body).await.is_err());
    let again = efs(&aws, "POST", "file-systems", body).await;
    assert_eq!(again.status, 409);
    let fault = Fault::on(aws.account(), "efs", "CreateFileSystem").effect(Effect::LoseRequest);
    bench.proxy.inject(fault);
    let other = r#"{"CreationToken":"never came"}"#;
    assert!(aws.rest("elasticfilesystem", "POST", path, other).await.is_err());
    let listed = efs(&aws, "GET", "file-systems", "").await.json().unwrap();
    assert_eq!(listed["FileSystems"].as_array().unwrap().len(), 1);
    assert_eq!(bench.proxy.calls(aws.account())[0].status, None);
}

#[tokio::test]
async fn a_held_call_is_carried_out_and_waits_for_its_fault_to_go() {
    let (bench, aws) = through_proxy().await;
    let fault = Fault::on(aws.account(), "efs", "CreateFileSystem").effect(Effect::Hold);
    let fault = bench.proxy.inject(fault);
    let path = "/2015-02-01/file-systems";
    let mut create =
        std::pin::pin!(aws.rest("elasticfilesystem", "POST", path, r#"{"CreationToken":"held"}"#));
    while bench.proxy.held(fault) == 0 {
        let look = tokio::time::timeout(Duration::from_millis(5), &mut create);
        assert!(look.await.is_err(), "it was answered");
    }
    let listed = efs(&aws, "GET", "file-systems", "").await.json().unwrap();
    assert_eq!(listed["FileSystems"].as_array().unwrap().len(), 1);
    bench.proxy.remove(fault);
    assert!(create.await.is_err(), "it was answered");
}

#[tokio::test]
async fn a_call_is_carried_out_though_its_caller_has_gone() {
    let (bench, aws) = through_proxy().await;
    let fault = Fault::on(aws.account(), "efs", "CreateFileSystem").effect(Effect::Hold);
    let fault = bench.proxy.inject(fault);
    let path = "/2015-02-01/file-systems";
    let body = r#"{"CreationToken":"left"}"#;
    {
        let create = aws.rest("elasticfilesystem", "POST", path, body);
        let mut create = std::pin::pin!(create);
        while bench.proxy.hits(fault) == 0 {
            assert!(tokio::time::timeout(Duration::from_millis(1), &mut create).await.is_err());
        }
    }
    let start = Instant::now();
    let one = async || {
        let listed = efs(&aws, "GET", "file-systems", "").await.json().unwrap();
        listed["FileSystems"].as_array().unwrap().len() == 1
    };
    while !one().await {
        assert!(start.elapsed() < Duration::from_secs(10), "it was cut with its caller");
    }
}

#[tokio::test]
async fn states_are_pretended_and_deleted_things_linger() {
    let (bench, aws) = through_proxy().await;
    let created = create_file_system(&aws, r#"{"CreationToken":"waits"}"#).await;
    let id = created["FileSystemId"].as_str().unwrap();
    let path = format!("file-systems?FileSystemId={id}");
    let state = async || {
        let answer = efs(&aws, "GET", &path, "").await;
        let found = answer.json().unwrap();
        found["FileSystems"][0]["LifeCycleState"].as_str().map(str::to_owned)
    };
    let describe = Fault::on(aws.account(), "efs", "DescribeFileSystems");
    let creating = Effect::pretend("LifeCycleState", "creating");
    bench.proxy.inject(describe.clone().times(2).effect(creating));
    let states = [state().await, state().await, state().await].map(Option::unwrap);
    assert_eq!(states, ["creating", "creating", "available"]);
    efs(&aws, "DELETE", &format!("file-systems/{id}"), "").await.ok().unwrap();
    bench.proxy.inject(describe.effect(Effect::linger("LifeCycleState", "deleting")));
    assert_eq!(state().await.as_deref(), Some("deleting"));
    assert_eq!(state().await, None);
}

#[tokio::test]
async fn answers_are_rewritten_in_json_and_in_xml() {
    let (bench, aws) = through_proxy().await;
    create_bucket(&aws).await;
    let fault = Fault::on(aws.account(), "s3", "ListBuckets");
    bench.proxy.inject(fault.effect(Effect::pretend("Name", "pretended")));
    assert_eq!(aws.rest("s3", "GET", "/", "").await.unwrap().xml("Name"), Some("pretended"));
    let fault = Fault::on(aws.account(), "efs", "DescribeFileSystems");
    bench.proxy.inject(fault.effect(Effect::rewrite(|call, reply| {
        reply.body = json!({ "seen": call.operation }).to_string().into_bytes();
    })));
    let rewritten = efs(&aws, "GET", "file-systems", "").await.json().unwrap();
    assert_eq!(rewritten, json!({ "seen": "DescribeFileSystems" }));
}

#[tokio::test]
async fn a_delay_holds_the_call_and_lets_it_through() {
    let (bench, aws) = through_proxy().await;
    let fault = Fault::on(aws.account(), "iam", "ListRoles");
    bench.proxy.inject(fault.effect(Effect::Delay(Duration::from_millis(80))));
    let start = Instant::now();
    assert_eq!(aws.query("iam", "ListRoles", &[]).await.unwrap().status, 200);
    assert!(start.elapsed() >= Duration::from_millis(80));
}
