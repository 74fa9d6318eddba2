//! The read of `officeless_cache`: everything of one cache, asked at once.
//!
//! A snapshot or another change under way refuses some answers: what they would tell is kept as it
//! was last known. Nothing is waited for.

mod record;

use std::collections::BTreeMap;

use futures_util::future::join_all;
use futures_util::join;

pub(super) use record::outputs;

use super::delete::found_torn_down;
use super::model::Model;
use super::parts::Parts;
use super::steps::{DELETING, keep_leaving, leaving};
use super::{KIND, wanted};
use crate::aws::application_auto_scaling::{self, ScalableTarget, TargetTracking};
use crate::aws::ec2::{self, IngressRule, SecurityGroup};
use crate::aws::elasticache::members::{self, Member};
use crate::aws::elasticache::replication_groups::{self, ReplicationGroup};
use crate::aws::elasticache::subnet_groups::{self, SubnetGroup};
use crate::aws::elasticache::users::{self, User, UserGroup};
use crate::aws::elasticache::{self, parameter_groups};
use crate::aws::error::Kind;
use crate::aws::tags::Tags;
use crate::aws::{self, Clients};
use crate::framework::private::Private;
use crate::framework::resource::{Context, Found};
use crate::framework::value::{Diagnostic, Value};
use crate::platform::cache;
use crate::platform::tags::{self, IgnoreRules, Observed, Owner};
use crate::provider::context::ProviderContext;
use crate::resources::composite::Composite;
use crate::resources::step::{During, StepError, Verb};
use crate::resources::{torn_down, unfinished};

/// What AWS has of one cache.
#[derive(Debug)]
struct Observation {
    group: ReplicationGroup,
    member: Option<Member>,
    /// `None` while AWS refuses to tell.
    tags: Option<Tags>,
    subnet_group: Option<SubnetGroup>,
    security_group: Option<(SecurityGroup, Vec<IngressRule>)>,
    /// By parameter group; `None` for AWS's own, and for one that is gone.
    parameters: Option<BTreeMap<String, String>>,
    users: Option<Users>,
    scaling: Option<(Vec<ScalableTarget>, Vec<TargetTracking>)>,
}

/// The users of a cache.
#[derive(Debug)]
struct Users {
    group: UserGroup,
    /// Those in the group.
    members: Vec<User>,
    /// Ids of those that the state knows and that are not in the group, from which an update that broke
    /// off, or somebody else, has taken them.
    outside: Vec<String>,
}

/// Which objects to ask for, as far as they are known before asking.
#[derive(Debug, Default)]
struct Hints {
    id: String,
    arn: Option<String>,
    member: Option<String>,
    subnet_group: Option<String>,
    security_group: Option<String>,
    parameter_group: Option<String>,
    user_group: Option<String>,
    scaling: bool,
}

impl Hints {
    /// By what the state knows.
    fn of_state(state: &Model, id: String) -> Self {
        let member = match &state.member_clusters {
            Value::Value(members) => members.iter().flatten().next().cloned(),
            _ => None,
        };
        Self {
            id,
            arn: state.arn.clone().as_option(),
            member,
            subnet_group: state.subnet_group_name.clone().as_option(),
            security_group: state.security_group_id.clone().as_option(),
            parameter_group: state.parameter_group_name.clone().as_option(),
            user_group: state.user_group_id.clone().as_option(),
            scaling: state.autoscaling.is_value(),
        }
    }

    /// By what an imported replication group says of itself.
    async fn of_group(clients: &Clients, group: ReplicationGroup) -> Result<Self, aws::Error> {
        let member = first_member(clients, &group).await?.unwrap_or_default();
        let security_group = own_group(clients, &group.id, &member.security_group_ids).await?;
        let own = cache::user_group(&group.id);
        Ok(Self {
            arn: group.arn,
            member: Some(member.id).filter(|id| !id.is_empty()),
            subnet_group: member.subnet_group_name,
            security_group,
            parameter_group: member.parameter_group_name,
            user_group: group.user_group_ids.contains(&own).then_some(own),
            scaling: true,
            id: group.id,
        })
    }
}

/// The security group that was made for the cache, by its tag or its name. Any other is somebody
/// else's, whatever it opens: it stays named, and is neither changed nor deleted.
async fn own_group(
    clients: &Clients,
    id: &str,
    group_ids: &[String],
) -> Result<Option<String>, aws::Error> {
    let name = cache::security_group(id);
    let owner = Owner { kind: KIND, name: id };
    let own = |group: &SecurityGroup| {
        let found = Observed::read(&group.tags, &IgnoreRules::default(), &[]);
        group.name == name || found.is_owned_by(owner)
    };
    let found = join_all(group_ids.iter().map(|id| ec2::find_security_group_by_id(clients, id)));
    for group in found.await {
        if let Some(group) = group?.filter(own) {
            return Ok(Some(group.id));
        }
    }
    Ok(None)
}

/// Reads the object; never waits for a better state of it.
pub(super) async fn read(
    cx: &Context<ProviderContext>,
    mut state: Model,
    private: &mut Private,
) -> Result<Found<Model>, Diagnostic> {
    let region = state.region_or_default(cx);
    state.region = Value::Value(region.clone());
    let clients = cx.provider.clients(&region);
    let id = state.id.clone().unwrap_or_else(|| state.name.clone().unwrap_or_default());
    let observed = match Box::pin(observe(&clients, &state, private, id.clone())).await {
        Ok(observed) => observed,
        Err(error) => return Err(state.told(Verb::Reading, &error)),
    };
    let Some(observed) = observed else {
        if torn_down::is(private) {
            return Ok(Found::Present(Box::new(state)));
        }
        if !unfinished::is(private) {
            let parts = Parts {
                clients: &clients,
                ignore: &cx.provider.ignore_tags,
                id: &id,
                state: &state,
            };
            match parts.any().await {
                Ok(false) => return Ok(Found::Gone),
                Ok(true) => found_torn_down(&mut state, private),
                Err(error) => return Err(state.told(Verb::Reading, &error)),
            }
            return Ok(Found::Present(Box::new(state)));
        }
        // What was made for it is still there, and must be found by the destroy that follows.
        state.set_incomplete("the replication group does not exist yet.".to_owned());
        return Ok(Found::Present(Box::new(state)));
    };
    if let Some(found) = &observed.tags {
        unfinished::keep(&cx.provider.claims, private, found.contains_key(tags::CREATING));
    }
    record::record(cx, &mut state, &observed);
    let mut outside = leaving(private);
    outside.extend(observed.users.into_iter().flat_map(|found| found.outside));
    keep_leaving(private, &outside);
    if !outside.is_empty() {
        let outside: Vec<String> = outside.into_iter().collect();
        let reason = format!("users {} are not in the user group.", outside.join(", "));
        state.set_incomplete(reason);
    }
    Ok(Found::Present(Box::new(state)))
}

async fn observe(
    clients: &Clients,
    state: &Model,
    private: &Private,
    id: String,
) -> Result<Option<Observation>, StepError> {
    let doing = format!("reading the replication group {id}");
    let hints = if state.arn.is_null() {
        let found = replication_groups::find_replication_group(clients, &id).await;
        let Some(group) = found.during("replication_group", &*doing)? else { return Ok(None) };
        // Of one that is not there another may have taken the id.
        let another = (unfinished::is(private) || torn_down::is(private))
            && !is_of_create(clients, private, &group)
                .await
                .during("replication_group", &*doing)?;
        if another {
            return Ok(None);
        }
        Hints::of_group(clients, group).await.during("replication_group", &*doing)?
    } else {
        Hints::of_state(state, id)
    };
    let (group, member, tags, around, users, scaling) = join!(
        replication_groups::find_replication_group(clients, &hints.id),
        member(clients, hints.member.as_deref()),
        tags_of(clients, hints.arn.as_deref()),
        around(clients, &hints),
        of_users(clients, state, &hints),
        scaling(clients, &hints),
    );
    let Some(group) = group.during("replication_group", &*doing)? else { return Ok(None) };
    let member = match member.during("replication_group", "reading a node")? {
        // The node that was asked for was replaced meanwhile.
        None => first_member(clients, &group).await.during("replication_group", &*doing)?,
        found => found,
    };
    let tags = told(tags, &group).during("tags", format!("reading the tags of {}", hints.id))?;
    let (subnet_group, security_group, mut parameters) = around?;
    let in_force = member.as_ref().and_then(|member| member.parameter_group_name.clone());
    if in_force.is_some() && in_force != hints.parameter_group {
        parameters = own_parameters(clients, in_force.as_deref()).await?;
    }
    Ok(Some(Observation {
        group,
        member,
        tags,
        subnet_group,
        security_group,
        parameters,
        users: users?,
        scaling: scaling?,
    }))
}

/// Whether a create of this state, which did not complete, has made the replication group. It is not
/// told before the group is available; until then it is as good as not there.
async fn is_of_create(
    clients: &Clients,
    private: &Private,
    group: &ReplicationGroup,
) -> Result<bool, aws::Error> {
    match told(tags_of(clients, group.arn.as_deref()).await, group)? {
        Some(found) => Ok(unfinished::is_of(private, &found)),
        None => Ok(false),
    }
}

async fn member(clients: &Clients, id: Option<&str>) -> Result<Option<Member>, aws::Error> {
    match id {
        Some(id) => members::find_member(clients, id).await,
        None => Ok(None),
    }
}

/// The first node that answers.
pub(super) async fn first_member(
    clients: &Clients,
    group: &ReplicationGroup,
) -> Result<Option<Member>, aws::Error> {
    match group.member_clusters.first() {
        Some(id) => members::find_member(clients, id).await,
        None => Ok(None),
    }
}

async fn tags_of(clients: &Clients, arn: Option<&str>) -> Result<Option<Tags>, aws::Error> {
    match arn {
        Some(arn) => elasticache::list_tags(clients, arn).await.map(Some),
        None => Ok(None),
    }
}

/// AWS tells no tags while the replication group is not available: they stay as last known.
fn told(
    tags: Result<Option<Tags>, aws::Error>,
    group: &ReplicationGroup,
) -> Result<Option<Tags>, aws::Error> {
    match tags {
        Err(error)
            if aws::retry::busy(&error)
                || (!group.is_available()
                    && !matches!(error.kind, Kind::AccessDenied | Kind::Credentials)) =>
        {
            tracing::info!(id = group.id, status = group.status, "tags are kept as last known");
            Ok(None)
        }
        tags => tags,
    }
}

type Around = (
    Option<SubnetGroup>,
    Option<(SecurityGroup, Vec<IngressRule>)>,
    Option<BTreeMap<String, String>>,
);

async fn around(clients: &Clients, hints: &Hints) -> Result<Around, StepError> {
    let subnet_group = async {
        match &hints.subnet_group {
            Some(name) => subnet_groups::find_subnet_group(clients, name).await,
            None => Ok(None),
        }
    };
    let (subnet_group, security_group, parameters) = join!(
        subnet_group,
        security_group(clients, hints.security_group.as_deref()),
        own_parameters(clients, hints.parameter_group.as_deref()),
    );
    Ok((
        subnet_group.during("subnet_group", "reading the subnet group")?,
        security_group.during("security_group", "reading the security group")?,
        parameters?,
    ))
}

async fn security_group(
    clients: &Clients,
    id: Option<&str>,
) -> Result<Option<(SecurityGroup, Vec<IngressRule>)>, aws::Error> {
    let Some(id) = id else { return Ok(None) };
    let (group, rules) =
        join!(ec2::find_security_group_by_id(clients, id), ec2::list_ingress_rules(clients, id));
    // The rules of a group that is gone are an error, and no matter.
    match group? {
        Some(group) => Ok(Some((group, rules?))),
        None => Ok(None),
    }
}

async fn own_parameters(
    clients: &Clients,
    name: Option<&str>,
) -> Result<Option<BTreeMap<String, String>>, StepError> {
    match name.filter(|name| !cache::is_default_parameter_group(name)) {
        Some(name) => parameter_groups::find_own_parameters(clients, name)
            .await
            .during("parameters", format!("reading the parameter group {name}")),
        None => Ok(None),
    }
}

async fn of_users(
    clients: &Clients,
    state: &Model,
    hints: &Hints,
) -> Result<Option<Users>, StepError> {
    let Some(id) = &hints.user_group else { return Ok(None) };
    // Known users are asked beside the group, strangers in it afterwards.
    let known: Vec<String> = wanted::users(state)
        .iter()
        .map(|(name, user)| wanted::user_id(&hints.id, name, user))
        .collect();
    let doing = "reading the users";
    let (group, found) = join!(
        users::find_user_group(clients, id),
        join_all(known.iter().map(|id| users::find_user(clients, id))),
    );
    let Some(group) = group.during("users", doing)? else { return Ok(None) };
    let strangers = group.user_ids.iter().filter(|id| !known.contains(id));
    let strangers = join_all(strangers.map(|id| users::find_user(clients, id))).await;
    let all: Result<Vec<Option<User>>, aws::Error> = found.into_iter().chain(strangers).collect();
    let all = all.during("users", doing)?.into_iter().flatten();
    let (members, outside): (Vec<User>, Vec<User>) =
        all.partition(|user| group.user_ids.contains(&user.id));
    let outside = outside.into_iter().filter(|user| user.status != DELETING);
    let outside = outside.map(|user| user.id).collect();
    Ok(Some(Users { group, members, outside }))
}

async fn scaling(
    clients: &Clients,
    hints: &Hints,
) -> Result<Option<(Vec<ScalableTarget>, Vec<TargetTracking>)>, StepError> {
    if !hints.scaling {
        return Ok(None);
    }
    let (targets, policies) = join!(
        application_auto_scaling::list_targets(clients, &hints.id),
        application_auto_scaling::list_policies(clients, &hints.id),
    );
    let doing = "reading the scaling policies";
    Ok(Some((targets.during("autoscaling", doing)?, policies.during("autoscaling", doing)?)))
}
