//! Defaults of `officeless_observability_buckets`.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::Timeouts;
use crate::platform::stores::{Product, Store};

/// The six buckets and the identity that uses them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Observability {
    /// Platform document: all three products.
    pub components: &'static [Product],
    /// The buckets by key.
    pub buckets: Buckets,
    /// `global` is what every account has used so far; the platform's plain names may be taken
    /// there, which prefix, suffix or the account-regional namespace answers.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>
    pub bucket_namespace: &'static str,
    /// Platform document: SSE-S3 or SSE-KMS. SSE-S3 costs nothing and needs no key grant.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingServerSideEncryption.html>
    pub sse_algorithm: &'static str,
    /// With a KMS key, one call to KMS for many objects instead of one each.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html>
    pub bucket_key_enabled: bool,
    /// Old versions of small configuration objects: a month to notice a mistake.
    pub noncurrent_version_expiration_days: u32,
    /// Parts of an upload that never completed are paid for and invisible.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpu-abort-incomplete-mpu-lifecycle-config.html>
    pub abort_incomplete_multipart_upload_days: u32,
    /// Platform document: HTTPS for S3.
    pub enforce_tls: bool,
    /// Telemetry is data: emptying a bucket must be asked for.
    pub force_destroy: bool,
    /// Who reads and writes the buckets.
    pub pod_identity: ObservabilityIdentity,
    /// The earliest day of Loki's schema in the rendered values; it must lie before the first log
    /// line and never change afterwards. The day Loki's own documentation shows for schema v13.
    /// <https://grafana.com/docs/loki/latest/operations/storage/schema/>
    pub loki_schema_from: &'static str,
    /// Tempo's retention when none is configured.
    /// <https://grafana.com/docs/tempo/latest/configuration/#compactor>
    pub tempo_default_retention: &'static str,
    /// Create and update take minutes; delete may have to empty the buckets first.
    pub timeouts: Timeouts,
}

/// One bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ObservabilityBucket {
    /// Which store it is for; the key and the name before prefix and suffix.
    pub store: Store,
    /// `Enabled` or `Disabled`.
    pub versioning: &'static str,
    /// How long old versions stay where versioning is or was on.
    pub noncurrent_version_expiration_days: u32,
}

impl Serialize for ObservabilityBucket {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { store, versioning, noncurrent_version_expiration_days } = self;
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("name", store.key())?;
        map.serialize_entry("versioning", versioning)?;
        map.serialize_entry(
            "noncurrent_version_expiration_days",
            noncurrent_version_expiration_days,
        )?;
        map.end()
    }
}

/// The six buckets, serialised as a map by key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Buckets(pub [ObservabilityBucket; 6]);

impl Buckets {
    /// The defaults of one store; every store has its entry.
    pub fn of(&self, store: Store) -> Option<&ObservabilityBucket> {
        self.0.iter().find(|bucket| bucket.store == store)
    }
}

impl Serialize for Buckets {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|bucket| (bucket.store.key(), bucket)))
    }
}

/// The identity of the monitoring stack, from the wider platform documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ObservabilityIdentity {
    /// The role.
    pub role_name: &'static str,
    /// The namespace of all three charts.
    pub namespace: &'static str,
    /// The service account of all three charts.
    pub service_account: &'static str,
    /// `shared`: one role for all three, as the platform has it; `split` keeps Tempo from
    /// deleting Mimir's blocks.
    pub mode: &'static str,
}

/// Blocks and chunks are rewritten by compaction: each version kept is paid for again, so
/// versioning is off, and a week is the most that old versions stay if it is turned on.
const fn data(store: Store) -> ObservabilityBucket {
    ObservabilityBucket { store, versioning: "Disabled", noncurrent_version_expiration_days: 7 }
}

/// Rules, silences and Alertmanager settings are small and made by hand: versions undo mistakes.
const fn configuration(store: Store) -> ObservabilityBucket {
    ObservabilityBucket { store, versioning: "Enabled", noncurrent_version_expiration_days: 30 }
}

/// The defaults of `officeless_observability_buckets`.
pub const OBSERVABILITY: Observability = Observability {
    components: &Product::ALL,
    buckets: Buckets([
        data(Store::MimirMetrics),
        configuration(Store::MimirAlertmanager),
        configuration(Store::MimirRuler),
        data(Store::LokiChunks),
        configuration(Store::LokiRuler),
        data(Store::TempoTraces),
    ]),
    bucket_namespace: "global",
    sse_algorithm: "AES256",
    bucket_key_enabled: true,
    noncurrent_version_expiration_days: 30,
    abort_incomplete_multipart_upload_days: 1,
    enforce_tls: true,
    force_destroy: false,
    pod_identity: ObservabilityIdentity {
        role_name: "monitoring-role",
        namespace: "monitoring",
        service_account: "monitoring-sa",
        mode: "shared",
    },
    loki_schema_from: "2024-04-01",
    tempo_default_retention: "336h",
    timeouts: Timeouts { create: "20m", update: "20m", delete: "60m" },
};
