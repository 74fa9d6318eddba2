//! Where one point plays: an account of its own with a network, a cluster, and what the scenario needs
//! beside them; and what is found there afterwards.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use officeless_testbench::{Aws, Bench, Proxy, Seeded, create_kms_key, leftovers, seed};
use serde_json::json;

/// The region of every point.
pub(crate) const REGION: &str = "us-east-1";

/// Where file systems are replicated to.
pub(crate) const REPLICA_REGIONS: [&str; 2] = ["us-west-2", "eu-west-1"];

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
    pub(crate) bench: &'static Bench,
    aws: Aws,
    replicas: [Aws; 2],
}

impl Ground {
    /// A fresh account.
    pub(crate) async fn new(bench: &'static Bench) -> Result<Self> {
        let account = bench.account();
        let seeded = seed(&bench.emulator.url(), &account, REGION, CLUSTER).await?;
        let aws = bench.aws(&account, REGION);
        let replicas = REPLICA_REGIONS.map(|region| bench.aws(&account, region));
        let key = create_kms_key(&aws).await?;
        let bucket = format!("target-{account}");
        aws.rest("s3", "PUT", &format!("/{bucket}"), "").await?.ok()?;
        let versioning =
            "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
        aws.rest("s3", "PUT", &format!("/{bucket}?versioning"), versioning).await?.ok()?;
        let queue = json!({ "QueueName": "events" });
        aws.json("sqs", "AmazonSQS.CreateQueue", &queue).await?.ok()?;
        let queue = format!("arn:aws:sqs:{REGION}:{account}:events");
        Ok(Self { account, seeded, key, bucket, queue, bench, aws, replicas })
    }

    /// The proxy between provider and emulator.
    pub(crate) fn proxy(&self) -> &'static Proxy {
        &self.bench.proxy
    }

    /// The ids of the private subnets.
    pub(crate) fn subnets(&self) -> Vec<&str> {
        self.seeded.subnet_ids.iter().map(|(_, id)| id.as_str()).collect()
    }

    /// What exists in AWS now and did not before.
    pub(crate) async fn inventory(&self) -> Result<Inventory> {
        let left = leftovers(&self.aws, &self.seeded).await.context("listing what exists")?;
        let before = format!("Bucket: {}", self.bucket);
        let mut ours: Vec<String> = left.into_iter().filter(|one| *one != before).collect();
        for aws in &self.replicas {
            let path = "/2015-02-01/file-systems";
            let listed = aws.rest("elasticfilesystem", "GET", path, "").await?.ok()?.json()?;
            let systems = listed["FileSystems"].as_array().into_iter().flatten();
            let ids = systems.filter_map(|system| system["FileSystemId"].as_str());
            ours.extend(ids.map(|id| format!("Replica: {id}")));
        }
        ours.sort();
        Ok(Inventory(ours))
    }

    /// Forgets the calls and faults of the account.
    pub(crate) fn clear(&self) {
        self.proxy().remove_faults(&self.account);
        self.proxy().clear(&self.account);
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        self.clear();
    }
}

/// What is found by something else that the state tells: its role, its plan, its cache, its user.
const PARTS: &[&str] =
    &["PodIdentityAssociation", "BackupSelection", "ScalableTargets", "ScalingPolicies", "UserId"];

/// How many objects of each kind there are.
pub(crate) type Counts = BTreeMap<String, usize>;

/// What exists, each object as `Role: name`, in order.
#[derive(Debug)]
pub(crate) struct Inventory(Vec<String>);

impl Inventory {
    /// How many objects of each kind there are, but of these.
    pub(crate) fn counts(&self, uncounted: &[&str]) -> Counts {
        let mut counts = Counts::new();
        for kind in self.0.iter().map(|one| kind_and_id(one).0) {
            if !uncounted.contains(&kind) {
                *counts.entry(kind.to_owned()).or_default() += 1;
            }
        }
        counts
    }

    /// What exists and the state does not tell of, but for what is kept on purpose. Without an object
    /// there is no state.
    pub(crate) fn unrecorded(&self, keeps: &[&str], state: Option<&str>) -> Vec<&str> {
        let told = |kind: &str, id: &str| {
            state.is_some_and(|state| state.contains(id) || PARTS.contains(&kind))
        };
        self.but(keeps, |kind, id| !told(kind, id))
    }

    /// What is left, but for what is kept on purpose.
    pub(crate) fn left(&self, keeps: &[&str]) -> Vec<&str> {
        self.but(keeps, |_, _| true)
    }

    fn but(&self, keeps: &[&str], fits: impl Fn(&str, &str) -> bool) -> Vec<&str> {
        let fits = |one: &&str| {
            let (kind, id) = kind_and_id(one);
            !keeps.contains(&kind) && fits(kind, id)
        };
        self.0.iter().map(String::as_str).filter(fits).collect()
    }
}

/// The kind and the id of one line of an inventory.
fn kind_and_id(line: &str) -> (&str, &str) {
    let (kind, id) = line.split_once(": ").unwrap_or((line, ""));
    (kind, id.trim_matches('"'))
}
