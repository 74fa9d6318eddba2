//! Step `replication`, in two halves: what is no longer wanted ends early, because AWS keeps the
//! overwrite protection as it is while there is a replication; what is wanted begins late.
//!
//! A replica that AWS makes for a create which does not come to its end belongs to that create: a tag
//! of the file system says so, and destroying the one takes the other away too. Any other replica
//! stays when its replication ends.

use super::Walk;
use crate::aws::efs::replication::{self, NewDestination};
use crate::aws::{Clients, Wait, efs, retry};
use crate::framework::diagnostic::diagnostic;
use crate::framework::resource::Recorder;
use crate::framework::value::{AttributePath, Value};
use crate::platform::tags::{CREATING, REPLICA, REPLICA_MADE, TagChanges, Tags};
use crate::provider::context::ProviderContext;
use crate::resources::attributes::tag_changes;
use crate::resources::shared_storage::model::{Model, Replication};
use crate::resources::step::{During, StepError};

const STEP: &str = "replication";

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
        self.mark_replica().await?;
        let begun = match current {
            Some(current) => current,
            None => self.begin_replication(&wanted).await?,
        };
        // Before it is waited for, which takes long: from here on nothing can lose the replica.
        self.record_replication(&wanted, begun);
        let enabled = replication::wait_replication_enabled(&self.clients, &self.id, &self.wait)
            .await
            .during(STEP, "waiting for the replication to be enabled")?;
        self.record_replication(&wanted, enabled);
        Ok(())
    }

    /// Whether AWS is to make the replica.
    pub(super) fn makes_replica(&self) -> bool {
        matches!(&self.planned.replication, Value::Value(wanted)
            if !wanted.destination_file_system_id.is_value())
    }

    /// An unfinished file system says whether its replica is made for it, before that is made: an
    /// earlier run may have had another configuration.
    async fn mark_replica(&self) -> Result<(), StepError> {
        let made = self.makes_replica();
        if !self.tags.contains_key(CREATING) || self.tags.contains_key(REPLICA) == made {
            return Ok(());
        }
        let mark = Tags::from([(REPLICA.to_owned(), REPLICA_MADE.to_owned())]);
        let changes = if made {
            TagChanges { put: mark, remove: Vec::new() }
        } else {
            TagChanges { put: Tags::new(), remove: mark.into_keys().collect() }
        };
        let doing = "marking whose the replica is";
        efs::change_tags(&self.clients, &self.id, &tag_changes(changes)).await.during(STEP, doing)
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
async fn find(clients: &Clients, id: &str) -> Result<Option<replication::Replication>, StepError> {
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

/// Ends the replication of a file system that is to be deleted, if it has one. The replica goes too if
/// it was made for a create that did not complete.
pub(in crate::resources::shared_storage) async fn part_from_replica(
    provider: &ProviderContext,
    (clients, wait): (&Clients, &Wait),
    system: &efs::FileSystem,
    recorder: &mut Recorder<Model>,
) -> Result<(), StepError> {
    let current = find(clients, &system.id).await?;
    let marked = system.tags.get(REPLICA).filter(|_| system.tags.contains_key(CREATING));
    let known = marked.and_then(|mark| mark.split_once('@'));
    let mut replica = known.map(|(id, region)| (id.to_owned(), region.to_owned()));
    if let Some(current) = current {
        if marked.is_some() {
            let (id, region) = (current.destination_file_system_id, current.destination_region);
            // Once the replication has ended, nothing else tells which it was.
            let mark = Tags::from([(REPLICA.to_owned(), format!("{id}@{region}"))]);
            let changes = TagChanges { put: mark, remove: Vec::new() };
            efs::change_tags(clients, &system.id, &tag_changes(changes))
                .await
                .during(STEP, "marking which the replica is")?;
            replica = Some((id, region));
        }
        end_replication(clients, &system.id, wait).await?;
    }
    recorder.update(|state| state.replication = Value::Null);
    match replica {
        Some((id, region)) => delete_replica(&provider.clients(&region), wait, &id, recorder).await,
        None => Ok(()),
    }
}

/// Deletes a replica. One that is mounted somewhere is kept, and told.
async fn delete_replica(
    clients: &Clients,
    wait: &Wait,
    id: &str,
    recorder: &mut Recorder<Model>,
) -> Result<(), StepError> {
    let region = clients.region();
    let doing = format!("deleting the replica {id} in {region}, whose create did not complete");
    let found = efs::find_file_system_by_id(clients, id).await.during(STEP, &*doing)?;
    let Some(found) = found else { return Ok(()) };
    if found.number_of_mount_targets > 0 {
        recorder.warnings.push(diagnostic(
            "Replica Kept",
            format!(
                "The replica {id} in {region} was made for a create that did not complete, and has \
                 mount targets by now: it is kept, and not managed any more. Delete it if nobody \
                 needs it."
            ),
            AttributePath::new(STEP),
        ));
        return Ok(());
    }
    wait.retry_while(retry::still_in_use, || efs::delete_file_system(clients, id))
        .await
        .during(STEP, &*doing)?;
    efs::wait_file_system_deleted(clients, id, wait).await.during(STEP, doing)
}

fn destination(wanted: &Replication) -> NewDestination {
    NewDestination {
        region: wanted.destination_region.clone().as_option(),
        availability_zone_name: wanted.availability_zone_name.clone().as_option(),
        kms_key_id: wanted.kms_key_arn.clone().as_option(),
        file_system_id: wanted.destination_file_system_id.clone().as_option(),
    }
}
