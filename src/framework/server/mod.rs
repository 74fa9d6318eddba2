//! The RPCs of protocol 6, from messages to [`super::managed`] and back.
//!
//! One file a family. Every RPC runs guarded: a panic becomes a diagnostic, and core dropping the
//! stream does not cut the work. Failures are diagnostics, never gRPC statuses: core would then see
//! no state at all.

mod convert;
mod data_sources;
mod ephemeral;
mod functions;
mod provider;
mod resources;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

use super::diagnostic::{provider_bug, whole};
use super::ephemeral::OpenableResource;
use super::function::Function;
use super::managed::{ManagedResource, ReadableSource};
use super::resource::Context;
use super::schema::Schema;
use super::value::{Diagnostic, Diagnostics, Dynamic};
use crate::plugin::panic::guard;
use crate::plugin::proto::tfplugin6 as proto;

/// What a provider brings: its block, its context, its lists.
#[async_trait]
pub trait Provider: Send + Sync + 'static {
    /// What resources are handed.
    type Context: Send + Sync + 'static;

    /// The provider block.
    fn schema(&self) -> Schema;

    /// Rules between attributes of the provider block; unknown values break none.
    fn validate(&self, config: &Dynamic, diagnostics: &mut Diagnostics);

    /// Makes the context. `None` without an error means that the block has unknown values, so that
    /// nothing can be asked of AWS yet. `cancel` is that of every operation with this context.
    async fn configure(
        &self,
        config: Dynamic,
        cancel: CancellationToken,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self::Context>;

    /// The managed resources.
    fn resources(&self) -> Vec<Box<dyn ManagedResource<Self::Context>>>;

    /// The data sources.
    fn data_sources(&self) -> Vec<Box<dyn ReadableSource<Self::Context>>>;

    /// The ephemeral resources.
    fn ephemeral_resources(&self) -> Vec<Box<dyn OpenableResource<Self::Context>>> {
        Vec::new()
    }

    /// The functions.
    fn functions(&self) -> Vec<Box<dyn Function>> {
        Vec::new()
    }
}

/// How far the provider has come.
enum Configured<C> {
    /// No `ConfigureProvider` yet.
    Not,
    /// The provider block has unknown values.
    Unknown,
    /// Ready to work.
    Ready(Arc<C>),
}

/// What belongs to one `ConfigureProvider`: in debug mode a process sees many.
struct Session<C> {
    configured: Configured<C>,
    cancel: CancellationToken,
}

/// The provider service. Cheap to clone.
pub struct Server<P: Provider> {
    inner: Arc<Inner<P>>,
}

struct Inner<P: Provider> {
    provider: P,
    schema: Schema,
    resources: BTreeMap<&'static str, Box<dyn ManagedResource<P::Context>>>,
    data_sources: BTreeMap<&'static str, Box<dyn ReadableSource<P::Context>>>,
    ephemeral_resources: BTreeMap<&'static str, Box<dyn OpenableResource<P::Context>>>,
    functions: BTreeMap<&'static str, Box<dyn Function>>,
    session: Mutex<Session<P::Context>>,
}

impl<P: Provider> std::fmt::Debug for Server<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server")
            .field("resources", &self.inner.resources.keys())
            .field("data_sources", &self.inner.data_sources.keys())
            .field("ephemeral_resources", &self.inner.ephemeral_resources.keys())
            .field("functions", &self.inner.functions.keys())
            .finish_non_exhaustive()
    }
}

impl<P: Provider> Server<P> {
    /// Serves `provider`.
    pub fn new(provider: P) -> Self {
        let resources = provider.resources().into_iter();
        let data_sources = provider.data_sources().into_iter();
        let ephemeral = provider.ephemeral_resources().into_iter();
        let functions = provider.functions().into_iter();
        let session = Session { configured: Configured::Not, cancel: CancellationToken::new() };
        let inner = Inner {
            schema: provider.schema(),
            resources: resources.map(|resource| (resource.type_name(), resource)).collect(),
            data_sources: data_sources.map(|source| (source.type_name(), source)).collect(),
            ephemeral_resources: ephemeral.map(|one| (one.type_name(), one)).collect(),
            functions: functions.map(|function| (function.name(), function)).collect(),
            session: Mutex::new(session),
            provider,
        };
        Self { inner: Arc::new(inner) }
    }
}

impl<P: Provider> Inner<P> {
    fn with_session<T>(&self, work: impl FnOnce(&mut Session<P::Context>) -> T) -> T {
        work(&mut self.session.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn resource(&self, name: &str) -> Result<&dyn ManagedResource<P::Context>, Diagnostic> {
        self.resources.get(name).map(AsRef::as_ref).ok_or_else(|| unknown_type("resource", name))
    }

    fn data_source(&self, name: &str) -> Result<&dyn ReadableSource<P::Context>, Diagnostic> {
        self.data_sources
            .get(name)
            .map(AsRef::as_ref)
            .ok_or_else(|| unknown_type("data source", name))
    }

    fn ephemeral_resource(
        &self,
        name: &str,
    ) -> Result<&dyn OpenableResource<P::Context>, Diagnostic> {
        self.ephemeral_resources
            .get(name)
            .map(AsRef::as_ref)
            .ok_or_else(|| unknown_type("ephemeral resource", name))
    }

    /// The context for an operation that may do without one while the block has unknown values.
    fn context(&self) -> Result<Option<Context<P::Context>>, Diagnostic> {
        self.with_session(|session| match &session.configured {
            Configured::Not => Err(provider_bug("The provider is used before it is configured.")),
            Configured::Unknown => Ok(None),
            Configured::Ready(provider) => {
                Ok(Some(Context { provider: Arc::clone(provider), cancel: session.cancel.clone() }))
            }
        })
    }

    /// The context for an operation that has to ask AWS.
    fn ready(&self) -> Result<Context<P::Context>, Diagnostic> {
        self.context()?.ok_or_else(not_known_yet)
    }
}

/// AWS has to be asked, and the provider block has unknown values.
pub fn not_known_yet() -> Diagnostic {
    whole(
        "Provider Configuration Not Known Yet",
        "The provider block has values that are known only after apply, so AWS cannot be asked \
         about this object now. Apply what those values come from first, with -target, or give \
         the provider block values that are known.",
    )
}

fn unknown_type(kind: &str, name: &str) -> Diagnostic {
    provider_bug(&format!("This provider has no {kind} {name:?}."))
}

/// Runs the work of an RPC; a panic in it becomes `fallback` with a diagnostic.
async fn answer<T, F>(
    work: F,
    fallback: impl FnOnce(Vec<proto::Diagnostic>) -> T,
) -> Result<Response<T>, Status>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let answer = guard(work).await.unwrap_or_else(|panicked| {
        let mut diagnostics = Diagnostics::default();
        diagnostics.add_error(provider_bug(&format!("panic: {panicked}")));
        fallback(convert::diagnostics(diagnostics))
    });
    Ok(Response::new(answer))
}

type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<Response<T>, Status>> + Send + 'a>>;

/// One RPC: takes the shared state and the message, hands both to its function, guarded. Written
/// as `async_trait` would, which sees a macro only unexpanded.
macro_rules! rpc {
    ($name:ident, $module:ident, $message:ident) => {
        rpc!($name, $module, $message, |diagnostics| {
            #[allow(clippy::needless_update, reason = "some responses have only diagnostics")]
            proto::$message::Response { diagnostics, ..Default::default() }
        });
    };
    ($name:ident, $module:ident, $message:ident, $fallback:expr) => {
        fn $name<'a, 'b>(
            &'a self,
            request: Request<proto::$message::Request>,
        ) -> Answer<'b, proto::$message::Response>
        where
            'a: 'b,
            Self: 'b,
        {
            let inner = Arc::clone(&self.inner);
            let request = request.into_inner();
            let work = async move { $module::$name(&inner, request).await };
            Box::pin(answer(work, $fallback))
        }
    };
}

#[async_trait]
impl<P: Provider> proto::provider_server::Provider for Server<P> {
    rpc!(get_metadata, provider, get_metadata);
    rpc!(get_provider_schema, provider, get_provider_schema);
    rpc!(validate_provider_config, provider, validate_provider_config);
    rpc!(configure_provider, provider, configure_provider);

    rpc!(validate_resource_config, resources, validate_resource_config);
    rpc!(upgrade_resource_state, resources, upgrade_resource_state);
    rpc!(read_resource, resources, read_resource);
    rpc!(plan_resource_change, resources, plan_resource_change);
    rpc!(apply_resource_change, resources, apply_resource_change);
    rpc!(import_resource_state, resources, import_resource_state);

    rpc!(validate_data_resource_config, data_sources, validate_data_resource_config);
    rpc!(read_data_source, data_sources, read_data_source);

    rpc!(validate_ephemeral_resource_config, ephemeral, validate_ephemeral_resource_config);
    rpc!(open_ephemeral_resource, ephemeral, open_ephemeral_resource);
    rpc!(renew_ephemeral_resource, ephemeral, renew_ephemeral_resource);
    rpc!(close_ephemeral_resource, ephemeral, close_ephemeral_resource);

    rpc!(get_functions, functions, get_functions);
    rpc!(call_function, functions, call_function, functions::panicked);

    async fn stop_provider(
        &self,
        _request: Request<proto::stop_provider::Request>,
    ) -> Result<Response<proto::stop_provider::Response>, Status> {
        // Core holds a lock meanwhile: only the flag is set, running operations end by themselves.
        self.inner.with_session(|session| session.cancel.cancel());
        Ok(Response::new(proto::stop_provider::Response::default()))
    }
}
