//! Being a provider: schema, plan, apply, state. Nothing of AWS is known here.
//!
//! Reading order: [`value`] and [`data`] (what travels), [`schema`] (what a resource looks like),
//! [`resource`] (what a resource does), [`managed`] (how one is driven), [`server`] (the RPCs).
//!
//! The promises kept here for every resource:
//!
//! * state travels beside the outcome ([`resource::Recorder`]), so a failed step cannot lose it;
//! * defaults are visible in the plan, and an unchanged object plans no change ([`plan`]);
//! * core's rules are checked in this process before core checks them ([`contract`]).

pub mod check;
pub mod codec;
pub mod contract;
pub mod data;
pub mod data_source;
pub mod diagnostic;
pub mod managed;
pub mod plan;
pub mod private;
pub mod resource;
pub mod schema;
pub mod server;
pub mod value;
