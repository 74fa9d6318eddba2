//! The functions, pure and usable without credentials.

use crate::framework::function::Function;

/// Every function.
pub fn all() -> Vec<Box<dyn Function>> {
    vec![]
}
