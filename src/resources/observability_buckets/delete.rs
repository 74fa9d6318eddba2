//! Destroy: associations, then roles, then buckets, all that can go side by side. A bucket that
//! holds anything stays unless `force_destroy` says otherwise, and is told; the others go.

use std::collections::BTreeSet;

use futures_util::future::join_all;

use super::access::{KIND, leaving};
use super::model::Model;
use crate::aws::arn::Arn;
use crate::aws::eks::AssociationKey;
use crate::aws::{Clients, Wait};
use crate::framework::resource::{Context, Recorder};
use crate::framework::value::{Diagnostic, Value};
use crate::platform::stores::Product;
use crate::platform::tags::Owner;
use crate::provider::context::ProviderContext;
use crate::resources::bucket::{Emptying, delete_bucket};
use crate::resources::step::{StepError, Verb, reasons};
use crate::resources::timeouts::Operation;
use crate::resources::workload_access;

use super::access::Identity;
use crate::resources::bucket::place;
use crate::resources::composite::{Composite, begin, conclude_delete};

/// Destroys everything the state knows.
pub(super) async fn delete(
    cx: &Context<ProviderContext>,
    prior: Model,
    recorder: &mut Recorder<Model>,
) -> Result<(), Diagnostic> {
    let place = place(cx, &prior, Verb::Deleting).await?;
    let (clients, wait) = begin(cx, &prior, Operation::Delete);
    let mut left = prior.clone();
    let roles = leaving(&recorder.private, prior.role_names(), &[]);
    let removal = remove_access(&clients, &wait, &prior, &roles, &mut left);
    let mut errors = wait.govern(removal).await;
    let names = prior.recorded_names();
    let deletions = names.iter().map(|(store, name)| {
        let emptying = emptying(prior.force_destroy(*store));
        delete_bucket(&clients, &wait, &place, name, emptying)
    });
    let deleted = wait.govern(join_all(deletions)).await;
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
    if !errors.is_empty() {
        left.set_incomplete(reasons(&errors));
        recorder.record(left);
    }
    conclude_delete(&prior, &errors, recorder)
}

async fn remove_access(
    clients: &Clients,
    wait: &Wait,
    prior: &Model,
    roles: &BTreeSet<String>,
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
    let deletions =
        roles.iter().map(|name| workload_access::remove(clients, wait, owner, name, None));
    let errors: Vec<_> = join_all(deletions).await.into_iter().filter_map(Result::err).collect();
    if errors.is_empty() {
        left.role_arns = Value::Null;
    }
    errors
}

/// What may be done to what a bucket holds.
pub(super) fn emptying(allowed: bool) -> Emptying {
    Emptying {
        allowed,
        bypass_governance: false,
        how_to_allow: "Empty it, or set force_destroy = true (for all buckets, or for this one in \
                       buckets) and apply that first; what it holds is then lost.",
    }
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
