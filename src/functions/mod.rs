//! The functions, a file for those that belong together.
//!
//! Promise: pure and callable before there is a provider block: no AWS, no credentials, no clock.
//! Each is a thin reading of its arguments over [`crate::platform`], which the resources use too,
//! so that a function and a resource never say different things.

pub mod bucket_names;
pub mod ebs_manifests;
pub mod efs_manifests;
pub mod gp3;
pub mod parsers;
pub mod policies;

use crate::framework::function::Function;
use crate::framework::value::{Dynamic, Object, Value};

/// Every function.
pub fn all() -> Vec<Box<dyn Function>> {
    vec![
        Box::new(bucket_names::AccountRegionalBucketName),
        Box::new(bucket_names::BucketName),
        Box::new(ebs_manifests::EbsPersistentVolumeFunction),
        Box::new(ebs_manifests::EbsStorageClassFunction),
        Box::new(efs_manifests::EfsPersistentVolumeFunction),
        Box::new(efs_manifests::EfsStorageClassFunction),
        Box::new(gp3::Gp3Throughput),
        Box::new(gp3::Gp3Valid),
        Box::new(parsers::ParseEfsVolumeHandle),
        Box::new(parsers::ParseReplicationGroupArn),
        Box::new(policies::PodIdentityTrustPolicy),
        Box::new(policies::TlsOnlyBucketPolicy),
    ]
}

/// An object as result.
fn object<const N: usize>(members: [(&str, Dynamic); N]) -> Dynamic {
    let members = members.into_iter().map(|(name, value)| (name.to_owned(), value));
    Dynamic::Map(members.collect::<Object>())
}

fn text_or_null(text: Option<&str>) -> Dynamic {
    text.map_or(Dynamic::Null, Dynamic::from)
}

/// The elements of a list, none of which is unknown; nulls are left out.
fn texts(list: Value<Vec<Value<String>>>) -> Vec<String> {
    list.unwrap_or_default().into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::function::testing::assert_told;

    #[test]
    fn every_function_is_told_and_listed_in_order() {
        let names: Vec<_> = all().iter().map(|function| function.name()).collect();
        assert!(names.is_sorted(), "{names:?}");
        assert_eq!(names.len(), 12);
        for function in all() {
            assert_told(&function.signature());
        }
    }
}
