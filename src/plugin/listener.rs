//! The listening socket: a Unix socket in its own directory.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::SocketAddr;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tokio::net::{UnixListener, UnixStream};

use super::group;
use super::handshake::HostSettings;

const DEFAULT_TEMP_DIR: &str = "/tmp";
/// The prefix is short, because the whole path must fit into the 104 to 108 bytes of a socket address.
const DIR_PREFIX: &str = "tfmd-";
/// Some gRPC libraries send the percent-encoded path of the socket as the authority of each request. HTTP
/// allows percent signs there only before an `@`, so the name ends with a valid host.
const SOCKET_NAME: &str = "plugin@localhost";

/// Why the plugin cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// No directory could be used for the socket.
    #[error("cannot make a socket for the host: {}", .0.join("; "))]
    Socket(Vec<String>),
    /// The group of `PLUGIN_UNIX_SOCKET_GROUP` does not exist, or the user is not a member of it.
    #[error("cannot give the socket to group {group:?}, as PLUGIN_UNIX_SOCKET_GROUP asks: {reason}")]
    Group {
        /// The name or number that the host sent.
        group: String,
        /// The system's error.
        reason: String,
    },
}

/// A bound socket. Dropping it removes the socket's directory.
#[derive(Debug)]
pub(super) struct Listener {
    /// The path of the socket.
    pub(super) address: String,
    socket: UnixListener,
    dir: TempDir,
}

impl Listener {
    /// Binds to the address that `host` requests. The socket is bound before the handshake line is printed,
    /// because the host connects as soon as it reads the line. Requires a runtime.
    pub(super) fn bind(host: &HostSettings) -> Result<Self, ListenError> {
        // A directory that the host requests must be used. For the user's temporary directory there is a
        // fallback, because its path may be too long for a socket.
        let parents = match (&host.socket_dir, &host.temp_dir) {
            (Some(dir), _) => vec![dir.clone()],
            (None, Some(dir)) => vec![dir.clone(), DEFAULT_TEMP_DIR.into()],
            (None, None) => vec![DEFAULT_TEMP_DIR.into()],
        };
        let mut failures = Vec::new();
        for parent in parents {
            match Self::bind_below(&parent) {
                Ok(listener) => {
                    if let Some(group) = &host.socket_group {
                        share_with(group, listener.dir.path())?;
                    }
                    return Ok(listener);
                }
                Err(reason) => failures.push(format!("in {}: {reason}", parent.display())),
            }
        }
        Err(ListenError::Socket(failures))
    }

    fn bind_below(parent: &Path) -> io::Result<Self> {
        // Only the owner may enter the directory, so that the umask does not decide who may connect.
        let dir = tempfile::Builder::new()
            .prefix(DIR_PREFIX)
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(std::path::absolute(parent)?)?;
        let path = dir.path().join(SOCKET_NAME);
        Ok(Self {
            address: address_text(&path)?,
            socket: UnixListener::bind(&path)?,
            dir,
        })
    }

    pub(super) async fn accept(&self) -> io::Result<UnixStream> {
        Ok(self.socket.accept().await?.0)
    }
}

/// Returns the path as it is written in the handshake line.
fn address_text(path: &Path) -> io::Result<String> {
    SocketAddr::from_pathname(path).map_err(|_| {
        let length = path.as_os_str().len();
        io::Error::other(format!(
            "the path {} is too long for a socket ({length} bytes)",
            path.display()
        ))
    })?;
    path.to_str()
        .filter(|text| !text.contains(['|', '\n', '\r']))
        .map(str::to_owned)
        .ok_or_else(|| io::Error::other("the path cannot be written into the handshake line"))
}

/// Gives a group access to the directory and the socket in it.
fn share_with(name: &str, dir: &Path) -> Result<(), ListenError> {
    let failed = |reason: String| ListenError::Group {
        group: name.to_owned(),
        reason,
    };
    let gid = match name.parse::<u32>() {
        Ok(gid) => gid,
        Err(_) => group::by_name(name)
            .map_err(|error| failed(error.to_string()))?
            .ok_or_else(|| failed("there is no such group".to_owned()))?
            .as_raw(),
    };
    let share = |path: PathBuf, mode| {
        std::os::unix::fs::chown(&path, None, Some(gid))?;
        fs::set_permissions(&path, Permissions::from_mode(mode))
    };
    share(dir.join(SOCKET_NAME), 0o660)
        .and_then(|()| share(dir.to_owned(), 0o710))
        .map_err(|error| failed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt as _;

    use super::*;

    fn dir_of(listener: &Listener) -> PathBuf {
        Path::new(&listener.address)
            .parent()
            .expect("the socket has a directory")
            .to_owned()
    }

    fn mode(path: impl AsRef<Path>) -> u32 {
        path.as_ref().metadata().expect("it exists").permissions().mode() & 0o777
    }

    #[tokio::test]
    async fn socket_directory_is_private_and_removed_on_drop() {
        let parent = tempfile::tempdir().unwrap();
        let host = HostSettings {
            socket_dir: Some(parent.path().to_owned()),
            ..HostSettings::default()
        };
        let listener = Listener::bind(&host).unwrap();
        let dir = dir_of(&listener);
        assert!(dir.starts_with(parent.path()));
        assert_eq!(mode(&dir), 0o700);
        drop(listener);
        assert!(!dir.exists());
    }

    #[tokio::test]
    async fn unusable_temp_dir_is_replaced_by_tmp() {
        let parent = tempfile::tempdir().unwrap();
        let too_long = parent.path().join("x".repeat(120));
        std::fs::create_dir(&too_long).unwrap();
        for temp_dir in [Some(too_long.clone()), Some(parent.path().join("absent")), None] {
            let listener = Listener::bind(&HostSettings {
                temp_dir,
                ..HostSettings::default()
            })
            .unwrap();
            assert_eq!(dir_of(&listener).parent(), Some(Path::new("/tmp")));
        }
        assert_eq!(
            std::fs::read_dir(&too_long).unwrap().count(),
            0,
            "the failed attempt leaves no file"
        );
    }

    #[tokio::test]
    async fn unusable_socket_dir_is_an_error() {
        let parent = tempfile::tempdir().unwrap();
        let too_long = parent.path().join("x".repeat(120));
        std::fs::create_dir(&too_long).unwrap();
        let host = HostSettings {
            socket_dir: Some(too_long),
            ..HostSettings::default()
        };
        let error = Listener::bind(&host).expect_err("no socket fits").to_string();
        assert!(error.contains("too long for a socket"), "{error}");

        let separator = parent.path().join("a|b");
        std::fs::create_dir(&separator).unwrap();
        let host = HostSettings {
            socket_dir: Some(separator),
            ..HostSettings::default()
        };
        let error = Listener::bind(&host)
            .expect_err("the line would break")
            .to_string();
        assert!(error.contains("handshake line"), "{error}");
    }

    #[tokio::test]
    async fn socket_group_sets_group_permissions() {
        let parent = tempfile::tempdir().unwrap();
        let group = parent.path().metadata().unwrap().gid().to_string();
        let host = HostSettings {
            socket_dir: Some(parent.path().to_owned()),
            socket_group: Some(group),
            ..HostSettings::default()
        };
        let listener = Listener::bind(&host).unwrap();
        assert_eq!((mode(dir_of(&listener)), mode(&listener.address)), (0o710, 0o660));
    }

    #[tokio::test]
    async fn unknown_socket_group_is_an_error() {
        let host = HostSettings {
            socket_group: Some("no such group".to_owned()),
            ..HostSettings::default()
        };
        let error = Listener::bind(&host).expect_err("nobody is in it").to_string();
        assert!(
            error.contains(r#""no such group""#) && error.contains("PLUGIN_UNIX_SOCKET_GROUP"),
            "{error}"
        );
    }
}
