//! The first line, and what is said instead of it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::certificate::Client;
use crate::core::{Plugin, SERVING, by_hand, call};

#[tokio::test]
async fn the_line_says_where_and_how_to_connect() {
    let plugin = Plugin::start(Some(&Client::new())).await;
    let fields: Vec<_> = plugin.line.split('|').collect();
    assert_eq!(fields.len(), 6, "{}", plugin.line);
    assert_eq!(fields[..3], ["1", "6", "unix"]);
    assert_eq!(fields[4], "grpc");
    assert!(!fields[5].ends_with('='), "core refuses padding");
    assert!(fields[5].len() > 50, "core overlooks short certificates");
}

#[tokio::test]
async fn the_socket_is_there_for_this_user_only() {
    let plugin = Plugin::start(Some(&Client::new())).await;
    let socket = Path::new(plugin.field(4));
    assert!(socket.starts_with(plugin.temporary.path()));
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(socket), 0o600);
    assert_eq!(mode(socket.parent().unwrap()), 0o700);
}

#[tokio::test]
async fn it_is_so_whatever_modes_the_user_gives_to_new_files() {
    for umask in ["0", "0777"] {
        let plugin = Plugin::start_after(&format!("umask {umask}"), None).await;
        let socket = Path::new(plugin.field(4));
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(socket), 0o600, "umask {umask}");
        assert_eq!(mode(socket.parent().unwrap()), 0o700, "umask {umask}");
        assert_eq!(call(plugin.connect_plaintext().await).await.unwrap(), SERVING);
    }
}

#[tokio::test]
async fn a_seventh_field_answers_a_core_that_multiplexes() {
    let plugin = Plugin::start_with(None, &[("PLUGIN_MULTIPLEX_GRPC", "true")]).await;
    assert!(plugin.line.ends_with("|grpc||false"), "{}", plugin.line);
}

#[tokio::test]
async fn the_socket_goes_where_core_wants_it() {
    let wanted = tempfile::tempdir().unwrap();
    let directory = wanted.path().to_str().unwrap();
    let plugin = Plugin::start_with(None, &[("PLUGIN_UNIX_SOCKET_DIR", directory)]).await;
    assert!(plugin.field(4).starts_with(directory), "{}", plugin.line);
}

#[tokio::test]
async fn a_path_too_long_for_a_socket_leads_to_a_port_of_the_range() {
    let parent = tempfile::tempdir().unwrap();
    let long = parent.path().join("d".repeat(100));
    std::fs::create_dir(&long).unwrap();
    let variables = [("PLUGIN_UNIX_SOCKET_DIR", long.to_str().unwrap())];
    let client = Client::new();
    let plugin = Plugin::start_with(Some(&client), &variables).await;
    assert_eq!(plugin.field(3), "tcp");
    let port: u16 = plugin.field(4).strip_prefix("127.0.0.1:").unwrap().parse().unwrap();
    assert!((10_000..=25_000).contains(&port), "{port}");
    assert_eq!(call(plugin.connect(Some(&client)).await).await.unwrap(), SERVING);
}

#[tokio::test]
async fn started_by_hand_it_explains_itself() {
    let output = by_hand(&[]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("is a Terraform provider and is not started by hand"), "{text}");
}

#[tokio::test]
async fn a_certificate_that_is_none_is_named() {
    let temporary = tempfile::tempdir().unwrap();
    let output = crate::core::program(temporary.path())
        .env("TF_PLUGIN_MAGIC_COOKIE", crate::core::COOKIE)
        .env("PLUGIN_CLIENT_CERT", "none")
        .output()
        .await
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("PLUGIN_CLIENT_CERT does not hold a certificate in PEM"), "{text}");
}

#[tokio::test]
async fn tells_its_version() {
    let output = by_hand(&["--version"]).await;
    assert!(output.status.success());
    let expected = format!("terraform-provider-officeless {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
}

#[tokio::test]
async fn names_an_argument_it_does_not_know() {
    let output = by_hand(&["--serve"]).await;
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("--serve is unknown: use --version or --debug"), "{text}");
}
