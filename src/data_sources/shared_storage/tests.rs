use super::*;

fn system(id: &str, name: Option<&str>, state: &str) -> FileSystem {
    FileSystem {
        id: id.to_owned(),
        arn: None,
        owner_id: "123456789012".to_owned(),
        creation_token: id.to_owned(),
        state: state.to_owned(),
        name: name.map(ToOwned::to_owned),
        performance_mode: "generalPurpose".to_owned(),
        throughput_mode: None,
        provisioned_throughput_in_mibps: None,
        encrypted: true,
        kms_key_id: None,
        availability_zone_name: None,
        number_of_mount_targets: 0,
        size_in_bytes: None,
        replication_overwrite_protection: None,
        tags: [].into(),
    }
}

#[test]
fn every_attribute_told_is_one_of_the_resource() {
    assert_eq!(schema().attributes.len(), TOLD.len() + 4);
    assert!(schema().attributes.iter().all(|attribute| !attribute.description.is_empty()));
}

#[test]
fn a_name_finds_the_one_that_stays() {
    let listed = vec![
        system("fs-1", Some("content"), "deleting"),
        system("fs-2", Some("content"), "available"),
        system("fs-3", None, "available"),
    ];
    assert_eq!(the_only(listed, "content", "us-east-1").unwrap().id, "fs-2");
}

#[test]
fn several_of_one_name_are_refused_with_their_ids() {
    let listed =
        ["fs-2", "fs-1"].map(|id| system(id, Some("content"), "available")).into_iter().collect();
    assert_eq!(
        the_only(listed, "content", "us-east-1").unwrap_err().detail,
        "name = \"content\": 2 file systems in us-east-1 have this name: fs-1, fs-2. Give the id \
         of the one that is meant."
    );
    assert_eq!(
        the_only(Vec::new(), "content", "us-east-1").unwrap_err().detail,
        "name = \"content\": the account has no such EFS file system in us-east-1. Correct name \
         or region, or use credentials of the account that has it."
    );
}

#[test]
fn exactly_one_of_id_and_name_is_given() {
    let config = |id: Dynamic, name: Dynamic| {
        Dynamic::Map([("id".to_owned(), id), ("name".to_owned(), name)].into())
    };
    for (id, name, refused) in [
        (Dynamic::Null, Dynamic::Null, true),
        ("fs-1".into(), "content".into(), true),
        ("fs-1".into(), Dynamic::Null, false),
        (Dynamic::Null, "content".into(), false),
        (Dynamic::Unknown, Dynamic::Null, false),
        (Dynamic::Unknown, "content".into(), false),
    ] {
        let mut diagnostics = Diagnostics::default();
        let config = config(id, name);
        data_source::DataSource::validate(&DataSource, &config, &mut diagnostics);
        assert_eq!(!diagnostics.errors.is_empty(), refused, "{config}");
    }
}
