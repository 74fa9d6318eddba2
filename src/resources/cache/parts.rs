//! What was made for a cache beside its replication group, as it is found in AWS: by its name or the id
//! that the state knows, and by the owner's tag. Anything else of that name is somebody else's.

use std::collections::BTreeSet;

use futures_util::future::try_join4;

use super::model::Model;
use super::steps::former_ids;
use super::{KIND, wanted};
use crate::aws::Clients;
use crate::aws::elasticache::users::UserGroup;
use crate::aws::elasticache::{self, parameter_groups, subnet_groups, users};
use crate::aws::{ec2, tags::Tags};
use crate::framework::value::Value;
use crate::platform::cache;
use crate::platform::tags::{IgnoreRules, Observed, Owner};
use crate::resources::step::{During as _, StepError};

/// The parts of one cache.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts<'a> {
    pub(super) clients: &'a Clients,
    pub(super) ignore: &'a IgnoreRules,
    /// The id of the cache.
    pub(super) id: &'a str,
    /// What the state knows.
    pub(super) state: &'a Model,
}

impl Parts<'_> {
    /// Whether any is there.
    pub(super) async fn any(&self) -> Result<bool, StepError> {
        let (subnets, security, group, parameters) = Box::pin(try_join4(
            self.subnet_group(),
            self.security_group(),
            self.user_group(),
            self.parameter_groups(),
        ))
        .await?;
        if subnets.is_some() || security.is_some() || group.is_some() || !parameters.is_empty() {
            return Ok(true);
        }
        let ids = former_ids(self.id, &wanted::users(self.state));
        Ok(!self.users(ids).await?.is_empty())
    }

    /// The name of the subnet group.
    pub(super) async fn subnet_group(&self) -> Result<Option<String>, StepError> {
        const STEP: &str = "subnet_group";
        let recorded = self.state.subnet_group_name.clone().as_option();
        let name = recorded.unwrap_or_else(|| cache::subnet_group(self.id));
        let doing = format!("looking at the subnet group {name}");
        let found = subnet_groups::find_subnet_group(self.clients, &name).await;
        let Some(group) = found.during(STEP, doing)? else { return Ok(None) };
        Ok(self.owns(STEP, group.arn.as_deref()).await?.then_some(name))
    }

    /// The id of the security group.
    pub(super) async fn security_group(&self) -> Result<Option<String>, StepError> {
        let Value::Value(id) = &self.state.security_group_id else { return Ok(None) };
        let doing = format!("looking at the security group {id}");
        let found = ec2::find_security_group_by_id(self.clients, id).await;
        let found = found.during("security_group", doing)?;
        Ok(found.filter(|group| self.is_ours(&group.tags)).map(|group| group.id))
    }

    /// The user group.
    pub(super) async fn user_group(&self) -> Result<Option<UserGroup>, StepError> {
        const STEP: &str = "users";
        let id = cache::user_group(self.id);
        let doing = format!("looking at the user group {id}");
        let found = users::find_user_group(self.clients, &id).await.during(STEP, doing)?;
        let Some(group) = found else { return Ok(None) };
        Ok(self.owns(STEP, group.arn.as_deref()).await?.then_some(group))
    }

    /// Which of these users are there.
    pub(super) async fn users(&self, ids: BTreeSet<String>) -> Result<Vec<String>, StepError> {
        const STEP: &str = "users";
        let mut ours = Vec::new();
        for id in ids {
            let doing = format!("looking at the user {id}");
            let found = users::find_user(self.clients, &id).await.during(STEP, doing)?;
            if let Some(user) = found
                && self.owns(STEP, user.arn.as_deref()).await?
            {
                ours.push(id);
            }
        }
        Ok(ours)
    }

    /// The names of the parameter groups: the one in force, and the one that is derived.
    pub(super) async fn parameter_groups(&self) -> Result<Vec<String>, StepError> {
        const STEP: &str = "parameter_group";
        let recorded = self.state.parameter_group_name.clone().as_option();
        let derived = wanted::parameter_group(self.state);
        let names: BTreeSet<String> = recorded.into_iter().chain(derived).collect();
        let mut ours = Vec::new();
        for name in names.into_iter().filter(|name| !cache::is_default_parameter_group(name)) {
            let doing = format!("looking at the parameter group {name}");
            let found = parameter_groups::find_parameter_group(self.clients, &name).await;
            if let Some(group) = found.during(STEP, doing)?
                && self.owns(STEP, group.arn.as_deref()).await?
            {
                ours.push(name);
            }
        }
        Ok(ours)
    }

    fn is_ours(&self, tags: &Tags) -> bool {
        let owner = Owner { kind: KIND, name: self.id };
        Observed::read(tags, self.ignore, &[]).is_owned_by(owner)
    }

    /// Whether the object of this ARN was made for this cache.
    async fn owns(&self, step: &'static str, arn: Option<&str>) -> Result<bool, StepError> {
        let Some(arn) = arn else { return Ok(false) };
        match elasticache::list_tags(self.clients, arn).await {
            Err(error) if error.is_not_found() => Ok(false),
            tags => tags
                .during(step, format!("reading the tags of {arn}"))
                .map(|tags| self.is_ours(&tags)),
        }
    }
}
