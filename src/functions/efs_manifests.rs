//! `efs_storage_class` and `efs_persistent_volume`: manifests for the EFS CSI driver.

use super::texts;
use crate::framework::check::Check;
use crate::framework::function::{Arguments, Function, FunctionError, Parameter, Signature};
use crate::framework::schema::{Attribute, Type};
use crate::framework::value::{Dynamic, StringMap, Value, known_map};
use crate::model;
use crate::platform::defaults::SHARED_STORAGE;
use crate::platform::kubernetes::{
    EfsPersistentVolume, EfsStorageClass, ManifestProblem, VolumeHandle, driver_for_chart,
};

/// Every problem is one of the only argument.
fn refused(problem: &ManifestProblem) -> FunctionError {
    FunctionError::of(0, problem.to_string())
}

fn strings(texts: &[&str]) -> Dynamic {
    Dynamic::List(texts.iter().map(|text| Dynamic::from(*text)).collect())
}

/// `efs_storage_class(class)`.
#[derive(Debug)]
pub struct EfsStorageClassFunction;

model! {
    /// The argument.
    struct Class {
        name: Value<String>,
        file_system_id: Value<String>,
        directory_perms: Value<String>,
        mount_options: Value<Vec<Value<String>>>,
        uid: Value<i64>,
        gid: Value<i64>,
        gid_range_start: Value<i64>,
        gid_range_end: Value<i64>,
        base_path: Value<String>,
        sub_path_pattern: Value<String>,
        ensure_unique_directory: Value<bool>,
        reuse_access_point: Value<bool>,
        reclaim_policy: Value<String>,
        volume_binding_mode: Value<String>,
        additional_parameters: Value<StringMap>,
        csi_chart_version: Value<String>,
    }
}

fn id(name: &'static str) -> Attribute {
    Attribute::number(name).check(Check::range(0, i64::from(u32::MAX)))
}

fn class_attributes() -> Vec<Attribute> {
    let class = SHARED_STORAGE.storage_class;
    vec![
        Attribute::string("file_system_id").required().describe("Id of the file system."),
        Attribute::string("name").default(class.name).describe("Name of the class."),
        Attribute::string("directory_perms")
            .default(class.directory_perms)
            .describe("Octal permissions of the directory of each claim."),
        Attribute::of("mount_options", Type::list(Type::String))
            .default(strings(class.mount_options))
            .describe("Options of every mount. TLS is the driver's own default."),
        id("uid").describe("Owner of every directory; with `gid`."),
        id("gid").describe("Group of every directory; with `uid`."),
        id("gid_range_start").describe("First group id that the driver hands out."),
        id("gid_range_end").describe("Last group id that the driver hands out."),
        Attribute::string("base_path")
            .describe("Directory below which the driver makes its directories."),
        Attribute::string("sub_path_pattern").describe(
            "Pattern of directory names, such as `$${.PVC.namespace}/$${.PVC.name}` (in \
             Terraform a dollar before a brace is doubled).",
        ),
        Attribute::bool("ensure_unique_directory")
            .describe("Whether a unique part is appended to the pattern."),
        Attribute::bool("reuse_access_point")
            .describe("Whether a claim of the same name finds its access point again."),
        Attribute::string("reclaim_policy")
            .default(class.reclaim_policy)
            .describe("`Delete` or `Retain`."),
        Attribute::string("volume_binding_mode")
            .default(class.volume_binding_mode)
            .describe("`Immediate` or `WaitForFirstConsumer`."),
        Attribute::string_map("additional_parameters")
            .describe("More parameters of the driver, checked against its version."),
        Attribute::string("csi_chart_version")
            .default(SHARED_STORAGE.csi_chart_version)
            .describe("Version of the Helm chart of the driver that reads the class."),
    ]
}

impl Function for EfsStorageClassFunction {
    fn name(&self) -> &'static str {
        "efs_storage_class"
    }

    fn signature(&self) -> Signature {
        Signature {
            summary: "The manifest of a StorageClass for the EFS CSI driver.",
            description: "The manifest of a StorageClass that makes an access point for each \
                          claim, for the EFS CSI driver, with the platform's defaults, as YAML. A \
                          parameter that the driver of the chart does not know is refused.",
            parameters: vec![
                Parameter::object("class", class_attributes()).describe("What the class shall be."),
            ],
            variadic: None,
            returns: Type::String,
            returned: "The manifest as YAML.",
        }
    }

    fn call(&self, arguments: &mut Arguments) -> Result<Dynamic, FunctionError> {
        let class: Class = arguments.take()?;
        let id = |value: Value<i64>| value.as_option().and_then(|id| u32::try_from(id).ok());
        let driver = driver_for_chart(&class.csi_chart_version.unwrap_or_default());
        let additional_parameters = known_map(&class.additional_parameters).unwrap_or_default();
        let class = EfsStorageClass {
            name: class.name.unwrap_or_default(),
            file_system_id: class.file_system_id.unwrap_or_default(),
            directory_perms: class.directory_perms.unwrap_or_default(),
            mount_options: texts(class.mount_options),
            uid: id(class.uid),
            gid: id(class.gid),
            gid_range_start: id(class.gid_range_start),
            gid_range_end: id(class.gid_range_end),
            base_path: class.base_path.as_option(),
            sub_path_pattern: class.sub_path_pattern.as_option(),
            ensure_unique_directory: class.ensure_unique_directory.as_option(),
            reuse_access_point: class.reuse_access_point.as_option(),
            reclaim_policy: class.reclaim_policy.unwrap_or_default(),
            volume_binding_mode: class.volume_binding_mode.unwrap_or_default(),
            additional_parameters,
        };
        let manifest = driver.and_then(|driver| class.render(driver.version));
        manifest.map(Dynamic::String).map_err(|problem| refused(&problem))
    }
}

/// `efs_persistent_volume(volume)`.
#[derive(Debug)]
pub struct EfsPersistentVolumeFunction;

model! {
    /// The argument.
    struct Volume {
        name: Value<String>,
        file_system_id: Value<String>,
        access_point_id: Value<String>,
        path: Value<String>,
        storage_class_name: Value<String>,
        capacity: Value<String>,
        mount_options: Value<Vec<Value<String>>>,
        reclaim_policy: Value<String>,
    }
}

fn volume_attributes() -> Vec<Attribute> {
    vec![
        Attribute::string("name").required().describe("Name of the PersistentVolume."),
        Attribute::string("file_system_id").required().describe("Id of the file system."),
        Attribute::string("access_point_id")
            .describe("Id of the access point; without one, the file system itself is mounted."),
        Attribute::string("path").describe("Directory to mount."),
        Attribute::string("storage_class_name")
            .default(SHARED_STORAGE.storage_class.name)
            .describe("Class of the volume, the same as in its claim. Empty for none."),
        Attribute::string("capacity")
            .default("5Gi")
            .describe("Capacity, which Kubernetes requires and EFS ignores."),
        Attribute::of("mount_options", Type::list(Type::String))
            .default(strings(&["tls", "iam"]))
            .describe("Options of the mount. `iam` needs `tls`."),
        Attribute::string("reclaim_policy").default("Retain").describe("`Retain` or `Delete`."),
    ]
}

impl Function for EfsPersistentVolumeFunction {
    fn name(&self) -> &'static str {
        "efs_persistent_volume"
    }

    fn signature(&self) -> Signature {
        Signature {
            summary: "The manifest of a PersistentVolume on an EFS file system.",
            description: "The manifest of a PersistentVolume on an EFS file system, a directory \
                          in it or an access point, as YAML.",
            parameters: vec![
                Parameter::object("volume", volume_attributes()).describe("The volume."),
            ],
            variadic: None,
            returns: Type::String,
            returned: "The manifest as YAML.",
        }
    }

    fn call(&self, arguments: &mut Arguments) -> Result<Dynamic, FunctionError> {
        let volume: Volume = arguments.take()?;
        let volume = EfsPersistentVolume {
            name: volume.name.unwrap_or_default(),
            storage_class_name: volume.storage_class_name.unwrap_or_default(),
            capacity: volume.capacity.unwrap_or_default(),
            mount_options: texts(volume.mount_options),
            reclaim_policy: volume.reclaim_policy.unwrap_or_default(),
            volume_handle: VolumeHandle {
                file_system_id: volume.file_system_id.unwrap_or_default(),
                path: volume.path.as_option(),
                access_point_id: volume.access_point_id.as_option(),
            },
        };
        volume.render().map(Dynamic::String).map_err(|problem| refused(&problem))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::function::testing::{call, object};

    const FILE_SYSTEM: &str = "fs-0123456789abcdef0";

    fn text(answer: Result<Dynamic, FunctionError>) -> String {
        match answer {
            Ok(Dynamic::String(text)) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_the_file_system_said_is_the_platform_class() {
        let driver = driver_for_chart(SHARED_STORAGE.csi_chart_version).unwrap().version;
        let platform = EfsStorageClass::platform(FILE_SYSTEM).render(driver).unwrap();
        let class = object([("file_system_id", Dynamic::from(FILE_SYSTEM))]);
        assert_eq!(text(call(&EfsStorageClassFunction, vec![class])), platform);
    }

    #[test]
    fn what_is_said_reaches_the_class() {
        let class = object([
            ("file_system_id", Dynamic::from(FILE_SYSTEM)),
            ("uid", Dynamic::from(0)),
            ("gid", Dynamic::from(1_000)),
            ("mount_options", Dynamic::List(vec![])),
            ("ensure_unique_directory", Dynamic::from(false)),
            ("additional_parameters", object([("az", Dynamic::from("us-east-1a"))])),
        ]);
        let text = text(call(&EfsStorageClassFunction, vec![class]));
        for part in ["uid: \"0\"", "gid: \"1000\"", "ensureUniqueDirectory: \"false\"", "az: us-e"]
        {
            assert!(text.contains(part), "no {part}\n{text}");
        }
        assert!(!text.contains("mountOptions"), "{text}");
    }

    #[test]
    fn what_the_driver_does_not_know_is_refused() {
        let with = |name: &str, value: Dynamic| {
            let file_system = ("file_system_id", Dynamic::from(FILE_SYSTEM));
            call(&EfsStorageClassFunction, vec![object([file_system, (name, value)])])
        };
        let newer = object([("enforceZoneAffinity", Dynamic::from("true"))]);
        for (name, value, told) in [
            ("uid", Dynamic::from(1), "uid is set without gid; set both or neither"),
            ("uid", Dynamic::from(-1), "uid = -1: must be a whole number from 0 to 4294967295."),
            ("csi_chart_version", Dynamic::from("2.0.0"), "chart version 2.0.0 of the EFS CSI"),
            ("additional_parameters", newer, "StorageClass parameter \"enforceZoneAffinity\""),
        ] {
            let refused = with(name, value).unwrap_err();
            assert!(refused.text.starts_with(told), "{}", refused.text);
        }
        let nothing = call(&EfsStorageClassFunction, vec![object([])]).unwrap_err();
        assert_eq!(nothing.text, "file_system_id is required, and is null here. Give it a value.");
    }

    #[test]
    fn a_volume_names_what_is_mounted() {
        let volume = |more: &[(&str, &str)]| {
            let mut members = vec![("name", "content"), ("file_system_id", FILE_SYSTEM)];
            members.extend(more);
            let members = members
                .into_iter()
                .map(|(name, value)| (name.to_owned(), Dynamic::from(value)))
                .collect();
            call(&EfsPersistentVolumeFunction, vec![Dynamic::Map(members)])
        };
        for (more, handle) in [
            (&[][..], "volumeHandle: fs-0123456789abcdef0\n"),
            (&[("path", "/a")], "volumeHandle: fs-0123456789abcdef0:/a\n"),
            (
                &[("access_point_id", "fsap-0123456789abcdef0")],
                "volumeHandle: fs-0123456789abcdef0::fsap-0123456789abcdef0\n",
            ),
        ] {
            let text = text(volume(more));
            assert!(text.contains(handle), "no {handle}\n{text}");
            assert!(text.contains("storage: 5Gi") && text.contains("- tls\n  - iam\n"), "{text}");
        }
        let refused = volume(&[("access_point_id", "fsap-x")]).unwrap_err();
        assert!(refused.text.starts_with("\"fsap-x\" is not an EFS access point id"));
    }
}
