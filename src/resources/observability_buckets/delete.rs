//! Destroy: associations, then roles, then buckets, all that can go side by side. A bucket that
//! holds anything stays unless `force_destroy` says otherwise, and is told; the others go.

use std::collections::BTreeSet;

use futures_util::future::join_all;

use super::access::KIND;
use super::model::Model;
use super::plan::report;
use super::schema::TIMEOUTS;
use super::steps::account;
use super::wanted::Place;
use crate::aws::arn::Arn;
use crate::aws::eks::AssociationKey;
use crate::aws::s3::Bucket;
use crate::aws::s3::bucket::{self, Deleted};
use crate::aws::s3::emptying::{Emptied, empty_bucket};
use crate::aws::{Clients, Wait, retry};
use crate::framework::resource::{Context, Recorder};
use crate::framework::value::{AttributePath, Diagnostic, Value};
use crate::platform::stores::Product;
use crate::platform::tags::Owner;
use crate::provider::context::ProviderContext;
use crate::resources::attributes::INCOMPLETE;
use crate::resources::step::{During as _, Report, StepError, Verb, proceed, reason};
use crate::resources::timeouts::Operation;
use crate::resources::workload_access;

use super::access::Identity;

/// How often a bucket is emptied again when something was written meanwhile.
const PASSES: u32 = 3;

/// Destroys everything the state knows.
pub(super) async fn delete(
    cx: &Context<ProviderContext>,
    prior: Model,
    recorder: &mut Recorder<Model>,
) -> Result<(), Diagnostic> {
    let place = account(cx, &prior, Verb::Deleting).await?;
    let clients = cx.provider.clients(&place.region);
    let deadline = TIMEOUTS.deadline(&prior.timeouts, Operation::Delete);
    let wait = Wait::new(deadline, cx.cancel.clone());
    let mut left = prior.clone();
    left.status = Value::Value(INCOMPLETE.to_owned());

    let mut errors = remove_access(&clients, &wait, &prior, &mut left).await;
    let names = prior.recorded_names();
    let deletions = names.iter().map(|(store, name)| {
        delete_bucket(&clients, &wait, &place, name, prior.force_destroy(*store))
    });
    let deleted = join_all(deletions).await;
    for (store, deleted) in names.keys().zip(deleted) {
        match deleted {
            Ok(()) => {
                if let Value::Value(names) = &mut left.bucket_names {
                    names.remove(store.key());
                }
            }
            Err(error) => errors.push(error),
        }
    }
    let owner_name = prior.owner_name().unwrap_or_default();
    let report = Report { exists: left.inventory(), ..report(Verb::Deleting, &owner_name) };
    let Some(told) = report.diagnostic_of_all(&errors) else { return Ok(()) };
    let reasons: Vec<String> = errors.iter().map(reason).collect();
    left.status_reason = Value::Value(reasons.join("\n"));
    recorder.record(left);
    Err(told)
}

async fn remove_access(
    clients: &Clients,
    wait: &Wait,
    prior: &Model,
    left: &mut Model,
) -> Vec<StepError> {
    let associations = prior.associations();
    let deletions = associations
        .iter()
        .map(|(key, id)| workload_access::remove_association(clients, wait, &key.cluster_name, id));
    let errors: Vec<_> = join_all(deletions).await.into_iter().filter_map(Result::err).collect();
    if !errors.is_empty() {
        return errors;
    }
    left.association_ids = Value::Null;
    let owner_name = prior.owner_name().unwrap_or_default();
    let owner = Owner { kind: KIND, name: &owner_name };
    let roles = prior.role_names();
    let deletions =
        roles.iter().map(|name| workload_access::remove(clients, wait, owner, name, None));
    let errors: Vec<_> = join_all(deletions).await.into_iter().filter_map(Result::err).collect();
    if errors.is_empty() {
        left.role_arns = Value::Null;
    }
    errors
}

/// Deletes one bucket, emptied first where that is allowed.
pub(super) async fn delete_bucket(
    clients: &Clients,
    wait: &Wait,
    place: &Place,
    name: &str,
    force: bool,
) -> Result<(), StepError> {
    let doing = format!("deleting bucket {name}");
    let bucket = Bucket { name, owner: place.owner() };
    let mut emptied = Emptied::default();
    for pass in 0..=PASSES {
        proceed(wait, "bucket", &doing)?;
        let deleted = wait
            .within(retry::PROPAGATION)
            .retry_while(retry::busy, || bucket::delete_bucket(clients, bucket))
            .await
            .during("bucket", &doing)?;
        if deleted == Deleted::Gone {
            return Ok(());
        }
        if !force {
            return Err(not_empty(name, &doing));
        }
        if pass < PASSES {
            let doing = format!("emptying bucket {name}");
            emptied = empty_bucket(clients, bucket, false, wait).await.during("bucket", doing)?;
            if emptied.refused > 0 {
                break;
            }
        }
    }
    Err(still_full(name, &doing, &emptied))
}

fn not_empty(name: &str, doing: &str) -> StepError {
    StepError::refused(
        "bucket",
        doing,
        format!(
            "bucket {name} is not empty, and force_destroy = false, so nothing in it was touched"
        ),
        "Empty it, or set force_destroy = true (for all buckets, or for this one in buckets) and \
         apply that first; what it holds is then lost.",
    )
    .blame(AttributePath::new("force_destroy"))
}

fn still_full(name: &str, doing: &str, emptied: &Emptied) -> StepError {
    let refused: Vec<String> = emptied
        .refusals
        .iter()
        .take(3)
        .map(|refusal| format!("{} ({}: {})", refusal.key, refusal.code, refusal.message))
        .collect();
    let why = if refused.is_empty() {
        format!("bucket {name} is written to faster than it is emptied")
    } else {
        format!(
            "AWS refuses to delete {} objects of bucket {name}, among them {}",
            emptied.refused,
            refused.join("; ")
        )
    };
    StepError::refused("bucket", doing, why, "Stop what writes to it, and release object locks.")
}

impl Model {
    /// The associations in the state, with their service accounts.
    pub(super) fn associations(&self) -> Vec<(AssociationKey, String)> {
        let Some(identity) = Identity::read(self) else { return Vec::new() };
        let mut found: Vec<(AssociationKey, String)> = Vec::new();
        for product in Product::ALL {
            let Some(id) = self.granted(product).association_id else { continue };
            if let (Some(key), false) =
                (identity.key(product), found.iter().any(|(_, known)| *known == id))
            {
                found.push((key, id));
            }
        }
        found
    }

    /// The names of the roles in the state.
    pub(super) fn role_names(&self) -> BTreeSet<String> {
        let arn = |product: Product| self.granted(product).role_arn?.parse::<Arn>().ok();
        Product::ALL.into_iter().filter_map(arn).map(|arn| arn.resource_id().to_owned()).collect()
    }
}
