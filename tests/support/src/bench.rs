//! One emulator and one proxy for all tests of a process, and an account for each test.

use crate::{Aws, Emulator, Proxy};
use anyhow::Result;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::OnceCell;

static SHARED: OnceCell<Bench> = OnceCell::const_new();
static ACCOUNTS: AtomicU64 = AtomicU64::new(0);

/// An emulator with the proxy in front of it.
#[derive(Debug)]
pub struct Bench {
    /// Calls sent to the proxy are recorded, corrected and may be told to fail.
    pub proxy: Proxy,
    /// Calls sent straight to the emulator leave no trace in the record.
    pub emulator: Emulator,
}

impl Bench {
    /// A bench of one's own.
    pub async fn start() -> Result<Self> {
        let emulator = Emulator::start().await?;
        let proxy = Proxy::start(&emulator.url())?;
        Ok(Self { proxy, emulator })
    }

    /// A bench of one's own, on which keys of users and roles may do what their policies say.
    pub async fn start_enforcing() -> Result<Self> {
        let emulator = Emulator::start_enforcing().await?;
        let proxy = Proxy::start(&emulator.url())?;
        Ok(Self { proxy, emulator })
    }

    /// The bench that the tests of this process share; started at first use, ended with the process.
    /// It enforces policies.
    ///
    /// # Panics
    /// When the emulator does not start; the message says why.
    pub async fn shared() -> &'static Self {
        SHARED
            .get_or_init(|| async {
                Self::start_enforcing().await.unwrap_or_else(|error| panic!("the bench: {error:#}"))
            })
            .await
    }

    /// A new 12-digit account, which is also its access key.
    #[allow(clippy::unused_self, reason = "an account makes sense only with a bench")]
    pub fn account(&self) -> String {
        new_account()
    }

    /// A client for out-of-band changes: straight to the emulator, or to the proxy for what that keeps
    /// itself, in either case not recorded.
    pub fn aws(&self, account: &str, region: &str) -> Aws {
        Aws::new(&self.emulator.url(), account, region).behind(&self.proxy.url())
    }
}

/// A new 12-digit account number. Numbers of one process never repeat; those of two rarely.
pub fn new_account() -> String {
    let chance = RandomState::new().hash_one(std::process::id()) % 80_000;
    let count = ACCOUNTS.fetch_add(1, Ordering::Relaxed) % 1_000_000;
    format!("{:06}{count:06}", chance + 100_000)
}
