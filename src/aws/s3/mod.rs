//! Simple Storage Service: [`bucket`]s, their [`settings`], [`lifecycle`], [`object_lock`], [`cors`],
//! [`notifications`] and [`replication`], and [`emptying`] them.
//!
//! Every call names the account that must own the bucket, where it is known, so that a name which
//! changed hands is refused instead of written to. Parallel writes to one bucket answer
//! `OperationAborted`: write its settings one after the other.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html>

pub mod bucket;
pub mod cors;
pub mod emptying;
pub mod lifecycle;
pub mod notifications;
pub mod object_lock;
pub mod replication;
pub mod settings;

use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::error::{self, Error, Kind, Service};
use super::wait::{Seen, Wait};

/// A bucket to call for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket<'a> {
    /// Its name.
    pub name: &'a str,
    /// The account that must own it; unchecked if absent.
    pub owner: Option<&'a str>,
}

impl Bucket<'_> {
    fn owner(&self) -> Option<String> {
        self.owner.map(str::to_owned)
    }
}

/// How long to wait for a written setting to be read back before going on with a warning.
pub const SETTLING: Duration = Duration::from_mins(1);

/// Whether a written setting is read back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// Two reads in a row answered what was written.
    Yes,
    /// Not within the time; it usually follows.
    NotYet,
}

/// Reads until two answers in a row equal `wanted`, for [`SETTLING`] at most: after a write, S3 may
/// answer the old and the new setting in turn. `what` completes the sentence "waiting for …".
pub async fn settled<T, F, Fut>(
    wait: &Wait,
    what: &str,
    wanted: &T,
    mut read: F,
) -> Result<Settled, Error>
where
    T: PartialEq,
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, Error>>,
{
    let agreed = AtomicU8::new(0);
    let result = wait
        .within(SETTLING)
        .until(Service::S3, "read after write", what, || {
            let reading = read();
            let agreed = &agreed;
            async move {
                let equal = match reading.await {
                    Ok(answer) => answer == *wanted,
                    // The bucket itself may not be known everywhere yet.
                    Err(error) if error.is_not_found() => false,
                    Err(error) => return Err(error),
                };
                if !equal {
                    agreed.store(0, Ordering::Relaxed);
                    return Ok(Seen::Pending("not read back".to_owned()));
                }
                Ok(match agreed.fetch_add(1, Ordering::Relaxed) {
                    0 => Seen::Pending("read back once".to_owned()),
                    _ => Seen::Done(()),
                })
            }
        })
        .await;
    match result {
        Ok(()) => Ok(Settled::Yes),
        Err(error) if error.kind == Kind::Timeout => {
            tracing::warn!(what, "S3 does not read back what was written; going on");
            Ok(Settled::NotYet)
        }
        Err(error) => Err(error),
    }
}

/// The finder's rule for a setting of a bucket: absent by its own code. A missing *bucket* stays
/// an error, [`Kind::NotFound`] with code `NoSuchBucket`.
fn unless_absent<T>(result: Result<T, Error>, code: &str) -> Result<Option<T>, Error> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.is_code(code) => Ok(None),
        Err(error) => Err(error),
    }
}

fn unbuildable(operation: &'static str) -> impl FnOnce(aws_sdk_s3::error::BuildError) -> Error {
    move |error| {
        let message = "the request could not be built";
        Error::new(Service::S3, operation, Kind::Invalid, message).with_source(error)
    }
}

fn failed<E>(operation: &'static str) -> impl FnOnce(SdkError<E, HttpResponse>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    error::classified(Service::S3, operation, CODES)
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList>
///
/// The code `NotFound`, which the SDK itself makes of any 404 without a body, is left out on
/// purpose: a wrong endpoint answers that too.
const CODES: &[(&str, Kind)] = &[
    ("NoSuchBucket", Kind::NotFound),
    ("NoSuchBucketPolicy", Kind::NotFound),
    ("NoSuchCORSConfiguration", Kind::NotFound),
    ("NoSuchKey", Kind::NotFound),
    ("NoSuchLifecycleConfiguration", Kind::NotFound),
    ("NoSuchObjectLockConfiguration", Kind::NotFound),
    ("NoSuchPublicAccessBlockConfiguration", Kind::NotFound),
    ("NoSuchTagSet", Kind::NotFound),
    ("NoSuchUpload", Kind::NotFound),
    ("ObjectLockConfigurationNotFoundError", Kind::NotFound),
    ("OwnershipControlsNotFoundError", Kind::NotFound),
    ("ReplicationConfigurationNotFoundError", Kind::NotFound),
    ("ServerSideEncryptionConfigurationNotFoundError", Kind::NotFound),
    ("BucketAlreadyExists", Kind::Conflict),
    ("BucketAlreadyOwnedByYou", Kind::Conflict),
    ("BucketNotEmpty", Kind::Conflict),
    ("InvalidBucketState", Kind::Conflict),
    ("OperationAborted", Kind::Conflict),
    ("AccountProblem", Kind::AccessDenied),
    ("AllAccessDisabled", Kind::AccessDenied),
    ("TooManyBuckets", Kind::Quota),
    ("AuthorizationHeaderMalformed", Kind::Invalid),
    ("IllegalLocationConstraintException", Kind::Invalid),
    ("InvalidArgument", Kind::Invalid),
    ("InvalidBucketName", Kind::Invalid),
    ("InvalidLocationConstraint", Kind::Invalid),
    ("InvalidRequest", Kind::Invalid),
    ("InvalidTag", Kind::Invalid),
    ("MalformedPolicy", Kind::Invalid),
    ("MalformedXML", Kind::Invalid),
    ("PermanentRedirect", Kind::Invalid),
];

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::aws::wait::Deadline;

    fn wait() -> Wait {
        Wait::new(Deadline::after(Duration::from_hours(1)), CancellationToken::new())
    }

    #[test]
    fn the_sdks_own_not_found_is_not_believed() {
        assert!(!CODES.iter().any(|(code, _)| *code == "NotFound"));
    }

    #[test]
    fn an_absent_setting_is_none_and_an_absent_bucket_is_an_error() {
        let error = |code: &str| {
            let mut error = Error::new(Service::S3, "GetBucketPolicy", Kind::NotFound, "gone");
            error.code = Some(code.into());
            Err::<(), _>(error)
        };
        assert!(matches!(
            unless_absent(error("NoSuchBucketPolicy"), "NoSuchBucketPolicy"),
            Ok(None)
        ));
        let missing = unless_absent(error("NoSuchBucket"), "NoSuchBucketPolicy").unwrap_err();
        assert_eq!(missing.kind, Kind::NotFound);
    }

    #[tokio::test(start_paused = true)]
    async fn alternating_reads_have_to_agree_twice() {
        let answers = Cell::new(["new", "old", "new", "new"].iter());
        let reads = Cell::new(0);
        let wait = wait();
        let settled = settled(&wait, "the policy", &"new", || {
            reads.set(reads.get() + 1);
            let mut rest = answers.take();
            let answer = *rest.next().unwrap();
            answers.set(rest);
            async move { Ok(answer) }
        });
        assert_eq!(settled.await.unwrap(), Settled::Yes);
        assert_eq!(reads.get(), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn a_setting_never_read_back_is_a_warning_and_not_an_error() {
        let wait = wait();
        let settled = settled(&wait, "the policy", &1, || async { Ok(2) });
        assert_eq!(settled.await.unwrap(), Settled::NotYet);
    }
}
