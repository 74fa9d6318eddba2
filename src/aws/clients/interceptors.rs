//! What every request gets: our name in the user agent, and a limit on attempts to connect.

use aws_config::retry::RetryConfig;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextMut, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};

use crate::aws::retry::MAX_CONNECT_ATTEMPTS;
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

/// Attempts configured for the call, kept while they are limited.
#[derive(Clone, Copy, Debug)]
struct Configured(u32);

impl Storable for Configured {
    type Storer = StoreReplace<Self>;
}

/// Allows [`MAX_CONNECT_ATTEMPTS`] while no connection can be made, and the configured number for
/// everything else.
#[derive(Debug)]
pub(super) struct ConnectAttempts;

#[dyn_dispatch_hint]
impl Intercept for ConnectAttempts {
    fn name(&self) -> &'static str {
        "ConnectAttempts"
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(retry) = config.load::<RetryConfig>().cloned() else { return Ok(()) };
        let configured =
            config.load::<Configured>().copied().unwrap_or(Configured(retry.max_attempts()));
        let unreachable = match context.output_or_error() {
            Some(Err(error)) => error.is_connector_error(),
            _ => false,
        };
        let attempts =
            if unreachable { configured.0.min(MAX_CONNECT_ATTEMPTS) } else { configured.0 };
        if attempts != retry.max_attempts() {
            config.interceptor_state().store_put(configured);
            config.interceptor_state().store_put(retry.with_max_attempts(attempts));
        }
        Ok(())
    }
}
