//! (being written)

pub mod context;
