//! Golden manifests, and what is refused.

use super::*;

const FILE_SYSTEM: &str = "fs-0123456789abcdef0";
const ACCESS_POINT: &str = "fsap-0123456789abcdef0";

fn platform_driver() -> DriverVersion {
    DriverVersion { major: 2, minor: 1, patch: 7 }
}

fn class() -> EfsStorageClass {
    EfsStorageClass::platform(FILE_SYSTEM)
}

fn volume() -> EfsPersistentVolume {
    EfsPersistentVolume {
        name: "shared-content".into(),
        storage_class_name: "efs".into(),
        capacity: "5Gi".into(),
        mount_options: vec!["tls".into(), "iam".into()],
        reclaim_policy: "Retain".into(),
        volume_handle: VolumeHandle::access_point(FILE_SYSTEM, ACCESS_POINT),
    }
}

#[test]
fn the_platform_class_is_rendered_in_this_very_text() {
    let text = "\
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: efs
provisioner: efs.csi.aws.com
parameters:
  provisioningMode: efs-ap
  fileSystemId: fs-0123456789abcdef0
  directoryPerms: \"700\"
mountOptions:
- iam
reclaimPolicy: Delete
volumeBindingMode: Immediate
";
    assert_eq!(class().render(platform_driver()).unwrap(), text);
}

#[test]
fn every_parameter_is_a_string_that_yaml_does_not_misread() {
    let full = EfsStorageClass {
        name: "1e3".into(),
        directory_perms: "0755".into(),
        mount_options: vec![],
        uid: Some(0),
        gid: Some(1000),
        gid_range_start: Some(50_000),
        gid_range_end: Some(60_000),
        base_path: Some("/dynamic".into()),
        sub_path_pattern: Some("${.PVC.namespace}/${.PVC.name}".into()),
        ensure_unique_directory: Some(true),
        reuse_access_point: Some(false),
        additional_parameters: [("az".to_owned(), "us-east-1a".to_owned())].into(),
        ..class()
    };
    let text = "\
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: \"1e3\"
provisioner: efs.csi.aws.com
parameters:
  provisioningMode: efs-ap
  fileSystemId: fs-0123456789abcdef0
  directoryPerms: \"0755\"
  uid: \"0\"
  gid: \"1000\"
  gidRangeStart: \"50000\"
  gidRangeEnd: \"60000\"
  basePath: /dynamic
  subPathPattern: ${.PVC.namespace}/${.PVC.name}
  ensureUniqueDirectory: \"true\"
  reuseAccessPoint: \"false\"
  az: us-east-1a
reclaimPolicy: Delete
volumeBindingMode: Immediate
";
    assert_eq!(full.render(platform_driver()).unwrap(), text);
}

#[test]
fn a_class_is_checked_before_the_file_system_exists() {
    let unknown = EfsStorageClass { file_system_id: String::new(), ..class() };
    assert_eq!(unknown.check(platform_driver()), Ok(()));
    assert!(matches!(unknown.render(platform_driver()), Err(ManifestProblem::Form(_))));
}

#[test]
fn settings_that_belong_together_are_refused_apart() {
    let refusal = |class: EfsStorageClass| class.check(platform_driver()).unwrap_err();
    assert_eq!(
        refusal(EfsStorageClass { gid: Some(1000), ..class() }).to_string(),
        "gid is set without uid; set both or neither"
    );
    assert_eq!(
        refusal(EfsStorageClass { gid_range_start: Some(50_000), ..class() }),
        ManifestProblem::Incomplete { given: "gid_range_start", missing: "gid_range_end" }
    );
    for (start, end) in [(50_000, 50_000), (50_000, 60_001), (2, 1)] {
        let class =
            EfsStorageClass { gid_range_start: Some(start), gid_range_end: Some(end), ..class() };
        assert_eq!(refusal(class), ManifestProblem::GidRange { start, end });
    }
}

#[test]
fn wrong_values_are_refused_with_the_right_ones() {
    let refusal = |class: EfsStorageClass| class.check(platform_driver()).unwrap_err().to_string();
    assert_eq!(
        refusal(EfsStorageClass { reclaim_policy: "Recycle".into(), ..class() }),
        "reclaim_policy \"Recycle\" is not known; use Delete or Retain"
    );
    assert_eq!(
        refusal(EfsStorageClass { volume_binding_mode: "immediate".into(), ..class() }),
        "volume_binding_mode \"immediate\" is not known; use Immediate or WaitForFirstConsumer"
    );
    assert!(refusal(EfsStorageClass { name: "EFS".into(), ..class() }).contains("\"EFS\""));
    assert!(refusal(EfsStorageClass { directory_perms: "9".into(), ..class() }).contains("octal"));
    assert!(refusal(EfsStorageClass { base_path: Some("x".into()), ..class() }).contains("absol"));
}

#[test]
fn additional_parameters_are_gated_and_never_override() {
    let with = |name: &str| EfsStorageClass {
        additional_parameters: [(name.to_owned(), "true".to_owned())].into(),
        ..class()
    };
    assert!(matches!(
        with("enforceZoneAffinity").check(platform_driver()),
        Err(ManifestProblem::ParameterTooNew { .. })
    ));
    let newest = DriverVersion { major: 3, minor: 4, patch: 1 };
    assert_eq!(with("enforceZoneAffinity").check(newest), Ok(()));
    assert_eq!(
        with("fileSystemId").check(newest),
        Err(ManifestProblem::ReservedParameter { parameter: "fileSystemId".into() })
    );
    assert!(matches!(
        with("encrypted").check(newest),
        Err(ManifestProblem::UnknownParameter { .. })
    ));
}

#[test]
fn a_volume_on_an_access_point_is_rendered_in_this_very_text() {
    let text = "\
apiVersion: v1
kind: PersistentVolume
metadata:
  name: shared-content
spec:
  capacity:
    storage: 5Gi
  volumeMode: Filesystem
  accessModes:
  - ReadWriteMany
  persistentVolumeReclaimPolicy: Retain
  storageClassName: efs
  mountOptions:
  - tls
  - iam
  csi:
    driver: efs.csi.aws.com
    volumeHandle: fs-0123456789abcdef0::fsap-0123456789abcdef0
";
    assert_eq!(volume().render().unwrap(), text);
}

#[test]
fn a_volume_without_class_says_so_with_empty_text() {
    let plain = EfsPersistentVolume {
        storage_class_name: String::new(),
        mount_options: vec![],
        capacity: "5000000000".into(),
        volume_handle: VolumeHandle::file_system(FILE_SYSTEM),
        ..volume()
    };
    let text = plain.render().unwrap();
    assert!(text.contains("\n  storageClassName: \"\"\n  csi:\n"), "{text}");
    assert!(text.contains("\n    storage: \"5000000000\"\n"), "{text}");
    assert!(text.ends_with("volumeHandle: fs-0123456789abcdef0\n"), "{text}");
}

#[test]
fn capacities_are_whole_quantities() {
    for capacity in ["5Gi", "1", "10Ti", "500M"] {
        assert!(EfsPersistentVolume { capacity: capacity.into(), ..volume() }.render().is_ok());
    }
    for capacity in ["", "Gi", "0Gi", "5GB", "5 Gi", "-1Gi", "1.5Gi"] {
        assert_eq!(
            EfsPersistentVolume { capacity: capacity.into(), ..volume() }.render(),
            Err(ManifestProblem::Capacity { value: capacity.into() }),
            "{capacity}"
        );
    }
}

#[test]
fn volume_handles_are_read_as_they_are_written() {
    for text in [
        "fs-0123456789abcdef0",
        "fs-0123456789abcdef0:/content",
        "fs-0123456789abcdef0::fsap-0123456789abcdef0",
        "fs-0123456789abcdef0:/content:fsap-0123456789abcdef0",
    ] {
        assert_eq!(VolumeHandle::parse(text).map(|handle| handle.to_string()), Ok(text.into()));
    }
    for text in [
        "",
        "eks-shared-storage",
        "fs-0123456789abcdef0:",
        "fs-0123456789abcdef0::",
        "fs-0123456789abcdef0:content",
        "fs-0123456789abcdef0::fs-0123456789abcdef0",
        "fs-0123456789abcdef0::fsap-0123456789abcdef0:x",
    ] {
        let problem = ManifestProblem::VolumeHandle { value: text.into() };
        assert_eq!(VolumeHandle::parse(text), Err(problem), "{text}");
    }
}
