//! What a composite tells of itself, and what its operations have in common because of it: how they
//! begin, how a create or an update ends, how a failure is told, why a destroy is refused.

use std::sync::Arc;

use super::attributes::{COMPLETE, INCOMPLETE};
use super::step::{Report, StepError, Verb, reasons};
use super::timeouts::{Defaults, Operation, Timeouts};
use super::{torn_down, unfinished};
use crate::aws::arn::Arn;
use crate::aws::{Clients, Wait};
use crate::framework::diagnostic::{diagnostic, whole};
use crate::framework::resource::{Context, DestroyRequest, Recorder};
use crate::framework::value::{AttributePath, Data, Diagnostic, StringMap, Value, known_map};
use crate::provider::claims::Claim;
use crate::provider::context::{IncompleteCreate, ProviderContext};

/// The model of a composite.
pub trait Composite: Data + Clone {
    /// What it is called in sentences, as in `shared storage`.
    const NOUN: &'static str;
    /// How long its operations may take when configuration is silent.
    const TIMEOUTS: Defaults;

    /// Its name in messages, as configured where it is; empty if it has none yet.
    fn title(&self) -> String;

    /// What exists of it in AWS by this state, each as in `file system fs-0123`.
    fn inventory(&self) -> Vec<String>;

    /// `region`.
    fn region(&self) -> &Value<String>;

    /// `timeouts`.
    fn timeouts(&self) -> &Value<Timeouts>;

    /// `status` and `status_reason`.
    fn status(&mut self) -> (&mut Value<String>, &mut Value<String>);

    /// Whether it can be used so far: only then may an incomplete create pass as a success.
    fn is_usable(&self) -> bool {
        true
    }

    /// An incomplete state as it may stand beside a success: nothing unknown, and all that was known
    /// in the plan as it was planned.
    #[must_use]
    fn resumable(self, _planned: &Self) -> Self {
        Self::from_dynamic(self.to_dynamic().unknown_to_null()).unwrap_or(self)
    }

    /// Every step is done and nothing is missing.
    fn set_complete(&mut self) {
        let (status, reason) = self.status();
        *status = Value::Value(COMPLETE.to_owned());
        *reason = Value::Null;
    }

    /// Something is missing, for a reason in whole sentences.
    fn set_incomplete(&mut self, because: String) {
        let (status, reason) = self.status();
        *status = Value::Value(INCOMPLETE.to_owned());
        *reason = Value::Value(because);
    }

    /// What is missing, each in words; complete if nothing is.
    fn set_missing(&mut self, missing: &[String]) {
        if missing.is_empty() {
            self.set_complete();
        } else {
            self.set_incomplete(format!("{}.", missing.join("; ")));
        }
    }

    /// The region it is in, or is to be in.
    fn region_or_default(&self, cx: &Context<ProviderContext>) -> String {
        self.region().clone().unwrap_or_else(|| cx.provider.region().to_owned())
    }

    /// A failure that changed nothing, as a diagnostic.
    fn told(&self, verb: Verb, error: &StepError) -> Diagnostic {
        told::<Self>(verb, &self.title(), error)
    }
}

/// The attributes that every composite has, of a model whose fields have their names.
macro_rules! common_attributes {
    () => {
        fn region(&self) -> &Value<String> {
            &self.region
        }

        fn timeouts(&self) -> &Value<$crate::resources::timeouts::Timeouts> {
            &self.timeouts
        }

        fn status(&mut self) -> (&mut Value<String>, &mut Value<String>) {
            (&mut self.status, &mut self.status_reason)
        }
    };
}
pub(super) use common_attributes;

/// A failure that changed nothing, of something that has no model yet: an import id.
pub fn told<M: Composite>(verb: Verb, title: &str, error: &StepError) -> Diagnostic {
    Report { verb, noun: M::NOUN, name: title, exists: Vec::new() }.diagnostic(error)
}

/// The clients of its region, and how long an operation that begins now may take: all of its work
/// goes on under [`Wait::govern`].
pub fn begin<M: Composite>(
    cx: &Context<ProviderContext>,
    model: &M,
    operation: Operation,
) -> (Arc<Clients>, Wait) {
    let clients = cx.provider.clients(&model.region_or_default(cx));
    let deadline = M::TIMEOUTS.deadline(model.timeouts(), operation);
    (clients, Wait::new(deadline, cx.cancel.clone()))
}

/// How a create or an update ended: without failures, with an error, or with a warning where the
/// provider block says so and the object can be used. The recorder has the state that was reached.
pub fn conclude<M: Composite>(
    cx: &Context<ProviderContext>,
    claim: Claim<'_>,
    operation: Operation,
    planned: &M,
    failures: &[StepError],
    recorder: &mut Recorder<M>,
) -> Result<(), Diagnostic> {
    end(cx.provider.incomplete_create, claim, operation, planned, failures, recorder)
}

fn end<M: Composite>(
    incomplete_create: IncompleteCreate,
    claim: Claim<'_>,
    operation: Operation,
    planned: &M,
    failures: &[StepError],
    recorder: &mut Recorder<M>,
) -> Result<(), Diagnostic> {
    let creating = operation == Operation::Create;
    unfinished::end(claim, creating, failures.is_empty(), &mut recorder.private);
    let Some(told) = failed(operation, &planned.title(), failures, recorder) else {
        torn_down::keep(&mut recorder.private, false);
        return Ok(());
    };
    recorder.update(|state| state.set_incomplete(reasons(failures)));
    let resumes = creating
        && incomplete_create == IncompleteCreate::Resume
        && !failures.iter().any(StepError::is_cancelled);
    let Some(state) = recorder.state().filter(|state| resumes && state.is_usable()).cloned() else {
        return Err(told);
    };
    recorder.record(state.resumable(planned));
    recorder.warnings.push(whole(
        told.summary,
        format!(
            "{}\n\nincomplete_create = \"resume\": this create ends without an error although it \
             is incomplete, and the next apply goes on with it.",
            told.detail
        ),
    ));
    Ok(())
}

/// How a destroy ended. The recorder has the state of what is left.
pub fn conclude_delete<M: Composite>(
    prior: &M,
    failures: &[StepError],
    recorder: &Recorder<M>,
) -> Result<(), Diagnostic> {
    failed(Operation::Delete, &prior.title(), failures, recorder).map_or(Ok(()), Err)
}

/// The failures of an operation, with what exists by the recorder's state; `None` if there are none.
fn failed<M: Composite>(
    operation: Operation,
    title: &str,
    failures: &[StepError],
    recorder: &Recorder<M>,
) -> Option<Diagnostic> {
    let exists = recorder.state().map(M::inventory).unwrap_or_default();
    Report { verb: operation.into(), noun: M::NOUN, name: title, exists }
        .diagnostic_of_all(failures)
}

/// A map with the keys it was planned with, which a success has to keep: null where nothing is.
pub fn kept_keys(planned: &Value<StringMap>, reached: Value<StringMap>) -> Value<StringMap> {
    let Value::Value(planned) = planned else { return reached };
    let reached = known_map(&reached).unwrap_or_default();
    let of = |key: &String| reached.get(key).cloned().into();
    Value::Value(planned.keys().map(|key| (key.clone(), of(key))).collect())
}

/// The refusal to destroy or replace a protected object; `None` when it may go.
pub fn protect<M: Composite>(
    request: &DestroyRequest<'_, M>,
    protection: impl Fn(&M) -> &Value<bool>,
) -> Option<Diagnostic> {
    let wanted = request.replacement.unwrap_or(request.prior);
    let unguarded = unfinished::is(request.private) || torn_down::is(request.private);
    if unguarded || *protection(wanted) != Value::Value(true) {
        return None;
    }
    let (done, how) = if request.replacement.is_some() {
        ("replaced", "set deletion_protection = false along with the change that replaces it")
    } else {
        ("destroyed", "set deletion_protection = false, apply, and destroy then")
    };
    let (noun, name) = (M::NOUN, request.prior.title());
    Some(diagnostic(
        "Deletion Protection",
        format!(
            "The {noun} {name:?} may not be {done}: deletion_protection = true, and its data would \
             be lost. Nothing was changed. To insist, {how}."
        ),
        AttributePath::new("deletion_protection"),
    ))
}

/// An import id without its region, and the region: that of an ARN, or the one behind an `@`, or the
/// provider's.
pub fn import_id(cx: &Context<ProviderContext>, id: &str) -> (String, String) {
    let (text, region) = match id.rsplit_once('@') {
        Some((text, region)) => (text, region.to_owned()),
        None => (id, cx.provider.region().to_owned()),
    };
    match text.parse::<Arn>() {
        Ok(arn) => {
            (arn.resource_id().to_owned(), if arn.region.is_empty() { region } else { arn.region })
        }
        Err(_) => (text.to_owned(), region),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use super::*;
    use crate::aws::Error;
    use crate::aws::error::{Kind, Service};
    use crate::framework::private::Private;
    use crate::provider::claims::Claims;
    use crate::provider::environment::Environment;
    use crate::resources::step::During as _;

    crate::model! {
        struct Sample {
            name: Value<String>,
            id: Value<String>,
            region: Value<String>,
            timeouts: Value<Timeouts>,
            deletion_protection: Value<bool>,
            status: Value<String>,
            status_reason: Value<String>,
        }
    }

    impl Composite for Sample {
        const NOUN: &'static str = "sample";
        const TIMEOUTS: Defaults =
            Defaults { create_minutes: 1, update_minutes: 1, delete_minutes: 1 };

        common_attributes!();

        fn title(&self) -> String {
            self.name.clone().unwrap_or_default()
        }

        fn inventory(&self) -> Vec<String> {
            self.id.as_ref().as_option().map(|id| format!("sample {id}")).into_iter().collect()
        }

        fn is_usable(&self) -> bool {
            self.id.is_value()
        }
    }

    fn sample(id: Value<String>) -> Sample {
        let protected = Value::Value(true);
        Sample {
            name: Value::Value("eks".to_owned()),
            id,
            deletion_protection: protected,
            ..Sample::default()
        }
    }

    fn failure(kind: Kind) -> Vec<StepError> {
        let error = Error::new(Service::Efs, "CreateMountTarget", kind, "no");
        Err::<(), _>(error)
            .during("mount_targets", "creating the mount target")
            .err()
            .into_iter()
            .collect()
    }

    fn ended(
        incomplete_create: IncompleteCreate,
        operation: Operation,
        state: Option<Sample>,
        failures: &[StepError],
    ) -> (Result<(), Diagnostic>, Recorder<Sample>) {
        let mut recorder = Recorder::new(state, Private::default());
        let planned = sample(Value::Unknown);
        let claims = Claims::new(&Environment::default());
        let claim = claims.begin(Duration::from_mins(1), BTreeSet::new());
        let outcome = end(incomplete_create, claim, operation, &planned, failures, &mut recorder);
        (outcome, recorder)
    }

    #[test]
    fn a_create_that_failed_is_an_error_with_what_exists_and_is_not_protected() {
        let state = sample(Value::Value("s-1".to_owned()));
        let failures = failure(Kind::AccessDenied);
        let (outcome, recorder) =
            ended(IncompleteCreate::Error, Operation::Create, Some(state), &failures);
        let told = outcome.unwrap_err();
        assert_eq!(told.summary, "Creating sample \"eks\": mount_targets failed");
        assert!(told.detail.contains("recorded in the state: sample s-1."), "{}", told.detail);
        let state = recorder.state().unwrap();
        assert_eq!(state.status, Value::Value(INCOMPLETE.to_owned()));
        let reason = "Creating the mount target failed: EFS CreateMountTarget: no.";
        assert_eq!(state.status_reason, Value::Value(reason.to_owned()));
        let request =
            DestroyRequest { prior: state, replacement: None, private: &recorder.private };
        assert!(protect(&request, |sample| &sample.deletion_protection).is_none());
    }

    #[test]
    fn an_incomplete_create_passes_only_where_it_was_asked_for_and_can_be_used() {
        let usable = || Some(sample(Value::Value("s-1".to_owned())));
        let resumed =
            |state, kind| ended(IncompleteCreate::Resume, Operation::Create, state, &failure(kind));
        let (outcome, recorder) = resumed(usable(), Kind::AccessDenied);
        assert!(outcome.is_ok());
        assert!(recorder.warnings[0].detail.contains("incomplete_create = \"resume\""));
        assert!(!recorder.state().unwrap().to_dynamic().to_string().contains("unknown"));
        assert!(resumed(None, Kind::AccessDenied).0.is_err());
        assert!(resumed(Some(sample(Value::Null)), Kind::AccessDenied).0.is_err());
        assert!(resumed(usable(), Kind::Cancelled).0.is_err());
        let failures = failure(Kind::AccessDenied);
        let updated = ended(IncompleteCreate::Resume, Operation::Update, usable(), &failures);
        assert!(updated.0.is_err());
    }

    #[test]
    fn what_is_complete_is_protected_until_the_protection_is_taken_away() {
        let (outcome, recorder) =
            ended(IncompleteCreate::Error, Operation::Create, Some(sample(Value::Null)), &[]);
        assert!(outcome.is_ok());
        let prior = recorder.state().unwrap();
        let private = &recorder.private;
        let refusal = |replacement| {
            let request = DestroyRequest { prior, replacement, private };
            protect(&request, |sample| &sample.deletion_protection)
        };
        assert!(refusal(None).unwrap().detail.contains("may not be destroyed"));
        assert!(refusal(Some(prior)).unwrap().detail.contains("may not be replaced"));
        let open = Sample { deletion_protection: Value::Value(false), ..prior.clone() };
        assert!(refusal(Some(&open)).is_none());
    }

    #[test]
    fn what_has_lost_its_data_is_not_protected_until_it_is_complete_again() {
        let state = sample(Value::Value("s-1".to_owned()));
        let mut private = Private::default();
        torn_down::keep(&mut private, true);
        let refusal = |private: &Private| {
            let request = DestroyRequest { prior: &state, replacement: None, private };
            protect(&request, |sample| &sample.deletion_protection)
        };
        assert!(refusal(&private).is_none());
        let mut recorder = Recorder::new(Some(state.clone()), private);
        let claims = Claims::new(&Environment::default());
        let claim = claims.begin(Duration::from_mins(1), BTreeSet::new());
        end(IncompleteCreate::Error, claim, Operation::Update, &state, &[], &mut recorder).unwrap();
        assert!(refusal(&recorder.private).is_some());
    }

    #[test]
    fn an_update_that_failed_leaves_a_complete_object_protected() {
        let failures = failure(Kind::Throttled);
        let state = Some(sample(Value::Value("s-1".to_owned())));
        let (outcome, recorder) =
            ended(IncompleteCreate::Error, Operation::Update, state, &failures);
        assert!(outcome.is_err());
        let prior = recorder.state().unwrap();
        let request = DestroyRequest { prior, replacement: None, private: &recorder.private };
        assert!(protect(&request, |sample| &sample.deletion_protection).is_some());
    }

    #[test]
    fn a_success_keeps_the_keys_it_was_planned_with() {
        let map = |pairs: &[(&str, Value<String>)]| {
            Value::Value(
                pairs.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect(),
            )
        };
        let planned = map(&[("a", Value::Unknown), ("b", Value::Unknown)]);
        let reached = map(&[("b", Value::Value("2".to_owned())), ("c", Value::Null)]);
        let kept = map(&[("a", Value::Null), ("b", Value::Value("2".to_owned()))]);
        assert_eq!(kept_keys(&planned, reached.clone()), kept);
        assert_eq!(kept_keys(&Value::Unknown, reached.clone()), reached);
    }
}
