use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::ErrorMetadata;

use super::*;

const TABLE: &[(&str, Kind)] =
    &[("FileSystemNotFound", Kind::NotFound), ("ThrottlingException", Kind::Quota)];

fn answer(status: u16, code: Option<&str>, message: &str) -> SdkError<ErrorMetadata, HttpResponse> {
    let mut raw = HttpResponse::new(status.try_into().unwrap(), SdkBody::empty());
    raw.headers_mut().insert("x-amzn-requestid", "req-1");
    let mut meta = ErrorMetadata::builder();
    if let Some(code) = code {
        meta = meta.code(code);
    }
    if !message.is_empty() {
        meta = meta.message(message);
    }
    SdkError::service_error(meta.build(), raw)
}

fn read(status: u16, code: Option<&str>) -> Error {
    Error::from_sdk(Service::Efs, "DescribeFileSystems", TABLE, answer(status, code, "why"))
}

#[test]
fn keeps_what_a_practitioner_needs() {
    let error = read(404, Some("FileSystemNotFound"));
    assert_eq!(error.kind, Kind::NotFound);
    assert_eq!(error.request_id.as_deref(), Some("req-1"));
    assert_eq!(error.to_string(), "EFS DescribeFileSystems: FileSystemNotFound: why");
}

#[test]
fn status_404_alone_is_never_not_found() {
    let error = read(404, None);
    assert_eq!(error.kind, Kind::Other);
    assert_eq!(read(404, Some("NoSuchPath")).kind, Kind::Other);
}

#[test]
fn the_table_of_the_service_goes_before_the_common_one() {
    assert_eq!(read(429, Some("ThrottlingException")).kind, Kind::Quota);
    assert_eq!(read(400, Some("Throttling")).kind, Kind::Throttled);
}

#[test]
fn an_unknown_server_error_is_transport() {
    assert_eq!(read(503, Some("SomethingNew")).kind, Kind::Transport);
    assert_eq!(read(500, None).kind, Kind::Transport);
}

#[test]
fn the_code_is_found_where_each_protocol_has_it() {
    let refusal = |status: u16, body: &str| {
        HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body))
    };
    let code = |body| code_of(&refusal(400, body));
    let query = "<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>";
    assert_eq!(code(query).as_deref(), Some("Throttling"));
    let json = r#"{"__type":"com.amazonaws.secretsmanager#LimitExceededException","message":"x"}"#;
    assert_eq!(code(json).as_deref(), Some("LimitExceededException"));
    let mut rest = refusal(400, r#"{"message":"x"}"#);
    let header = "ThrottlingException:http://internal.amazon.com/coral/";
    rest.headers_mut().insert("x-amzn-errortype", header);
    assert_eq!(code_of(&rest).as_deref(), Some("ThrottlingException"));
    assert_eq!(code("not found"), None);
    assert_eq!(code(""), None);
    assert_eq!(code_of(&refusal(200, query)), None);
}

#[test]
fn refused_credentials_are_no_lack_of_rights() {
    assert_eq!(read(403, Some("AccessDeniedException")).kind, Kind::AccessDenied);
    assert_eq!(read(403, Some("UnrecognizedClientException")).kind, Kind::Credentials);
    for code in EXPIRED {
        let error = read(400, Some(code));
        assert!(error.kind == Kind::Credentials && error.tells_expiry(), "{code}");
    }
    let below = Error::new(Service::Sts, "x", Kind::Credentials, "none")
        .with_source(CredentialsError::provider_error(read(403, Some("ExpiredToken"))));
    assert!(below.tells_expiry());
    assert!(!read(403, Some("InvalidClientTokenId")).tells_expiry());
}

#[test]
fn the_message_is_never_empty() {
    let error = Error::from_sdk(Service::S3, "HeadBucket", &[], answer(403, None, ""));
    assert_eq!(error.message.as_ref(), "HTTP status 403 without an error code of AWS");
}

#[test]
fn missing_credentials_are_found_in_the_chain() {
    let credentials = CredentialsError::not_loaded("no providers in chain provided credentials");
    let failure = ConnectorError::other(Box::new(credentials), None);
    let error: SdkError<ErrorMetadata, HttpResponse> = SdkError::dispatch_failure(failure);
    let error = Error::from_sdk(Service::Sts, "GetCallerIdentity", &[], error);
    assert_eq!(error.kind, Kind::Credentials);
    assert!(error.source.is_some());
}

#[test]
fn a_connection_time_limit_is_a_timeout_and_other_failures_are_transport() {
    let late: SdkError<ErrorMetadata, HttpResponse> =
        SdkError::dispatch_failure(ConnectorError::timeout("late".into()));
    let refused: SdkError<ErrorMetadata, HttpResponse> =
        SdkError::dispatch_failure(ConnectorError::io("refused".into()));
    let kind = |error| Error::from_sdk(Service::Iam, "GetRole", &[], error).kind;
    assert_eq!(kind(late), Kind::Timeout);
    assert_eq!(kind(refused), Kind::Transport);
}

#[test]
fn not_found_is_none_for_finders_and_ok_for_deletes_and_nothing_else_is() {
    assert!(matches!(found::<()>(Err(read(404, Some("FileSystemNotFound")))), Ok(None)));
    assert!(gone::<()>(Err(read(404, Some("FileSystemNotFound")))).is_ok());
    assert!(found::<()>(Err(read(404, None))).is_err());
    assert!(gone::<()>(Err(read(409, Some("FileSystemInUse")))).is_err());
}
