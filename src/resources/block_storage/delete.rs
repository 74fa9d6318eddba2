//! Destroying a block storage: the add-on, then its role; with `preserve` the driver keeps both its
//! software and its role.

use super::ADDON;
use super::access::owner;
use super::model::Model;
use crate::aws::eks::{self, addons};
use crate::aws::{Clients, Error, Wait};
use crate::framework::diagnostic::whole;
use crate::framework::resource::{Context, Recorder};
use crate::framework::value::{Diagnostic, Value};
use crate::provider::claims::{Claim, Takeover};
use crate::provider::context::ProviderContext;
use crate::resources::composite::{begin, conclude_delete};
use crate::resources::step::{During, StepError, proceed};
use crate::resources::timeouts::Operation;
use crate::resources::unfinished;
use crate::resources::workload_access;

/// Destroys the add-on with the role that was made for it.
pub(super) async fn delete(
    cx: &Context<ProviderContext>,
    prior: Model,
    recorder: &mut Recorder<Model>,
) -> Result<(), Diagnostic> {
    let (clients, wait) = begin(cx, &prior, Operation::Delete);
    let claim = unfinished::begin(cx, &wait, &recorder.private);
    let outcome = wait.govern(run(&clients, &wait, &claim, &prior, recorder)).await;
    if outcome.is_ok() {
        claim.complete();
    }
    conclude_delete(&prior, outcome.err().as_slice(), recorder)
}

/// Whether the add-on is the one of the state. Until its answer was seen, one that a create of this
/// state did not make, nor left, is another one's.
async fn is_ours(
    clients: &Clients,
    claim: &Claim<'_>,
    cluster: &str,
    prior: &Model,
) -> Result<bool, Error> {
    if prior.addon_arn.is_value() {
        return Ok(true);
    }
    let Some(found) = eks::find_addon_by_name(clients, cluster, ADDON).await? else {
        return Ok(false);
    };
    let what = format!("add-on {ADDON} of cluster {cluster}");
    let takeover = claim.judge(&what, &found.tags, owner(cluster));
    Ok(matches!(takeover, Takeover::Ours | Takeover::Left))
}

async fn run(
    clients: &Clients,
    wait: &Wait,
    claim: &Claim<'_>,
    prior: &Model,
    recorder: &mut Recorder<Model>,
) -> Result<(), StepError> {
    const STEP: &str = "addon";
    let Value::Value(cluster) = &prior.cluster_name else { return Ok(()) };
    let preserve = prior.preserve == Value::Value(true);
    let doing = format!("removing add-on {ADDON} from cluster {cluster}");
    if is_ours(clients, claim, cluster, prior).await.during(STEP, &*doing)?
        // EKS refuses while it is still busy with an earlier change.
        && addons::wait_addon_settled(clients, cluster, ADDON, wait)
            .await
            .during(STEP, &*doing)?
            .is_some()
    {
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
