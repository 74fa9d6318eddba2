//! Prints the table CLI × scenario of the last run. It is the last word of `make test` and `make ci`.
//!
//! It fails when the guide on compatibility says something else than the run did.

use officeless_testbench::{Compatibility, Record, find_clis, find_terragrunt};
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
    Ok(if stale.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
