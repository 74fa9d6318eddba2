//! The life of an ephemeral resource: opened, kept alive while it is used, closed. Nothing of it is
//! stored.
//!
//! Core opens one in the plan and again in the apply, and each opening may give another value.
//! [`OpenableResource`] is the form without a model type, in which a provider keeps its list;
//! [`Openable`] makes it from an [`EphemeralResource`].

use std::sync::OnceLock;
use std::time::SystemTime;

use async_trait::async_trait;

use super::managed::model;
use super::private::Private;
use super::resource::Context;
use super::schema::Schema;
use super::value::{Data, Diagnostic, Diagnostics, Dynamic};
use super::{check, contract, plan};

/// An open ephemeral resource.
#[derive(Clone, PartialEq)]
pub struct Opened<M> {
    /// Its attributes. What configuration gives comes back as it is.
    pub result: M,
    /// What renewing and closing get back. Core keeps it in memory only.
    pub private: Private,
    /// When to renew it, with a margin before it ends: core asks exactly then.
    pub renew_at: Option<SystemTime>,
}

impl<M> Opened<M> {
    /// One that lasts, and needs nothing to be closed.
    pub fn lasting(result: M) -> Self {
        Self { result, private: Private::default(), renew_at: None }
    }
}

/// Without its content, which is secret as a rule.
impl<M> std::fmt::Debug for Opened<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opened").field("renew_at", &self.renew_at).finish_non_exhaustive()
    }
}

/// What a renewal came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Renewal {
    /// When to renew again; `None` for not at all.
    pub renew_at: Option<SystemTime>,
    /// What is worth saying. An error would fail what is running meanwhile.
    pub warning: Option<Diagnostic>,
}

/// An ephemeral resource. `C` is the provider's context.
#[async_trait]
pub trait EphemeralResource<C: Send + Sync + 'static>: Send + Sync + 'static {
    /// Its attributes as a struct, made with [`crate::model!`].
    type Model: Data + Clone + Send + Sync + 'static;

    /// The full type name, `officeless_…`.
    fn type_name(&self) -> &'static str;

    /// Attributes and rules. Defaults are filled in before it is opened. No I/O.
    fn schema(&self) -> Schema;

    /// Rules between attributes. Any value may be unknown, which breaks no rule. No I/O.
    fn validate(&self, _config: &Self::Model, _diagnostics: &mut Diagnostics) {}

    /// Opens one. `config` is wholly known, with defaults. `cx` is `None` while the provider block
    /// has unknown values.
    async fn open(
        &self,
        cx: Option<&Context<C>>,
        config: Self::Model,
    ) -> Result<Opened<Self::Model>, Diagnostic>;

    /// Keeps one alive, and says when to ask again. Its result cannot change.
    async fn renew(
        &self,
        _cx: Option<&Context<C>>,
        _private: &mut Private,
    ) -> Result<Renewal, Diagnostic> {
        Ok(Renewal::default())
    }

    /// Ends one. `private` is what opening left (Terraform), or the last renewal (OpenTofu).
    async fn close(&self, _cx: Option<&Context<C>>, _private: Private) -> Result<(), Diagnostic> {
        Ok(())
    }
}

/// What became of opening one.
#[derive(Debug, Default)]
pub struct OpenOutput {
    /// Its attributes; null when it did not open.
    pub result: Dynamic,
    /// What renewing and closing get back.
    pub private: Private,
    /// When to renew it.
    pub renew_at: Option<SystemTime>,
    /// What went wrong or is worth saying.
    pub diagnostics: Diagnostics,
}

/// An ephemeral resource without its model type.
#[async_trait]
pub trait OpenableResource<C>: Send + Sync {
    /// The full type name.
    fn type_name(&self) -> &'static str;
    /// Attributes and rules.
    fn schema(&self) -> &Schema;
    /// Checks a configuration.
    fn validate(&self, config: &Dynamic) -> Diagnostics;
    /// Opens one.
    async fn open(&self, cx: Option<Context<C>>, config: Dynamic) -> OpenOutput;
    /// Keeps one alive.
    async fn renew(
        &self,
        cx: Option<Context<C>>,
        private: &mut Private,
    ) -> Result<Renewal, Diagnostic>;
    /// Ends one.
    async fn close(&self, cx: Option<Context<C>>, private: Private) -> Result<(), Diagnostic>;
}

/// An [`EphemeralResource`], driven.
#[derive(Debug)]
pub struct Openable<E> {
    resource: E,
    schema: OnceLock<Schema>,
}

impl<E> Openable<E> {
    /// Drives `resource`.
    pub fn new(resource: E) -> Self {
        Self { resource, schema: OnceLock::new() }
    }
}

#[async_trait]
impl<C, E> OpenableResource<C> for Openable<E>
where
    C: Send + Sync + 'static,
    E: EphemeralResource<C>,
{
    fn type_name(&self) -> &'static str {
        self.resource.type_name()
    }

    fn schema(&self) -> &Schema {
        self.schema.get_or_init(|| self.resource.schema())
    }

    fn validate(&self, config: &Dynamic) -> Diagnostics {
        let mut diagnostics = Diagnostics::default();
        // An ephemeral resource has no state in which a value could be stored.
        check::configuration(OpenableResource::<C>::schema(self), config, true, &mut diagnostics);
        match model(config.clone()) {
            Ok(config) => self.resource.validate(&config, &mut diagnostics),
            Err(_) if !diagnostics.errors.is_empty() => {}
            Err(bug) => diagnostics.add_error(bug),
        }
        diagnostics
    }

    async fn open(&self, cx: Option<Context<C>>, config: Dynamic) -> OpenOutput {
        let schema = OpenableResource::<C>::schema(self);
        let mut output = OpenOutput::default();
        // Core has asked before, as a rule. What is opened without is not bounded by anything.
        output.diagnostics.errors = OpenableResource::<C>::validate(self, &config).errors;
        if !output.diagnostics.errors.is_empty() {
            return output;
        }
        let filled = plan::with_defaults(&schema.attributes, &config, &Dynamic::Null, &config);
        let opened = match model(filled) {
            Ok(config) => self.resource.open(cx.as_ref(), config).await,
            Err(bug) => Err(bug),
        };
        match opened {
            Ok(Opened { result, private, renew_at }) => {
                output.result = result.to_dynamic();
                let diagnostics = &mut output.diagnostics;
                contract::check_ephemeral(schema, &config, &output.result, diagnostics);
                output.private = private;
                output.renew_at = renew_at;
            }
            Err(error) => output.diagnostics.add_error(error),
        }
        output
    }

    async fn renew(
        &self,
        cx: Option<Context<C>>,
        private: &mut Private,
    ) -> Result<Renewal, Diagnostic> {
        self.resource.renew(cx.as_ref(), private).await
    }

    async fn close(&self, cx: Option<Context<C>>, private: Private) -> Result<(), Diagnostic> {
        self.resource.close(cx.as_ref(), private).await
    }
}
