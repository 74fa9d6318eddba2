//! Buckets themselves: whose a name is, creating, tagging, deleting.

use aws_sdk_s3::types::{
    BucketLocationConstraint, BucketNamespace, CreateBucketConfiguration, ObjectOwnership, Tag,
    Tagging,
};

use super::{Bucket, failed, unbuildable, unless_absent};
use crate::aws::clients::Clients;
use crate::aws::error::{self, Error, Kind};
use crate::aws::tags::{self, Tags};

/// What stands behind a bucket name, as far as the caller may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nobody's.
    Free,
    /// A bucket the caller can reach; of the expected account, if one was named.
    Ours,
    /// A bucket of another account, or one that denies the caller.
    Foreign,
    /// A bucket in this region, not the one that was asked.
    OtherRegion(String),
}

/// What came of a creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Created {
    /// A new bucket; in us-east-1 also one the account owned before, so ask for its
    /// [`Standing`] first.
    Created,
    /// The account owns it already.
    AlreadyOurs,
}

/// What came of a deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deleted {
    /// It is gone, or was.
    Gone,
    /// It still holds objects, versions or delete markers.
    NotEmpty,
}

/// What a bucket is created with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewBucket {
    /// Its name, complete also in the account's regional namespace.
    pub name: String,
    /// Whether the name is of the form `{prefix}-{account}-{region}-an`, which nobody else can
    /// take.
    pub account_regional: bool,
    /// Tags set by the call itself; needs `s3:TagResource`.
    pub tags: Tags,
}

/// Finds out whose a name is. A missing bucket is believed only with code `NoSuchBucket`; as
/// `HeadBucket` answers no code, a second operation asks for it.
/// IAM: s3:ListBucket, s3:GetBucketVersioning
pub async fn find_standing(clients: &Clients, bucket: Bucket<'_>) -> Result<Standing, Error> {
    let request =
        clients.s3().head_bucket().bucket(bucket.name).set_expected_bucket_owner(bucket.owner());
    let Err(error) = request.send().await else { return Ok(Standing::Ours) };
    let (status, region) = match error.raw_response() {
        Some(response) => (
            response.status().as_u16(),
            response.headers().get("x-amz-bucket-region").map(str::to_owned),
        ),
        None => (0, None),
    };
    let error = failed("HeadBucket")(error);
    match (status, region) {
        _ if error.kind == Kind::Clock => Err(error),
        (301 | 400, Some(region)) if region != clients.region() => {
            Ok(Standing::OtherRegion(region))
        }
        (403, _) => Ok(Standing::Foreign),
        (404, _) => confirm_free(clients, bucket).await,
        _ => Err(error),
    }
}

async fn confirm_free(clients: &Clients, bucket: Bucket<'_>) -> Result<Standing, Error> {
    let request = clients
        .s3()
        .get_bucket_versioning()
        .bucket(bucket.name)
        .set_expected_bucket_owner(bucket.owner());
    match request.send().await.map_err(failed("GetBucketVersioning")) {
        // It was made between the two questions.
        Ok(_) => Ok(Standing::Ours),
        Err(error) if error.is_code("NoSuchBucket") => Ok(Standing::Free),
        Err(error) => Err(error),
    }
}

/// The region a bucket is in, whoever owns it; `None` where AWS does not tell it, or has no such
/// bucket. IAM: s3:ListBucket
pub async fn find_region(clients: &Clients, name: &str) -> Result<Option<String>, Error> {
    let header = |headers: &aws_smithy_runtime_api::http::Headers| {
        headers.get("x-amz-bucket-region").map(str::to_owned)
    };
    match clients.s3().head_bucket().bucket(name).send().await {
        // A bucket that answers here is here.
        Ok(answer) => Ok(answer.bucket_region.or_else(|| Some(clients.region().to_owned()))),
        Err(error) => match error.raw_response() {
            Some(response) if matches!(response.status().as_u16(), 301 | 400 | 403 | 404) => {
                Ok(header(response.headers()))
            }
            _ => Err(failed("HeadBucket")(error)),
        },
    }
}

/// Tags of the bucket; `None` if it has none. IAM: s3:GetBucketTagging
pub async fn find_tags(clients: &Clients, bucket: Bucket<'_>) -> Result<Option<Tags>, Error> {
    let request = clients
        .s3()
        .get_bucket_tagging()
        .bucket(bucket.name)
        .set_expected_bucket_owner(bucket.owner());
    let result = request.send().await.map_err(failed("GetBucketTagging"));
    let answer = unless_absent(result, "NoSuchTagSet")?;
    Ok(answer
        .map(|answer| tags::collect(answer.tag_set.into_iter().map(|tag| (tag.key, tag.value)))))
}

/// Creates a bucket in the clients' region, with access lists off from the start.
/// `BucketAlreadyExists` ([`Kind::Conflict`]): another account has the name.
/// IAM: s3:CreateBucket, s3:PutBucketOwnershipControls, s3:TagResource
pub async fn create_bucket(clients: &Clients, new: &NewBucket) -> Result<Created, Error> {
    const OPERATION: &str = "CreateBucket";
    let mut configuration = CreateBucketConfiguration::builder();
    // us-east-1 is the only region that must not be named.
    let elsewhere = clients.region() != "us-east-1";
    if elsewhere {
        configuration =
            configuration.location_constraint(BucketLocationConstraint::from(clients.region()));
    }
    if !new.tags.is_empty() {
        configuration = configuration.set_tags(Some(write_tags(OPERATION, &new.tags)?));
    }
    let configuration = (elsewhere || !new.tags.is_empty()).then(|| configuration.build());
    let request = clients
        .s3()
        .create_bucket()
        .bucket(&new.name)
        .object_ownership(ObjectOwnership::BucketOwnerEnforced)
        .set_bucket_namespace(new.account_regional.then_some(BucketNamespace::AccountRegional))
        .set_create_bucket_configuration(configuration);
    match request.send().await.map_err(failed(OPERATION)) {
        Ok(_) => Ok(Created::Created),
        Err(error) if error.is_code("BucketAlreadyOwnedByYou") => Ok(Created::AlreadyOurs),
        Err(error) => Err(error),
    }
}

/// Replaces all tags of the bucket. AWS refuses this call where attribute-based access control is
/// enabled for the bucket; then only `TagResource` of S3 Control changes tags, which this provider
/// does not call. IAM: s3:PutBucketTagging
pub async fn put_tags(clients: &Clients, bucket: Bucket<'_>, tags: &Tags) -> Result<(), Error> {
    const OPERATION: &str = "PutBucketTagging";
    let tagging = Tagging::builder().set_tag_set(Some(write_tags(OPERATION, tags)?)).build();
    clients
        .s3()
        .put_bucket_tagging()
        .bucket(bucket.name)
        .set_expected_bucket_owner(bucket.owner())
        .tagging(tagging.map_err(unbuildable(OPERATION))?)
        .send()
        .await
        .map_err(failed(OPERATION))?;
    Ok(())
}

/// Removes all tags of the bucket. IAM: s3:PutBucketTagging
pub async fn delete_tags(clients: &Clients, bucket: Bucket<'_>) -> Result<(), Error> {
    let request = clients
        .s3()
        .delete_bucket_tagging()
        .bucket(bucket.name)
        .set_expected_bucket_owner(bucket.owner());
    error::gone(request.send().await.map_err(failed("DeleteBucketTagging")))
}

/// Deletes an empty bucket and frees its name for anyone. IAM: s3:DeleteBucket
pub async fn delete_bucket(clients: &Clients, bucket: Bucket<'_>) -> Result<Deleted, Error> {
    let request =
        clients.s3().delete_bucket().bucket(bucket.name).set_expected_bucket_owner(bucket.owner());
    match error::gone(request.send().await.map_err(failed("DeleteBucket"))) {
        Ok(()) => Ok(Deleted::Gone),
        Err(error) if error.is_code("BucketNotEmpty") => Ok(Deleted::NotEmpty),
        Err(error) => Err(error),
    }
}

fn write_tags(operation: &'static str, tags: &Tags) -> Result<Vec<Tag>, Error> {
    tags.iter()
        .map(|(key, value)| Tag::builder().key(key).value(value).build())
        .collect::<Result<_, _>>()
        .map_err(unbuildable(operation))
}
