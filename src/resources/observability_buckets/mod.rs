//! The six S3 buckets of Mimir, Loki and Tempo as one object, and the identity that uses them.
//!
//! What it builds: one bucket per store of the products in `components`, and, where a cluster is
//! known, an IAM role with an inline policy and an EKS Pod Identity association (one for all
//! products, or one each with `mode = "split"`).
//!
//! Steps of each bucket, one after the other; the buckets go side by side, and so do the roles:
//!
//! 1. `bucket`: asked whose the name is, then created with the owner tag and the creation marker.
//! 2. `public_access_block`, 3. `ownership`, 4. `encryption`, 5. `versioning`, 6. `lifecycle`,
//!    7. `policy` (the denial of plain HTTP; statements of others stay), 8. `logging`.
//! 9. `tags`: the creation marker comes off when everything else is done.
//!
//! Steps of each role: `role`, `role_policy`, `association`, `marker`.
//!
//! Taken over: a bucket or role that carries our owner tag and still the creation marker, that is,
//! what a create left behind that never ended. Nothing else, ever.
//!
//! Destroy keeps: buckets that hold anything, unless `force_destroy`; it fails and names them.
//!
//! Replaced by a change of: `region`, `name_prefix`, `name_suffix`, `bucket_namespace`. A change of
//! `components` or of `buckets[…].name` deletes and creates single buckets within an update.

mod access;
mod conflicts;
mod delete;
mod import;
mod model;
mod outputs;
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
use crate::resources::composite::protect;

pub use model::{
    AccessLoggingModel, BucketModel, BucketStatus, ExtraRuleModel, Model, PodIdentityModel,
    RetentionModel,
};

/// `officeless_observability_buckets`.
#[derive(Clone, Copy, Debug, Default)]
pub struct ObservabilityBuckets;

#[async_trait]
impl Resource<ProviderContext> for ObservabilityBuckets {
    type Model = Model;

    fn type_name(&self) -> &'static str {
        "officeless_observability_buckets"
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
        steps::apply(cx, request, recorder).await
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
        read::read(cx, state, private).await
    }

    async fn import(&self, cx: &Context<ProviderContext>, id: &str) -> Result<Model, Diagnostic> {
        import::stub(cx, id)
    }
}
