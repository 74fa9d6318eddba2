//! Golden manifests, and what is refused.

use super::*;
use crate::platform::gp3::Gp3Problem;

const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/0d1f5a1e-0000-4000-8000-00000000abcd";

fn platform_driver() -> DriverVersion {
    driver_of_addon("v1.42.0-eksbuild.1").unwrap()
}

fn newest_driver() -> DriverVersion {
    driver_of_addon("v1.58.0-eksbuild.2").unwrap()
}

fn class() -> EbsStorageClass {
    EbsStorageClass::platform()
}

fn volume() -> EbsPersistentVolume {
    EbsPersistentVolume {
        name: "postgres-0".into(),
        storage_class_name: "gp3-sc".into(),
        size: 200,
        reclaim_policy: "Retain".into(),
        volume_id: "vol-0123456789abcdef0".into(),
        fs_type: "ext4".into(),
        availability_zone: "us-east-1a".into(),
        claim: None,
    }
}

fn claimed() -> EbsPersistentVolume {
    let claim = ClaimName { namespace: "databases".into(), name: "data-postgres-0".into() };
    EbsPersistentVolume { claim: Some(claim), ..volume() }
}

fn refusal(class: &EbsStorageClass) -> String {
    class.check(platform_driver()).unwrap_err().to_string()
}

#[test]
fn the_platform_class_is_rendered_in_this_very_text() {
    let text = "\
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: gp3-sc
provisioner: ebs.csi.aws.com
parameters:
  type: gp3
  csi.storage.k8s.io/fstype: ext4
  iops: \"3000\"
  throughput: \"125\"
  encrypted: \"true\"
volumeBindingMode: WaitForFirstConsumer
reclaimPolicy: Delete
allowVolumeExpansion: true
";
    assert_eq!(class().render(platform_driver()).unwrap(), text);
    assert_eq!(class().warning(), None);
}

#[test]
fn every_setting_of_a_class_has_its_place() {
    let full = EbsStorageClass {
        fs_type: "xfs".into(),
        iops: None,
        iops_per_gb: Some(50),
        throughput: 500,
        kms_key_arn: Some(KEY.into()),
        is_default: true,
        allowed_zones: vec!["us-east-1a".into(), "us-east-1b".into()],
        tags: [("team", "data"), ("claim", "{{ .PVCName }}")]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into(),
        ..class()
    };
    let text = "\
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: gp3-sc
  annotations:
    storageclass.kubernetes.io/is-default-class: \"true\"
provisioner: ebs.csi.aws.com
parameters:
  type: gp3
  csi.storage.k8s.io/fstype: xfs
  iopsPerGB: \"50\"
  allowAutoIOPSPerGBIncrease: \"true\"
  throughput: \"500\"
  encrypted: \"true\"
  kmsKeyId: arn:aws:kms:us-east-1:123456789012:key/0d1f5a1e-0000-4000-8000-00000000abcd
  tagSpecification_1: claim={{ .PVCName }}
  tagSpecification_2: team=data
volumeBindingMode: WaitForFirstConsumer
reclaimPolicy: Delete
allowVolumeExpansion: true
allowedTopologies:
- matchLabelExpressions:
  - key: topology.kubernetes.io/zone
    values:
    - us-east-1a
    - us-east-1b
";
    assert_eq!(full.render(platform_driver()).unwrap(), text);
}

#[test]
fn texts_that_yaml_would_misread_are_quoted() {
    let odd = EbsStorageClass {
        name: "1e3".into(),
        tags: [("1e3".to_owned(), "yes: no".to_owned())].into(),
        allow_volume_expansion: false,
        ..class()
    };
    let text = odd.render(platform_driver()).unwrap();
    assert!(text.contains("\n  name: \"1e3\"\n"), "{text}");
    assert!(text.contains("\n  tagSpecification_1: \"1e3=yes: no\"\n"), "{text}");
    assert!(text.ends_with("\nallowVolumeExpansion: false\n"), "{text}");
}

#[test]
fn the_old_provisioner_is_taken_with_a_warning() {
    let old = EbsStorageClass { provisioner: EBS_IN_TREE_PROVISIONER.into(), ..class() };
    let text = old.render(platform_driver()).unwrap();
    assert!(text.contains("provisioner: kubernetes.io/aws-ebs\n"), "{text}");
    assert!(text.contains("\n  fsType: ext4\n"), "{text}");
    let warning = old.warning().unwrap();
    assert!(warning.contains("Use \"ebs.csi.aws.com\""), "{warning}");
}

#[test]
fn a_driver_that_would_cut_the_iops_is_told_before() {
    let fast = EbsStorageClass { iops: Some(16_001), ..class() };
    assert_eq!(
        refusal(&fast),
        "iops = 16001: version 1.42.0 of the EBS CSI driver makes gp3 volumes of at most 16000 \
         IOPS whatever the class says; lower iops to 16000, or use version 1.50.0 or newer of the \
         driver"
    );
    assert_eq!(fast.check(newest_driver()), Ok(()));
    let auto = EbsStorageClass { provisioner: EBS_AUTO_MODE_PROVISIONER.into(), ..fast };
    assert_eq!(auto.check(platform_driver()), Ok(()));
}

#[test]
fn performance_keeps_to_gp3() {
    for (iops, iops_per_gb, throughput, text) in [
        (Some(2_999), None, 125, "3000 to 80000 IOPS"),
        (Some(3_000), None, 751, "raise iops to 3004"),
        (None, None, 751, "too much for iops = 3000"),
        (Some(3_000), None, 2_001, "125 to 2000 MiB/s"),
        (None, Some(501), 125, "iops_per_gb = 501: a gp3 volume has 1 to 500 IOPS for each GiB"),
        (None, Some(0), 125, "iops_per_gb = 0"),
        (Some(3_000), Some(50), 125, "iops and iops_per_gb are both set; set one of them"),
    ] {
        let refused = refusal(&EbsStorageClass { iops, iops_per_gb, throughput, ..class() });
        assert!(refused.contains(text), "{refused}");
    }
    let by_size = EbsStorageClass { iops: None, iops_per_gb: Some(500), ..class() };
    assert_eq!(EbsStorageClass { throughput: 2_000, ..by_size }.check(platform_driver()), Ok(()));
}

#[test]
fn wrong_values_are_refused_with_the_right_ones() {
    for (wrong, text) in [
        (
            EbsStorageClass { provisioner: "efs.csi.aws.com".into(), ..class() },
            "provisioner \"efs.csi.aws.com\" is not known; use ebs.csi.aws.com or \
             ebs.csi.eks.amazonaws.com or kubernetes.io/aws-ebs",
        ),
        (
            EbsStorageClass { fs_type: "EXT4".into(), ..class() },
            "fs_type \"EXT4\" is not known; use ext3 or ext4 or xfs",
        ),
        (
            EbsStorageClass { encrypted: false, kms_key_arn: Some(KEY.into()), ..class() },
            "kms_key_arn = \"arn:aws:kms:us-east-1:123456789012:key/\
             0d1f5a1e-0000-4000-8000-00000000abcd\" needs encrypted = true; set it, or remove \
             kms_key_arn",
        ),
        (
            EbsStorageClass { allowed_zones: vec!["us-east-1".into()], ..class() },
            "\"us-east-1\" is not the name of an Availability Zone: write it as \"us-east-1a\"; a \
             region and a zone id such as \"use1-az1\" are none",
        ),
    ] {
        assert_eq!(refusal(&wrong), text);
    }
}

#[test]
fn tags_that_the_driver_refuses_are_refused_before() {
    let long = "k".repeat(129);
    for (key, rule) in [
        ("", "1 to 128 characters"),
        (long.as_str(), "1 to 128 characters"),
        ("a=b", "before the first"),
        ("CSIVolumeName", "the driver's own"),
        ("kubernetes.io/cluster/production", "the driver's own"),
        ("aws:cloudformation", "the driver's own"),
    ] {
        let tags = [(key.to_owned(), String::new())].into();
        let refused = refusal(&EbsStorageClass { tags, ..class() });
        assert!(refused.contains(rule) && refused.contains(key), "{refused}");
    }
    let tags = [("a".to_owned(), "v".repeat(257))].into();
    assert!(refusal(&EbsStorageClass { tags, ..class() }).contains("at most 256"));
}

#[test]
fn a_volume_is_rendered_in_this_very_text() {
    let text = "\
apiVersion: v1
kind: PersistentVolume
metadata:
  name: postgres-0
spec:
  capacity:
    storage: 200Gi
  volumeMode: Filesystem
  accessModes:
  - ReadWriteOnce
  persistentVolumeReclaimPolicy: Retain
  storageClassName: gp3-sc
  csi:
    driver: ebs.csi.aws.com
    volumeHandle: vol-0123456789abcdef0
    fsType: ext4
  nodeAffinity:
    required:
      nodeSelectorTerms:
      - matchExpressions:
        - key: topology.kubernetes.io/zone
          operator: In
          values:
          - us-east-1a
";
    assert_eq!(volume().render().unwrap(), text);
    assert_eq!(volume().render_claim().unwrap(), None);
}

#[test]
fn a_claim_and_its_volume_name_each_other() {
    let text = "\
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: data-postgres-0
  namespace: databases
spec:
  accessModes:
  - ReadWriteOnce
  volumeMode: Filesystem
  storageClassName: gp3-sc
  volumeName: postgres-0
  resources:
    requests:
      storage: 200Gi
";
    assert_eq!(claimed().render_claim().unwrap().unwrap(), text);
    let volume = claimed().render().unwrap();
    let reference = "
  claimRef:
    apiVersion: v1
    kind: PersistentVolumeClaim
    namespace: databases
    name: data-postgres-0
";
    assert!(volume.contains(reference), "{volume}");
}

#[test]
fn a_volume_without_class_says_so_in_both_manifests() {
    let plain = EbsPersistentVolume { storage_class_name: String::new(), ..claimed() };
    for text in [plain.render().unwrap(), plain.render_claim().unwrap().unwrap()] {
        assert!(text.contains("\n  storageClassName: \"\"\n"), "{text}");
    }
}

#[test]
fn a_volume_is_checked_before_it_exists() {
    let unknown = EbsPersistentVolume { volume_id: String::new(), ..volume() };
    assert_eq!(unknown.check(), Ok(()));
    assert!(matches!(unknown.render(), Err(ManifestProblem::Form(_))));
    assert_eq!(
        EbsPersistentVolume { size: 0, ..volume() }.check(),
        Err(ManifestProblem::Gp3(Gp3Problem::Size { size: 0 }))
    );
    for wrong in [
        EbsPersistentVolume { name: "Postgres".into(), ..volume() },
        EbsPersistentVolume { reclaim_policy: "Recycle".into(), ..volume() },
        EbsPersistentVolume { fs_type: "ntfs".into(), ..volume() },
        EbsPersistentVolume { availability_zone: "use1-az1".into(), ..volume() },
        EbsPersistentVolume {
            claim: Some(ClaimName { namespace: "a.b".into(), name: "data".into() }),
            ..volume()
        },
    ] {
        assert!(wrong.check().is_err(), "{wrong:?}");
    }
}

#[test]
fn versions_of_the_addon_name_their_driver() {
    assert_eq!(platform_driver(), DriverVersion { major: 1, minor: 42, patch: 0 });
    assert_eq!(driver_of_addon("v1.50.1").unwrap().to_string(), "1.50.1");
    for text in ["", "latest", "v1.42", "v1.42.0-eksbuild.x", "v1.42.0-beta"] {
        assert_eq!(
            driver_of_addon(text).unwrap_err().to_string(),
            format!(
                "\"{text}\" is not a version of the add-on; write it as \"v1.42.0-eksbuild.1\""
            )
        );
    }
}
