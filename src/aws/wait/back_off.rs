//! The SDK's sleep: like any other, but that its pauses between two attempts end when the provider
//! is asked to stop. Its time limits are sleeps too, and those must not end early.
//!
//! The SDK does not say which sleep is which. But nothing is awaited between the end of an attempt
//! and the pause that follows it, so the next sleep begun on the same thread is the pause, unless
//! the call ends without one.

use std::cell::Cell;
use std::time::Duration;

use aws_sdk_sts::config::{AsyncSleep, Sleep};
use tokio_util::sync::CancellationToken;

thread_local! {
    static NEXT: Cell<bool> = const { Cell::new(false) };
}

/// Sleeps for the SDK.
#[derive(Clone, Debug)]
pub(in crate::aws) struct BackOff {
    /// The provider is asked to stop.
    pub(in crate::aws) stop: CancellationToken,
}

impl BackOff {
    /// An attempt has ended: the next sleep is the pause before another.
    pub(in crate::aws) fn may_follow() {
        NEXT.set(true);
    }

    /// The call has ended: there is no pause.
    pub(in crate::aws) fn does_not_follow() {
        NEXT.set(false);
    }
}

impl AsyncSleep for BackOff {
    fn sleep(&self, duration: Duration) -> Sleep {
        #[allow(clippy::disallowed_methods, reason = "this is the one place that waits")]
        let sleep = tokio::time::sleep(duration);
        if !NEXT.take() {
            return Sleep::new(sleep);
        }
        let stop = self.stop.clone();
        Sleep::new(async move {
            tokio::select! {
                () = stop.cancelled_owned() => {}
                () = sleep => {}
            }
        })
    }
}
