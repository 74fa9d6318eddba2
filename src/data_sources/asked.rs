//! Whom a data source asks: the clients of the region that is meant.

use std::sync::Arc;

use crate::aws::Clients;
use crate::framework::diagnostic::whole;
use crate::framework::resource::Context;
use crate::framework::schema::Attribute;
use crate::framework::value::{AttributePath, Diagnostic, Value};
use crate::provider::ProviderContext;

/// The attribute that names the region.
pub(super) fn region_attribute() -> Attribute {
    Attribute::string("region")
        .or_computed()
        .default_text("the provider's region")
        .describe("Region asked. Must be among the provider's `allowed_regions`.")
}

/// The provider, once configured, and the region given, or the provider's.
pub(super) fn place(
    cx: Option<&Context<ProviderContext>>,
    region: &Value<String>,
) -> Result<(Context<ProviderContext>, String), Diagnostic> {
    let cx = cx.ok_or_else(not_configured)?.clone();
    let region = match region {
        Value::Value(region) => region.clone(),
        _ => cx.provider.region().to_owned(),
    };
    match cx.provider.check_region(&AttributePath::new("region"), &region) {
        Some(refusal) => Err(refusal),
        None => Ok((cx, region)),
    }
}

/// The clients of that region.
pub(super) fn clients(
    cx: Option<&Context<ProviderContext>>,
    region: &Value<String>,
) -> Result<Arc<Clients>, Diagnostic> {
    let (cx, region) = place(cx, region)?;
    Ok(cx.provider.clients(&region))
}

fn not_configured() -> Diagnostic {
    whole(
        "Provider Configuration Not Known Yet",
        "The provider block has values that are known only after apply, so AWS cannot be asked \
         now. Apply what those values come from first, with -target, or give the provider block \
         values that are known.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_configured_provider_nothing_is_asked() {
        let refusal = place(None, &Value::Null).unwrap_err();
        assert_eq!(refusal.summary, "Provider Configuration Not Known Yet");
    }
}
