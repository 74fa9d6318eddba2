//! Steps `file_system` and `tags`: the file system itself.

use super::Walk;
use crate::aws::arn::Arn;
use crate::aws::efs::{self, Created, FileSystem, NewFileSystem};
use crate::framework::value::{AttributePath, StringMap, Value};
use crate::platform::naming::creation_token;
use crate::platform::tags::{Owner, TagChanges};
use crate::provider::claims::{BeingMade, Takeover};
use crate::resources::attributes::tag_changes;
use crate::resources::shared_storage::KIND;
use crate::resources::step::{During, StepError};
use crate::resources::unfinished;

/// How many derived tokens are tried. Each one passed over is a finished file system of the same
/// name: the one being replaced, or somebody else's.
const ATTEMPTS: u32 = 8;

const STEP: &str = "file_system";

impl Walk<'_> {
    /// Finds or creates the file system and records it.
    pub(super) async fn file_system(&mut self) -> Result<(), StepError> {
        let found = match self.prior.as_ref().map(|prior| &prior.id) {
            Some(Value::Value(id)) => {
                let doing = format!("finding the file system {id}");
                efs::find_file_system_by_id(&self.clients, id).await.during(STEP, doing)?
            }
            _ => None,
        };
        let system = match found {
            Some(system) => system,
            None => self.create_file_system().await?,
        };
        self.id.clone_from(&system.id);
        let doing = format!("waiting for the file system {} to become available", system.id);
        let system = efs::wait_file_system_available(&self.clients, &system.id, &self.wait)
            .await
            .during(STEP, doing)?;
        self.record_file_system(&system);
        self.tags = system.tags;
        Ok(())
    }

    async fn create_file_system(&mut self) -> Result<FileSystem, StepError> {
        let configured = self.planned.creation_token.clone();
        let mut busy = None;
        let name = self.owner_name();
        for attempt in 0..ATTEMPTS {
            let token = match &configured {
                Value::Value(token) => token.clone(),
                _ => creation_token(&self.account, self.clients.region(), KIND, &name, attempt),
            };
            let new = self.new_file_system(token);
            let created =
                efs::create_file_system(&self.clients, &new).await.during(STEP, CREATING)?;
            let system = match created {
                Created::Created(system) => Some(*system),
                Created::Exists(id) => self.adoptable(&id, &mut busy).await?,
            };
            if let Some(system) = system {
                // Recorded before anything else is tried: from here on nothing can lose it.
                self.record_file_system(&system);
                return Ok(system);
            }
            if configured.is_value() {
                return Err(match &busy {
                    Some(other) => unfinished::refused(STEP, CREATING, other)
                        .blame(AttributePath::new("creation_token")),
                    None => self.token_taken(&new.creation_token).await,
                });
            }
        }
        Err(StepError::refused(
            STEP,
            CREATING,
            format!("{ATTEMPTS} finished file systems of the name {name:?} exist already"),
            "Choose another name, or give a creation_token.",
        ))
    }

    fn new_file_system(&self, creation_token: String) -> NewFileSystem {
        let planned = &self.planned;
        NewFileSystem {
            creation_token,
            performance_mode: planned.performance_mode.clone().unwrap_or_default(),
            throughput_mode: planned.throughput_mode.clone().unwrap_or_default(),
            provisioned_throughput_in_mibps: planned.provisioned_throughput_in_mibps.as_option(),
            encrypted: planned.encrypted.unwrap_or(true),
            kms_key_id: planned.kms_key_arn.clone().as_option(),
            availability_zone_name: planned.availability_zone_name.clone().as_option(),
            // Without it AWS turns automatic backups on for One Zone systems only.
            backup: planned.backup_policy == Value::Value("ENABLED".to_owned()),
            tags: self.file_system_tags(Some(self.claim.value())),
        }
    }

    /// A file system with our token is taken over only if an earlier create of ours left it
    /// unfinished: a finished one may hold data that somebody relies on. One that another create is at
    /// work at is told in `busy`.
    async fn adoptable(
        &self,
        id: &str,
        busy: &mut Option<BeingMade>,
    ) -> Result<Option<FileSystem>, StepError> {
        let doing = format!("looking at the file system {id}");
        let Some(system) =
            efs::find_file_system_by_id(&self.clients, id).await.during(STEP, doing)?
        else {
            return Ok(None);
        };
        let name = self.owner_name();
        let owner = Owner { kind: KIND, name: &name };
        match self.claim.judge(&named(id), &system.tags, owner) {
            Takeover::Ours => Ok(Some(system)),
            Takeover::Left => {
                tracing::info!(id, "taking over what an interrupted create left");
                let mark = TagChanges { put: self.claim.mark(), remove: Vec::new() };
                let doing = format!("taking over the file system {id}");
                efs::change_tags(&self.clients, id, &tag_changes(mark))
                    .await
                    .during(STEP, doing)?;
                Ok(Some(system))
            }
            Takeover::NotNow(other) => {
                *busy = Some(other);
                Ok(None)
            }
            Takeover::Never => Ok(None),
        }
    }

    async fn token_taken(&self, token: &str) -> StepError {
        let found = efs::find_file_system_by_creation_token(&self.clients, token).await;
        let id = match found {
            Ok(Some(system)) => system.id,
            _ => "unknown".to_owned(),
        };
        StepError::refused(
            STEP,
            CREATING,
            format!("creation_token = {token:?} belongs to the file system {id}, which exists"),
            &format!(
                "To manage it here, run terraform import with the address of this resource and \
                 {id}; otherwise choose another creation_token."
            ),
        )
        .blame(AttributePath::new("creation_token"))
    }

    fn record_file_system(&mut self, system: &FileSystem) {
        if self.recorder.state().is_none() {
            let mut state = self.planned.clone();
            state.mount_targets = Value::Value(std::collections::BTreeMap::new());
            state.access_point_ids = Value::Value(StringMap::new());
            state.access_point_arns = Value::Value(StringMap::new());
            state.security_group_id = Value::Null;
            state.throughput_change_allowed_at = Value::Null;
            self.recorder.record(state);
        }
        let arn = arn(system, &self.clients);
        let dns_name = dns_name(&system.id, &self.clients);
        self.recorder.update(|state| {
            state.id = Value::Value(system.id.clone());
            state.arn = Value::Value(arn);
            state.creation_token = Value::Value(system.creation_token.clone());
            state.kms_key_arn = system.kms_key_id.clone().into();
            state.dns_name = Value::Value(dns_name);
            state.volume_handle = Value::Value(system.id.clone());
        });
    }

    /// Brings the tags to what they should be; the creation marker goes.
    pub(super) async fn tags(&mut self) -> Result<(), StepError> {
        let doing = format!("tagging the file system {}", self.id);
        let system =
            efs::find_file_system_by_id(&self.clients, &self.id).await.during("tags", &*doing)?;
        let found = system.map(|system| system.tags).unwrap_or_default();
        let wanted = self.file_system_tags(None);
        let changes = TagChanges::between(&found, &wanted, &self.provider.ignore_tags);
        if changes.is_empty() {
            return Ok(());
        }
        let name = self.owner_name();
        self.claim.unmarking(&named(&self.id), Owner { kind: KIND, name: &name });
        efs::change_tags(&self.clients, &self.id, &tag_changes(changes)).await.during("tags", doing)
    }
}

const CREATING: &str = "creating the file system";

/// What a file system is called where its claim is judged.
fn named(id: &str) -> String {
    format!("the file system {id}")
}

/// The name by which a file system is mounted.
/// <https://docs.aws.amazon.com/efs/latest/ug/mounting-fs-mount-cmd-dns-name.html>
pub(in crate::resources::shared_storage) fn dns_name(
    id: &str,
    clients: &crate::aws::Clients,
) -> String {
    format!("{id}.efs.{}.{}", clients.region(), clients.partition().dns_suffix)
}

/// The ARN of a file system.
pub(in crate::resources::shared_storage) fn arn(
    system: &FileSystem,
    clients: &crate::aws::Clients,
) -> String {
    let built = || {
        let (partition, region) = (clients.partition().id, clients.region());
        Arn::file_system(partition, region, &system.owner_id, &system.id).to_string()
    };
    system.arn.clone().unwrap_or_else(built)
}
