//! Faults: which calls they meet, how often, and what happens to those.

use super::call::Call;
use super::reply::Reply;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// A function that rewrites an answer.
type Change = Arc<dyn Fn(&Call, &mut Reply) + Send + Sync>;

/// What a fault does to a call.
#[derive(Clone)]
pub enum Effect {
    /// Answered by the proxy with this error; the emulator never sees the call.
    Refuse {
        /// The HTTP status.
        status: u16,
        /// AWS's error code.
        code: String,
        /// The message.
        message: String,
    },
    /// Refused for want of rights, in the words of the service.
    Deny,
    /// Refused as throttled, in the words of the service.
    Throttle,
    /// Refused with a failure of AWS's side, in the words of the service.
    ServerError,
    /// Refused because the session has ended, in the words of the service.
    Expire,
    /// AWS's clock is so many seconds ahead of this machine's, or behind: what is signed for another
    /// time is refused in the words of the service, and answers tell AWS's time.
    Clock(i64),
    /// Carried out, but the connection is cut before the answer.
    LoseAnswer,
    /// The connection is cut before anything is carried out.
    LoseRequest,
    /// Carried out, and not answered as long as the fault is there: whoever called may end meanwhile.
    /// See [`crate::Proxy::held`].
    Hold,
    /// Carried out after a while.
    Delay(Duration),
    /// Carried out once the fault is taken away.
    Postpone,
    /// Carried out; a field of the answer is set wherever it occurs, as `LifeCycleState` to `creating`.
    Pretend {
        /// The JSON member or XML element.
        field: String,
        /// Its value.
        value: String,
    },
    /// For a thing that is deleted: the last good answer to the same read is given once more, with a
    /// field set, as `LifeCycleState` to `deleting`.
    Linger {
        /// The JSON member or XML element.
        field: String,
        /// Its value.
        value: String,
    },
    /// Carried out; the answer is rewritten.
    Rewrite(Change),
}

impl Effect {
    /// An error with a status and a code.
    pub fn refuse(status: u16, code: &str) -> Self {
        Self::Refuse {
            status,
            code: code.to_owned(),
            message: "refused by the test bench".to_owned(),
        }
    }

    /// A field pretended to have a value.
    pub fn pretend(field: &str, value: &str) -> Self {
        Self::Pretend { field: field.to_owned(), value: value.to_owned() }
    }

    /// The last good answer once more, with a field set.
    pub fn linger(field: &str, value: &str) -> Self {
        Self::Linger { field: field.to_owned(), value: value.to_owned() }
    }

    /// An answer rewritten by a function.
    pub fn rewrite(change: impl Fn(&Call, &mut Reply) + Send + Sync + 'static) -> Self {
        Self::Rewrite(Arc::new(change))
    }
}

impl fmt::Debug for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refuse { status, code, .. } => write!(f, "Refuse({status} {code})"),
            Self::Deny => f.write_str("Deny"),
            Self::Throttle => f.write_str("Throttle"),
            Self::ServerError => f.write_str("ServerError"),
            Self::Expire => f.write_str("Expire"),
            Self::Clock(seconds) => write!(f, "Clock({seconds} s)"),
            Self::LoseAnswer => f.write_str("LoseAnswer"),
            Self::LoseRequest => f.write_str("LoseRequest"),
            Self::Hold => f.write_str("Hold"),
            Self::Delay(time) => write!(f, "Delay({time:?})"),
            Self::Postpone => f.write_str("Postpone"),
            Self::Pretend { field, value } => write!(f, "Pretend({field}={value})"),
            Self::Linger { field, value } => write!(f, "Linger({field}={value})"),
            Self::Rewrite(_) => f.write_str("Rewrite"),
        }
    }
}

/// Which calls a fault is meant for.
#[derive(Clone)]
enum Aim {
    Operation { service: String, operation: String },
    Every,
    Test(Arc<dyn Fn(&Call) -> bool + Send + Sync>),
}

/// A fault of one account. By default it meets the first fitting call, once, with a server error.
#[derive(Clone)]
pub struct Fault {
    account: String,
    aim: Aim,
    skip: usize,
    times: usize,
    same_call: bool,
    effect: Effect,
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { account, skip, times, effect, .. } = self;
        write!(f, "Fault({account}, skip {skip}, times {times}, {effect:?})")
    }
}

impl Fault {
    fn aimed(account: &str, aim: Aim) -> Self {
        Self {
            account: account.to_owned(),
            aim,
            skip: 0,
            times: 1,
            same_call: false,
            effect: Effect::ServerError,
        }
    }

    /// Meets calls of an operation. `service` is the signing name; `efs` is understood.
    pub fn on(account: &str, service: &str, operation: &str) -> Self {
        let service = if service == "efs" { "elasticfilesystem" } else { service };
        let aim = Aim::Operation { service: service.to_owned(), operation: operation.to_owned() };
        Self::aimed(account, aim)
    }

    /// Meets the call with this index, counted from 0 at the injection, whatever it is.
    pub fn at_call(account: &str, index: usize) -> Self {
        Self::aimed(account, Aim::Every).skip(index)
    }

    /// Meets every call.
    pub fn every(account: &str) -> Self {
        Self::aimed(account, Aim::Every).always()
    }

    /// Meets calls that fit a test.
    pub fn when(account: &str, test: impl Fn(&Call) -> bool + Send + Sync + 'static) -> Self {
        Self::aimed(account, Aim::Test(Arc::new(test)))
    }

    /// Lets the first fitting calls pass.
    #[must_use]
    pub fn skip(mut self, calls: usize) -> Self {
        self.skip = calls;
        self
    }

    /// Meets this many calls.
    #[must_use]
    pub fn times(mut self, calls: usize) -> Self {
        self.times = calls;
        self
    }

    /// After the first call it meets, meets only what repeats that call, word for word.
    #[must_use]
    pub fn same_call(mut self) -> Self {
        self.same_call = true;
        self
    }

    /// Meets every fitting call until it is removed.
    #[must_use]
    pub fn always(self) -> Self {
        self.times(usize::MAX)
    }

    /// What happens.
    #[must_use]
    pub fn effect(mut self, effect: Effect) -> Self {
        self.effect = effect;
        self
    }

    fn fits(&self, call: &Call) -> bool {
        self.account == call.account
            && match &self.aim {
                Aim::Operation { service, operation } => {
                    *service == call.service && *operation == call.operation
                }
                Aim::Every => true,
                Aim::Test(test) => test(call),
            }
    }
}

/// Names an injected fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FaultId(u64);

/// The injected faults and how often each was met.
#[derive(Debug, Default)]
pub(super) struct Faults {
    active: Vec<Active>,
    next: u64,
}

#[derive(Debug)]
struct Active {
    id: FaultId,
    fault: Fault,
    seen: usize,
    hits: usize,
    held: usize,
    /// The first call it met, as far as a repetition is the same.
    first: Option<String>,
}

impl Faults {
    pub(super) fn add(&mut self, fault: Fault) -> FaultId {
        self.next += 1;
        let id = FaultId(self.next);
        self.active.push(Active { id, fault, seen: 0, hits: 0, held: 0, first: None });
        id
    }

    pub(super) fn hits(&self, id: FaultId) -> usize {
        self.active.iter().find(|active| active.id == id).map_or(0, |active| active.hits)
    }

    /// Notes that a call waits for the fault to go.
    pub(super) fn hold(&mut self, id: FaultId) {
        if let Some(active) = self.active.iter_mut().find(|active| active.id == id) {
            active.held += 1;
        }
    }

    pub(super) fn held(&self, id: FaultId) -> usize {
        self.active.iter().find(|active| active.id == id).map_or(0, |active| active.held)
    }

    pub(super) fn is_there(&self, id: FaultId) -> bool {
        self.active.iter().any(|active| active.id == id)
    }

    pub(super) fn remove(&mut self, id: FaultId) {
        self.active.retain(|active| active.id != id);
    }

    pub(super) fn remove_all(&mut self, account: &str) {
        self.active.retain(|active| active.fault.account != account);
    }

    /// The first fault that meets a call, with its effect. Every fitting fault counts the call.
    pub(super) fn meet(&mut self, call: &Call) -> Option<(FaultId, Effect)> {
        let mut effect = None;
        for active in &mut self.active {
            if !active.fault.fits(call) {
                continue;
            }
            active.seen += 1;
            let other = active.fault.same_call
                && active.first.as_ref().is_some_and(|first| *first != call.target());
            let due = active.seen > active.fault.skip && active.hits < active.fault.times;
            if due && !other && effect.is_none() {
                active.hits += 1;
                active.first.get_or_insert_with(|| call.target());
                effect = Some((active.id, active.fault.effect.clone()));
            }
        }
        effect
    }
}
