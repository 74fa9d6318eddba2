//! The five faults that a call can meet.

use std::time::Duration;

use officeless_testbench::{Effect, Fault};

/// How long an operation may take where a call is delayed beyond it: far longer than any operation
/// against an emulator, which also runs others.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(45);

/// How often a call is throttled.
const THROTTLED: usize = 3;

/// What happens to one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Refused,
    Throttled,
    FailedOnce,
    AnswerLost,
    Delayed,
}

impl Kind {
    pub(crate) const ALL: [Self; 5] =
        [Self::Refused, Self::Throttled, Self::FailedOnce, Self::AnswerLost, Self::Delayed];

    /// Its name in the report and on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Throttled => "throttled",
            Self::FailedOnce => "failed-once",
            Self::AnswerLost => "answer-lost",
            Self::Delayed => "delayed",
        }
    }

    /// The fault at the call of this index, counted from now.
    pub(crate) fn at_call(self, account: &str, index: usize) -> Fault {
        let fault = Fault::at_call(account, index);
        match self {
            Self::Refused => fault.effect(Effect::Deny),
            Self::Throttled => fault.times(THROTTLED).same_call().effect(Effect::Throttle),
            Self::FailedOnce => fault.effect(Effect::ServerError),
            Self::AnswerLost => fault.effect(Effect::LoseAnswer),
            Self::Delayed => fault.effect(Effect::Delay(TIMEOUT + Duration::from_secs(1))),
        }
    }

    /// Whether the operation has to end well in spite of it.
    pub(crate) fn is_sat_out(self) -> bool {
        matches!(self, Self::Throttled | Self::FailedOnce)
    }
}
