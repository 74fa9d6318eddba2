//! The test bench: an AWS emulator, a proxy that makes it behave as AWS does and fail on command,
//! real Terraform and OpenTofu, and workspaces that join them.
//!
//! The acceptance tests, `make demo` and `make bench` stand on it. Every test takes an AWS account of
//! its own ([`Bench::account`]), so tests share one emulator and run side by side.
//!
//! ```no_run
//! # async fn example() -> anyhow::Result<()> {
//! use officeless_testbench::{Bench, Effect, Fault, Workspace, clis, seed};
//! let bench = Bench::shared().await;
//! let account = bench.account();
//! seed(&bench.emulator.url(), &account, "us-east-1", "demo").await?;
//! bench.proxy.inject(Fault::on(&account, "s3", "CreateBucket").times(2).effect(Effect::Throttle));
//! let workspace = Workspace::new(&clis()[0], "path/to/provider".as_ref(), &bench.proxy.url(), &account)?;
//! workspace.write("main.tf", "…")?;
//! workspace.expect_apply().await;
//! # Ok(())
//! # }
//! ```

mod asked;
mod aws;
mod bench;
mod capability;
mod compatibility;
mod emulator;
mod example;
mod measure;
mod proxy;
mod record;
mod restricted;
mod second;
mod seed;
mod tools;
mod trials;
mod workspace;

pub use asked::Asked;
pub use aws::{Answer, Aws};
pub use bench::{Bench, new_account};
pub use capability::Capability;
pub use compatibility::{Compatibility, pinned};
pub use emulator::Emulator;
pub use example::{Example, Installation};
pub use measure::{PeakMemory, handshake, median};
pub use proxy::{Caches, Call, Effect, Fault, FaultId, Proxy, RULES, Reply, Rule};
pub use record::Record;
pub use restricted::{restricted, session};
pub use second::SecondEmulator;
pub use seed::{Seeded, create_kms_key, leftovers, seed};
pub use tools::{
    Absent, Cli, clis, find_clis, find_terragrunt, provider_binary, repository, tools_folder,
};
pub use trials::Trials;
pub use workspace::{PlanResult, Run, Workspace};
