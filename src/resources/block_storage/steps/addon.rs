//! Step `addon`: installed, or changed in one update, and waited for as `wait_for` says.

use super::{Complaint, STEP, Walk};
use crate::aws::eks::addons::{self, AddonChange, NewAddon};
use crate::aws::eks::{self, Addon};
use crate::aws::retry;
use crate::framework::value::Value;
use crate::platform::defaults::BLOCK_STORAGE;
use crate::platform::naming::creation_token;
use crate::platform::tags::Observed;
use crate::resources::block_storage::access::owner;
use crate::resources::block_storage::health::{self, Health};
use crate::resources::block_storage::read::association_id;
use crate::resources::block_storage::{ADDON, KIND, configuration, plan};
use crate::resources::step::{During, StepError};

/// How many tokens are tried that belong to an add-on which is gone.
const ATTEMPTS: u32 = 8;

impl Walk<'_> {
    /// The add-on that is there, if it may be taken.
    pub(super) async fn found(&self) -> Result<Option<Addon>, StepError> {
        let cluster = &self.cluster_name;
        let doing = format!("finding add-on {ADDON} of cluster {cluster}");
        let found = eks::find_addon_by_name(&self.clients, cluster, ADDON).await;
        let found = found.during(STEP, doing)?;
        if let Some(addon) = &found {
            self.may_take_over(addon)?;
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
        let found = if let Some(addon) = found {
            self.record(&addon);
            self.change(addon, settling).await?
        } else {
            let made = self.create(account, settling).await?;
            self.record(&made);
            made
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

    pub(super) fn may_take_over(&self, addon: &Addon) -> Result<(), StepError> {
        if self.prior.is_some() {
            return Ok(());
        }
        let tags = Observed::read(&addon.tags, &self.provider.ignore_tags, &[]);
        if tags.may_be_adopted_by(owner(&self.cluster_name)) {
            return Ok(());
        }
        let doing = format!("installing add-on {ADDON}");
        let why = plan::whose(&self.cluster_name, addon);
        Err(StepError::refused(STEP, &doing, why, plan::IMPORT))
    }

    pub(super) async fn create(&self, account: &str, settling: bool) -> Result<Addon, StepError> {
        let cluster = &self.cluster_name;
        let doing = format!("installing add-on {ADDON} in cluster {cluster}");
        let text = |value: &Value<String>| value.clone().unwrap_or_default();
        let planned = &self.planned;
        let namespace = text(&planned.namespace);
        let mut new = NewAddon {
            cluster_name: cluster.clone(),
            name: ADDON.to_owned(),
            version: text(&planned.addon_version),
            resolve_conflicts: text(&planned.resolve_conflicts_on_create),
            configuration_values: planned.configuration_values.clone().as_option(),
            namespace: Some(namespace).filter(|one| *one != BLOCK_STORAGE.namespace),
            associations: vec![(text(&planned.service_account), self.role_arn())],
            client_request_token: String::new(),
            tags: self.addon_tags(true),
        };
        let role = new.associations.iter().map(|(_, role)| role.as_str()).collect::<String>();
        for attempt in 0..ATTEMPTS {
            let key = format!("{cluster}/{role}");
            let region = self.clients.region();
            new.client_request_token = creation_token(account, region, KIND, &key, attempt);
            let created = self
                .wait
                .within(retry::PROPAGATION)
                .retry_while(
                    |error| settling && retry::role_not_visible(error),
                    || addons::create_addon(&self.clients, &new),
                )
                .await;
            let created = created.during(STEP, &*doing)?;
            // A token remembers its first answer, also when that add-on is deleted.
            let found = eks::find_addon_by_name(&self.clients, cluster, ADDON).await;
            if found.during(STEP, &*doing)?.is_some() {
                return Ok(created);
            }
        }
        let why = "EKS keeps answering with an add-on that is deleted".to_owned();
        Err(StepError::refused(STEP, &doing, why, "Wait a little."))
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
