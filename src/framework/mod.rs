//! Being a provider: schema, plan, apply, state. Nothing of AWS is known here.
//!
//! Reading order: [`value`] and [`data`] (what travels), [`schema`] (what a resource looks like),
//! [`resource`] (what a resource does), [`managed`] (how one is driven), [`server`] (the RPCs).
//! Beside resources: [`data_source`], [`ephemeral`], [`function`].
//!
//! The promises kept here for every resource:
//!
//! * state travels beside the outcome ([`resource::Recorder`]), so a failed step cannot lose it;
//! * defaults are visible in the plan, and an unchanged object plans no change ([`plan`]);
//! * core's rules are checked in this process before core checks them ([`contract`]);
//! * a write-only value leaves this process in no answer, whatever a resource does with it
//!   ([`contract::without_write_only`]).

pub mod check;
pub mod codec;
pub mod conform;
pub mod contract;
pub mod data;
pub mod data_source;
pub mod diagnostic;
pub mod dynamic;
pub mod ephemeral;
pub mod function;
pub mod managed;
pub mod plan;
pub mod private;
pub mod resource;
pub mod schema;
pub mod server;
pub mod types;
pub mod value;
