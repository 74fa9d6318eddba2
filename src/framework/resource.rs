//! The life of a managed resource, on one page.
//!
//! A resource says what it looks like ([`Resource::schema`]) and how each step of its life goes.
//! The framework decodes values into its model, fills defaults, marks what is unknown, checks
//! core's rules and keeps the state; see [`super::managed`].
//!
//! Order of calls in one `terraform apply`: `validate`, `read`, `plan`, then in another process
//! `validate`, `plan` again, `apply` (or `delete`).

use std::sync::Arc;

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use super::private::Private;
use super::schema::Schema;
use super::value::{AttributePath, Data, Diagnostic, Diagnostics};

/// What an operation may use: the configured provider, and the wish to stop.
#[derive(Debug)]
pub struct Context<C> {
    /// The provider's own context, made when it was configured.
    pub provider: Arc<C>,
    /// Cancelled by `StopProvider`: waits end early, and what exists is recorded.
    pub cancel: CancellationToken,
}

impl<C> Clone for Context<C> {
    fn clone(&self) -> Self {
        Self { provider: Arc::clone(&self.provider), cancel: self.cancel.clone() }
    }
}

/// What a plan is made from.
#[derive(Debug)]
pub struct PlanRequest<'a, M> {
    /// What the practitioner wrote: unset attributes are null, others may be unknown.
    pub config: &'a M,
    /// What the last read found; `None` on create, and in the second plan of a replacement.
    pub prior: Option<&'a M>,
    /// What was kept beside the prior state.
    pub private: &'a Private,
    /// Whether this plans the object that replaces a former one: what still stands in its way may be
    /// that one, which goes first unless `create_before_destroy` is set.
    pub replacing: bool,
}

/// A plan in the making: the framework fills in defaults, the resource refines it.
#[derive(Debug)]
pub struct Plan<M> {
    /// Starts as configuration over defaults over prior state. Computed attributes are unknown on
    /// create, and prior on update; the framework marks those that follow a change afterwards.
    pub planned: M,
    /// Attributes whose change replaces the object, beyond those the schema marks.
    pub replaces: Vec<AttributePath>,
    /// Errors stop the plan; warnings are shown with it.
    pub diagnostics: Diagnostics,
}

/// A destroy that is planned.
#[derive(Debug)]
pub struct DestroyRequest<'a, M> {
    /// What exists by the last read.
    pub prior: &'a M,
    /// What it would be replaced by; `None` when it is to be destroyed for good.
    pub replacement: Option<&'a M>,
    /// What was kept beside the prior state.
    pub private: &'a Private,
}

/// What apply is to bring about.
#[derive(Debug)]
pub struct ApplyRequest<M> {
    /// What the practitioner wrote, wholly known, write-only values included.
    pub config: M,
    /// What exists by the last read; `None` on create.
    pub prior: Option<M>,
    /// The plan: known attributes are a promise, unknown ones are apply's to find.
    pub planned: M,
}

/// The state of an object, kept beside the outcome of an operation.
///
/// Core stores what was recorded last, whether the operation succeeds or fails: record as soon as
/// something exists, before the next step is tried.
#[derive(Debug, Default)]
pub struct Recorder<M> {
    state: Option<M>,
    /// What is kept beside the state.
    pub private: Private,
    /// Shown with the outcome.
    pub warnings: Vec<Diagnostic>,
}

impl<M> Recorder<M> {
    /// Starts from what exists before the operation.
    pub fn new(state: Option<M>, private: Private) -> Self {
        Self { state, private, warnings: Vec::new() }
    }

    /// This is the state from now on.
    pub fn record(&mut self, state: M) {
        self.state = Some(state);
    }

    /// The object is gone.
    pub fn forget(&mut self) {
        self.state = None;
    }

    /// The state recorded last.
    pub fn state(&self) -> Option<&M> {
        self.state.as_ref()
    }

    /// Changes the state recorded last, if there is any.
    pub fn update(&mut self, change: impl FnOnce(&mut M)) {
        if let Some(state) = &mut self.state {
            change(state);
        }
    }

    /// The state, the private data and the warnings.
    pub fn into_parts(self) -> (Option<M>, Private, Vec<Diagnostic>) {
        (self.state, self.private, self.warnings)
    }
}

/// What a read found.
#[derive(Debug)]
pub enum Found<M> {
    /// The object, as it is now.
    Present(Box<M>),
    /// There is no such object any more.
    Gone,
}

/// A managed resource. `C` is the provider's context.
#[async_trait]
pub trait Resource<C: Send + Sync + 'static>: Send + Sync + 'static {
    /// Its attributes as a struct, made with [`crate::model!`].
    type Model: Data + Clone + PartialEq + Send + Sync + std::fmt::Debug + 'static;

    /// The full type name, `officeless_…`.
    fn type_name(&self) -> &'static str;

    /// Attributes and rules. No I/O.
    fn schema(&self) -> Schema;

    /// Rules between attributes. Any value may be unknown, which breaks no rule. No I/O: core calls
    /// this on a provider that is not configured.
    fn validate(&self, _config: &Self::Model, _diagnostics: &mut Diagnostics) {}

    /// Refines the plan: what depends on AWS or on several attributes. Mutates nothing, and answers
    /// the same when asked again. `cx` is `None` while the provider block has unknown values.
    async fn plan(
        &self,
        cx: Option<&Context<C>>,
        request: PlanRequest<'_, Self::Model>,
        plan: &mut Plan<Self::Model>,
    );

    /// Why this object may not be destroyed, if it may not.
    fn refuse_destroy(&self, _request: DestroyRequest<'_, Self::Model>) -> Option<Diagnostic> {
        None
    }

    /// What to say when this object is planned to be destroyed, or replaced, and may be.
    fn warn_destroy(&self, _prior: &Self::Model) -> Option<Diagnostic> {
        None
    }

    /// Creates or updates: an idempotent walk to the planned state. Records after every step.
    async fn apply(
        &self,
        cx: &Context<C>,
        request: ApplyRequest<Self::Model>,
        recorder: &mut Recorder<Self::Model>,
    ) -> Result<(), Diagnostic>;

    /// Destroys. Success means gone, also when it was gone before. Records what is left on failure.
    async fn delete(
        &self,
        cx: &Context<C>,
        prior: Self::Model,
        recorder: &mut Recorder<Self::Model>,
    ) -> Result<(), Diagnostic>;

    /// Reads the object as it is now. Never waits for a better state of it.
    async fn read(
        &self,
        cx: &Context<C>,
        state: Self::Model,
        private: &mut Private,
    ) -> Result<Found<Self::Model>, Diagnostic>;

    /// The state from which [`Resource::read`] can read the object with this import id.
    async fn import(&self, cx: &Context<C>, id: &str) -> Result<Self::Model, Diagnostic>;
}
