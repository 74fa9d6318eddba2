//! The guide of the permissions, proven by every test of this binary.
//!
//! The provider runs with the keys of a role that has the policies of the guide and nothing else, on
//! an emulator that enforces them. And each scene is judged when it ends: what the provider called
//! must be declared by a type that the scene's configurations had. What was called is kept in files,
//! so that what is declared and never called can be told after the run.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::PathBuf;

use officeless::platform::permissions::{Permissions, policy};
use officeless::{data_sources, ephemeral_resources, resources};

/// What the provider block alone asks for: who the caller is, and the role that it names.
const OF_THE_BLOCK: &[&str] = &["sts:AssumeRole", "sts:GetCallerIdentity"];

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

/// Demands that every call is declared by one of these types, and keeps it for the end of the run.
pub(crate) fn judge(types: &BTreeSet<String>, asked: &BTreeSet<String>) {
    let declared: Vec<_> =
        declared().into_iter().filter(|(block, _)| types.contains(block)).collect();
    let is_declared = |call: &&String| {
        OF_THE_BLOCK.contains(&call.as_str()) || declared.iter().any(|(_, one)| one.covers(call))
    };
    let undeclared: Vec<&String> = asked.iter().filter(|call| !is_declared(call)).collect();
    keep(types, asked);
    // A test that fails already is not to be ended by a second panic.
    if !std::thread::panicking() {
        assert!(undeclared.is_empty(), "{types:?} called what they do not declare: {undeclared:?}");
    }
}

/// One file a process; a line a call, after the types it may have been for.
fn keep(types: &BTreeSet<String>, asked: &BTreeSet<String>) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("asked");
    std::fs::create_dir_all(&folder).unwrap();
    let types: Vec<&str> = types.iter().map(String::as_str).collect();
    let types = types.join(",");
    let lines: String = asked.iter().flat_map(|call| [&types, "\t", call, "\n"]).collect();
    let path = folder.join(std::process::id().to_string());
    let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
    file.unwrap().write_all(lines.as_bytes()).unwrap();
}
