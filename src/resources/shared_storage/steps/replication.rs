//! Step `replication`, in two halves: what is no longer wanted ends early, because AWS keeps the
//! overwrite protection as it is while there is a replication; what is wanted begins late.
//!
//! A replica that a create makes and does not come to the end of belongs to that create: destroying
//! the one takes the other away too. Any other replica stays when its replication ends.

use super::Walk;
use crate::aws::efs::replication::{self, NewDestination};
use crate::aws::{Clients, Wait, efs, retry};
use crate::framework::diagnostic::diagnostic;
use crate::framework::private::Private;
use crate::framework::resource::Recorder;
use crate::framework::value::{AttributePath, Value};
use crate::provider::context::ProviderContext;
use crate::resources::shared_storage::model::{Model, Replication};
use crate::resources::step::{During, StepError};

const STEP: &str = "replication";

/// The private key of the replica that an unfinished create made, as `fs-0123@eu-west-1`.
const REPLICA: &str = "replica";

impl Walk<'_> {
    /// Ends the replication unless it is the wanted one, which is answered.
    pub(super) async fn former_replication(
        &mut self,
    ) -> Result<Option<replication::Replication>, StepError> {
        let current = find(&self.clients, &self.id).await?;
        if let Some(current) = current {
            if self.is_wanted(&current) {
                return Ok(Some(current));
            }
            end_replication(&self.clients, &self.id, &self.wait).await?;
        }
        self.recorder.update(|state| state.replication = Value::Null);
        Ok(None)
    }

    /// Begins the wanted replication unless it is there, and waits for it.
    pub(super) async fn replication(
        &mut self,
        current: Option<replication::Replication>,
    ) -> Result<(), StepError> {
        let Value::Value(wanted) = self.planned.replication.clone() else { return Ok(()) };
        let begun = match current {
            Some(current) => current,
            None => self.begin_replication(&wanted).await?,
        };
        // Before it is waited for, which takes long: from here on nothing can lose the replica.
        let made = !wanted.destination_file_system_id.is_value();
        if self.prior.is_none() && made {
            let (id, region) = (&begun.destination_file_system_id, &begun.destination_region);
            self.recorder.private.set_text(REPLICA, format!("{id}@{region}"));
        }
        self.record_replication(&wanted, begun);
        let enabled =
            replication::wait_replication_enabled(&self.clients, &self.id, &self.wait)
                .await
                .during(STEP, "waiting for the replication to be enabled")?;
        self.record_replication(&wanted, enabled);
        Ok(())
    }

    async fn begin_replication(
        &self,
        wanted: &Replication,
    ) -> Result<replication::Replication, StepError> {
        let created =
            replication::create_replication(&self.clients, &self.id, &destination(wanted)).await;
        let error = match created {
            Ok(begun) => return Ok(begun),
            Err(error) => error,
        };
        // There is no token: a call that is repeated meets what it made before.
        if let Ok(Some(found)) = find(&self.clients, &self.id).await
            && self.is_wanted(&found)
        {
            return Ok(found);
        }
        Err(error)
            .during(STEP, "creating the replication")
            .map_err(|error| error.blame(AttributePath::new(STEP)))
    }

    /// Whether a replication is the wanted one. Where AWS is to make a new replica, that is not the one
    /// the state tells of, but any other was made by an earlier run that did not come to tell.
    fn is_wanted(&self, current: &replication::Replication) -> bool {
        let Value::Value(wanted) = &self.planned.replication else { return false };
        let current_id = Value::Value(current.destination_file_system_id.clone());
        if wanted.destination_file_system_id.is_value() {
            return wanted.destination_file_system_id == current_id;
        }
        let former = self.prior.as_ref().is_some_and(|prior| {
            matches!(&prior.replication, Value::Value(before)
                if before.destination_file_system_id == current_id)
        });
        !former && wanted.destination_region == Value::Value(current.destination_region.clone())
    }

    fn record_replication(&mut self, wanted: &Replication, found: replication::Replication) {
        self.recorder.update(|state| {
            state.replication = Value::Value(Replication {
                destination_region: Value::Value(found.destination_region),
                destination_file_system_id: Value::Value(found.destination_file_system_id),
                status: Value::Value(found.status),
                ..wanted.clone()
            });
        });
    }
}

/// The replication whose source is this file system.
async fn find(
    clients: &Clients,
    id: &str,
) -> Result<Option<replication::Replication>, StepError> {
    let found = replication::find_replication_by_file_system(clients, id)
        .await
        .during(STEP, "looking at the replication")?;
    Ok(found.filter(|found| found.source_file_system_id == id))
}

/// Ends the replication; the replica stays, writable.
async fn end_replication(clients: &Clients, id: &str, wait: &Wait) -> Result<(), StepError> {
    let doing = "ending the replication";
    replication::delete_replication(clients, id, false).await.during(STEP, doing)?;
    replication::wait_replication_deleted(clients, id, wait).await.during(STEP, doing)
}

/// Ends the replication of a file system that is to be deleted, if it has one.
pub(in crate::resources::shared_storage) async fn end_any_replication(
    clients: &Clients,
    id: &str,
    wait: &Wait,
) -> Result<(), StepError> {
    if find(clients, id).await?.is_some() {
        end_replication(clients, id, wait).await?;
    }
    Ok(())
}

/// The create has come to its end: its replica is one like any other.
pub(super) fn keep_replica(private: &mut Private) {
    private.remove(REPLICA);
}

/// Deletes the replica that an unfinished create made, once its replication has ended. One that is
/// mounted somewhere is kept, and told.
pub(in crate::resources::shared_storage) async fn delete_unfinished_replica(
    provider: &ProviderContext,
    wait: &Wait,
    recorder: &mut Recorder<Model>,
) -> Result<(), StepError> {
    let made = recorder.private.text(REPLICA).and_then(|made| made.split_once('@'));
    let Some((id, region)) = made.map(|(id, region)| (id.to_owned(), region.to_owned())) else {
        return Ok(());
    };
    let clients = provider.clients(&region);
    let doing = format!("deleting the replica {id} in {region}, whose create did not complete");
    let found = efs::find_file_system_by_id(&clients, &id).await.during(STEP, &*doing)?;
    match found {
        Some(found) if found.number_of_mount_targets > 0 => {
            recorder.warnings.push(diagnostic(
                "Replica Kept",
                format!(
                    "The replica {id} in {region} was made by a create that did not complete, and \
                     has mount targets by now: it is kept, and not managed any more. Delete it if \
                     nobody needs it."
                ),
                AttributePath::new(STEP),
            ));
        }
        Some(_) => {
            wait.retry_while(retry::still_in_use, || efs::delete_file_system(&clients, &id))
                .await
                .during(STEP, &*doing)?;
            efs::wait_file_system_deleted(&clients, &id, wait).await.during(STEP, doing)?;
        }
        None => {}
    }
    recorder.private.remove(REPLICA);
    Ok(())
}

fn destination(wanted: &Replication) -> NewDestination {
    NewDestination {
        region: wanted.destination_region.clone().as_option(),
        availability_zone_name: wanted.availability_zone_name.clone().as_option(),
        kms_key_id: wanted.kms_key_arn.clone().as_option(),
        file_system_id: wanted.destination_file_system_id.clone().as_option(),
    }
}
