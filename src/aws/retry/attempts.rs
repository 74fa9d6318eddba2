//! How long one call goes on, and what it repeats besides the SDK's own list.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_runtime::retries::classifiers::THROTTLING_ERRORS;
use aws_sdk_sts::config::retry::{ClassifyRetry, RetryAction};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, FinalizerInterceptorContextRef, InterceptorContext,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_runtime_api::client::retries::classifiers::RetryClassifierPriority;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use aws_smithy_types::retry::ErrorKind;
use tokio_util::sync::CancellationToken;

use super::{CALL_TIMEOUT, DEFAULT_MAX_ATTEMPTS, MAX_BACKOFF, MAX_CONNECT_ATTEMPTS};
use crate::aws::error::{Service, code_of};
use crate::aws::wait::{BackOff, Deadline};

/// Codes that the SDK takes for throttling and that tell of a quota, which waiting does not raise.
const QUOTAS: &[&str] = &["LimitExceededException"];

/// Codes that tell of throttling and that the SDK does not know.
const THROTTLING: &[&str] = &["APICallRateForCustomerExceeded"];

/// Codes of IAM that heal by themselves within moments, whatever the call.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html>
const HEALING: &[&str] = &["ConcurrentModification", "EntityTemporarilyUnmodifiable"];

/// With less time left there is no other attempt: pauses never lead beyond the end, so they would
/// become shorter and shorter.
const LAST_PAUSE: Duration = Duration::from_secs(1);

fn is_throttling(code: &str) -> bool {
    (THROTTLING_ERRORS.contains(&code) || THROTTLING.contains(&code)) && !QUOTAS.contains(&code)
}

/// Goes with a refusal whose reason is gone already: the same call can be made again at once.
#[derive(Clone, Copy, Debug)]
pub(in crate::aws) struct Mended;

/// Says of a refusal whether it is worth another attempt, after the SDK has said it.
#[derive(Debug)]
pub(in crate::aws) struct Verdict(pub(in crate::aws) Service);

impl ClassifyRetry for Verdict {
    fn name(&self) -> &'static str {
        "Verdict"
    }

    fn priority(&self) -> RetryClassifierPriority {
        RetryClassifierPriority::run_after(RetryClassifierPriority::transient_error_classifier())
    }

    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let Some(answer) = context.response() else { return RetryAction::NoActionIndicated };
        if answer.extension::<Mended>().is_some() {
            let kind = ErrorKind::ClientError;
            return RetryAction::retryable_error_with_explicit_delay(kind, Duration::ZERO);
        }
        match code_of(answer).as_deref() {
            Some(code) if QUOTAS.contains(&code) => RetryAction::RetryForbidden,
            Some(code) if THROTTLING.contains(&code) => RetryAction::throttling_error(),
            Some(code) if self.0 == Service::Iam && HEALING.contains(&code) => {
                RetryAction::server_error()
            }
            _ => RetryAction::NoActionIndicated,
        }
    }
}

/// How a call has gone so far.
#[derive(Clone, Copy, Debug)]
struct Course {
    /// When it has to end.
    until: Deadline,
    /// How many attempts were throttled.
    throttled: u32,
}

impl Storable for Course {
    type Storer = StoreReplace<Self>;
}

/// Ends the attempts of a call: with the time of its operation, when the provider is asked to stop,
/// or with their number. An attempt under way is never cut off, since it may change something.
#[derive(Debug)]
pub(in crate::aws) struct Attempts {
    /// As configured. Otherwise [`DEFAULT_MAX_ATTEMPTS`], and those that are throttled do not count.
    pub(in crate::aws) most: Option<u32>,
    /// The provider is asked to stop.
    pub(in crate::aws) stop: CancellationToken,
}

impl Attempts {
    /// How many attempts there may be, where `made` have been made.
    fn most(&self, made: u32, course: Course, unreachable: bool) -> u32 {
        if self.stop.is_cancelled() || course.until.remaining() < LAST_PAUSE {
            return made;
        }
        let (most, uncounted) = match self.most {
            Some(most) => (most, 0),
            None => (DEFAULT_MAX_ATTEMPTS, course.throttled),
        };
        let most = if unreachable { most.min(MAX_CONNECT_ATTEMPTS) } else { most };
        most.saturating_add(uncounted)
    }
}

#[dyn_dispatch_hint]
impl Intercept for Attempts {
    fn name(&self) -> &'static str {
        "Attempts"
    }

    fn read_before_execution(
        &self,
        _context: &BeforeSerializationInterceptorContextRef<'_>,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let until = Deadline::of_operation().unwrap_or_else(|| Deadline::after(CALL_TIMEOUT));
        config.interceptor_state().store_put(Course { until, throttled: 0 });
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let (Some(mut course), Some(retry), Some(made)) = (
            config.load::<Course>().copied(),
            config.load::<RetryConfig>().cloned(),
            config.load::<RequestAttempts>().map(RequestAttempts::attempts),
        ) else {
            return Ok(());
        };
        let left = course.until.remaining();
        let code = context.response().and_then(code_of);
        if let Some(code) = code.filter(|code| is_throttling(code)) {
            course.throttled += 1;
            let call = config.load::<Metadata>();
            tracing::info!(
                aws_service = call.map(Metadata::service),
                aws_operation = call.map(Metadata::name),
                code,
                attempts = made,
                seconds_left = left.as_secs(),
                "AWS throttles this call"
            );
        }
        let unreachable =
            matches!(context.output_or_error(), Some(Err(error)) if error.is_connector_error());
        let most = self.most(made, course, unreachable);
        let retry = retry.with_max_attempts(most).with_max_backoff(left.min(MAX_BACKOFF));
        config.interceptor_state().store_put(retry);
        config.interceptor_state().store_put(course);
        BackOff::may_follow();
        Ok(())
    }

    fn read_after_execution(
        &self,
        _context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        BackOff::does_not_follow();
        Ok(())
    }
}
