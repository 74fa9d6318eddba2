//! One resource and one operation, in this process: how it begins, and what must hold when it is over.
//!
//! 1. The next apply succeeds, and the plan after it is empty.
//! 2. What exists is in the state, by id or name.
//! 3. There is exactly what a run without interference leaves: no second object of any kind.
//! 4. Destroy succeeds and leaves nothing.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use officeless_testbench::{Asked, Bench};
use serde_json::{Value, json};

use crate::core::{Action, Failed, Terraform};
use crate::ground::{Counts, Ground, Inventory};
use crate::operation::Operation;
use crate::scenarios::{Configurations, Scenario};

/// What an operation does when nothing interferes.
#[derive(Clone, Debug)]
pub(crate) struct Clean {
    /// The operation of each call, in order, as `s3:CreateBucket`.
    pub(crate) calls: Vec<String>,
    /// Whether each of them can change anything.
    pub(crate) changes: Vec<bool>,
    /// How many objects of each kind there are afterwards.
    pub(crate) counts: Counts,
}

impl Clean {
    /// What was called since the last look, and what there is now.
    pub(crate) fn of(ground: &Ground, inventory: &Inventory, uncounted: &[&str]) -> Self {
        let calls = ground.proxy().calls(&ground.account);
        let changes = calls.iter().map(|call| call.mutating).collect();
        let name =
            |call: &officeless_testbench::Call| format!("{}:{}", call.service, call.operation);
        let calls = calls.iter().map(name).collect();
        Self { calls, changes, counts: inventory.counts(uncounted) }
    }
}

/// How a point ended.
#[derive(Clone, Debug)]
pub(crate) enum Verdict {
    Passed,
    /// It passed so far, and is to be run with a destroy next: something existed unrecorded.
    OnceMore,
    /// The operation ended before it came to that call: its waits poll as often as they need.
    NotReached,
    /// There is nothing to be done there.
    NoPoint,
    /// What did not hold.
    Failed(String),
}

/// One resource, one operation, in an account of its own.
pub(crate) struct Play {
    pub(crate) scenario: Scenario,
    pub(crate) operation: Operation,
    pub(crate) ground: Ground,
    pub(crate) terraform: Terraform,
    configurations: Configurations,
}

impl Drop for Play {
    /// Writes down what was asked of AWS: the permissions that a resource declares are held against it.
    fn drop(&mut self) {
        let types = BTreeSet::from([format!("resource {}", self.scenario.type_name)]);
        Asked::note(&types, &self.ground.proxy().asked_by_provider(&self.ground.account));
    }
}

/// Runs an operation without interference.
pub(crate) async fn clean(
    bench: &'static Bench,
    scenario: Scenario,
    operation: Operation,
) -> Result<Clean> {
    let mut play = Play::begin(bench, scenario, operation, None).await?;
    play.operate().await.context("the operation without interference")?;
    let inventory = play.ground.inventory().await?;
    play.expect_recorded(&inventory)?;
    let clean = Clean::of(&play.ground, &inventory, scenario.uncounted);
    play.expect_empty_plan().await?;
    play.expect_destroyed().await?;
    Ok(clean)
}

impl Play {
    /// Everything up to the operation, and a record without calls. `limit` is the timeout of the
    /// operation.
    pub(crate) async fn begin(
        bench: &'static Bench,
        scenario: Scenario,
        operation: Operation,
        limit: Option<Duration>,
    ) -> Result<Self> {
        let ground = Ground::new(bench).await.context("preparing the account")?;
        let mut configurations = (scenario.configurations)(&ground);
        if let Some(limit) = limit {
            configurations.limit(operation, limit);
        }
        let url = ground.proxy().url();
        let terraform = Terraform::new(scenario.type_name, &url, &ground.account);
        let mut play = Self { scenario, operation, ground, terraform, configurations };
        if operation != Operation::Create {
            play.terraform.apply(&play.configurations.first).await?;
        }
        play.ground.clear();
        Ok(play)
    }

    pub(crate) async fn operate(&mut self) -> Result<(), Failed> {
        match self.configurations.target(self.operation).cloned() {
            Some(target) => self.terraform.apply(&target).await,
            None => self.terraform.destroy().await,
        }
    }

    /// Nothing is left to do, and there is what a run without interference leaves.
    pub(crate) async fn expect_all(&self, clean: &Clean) -> Result<()> {
        self.expect_empty_plan().await?;
        let inventory = self.ground.inventory().await?;
        self.expect_recorded(&inventory)?;
        let (now, wanted) = (inventory.counts(self.scenario.uncounted), &clean.counts);
        ensure!(now == *wanted, "{now:?} exist, not {wanted:?}: {inventory:?}");
        Ok(())
    }

    /// Fails when something exists of which the state does not know.
    pub(crate) fn expect_recorded(&self, inventory: &Inventory) -> Result<()> {
        let state = self.terraform.state_file();
        let unknown = inventory.unrecorded(self.scenario.keeps, state.as_deref());
        ensure!(unknown.is_empty(), "exists and is not in the state: {unknown:?}");
        Ok(())
    }

    async fn expect_empty_plan(&self) -> Result<()> {
        let Some(target) = self.configurations.target(self.operation) else {
            ensure!(self.terraform.stored.is_none(), "the state still has it");
            return Ok(());
        };
        let action = self.terraform.plan(target).await.context("the plan after it")?;
        if action == Action::Nothing {
            return Ok(());
        }
        let differences = self.terraform.differences(target).await?;
        bail!("the plan after it is {action:?}: {differences}");
    }

    pub(crate) async fn expect_destroyed(&mut self) -> Result<()> {
        self.terraform.destroy().await.context("destroy")?;
        let inventory = self.ground.inventory().await?;
        let left = inventory.left(self.scenario.keeps);
        ensure!(left.is_empty(), "destroy left {left:?}");
        Ok(())
    }
}

impl Configurations {
    /// The configuration that an operation leads to; none for a delete.
    pub(crate) fn target(&self, operation: Operation) -> Option<&Value> {
        match operation {
            Operation::Create => Some(&self.first),
            Operation::Update => Some(&self.changed),
            Operation::Replace => Some(&self.replaced),
            Operation::Delete => None,
        }
    }

    /// Gives an operation this timeout.
    fn limit(&mut self, operation: Operation, limit: Duration) {
        let limit = format!("{}s", limit.as_secs());
        let timeouts = match operation {
            Operation::Create => json!({ "create": limit }),
            Operation::Update => json!({ "update": limit }),
            Operation::Replace => json!({ "create": limit, "delete": limit }),
            Operation::Delete => json!({ "delete": limit }),
        };
        for one in [&mut self.first, &mut self.changed, &mut self.replaced] {
            one["timeouts"] = timeouts.clone();
        }
    }
}
