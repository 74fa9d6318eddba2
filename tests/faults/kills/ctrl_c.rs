//! Ctrl-C while real Terraform waits: it ends at once, and has recorded what exists.
//!
//! The waits are made to last by what AWS says: something is still being created, changed or deleted, or
//! not ready to be used. [`super::stop`] is the same for every wait there is.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use officeless_testbench::{Bench, Cli, Effect, Fault};

use super::stage::{Stage, told};
use crate::operation::Operation::{self, Create, Delete, Update};
use crate::play::{Clean, Verdict};

/// How long Terraform may take to end after Ctrl-C.
pub(crate) const AT_ONCE: Duration = Duration::from_secs(2);

/// So many answers of that kind, and the operation is taken to be waiting.
const POLLS: usize = 3;

/// A wait that is made to last.
#[derive(Clone, Copy)]
pub(crate) struct Lasting {
    pub(crate) resource: &'static str,
    pub(crate) operation: Operation,
    /// The call that begins what is waited for.
    begins: &'static str,
    /// The calls that are answered so from then on.
    pub(crate) asks: &'static str,
    answer: Answer,
}

#[derive(Clone, Copy)]
enum Answer {
    /// It is there, and a field says this of it.
    Says(&'static str, &'static str),
    /// It is gone, and yet shown as it was last, with a field that says this.
    Lingers(&'static str, &'static str),
    /// The call is refused: status, code, message.
    Refused(u16, &'static str, &'static str),
}

use Answer::{Lingers, Refused, Says};

const STORAGE: &str = "officeless_shared_storage";
const BUCKETS: &str = "officeless_observability_buckets";
const BUCKET: &str = "officeless_application_bucket";
const IDENTITY: &str = "officeless_pod_identity";
const DRIVER: &str = "officeless_block_storage";
const VOLUME: &str = "officeless_block_volume";
const CACHE: &str = "officeless_cache";
const BACKUP: &str = "officeless_backup_plan";

/// A bucket of this name was deleted moments ago.
const AGAIN: Answer = Refused(409, "OperationAborted", "A conflicting operation is in progress");
/// EKS does not know a new role yet.
const NEW_ROLE: Answer = Refused(400, "ResourcePropagationDelayException", "The role is not ready");
/// AWS Backup does not know a new role yet.
const NOT_ASSUMABLE: Answer =
    Refused(400, "InvalidParameterValueException", "The role cannot be assumed by AWS Backup");
/// A role still holds something that is being taken away.
const HELD: Answer =
    Refused(409, "DeleteConflict", "Cannot delete entity, must detach all policies");

/// The waits.
pub(crate) const ALL: &[Lasting] = &[
    wait(
        STORAGE,
        Create,
        "CreateFileSystem",
        "DescribeFileSystems",
        Says("LifeCycleState", "creating"),
    ),
    wait(
        STORAGE,
        Create,
        "CreateMountTarget",
        "DescribeMountTargets",
        Says("LifeCycleState", "creating"),
    ),
    wait(
        STORAGE,
        Create,
        "CreateReplicationConfiguration",
        "DescribeReplicationConfigurations",
        Says("Status", "ENABLING"),
    ),
    wait(
        STORAGE,
        Update,
        "UpdateFileSystem",
        "DescribeFileSystems",
        Says("LifeCycleState", "updating"),
    ),
    wait(
        STORAGE,
        Delete,
        "DeleteMountTarget",
        "DescribeMountTargets",
        Lingers("LifeCycleState", "deleting"),
    ),
    wait(
        STORAGE,
        Delete,
        "DeleteFileSystem",
        "DescribeFileSystems",
        Lingers("LifeCycleState", "deleting"),
    ),
    wait(BUCKETS, Create, "CreateBucket", "CreateBucket", AGAIN),
    wait(BUCKETS, Delete, "DeleteBucket", "DeleteBucket", AGAIN),
    wait(BUCKET, Create, "CreateBucket", "CreateBucket", AGAIN),
    wait(BUCKET, Create, "CreateRole", "CreatePodIdentityAssociation", NEW_ROLE),
    wait(IDENTITY, Create, "CreateRole", "CreatePodIdentityAssociation", NEW_ROLE),
    wait(IDENTITY, Delete, "DeleteRole", "DeleteRole", HELD),
    wait(DRIVER, Create, "CreateAddon", "DescribeAddon", Says("status", "CREATING")),
    wait(DRIVER, Update, "UpdateAddon", "DescribeAddon", Says("status", "UPDATING")),
    wait(DRIVER, Delete, "DeleteAddon", "DescribeAddon", Lingers("status", "DELETING")),
    wait(VOLUME, Create, "CreateVolume", "DescribeVolumes", Says("status", "creating")),
    wait(
        VOLUME,
        Update,
        "ModifyVolume",
        "DescribeVolumesModifications",
        Says("modificationState", "modifying"),
    ),
    wait(VOLUME, Delete, "CreateSnapshot", "DescribeSnapshots", Says("status", "pending")),
    wait(VOLUME, Delete, "DeleteVolume", "DescribeVolumes", Lingers("status", "deleting")),
    wait(CACHE, Create, "CreateUser", "DescribeUsers", Says("Status", "creating")),
    wait(
        CACHE,
        Create,
        "CreateReplicationGroup",
        "DescribeReplicationGroups",
        Says("Status", "creating"),
    ),
    wait(
        CACHE,
        Update,
        "ModifyReplicationGroup",
        "DescribeReplicationGroups",
        Says("Status", "modifying"),
    ),
    wait(
        CACHE,
        Delete,
        "DeleteReplicationGroup",
        "DescribeReplicationGroups",
        Lingers("Status", "deleting"),
    ),
    wait(BACKUP, Create, "CreateBackupPlan", "CreateBackupSelection", NOT_ASSUMABLE),
    wait(
        BACKUP,
        Delete,
        "DeleteBackupVault",
        "DescribeBackupVault",
        Lingers("BackupVaultName", "daily"),
    ),
];

const fn wait(
    resource: &'static str,
    operation: Operation,
    begins: &'static str,
    asks: &'static str,
    answer: Answer,
) -> Lasting {
    Lasting { resource, operation, begins, asks, answer }
}

impl Lasting {
    fn fault(self, account: &str) -> Fault {
        let has_begun = AtomicBool::new(false);
        let fault = Fault::when(account, move |call| {
            let begins = call.operation == self.begins;
            let begun = has_begun.fetch_or(begins, Ordering::Relaxed) || begins;
            begun && call.operation == self.asks
        });
        fault.always().effect(match self.answer {
            Says(field, value) => Effect::pretend(field, value),
            Lingers(field, value) => Effect::linger(field, value),
            Refused(status, code, message) => {
                let (code, message) = (code.to_owned(), message.to_owned());
                Effect::Refuse { status, code, message }
            }
        })
    }
}

/// Interrupts Terraform in a wait.
pub(crate) async fn interrupted(
    bench: &'static Bench,
    cli: &Cli,
    lasting: Lasting,
    clean: &Clean,
) -> Result<Verdict> {
    let operation = lasting.operation;
    let scenario = crate::scenarios::ALL.iter().find(|one| one.type_name == lasting.resource);
    let scenario = *scenario.context("there is no such scenario")?;
    let stage = Stage::before(bench, cli, scenario, operation).await?;
    let proxy = stage.ground.proxy();
    let fault = proxy.inject(lasting.fault(&stage.ground.account));
    let mut running = stage.begin(operation)?;
    let waits = running.until(|| proxy.hits(fault) >= POLLS).await?;
    ensure!(waits, "it ended without waiting: {}", told(&running.ended(AT_ONCE).await?));
    running.interrupt().await?;
    let since = Instant::now();
    let output = running.ended(AT_ONCE * 5).await?;
    let took = since.elapsed();
    proxy.remove(fault);
    let told = told(&output);
    ensure!(took <= AT_ONCE, "it went on for {took:?}: {told}");
    ensure!(!output.status.success() && told.contains("interrupted"), "it told nothing: {told}");
    let unrecorded = stage.unrecorded().await?;
    ensure!(unrecorded.is_empty(), "exists and is not in the state: {unrecorded:?}: {told}");
    stage.operate(operation).await.context("apply again").context(told.clone())?;
    stage.expect_all(operation, clean).await.context(told.clone())?;
    stage.expect_destroyed().await.context(told)?;
    Ok(Verdict::Passed)
}
