//! The steps backwards: what is gone already counts as done. The role goes once the vault is empty,
//! because AWS Backup needs it to delete backups; the vault goes last, because by it the next run
//! knows that there is something left.

use time::OffsetDateTime;

use super::model::Model;
use super::steps::left;
use super::wanted;
use crate::aws::backup::recovery_points::{self, Kept};
use crate::aws::backup::{self, Vault, plans, selections, settings};
use crate::aws::wait::Seen;
use crate::aws::{Clients, Service, Wait, retry};
use crate::framework::resource::{Context, Recorder};
use crate::framework::value::{AttributePath, Diagnostic, Value};
use crate::provider::claims::Claim;
use crate::provider::context::ProviderContext;
use crate::resources::composite::{begin, conclude_delete};
use crate::resources::step::{During, StepError, proceed};
use crate::resources::timeouts::Operation;
use crate::resources::unfinished;
use crate::resources::workload_access;

/// How many recovery points a message names.
const NAMED: usize = 10;

/// Destroys the plan with everything this resource made for it.
pub(super) async fn delete(
    cx: &Context<ProviderContext>,
    prior: Model,
    recorder: &mut Recorder<Model>,
) -> Result<(), Diagnostic> {
    let (clients, wait) = begin(cx, &prior, Operation::Delete);
    let claim = unfinished::begin(cx, &wait, &recorder.private);
    let work = Box::pin(run(&clients, &wait, &claim, &prior, recorder));
    let outcome = wait.govern(work).await;
    if outcome.is_ok() {
        claim.complete();
    }
    conclude_delete(&prior, outcome.err().as_slice(), recorder)
}

async fn run(
    clients: &Clients,
    wait: &Wait,
    claim: &Claim<'_>,
    prior: &Model,
    recorder: &mut Recorder<Model>,
) -> Result<(), StepError> {
    let name = prior.name.clone().unwrap_or_default();
    let doing = format!("looking at the vault {name}");
    let vault = backup::find_vault_by_name(clients, &name).await.during("vault", &doing)?;
    let held = match &vault {
        Some(_) => recovery_points::list_recovery_points(clients, &name)
            .await
            .during("recovery_points", doing)?
            .len(),
        None => 0,
    };
    if held > 0 && prior.force_destroy != Value::Value(true) {
        return Err(holds_backups(&name, held));
    }
    let plan_id = match &prior.plan_id {
        Value::Value(plan_id) => Some(plan_id.clone()),
        // A create may have broken off between the plan and its record.
        _ => left(clients, claim, &name).await?.map(|plan| plan.id),
    };
    if let Some(plan_id) = plan_id {
        delete_plan(clients, wait, &plan_id, recorder).await?;
    }
    if let Some(vault) = &vault {
        proceed(wait, "recovery_points", "emptying the vault")?;
        if held > 0 {
            empty(clients, wait, vault).await?;
            recorder.update(|state| state.recovery_points = Value::Value(0));
        }
    }
    let role = wanted::role_name(&name, clients.region());
    Box::pin(workload_access::remove(clients, wait, wanted::owner(&name), &role, None)).await?;
    if vault.is_some() { delete_vault(clients, wait, &name).await } else { Ok(()) }
}

fn holds_backups(name: &str, held: usize) -> StepError {
    StepError::refused(
        "recovery_points",
        &format!("destroying the vault {name}"),
        format!("it holds {held} recovery points, and force_destroy = false"),
        "To delete these backups with it, set force_destroy = true and apply first; otherwise wait \
         until their retention ends.",
    )
    .blame(AttributePath::new("force_destroy"))
}

/// The selections, and then the plan: AWS takes them in this order only.
async fn delete_plan(
    clients: &Clients,
    wait: &Wait,
    plan_id: &str,
    recorder: &mut Recorder<Model>,
) -> Result<(), StepError> {
    proceed(wait, "selection", "deleting the selections")?;
    let doing = format!("deleting the selections of the plan {plan_id}");
    let listed = selections::list_selections(clients, plan_id).await.during("selection", &doing)?;
    for selection in listed {
        selections::delete_selection(clients, plan_id, &selection.id)
            .await
            .during("selection", &doing)?;
    }
    recorder.update(|state| state.selection_id = Value::Null);
    proceed(wait, "plan", "deleting the plan")?;
    // Selections may still be going.
    wait.within(retry::PROPAGATION)
        .retry_while(retry::still_in_use, || plans::delete_plan(clients, plan_id))
        .await
        .during("plan", format!("deleting the plan {plan_id}"))?;
    recorder.update(|state| {
        state.plan_id = Value::Null;
        state.plan_arn = Value::Null;
        state.plan_version = Value::Null;
    });
    Ok(())
}

/// Deletes every backup and waits until they are gone.
async fn empty(clients: &Clients, wait: &Wait, vault: &Vault) -> Result<(), StepError> {
    let now = OffsetDateTime::now_utc().unix_timestamp();
    if wanted::is_locked(vault) && vault.lock_date.is_none_or(|date| date > now) {
        settings::delete_vault_lock(clients, &vault.name)
            .await
            .during("vault_lock", format!("unlocking the vault {}", vault.name))?;
    }
    let doing = format!("deleting the recovery points of the vault {}", vault.name);
    let kept = recovery_points::delete_all(clients, &vault.name, wait)
        .await
        .during("recovery_points", &*doing)?;
    if kept.is_empty() { Ok(()) } else { Err(stay(&doing, &kept)) }
}

fn stay(doing: &str, kept: &[Kept]) -> StepError {
    let named = kept.iter().take(NAMED).map(|kept| format!("{} ({})", kept.arn, kept.reason));
    let mut named: Vec<String> = named.collect();
    if kept.len() > NAMED {
        named.push(format!("and {} more", kept.len() - NAMED));
    }
    let why = format!("{} of them cannot be deleted: {}", kept.len(), named.join("; "));
    let next = "One that is EXPIRED needs the role it was made with, or one with the same rights \
                and name; one under a final lock goes when its retention ends.";
    StepError::refused("recovery_points", doing, why, next)
}

async fn delete_vault(clients: &Clients, wait: &Wait, name: &str) -> Result<(), StepError> {
    let doing = format!("deleting the vault {name}");
    proceed(wait, "vault", &doing)?;
    backup::delete_vault(clients, name).await.during("vault", &*doing)?;
    let what = format!("the vault {name} to be deleted");
    wait.until(Service::Backup, "DescribeBackupVault", &what, || async {
        match backup::find_vault_by_name(clients, name).await? {
            None => Ok(Seen::Done(())),
            Some(_) => Ok(Seen::Pending("still there".to_owned())),
        }
    })
    .await
    .during("vault", doing)
}
