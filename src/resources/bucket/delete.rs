//! The end of a bucket: emptied where that is allowed, then deleted.

use super::Place;
use crate::aws::s3::Bucket;
use crate::aws::s3::bucket::{self, Deleted};
use crate::aws::s3::emptying::{Emptied, empty_bucket};
use crate::aws::s3::object_lock::find_retention;
use crate::aws::{Clients, Wait, retry};
use crate::framework::value::AttributePath;
use crate::resources::step::{During as _, StepError, proceed};

/// How often a bucket is emptied again when something was written meanwhile.
const PASSES: u32 = 3;

/// What may be done to what a bucket holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Emptying {
    /// Delete it.
    pub allowed: bool,
    /// Also where it is locked in mode GOVERNANCE.
    pub bypass_governance: bool,
    /// What to do where it is not allowed, as a sentence.
    pub how_to_allow: &'static str,
}

/// Deletes one bucket, emptied first where that is allowed. Running it again goes on where it
/// stopped.
pub async fn delete_bucket(
    clients: &Clients,
    wait: &Wait,
    place: &Place,
    name: &str,
    emptying: Emptying,
) -> Result<(), StepError> {
    let doing = format!("deleting bucket {name}");
    let bucket = Bucket { name, owner: place.owner() };
    let mut emptied = Emptied::default();
    for pass in 0..=PASSES {
        proceed(wait, "bucket", &doing)?;
        let deleted = wait
            .within(retry::PROPAGATION)
            .retry_while(retry::busy, || bucket::delete_bucket(clients, bucket))
            .await
            .during("bucket", &doing)?;
        if deleted == Deleted::Gone {
            return Ok(());
        }
        if !emptying.allowed {
            return Err(not_empty(name, &doing, emptying));
        }
        if pass < PASSES {
            let doing = format!("emptying bucket {name}");
            emptied = empty_bucket(clients, bucket, emptying.bypass_governance, wait)
                .await
                .during("bucket", doing)?;
            if emptied.refused > 0 {
                break;
            }
        }
    }
    let locked = locked(clients, bucket, &emptied).await;
    Err(still_full(name, &doing, &emptied, locked.as_ref()))
}

fn not_empty(name: &str, doing: &str, emptying: Emptying) -> StepError {
    StepError::refused(
        "bucket",
        doing,
        format!(
            "bucket {name} is not empty, and force_destroy = false, so nothing in it was touched"
        ),
        emptying.how_to_allow,
    )
    .blame(AttributePath::new("force_destroy"))
}

/// The longest lock on what AWS refused to delete.
struct Locked {
    mode: String,
    until: String,
}

/// Asks the objects that AWS refused to delete for their lock. That they cannot be asked changes
/// nothing: the refusal itself is told.
async fn locked(clients: &Clients, bucket: Bucket<'_>, emptied: &Emptied) -> Option<Locked> {
    let asked = emptied.refusals.iter().map(|refusal| {
        find_retention(clients, bucket, &refusal.key, refusal.version_id.as_deref())
    });
    let found = futures_util::future::join_all(asked).await;
    let longest = found.into_iter().filter_map(Result::ok).flatten().max()?;
    Some(Locked { mode: longest.mode, until: longest.until })
}

fn still_full(name: &str, doing: &str, emptied: &Emptied, locked: Option<&Locked>) -> StepError {
    let refused: Vec<String> = emptied
        .refusals
        .iter()
        .take(3)
        .map(|refusal| format!("{} ({}: {})", refusal.key, refusal.code, refusal.message))
        .collect();
    if refused.is_empty() {
        let why = format!("bucket {name} is written to faster than it is emptied");
        return StepError::refused("bucket", doing, why, "Stop what writes to it.");
    }
    let mut why = format!(
        "AWS refuses to delete {} object versions of bucket {name}, among them {}",
        emptied.refused,
        refused.join("; ")
    );
    let next = match locked {
        Some(Locked { mode, until }) if mode == "COMPLIANCE" => {
            why =
                format!("{why}; they are locked in mode COMPLIANCE, until {until} at the longest");
            format!(
                "Nobody can delete them before, the account's root included: destroy after \
                 {until}, or take the bucket out of Terraform with a removed block."
            )
        }
        Some(Locked { until, .. }) => {
            why =
                format!("{why}; they are locked in mode GOVERNANCE, until {until} at the longest");
            "Set bypass_governance_retention = true and apply that first, with the permission \
             s3:BypassGovernanceRetention; or destroy after that time."
                .to_owned()
        }
        None => "Stop what writes to it, and release object locks and legal holds.".to_owned(),
    };
    StepError::refused("bucket", doing, why, &next)
}
