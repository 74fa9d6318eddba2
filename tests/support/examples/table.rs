//! Prints the table CLI × scenario of the last run. It is the last word of `make test` and `make ci`.
//!
//! It fails when the guide on compatibility says something else than the run did. With `--whole`, after
//! a run of all tests, it also fails when a type declares a call to AWS that no test brought about.

use officeless_testbench::{Asked, Compatibility, Record, find_clis, find_terragrunt};
use std::process::ExitCode;

fn main() -> anyhow::Result<ExitCode> {
    let record = Record::of_checkout()?;
    println!("\n{}", record.table());
    for one in find_clis().1 {
        println!("not tested with {}: {}", one.what, one.reason);
    }
    if let Err(reason) = find_terragrunt() {
        println!("not tested with Terragrunt: {reason:#}");
    }
    let stale = Compatibility::of_checkout()?.contradictions(&record);
    for line in &stale {
        println!("docs/guides/compatibility.md: {line}; run `make docs`");
    }
    let whole = std::env::args().any(|argument| argument == "--whole");
    let unasked = if whole { Asked::of_checkout()?.faults() } else { Vec::new() };
    for line in &unasked {
        println!("permissions: {line}");
    }
    let good = stale.is_empty() && unasked.is_empty();
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
