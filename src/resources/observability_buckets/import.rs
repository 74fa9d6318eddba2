//! Import: from an id to the attributes that describe what exists.
//!
//! Ids: `acme` (a `name_prefix`), `acme/prod` (with a `name_suffix`), or names by key as in
//! `mimir-metrics=acme-metrics,loki-chunks=acme-chunks`; each may end with `@eu-west-1`.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;

use super::access::{Identity, KIND};
use super::model::{AccessLoggingModel, BucketModel, ExtraRuleModel, Model, PodIdentityModel};
use super::schema::KEYS;
use super::wanted::{ABORT_RULE, NONCURRENT_RULE, Place, Versioning, default_noncurrent_days};
use crate::aws::eks::{AssociationKey, find_association_by_id, find_association_id_by_key};
use crate::aws::iam;
use crate::aws::s3::Bucket;
use crate::aws::s3::lifecycle::{Expiration, Lifecycle, LifecycleRule, When};
use crate::aws::s3::settings::Encryption;
use crate::aws::{Clients, Error};
use crate::framework::diagnostic::whole;
use crate::framework::resource::Context;
use crate::framework::value::{Diagnostic, StringMap, Value, string_map};
use crate::platform::classification::DataClassification;
use crate::platform::defaults::OBSERVABILITY;
use crate::platform::naming::{BucketNamespace, check_bucket_name};
use crate::platform::stores::{Product, Store};
use crate::platform::tags::{IgnoreRules, Observed as ObservedTags, Owner};
use crate::provider::context::ProviderContext;
use crate::resources::bucket::{self, Observed, Reading};
use crate::resources::composite::{import_id, told};
use crate::resources::step::{During as _, StepError, Verb};

/// The state that [`complete`] fills in.
pub(super) fn stub(cx: &Context<ProviderContext>, id: &str) -> Result<Model, Diagnostic> {
    let (names, region) = import_id(cx, id);
    let mut model =
        Model { id: Value::Value(id.to_owned()), region: Value::Value(region), ..Model::default() };
    if names.contains('=') {
        model.buckets = Value::Value(named(&names).ok_or_else(|| wrong_id(id))?);
        return Ok(model);
    }
    let (prefix, suffix) = match names.split_once('/') {
        Some((prefix, suffix)) => (prefix, Some(suffix)),
        None => (names.as_str(), None),
    };
    let fits = |part: &str| check_bucket_name(&format!("{part}-x")).is_ok();
    if !fits(prefix) || suffix.is_some_and(|suffix| !fits(suffix)) {
        return Err(wrong_id(id));
    }
    model.name_prefix = Value::Value(prefix.to_owned());
    model.name_suffix = suffix.map_or(Value::Null, |suffix| Value::Value(suffix.to_owned()));
    Ok(model)
}

fn named(list: &str) -> Option<BTreeMap<String, Value<BucketModel>>> {
    list.split(',')
        .map(|pair| {
            let (key, name) = pair.trim().split_once('=')?;
            let store = Store::parse(key).filter(|_| !name.is_empty())?;
            let model =
                BucketModel { name: Value::Value(name.to_owned()), ..BucketModel::default() };
            Some((store.key().to_owned(), Value::Value(model)))
        })
        .collect()
}

fn wrong_id(id: &str) -> Diagnostic {
    whole(
        "Invalid Import Id",
        format!(
            "{id:?} imports no buckets. Write the name_prefix (acme), prefix and suffix \
             (acme/prod), or the names by key ({}=acme-metrics,…); add @ and a region if it is not \
             the provider's.",
            KEYS.first().unwrap_or(&"mimir-metrics")
        ),
    )
}

/// Whether the state comes from an import and was never read: every read sets the components.
pub(super) fn is_stub(state: &Model) -> bool {
    state.components.is_null()
}

/// Fills in what exists; `None` if no bucket does.
pub(super) async fn complete(
    cx: &Context<ProviderContext>,
    clients: &Clients,
    place: &Place,
    stub: Model,
) -> Result<Option<Model>, Diagnostic> {
    let id = match &stub.id {
        Value::Value(id) => id.clone(),
        _ => String::new(),
    };
    let importing = |error: &StepError| told::<Model>(Verb::Importing, &id, error);
    let tell = |error: Error| {
        let error = Err::<(), _>(error).during("bucket", "reading the buckets to import");
        error.err().map_or_else(|| wrong_id(&id), |error| importing(&error))
    };
    let mut model = stub;
    let found = find(clients, place, &mut model).await.map_err(tell)?;
    if found.is_empty() {
        return Ok(None);
    }
    fill(cx, &mut model, &found);
    let tell = |error: Error| {
        let error = Err::<(), _>(error).during("role", "reading the role to import");
        error.err().map_or_else(|| wrong_id(&id), |error| importing(&error))
    };
    identity(cx, clients, &mut model).await.map_err(tell)?;
    model.derive_outputs(Some(place));
    model.tags_all = tags_all(cx, &found);
    let names = found.iter().map(|(store, (name, _))| (store.key().to_owned(), name.clone()));
    model.bucket_names = string_map(&names.collect());
    Ok(Some(model))
}

/// The buckets that exist under the names of the id, in the one namespace or the other.
async fn find(
    clients: &Clients,
    place: &Place,
    model: &mut Model,
) -> Result<BTreeMap<Store, (String, Observed)>, Error> {
    let named: Option<BTreeSet<String>> = match &model.buckets {
        Value::Value(buckets) => Some(buckets.keys().cloned().collect()),
        _ => None,
    };
    for namespace in BucketNamespace::ALL {
        model.bucket_namespace = Value::Value(namespace.as_str().to_owned());
        let stores = Store::ALL
            .into_iter()
            .filter(|store| named.as_ref().is_none_or(|named| named.contains(store.key())));
        let looks = stores.filter_map(|store| Some((store, model.bucket_name(store, place)?)));
        let looks = looks.map(|(store, name)| async move {
            let observed =
                bucket::read(clients, Bucket { name: &name, owner: place.owner() }, false).await?;
            Ok::<_, Error>(observed.map(|observed| (store, (name, observed))))
        });
        let found: Vec<Option<_>> = join_all(looks).await.into_iter().collect::<Result<_, _>>()?;
        let found: BTreeMap<Store, (String, Observed)> = found.into_iter().flatten().collect();
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Ok(BTreeMap::new())
}

/// The attributes of the configuration, so that the configuration of these buckets plans nothing.
fn fill(
    cx: &Context<ProviderContext>,
    model: &mut Model,
    found: &BTreeMap<Store, (String, Observed)>,
) {
    // A product whose buckets are there in part is wanted as a whole.
    let products: BTreeSet<Product> = found.keys().map(|store| store.product()).collect();
    model.components = Value::Value(products.iter().map(|product| product.as_str()).collect());
    model.force_destroy = Value::Value(OBSERVABILITY.force_destroy);
    model.deletion_protection = Value::Value(false);
    model.data_classification = Value::Value(DataClassification::Internal.as_str().to_owned());
    model.bucket_key_enabled = Value::Value(OBSERVABILITY.bucket_key_enabled);
    model.abort_incomplete_multipart_upload_days =
        Value::Value(i64::from(OBSERVABILITY.abort_incomplete_multipart_upload_days));
    model.noncurrent_version_expiration_days =
        Value::Value(i64::from(OBSERVABILITY.noncurrent_version_expiration_days));
    model.enforce_tls = Value::Value(OBSERVABILITY.enforce_tls);
    fill_tags(cx, model, found);
    fill_encryption(model, found);
    fill_versioning(model, found);
    fill_lifecycle(model, found);
    fill_logging(model, found);
    let denies = |observed: &Observed| match &observed.policy {
        Reading::Is(Some(policy)) => policy.contains("DenyInsecureTransport"),
        _ => false,
    };
    if !found.values().any(|(_, observed)| denies(observed)) {
        model.enforce_tls = Value::Value(false);
    }
}

fn tags_all(
    cx: &Context<ProviderContext>,
    found: &BTreeMap<Store, (String, Observed)>,
) -> Value<StringMap> {
    let tags = found.values().find_map(|(_, observed)| observed.known_tags());
    let tags = tags.cloned().unwrap_or_default();
    string_map(&ObservedTags::read(&tags, &cx.provider.ignore_tags, &[]).tags_all)
}

fn fill_tags(
    cx: &Context<ProviderContext>,
    model: &mut Model,
    found: &BTreeMap<Store, (String, Observed)>,
) {
    let tags = found.values().find_map(|(_, observed)| observed.known_tags());
    let tags = tags.cloned().unwrap_or_default();
    let observed = ObservedTags::read(&tags, &cx.provider.ignore_tags, &[]);
    let own = observed.tags(&cx.provider.default_tags, &BTreeMap::new());
    model.tags = if own.is_empty() { Value::Null } else { string_map(&own) };
}

/// What most have is for all; the others get an entry in `buckets`.
fn fill_encryption(model: &mut Model, found: &BTreeMap<Store, (String, Observed)>) {
    let each: BTreeMap<Store, &Encryption> = found
        .iter()
        .filter_map(|(store, (_, observed))| match &observed.encryption {
            Reading::Is(Some(encryption)) => Some((*store, encryption)),
            _ => None,
        })
        .collect();
    let same = |one: &Encryption, other: &Encryption| {
        one.sse_algorithm == other.sse_algorithm && one.kms_key_id == other.kms_key_id
    };
    let count = |one: &&&Encryption| each.values().filter(|other| same(one, other)).count();
    let Some(common) = each.values().max_by_key(count).copied() else {
        model.sse_algorithm = Value::Value(OBSERVABILITY.sse_algorithm.to_owned());
        return;
    };
    model.sse_algorithm = Value::Value(common.sse_algorithm.clone());
    model.kms_key_arn = text(common.kms_key_id.as_deref());
    if common.sse_algorithm == "aws:kms" {
        model.bucket_key_enabled = Value::Value(common.bucket_key_enabled);
    }
    for (store, encryption) in &each {
        if !same(common, encryption) {
            change_entry(model, *store, |entry| {
                entry.sse_algorithm = Value::Value(encryption.sse_algorithm.clone());
                entry.kms_key_arn = text(encryption.kms_key_id.as_deref());
            });
        }
    }
}

fn fill_versioning(model: &mut Model, found: &BTreeMap<Store, (String, Observed)>) {
    let mut others = StringMap::new();
    for (store, (_, observed)) in found {
        let Reading::Is(versioning) = observed.versioning else { continue };
        let default = OBSERVABILITY
            .buckets
            .of(*store)
            .and_then(|bucket| Versioning::parse(bucket.versioning));
        if default.is_some_and(|default| !default.is_met_by(versioning)) {
            others.insert(store.key().to_owned(), Value::Value(versioning.as_str().to_owned()));
        }
    }
    model.versioning = if others.is_empty() { Value::Null } else { Value::Value(others) };
}

fn fill_lifecycle(model: &mut Model, found: &BTreeMap<Store, (String, Observed)>) {
    let rules = |lifecycle: &Lifecycle, id: &str| {
        lifecycle.rules.iter().find(|rule| rule.id == id).cloned()
    };
    let mut extra = BTreeMap::new();
    for (store, (_, observed)) in found {
        let Reading::Is(Some(lifecycle)) = &observed.lifecycle else { continue };
        let abort = rules(lifecycle, ABORT_RULE);
        if let Some(days) = abort.and_then(|rule| rule.abort_incomplete_multipart_upload_days) {
            model.abort_incomplete_multipart_upload_days = Value::Value(i64::from(days));
        }
        for rule in &lifecycle.rules {
            if ![ABORT_RULE, NONCURRENT_RULE].contains(&rule.id.as_str()) {
                extra.insert(rule.id.clone(), Value::Value(extra_rule(*store, rule)));
            }
        }
    }
    let kept: BTreeMap<Store, i64> = found
        .iter()
        .filter_map(|(store, (_, observed))| {
            let Reading::Is(Some(lifecycle)) = &observed.lifecycle else { return None };
            let expiration = rules(lifecycle, NONCURRENT_RULE)?.noncurrent_version_expiration?;
            Some((*store, i64::from(expiration.noncurrent_days?)))
        })
        .collect();
    // The stores that are not cut short show what holds for all.
    if let Some(longest) = kept.values().max() {
        model.noncurrent_version_expiration_days = Value::Value(*longest);
        for (store, days) in &kept {
            if default_noncurrent_days(*store, *longest) != *days {
                change_entry(model, *store, |entry| {
                    entry.noncurrent_version_expiration_days = Value::Value(*days);
                });
            }
        }
    }
    model.extra_lifecycle_rules = if extra.is_empty() { Value::Null } else { Value::Value(extra) };
}

fn extra_rule(store: Store, rule: &LifecycleRule) -> ExtraRuleModel {
    let days = |when: &When| match when {
        When::Days(days) => Value::Value(i64::from(*days)),
        When::Date(_) => Value::Null,
    };
    let transition = rule.transitions.first();
    ExtraRuleModel {
        bucket: Value::Value(store.key().to_owned()),
        prefix: text(rule.filter.prefix.as_deref().filter(|prefix| !prefix.is_empty())),
        expiration_days: match &rule.expiration {
            Some(Expiration::Objects(when)) => days(when),
            _ => Value::Null,
        },
        noncurrent_version_expiration_days: rule
            .noncurrent_version_expiration
            .and_then(|expiration| expiration.noncurrent_days)
            .map_or(Value::Null, |days| Value::Value(i64::from(days))),
        transition_days: transition.and_then(|t| t.when.as_ref()).map_or(Value::Null, days),
        transition_storage_class: text(transition.map(|t| t.storage_class.as_str())),
    }
}

fn fill_logging(model: &mut Model, found: &BTreeMap<Store, (String, Observed)>) {
    model.access_logging = found
        .iter()
        .find_map(|(store, (_, observed))| {
            let Reading::Is(Some(logging)) = &observed.logging else { return None };
            let ending = format!("{store}/");
            let prefix = logging.target_prefix.strip_suffix(&ending);
            Some(AccessLoggingModel {
                bucket: Value::Value(logging.target_bucket.clone()),
                prefix: Value::Value(prefix.unwrap_or(&logging.target_prefix).to_owned()),
            })
        })
        .map_or(Value::Null, Value::Value);
}

/// The role and association, found by the platform's names and the owner tag.
async fn identity(
    cx: &Context<ProviderContext>,
    clients: &Clients,
    model: &mut Model,
) -> Result<(), Error> {
    let defaults = OBSERVABILITY.pod_identity;
    let mut identity = PodIdentityModel {
        enabled: Value::Value(true),
        cluster_name: text(cx.provider.cluster_name.as_deref()),
        namespace: Value::Value(defaults.namespace.to_owned()),
        service_account: Value::Value(defaults.service_account.to_owned()),
        role_name: Value::Value(defaults.role_name.to_owned()),
        mode: Value::Value(defaults.mode.to_owned()),
    };
    model.role_arns = Value::Value(BTreeMap::new());
    model.association_ids = Value::Value(BTreeMap::new());
    let owner_name = model.owner_name().unwrap_or_default();
    let owner = Owner { kind: KIND, name: &owner_name };
    let products: Vec<Product> = model.products().unwrap_or_default();
    for mode in ["shared", "split"] {
        identity.mode = Value::Value(mode.to_owned());
        model.pod_identity = Value::Value(identity.clone());
        let Some(read) = Identity::read(model) else { return Ok(()) };
        let mut arns = StringMap::new();
        let mut ids = StringMap::new();
        let mut cluster = None;
        for product in &products {
            let role = iam::find_role_by_name(clients, &read.role_name(*product)).await?;
            let Some(role) = role else { continue };
            let tags = ObservedTags::read(&role.tags, &IgnoreRules::default(), &[]);
            if !tags.is_owned_by(owner) {
                continue;
            }
            arns.insert(product.as_str().to_owned(), Value::Value(role.arn.clone()));
            let key = role.trust_policy.as_deref().and_then(trusted);
            if let Some((key, id)) = association(clients, key, &role.arn).await? {
                ids.insert(product.as_str().to_owned(), Value::Value(id));
                cluster = Some(key);
            }
        }
        if arns.is_empty() {
            continue;
        }
        if let Some(key) = cluster {
            let ending = products.iter().find_map(|product| {
                key.service_account.strip_suffix(&format!("-{product}")).map(str::to_owned)
            });
            let account = if read.split { ending } else { None };
            identity.cluster_name = Value::Value(key.cluster_name);
            identity.namespace = Value::Value(key.namespace);
            identity.service_account = Value::Value(account.unwrap_or(key.service_account));
        }
        model.pod_identity = Value::Value(identity);
        model.role_arns = Value::Value(arns);
        model.association_ids = Value::Value(ids);
        return Ok(());
    }
    // No role of ours: as a create without a cluster would have left it.
    identity.mode = Value::Value(defaults.mode.to_owned());
    identity.cluster_name = Value::Null;
    model.pod_identity = Value::Value(identity);
    Ok(())
}

/// The service account that the trust policy of a role of ours names.
fn trusted(policy: &str) -> Option<AssociationKey> {
    let policy: serde_json::Value = serde_json::from_str(policy).ok()?;
    let condition = policy.pointer("/Statement/0/Condition/StringEquals")?;
    let one = |name: &str| {
        let value = condition.get(format!("aws:RequestTag/{name}"))?;
        let value = value.as_array().map_or(Some(value), |list| list.first())?;
        value.as_str().map(str::to_owned)
    };
    Some(AssociationKey {
        cluster_name: one("eks-cluster-name")?,
        namespace: one("kubernetes-namespace")?,
        service_account: one("kubernetes-service-account")?,
    })
}

async fn association(
    clients: &Clients,
    key: Option<AssociationKey>,
    role_arn: &str,
) -> Result<Option<(AssociationKey, String)>, Error> {
    let Some(key) = key else { return Ok(None) };
    let id = match find_association_id_by_key(clients, &key).await {
        Ok(Some(id)) => id,
        Ok(None) => return Ok(None),
        Err(error) if error.is_not_found() => return Ok(None),
        Err(error) => return Err(error),
    };
    let found = find_association_by_id(clients, &key.cluster_name, &id).await?;
    Ok(found.filter(|found| found.role_arn == role_arn).map(|found| (key, found.id)))
}

fn text(text: Option<&str>) -> Value<String> {
    text.map_or(Value::Null, |text| Value::Value(text.to_owned()))
}

fn change_entry(model: &mut Model, store: Store, change: impl FnOnce(&mut BucketModel)) {
    let mut buckets = match &model.buckets {
        Value::Value(buckets) => buckets.clone(),
        _ => BTreeMap::new(),
    };
    let mut entry = match buckets.remove(store.key()) {
        Some(Value::Value(entry)) => entry,
        _ => BucketModel::default(),
    };
    change(&mut entry);
    buckets.insert(store.key().to_owned(), Value::Value(entry));
    model.buckets = Value::Value(buckets);
}
