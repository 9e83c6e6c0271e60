//! One function for each fuzz target of `fuzz/`. Each accepts any bytes and panics if a result is wrong.
//!
//! Compiled for fuzzing, and for the test that runs the corpora in `fuzz/corpus/`.

#![allow(clippy::missing_panics_doc, reason = "a panic is what fuzzing looks for")]

use std::collections::HashMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;

use crate::api::{self, BaseUrl, Proxy};
use crate::framework::json::UnknownMembers;
use crate::framework::{Type, Value, json, msgpack};
use crate::plugin::{HostSettings, started_by_host};
use crate::resources;

/// Returns types of every kind; the first byte of the input selects one.
fn types() -> [Type; 8] {
    let block = Type::object([
        ("size", Type::String),
        ("flock", Type::Number),
        ("on", Type::Bool),
    ]);
    [
        Type::Bool,
        Type::Number,
        Type::String,
        Type::list(Type::Number),
        Type::set(Type::String),
        Type::map(Type::String),
        Type::object([("token", Type::String), ("block", block.clone())]),
        Type::list(block),
    ]
}

fn typed(data: &[u8]) -> Option<(Type, &[u8])> {
    let (choice, rest) = data.split_first()?;
    let types = types();
    Some((types[usize::from(*choice) % types.len()].clone(), rest))
}

/// Expects that a decoded value is equal after it was encoded and decoded again.
fn assert_round_trip(value: &Value, ty: &Type) {
    let written = msgpack::encode(value, ty).expect("what was read can be written");
    let again = msgpack::decode(&written, ty).expect("what was written can be read");
    assert!(again == *value, "the value changed on the way");
}

/// Tests the msgpack decoder.
pub fn msgpack(data: &[u8]) {
    if let Some((ty, data)) = typed(data)
        && let Ok(value) = msgpack::decode(data, &ty)
    {
        assert_round_trip(&value, &ty);
    }
}

/// Tests the JSON decoder for states.
pub fn json(data: &[u8]) {
    let Some((ty, data)) = typed(data) else { return };
    for unknown_members in [UnknownMembers::Ignore, UnknownMembers::Refuse] {
        if let Ok(value) = json::decode(data, &ty, unknown_members) {
            assert_round_trip(&value, &ty);
            let written = json::to_json(&value).to_string();
            let again = json::decode(written.as_bytes(), &ty, UnknownMembers::Refuse)
                .expect("what was written can be read");
            assert!(again == value, "the value changed on the way");
        }
    }
}

/// Tests the variables that a host sets. They are the parts of the input, separated by zero bytes.
pub fn handshake(data: &[u8]) {
    const NAMES: [&str; 6] = [
        "TF_PLUGIN_MAGIC_COOKIE",
        "PLUGIN_PROTOCOL_VERSIONS",
        "PLUGIN_CLIENT_CERT",
        "PLUGIN_UNIX_SOCKET_DIR",
        "PLUGIN_UNIX_SOCKET_GROUP",
        "PLUGIN_MULTIPLEX_GRPC",
    ];
    let values = data
        .split(|byte| *byte == 0)
        .map(|part| OsString::from_vec(part.to_vec()));
    let variables: HashMap<&str, OsString> = NAMES.into_iter().zip(values).collect();
    let lookup = |name: &str| variables.get(name).cloned();
    let _ = started_by_host(lookup);
    let _ = HostSettings::read(lookup);
}

/// Tests responses of the API to the operation that the first byte selects; see `api::read_responses`.
pub fn responses(data: &[u8]) {
    api::read_responses(data);
}

/// Tests the ids of imports.
pub fn import_ids(data: &[u8]) {
    if let Ok(id) = std::str::from_utf8(data) {
        resources::read_import_id(id);
    }
}

/// Tests `NO_PROXY` and a proxy's address, which are the lines of the input.
pub fn no_proxy(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut lines = text.lines();
    let (list, proxy, address) = (lines.next(), lines.next(), lines.next());
    if let Ok(address) = BaseUrl::parse(address.unwrap_or("https://api.motherduck.com")) {
        api::no_proxy_includes(list.unwrap_or_default(), &address);
    }
    if let Ok(proxy) = Proxy::parse(proxy.unwrap_or_default(), "HTTPS_PROXY") {
        assert!(!proxy.to_string().is_empty());
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// Runs a target on its corpus, which contains the inputs that once failed.
    fn run(target: &str, run: fn(&[u8])) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("fuzz/corpus")
            .join(target);
        let mut inputs = 0;
        for entry in fs::read_dir(&folder).unwrap() {
            run(&fs::read(entry.unwrap().path()).unwrap());
            inputs += 1;
        }
        assert!(inputs > 0, "{} is empty", folder.display());
    }

    #[test]
    fn fuzz_targets_accept_their_corpora() {
        run("msgpack", msgpack);
        run("json", json);
        run("handshake", handshake);
        run("responses", responses);
        run("import_ids", import_ids);
        run("no_proxy", no_proxy);
        run("fault_rules", |data| {
            if let Ok(rules) = serde_json::from_slice(data) {
                let _ = motherduck_emulator::Faults::from_json(&rules);
            }
        });
    }
}
