//! Import: from the whole name of a bucket to the attributes that describe it and its roles.

use futures_util::StreamExt as _;
use futures_util::stream;
use serde_json::Value as Json;

use super::access::name_of_role;
use super::model::{AccessModel, Model};
use super::steps::name_in;
use super::wanted::{KIND, text};
use crate::aws::eks::{self, Association};
use crate::aws::{Clients, Error, iam};
use crate::framework::diagnostic::whole;
use crate::framework::resource::Context;
use crate::framework::value::{Diagnostic, Value};
use crate::platform::naming::check_bucket_name;
use crate::platform::policies::BucketAccess;
use crate::platform::tags::{Observed, Owner};
use crate::provider::context::ProviderContext;
use crate::resources::bucket::statements;
use crate::resources::composite::{import_id, told};
use crate::resources::step::{During as _, Verb};
use crate::resources::workload_access::Granted;

/// Associations described at the same time.
const PARALLEL: usize = 8;

/// The state that the first read fills in: it has no ARN yet.
pub(super) fn import(cx: &Context<ProviderContext>, id: &str) -> Result<Model, Diagnostic> {
    let (name, region) = import_id(cx, id);
    // A name with the account-regional ending is one that may be had, too.
    if check_bucket_name(name.strip_suffix("-an").unwrap_or(&name)).is_err() {
        return Err(whole(
            "Invalid Import Id",
            format!(
                "{id:?} imports no bucket. Write the whole name of the bucket; add @ and a region \
                 if it is not the provider's."
            ),
        ));
    }
    let (id, region) = (Value::Value(name), Value::Value(region));
    Ok(Model { region, id, ..Model::default() })
}

/// Finds the entries of `access` by the associations of the provider's cluster: those that carry the
/// owner tag of this bucket.
pub(super) async fn access(
    cx: &Context<ProviderContext>,
    clients: &Clients,
    name: &str,
    state: &mut Model,
) -> Result<(), Diagnostic> {
    let Some(cluster) = cx.provider.cluster_name.clone() else { return Ok(()) };
    let found = Box::pin(entries(cx, clients, name, &cluster)).await;
    let found = found
        .during("association", format!("looking for the associations of bucket {name}"))
        .map_err(|error| told::<Model>(Verb::Importing, name, &error))?;
    if found.is_empty() {
        return Ok(());
    }
    state.cluster_name = Value::Value(cluster);
    let mut access = std::collections::BTreeMap::new();
    for (key, entry, granted) in found {
        state.set_granted(Some(&key), &granted);
        access.insert(key, Value::Value(entry));
    }
    state.access = Value::Value(access);
    Ok(())
}

async fn entries(
    cx: &Context<ProviderContext>,
    clients: &Clients,
    name: &str,
    cluster: &str,
) -> Result<Vec<(String, AccessModel, Granted)>, Error> {
    let ids = match eks::list_association_ids(clients, cluster).await {
        Err(error) if error.is_not_found() => return Ok(Vec::new()),
        ids => ids?,
    };
    let asked = ids
        .into_iter()
        .map(|id| async move { eks::find_association_by_id(clients, cluster, &id).await });
    let mut described = stream::iter(asked).buffer_unordered(PARALLEL);
    let owner = Owner { kind: KIND, name };
    let mut found = Vec::new();
    while let Some(association) = described.next().await {
        let Some(association) = association? else { continue };
        let tags = Observed::read(&association.tags, &cx.provider.ignore_tags, &[]);
        if tags.is_owned_by(owner) {
            found.extend(entry(clients, name, association).await?);
        }
    }
    Ok(found)
}

/// The entry that made an association; none where its role does not tell.
async fn entry(
    clients: &Clients,
    name: &str,
    association: Association,
) -> Result<Option<(String, AccessModel, Granted)>, Error> {
    let Some(role) = name_in(&association.role_arn) else { return Ok(None) };
    let key = role.strip_prefix(&format!("{name}-")).map(str::to_owned);
    let Some(key) = key.filter(|key| name_of_role(name, key) == role) else { return Ok(None) };
    let policy = iam::find_inline_policy(clients, &role, super::access::POLICY_NAME).await?;
    let objects = policy.as_deref().map(statements).unwrap_or_default();
    let objects = objects
        .into_iter()
        .find(|statement| statement.get("Sid").and_then(Json::as_str) == Some("Objects"));
    let Some(objects) = objects else { return Ok(None) };
    let writes =
        objects.get("Action").is_some_and(|actions| actions.to_string().contains("s3:PutObject"));
    let level = if writes { BucketAccess::ReadWrite } else { BucketAccess::Read };
    let resource = objects
        .get("Resource")
        .map(|one| one.as_array().and_then(|list| list.first()).unwrap_or(one));
    let keys =
        resource.and_then(Json::as_str).and_then(|arn| arn.split_once('/')).map(|(_, keys)| keys);
    let prefix = keys.and_then(|keys| keys.strip_suffix('*')).filter(|prefix| !prefix.is_empty());
    let entry = AccessModel {
        namespace: Value::Value(association.key.namespace),
        service_account: Value::Value(association.key.service_account),
        level: text(Some(level.as_str())),
        prefix: text(prefix),
    };
    let granted =
        Granted { role_arn: Some(association.role_arn), association_id: Some(association.id) };
    Ok(Some((key, entry, granted)))
}
