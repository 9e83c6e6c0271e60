//! A go-plugin host: starts the provider binary, reads the handshake and connects.

use std::ffi::OsStr;
use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hyper_util::rt::TokioIo;
use motherduck_provider::proto::plugin::Empty;
use motherduck_provider::proto::plugin::grpc_controller_client::GrpcControllerClient;
use motherduck_provider::proto::tfplugin6::provider_client::ProviderClient;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P521_SHA512,
};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::net::UnixStream;
use tokio::process::{Child, ChildStderr, ChildStdout, Command};
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tonic::transport::{Channel, Endpoint};

pub const PROVIDER: &str = env!("CARGO_BIN_EXE_terraform-provider-motherduck");
pub const MAGIC_COOKIE: (&str, &str) = (
    "TF_PLUGIN_MAGIC_COOKIE",
    "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
);

/// The time limit of every wait. It is longer than any step takes: the provider takes up to 30 seconds to end.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The time limit of a call in a test with a paused clock, in which an hour passes at once.
const TIMEOUT_WITH_PAUSED_CLOCK: Duration = Duration::from_secs(24 * 60 * 60);

tokio::task_local! {
    static TIMEOUT_OF_TASK: Duration;
}
const MESSAGE_LIMIT: usize = 256 << 20;

/// Waits for `future`. After the deadline the test fails and names what it waited for.
pub async fn in_time<T>(what: &str, future: impl Future<Output = T>) -> T {
    let timeout = TIMEOUT_OF_TASK.try_get().unwrap_or(TIMEOUT);
    let output = tokio::time::timeout(timeout, future).await;
    output.unwrap_or_else(|_| panic!("{what} did not happen within {timeout:?}"))
}

/// Runs a test with a paused clock. Calls may take as long as the provider's own limits allow.
pub async fn with_paused_clock<T>(test: impl Future<Output = T>) -> T {
    TIMEOUT_OF_TASK.scope(TIMEOUT_WITH_PAUSED_CLOCK, test).await
}

/// A client certificate with its key, like the one that Terraform creates for each run: self-signed, P-521.
pub struct Identity {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

impl Identity {
    pub fn generate() -> Self {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P521_SHA512).expect("a key");
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
        params
            .distinguished_name
            .push(DnType::OrganizationName, "HashiCorp");
        params.distinguished_name.push(DnType::CommonName, "localhost");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![
            KeyUsagePurpose::DigitalSignature,
            KeyUsagePurpose::KeyEncipherment,
            KeyUsagePurpose::KeyAgreement,
            KeyUsagePurpose::KeyCertSign,
        ];
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ClientAuth,
            ExtendedKeyUsagePurpose::ServerAuth,
        ];
        let certificate = params.self_signed(&key).expect("a certificate");
        Self { certificate, key }
    }

    pub fn pem(&self) -> String {
        self.certificate.pem()
    }

    /// Returns the certificate without its key, as an attacker could have it.
    pub fn without_its_key(&self) -> Self {
        Self {
            certificate: self.certificate.clone(),
            key: Self::generate().key,
        }
    }

    fn certified_key(&self) -> SingleCertAndKey {
        let key = PrivatePkcs8KeyDer::from(self.key.serialize_der()).into();
        let key = aws_lc_rs::sign::any_ecdsa_type(&key).expect("an ECDSA key");
        CertifiedKey::new(vec![self.certificate.der().clone()], key).into()
    }
}

/// The parsed handshake line.
#[derive(Debug, Clone)]
pub struct Handshake {
    pub line: String,
    pub network: String,
    pub address: PathBuf,
    /// DER; empty without encryption.
    pub certificate: Vec<u8>,
    pub fields: usize,
}

impl Handshake {
    fn parse(line: &str) -> Self {
        let line = line
            .strip_suffix('\n')
            .expect("the line ends with a line feed")
            .to_owned();
        let fields: Vec<&str> = line.split('|').collect();
        let [core, app, network, address, protocol, certificate, ..] = fields[..] else {
            panic!("not a handshake: {line:?}");
        };
        assert_eq!((core, app, protocol), ("1", "6", "grpc"), "{line:?}");
        Self {
            network: network.to_owned(),
            address: address.into(),
            certificate: STANDARD_NO_PAD
                .decode(certificate)
                .expect("base64 without padding"),
            fields: fields.len(),
            line,
        }
    }

    /// Returns the folder of the socket.
    pub fn socket_dir(&self) -> &Path {
        self.address.parent().expect("the socket has a directory")
    }
}

/// The settings with which a provider is started.
pub struct Launch {
    command: Command,
    identity: Option<Identity>,
    /// A killed provider does not remove its socket; dropping this folder removes it.
    temp_dir: TempDir,
}

impl Launch {
    /// Adds an environment variable. Only `PATH` is inherited, so that the user's settings have no effect.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Starts the provider without TLS, as `TF_DISABLE_PLUGIN_TLS` does: the host sends no certificate.
    pub fn without_tls(mut self) -> Self {
        self.identity = None;
        self
    }

    /// Starts the provider, reads its handshake and connects.
    pub async fn start(mut self) -> PluginProcess {
        if let Some(identity) = &self.identity {
            self.command.env("PLUGIN_CLIENT_CERT", identity.pem());
        }
        self.command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut child = self.command.spawn().expect("the provider starts");
        let stderr = child.stderr.take().expect("a pipe");
        let mut stderr = tokio::spawn(read_to_end(stderr));
        let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        in_time("the handshake", stdout.read_line(&mut line))
            .await
            .expect("standard output is text");
        // Without a handshake line the program has ended or hangs.
        let failure = if line.is_empty() {
            in_time("its errors", &mut stderr).await.unwrap()
        } else {
            String::new()
        };
        assert!(
            !line.is_empty(),
            "the provider ended without a handshake: {failure}"
        );
        let handshake = Handshake::parse(&line);
        let peer = Peer {
            address: handshake.address.clone(),
            certificate: handshake.certificate.clone(),
        };
        let tls = self
            .identity
            .as_ref()
            .map(|identity| peer.tls(Some(identity), &rustls::version::TLS13));
        let channel = in_time("the connection", peer.channel(tls))
            .await
            .expect("the provider responds");
        PluginProcess {
            child,
            stdout,
            stderr,
            handshake,
            peer,
            identity: self.identity,
            channel: Some(channel),
            _temp_dir: self.temp_dir,
        }
    }
}

/// A running provider with a connection. Dropping it kills the process.
pub struct PluginProcess {
    child: Child,
    stdout: BufReader<ChildStdout>,
    stderr: JoinHandle<String>,
    pub handshake: Handshake,
    pub peer: Peer,
    /// The client certificate that the provider accepts.
    pub identity: Option<Identity>,
    channel: Option<Channel>,
    _temp_dir: TempDir,
}

/// The output of a provider that has ended.
#[derive(Debug)]
pub struct Ended {
    pub status: ExitStatus,
    /// Standard output after the handshake line.
    pub stdout: String,
    pub stderr: String,
}

impl PluginProcess {
    /// Returns the settings with which Terraform starts a provider.
    pub fn launch() -> Launch {
        Launch::of(Command::new(PROVIDER))
    }

    /// Starts a provider as Terraform does, and connects.
    pub async fn start() -> Self {
        Self::launch().start().await
    }

    pub fn pid(&self) -> u32 {
        self.child.id().expect("it was not waited for")
    }

    pub fn channel(&self) -> Channel {
        self.channel.clone().expect("it was not disconnected")
    }

    /// Closes the connection without `Shutdown`. Clients must be dropped before.
    pub fn disconnect(mut self) -> Self {
        self.channel = None;
        self
    }

    /// Returns a client for Terraform's protocol, with Terraform's limits.
    pub fn provider(&self) -> ProviderClient<Channel> {
        provider_client(self.channel())
    }

    /// Sends `Shutdown` as a host does, and waits for the response.
    pub async fn send_shutdown(&self) {
        let mut controller = GrpcControllerClient::new(self.channel());
        in_time("the response to Shutdown", controller.shutdown(Empty {}))
            .await
            .expect("Shutdown gets a response");
    }

    /// Ends the provider as a host does, and waits until the process has ended.
    pub async fn shutdown(self) -> Ended {
        self.send_shutdown().await;
        self.ended().await
    }

    /// Waits until the process ends by itself.
    pub async fn ended(mut self) -> Ended {
        let mut stdout = String::new();
        in_time("standard output to end", self.stdout.read_to_string(&mut stdout))
            .await
            .expect("text");
        let stderr = in_time("standard error to end", self.stderr).await.expect("text");
        let status = in_time("the process to end", self.child.wait())
            .await
            .expect("a status");
        Ended {
            status,
            stdout,
            stderr,
        }
    }
}

impl Launch {
    /// Starts the provider with `command`, which must pass on its standard streams and environment.
    pub fn of(mut command: Command) -> Self {
        let temp_dir = tempfile::tempdir().expect("a directory");
        command
            .env_clear()
            .envs(std::env::var("PATH").map(|path| ("PATH", path)))
            .env(MAGIC_COOKIE.0, MAGIC_COOKIE.1)
            .env("TMPDIR", temp_dir.path())
            .env("PLUGIN_PROTOCOL_VERSIONS", "6,5")
            .env("PLUGIN_MIN_PORT", "10000")
            .env("PLUGIN_MAX_PORT", "25000");
        Self {
            command,
            identity: Some(Identity::generate()),
            temp_dir,
        }
    }
}

/// A provider that a developer started with `--debug`. Dropping it kills the process.
pub struct DebugProcess {
    child: Child,
    /// The printed value of `TF_REATTACH_PROVIDERS`.
    pub reattach: String,
    pub peer: Peer,
    _temp_dir: TempDir,
}

impl DebugProcess {
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// Starts it and returns its log at DEBUG, one JSON object a line.
    pub async fn start_with_log() -> (Self, ChildStderr) {
        let mut process = Self::start_with(|command| {
            command.env("TF_LOG", "DEBUG").stderr(Stdio::piped());
        })
        .await;
        let log = process.child.stderr.take().expect("a pipe");
        (process, log)
    }

    async fn start_with(settings: impl FnOnce(&mut Command)) -> Self {
        let temp_dir = tempfile::tempdir().expect("a directory");
        let mut command = Command::new(PROVIDER);
        command
            .arg("--debug")
            .env_clear()
            .envs(std::env::var("PATH").map(|path| ("PATH", path)))
            .env("TMPDIR", temp_dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        settings(&mut command);
        let mut child = command.spawn().expect("the provider starts");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let reattach = loop {
            let line = in_time("the line to paste", lines.next_line()).await;
            let line = line.expect("standard output is text").expect("more lines");
            if let Some(rest) = line.strip_prefix("\tTF_REATTACH_PROVIDERS='") {
                break rest.strip_suffix('\'').expect("a closing quote").to_owned();
            }
        };
        let config: serde_json::Value = serde_json::from_str(&reattach).expect("JSON");
        let address = &config["motherduck-rs/motherduck"]["Addr"]["String"];
        let peer = Peer {
            address: address.as_str().expect("an address").into(),
            certificate: Vec::new(),
        };
        DebugProcess {
            child,
            reattach,
            peer,
            _temp_dir: temp_dir,
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.id().expect("it was not waited for")
    }

    /// Opens another connection, as each provider block of a configuration does.
    pub async fn connect(&self) -> ProviderClient<Channel> {
        let channel = in_time("the connection", self.peer.channel(None)).await;
        provider_client(channel.expect("the provider responds"))
    }

    /// Waits until the process ends by itself.
    pub async fn ended(mut self) -> ExitStatus {
        in_time("the process to end", self.child.wait())
            .await
            .expect("a status")
    }
}

/// Returns a client for Terraform's protocol, with Terraform's limits.
pub fn provider_client(channel: Channel) -> ProviderClient<Channel> {
    ProviderClient::new(channel)
        .max_decoding_message_size(MESSAGE_LIMIT)
        .max_encoding_message_size(MESSAGE_LIMIT)
}

async fn read_to_end(mut pipe: impl tokio::io::AsyncRead + Unpin) -> String {
    let mut text = String::new();
    pipe.read_to_string(&mut text)
        .await
        .expect("the pipe carries text");
    text
}

/// The address and certificate of a provider.
#[derive(Debug, Clone)]
pub struct Peer {
    pub address: PathBuf,
    pub certificate: Vec<u8>,
}

impl Peer {
    /// Returns the TLS settings of a host that only trusts this provider.
    pub fn tls(
        &self,
        identity: Option<&Identity>,
        version: &'static SupportedProtocolVersion,
    ) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        roots
            .add(CertificateDer::from(self.certificate.clone()))
            .expect("the server's certificate");
        let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(&[version])
            .expect("the version is supported")
            .with_root_certificates(roots);
        let mut config = match identity {
            // `with_client_auth_cert` would refuse a certificate without its key.
            Some(identity) => builder.with_client_cert_resolver(Arc::new(identity.certified_key())),
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = vec![b"h2".to_vec()];
        Arc::new(config).into()
    }

    pub async fn connect(&self) -> io::Result<UnixStream> {
        UnixStream::connect(&self.address).await
    }

    pub async fn connect_tls(&self, tls: &TlsConnector) -> io::Result<TlsStream<UnixStream>> {
        let name = ServerName::try_from("localhost").expect("a name");
        tls.connect(name, self.connect().await?).await
    }

    /// Opens a gRPC connection, which is encrypted if `tls` is set.
    pub async fn channel(&self, tls: Option<TlsConnector>) -> Result<Channel, tonic::transport::Error> {
        let peer = self.clone();
        let connector = tower::service_fn(move |_| {
            let (peer, tls) = (peer.clone(), tls.clone());
            async move {
                let Some(tls) = tls else {
                    return Ok(TokioIo::new(Box::new(peer.connect().await?) as Box<dyn Io>));
                };
                let stream = peer.connect_tls(&tls).await?;
                // Newer hosts require that the provider selects an application protocol.
                if stream.get_ref().1.alpn_protocol() != Some(b"h2") {
                    return Err(io::Error::other("the provider selected no application protocol"));
                }
                Ok(TokioIo::new(Box::new(stream) as Box<dyn Io>))
            }
        });
        Endpoint::from_static("http://localhost")
            .connect_with_connector(connector)
            .await
    }
}

pub trait Io: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin {}
impl<T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin> Io for T {}
