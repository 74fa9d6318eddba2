//! Step `cleanup`: what nothing names any more goes.

use super::Walk;
use super::users::{delete_user, delete_user_group, former_ids, leaving};
use crate::aws::elasticache::parameter_groups;
use crate::aws::{ec2, retry};
use crate::framework::value::Value;
use crate::platform::cache;
use crate::resources::cache::wanted;
use crate::resources::step::{During, StepError};

const STEP: &str = "cleanup";

impl Walk<'_> {
    /// Deletes the user group, the parameter group and the security group that were replaced.
    pub(super) async fn cleanup(&mut self) -> Result<(), StepError> {
        let Some(prior) = self.prior.clone() else { return Ok(()) };
        if let (Value::Value(group), true) =
            (&prior.user_group_id, wanted::users(&self.planned).is_empty())
        {
            delete_user_group(&self.clients, group, &self.wait).await?;
            let mut ids = former_ids(&self.id, &wanted::users(&prior));
            ids.extend(leaving(&self.recorder.private));
            for id in ids {
                delete_user(&self.clients, &id, &self.wait).await?;
            }
            self.recorder.update(|state| {
                state.user_group_id = Value::Null;
                state.users = Value::Null;
            });
        }
        if let Value::Value(name) = &prior.parameter_group_name {
            self.drop_parameter_group(name).await?;
        }
        if let (Value::Value(id), Some(false)) =
            (&prior.security_group_id, wanted::wants_group(&self.planned))
        {
            self.drop_security_group(id).await?;
        }
        Ok(())
    }

    /// A group that the next maintenance window still needs stays until then.
    async fn drop_parameter_group(&mut self, name: &str) -> Result<(), StepError> {
        let replaced = self.planned.parameter_group_name != Value::Value(name.to_owned());
        let in_force = self.member.parameter_group_name.as_deref() == Some(name);
        if !replaced || in_force || cache::is_default_parameter_group(name) {
            return Ok(());
        }
        let doing = format!("deleting the parameter group {name}");
        let found = parameter_groups::find_parameter_group(&self.clients, name).await;
        let Some(found) = found.during(STEP, &*doing)? else { return Ok(()) };
        let what = format!("the parameter group {name}");
        if !self.owns(STEP, &what, found.arn.as_deref()).await? {
            return Ok(());
        }
        self.wait
            .retry_while(retry::still_in_use, || {
                parameter_groups::delete_parameter_group(&self.clients, name)
            })
            .await
            .during(STEP, doing)
    }

    async fn drop_security_group(&mut self, id: &str) -> Result<(), StepError> {
        let doing = format!("deleting the security group {id}");
        let found = ec2::find_security_group_by_id(&self.clients, id).await;
        let ours = found.during(STEP, &*doing)?.is_some_and(|group| self.is_ours(&group.tags));
        if ours {
            // Interfaces of nodes let go of it a while after the group of the nodes changed.
            self.wait
                .retry_while(retry::still_in_use, || ec2::delete_security_group(&self.clients, id))
                .await
                .during(STEP, doing)?;
        }
        self.recorder.update(|state| state.security_group_id = Value::Null);
        Ok(())
    }
}
