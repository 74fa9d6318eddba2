//! The checkout against itself: pages, examples and outer files agree with the code ([`pages`],
//! [`files`]), and the code keeps the rules of the house ([`house`]).
//!
//! Nothing here needs a network, a cloud or the emulator.

mod files;
mod house;
mod pages;
mod tree;
