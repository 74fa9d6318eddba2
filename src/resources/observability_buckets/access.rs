//! Who reads and writes the buckets: from `pod_identity` to the roles and associations it means.
//! Pure; `None` is "not known yet".

use std::collections::{BTreeMap, BTreeSet};

use super::model::{Model, PodIdentityModel};
use super::wanted::{Place, known};
use crate::aws::eks::AssociationKey;
use crate::framework::private::Private;
use crate::framework::value::{Value, known_map};
use crate::platform::defaults::OBSERVABILITY;
use crate::platform::policies::{
    SessionScope, StoreBucket, pod_identity_trust_policy, store_access_policy,
};
use crate::platform::stores::{Product, Store};
use crate::resources::workload_access::{Granted, Workload};

/// The kind in the owner tag of everything this resource makes.
pub(super) const KIND: &str = "observability_buckets";
/// Name of the inline policy of each role.
pub(super) const POLICY_NAME: &str = "observability-buckets";

/// `pod_identity` with everything filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    /// The cluster; none makes no role.
    pub(super) cluster_name: Option<String>,
    /// The namespace.
    pub(super) namespace: String,
    /// The service account, or what its names begin with.
    pub(super) service_account: String,
    /// The role, or what its names begin with.
    pub(super) role_name: String,
    /// One role and service account per component.
    pub(super) split: bool,
    /// Whether roles are made.
    pub(super) enabled: bool,
}

/// A role and the components that use it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Share {
    /// The components; all of them for the shared role.
    pub(super) products: Vec<Product>,
    /// What they are to have.
    pub(super) workload: Workload,
}

impl Identity {
    /// Reads the attribute.
    pub(super) fn read(model: &Model) -> Option<Self> {
        let defaults = OBSERVABILITY.pod_identity;
        let PodIdentityModel { enabled, cluster_name, namespace, service_account, role_name, mode } =
            known(&model.pod_identity)?.unwrap_or_default();
        let text = |value: &Value<String>, default: &str| {
            Some(known(value)?.unwrap_or_else(|| default.to_owned()))
        };
        Some(Self {
            cluster_name: known(&cluster_name)?,
            namespace: text(&namespace, defaults.namespace)?,
            service_account: text(&service_account, defaults.service_account)?,
            role_name: text(&role_name, defaults.role_name)?,
            split: text(&mode, defaults.mode)? == "split",
            enabled: known(&enabled)?.unwrap_or(true),
        })
    }

    /// Whether roles and associations are made.
    pub(super) fn is_active(&self) -> bool {
        self.enabled && self.cluster_name.is_some()
    }

    /// The service account of a component.
    pub(super) fn service_account(&self, product: Product) -> String {
        self.named(&self.service_account, product)
    }

    /// The role of a component.
    pub(super) fn role_name(&self, product: Product) -> String {
        self.named(&self.role_name, product)
    }

    /// The service account as EKS knows it; none where there is no role.
    pub(super) fn key(&self, product: Product) -> Option<AssociationKey> {
        let cluster_name = self.cluster_name.clone().filter(|_| self.enabled)?;
        Some(AssociationKey {
            cluster_name,
            namespace: self.namespace.clone(),
            service_account: self.service_account(product),
        })
    }

    fn named(&self, base: &str, product: Product) -> String {
        if self.split { format!("{base}-{product}") } else { base.to_owned() }
    }

    /// The components by the role they share.
    fn groups(&self, products: &[Product]) -> Vec<Vec<Product>> {
        if self.split {
            products.iter().map(|product| vec![*product]).collect()
        } else if products.is_empty() {
            Vec::new()
        } else {
            vec![products.to_vec()]
        }
    }
}

impl Model {
    /// The inline policy of a component's role, also where no role is made.
    pub(super) fn policy(&self, product: Product, place: &Place) -> Option<String> {
        let identity = Identity::read(self)?;
        let products = if identity.split { vec![product] } else { self.products()? };
        self.policy_of(&products, place)
    }

    fn policy_of(&self, products: &[Product], place: &Place) -> Option<String> {
        let mut arns = Vec::new();
        let mut keys = BTreeSet::new();
        for store in products.iter().flat_map(|product| product.stores()).copied() {
            arns.push((store, place.bucket_arn(&self.bucket_name(store, place)?)));
            keys.extend(self.encryption(store)?.kms_key_id);
        }
        let buckets: Vec<StoreBucket<'_>> = arns
            .iter()
            .map(|(store, bucket_arn)| StoreBucket { store: *store, bucket_arn })
            .collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        Some(store_access_policy(&buckets, &keys))
    }

    /// The roles and associations wanted; none where `pod_identity` makes none.
    pub(super) fn shares(&self, place: &Place) -> Option<Vec<Share>> {
        let identity = Identity::read(self)?;
        if !identity.is_active() {
            return Some(Vec::new());
        }
        let owner_name = self.owner_name()?;
        let groups = identity.groups(&self.products()?);
        groups.into_iter().map(|group| self.share(&identity, &owner_name, group, place)).collect()
    }

    fn share(
        &self,
        identity: &Identity,
        owner_name: &str,
        products: Vec<Product>,
        place: &Place,
    ) -> Option<Share> {
        let first = *products.first()?;
        let key = identity.key(first)?;
        let trust_policy = pod_identity_trust_policy(Some(&SessionScope {
            cluster_name: &key.cluster_name,
            namespace: &key.namespace,
            service_accounts: &[&key.service_account],
        }));
        let names: Vec<&str> = products.iter().map(|product| product.as_str()).collect();
        let workload = Workload {
            kind: KIND,
            owner_name: owner_name.to_owned(),
            role_name: identity.role_name(first),
            description: format!("Reads and writes the buckets of {}", names.join(", ")),
            trust_policy,
            policy_name: POLICY_NAME,
            policy: Some(self.policy_of(&products, place)?),
            managed_policy_arns: BTreeSet::new(),
            tags_all: known_map(&self.tags_all)?,
            key: Some(key),
            ..Workload::default()
        };
        Some(Share { products, workload })
    }

    /// What the state knows of the role of a component.
    pub(super) fn granted(&self, product: Product) -> Granted {
        let of = |map: &Value<BTreeMap<String, Value<String>>>| match map {
            Value::Value(map) => match map.get(product.as_str()) {
                Some(Value::Value(text)) => Some(text.clone()),
                _ => None,
            },
            _ => None,
        };
        Granted { role_arn: of(&self.role_arns), association_id: of(&self.association_ids) }
    }

    /// The stores of a product and their names, once all are known.
    pub(super) fn product_names(
        &self,
        product: Product,
        place: &Place,
    ) -> Option<BTreeMap<Store, String>> {
        let name = |store: &Store| Some((*store, self.bucket_name(*store, place)?));
        product.stores().iter().map(name).collect()
    }
}

/// Where the names of roles are kept that an update takes away: beside the state, in which new roles
/// take their places long before they may go.
const LEAVING: &str = "leaving_roles";

/// `old` roles, and those that an earlier update was to take away and has not, unless they are wanted.
pub(super) fn leaving(
    private: &Private,
    mut old: BTreeSet<String>,
    wanted: &[Share],
) -> BTreeSet<String> {
    let names = private.text(LEAVING).unwrap_or_default().split_whitespace();
    old.extend(names.map(str::to_owned));
    old.retain(|name| !wanted.iter().any(|share| share.workload.role_name == *name));
    old
}

/// Keeps the names of roles that are to go.
pub(super) fn keep_leaving(private: &mut Private, roles: &BTreeSet<String>) {
    let names: Vec<&str> = roles.iter().map(String::as_str).collect();
    if names.is_empty() {
        private.remove(LEAVING);
    } else {
        private.set_text(LEAVING, names.join(" "));
    }
}
