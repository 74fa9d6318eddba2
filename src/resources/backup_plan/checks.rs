//! What can only be known with AWS at hand: who owns the names, whether S3 may be backed up, what is
//! backed up twice. Reads only; plan asks, and apply asks again where it matters.

use futures_util::StreamExt as _;
use futures_util::join;

use super::model::Model;
use super::wanted;
use crate::aws::{Clients, Error, Tags, backup, efs, s3};
use crate::framework::diagnostic::{diagnostic, invalid_value};
use crate::framework::value::{AttributePath, Diagnostics, Dynamic, Value};
use crate::platform::tags::RESOURCE;
use crate::provider::claims::{Claims, Takeover};
use crate::resources::step::{During as _, StepError};
use crate::resources::unfinished;
use crate::resources::workload_access::{self, Conflict};

/// How many buckets or file systems are asked about at once.
const CONCURRENCY: usize = 8;

/// The resource type S3 as the settings of a region name it.
pub(super) const S3: &str = "S3";

/// A vault in words.
pub(super) fn vault(name: &str) -> String {
    format!("the vault {name}")
}

/// Whose a vault with these tags is, as a sentence without its full stop.
pub(super) fn whose(clients: &Clients, name: &str, found: &Tags) -> String {
    let whose = match found.get(RESOURCE) {
        Some(owner) => format!("belongs to {owner}"),
        None => "was not made by this provider".to_owned(),
    };
    format!("{} exists in {}, and {whose}", vault(name), clients.region())
}

/// How to go on where a vault of somebody else stands.
pub(super) fn vault_taken(name: &str) -> String {
    format!(
        "To manage it here, run terraform import with the address of this resource and {name}; \
         otherwise choose another name."
    )
}

/// What of somebody else stands in the way of a create.
pub(super) async fn conflicts(
    clients: &Clients,
    claims: &Claims,
    planned: &Model,
    diagnostics: &mut Diagnostics,
) -> Result<(), StepError> {
    let Value::Value(name) = &planned.name else { return Ok(()) };
    let workload = wanted::workload(planned, clients.region(), clients.partition().id);
    let found = async {
        match backup::find_vault_by_name(clients, name).await? {
            Some(vault) => backup::find_tags(clients, &vault.arn).await.map(Some),
            None => Ok(None),
        }
    };
    let role = async {
        // A role that was made elsewhere is no conflict, and an unknown one is asked for later.
        if workload.given_role_arn.is_some() {
            return Ok(Vec::new());
        }
        workload_access::conflicts(clients, claims, &workload).await
    };
    let (found, role) = join!(found, role);
    let path = || AttributePath::new("name");
    let taken = |text: String| diagnostic("Name Taken", format!("name = {name:?}: {text}"), path());
    if let Some(found) = found.during("vault", format!("looking for {}", vault(name)))? {
        let found = found.unwrap_or_default();
        let owner = wanted::owner(name);
        match claims.look(&vault(name), &found, owner) {
            Takeover::NotNow(other) => {
                diagnostics.add_warning(unfinished::warning(&other, path()));
            }
            Takeover::Never => {
                let whose = whose(clients, name, &found);
                diagnostics.add_error(taken(format!("{whose}. {}", vault_taken(name))));
            }
            Takeover::Ours | Takeover::Left => {}
        }
    }
    for conflict in role.during("role", format!("looking for role {}", workload.role_name))? {
        match conflict {
            Conflict::Role { what } | Conflict::Association { what } => {
                let next = "Delete that role, choose another name, or give role_arn.";
                diagnostics.add_error(taken(format!("{what}. {next}")));
            }
            Conflict::BeingMade(other) => {
                diagnostics.add_warning(unfinished::warning(&other, path()));
            }
        }
    }
    Ok(())
}

/// Whether the region lets AWS Backup protect S3.
pub(super) async fn s3_opted_in(clients: &Clients) -> Result<bool, Error> {
    Ok(backup::settings::opted_in(clients).await?.get(S3) == Some(&true))
}

/// Why S3 cannot be backed up in a region.
pub(super) fn not_opted_in(region: &str) -> String {
    format!("AWS Backup is not opted in for S3 in {region}")
}

/// How to opt in.
pub(super) const OPT_IN: &str = "Opt in under Settings of AWS Backup, or set manage_region_settings = true, which does so for \
     the whole account.";

/// Of the buckets chosen by name, those without versioning, and those that could not be asked.
pub(super) async fn unversioned(
    clients: &Clients,
    model: &Model,
) -> (Vec<String>, Vec<(String, Error)>) {
    let buckets = wanted::buckets(model);
    let asked = buckets.into_iter().map(|name| async move {
        let bucket = s3::Bucket { name: &name, owner: None };
        let found = s3::settings::find_versioning(clients, bucket).await;
        (name, found)
    });
    let answers: Vec<_> = futures_util::stream::iter(asked).buffered(CONCURRENCY).collect().await;
    let (mut without, mut unknown) = (Vec::new(), Vec::new());
    for (name, answer) in answers {
        match answer {
            Ok(Some(status)) if status == "Enabled" => {}
            Ok(_) => without.push(name),
            // It may be made along with the plan.
            Err(error) if error.is_not_found() => {}
            Err(error) => unknown.push((name, error)),
        }
    }
    (without, unknown)
}

/// The sentence about buckets that AWS Backup would not back up.
pub(super) fn needs_versioning(buckets: &[String]) -> String {
    format!("AWS Backup backs up buckets with versioning only, and {} has none", buckets.join(", "))
}

/// What S3 needs, told at plan.
pub(super) async fn s3(clients: &Clients, planned: &Model, diagnostics: &mut Diagnostics) {
    if planned.include_s3 != Value::Value(true) {
        return;
    }
    let (opted_in, (without, unknown)) = join!(s3_opted_in(clients), unversioned(clients, planned));
    let path = AttributePath::new("include_s3");
    let region = clients.region();
    match opted_in {
        Ok(true) => {}
        Ok(false) if planned.manage_region_settings == Value::Value(true) => {
            let text = format!(
                "{}: applying opts it in, for the whole account. It stays so when the plan is \
                 destroyed.",
                not_opted_in(region)
            );
            diagnostics.add_warning(diagnostic("Region Settings Will Change", text, path));
        }
        Ok(false) => {
            let rule = format!("{}. {OPT_IN}", not_opted_in(region));
            diagnostics.add_error(invalid_value(&path, &Dynamic::from(true), &rule));
        }
        Err(error) => {
            let text = format!("Whether S3 may be backed up in {region} is not known: {error}.");
            diagnostics.add_warning(diagnostic("Region Settings Not Read", text, path));
        }
    }
    let path = AttributePath::new("resources");
    if !without.is_empty() {
        let text = format!(
            "resources: {}. Enable versioning first, or remove it from resources.",
            needs_versioning(&without)
        );
        diagnostics.add_error(diagnostic("Bucket Without Versioning", text, path.clone()));
    }
    for (name, error) in unknown {
        let text = format!("Whether the bucket {name} has versioning is not known: {error}.");
        diagnostics.add_warning(diagnostic("Bucket Not Read", text, path.clone()));
    }
}

/// File systems that EFS itself backs up too.
pub(super) async fn backed_up_twice(
    clients: &Clients,
    planned: &Model,
    diagnostics: &mut Diagnostics,
) {
    let systems = wanted::file_systems(planned).into_iter();
    let here = systems.filter(|arn| arn.region == clients.region());
    let asked = here.map(|arn| async move {
        let id = arn.resource_id().to_owned();
        let policy = efs::settings::find_backup_policy(clients, &id).await;
        // No more than a warning hangs on it: what cannot be read is left alone.
        matches!(policy.ok().flatten().as_deref(), Some("ENABLED" | "ENABLING")).then_some(id)
    });
    let twice: Vec<Option<String>> =
        futures_util::stream::iter(asked).buffered(CONCURRENCY).collect().await;
    for id in twice.into_iter().flatten() {
        let text = format!(
            "{id} has automatic backups of its own, in the vault aws/efs/automatic-backup-vault: \
             every backup is made and paid for twice. Set backup_policy = \"DISABLED\" on the \
             shared storage."
        );
        let path = AttributePath::new("resources");
        diagnostics.add_warning(diagnostic("Backed Up Twice", text, path));
    }
}
