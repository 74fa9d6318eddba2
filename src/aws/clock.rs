//! AWS's time, whatever this machine's clock shows.
//!
//! A signature holds for some minutes around its time, and a session ends at a time of AWS's. So
//! all of a connection goes by one [`Clock`]: the machine's, put right by the `Date` of any answer
//! that is further off than an answer can take. An attempt that was refused and whose answer shows
//! that it was signed for another time is made once more at once. That costs one call for a
//! connection.
//!
//! The SDK has a correction of its own, for each client and for signatures only; it is off wherever
//! this one is at work.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeDeserializationInterceptorContextMut, BeforeTransmitInterceptorContextRef,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::DateTime;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use aws_smithy_types::date_time::Format;
use aws_types::sdk_config::TimeSource;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::retry::Mended;

/// A clock that is off by less is left as it is: AWS accepts five minutes and more, and an answer
/// tells its time in whole seconds.
const TOLERANCE: Duration = Duration::from_mins(1);

/// AWS's clock, as far as answers have told it. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Clock {
    /// Milliseconds by which AWS is ahead of this machine.
    ahead: Arc<AtomicI64>,
}

impl Clock {
    fn ahead(&self) -> i64 {
        self.ahead.load(Ordering::Relaxed)
    }

    /// What this machine's clock shows at a time of AWS's.
    pub(super) fn on_this_machine(&self, time: SystemTime) -> SystemTime {
        shifted(time, -self.ahead())
    }
}

impl TimeSource for Clock {
    fn now(&self) -> SystemTime {
        shifted(SystemTime::now(), self.ahead())
    }
}

fn shifted(time: SystemTime, milliseconds: i64) -> SystemTime {
    let shift = Duration::from_millis(milliseconds.unsigned_abs());
    let shifted = if milliseconds < 0 { time.checked_sub(shift) } else { time.checked_add(shift) };
    shifted.unwrap_or(time)
}

/// Milliseconds from one time to another, negative backwards.
fn milliseconds(from: SystemTime, to: SystemTime) -> i64 {
    let count = |span: Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
    match to.duration_since(from) {
        Ok(ahead) => count(ahead),
        Err(behind) => -count(behind.duration()),
    }
}

/// When an attempt was signed: by this machine's clock, and what was taken for the difference.
#[derive(Clone, Copy, Debug)]
struct Signed {
    at: SystemTime,
    ahead: i64,
}

impl Storable for Signed {
    type Storer = StoreReplace<Self>;
}

/// Goes with an answer to an attempt that was signed for another time than AWS's.
#[derive(Clone, Copy, Debug)]
pub(super) struct Misdated {
    machine: SystemTime,
    aws: SystemTime,
}

impl Misdated {
    /// What both clocks showed, where the time of the request is why it was refused.
    pub(super) fn of(answer: &HttpResponse) -> Option<&Self> {
        // What AWS has looked into further, its time was no hindrance for.
        let refused = matches!(answer.status().as_u16(), 400 | 401 | 403);
        answer.extension::<Self>().filter(|_| refused)
    }
}

impl fmt::Display for Misdated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |time| OffsetDateTime::from(time).truncate_to_second().format(&Rfc3339);
        let (machine, aws) = (shown(self.machine), shown(self.aws));
        let (machine, aws) = (machine.unwrap_or_default(), aws.unwrap_or_default());
        write!(f, "this machine's clock shows {machine}, AWS's {aws}")
    }
}

#[dyn_dispatch_hint]
impl Intercept for Clock {
    fn name(&self) -> &'static str {
        "Clock"
    }

    fn read_before_signing(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let signed = Signed { at: SystemTime::now(), ahead: self.ahead() };
        config.interceptor_state().store_put(signed);
        Ok(())
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let answer = context.response_mut();
        let (Some(signed), Some(aws)) = (config.load::<Signed>().copied(), date(answer)) else {
            return Ok(());
        };
        let machine = SystemTime::now();
        // AWS wrote its time somewhere between sending and now.
        let half = machine.duration_since(signed.at).unwrap_or_default() / 2;
        let ahead = milliseconds(signed.at + half, aws);
        let off = Duration::from_millis(ahead.abs_diff(signed.ahead));
        if off > TOLERANCE + half {
            self.ahead.store(ahead, Ordering::Relaxed);
            let misdated = Misdated { machine, aws };
            tracing::warn!("{misdated}; requests are signed for AWS's from now on");
            answer.add_extension(misdated);
            if Misdated::of(answer).is_some() {
                answer.add_extension(Mended);
            }
        }
        Ok(())
    }
}

fn date(answer: &HttpResponse) -> Option<SystemTime> {
    let date = DateTime::from_str(answer.headers().get("date")?, Format::HttpDate).ok()?;
    SystemTime::try_from(date).ok()
}
