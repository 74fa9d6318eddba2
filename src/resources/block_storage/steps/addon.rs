//! Step `addon`: installed, or changed in one update, and waited for as `wait_for` says.

use super::{Complaint, STEP, Walk};
use crate::aws::eks::addons::{self, AddonChange, NewAddon};
use crate::aws::eks::{self, Addon};
use crate::aws::retry;
use crate::framework::value::Value;
use crate::platform::defaults::BLOCK_STORAGE;
use crate::platform::naming::creation_token;
use crate::provider::claims::Takeover;
use crate::resources::block_storage::access::owner;
use crate::resources::block_storage::health::{self, Health};
use crate::resources::block_storage::read::association_id;
use crate::resources::block_storage::{ADDON, KIND, addon_named, configuration, plan};
use crate::resources::step::{During, StepError};
use crate::resources::unfinished;

/// What asking for an add-on came to.
pub(super) enum Made {
    New(Addon),
    /// It is there already.
    Before(Addon),
}

impl Walk<'_> {
    /// The add-on that is there, if it may be taken.
    pub(super) async fn found(&self) -> Result<Option<Addon>, StepError> {
        let cluster = &self.cluster_name;
        let doing = format!("finding add-on {ADDON} of cluster {cluster}");
        let found = eks::find_addon_by_name(&self.clients, cluster, ADDON).await;
        let found = found.during(STEP, doing)?;
        if let Some(addon) = &found {
            self.may_take_over(addon).await?;
        }
        Ok(found)
    }

    /// Installs the add-on or changes what differs, and waits as wanted.
    pub(super) async fn addon(
        &mut self,
        found: Option<Addon>,
        account: &str,
        settling: bool,
    ) -> Result<Addon, StepError> {
        let cluster = self.cluster_name.clone();
        let made = match found {
            Some(addon) => Made::Before(addon),
            None => self.create(account, settling).await?,
        };
        let found = match made {
            Made::New(made) => {
                self.record(&made);
                made
            }
            Made::Before(addon) => {
                self.record(&addon);
                self.change(addon, settling).await?
            }
        };
        if self.planned.wait_for == Value::Value("none".to_owned()) {
            return Ok(found);
        }
        let addon = self.settled().await?;
        self.record(&addon);
        let what = health::told(&addon);
        let advice = health::advice(&addon);
        match health::judge(&addon, &self.planned.wait_for) {
            Health::Fine => {}
            Health::Failed => {
                let next = advice.unwrap_or("See what EKS finds wrong.");
                let doing = format!("waiting for add-on {ADDON} of cluster {cluster}");
                return Err(StepError::refused(STEP, &doing, what, next));
            }
            health => {
                let advice = advice.unwrap_or_default();
                self.complaint = Some(Complaint { health, what, advice });
            }
        }
        Ok(addon)
    }

    /// The add-on once EKS is done with what is under way.
    pub(super) async fn settled(&self) -> Result<Addon, StepError> {
        let cluster = &self.cluster_name;
        let doing = format!("waiting for add-on {ADDON} of cluster {cluster}");
        let settled = addons::wait_addon_settled(&self.clients, cluster, ADDON, &self.wait).await;
        settled.during(STEP, &*doing)?.ok_or_else(|| {
            let why = "it was removed meanwhile".to_owned();
            StepError::refused(STEP, &doing, why, "Find out who removes it.")
        })
    }

    /// An add-on that the state does not know is taken over only if an earlier create of ours left it
    /// unfinished, and only when nobody is at work at it.
    pub(super) async fn may_take_over(&self, addon: &Addon) -> Result<(), StepError> {
        if self.prior.as_ref().is_some_and(|prior| prior.addon_arn.is_value()) {
            return Ok(());
        }
        let doing = format!("installing add-on {ADDON}");
        let what = addon_named(&self.cluster_name);
        match self.claim.judge(&what, &addon.tags, owner(&self.cluster_name)) {
            Takeover::Ours => Ok(()),
            Takeover::Left => {
                tracing::info!(addon = addon.arn, "taking over what an interrupted create left");
                eks::set_tags(&self.clients, &addon.arn, &self.claim.mark())
                    .await
                    .during(STEP, format!("taking over {what}"))
            }
            Takeover::NotNow(other) => Err(unfinished::refused(STEP, &doing, &other)),
            Takeover::Never => {
                let why = plan::whose(&self.cluster_name, addon);
                Err(StepError::refused(STEP, &doing, why, plan::IMPORT))
            }
        }
    }

    pub(super) async fn create(&self, account: &str, settling: bool) -> Result<Made, StepError> {
        let cluster = &self.cluster_name;
        let doing = format!("installing add-on {ADDON} in cluster {cluster}");
        let text = |value: &Value<String>| value.clone().unwrap_or_default();
        let planned = &self.planned;
        let namespace = text(&planned.namespace);
        // EKS keeps one add-on of a name. The token has only to tell a repeated call of this operation
        // from a call of another, which EKS must not answer with this one's.
        let key = format!("{cluster}/{}", self.claim.nonce());
        let new = NewAddon {
            cluster_name: cluster.clone(),
            name: ADDON.to_owned(),
            version: text(&planned.addon_version),
            resolve_conflicts: text(&planned.resolve_conflicts_on_create),
            configuration_values: planned.configuration_values.clone().as_option(),
            namespace: Some(namespace).filter(|one| *one != BLOCK_STORAGE.namespace),
            associations: vec![(text(&planned.service_account), self.role_arn())],
            client_request_token: creation_token(account, self.clients.region(), KIND, &key, 0),
            tags: self.addon_tags(Some(self.claim.value())),
        };
        let created = self
            .wait
            .within(retry::PROPAGATION)
            .retry_while(
                |error| settling && retry::role_not_visible(error),
                || addons::create_addon(&self.clients, &new),
            )
            .await;
        match created {
            // The answer to the first attempt was lost, or somebody was faster.
            Err(error) if error.is_code("ResourceInUseException") => {
                self.found().await?.map(Made::Before).ok_or(error).during(STEP, doing)
            }
            created => created.map(Made::New).during(STEP, doing),
        }
    }

    /// Everything that differs, in one update.
    pub(super) async fn change(&self, addon: Addon, settling: bool) -> Result<Addon, StepError> {
        let cluster = &self.cluster_name;
        let planned = &self.planned;
        let doing = format!("changing add-on {ADDON} of cluster {cluster}");
        let version = planned.addon_version.clone().as_option();
        let settings = planned.configuration_values.as_ref().as_option().map(String::as_str);
        let failed = matches!(addon.status.as_str(), "CREATE_FAILED" | "UPDATE_FAILED");
        let other_settings = !configuration::same(settings, addon.configuration_values.as_deref());
        let change = AddonChange {
            version: version.filter(|version| failed || addon.version.as_ref() != Some(version)),
            resolve_conflicts: planned.resolve_conflicts_on_update.clone().unwrap_or_default(),
            // Without any, an empty object takes away those there are.
            configuration_values: other_settings.then(|| settings.unwrap_or("{}").to_owned()),
            associations: self.other_associations(&addon).await?,
        };
        let same = change.version.is_none()
            && change.configuration_values.is_none()
            && change.associations.is_none();
        if same {
            return Ok(addon);
        }
        // EKS takes one change at a time.
        self.settled().await?;
        self.wait
            .within(retry::PROPAGATION)
            .retry_while(
                |error| settling && retry::role_not_visible(error),
                || addons::update_addon(&self.clients, cluster, ADDON, &change),
            )
            .await
            .during(STEP, doing)?;
        Ok(addon)
    }

    /// The association the add-on is to own, unless it owns just that.
    pub(super) async fn other_associations(
        &self,
        addon: &Addon,
    ) -> Result<Option<Vec<(String, String)>>, StepError> {
        let account = self.planned.service_account.clone().unwrap_or_default();
        let role = self.role_arn();
        if let (Some(id), [_]) = (association_id(addon), addon.association_arns.as_slice()) {
            let doing = format!("reading Pod Identity association {id}");
            let found = eks::find_association_by_id(&self.clients, &self.cluster_name, id).await;
            let found = found.during(STEP, doing)?;
            if found.is_some_and(|one| one.key.service_account == account && one.role_arn == role) {
                return Ok(None);
            }
        }
        Ok(Some(vec![(account, role)]))
    }
}
