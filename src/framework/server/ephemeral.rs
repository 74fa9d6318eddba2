//! The RPCs of ephemeral resources.
//!
//! What one gives is a secret as a rule: nothing of it is logged or told in a diagnostic here.

use std::time::SystemTime;

use super::{Inner, Provider, convert};
use crate::framework::ephemeral::Renewal;
use crate::framework::private::Private;
use crate::framework::value::{Diagnostic, Diagnostics, Dynamic};
use crate::plugin::proto::tfplugin6 as proto;

fn failed(error: Diagnostic) -> Vec<proto::Diagnostic> {
    let mut diagnostics = Diagnostics::default();
    diagnostics.add_error(error);
    convert::diagnostics(diagnostics)
}

fn timestamp(at: SystemTime) -> prost_types::Timestamp {
    prost_types::Timestamp::from(at)
}

pub(super) async fn validate_ephemeral_resource_config<P: Provider>(
    inner: &Inner<P>,
    request: proto::validate_ephemeral_resource_config::Request,
) -> proto::validate_ephemeral_resource_config::Response {
    let validate = || {
        let resource = inner.ephemeral_resource(&request.type_name)?;
        let config = convert::decode(request.config.as_ref(), &resource.schema().kind())?;
        Ok(convert::diagnostics(resource.validate(&config)))
    };
    let diagnostics = validate().unwrap_or_else(failed);
    proto::validate_ephemeral_resource_config::Response { diagnostics }
}

pub(super) async fn open_ephemeral_resource<P: Provider>(
    inner: &Inner<P>,
    request: proto::open_ephemeral_resource::Request,
) -> proto::open_ephemeral_resource::Response {
    let deferrable = request.client_capabilities.is_some_and(|client| client.deferral_allowed);
    let open = async {
        let resource = inner.ephemeral_resource(&request.type_name)?;
        let kind = resource.schema().kind();
        let config = convert::decode(request.config.as_ref(), &kind)?;
        let context = inner.context()?;
        let reason = if context.is_none() {
            Some(proto::deferred::Reason::ProviderConfigUnknown)
        } else if config.is_wholly_known() {
            None
        } else {
            Some(proto::deferred::Reason::ResourceConfigUnknown)
        };
        if let (Some(reason), true) = (reason, deferrable) {
            let mut diagnostics = Diagnostics::default();
            return Ok(proto::open_ephemeral_resource::Response {
                result: convert::encode(&Dynamic::Unknown, &kind, &mut diagnostics),
                deferred: Some(proto::Deferred { reason: reason.into() }),
                diagnostics: convert::diagnostics(diagnostics),
                ..Default::default()
            });
        }
        let mut output = resource.open(context, config).await;
        Ok(proto::open_ephemeral_resource::Response {
            result: convert::encode(&output.result, &kind, &mut output.diagnostics),
            private: Some(output.private.to_bytes()),
            renew_at: output.renew_at.map(timestamp),
            diagnostics: convert::diagnostics(output.diagnostics),
            ..Default::default()
        })
    };
    open.await.unwrap_or_else(|error| proto::open_ephemeral_resource::Response {
        diagnostics: failed(error),
        ..Default::default()
    })
}

pub(super) async fn renew_ephemeral_resource<P: Provider>(
    inner: &Inner<P>,
    request: proto::renew_ephemeral_resource::Request,
) -> proto::renew_ephemeral_resource::Response {
    let mut private = Private::from_bytes(request.private.as_deref().unwrap_or_default());
    let renew = async {
        let resource = inner.ephemeral_resource(&request.type_name)?;
        resource.renew(inner.context()?, &mut private).await
    };
    let renewed = renew.await;
    let private = Some(private.to_bytes());
    match renewed {
        Ok(Renewal { renew_at, warning }) => {
            let mut diagnostics = Diagnostics::default();
            diagnostics.warnings.extend(warning);
            proto::renew_ephemeral_resource::Response {
                renew_at: renew_at.map(timestamp),
                private,
                diagnostics: convert::diagnostics(diagnostics),
            }
        }
        Err(error) => proto::renew_ephemeral_resource::Response {
            renew_at: None,
            private,
            diagnostics: failed(error),
        },
    }
}

pub(super) async fn close_ephemeral_resource<P: Provider>(
    inner: &Inner<P>,
    request: proto::close_ephemeral_resource::Request,
) -> proto::close_ephemeral_resource::Response {
    let close = async {
        let resource = inner.ephemeral_resource(&request.type_name)?;
        let private = Private::from_bytes(request.private.as_deref().unwrap_or_default());
        resource.close(inner.context()?, private).await
    };
    let diagnostics = close.await.map_or_else(failed, |()| Vec::new());
    proto::close_ephemeral_resource::Response { diagnostics }
}
