//! `officeless_pod_identity`: what the pods of one service account may do in AWS.
//!
//! What it builds, by [`crate::resources::workload_access`], as all composites do: an IAM role with
//! its trust policy, inline policy and attached policies, and an EKS Pod Identity association. With
//! `role_arn` the association alone.
//!
//! Steps: `association` (that of a former service account goes), `role`, `role_policy`,
//! `association`, `marker`.
//!
//! Taken over: a role or association that carries our owner tag and still the creation marker.
//! Nothing else, ever. An association that an add-on owns is read, and never changed.
//!
//! Replaced by a change of: `region`, `role_name`, `path`, and by a change from a role of its own to
//! one made elsewhere. A change of cluster, namespace or service account makes a new association
//! for the same role.

mod conflicts;
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

pub use model::{Model, PresetModel, StatementModel};

/// What it is called in tags and tokens.
const KIND: &str = "pod_identity";

/// `officeless_pod_identity`.
#[derive(Clone, Copy, Debug, Default)]
pub struct PodIdentity;

#[async_trait]
impl Resource<ProviderContext> for PodIdentity {
    type Model = Model;

    fn type_name(&self) -> &'static str {
        "officeless_pod_identity"
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
        let Value::Value(owner) = &request.prior.owner_arn else { return None };
        Some(diagnostic(
            "Association Of An Add-on",
            format!(
                "The Pod Identity association {} belongs to the add-on {owner}, and may not be \
                 deleted here. Nothing was changed. Remove the object from the state with \
                 terraform state rm, or change the add-on.",
                request.prior.association_id.clone().unwrap_or_default()
            ),
            AttributePath::root(),
        ))
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
        Box::pin(read::read(cx, state, private)).await
    }

    /// Takes `CLUSTER/NAMESPACE/SERVICE_ACCOUNT`, optionally with `@region`.
    async fn import(&self, cx: &Context<ProviderContext>, id: &str) -> Result<Model, Diagnostic> {
        import::stub(cx, id)
    }
}
