//! The checkout against itself: pages, examples and outer files agree with the code ([`pages`],
//! [`files`]), and the code keeps the rules of the house ([`house`]).
//!
//! Nothing here needs a network, a cloud or the emulator.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "everything here runs in a test"
)]

mod files;
mod house;
mod pages;
mod tree;
