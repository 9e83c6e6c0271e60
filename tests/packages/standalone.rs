//! The static binary in an otherwise empty root folder, and in roots with unusual system configurations.

use std::io::{BufRead as _, BufReader};
use std::net::Ipv4Addr;
use std::os::unix::fs::MetadataExt as _;
use std::process::Stdio;

use motherduck_emulator::Emulator;

use crate::dns::Dns;
use crate::https::{Https, forward};
use crate::root::{PROVIDER_IN_ROOT, Root};

const NAME: &str = "api.motherduck.test";

const MAIN: &str = r#"
resource "motherduck_service_account" "etl" {
  username            = "svc_etl"
  deletion_protection = false
}

resource "motherduck_token" "etl" {
  username = motherduck_service_account.etl.id
  name     = "etl"
  ttl      = 3600
}
"#;

/// A configuration with a certificate authority that only a file contains.
fn main_with_authority() -> String {
    format!("{MAIN}\nprovider \"motherduck\" {{\n  ca_certificate_file = \"/ca.pem\"\n}}\n")
}

/// Configures name sources that are not part of the C library, with modules that no program can load.
fn add_unloadable_name_sources(root: &Root) {
    root.write(
        "/etc/nsswitch.conf",
        "passwd: systemd\ngroup: systemd\nhosts: mymachines resolve [!UNAVAIL=return] myhostname\n",
    );
    for module in ["resolve", "myhostname", "mymachines", "systemd"] {
        let library = format!("/lib/x86_64-linux-gnu/libnss_{module}.so.2");
        root.write(&library, "a module for another C library");
    }
}

/// Serves the emulator over HTTPS under a host name.
fn serve_under_name(emulator: &Emulator, ip: &str) -> (Https, String) {
    let address = emulator.url().trim_start_matches("http://").to_owned();
    let https = Https::serve(NAME, ip, move |request| forward(&request, &address));
    let url = format!("https://{NAME}:{}", https.port());
    (https, url)
}

/// Runs the life cycle of the configuration.
#[track_caller]
fn run_life_cycle(root: &Root, url: &str) {
    root.expect(0, url, &["init"]);
    root.expect(0, url, &["apply", "-auto-approve"]);
    root.expect(0, url, &["plan", "-detailed-exitcode"]);
    root.expect(0, url, &["destroy", "-auto-approve"]);
}

/// Creates a root with Terraform. Terraform and OpenTofu are released as static binaries. If the `terraform`
/// in `PATH` is not static, or missing, only the provider can be started in a root.
fn root(main: &str) -> Option<Root> {
    let root = Root::with_terraform(main);
    if root.is_none() {
        eprintln!("not tested with Terraform: there is no static terraform on PATH");
        let line = handshake_line(&Root::new(), "");
        assert!(line.starts_with("1|6|unix|/tmp/"), "{line}");
    }
    root
}

/// Starts the provider as a host that sets a group for the socket, and returns its handshake line.
fn handshake_line(root: &Root, group: &str) -> String {
    let mut provider = root
        .command(PROVIDER_IN_ROOT)
        .env(
            "TF_PLUGIN_MAGIC_COOKIE",
            "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
        )
        .env("PLUGIN_PROTOCOL_VERSIONS", "6")
        .env("PLUGIN_UNIX_SOCKET_GROUP", group)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(provider.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    provider.kill().unwrap();
    provider.wait().unwrap();
    line
}

#[test]
fn provider_applies_in_an_otherwise_empty_root() {
    let emulator = Emulator::builder().start_blocking().unwrap();
    let Some(root) = root(MAIN) else { return };
    run_life_cycle(&root, &emulator.url());
    let state = emulator.state().to_string();
    assert!(!state.contains("svc_etl"), "{state}");
}

#[test]
fn host_name_is_resolved_by_the_hosts_file_to_ipv6() {
    let emulator = Emulator::builder().start_blocking().unwrap();
    let (https, url) = serve_under_name(&emulator, "::1");
    let Some(root) = root(&main_with_authority()) else {
        return;
    };
    add_unloadable_name_sources(&root);
    root.write(
        "/etc/hosts",
        &format!("::1 localhost\n::1 other {NAME} # an alias\n"),
    );
    root.write("/ca.pem", https.authority());
    run_life_cycle(&root, &url);
}

#[test]
fn host_name_is_resolved_by_the_name_server() {
    let emulator = Emulator::builder().start_blocking().unwrap();
    let (https, url) = serve_under_name(&emulator, "127.0.0.1");
    let dns = match Dns::serve(NAME, Ipv4Addr::LOCALHOST) {
        Ok(dns) => dns,
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            // The system configuration cannot set another port of a name server.
            assert!(
                std::env::var_os("CI").is_none(),
                "port 53 of loopback needs root: {error}"
            );
            eprintln!("not tested: port 53 of loopback needs root");
            return;
        }
        Err(error) => panic!("{error}"),
    };
    let Some(root) = root(&main_with_authority()) else {
        return;
    };
    add_unloadable_name_sources(&root);
    root.write(
        "/etc/resolv.conf",
        &format!(
            "search example.test\nnameserver {}\noptions ndots:5 edns0 trust-ad\n",
            dns.ip()
        ),
    );
    root.write("/ca.pem", https.authority());
    run_life_cycle(&root, &url);
}

#[test]
fn missing_resolv_conf_is_an_error_that_names_the_file() {
    let Some(root) = root(MAIN) else { return };
    let url = format!("https://{NAME}");
    root.expect(0, &url, &["init"]);
    let printed = root.expect(1, &url, &["apply", "-auto-approve"]);
    assert!(
        printed.contains(&format!(
            "{NAME} is not in /etc/hosts, and /etc/resolv.conf cannot be read"
        )),
        "{printed}"
    );
}

#[test]
fn certificate_of_an_unknown_authority_is_an_error() {
    let emulator = Emulator::builder().start_blocking().unwrap();
    let (_https, url) = serve_under_name(&emulator, "127.0.0.1");
    let Some(root) = root(MAIN) else { return };
    root.write("/etc/hosts", &format!("127.0.0.1 {NAME}\n"));
    root.expect(0, &url, &["init"]);
    let printed = root.expect(1, &url, &["apply", "-auto-approve"]);
    assert!(printed.contains("certificate"), "{printed}");
    assert!(emulator.requests().is_empty());
}

#[test]
fn socket_has_the_group_of_the_group_file() {
    let root = Root::new();
    add_unloadable_name_sources(&root);
    // A group that the user of the test may assign to files.
    let group = if nix::unistd::geteuid().is_root() { 4242 } else { 0 };
    root.write("/etc/group", &format!("root:x:0:\nterraform:x:{group}:\n"));
    let line = handshake_line(&root, "terraform");
    let socket = line.split('|').nth(3).unwrap_or_else(|| panic!("{line:?}"));
    let gid = root.path(socket).metadata().unwrap().gid();
    let own = nix::unistd::getegid().as_raw();
    assert_eq!(gid, if group == 0 { own } else { group });
}

#[test]
fn generated_token_name_needs_no_device_file() {
    let emulator = Emulator::builder().start_blocking().unwrap();
    let main = format!(
        "{MAIN}\nephemeral \"motherduck_token\" \"run\" {{\n  username = motherduck_service_account.etl.id\n}}\n"
    );
    let Some(root) = root(&main) else { return };
    if root.terraform_minor() < 10 {
        eprintln!("not tested: ephemeral resources need Terraform 1.10");
        return;
    }
    run_life_cycle(&root, &emulator.url());
    let names = emulator
        .requests()
        .iter()
        .filter(|request| request.method == "POST")
        .count();
    // The account, its token, and an ephemeral token in each run with the account.
    assert!(names > 2, "{names}");
}
