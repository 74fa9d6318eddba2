use super::*;

#[test]
fn every_attribute_told_is_one_of_the_resource() {
    assert_eq!(schema().attributes.len(), TOLD.len() + 2);
    assert!(schema().attributes.iter().all(|attribute| !attribute.description.is_empty()));
}

#[test]
fn a_bucket_that_is_not_there_is_told_with_name_region_and_next_step() {
    assert_eq!(
        none("shop", "eu-west-1").detail,
        "bucket = \"shop\": the account has no bucket of this name in eu-west-1. Correct bucket or \
         region, or use credentials of the account that has it."
    );
    assert!(wrong_name("Shop").detail.starts_with("bucket = \"Shop\": must be"));
}
