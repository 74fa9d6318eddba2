use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;
use crate::framework::diagnostic::path_text;

const IDENTITY: &str = "<GetCallerIdentityResponse \
     xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
     <Arn>arn:aws:iam::123456789012:user/x</Arn><UserId>AIDA</UserId><Account>123456789012</Account>\
     </GetCallerIdentityResult></GetCallerIdentityResponse>";

const DENIED: &str = "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error>\
     <Type>Sender</Type><Code>InvalidClientTokenId</Code><Message>The security token included in the \
     request is invalid.</Message></Error><RequestId>r-1</RequestId></ErrorResponse>";

/// STS that answers every request alike; the URL, and how often it was asked.
async fn sts(status: u16, body: &'static str) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            counted.fetch_add(1, Ordering::SeqCst);
            let mut request = vec![0; 16 * 1024];
            let mut length = 0;
            while !request[..length].windows(4).any(|four| four == b"\r\n\r\n") {
                length += stream.read(&mut request[length..]).await.unwrap();
            }
            let head = format!(
                "HTTP/1.1 {status} X\r\nx-amzn-requestid: r-1\r\ncontent-type: text/xml\r\n\
                 connection: close\r\n\
                 content-length: {}\r\n\r\n",
                body.len()
            );
            stream.write_all((head + body).as_bytes()).await.unwrap();
            stream.shutdown().await.unwrap();
        }
    });
    (url, count)
}

/// A block of static keys against `url`, with more arguments; nothing of the machine's own.
fn block(url: &str, more: &[(&str, Dynamic)]) -> Dynamic {
    let endpoints = Object::from([("sts".to_owned(), Dynamic::from(url))]);
    let mut block = Object::from([
        ("region".to_owned(), Dynamic::from("eu-west-1")),
        ("access_key".to_owned(), Dynamic::from("AKIDEXAMPLE")),
        ("secret_key".to_owned(), Dynamic::from("hunter2")),
        ("http_proxy".to_owned(), Dynamic::from("")),
        ("max_retries".to_owned(), Dynamic::from(1)),
        ("endpoints".to_owned(), Dynamic::List(vec![Dynamic::Map(endpoints)])),
    ]);
    block.extend(more.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    Dynamic::Map(block)
}

fn strings(values: &[&str]) -> Dynamic {
    Dynamic::List(values.iter().map(|value| Dynamic::from(*value)).collect())
}

/// The context, or path, summary and detail of the one error.
async fn configure(config: Dynamic) -> Result<ProviderContext, (String, String, String)> {
    let provider = Officeless::new(Environment::default());
    let mut diagnostics = Diagnostics::default();
    let context = provider.configure(config, CancellationToken::new(), &mut diagnostics).await;
    match (context, diagnostics.errors.as_slice()) {
        (Some(context), []) => Ok(context),
        (None, [error]) => {
            Err((path_text(&error.attribute), error.summary.to_string(), error.detail.to_string()))
        }
        (context, errors) => panic!("{context:?} with {errors:?}"),
    }
}

/// Where nothing listens.
const NOWHERE: &str = "http://127.0.0.1:9";

#[tokio::test]
async fn unknown_values_make_no_context_and_no_error() {
    let provider = Officeless::new(Environment::default());
    let mut diagnostics = Diagnostics::default();
    for (name, value) in [("region", Dynamic::Unknown), ("endpoints", Dynamic::Unknown)] {
        let (config, cancel) = (block(NOWHERE, &[(name, value)]), CancellationToken::new());
        let context = provider.configure(config, cancel, &mut diagnostics).await;
        assert!(context.is_none() && diagnostics.errors.is_empty());
    }
}

#[tokio::test]
async fn one_call_to_sts_proves_the_credentials_and_tells_the_account() {
    let (url, count) = sts(200, IDENTITY).await;
    let context = configure(block(&url, &[])).await.unwrap();
    assert_eq!(context.region(), "eu-west-1");
    assert_eq!(context.account_id().await.unwrap(), "123456789012");
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn with_both_skipped_sts_is_never_asked() {
    let skips = [
        ("skip_credentials_validation", Dynamic::Bool(true)),
        ("skip_requesting_account_id", Dynamic::Bool(true)),
    ];
    let context = configure(block(NOWHERE, &skips)).await.unwrap();
    assert_eq!(context.account_id().await.unwrap(), "");
}

#[tokio::test]
async fn refused_credentials_are_an_error_with_both_ways_to_give_others() {
    let (url, _) = sts(403, DENIED).await;
    let (path, summary, detail) = configure(block(&url, &[])).await.unwrap_err();
    assert_eq!((path.as_str(), summary.as_str()), ("", "Invalid AWS Credentials"));
    assert_eq!(
        detail,
        "The provider asked STS who is calling: STS GetCallerIdentity: InvalidClientTokenId: The \
         security token included in the request is invalid.\nRequest ID: r-1\n\nGive valid \
         credentials: access_key and secret_key, or profile, in the provider block; or the \
         environment variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE. For an \
         endpoint without STS, set skip_credentials_validation = true and \
         skip_requesting_account_id = true."
    );
    assert!(!detail.contains("hunter2"));
}

#[tokio::test]
async fn accounts_are_guarded_even_when_credentials_are_not_validated() {
    let (url, _) = sts(200, IDENTITY).await;
    let skip = ("skip_credentials_validation", Dynamic::Bool(true));
    let allowed = ("allowed_account_ids", strings(&["111111111111", "222222222222"]));
    let (path, summary, detail) =
        configure(block(&url, &[skip.clone(), allowed])).await.unwrap_err();
    assert_eq!(
        (path.as_str(), summary.as_str()),
        ("allowed_account_ids", "AWS Account Not Allowed")
    );
    assert_eq!(
        detail,
        "The credentials belong to account 123456789012: it must be among allowed_account_ids \
         (111111111111, 222222222222); use credentials of one of these, or add the account there."
    );
    let forbidden = ("forbidden_account_ids", strings(&["123456789012"]));
    let (path, _, detail) = configure(block(&url, &[skip, forbidden])).await.unwrap_err();
    assert_eq!(path, "forbidden_account_ids");
    assert_eq!(
        detail,
        "The credentials belong to account 123456789012: it must not be among \
         forbidden_account_ids (123456789012); use credentials of another account, or remove it \
         there."
    );
}

#[tokio::test]
async fn the_region_must_be_one_and_be_allowed() {
    let wrong = block(NOWHERE, &[("region", Dynamic::from("eu-wset-1"))]);
    let (path, summary, detail) = configure(wrong).await.unwrap_err();
    assert_eq!((path.as_str(), summary.as_str()), ("region", "Invalid Attribute Value"));
    assert_eq!(
        detail,
        "region = \"eu-wset-1\": must be the name of an AWS region, such as us-east-1; for a region \
         of another cloud, set skip_region_validation = true in the provider block."
    );
    let elsewhere = block(NOWHERE, &[("allowed_regions", strings(&["eu-central-1"]))]);
    let (path, _, detail) = configure(elsewhere).await.unwrap_err();
    assert_eq!(path, "region");
    assert_eq!(
        detail,
        "region = \"eu-west-1\": must be among allowed_regions of the provider block \
         (eu-central-1); choose one of these, or add it there."
    );
}

#[tokio::test]
async fn a_region_of_the_environment_is_traced_to_it() {
    let provider = Officeless::new(Environment::from([("AWS_REGION", "nowhere")]));
    let mut diagnostics = Diagnostics::default();
    let config = block(NOWHERE, &[("region", Dynamic::Null)]);
    assert!(provider.configure(config, CancellationToken::new(), &mut diagnostics).await.is_none());
    assert!(diagnostics.errors[0].detail.starts_with(
        "region = \"nowhere\" (not from the block: from AWS_REGION, AWS_DEFAULT_REGION or the \
         profile): must be the name of an AWS region"
    ));
}

#[test]
fn a_missing_region_is_an_error_with_both_ways_to_give_one() {
    // The text is the connection's own; it cannot be had from it here, since this machine may have
    // a region in its environment.
    let error = aws::Error::new(
        aws::Service::Sts,
        "configuration",
        aws::Kind::Invalid,
        "no region is configured: set `region`, AWS_REGION, or `region` of the profile",
    );
    let told = unopened(&error);
    assert_eq!(path_text(&told.attribute), "region");
    assert_eq!(
        told.detail,
        "region is not given, and nothing else names one. Set region in the provider block, or the \
         environment variable AWS_REGION (or AWS_DEFAULT_REGION); the region of the profile in the \
         shared config file counts as well."
    );
}

#[tokio::test]
async fn a_proxy_that_is_none_is_told() {
    let config = block(NOWHERE, &[("https_proxy", Dynamic::from("proxy"))]);
    let (_, summary, detail) = configure(config).await.unwrap_err();
    assert_eq!(summary, "Invalid Provider Configuration");
    assert!(detail.ends_with("Correct what the message names."), "{detail}");
}

#[tokio::test]
async fn the_context_holds_resources_to_allowed_regions_and_shows_no_secret() {
    let more = [
        ("skip_credentials_validation", Dynamic::Bool(true)),
        ("allowed_regions", strings(&["eu-west-1", "eu-central-1"])),
        ("cluster_name", Dynamic::from("production")),
    ];
    let context = configure(block(NOWHERE, &more)).await.unwrap();
    assert_eq!(context.cluster_name.as_deref(), Some("production"));
    let path = AttributePath::new("region");
    assert!(context.check_region(&path, "eu-central-1").is_none());
    let refused = context.check_region(&path, "us-east-1").unwrap();
    assert_eq!(
        refused.detail,
        "region = \"us-east-1\": must be among allowed_regions of the provider block (eu-central-1, \
         eu-west-1); choose one of these, or add it there."
    );
    assert_eq!(context.clients("eu-central-1").region(), "eu-central-1");
    let text = format!("{context:?}");
    assert!(!text.contains("hunter2"), "{text}");
}

#[test]
fn everything_that_is_served_has_its_own_name() {
    let provider = Officeless::new(Environment::default());
    let sources = provider.data_sources();
    let resources = provider.resources();
    let sources: Vec<&str> = sources.iter().map(|source| source.type_name()).collect();
    let resources: Vec<&str> = resources.iter().map(|resource| resource.type_name()).collect();
    // A data source may have the name of the resource that it looks up.
    for mut names in [sources, resources] {
        assert!(names.iter().all(|name| name.starts_with("officeless_")));
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
