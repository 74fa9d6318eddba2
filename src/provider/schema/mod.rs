//! The provider block: blocks, names and types of hashicorp/aws, so that a block can be pasted
//! over, and the arguments of this provider.

mod blocks;

use crate::framework::check::Check;
use crate::framework::schema::{Attribute, Schema, Type};
use crate::platform::naming::{self, Form};

use super::context::IncompleteCreate;
use super::sources;

pub use blocks::{IGNORED_ENDPOINTS, service_of_endpoint};

/// The provider block.
pub fn schema() -> Schema {
    let attributes = [credentials(), place(), requests(), skips(), ours()].concat();
    Schema {
        version: 0,
        description: include_str!("../description.md"),
        attributes,
        blocks: blocks::all(),
    }
}

/// An argument with its description and the sentences on its other sources.
fn described(attribute: Attribute, description: &str) -> Attribute {
    let text = format!("{description}{}", sources::sentence(attribute.name));
    attribute.describe(text)
}

fn string(name: &'static str, description: &str) -> Attribute {
    described(Attribute::string(name), description)
}

fn bool(name: &'static str, description: &str) -> Attribute {
    described(Attribute::bool(name), description)
}

fn strings(name: &'static str, description: &str) -> Attribute {
    described(Attribute::strings(name), description)
}

fn list(name: &'static str, description: &str) -> Attribute {
    described(Attribute::of(name, Type::list(Type::String)), description)
}

fn credentials() -> Vec<Attribute> {
    vec![
        string("access_key", "Access key ID. Goes with `secret_key`.").sensitive(),
        string("secret_key", "Secret access key. Goes with `access_key`.").sensitive(),
        string("token", "Session token of temporary keys.").sensitive(),
        string(
            "profile",
            "Profile of the shared config and credentials files. Named here, it precedes keys in \
             the environment.",
        ),
        list("shared_config_files", "Paths of shared config files."),
        list("shared_credentials_files", "Paths of shared credentials files."),
    ]
}

fn place() -> Vec<Attribute> {
    let account =
        || Check::each(Check::pattern("^[0-9]{12}$", "must be an AWS account ID of 12 digits"));
    vec![
        string(
            "region",
            "Region of every resource that names none. Must be among `allowed_regions`, where that \
             is given.",
        ),
        string("sts_region", "Region of the STS endpoint, where it differs from `region`."),
        strings(
            "allowed_account_ids",
            "Accounts that may be worked in; with any other, nothing is planned. Conflicts with \
             `forbidden_account_ids`.",
        )
        .check(account()),
        strings(
            "forbidden_account_ids",
            "Accounts that must not be worked in. Conflicts with `allowed_account_ids`.",
        )
        .check(account()),
        bool(
            "use_fips_endpoint",
            "Use FIPS endpoints. Endpoints given as URL are used as they are.",
        ),
        bool(
            "use_dualstack_endpoint",
            "Use dual-stack endpoints. Endpoints given as URL are used as they are.",
        ),
    ]
}

fn requests() -> Vec<Attribute> {
    let url = |text: &str| {
        let is_url = text.starts_with("http://") || text.starts_with("https://");
        if text.is_empty() || is_url {
            Ok(())
        } else {
            Err("must be a URL that begins with http:// or https://".to_owned())
        }
    };
    vec![
        described(
            Attribute::number("max_retries"),
            "How often a request is attempted at most. Where nothing says it, attempts that AWS \
             throttles do not count: they go on until the time of the operation is over.",
        )
        .check(Check::range(0, 1000)),
        string(
            "retry_mode",
            "How attempts are paced: `standard`, or `adaptive` to slow down all requests once AWS \
             throttles one.",
        )
        .check(Check::one_of(&["standard", "adaptive"])),
        described(
            Attribute::number("token_bucket_rate_limiter_capacity"),
            "Size of a quota that retries draw on, for each service and region. Where it is not \
             set there is none.",
        )
        .check(Check::range(1, 1_000_000)),
        // It may hold a login.
        string("http_proxy", "URL of the proxy for `http` endpoints. Empty: none.")
            .sensitive()
            .check(Check::text(url)),
        string("https_proxy", "URL of the proxy for `https` endpoints. Empty: none.")
            .sensitive()
            .check(Check::text(url)),
        string("no_proxy", "Comma-separated hosts that are reached without a proxy."),
        string(
            "custom_ca_bundle",
            "Path of a PEM file with certificate authorities to trust besides the system's.",
        ),
        bool("insecure", "Do not verify server certificates. Defaults to `false`."),
        bool(
            "s3_use_path_style",
            "Put the bucket into the path of S3 URLs, not into the host name, as most emulators \
             need. Defaults to `false`.",
        ),
        list(
            "user_agent",
            "Tokens appended to the user agent, each `name/version` or a comment in parentheses.",
        ),
    ]
}

fn skips() -> Vec<Attribute> {
    vec![
        bool(
            "skip_credentials_validation",
            "Do not ask STS whether the credentials are valid when the provider is configured. \
             Defaults to `false`.",
        ),
        bool(
            "skip_requesting_account_id",
            "Never ask STS for the account ID; it is then empty, also in ARNs. Cannot go with \
             `allowed_account_ids` or `forbidden_account_ids`. Defaults to `false`.",
        ),
        bool(
            "skip_region_validation",
            "Accept any region name, such as a private cloud's. Defaults to `false`.",
        ),
        bool(
            "skip_metadata_api_check",
            "Never ask the EC2 instance metadata service for credentials or a region.",
        ),
        string("ec2_metadata_service_endpoint", "URL of the EC2 instance metadata service."),
        string(
            "ec2_metadata_service_endpoint_mode",
            "How the EC2 instance metadata service is reached: `IPv4` or `IPv6`.",
        )
        .check(Check::one_of(&["IPv4", "IPv6"])),
    ]
}

fn ours() -> Vec<Attribute> {
    let cluster = |text: &str| match naming::check(Form::ClusterName, text) {
        Err(problem) if !text.is_empty() => Err(problem.to_string()),
        _ => Ok(()),
    };
    vec![
        string(
            "cluster_name",
            "EKS cluster of every resource that names none; subnets and security groups are found \
             through it.",
        )
        .check(Check::text(cluster)),
        string(
            "name_prefix",
            "Put before bucket and role names, with a hyphen, by every resource that gives no \
             prefix of its own.",
        )
        .check(Check::pattern(
            "^([a-z0-9]([a-z0-9-]{0,35}[a-z0-9])?)?$",
            "must be at most 37 lower-case letters, digits and hyphens, beginning and ending with \
             a letter or a digit, as bucket names demand",
        )),
        strings(
            "allowed_regions",
            "Regions in which objects may be kept, for data residency. Anything planned elsewhere \
             is refused. All regions if not given.",
        ),
        string(
            "incomplete_create",
            "What happens when a step fails after the main object was created. `error`: apply \
             fails, what exists is kept in state as tainted, and the next apply replaces it. \
             `resume`: apply succeeds with a warning, `status` is `incomplete`, and the next apply \
             finishes the object in place. Defaults to `error`.",
        )
        .check(Check::one_of(IncompleteCreate::ALL)),
    ]
}

#[cfg(test)]
mod tests;
