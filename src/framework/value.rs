//! What travels between Terraform and a resource.
//!
//! [`Value`] (known, null or unknown) is tf-provider's, as are the paths and diagnostics; they are
//! re-exported here and nowhere else. [`Dynamic`] is a whole value of any type, the form in which
//! plans are made and compared; [`super::data`] has its typed views.

pub use tf_provider::value::Value;
pub use tf_provider::{AttributePath, AttributePathStep, Diagnostic, Diagnostics};

pub use super::data::{Data, Mismatch, StringMap, Strings, known_map, known_set, string_map};
pub use super::dynamic::{Dynamic, Number, Object};
