//! Places, modes and the way back to TCP.

use super::*;

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;

    use super::*;

    fn place(directory: &Path) -> Place {
        Place { directory: Some(directory.to_owned()), ..Place::default() }
    }

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().permissions().mode() & 0o777
    }

    #[tokio::test]
    async fn only_the_user_reaches_the_socket() {
        let parent = tempfile::tempdir().unwrap();
        let listener = Listener::bind(&place(parent.path())).unwrap();
        let socket = Path::new(&listener.address().path);
        assert_eq!(listener.address().network, "unix");
        assert_eq!(mode(socket), 0o600);
        assert_eq!(mode(socket.parent().unwrap()), 0o700);
    }

    #[tokio::test]
    async fn a_group_may_be_let_in() {
        use std::os::unix::fs::MetadataExt as _;

        let parent = tempfile::tempdir().unwrap();
        let own = parent.path().metadata().unwrap().gid();
        let place = Place { group: Some(own.to_string()), ..place(parent.path()) };
        let listener = Listener::bind(&place).unwrap();
        let socket = Path::new(&listener.address().path);
        assert_eq!(mode(socket), 0o660);
        assert_eq!(mode(socket.parent().unwrap()), 0o710);
    }

    #[tokio::test]
    async fn nothing_is_left_behind() {
        let parent = tempfile::tempdir().unwrap();
        drop(Listener::bind(&place(parent.path())).unwrap());
        assert_eq!(parent.path().read_dir().unwrap().count(), 0);
    }

    #[tokio::test]
    async fn a_path_too_long_for_a_socket_leads_to_tcp() {
        let parent = tempfile::tempdir().unwrap();
        let long = parent.path().join("d".repeat(100));
        std::fs::create_dir(&long).unwrap();
        let listener = Listener::bind(&place(&long)).unwrap();
        assert_eq!(listener.address().network, "tcp");
        assert!(listener.address().path.starts_with("127.0.0.1:"));
        assert_eq!(long.read_dir().unwrap().count(), 0);
    }

    #[tokio::test]
    async fn a_missing_directory_is_named() {
        let parent = tempfile::tempdir().unwrap();
        let missing = parent.path().join("missing");
        let error = Listener::bind(&place(&missing)).unwrap_err();
        let expected = format!("making a socket under {} failed", missing.display());
        assert_eq!(error.to_string(), expected);
    }
}

#[tokio::test]
async fn the_next_port_is_tried_when_one_is_taken() {
    let taken = bind_tcp(&(0..=0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    let next = bind_tcp(&(port..=port.saturating_add(50))).unwrap();
    assert_ne!(next.local_addr().unwrap().port(), port);
}

#[tokio::test]
async fn a_range_that_is_all_taken_is_an_error() {
    let taken = bind_tcp(&(0..=0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    assert!(bind_tcp(&(port..=port)).is_err());
}
