//! Step `parameter_group`: how the engine is tuned, if it departs from AWS's defaults.

use super::Walk;
use crate::aws::elasticache::parameter_groups;
use crate::framework::value::AttributePath;
use crate::platform::cache;
use crate::resources::cache::wanted;
use crate::resources::step::{During, StepError};

const STEP: &str = "parameter_group";

impl Walk<'_> {
    /// Finds or creates the cache's own group of the planned name, and sets its parameters. A group
    /// of somebody else is only used.
    pub(super) async fn parameter_group(&mut self) -> Result<(), StepError> {
        let name = self.planned.parameter_group_name.clone().unwrap_or_default();
        let own = wanted::parameter_group(&self.planned);
        if cache::is_default_parameter_group(&name) || own.as_deref() != Some(&*name) {
            return Ok(());
        }
        let Some(version) = wanted::version(&self.planned) else { return Ok(()) };
        let doing = format!("creating the parameter group {name:?}");
        let found = parameter_groups::find_parameter_group(&self.clients, &name)
            .await
            .during(STEP, format!("looking up the parameter group {name:?}"))?;
        match found {
            None => {
                let description = format!("Parameters of the cache {}", self.id);
                let tags = self.part_tags();
                let arn = parameter_groups::create_parameter_group(
                    &self.clients,
                    &name,
                    &version.family(),
                    &description,
                    &tags,
                )
                .await
                .during(STEP, &*doing)?;
                self.made_part(arn.as_deref());
            }
            Some(group) => {
                let known = self.prior.as_ref().is_some_and(|prior| {
                    prior.parameter_group_name.clone().as_option().as_ref() == Some(&name)
                });
                let what = format!("the parameter group {name}");
                if !known && !self.owns(STEP, &what, group.arn.as_deref()).await? {
                    return Err(self.foreign(STEP, &doing, &what, "Rename or delete it."));
                }
            }
        }
        self.begin_record();
        self.set_parameters(&name).await
    }

    async fn set_parameters(&self, name: &str) -> Result<(), StepError> {
        let doing = format!("setting the parameters of {name}");
        let blame = |error: StepError| error.blame(AttributePath::new("parameters"));
        let wanted = wanted::parameters(&self.planned);
        let found = parameter_groups::find_own_parameters(&self.clients, name)
            .await
            .during(STEP, &*doing)?
            .unwrap_or_default();
        let set = wanted
            .iter()
            .filter(|(name, value)| found.get(*name) != Some(value))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let reset: Vec<String> =
            found.keys().filter(|name| !wanted.contains_key(*name)).cloned().collect();
        self.wait
            .retry_while(crate::aws::retry::busy, || {
                parameter_groups::set_parameters(&self.clients, name, &set)
            })
            .await
            .during(STEP, &*doing)
            .map_err(blame)?;
        self.wait
            .retry_while(crate::aws::retry::busy, || {
                parameter_groups::reset_parameters(&self.clients, name, &reset)
            })
            .await
            .during(STEP, doing)
            .map_err(blame)
    }
}
