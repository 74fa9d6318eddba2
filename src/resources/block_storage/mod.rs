//! `officeless_block_storage`: the EBS CSI driver of an EKS cluster, and the StorageClass for it.
//!
//! It builds, in this order: the role of the driver's controller; the add-on, which owns the Pod
//! Identity association; and last the tags, which take the creation marker away. See [`steps`] for
//! the walk, which create and update share.
//!
//! * A degraded add-on exists and works in part: it is told at once, and kept.
//! * Destroy removes the driver, so no volume can be mounted anew; volumes and claims stay.
//! * `cluster_name`, `namespace` and `region` replace; everything else changes in place.

mod access;
mod configuration;
mod delete;
mod health;
mod manifest;
mod model;
pub mod permissions;
mod plan;
mod read;
mod schema;
mod steps;
#[cfg(test)]
mod tests;
mod validate;

use async_trait::async_trait;

use crate::aws::arn::Arn;
use crate::aws::eks;
use crate::framework::diagnostic::whole;
use crate::framework::private::Private;
use crate::framework::resource::{
    ApplyRequest, Context, Found, Plan, PlanRequest, Recorder, Resource,
};
use crate::framework::schema::Schema;
use crate::framework::value::{Diagnostic, Diagnostics, Value};
use crate::platform::defaults::BLOCK_STORAGE;
use crate::provider::context::ProviderContext;
use crate::resources::composite::{import_id, told};
use crate::resources::step::{During, StepError, Verb};

pub use model::Model;

/// What it is called in tags and tokens.
const KIND: &str = "block_storage";

/// The add-on's name.
const ADDON: &str = BLOCK_STORAGE.addon_name;

/// What the add-on of a cluster is called where its claim is judged.
fn addon_named(cluster: &str) -> String {
    format!("add-on {ADDON} of cluster {cluster}")
}

/// The resource.
#[derive(Debug)]
pub struct BlockStorage;

#[async_trait]
impl Resource<ProviderContext> for BlockStorage {
    type Model = Model;

    fn type_name(&self) -> &'static str {
        "officeless_block_storage"
    }

    fn schema(&self) -> Schema {
        schema::schema()
    }

    fn validate(&self, config: &Model, diagnostics: &mut Diagnostics) {
        validate::validate(config, diagnostics);
    }

    async fn plan(
        &self,
        cx: Option<&Context<ProviderContext>>,
        request: PlanRequest<'_, Model>,
        plan: &mut Plan<Model>,
    ) {
        Box::pin(plan::plan(cx, request, plan)).await;
    }

    fn warn_destroy(&self, prior: &Model) -> Option<Diagnostic> {
        let cluster = prior.cluster_name.clone().unwrap_or_default();
        let text = if prior.preserve == Value::Value(true) {
            format!(
                "The driver stays in cluster {cluster:?}, with its role, and EKS no longer manages \
                 it: preserve = true."
            )
        } else {
            format!(
                "Cluster {cluster:?} loses its EBS CSI driver: volumes that pods have mounted stay \
                 mounted, but none can be made, mounted, moved or grown until there is a driver \
                 again. Which PersistentVolumes depend on it only the cluster knows: kubectl get \
                 persistentvolumes. To keep the driver, set preserve = true and apply before."
            )
        };
        Some(whole("Removing the EBS CSI Driver", text))
    }

    async fn apply(
        &self,
        cx: &Context<ProviderContext>,
        request: ApplyRequest<Model>,
        recorder: &mut Recorder<Model>,
    ) -> Result<(), Diagnostic> {
        Box::pin(steps::apply(cx, request, recorder)).await
    }

    async fn delete(
        &self,
        cx: &Context<ProviderContext>,
        prior: Model,
        recorder: &mut Recorder<Model>,
    ) -> Result<(), Diagnostic> {
        Box::pin(delete::delete(cx, prior, recorder)).await
    }

    async fn read(
        &self,
        cx: &Context<ProviderContext>,
        state: Model,
        private: &mut Private,
    ) -> Result<Found<Model>, Diagnostic> {
        Box::pin(read::read(cx, state, private)).await
    }

    /// Takes the cluster's name, alone or with the add-on's as in the id, or the add-on's ARN; each
    /// optionally with `@region`.
    async fn import(&self, cx: &Context<ProviderContext>, id: &str) -> Result<Model, Diagnostic> {
        let found = import(cx, id).await;
        found.map_err(|error| told::<Model>(Verb::Importing, id, &error))
    }
}

async fn import(cx: &Context<ProviderContext>, id: &str) -> Result<Model, StepError> {
    let (text, region) = match id.parse::<Arn>() {
        // `addon/cluster/name/uuid`
        Ok(arn) => {
            let names: Vec<&str> = arn.resource.split('/').skip(1).take(2).collect();
            (names.join("/"), arn.region)
        }
        Err(_) => import_id(cx, id),
    };
    let (cluster, addon) = text.split_once('/').unwrap_or((&text, ADDON));
    let doing = format!("finding add-on {addon} of cluster {cluster:?} in {region}");
    let clients = cx.provider.clients(&region);
    let found = match (cluster, addon) {
        ("", _) => None,
        (_, ADDON) => {
            let found = eks::find_addon_by_name(&clients, cluster, ADDON).await;
            found.during("import", &*doing)?
        }
        _ => None,
    };
    let Some(found) = found else {
        return Err(StepError::refused(
            "import",
            &doing,
            "there is none".to_owned(),
            "Give the cluster's name, CLUSTER/aws-ebs-csi-driver, or the ARN of the add-on, with \
             @region behind it if it is in another region.",
        ));
    };
    let association = match read::association_id(&found) {
        Some(id) => {
            eks::find_association_by_id(&clients, cluster, id).await.during("import", doing)?
        }
        None => None,
    };
    let role = association.as_ref().map(|association| association.role_arn.clone());
    let role_name = role.as_deref().and_then(|arn| arn.parse::<Arn>().ok());
    Ok(Model {
        id: Value::Value(format!("{cluster}/{ADDON}")),
        cluster_name: Value::Value(cluster.to_owned()),
        region: Value::Value(region),
        role_name: role_name.map(|arn| arn.resource_id().to_owned()).into(),
        role_arn: role.into(),
        service_account: association.map(|association| association.key.service_account).into(),
        ..Model::default()
    })
}
