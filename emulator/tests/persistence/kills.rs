//! Hundreds of kills at random moments, half of them while clients write. No change with a response is lost,
//! and every object was requested.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use motherduck_emulator::DEFAULT_ADMIN_TOKEN;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::program::{Program, call, command};

/// The random seed for the moments of the kills, which are numbers of responses. Which requests are in flight
/// then depends on the machine.
const SEED: u64 = 20_261_122;
/// The number of emulators that run in parallel, each with its own files.
const LANES: u64 = 4;
/// The number of starts with one file.
const STARTS: u64 = 16;
const FILES: u64 = 5;
/// Each run ends with a kill after some responses.
const _: () = assert!(LANES * FILES * STARTS >= 200);
/// The number of clients that write in parallel, each to its own accounts.
const WRITERS: usize = 3;
/// A kill follows this many responses to all writers, plus some microseconds.
const RESPONSES: std::ops::RangeInclusive<usize> = 1..=12;
const DELAY_MICROSECONDS: std::ops::Range<u64> = 0..3_000;
/// The deadline of a response. It is far longer than any response takes.
const PATIENCE: Duration = Duration::from_secs(120);

/// Counts for one file or for all.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    /// Kills of a program that was starting.
    starting: usize,
    /// Kills of a program that was writing.
    writing: usize,
    /// The kills among them that left a request without a response.
    under_way: usize,
    acknowledged: usize,
    /// Requests without a response that were carried out, as the next run shows.
    lost_but_applied: usize,
}

impl Tally {
    fn and(self, other: Self) -> Self {
        Self {
            starting: self.starting + other.starting,
            writing: self.writing + other.writing,
            under_way: self.under_way + other.under_way,
            acknowledged: self.acknowledged + other.acknowledged,
            lost_but_applied: self.lost_but_applied + other.lost_but_applied,
        }
    }
}

/// The state that the writers of a run share with the task that kills it.
#[derive(Clone)]
struct Run {
    /// Receives a message for each response.
    responses: UnboundedSender<()>,
    /// Set directly before the kill.
    is_over: Arc<AtomicBool>,
}

/// The state that a writer expects: its accounts, each with its Duckling size and the names of its tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Expected(BTreeMap<String, (String, BTreeSet<String>)>);

/// A writer in all runs with one file.
struct Writer {
    number: usize,
    random: StdRng,
    /// A counter, so that no name is used twice.
    names: usize,
    acknowledged: Expected,
    /// The expected state if the last request was carried out.
    in_flight: Option<Expected>,
    /// Whether that request was sent before the kill.
    was_under_way: bool,
    /// The owner, the name and the secret of an existing token.
    secret: Option<(String, String, String)>,
}

/// A request, and the state that is expected after it.
struct Step {
    method: Method,
    path: String,
    body: Value,
    after: Expected,
}

impl Writer {
    fn new(number: usize, seed: u64) -> Self {
        Self {
            number,
            random: StdRng::seed_from_u64(seed),
            names: 0,
            acknowledged: Expected::default(),
            in_flight: None,
            was_under_way: false,
            secret: None,
        }
    }

    fn new_name(&mut self, kind: &str) -> String {
        self.names += 1;
        format!("{kind}_{}_{}", self.number, self.names)
    }

    /// Returns one of the writer's accounts.
    fn account(&mut self) -> Option<String> {
        let accounts = &self.acknowledged.0;
        if accounts.is_empty() {
            return None;
        }
        let position = self.random.random_range(0..accounts.len());
        accounts.keys().nth(position).cloned()
    }

    fn next_step(&mut self) -> Step {
        let mut after = self.acknowledged.clone();
        let choice = self.random.random_range(0..10);
        let Some(account) = self.account().filter(|_| choice > 0) else {
            let username = self.new_name("svc");
            after
                .0
                .insert(username.clone(), ("standard".to_owned(), BTreeSet::new()));
            let body = json!({ "username": username });
            return Step {
                method: Method::POST,
                path: "/v1/users".to_owned(),
                body,
                after,
            };
        };
        let known = after.0.get_mut(&account).unwrap();
        if choice == 1 && known.1.len() > 3 {
            after.0.remove(&account);
            return Step {
                method: Method::DELETE,
                path: format!("/v1/users/{account}"),
                body: Value::Null,
                after,
            };
        }
        if choice <= 4 {
            let size = ["standard", "jumbo", "mega", "giga"][self.random.random_range(0..4)];
            size.clone_into(&mut known.0);
            let body = json!({ "config": {
                "read_write": { "instance_size": size },
                "read_scaling": { "instance_size": "pulse", "flock_size": 1 },
            } });
            return Step {
                method: Method::PUT,
                path: format!("/v1/users/{account}/instances"),
                body,
                after,
            };
        }
        let name = self.new_name("token");
        known.1.insert(name.clone());
        Step {
            method: Method::POST,
            path: format!("/v1/users/{account}/tokens"),
            body: json!({ "name": name }),
            after,
        }
    }

    /// Writes until the emulator no longer responds.
    async fn write(mut self, client: Client, url: String, run: Run) -> Self {
        loop {
            let step = self.next_step();
            let is_token = step.path.ends_with("/tokens");
            self.in_flight = Some(step.after.clone());
            self.was_under_way = !run.is_over.load(Ordering::SeqCst);
            let response = call(
                &client,
                &url,
                DEFAULT_ADMIN_TOKEN,
                step.method,
                &step.path,
                &step.body,
            )
            .await;
            let Ok((status, body)) = response else {
                return self;
            };
            assert_eq!(status, 200, "{}: {body}", step.path);
            self.acknowledged = step.after;
            self.in_flight = None;
            // The receiver may already be dropped, because the kill is decided.
            let _ = run.responses.send(());
            if is_token {
                let owner = step.path.split('/').nth(3).unwrap().to_owned();
                let [name, secret] =
                    [&body["name"], &body["token"]].map(|text| text.as_str().unwrap().to_owned());
                self.secret = Some((owner, name, secret));
            }
        }
    }

    /// Compares the state with the expected one. The request without a response may have been carried out or
    /// not; returns whether it was.
    async fn check(&mut self, program: &Program, state: &Value) -> bool {
        let prefix = format!("svc_{}_", self.number);
        let mine = state["accounts"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|account| {
                let username = account["username"].as_str().unwrap();
                let size = account["ducklings"]["read_write"]["instance_size"]
                    .as_str()
                    .unwrap();
                let tokens = account["tokens"].as_array().unwrap().iter();
                let tokens = tokens
                    .map(|token| token["name"].as_str().unwrap().to_owned())
                    .collect();
                username
                    .starts_with(&prefix)
                    .then(|| (username.to_owned(), (size.to_owned(), tokens)))
            });
        let found = Expected(mine.collect());
        assert!(
            found == self.acknowledged || Some(&found) == self.in_flight.as_ref(),
            "seed {SEED}: there is {found:#?}\nacknowledged was {:#?}\nand under way {:#?}",
            self.acknowledged,
            self.in_flight,
        );
        // A PUT of the present size makes no difference.
        let is_done = found != self.acknowledged;
        self.acknowledged = found;
        self.in_flight = None;
        if let Some((owner, name, secret)) = &self.secret {
            let there = self
                .acknowledged
                .0
                .get(owner)
                .is_some_and(|(_, tokens)| tokens.contains(name));
            let path = format!("/v1/users/{owner}/tokens");
            let (status, _) = program.call_as(secret, Method::GET, &path, &Value::Null).await;
            assert_eq!(
                status,
                if there { 200 } else { 401 },
                "the token {name} of {owner}"
            );
        }
        is_done
    }
}

/// Creates a file and starts an emulator with it many times.
async fn run_file(path: &Path, seed: u64) -> Tally {
    let mut random = StdRng::seed_from_u64(seed);
    let mut writers: Vec<Writer> = (0..WRITERS)
        .map(|number| Writer::new(number, seed + 1 + number as u64))
        .collect();
    let (mut tally, mut clock) = (Tally::default(), 0);
    for _ in 0..STARTS {
        // The kill happens while the file is created or repaired.
        let mut starting = command(path).stdout(Stdio::null()).spawn().unwrap();
        tokio::time::sleep(Duration::from_micros(random.random_range(0..20_000))).await;
        starting.kill().unwrap();
        starting.wait().unwrap();
        tally.starting += 1;

        let program = Program::start(path);
        let state = program.state().await;
        for writer in &mut writers {
            tally.lost_but_applied += usize::from(writer.check(&program, &state).await);
        }
        assert_eq!(state["clock"]["offset_seconds"], clock, "seed {SEED}");
        let body = json!({ "advance_seconds": 1 });
        assert_eq!(program.call(Method::POST, "/_emulator/clock", &body).await.0, 200);
        clock += 1;

        let (responses, mut responded) = unbounded_channel();
        let run = Run {
            responses,
            is_over: Arc::default(),
        };
        let mut writing = JoinSet::new();
        for writer in writers {
            let (client, url) = (program.client().clone(), program.url().to_owned());
            writing.spawn(writer.write(client, url, run.clone()));
        }
        for _ in 0..random.random_range(RESPONSES) {
            let response = timeout(PATIENCE, responded.recv()).await;
            response.expect("the program responds").unwrap();
            tally.acknowledged += 1;
        }
        tokio::time::sleep(Duration::from_micros(random.random_range(DELAY_MICROSECONDS))).await;
        run.is_over.store(true, Ordering::SeqCst);
        program.kill();
        tally.writing += 1;
        writers = writing.join_all().await;
        writers.sort_by_key(|writer| writer.number);
        // Responses that arrived during the delay are counted too.
        tally.acknowledged += std::iter::from_fn(|| responded.try_recv().ok()).count();
        tally.under_way += usize::from(writers.iter().any(|writer| writer.was_under_way));
    }
    let program = Program::start(path);
    let state = program.state().await;
    for writer in &mut writers {
        tally.lost_but_applied += usize::from(writer.check(&program, &state).await);
    }
    tally
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_loses_no_acknowledged_write() {
    let folder = TempDir::new().unwrap();
    let mut lanes = JoinSet::new();
    for lane in 0..LANES {
        let folder = folder.path().to_owned();
        lanes.spawn(async move {
            let mut tally = Tally::default();
            for file in 0..FILES {
                let path = folder.join(format!("state-{lane}-{file}"));
                tally = tally.and(run_file(&path, SEED + lane * 1000 + file * 100).await);
            }
            tally
        });
    }
    let tallies = lanes.join_all().await;
    let tally = tallies.into_iter().fold(Tally::default(), Tally::and);
    println!("seed {SEED}: {tally:?}");
    // Some kills happened between a request and its response, and some of those between the write and the
    // response.
    assert!(tally.under_way > 0 && tally.lost_but_applied > 0, "{tally:?}");
}
