//! Copies of secrets in the memory of the process, and the permission to read that memory.

use std::fs::{self, File};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::time::Duration;

use aho_corasick::AhoCorasick;
use motherduck_emulator::Emulator;
use serde_json::json;

use crate::host::{ADMIN_TOKEN, Session, TOKEN, with_loader};
use crate::support::plugin_client::{DebugProcess, PluginProcess, in_time};

/// The number of refreshes of a token.
const READS: usize = 50;

/// The maximum number of copies of a token while the connection is open: the HTTP/2 library reads all
/// messages into one buffer of 8 KiB, where they remain until other messages overwrite them.
const WHILE_CONNECTED: usize = 16;

/// Counts a text in the writable memory of a process.
fn copies(pid: u32, text: &str) -> usize {
    let searched = AhoCorasick::new([text]).unwrap();
    let memory = File::open(format!("/proc/{pid}/mem")).unwrap();
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).unwrap();
    let mut copies = 0;
    for map in maps.lines() {
        let mut words = map.split(' ');
        let (range, rights) = (words.next().unwrap(), words.next().unwrap());
        if !rights.starts_with("rw") {
            continue;
        }
        let (start, end) = range.split_once('-').unwrap();
        let [start, end] = [start, end].map(|address| u64::from_str_radix(address, 16).unwrap());
        let mut content = vec![0; usize::try_from(end - start).unwrap()];
        // The kernel's own pages cannot be read.
        if memory.read_exact_at(&mut content, start).is_ok() {
            copies += searched.find_iter(&content).count();
        }
    }
    copies
}

#[tokio::test]
async fn memory_has_few_copies_of_a_secret_after_50_reads() {
    let api = with_loader(Emulator::builder()).await;
    // The memory of a process that a host has started cannot be read; that of a `--debug` process can.
    let process = DebugProcess::start().await;
    let session = Session::attached(process.connect().await).await;
    session.configure_for(&api.url()).await;
    let config = json!({ "username": "loader", "name": "nightly" });
    let mut stored = session.create(TOKEN, &config).await;
    for _ in 0..READS {
        stored = session.refresh(TOKEN, &stored).await;
    }

    let secret = stored["token"].as_str().unwrap().to_owned();
    let left = copies(process.pid(), &secret);
    assert!(left <= WHILE_CONNECTED, "{left} copies of the token");
    // The search finds text that is in memory.
    assert!(left > 0 && copies(process.pid(), ADMIN_TOKEN) > 0);

    // Closing the connection frees its buffers, its configuration and its client.
    drop(session);
    for secret in [&secret, ADMIN_TOKEN] {
        in_time("the memory to be overwritten", async {
            while copies(process.pid(), secret) > 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
    }
}

fn core_limit(pid: &str) -> String {
    let limits = fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
    let limit = limits.lines().find(|line| line.starts_with("Max core file size"));
    limit
        .unwrap()
        .split_whitespace()
        .skip(4)
        .take(2)
        .collect::<Vec<_>>()
        .join(" ")
}

/// Returns the owner of a process's files in `/proc`. It is root if processes of the same user may not read
/// its memory.
fn owner(pid: u32) -> u32 {
    fs::metadata(format!("/proc/{pid}/environ")).unwrap().uid()
}

#[tokio::test]
async fn only_a_debug_process_can_be_dumped_and_traced() {
    let hosted = PluginProcess::start().await;
    let debugged = DebugProcess::start().await;

    assert_eq!(core_limit(&hosted.pid().to_string()), "0 0");
    assert_eq!(core_limit(&debugged.pid().to_string()), core_limit("self"));
    // Root owns the files of its own processes in both cases.
    assert_eq!(owner(hosted.pid()), 0);
    assert_eq!(owner(debugged.pid()), nix::unistd::geteuid().as_raw());
}
