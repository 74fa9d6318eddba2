//! Where one point plays: an account of its own with a network, a cluster, and what the scenario needs
//! beside them.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use officeless_testbench::{Aws, Bench, Proxy, Seeded, create_kms_key, leftovers, seed};
use serde_json::json;

/// The region of every point.
pub(crate) const REGION: &str = "us-east-1";

/// The seeded cluster.
pub(crate) const CLUSTER: &str = "demo";

/// An account, ready for a scenario.
pub(crate) struct Ground {
    pub(crate) account: String,
    pub(crate) seeded: Seeded,
    /// A customer key.
    pub(crate) key: String,
    /// A bucket with versioning, and a queue.
    pub(crate) bucket: String,
    pub(crate) queue: String,
    bench: &'static Bench,
    aws: Aws,
}

impl Ground {
    /// A fresh account.
    pub(crate) async fn new(bench: &'static Bench) -> Result<Self> {
        let account = bench.account();
        let seeded = seed(&bench.emulator.url(), &account, REGION, CLUSTER).await?;
        let aws = bench.aws(&account, REGION);
        let key = create_kms_key(&aws).await?;
        let bucket = format!("target-{account}");
        aws.rest("s3", "PUT", &format!("/{bucket}"), "").await?.ok()?;
        let versioning =
            "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
        aws.rest("s3", "PUT", &format!("/{bucket}?versioning"), versioning).await?.ok()?;
        let queue = json!({ "QueueName": "events" });
        aws.json("sqs", "AmazonSQS.CreateQueue", &queue).await?.ok()?;
        let queue = format!("arn:aws:sqs:{REGION}:{account}:events");
        Ok(Self { account, seeded, key, bucket, queue, bench, aws })
    }

    /// The proxy between provider and emulator.
    pub(crate) fn proxy(&self) -> &Proxy {
        &self.bench.proxy
    }

    /// The ids of the private subnets.
    pub(crate) fn subnets(&self) -> Vec<&str> {
        self.seeded.subnet_ids.iter().map(|(_, id)| id.as_str()).collect()
    }

    /// What exists in AWS now and did not before, as `Role: name`, in order and each as often as it is.
    pub(crate) async fn inventory(&self) -> Result<Vec<String>> {
        let left = leftovers(&self.aws, &self.seeded).await.context("listing what exists")?;
        let before = format!("Bucket: {}", self.bucket);
        let mut ours: Vec<String> = left.into_iter().filter(|one| *one != before).collect();
        ours.sort();
        Ok(ours)
    }

    /// Forgets the calls and faults of the account.
    pub(crate) fn clear(&self) {
        self.proxy().remove_faults(&self.account);
        self.proxy().clear(&self.account);
    }
}

/// How many objects of each kind there are.
pub(crate) fn kinds(inventory: &[String]) -> BTreeMap<&str, usize> {
    let mut kinds = BTreeMap::new();
    for one in inventory {
        *kinds.entry(kind_and_id(one).0).or_default() += 1;
    }
    kinds
}

/// What is found by something else that the state tells: its role, its plan, its cache, its user.
pub(crate) const PARTS: &[&str] =
    &["PodIdentityAssociation", "BackupSelection", "ScalableTargets", "ScalingPolicies", "UserId"];

/// The kind and the id of one line of an inventory.
pub(crate) fn kind_and_id(line: &str) -> (&str, &str) {
    let (kind, id) = line.split_once(": ").unwrap_or((line, ""));
    (kind, id.trim_matches('"'))
}
