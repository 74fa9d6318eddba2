//! The steps backwards: what is gone already counts as done.

use super::csi::Part;
use super::model::Model;
use super::steps::{
    delete_access_points, delete_mount_targets, delete_security_group, ours, part_from_replica,
    remove_role,
};
use crate::aws::{Clients, Wait, efs, retry};
use crate::framework::resource::{Context, Recorder};
use crate::framework::value::{Diagnostic, Value};
use crate::provider::context::ProviderContext;
use crate::resources::composite::{begin, conclude_delete};
use crate::resources::step::{During, StepError};
use crate::resources::timeouts::Operation;

/// Destroys the file system with everything this resource made for it.
pub(super) async fn delete(
    cx: &Context<ProviderContext>,
    prior: Model,
    recorder: &mut Recorder<Model>,
) -> Result<(), Diagnostic> {
    let (clients, wait) = begin(cx, &prior, Operation::Delete);
    let outcome = wait.govern(run(cx, &clients, &wait, &prior, recorder)).await;
    conclude_delete(&prior, outcome.err().as_slice(), recorder)
}

async fn run(
    cx: &Context<ProviderContext>,
    clients: &Clients,
    wait: &Wait,
    prior: &Model,
    recorder: &mut Recorder<Model>,
) -> Result<(), StepError> {
    let Value::Value(id) = &prior.id else { return Ok(()) };
    let doing = format!("looking at the file system {id}");
    let system = efs::find_file_system_by_id(clients, id).await.during("file_system", doing)?;
    if let Some(system) = &system {
        part_from_replica(&cx.provider, (clients, wait), system, recorder).await?;
        empty(clients, wait, id, recorder).await?;
    }
    for part in Part::ALL {
        remove_role(clients, wait, part, prior).await?;
        recorder.update(|state| *part.role_arn_mut(state) = Value::Null);
    }
    if let Value::Value(group_id) = &prior.security_group_id {
        delete_security_group(clients, group_id, wait).await?;
        recorder.update(|state| state.security_group_id = Value::Null);
    }
    // Last, because by it the next run knows that there is something left.
    if system.is_some() {
        let doing = format!("deleting the file system {id}");
        // Mount targets and replication may still be letting go of it.
        wait.retry_while(retry::still_in_use, || efs::delete_file_system(clients, id))
            .await
            .during("file_system", &*doing)?;
        efs::wait_file_system_deleted(clients, id, wait).await.during("file_system", doing)?;
    }
    Ok(())
}

/// What has to go before the file system can.
async fn empty(
    clients: &Clients,
    wait: &Wait,
    id: &str,
    recorder: &mut Recorder<Model>,
) -> Result<(), StepError> {
    let points: Vec<String> =
        ours(clients, id).await?.into_iter().map(|(_, point)| point.id).collect();
    delete_access_points(clients, &points, wait).await?;
    recorder.update(|state| {
        state.access_point_ids = Value::Null;
        state.access_point_arns = Value::Null;
    });
    let targets = efs::mount_targets::list_mount_targets(clients, id)
        .await
        .during("mount_targets", "listing the mount targets")?;
    let targets: Vec<String> = targets.into_iter().map(|target| target.id).collect();
    delete_mount_targets(clients, &targets, wait).await?;
    recorder.update(|state| state.mount_targets = Value::Null);
    Ok(())
}
