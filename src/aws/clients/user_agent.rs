//! Our name in the user agent of every request.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

use crate::aws::settings::Settings;

/// Appends `terraform-provider-officeless/VERSION` and configured tokens to the user agent.
#[derive(Debug)]
pub(super) struct UserAgent {
    suffix: String,
}

impl UserAgent {
    pub(super) fn new(settings: &Settings) -> Self {
        let mut suffix = format!(" terraform-provider-officeless/{}", settings.version);
        for token in &settings.user_agent {
            suffix.push(' ');
            // A header holds visible ASCII and spaces only.
            suffix.extend(token.chars().filter(|c| c.is_ascii_graphic() || *c == ' '));
        }
        Self { suffix }
    }
}

#[dyn_dispatch_hint]
impl Intercept for UserAgent {
    fn name(&self) -> &'static str {
        "UserAgent"
    }

    /// Just before sending: the header is no part of the signature.
    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let headers = context.request_mut().headers_mut();
        let agent = format!("{}{}", headers.get("user-agent").unwrap_or_default(), self.suffix);
        headers.insert("user-agent", agent.trim_start().to_owned());
        Ok(())
    }
}
