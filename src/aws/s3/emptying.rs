//! Emptying a bucket: all versions, all delete markers, all unfinished uploads.
//!
//! Pages of 1,000 are listed one after the other while others are being deleted. Objects that AWS
//! refuses to delete, such as locked ones, are counted and named. Running it again goes on where
//! it stopped, because what is gone is not listed any more.

use std::sync::Arc;

use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

use super::{Bucket, failed, unbuildable};
use crate::aws::clients::Clients;
use crate::aws::error::{self, Error, Service};
use crate::aws::wait::Wait;

/// Batches deleted at the same time.
const PARALLEL: usize = 8;

/// Passes over the bucket: some refusals, such as `InternalError`, pass by themselves.
const PASSES: u32 = 3;

/// Refused objects to remember by name.
const NAMED: usize = 20;

/// What came of emptying.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Emptied {
    /// Versions and delete markers deleted.
    pub deleted: u64,
    /// Unfinished uploads aborted.
    pub aborted: u64,
    /// Versions and delete markers AWS refused to delete in the last pass.
    pub refused: u64,
    /// The first few of those.
    pub refusals: Vec<Refusal>,
}

/// An object AWS refused to delete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Its key.
    pub key: String,
    /// Its version.
    pub version_id: Option<String>,
    /// AWS's code, as in `AccessDenied`.
    pub code: String,
    /// AWS's message.
    pub message: String,
}

/// Whether a bucket holds no object, version or delete marker; [`Kind::NotFound`] if it is missing.
/// IAM: s3:ListBucketVersions
///
/// [`Kind::NotFound`]: crate::aws::Kind::NotFound
pub async fn is_empty(clients: &Clients, bucket: Bucket<'_>) -> Result<bool, Error> {
    let answer = clients
        .s3()
        .list_object_versions()
        .bucket(bucket.name)
        .set_expected_bucket_owner(bucket.owner())
        .max_keys(1)
        .send()
        .await
        .map_err(failed("ListObjectVersions"))?;
    let none = |length: Option<usize>| length.unwrap_or_default() == 0;
    Ok(none(answer.versions.map(|versions| versions.len()))
        && none(answer.delete_markers.map(|markers| markers.len())))
}

/// Empties a bucket; a missing one is empty. With `bypass_governance` also objects under a lock in
/// mode GOVERNANCE; nothing deletes objects under COMPLIANCE before their time.
/// IAM: s3:ListBucketVersions, s3:DeleteObject, s3:DeleteObjectVersion,
/// s3:ListBucketMultipartUploads, s3:AbortMultipartUpload, s3:BypassGovernanceRetention
pub async fn empty_bucket(
    clients: &Clients,
    bucket: Bucket<'_>,
    bypass_governance: bool,
    wait: &Wait,
) -> Result<Emptied, Error> {
    let what = format!("bucket {} to be emptied", bucket.name);
    let target = Arc::new(Target {
        s3: clients.s3().clone(),
        name: bucket.name.to_owned(),
        owner: bucket.owner(),
        bypass_governance,
    });
    // Boxed, because it holds many calls at once.
    let work = Box::pin(async {
        let mut emptied = Emptied::default();
        for _ in 0..PASSES {
            emptied.refused = 0;
            emptied.refusals.clear();
            delete_versions(&target, &mut emptied).await?;
            if emptied.refused == 0 {
                break;
            }
        }
        abort_uploads(&target, &mut emptied).await?;
        Ok(emptied)
    });
    let result = wait.guard(Service::S3, "DeleteObjects", &what, work).await?;
    Ok(error::found(result)?.unwrap_or_default())
}

/// What every call here needs.
struct Target {
    s3: aws_sdk_s3::Client,
    name: String,
    owner: Option<String>,
    bypass_governance: bool,
}

/// Where a listing goes on.
#[derive(Default)]
struct Marker {
    key: Option<String>,
    version_id: Option<String>,
}

async fn delete_versions(target: &Arc<Target>, emptied: &mut Emptied) -> Result<(), Error> {
    // Every future owns what it needs: borrowing ones cannot be proven `Send` in a stream.
    let listing = Arc::clone(target);
    let pages = stream::try_unfold(Some(Marker::default()), move |from| {
        let target = Arc::clone(&listing);
        async move {
            let Some(from) = from else { return Ok(None) };
            list_versions(&target, from).await.map(Some)
        }
    });
    let deleting = Arc::clone(target);
    let batches = pages
        .map_ok(move |page| {
            let target = Arc::clone(&deleting);
            async move { delete_batch(&target, page).await }
        })
        .try_buffer_unordered(PARALLEL);
    let mut batches = std::pin::pin!(batches);
    while let Some((deleted, refusals)) = batches.try_next().await? {
        emptied.deleted += deleted;
        emptied.refused += refusals.len() as u64;
        let room = NAMED.saturating_sub(emptied.refusals.len());
        emptied.refusals.extend(refusals.into_iter().take(room));
        tracing::info!(
            bucket = target.name,
            deleted = emptied.deleted,
            refused = emptied.refused,
            "emptying the bucket"
        );
    }
    Ok(())
}

async fn list_versions(
    target: &Target,
    from: Marker,
) -> Result<(Vec<ObjectIdentifier>, Option<Marker>), Error> {
    const OPERATION: &str = "ListObjectVersions";
    let answer = target
        .s3
        .list_object_versions()
        .bucket(&target.name)
        .set_expected_bucket_owner(target.owner.clone())
        .max_keys(1000)
        .set_key_marker(from.key)
        .set_version_id_marker(from.version_id)
        .send()
        .await
        .map_err(failed(OPERATION))?;
    let versions = answer.versions.unwrap_or_default().into_iter();
    let markers = answer.delete_markers.unwrap_or_default().into_iter();
    let page = versions
        .map(|version| (version.key, version.version_id))
        .chain(markers.map(|marker| (marker.key, marker.version_id)))
        .filter_map(|(key, version_id)| Some((key?, version_id)))
        .map(|(key, version_id)| {
            ObjectIdentifier::builder().key(key).set_version_id(version_id).build()
        })
        .collect::<Result<Vec<_>, _>>()
        .map_err(unbuildable(OPERATION))?;
    // Without a marker the same page would be listed for ever.
    let next =
        (answer.is_truncated == Some(true) && answer.next_key_marker.is_some()).then_some(Marker {
            key: answer.next_key_marker,
            version_id: answer.next_version_id_marker,
        });
    Ok((page, next))
}

async fn delete_batch(
    target: &Target,
    page: Vec<ObjectIdentifier>,
) -> Result<(u64, Vec<Refusal>), Error> {
    const OPERATION: &str = "DeleteObjects";
    let asked = page.len();
    if asked == 0 {
        return Ok((0, Vec::new()));
    }
    let delete = Delete::builder().set_objects(Some(page)).quiet(true).build();
    let answer = target
        .s3
        .delete_objects()
        .bucket(&target.name)
        .set_expected_bucket_owner(target.owner.clone())
        .set_bypass_governance_retention(target.bypass_governance.then_some(true))
        .delete(delete.map_err(unbuildable(OPERATION))?)
        .send()
        .await
        .map_err(failed(OPERATION))?;
    let refusals: Vec<_> = answer
        .errors
        .unwrap_or_default()
        .into_iter()
        .map(|error| Refusal {
            key: error.key.unwrap_or_default(),
            version_id: error.version_id,
            code: error.code.unwrap_or_default(),
            message: error.message.unwrap_or_default(),
        })
        // Gone in the meantime is as good as deleted.
        .filter(|refusal| !matches!(refusal.code.as_str(), "NoSuchKey" | "NoSuchVersion"))
        .collect();
    Ok((asked.saturating_sub(refusals.len()) as u64, refusals))
}

async fn abort_uploads(target: &Arc<Target>, emptied: &mut Emptied) -> Result<(), Error> {
    let (mut key_marker, mut upload_id_marker) = (None, None);
    loop {
        let answer = target
            .s3
            .list_multipart_uploads()
            .bucket(&target.name)
            .set_expected_bucket_owner(target.owner.clone())
            .set_key_marker(key_marker)
            .set_upload_id_marker(upload_id_marker)
            .send()
            .await
            .map_err(failed("ListMultipartUploads"))?;
        let uploads = answer.uploads.unwrap_or_default();
        let aborts = uploads
            .into_iter()
            .filter_map(|upload| Some((upload.key?, upload.upload_id?)))
            .map(|(key, id)| abort_upload(Arc::clone(target), key, id));
        let mut aborts = stream::iter(aborts).buffer_unordered(PARALLEL);
        while let Some(aborted) = aborts.next().await {
            aborted?;
            emptied.aborted += 1;
        }
        if answer.is_truncated != Some(true) || answer.next_key_marker.is_none() {
            return Ok(());
        }
        (key_marker, upload_id_marker) = (answer.next_key_marker, answer.next_upload_id_marker);
    }
}

async fn abort_upload(target: Arc<Target>, key: String, upload_id: String) -> Result<(), Error> {
    let request = target
        .s3
        .abort_multipart_upload()
        .bucket(&target.name)
        .set_expected_bucket_owner(target.owner.clone())
        .key(key)
        .upload_id(upload_id);
    error::gone(request.send().await.map_err(failed("AbortMultipartUpload")))
}
