//! Steps `vault` and `vault_lock`.

use super::Walk;
use crate::aws::backup::{self, NewVault, Vault, request_id, settings};
use crate::framework::value::{AttributePath, Value};
use crate::platform::naming::creation_token;
use crate::platform::tags::TagChanges;
use crate::provider::claims::Takeover;
use crate::resources::attributes::tag_changes;
use crate::resources::backup_plan::read::record_vault_outputs;
use crate::resources::backup_plan::{KIND, checks, wanted};
use crate::resources::step::{During, StepError};
use crate::resources::unfinished;

const STEP: &str = "vault";

impl Walk<'_> {
    /// Finds or creates the vault and records it.
    pub(super) async fn vault(&mut self) -> Result<(), StepError> {
        let vault = match self.find_vault().await? {
            Some(vault) => {
                self.may_take_over(&vault).await?;
                vault
            }
            None => self.create_vault().await?,
        };
        self.record_vault(&vault);
        Ok(())
    }

    async fn find_vault(&self) -> Result<Option<Vault>, StepError> {
        let doing = format!("looking for the vault {}", self.name);
        backup::find_vault_by_name(&self.clients, &self.name).await.during(STEP, doing)
    }

    /// A vault that the state does not know is taken over only if an earlier create of ours left it
    /// unfinished: a finished one may hold backups that somebody relies on.
    async fn may_take_over(&self, vault: &Vault) -> Result<(), StepError> {
        if self.prior.is_some() {
            return Ok(());
        }
        let doing = format!("creating the vault {}", self.name);
        let found = backup::find_tags(&self.clients, &vault.arn).await.during(STEP, &*doing)?;
        let found = found.unwrap_or_default();
        let blame = |refused: StepError| refused.blame(AttributePath::new("name"));
        let left =
            match self.claim.judge(&checks::vault(&self.name), &found, wanted::owner(&self.name)) {
                Takeover::Ours => false,
                Takeover::Left => true,
                Takeover::NotNow(other) => {
                    return Err(blame(unfinished::refused(STEP, &doing, &other)));
                }
                Takeover::Never => {
                    let whose = checks::whose(&self.clients, &self.name, &found);
                    let next = checks::vault_taken(&self.name);
                    return Err(blame(StepError::refused(STEP, &doing, whose, &next)));
                }
            };
        let key = self.planned.kms_key_arn.clone().as_option();
        if key.is_some() && key != vault.encryption_key_arn {
            let why = "an interrupted create left the vault with another key".to_owned();
            let refused = StepError::refused(STEP, &doing, why, "Delete that vault.");
            return Err(refused.blame(AttributePath::new("kms_key_arn")));
        }
        if left {
            tracing::info!(vault = vault.name, "taking over what an interrupted create left");
            let mark = TagChanges { put: self.claim.mark(), remove: Vec::new() };
            let doing = format!("taking over the vault {}", self.name);
            backup::change_tags(&self.clients, &vault.arn, &tag_changes(mark))
                .await
                .during(STEP, doing)?;
        }
        Ok(())
    }

    async fn create_vault(&mut self) -> Result<Vault, StepError> {
        let doing = format!("creating the vault {}", self.name);
        // AWS keeps one vault of a name. The token has only to tell a repeated call of this operation
        // from a call of another, which AWS must not answer with this one's vault.
        let key = format!("{}/{}", self.name, self.claim.nonce());
        let token = creation_token(&self.account, self.clients.region(), KIND, &key, 0);
        let new = NewVault {
            name: self.name.clone(),
            encryption_key_arn: self.planned.kms_key_arn.clone().as_option(),
            creator_request_id: request_id(&token),
            tags: self.written_tags(Some(self.claim.value())),
        };
        let created = match backup::create_vault(&self.clients, &new).await {
            // The answer to the first attempt was lost, or somebody was faster.
            Err(error) if error.is_code("AlreadyExistsException") => {
                let Some(vault) = self.find_vault().await? else {
                    return Err(error).during(STEP, doing);
                };
                self.may_take_over(&vault).await?;
                vault
            }
            created => created.during(STEP, &*doing)?,
        };
        // Recorded before anything else is tried: from here on nothing can lose it.
        self.record_vault(&created);
        // Only the description tells which key it got.
        Ok(self.find_vault().await?.unwrap_or(created))
    }

    fn record_vault(&mut self, vault: &Vault) {
        if self.recorder.state().is_none() {
            let mut state = self.planned.clone();
            state.plan_id = Value::Null;
            state.plan_arn = Value::Null;
            state.plan_version = Value::Null;
            state.selection_id = Value::Null;
            self.recorder.record(state);
        }
        self.recorder.update(|state| record_vault_outputs(state, vault));
    }

    /// The lock. It is written only when it differs, because each writing starts the days anew.
    pub(super) async fn vault_lock(&mut self) -> Result<(), StepError> {
        const STEP: &str = "vault_lock";
        let doing = format!("locking the vault {}", self.name);
        let vault = self.find_vault().await?.ok_or_else(|| {
            let why = "the vault is gone, or may not be seen".to_owned();
            StepError::refused(STEP, &doing, why, "Find out who removes or hides it.")
        })?;
        let known = self.prior.as_ref().and_then(wanted::lock);
        match wanted::lock(&self.planned) {
            None if !wanted::is_locked(&vault) => {}
            None => settings::delete_vault_lock(&self.clients, &self.name)
                .await
                .during(STEP, format!("unlocking the vault {}", self.name))?,
            Some(lock) => {
                // AWS does not tell for how many days it was changeable: the state may.
                let days = known.and_then(|known| known.changeable_for_days);
                let same_days = days.is_none() || days == lock.changeable_for_days;
                if !(wanted::has_lock(&vault, &lock) && same_days) {
                    settings::put_vault_lock(&self.clients, &self.name, &lock)
                        .await
                        .during(STEP, doing)
                        .map_err(|error| error.blame(AttributePath::new("vault_lock")))?;
                }
            }
        }
        if let Some(vault) = self.find_vault().await? {
            self.record_vault(&vault);
        }
        let planned = self.planned.vault_lock.clone();
        self.recorder.update(|state| state.vault_lock = planned);
        Ok(())
    }
}
