//! `bucket_name` and `account_regional_bucket_name`: names that S3 takes, or the rule they break.

use crate::framework::function::{Arguments, Function, FunctionError, Parameter, Signature};
use crate::framework::schema::Type;
use crate::framework::value::{Dynamic, Value};
use crate::platform::naming::{
    account_regional_bucket_name, check_account_regional_bucket_name, check_bucket_name,
    compose_bucket_name,
};

/// `bucket_name(prefix, key, suffix)`.
#[derive(Debug)]
pub struct BucketName;

impl Function for BucketName {
    fn name(&self) -> &'static str {
        "bucket_name"
    }

    fn signature(&self) -> Signature {
        Signature {
            summary: "Joins a prefix, a key and a suffix to the name of an S3 bucket, and checks \
                      it.",
            description: "Joins `prefix`, `key` and `suffix` with hyphens to the name of an S3 \
                          bucket, and checks it against the naming rules of S3: length, \
                          characters, reserved beginnings and endings. A name that S3 would \
                          refuse is an error that says which rule it breaks. Dots are refused as \
                          well, because HTTPS to such a bucket fails certificate validation.\n\n\
                          `officeless_observability_buckets` and `officeless_application_bucket` \
                          name their buckets in the same way.",
            parameters: vec![
                Parameter::string("prefix")
                    .nullable()
                    .describe("What the name begins with; null or empty for nothing."),
                Parameter::string("key").describe("What the bucket is for, as in `loki-chunks`."),
                Parameter::string("suffix")
                    .nullable()
                    .describe("What the name ends with; null or empty for nothing."),
            ],
            variadic: None,
            returns: Type::String,
            returned: "The name.",
        }
    }

    fn call(&self, arguments: &mut Arguments) -> Result<Dynamic, FunctionError> {
        let prefix: Value<String> = arguments.take()?;
        let key: String = arguments.take()?;
        let suffix: Value<String> = arguments.take()?;
        let name = compose_bucket_name(prefix.as_deref_option(), &key, suffix.as_deref_option());
        check_bucket_name(&name).map_err(|problem| FunctionError::new(problem.to_string()))?;
        Ok(Dynamic::String(name))
    }
}

/// `account_regional_bucket_name(prefix, account, region)`.
#[derive(Debug)]
pub struct AccountRegionalBucketName;

impl Function for AccountRegionalBucketName {
    fn name(&self) -> &'static str {
        "account_regional_bucket_name"
    }

    fn signature(&self) -> Signature {
        Signature {
            summary: "Makes a bucket name of the account-regional namespace, and checks it.",
            description: "Makes the name `PREFIX-ACCOUNT-REGION-an` of the account-regional \
                          namespace of S3, which no other account can take, and checks it. What \
                          account, region and ending leave of the 63 characters is little: a \
                          name that is too long is an error that says by how much.",
            parameters: vec![
                Parameter::string("prefix").describe("The part before the account."),
                Parameter::string("account").describe("The account ID, twelve digits."),
                Parameter::string("region").describe("The region of the bucket."),
            ],
            variadic: None,
            returns: Type::String,
            returned: "The name.",
        }
    }

    fn call(&self, arguments: &mut Arguments) -> Result<Dynamic, FunctionError> {
        let prefix: String = arguments.take()?;
        let account: String = arguments.take()?;
        let region: String = arguments.take()?;
        if account.len() != 12 || !account.chars().all(|c| c.is_ascii_digit()) {
            let text = format!("{account:?} is not an AWS account ID; give its twelve digits");
            return Err(FunctionError::of(1, text));
        }
        if !is_region(&region) {
            let text = format!("{region:?} is not an AWS region; write it as \"us-east-1\"");
            return Err(FunctionError::of(2, text));
        }
        let name = account_regional_bucket_name(&prefix, &account, &region);
        check_account_regional_bucket_name(&name, &account, &region)
            .map_err(|problem| FunctionError::new(problem.to_string()))?;
        Ok(Dynamic::String(name))
    }
}

/// At least three parts between hyphens, the last of them a number.
fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let letters = |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase());
    match parts.split_last() {
        Some((number, names)) => {
            let numbered = !number.is_empty() && number.chars().all(|c| c.is_ascii_digit());
            names.len() >= 2 && names.iter().all(letters) && numbered
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::function::testing::call;

    fn name(prefix: Dynamic, key: &str, suffix: Dynamic) -> Result<Dynamic, FunctionError> {
        call(&BucketName, vec![prefix, Dynamic::from(key), suffix])
    }

    #[test]
    fn parts_that_are_given_are_joined() {
        for (prefix, suffix, expected) in [
            (Dynamic::from("acme"), Dynamic::from("prod"), "acme-loki-chunks-prod"),
            (Dynamic::Null, Dynamic::from("prod"), "loki-chunks-prod"),
            (Dynamic::from(""), Dynamic::Null, "loki-chunks"),
        ] {
            assert_eq!(name(prefix, "loki-chunks", suffix), Ok(Dynamic::from(expected)));
        }
    }

    #[test]
    fn a_name_that_s3_refuses_is_refused_with_the_rule() {
        for (key, text) in [
            (
                "Loki",
                "bucket name \"Loki\" contains the upper-case letter 'L'; S3 allows lower-case \
                 letters only, so write \"loki\"",
            ),
            ("a", "bucket name \"a\" has 1 characters; S3 requires at least 3"),
            (
                "loki-an",
                "bucket name \"loki-an\" ends with \"-an\", which only names of the \
                 account-regional namespace may",
            ),
        ] {
            let refused = name(Dynamic::Null, key, Dynamic::Null).unwrap_err();
            assert!(refused.text.starts_with(text), "{}", refused.text);
            assert_eq!(refused.argument, None);
        }
        let long = name(Dynamic::Null, &"a".repeat(70), Dynamic::Null).unwrap_err().text;
        assert!(long.ends_with("shorten the name, its prefix or its suffix by 7"), "{long}");
    }

    fn regional(prefix: &str, account: &str, region: &str) -> Result<Dynamic, FunctionError> {
        let arguments = [prefix, account, region].map(Dynamic::from).to_vec();
        call(&AccountRegionalBucketName, arguments)
    }

    #[test]
    fn an_account_regional_name_has_its_ending() {
        assert_eq!(
            regional("loki", "123456789012", "us-east-1"),
            Ok(Dynamic::from("loki-123456789012-us-east-1-an"))
        );
    }

    #[test]
    fn a_wrong_account_or_region_is_blamed_by_its_place() {
        for (account, region, argument, text) in [
            ("1234", "us-east-1", 1, "\"1234\" is not an AWS account ID; give its twelve digits"),
            (
                "123456789012",
                "us-east-1a",
                2,
                "\"us-east-1a\" is not an AWS region; write it as \"us-east-1\"",
            ),
            ("123456789012", "use1", 2, "\"use1\" is not an AWS region"),
            ("123456789012", "", 2, "\"\" is not an AWS region"),
        ] {
            let refused = regional("loki", account, region).unwrap_err();
            assert_eq!(refused.argument, Some(argument));
            assert!(refused.text.starts_with(text), "{}", refused.text);
        }
        let long = regional(&"a".repeat(60), "123456789012", "ap-southeast-3").unwrap_err();
        assert!(long.text.contains("S3 allows at most 63"), "{}", long.text);
    }
}
