//! What AWS says against a plan, before anything is changed. Reads only.

use futures_util::future::join_all;

use super::access::KIND;
use super::model::Model;
use super::plan::removed;
use super::validate::name_path;
use super::wanted::Place;
use crate::aws::s3::Bucket;
use crate::aws::s3::bucket::{Standing, find_standing, find_tags};
use crate::aws::s3::emptying::is_empty;
use crate::aws::{Clients, Error};
use crate::framework::diagnostic::diagnostic;
use crate::framework::resource::Context;
use crate::framework::value::{AttributePath, Diagnostic, Diagnostics};
use crate::platform::stores::Store;
use crate::platform::tags::{IgnoreRules, Observed, Owner, RESOURCE};
use crate::provider::claims::{Claims, Takeover};
use crate::provider::context::ProviderContext;
use crate::resources::bucket;
use crate::resources::composite::Composite;
use crate::resources::step::{During as _, StepError, Verb};
use crate::resources::unfinished;
use crate::resources::workload_access::{self, Conflict};

/// Asks for every bucket that is new in the plan, every bucket that would go, and the roles and
/// associations of a create.
pub(super) async fn find(
    cx: &Context<ProviderContext>,
    place: &Place,
    prior: Option<&Model>,
    planned: &Model,
    diagnostics: &mut Diagnostics,
) {
    let clients = cx.provider.clients(&place.region);
    let recorded = prior.map(Model::recorded_names).unwrap_or_default();
    let names = planned.recorded_names();
    let new = names.iter().filter(|(store, name)| recorded.get(*store) != Some(name));
    let owner_name = planned.owner_name().unwrap_or_default();
    let claims = &cx.provider.claims;
    let looks =
        new.map(|(store, name)| look(&clients, claims, place, planned, *store, name, &owner_name));
    let goes = prior.map(|prior| removed(prior, planned)).unwrap_or_default();
    let goes = goes.into_iter().map(|(store, name)| leave(&clients, place, planned, store, name));
    let (looks, goes, access) = futures_util::future::join3(
        join_all(looks),
        join_all(goes),
        access(&clients, claims, place, prior, planned),
    )
    .await;
    for found in looks.into_iter().chain(goes).chain([access]) {
        match found {
            Ok(Told { errors, warnings }) => {
                diagnostics.errors.extend(errors);
                diagnostics.warnings.extend(warnings);
            }
            Err(error) => diagnostics.add_error(planned.told(Verb::Planning, &error)),
        }
    }
}

/// What one question brought up.
#[derive(Debug, Default)]
struct Told {
    errors: Vec<Diagnostic>,
    warnings: Vec<Diagnostic>,
}

impl Told {
    fn error(error: Diagnostic) -> Self {
        Self { errors: vec![error], warnings: Vec::new() }
    }

    fn warning(warning: Diagnostic) -> Self {
        Self { errors: Vec::new(), warnings: vec![warning] }
    }
}

/// Whose the name of a new bucket is.
async fn look(
    clients: &Clients,
    claims: &Claims,
    place: &Place,
    planned: &Model,
    store: Store,
    name: &str,
    owner_name: &str,
) -> Result<Told, StepError> {
    let bucket = Bucket { name, owner: place.owner() };
    let doing = format!("looking for a bucket {name}");
    let standing = find_standing(clients, bucket).await.during("bucket", &doing)?;
    let path = name_path(planned, store);
    if let Some(refusal) = refusal(&standing, name) {
        return Ok(Told::error(diagnostic("Bucket Name Taken", refusal, path)));
    }
    if standing == Standing::Free {
        return Ok(Told::default());
    }
    let tags = find_tags(clients, bucket).await.during("bucket", doing)?.unwrap_or_default();
    let observed = Observed::read(&tags, &IgnoreRules::default(), &[]);
    let owner = Owner { kind: KIND, name: owner_name };
    Ok(match claims.look(&bucket::named(name), &tags, owner) {
        Takeover::NotNow(other) => Told::warning(unfinished::warning(&other, path)),
        Takeover::Ours | Takeover::Left => Told::default(),
        Takeover::Never => {
            let ours = observed.is_owned_by(owner);
            let text = existing(name, tags.get(RESOURCE).map(String::as_str), ours);
            let told = diagnostic("Bucket Exists", text, path);
            // A replacement deletes the old buckets of the same name first: only apply can tell.
            if ours { Told::warning(told) } else { Told::error(told) }
        }
    })
}

/// Why a bucket of that name cannot be made or taken over, as a paragraph; `None` if it is free or
/// ours.
pub(super) fn refusal(standing: &Standing, name: &str) -> Option<String> {
    match standing {
        Standing::Free | Standing::Ours => None,
        Standing::Foreign => Some(format!(
            "The bucket name {name:?} belongs to another account, or its bucket denies access to \
             this one. Bucket names are shared by all of AWS: choose another name_prefix or \
             name_suffix, give this bucket a name of its own in buckets, or set bucket_namespace = \
             \"account-regional\"."
        )),
        Standing::OtherRegion(region) => Some(format!(
            "The bucket {name:?} exists in {region}, and is wanted in another region. Choose \
             another name, or set region = {region:?}."
        )),
    }
}

/// What is said of a bucket that exists in the account and may not be taken over.
pub(super) fn existing(name: &str, owner: Option<&str>, ours: bool) -> String {
    if ours {
        return format!(
            "The bucket {name:?} exists already, complete, and was made under the name of these \
             very buckets. If this plan replaces it, it is deleted first and nothing is wrong. \
             Otherwise it belongs to another state: import it with terraform import, the address \
             of this resource and the name_prefix (or {name:?} as in mimir-metrics={name})."
        );
    }
    let whose = owner.map_or_else(
        || "was not made by this provider".to_owned(),
        |owner| format!("belongs to {owner}"),
    );
    format!(
        "The bucket {name:?} exists in this account and {whose}. Nothing of somebody else is taken \
         over: choose another name, or delete the bucket if nobody needs it."
    )
}

/// Whether a bucket that would go may.
async fn leave(
    clients: &Clients,
    place: &Place,
    planned: &Model,
    store: Store,
    name: String,
) -> Result<Told, StepError> {
    let bucket = Bucket { name: &name, owner: place.owner() };
    let wanted = planned.stores().is_some_and(|stores| stores.contains(&store));
    let (path, because) = if wanted {
        let path = AttributePath::new("buckets").key(store.key()).attribute("name");
        (path, "it gets another name")
    } else {
        (AttributePath::new("components"), "components leaves its product out")
    };
    let forced = planned.force_destroy(store);
    let doing = format!("looking into bucket {name}");
    let empty = absent_is_empty(is_empty(clients, bucket).await).during("bucket", doing)?;
    if empty || forced {
        let what = if empty { "It is empty." } else { "Everything in it is deleted first." };
        let text = format!("The bucket {name:?} of {store} will be deleted: {because}. {what}");
        return Ok(Told::warning(diagnostic("Bucket Will Be Deleted", text, path)));
    }
    let text = format!(
        "The bucket {name:?} of {store} would be deleted, because {because}; it is not empty, and \
         force_destroy = false. Empty it, or set buckets[{:?}].force_destroy = true to delete what \
         it holds, or leave it as it was.",
        store.key()
    );
    Ok(Told::error(diagnostic("Bucket Not Empty", text, path)))
}

fn absent_is_empty(answer: Result<bool, Error>) -> Result<bool, Error> {
    match answer {
        Err(error) if error.is_not_found() => Ok(true),
        answer => answer,
    }
}

/// Roles and service accounts of somebody else that a new role or association would meet.
async fn access(
    clients: &Clients,
    claims: &Claims,
    place: &Place,
    prior: Option<&Model>,
    planned: &Model,
) -> Result<Told, StepError> {
    let mut told = Told::default();
    let before = prior.and_then(|prior| prior.shares(place)).unwrap_or_default();
    for share in planned.shares(place).unwrap_or_default() {
        let workload = &share.workload;
        let same = |known: &&super::access::Share| {
            known.workload.role_name == workload.role_name && known.workload.key == workload.key
        };
        if before.iter().find(same).is_some() {
            continue;
        }
        let doing = format!("looking for role {}", workload.role_name);
        let found =
            workload_access::conflicts(clients, claims, workload).await.during("role", doing)?;
        let path = AttributePath::new("pod_identity");
        for conflict in found {
            let list = if conflict.may_pass() { &mut told.warnings } else { &mut told.errors };
            list.push(match conflict {
                Conflict::Role { what } => diagnostic(
                    "Role Name Taken",
                    format!(
                        "{}. Role names are unique in the account: set pod_identity.role_name to \
                         another name.",
                        sentence(&what)
                    ),
                    path.clone().attribute("role_name"),
                ),
                Conflict::Association { what } => diagnostic(
                    "Service Account Taken",
                    format!(
                        "{}. A service account has one association at most: delete that one, or \
                         set pod_identity.service_account or pod_identity.namespace to another.",
                        sentence(&what)
                    ),
                    path.clone().attribute("service_account"),
                ),
                Conflict::BeingMade(other) => unfinished::warning(&other, path.clone()),
            });
        }
    }
    Ok(told)
}

fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    characters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}
