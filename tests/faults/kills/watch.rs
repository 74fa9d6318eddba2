//! What the provider's waits tell in their logs, by account, while it runs in this process.
//!
//! A play runs in a span with its account; the events of [`officeless::aws::wait`] within it are noted
//! here. At the beginning of one chosen wait something can be done, before its first poll.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

/// Where the waits are.
const WAITS: &str = "officeless::aws::wait";

/// One wait, as it begins.
#[derive(Clone, Debug)]
pub(crate) struct Wait {
    /// The operation that polls, by AWS's name where it is one call.
    pub(crate) operation: String,
    /// What is waited for.
    pub(crate) what: String,
}

type Trap = Box<dyn FnOnce(&Wait) + Send>;

/// What is known of one account.
#[derive(Default)]
struct Notes {
    waits: Vec<Wait>,
    /// At which wait something is to be done, and what.
    trap: Option<(usize, Trap)>,
    /// Whether that was done.
    sprung: bool,
    /// Polls since then that saw no end of a wait, and attempts that AWS was not ready for.
    going_on: usize,
}

static NOTES: LazyLock<Mutex<HashMap<String, Notes>>> = LazyLock::new(Mutex::default);

fn notes() -> MutexGuard<'static, HashMap<String, Notes>> {
    NOTES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Begins to note.
pub(crate) fn install() {
    let subscriber = Registry::default().with(Watch);
    tracing::subscriber::set_global_default(subscriber).expect("nobody else logs here");
}

/// The span in which an account plays.
pub(crate) fn span(account: &str) -> tracing::Span {
    tracing::info_span!("play", account)
}

/// Forgets what was noted of an account, and what was to be done.
pub(crate) fn forget(account: &str) {
    notes().remove(account);
}

/// The waits of an account so far.
pub(crate) fn waits(account: &str) -> Vec<Wait> {
    notes().get(account).map(|notes| notes.waits.clone()).unwrap_or_default()
}

/// Does something when the wait of this number begins.
pub(crate) fn at_wait(account: &str, number: usize, act: impl FnOnce(&Wait) + Send + 'static) {
    notes().entry(account.to_owned()).or_default().trap = Some((number, Box::new(act)));
}

/// Whether that was done.
pub(crate) fn sprung(account: &str) -> bool {
    notes().get(account).is_some_and(|notes| notes.sprung)
}

/// How often a wait was seen to go on, and AWS not to be ready, since a trap was sprung or at all.
pub(crate) fn going_on(account: &str) -> usize {
    notes().get(account).map(|notes| notes.going_on).unwrap_or_default()
}

/// The fields that count.
#[derive(Default)]
struct Fields(HashMap<&'static str, String>);

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

/// The account of a span.
struct Account(String);

struct Watch;

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Watch {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        if metadata.is_span() {
            metadata.target() == module_path!()
        } else {
            metadata.target() == WAITS
        }
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let (Some(span), Some(account)) = (context.span(id), fields.0.remove("account")) {
            span.extensions_mut().insert(Account(account));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let spans = context.event_scope(event).into_iter().flatten();
        let mut accounts = spans
            .filter_map(|span| span.extensions().get::<Account>().map(|account| account.0.clone()));
        let Some(account) = accounts.next() else { return };
        let mut fields = Fields::default();
        event.record(&mut fields);
        let mut field = |name| fields.0.remove(name).unwrap_or_default();
        let mut all = notes();
        let notes = all.entry(account).or_default();
        match field("message").as_str() {
            "waiting" => {
                let wait = Wait { operation: field("aws_operation"), what: field("what") };
                let number = notes.waits.len();
                notes.waits.push(wait.clone());
                if let Some((_, act)) = notes.trap.take_if(|(at, _)| *at == number) {
                    notes.sprung = true;
                    notes.going_on = 0;
                    drop(all);
                    act(&wait);
                }
            }
            "still waiting" | "AWS is not ready for this call yet" => notes.going_on += 1,
            _ => {}
        }
    }
}
