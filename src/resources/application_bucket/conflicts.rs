//! What AWS says against a plan, before anything is changed. Reads only.

use futures_util::future::{join_all, join3};

use super::model::{Model, ReplicationModel};
use super::names::{existing, refusal};
use super::wanted::{KIND, known};
use crate::aws::arn::Arn;
use crate::aws::s3::Bucket;
use crate::aws::s3::bucket::{Standing, find_region, find_standing, find_tags};
use crate::aws::s3::settings::find_versioning;
use crate::aws::{Clients, Kind};
use crate::framework::diagnostic::{diagnostic, invalid_value};
use crate::framework::resource::Context;
use crate::framework::value::{AttributePath, Diagnostic, Diagnostics, Dynamic, Value};
use crate::platform::tags::{IgnoreRules, Observed, Owner, RESOURCE};
use crate::provider::claims::{Claims, Takeover};
use crate::provider::context::ProviderContext;
use crate::resources::bucket::{self, Place};
use crate::resources::composite::Composite;
use crate::resources::step::{During as _, StepError, Verb};
use crate::resources::unfinished;
use crate::resources::workload_access::{self, Conflict};

/// What one question brought up.
#[derive(Debug, Default)]
struct Told {
    errors: Vec<Diagnostic>,
    warnings: Vec<Diagnostic>,
}

/// What is planned, and what it is planned from.
#[derive(Debug)]
pub(super) struct Change<'a> {
    /// The bucket as it is.
    pub(super) prior: Option<&'a Model>,
    /// The bucket that is replaced: it goes first.
    pub(super) leaving: Option<&'a Model>,
    /// What it is to be.
    pub(super) planned: &'a Model,
    /// Whether its name is new.
    pub(super) named: bool,
}

/// Asks for the bucket if its name is new, for new roles and service accounts, and for the other end
/// of a replication.
pub(super) async fn find(
    cx: &Context<ProviderContext>,
    place: &Place,
    change: &Change<'_>,
    diagnostics: &mut Diagnostics,
) {
    let clients = cx.provider.clients(&place.region);
    let claims = &cx.provider.claims;
    let (name, access, copies) = Box::pin(join3(
        name(&clients, claims, place, change.planned, change.named),
        access(&clients, claims, place, change),
        replication(cx, &clients, change.prior, change.planned),
    ))
    .await;
    for found in [name, access, copies] {
        match found {
            Ok(Told { errors, warnings }) => {
                diagnostics.errors.extend(errors);
                diagnostics.warnings.extend(warnings);
            }
            Err(error) => diagnostics.add_error(change.planned.told(Verb::Planning, &error)),
        }
    }
}

/// Whose the name of a new bucket is. A name that is made up is asked for when it is.
async fn name(
    clients: &Clients,
    claims: &Claims,
    place: &Place,
    planned: &Model,
    named: bool,
) -> Result<Told, StepError> {
    let mut told = Told::default();
    let Some(name) = planned.full_name(place).filter(|_| named) else { return Ok(told) };
    let bucket = Bucket { name: &name, owner: place.owner() };
    let doing = format!("looking for a bucket {name}");
    let path = AttributePath::new("bucket");
    let standing = find_standing(clients, bucket).await.during("bucket", &doing)?;
    if let Some(refusal) = refusal(&standing, &name) {
        told.errors.push(diagnostic("Bucket Name Taken", refusal, path));
        return Ok(told);
    }
    if standing == Standing::Free {
        return Ok(told);
    }
    let tags = find_tags(clients, bucket).await.during("bucket", doing)?.unwrap_or_default();
    let observed = Observed::read(&tags, &IgnoreRules::default(), &[]);
    let owner = Owner { kind: KIND, name: &name };
    match claims.look(&bucket::named(&name), &tags, owner) {
        Takeover::NotNow(other) => told.warnings.push(unfinished::warning(&other, path)),
        Takeover::Ours | Takeover::Left => {}
        Takeover::Never => {
            let ours = observed.is_owned_by(owner);
            let text = existing(&name, tags.get(RESOURCE).map(String::as_str), ours);
            // A replacement deletes the old bucket of the same name first: only apply can tell.
            let list = if ours { &mut told.warnings } else { &mut told.errors };
            list.push(diagnostic("Bucket Exists", text, path));
        }
    }
    Ok(told)
}

/// Roles and service accounts of somebody else that a new role or association would meet. Those of a
/// bucket that is replaced are free by then.
async fn access(
    clients: &Clients,
    claims: &Claims,
    place: &Place,
    change: &Change<'_>,
) -> Result<Told, StepError> {
    let grants_of = |model: Option<&Model>| model.and_then(|model| model.grants(place));
    let before = grants_of(change.prior).unwrap_or_default();
    let leaving = grants_of(change.leaving).unwrap_or_default();
    let grants = change.planned.grants(place).unwrap_or_default();
    let new = grants.iter().filter(|grant| {
        let workload = &grant.workload;
        let same = |known: &&super::access::Grant| {
            known.workload.role_name == workload.role_name && known.workload.key == workload.key
        };
        before.iter().find(same).is_none()
    });
    let asked = new.map(|grant| async move {
        let doing = format!("looking for role {}", grant.workload.role_name);
        let found = workload_access::conflicts(clients, claims, &grant.workload).await;
        Ok::<_, StepError>((grant, found.during("role", doing)?))
    });
    let mut told = Told::default();
    for found in join_all(asked).await {
        let (grant, conflicts) = found?;
        let path = match &grant.key {
            Some(key) => AttributePath::new("access").key(key.clone()),
            None => AttributePath::new("replication"),
        };
        let key = &grant.workload.key;
        let freed = key.is_some() && leaving.iter().any(|grant| grant.workload.key == *key);
        let stands =
            |conflict: &Conflict| !(freed && matches!(conflict, Conflict::Association { .. }));
        for conflict in conflicts.into_iter().filter(stands) {
            let list = if conflict.may_pass() { &mut told.warnings } else { &mut told.errors };
            list.push(tell(conflict, &path));
        }
    }
    Ok(told)
}

fn tell(conflict: Conflict, path: &AttributePath) -> Diagnostic {
    match conflict {
        Conflict::Role { what } => diagnostic(
            "Role Name Taken",
            format!(
                "The {what}. The name of the role follows from bucket and key: choose another key, \
                 or delete that role."
            ),
            path.clone(),
        ),
        Conflict::Association { what } => diagnostic(
            "Service Account Taken",
            format!(
                "The {what}. A service account has one association at most: delete that one, name \
                 another service account, or give both rights to one role with \
                 officeless_pod_identity."
            ),
            path.clone().attribute("service_account"),
        ),
        Conflict::BeingMade(other) => unfinished::warning(&other, path.clone()),
    }
}

/// Whether the other bucket is where copies may go, and takes them.
async fn replication(
    cx: &Context<ProviderContext>,
    clients: &Clients,
    prior: Option<&Model>,
    planned: &Model,
) -> Result<Told, StepError> {
    let mut told = Told::default();
    let Some(Some(wanted)) = known(&planned.replication) else { return Ok(told) };
    if prior.is_some_and(|prior| prior.replication == planned.replication) {
        return Ok(told);
    }
    let Value::Value(destination) = &wanted.destination_bucket_arn else { return Ok(told) };
    let Ok(arn) = destination.parse::<Arn>() else { return Ok(told) };
    let name = arn.resource_id();
    let path = AttributePath::new("replication").attribute("destination_bucket_arn");
    let doing = format!("looking for the destination bucket {name}");
    let region = find_region(clients, name).await.during("replication", &doing)?;
    let Some(region) = region else {
        told.warnings.push(diagnostic(
            "Destination Not Checked",
            format!(
                "replication.destination_bucket_arn = {destination:?}: there is no such bucket yet, \
                 or AWS does not tell its region. It must be versioned when this is applied, and \
                 lie in a region that allowed_regions of the provider block allows."
            ),
            path,
        ));
        return Ok(told);
    };
    if let Some(refusal) = cx.provider.check_region(&path, &region) {
        told.errors.push(refusal);
    }
    told.errors.extend(key_elsewhere(&wanted, &region));
    let there = cx.provider.clients(&region);
    let bucket = Bucket { name, owner: None };
    match find_versioning(&there, bucket).await {
        Ok(Some(status)) if status == "Enabled" => {}
        Ok(status) => told.errors.push(invalid_value(
            &path,
            &Dynamic::from(destination.as_str()),
            &format!(
                "replication needs versioning to be Enabled on both ends, and it is {} there; \
                 enable it on that bucket first",
                status.as_deref().unwrap_or("Disabled")
            ),
        )),
        Err(error) if error.kind == Kind::AccessDenied => told.warnings.push(diagnostic(
            "Destination Not Checked",
            format!(
                "replication.destination_bucket_arn = {destination:?}: this identity may not see \
                 whether that bucket is versioned, which it must be. If it belongs to another \
                 account, its policy must let the role {} in.",
                known(&planned.replication_role_arn).flatten().unwrap_or_default()
            ),
            path,
        )),
        Err(error) => return Err(error).during("replication", doing),
    }
    Ok(told)
}

/// A key in another region than the copies it is to encrypt.
fn key_elsewhere(wanted: &ReplicationModel, region: &str) -> Option<Diagnostic> {
    let Value::Value(key) = &wanted.destination_kms_key_arn else { return None };
    let arn = key.parse::<Arn>().ok()?;
    (arn.region != region).then(|| {
        invalid_value(
            &AttributePath::new("replication").attribute("destination_kms_key_arn"),
            &Dynamic::from(key.as_str()),
            &format!(
                "is in {}, and the destination bucket in {region}; give a key of that region",
                arn.region
            ),
        )
    })
}
