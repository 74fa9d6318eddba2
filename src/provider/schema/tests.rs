use std::collections::BTreeSet;

use super::*;
use crate::aws::Service;
use crate::framework::check;
use crate::framework::schema::testing::assert_model_fits;
use crate::framework::value::{Diagnostics, Dynamic, Object};
use crate::provider::config::Config;

#[test]
fn schema_and_model_agree() {
    assert_model_fits::<Config>(&schema());
}

#[test]
fn names_are_those_of_the_block_that_is_pasted_over_and_ours() {
    let names: BTreeSet<&str> =
        schema().attributes.iter().map(|attribute| attribute.name).collect();
    let expected = BTreeSet::from([
        "access_key",
        "allowed_account_ids",
        "custom_ca_bundle",
        "ec2_metadata_service_endpoint",
        "ec2_metadata_service_endpoint_mode",
        "forbidden_account_ids",
        "http_proxy",
        "https_proxy",
        "insecure",
        "max_retries",
        "no_proxy",
        "profile",
        "region",
        "retry_mode",
        "s3_use_path_style",
        "secret_key",
        "shared_config_files",
        "shared_credentials_files",
        "skip_credentials_validation",
        "skip_metadata_api_check",
        "skip_region_validation",
        "skip_requesting_account_id",
        "sts_region",
        "token",
        "token_bucket_rate_limiter_capacity",
        "use_dualstack_endpoint",
        "use_fips_endpoint",
        "user_agent",
        // Ours.
        "allowed_regions",
        "cluster_name",
        "incomplete_create",
        "name_prefix",
    ]);
    assert_eq!(names, expected);
    let blocks: Vec<(&str, i64)> =
        schema().blocks.iter().map(|block| (block.name, block.max_items)).collect();
    assert_eq!(
        blocks,
        [
            ("assume_role", 0),
            ("assume_role_with_web_identity", 1),
            ("default_tags", 1),
            ("ignore_tags", 1),
            ("endpoints", 0),
        ]
    );
}

#[test]
fn nothing_of_the_block_is_computed_and_only_secrets_are_sensitive() {
    let schema = schema();
    let nested = schema.blocks.iter().flat_map(|block| &block.attributes);
    let all: Vec<&Attribute> = schema.attributes.iter().chain(nested).collect();
    assert!(all.iter().all(|attribute| !attribute.is_computed()));
    let sensitive: Vec<&str> = all
        .iter()
        .filter(|attribute| attribute.sensitive)
        .map(|attribute| attribute.name)
        .collect();
    let keys = ["access_key", "secret_key", "token"];
    let logins = ["http_proxy", "https_proxy"];
    assert_eq!(sensitive, [&keys[..], &logins, &["web_identity_token"]].concat());
}

#[test]
fn every_service_has_its_endpoint() {
    let schema = schema();
    let endpoints = schema.blocks.iter().find(|block| block.name == "endpoints").unwrap();
    for service in Service::ALL {
        let name = service.key();
        assert!(endpoints.attributes.iter().any(|attribute| attribute.name == name), "{name}");
        assert_eq!(service_of_endpoint(name), Some(service));
    }
    assert_eq!(service_of_endpoint("s3api"), Some(Service::S3));
    assert_eq!(service_of_endpoint("dynamodb"), None);
}

#[test]
fn every_source_belongs_to_an_argument_and_is_documented() {
    let schema = schema();
    for source in sources::SOURCES {
        let attributes = match source.argument.split_once('.') {
            None => &schema.attributes,
            Some((block, _)) => {
                &schema.blocks.iter().find(|candidate| candidate.name == block).unwrap().attributes
            }
        };
        let name = source.argument.rsplit('.').next().unwrap();
        let attribute = attributes.iter().find(|attribute| attribute.name == name).unwrap();
        for variable in source.variables {
            assert!(attribute.description.contains(variable), "{name}: {variable}");
        }
    }
}

fn errors(name: &str, value: Dynamic) -> Vec<String> {
    let config = Dynamic::Map(Object::from([(name.to_owned(), value)]));
    let mut diagnostics = Diagnostics::default();
    check::configuration(&schema(), &config, true, &mut diagnostics);
    diagnostics.errors.iter().map(|error| error.detail.to_string()).collect()
}

fn block(attributes: &[(&str, &str)]) -> Dynamic {
    let attributes =
        attributes.iter().map(|(name, value)| ((*name).to_owned(), Dynamic::from(*value)));
    Dynamic::List(vec![Dynamic::Map(attributes.collect())])
}

#[test]
fn wrong_values_are_refused_with_attribute_value_and_rule() {
    let cases = [
        (
            "allowed_account_ids",
            Dynamic::List(vec![Dynamic::from("12")]),
            "allowed_account_ids = [\"12\"]: \"12\" must be an AWS account ID of 12 digits.",
        ),
        (
            "max_retries",
            Dynamic::from(-1),
            "max_retries = -1: must be a whole number from 0 to 1000.",
        ),
        (
            "retry_mode",
            Dynamic::from("fast"),
            "retry_mode = \"fast\": must be one of standard, adaptive.",
        ),
        (
            "https_proxy",
            Dynamic::from("proxy:3128"),
            "https_proxy = (sensitive value): must be a URL that begins with http:// or https://.",
        ),
        (
            "incomplete_create",
            Dynamic::from("retry"),
            "incomplete_create = \"retry\": must be one of error, resume.",
        ),
        (
            "cluster_name",
            Dynamic::from("-x"),
            "cluster_name = \"-x\": \"-x\" is not an EKS cluster name: use 1 to 100 letters, digits, \
             hyphens and underscores, beginning with a letter or a digit.",
        ),
        (
            "name_prefix",
            Dynamic::from("Acme_"),
            "name_prefix = \"Acme_\": must be at most 37 lower-case letters, digits and hyphens, \
             beginning and ending with a letter or a digit, as bucket names demand.",
        ),
    ];
    for (name, value, expected) in cases {
        assert_eq!(errors(name, value), [expected]);
    }
}

#[test]
fn wrong_values_in_blocks_are_refused_with_the_way_to_them() {
    let role = ("role_arn", "arn:aws:iam::123456789012:role/x");
    let cases = [
        (
            "endpoints",
            block(&[("efs", "localhost:4566")]),
            "endpoints[0].efs = \"localhost:4566\": must be a URL, such as http://localhost:4566.",
        ),
        (
            "assume_role",
            block(&[role, ("duration", "13h")]),
            "assume_role[0].duration = \"13h\": must be from 15m to 12h.",
        ),
        (
            "assume_role",
            block(&[role, ("session_name", "a b")]),
            "assume_role[0].session_name = \"a b\": must be 2 to 64 letters, digits and characters \
             of _+=,.@-.",
        ),
        (
            "assume_role",
            block(&[("session_name", "ab")]),
            "assume_role[0].role_arn is required, and is null here. Give it a value.",
        ),
    ];
    for (name, value, expected) in cases {
        assert_eq!(errors(name, value), [expected]);
    }
}

#[test]
fn a_session_policy_must_be_a_json_object() {
    let role = ("role_arn", "arn:aws:iam::123456789012:role/x");
    let told = errors("assume_role", block(&[role, ("policy", "[]")]));
    assert!(told[0].contains("must be a JSON object"), "{told:?}");
    assert!(errors("assume_role", block(&[role, ("policy", "{}")])).is_empty());
}

#[test]
fn empty_texts_are_as_good_as_left_out() {
    for name in ["profile", "region", "cluster_name", "name_prefix", "https_proxy"] {
        assert!(errors(name, Dynamic::from("")).is_empty(), "{name}");
    }
}
