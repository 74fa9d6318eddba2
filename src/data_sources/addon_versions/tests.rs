use super::*;
use crate::framework::schema::testing::assert_model_fits;

fn offered(version: &str, default_for: &[&str]) -> OfferedVersion {
    OfferedVersion {
        version: version.to_owned(),
        cluster_versions: vec!["1.33".to_owned()],
        default_for: default_for.iter().map(|one| (*one).to_owned()).collect(),
        architectures: vec!["amd64".to_owned()],
    }
}

#[test]
fn schema_and_model_agree() {
    assert_model_fits::<Model>(&schema());
}

#[test]
fn the_default_and_the_newest_are_told() {
    let listed = [offered("v1.58.0-eksbuild.1", &[]), offered("v1.50.1-eksbuild.1", &["1.33"])];
    let kubernetes = Some("1.33".to_owned());
    let model = record(Model::default(), "us-east-1", kubernetes, &listed);
    assert_eq!(model.addon_name, Value::Value("aws-ebs-csi-driver".to_owned()));
    assert_eq!(model.latest_version, Value::Value("v1.58.0-eksbuild.1".to_owned()));
    assert_eq!(model.default_version, Value::Value("v1.50.1-eksbuild.1".to_owned()));
    let Value::Value(versions) = model.versions else { panic!("there are versions") };
    assert_eq!(versions.len(), 2);
    assert_eq!(versions[1].is_default, Value::Value(true));
}

#[test]
fn without_a_kubernetes_version_no_single_one_is_the_default() {
    let listed = [offered("v1.50.1-eksbuild.1", &["1.33"])];
    let model = record(Model::default(), "us-east-1", None, &listed);
    assert!(model.default_version.is_null() && model.kubernetes_version.is_null());
}

#[test]
fn a_cluster_has_its_own_version() {
    let config = Model {
        kubernetes_version: Value::Value("1.33".to_owned()),
        cluster_name: Value::Value("production".to_owned()),
        ..Model::default()
    };
    let mut diagnostics = Diagnostics::default();
    data_source::DataSource::validate(&DataSource, &config, &mut diagnostics);
    assert!(diagnostics.errors[0].detail.contains("exclude each other"));
}

#[test]
fn an_addon_that_is_not_offered_is_told_with_the_next_step() {
    assert_eq!(
        nothing("x", Some("1.20")).detail,
        "addon_name = \"x\": EKS offers no version of it for Kubernetes 1.20. Correct the name, or \
         ask for another Kubernetes version."
    );
}
