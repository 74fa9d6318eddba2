//! The files of a release, as `make release` makes them of a program.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use officeless_testbench::repository;
use serde_json::{Value, json};

/// The SBOM of a program, as cargo-cyclonedx writes it for a build in this folder.
fn sbom(folder: &str) -> Value {
    json!({
        "bomFormat": "CycloneDX",
        "metadata": { "component": {
            "name": "terraform-provider-officeless", "version": "1.2.3",
            "bom-ref": format!("path+{folder}#1.2.3"),
        } },
        "components": [{ "name": "tokio" }],
    })
}

/// Packs a program for a platform into a folder.
fn pack(program: &[u8], sbom: &Value, platform: &str, folder: &Path) -> Output {
    let made = tempfile::tempdir().unwrap();
    let (binary, list) = (made.path().join("program"), made.path().join("sbom.json"));
    fs::write(&binary, program).unwrap();
    fs::write(&list, sbom.to_string()).unwrap();
    Command::new("python3")
        .arg(repository().join(".ci/package.py"))
        .args([binary.as_os_str(), "1.2.3".as_ref(), platform.as_ref()])
        .args([list.as_os_str(), folder.as_os_str()])
        .output()
        .unwrap()
}

fn package(program: &[u8], platform: &str, folder: &Path) {
    let here = format!("file://{}", repository().display());
    let packed = pack(program, &sbom(&here), platform, folder);
    assert!(packed.status.success(), "{}", String::from_utf8_lossy(&packed.stderr));
}

fn run(program: &str, arguments: &[&str], folder: &Path) -> String {
    let output = Command::new(program).args(arguments).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_release_has_what_registries_ask_for() {
    let dist = tempfile::tempdir().unwrap();
    for platform in ["linux_amd64", "windows_amd64"] {
        package(b"program", platform, dist.path());
    }
    let mut names: Vec<_> = fs::read_dir(dist.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let stem = "terraform-provider-officeless_1.2.3";
    let expected = [
        "SHA256SUMS",
        "linux_amd64.cdx.json",
        "linux_amd64.zip",
        "manifest.json",
        "windows_amd64.cdx.json",
        "windows_amd64.zip",
    ];
    assert_eq!(names, expected.map(|end| format!("{stem}_{end}")));

    let sums = fs::read_to_string(dist.path().join(format!("{stem}_SHA256SUMS"))).unwrap();
    assert_eq!(sums.lines().count(), names.len() - 1, "{sums}");
    run("sha256sum", &["--check", "--strict", &format!("{stem}_SHA256SUMS")], dist.path());
    let told =
        fs::read_to_string(dist.path().join(format!("{stem}_linux_amd64.cdx.json"))).unwrap();
    assert_eq!(told, sbom("file://.").to_string(), "it tells where it was built");
    let manifest = fs::read(dist.path().join(format!("{stem}_manifest.json"))).unwrap();
    assert_eq!(manifest, fs::read(repository().join("terraform-registry-manifest.json")).unwrap());
}

#[test]
fn a_release_whose_list_of_parts_is_none_is_not_made() {
    let dist = tempfile::tempdir().unwrap();
    let good = sbom("file://.");
    for (member, value, why) in [
        ("/components", json!([]), "lists nothing"),
        ("/bomFormat", json!("SPDX"), "is no CycloneDX SBOM"),
        ("/metadata/component/version", json!("1.2.2"), "is no CycloneDX SBOM"),
        ("/metadata/component/name", json!("another"), "is no CycloneDX SBOM"),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(member).unwrap() = value;
        let refused = pack(b"program", &bad, "linux_amd64", dist.path());
        let told = String::from_utf8_lossy(&refused.stderr);
        assert!(!refused.status.success() && told.contains(why), "{member}: {told}");
        assert!(!dist.path().join("terraform-provider-officeless_1.2.3_SHA256SUMS").exists());
    }
}

#[test]
fn a_package_holds_the_program_alone_and_executable() {
    let dist = tempfile::tempdir().unwrap();
    package(b"program", "linux_amd64", dist.path());
    let zip = "terraform-provider-officeless_1.2.3_linux_amd64.zip";
    let list = "import sys, zipfile\nfor i in zipfile.ZipFile(sys.argv[1]).infolist(): \
                print(i.filename, oct(i.external_attr >> 16))";
    let listed = run("python3", &["-c", list, zip], dist.path());
    assert_eq!(listed, "terraform-provider-officeless_v1.2.3 0o100755\n");
    let first = fs::read(dist.path().join(zip)).unwrap();
    package(b"program", "linux_amd64", dist.path());
    assert_eq!(fs::read(dist.path().join(zip)).unwrap(), first, "the same input, other bytes");
}
