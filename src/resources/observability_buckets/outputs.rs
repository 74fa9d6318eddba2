//! What the resource tells others: names, ARNs, policies, chart values. Pure, so that the plan
//! shows them as soon as their inputs are known.

use super::access::Identity;
use super::model::{BucketStatus, Model};
use super::wanted::{Place, by_key, known};
use crate::framework::value::{StringMap, Value};
use crate::platform::helm::{
    Access, Encryption, LokiBuckets, MimirBuckets, TempoChart, loki_values, mimir_values,
    s3_endpoint, tempo_values,
};
use crate::platform::stores::{Product, Store};
use crate::resources::attributes::{COMPLETE, INCOMPLETE};

/// The steps of a bucket, in their order.
pub(super) const STEPS: [&str; 9] = [
    "bucket",
    "public_access_block",
    "ownership",
    "encryption",
    "versioning",
    "lifecycle",
    "policy",
    "logging",
    "tags",
];

/// The state of a bucket that is not there.
pub(super) const MISSING: &str = "missing";

/// The status of a bucket that lacks nothing.
pub(super) fn complete() -> BucketStatus {
    BucketStatus {
        state: Value::Value(COMPLETE.to_owned()),
        steps_done: Value::Value(STEPS.map(str::to_owned).to_vec()),
        pending_step: Value::Null,
        error: Value::Null,
    }
}

/// The status of a bucket whose first open step is `step`.
pub(super) fn pending(step: &str, error: &str) -> BucketStatus {
    let done = STEPS.iter().take_while(|name| **name != step);
    let state = if step == "bucket" { MISSING } else { INCOMPLETE };
    BucketStatus {
        state: Value::Value(state.to_owned()),
        steps_done: Value::Value(done.map(|name| (*name).to_owned()).collect()),
        pending_step: Value::Value(step.to_owned()),
        error: Value::Value(error.to_owned()),
    }
}

impl Model {
    /// Fills in every output that follows from the attributes alone. `None` as the place leaves
    /// them unknown.
    pub(super) fn derive_outputs(&mut self, place: Option<&Place>) {
        let named = |of: &dyn Fn(&Place, &str) -> String| match self.stores() {
            None => Value::Unknown,
            Some(stores) => Value::Value(by_key(stores, |store| {
                let place = place?;
                Some(of(place, &self.bucket_name(store, place)?))
            })),
        };
        let names = named(&|_, name| name.to_owned());
        let arns = named(&|place, name| place.bucket_arn(name));
        let domains = named(&|place, name| place.domain_name(name));
        let policies = self.by_product(|product| self.policy(product, place?));
        let values = self.by_product(|product| self.helm(product, place?));
        self.bucket_names = names;
        self.bucket_arns = arns;
        self.bucket_regional_domain_names = domains;
        self.policy_json = policies;
        self.helm_values = values;
        self.s3_endpoint = match place {
            None => Value::Unknown,
            Some(place) => Value::Value(s3_endpoint(&place.region, place.partition().dns_suffix)),
        };
        self.id =
            place.and_then(|place| self.import_id(place)).map_or(Value::Unknown, Value::Value);
    }

    /// A map by component from what is known of each.
    pub(super) fn by_product(
        &self,
        mut value: impl FnMut(Product) -> Option<String>,
    ) -> Value<StringMap> {
        let Some(products) = self.products() else { return Value::Unknown };
        let entry = |product: Product| {
            let value = value(product).map_or(Value::Unknown, Value::Value);
            (product.as_str().to_owned(), value)
        };
        Value::Value(products.into_iter().map(entry).collect())
    }

    /// The id that imports these buckets: prefix and suffix where they say it all, else the names.
    fn import_id(&self, place: &Place) -> Option<String> {
        let prefix = known(&self.name_prefix)?;
        let suffix = known(&self.name_suffix)?;
        let stores = self.stores()?;
        let mut renamed = false;
        for store in &stores {
            renamed |= known(&self.entry(*store)?.name)?.is_some();
        }
        match (prefix, suffix) {
            (Some(prefix), None) if !renamed => Some(prefix),
            (Some(prefix), Some(suffix)) if !renamed => Some(format!("{prefix}/{suffix}")),
            _ => {
                let name =
                    |store: Store| Some(format!("{store}={}", self.bucket_name(store, place)?));
                let names: Option<Vec<String>> = stores.into_iter().map(name).collect();
                Some(names?.join(","))
            }
        }
    }

    /// Chart values of a component.
    fn helm(&self, product: Product, place: &Place) -> Option<String> {
        let identity = Identity::read(self)?;
        let names = self.product_names(product, place)?;
        let name = |store: Store| names.get(&store).map_or("", String::as_str);
        let mut encryption = None;
        for store in product.stores() {
            let wanted = self.encryption(*store)?;
            // The products know one encryption for all their buckets.
            match &encryption {
                None => encryption = Some(Some(wanted)),
                Some(Some(first)) if *first == wanted => {}
                Some(_) => encryption = Some(None),
            }
        }
        let encryption = encryption.flatten();
        let endpoint = s3_endpoint(&place.region, place.partition().dns_suffix);
        let service_account = identity.service_account(product);
        let access = Access {
            region: &place.region,
            endpoint: &endpoint,
            encryption: encryption.as_ref().map_or(Encryption::Bucket, |wanted| {
                Encryption::of_bucket(&wanted.sse_algorithm, wanted.kms_key_id.as_deref())
            }),
            service_account: &service_account,
            // A shared service account has more than one chart, of which none owns it.
            create_service_account: identity.split,
            retention: self.retentions()?.of(product),
        };
        let rendered = match product {
            Product::Mimir => mimir_values(
                &access,
                &MimirBuckets {
                    metrics: name(Store::MimirMetrics),
                    alertmanager: name(Store::MimirAlertmanager),
                    ruler: name(Store::MimirRuler),
                },
            ),
            Product::Loki => loki_values(
                &access,
                &LokiBuckets { chunks: name(Store::LokiChunks), ruler: name(Store::LokiRuler) },
            ),
            Product::Tempo => tempo_values(&access, name(Store::TempoTraces), TempoChart::Single),
        };
        rendered.ok()
    }
}
