//! One bucket as AWS has it: read all at once, compared step by step with what is wanted.

use futures_util::future::join4;
use serde_json::Value as Json;

use super::access::KIND;
use super::wanted::{Bucket as Wanted, Versioning};
use crate::aws::s3::Bucket;
use crate::aws::s3::bucket::find_tags;
use crate::aws::s3::lifecycle::{Lifecycle, find_lifecycle};
use crate::aws::s3::settings::{
    Encryption, Logging, PublicAccessBlock, find_encryption, find_logging, find_ownership,
    find_policy, find_public_access_block, find_versioning,
};
use crate::aws::{Clients, Error, Tags, retry};
use crate::platform::policies::{PolicyProblem, equivalent, tls_only_bucket_policy};
use crate::platform::tags::{CREATING, IgnoreRules, Owner, TagChanges, written};

/// The only ownership under which access lists have no effect.
pub(super) const OWNERSHIP: &str = "BucketOwnerEnforced";
/// The statement of the bucket policy that is ours; all others are left as they are.
const TLS_STATEMENT: &str = "DenyInsecureTransport";

/// A setting as read: `Busy` while S3 refuses to tell, which says nothing of the setting.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Reading<T> {
    /// What it is.
    Is(T),
    /// S3 is changing the bucket just now.
    Busy,
}

impl<T> Reading<T> {
    /// Whether the reading contradicts `test`.
    fn denies(&self, test: impl FnOnce(&T) -> bool) -> bool {
        match self {
            Self::Is(value) => !test(value),
            Self::Busy => false,
        }
    }
}

/// Everything managed of a bucket.
#[derive(Clone, Debug)]
pub(super) struct Observed {
    pub(super) public_access_block: Reading<Option<PublicAccessBlock>>,
    pub(super) ownership: Reading<Option<String>>,
    pub(super) encryption: Reading<Option<Encryption>>,
    pub(super) versioning: Reading<Versioning>,
    pub(super) lifecycle: Reading<Option<Lifecycle>>,
    pub(super) policy: Reading<Option<String>>,
    pub(super) logging: Reading<Option<Logging>>,
    pub(super) tags: Reading<Tags>,
}

impl Observed {
    /// Whether the bucket carries the creation marker still.
    pub(super) fn carries_marker(&self) -> bool {
        matches!(&self.tags, Reading::Is(tags) if tags.contains_key(CREATING))
    }
}

/// Reads a bucket with concurrent calls; `None` if there is no such bucket.
pub(super) async fn read(clients: &Clients, bucket: Bucket<'_>) -> Result<Option<Observed>, Error> {
    let first = join4(
        find_public_access_block(clients, bucket),
        find_ownership(clients, bucket),
        find_encryption(clients, bucket),
        find_versioning(clients, bucket),
    );
    let second = join4(
        find_lifecycle(clients, bucket),
        find_policy(clients, bucket),
        find_logging(clients, bucket),
        find_tags(clients, bucket),
    );
    let ((block, ownership, encryption, versioning), (lifecycle, policy, logging, tags)) =
        Box::pin(futures_util::future::join(first, second)).await;
    let read = || -> Result<Observed, Error> {
        Ok(Observed {
            public_access_block: reading(block)?,
            ownership: reading(ownership)?,
            encryption: reading(encryption)?,
            versioning: reading(versioning.map(|status| Versioning::observed(status.as_deref())))?,
            lifecycle: reading(lifecycle)?,
            policy: reading(policy)?,
            logging: reading(logging)?,
            tags: reading(tags.map(Option::unwrap_or_default))?,
        })
    };
    match read() {
        Ok(observed) => Ok(Some(observed)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

fn reading<T>(answer: Result<T, Error>) -> Result<Reading<T>, Error> {
    match answer {
        Ok(value) => Ok(Reading::Is(value)),
        Err(error) if retry::busy(&error) => Ok(Reading::Busy),
        Err(error) => Err(error),
    }
}

/// Tags and whose they must name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tagged<'a> {
    /// The name in the owner tag.
    pub(super) owner_name: &'a str,
    /// What the practitioner sees.
    pub(super) tags_all: &'a Tags,
    /// Tags of somebody else.
    pub(super) ignore: &'a IgnoreRules,
}

/// A step, whether what it sets is denied by what was observed, and how that is told.
type Judged<'a> = (&'static str, bool, Box<dyn Fn() -> String + 'a>);

impl Tagged<'_> {
    /// Whom the bucket belongs to.
    pub(super) fn owner(&self) -> Owner<'_> {
        Owner { kind: KIND, name: self.owner_name }
    }

    /// The tags a bucket is to carry.
    pub(super) fn wanted(&self, creating: bool) -> Tags {
        written(self.tags_all, self.owner(), creating)
    }

    /// From the tags found to those wanted.
    pub(super) fn changes(&self, found: &Tags, creating: bool) -> TagChanges {
        TagChanges::between(found, &self.wanted(creating), self.ignore)
    }
}

impl Wanted {
    /// The first step whose result is not there, and what is wrong with it.
    pub(super) fn difference(
        &self,
        observed: &Observed,
        tagged: &Tagged<'_>,
    ) -> Option<(&'static str, String)> {
        self.steps(observed, tagged)
            .into_iter()
            .find_map(|(step, differs, what)| differs.then(|| (step, what())))
    }

    /// Whether the result of one step is not there.
    pub(super) fn differs(&self, step: &str, observed: &Observed, tagged: &Tagged<'_>) -> bool {
        let steps = self.steps(observed, tagged);
        steps.iter().any(|(name, differs, _)| *name == step && *differs)
    }

    fn steps<'a>(&'a self, observed: &'a Observed, tagged: &Tagged<'_>) -> Vec<Judged<'a>> {
        let tags = observed.tags.denies(|found| tagged.changes(found, false).is_empty());
        vec![
            (
                "public_access_block",
                observed.public_access_block.denies(|b| *b == Some(PublicAccessBlock::ALL)),
                Box::new(|| "public access is not blocked entirely".to_owned()),
            ),
            (
                "ownership",
                observed.ownership.denies(|found| found.as_deref() == Some(OWNERSHIP)),
                Box::new(|| format!("object ownership is not {OWNERSHIP}")),
            ),
            (
                "encryption",
                observed.encryption.denies(|found| self.is_encrypted_as(found.as_ref())),
                Box::new(|| self.encryption_text(observed)),
            ),
            (
                "versioning",
                observed.versioning.denies(|found| self.versioning.is_met_by(*found)),
                Box::new(|| format!("versioning is not {}", self.versioning.as_str())),
            ),
            (
                "lifecycle",
                observed.lifecycle.denies(|found| found.as_ref() == Some(&self.lifecycle)),
                Box::new(|| "the lifecycle rules are others".to_owned()),
            ),
            (
                "policy",
                observed.policy.denies(|found| self.has_policy(found.as_deref())),
                Box::new(|| {
                    let state = if self.enforce_tls { "missing or changed" } else { "still there" };
                    format!("statement {TLS_STATEMENT} of the bucket policy is {state}")
                }),
            ),
            (
                "logging",
                observed.logging.denies(|found| *found == self.logging),
                Box::new(|| "access logging is not as configured".to_owned()),
            ),
            ("tags", tags, Box::new(|| "the tags were changed".to_owned())),
        ]
    }

    /// Whether the encryption found is the wanted one. The bucket key has a meaning with `aws:kms`
    /// only.
    pub(super) fn is_encrypted_as(&self, found: Option<&Encryption>) -> bool {
        let wanted = &self.encryption;
        found.is_some_and(|found| {
            found.sse_algorithm == wanted.sse_algorithm
                && found.kms_key_id == wanted.kms_key_id
                && (wanted.sse_algorithm != "aws:kms"
                    || found.bucket_key_enabled == wanted.bucket_key_enabled)
        })
    }

    fn encryption_text(&self, observed: &Observed) -> String {
        let Reading::Is(Some(found)) = &observed.encryption else {
            return "there is no default encryption".to_owned();
        };
        let text = |encryption: &Encryption| match &encryption.kms_key_id {
            Some(key) => format!("{} with {key}", encryption.sse_algorithm),
            None => encryption.sse_algorithm.clone(),
        };
        format!("default encryption is {}, and {} is wanted", text(found), text(&self.encryption))
    }

    /// Whether the policy found has our statement as wanted.
    fn has_policy(&self, found: Option<&str>) -> bool {
        match (self.policy(found), found) {
            (Ok(None), None) => true,
            (Ok(Some(wanted)), Some(found)) => equivalent(&wanted, found),
            // A policy too long to carry our statement is told by the step that writes it.
            (Ok(_) | Err(_), _) => false,
        }
    }

    /// The policy that the bucket is to have: the statements found, without ours, and ours as
    /// wanted.
    pub(super) fn policy(&self, found: Option<&str>) -> Result<Option<String>, PolicyProblem> {
        let statements: Vec<Json> = found.map(statements).unwrap_or_default();
        let others: Vec<Json> = statements
            .into_iter()
            .filter(|statement| statement.get("Sid").and_then(Json::as_str) != Some(TLS_STATEMENT))
            .collect();
        tls_only_bucket_policy(&self.arn, &others, self.enforce_tls)
    }
}

fn statements(policy: &str) -> Vec<Json> {
    let Ok(mut document) = serde_json::from_str::<Json>(policy) else { return Vec::new() };
    match document.get_mut("Statement").map(Json::take) {
        Some(Json::Array(statements)) => statements,
        Some(statement @ Json::Object(_)) => vec![statement],
        _ => Vec::new(),
    }
}
