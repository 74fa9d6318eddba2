//! `officeless_block_volume`: a gp3 volume for a database pod, with the manifests that bind it.
//!
//! It builds, in this order: the volume; its size, IOPS and throughput, in one modification; and last
//! the tags, which take the creation marker away. See [`steps`] for the walk, which create and update
//! share.
//!
//! * Destroy takes a final snapshot first, unless told not to; without it the volume stays.
//! * A volume is taken over only when an interrupted create of ours left it. A token of AWS that is
//!   burnt, by a failed create or by a volume that is gone, is never used again.
//! * `availability_zone`, `encrypted`, `kms_key_arn`, `snapshot_id`, `volume_initialization_rate` and
//!   `region` replace; everything else changes in place.

mod budget;
mod delete;
mod manifests;
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

use crate::framework::diagnostic::diagnostic;
use crate::framework::private::Private;
use crate::framework::resource::{
    ApplyRequest, Context, DestroyRequest, Found, Plan, PlanRequest, Recorder, Resource,
};
use crate::framework::schema::Schema;
use crate::framework::value::{AttributePath, Diagnostic, Diagnostics, Value};
use crate::provider::context::ProviderContext;
use crate::resources::composite::{protect, told};
use crate::resources::step::Verb;

pub use model::Model;

/// What it is called in tags and tokens.
const KIND: &str = "block_volume";

/// The resource.
#[derive(Debug)]
pub struct BlockVolume;

#[async_trait]
impl Resource<ProviderContext> for BlockVolume {
    type Model = Model;

    fn type_name(&self) -> &'static str {
        "officeless_block_volume"
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

    fn warn_destroy(&self, prior: &Model) -> Option<Diagnostic> {
        let (Value::Value(false), Value::Value(id)) = (&prior.final_snapshot, &prior.id) else {
            return None;
        };
        Some(diagnostic(
            "No Final Snapshot",
            format!(
                "Volume {id} is destroyed with its data: final_snapshot = false. To keep a way \
                 back, set final_snapshot = true, apply, and destroy then."
            ),
            AttributePath::new("final_snapshot"),
        ))
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

    /// Takes `vol-…`, an ARN, or the name of the only volume that has it, each optionally with
    /// `@region`.
    async fn import(&self, cx: &Context<ProviderContext>, id: &str) -> Result<Model, Diagnostic> {
        let found = read::import(cx, id).await;
        found.map_err(|error| told::<Model>(Verb::Importing, id, &error))
    }
}
