//! Resolves host names for a statically linked program: `/etc/hosts`, then the servers of `/etc/resolv.conf`.
//!
//! The C library's own lookup loads the modules that `/etc/nsswitch.conf` names. A statically linked program
//! cannot load them on every system, and a container without a C library has none.

use std::fs::{self, File};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use hickory_resolver::config::{LookupIpStrategy, ResolveHosts};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::system_conf::parse_resolv_conf;
use hickory_resolver::{Hosts, TokioResolver, proto as message};
use message::op::Query;
use message::rr::{Name, RecordType};
use reqwest::dns;
use tokio::sync::OnceCell;

/// Resolves names without the C library. Clones share the connection to the name servers.
#[derive(Clone)]
pub(super) struct Resolver {
    hosts: PathBuf,
    resolv_conf: PathBuf,
    /// The port of name servers, because tests cannot use the standard one.
    #[cfg(test)]
    port: Option<u16>,
    servers: Arc<OnceCell<TokioResolver>>,
}

/// The reason why a name cannot be resolved. The message contains its cause, because only the innermost error
/// of a chain is printed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct ResolveError(String);

impl Resolver {
    /// Creates a resolver that reads the system's files when it resolves the first name.
    pub(super) fn system() -> Self {
        Resolver::new("/etc/hosts".into(), "/etc/resolv.conf".into())
    }

    fn new(hosts: PathBuf, resolv_conf: PathBuf) -> Self {
        Resolver {
            hosts,
            resolv_conf,
            #[cfg(test)]
            port: None,
            servers: Arc::default(),
        }
    }

    async fn addresses(&self, name: &str) -> Result<Vec<IpAddr>, ResolveError> {
        let parsed = Name::from_str_relaxed(name)
            .map_err(|error| ResolveError(format!("{name:?} is not a host name: {error}")))?;
        let listed = self.hosts_file_addresses(&parsed);
        if !listed.is_empty() {
            return Ok(listed);
        }
        let servers = self.servers.get_or_try_init(async || self.connect(name)).await?;
        let found = servers.lookup_ip(name).await.map_err(|error| {
            let file = self.resolv_conf.display();
            let reason = if error.is_nx_domain() {
                "the name does not exist".to_owned()
            } else if error.is_no_records_found() {
                "the name has no address".to_owned()
            } else {
                error.to_string()
            };
            ResolveError(format!(
                "the name servers of {file} returned no address for {name}: {reason}"
            ))
        })?;
        Ok(found.iter().collect())
    }

    /// Returns the entries of the hosts file. A system without that file has no entries.
    fn hosts_file_addresses(&self, name: &Name) -> Vec<IpAddr> {
        let mut hosts = Hosts::default();
        let read = File::open(&self.hosts).and_then(|file| hosts.read_hosts_conf(file));
        if let Err(error) = read {
            tracing::debug!(%error, file = %self.hosts.display(), "the hosts file cannot be read");
        }
        [RecordType::AAAA, RecordType::A]
            .into_iter()
            .filter_map(|kind| hosts.lookup_static_host(&Query::query(name.clone(), kind)))
            .flat_map(|lookup| lookup.answers().to_vec())
            .filter_map(|record| record.data.ip_addr())
            .collect()
    }

    /// Connects to the system's name servers. If there are none, no public one is used, because private names
    /// must not be sent to servers that the system does not name.
    fn connect(&self, name: &str) -> Result<TokioResolver, ResolveError> {
        let file = self.resolv_conf.display();
        let text = fs::read(&self.resolv_conf).map_err(|error| {
            let hosts = self.hosts.display();
            ResolveError(format!(
                "{name} is not in {hosts}, and {file} cannot be read ({error}), so no name server is known"
            ))
        })?;
        let unusable = |error: NetError| ResolveError(format!("{file} cannot be used: {error}"));
        let (config, mut options) = parse_resolv_conf(text).map_err(unusable)?;
        #[cfg(test)]
        let config = tests::on_port(config, self.port);
        // The HTTP client tries both address families if one does not connect.
        options.ip_strategy = LookupIpStrategy::Ipv6AndIpv4;
        // `hosts_file_addresses` has already read it.
        options.use_hosts_file = ResolveHosts::Never;
        TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
            .with_options(options)
            .build()
            .map_err(unusable)
    }
}

impl dns::Resolve for Resolver {
    fn resolve(&self, name: dns::Name) -> dns::Resolving {
        let resolver = self.clone();
        Box::pin(async move {
            let addresses = resolver.addresses(name.as_str()).await?;
            let addresses: dns::Addrs =
                Box::new(addresses.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::net::{Ipv4Addr, Ipv6Addr};

    use hickory_resolver::config::ResolverConfig;
    use hickory_resolver::proto::op::{Message, MessageType, ResponseCode};
    use hickory_resolver::proto::rr::{RData, Record, rdata};
    use tempfile::TempDir;
    use tokio::net::UdpSocket;

    use super::*;

    const TTL: u32 = 60;

    impl Resolver {
        fn on_port(mut self, port: u16) -> Self {
            self.port = Some(port);
            self
        }
    }

    pub(super) fn on_port(config: ResolverConfig, port: Option<u16>) -> ResolverConfig {
        let (domain, search, mut servers) = config.into_parts();
        for connection in servers.iter_mut().flat_map(|server| &mut server.connections) {
            connection.port = port.unwrap_or(connection.port);
        }
        ResolverConfig::from_parts(domain, search, servers)
    }

    /// Starts a name server that resolves `api.example.test` to addresses of both families.
    async fn name_server() -> u16 {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = socket.local_addr().unwrap().port();
        tokio::spawn(async move {
            let mut bytes = [0; 512];
            loop {
                let (length, from) = socket.recv_from(&mut bytes).await.unwrap();
                let query = Message::from_vec(&bytes[..length]).unwrap();
                let question = query.queries[0].clone();
                let mut response =
                    Message::new(query.metadata.id, MessageType::Response, query.metadata.op_code);
                response.add_query(question.clone());
                if question.name().to_ascii() == "api.example.test." {
                    let data = match question.query_type() {
                        RecordType::AAAA => RData::AAAA(rdata::AAAA(Ipv6Addr::LOCALHOST)),
                        _ => RData::A(rdata::A(Ipv4Addr::new(127, 0, 0, 9))),
                    };
                    response.add_answer(Record::from_rdata(question.name().clone(), TTL, data));
                } else {
                    response.metadata.response_code = ResponseCode::NXDomain;
                }
                socket.send_to(&response.to_vec().unwrap(), from).await.unwrap();
            }
        });
        port
    }

    /// Creates a system with these files; `None` stands for a missing file.
    fn system(hosts: Option<&str>, resolv_conf: Option<&str>) -> (TempDir, Resolver) {
        let folder = TempDir::new().unwrap();
        let path = |name: &str| folder.path().join(name);
        for (name, text) in [("hosts", hosts), ("resolv.conf", resolv_conf)] {
            if let Some(text) = text {
                fs::write(path(name), text).unwrap();
            }
        }
        let resolver = Resolver::new(path("hosts"), path("resolv.conf"));
        (folder, resolver)
    }

    async fn error(resolver: &Resolver, name: &str) -> String {
        resolver.addresses(name).await.unwrap_err().to_string()
    }

    #[tokio::test]
    async fn hosts_file_is_read_without_a_name_server() {
        let hosts = "127.0.0.5 other API.example.test # a comment\n::1 api.example.test\n";
        let (_folder, resolver) = system(Some(hosts), None);
        let found = resolver.addresses("api.example.test").await.unwrap();
        assert_eq!(
            found,
            [
                IpAddr::from(Ipv6Addr::LOCALHOST),
                Ipv4Addr::new(127, 0, 0, 5).into()
            ]
        );
    }

    #[tokio::test]
    async fn name_server_returns_ipv4_and_ipv6_addresses() {
        let port = name_server().await;
        for (text, name) in [
            ("nameserver 127.0.0.1\n", "api.example.test"),
            (
                "nameserver 127.0.0.1\noptions ndots:5 edns0 unheard-of\n",
                "api.example.test",
            ),
            ("search example.test\nnameserver 127.0.0.1\n", "api"),
        ] {
            let (_folder, resolver) = system(None, Some(text));
            let mut found = resolver.on_port(port).addresses(name).await.unwrap();
            found.sort();
            assert_eq!(
                found,
                [
                    IpAddr::from(Ipv4Addr::new(127, 0, 0, 9)),
                    Ipv6Addr::LOCALHOST.into()
                ],
                "{text}"
            );
        }
    }

    #[tokio::test]
    async fn unknown_name_is_an_error() {
        let port = name_server().await;
        let (_folder, resolver) = system(Some(""), Some("nameserver 127.0.0.1\n"));
        let error = error(&resolver.on_port(port), "absent.example.test").await;
        assert!(
            error.ends_with("returned no address for absent.example.test: the name does not exist"),
            "{error}"
        );
    }

    #[tokio::test]
    async fn missing_or_empty_resolv_conf_is_an_error() {
        let (folder, resolver) = system(Some("127.0.0.1 localhost\n"), None);
        let missing = error(&resolver, "api.example.test").await;
        assert!(missing.starts_with("api.example.test is not in "), "{missing}");
        assert!(
            missing.contains(&folder.path().join("resolv.conf").display().to_string()),
            "{missing}"
        );

        let (_folder, resolver) = system(None, Some("# none here\n"));
        let empty = error(&resolver, "api.example.test").await;
        assert!(empty.contains("resolv.conf cannot be used: "), "{empty}");
    }

    #[tokio::test]
    async fn resolv_conf_is_read_again_after_an_error() {
        let port = name_server().await;
        let (folder, resolver) = system(None, None);
        let resolver = resolver.on_port(port);
        error(&resolver, "api.example.test").await;
        fs::write(folder.path().join("resolv.conf"), "nameserver 127.0.0.1\n").unwrap();
        assert_eq!(resolver.addresses("api.example.test").await.unwrap().len(), 2);
    }
}
