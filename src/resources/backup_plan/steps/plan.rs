//! Step `plan`: name and rules.

use super::Walk;
use crate::aws::Clients;
use crate::aws::backup::plans::{self, NewPlan, Plan};
use crate::aws::backup::{self, request_id};
use crate::framework::value::{AttributePath, Value};
use crate::platform::naming::creation_token;
use crate::platform::tags::TagChanges;
use crate::provider::claims::{Claim, Takeover};
use crate::resources::attributes::tag_changes;
use crate::resources::backup_plan::{KIND, wanted};
use crate::resources::step::{During, StepError};

const STEP: &str = "plan";

/// How many derived tokens are tried. Each one passed over belongs to a plan that was deleted, or to
/// a finished one of the same name.
const ATTEMPTS: u32 = 8;

impl Walk<'_> {
    /// Finds or creates the plan, brings its rules to what they should be, and records it.
    pub(super) async fn plan(&mut self) -> Result<(), StepError> {
        let doing = format!("writing the rules of the plan {}", self.name);
        let wanted = wanted::rules(&self.planned).ok_or_else(|| {
            let why = "the rules are not known although everything they are made of is".to_owned();
            StepError::refused(STEP, &doing, why, "Report this.")
        })?;
        let plan = match self.find_plan().await? {
            Some(plan) => plan,
            None => self.create_plan(&wanted).await?,
        };
        self.record_plan(&plan);
        let same =
            plan.name == self.name && wanted::sorted(plan.rules) == wanted::sorted(wanted.clone());
        if !same {
            let version = plans::update_plan(&self.clients, &plan.id, &self.name, &wanted)
                .await
                .during(STEP, doing)
                .map_err(|error| error.blame(AttributePath::new("rules")))?;
            self.recorder.update(|state| state.plan_version = version.into());
        }
        let rules = self.planned.rules.clone();
        self.recorder.update(|state| state.rules = rules);
        Ok(())
    }

    /// The plan of the state, or what an interrupted create of ours left.
    async fn find_plan(&self) -> Result<Option<Plan>, StepError> {
        let doing = format!("looking for the plan {}", self.name);
        if let Some(Value::Value(id)) = self.prior.as_ref().map(|prior| &prior.plan_id) {
            let found = plans::find_plan_by_id(&self.clients, id).await.during(STEP, &*doing)?;
            if found.is_some() {
                return Ok(found);
            }
        }
        let Some(left) = left(&self.clients, self.claim, &self.name).await? else {
            return Ok(None);
        };
        self.take_over(&left).await?;
        plans::find_plan_by_id(&self.clients, &left.id).await.during(STEP, doing)
    }

    async fn take_over(&self, left: &LeftPlan) -> Result<(), StepError> {
        if left.ours {
            return Ok(());
        }
        tracing::info!(plan = left.id, "taking over what an interrupted create left");
        let mark = TagChanges { put: self.claim.mark(), remove: Vec::new() };
        backup::change_tags(&self.clients, &left.arn, &tag_changes(mark))
            .await
            .during(STEP, format!("taking over the plan {}", self.name))
    }

    async fn create_plan(&mut self, rules: &[plans::Rule]) -> Result<Plan, StepError> {
        let doing = format!("creating the plan {}", self.name);
        for attempt in 0..ATTEMPTS {
            let region = self.clients.region();
            let token = creation_token(&self.account, region, KIND, &self.name, attempt);
            let new = NewPlan {
                name: self.name.clone(),
                rules: rules.to_vec(),
                creator_request_id: request_id(&token),
                tags: self.written_tags(Some(self.claim.value())),
            };
            let created = plans::create_plan(&self.clients, &new).await;
            let created = created.during(STEP, &*doing).map_err(identical)?;
            // A token remembers its first plan, whatever has become of it.
            let found = plans::find_plan_by_id(&self.clients, &created.id).await;
            let Some(plan) = found.during(STEP, &*doing)? else { continue };
            let (id, arn) = (&plan.id, &plan.arn);
            if let Some(left) = judge(&self.clients, self.claim, &self.name, id, arn).await? {
                self.take_over(&left).await?;
                return Ok(plan);
            }
        }
        let why = format!("{ATTEMPTS} finished plans of the name {:?} exist already", self.name);
        let refused = StepError::refused(STEP, &doing, why, "Choose another name.");
        Err(refused.blame(AttributePath::new("name")))
    }

    fn record_plan(&mut self, plan: &Plan) {
        self.recorder.update(|state| {
            state.plan_id = Value::Value(plan.id.clone());
            state.plan_arn = Value::Value(plan.arn.clone());
            state.plan_version = plan.version.clone().into();
        });
    }
}

/// A plan that a create of ours made and did not come to record.
pub(in crate::resources::backup_plan) struct LeftPlan {
    pub(in crate::resources::backup_plan) id: String,
    arn: String,
    /// Its marker is that of this very operation, or of one that the state tells of.
    ours: bool,
}

/// The plan that was left, and that nobody is at work at.
pub(in crate::resources::backup_plan) async fn left(
    clients: &Clients,
    claim: &Claim<'_>,
    name: &str,
) -> Result<Option<LeftPlan>, StepError> {
    let doing = format!("looking for the plan {name}");
    for plan in plans::list_plans_by_name(clients, name).await.during(STEP, doing)? {
        if let Some(left) = judge(clients, claim, name, &plan.id, &plan.arn).await? {
            return Ok(Some(left));
        }
    }
    Ok(None)
}

async fn judge(
    clients: &Clients,
    claim: &Claim<'_>,
    name: &str,
    id: &str,
    arn: &str,
) -> Result<Option<LeftPlan>, StepError> {
    let doing = format!("reading the tags of {arn}");
    let found = backup::find_tags(clients, arn).await.during(STEP, doing)?.unwrap_or_default();
    let ours = match claim.judge(&format!("the plan {id}"), &found, wanted::owner(name)) {
        Takeover::Ours => true,
        Takeover::Left => false,
        Takeover::NotNow(_) | Takeover::Never => return Ok(None),
    };
    Ok(Some(LeftPlan { id: id.to_owned(), arn: arn.to_owned(), ours }))
}

/// AWS keeps no two plans with the very same document.
fn identical(error: StepError) -> StepError {
    use crate::resources::step::Cause;
    let exists = matches!(&error.cause, Cause::Aws(aws) if aws.is_code("AlreadyExistsException"));
    if !exists {
        return error;
    }
    error.blame(AttributePath::new("name")).next(
        "A plan with the same name and rules exists, and was not made by this resource. Choose \
         another name, delete that plan, or import it by its id.",
    )
}
