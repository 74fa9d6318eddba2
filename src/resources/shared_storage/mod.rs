//! `officeless_shared_storage`: an EFS file system that the pods of a cluster can mount.
//!
//! It builds, in this order: the file system; a security group, if wanted; a mount target in each
//! zone; throughput, protection, lifecycle, backups; access points; a replication; the roles of the
//! CSI driver; the file-system policy; and last the tags, which take the creation marker away. See
//! [`steps`] for the walk, which create and update share.
//!
//! * Destroy takes everything away but the replica, and that too when the create never completed.
//!   Directories of access points go with the data.
//! * A file system is taken over only when an interrupted create of ours left it.
//! * `performance_mode`, `encrypted`, `kms_key_arn`, `availability_zone_name`, `creation_token` and
//!   `region` replace; everything else changes in place.

mod csi;
mod delete;
mod manifests;
mod model;
mod network;
pub mod permissions;
mod plan;
mod read;
mod schema;
mod steps;
#[cfg(test)]
mod tests;
mod validate;

use async_trait::async_trait;

use crate::aws::efs;
use crate::framework::private::Private;
use crate::framework::resource::{
    ApplyRequest, Context, DestroyRequest, Found, Plan, PlanRequest, Recorder, Resource,
};
use crate::framework::schema::Schema;
use crate::framework::value::{Diagnostic, Diagnostics, Value};
use crate::provider::context::ProviderContext;
use crate::resources::composite::{import_id, protect, told};
use crate::resources::step::{During, StepError, Verb};

pub use model::Model;

/// What it is called in tags and tokens.
const KIND: &str = "shared_storage";

/// The resource.
#[derive(Debug)]
pub struct SharedStorage;

#[async_trait]
impl Resource<ProviderContext> for SharedStorage {
    type Model = Model;

    fn type_name(&self) -> &'static str {
        "officeless_shared_storage"
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
        plan::plan(cx, request, plan).await;
    }

    fn refuse_destroy(&self, request: DestroyRequest<'_, Model>) -> Option<Diagnostic> {
        protect(&request, |model| &model.deletion_protection)
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
        delete::delete(cx, prior, recorder).await
    }

    async fn read(
        &self,
        cx: &Context<ProviderContext>,
        state: Model,
        private: &mut Private,
    ) -> Result<Found<Model>, Diagnostic> {
        Box::pin(read::read(cx, state, private)).await
    }

    /// Takes `fs-…`, an ARN, or a creation token, each optionally with `@region`.
    async fn import(&self, cx: &Context<ProviderContext>, id: &str) -> Result<Model, Diagnostic> {
        let found = import(cx, id).await;
        found.map_err(|error| told::<Model>(Verb::Importing, id, &error))
    }
}

async fn import(cx: &Context<ProviderContext>, id: &str) -> Result<Model, StepError> {
    let (id, region) = import_id(cx, id);
    let clients = cx.provider.clients(&region);
    let doing = format!("finding the file system {id:?} in {region}");
    let found = if id.starts_with("fs-") {
        efs::find_file_system_by_id(&clients, &id).await
    } else {
        efs::find_file_system_by_creation_token(&clients, &id).await
    };
    let Some(system) = found.during("import", &*doing)? else {
        return Err(StepError::refused(
            "import",
            &doing,
            "there is none".to_owned(),
            "Give its id (fs-…), its ARN or its creation token, with @region behind it if it is \
             in another region.",
        ));
    };
    Ok(Model { id: Value::Value(system.id), region: Value::Value(region), ..Model::default() })
}
