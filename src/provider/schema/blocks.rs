//! The nested blocks of the provider block.

use crate::aws::Service;
use crate::framework::check::Check;
use crate::framework::schema::{Attribute, Block, Type};
use crate::platform::duration;
use crate::platform::naming::{self, Form};
use crate::provider::sources;

/// As often as wanted.
const ANY_NUMBER: i64 = 0;

const WEB_IDENTITY: &str = "assume_role_with_web_identity";

/// Shortest and longest session, in seconds
/// (<https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>).
const SESSION_SECONDS: std::ops::RangeInclusive<u64> = 900..=43_200;

/// Endpoints that practitioners paste together with those of our services, since emulators list
/// them all. Accepted, and never called.
pub const IGNORED_ENDPOINTS: &[&str] = &[
    "acm",
    "apigateway",
    "apigatewayv2",
    "autoscaling",
    "cloudformation",
    "cloudfront",
    "cloudwatch",
    "cloudwatchevents",
    "cloudwatchlogs",
    "cognitoidp",
    "configservice",
    "docdb",
    "dynamodb",
    "ecr",
    "ecs",
    "elb",
    "elbv2",
    "es",
    "events",
    "firehose",
    "glacier",
    "glue",
    "kafka",
    "kinesis",
    "kms",
    "lambda",
    "logs",
    "opensearch",
    "organizations",
    "rds",
    "redshift",
    "resourcegroups",
    "resourcegroupstaggingapi",
    "route53",
    "route53resolver",
    "s3control",
    "servicediscovery",
    "ses",
    "sfn",
    "sns",
    "sqs",
    "ssm",
    "stepfunctions",
    "swf",
    "transcribe",
    "xray",
];

/// Second names that hashicorp/aws takes for services, and the first.
const ENDPOINT_ALIASES: [(&str, &str); 2] =
    [("appautoscaling", "applicationautoscaling"), ("s3api", "s3")];

/// The service that an argument of `endpoints` is for, if this provider calls it.
pub fn service_of_endpoint(name: &str) -> Option<Service> {
    let alias = ENDPOINT_ALIASES.iter().find(|(alias, _)| *alias == name);
    let name = alias.map_or(name, |(_, first)| first);
    Service::ALL.into_iter().find(|service| service.key() == name)
}

/// Every block.
pub(super) fn all() -> Vec<Block> {
    vec![assume_role(), assume_role_with_web_identity(), default_tags(), ignore_tags(), endpoints()]
}

fn assume_role() -> Block {
    let mut attributes = vec![role_arn().required()];
    attributes.extend(session());
    attributes.extend([
        Attribute::string("external_id")
            .describe("External ID that the role's trust policy asks for.")
            .check(Check::pattern(
                r"^[A-Za-z0-9_+=,.@:/-]{2,1224}$|^$",
                "must be 2 to 1224 letters, digits and characters of _+=,.@:/-",
            )),
        Attribute::string("source_identity")
            .describe("Identity of the person behind the session, as CloudTrail shows it.")
            .check(name_of_session()),
        Attribute::string_map("tags").describe("Tags of the session."),
        Attribute::strings("transitive_tag_keys")
            .describe("Keys of `tags` that the sessions of later roles in a chain inherit."),
    ]);
    Block {
        name: "assume_role",
        description: "A role to assume. Written several times, the roles are assumed in their \
                      order, each with the credentials of the one before.",
        max_items: ANY_NUMBER,
        attributes,
    }
}

fn assume_role_with_web_identity() -> Block {
    let mut attributes = vec![role_arn()];
    attributes.extend(session());
    attributes.extend([
        Attribute::string("web_identity_token")
            .describe("Token of an OpenID Connect or OAuth 2.0 provider.")
            .sensitive(),
        Attribute::string("web_identity_token_file")
            .describe("Path of a file with such a token, read again at each use."),
    ]);
    for attribute in &mut attributes {
        let sentence = sources::sentence(&format!("{WEB_IDENTITY}.{}", attribute.name));
        attribute.description = format!("{}{sentence}", attribute.description).into();
    }
    Block {
        name: WEB_IDENTITY,
        description: "A role to assume with a token of an identity provider, before those of \
                      `assume_role`. Exactly one of the two tokens must be given. The environment \
                      variables suffice also without the block.",
        max_items: 1,
        attributes,
    }
}

fn role_arn() -> Attribute {
    let form =
        |text: &str| naming::check(Form::RoleArn, text).map_err(|problem| problem.to_string());
    Attribute::string("role_arn").describe("ARN of the role.").check(Check::text(form))
}

/// What both ways of assuming a role share.
fn session() -> Vec<Attribute> {
    let arn = Check::pattern("^arn:aws[a-z-]*:iam::", "must be the ARN of an IAM policy");
    vec![
        Attribute::string("duration")
            .describe(
                "Length of a session, from `15m` to `12h`, as a Go duration. The sessions of a \
                 chain last one hour at most. Defaults to one hour.",
            )
            .check(Check::text(session_length)),
        Attribute::string("policy")
            .describe("Policy in JSON that narrows what the session may do.")
            .check(Check::text(json)),
        Attribute::strings("policy_arns")
            .describe("ARNs of managed policies that narrow what the session may do.")
            .check(Check::each(arn)),
        Attribute::string("session_name")
            .describe("Name of the session, as CloudTrail shows it.")
            .check(name_of_session()),
    ]
}

fn name_of_session() -> Check {
    Check::pattern(
        "^[A-Za-z0-9_+=,.@-]{2,64}$|^$",
        "must be 2 to 64 letters, digits and characters of _+=,.@-",
    )
}

fn session_length(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Ok(());
    }
    let length = duration::parse(text).map_err(|problem| problem.to_string())?;
    if SESSION_SECONDS.contains(&length.as_secs()) {
        Ok(())
    } else {
        Err("must be from 15m to 12h".to_owned())
    }
}

fn json(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Ok(());
    }
    serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text)
        .map(drop)
        .map_err(|error| format!("must be a JSON object: {error}"))
}

fn default_tags() -> Block {
    Block {
        name: "default_tags",
        description: "Tags of every object. `tags` of a resource go before them, key by key.",
        max_items: 1,
        attributes: vec![Attribute::string_map("tags").describe(format!(
            "The tags. Each environment variable `{}<key>` gives one more, where the key is not \
             given here.",
            sources::DEFAULT_TAGS
        ))],
    }
}

fn ignore_tags() -> Block {
    Block {
        name: "ignore_tags",
        description: "Tags of somebody else: neither shown, changed nor removed on any object.",
        max_items: 1,
        attributes: vec![
            Attribute::strings("keys").describe(format!(
                "Keys. Those of the environment variable `{}`, separated by commas, are added.",
                sources::IGNORE_TAGS_KEYS
            )),
            Attribute::strings("key_prefixes").describe(format!(
                "Beginnings of keys. Those of the environment variable `{}`, separated by commas, \
                 are added.",
                sources::IGNORE_TAGS_KEY_PREFIXES
            )),
        ],
    }
}

fn endpoints() -> Block {
    let url = || Check::pattern("^(https?://.+)?$", "must be a URL, such as http://localhost:4566");
    let called = Service::ALL.into_iter().map(|service| {
        Attribute::of(service.key(), Type::String).check(url()).describe(format!(
            "URL of the {service} endpoint. Environment variables: `AWS_ENDPOINT_URL_{}`, \
             `AWS_ENDPOINT_URL`.",
            service.environment_suffix()
        ))
    });
    let aliases = ENDPOINT_ALIASES.iter().map(|(alias, first)| {
        Attribute::string(alias).check(url()).describe(format!("Another name of `{first}`."))
    });
    let ignored = IGNORED_ENDPOINTS.iter().map(|name| {
        Attribute::string(name)
            .describe("Accepted so that a block of hashicorp/aws can be pasted over; never called.")
    });
    Block {
        name: "endpoints",
        description: "URLs of endpoints, by service.",
        max_items: ANY_NUMBER,
        attributes: called.chain(aliases).chain(ignored).collect(),
    }
}
