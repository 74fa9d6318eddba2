//! What Mimir, Loki and Tempo may do in their buckets.
//!
//! Mimir: <https://grafana.com/docs/mimir/latest/configure/configure-object-storage-backend/>.
//! Loki: <https://grafana.com/docs/loki/latest/configure/storage/#aws-deployment-s3-single-store>.
//! Tempo: <https://grafana.com/docs/tempo/latest/configuration/hosted-storage/s3/>.

use serde_json::{Value, json};

use super::{document, key_statement, sorted};
use crate::platform::stores::{Product, Store};

/// A store and the ARN of its bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreBucket<'a> {
    /// The store.
    pub store: Store,
    /// ARN of its bucket.
    pub bucket_arn: &'a str,
}

/// The policy of a role for the products whose buckets are given, as compact JSON: all of them
/// for the shared role, one product's for each split role.
///
/// Each product has its own rights in its own buckets, in the shared role too. Listing names the
/// bucket; the region is configured, so `GetBucketLocation` is not needed.
pub fn store_access_policy(buckets: &[StoreBucket<'_>], kms_key_arns: &[&str]) -> String {
    let mut statements: Vec<Value> = Vec::new();
    for product in Product::ALL {
        let arns: Vec<&str> = buckets
            .iter()
            .filter(|bucket| bucket.store.product() == product)
            .map(|bucket| bucket.bucket_arn)
            .collect();
        statements.extend(rights(product, &sorted(&arns)));
    }
    statements.extend(key_statement("UseKeys", &sorted(kms_key_arns)));
    document(&statements)
}

/// The same for the buckets of one product alone, which may be any. The label of the statement
/// about keys has the product's name.
pub(super) fn product_statements(
    product: Product,
    bucket_arns: &[&str],
    kms_key_arns: &[&str],
) -> Vec<Value> {
    let mut statements = rights(product, bucket_arns);
    statements.extend(key_statement(&format!("{}Keys", title(product)), kms_key_arns));
    statements
}

/// Listing and objects of one product; nothing without buckets.
fn rights(product: Product, bucket_arns: &[&str]) -> Vec<Value> {
    if bucket_arns.is_empty() {
        return Vec::new();
    }
    let objects: Vec<String> = bucket_arns.iter().map(|arn| format!("{arn}/*")).collect();
    let name = title(product);
    vec![
        json!({
            "Sid": format!("{name}List"),
            "Effect": "Allow",
            "Action": ["s3:ListBucket"],
            "Resource": bucket_arns,
        }),
        json!({
            "Sid": format!("{name}Objects"),
            "Effect": "Allow",
            "Action": object_actions(product),
            "Resource": objects,
        }),
    ]
}

const fn object_actions(product: Product) -> &'static [&'static str] {
    match product {
        Product::Mimir => &[
            "s3:GetObject",
            "s3:PutObject",
            "s3:DeleteObject",
            "s3:AbortMultipartUpload",
            "s3:ListMultipartUploadParts",
        ],
        Product::Loki => &["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
        Product::Tempo => &[
            "s3:GetObject",
            "s3:PutObject",
            "s3:DeleteObject",
            "s3:GetObjectTagging",
            "s3:PutObjectTagging",
        ],
    }
}

const fn title(product: Product) -> &'static str {
    match product {
        Product::Mimir => "Mimir",
        Product::Loki => "Loki",
        Product::Tempo => "Tempo",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/0d1f5a1e-0000-4000-8000-00000000abcd";

    fn arns(stores: &[Store]) -> Vec<(Store, String)> {
        stores.iter().map(|store| (*store, format!("arn:aws:s3:::{store}"))).collect()
    }

    fn policy(stores: &[Store], keys: &[&str]) -> String {
        let arns = arns(stores);
        let buckets: Vec<StoreBucket<'_>> = arns
            .iter()
            .map(|(store, bucket_arn)| StoreBucket { store: *store, bucket_arn })
            .collect();
        store_access_policy(&buckets, keys)
    }

    #[test]
    fn a_split_role_reaches_its_own_product_only() {
        assert_eq!(
            policy(Product::Tempo.stores(), &[]),
            concat!(
                r#"{"Version":"2012-10-17","Statement":["#,
                r#"{"Sid":"TempoList","Effect":"Allow","Action":["s3:ListBucket"],"#,
                r#""Resource":["arn:aws:s3:::tempo-traces"]},"#,
                r#"{"Sid":"TempoObjects","Effect":"Allow","Action":["s3:GetObject","#,
                r#""s3:PutObject","s3:DeleteObject","s3:GetObjectTagging","#,
                r#""s3:PutObjectTagging"],"Resource":["arn:aws:s3:::tempo-traces/*"]}]}"#,
            )
        );
    }

    #[test]
    fn mimir_may_abort_uploads_and_loki_may_not_tag() {
        let mimir = policy(Product::Mimir.stores(), &[]);
        assert!(mimir.contains("s3:AbortMultipartUpload"), "{mimir}");
        assert!(mimir.contains("s3:ListMultipartUploadParts"), "{mimir}");
        let loki = policy(Product::Loki.stores(), &[]);
        assert!(!loki.contains("Tagging") && !loki.contains("Multipart"), "{loki}");
    }

    #[test]
    fn the_shared_role_has_every_product_once_and_in_stable_order() {
        let mut backwards = Store::ALL;
        backwards.reverse();
        assert_eq!(policy(&Store::ALL, &[]), policy(&backwards, &[]));
        let shared: Value = serde_json::from_str(&policy(&Store::ALL, &[KEY])).unwrap();
        let sids: Vec<&str> = shared["Statement"]
            .as_array()
            .unwrap()
            .iter()
            .map(|s| s["Sid"].as_str().unwrap())
            .collect();
        assert_eq!(
            sids,
            [
                "MimirList",
                "MimirObjects",
                "LokiList",
                "LokiObjects",
                "TempoList",
                "TempoObjects",
                "UseKeys"
            ]
        );
    }

    #[test]
    fn keys_are_named_once() {
        let policy = policy(Product::Loki.stores(), &[KEY, KEY]);
        assert!(policy.ends_with(concat!(
            r#"{"Sid":"UseKeys","Effect":"Allow","Action":["kms:Decrypt","kms:GenerateDataKey"],"#,
            r#""Resource":["arn:aws:kms:us-east-1:123456789012:key/"#,
            r#"0d1f5a1e-0000-4000-8000-00000000abcd"]}]}"#,
        )));
    }

    #[test]
    fn the_shared_policy_fits_into_a_role() {
        // IAM's limit for the inline policies of a role, without white space.
        assert!(policy(&Store::ALL, &[KEY]).len() < 10_240);
    }
}
