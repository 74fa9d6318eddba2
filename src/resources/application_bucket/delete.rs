//! Destroy: associations, then roles, then the bucket. A bucket that holds anything stays unless
//! `force_destroy` says otherwise, and is told.

use futures_util::future::join_all;

use super::access::name_of_replication_role;
use super::model::Model;
use super::steps::name_in;
use super::wanted::{KIND, known};
use crate::aws::{Clients, Wait};
use crate::framework::resource::{Context, Recorder};
use crate::framework::value::{Diagnostic, Value};
use crate::platform::tags::Owner;
use crate::provider::context::ProviderContext;
use crate::resources::bucket::place;
use crate::resources::bucket::{Emptying, delete_bucket};
use crate::resources::composite::{Composite, begin, conclude_delete};
use crate::resources::step::{StepError, Verb, reasons};
use crate::resources::timeouts::Operation;
use crate::resources::workload_access::{self, Granted};

/// Destroys everything the state knows.
pub(super) async fn delete(
    cx: &Context<ProviderContext>,
    prior: Model,
    recorder: &mut Recorder<Model>,
) -> Result<(), Diagnostic> {
    let place = place(cx, &prior, Verb::Deleting).await?;
    let (clients, wait) = begin(cx, &prior, Operation::Delete);
    let name = known(&prior.id).flatten().unwrap_or_default();
    let mut left = prior.clone();
    let removal = remove_access(&clients, &wait, &name, &prior, &mut left);
    let mut errors = wait.govern(removal).await;
    let emptying = Emptying {
        allowed: prior.force_destroy == Value::Value(true),
        bypass_governance: prior.bypass_governance_retention == Value::Value(true),
        how_to_allow: "Empty it, or set force_destroy = true and apply that first; what it holds \
                       is then lost.",
    };
    // Last, because by it the next run knows that there is something left.
    if errors.is_empty() {
        let deletion = delete_bucket(&clients, &wait, &place, &name, emptying);
        errors.extend(wait.govern(deletion).await.err());
    }
    if !errors.is_empty() {
        left.set_incomplete(reasons(&errors));
        recorder.record(left);
    }
    conclude_delete(&prior, &errors, recorder)
}

async fn remove_access(
    clients: &Clients,
    wait: &Wait,
    name: &str,
    prior: &Model,
    left: &mut Model,
) -> Vec<StepError> {
    let owner = Owner { kind: KIND, name };
    let mut keys: Vec<Option<String>> = match &prior.role_arns {
        Value::Value(arns) => arns.keys().cloned().map(Some).collect(),
        _ => Vec::new(),
    };
    let copying = known(&prior.replication_role_arn).flatten();
    if copying.as_deref().and_then(name_in) == Some(name_of_replication_role(name)) {
        keys.push(None);
    }
    let entries = prior.entries().unwrap_or_default();
    let entries = &entries;
    let removals = keys.into_iter().map(|key| async move {
        let granted = prior.granted(key.as_deref());
        let association = key
            .as_ref()
            .and_then(|key| prior.association_key(entries.get(key)?))
            .zip(granted.association_id);
        let association = association.as_ref().map(|(key, id)| (key.cluster_name.as_str(), &**id));
        let removed = match granted.role_arn.as_deref().and_then(name_in) {
            Some(role) => workload_access::remove(clients, wait, owner, &role, association).await,
            None => Ok(()),
        };
        (key, removed)
    });
    let mut errors = Vec::new();
    for (key, removed) in join_all(removals).await {
        match removed {
            Ok(()) => left.set_granted(key.as_deref(), &Granted::default()),
            Err(error) => errors.push(error),
        }
    }
    errors
}
