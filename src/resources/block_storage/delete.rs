//! Destroying a block storage: the add-on, then its role; with `preserve` the driver keeps both its
//! software and its role.

use super::ADDON;
use super::access::owner;
use super::model::Model;
use crate::aws::eks::addons;
use crate::aws::{Clients, Wait};
use crate::framework::diagnostic::whole;
use crate::framework::resource::{Context, Recorder};
use crate::framework::value::{Diagnostic, Value};
use crate::provider::context::ProviderContext;
use crate::resources::composite::{begin, conclude_delete};
use crate::resources::step::{During, StepError, proceed};
use crate::resources::timeouts::Operation;
use crate::resources::workload_access;

/// Destroys the add-on with the role that was made for it.
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
    const STEP: &str = "addon";
    let Value::Value(cluster) = &prior.cluster_name else { return Ok(()) };
    let preserve = prior.preserve == Value::Value(true);
    let doing = format!("removing add-on {ADDON} from cluster {cluster}");
    // EKS refuses while it is still busy with an earlier change.
    let settled = addons::wait_addon_settled(clients, cluster, ADDON, wait).await;
    if settled.during(STEP, &*doing)?.is_some() {
        proceed(wait, STEP, &doing)?;
        addons::delete_addon(clients, cluster, ADDON, preserve).await.during(STEP, &*doing)?;
        addons::wait_addon_deleted(clients, cluster, ADDON, wait).await.during(STEP, doing)?;
    }
    recorder.update(|state| state.addon_arn = Value::Null);
    let Value::Value(role) = &prior.role_name else { return Ok(()) };
    if preserve {
        recorder.warnings.push(whole(
            "Preserved Driver",
            format!(
                "The EBS CSI driver stays in cluster {cluster:?}, unmanaged, and role {role} with \
                 it: without its role it could make no volume. Delete both by hand when they are no \
                 longer needed."
            ),
        ));
        return Ok(());
    }
    workload_access::remove(clients, wait, owner(cluster), role, None).await?;
    recorder.update(|state| state.role_arn = Value::Null);
    Ok(())
}
