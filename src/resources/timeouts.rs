//! The `timeouts` attribute: how long each operation on a composite may take as a whole.

use std::time::Duration;

use crate::aws::wait::Deadline;
use crate::framework::check::Check;
use crate::framework::schema::Attribute;
use crate::framework::value::Value;
use crate::model;
use crate::platform::duration;

model! {
    /// The attribute as configured: durations in Go's spelling.
    pub struct Timeouts {
        /// For create.
        pub create: Value<String>,
        /// For update.
        pub update: Value<String>,
        /// For delete.
        pub delete: Value<String>,
    }
}

/// The operations that have a timeout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// From nothing to complete.
    Create,
    /// From one configuration to another.
    Update,
    /// From something to nothing.
    Delete,
}

impl Operation {
    /// What an apply does, by what exists before it.
    pub fn of<M>(prior: Option<&M>) -> Self {
        if prior.is_some() { Self::Update } else { Self::Create }
    }
}

/// What each operation of one composite may take when configuration is silent, in minutes.
#[derive(Clone, Copy, Debug)]
pub struct Defaults {
    /// For create.
    pub create_minutes: u64,
    /// For update.
    pub update_minutes: u64,
    /// For delete.
    pub delete_minutes: u64,
}

impl Defaults {
    /// The attribute, with these defaults told.
    pub fn attribute(&self) -> Attribute {
        let one = |name: &'static str, minutes: u64| {
            Attribute::string(name)
                .describe(format!(
                    "A duration such as `30m` or `1h30m`, for all steps together. Defaults to \
                     `{minutes}m`."
                ))
                .check(Check::text(|text| {
                    duration::parse(text).map(|_| ()).map_err(|problem| problem.to_string())
                }))
        };
        let members = vec![
            one("create", self.create_minutes),
            one("update", self.update_minutes),
            one("delete", self.delete_minutes),
        ];
        Attribute::object("timeouts", members)
            .describe("How long each operation may take before it fails with what exists then.")
    }

    /// The deadline of an operation that begins now.
    pub fn deadline(&self, timeouts: &Value<Timeouts>, operation: Operation) -> Deadline {
        let configured = match (timeouts, operation) {
            (Value::Value(timeouts), Operation::Create) => &timeouts.create,
            (Value::Value(timeouts), Operation::Update) => &timeouts.update,
            (Value::Value(timeouts), Operation::Delete) => &timeouts.delete,
            _ => &Value::Null,
        };
        let minutes = match operation {
            Operation::Create => self.create_minutes,
            Operation::Update => self.update_minutes,
            Operation::Delete => self.delete_minutes,
        };
        let span = match configured {
            Value::Value(text) => duration::parse(text).ok(),
            _ => None,
        };
        Deadline::after(span.unwrap_or(Duration::from_secs(minutes * 60)))
    }
}
