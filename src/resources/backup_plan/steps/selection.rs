//! Step `selection`: what is backed up. AWS cannot change a selection, so the new one is made before
//! the old one goes, and nothing is ever left without backup.

use super::Walk;
use crate::aws::backup::request_id;
use crate::aws::backup::selections::{self, Selection, SelectionId};
use crate::aws::retry;
use crate::framework::value::{AttributePath, Value};
use crate::platform::naming::creation_token;
use crate::resources::backup_plan::{KIND, wanted};
use crate::resources::step::{During, StepError};

const STEP: &str = "selection";

/// How many derived tokens are tried. Each one passed over belongs to a selection that was deleted.
const ATTEMPTS: u32 = 8;

impl Walk<'_> {
    /// Brings the selection about and takes those before it away.
    pub(super) async fn selection(&mut self) -> Result<(), StepError> {
        let state = self.state();
        let plan_id = state.plan_id.clone().unwrap_or_default();
        let role_arn = state.role_arn.clone().unwrap_or_default();
        let doing = format!("selecting what the plan {} backs up", self.name);
        let wanted = wanted::selection(&self.planned, &role_arn).ok_or_else(|| {
            let why = "what to back up is not known although everything it is made of is";
            StepError::refused(STEP, &doing, why.to_owned(), "Report this.")
        })?;
        let before = self.prior.as_ref().and_then(|prior| prior.selection_id.clone().as_option());
        let listed = selections::list_selections(&self.clients, &plan_id);
        let listed = listed.await.during(STEP, &*doing)?;
        let id =
            match self.existing_selection(&plan_id, before.as_deref(), &listed, &wanted).await? {
                Some(id) => id,
                None => self.create_selection(&plan_id, &wanted).await?,
            };
        let planned = self.planned.clone();
        self.recorder.update(|state| {
            state.selection_id = Value::Value(id.clone());
            state.resources = planned.resources;
            state.selection_tags = planned.selection_tags;
        });
        let ours = |one: &&SelectionId| {
            before.as_ref() == Some(&one.id) || one.name.starts_with(wanted::SELECTION_PREFIX)
        };
        for old in listed.iter().filter(ours).filter(|one| one.id != id) {
            selections::delete_selection(&self.clients, &plan_id, &old.id)
                .await
                .during(STEP, format!("deleting the selection {} before it", old.id))?;
        }
        Ok(())
    }

    /// The selection of the state while it chooses the same, or one of ours with the same content,
    /// which its name tells.
    async fn existing_selection(
        &self,
        plan_id: &str,
        before: Option<&str>,
        listed: &[SelectionId],
        wanted: &Selection,
    ) -> Result<Option<String>, StepError> {
        let known = listed.iter().find(|one| Some(one.id.as_str()) == before);
        let named = listed.iter().find(|one| one.name == wanted.name);
        for one in known.into_iter().chain(named) {
            let doing = format!("reading the selection {}", one.id);
            let found = selections::find_selection_by_id(&self.clients, plan_id, &one.id).await;
            let found = found.during(STEP, doing)?;
            if found.is_some_and(|found| wanted::same_choice(&found, wanted)) {
                return Ok(Some(one.id.clone()));
            }
        }
        Ok(None)
    }

    async fn create_selection(
        &self,
        plan_id: &str,
        wanted: &Selection,
    ) -> Result<String, StepError> {
        let doing = format!("creating the selection of the plan {}", self.name);
        for attempt in 0..ATTEMPTS {
            let key = format!("{plan_id}/{}", wanted.name);
            let region = self.clients.region();
            let token = creation_token(&self.account, region, KIND, &key, attempt);
            let token = request_id(&token);
            // A role that was made or changed moments ago is not seen everywhere yet.
            let id = self
                .wait
                .within(retry::PROPAGATION)
                .retry_while(retry::role_not_visible, || {
                    selections::create_selection(&self.clients, plan_id, wanted, &token)
                })
                .await
                .during(STEP, &*doing)
                .map_err(|error| error.blame(AttributePath::new("resources")))?;
            // A token remembers its first selection, also when that is deleted.
            let found = selections::find_selection_by_id(&self.clients, plan_id, &id).await;
            if found.during(STEP, &*doing)?.is_some() {
                return Ok(id);
            }
        }
        let why = "AWS keeps answering with a selection that is deleted".to_owned();
        Err(StepError::refused(STEP, &doing, why, "Wait a little."))
    }
}
