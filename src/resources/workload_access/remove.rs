//! Taking the rights away: the association first, so that no pod keeps a role that is going.

use super::find::foreign_role;
use crate::aws::{Clients, Wait, eks, iam, retry};
use crate::platform::tags::Owner;
use crate::resources::step::{During, StepError, proceed};

/// Deletes an association; one that is gone already is success.
pub async fn remove_association(
    clients: &Clients,
    wait: &Wait,
    cluster_name: &str,
    id: &str,
) -> Result<(), StepError> {
    let doing = format!("deleting Pod Identity association {id} of cluster {cluster_name}");
    proceed(wait, "association", &doing)?;
    eks::delete_association(clients, cluster_name, id).await.during("association", doing)
}

/// Deletes the association and then the role with its policies. A role that is not tagged as the
/// owner's is somebody else's by now, and stays.
pub async fn remove(
    clients: &Clients,
    wait: &Wait,
    owner: Owner<'_>,
    role_name: &str,
    association: Option<(&str, &str)>,
) -> Result<(), StepError> {
    if let Some((cluster_name, id)) = association {
        remove_association(clients, wait, cluster_name, id).await?;
    }
    let doing = format!("deleting role {role_name}");
    proceed(wait, "role", &doing)?;
    let role = iam::find_role_by_name(clients, role_name).await.during("role", &doing)?;
    let Some(role) = role else { return Ok(()) };
    if let Some(whose) = foreign_role(&role, owner) {
        tracing::warn!(role_name, whose, "not deleted");
        return Ok(());
    }
    wait.within(retry::PROPAGATION)
        .retry_while(retry::still_in_use, || iam::delete_role_with_policies(clients, role_name))
        .await
        .during("role", doing)
}
