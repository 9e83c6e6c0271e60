//! Hundreds of kills at random moments. Nothing that was acknowledged is lost, and nothing is there that was not asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use motherduck_emulator::DEFAULT_ADMIN_TOKEN;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::program::{Program, call, command};

/// The moments of the kills are drawn from it; what is under way then is up to the machine.
const SEED: u64 = 20_261_122;
/// Emulators that live and die at the same time, each with files of its own.
const LANES: u64 = 4;
/// Lives of one file, from its creation on.
const LIVES: usize = 16;
const FILES: usize = 5;
/// Clients that write at the same time, each to accounts of its own.
const WRITERS: usize = 3;

/// What one writer knows: its accounts, each with its Duckling size and the names of its tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Knowledge(BTreeMap<String, (String, BTreeSet<String>)>);

/// A writer, from life to life of one file.
struct Writer {
    number: usize,
    random: StdRng,
    /// Names are never used twice.
    names: usize,
    acknowledged: Knowledge,
    /// What it would know, had the last request been answered.
    unanswered: Option<Knowledge>,
    /// The secret of a token that is there, and its owner.
    secret: Option<(String, String, String)>,
}

/// One request, and what it makes of the knowledge.
struct Step {
    method: Method,
    path: String,
    body: Value,
    after: Knowledge,
}

impl Writer {
    fn new(number: usize, seed: u64) -> Self {
        Self {
            number,
            random: StdRng::seed_from_u64(seed),
            names: 0,
            acknowledged: Knowledge::default(),
            unanswered: None,
            secret: None,
        }
    }

    fn new_name(&mut self, kind: &str) -> String {
        self.names += 1;
        format!("{kind}_{}_{}", self.number, self.names)
    }

    /// Any of its accounts.
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
                .insert(username.clone(), ("pulse".to_owned(), BTreeSet::new()));
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

    /// Writes until nobody answers.
    async fn write(mut self, client: Client, url: String) -> Self {
        loop {
            let step = self.next_step();
            let is_token = step.path.ends_with("/tokens");
            self.unanswered = Some(step.after.clone());
            let answer = call(
                &client,
                &url,
                DEFAULT_ADMIN_TOKEN,
                step.method,
                &step.path,
                &step.body,
            )
            .await;
            let Ok((status, body)) = answer else {
                return self;
            };
            assert_eq!(status, 200, "{}: {body}", step.path);
            self.acknowledged = step.after;
            self.unanswered = None;
            if is_token {
                let owner = step.path.split('/').nth(3).unwrap().to_owned();
                let [name, secret] =
                    [&body["name"], &body["token"]].map(|text| text.as_str().unwrap().to_owned());
                self.secret = Some((owner, name, secret));
            }
        }
    }

    /// Holds what is there against what it knows. The one request that was not answered may have been done or not.
    async fn check(&mut self, program: &Program, state: &Value) {
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
        let found = Knowledge(mine.collect());
        assert!(
            found == self.acknowledged || Some(&found) == self.unanswered.as_ref(),
            "seed {SEED}: there is {found:#?}\nacknowledged was {:#?}\nand under way {:#?}",
            self.acknowledged,
            self.unanswered,
        );
        self.acknowledged = found;
        self.unanswered = None;
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
    }
}

/// One file, from its creation through all its lives. Gives how many kills there were, and how many acknowledged requests.
async fn lives_of(path: &Path, seed: u64) -> (usize, usize) {
    let mut random = StdRng::seed_from_u64(seed);
    let mut writers: Vec<Writer> = (0..WRITERS)
        .map(|number| Writer::new(number, seed + 1 + number as u64))
        .collect();
    let (mut kills, mut clock) = (0, 0);
    for _ in 0..LIVES {
        // On its way up, where it makes or repairs the file.
        let mut young = command(path).stdout(Stdio::null()).spawn().unwrap();
        tokio::time::sleep(Duration::from_micros(random.random_range(0..20_000))).await;
        young.kill().unwrap();
        young.wait().unwrap();
        kills += 1;

        let program = Program::start(path);
        let state = program.state().await;
        for writer in &mut writers {
            writer.check(&program, &state).await;
        }
        assert_eq!(state["clock"]["offset_seconds"], clock, "seed {SEED}");
        let body = json!({ "advance_seconds": 1 });
        assert_eq!(program.call(Method::POST, "/_emulator/clock", &body).await.0, 200);
        clock += 1;

        let mut writing = JoinSet::new();
        for writer in writers {
            writing.spawn(writer.write(program.client().clone(), program.url().to_owned()));
        }
        tokio::time::sleep(Duration::from_micros(random.random_range(0..40_000))).await;
        program.kill();
        kills += 1;
        writers = writing.join_all().await;
        writers.sort_by_key(|writer| writer.number);
    }
    let program = Program::start(path);
    let state = program.state().await;
    for writer in &mut writers {
        writer.check(&program, &state).await;
    }
    (kills, writers.iter().map(|writer| writer.names).sum())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_kill_loses_what_was_acknowledged() {
    let folder = TempDir::new().unwrap();
    let mut lanes = JoinSet::new();
    for lane in 0..LANES {
        let folder = folder.path().to_owned();
        lanes.spawn(async move {
            let (mut kills, mut things) = (0, 0);
            for file in 0..FILES {
                let path = folder.join(format!("state-{lane}-{file}"));
                let counts = lives_of(&path, SEED + lane * 1000 + file as u64 * 100).await;
                kills += counts.0;
                things += counts.1;
            }
            (kills, things)
        });
    }
    let counts = lanes.join_all().await;
    let kills: usize = counts.iter().map(|(kills, _)| kills).sum();
    let things: usize = counts.iter().map(|(_, things)| things).sum();
    println!("seed {SEED}: {kills} kills, {things} accounts and tokens made");
    assert!(kills >= 200 && things > kills, "{kills} kills, {things} things");
}
