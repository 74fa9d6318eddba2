//! What AWS says against a plan, before anything is changed. Reads only.

use futures_util::future::{OptionFuture, join};

use super::model::Model;
use crate::aws::{Clients, Error, eks};
use crate::framework::diagnostic::diagnostic;
use crate::framework::resource::Context;
use crate::framework::value::{AttributePath, Diagnostic, Diagnostics};
use crate::platform::defaults::NETWORK;
use crate::platform::tags::{IgnoreRules, Observed as ObservedTags};
use crate::provider::claims::Takeover;
use crate::provider::context::ProviderContext;
use crate::resources::composite::Composite;
use crate::resources::step::{During as _, Verb};
use crate::resources::unfinished;
use crate::resources::workload_access::{self, Conflict, Observed, Workload, conflicts_with};

/// Asks for the role of a create, and for the service account and the cluster of a new association.
pub(super) async fn find(
    cx: &Context<ProviderContext>,
    region: &str,
    prior: Option<&Model>,
    planned: &Model,
    given: bool,
    diagnostics: &mut Diagnostics,
) {
    let new_key = prior.is_none_or(|prior| prior.key() != planned.key());
    let new_role = given && prior.is_none_or(|prior| prior.role_arn != planned.role_arn);
    if !new_key && !new_role {
        return;
    }
    let Some(workload) = planned.workload(given) else { return };
    let clients = cx.provider.clients(region);
    // What the state knows of the former service account says nothing about this one.
    let granted = workload_access::Granted::default();
    let cluster: OptionFuture<_> = new_key.then(|| cluster(&clients, planned)).into();
    let found = workload_access::find(&clients, &workload, &granted);
    let (found, cluster) = Box::pin(join(found, cluster)).await;
    let doing = format!("looking for role {} and its association", workload.role_in_use());
    match found.during("role", doing) {
        Ok(found) => judge(cx, prior, planned, &workload, &found, new_key, diagnostics),
        Err(error) => diagnostics.add_error(planned.told(Verb::Planning, &error)),
    }
    match cluster.transpose().during("cluster", "describing the cluster and its add-on") {
        Ok(warning) => diagnostics.warnings.extend(warning.flatten()),
        Err(error) => diagnostics.add_error(planned.told(Verb::Planning, &error)),
    }
}

fn judge(
    cx: &Context<ProviderContext>,
    prior: Option<&Model>,
    planned: &Model,
    workload: &Workload,
    found: &Observed,
    new_key: bool,
    diagnostics: &mut Diagnostics,
) {
    if workload.given_role_arn.is_some() {
        diagnostics.warnings.extend(doubt_about_role(workload, found));
    }
    if !new_key {
        return;
    }
    let (role, association) = (found.role.as_ref(), found.association.as_ref());
    let claims = &cx.provider.claims;
    let looked = workload_access::look(claims, workload, role, association);
    let path = || AttributePath::new("service_account");
    if let Takeover::NotNow(other) = &looked {
        diagnostics.add_warning(unfinished::warning(other, path()));
    }
    let conflicts = conflicts_with(workload, role, association);
    if conflicts.is_empty() && prior.is_none() && looked == Takeover::Never {
        let finished = finished(planned, workload, found);
        // With a role made elsewhere, apply would record that role before it met the association.
        let given = workload.given_role_arn.is_some();
        let list = if given { &mut diagnostics.errors } else { &mut diagnostics.warnings };
        list.extend(finished);
    }
    for conflict in conflicts {
        diagnostics.add_error(match conflict {
            Conflict::Role { what } => diagnostic(
                "Role Name Taken",
                format!(
                    "{}. Role names are unique in the account: set role_name to another name, or \
                     give the role as role_arn to use it as it is.",
                    sentence(&what)
                ),
                AttributePath::new("role_name"),
            ),
            Conflict::Association { what } => diagnostic(
                "Service Account Taken",
                format!(
                    "{}. A service account has one association at most: delete that one, give \
                     another namespace or service_account, or import it with terraform import, the \
                     address of this resource and {:?}.",
                    sentence(&what),
                    planned.key_text().unwrap_or_default()
                ),
                path(),
            ),
            // It was told above.
            Conflict::BeingMade(_) => continue,
        });
    }
}

/// A finished object under the name of this very one belongs to another state, or is the one that is
/// replaced because it is tainted or named by -replace: core tells a plan of neither, so that only
/// apply can refuse.
fn finished(planned: &Model, workload: &Workload, found: &Observed) -> Option<Diagnostic> {
    let tags = if workload.given_role_arn.is_some() {
        &found.association.as_ref()?.tags
    } else {
        &found.role.as_ref()?.tags
    };
    let observed = ObservedTags::read(tags, &IgnoreRules::default(), &[]);
    if observed.marker.is_some() {
        return None;
    }
    let id = planned.key_text().unwrap_or_default();
    Some(diagnostic(
        "Pod Identity Exists",
        format!(
            "The role {} and the association of {id} exist, complete, and were made under the name \
             of this very object. If this apply does not replace them, they belong to another \
             state, and it will fail: import them with terraform import, the address of this \
             resource and {id:?}, or choose another role_name.",
            workload.role_in_use()
        ),
        AttributePath::new("service_account"),
    ))
}

/// A role made elsewhere that pods could not use. It may be made by this very apply.
fn doubt_about_role(workload: &Workload, found: &Observed) -> Option<Diagnostic> {
    let name = workload.role_in_use();
    let path = AttributePath::new("role_arn");
    let Some(role) = &found.role else {
        return Some(diagnostic(
            "Role Not Found",
            format!(
                "There is no role {name} in this account yet. If nothing in this plan makes it, the \
                 apply will fail: correct role_arn, or remove it to have a role made here."
            ),
            path,
        ));
    };
    let trusted =
        role.trust_policy.as_deref().is_some_and(|t| t.contains("pods.eks.amazonaws.com"));
    (!trusted).then(|| {
        diagnostic(
            "Role Does Not Trust EKS",
            format!(
                "The trust policy of role {name} does not name pods.eks.amazonaws.com, so no pod \
                 could use it. Let that service sts:AssumeRole and sts:TagSession."
            ),
            path,
        )
    })
}

/// Why pods would get nothing of the association, as far as the cluster tells.
async fn cluster(clients: &Clients, planned: &Model) -> Result<Option<Diagnostic>, Error> {
    let name = planned.cluster_name.clone().unwrap_or_default();
    let (cluster, agent) = join(
        eks::find_cluster_by_name(clients, &name),
        eks::find_addon_by_name(clients, &name, NETWORK.pod_identity_agent_addon),
    )
    .await;
    let path = AttributePath::new("cluster_name");
    let Some(cluster) = cluster? else {
        let region = clients.region();
        return Ok(Some(diagnostic(
            "Cluster Not Found",
            format!(
                "There is no EKS cluster {name:?} in {region} yet. If nothing in this plan makes it, \
                 the apply will fail: correct cluster_name or region."
            ),
            path,
        )));
    };
    if cluster.auto_mode || agent?.is_some() {
        return Ok(None);
    }
    Ok(Some(diagnostic(
        "Pod Identity Agent Missing",
        format!(
            "The cluster {name} has no add-on {}, without which pods get no credentials by Pod \
             Identity. Install it with EKS, unless the agent runs there by other means.",
            NETWORK.pod_identity_agent_addon
        ),
        path,
    )))
}

fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    characters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}
