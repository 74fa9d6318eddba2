//! The provider itself: what it offers, its block, its configuration.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::{Configured, Inner, Provider, Session, convert, functions};
use crate::framework::check;
use crate::framework::value::{Diagnostics, Dynamic};
use crate::plugin::proto::tfplugin6 as proto;

fn capabilities() -> proto::ServerCapabilities {
    proto::ServerCapabilities {
        plan_destroy: true,
        get_provider_schema_optional: true,
        ..Default::default()
    }
}

pub(super) async fn get_metadata<P: Provider>(
    inner: &Inner<P>,
    _request: proto::get_metadata::Request,
) -> proto::get_metadata::Response {
    use proto::get_metadata::{
        DataSourceMetadata, EphemeralMetadata, FunctionMetadata, ResourceMetadata,
    };
    let name = |name: &&str| (*name).to_owned();
    proto::get_metadata::Response {
        server_capabilities: Some(capabilities()),
        resources: inner
            .resources
            .keys()
            .map(|type_name| ResourceMetadata { type_name: name(type_name) })
            .collect(),
        data_sources: inner
            .data_sources
            .keys()
            .map(|type_name| DataSourceMetadata { type_name: name(type_name) })
            .collect(),
        ephemeral_resources: inner
            .ephemeral_resources
            .keys()
            .map(|type_name| EphemeralMetadata { type_name: name(type_name) })
            .collect(),
        functions: inner
            .functions
            .keys()
            .map(|function| FunctionMetadata { name: name(function) })
            .collect(),
        ..Default::default()
    }
}

pub(super) async fn get_provider_schema<P: Provider>(
    inner: &Inner<P>,
    _request: proto::get_provider_schema::Request,
) -> proto::get_provider_schema::Response {
    proto::get_provider_schema::Response {
        provider: Some(convert::schema(&inner.schema)),
        resource_schemas: inner
            .resources
            .iter()
            .map(|(name, resource)| ((*name).to_owned(), convert::schema(resource.schema())))
            .collect(),
        data_source_schemas: inner
            .data_sources
            .iter()
            .map(|(name, source)| ((*name).to_owned(), convert::schema(source.schema())))
            .collect(),
        ephemeral_resource_schemas: inner
            .ephemeral_resources
            .iter()
            .map(|(name, resource)| ((*name).to_owned(), convert::schema(resource.schema())))
            .collect(),
        functions: functions::signatures(inner),
        server_capabilities: Some(capabilities()),
        ..Default::default()
    }
}

pub(super) async fn validate_provider_config<P: Provider>(
    inner: &Inner<P>,
    request: proto::validate_provider_config::Request,
) -> proto::validate_provider_config::Response {
    let mut diagnostics = Diagnostics::default();
    match convert::decode(request.config.as_ref(), &inner.schema.kind()) {
        Ok(config) => validate(inner, &config, &mut diagnostics),
        Err(error) => diagnostics.add_error(error),
    }
    proto::validate_provider_config::Response { diagnostics: convert::diagnostics(diagnostics) }
}

fn validate<P: Provider>(inner: &Inner<P>, config: &Dynamic, diagnostics: &mut Diagnostics) {
    check::configuration(&inner.schema, config, false, diagnostics);
    inner.provider.validate(config, diagnostics);
}

pub(super) async fn configure_provider<P: Provider>(
    inner: &Inner<P>,
    request: proto::configure_provider::Request,
) -> proto::configure_provider::Response {
    let mut diagnostics = Diagnostics::default();
    match convert::decode(request.config.as_ref(), &inner.schema.kind()) {
        Err(error) => diagnostics.add_error(error),
        Ok(config) => {
            // Work of an earlier configuration keeps its own context and its own wish to stop.
            let cancel = CancellationToken::new();
            inner.with_session(|session| session.cancel = cancel.clone());
            let context = inner.provider.configure(config, cancel.clone(), &mut diagnostics).await;
            let configured = match context {
                Some(context) => Configured::Ready(Arc::new(context)),
                None => Configured::Unknown,
            };
            inner.with_session(|session| *session = Session { configured, cancel });
        }
    }
    proto::configure_provider::Response { diagnostics: convert::diagnostics(diagnostics) }
}
