//! What happens when an operation is broken off: `make faults` and `make kills`.
//!
//! * [`sweep`]: a fault at every AWS call of every operation of every resource, in this process.
//! * [`kills`]: the provider, or Terraform, killed at a call; Ctrl-C at a wait.
//!
//! The command line is [`wish`]'s; what every point proves is in [`play`].

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench stops at the first surprise, and its output is its purpose"
)]

mod core;
mod fault;
mod ground;
mod guide;
mod kills;
mod operation;
mod play;
mod proposed;
mod report;
mod scenarios;
mod sweep;
mod wish;

use std::process::ExitCode;

use anyhow::Result;
use officeless_testbench::Bench;

use guide::{Guide, Section};
use report::Report;
use wish::Wish;

/// Emulators: each is one process on one core.
const BENCHES: usize = 2;

/// An operation is one deep future over the AWS SDK's own, deeper without optimization.
const STACK: usize = 32 << 20;

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .thread_stack_size(STACK)
        .enable_all()
        .build()
        .expect("a runtime");
    match runtime.block_on(run(&Wish::read())) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("the run broke off: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(wish: &Wish) -> Result<bool> {
    let benches: Vec<&'static Bench> = {
        let started = futures_util::future::try_join_all((0..BENCHES).map(|_| Bench::start()));
        started.await?.into_iter().map(|bench| &*Box::leak(Box::new(bench))).collect()
    };
    let mut passed = true;
    if wish.faults {
        passed &= ended(wish, Section::Faults, sweep::run(&benches, wish).await)?;
    }
    if wish.kills {
        passed &= ended(wish, Section::Kills, kills::run(&benches, wish).await?)?;
    }
    Ok(passed)
}

/// Tells a report, and keeps it when that is asked for; answers whether everything passed.
fn ended(wish: &Wish, section: Section, mut report: Report) -> Result<bool> {
    report.tell();
    let passed = report.passed();
    if passed && wish.fills_cells() && std::env::var_os("UPDATE_DOCS").is_some() {
        let guide = Guide::read();
        if wish.is_part() {
            report.complete(guide.section(section));
        }
        guide.write(section, &report.section())?;
    }
    Ok(passed)
}
