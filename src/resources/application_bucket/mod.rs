//! An S3 bucket of an application as one object: its settings, who may use it, where it is copied.
//!
//! What it builds: the bucket, for each entry of `access` an IAM role with an inline policy and an
//! EKS Pod Identity association, and with `replication` the role that copies.
//!
//! Steps:
//!
//! 1. `association`: those of service accounts that `access` names no more, or otherwise, go.
//! 2. `bucket`: asked whose the name is, then created with the owner tag and the creation marker.
//! 3. The settings one after the other (`public_access_block`, `ownership`, `encryption`,
//!    `versioning`, `object_lock`, `lifecycle`, `policy`, `cors`, `logging`, `notifications`), and
//!    beside them the roles (`role`, `role_policy`, `association`).
//! 4. `replication`, which needs its role.
//! 5. Roles that nobody wants any more go.
//! 6. `tags`, `marker`: the creation markers come off when everything else is done.
//!
//! Taken over: a bucket that carries our owner tag and still the creation marker, that is, what a
//! create left behind that never ended. Roles are owned by the name of the bucket, which no other
//! bucket has: those of this bucket are met again after an import.
//!
//! Destroy keeps: a bucket that holds anything, unless `force_destroy`; it fails and says so.
//!
//! Replaced by a change of: `bucket`, `bucket_prefix`, `bucket_namespace`, `region`.

mod access;
mod conflicts;
mod delete;
mod import;
mod lifecycle;
mod model;
mod names;
pub mod permissions;
mod plan;
mod read;
mod rules;
mod schema;
mod schema_objects;
mod settings;
mod statements;
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
    AccessLoggingModel, AccessModel, ConditionModel, CorsRuleModel, ExpirationModel, Model,
    NoncurrentExpirationModel, NoncurrentTransitionModel, NotificationsModel, ObjectLockModel,
    ReplicationModel, RuleModel, StatementModel, TargetModel, TransitionModel,
};

/// `officeless_application_bucket`.
#[derive(Clone, Copy, Debug, Default)]
pub struct ApplicationBucket;

#[async_trait]
impl Resource<ProviderContext> for ApplicationBucket {
    type Model = Model;

    fn type_name(&self) -> &'static str {
        "officeless_application_bucket"
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

    /// Takes the whole name, optionally with `@region`.
    async fn import(&self, cx: &Context<ProviderContext>, id: &str) -> Result<Model, Diagnostic> {
        import::import(cx, id)
    }
}
