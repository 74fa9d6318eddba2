//! Destroy: the association first, then the role, unless that was made elsewhere.

use super::KIND;
use super::model::Model;
use crate::aws::{Clients, Wait};
use crate::framework::resource::{Context, Recorder};
use crate::framework::value::{Diagnostic, Value};
use crate::platform::tags::Owner;
use crate::provider::context::ProviderContext;
use crate::resources::composite::{begin, conclude_delete};
use crate::resources::step::StepError;
use crate::resources::timeouts::Operation;
use crate::resources::workload_access;

/// Destroys what the state knows.
pub(super) async fn delete(
    cx: &Context<ProviderContext>,
    prior: Model,
    recorder: &mut Recorder<Model>,
) -> Result<(), Diagnostic> {
    let (clients, wait) = begin(cx, &prior, Operation::Delete);
    let outcome = wait.govern(run(&clients, &wait, &prior, recorder)).await;
    conclude_delete(&prior, outcome.err().as_slice(), recorder)
}

async fn run(
    clients: &Clients,
    wait: &Wait,
    prior: &Model,
    recorder: &mut Recorder<Model>,
) -> Result<(), StepError> {
    if let (Value::Value(cluster), Value::Value(id)) = (&prior.cluster_name, &prior.association_id)
    {
        workload_access::remove_association(clients, wait, cluster, id).await?;
        recorder.update(|state| {
            state.association_id = Value::Null;
            state.association_arn = Value::Null;
        });
    }
    if let (Value::Value(name), false) = (&prior.role_name, prior.uses_given_role()) {
        let owner = Owner { kind: KIND, name };
        workload_access::remove(clients, wait, owner, name, None).await?;
        recorder.update(|state| state.role_arn = Value::Null);
    }
    Ok(())
}
