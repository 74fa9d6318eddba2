//! Step `role`: the role of the driver's controller, and the end of one that is no longer in use.

use std::sync::{Mutex, PoisonError};

use super::Walk;
use crate::aws::iam;
use crate::framework::value::Value;
use crate::platform::tags::Observed;
use crate::resources::block_storage::access::{other_policies, owner};
use crate::resources::step::{During, StepError};
use crate::resources::workload_access::{self, Access, Granted, Workload};

impl Walk<'_> {
    /// Brings the role about; answers whether it was changed, so that EKS may not see it yet.
    pub(super) async fn role(&mut self, workload: &Workload) -> Result<bool, StepError> {
        let known = self.prior.as_ref().filter(|prior| prior.role_name == self.planned.role_name);
        let role_arn = match known.map(|prior| prior.role_arn.clone()) {
            Some(Value::Value(arn)) => Some(arn),
            _ => None,
        };
        let granted =
            Granted { role_arn: self.own_role(workload, role_arn).await?, ..Granted::default() };
        let reached = Mutex::new(None);
        let note = |granted: &Granted| {
            reached.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&granted.role_arn);
        };
        let brought = self.access(workload).bring_about(&granted, &note).await;
        let reached = reached.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(arn) = reached {
            self.record_role(arn);
        }
        let unfinished = brought?.unfinished;
        let detached = self.detach_other_policies(workload).await?;
        Ok(unfinished || detached)
    }

    pub(super) fn access<'b>(&'b self, workload: &'b Workload) -> Access<'b> {
        Access {
            clients: &self.clients,
            wait: &self.wait,
            workload,
            ignore: &self.provider.ignore_tags,
            claim: self.claim,
        }
    }

    /// The role that the state knows, or a finished one that was made for this very cluster, which has
    /// one driver: so it is met again after an import, and when the add-on was removed by other means.
    /// One that is not finished may be another create's.
    pub(super) async fn own_role(
        &self,
        workload: &Workload,
        known: Option<String>,
    ) -> Result<Option<String>, StepError> {
        let name = &workload.role_name;
        let doing = format!("finding role {name}");
        let role = iam::find_role_by_name(&self.clients, name).await.during("role", doing)?;
        let own = role.filter(|role| {
            let tags = Observed::read(&role.tags, &self.provider.ignore_tags, &[]);
            let finished = tags.is_owned_by(workload.owner()) && tags.marker.is_none();
            Some(&role.arn) == known.as_ref() || finished
        });
        Ok(own.map(|role| role.arn))
    }

    pub(super) fn record_role(&mut self, arn: String) {
        if self.recorder.state().is_none() {
            let mut state = self.planned.clone();
            state.addon_arn = Value::Null;
            state.addon_status = Value::Null;
            state.health_issues = Value::Value(Vec::new());
            state.association_id = Value::Null;
            self.recorder.record(state);
        }
        self.recorder.update(|state| state.role_arn = Value::Value(arn));
    }

    /// AWS's other policies for the driver go; what else is attached stays.
    pub(super) async fn detach_other_policies(
        &self,
        workload: &Workload,
    ) -> Result<bool, StepError> {
        const STEP: &str = "role_policy";
        if self.prior.is_none() {
            return Ok(false);
        }
        let role = &workload.role_name;
        let doing = format!("listing the policies of role {role}");
        let attached =
            iam::list_attached_policies(&self.clients, role).await.during(STEP, doing)?;
        let others = other_policies(self.clients.partition().id, workload);
        let mut detached = false;
        for arn in attached.iter().filter(|arn| others.contains(*arn)) {
            let doing = format!("detaching {arn} from role {role}");
            iam::detach_policy(&self.clients, role, arn).await.during(STEP, doing)?;
            detached = true;
        }
        Ok(detached)
    }

    pub(super) fn role_arn(&self) -> String {
        let made = self.recorder.state().map(|state| state.role_arn.clone());
        match (&self.planned.role_name, made) {
            (Value::Value(_), Some(Value::Value(arn))) => arn,
            _ => self.planned.role_arn.clone().unwrap_or_default(),
        }
    }

    /// The role that was made before goes, once another is in use.
    pub(super) async fn drop_role(&self, workload: Option<&Workload>) -> Result<(), StepError> {
        let before = self.prior.as_ref().and_then(|prior| prior.role_name.clone().as_option());
        let Some(before) = before else { return Ok(()) };
        if workload.is_some_and(|workload| workload.role_name == before) {
            return Ok(());
        }
        let owner = owner(&self.cluster_name);
        workload_access::remove(&self.clients, &self.wait, owner, &before, None).await
    }
}
