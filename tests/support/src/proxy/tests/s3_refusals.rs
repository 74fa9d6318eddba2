use super::{create_bucket, through_proxy};
use std::fmt::Write as _;

const ENABLED: &str = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
const SUSPENDED: &str =
    "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>";

#[tokio::test]
async fn documents_that_aws_refuses_are_refused() {
    let (_, aws) = through_proxy().await;
    let name = create_bucket(&aws).await;
    let mut keys = String::from("<Delete>");
    for key in 0..1_001 {
        let _ = write!(keys, "<Object><Key>{key}</Key></Object>");
    }
    keys.push_str("</Delete>");
    let rule = "<Rule><ID>a</ID><Status>Enabled</Status><Filter/><Expiration><Days>1</Days>\
                </Expiration></Rule>";
    let logging = "<BucketLoggingStatus><LoggingEnabled><TargetBucket>none-such-here</TargetBucket>\
                   <TargetPrefix/></LoggingEnabled></BucketLoggingStatus>";
    let replication = "<ReplicationConfiguration><Role>arn:aws:iam::1:role/r</Role><Rule>\
                       <Status>Enabled</Status><Destination><Bucket>arn:aws:s3:::none-such-here\
                       </Bucket></Destination></Rule></ReplicationConfiguration>";
    let notification = "<NotificationConfiguration><QueueConfiguration><Event>s3:Novel:*</Event>\
                        </QueueConfiguration></NotificationConfiguration>";
    for (method, sub, body, code) in [
        ("POST", "delete", keys.as_str(), "MalformedXML"),
        ("PUT", "logging", logging, "InvalidTargetBucketForLogging"),
        ("PUT", "replication", replication, "InvalidRequest"),
        (
            "PUT",
            "lifecycle",
            &format!("<LifecycleConfiguration>{rule}{rule}</LifecycleConfiguration>"),
            "InvalidArgument",
        ),
        ("PUT", "notification", notification, "InvalidArgument"),
    ] {
        let answer = aws.rest("s3", method, &format!("/{name}?{sub}"), body).await.unwrap();
        assert_eq!((answer.status, answer.xml("Code")), (400, Some(code)), "{sub}");
    }
}

#[tokio::test]
async fn versioning_stays_where_object_lock_needs_it() {
    let (_, aws) = through_proxy().await;
    let name = create_bucket(&aws).await;
    let versioning = format!("/{name}?versioning");
    for body in [ENABLED, SUSPENDED, ENABLED] {
        aws.rest("s3", "PUT", &versioning, body).await.unwrap().ok().unwrap();
    }
    let lock = "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled>\
                </ObjectLockConfiguration>";
    aws.rest("s3", "PUT", &format!("/{name}?object-lock"), lock).await.unwrap().ok().unwrap();
    let refused = aws.rest("s3", "PUT", &versioning, SUSPENDED).await.unwrap();
    assert_eq!((refused.status, refused.xml("Code")), (409, Some("InvalidBucketState")));
}
