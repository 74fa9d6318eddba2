//! Chart values for Mimir, Loki and Tempo.
//!
//! Promise: the values point each product at its own buckets with Pod Identity and nothing else:
//! no static keys, no bucket in the endpoint, the service account named. They are a fragment, to
//! be merged with the operator's own. The same input gives the same text.
//!
//! Charts read: `mimir-distributed` 6.1, grafana-community `loki` 18.11, `tempo` 2.2 and
//! `tempo-distributed` 2.x.

use serde_json::{Map, Value, json};

use super::defaults::OBSERVABILITY;
use super::duration::Retention;
use super::kubernetes::{ManifestProblem, to_yaml};

/// Where the buckets are, and as whom a product reaches them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Access<'a> {
    /// The buckets' region.
    pub region: &'a str,
    /// Host of the S3 endpoint, such as [`s3_endpoint`] gives, without a bucket in it.
    pub endpoint: &'a str,
    /// Server-side encryption that the product asks for with each object.
    pub encryption: Encryption<'a>,
    /// The service account of the Pod Identity association.
    pub service_account: &'a str,
    /// Whether this chart creates the service account. Of charts that share one, at most one may.
    pub create_service_account: bool,
    /// How long the product keeps its data; `None` leaves the product's own default.
    pub retention: Option<Retention>,
}

/// Server-side encryption as the products know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption<'a> {
    /// Left to the bucket: for `aws:kms:dsse`, which the products cannot ask for.
    Bucket,
    /// `AES256`.
    S3,
    /// `aws:kms` with a key.
    Kms {
        /// ARN of the key.
        key_arn: &'a str,
    },
}

impl<'a> Encryption<'a> {
    /// From a bucket's settings. Without a key of one's own, KMS is left to the bucket too.
    pub fn of_bucket(sse_algorithm: &str, kms_key_arn: Option<&'a str>) -> Self {
        match (sse_algorithm, kms_key_arn) {
            ("AES256", _) => Self::S3,
            ("aws:kms", Some(key_arn)) => Self::Kms { key_arn },
            _ => Self::Bucket,
        }
    }

    fn value(self) -> Option<Value> {
        match self {
            Self::Bucket => None,
            Self::S3 => Some(json!({ "type": "SSE-S3" })),
            Self::Kms { key_arn } => Some(json!({ "type": "SSE-KMS", "kms_key_id": key_arn })),
        }
    }
}

/// Mimir's buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MimirBuckets<'a> {
    /// Blocks.
    pub metrics: &'a str,
    /// Alertmanager state.
    pub alertmanager: &'a str,
    /// Rules.
    pub ruler: &'a str,
}

/// Loki's buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LokiBuckets<'a> {
    /// Chunks and index.
    pub chunks: &'a str,
    /// Rules.
    pub ruler: &'a str,
}

/// Tempo's two charts, whose values differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TempoChart {
    /// `tempo`, one process: everything lies under `tempo`.
    Single,
    /// `tempo-distributed` 2.x.
    Distributed,
}

/// The public S3 endpoint of a region: the host alone, as all three products want it.
pub fn s3_endpoint(region: &str, dns_suffix: &str) -> String {
    format!("s3.{region}.{dns_suffix}")
}

/// Values for `mimir-distributed`.
/// <https://grafana.com/docs/mimir/latest/configure/configure-object-storage-backend/>
pub fn mimir_values(
    access: &Access<'_>,
    buckets: &MimirBuckets<'_>,
) -> Result<String, ManifestProblem> {
    let bucket = |name: &str| json!({ "s3": { "bucket_name": name } });
    let mut config = json!({
        "common": { "storage": { "backend": "s3", "s3": s3_settings(access) } },
        "blocks_storage": bucket(buckets.metrics),
        "alertmanager_storage": bucket(buckets.alertmanager),
        "ruler_storage": bucket(buckets.ruler),
    });
    if let Some(retention) = access.retention {
        let limits = json!({ "compactor_blocks_retention_period": retention.to_go() });
        insert(&mut config, "limits", limits);
    }
    to_yaml(&json!({
        "minio": { "enabled": false },
        "serviceAccount": service_account(access),
        "mimir": { "structuredConfig": config },
    }))
}

/// Values for `loki`. The service account is always named: the chart's default name changed once
/// and broke associations.
/// <https://grafana.com/docs/loki/latest/setup/install/helm/configure-storage/>
pub fn loki_values(
    access: &Access<'_>,
    buckets: &LokiBuckets<'_>,
) -> Result<String, ManifestProblem> {
    let mut loki = json!({
        "storage": {
            "type": "s3",
            "bucketNames": { "chunks": buckets.chunks, "ruler": buckets.ruler },
            "s3": s3_settings(access),
        },
        "schemaConfig": {
            "configs": [{
                "from": OBSERVABILITY.loki_schema_from,
                "store": "tsdb",
                "object_store": "s3",
                "schema": "v13",
                "index": { "prefix": "loki_index_", "period": "24h" },
            }],
        },
    });
    if let Some(retention) = access.retention {
        insert(&mut loki, "limits_config", json!({ "retention_period": retention.to_go() }));
        let compactor = json!({ "retention_enabled": true, "delete_request_store": "s3" });
        insert(&mut loki, "compactor", compactor);
    }
    to_yaml(&json!({
        "minio": { "enabled": false },
        "serviceAccount": service_account(access),
        "loki": loki,
    }))
}

/// Values for `tempo` or `tempo-distributed`.
/// <https://grafana.com/docs/tempo/latest/configuration/hosted-storage/s3/>
pub fn tempo_values(
    access: &Access<'_>,
    bucket: &str,
    chart: TempoChart,
) -> Result<String, ManifestProblem> {
    let mut s3 = json!({ "bucket": bucket });
    if let (Value::Object(s3), Value::Object(settings)) = (&mut s3, s3_settings(access)) {
        s3.extend(settings);
    }
    let storage = json!({ "trace": { "backend": "s3", "s3": s3 } });
    let retention = access.retention.map(Retention::to_go);
    let mut values = json!({ "serviceAccount": service_account(access) });
    match chart {
        TempoChart::Single => {
            let mut tempo = json!({ "storage": storage });
            if let Some(retention) = retention {
                insert(&mut tempo, "retention", json!(retention));
            }
            insert(&mut values, "tempo", tempo);
        }
        TempoChart::Distributed => {
            insert(&mut values, "minio", json!({ "enabled": false }));
            insert(&mut values, "storage", storage);
            if let Some(retention) = retention {
                let compaction = json!({ "compaction": { "block_retention": retention } });
                insert(&mut values, "compactor", json!({ "config": compaction }));
            }
        }
    }
    to_yaml(&values)
}

/// What the three products write alike. `native_aws_auth_enabled` stays out: the products find
/// Pod Identity's credentials without it.
fn s3_settings(access: &Access<'_>) -> Value {
    let mut settings = json!({ "endpoint": access.endpoint, "region": access.region });
    if let Some(sse) = access.encryption.value() {
        insert(&mut settings, "sse", sse);
    }
    settings
}

fn service_account(access: &Access<'_>) -> Value {
    json!({ "create": access.create_service_account, "name": access.service_account })
}

/// Adds an entry to an object; a no-op on anything else, which is never passed.
fn insert(object: &mut Value, key: &str, value: Value) {
    object.as_object_mut().map(|entries: &mut Map<_, _>| entries.insert(key.to_owned(), value));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access() -> Access<'static> {
        Access {
            region: "us-east-1",
            endpoint: "s3.us-east-1.amazonaws.com",
            encryption: Encryption::S3,
            service_account: "monitoring-sa",
            create_service_account: false,
            retention: None,
        }
    }

    fn kept(text: &str) -> Access<'static> {
        Access { retention: Retention::parse(text).ok(), ..access() }
    }

    const MIMIR: MimirBuckets<'static> = MimirBuckets {
        metrics: "acme-mimir-metrics",
        alertmanager: "acme-mimir-alertmanager",
        ruler: "acme-mimir-ruler",
    };

    const LOKI: LokiBuckets<'static> =
        LokiBuckets { chunks: "acme-loki-chunks", ruler: "acme-loki-ruler" };

    #[test]
    fn mimir_values_are_rendered_in_this_very_text() {
        let text = "\
minio:
  enabled: false
serviceAccount:
  create: false
  name: monitoring-sa
mimir:
  structuredConfig:
    common:
      storage:
        backend: s3
        s3:
          endpoint: s3.us-east-1.amazonaws.com
          region: us-east-1
          sse:
            type: SSE-S3
    blocks_storage:
      s3:
        bucket_name: acme-mimir-metrics
    alertmanager_storage:
      s3:
        bucket_name: acme-mimir-alertmanager
    ruler_storage:
      s3:
        bucket_name: acme-mimir-ruler
    limits:
      compactor_blocks_retention_period: 8760h
";
        assert_eq!(mimir_values(&kept("1y"), &MIMIR).unwrap(), text);
    }

    #[test]
    fn loki_values_are_rendered_in_this_very_text() {
        let text = "\
minio:
  enabled: false
serviceAccount:
  create: false
  name: monitoring-sa
loki:
  storage:
    type: s3
    bucketNames:
      chunks: acme-loki-chunks
      ruler: acme-loki-ruler
    s3:
      endpoint: s3.us-east-1.amazonaws.com
      region: us-east-1
      sse:
        type: SSE-S3
  schemaConfig:
    configs:
    - from: \"2024-04-01\"
      store: tsdb
      object_store: s3
      schema: v13
      index:
        prefix: loki_index_
        period: 24h
  limits_config:
    retention_period: 720h
  compactor:
    retention_enabled: true
    delete_request_store: s3
";
        assert_eq!(loki_values(&kept("30d"), &LOKI).unwrap(), text);
    }

    #[test]
    fn tempo_values_are_rendered_in_this_very_text() {
        let text = "\
serviceAccount:
  create: false
  name: monitoring-sa
tempo:
  storage:
    trace:
      backend: s3
      s3:
        bucket: acme-tempo-traces
        endpoint: s3.us-east-1.amazonaws.com
        region: us-east-1
        sse:
          type: SSE-S3
  retention: 336h
";
        let values = tempo_values(&kept("14d"), "acme-tempo-traces", TempoChart::Single);
        assert_eq!(values.unwrap(), text);
    }

    #[test]
    fn tempo_distributed_values_are_rendered_in_this_very_text() {
        let text = "\
serviceAccount:
  create: true
  name: tempo
minio:
  enabled: false
storage:
  trace:
    backend: s3
    s3:
      bucket: acme-tempo-traces
      endpoint: s3.us-east-1.amazonaws.com
      region: us-east-1
      sse:
        type: SSE-KMS
        kms_key_id: arn:aws:kms:us-east-1:123456789012:key/0d1f5a1e-0000-4000-8000-00000000abcd
compactor:
  config:
    compaction:
      block_retention: 336h
";
        let access = Access {
            encryption: Encryption::of_bucket(
                "aws:kms",
                Some("arn:aws:kms:us-east-1:123456789012:key/0d1f5a1e-0000-4000-8000-00000000abcd"),
            ),
            service_account: "tempo",
            create_service_account: true,
            ..kept("336h")
        };
        let values = tempo_values(&access, "acme-tempo-traces", TempoChart::Distributed);
        assert_eq!(values.unwrap(), text);
    }

    #[test]
    fn without_retention_nothing_is_said_of_it() {
        let values = [
            mimir_values(&access(), &MIMIR).unwrap(),
            loki_values(&access(), &LOKI).unwrap(),
            tempo_values(&access(), "t", TempoChart::Single).unwrap(),
            tempo_values(&access(), "t", TempoChart::Distributed).unwrap(),
        ];
        for text in values {
            assert!(!text.contains("retention") && !text.contains("compactor"), "{text}");
        }
    }

    #[test]
    fn what_a_product_cannot_ask_for_is_left_to_the_bucket() {
        for (algorithm, key) in [("aws:kms:dsse", Some("arn")), ("aws:kms", None)] {
            let encryption = Encryption::of_bucket(algorithm, key);
            assert_eq!(encryption, Encryption::Bucket);
            let text = mimir_values(&Access { encryption, ..access() }, &MIMIR).unwrap();
            assert!(!text.contains("sse"), "{text}");
        }
    }

    #[test]
    fn a_bucket_named_like_a_number_stays_text() {
        let text = tempo_values(&access(), "12345", TempoChart::Single).unwrap();
        assert!(text.contains("bucket: \"12345\"\n"), "{text}");
    }

    #[test]
    fn the_endpoint_is_the_host_of_the_region() {
        assert_eq!(s3_endpoint("eu-west-1", "amazonaws.com"), "s3.eu-west-1.amazonaws.com");
    }
}
