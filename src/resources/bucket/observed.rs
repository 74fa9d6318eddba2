//! One bucket as AWS has it: read all at once, compared step by step with what is wanted.

use futures_util::future::{OptionFuture, join, join4};
use serde_json::Value as Json;

use super::{Versioning, Wanted, WantedFurther, WantedPolicy};
use crate::aws::s3::Bucket;
use crate::aws::s3::bucket::find_tags;
use crate::aws::s3::cors::{CorsRule, list_cors};
use crate::aws::s3::lifecycle::{Lifecycle, find_lifecycle};
use crate::aws::s3::notifications::{Notifications, find_notifications};
use crate::aws::s3::object_lock::{ObjectLock, find_object_lock};
use crate::aws::s3::replication::{Replication, find_replication};
use crate::aws::s3::settings::{
    Encryption, Logging, PublicAccessBlock, find_encryption, find_logging, find_ownership,
    find_policy, find_public_access_block, find_versioning,
};
use crate::aws::{Clients, Error, Tags, retry};
use crate::platform::policies::{PolicyProblem, equivalent, tls_only_bucket_policy};
use crate::platform::tags::{CREATING, IgnoreRules, Owner, TagChanges, written};

/// The only ownership under which access lists have no effect.
pub const OWNERSHIP: &str = "BucketOwnerEnforced";
/// The statement of the bucket policy that denies plain HTTP.
pub const TLS_STATEMENT: &str = "DenyInsecureTransport";

/// A setting as read: `Busy` while S3 refuses to tell, which says nothing of the setting.
#[derive(Clone, Debug, PartialEq)]
pub enum Reading<T> {
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
pub struct Observed {
    /// What is refused to the public.
    pub public_access_block: Reading<Option<PublicAccessBlock>>,
    /// Object ownership.
    pub ownership: Reading<Option<String>>,
    /// Default encryption.
    pub encryption: Reading<Option<Encryption>>,
    /// Versioning.
    pub versioning: Reading<Versioning>,
    /// Lifecycle.
    pub lifecycle: Reading<Option<Lifecycle>>,
    /// The bucket policy.
    pub policy: Reading<Option<String>>,
    /// Access logs.
    pub logging: Reading<Option<Logging>>,
    /// Tags, the provider's own included.
    pub tags: Reading<Tags>,
    /// What only some rooms manage, where it was asked for.
    pub further: Option<Further>,
}

/// Settings that only some rooms manage.
#[derive(Clone, Debug)]
pub struct Further {
    /// Object lock.
    pub object_lock: Reading<Option<ObjectLock>>,
    /// CORS rules.
    pub cors: Reading<Vec<CorsRule>>,
    /// Event notifications.
    pub notifications: Reading<Notifications>,
    /// Replication.
    pub replication: Reading<Option<Replication>>,
}

impl Observed {
    /// Whether the bucket carries the creation marker still.
    pub fn carries_marker(&self) -> bool {
        matches!(&self.tags, Reading::Is(tags) if tags.contains_key(CREATING))
    }

    /// The tags, once they can be told.
    pub fn known_tags(&self) -> Option<&Tags> {
        match &self.tags {
            Reading::Is(tags) => Some(tags),
            Reading::Busy => None,
        }
    }
}

/// Reads a bucket with concurrent calls, the further settings where they are managed; `None` if
/// there is no such bucket.
pub async fn read(
    clients: &Clients,
    bucket: Bucket<'_>,
    further: bool,
) -> Result<Option<Observed>, Error> {
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
    let third: OptionFuture<_> = further.then(|| Box::pin(read_further(clients, bucket))).into();
    let ((block, ownership, encryption, versioning), ((lifecycle, policy, logging, tags), third)) =
        Box::pin(join(first, join(second, third))).await;
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
            further: third.transpose()?,
        })
    };
    match read() {
        Ok(observed) => Ok(Some(observed)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

async fn read_further(clients: &Clients, bucket: Bucket<'_>) -> Result<Further, Error> {
    let (object_lock, cors, notifications, replication) = Box::pin(join4(
        find_object_lock(clients, bucket),
        list_cors(clients, bucket),
        find_notifications(clients, bucket),
        find_replication(clients, bucket),
    ))
    .await;
    Ok(Further {
        object_lock: reading(object_lock)?,
        cors: reading(cors)?,
        notifications: reading(notifications)?,
        replication: reading(replication)?,
    })
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
pub struct Tagged<'a> {
    /// The kind in the owner tag.
    pub kind: &'static str,
    /// The name in the owner tag.
    pub owner_name: &'a str,
    /// What the practitioner sees.
    pub tags_all: &'a Tags,
    /// Tags of somebody else.
    pub ignore: &'a IgnoreRules,
}

/// A step, whether what it sets is denied by what was observed, and how that is told.
type Judged<'a> = (&'static str, bool, Box<dyn Fn() -> String + 'a>);

impl Tagged<'_> {
    /// Whom the bucket belongs to.
    pub fn owner(&self) -> Owner<'_> {
        Owner { kind: self.kind, name: self.owner_name }
    }

    /// The tags a bucket is to carry, with this creation marker if any.
    pub fn wanted(&self, marker: Option<&str>) -> Tags {
        written(self.tags_all, self.owner(), marker)
    }

    /// From the tags found to those wanted.
    pub fn changes(&self, found: &Tags, marker: Option<&str>) -> TagChanges {
        TagChanges::between(found, &self.wanted(marker), self.ignore)
    }
}

impl Wanted {
    /// The first step whose result is not there, and what is wrong with it.
    pub fn difference(
        &self,
        observed: &Observed,
        tagged: &Tagged<'_>,
    ) -> Option<(&'static str, String)> {
        self.steps(observed, tagged)
            .into_iter()
            .find_map(|(step, differs, what)| differs.then(|| (step, what())))
    }

    /// Everything whose result is not there, each as a sentence without its full stop.
    pub fn differences(&self, observed: &Observed, tagged: &Tagged<'_>) -> Vec<String> {
        self.steps(observed, tagged)
            .into_iter()
            .filter(|(_, differs, _)| *differs)
            .map(|(_, _, what)| what())
            .collect()
    }

    /// Whether the result of one step is not there.
    pub fn differs(&self, step: &str, observed: &Observed, tagged: &Tagged<'_>) -> bool {
        let steps = self.steps(observed, tagged);
        steps.iter().any(|(name, differs, _)| *name == step && *differs)
    }

    fn steps<'a>(&'a self, observed: &'a Observed, tagged: &Tagged<'_>) -> Vec<Judged<'a>> {
        let tags = observed.tags.denies(|found| tagged.changes(found, None).is_empty());
        let mut steps: Vec<Judged<'a>> = vec![
            (
                "public_access_block",
                observed
                    .public_access_block
                    .denies(|found| *found == Some(self.public_access_block)),
                Box::new(|| self.public_access_text()),
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
                observed.lifecycle.denies(|found| self.has_lifecycle(found.as_ref())),
                Box::new(|| "the lifecycle rules are others".to_owned()),
            ),
            (
                "policy",
                observed.policy.denies(|found| self.has_policy(found.as_deref())),
                Box::new(|| self.policy_text()),
            ),
            (
                "logging",
                observed.logging.denies(|found| *found == self.logging),
                Box::new(|| "access logging is not as configured".to_owned()),
            ),
        ];
        if let (Some(wanted), Some(observed)) = (&self.further, &observed.further) {
            steps.extend(wanted.steps(observed));
        }
        steps.push(("tags", tags, Box::new(|| "the tags were changed".to_owned())));
        steps
    }

    fn public_access_text(&self) -> String {
        if self.public_access_block == PublicAccessBlock::ALL {
            "public access is not blocked entirely".to_owned()
        } else {
            "the public access block is not as configured".to_owned()
        }
    }

    fn policy_text(&self) -> String {
        match &self.policy {
            WantedPolicy::Statement { enforce_tls } => {
                let state = if *enforce_tls { "missing or changed" } else { "still there" };
                format!("statement {TLS_STATEMENT} of the bucket policy is {state}")
            }
            WantedPolicy::Whole(_) => "the bucket policy is not as configured".to_owned(),
        }
    }

    /// Whether the encryption found is the wanted one. The bucket key has a meaning with `aws:kms`
    /// only.
    pub fn is_encrypted_as(&self, found: Option<&Encryption>) -> bool {
        let wanted = &self.encryption;
        found.is_some_and(|found| {
            found.sse_algorithm == wanted.sse_algorithm
                && found.kms_key_id == wanted.kms_key_id
                && (wanted.sse_algorithm != "aws:kms"
                    || found.bucket_key_enabled == wanted.bucket_key_enabled)
                && (wanted.blocked_types.is_none() || found.blocked_types == wanted.blocked_types)
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

    fn has_lifecycle(&self, found: Option<&Lifecycle>) -> bool {
        match found {
            Some(found) => *found == self.lifecycle,
            None => self.lifecycle.rules.is_empty(),
        }
    }

    /// Whether the policy found is as wanted.
    pub fn has_policy(&self, found: Option<&str>) -> bool {
        match (self.policy(found), found) {
            (Ok(None), None) => true,
            (Ok(Some(wanted)), Some(found)) => equivalent(&wanted, found),
            // A policy too long to carry our statement is told by the step that writes it.
            (Ok(_) | Err(_), _) => false,
        }
    }

    /// The policy that the bucket is to have: the whole, or the statements found, without ours, and
    /// ours as wanted.
    pub fn policy(&self, found: Option<&str>) -> Result<Option<String>, PolicyProblem> {
        let enforce_tls = match &self.policy {
            WantedPolicy::Whole(policy) => return Ok(policy.clone()),
            WantedPolicy::Statement { enforce_tls } => *enforce_tls,
        };
        let statements: Vec<Json> = found.map(statements).unwrap_or_default();
        let others: Vec<Json> = statements
            .into_iter()
            .filter(|statement| statement.get("Sid").and_then(Json::as_str) != Some(TLS_STATEMENT))
            .collect();
        tls_only_bucket_policy(&self.arn, &others, enforce_tls)
    }
}

impl WantedFurther {
    fn steps<'a>(&'a self, observed: &Further) -> Vec<Judged<'a>> {
        // What S3 never takes back is no difference where it is not wanted: the plan tells it.
        let lock = observed
            .object_lock
            .denies(|found| self.object_lock.is_none() || *found == self.object_lock);
        vec![
            ("object_lock", lock, Box::new(|| "object lock is not as configured".to_owned())),
            (
                "cors",
                observed.cors.denies(|found| *found == self.cors),
                Box::new(|| "the CORS rules are others".to_owned()),
            ),
            (
                "notifications",
                observed.notifications.denies(|found| *found == self.notifications),
                Box::new(|| "the event notifications are others".to_owned()),
            ),
            (
                "replication",
                observed.replication.denies(|found| *found == self.replication),
                Box::new(|| "replication is not as configured".to_owned()),
            ),
        ]
    }
}

/// The statements of a policy document; none of a text that is no policy.
pub fn statements(policy: &str) -> Vec<Json> {
    let Ok(mut document) = serde_json::from_str::<Json>(policy) else { return Vec::new() };
    match document.get_mut("Statement").map(Json::take) {
        Some(Json::Array(statements)) => statements,
        Some(statement @ Json::Object(_)) => vec![statement],
        _ => Vec::new(),
    }
}
