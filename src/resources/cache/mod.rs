//! `officeless_cache`: a Valkey cache on ElastiCache with everything that belongs to it.
//!
//! It builds, in this order: a subnet group; a security group, if wanted; a parameter group, if
//! parameters depart from AWS's; users and their group; the replication group; what scales it; and
//! last the tags, which take the creation marker away. See [`steps`] for the walk, which create and
//! update share, and for the order in which a change of everything at once is made.
//!
//! * Destroy takes everything away; a last snapshot is taken if one is named.
//! * A replication group is taken over only when an interrupted create of ours left it.
//! * Tokens and passwords go to AWS and nowhere else.
//! * Counts that autoscaling owns are no drift.

mod delete;
mod import;
mod model;
mod parts;
pub mod permissions;
mod plan;
mod read;
mod schema;
mod steps;
#[cfg(test)]
mod tests;
mod validate;
mod wanted;

use async_trait::async_trait;

use crate::framework::private::Private;
use crate::framework::resource::{
    ApplyRequest, Context, DestroyRequest, Found, Plan, PlanRequest, Recorder, Resource,
};
use crate::framework::schema::Schema;
use crate::framework::value::{Diagnostic, Diagnostics};
use crate::provider::context::ProviderContext;
use crate::resources::composite::{protect, told};
use crate::resources::step::Verb;

pub use model::Model;

/// What it is called in tags.
const KIND: &str = "cache";

/// The resource.
#[derive(Debug)]
pub struct Cache;

#[async_trait]
impl Resource<ProviderContext> for Cache {
    type Model = Model;

    fn type_name(&self) -> &'static str {
        "officeless_cache"
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

    /// Takes the id of the replication group or its ARN, optionally with `@region`.
    async fn import(&self, cx: &Context<ProviderContext>, id: &str) -> Result<Model, Diagnostic> {
        let found = import::import(cx, id).await;
        found.map_err(|error| told::<Model>(Verb::Importing, id, &error))
    }
}
