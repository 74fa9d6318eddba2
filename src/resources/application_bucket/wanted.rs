//! What the attributes mean for the bucket. Pure; `None` is "not known yet".

use super::model::{AccessLoggingModel, Model};
use crate::aws::s3::settings::{Encryption, Logging, PublicAccessBlock};
use crate::framework::value::{Value, known_set};
use crate::platform::classification::DataClassification;
use crate::platform::defaults::APPLICATION_BUCKET as PLATFORM;
use crate::platform::naming::{BucketNamespace, account_regional_bucket_name, creation_token};
use crate::platform::website_zones::website_zone;
pub(super) use crate::resources::bucket::known;
use crate::resources::bucket::{Place, Versioning, Wanted, WantedFurther, WantedPolicy};

/// The kind in the owner tag of everything this resource makes.
pub(super) const KIND: &str = "application_bucket";
/// The id of the rule that is there unless `lifecycle_rules` says otherwise.
pub(super) const ABORT_RULE: &str = "officeless-abort-incomplete-uploads";
/// The id of the rule of `retention_days`.
pub(super) const RETENTION_RULE: &str = "officeless-retention";
/// How many names are tried for one prefix.
pub(super) const NAME_ATTEMPTS: u32 = 16;

/// A text, or null.
pub(super) fn text(text: Option<&str>) -> Value<String> {
    text.map_or(Value::Null, |text| Value::Value(text.to_owned()))
}

/// A name for a prefix: the same for the same arguments, so that an interrupted create finds it.
pub(super) fn made_up_name(
    prefix: &str,
    namespace: BucketNamespace,
    place: &Place,
    attempt: u32,
) -> String {
    // An account-regional name has half its room taken by the ending.
    let length = match namespace {
        BucketNamespace::Global => 20,
        BucketNamespace::AccountRegional => 8,
    };
    let token = creation_token(&place.account, &place.region, KIND, prefix, attempt);
    let hash: String = token.rsplit('-').next().unwrap_or_default().chars().take(length).collect();
    format!("{prefix}{hash}")
}

impl Model {
    /// The namespace of the name.
    pub(super) fn namespace(&self) -> Option<BucketNamespace> {
        let text = known(&self.bucket_namespace)?;
        Some(text.and_then(|text| BucketNamespace::parse(&text)).unwrap_or(BucketNamespace::Global))
    }

    /// The whole name of the bucket. In the account-regional namespace it needs the account.
    pub(super) fn full_name(&self, place: &Place) -> Option<String> {
        let base = known(&self.bucket)??;
        match self.namespace()? {
            BucketNamespace::Global => Some(base),
            BucketNamespace::AccountRegional => {
                let account = place.owner()?;
                Some(account_regional_bucket_name(&base, account, &place.region))
            }
        }
    }

    /// How sensitive the data is.
    pub(super) fn level(&self) -> Option<DataClassification> {
        let text = known(&self.data_classification)?;
        let level = text.map(|text| DataClassification::parse(&text).ok());
        Some(
            level
                .unwrap_or(Some(DataClassification::Internal))
                .unwrap_or(DataClassification::Internal),
        )
    }

    /// Versioning where configuration is silent: none says that nothing demands it.
    #[allow(clippy::option_option, reason = "`None` is unknown, `Some(None)` is none")]
    pub(super) fn demanded_versioning(&self) -> Option<Option<Versioning>> {
        let needed = known(&self.critical)? == Some(true)
            || self.level()? >= DataClassification::Confidential
            || known(&self.object_lock)?.is_some()
            || known(&self.replication)?.is_some();
        Some(needed.then_some(Versioning::Enabled))
    }

    /// Versioning.
    pub(super) fn versioning(&self) -> Option<Versioning> {
        let text = known(&self.versioning)?;
        Some(text.as_deref().and_then(Versioning::parse).unwrap_or(Versioning::Disabled))
    }

    /// Default encryption.
    pub(super) fn encryption(&self) -> Option<Encryption> {
        let sse_algorithm =
            known(&self.sse_algorithm)?.unwrap_or_else(|| PLATFORM.sse_algorithm.to_owned());
        let bucket_key = known(&self.bucket_key_enabled)?.unwrap_or(PLATFORM.bucket_key_enabled);
        Some(Encryption {
            bucket_key_enabled: sse_algorithm == "aws:kms" && bucket_key,
            kms_key_id: known(&self.kms_key_arn)?,
            blocked_types: Some(known_set(&self.blocked_encryption_types)?),
            sse_algorithm,
        })
    }

    /// Shows the encryption found.
    pub(super) fn show_encryption(&mut self, found: Option<&Encryption>) {
        let Some(found) = found else { return };
        self.sse_algorithm = text(Some(&found.sse_algorithm));
        self.kms_key_arn = text(found.kms_key_id.as_deref());
        if found.sse_algorithm == "aws:kms" {
            self.bucket_key_enabled = Value::Value(found.bucket_key_enabled);
        }
        if let Some(blocked) = &found.blocked_types {
            self.blocked_encryption_types = Value::Value(blocked.iter().cloned().collect());
        }
    }

    /// The public access block.
    pub(super) fn public_access_block(&self) -> Option<PublicAccessBlock> {
        let block = known(&self.block_public_access)?.unwrap_or(PLATFORM.block_public_access);
        Some(if block { PublicAccessBlock::ALL } else { PublicAccessBlock::LISTS_ONLY })
    }

    /// Access logs.
    #[allow(clippy::option_option, reason = "`None` is unknown, `Some(None)` is none")]
    pub(super) fn logging(&self) -> Option<Option<Logging>> {
        let Some(logging) = known(&self.access_logging)? else { return Some(None) };
        let Some(target_bucket) = known(&logging.bucket)? else { return Some(None) };
        let target_prefix = known(&logging.prefix)?.unwrap_or_default();
        Some(Some(Logging { target_bucket, target_prefix }))
    }

    /// Shows the access logs found.
    pub(super) fn show_logging(&mut self, found: Option<&Logging>) {
        if self.logging().is_some_and(|logging| logging.as_ref() == found) {
            return;
        }
        self.access_logging = found
            .map(|found| AccessLoggingModel {
                bucket: text(Some(&found.target_bucket)),
                prefix: text(Some(&found.target_prefix)),
            })
            .into();
    }

    /// Everything wanted of the bucket.
    pub(super) fn wanted(&self, place: &Place) -> Option<Wanted> {
        let name = self.full_name(place)?;
        let arn = place.bucket_arn(&name);
        // A policy too long is refused when it is planned.
        let policy = self.desired_policy(&arn)?.ok().flatten();
        Some(Wanted {
            public_access_block: self.public_access_block()?,
            encryption: self.encryption()?,
            versioning: self.versioning()?,
            lifecycle: self.lifecycle()?,
            policy: WantedPolicy::Whole(policy),
            logging: self.logging()?,
            further: Some(WantedFurther {
                object_lock: self.lock()?,
                cors: self.cors()?,
                notifications: self.notifications()?,
                replication: self.replication()?,
            }),
            name,
            arn,
        })
    }

    /// Fills in the outputs that follow from the attributes alone.
    pub(super) fn derive_outputs(&mut self, place: Option<&Place>) {
        let name = place.and_then(|place| self.full_name(place));
        let of = |make: &dyn Fn(&Place, &str) -> String| match (place, &name) {
            (Some(place), Some(name)) => Value::Value(make(place, name)),
            _ => Value::Unknown,
        };
        self.id = of(&|_, name| name.to_owned());
        self.arn = of(&|place, name| place.bucket_arn(name));
        self.bucket_regional_domain_name = of(&|place, name| place.domain_name(name));
        self.hosted_zone_id = match place {
            Some(place) => text(website_zone(&place.region)),
            None => Value::Unknown,
        };
        self.versioning_status = match self.versioning() {
            Some(versioning) => text(Some(versioning.as_str())),
            None => Value::Unknown,
        };
        let policies = place.and_then(|place| self.access_policies(place));
        self.access_policy_json = policies.map_or(Value::Unknown, Value::Value);
    }
}
