//! The guide of the permissions, proven by every test of this binary.
//!
//! The provider runs with the keys of a role that has the policies of the guide and nothing else, on
//! an emulator that enforces them. And each scene is judged when it ends: what the provider called
//! must be declared by a type that the scene's configurations had. The reverse is held at the end of a
//! whole run, from what is written down here: what is declared must be called by some test.

use std::collections::BTreeSet;
use std::sync::Once;

use officeless::platform::permissions::{Permissions, policy};
use officeless::{data_sources, ephemeral_resources, resources};
use officeless_testbench::Asked;

/// What the provider calls for its own block: who it is, which is open to all, and the roles that the
/// block names.
const OF_THE_BLOCK: [&str; 3] =
    ["sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:GetCallerIdentity"];

/// Every type, by the block that configures it.
fn declared() -> Vec<(String, Permissions)> {
    let all = [
        ("resource", resources::permissions()),
        ("data", data_sources::permissions()),
        ("ephemeral", ephemeral_resources::permissions()),
    ];
    let named = all.into_iter().flat_map(|(block, all)| {
        all.into_iter().map(move |one| (format!("{block} {}", one.type_name), one))
    });
    named.collect()
}

/// The policies of the guide, by a name: one a type, since all of them together are longer than IAM
/// lets one be.
pub(crate) fn policies() -> Vec<(String, String)> {
    let asking = declared().into_iter().filter(|(_, one)| !one.rows().is_empty());
    asking.map(|(block, one)| (block.replace(' ', "-"), policy(&[one]).to_string())).collect()
}

/// Demands that every call is declared by one of these types, and writes it down for the end of the run.
pub(crate) fn judge(types: &BTreeSet<String>, asked: &BTreeSet<String>) {
    let declared: Vec<_> =
        declared().into_iter().filter(|(block, _)| types.contains(block)).collect();
    let is_declared = |call: &&String| {
        OF_THE_BLOCK.contains(&call.as_str()) || declared.iter().any(|(_, one)| one.covers(call))
    };
    let undeclared: Vec<&String> = asked.iter().filter(|call| !is_declared(call)).collect();
    note(types, asked);
    // A test that fails already is not to be ended by a second panic.
    if !std::thread::panicking() {
        assert!(undeclared.is_empty(), "{types:?} called what they do not declare: {undeclared:?}");
    }
}

/// Writes down what was called, and once in a process what all types declare.
fn note(types: &BTreeSet<String>, asked: &BTreeSet<String>) {
    static DECLARED: Once = Once::new();
    DECLARED.call_once(|| {
        let declared = declared();
        let calls = declared.iter().map(|(block, one)| (block.clone(), one.calls()));
        Asked::declare(calls);
    });
    Asked::note(types, asked);
}
