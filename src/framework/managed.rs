//! Drives one resource or data source: values in, values out, with the framework's promises kept.
//!
//! [`ManagedResource`] and [`ReadableSource`] are the forms without a model type, in which a
//! provider keeps its list; [`Managed`] and [`Readable`] make them from a [`Resource`] and a
//! [`DataSource`].

use std::panic::AssertUnwindSafe;
use std::sync::OnceLock;

use async_trait::async_trait;
use futures_util::FutureExt as _;

use super::data_source::DataSource;
use super::diagnostic::provider_bug;
use super::private::Private;
use super::resource::{
    ApplyRequest, Context, DestroyRequest, Found, Plan, PlanRequest, Recorder, Resource,
};
use super::schema::Schema;
use super::value::{AttributePath, Data, Diagnostic, Diagnostics, Dynamic};
use super::{check, codec, contract, plan};

/// The values a plan is made from; null for what is absent.
#[derive(Debug)]
pub struct PlanInput {
    /// What the practitioner wrote.
    pub config: Dynamic,
    /// The last known state.
    pub prior: Dynamic,
    /// Core's merge of both; null to destroy.
    pub proposed: Dynamic,
    /// What is kept beside the state.
    pub private: Private,
}

/// A plan.
#[derive(Debug, Default)]
pub struct PlanOutput {
    /// The planned state; null to destroy.
    pub planned: Dynamic,
    /// Attributes whose change replaces the object.
    pub replaces: Vec<AttributePath>,
    /// What the next plan, or apply, gets back beside the prior state.
    pub private: Private,
    /// What went wrong or is worth saying.
    pub diagnostics: Diagnostics,
}

/// Marks the private data of a replacement: core plans one twice, first against what exists, then
/// as a create that gets the private data of the first plan, and no other trace of it.
const REPLACING: &str = "replacing";

/// The values an apply works from; null for what is absent.
#[derive(Debug)]
pub struct ApplyInput {
    /// What the practitioner wrote; null to destroy.
    pub config: Dynamic,
    /// The last known state.
    pub prior: Dynamic,
    /// The plan; null to destroy.
    pub planned: Dynamic,
    /// What is kept beside the state.
    pub private: Private,
}

/// A state to store, whatever went before it.
#[derive(Debug, Default)]
pub struct StateOutput {
    /// The state; null when there is no object.
    pub state: Dynamic,
    /// What is kept beside it.
    pub private: Private,
    /// What went wrong or is worth saying.
    pub diagnostics: Diagnostics,
}

/// A resource without its model type.
#[async_trait]
pub trait ManagedResource<C>: Send + Sync {
    /// The full type name.
    fn type_name(&self) -> &'static str;
    /// Attributes and rules.
    fn schema(&self) -> &Schema;
    /// Checks a configuration.
    fn validate(&self, config: &Dynamic, write_only_allowed: bool) -> Diagnostics;
    /// Plans a create, an update, a replacement or a destroy.
    async fn plan(&self, cx: Option<Context<C>>, input: PlanInput) -> PlanOutput;
    /// Carries a plan out.
    async fn apply(&self, cx: Context<C>, input: ApplyInput) -> StateOutput;
    /// Reads the object as it is now; null when it is gone.
    async fn read(&self, cx: Context<C>, state: Dynamic, private: Private) -> StateOutput;
    /// The state to read the object with this import id from.
    async fn import(&self, cx: Context<C>, id: String) -> StateOutput;
    /// A state stored by this or an earlier version of the provider, in today's shape.
    fn upgrade(&self, version: i64, json: &[u8]) -> Result<Dynamic, Diagnostic>;
}

/// A data source without its model type.
#[async_trait]
pub trait ReadableSource<C>: Send + Sync {
    /// The full type name.
    fn type_name(&self) -> &'static str;
    /// Attributes and rules.
    fn schema(&self) -> &Schema;
    /// Checks a configuration.
    fn validate(&self, config: &Dynamic) -> Diagnostics;
    /// Reads.
    async fn read(&self, cx: Option<Context<C>>, config: Dynamic) -> StateOutput;
}

/// A [`Resource`], driven.
#[derive(Debug)]
pub struct Managed<R> {
    resource: R,
    schema: OnceLock<Schema>,
}

impl<R> Managed<R> {
    /// Drives `resource`.
    pub fn new(resource: R) -> Self {
        Self { resource, schema: OnceLock::new() }
    }
}

pub(super) fn model<M: Data>(value: Dynamic) -> Result<M, Diagnostic> {
    M::from_dynamic(value).map_err(|error| {
        provider_bug(&format!("A value does not fit the model of its resource: {error}."))
    })
}

fn optional_model<M: Data>(value: Dynamic) -> Result<Option<M>, Diagnostic> {
    if value.is_null() { Ok(None) } else { model(value).map(Some) }
}

impl<R> Managed<R> {
    async fn plan_change<C>(
        &self,
        cx: Option<&Context<C>>,
        input: &PlanInput,
        output: &mut PlanOutput,
    ) -> Result<(), Diagnostic>
    where
        C: Send + Sync + 'static,
        R: Resource<C>,
    {
        let schema = ManagedResource::<C>::schema(self);
        let PlanInput { config, prior, proposed, private } = input;
        let planned = plan::with_defaults(&schema.attributes, config, prior, proposed);
        let config_model = model(config.clone())?;
        let prior_model = optional_model(prior.clone())?;
        let mut draft = Plan {
            planned: model(planned)?,
            replaces: Vec::new(),
            diagnostics: Diagnostics::default(),
        };
        let request = PlanRequest {
            config: &config_model,
            prior: prior_model.as_ref(),
            private,
            replacing: prior.is_null() && private.text(REPLACING).is_some(),
        };
        self.resource.plan(cx, request, &mut draft).await;

        output.diagnostics = draft.diagnostics;
        let mut planned = draft.planned.to_dynamic();
        plan::mark_unknown(schema, config, prior, &mut planned);
        output.replaces = plan::replacements(schema, prior, &planned);
        if !prior.is_null() {
            output.replaces.extend(draft.replaces);
        }
        output.private = private.clone();
        if !output.replaces.is_empty() {
            output.private.set_text(REPLACING, "true");
        }
        if let (Some(prior), false) = (&prior_model, output.replaces.is_empty()) {
            let replacement = model(planned.clone())?;
            let destroy = DestroyRequest { prior, replacement: Some(&replacement), private };
            if let Some(refusal) = self.resource.refuse_destroy(destroy) {
                output.diagnostics.add_error(refusal);
            } else if let Some(warning) = self.resource.warn_destroy(prior) {
                output.diagnostics.add_warning(warning);
            }
        }
        contract::check_plan(schema, config, prior, &planned, &mut output.diagnostics);
        output.planned = contract::without_write_only(&schema.attributes, planned);
        Ok(())
    }

    async fn apply_change<C>(
        &self,
        cx: &Context<C>,
        input: ApplyInput,
        recorder: &mut Recorder<R::Model>,
    ) -> Result<(), Diagnostic>
    where
        C: Send + Sync + 'static,
        R: Resource<C>,
    {
        let prior = optional_model(input.prior)?;
        if input.planned.is_null() {
            let Some(prior) = prior else { return Ok(()) };
            self.resource.delete(cx, prior, recorder).await?;
            recorder.forget();
            return Ok(());
        }
        let request =
            ApplyRequest { config: model(input.config)?, prior, planned: model(input.planned)? };
        self.resource.apply(cx, request, recorder).await
    }
}

#[async_trait]
impl<C, R> ManagedResource<C> for Managed<R>
where
    C: Send + Sync + 'static,
    R: Resource<C>,
{
    fn type_name(&self) -> &'static str {
        self.resource.type_name()
    }

    fn schema(&self) -> &Schema {
        self.schema.get_or_init(|| self.resource.schema())
    }

    fn validate(&self, config: &Dynamic, write_only_allowed: bool) -> Diagnostics {
        let mut diagnostics = Diagnostics::default();
        let schema = ManagedResource::<C>::schema(self);
        check::configuration(schema, config, write_only_allowed, &mut diagnostics);
        match model(config.clone()) {
            Ok(config) => self.resource.validate(&config, &mut diagnostics),
            // A value that its own rule refuses, as a fraction of a day, need not fit the model.
            Err(_) if !diagnostics.errors.is_empty() => {}
            Err(bug) => diagnostics.add_error(bug),
        }
        diagnostics
    }

    async fn plan(&self, cx: Option<Context<C>>, input: PlanInput) -> PlanOutput {
        let mut output = PlanOutput { private: input.private.clone(), ..PlanOutput::default() };
        if input.proposed.is_null() {
            match optional_model(input.prior) {
                Ok(Some(prior)) => {
                    let private = &input.private;
                    let destroy = DestroyRequest { prior: &prior, replacement: None, private };
                    if let Some(refusal) = self.resource.refuse_destroy(destroy) {
                        output.diagnostics.add_error(refusal);
                    } else if let Some(warning) = self.resource.warn_destroy(&prior) {
                        output.diagnostics.add_warning(warning);
                    }
                }
                Ok(None) => {}
                Err(bug) => output.diagnostics.add_error(bug),
            }
            return output;
        }
        if let Err(error) = self.plan_change(cx.as_ref(), &input, &mut output).await {
            output.diagnostics.add_error(error);
        }
        output
    }

    async fn apply(&self, cx: Context<C>, input: ApplyInput) -> StateOutput {
        let schema = ManagedResource::<C>::schema(self);
        let planned = input.planned.clone();
        let mut diagnostics = Diagnostics::default();
        let prior = match optional_model(input.prior.clone()) {
            Ok(prior) => prior,
            Err(bug) => {
                diagnostics.add_error(bug);
                return StateOutput { state: input.prior, private: input.private, diagnostics };
            }
        };
        let mut private = input.private.clone();
        private.remove(REPLACING);
        let mut recorder = Recorder::new(prior, private);
        // A panic must not lose what was recorded before it.
        let outcome = AssertUnwindSafe(self.apply_change(&cx, input, &mut recorder))
            .catch_unwind()
            .await
            .unwrap_or_else(|_| Err(provider_bug("The operation broke off in a panic.")));
        let (state, private, warnings) = recorder.into_parts();
        let state = state.map_or(Dynamic::Null, |state| state.to_dynamic());
        diagnostics.warnings.extend(warnings);
        match outcome {
            Ok(()) => contract::check_apply(schema, &planned, &state, &mut diagnostics),
            Err(error) => diagnostics.add_error(error),
        }
        let state = contract::without_write_only(&schema.attributes, state.unknown_to_null());
        StateOutput { state, private, diagnostics }
    }

    async fn read(&self, cx: Context<C>, state: Dynamic, mut private: Private) -> StateOutput {
        let schema = ManagedResource::<C>::schema(self);
        let mut diagnostics = Diagnostics::default();
        let found = match model(state.clone()) {
            Ok(model) => self.resource.read(&cx, model, &mut private).await,
            Err(bug) => Err(bug),
        };
        let state = match found {
            Ok(Found::Present(model)) => model.to_dynamic(),
            Ok(Found::Gone) => Dynamic::Null,
            Err(error) => {
                diagnostics.add_error(error);
                state
            }
        };
        contract::check_state(schema, &state, &mut diagnostics);
        let state = contract::without_write_only(&schema.attributes, state);
        StateOutput { state, private, diagnostics }
    }

    async fn import(&self, cx: Context<C>, id: String) -> StateOutput {
        let mut output = StateOutput::default();
        let attributes = &ManagedResource::<C>::schema(self).attributes;
        match self.resource.import(&cx, &id).await {
            Ok(model) => {
                output.state = contract::without_write_only(attributes, model.to_dynamic());
            }
            Err(error) => output.diagnostics.add_error(error),
        }
        output
    }

    fn upgrade(&self, version: i64, json: &[u8]) -> Result<Dynamic, Diagnostic> {
        let schema = ManagedResource::<C>::schema(self);
        // Every schema is at version 0 so far: an older state can only be this version's own. A
        // resource that raises its version gets its upgrade here, keyed by `version`.
        if version != schema.version {
            return Err(provider_bug(&format!(
                "The state of {} has version {version}, and this provider knows only version {}.",
                self.resource.type_name(),
                schema.version
            )));
        }
        codec::from_json(json, &schema.kind())
            // An attribute may have become write-only since.
            .map(|state| contract::without_write_only(&schema.attributes, state))
            .map_err(|error| provider_bug(&format!("The stored state cannot be read: {error}.")))
    }
}

/// A [`DataSource`], driven.
#[derive(Debug)]
pub struct Readable<D> {
    source: D,
    schema: OnceLock<Schema>,
}

impl<D> Readable<D> {
    /// Drives `source`.
    pub fn new(source: D) -> Self {
        Self { source, schema: OnceLock::new() }
    }
}

#[async_trait]
impl<C, D> ReadableSource<C> for Readable<D>
where
    C: Send + Sync + 'static,
    D: DataSource<C>,
{
    fn type_name(&self) -> &'static str {
        self.source.type_name()
    }

    fn schema(&self) -> &Schema {
        self.schema.get_or_init(|| self.source.schema())
    }

    fn validate(&self, config: &Dynamic) -> Diagnostics {
        let mut diagnostics = Diagnostics::default();
        check::configuration(ReadableSource::<C>::schema(self), config, false, &mut diagnostics);
        match model(config.clone()) {
            Ok(config) => self.source.validate(&config, &mut diagnostics),
            Err(bug) => diagnostics.add_error(bug),
        }
        diagnostics
    }

    async fn read(&self, cx: Option<Context<C>>, config: Dynamic) -> StateOutput {
        let schema = ReadableSource::<C>::schema(self);
        let mut output = StateOutput::default();
        let read = match model(config) {
            Ok(config) => self.source.read(cx.as_ref(), config).await,
            Err(bug) => Err(bug),
        };
        match read {
            Ok(model) => {
                output.state = model.to_dynamic();
                contract::check_state(schema, &output.state, &mut output.diagnostics);
            }
            Err(error) => output.diagnostics.add_error(error),
        }
        output
    }
}
