//! The checkout against itself: pages, examples and outer files agree with the code ([`pages`],
//! [`files`]), the guides on compatibility and on faults are what the runs showed ([`compatibility`],
//! [`faults`]), the code keeps the rules of the house ([`house`]), and a release has its files
//! ([`release`]).
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

mod compatibility;
mod faults;
mod files;
mod house;
mod pages;
mod release;
mod tree;
