//! The RPCs of functions. None of them asks whether the provider is configured.

use std::collections::BTreeMap;

use super::{Inner, Provider, convert, unknown_type};
use crate::framework::diagnostic::provider_bug;
use crate::framework::function::{self, Function, FunctionError, Parameter};
use crate::framework::value::{Diagnostic, Diagnostics, Dynamic};
use crate::plugin::proto::tfplugin6 as proto;

/// Every function by its name, as message.
pub(super) fn signatures<P: Provider>(inner: &Inner<P>) -> BTreeMap<String, proto::Function> {
    let functions = inner.functions.iter();
    functions.map(|(name, function)| ((*name).to_owned(), message(function.as_ref()))).collect()
}

fn message(function: &dyn Function) -> proto::Function {
    let signature = function.signature();
    proto::Function {
        parameters: signature.parameters.iter().map(parameter).collect(),
        variadic_parameter: signature.variadic.as_ref().map(parameter),
        r#return: Some(proto::function::Return {
            r#type: signature.returns.to_json().to_string().into_bytes(),
        }),
        summary: signature.summary.to_owned(),
        description: signature.description.to_owned(),
        description_kind: proto::StringKind::Markdown.into(),
        deprecation_message: String::new(),
    }
}

fn parameter(parameter: &Parameter) -> proto::function::Parameter {
    proto::function::Parameter {
        name: parameter.name.to_owned(),
        r#type: parameter.accepts.kind().to_json().to_string().into_bytes(),
        allow_null_value: parameter.nullable,
        allow_unknown_values: false,
        description: parameter.description.to_string(),
        description_kind: proto::StringKind::Markdown.into(),
    }
}

pub(super) async fn get_functions<P: Provider>(
    inner: &Inner<P>,
    _request: proto::get_functions::Request,
) -> proto::get_functions::Response {
    proto::get_functions::Response { functions: signatures(inner), diagnostics: Vec::new() }
}

pub(super) async fn call_function<P: Provider>(
    inner: &Inner<P>,
    request: proto::call_function::Request,
) -> proto::call_function::Response {
    match call(inner, &request) {
        Ok(result) => proto::call_function::Response { result: Some(result), error: None },
        Err(error) => proto::call_function::Response {
            result: None,
            error: Some(proto::FunctionError {
                // Core makes a sentence of it, and adds the full stop.
                text: error.text.trim_end_matches('.').to_owned(),
                function_argument: error.argument.and_then(|index| i64::try_from(index).ok()),
            }),
        },
    }
}

/// The answer of a call that broke off in a panic.
pub(super) fn panicked(diagnostics: Vec<proto::Diagnostic>) -> proto::call_function::Response {
    let text = diagnostics.into_iter().map(|told| told.detail).collect();
    let error = Some(proto::FunctionError { text, function_argument: None });
    proto::call_function::Response { result: None, error }
}

fn call<P: Provider>(
    inner: &Inner<P>,
    request: &proto::call_function::Request,
) -> Result<proto::DynamicValue, FunctionError> {
    let bug = |diagnostic: Diagnostic| FunctionError::new(diagnostic.detail.into_owned());
    let function = inner.functions.get(request.name.as_str());
    let function = function.ok_or_else(|| bug(unknown_type("function", &request.name)))?;
    let signature = function.signature();
    let mut arguments = Vec::with_capacity(request.arguments.len());
    for (index, argument) in request.arguments.iter().enumerate() {
        let parameter = signature.parameter(index).ok_or_else(|| {
            bug(provider_bug(&format!("{} takes no argument {index}.", request.name)))
        })?;
        let value = convert::decode(Some(argument), &parameter.accepts.kind()).map_err(bug)?;
        arguments.push(value);
    }
    let result: Dynamic = function::call(function.as_ref(), arguments)?;
    let mut diagnostics = Diagnostics::default();
    convert::encode(&result, &signature.returns, &mut diagnostics).ok_or_else(|| {
        let told = diagnostics.errors.into_iter().next().map(bug);
        told.unwrap_or_else(|| FunctionError::new("the result cannot be encoded"))
    })
}
