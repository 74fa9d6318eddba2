//! The plan: what is inherited from the provider, what apply will bring about, and what stands in
//! its way already.

use super::conflicts;
use super::model::Model;
use super::validate::policy_problem;
use super::wanted::known;
use crate::aws::arn::{Arn, Partition};
use crate::framework::diagnostic::{diagnostic, invalid_value};
use crate::framework::resource::{Context, Plan, PlanRequest};
use crate::framework::value::{AttributePath, Diagnostics, Dynamic, Value, known_set};
use crate::platform::policies::equivalent;
use crate::provider::context::ProviderContext;
use crate::resources::attributes::{plan_region, plan_tags};
use crate::resources::composite::{Composite, told};
use crate::resources::step::{During as _, Verb};

/// The policies IAM attaches to a role unless the quota was raised.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const USUAL_POLICIES: usize = 10;

/// Refines the plan.
pub(super) async fn plan(
    cx: Option<&Context<ProviderContext>>,
    request: PlanRequest<'_, Model>,
    plan: &mut Plan<Model>,
) {
    let PlanRequest { config, prior, replacing, .. } = request;
    let Plan { planned, diagnostics, replaces } = plan;
    let region = plan_region(cx, &config.region, &mut planned.region, diagnostics);
    planned.tags_all = plan_tags(cx, &planned.tags, 0, diagnostics);
    plan_cluster(cx, config, prior, planned, diagnostics);
    planned.id = planned.key_text().map_or(Value::Unknown, Value::Value);
    let account = account(cx, diagnostics).await;
    let given = !config.role_arn.is_null();
    if given {
        plan_given_role(planned, config, account.as_deref(), diagnostics);
    } else {
        plan_own_role(planned, config, prior, region.as_deref(), account.as_deref(), diagnostics);
    }
    replaces.extend(replacements(prior, planned, given));
    plan_association(prior, planned);
    if prior.is_none() {
        planned.status = Value::Unknown;
        planned.status_reason = Value::Unknown;
    } else {
        planned.set_complete();
    }
    warn(prior, planned, given, diagnostics);
    refuse_foreign(prior, planned, diagnostics);
    let ask = !replacing && replaces.is_empty() && diagnostics.errors.is_empty();
    if let (Some(cx), Some(region), true) = (cx, region, ask) {
        Box::pin(conflicts::find(cx, &region, prior, planned, given, diagnostics)).await;
    }
}

/// The account, once the provider is configured and may ask.
async fn account(
    cx: Option<&Context<ProviderContext>>,
    diagnostics: &mut Diagnostics,
) -> Option<String> {
    match cx?.provider.account_id().await.during("account", "asking for the account") {
        Ok(account) => Some(account).filter(|account| !account.is_empty()),
        Err(error) => {
            diagnostics.add_error(told::<Model>(Verb::Planning, "", &error));
            None
        }
    }
}

fn plan_cluster(
    cx: Option<&Context<ProviderContext>>,
    config: &Model,
    prior: Option<&Model>,
    planned: &mut Model,
    diagnostics: &mut Diagnostics,
) {
    if !config.cluster_name.is_null() {
        return;
    }
    planned.cluster_name = match (prior, cx) {
        (Some(prior), _) => prior.cluster_name.clone(),
        (None, Some(cx)) => cx.provider.cluster_name.clone().map_or(Value::Null, Value::Value),
        (None, None) => Value::Unknown,
    };
    if planned.cluster_name.is_null() {
        diagnostics.add_error(diagnostic(
            "Missing Cluster",
            "A service account is one of a cluster, and none is named. Give cluster_name, here or in \
             the provider block.",
            AttributePath::new("cluster_name"),
        ));
    }
}

/// A role made elsewhere: its name is in the ARN, and nothing of it is ours.
fn plan_given_role(
    planned: &mut Model,
    config: &Model,
    account: Option<&str>,
    diagnostics: &mut Diagnostics,
) {
    planned.role_arn = config.role_arn.clone();
    planned.condition_session_tags = Value::Null;
    planned.assume_role_policy_json = Value::Null;
    planned.policy_json = Value::Null;
    planned.role_name = match &config.role_arn {
        Value::Value(arn) => Model::name_of_given_role(arn).map_or(Value::Null, Value::Value),
        _ => Value::Unknown,
    };
    let arn = known(&config.role_arn).flatten();
    let other = arn.as_deref().and_then(|text| text.parse::<Arn>().ok());
    if let (Some(arn), Some(account)) = (other, account)
        && arn.account != account
    {
        let rule = format!(
            "belongs to account {}, and EKS associates roles of the cluster's account only, which \
             is {account}; make a role here and give the other as target_role_arn",
            arn.account
        );
        let path = AttributePath::new("role_arn");
        diagnostics.add_error(invalid_value(&path, &config.role_arn_value(), &rule));
    }
}

fn plan_own_role(
    planned: &mut Model,
    config: &Model,
    prior: Option<&Model>,
    region: Option<&str>,
    account: Option<&str>,
    diagnostics: &mut Diagnostics,
) {
    if config.role_name.is_null() {
        let before = prior.map(|prior| prior.role_name.clone()).filter(Value::is_value);
        let derived = || planned.default_role_name().map_or(Value::Unknown, Value::Value);
        planned.role_name = before.unwrap_or_else(derived);
    }
    if config.condition_session_tags.is_null() {
        planned.condition_session_tags = match planned.disable_session_tags {
            Value::Unknown => Value::Unknown,
            disabled => Value::Value(disabled != Value::Value(true)),
        };
    }
    let same = prior.filter(|prior| prior.role_name == planned.role_name);
    let taken_over = same.filter(|prior| prior.uses_given_role());
    planned.role_arn = match (taken_over, region, account, &planned.role_name, &planned.path) {
        (Some(prior), ..) => prior.role_arn.clone(),
        (None, Some(region), Some(account), Value::Value(name), Value::Value(path)) => {
            let partition = Partition::of_region(region).id;
            Value::Value(Arn::role(partition, account, path, name).to_string())
        }
        _ => same.map_or(Value::Unknown, |prior| prior.role_arn.clone()),
    };
    let trust = planned.trust_policy();
    let before = prior.map(|prior| &prior.assume_role_policy_json);
    planned.assume_role_policy_json = kept_text(trust.map(Some), before);
    let policy = match planned.policy() {
        Some(Err(problem)) => {
            diagnostics.add_error(policy_problem(&problem));
            None
        }
        Some(Ok(policy)) => Some(policy),
        None => None,
    };
    planned.policy_json = kept_text(policy, prior.map(|prior| &prior.policy_json));
}

/// A document as it will be: in the text it has when that says the same.
#[allow(clippy::option_option, reason = "not known yet, or known to be none")]
pub(super) fn kept_text(
    wanted: Option<Option<String>>,
    before: Option<&Value<String>>,
) -> Value<String> {
    match (wanted, before) {
        (None, _) => Value::Unknown,
        (Some(None), _) => Value::Null,
        (Some(Some(wanted)), Some(Value::Value(before))) if equivalent(before, &wanted) => {
            Value::Value(before.clone())
        }
        (Some(Some(wanted)), _) => Value::Value(wanted),
    }
}

/// Another role of its own, or one made elsewhere in its place, makes another object. A role made
/// elsewhere may become one's own.
fn replacements(prior: Option<&Model>, planned: &Model, given: bool) -> Vec<AttributePath> {
    let Some(prior) = prior else { return Vec::new() };
    let was_given = prior.uses_given_role();
    if given && !was_given {
        return vec![AttributePath::new("role_arn")];
    }
    if !given && prior.role_name != planned.role_name {
        return vec![AttributePath::new("role_name")];
    }
    Vec::new()
}

/// An association stays with its service account.
fn plan_association(prior: Option<&Model>, planned: &mut Model) {
    let kept = prior.filter(|prior| prior.key().is_some() && prior.key() == planned.key());
    planned.owner_arn = kept.map_or(Value::Null, |prior| prior.owner_arn.clone());
    let text = |of: fn(&Model) -> &Value<String>| {
        kept.map(|prior| of(prior).clone()).filter(Value::is_value).unwrap_or(Value::Unknown)
    };
    planned.association_id = text(|model| &model.association_id);
    planned.association_arn = text(|model| &model.association_arn);
    let same_target = kept.is_some_and(|prior| prior.target_role_arn == planned.target_role_arn);
    planned.external_id = match &planned.target_role_arn {
        Value::Null => Value::Null,
        _ if same_target => text(|model| &model.external_id),
        _ => Value::Unknown,
    };
}

fn warn(prior: Option<&Model>, planned: &Model, given: bool, diagnostics: &mut Diagnostics) {
    let policies = known_set(&planned.policy_arns).unwrap_or_default().len();
    if policies > USUAL_POLICIES {
        diagnostics.add_warning(diagnostic(
            "Many Attached Policies",
            format!(
                "policy_arns has {policies} policies, and IAM attaches {USUAL_POLICIES} to a role \
                 unless the account's quota was raised. Otherwise the apply fails half way."
            ),
            AttributePath::new("policy_arns"),
        ));
    }
    let Some(prior) = prior else { return };
    let changed = [
        ("role_arn", prior.role_arn.is_value() && prior.role_arn != planned.role_arn),
        ("target_role_arn", prior.target_role_arn != planned.target_role_arn),
        ("session_policy", prior.session_policy != planned.session_policy),
        ("disable_session_tags", prior.disable_session_tags != planned.disable_session_tags),
    ];
    let changed: Vec<&str> = changed.iter().filter(|(_, is)| *is).map(|(name, _)| *name).collect();
    if let (Some(first), true) = (changed.first(), prior.key() == planned.key()) {
        diagnostics.add_warning(diagnostic(
            "Running Pods Keep Their Credentials",
            format!(
                "{} will change, and running pods go on with the credentials they have. Restart the \
                 pods of the service account after the apply.",
                changed.join(", ")
            ),
            AttributePath::new(*first),
        ));
    }
    if !given && prior.uses_given_role() && prior.role_name == planned.role_name {
        diagnostics.add_warning(diagnostic(
            "Role Will Be Taken Over",
            format!(
                "The role {} was made elsewhere, and role_arn is gone: from this apply on it is \
                 managed here. Its trust policy and its attached policies become those of this \
                 object, and it is deleted with it. Give role_arn to leave it alone.",
                prior.role_name.clone().unwrap_or_default()
            ),
            AttributePath::new("role_arn"),
        ));
    }
}

/// What an add-on owns is read only.
fn refuse_foreign(prior: Option<&Model>, planned: &Model, diagnostics: &mut Diagnostics) {
    let Some(prior) = prior else { return };
    let Value::Value(owner) = &prior.owner_arn else { return };
    if prior.key() == planned.key() && !differs(prior, planned) {
        return;
    }
    diagnostics.add_error(diagnostic(
        "Association Of An Add-on",
        format!(
            "The Pod Identity association {} belongs to the add-on {owner}, so it may be read here \
             and not changed. Make the configuration say what the association is, or change the \
             add-on.",
            prior.association_id.clone().unwrap_or_default()
        ),
        AttributePath::root(),
    ));
}

/// Whether anything that AWS knows of would change.
fn differs(prior: &Model, planned: &Model) -> bool {
    prior.role_arn != planned.role_arn
        || prior.assume_role_policy_json != planned.assume_role_policy_json
        || prior.disable_session_tags != planned.disable_session_tags
        || prior.target_role_arn != planned.target_role_arn
        || prior.session_policy != planned.session_policy
        || prior.tags_all != planned.tags_all
}

impl Model {
    fn role_arn_value(&self) -> Dynamic {
        use crate::framework::value::Data as _;
        self.role_arn.to_dynamic()
    }
}
