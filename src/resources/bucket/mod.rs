//! One S3 bucket, for every room that has any: what is wanted of it, what AWS has, the walk from
//! the one to the other, and its end.
//!
//! Steps, one after the other, because S3 refuses settings written at the same time:
//!
//! 1. `bucket`: asked whose the name is, then created with the owner tag and the creation marker.
//! 2. The settings in the order of [`SETTINGS`], those that differ only.
//! 3. `tags`: the creation marker comes off when the whole composite is done.
//!
//! Taken over: a bucket that carries the owner's tag and still the creation marker, and that no create
//! is at work at, that is, what one left behind that never ended. Nothing else, ever.

mod delete;
mod observed;
pub mod permissions;
mod place;
mod walk;

pub use delete::{Emptying, delete_bucket};
pub use observed::{
    Further, OWNERSHIP, Observed, Reading, TLS_STATEMENT, Tagged, read, statements,
};
pub use place::{Place, place, place_for_plan};
pub use walk::{SETTINGS, Told, Walk, Walked, Whose};

use crate::aws::s3::cors::CorsRule;
use crate::aws::s3::lifecycle::Lifecycle;
use crate::aws::s3::notifications::Notifications;
use crate::aws::s3::object_lock::ObjectLock;
use crate::aws::s3::replication::Replication;
use crate::aws::s3::settings::{Encryption, Logging, PublicAccessBlock};
use crate::framework::value::Value;

/// A bucket in words.
pub fn named(name: &str) -> String {
    format!("bucket {name}")
}

/// Versioning of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Versioning {
    /// Never enabled; where it once was, suspended.
    Disabled,
    /// On.
    Enabled,
    /// Off for new objects; old versions remain.
    Suspended,
}

impl Versioning {
    /// Reads the spelling of configuration.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "Disabled" => Some(Self::Disabled),
            "Enabled" => Some(Self::Enabled),
            "Suspended" => Some(Self::Suspended),
            _ => None,
        }
    }

    /// What S3 answers (`None`: never enabled) read as a setting.
    pub fn observed(status: Option<&str>) -> Self {
        status.and_then(Self::parse).unwrap_or(Self::Disabled)
    }

    /// The spelling of configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Disabled => "Disabled",
            Self::Enabled => "Enabled",
            Self::Suspended => "Suspended",
        }
    }

    /// Whether a bucket that is `observed` needs no call to be this.
    pub fn is_met_by(self, observed: Self) -> bool {
        self == observed || (self == Self::Disabled && observed == Self::Suspended)
    }
}

/// Everything wanted of one bucket.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// What is refused to the public.
    pub public_access_block: PublicAccessBlock,
    /// Default encryption.
    pub encryption: Encryption,
    /// Versioning.
    pub versioning: Versioning,
    /// The whole lifecycle; without rules there is none.
    pub lifecycle: Lifecycle,
    /// The bucket policy.
    pub policy: WantedPolicy,
    /// Access logs.
    pub logging: Option<Logging>,
    /// What only some rooms manage; absent where it is left as it is.
    pub further: Option<WantedFurther>,
}

/// What is wanted of a bucket policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WantedPolicy {
    /// The statement that denies plain HTTP, there or not; those of others stay.
    Statement {
        /// Whether it is there.
        enforce_tls: bool,
    },
    /// The whole document; none for no policy.
    Whole(Option<String>),
}

/// Settings that only some rooms manage.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WantedFurther {
    /// Object lock; where it is once, it stays.
    pub object_lock: Option<ObjectLock>,
    /// CORS rules.
    pub cors: Vec<CorsRule>,
    /// Event notifications.
    pub notifications: Notifications,
    /// Replication.
    pub replication: Option<Replication>,
}

/// Known, null told apart from a value; `None` while unknown.
#[allow(clippy::option_option, reason = "`?` tells the two apart: unknown ends it, null passes")]
pub fn known<T: Clone>(value: &Value<T>) -> Option<Option<T>> {
    match value {
        Value::Unknown => None,
        Value::Null => Some(None),
        Value::Value(value) => Some(Some(value.clone())),
    }
}
