//! One line of the log.

use std::fmt::Debug;

use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::StaticFormatDescription;
use time::macros::format_description;
use tracing::field::{Field, Visit};

use crate::sensitive::without_secrets;

/// Core takes only exactly six fraction digits.
const TIMESTAMP: StaticFormatDescription =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z");

/// Bytes of one text; more is cut.
const LONGEST_TEXT: usize = 8 << 10;

/// Bytes of one line; core cuts at 64 KiB.
const LONGEST_LINE: usize = 60 << 10;

/// The field of an event that holds its message.
const MESSAGE: &str = "message";

/// The values of an event or a span.
#[derive(Debug, Default)]
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    /// Adds the fields of another, which count less than those added later.
    pub(super) fn extend(&mut self, other: &Self) {
        self.0.extend(other.0.iter().map(|(name, value)| (name.clone(), value.clone())));
    }

    fn set(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.set(field, told(&format!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, told(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, value);
    }
}

/// Now, in UTC, as core reads it.
pub(super) fn timestamp() -> Option<String> {
    OffsetDateTime::now_utc().format(TIMESTAMP).ok()
}

/// One line, with its end. Core crashes on an `@` key that is no string, so those are set here only.
pub(super) fn encode(
    level: &str,
    target: &str,
    mut fields: Fields,
    timestamp: Option<String>,
) -> String {
    let message = match fields.0.shift_remove(MESSAGE) {
        Some(Value::String(text)) => text,
        Some(other) => other.to_string(),
        None => String::new(),
    };
    let mut head = Map::new();
    head.insert("@level".to_owned(), level.into());
    head.insert("@message".to_owned(), message.into());
    if let Some(timestamp) = timestamp {
        head.insert("@timestamp".to_owned(), timestamp.into());
    }
    head.insert("@module".to_owned(), target.replace("::", ".").into());
    let mut whole = head.clone();
    whole.extend(fields.0.into_iter().filter(|(name, _)| !name.starts_with('@')));
    let mut line = Value::Object(whole).to_string();
    if line.len() > LONGEST_LINE {
        head.insert("fields_left_out".to_owned(), true.into());
        line = Value::Object(head).to_string();
    }
    line.push('\n');
    line
}

/// A text without any secret, cut to what a line can take: in this order, since half a secret is not
/// found.
fn told(text: &str) -> String {
    let mut text = without_secrets(text).into_owned();
    if text.len() > LONGEST_TEXT {
        text.truncate(text.floor_char_boundary(LONGEST_TEXT));
        text.push('…');
    }
    text
}
