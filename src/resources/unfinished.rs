//! What is kept and told of a create that did not complete, or is not complete yet.
//!
//! Beside the state of an object it is kept that its create did not complete, and under which claims
//! that was tried. The status cannot say it: a complete object is incomplete too once something of it
//! is missing, and stays protected.

use std::collections::BTreeSet;

use crate::aws::Wait;
use crate::framework::diagnostic::diagnostic;
use crate::framework::private::Private;
use crate::framework::resource::Context;
use crate::framework::value::{AttributePath, Diagnostic};
use crate::platform::tags::{self, Claim as Marked, Tags};
use crate::provider::claims::{BeingMade, Claim, Claims};
use crate::provider::context::ProviderContext;
use crate::resources::step::StepError;

/// The private key: nonces of claims, or a word that is none where only the marker tells.
const UNFINISHED: &str = "unfinished";

/// That word.
const MARKED: &str = "true";

/// The private key: the nonce of the create, once that is complete.
const CREATED: &str = "created";

/// Begins the claim of an operation. What earlier creates made that did not complete counts as its
/// own.
pub fn begin<'a>(cx: &'a Context<ProviderContext>, wait: &Wait, private: &Private) -> Claim<'a> {
    reported(&cx.provider.claims, private);
    cx.provider.claims.begin(wait.deadline.remaining(), nonces(private))
}

/// Ends the claim of a create or an update, and keeps beside the state whether the create is
/// unfinished: `done` says that all is, `creating` that the operation is the create itself.
pub fn end(claim: Claim<'_>, creating: bool, done: bool, private: &mut Private) {
    if done {
        private.remove(UNFINISHED);
        if let Some(nonce) = claim.complete() {
            private.set_text(CREATED, nonce);
        }
        return;
    }
    if creating || is(private) {
        let mut nonces = nonces(private);
        nonces.insert(claim.nonce().to_owned());
        let nonces: Vec<String> = nonces.into_iter().collect();
        private.set_text(UNFINISHED, nonces.join(" "));
    }
}

fn nonces(private: &Private) -> BTreeSet<String> {
    let kept = private.text(UNFINISHED).unwrap_or_default().split(' ');
    kept.filter(|word| !word.is_empty() && *word != MARKED).map(str::to_owned).collect()
}

/// Keeps what a read has seen: whether the object carries the creation marker.
pub fn keep(claims: &Claims, private: &mut Private, marked: bool) {
    reported(claims, private);
    if !marked {
        private.remove(UNFINISHED);
    } else if !is(private) {
        private.set_text(UNFINISHED, MARKED);
    }
}

/// The state has the object: nobody has to be told of it any more.
fn reported(claims: &Claims, private: &Private) {
    if let Some(nonce) = private.text(CREATED) {
        claims.reported(nonce);
    }
}

/// Whether the create of an object did not complete.
pub fn is(private: &Private) -> bool {
    private.text(UNFINISHED).is_some()
}

/// Whether an object comes of the create that the state is of, and which did not complete: then it
/// carries its marker.
pub fn is_of(private: &Private, found: &Tags) -> bool {
    let claim = tags::marker(found).and_then(Marked::parse);
    claim.is_some_and(|claim| nonces(private).contains(&claim.nonce))
}

/// The refusal to go on with an object that another create is at work at.
pub fn refused(step: &'static str, doing: &str, other: &BeingMade) -> StepError {
    let why = other.why();
    StepError::refused(step, doing, why, &BeingMade::next())
}

/// The same at plan: a warning, because what is in the way may be what a failed create of this very
/// object left, which core replaces without saying so.
pub fn warning(other: &BeingMade, path: AttributePath) -> Diagnostic {
    let mut why = other.why();
    if let Some(first) = why.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    let text = format!(
        "{why}. If that is not what this plan replaces, the apply will be refused. {}",
        BeingMade::next()
    );
    diagnostic("Being Created", text, path)
}
