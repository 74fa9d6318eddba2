//! `officeless_backup_plan`: what is backed up, when, how long it is kept, and where.
//!
//! It builds, in this order: the opt-in of the region, if wanted; the vault; the role; the plan; the
//! selection; the lock; and last the tags, which take the creation markers away. See [`steps`] for
//! the walk, which create and update share.
//!
//! * Destroy goes backwards, the role last: AWS Backup needs it to delete old backups. It stops
//!   before anything is changed while the vault holds backups, unless `force_destroy` is set.
//! * A vault, plan or role is taken over only when an interrupted create of ours left it.
//! * A selection cannot be changed in AWS: the new one is made before the old one goes.
//! * `name`, `kms_key_arn` and `region` replace; everything else changes in place.

mod checks;
mod delete;
mod import;
mod model;
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

use crate::framework::diagnostic::diagnostic;
use crate::framework::private::Private;
use crate::framework::resource::{
    ApplyRequest, Context, DestroyRequest, Found, Plan, PlanRequest, Recorder, Resource,
};
use crate::framework::schema::Schema;
use crate::framework::value::{AttributePath, Diagnostic, Diagnostics, Value};
use crate::provider::context::ProviderContext;
use crate::resources::composite::{Composite, told};
use crate::resources::step::Verb;

pub use model::Model;

/// What it is called in tags and tokens.
const KIND: &str = "backup_plan";

/// The resource.
#[derive(Debug)]
pub struct BackupPlan;

#[async_trait]
impl Resource<ProviderContext> for BackupPlan {
    type Model = Model;

    fn type_name(&self) -> &'static str {
        "officeless_backup_plan"
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

    /// Backups are data: what destroy would refuse is refused when it is planned.
    fn refuse_destroy(&self, request: DestroyRequest<'_, Model>) -> Option<Diagnostic> {
        let prior = request.prior;
        let Value::Value(count @ 1..) = prior.recovery_points else { return None };
        if prior.force_destroy == Value::Value(true) {
            return None;
        }
        let name = prior.title();
        let done = if request.replacement.is_some() { "replaced" } else { "destroyed" };
        Some(diagnostic(
            "Vault Holds Backups",
            format!(
                "The backup plan {name:?} may not be {done}: its vault holds {count} recovery \
                 points, and force_destroy = false. Nothing was changed. To delete these backups \
                 with it, set force_destroy = true and apply first; otherwise wait until their \
                 retention ends."
            ),
            AttributePath::new("force_destroy"),
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

    /// Takes the vault's name, the plan's id, or the ARN of either, each optionally with `@region`.
    async fn import(&self, cx: &Context<ProviderContext>, id: &str) -> Result<Model, Diagnostic> {
        let found = Box::pin(import::import(cx, id)).await;
        found.map_err(|error| told::<Model>(Verb::Importing, id, &error))
    }
}
