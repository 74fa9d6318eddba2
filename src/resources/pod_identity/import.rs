//! Import: from `CLUSTER/NAMESPACE/SERVICE_ACCOUNT`, optionally with `@region`, to the attributes
//! that describe what exists.
//!
//! A role that was made by this resource is its own again; any other is a role made elsewhere.

use super::model::Model;
use super::read::is_own_role;
use super::schema::schema;
use crate::aws::{Clients, Error, eks, iam};
use crate::framework::plan::defaults;
use crate::framework::resource::Context;
use crate::framework::value::{Diagnostic, StringMap, Value};
use crate::provider::context::ProviderContext;
use crate::resources::composite::{import_id, told};
use crate::resources::step::{StepError, Verb};

/// The state from which the rest is read.
pub(super) fn stub(cx: &Context<ProviderContext>, id: &str) -> Result<Model, Diagnostic> {
    let (key, region) = import_id(cx, id);
    let parts: Vec<&str> = key.split('/').collect();
    let [cluster, namespace, account] = parts.as_slice() else {
        let error = StepError::refused(
            "import",
            &format!("reading the import id {id:?}"),
            "it has not three parts".to_owned(),
            "Give cluster, namespace and service account with slashes between, as in \
             demo/content/uploads, and @region behind if it is in another region.",
        );
        return Err(told::<Model>(Verb::Importing, id, &error));
    };
    let text = |text: &str| Value::Value(text.to_owned());
    Ok(Model {
        id: text(&key),
        region: text(&region),
        cluster_name: text(cluster),
        namespace: text(namespace),
        service_account: text(account),
        ..Model::default()
    })
}

/// Whether a state is what [`stub`] made.
pub(super) fn is_stub(state: &Model) -> bool {
    state.status.is_null() && state.role_name.is_null()
}

/// The whole model; `None` if there is no such association.
pub(super) async fn complete(clients: &Clients, stub: &Model) -> Result<Option<Model>, Error> {
    let Some(key) = stub.key() else { return Ok(None) };
    let id = match eks::find_association_id_by_key(clients, &key).await {
        Err(error) if error.is_not_found() => return Ok(None),
        found => found?,
    };
    let Some(id) = id else { return Ok(None) };
    let found = eks::find_association_by_id(clients, &key.cluster_name, &id).await?;
    let Some(association) = found else { return Ok(None) };
    let name = Model::name_of_given_role(&association.role_arn).unwrap_or_default();
    let role = iam::find_role_by_name(clients, &name).await?;
    let mut model: Model = defaults(&schema()).unwrap_or_default();
    model.id = stub.id.clone();
    model.region = stub.region.clone();
    model.cluster_name = stub.cluster_name.clone();
    model.namespace = stub.namespace.clone();
    model.service_account = stub.service_account.clone();
    model.association_id = Value::Value(association.id);
    model.role_name = Value::Value(name);
    model.role_arn = Value::Value(association.role_arn);
    model.disable_session_tags = Value::Value(association.session.disable_session_tags);
    model.target_role_arn = association.session.target_role_arn.into();
    model.session_policy = association.session.policy.into();
    if let Some(role) = role.filter(is_own_role) {
        let trust = role.trust_policy.unwrap_or_default();
        model.condition_session_tags = Value::Value(trust.contains("aws:RequestTag/"));
        model.assume_role_policy_json = Value::Value(trust);
    }
    // What else there is of it, the read finds.
    model.tags_all = Value::Value(StringMap::new());
    Ok(Some(model))
}
