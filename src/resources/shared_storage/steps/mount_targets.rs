//! Step `mount_targets`: one in each zone.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;

use super::Walk;
use crate::aws::efs;
use crate::framework::value::{AttributePath, Value, known_set};
use crate::resources::shared_storage::model;
use crate::resources::step::{During, StepError};

const STEP: &str = "mount_targets";

impl Walk<'_> {
    /// Deletes what is no longer wanted, begins what is missing, sets the groups of all. Targets of
    /// subnets that this resource never had are left alone.
    pub(super) async fn mount_targets(&mut self) -> Result<(), StepError> {
        let wanted = known_set(&self.planned.subnet_ids).unwrap_or_default();
        let before = match &self.prior {
            Some(prior) => known_set(&prior.subnet_ids).unwrap_or_default(),
            None => BTreeSet::new(),
        };
        let targets = self.list_mount_targets().await?;
        let superfluous: Vec<_> = targets
            .iter()
            .filter(|target| {
                before.contains(&target.subnet_id) && !wanted.contains(&target.subnet_id)
            })
            .map(|target| target.id.clone())
            .collect();
        self.delete_mount_targets(&superfluous).await?;

        let groups: Vec<String> =
            known_set(&self.planned.security_group_ids).unwrap_or_default().into_iter().collect();
        let ensured = wanted.iter().map(|subnet_id| {
            let existing = targets.iter().find(|target| target.subnet_id == *subnet_id);
            self.ensure_mount_target(subnet_id, existing, &groups)
        });
        let failed = first_failure(join_all(ensured).await);
        // Recorded from what AWS lists, whatever each call answered: nothing begun is lost.
        self.record_mount_targets().await?;
        failed
    }

    async fn ensure_mount_target(
        &self,
        subnet_id: &str,
        existing: Option<&efs::mount_targets::MountTarget>,
        groups: &[String],
    ) -> Result<(), StepError> {
        let Some(target) = existing else {
            let doing = format!("creating the mount target in {subnet_id}");
            return efs::mount_targets::create_mount_target(
                &self.clients,
                &self.id,
                subnet_id,
                groups,
            )
            .await
            .map(|_| ())
            .during(STEP, doing)
            .map_err(|error| error.blame(AttributePath::new("subnet_ids")));
        };
        let doing = format!("setting the security groups of {}", target.id);
        let current = efs::mount_targets::find_security_groups(&self.clients, &target.id)
            .await
            .during(STEP, &*doing)?
            .unwrap_or_default();
        let same = current.iter().collect::<BTreeSet<_>>() == groups.iter().collect();
        if same || groups.is_empty() {
            return Ok(());
        }
        efs::mount_targets::set_security_groups(&self.clients, &target.id, groups)
            .await
            .during(STEP, doing)
    }

    /// Waits until all are available.
    pub(super) async fn await_mount_targets(&mut self) -> Result<(), StepError> {
        let wanted = known_set(&self.planned.subnet_ids).unwrap_or_default();
        let targets = self.list_mount_targets().await?;
        let pending: Vec<_> = targets
            .iter()
            .filter(|target| wanted.contains(&target.subnet_id) && target.state != "available")
            .collect();
        let waits = pending.iter().map(|target| async {
            let doing = format!("waiting for the mount target {} to become available", target.id);
            efs::mount_targets::wait_mount_target_available(&self.clients, &target.id, &self.wait)
                .await
                .map(|_| ())
                .during(STEP, doing)
        });
        let failed = first_failure(join_all(waits).await);
        self.record_mount_targets().await?;
        failed
    }

    async fn list_mount_targets(&self) -> Result<Vec<efs::mount_targets::MountTarget>, StepError> {
        let doing = format!("listing the mount targets of {}", self.id);
        efs::mount_targets::list_mount_targets(&self.clients, &self.id).await.during(STEP, doing)
    }

    async fn record_mount_targets(&mut self) -> Result<(), StepError> {
        let targets = self.list_mount_targets().await?;
        let by_zone = by_zone(&targets, &self.clients);
        let groups = self.planned.security_group_ids.clone();
        let subnets = self.planned.subnet_ids.clone();
        self.recorder.update(|state| {
            state.mount_targets = Value::Value(by_zone);
            state.security_group_ids = groups;
            state.subnet_ids = subnets;
        });
        Ok(())
    }

    async fn delete_mount_targets(&self, ids: &[String]) -> Result<(), StepError> {
        delete_mount_targets(&self.clients, ids, &self.wait).await
    }
}

/// Deletes mount targets and waits until they are gone.
pub(in crate::resources::shared_storage) async fn delete_mount_targets(
    clients: &crate::aws::Clients,
    ids: &[String],
    wait: &crate::aws::Wait,
) -> Result<(), StepError> {
    let deletions = ids.iter().map(|id| async move {
        let doing = format!("deleting the mount target {id}");
        efs::mount_targets::delete_mount_target(clients, id).await.during(STEP, &*doing)?;
        efs::mount_targets::wait_mount_target_deleted(clients, id, wait).await.during(STEP, doing)
    });
    first_failure(join_all(deletions).await)
}

/// All ran; the first failure in order, if any failed.
fn first_failure(results: Vec<Result<(), StepError>>) -> Result<(), StepError> {
    results.into_iter().collect()
}

/// Mount targets as the attribute shows them: by zone.
pub(in crate::resources::shared_storage) fn by_zone(
    targets: &[efs::mount_targets::MountTarget],
    clients: &crate::aws::Clients,
) -> BTreeMap<String, model::MountTarget> {
    targets
        .iter()
        .map(|target| {
            let zone =
                target.availability_zone_name.clone().unwrap_or_else(|| target.subnet_id.clone());
            let system = super::file_system::dns_name(&target.file_system_id, clients);
            let shown = model::MountTarget {
                id: Value::Value(target.id.clone()),
                subnet_id: Value::Value(target.subnet_id.clone()),
                ip_address: target.ip_address.clone().into(),
                dns_name: Value::Value(format!("{zone}.{system}")),
                network_interface_id: target.network_interface_id.clone().into(),
                state: Value::Value(target.state.clone()),
            };
            (zone, shown)
        })
        .collect()
}
