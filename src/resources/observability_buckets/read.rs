//! Reading: every bucket, role and association at once, compared with what the state wants.
//!
//! The attributes of the configuration keep their values, since one value stands for six buckets:
//! what differs is told by `bucket_status`, `status` and `status_reason`, and by what is missing
//! from `bucket_names`, `role_arns` and `association_ids`. The next plan brings it back.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::{join_all, join3};

use super::access::{KIND, Share, leaving};
use super::import;
use super::model::{BucketStatus, Model};
use super::outputs::{complete, pending};
use super::wanted::Place;
use crate::aws::s3::Bucket;
use crate::aws::{Clients, Tags};
use crate::framework::private::Private;
use crate::framework::resource::{Context, Found};
use crate::framework::value::{Diagnostic, StringMap, Value, known_map};
use crate::platform::stores::{Product, Store};
use crate::provider::context::ProviderContext;
use crate::resources::bucket::place;
use crate::resources::bucket::{self, Observed, Tagged};
use crate::resources::composite::Composite;
use crate::resources::step::{During as _, StepError, Verb};
use crate::resources::workload_access::{self, Granted};
use crate::resources::{torn_down, unfinished};

/// What was found of one bucket of the state.
struct Seen {
    store: Store,
    name: String,
    observed: Option<Observed>,
}

/// Reads everything the state knows.
pub(super) async fn read(
    cx: &Context<ProviderContext>,
    state: Model,
    private: &mut Private,
) -> Result<Found<Model>, Diagnostic> {
    let place = place(cx, &state, Verb::Reading).await?;
    let clients = cx.provider.clients(&place.region);
    if import::is_stub(&state) {
        let found = import::complete(cx, &clients, &place, state).await?;
        return match found {
            Some(model) => Box::pin(read(cx, model, private)).await,
            None => Ok(Found::Gone),
        };
    }
    let names = names(&state, &place);
    let shares = state.shares(&place).unwrap_or_default();
    let buckets = names.into_iter().map(|(store, name)| look(&clients, &place, store, name));
    let found = shares.iter().map(|share| look_at_access(cx, &clients, &state, share));
    let unwanted = look_for_unwanted(&clients, &state, &shares);
    let (buckets, access, unwanted) = join3(join_all(buckets), join_all(found), unwanted).await;
    let told = |error: StepError| state.told(Verb::Reading, &error);
    let buckets: Vec<Seen> = buckets.into_iter().collect::<Result<_, _>>().map_err(told)?;
    let access: Vec<Access<'_>> = access.into_iter().collect::<Result<_, _>>().map_err(told)?;
    let unwanted = unwanted.map_err(told)?;
    let no_bucket = buckets.iter().all(|seen| seen.observed.is_none());
    let nothing =
        no_bucket && access.iter().all(|granted| granted.role_arn.is_none()) && unwanted.is_empty();
    if nothing {
        return Ok(Found::Gone);
    }
    torn_down::keep(private, no_bucket);
    if !no_bucket {
        unfinished::keep(&cx.provider.claims, private, unfinished(&buckets));
    }
    let mut found = describe(cx, &place, state, &buckets, &access, &unwanted);
    let going: Vec<String> = leaving(private, BTreeSet::new(), &shares).into_iter().collect();
    if !going.is_empty() {
        let reason = format!("roles {} are still to be deleted.", going.join(", "));
        found.set_incomplete(reason);
    }
    Ok(Found::Present(Box::new(found)))
}

/// Whether the create of the whole never completed: then every bucket carries the marker still. One
/// that an update began to add says nothing about the others.
fn unfinished(buckets: &[Seen]) -> bool {
    let mut observed = buckets.iter().filter_map(|seen| seen.observed.as_ref()).peekable();
    observed.peek().is_some() && observed.all(Observed::carries_marker)
}

/// The bucket names the state is about: those recorded, and those of buckets that went missing.
fn names(state: &Model, place: &Place) -> BTreeMap<Store, String> {
    let wanted = state.stores().unwrap_or_default();
    let derived =
        wanted.into_iter().filter_map(|store| Some((store, state.bucket_name(store, place)?)));
    let mut names: BTreeMap<Store, String> = derived.collect();
    names.extend(state.recorded_names());
    names
}

async fn look(
    clients: &Clients,
    place: &Place,
    store: Store,
    name: String,
) -> Result<Seen, StepError> {
    let bucket = Bucket { name: &name, owner: place.owner() };
    let observed = bucket::read(clients, bucket, false).await;
    let observed = observed.during("bucket", format!("reading bucket {name}"))?;
    Ok(Seen { store, name, observed })
}

/// What was found of one share.
struct Access<'a> {
    products: &'a [Product],
    role_arn: Option<String>,
    association_id: Option<String>,
    differences: Vec<String>,
}

async fn look_at_access<'a>(
    cx: &Context<ProviderContext>,
    clients: &Clients,
    state: &Model,
    share: &'a Share,
) -> Result<Access<'a>, StepError> {
    let workload = &share.workload;
    let known = Granted::of_any(share.products.iter().map(|product| state.granted(*product)));
    let doing = format!("reading role {} and its association", workload.role_name);
    let found = workload_access::find(clients, workload, &known).await.during("role", doing)?;
    let differences = workload.differences(&found, &cx.provider.ignore_tags);
    // What was made by somebody else is not ours, even where ours would be.
    let role = found.role.filter(|role| known.role_arn.as_ref() == Some(&role.arn));
    let association = found
        .association
        .filter(|association| known.association_id.as_ref() == Some(&association.id));
    Ok(Access {
        products: &share.products,
        role_arn: role.map(|role| role.arn),
        association_id: association.map(|association| association.id),
        differences,
    })
}

/// Roles that the state knows and does not want: left behind by an update that failed.
async fn look_for_unwanted(
    clients: &Clients,
    state: &Model,
    shares: &[Share],
) -> Result<Vec<String>, StepError> {
    let wanted: Vec<&str> = shares.iter().map(|share| share.workload.role_name.as_str()).collect();
    let names = state.role_names();
    let names = names.iter().filter(|name| !wanted.contains(&name.as_str()));
    let found = names.map(|name| async move {
        let role = crate::aws::iam::find_role_by_name(clients, name).await;
        let role = role.during("role", format!("reading role {name}"))?;
        Ok::<_, StepError>(role.map(|role| role.arn))
    });
    let found: Vec<Option<String>> = join_all(found).await.into_iter().collect::<Result<_, _>>()?;
    Ok(found.into_iter().flatten().collect())
}

/// The state as found.
fn describe(
    cx: &Context<ProviderContext>,
    place: &Place,
    mut state: Model,
    buckets: &[Seen],
    access: &[Access<'_>],
    unwanted: &[String],
) -> Model {
    let owner_name = state.owner_name().unwrap_or_default();
    let tags_all: Tags = known_map(&state.tags_all).unwrap_or_default();
    let tagged = Tagged {
        kind: KIND,
        owner_name: &owner_name,
        tags_all: &tags_all,
        ignore: &cx.provider.ignore_tags,
    };
    let mut reasons = Vec::new();
    let mut statuses = BTreeMap::new();
    let mut names = StringMap::new();
    for seen in buckets {
        let status = status_of(&state, place, seen, &tagged);
        if let BucketStatus { error: Value::Value(error), .. } = &status {
            reasons.push(format!("bucket {}: {error}", seen.name));
        }
        let key = seen.store.key().to_owned();
        if seen.observed.is_some() {
            names.insert(key.clone(), Value::Value(seen.name.clone()));
        }
        statuses.insert(key, Value::Value(status));
    }
    state.bucket_names = Value::Value(names);
    state.bucket_status = Value::Value(statuses);

    let mut role_arns = StringMap::new();
    let mut ids = StringMap::new();
    for granted in access {
        reasons.extend(granted.differences.iter().cloned());
        for product in granted.products {
            let insert = |map: &mut StringMap, text: &Option<String>| {
                if let Some(text) = text {
                    map.insert(product.as_str().to_owned(), Value::Value(text.clone()));
                }
            };
            insert(&mut role_arns, &granted.role_arn);
            insert(&mut ids, &granted.association_id);
        }
    }
    for arn in unwanted {
        reasons.push(format!("role {arn} is not wanted any more and still exists"));
        for product in Product::ALL {
            if state.granted(product).role_arn.as_ref() == Some(arn) {
                role_arns.insert(product.as_str().to_owned(), Value::Value(arn.clone()));
            }
        }
    }
    state.role_arns = Value::Value(role_arns);
    state.association_ids = Value::Value(ids);
    let complete = reasons.is_empty();
    if complete {
        state.set_complete();
    } else {
        state.set_incomplete(reasons.join("\n"));
    }
    state
}

/// How far one bucket is, by what it lacks.
fn status_of(state: &Model, place: &Place, seen: &Seen, tagged: &Tagged<'_>) -> BucketStatus {
    let Some(observed) = &seen.observed else {
        return pending("bucket", "the bucket does not exist");
    };
    let wanted = state
        .bucket(seen.store, place)
        .map(|bucket| bucket.wanted)
        .filter(|wanted| wanted.name == seen.name)
        .filter(|_| state.stores().is_some_and(|stores| stores.contains(&seen.store)));
    let Some(wanted) = wanted else {
        return BucketStatus {
            error: Value::Value("the bucket is not wanted any more and still exists".to_owned()),
            ..complete()
        };
    };
    match wanted.difference(observed, tagged) {
        Some((step, what)) => pending(step, &what),
        None => complete(),
    }
}
