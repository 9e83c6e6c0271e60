//! The process: its start, its connections, and its end.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::pin::pin;
use std::process::Stdio;
use std::time::Duration;

use motherduck_provider::proto::plugin::grpc_broker_client::GrpcBrokerClient;
use motherduck_provider::proto::plugin::grpc_controller_client::GrpcControllerClient;
use motherduck_provider::proto::plugin::grpc_stdio_client::GrpcStdioClient;
use motherduck_provider::proto::plugin::{ConnInfo, Empty};
use nix::sys::signal::{Signal, kill};
use nix::sys::stat::Mode;
use nix::unistd::Pid;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rustls::version::{TLS12, TLS13};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;
use tokio::task::JoinSet;
use tonic::transport::Channel;
use tonic_health::ServingStatus;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::support::plugin_client::{
    DebugProcess, Identity, Io, Launch, MAGIC_COOKIE, PROVIDER, Peer, PluginProcess, in_time,
};

const HTTP2_DATA: u8 = 0;
const HTTP2_HEADERS: u8 = 1;
const HTTP2_WINDOW_UPDATE: u8 = 8;
const HTTP2_END_STREAM: u8 = 1;
const HTTP2_END_HEADERS: u8 = 4;
/// The type of the first frame in either direction.
const HTTP2_SETTINGS: u8 = 4;
/// The first bytes of an HTTP/2 client: the preface and empty settings.
const HTTP2_HELLO: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00";

async fn health(channel: Channel, service: &str) -> Result<i32, tonic::Code> {
    let request = HealthCheckRequest {
        service: service.to_owned(),
    };
    let response = in_time("the health check", HealthClient::new(channel).check(request)).await;
    response
        .map(|response| response.into_inner().status)
        .map_err(|status| status.code())
}

async fn assert_serves(channel: Channel) {
    assert_eq!(health(channel, "plugin").await, Ok(ServingStatus::Serving as i32));
}

/// Whether the provider responds with HTTP/2. In TLS 1.3 the client's handshake succeeds before the server
/// has checked the client certificate, so only a response counts.
async fn is_served(mut connection: impl Io) -> bool {
    // The write fails if the provider has already closed the connection.
    let _ = connection.write_all(HTTP2_HELLO).await;
    let _ = connection.flush().await;
    let mut frame_header = [0; 9];
    let read = in_time("a response or the end", connection.read_exact(&mut frame_header)).await;
    read.is_ok() && frame_header[3] == HTTP2_SETTINGS
}

async fn is_served_over_tls(
    peer: &Peer,
    identity: Option<&Identity>,
    version: &'static rustls::SupportedProtocolVersion,
) -> bool {
    match in_time(
        "the TLS handshake",
        peer.connect_tls(&peer.tls(identity, version)),
    )
    .await
    {
        Ok(connection) => is_served(connection).await,
        Err(_) => false,
    }
}

pub(crate) fn signal(pid: u32, signal: Signal) {
    let pid = i32::try_from(pid).expect("a process id");
    kill(Pid::from_raw(pid), signal).expect("the process exists");
}

// --- Start ---

#[tokio::test]
async fn health_check_after_the_handshake_succeeds() {
    let process = PluginProcess::start().await;
    assert_eq!(process.handshake.network, "unix");
    assert_eq!(process.handshake.fields, 6, "{}", process.handshake.line);
    assert_serves(process.channel()).await;
    assert_eq!(
        health(process.channel(), "unheard-of").await,
        Err(tonic::Code::NotFound)
    );
}

#[tokio::test]
async fn handshake_has_a_seventh_field_if_multiplexing_is_requested() {
    let process = PluginProcess::launch()
        .env("PLUGIN_MULTIPLEX_GRPC", "true")
        .start()
        .await;
    assert!(
        process.handshake.line.ends_with("|false"),
        "{}",
        process.handshake.line
    );
    assert_serves(process.channel()).await;
}

#[tokio::test]
async fn connection_without_client_certificate_is_not_encrypted() {
    let process = PluginProcess::launch().without_tls().start().await;
    assert!(
        process.handshake.line.ends_with("|grpc|"),
        "{}",
        process.handshake.line
    );
    assert_serves(process.channel()).await;
    assert!(process.shutdown().await.status.success());
}

#[tokio::test]
async fn socket_directory_has_mode_700() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().to_str().unwrap();
    let process = PluginProcess::launch()
        .env("PLUGIN_UNIX_SOCKET_DIR", dir)
        .start()
        .await;
    let socket_dir = process.handshake.socket_dir();
    assert_eq!(socket_dir.parent(), Some(parent.path()));
    assert_eq!(socket_dir.metadata().unwrap().permissions().mode() & 0o777, 0o700);
}

#[tokio::test]
async fn start_without_the_magic_cookie_prints_instructions() {
    for cookie in [None, Some("wrong")] {
        let mut command = Command::new(PROVIDER);
        command.env_remove(MAGIC_COOKIE.0);
        command.envs(cookie.map(|cookie| (MAGIC_COOKIE.0, cookie)));
        let output = in_time("the notice", command.output()).await.unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(output.stdout.is_empty(), "standard output is the host's");
        let notice = String::from_utf8(output.stderr).unwrap();
        for part in [
            "Terraform",
            "OpenTofu",
            "dev_overrides",
            "motherduck-rs/motherduck",
            "https://",
        ] {
            assert!(notice.contains(part), "{part} is not in {notice}");
        }
    }
}

#[tokio::test]
async fn version_and_help_options_print_to_standard_output() {
    let version = concat!("terraform-provider-motherduck ", env!("CARGO_PKG_VERSION"), "\n");
    for (option, expected) in [("--version", version), ("--help", "--debug")] {
        let output = in_time("the output", Command::new(PROVIDER).arg(option).output())
            .await
            .unwrap();
        assert!(output.status.success(), "{option}");
        let printed = String::from_utf8(output.stdout).unwrap();
        assert!(printed.contains(expected), "{option}: {printed}");
    }
}

/// Starts the provider with this variable, and expects that it ends with an error and serves nothing. Returns its
/// standard error.
async fn startup_error(name: &str, value: &[u8]) -> String {
    let mut command = Command::new(PROVIDER);
    command
        .env(MAGIC_COOKIE.0, MAGIC_COOKIE.1)
        .env(name, OsStr::from_bytes(value))
        .kill_on_drop(true);
    let output = in_time("the error", command.output()).await.unwrap();
    assert_eq!(output.status.code(), Some(1), "{name}");
    assert!(output.stdout.is_empty(), "{name}: nothing is served");
    String::from_utf8(output.stderr).unwrap()
}

#[tokio::test]
async fn invalid_client_certificate_is_a_startup_error() {
    let error = startup_error("PLUGIN_CLIENT_CERT", b"rubbish").await;
    assert!(
        error.starts_with("[ERROR] PLUGIN_CLIENT_CERT does not contain a certificate"),
        "{error}"
    );
}

#[tokio::test]
async fn environment_variable_that_is_not_utf8_is_a_startup_error() {
    for name in [
        "TF_PLUGIN_MAGIC_COOKIE",
        "PLUGIN_PROTOCOL_VERSIONS",
        "PLUGIN_CLIENT_CERT",
        "PLUGIN_UNIX_SOCKET_DIR",
        "PLUGIN_UNIX_SOCKET_GROUP",
        "PLUGIN_MULTIPLEX_GRPC",
        "TMPDIR",
        "TF_LOG_PROVIDER_MOTHERDUCK",
        "TF_LOG_PROVIDER",
        "TF_LOG",
    ] {
        assert_eq!(
            startup_error(name, b"/tmp/\xff").await,
            format!("[ERROR] the environment variable {name} is not valid UTF-8: set it anew, or unset it\n")
        );
    }
}

#[tokio::test]
async fn tokio_worker_threads_variable_has_no_effect() {
    for number in ["0", "rubbish"] {
        let launch = PluginProcess::launch().env("TOKIO_WORKER_THREADS", number);
        let process = launch.start().await;
        assert_serves(process.channel()).await;
        assert!(process.shutdown().await.status.success());
    }
}

// --- Connections ---

#[tokio::test]
async fn only_the_announced_client_certificate_is_accepted() {
    let process = PluginProcess::launch().env("TF_LOG", "WARN").start().await;
    let peer = &process.peer;
    let announced = process.identity.as_ref();
    let same_names = Identity::generate();

    assert!(is_served_over_tls(peer, announced, &TLS13).await);

    assert!(!is_served_over_tls(peer, None, &TLS13).await, "no certificate");
    assert!(
        !is_served_over_tls(peer, Some(&same_names), &TLS13).await,
        "another certificate"
    );
    assert!(!is_served_over_tls(peer, announced, &TLS12).await, "TLS 1.2");
    assert!(!is_served(peer.connect().await.unwrap()).await, "plain HTTP/2");

    // The service continues for the host, on its connection and on a new one.
    assert_serves(process.channel()).await;
    assert!(is_served_over_tls(peer, announced, &TLS13).await);

    let ended = process.shutdown().await;
    let refusals = ended
        .stderr
        .lines()
        .filter(|line| line.contains("refused a connection"))
        .count();
    assert_eq!(refusals, 4, "each refusal states its reason: {}", ended.stderr);
}

#[tokio::test]
async fn client_certificate_without_its_key_is_refused() {
    let process = PluginProcess::launch().env("TF_LOG", "WARN").start().await;
    let without_its_key = process.identity.as_ref().map(Identity::without_its_key);
    assert!(!is_served_over_tls(&process.peer, without_its_key.as_ref(), &TLS13).await);
    assert_serves(process.channel()).await;
    assert!(process.shutdown().await.stderr.contains("BadSignature"));
}

#[tokio::test]
async fn idle_connections_delay_neither_others_nor_the_exit() {
    let process = PluginProcess::start().await;
    // If the connections were served one after the other, each would delay the next by its time limit, in
    // total longer than the test waits.
    let mut silent = Vec::new();
    for _ in 0..4 {
        silent.push(process.peer.connect().await.unwrap());
    }
    assert!(is_served_over_tls(&process.peer, process.identity.as_ref(), &TLS13).await);
    assert!(
        process.shutdown().await.status.success(),
        "and they do not delay the end"
    );
}

/// Returns the type of the first frame in response to a health check with this authority.
async fn frame_for_authority(mut connection: impl Io, authority: &str) -> u8 {
    let text = |text: &str| {
        let length = u8::try_from(text.len()).ok().filter(|length| *length < 127);
        let mut bytes = vec![length.expect("a short text")];
        bytes.extend(text.bytes());
        bytes
    };
    // Method and scheme are indexed header fields, and all others are literals.
    let mut headers = vec![0x83, 0x86, 0x04];
    headers.extend(text("/grpc.health.v1.Health/Check"));
    headers.push(0x01);
    headers.extend(text(authority));
    for (name, value) in [("content-type", "application/grpc"), ("te", "trailers")] {
        headers.push(0x00);
        headers.extend(text(name));
        headers.extend(text(value));
    }
    let frame = |kind: u8, flags: u8, content: &[u8]| {
        let mut bytes = u32::try_from(content.len()).unwrap().to_be_bytes()[1..].to_vec();
        bytes.extend([kind, flags, 0, 0, 0, 1]);
        bytes.extend(content);
        bytes
    };
    let request = [
        HTTP2_HELLO.to_vec(),
        frame(HTTP2_HEADERS, HTTP2_END_HEADERS, &headers),
        // A message without a service name.
        frame(HTTP2_DATA, HTTP2_END_STREAM, &[0; 5]),
    ];
    connection.write_all(&request.concat()).await.unwrap();
    connection.flush().await.unwrap();
    loop {
        let mut header = [0; 9];
        let read = in_time("a frame", connection.read_exact(&mut header)).await;
        read.expect("the connection stays open");
        let length = u32::from_be_bytes([0, header[0], header[1], header[2]]);
        let mut content = vec![0; length as usize];
        connection.read_exact(&mut content).await.unwrap();
        if header[8] == 1 && header[3] != HTTP2_WINDOW_UPDATE {
            return header[3];
        }
    }
}

#[tokio::test]
async fn percent_encoded_socket_path_is_a_valid_authority() {
    // The characters that gRPC in Python, C++ and Ruby does not encode in an authority.
    const AUTHORITY: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'.')
        .remove(b'_')
        .remove(b'~')
        .remove(b':')
        .remove(b'@')
        .remove(b'[')
        .remove(b']');
    let process = DebugProcess::start().await;
    let path = process.peer.address.to_str().unwrap();
    for text in [path, path.strip_prefix('/').unwrap()] {
        let authority = utf8_percent_encode(text, AUTHORITY).to_string();
        assert!(authority.contains("%2F"));
        let connection = process.peer.connect().await.unwrap();
        assert_eq!(frame_for_authority(connection, &authority).await, HTTP2_HEADERS);
    }
}

// --- End ---

#[tokio::test]
async fn shutdown_ends_the_process_and_removes_the_socket() {
    let process = PluginProcess::start().await;
    let socket_dir = process.handshake.socket_dir().to_owned();
    assert!(socket_dir.exists());
    let ended = process.shutdown().await;
    assert_eq!(ended.status.code(), Some(0));
    assert!(!socket_dir.exists());
    assert_eq!(
        (ended.stdout.as_str(), ended.stderr.as_str()),
        ("", ""),
        "nothing but the handshake is printed"
    );
}

#[tokio::test]
async fn stdio_and_broker_streams_are_empty_and_end_with_the_process() {
    let process = PluginProcess::start().await;
    let mut stdio = GrpcStdioClient::new(process.channel())
        .stream_stdio(())
        .await
        .unwrap()
        .into_inner();
    let (_offers, outgoing) = tokio::sync::mpsc::channel::<ConnInfo>(1);
    let outgoing = tokio_stream::wrappers::ReceiverStream::new(outgoing);
    let mut broker = GrpcBrokerClient::new(process.channel())
        .start_stream(outgoing)
        .await
        .unwrap()
        .into_inner();

    {
        // A response to a later call on the same connection has arrived, and the streams are still open.
        let mut output = pin!(stdio.message());
        let mut offer = pin!(broker.message());
        tokio::select! {
            biased;
            message = &mut output => panic!("the standard streams sent {message:?}"),
            message = &mut offer => panic!("the broker sent {message:?}"),
            () = assert_serves(process.channel()) => {}
        }
        let mut controller = GrpcControllerClient::new(process.channel());
        in_time("the response to Shutdown", controller.shutdown(Empty {}))
            .await
            .unwrap();
        assert_eq!(
            in_time("the standard streams to end", output).await.unwrap(),
            None
        );
        assert_eq!(in_time("the broker to end", offer).await.unwrap(), None);
    }
    assert!(process.ended().await.status.success());
}

#[tokio::test]
async fn shutdown_ends_a_call_that_does_not_end() {
    let process = PluginProcess::launch().env("TF_LOG", "WARN").start().await;
    let socket_dir = process.handshake.socket_dir().to_owned();
    let request = HealthCheckRequest {
        service: "plugin".to_owned(),
    };
    let mut watch = HealthClient::new(process.channel())
        .watch(request)
        .await
        .unwrap()
        .into_inner();
    assert!(watch.message().await.unwrap().is_some(), "the call has begun");
    let ended = process.shutdown().await;
    assert_eq!(ended.status.code(), Some(0));
    assert!(ended.stderr.contains("giving up calls"), "{}", ended.stderr);
    assert!(!socket_dir.exists());
}

#[tokio::test]
async fn sigint_does_not_end_the_process() {
    let process = PluginProcess::start().await;
    signal(process.pid(), Signal::SIGINT);
    assert_serves(process.channel()).await;
    assert!(process.shutdown().await.status.success());
}

#[tokio::test]
async fn sigterm_ends_the_process_and_removes_the_socket() {
    let process = PluginProcess::start().await;
    let socket_dir = process.handshake.socket_dir().to_owned();
    signal(process.pid(), Signal::SIGTERM);
    assert!(process.disconnect().ended().await.status.success());
    assert!(!socket_dir.exists());
}

#[tokio::test]
async fn process_ends_after_its_host_is_killed() {
    // The shell is the host: it starts the provider and stays its parent.
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(format!("'{PROVIDER}' & wait"));
    let process = Launch::of(shell).start().await;
    let socket_dir = process.handshake.socket_dir().to_owned();
    signal(process.pid(), Signal::SIGKILL);
    assert_serves(process.channel()).await;
    // Closes the connection and waits until the provider has closed the inherited streams.
    process.disconnect().ended().await;
    assert!(!socket_dir.exists());
}

#[tokio::test]
async fn process_ends_after_its_host_is_killed_at_the_handshake() {
    /// The number of killed hosts. If the provider missed the end of its host, about one in five processes
    /// would remain.
    const HOSTS: usize = 40;
    // The shell is the host: it reads the handshake line and ends.
    let host = format!("'{PROVIDER}' > line & read line < line; kill -KILL $$");
    let mut ends = JoinSet::new();
    for _ in 0..HOSTS {
        let host = host.clone();
        ends.spawn(async move {
            let dir = tempfile::tempdir().unwrap();
            nix::unistd::mkfifo(&dir.path().join("line"), Mode::S_IRWXU).unwrap();
            let mut shell = Command::new("sh")
                .args(["-c", &host])
                .current_dir(&dir)
                .env(MAGIC_COOKIE.0, MAGIC_COOKIE.1)
                .env("TMPDIR", dir.path())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            let killed = in_time("the end of the host", shell.wait()).await.unwrap();
            assert_eq!(killed.signal(), Some(Signal::SIGKILL as i32));
            // The provider has inherited this stream and closes it when it ends.
            let mut stderr = String::new();
            let ended = shell.stderr.as_mut().unwrap().read_to_string(&mut stderr);
            in_time("the end of the provider", ended).await.unwrap();
            assert_eq!(stderr, "");
            let left = std::fs::read_dir(&dir).unwrap().count();
            assert_eq!(left, 1, "the socket's directory is gone");
        });
    }
    ends.join_all().await;
}

// --- `--debug` ---

#[tokio::test]
async fn debug_mode_prints_the_reattach_configuration() {
    let process = DebugProcess::start().await;
    let config: serde_json::Value = serde_json::from_str(&process.reattach).unwrap();
    let config = &config["motherduck-rs/motherduck"];
    assert_eq!(
        (&config["Protocol"], &config["ProtocolVersion"]),
        (&"grpc".into(), &6.into())
    );
    assert_eq!(
        (&config["Test"], &config["Pid"]),
        (&true.into(), &process.pid().into())
    );

    let peer = process.peer.clone();
    // A host first checks whether a server listens, and closes that connection.
    drop(peer.connect().await.unwrap());
    for _run in 0..2 {
        assert_serves(peer.channel(None).await.unwrap()).await;
    }

    signal(process.pid(), Signal::SIGINT);
    assert!(process.ended().await.success());
    assert!(!peer.address.parent().unwrap().exists());
}

#[tokio::test]
async fn repeated_sigint_ends_debug_mode_despite_a_connected_host() {
    let process = DebugProcess::start().await;
    let pid = process.pid();
    let host = process.peer.channel(None).await.unwrap();
    assert_serves(host.clone()).await;
    signal(pid, Signal::SIGINT);
    assert_serves(host.clone()).await;
    let insisting = async {
        loop {
            signal(pid, Signal::SIGINT);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        ended = process.ended() => assert!(ended.success()),
        () = insisting => {}
    }
    drop(host);
}
