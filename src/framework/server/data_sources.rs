//! The RPCs of data sources.

use super::{Inner, Provider, convert};
use crate::framework::value::Diagnostics;
use crate::plugin::proto::tfplugin6 as proto;

pub(super) async fn validate_data_resource_config<P: Provider>(
    inner: &Inner<P>,
    request: proto::validate_data_resource_config::Request,
) -> proto::validate_data_resource_config::Response {
    let validate = || {
        let source = inner.data_source(&request.type_name)?;
        let config = convert::decode(request.config.as_ref(), &source.schema().kind())?;
        Ok(source.validate(&config))
    };
    let diagnostics = validate().unwrap_or_else(|error| {
        let mut diagnostics = Diagnostics::default();
        diagnostics.add_error(error);
        diagnostics
    });
    let diagnostics = convert::diagnostics(diagnostics);
    proto::validate_data_resource_config::Response { diagnostics }
}

pub(super) async fn read_data_source<P: Provider>(
    inner: &Inner<P>,
    request: proto::read_data_source::Request,
) -> proto::read_data_source::Response {
    let mut diagnostics = Diagnostics::default();
    let read = async {
        let source = inner.data_source(&request.type_name)?;
        let kind = source.schema().kind();
        let config = convert::decode(request.config.as_ref(), &kind)?;
        let output = source.read(inner.context()?, config).await;
        diagnostics.add_diagnostics(output.diagnostics);
        Ok(convert::encode(&output.state, &kind, &mut diagnostics))
    };
    let state = read.await.unwrap_or_else(|error| {
        diagnostics.add_error(error);
        None
    });
    let diagnostics = convert::diagnostics(diagnostics);
    proto::read_data_source::Response { state, diagnostics, ..Default::default() }
}
