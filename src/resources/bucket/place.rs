//! Where buckets and roles belong: region and account.

use crate::aws::arn::{Arn, Partition};
use crate::framework::resource::Context;
use crate::framework::value::{Diagnostic, Diagnostics};
use crate::provider::context::ProviderContext;
use crate::resources::composite::{Composite, told};
use crate::resources::step::{During as _, Verb};

const DOING: &str = "asking for the account";

/// Where names and ARNs belong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The region.
    pub region: String,
    /// The account; empty when it was not asked for.
    pub account: String,
}

impl Place {
    /// The partition of the region.
    pub fn partition(&self) -> Partition {
        Partition::of_region(&self.region)
    }

    /// ARN of a bucket.
    pub fn bucket_arn(&self, name: &str) -> String {
        Arn::bucket(self.partition().id, name).to_string()
    }

    /// ARN of a role, when the account is known.
    pub fn role_arn(&self, name: &str) -> Option<String> {
        (!self.account.is_empty())
            .then(|| Arn::role(self.partition().id, &self.account, "/", name).to_string())
    }

    /// The host name of a bucket in its region.
    pub fn domain_name(&self, name: &str) -> String {
        format!("{name}.s3.{}.{}", self.region, self.partition().dns_suffix)
    }

    /// The account that must own a bucket.
    pub fn owner(&self) -> Option<&str> {
        (!self.account.is_empty()).then_some(self.account.as_str())
    }
}

/// The place of a composite; a failure is told as one of the whole operation.
pub async fn place<M: Composite>(
    cx: &Context<ProviderContext>,
    model: &M,
    verb: Verb,
) -> Result<Place, Diagnostic> {
    match cx.provider.account_id().await.during("account", DOING) {
        Ok(account) => Ok(Place { region: model.region_or_default(cx), account }),
        Err(error) => Err(model.told(verb, &error)),
    }
}

/// The place, once the provider is configured and the region known.
pub async fn place_for_plan<M: Composite>(
    cx: Option<&Context<ProviderContext>>,
    region: Option<String>,
    diagnostics: &mut Diagnostics,
) -> Option<Place> {
    let (cx, region) = (cx?, region?);
    match cx.provider.account_id().await.during("account", DOING) {
        Ok(account) => Some(Place { region, account }),
        Err(error) => {
            diagnostics.add_error(told::<M>(Verb::Planning, "", &error));
            None
        }
    }
}
