//! The provider installed as its users install it, and the example they begin with.

use crate::tools::repository;
use crate::workspace::copy_configuration;
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// The whole environment of `examples/complete`.
#[derive(Debug, Clone)]
pub struct Example {
    /// Where its files are.
    pub folder: PathBuf,
    /// The cluster it is written for, which must be there before it is applied.
    pub cluster_name: String,
}

impl Example {
    /// The example of this checkout.
    pub fn complete() -> Result<Self> {
        let folder = repository().join("examples/complete");
        let mut text = String::new();
        let entries = std::fs::read_dir(&folder)
            .with_context(|| format!("there is no example in {}", folder.display()))?;
        for entry in entries {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "tf") {
                text.push_str(&std::fs::read_to_string(&path)?);
            }
        }
        let cluster_name = cluster_name(&text).unwrap_or("demo").to_owned();
        Ok(Self { folder, cluster_name })
    }

    /// Copies its files, unchanged, to where a CLI may write beside them.
    pub fn copy_to(&self, folder: &Path) -> Result<()> {
        copy_configuration(&self.folder, folder)
    }
}

/// The first literal cluster name: an argument `cluster_name = "…"`, or the default of that variable.
fn cluster_name(configuration: &str) -> Option<&str> {
    let literal = |line: &'static str| {
        move |text: &str| text.trim_start().strip_prefix(line).map(str::trim_start).is_some()
    };
    let value = |line: &'_ str| -> Option<(usize, usize)> {
        let start = line.find('"')? + 1;
        let end = start + line.get(start..)?.find('"')?;
        Some((start, end))
    };
    let mut in_variable = false;
    for line in configuration.lines() {
        in_variable |= line.starts_with("variable \"cluster_name\"");
        let is_argument = literal("cluster_name")(line) && line.contains('=');
        let is_default = in_variable && literal("default")(line);
        in_variable &= !line.starts_with('}');
        if (is_argument || is_default)
            && let Some((start, end)) = value(line)
        {
            return line.get(start..end);
        }
    }
    None
}

/// The provider in a filesystem mirror, for Terraform and OpenTofu alike.
#[derive(Debug, Clone)]
pub struct Installation {
    /// The CLI configuration that names the mirror.
    pub cli_configuration: PathBuf,
    /// The version it was installed as.
    pub version: String,
}

impl Installation {
    /// Installs a binary into a mirror below a folder.
    pub fn new(folder: &Path, binary: &Path) -> Result<Self> {
        let version = crate_version()?;
        let mirror = folder.join("mirror");
        for host in ["registry.terraform.io", "registry.opentofu.org"] {
            let place = mirror
                .join(host)
                .join("officeless-platform/officeless")
                .join(&version)
                .join(platform());
            std::fs::create_dir_all(&place)?;
            let target = place.join(format!("terraform-provider-officeless_v{version}"));
            // A debug build has hundreds of megabytes: a link where that is possible.
            let placed = std::fs::hard_link(binary, &target);
            placed
                .or_else(|_| std::fs::copy(binary, &target).map(|_| ()))
                .with_context(|| format!("copying {} to {}", binary.display(), target.display()))?;
        }
        let cli_configuration = folder.join("cli.tfrc");
        let own = "\"officeless-platform/officeless\"";
        std::fs::write(
            &cli_configuration,
            format!(
                "provider_installation {{\n  filesystem_mirror {{\n    path    = {:?}\n    \
                 include = [{own}]\n  }}\n  direct {{\n    exclude = [{own}]\n  }}\n}}\n",
                mirror.display().to_string()
            ),
        )?;
        Ok(Self { cli_configuration, version })
    }
}

/// The version of the provider's crate.
fn crate_version() -> Result<String> {
    let manifest = std::fs::read_to_string(repository().join("Cargo.toml"))?;
    let line = manifest.lines().find_map(|line| line.strip_prefix("version = \""));
    Ok(line.context("Cargo.toml names no version")?.trim_end_matches('"').to_owned())
}

/// The platform as registries name it, as `linux_amd64`.
fn platform() -> String {
    let system = if cfg!(target_os = "macos") { "darwin" } else { std::env::consts::OS };
    let machine = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    format!("{system}_{machine}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clis;
    use crate::workspace::cli_environment;

    #[test]
    fn the_cluster_of_an_example_is_read_from_its_text() {
        assert_eq!(cluster_name("provider \"x\" {\n  cluster_name = \"one\"\n}"), Some("one"));
        let variable = "variable \"region\" {\n  default = \"r\"\n}\nvariable \"cluster_name\" {\n  \
                        type    = string\n  default = \"two\"\n}\n\
                        resource \"x\" \"y\" {\n  cluster_name = var.cluster_name\n}";
        assert_eq!(cluster_name(variable), Some("two"));
        assert_eq!(cluster_name("resource \"x\" \"y\" {}"), None);
    }

    #[test]
    fn every_cli_installs_the_provider_from_the_mirror() {
        let folder = tempfile::tempdir().unwrap();
        let binary = std::env::current_exe().unwrap();
        let installation = Installation::new(folder.path(), &binary).unwrap();
        for cli in clis() {
            let work = tempfile::tempdir().unwrap();
            let text = "terraform {\n  required_providers {\n    officeless = {\n      \
                        source = \"officeless-platform/officeless\"\n    }\n  }\n}\n";
            std::fs::write(work.path().join("main.tf"), text).unwrap();
            let output = std::process::Command::new(&cli.path)
                .args(["init", "-no-color", "-input=false"])
                .current_dir(work.path())
                .env_clear()
                .envs(cli_environment(&work.path().display().to_string()))
                .env("TF_CLI_CONFIG_FILE", &installation.cli_configuration)
                .output()
                .unwrap();
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
            assert!(text.contains(&format!("officeless v{}", installation.version)), "{text}");
        }
    }
}
