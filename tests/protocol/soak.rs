//! A long run of one process: at its end the process uses no more memory, file descriptors, threads or tasks than
//! after its first steps.
//!
//! `cargo xtask soak` runs 100,000 steps. The default is a short run, which does not check memory.

use std::time::{Duration, Instant};
use std::{env, fs};

use motherduck_contract::CheckedEmulator;
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::UnixStream;
use tokio::process::ChildStderr;
use tokio::sync::mpsc;

use crate::host::{Action, DUCKLINGS, Session, StoredObject, TOKEN, emulator, seed_users};
use crate::support::plugin_client::{DebugProcess, in_time};

/// The environment variable with the number of plans, applies and refreshes.
const STEPS_VARIABLE: &str = "SOAK_STEPS";

/// The default number of steps.
const SHORT: usize = 1_000;

/// Runs of at least this many steps check memory.
const LONG: usize = 50_000;

/// The provider remembers its writes for two minutes, so the first part of a long run takes longer than that.
const WARM_UP: Duration = Duration::from_secs(150);

/// The number of accounts, which are used in parallel.
const LANES: usize = 8;

/// The allowed growth of memory after the first steps, in KiB.
const GROWTH_KIB: i64 = 2 << 10;

/// The resources that a process uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Usage {
    resident_kib: i64,
    threads: i64,
    descriptors: usize,
}

fn usage(pid: u32) -> Usage {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let number = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.split_whitespace().next().unwrap().parse().unwrap()
    };
    Usage {
        resident_kib: number("VmRSS:"),
        threads: number("Threads:"),
        descriptors: fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count(),
    }
}

/// Updates the Ducklings of an account, then creates and deletes a token. Returns the new Ducklings and adds
/// the number of steps.
async fn round(
    session: &Session,
    username: &str,
    ducklings: StoredObject,
    steps: &mut usize,
) -> StoredObject {
    let size = match ducklings["read_write"]["instance_size"].as_str() {
        Some("jumbo") => "mega",
        _ => "jumbo",
    };
    let config = both(username, size);
    let plan = session.plan(DUCKLINGS, &config, Some(&ducklings)).await;
    assert_eq!(plan.action, Action::Update);
    let ducklings = session.apply(&plan).await.object();
    let ducklings = session.refresh(DUCKLINGS, &ducklings).await;
    // An apply plans once more.
    *steps += 4;

    let token = session
        .create(
            TOKEN,
            &json!({ "username": username, "name_prefix": "soak-", "ttl": 3600 }),
        )
        .await;
    let token = session.refresh(TOKEN, &token).await;
    session.destroy(TOKEN, &token).await;
    *steps += 6;
    ducklings
}

fn both(username: &str, size: &str) -> serde_json::Value {
    json!({
        "username": username,
        "read_write": { "instance_size": size },
        "read_scaling": { "instance_size": "pulse", "flock_size": 2 },
    })
}

/// Repeats rounds on one account until the number of steps and the time are reached.
async fn lane(
    session: &Session,
    username: &str,
    ducklings: StoredObject,
    steps: usize,
    until: Instant,
) -> (StoredObject, usize) {
    let (mut ducklings, mut done) = (ducklings, 0);
    while done < steps || Instant::now() < until {
        ducklings = round(session, username, ducklings, &mut done).await;
    }
    (ducklings, done)
}

/// Runs rounds on all accounts in parallel.
async fn lanes(
    session: &Session,
    all: Vec<StoredObject>,
    steps: usize,
    until: Instant,
) -> (Vec<StoredObject>, usize) {
    let rounds = all.into_iter().enumerate().map(|(number, ducklings)| async move {
        lane(
            session,
            &format!("lane_{number}"),
            ducklings,
            steps / LANES,
            until,
        )
        .await
    });
    let (all, done): (Vec<StoredObject>, Vec<usize>) =
        futures_util::future::join_all(rounds).await.into_iter().unzip();
    (all, done.into_iter().sum())
}

async fn accounts(api: &CheckedEmulator, session: &Session) -> Vec<StoredObject> {
    let users: Vec<_> = (0..LANES)
        .map(|number| json!({ "username": format!("lane_{number}"), "is_service_account": true }))
        .collect();
    seed_users(api, &json!(users));
    let mut all = Vec::new();
    for number in 0..LANES {
        let config = both(&format!("lane_{number}"), "standard");
        all.push(session.create(DUCKLINGS, &config).await);
    }
    all
}

/// The numbers of live tasks that the provider has logged, one for each connection that it accepted.
struct LiveTasks(mpsc::UnboundedReceiver<u64>);

impl LiveTasks {
    fn read_from(log: ChildStderr) -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            let mut lines = BufReader::new(log).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                let line: serde_json::Value = serde_json::from_str(&line).expect("a line of JSON");
                if let Some(count) = line["live_tasks"].as_u64() {
                    sender.send(count).ok();
                }
            }
        });
        LiveTasks(receiver)
    }

    /// Opens a connection, closes it, and returns the number that the provider logged for it.
    async fn now(&mut self, process: &DebugProcess) -> u64 {
        while self.0.try_recv().is_ok() {}
        drop(
            UnixStream::connect(&process.peer.address)
                .await
                .expect("a connection"),
        );
        in_time("the log of a connection", self.0.recv())
            .await
            .expect("the provider runs")
    }
}

#[tokio::test]
async fn long_run_increases_no_memory_descriptors_threads_or_tasks() {
    let steps = env::var(STEPS_VARIABLE).map_or(SHORT, |steps| steps.parse().expect("a number of steps"));
    let is_long = steps >= LONG;
    let api = emulator().await;
    // The memory and descriptors of a `--debug` process can be read by this one.
    let (process, log) = DebugProcess::start_with_log().await;
    let mut live_tasks = LiveTasks::read_from(log);
    let session = Session::attached(process.connect().await).await;
    session.configure_for(&api.url()).await;
    let all = accounts(&api, &session).await;
    let warm = if is_long { WARM_UP } else { Duration::ZERO };
    let (all, before) = lanes(&session, all, steps / 10, Instant::now() + warm).await;
    let early = usage(process.pid());
    let early_tasks = live_tasks.now(&process).await;

    let (_, done) = lanes(&session, all, steps, Instant::now()).await;

    // Idle connections to the API are closed after some time.
    let late_tasks = in_time("the last descriptors, threads and tasks to end", async {
        loop {
            let late = usage(process.pid());
            let late_tasks = live_tasks.now(&process).await;
            if late.threads <= early.threads
                && late.descriptors <= early.descriptors
                && late_tasks <= early_tasks
            {
                break late_tasks;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
    let late = usage(process.pid());
    let growth = late.resident_kib - early.resident_kib;
    println!(
        "{done} steps after {before}: {early:?} and {early_tasks} tasks, then {late:?} and {late_tasks} tasks, \
         {growth} KiB more"
    );
    assert!(
        !is_long || growth < GROWTH_KIB,
        "{growth} KiB more: {early:?}, then {late:?}"
    );
}
