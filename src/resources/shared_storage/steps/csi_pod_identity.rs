//! Step `csi_pod_identity`: the driver's roles, or their removal.

use std::sync::{Mutex, PoisonError};

use super::Walk;
use crate::aws::{Clients, Wait, iam};
use crate::framework::value::Value;
use crate::platform::tags::Observed;
use crate::resources::shared_storage::csi::{Part, name_of_role, owner, workload};
use crate::resources::shared_storage::model::Model;
use crate::resources::step::{During, StepError};
use crate::resources::workload_access::{self, Access, Granted, Workload, conflicts_with};

const STEP: &str = "csi_pod_identity";

impl Walk<'_> {
    /// Brings both roles about, or takes away those that are no longer wanted.
    pub(super) async fn csi_pod_identity(&mut self) -> Result<(), StepError> {
        let mut model = self.planned.clone();
        if let Some(state) = self.recorder.state() {
            model.id = state.id.clone();
            model.arn = state.arn.clone();
        }
        self.drop_stale_roles(&model).await?;
        for part in Part::ALL {
            let Some(workload) = workload(part, &model) else {
                self.recorder.update(|state| *part.role_arn_mut(state) = Value::Null);
                continue;
            };
            let known = self.recorder.state().map(|state| part.role_arn(state).clone());
            let role_arn = match known.and_then(Value::as_option) {
                Some(role_arn) => Some(role_arn),
                None => self.own_role(&workload).await?,
            };
            let granted = Granted { role_arn, association_id: None };
            let reached = Mutex::new(granted.clone());
            let record = |granted: &Granted| {
                *reached.lock().unwrap_or_else(PoisonError::into_inner) = granted.clone();
            };
            let access = Access {
                clients: &self.clients,
                wait: &self.wait,
                workload: &workload,
                ignore: &self.provider.ignore_tags,
                claim: self.claim,
            };
            let outcome = access.bring_about(&granted, &record).await;
            let reached = reached.into_inner().unwrap_or_else(PoisonError::into_inner);
            self.recorder.update(|state| *part.role_arn_mut(state) = reached.role_arn.into());
            if outcome?.unfinished {
                access.finish().await?;
            }
        }
        Ok(())
    }

    /// The role, where it was made for this very file system: its owner tag has the id, which nothing
    /// else in AWS ever had. So it is met after an import, and after a create that was cut off.
    async fn own_role(&self, workload: &Workload) -> Result<Option<String>, StepError> {
        let name = &workload.role_name;
        let doing = format!("finding role {name}");
        let role = iam::find_role_by_name(&self.clients, name).await.during(STEP, doing)?;
        let own = role.filter(|role| {
            let tags = Observed::read(&role.tags, &self.provider.ignore_tags, &[]);
            tags.is_owned_by(workload.owner())
        });
        Ok(own.map(|role| role.arn))
    }

    /// Roles of a cluster or of service accounts that are configured no more.
    async fn drop_stale_roles(&mut self, wanted: &Model) -> Result<(), StepError> {
        let Some(prior) = self.prior.clone() else { return Ok(()) };
        for part in Part::ALL {
            let Some(before) = workload(part, &prior) else { continue };
            let after = workload(part, wanted);
            if after.as_ref().is_some_and(|after| after.key == before.key) {
                continue;
            }
            remove_role(&self.clients, &self.wait, part, &prior).await?;
            self.recorder.update(|state| *part.role_arn_mut(state) = Value::Null);
        }
        Ok(())
    }
}

/// Deletes the association and the role of one part, if they are this file system's.
pub(in crate::resources::shared_storage) async fn remove_role(
    clients: &Clients,
    wait: &Wait,
    part: Part,
    model: &Model,
) -> Result<(), StepError> {
    let (Value::Value(id), Value::Value(cluster)) = (&model.id, &model.cluster_name) else {
        return Ok(());
    };
    let Some(workload) = workload(part, model) else { return Ok(()) };
    let found = workload_access::find(clients, &workload, &Granted::default()).await;
    let found = found.during(STEP, "finding the Pod Identity association")?;
    // The service account may have been given another role since, by somebody else.
    let foreign = conflicts_with(&workload, None, found.association.as_ref());
    let association = found.association.filter(|_| foreign.is_empty());
    let association = association.as_ref().map(|one| (cluster.as_str(), one.id.as_str()));
    let name = name_of_role(part, cluster);
    workload_access::remove(clients, wait, owner(id), &name, association).await
}
