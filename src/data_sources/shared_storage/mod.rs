#![doc = include_str!("description.md")]

use async_trait::async_trait;
use futures_util::future::join;

use super::{asked, object};
use crate::aws::efs::{self, FileSystem};
use crate::aws::{Clients, Error};
use crate::framework::check::Check;
use crate::framework::data_source;
use crate::framework::diagnostic::diagnostic;
use crate::framework::resource::{Context, Resource as _};
use crate::framework::schema::{Attribute, Schema};
use crate::framework::value::{AttributePath, Diagnostic, Diagnostics, Dynamic, Value};
use crate::platform::naming::{self, Form};
use crate::provider::ProviderContext;
use crate::resources::shared_storage::{Model, SharedStorage};
use crate::resources::step::{During as _, Report, Verb};

/// What of the resource is told; a description of its own where that of the resource speaks of
/// configuration.
const TOLD: &[(&str, &str)] = &[
    ("arn", ""),
    ("creation_token", "The token that the file system was created with."),
    ("cluster_name", "EKS cluster that it was made for; null when its tags name none."),
    ("subnet_ids", "Subnets of the mount targets."),
    ("security_group_ids", "Security groups of the mount targets."),
    ("performance_mode", "`generalPurpose` or `maxIO`."),
    ("throughput_mode", "`bursting`, `provisioned` or `elastic`."),
    ("provisioned_throughput_in_mibps", "Throughput in MiB/s, in mode `provisioned` only."),
    ("encrypted", "Whether data is encrypted at rest."),
    ("kms_key_arn", "ARN of the KMS key."),
    ("availability_zone_name", "Availability zone of a One Zone file system."),
    ("lifecycle_policy", "When files move to cheaper storage; null when none do."),
    ("backup_policy", "Whether AWS Backup makes automatic backups: `ENABLED` or `DISABLED`."),
    ("backup_plan", "Name of the `officeless_backup_plan` whose tag it carries."),
    ("access_points", "Access points by their key; those without one are left out."),
    ("access_point_ids", ""),
    ("access_point_arns", ""),
    ("policy_json", ""),
    ("dns_name", ""),
    ("volume_handle", ""),
    ("mount_targets", ""),
    ("tags_all", "Tags, without those of AWS and of the provider."),
    ("status", "`incomplete` while its create is not done, otherwise `complete`."),
    ("status_reason", "What is missing, while `status` is `incomplete`."),
];

fn schema() -> Schema {
    let form =
        |text: &str| naming::check(Form::FileSystemId, text).map_err(|problem| problem.to_string());
    let mut attributes = vec![
        Attribute::string("id")
            .or_computed()
            .describe("The file system's ID, `fs-…`. Give this or `name`.")
            .check(Check::text(form)),
        Attribute::string("name")
            .or_computed()
            .describe("Its `Name` tag, which exactly one file system of the region must have.")
            .check(Check::length(1, 256)),
        asked::region_attribute(),
        Attribute::number("size_in_bytes")
            .computed()
            .describe("Bytes stored, as EFS metered them last."),
    ];
    attributes.extend(object::told(&SharedStorage.schema(), TOLD));
    Schema { description: include_str!("description.md"), attributes, ..Schema::default() }
}

/// `officeless_shared_storage`.
#[derive(Debug)]
pub struct DataSource;

#[async_trait]
impl data_source::DataSource<ProviderContext> for DataSource {
    type Model = Dynamic;

    fn type_name(&self) -> &'static str {
        "officeless_shared_storage"
    }

    fn schema(&self) -> Schema {
        schema()
    }

    fn validate(&self, config: &Dynamic, diagnostics: &mut Diagnostics) {
        let (id, name) = (config.get("id"), config.get("name"));
        if (id.is_null() && name.is_null())
            || (object::text(config, "id").is_some() && object::text(config, "name").is_some())
        {
            diagnostics.add_error(diagnostic(
                "Invalid Attribute Combination",
                "The file system is found by its id or by its name. Give exactly one of the two.",
                AttributePath::new("id"),
            ));
        }
    }

    async fn read(
        &self,
        cx: Option<&Context<ProviderContext>>,
        config: Dynamic,
    ) -> Result<Dynamic, Diagnostic> {
        let (cx, region) = object::place(cx, &config)?;
        let clients = cx.provider.clients(&region);
        let imported = |id: &str| Model {
            id: Value::Value(id.to_owned()),
            region: Value::Value(region.clone()),
            ..Model::default()
        };
        let (system, read) = match (object::text(&config, "id"), object::text(&config, "name")) {
            (Some(id), _) => {
                let found = efs::find_file_system_by_id(&clients, &id);
                let read = object::read(&SharedStorage, &cx, imported(&id));
                let (found, read) = Box::pin(join(found, read)).await;
                (found.told(&id)?.ok_or_else(|| none("id", &id, &region))?, read?)
            }
            (None, name) => {
                let name = name.unwrap_or_default();
                let system = by_name(&clients, &name).await?;
                let read = object::read(&SharedStorage, &cx, imported(&system.id));
                let read = Box::pin(read).await?;
                (system, read)
            }
        };
        let read = read.ok_or_else(|| none("id", &system.id, &region))?;
        let size = system.size_in_bytes.map_or(Dynamic::Null, Dynamic::from);
        Ok(object::answer(&schema(), &read, &config, &[("size_in_bytes", size)]))
    }
}

/// Tells an AWS failure of the lookup itself.
trait Told<T> {
    fn told(self, name: &str) -> Result<T, Diagnostic>;
}

impl<T> Told<T> for Result<T, Error> {
    fn told(self, name: &str) -> Result<T, Diagnostic> {
        let noun = "shared storage";
        self.during("file_system", "looking up the file system").map_err(|error| {
            Report { verb: Verb::Reading, noun, name, exists: Vec::new() }.diagnostic(&error)
        })
    }
}

async fn by_name(clients: &Clients, name: &str) -> Result<FileSystem, Diagnostic> {
    let listed = efs::list_file_systems(clients).await.told(name)?;
    the_only(listed, name, clients.region())
}

/// The one file system of that name that is there to stay.
fn the_only(listed: Vec<FileSystem>, name: &str, region: &str) -> Result<FileSystem, Diagnostic> {
    let is_meant = |system: &FileSystem| {
        system.name.as_deref() == Some(name)
            && !matches!(system.state.as_str(), "deleting" | "deleted")
    };
    let mut found: Vec<FileSystem> = listed.into_iter().filter(is_meant).collect();
    if found.len() > 1 {
        let mut ids: Vec<&str> = found.iter().map(|system| system.id.as_str()).collect();
        ids.sort_unstable();
        return Err(diagnostic(
            "Several File Systems Of One Name",
            format!(
                "name = {name:?}: {} file systems in {region} have this name: {}. Give the id of \
                 the one that is meant.",
                ids.len(),
                ids.join(", ")
            ),
            AttributePath::new("name"),
        ));
    }
    found.pop().ok_or_else(|| none("name", name, region))
}

fn none(attribute: &'static str, value: &str, region: &str) -> Diagnostic {
    diagnostic(
        "File System Not Found",
        format!(
            "{attribute} = {value:?}: the account has no such EFS file system in {region}. Correct \
             {attribute} or region, or use credentials of the account that has it."
        ),
        AttributePath::new(attribute),
    )
}

#[cfg(test)]
mod tests;
