//! What the attributes mean for each bucket. Pure; `None` is "not known yet".
//!
//! The order of precedence is the same everywhere: the entry in `buckets`, then the attribute for
//! all buckets, then the platform's default of that store.

use std::collections::BTreeMap;

use super::model::{BucketModel, ExtraRuleModel, Model, RetentionModel};
use super::schema::products;
use crate::aws::s3::lifecycle::{
    Expiration, Filter, Lifecycle, LifecycleRule, NoncurrentExpiration, Transition, When,
};
use crate::aws::s3::settings::{Encryption, Logging, PublicAccessBlock};
use crate::framework::value::{StringMap, Value, known_set};
use crate::platform::defaults::OBSERVABILITY;
use crate::platform::duration::Retention;
use crate::platform::lifecycle::Retentions;
use crate::platform::naming::{BucketNamespace, account_regional_bucket_name, compose_bucket_name};
use crate::platform::stores::{Product, Store};
pub(super) use crate::resources::bucket::{Place, Versioning, known};
use crate::resources::bucket::{Wanted, WantedPolicy};

/// The id of the rule that aborts uploads.
pub(super) const ABORT_RULE: &str = "officeless-abort-incomplete-uploads";
/// The id of the rule that expires old versions.
pub(super) const NONCURRENT_RULE: &str = "officeless-expire-noncurrent-versions";
/// Stores rewritten by compaction keep old versions this long at most, unless told otherwise.
const DATA_NONCURRENT_DAYS: i64 = 7;

/// What is wanted of the bucket of one store.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Bucket {
    /// Which store it is for.
    pub(super) store: Store,
    /// The bucket.
    pub(super) wanted: Wanted,
}

impl Model {
    /// The products whose buckets exist.
    pub(super) fn products(&self) -> Option<Vec<Product>> {
        let names = known_set(&self.components)?;
        if self.components.is_null() {
            return Some(Product::ALL.to_vec());
        }
        Some(products(&names))
    }

    /// The stores of those products.
    pub(super) fn stores(&self) -> Option<Vec<Store>> {
        let products = self.products()?;
        Some(products.into_iter().flat_map(Product::stores).copied().collect())
    }

    /// The entry of a store in `buckets`.
    pub(super) fn entry(&self, store: Store) -> Option<BucketModel> {
        let buckets = known(&self.buckets)?.unwrap_or_default();
        match buckets.get(store.key()) {
            None => Some(BucketModel::default()),
            Some(entry) => Some(known(entry)?.unwrap_or_default()),
        }
    }

    /// The namespace of the names.
    pub(super) fn namespace(&self) -> Option<BucketNamespace> {
        let text = known(&self.bucket_namespace)?;
        Some(text.and_then(|text| BucketNamespace::parse(&text)).unwrap_or(BucketNamespace::Global))
    }

    /// The bucket's name. In the account-regional namespace it needs the account.
    pub(super) fn bucket_name(&self, store: Store, place: &Place) -> Option<String> {
        if let Some(name) = known(&self.entry(store)?.name)? {
            return Some(name);
        }
        let prefix = known(&self.name_prefix)?;
        let suffix = known(&self.name_suffix)?;
        let base = compose_bucket_name(prefix.as_deref(), store.key(), suffix.as_deref());
        match self.namespace()? {
            BucketNamespace::Global => Some(base),
            BucketNamespace::AccountRegional => {
                let account = place.owner()?;
                Some(account_regional_bucket_name(&base, account, &place.region))
            }
        }
    }

    /// Default encryption.
    pub(super) fn encryption(&self, store: Store) -> Option<Encryption> {
        let entry = self.entry(store)?;
        let algorithm = known(&entry.sse_algorithm)?;
        let of_all = known(&self.sse_algorithm)?;
        let key_of_all = known(&self.kms_key_arn)?;
        let own = algorithm.is_some();
        let sse_algorithm =
            algorithm.or(of_all).unwrap_or_else(|| OBSERVABILITY.sse_algorithm.to_owned());
        let with_kms = sse_algorithm.starts_with("aws:kms");
        // A bucket that chooses AES256 for itself does not take the key of the others.
        let kms_key_id = known(&entry.kms_key_arn)?.or(key_of_all).filter(|_| with_kms || !own);
        let bucket_key = known(&self.bucket_key_enabled)?;
        Some(Encryption {
            bucket_key_enabled: sse_algorithm == "aws:kms"
                && bucket_key.unwrap_or(OBSERVABILITY.bucket_key_enabled),
            sse_algorithm,
            kms_key_id,
            blocked_types: None,
        })
    }

    /// Versioning.
    pub(super) fn versioning(&self, store: Store) -> Option<Versioning> {
        let own = known(&self.entry(store)?.versioning)?;
        let map = known(&self.versioning)?.unwrap_or_default();
        let of_key = match map.get(store.key()) {
            Some(value) => known(value)?,
            None => None,
        };
        let default =
            OBSERVABILITY.buckets.of(store).map_or("Disabled", |bucket| bucket.versioning);
        Versioning::parse(own.or(of_key).as_deref().unwrap_or(default))
    }

    /// How long old versions stay.
    pub(super) fn noncurrent_days(&self, store: Store) -> Option<i64> {
        let own = known(&self.entry(store)?.noncurrent_version_expiration_days)?;
        let of_all = known(&self.noncurrent_version_expiration_days)?
            .unwrap_or_else(|| i64::from(OBSERVABILITY.noncurrent_version_expiration_days));
        Some(own.unwrap_or_else(|| default_noncurrent_days(store, of_all)))
    }

    /// Whether the bucket is emptied before it is deleted.
    pub(super) fn force_destroy(&self, store: Store) -> bool {
        let own = self.entry(store).and_then(|entry| known(&entry.force_destroy)).flatten();
        own.unwrap_or(self.force_destroy == Value::Value(true))
    }

    /// The retentions that can be read.
    pub(super) fn retentions(&self) -> Option<Retentions> {
        let RetentionModel { metrics, logs, traces } = known(&self.retention)?.unwrap_or_default();
        let read = |value: &Value<String>| {
            Some(known(value)?.and_then(|text| Retention::parse(&text).ok()))
        };
        Some(Retentions { metrics: read(&metrics)?, logs: read(&logs)?, traces: read(&traces)? })
    }

    /// The lifecycle: ours, then the practitioner's rules.
    pub(super) fn lifecycle(&self, store: Store) -> Option<Lifecycle> {
        let abort = known(&self.abort_incomplete_multipart_upload_days)?
            .unwrap_or_else(|| i64::from(OBSERVABILITY.abort_incomplete_multipart_upload_days));
        let mut rules = vec![LifecycleRule {
            abort_incomplete_multipart_upload_days: days(Some(abort)),
            ..rule(ABORT_RULE)
        }];
        if self.versioning(store)? != Versioning::Disabled {
            rules.push(LifecycleRule {
                noncurrent_version_expiration: noncurrent(Some(self.noncurrent_days(store)?)),
                ..rule(NONCURRENT_RULE)
            });
        }
        for (id, extra) in known(&self.extra_lifecycle_rules)?.unwrap_or_default() {
            if let Some(extra) = extra_rule(&id, store, &known(&extra)?.unwrap_or_default())? {
                rules.push(extra);
            }
        }
        Some(Lifecycle { rules, ..Lifecycle::default() })
    }

    /// Access logs.
    #[allow(clippy::option_option, reason = "`None` is unknown, `Some(None)` is none")]
    pub(super) fn logging(&self, store: Store) -> Option<Option<Logging>> {
        let Some(logging) = known(&self.access_logging)? else { return Some(None) };
        let Some(target_bucket) = known(&logging.bucket)? else { return Some(None) };
        let prefix = known(&logging.prefix)?.unwrap_or_default();
        Some(Some(Logging { target_bucket, target_prefix: format!("{prefix}{store}/") }))
    }

    /// Everything wanted of one bucket.
    pub(super) fn bucket(&self, store: Store, place: &Place) -> Option<Bucket> {
        let name = self.bucket_name(store, place)?;
        Some(Bucket {
            store,
            wanted: Wanted {
                arn: place.bucket_arn(&name),
                name,
                public_access_block: PublicAccessBlock::ALL,
                encryption: self.encryption(store)?,
                versioning: self.versioning(store)?,
                lifecycle: self.lifecycle(store)?,
                policy: WantedPolicy::Statement {
                    enforce_tls: known(&self.enforce_tls)?.unwrap_or(OBSERVABILITY.enforce_tls),
                },
                logging: self.logging(store)?,
                further: None,
            },
        })
    }

    /// The names in the state of this model, without those that are not known.
    pub(super) fn recorded_names(&self) -> BTreeMap<Store, String> {
        let Value::Value(names) = &self.bucket_names else { return BTreeMap::new() };
        names
            .iter()
            .filter_map(|(key, name)| match name {
                Value::Value(name) => Some((Store::parse(key)?, name.clone())),
                _ => None,
            })
            .collect()
    }

    /// The name by which the objects of these buckets are owned: what no update changes.
    pub(super) fn owner_name(&self) -> Option<String> {
        let prefix = known(&self.name_prefix)?;
        let suffix = known(&self.name_suffix)?;
        Some(match (prefix, suffix) {
            (None, None) => "platform".to_owned(),
            (Some(prefix), None) => prefix,
            (None, Some(suffix)) => format!("/{suffix}"),
            (Some(prefix), Some(suffix)) => format!("{prefix}/{suffix}"),
        })
    }
}

/// A map by bucket key from what is known of each.
pub(super) fn by_key(
    stores: Vec<Store>,
    mut value: impl FnMut(Store) -> Option<String>,
) -> StringMap {
    stores
        .into_iter()
        .map(|store| {
            let value = value(store).map_or(Value::Unknown, Value::Value);
            (store.key().to_owned(), value)
        })
        .collect()
}

/// How long old versions stay in a store when all have `of_all` days.
pub(super) fn default_noncurrent_days(store: Store, of_all: i64) -> i64 {
    let rewritten =
        OBSERVABILITY.buckets.of(store).is_some_and(|bucket| bucket.versioning == "Disabled");
    if rewritten { of_all.min(DATA_NONCURRENT_DAYS) } else { of_all }
}

/// What the practitioner's rule `id` means for `store`: `None` inside when it is for another.
#[allow(clippy::option_option, reason = "`None` is unknown, `Some(None)` is none")]
fn extra_rule(id: &str, store: Store, extra: &ExtraRuleModel) -> Option<Option<LifecycleRule>> {
    let ExtraRuleModel {
        bucket,
        prefix,
        expiration_days,
        noncurrent_version_expiration_days,
        transition_days,
        transition_storage_class,
    } = extra;
    if known(bucket)?.as_deref() != Some(store.key()) {
        return Some(None);
    }
    let expiration =
        days(known(expiration_days)?).map(|days| Expiration::Objects(When::Days(days)));
    let when = days(Some(known(transition_days)?.unwrap_or(0))).map(When::Days);
    let transitions = known(transition_storage_class)?
        .map(|storage_class| Transition { when, storage_class })
        .into_iter()
        .collect();
    Some(Some(LifecycleRule {
        filter: Filter { prefix: known(prefix)?, ..Filter::default() },
        expiration,
        noncurrent_version_expiration: noncurrent(known(noncurrent_version_expiration_days)?),
        transitions,
        ..rule(id)
    }))
}

fn rule(id: &str) -> LifecycleRule {
    LifecycleRule { id: id.to_owned(), enabled: true, ..LifecycleRule::default() }
}

fn days(days: Option<i64>) -> Option<i32> {
    // The schema's range keeps the number within what S3 takes.
    days.and_then(|days| i32::try_from(days).ok())
}

fn noncurrent(after: Option<i64>) -> Option<NoncurrentExpiration> {
    let noncurrent_days = Some(days(after)?);
    Some(NoncurrentExpiration { noncurrent_days, ..NoncurrentExpiration::default() })
}
