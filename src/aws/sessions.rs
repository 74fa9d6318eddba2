//! The credentials that calls are signed with, kept for as long as they are good.
//!
//! They are renewed shortly before they end, which the SDK's cache does by AWS's time. And they are
//! renewed when AWS says that they have ended although they should not have: a session may be
//! revoked, and a profile's keys may have been replaced. The refused attempt is then made once more
//! at once; with nothing newer to be had, the second refusal is the answer.

use std::sync::{Arc, Mutex, PoisonError};

use aws_config::Region;
use aws_config::identity::IdentityCache;
use aws_sdk_sts::config::{ResolveCachedIdentity, SharedIdentityCache};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::identity::{IdentityFuture, SharedIdentityResolver};
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextMut,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};

use super::error::{EXPIRED, code_of};
use super::retry::Mended;

/// A cache of credentials that can be emptied. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Sessions(Arc<Mutex<Generation>>);

/// What was cached since the last emptying.
#[derive(Debug)]
struct Generation {
    number: u64,
    cache: SharedIdentityCache,
}

impl Sessions {
    pub(super) fn new() -> Self {
        let cache = IdentityCache::lazy().build();
        Self(Arc::new(Mutex::new(Generation { number: 0, cache })))
    }

    fn with<T>(&self, work: impl FnOnce(&mut Generation) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Forgets the credentials of this generation. Of several calls that met their end side by
    /// side, the first does it for all.
    fn forget(&self, number: u64) {
        self.with(|current| {
            if current.number == number {
                *current = Generation { number: number + 1, cache: IdentityCache::lazy().build() };
            }
        });
    }
}

impl ResolveCachedIdentity for Sessions {
    fn resolve_cached_identity<'a>(
        &'a self,
        resolver: SharedIdentityResolver,
        components: &'a RuntimeComponents,
        config: &'a ConfigBag,
    ) -> IdentityFuture<'a> {
        let cache = self.with(|current| current.cache.clone());
        IdentityFuture::new(async move {
            cache.resolve_cached_identity(resolver, components, config).await
        })
    }
}

/// The generation an attempt was signed with.
#[derive(Clone, Copy, Debug)]
struct SignedWith(u64);

impl Storable for SignedWith {
    type Storer = StoreReplace<Self>;
}

/// This call has had its credentials renewed.
#[derive(Clone, Copy, Debug)]
struct Renewed;

impl Storable for Renewed {
    type Storer = StoreReplace<Self>;
}

#[dyn_dispatch_hint]
impl Intercept for Sessions {
    fn name(&self) -> &'static str {
        "Sessions"
    }

    fn read_before_attempt(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        config.interceptor_state().store_put(SignedWith(self.with(|current| current.number)));
        Ok(())
    }

    fn modify_before_attempt_completion(
        &self,
        context: &mut FinalizerInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let (Some(SignedWith(number)), Some(answer)) =
            (config.load::<SignedWith>().copied(), context.response_mut())
        else {
            return Ok(());
        };
        let region = config.load::<Region>().map(ToString::to_string);
        if config.load::<Renewed>().is_none() && has_expired(answer, region.as_deref()) {
            tracing::info!("AWS says that the credentials have expired: they are renewed");
            self.forget(number);
            answer.add_extension(Mended);
            config.interceptor_state().store_put(Renewed);
        }
        Ok(())
    }
}

/// Whether AWS refused credentials for their end. S3 answers `HEAD` without a body, so without a
/// code: there it is a 400 that does not tell of a bucket in another region.
fn has_expired(answer: &HttpResponse, region: Option<&str>) -> bool {
    if let Some(code) = code_of(answer) {
        return EXPIRED.contains(&code.as_str());
    }
    let elsewhere = answer.headers().get("x-amz-bucket-region");
    answer.status().as_u16() == 400
        && answer.body().bytes().is_some_and(<[u8]>::is_empty)
        && (elsewhere.is_none() || elsewhere == region)
}
