//! All that a run has written, in every form in which a secret could stand in it: files as they are,
//! the parts of plan files unpacked, private data decoded, and what was on a screen.

use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;

use crate::scene::Scene;

/// What was written, each piece by its name.
pub(crate) struct Written(Vec<(String, Vec<u8>)>);

impl Written {
    /// The files of a scene's workspace, with those of its folders.
    pub(crate) fn by(scene: &Scene) -> Self {
        let mut files = Vec::new();
        below(&scene.workspace.path(), &mut files);
        let mut written = Self(Vec::new());
        for path in files {
            let (name, bytes) = (path.display().to_string(), held(&path));
            written.0.push((format!("the private data in {name}"), private(&bytes)));
            written.0.push((name, bytes));
        }
        written
    }

    /// The same with a text, as what a command printed.
    #[must_use]
    pub(crate) fn and(mut self, name: &str, text: impl Into<String>) -> Self {
        self.0.push((name.to_owned(), text.into().into_bytes()));
        self
    }

    /// Demands that these files are among what was written; a search of nothing finds nothing.
    #[must_use]
    pub(crate) fn with_files(self, names: &[&str]) -> Self {
        for name in names {
            let there = self.0.iter().any(|(path, bytes)| path.ends_with(name) && bytes.len() > 1);
            let all: Vec<_> = self.0.iter().map(|(path, _)| path).collect();
            assert!(there, "{name} is not among {all:?}");
        }
        self
    }

    /// Whether a piece of this name holds a text.
    pub(crate) fn holds(&self, name: &str, text: &str) -> bool {
        self.0.iter().any(|(path, bytes)| path.contains(name) && contains(bytes, text))
    }

    /// Demands that none of these is anywhere, neither as it is nor as JSON or a URL writes it.
    pub(crate) fn expect_without<T: AsRef<str>>(&self, secrets: &[T]) {
        for secret in secrets.iter().map(AsRef::as_ref) {
            assert!(secret.len() >= 8, "{secret:?} would be found by chance");
            for form in forms(secret) {
                let found = self.0.iter().find(|(_, bytes)| contains(bytes, &form));
                assert!(found.is_none(), "{form:?} is in {}", found.unwrap().0);
            }
        }
    }
}

fn forms(secret: &str) -> [String; 3] {
    let json = serde_json::Value::from(secret).to_string();
    let encode = |byte: u8| match byte {
        byte if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) => {
            char::from(byte).to_string()
        }
        byte => format!("%{byte:02X}"),
    };
    [secret.to_owned(), json[1..json.len() - 1].to_owned(), secret.bytes().map(encode).collect()]
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

fn below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { below(&path, found) } else { found.push(path) }
    }
}

/// What a file holds: a plan file is an archive, whose parts are packed.
fn held(path: &Path) -> Vec<u8> {
    let bytes = std::fs::read(path).unwrap();
    if !bytes.starts_with(b"PK") {
        return bytes;
    }
    let unpack = "import sys, zipfile\nfor part in zipfile.ZipFile(sys.argv[1]).infolist():\n    \
                  sys.stdout.buffer.write(zipfile.ZipFile(sys.argv[1]).read(part))";
    let unpacked = Command::new("python3").args(["-c", unpack]).arg(path).output().unwrap();
    assert!(unpacked.status.success(), "{unpacked:?}");
    assert!(!unpacked.stdout.is_empty(), "there was nothing to unpack");
    unpacked.stdout
}

/// The private data in a text of state: it is there as base64.
fn private(bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    let values = text.split("\"private\":").skip(1);
    let coded = values.filter_map(|value| value.trim_start().strip_prefix('"')?.split('"').next());
    let engine = base64::engine::general_purpose::STANDARD;
    coded.flat_map(|coded| engine.decode(coded).unwrap()).collect()
}
