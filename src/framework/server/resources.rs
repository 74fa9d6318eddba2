//! The RPCs of managed resources.
//!
//! Each has the same three moves: decode by the schema of the type, hand over, encode. A message
//! that cannot be decoded answers with a diagnostic and leaves the stored state as it is.

use super::{Inner, Provider, convert, unknown_type};
use crate::framework::managed::{ApplyInput, ManagedResource, PlanInput, StateOutput};
use crate::framework::private::Private;
use crate::framework::value::{Diagnostic, Diagnostics, Dynamic};
use crate::plugin::proto::tfplugin6 as proto;

fn failed(error: Diagnostic) -> Diagnostics {
    let mut diagnostics = Diagnostics::default();
    diagnostics.add_error(error);
    diagnostics
}

pub(super) async fn validate_resource_config<P: Provider>(
    inner: &Inner<P>,
    request: proto::validate_resource_config::Request,
) -> proto::validate_resource_config::Response {
    let write_only =
        request.client_capabilities.is_some_and(|client| client.write_only_attributes_allowed);
    let validate = || {
        let resource = inner.resource(&request.type_name)?;
        let config = convert::decode(request.config.as_ref(), &resource.schema().kind())?;
        Ok(resource.validate(&config, write_only))
    };
    let diagnostics = validate().unwrap_or_else(failed);
    proto::validate_resource_config::Response { diagnostics: convert::diagnostics(diagnostics) }
}

pub(super) async fn upgrade_resource_state<P: Provider>(
    inner: &Inner<P>,
    request: proto::upgrade_resource_state::Request,
) -> proto::upgrade_resource_state::Response {
    let mut diagnostics = Diagnostics::default();
    let upgrade = || {
        let resource = inner.resource(&request.type_name)?;
        let json = request.raw_state.map(|raw| raw.json).unwrap_or_default();
        let state = resource.upgrade(request.version, &json)?;
        Ok(convert::encode(&state, &resource.schema().kind(), &mut diagnostics))
    };
    let upgraded_state = upgrade().unwrap_or_else(|error| {
        diagnostics.add_error(error);
        None
    });
    let diagnostics = convert::diagnostics(diagnostics);
    proto::upgrade_resource_state::Response { upgraded_state, diagnostics }
}

pub(super) async fn read_resource<P: Provider>(
    inner: &Inner<P>,
    request: proto::read_resource::Request,
) -> proto::read_resource::Response {
    let read = async {
        let resource = inner.resource(&request.type_name)?;
        let kind = resource.schema().kind();
        let state = convert::decode(request.current_state.as_ref(), &kind)?;
        let cx = inner.ready()?;
        let private = Private::from_bytes(&request.private);
        let mut output = resource.read(cx, state, private).await;
        let new_state = convert::encode(&output.state, &kind, &mut output.diagnostics);
        Ok((new_state, output))
    };
    match read.await {
        Ok((new_state, output)) => proto::read_resource::Response {
            new_state,
            private: output.private.to_bytes(),
            diagnostics: convert::diagnostics(output.diagnostics),
            new_identity: request.current_identity,
            ..Default::default()
        },
        Err(error) => proto::read_resource::Response {
            new_state: request.current_state,
            private: request.private,
            diagnostics: convert::diagnostics(failed(error)),
            new_identity: request.current_identity,
            ..Default::default()
        },
    }
}

pub(super) async fn plan_resource_change<P: Provider>(
    inner: &Inner<P>,
    request: proto::plan_resource_change::Request,
) -> proto::plan_resource_change::Response {
    let plan = async {
        let resource = inner.resource(&request.type_name)?;
        let kind = resource.schema().kind();
        let input = PlanInput {
            config: convert::decode(request.config.as_ref(), &kind)?,
            prior: convert::decode(request.prior_state.as_ref(), &kind)?,
            proposed: convert::decode(request.proposed_new_state.as_ref(), &kind)?,
            private: Private::from_bytes(&request.prior_private),
        };
        let mut output = resource.plan(inner.context()?, input).await;
        let planned = convert::encode(&output.planned, &kind, &mut output.diagnostics);
        Ok((planned, output))
    };
    let (planned_state, output) = match plan.await {
        Ok(planned) => planned,
        Err(error) => {
            let diagnostics = convert::diagnostics(failed(error));
            return proto::plan_resource_change::Response { diagnostics, ..Default::default() };
        }
    };
    proto::plan_resource_change::Response {
        planned_state,
        requires_replace: output.replaces.into_iter().map(convert::path).collect(),
        planned_private: output.private.to_bytes(),
        diagnostics: convert::diagnostics(output.diagnostics),
        planned_identity: request.prior_identity,
        ..Default::default()
    }
}

pub(super) async fn apply_resource_change<P: Provider>(
    inner: &Inner<P>,
    request: proto::apply_resource_change::Request,
) -> proto::apply_resource_change::Response {
    let apply = async {
        let resource = inner.resource(&request.type_name)?;
        let kind = resource.schema().kind();
        let input = ApplyInput {
            config: convert::decode(request.config.as_ref(), &kind)?,
            prior: convert::decode(request.prior_state.as_ref(), &kind)?,
            planned: convert::decode(request.planned_state.as_ref(), &kind)?,
            private: Private::from_bytes(&request.planned_private),
        };
        let mut output = resource.apply(inner.ready()?, input).await;
        let new_state = convert::encode(&output.state, &kind, &mut output.diagnostics);
        Ok((new_state, output))
    };
    match apply.await {
        Ok((new_state, output)) => proto::apply_resource_change::Response {
            new_state,
            private: output.private.to_bytes(),
            diagnostics: convert::diagnostics(output.diagnostics),
            new_identity: request.planned_identity,
            ..Default::default()
        },
        Err(error) => proto::apply_resource_change::Response {
            new_state: request.prior_state,
            private: request.planned_private,
            diagnostics: convert::diagnostics(failed(error)),
            new_identity: request.planned_identity,
            ..Default::default()
        },
    }
}

pub(super) async fn import_resource_state<P: Provider>(
    inner: &Inner<P>,
    request: proto::import_resource_state::Request,
) -> proto::import_resource_state::Response {
    let import = async {
        let resource = inner.resource(&request.type_name)?;
        let output = resource.import(inner.ready()?, request.id).await;
        Ok(imported(resource, output))
    };
    import.await.unwrap_or_else(|error| proto::import_resource_state::Response {
        diagnostics: convert::diagnostics(failed(error)),
        ..Default::default()
    })
}

fn imported<C>(
    resource: &dyn ManagedResource<C>,
    output: StateOutput,
) -> proto::import_resource_state::Response {
    let StateOutput { state, private, mut diagnostics } = output;
    if state.is_null() && diagnostics.errors.is_empty() {
        diagnostics.add_error(unknown_type("object to import in", resource.type_name()));
    }
    let found = if state == Dynamic::Null {
        Vec::new()
    } else {
        vec![proto::import_resource_state::ImportedResource {
            type_name: resource.type_name().to_owned(),
            state: convert::encode(&state, &resource.schema().kind(), &mut diagnostics),
            private: private.to_bytes(),
            ..Default::default()
        }]
    };
    proto::import_resource_state::Response {
        imported_resources: found,
        diagnostics: convert::diagnostics(diagnostics),
        ..Default::default()
    }
}
