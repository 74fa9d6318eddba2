//! One error type for every AWS call, and the one place that reads SDK errors.
//!
//! A failure keeps what a practitioner needs to act on (service, operation, AWS's code and message,
//! request ID) and a closed [`Kind`] for code to branch on. The kind comes from the error *code*,
//! never from the HTTP status: see the table at the end of each service's file and [`COMMON`].

use std::error::Error as StdError;
use std::fmt;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId as _;

use super::clock::Misdated;

/// A source of any type, as the standard library boxes it.
pub type Source = Box<dyn StdError + Send + Sync + 'static>;

/// Which AWS service was called. Displays as AWS writes the short name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// Application Auto Scaling.
    ApplicationAutoScaling,
    /// AWS Backup.
    Backup,
    /// Amazon Elastic Compute Cloud.
    Ec2,
    /// Amazon Elastic File System.
    Efs,
    /// Amazon Elastic Kubernetes Service.
    Eks,
    /// Amazon `ElastiCache`.
    ElastiCache,
    /// AWS Identity and Access Management.
    Iam,
    /// Amazon Simple Storage Service.
    S3,
    /// AWS Secrets Manager.
    SecretsManager,
    /// AWS Security Token Service.
    Sts,
}

impl Service {
    /// Every service, in the order of [`Service::key`].
    pub const ALL: [Self; 10] = [
        Self::ApplicationAutoScaling,
        Self::Backup,
        Self::Ec2,
        Self::Efs,
        Self::Eks,
        Self::ElastiCache,
        Self::Iam,
        Self::S3,
        Self::SecretsManager,
        Self::Sts,
    ];

    /// The name in lower case, as the `endpoints` of [`super::Settings`] are keyed.
    pub fn key(self) -> &'static str {
        match self {
            Self::ApplicationAutoScaling => "applicationautoscaling",
            Self::Backup => "backup",
            Self::Ec2 => "ec2",
            Self::Efs => "efs",
            Self::Eks => "eks",
            Self::ElastiCache => "elasticache",
            Self::Iam => "iam",
            Self::S3 => "s3",
            Self::SecretsManager => "secretsmanager",
            Self::Sts => "sts",
        }
    }

    /// What follows `AWS_ENDPOINT_URL_` in the environment: the service's id in the SDKs.
    pub fn environment_suffix(self) -> String {
        match self {
            Self::ApplicationAutoScaling => "APPLICATION_AUTO_SCALING".to_owned(),
            Self::SecretsManager => "SECRETS_MANAGER".to_owned(),
            other => other.key().to_uppercase(),
        }
    }

    /// The prefix of the service's IAM actions, as in `elasticfilesystem:CreateFileSystem`.
    pub fn iam_prefix(self) -> &'static str {
        match self {
            Self::ApplicationAutoScaling => "application-autoscaling",
            Self::Efs => "elasticfilesystem",
            other => other.key(),
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ApplicationAutoScaling => "Application Auto Scaling",
            Self::Backup => "Backup",
            Self::Ec2 => "EC2",
            Self::Efs => "EFS",
            Self::Eks => "EKS",
            Self::ElastiCache => "ElastiCache",
            Self::Iam => "IAM",
            Self::S3 => "S3",
            Self::SecretsManager => "Secrets Manager",
            Self::Sts => "STS",
        })
    }
}

/// What a failure means for the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The object the call was about does not exist, by AWS's own code for it.
    NotFound,
    /// The object exists already, is in use, or is in a state that refuses the call now.
    Conflict,
    /// The caller may not do this.
    AccessDenied,
    /// There are no credentials, or AWS does not accept them: expired, revoked, unknown.
    Credentials,
    /// This machine's clock is so wrong that AWS refused the time of the request.
    Clock,
    /// AWS asked to slow down and still did after the retries.
    Throttled,
    /// A limit of the account, the region or the object is reached.
    Quota,
    /// AWS, or this room, found the request itself wrong.
    Invalid,
    /// A deadline passed.
    Timeout,
    /// The operation was asked to stop.
    Cancelled,
    /// No usable answer arrived: connection, TLS, proxy, unreadable body, or a server error.
    Transport,
    /// Everything else.
    Other,
}

/// A failed AWS call or wait. `Display` tells this layer only; the chain is in `source`.
#[derive(Debug, thiserror::Error)]
pub struct Error {
    /// Which service.
    pub service: Service,
    /// The operation by its SDK name, as in `CreateFileSystem`.
    pub operation: &'static str,
    /// What the failure means.
    pub kind: Kind,
    /// AWS's error code; absent where no answer of AWS stands behind the failure.
    pub code: Option<Box<str>>,
    /// AWS's message, or ours; never empty.
    pub message: Box<str>,
    /// AWS's request ID, for support cases.
    pub request_id: Option<Box<str>>,
    /// What lies below, such as the connection error.
    #[source]
    pub source: Option<Source>,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: ", self.service, self.operation)?;
        match &self.code {
            Some(code) if self.message.is_empty() => f.write_str(code),
            Some(code) => write!(f, "{code}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl Error {
    /// A failure that is not an answer of AWS: a timeout, a cancelled wait, a wrong argument.
    pub fn new(
        service: Service,
        operation: &'static str,
        kind: Kind,
        message: impl Into<Box<str>>,
    ) -> Self {
        let message = message.into();
        Self { service, operation, kind, code: None, message, request_id: None, source: None }
    }

    /// The same failure with `source` below it.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Source>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// An answer that lacks a member which AWS documents as always present.
    pub fn incomplete(service: Service, operation: &'static str, member: &str) -> Self {
        let message = format!("the answer lacks {member}");
        Self::new(service, operation, Kind::Transport, message)
    }

    /// Whether AWS answered with this error code.
    pub fn is_code(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }

    /// Whether AWS refused credentials that were valid once.
    pub fn tells_expiry(&self) -> bool {
        let chain = std::iter::successors(Some(self as &dyn StdError), |error| (*error).source());
        chain
            .filter_map(<dyn StdError>::downcast_ref::<Self>)
            .any(|error| error.code.as_deref().is_some_and(|code| EXPIRED.contains(&code)))
    }

    /// Whether the object does not exist.
    pub fn is_not_found(&self) -> bool {
        self.kind == Kind::NotFound
    }

    /// The error AWS answered with, read through `table` and then [`COMMON`].
    pub fn from_sdk<E>(
        service: Service,
        operation: &'static str,
        table: &[(&str, Kind)],
        error: SdkError<E, HttpResponse>,
    ) -> Self
    where
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
    {
        let request_id = error.request_id().map(Box::from);
        match error {
            SdkError::ServiceError(answer) => {
                let status = answer.raw().status().as_u16();
                let meta = answer.err().meta();
                let code: Option<Box<str>> = meta.code().map(Box::from);
                let mut kind = kind_of(code.as_deref(), status, table);
                let mut message: Box<str> = match meta.message() {
                    Some(message) if !message.is_empty() => message.into(),
                    _ if code.is_some() => format!("HTTP status {status}, no message").into(),
                    _ => format!("HTTP status {status} without an error code of AWS").into(),
                };
                if let Some(clocks) = Misdated::of(answer.raw()) {
                    kind = Kind::Clock;
                    message = format!("{message} ({clocks})").into();
                }
                Self { service, operation, kind, code, message, request_id, source: None }
            }
            other => Self { request_id, ..unanswered(service, operation, other) },
        }
    }
}

/// Turns SDK errors of one operation into ours; made for `map_err`.
pub(super) fn classified<E>(
    service: Service,
    operation: &'static str,
    table: &'static [(&'static str, Kind)],
) -> impl FnOnce(SdkError<E, HttpResponse>) -> Error
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    move |error| {
        let error = Error::from_sdk(service, operation, table, error);
        tracing::debug!(
            aws_service = %service,
            aws_operation = operation,
            aws_request_id = error.request_id.as_deref(),
            kind = ?error.kind,
            code = error.code.as_deref(),
            "AWS call failed"
        );
        error
    }
}

/// A text of an answer, where an empty one says "none": some endpoints fill absent members so.
pub(super) fn non_empty(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

/// The finder's rule: an object AWS says does not exist is `None`.
pub(super) fn found<T>(result: Result<T, Error>) -> Result<Option<T>, Error> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

/// The delete's rule: an object AWS says does not exist is deleted.
pub(super) fn gone<T>(result: Result<T, Error>) -> Result<(), Error> {
    found(result).map(drop)
}

fn unanswered<E>(
    service: Service,
    operation: &'static str,
    error: SdkError<E, HttpResponse>,
) -> Error
where
    E: StdError + Send + Sync + 'static,
{
    let (kind, message) = match &error {
        SdkError::TimeoutError(_) => (Kind::Timeout, "no answer within the request's time limit"),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => {
            (Kind::Timeout, "no connection within the time limit")
        }
        SdkError::DispatchFailure(_) => (Kind::Transport, "the request could not be sent"),
        SdkError::ResponseError(_) => (Kind::Transport, "the answer could not be read"),
        SdkError::ConstructionFailure(_) => (Kind::Invalid, "the request could not be built"),
        _ => (Kind::Other, "the call failed"),
    };
    let source = error.into_source().unwrap_or_else(|error| Box::new(error));
    if has_credentials_error(source.as_ref()) {
        let message = "no usable AWS credentials";
        return Error::new(service, operation, Kind::Credentials, message).with_source(source);
    }
    Error::new(service, operation, kind, message).with_source(source)
}

/// AWS's code in a refusal, before the SDK has made a typed error of it: in the header or the body,
/// as the protocol of the service has it.
pub(super) fn code_of(answer: &HttpResponse) -> Option<String> {
    if answer.status().as_u16() < 400 {
        return None;
    }
    let header = || answer.headers().get("x-amzn-errortype").map(str::to_owned);
    let body = || {
        let body = std::str::from_utf8(answer.body().bytes()?).ok()?;
        code_in_xml(body).map(str::to_owned).or_else(|| code_in_json(body))
    };
    let code = header().or_else(body)?;
    // A namespace may stand before it and a link behind it.
    let code = code.split(':').next()?.rsplit('#').next()?;
    Some(code.to_owned())
}

fn code_in_xml(body: &str) -> Option<&str> {
    let (_, rest) = body.split_once("<Code>")?;
    rest.split_once("</Code>").map(|(code, _)| code)
}

fn code_in_json(body: &str) -> Option<String> {
    let body: serde_json::Value = serde_json::from_str(body).ok()?;
    ["__type", "code"].iter().find_map(|member| body.get(member)?.as_str().map(str::to_owned))
}

fn has_credentials_error(error: &(dyn StdError + 'static)) -> bool {
    std::iter::successors(Some(error), |error| (*error).source())
        .any(<dyn StdError>::is::<CredentialsError>)
}

fn kind_of(code: Option<&str>, status: u16, table: &[(&str, Kind)]) -> Kind {
    let Some(code) = code else {
        return if status >= 500 { Kind::Transport } else { Kind::Other };
    };
    let listed = table.iter().chain(COMMON).find(|(listed, _)| *listed == code);
    match listed {
        Some((_, kind)) => *kind,
        None if status >= 500 => Kind::Transport,
        None => Kind::Other,
    }
}

/// Codes for credentials that were valid once. `RequestExpired` is EC2's, also for a request that is
/// signed for another time, which [`Misdated`] tells apart.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>
pub(super) const EXPIRED: &[&str] =
    &["ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"];

/// Codes that mean the same in every service. A service's own table is asked first.
const COMMON: &[(&str, Kind)] = &[
    ("AccessDenied", Kind::AccessDenied),
    ("AccessDeniedException", Kind::AccessDenied),
    ("NotAuthorized", Kind::AccessDenied),
    ("OptInRequired", Kind::AccessDenied),
    ("UnauthorizedOperation", Kind::AccessDenied),
    ("AuthFailure", Kind::Credentials),
    ("ExpiredToken", Kind::Credentials),
    ("ExpiredTokenException", Kind::Credentials),
    ("IncompleteSignature", Kind::Credentials),
    ("InvalidAccessKeyId", Kind::Credentials),
    ("InvalidClientTokenId", Kind::Credentials),
    ("InvalidSignatureException", Kind::Credentials),
    ("InvalidToken", Kind::Credentials),
    ("MissingAuthenticationToken", Kind::Credentials),
    ("RequestExpired", Kind::Credentials),
    ("SignatureDoesNotMatch", Kind::Credentials),
    ("TokenRefreshRequired", Kind::Credentials),
    ("UnrecognizedClientException", Kind::Credentials),
    ("RequestInTheFuture", Kind::Clock),
    ("RequestTimeTooSkewed", Kind::Clock),
    ("APICallRateForCustomerExceeded", Kind::Throttled),
    ("BandwidthLimitExceeded", Kind::Throttled),
    ("EC2ThrottledException", Kind::Throttled),
    ("PriorRequestNotComplete", Kind::Throttled),
    ("RequestLimitExceeded", Kind::Throttled),
    ("RequestThrottled", Kind::Throttled),
    ("RequestThrottledException", Kind::Throttled),
    ("SlowDown", Kind::Throttled),
    ("ThrottledException", Kind::Throttled),
    ("Throttling", Kind::Throttled),
    ("ThrottlingException", Kind::Throttled),
    ("TooManyRequestsException", Kind::Throttled),
    ("LimitExceeded", Kind::Quota),
    ("LimitExceededException", Kind::Quota),
    ("ServiceQuotaExceededException", Kind::Quota),
    ("BadRequest", Kind::Invalid),
    ("InvalidAction", Kind::Invalid),
    ("InvalidParameterCombination", Kind::Invalid),
    ("InvalidParameterException", Kind::Invalid),
    ("InvalidParameterValue", Kind::Invalid),
    ("MalformedQueryString", Kind::Invalid),
    ("MissingParameter", Kind::Invalid),
    ("ValidationError", Kind::Invalid),
    ("ValidationException", Kind::Invalid),
    ("RequestTimeout", Kind::Timeout),
    ("RequestTimeoutException", Kind::Timeout),
    ("InternalError", Kind::Transport),
    ("InternalFailure", Kind::Transport),
    ("InternalServerError", Kind::Transport),
    ("ServerException", Kind::Transport),
    ("ServiceFailure", Kind::Transport),
    ("ServiceUnavailable", Kind::Transport),
    ("ServiceUnavailableException", Kind::Transport),
    ("Unavailable", Kind::Transport),
];

#[cfg(test)]
mod tests;
