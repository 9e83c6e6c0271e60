//! Creations against services that lose responses, carry out requests late and have delayed reads, while
//! other programs create tokens.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::{Logged, create, empty_success, failed, finish, request, text_of};
use crate::api::fake::{FakeResponse, client_of, status};
use crate::api::{NewToken, RequestWindow};
use crate::motherduck::ProviderData;
use crate::motherduck::create_token::{Purpose, TokenRequest};
use crate::motherduck::settle::LATE_TOKEN_CREATION;
use crate::motherduck::token_name::{Name, Prefix};
use crate::stop::Stop;

/// A deterministic pseudorandom sequence for a seed.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }

    fn millis(&mut self, end: u64) -> Duration {
        Duration::from_millis(self.below(end))
    }
}

/// A token of the service.
struct Stored {
    id: String,
    name: String,
    description: Option<String>,
    created: Instant,
    /// From when on reads and deletions see it.
    visible: Instant,
    /// When it was revoked, and from when on reads see that.
    revoked: Option<Instant>,
    is_foreign: bool,
}

struct Service {
    chance: Random,
    began: Instant,
    tokens: Vec<Stored>,
    /// The percentage of creations that lose their response, and of looks that fail.
    lossy: u64,
    failing: u64,
    /// The delay of reads in milliseconds.
    behind: u64,
    names_are_unique: bool,
    /// Whether the last listing did not say that the account is missing.
    is_found: bool,
    /// The requests whose responses were lost: their names, and when they arrived and ended.
    lost: Vec<(String, Instant, Instant)>,
}

/// How a request to create a token ends.
enum Outcome {
    Accepted,
    /// It is carried out after this time, if at all, and the response is lost.
    Lost(Option<Duration>, Option<FakeResponse>),
    Refused(FakeResponse),
}

impl Service {
    /// Returns the service's time.
    fn time(&self, at: Instant) -> Timestamp {
        let base: Timestamp = "2026-11-27T09:00:00.4Z".parse().unwrap();
        base + SignedDuration::try_from(at - self.began).unwrap()
    }

    fn dated(&self, response: FakeResponse) -> FakeResponse {
        let date = SystemTime::from(self.time(Instant::now()));
        response.header("date", &httpdate::fmt_http_date(date))
    }

    fn json(&self, token: &Stored) -> Value {
        json!({
            "id": token.id, "name": token.name, "description": token.description,
            "created_ts": self.time(token.created).to_string(), "read_only": false, "token_type": "read_write",
        })
    }

    fn outcome(&mut self) -> Outcome {
        if self.chance.percent(self.lossy) {
            let late = match self.chance.below(4) {
                0 => None,
                1 => Some(self.chance.millis(4_500)),
                _ => Some(Duration::ZERO),
            };
            return match self.chance.below(5) {
                0 => Outcome::Lost(late, None),
                1 => Outcome::Lost(late, Some(failed(502))),
                2 => Outcome::Lost(late, Some(failed(504))),
                // If the API itself responds, nothing is carried out afterwards.
                3 => Outcome::Lost(late.map(|_| Duration::ZERO), Some(failed(500))),
                _ => Outcome::Lost(
                    late.map(|_| Duration::ZERO),
                    Some(status(200).text("<html></html>")),
                ),
            };
        }
        match self.chance.below(30) {
            0 => Outcome::Refused(failed(403)),
            1 => Outcome::Refused(failed(429)),
            _ => Outcome::Accepted,
        }
    }

    /// Stores a token unless its name is taken. Returns the response.
    fn store(&mut self, body: &Value, is_foreign: bool) -> FakeResponse {
        let name = body["name"].as_str().unwrap().to_owned();
        let is_taken = |token: &Stored| token.revoked.is_none() && token.name == name;
        if self.names_are_unique && self.tokens.iter().any(is_taken) {
            return failed(409);
        }
        let now = Instant::now();
        let behind = self.chance.millis(self.behind + 1);
        let token = Stored {
            id: format!("token-{}", self.tokens.len()),
            name,
            description: body["description"].as_str().map(str::to_owned),
            created: now,
            visible: now + behind,
            revoked: None,
            is_foreign,
        };
        let mut response = self.json(&token);
        response["token"] = json!("eyJ.s3cret.x");
        self.tokens.push(token);
        status(200).json(&response)
    }

    fn list(&mut self) -> FakeResponse {
        let was_found = std::mem::replace(&mut self.is_found, true);
        if self.chance.percent(self.failing) {
            let code = [403, 500, 502, 404][usize::try_from(self.chance.below(4)).unwrap()];
            self.is_found = code != 404;
            // Two such responses in a row would mean that the account does not exist.
            return failed(if was_found { code } else { 403 });
        }
        let now = Instant::now();
        let behind = self.chance.millis(self.behind + 1);
        let tokens: Vec<Value> = self
            .tokens
            .iter()
            .filter(|token| token.visible <= now && token.revoked.is_none_or(|at| at + behind > now))
            .map(|token| self.json(token))
            .collect();
        status(200).json(&json!({ "tokens": tokens }))
    }

    fn revoke(&mut self, id: &str) -> FakeResponse {
        if self.chance.percent(self.failing) {
            return failed(if self.chance.percent(50) { 403 } else { 500 });
        }
        let now = Instant::now();
        let token = self.tokens.iter_mut().find(|token| token.id == id).unwrap();
        if token.visible > now || token.revoked.is_some() {
            return failed(404);
        }
        token.revoked = Some(now);
        let (is_foreign, created, name) = (token.is_foreign, token.created, token.name.clone());
        if is_foreign {
            let is_alike = token.description.is_none();
            let within = |(sent, received, ended): &(String, Instant, Instant)| {
                let slack = Duration::from_millis(3_500);
                *sent == name
                    && created + slack >= *received
                    && created <= *ended + LATE_TOKEN_CREATION + slack
            };
            assert!(
                is_alike && self.lost.iter().any(within),
                "a token of another program was revoked"
            );
        }
        empty_success()
    }
}

type Shared = Arc<Mutex<Service>>;

async fn respond(service: Shared, line: String, body: Option<Value>) -> Option<FakeResponse> {
    let on_the_way = service.lock().unwrap().chance.millis(300);
    sleep(on_the_way).await;
    let (method, path) = line.split_once(' ').unwrap();
    let response = match method {
        "GET" => service.lock().unwrap().list(),
        "DELETE" => service.lock().unwrap().revoke(path.rsplit('/').next().unwrap()),
        _ => {
            let body = body.unwrap();
            let received = Instant::now();
            let outcome = service.lock().unwrap().outcome();
            match outcome {
                Outcome::Accepted => service.lock().unwrap().store(&body, false),
                Outcome::Refused(response) => response,
                Outcome::Lost(carried_out, response) => {
                    if let Some(late) = carried_out {
                        let service = Arc::clone(&service);
                        let body = body.clone();
                        let carry_out = async move {
                            sleep(late).await;
                            service.lock().unwrap().store(&body, false);
                        };
                        if late.is_zero() {
                            carry_out.await;
                        } else {
                            tokio::spawn(carry_out);
                        }
                    }
                    let name = body["name"].as_str().unwrap().to_owned();
                    service
                        .lock()
                        .unwrap()
                        .lost
                        .push((name, received, Instant::now()));
                    response?
                }
            }
        }
    };
    let on_the_way = service.lock().unwrap().chance.millis(300);
    sleep(on_the_way).await;
    let response = service.lock().unwrap().dated(response);
    Some(response)
}

/// Creates and revokes tokens with the fixed name and others. Unless `are_alike`, they have a description
/// that the provider does not send.
async fn write_other_tokens(service: Shared, mut chance: Random, are_alike: bool) {
    for number in 0..chance.below(12) {
        sleep(chance.millis(4_000)).await;
        let mut service = service.lock().unwrap();
        let name = match chance.below(3) {
            0 => "Loader".to_owned(),
            1 => "loader".to_owned(),
            _ => format!("etl-{number}"),
        };
        let description = (!are_alike).then_some("foreign");
        service.store(&json!({ "name": name, "description": description }), true);
        if chance.percent(50) {
            let now = Instant::now();
            let mut foreign = service
                .tokens
                .iter_mut()
                .filter(|token| token.is_foreign && token.revoked.is_none());
            if let Some(token) = foreign.next() {
                token.revoked = Some(now);
            }
        }
    }
}

/// The conditions of a run besides lost responses.
#[derive(Clone, Copy, PartialEq)]
enum Conditions {
    Normal,
    /// Reads are delayed and fail, and the run is stopped.
    UnreliableReads,
    /// Other programs create tokens with equal attributes.
    EqualTokens,
}

/// Runs some creations in parallel, then ends the process.
async fn run(seed: u64, conditions: Conditions) {
    let logged = Logged::collect();
    let mut chance = Random(seed);
    let max_retries = u32::try_from(chance.below(5)).unwrap();
    let service = Arc::new(Mutex::new(Service {
        began: Instant::now(),
        tokens: Vec::new(),
        lossy: [20, 50, 80][usize::try_from(chance.below(3)).unwrap()],
        failing: if conditions == Conditions::UnreliableReads {
            10 + chance.below(60)
        } else {
            0
        },
        behind: if conditions == Conditions::UnreliableReads {
            chance.below(4_000)
        } else {
            0
        },
        names_are_unique: chance.percent(70),
        is_found: true,
        lost: Vec::new(),
        chance: Random(chance.next()),
    }));
    let simulated = Arc::clone(&service);
    let client = client_of(
        move |line, body| respond(Arc::clone(&simulated), line, body),
        |settings| settings.max_retries = max_retries,
    );
    let stop = Stop::default();
    if conditions == Conditions::UnreliableReads && chance.percent(30) {
        let (stop, after) = (stop.clone(), chance.millis(8_000));
        tokio::spawn(async move {
            sleep(after).await;
            stop.fire();
        });
    }
    let others = tokio::spawn(write_other_tokens(
        Arc::clone(&service),
        Random(chance.next()),
        conditions == Conditions::EqualTokens,
    ));
    let provider_data = ProviderData::default();
    let creations = (0..=chance.below(3)).map(|number| {
        let name = match (chance.below(2), number) {
            (0, _) => Name::Generated(Prefix::Configured("etl-".into())),
            (_, 0) => Name::Fixed("loader".into()),
            _ => Name::Fixed(format!("loader-{}", number % 2)),
        };
        let wait = chance.millis(3_000);
        let client = client.bound_to(RequestWindow::until(stop.clone()));
        let provider_data = provider_data.clone();
        async move {
            sleep(wait).await;
            let request = TokenRequest {
                properties: NewToken::default(),
                purpose: Purpose::Managed,
                ..request(name)
            };
            create(&provider_data, &client, request).await
        }
    });
    let results = futures_util::future::join_all(creations.collect::<Vec<_>>()).await;
    finish(&provider_data, &client).await;
    others.await.unwrap();
    sleep(Duration::from_secs(10)).await;

    let (mut delivered, mut reported) = (HashSet::new(), logged.at(&["ERROR", "WARN"]).concat());
    for result in results {
        match result {
            Ok(created) => assert!(delivered.insert(created.token.id), "seed {seed}"),
            failed @ Err(_) => reported += &text_of(failed),
        }
    }
    let service = service.lock().unwrap();
    for token in service.tokens.iter().filter(|token| !token.is_foreign) {
        let is_live = token.revoked.is_none();
        if delivered.contains(&token.id) {
            assert!(is_live, "seed {seed}: a delivered token was revoked");
        } else if is_live {
            let words = [
                format!("Token {} ", token.id),
                format!("id=\"{}\"", token.id),
                format!("{:?}, requested at", token.name),
                format!("name={:?}", token.name),
            ];
            let is_reported =
                conditions != Conditions::Normal && words.iter().any(|words| reported.contains(words));
            assert!(
                is_reported,
                "seed {seed}: {} {:?} is live: {reported}",
                token.id, token.name
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn every_live_token_is_returned_or_reported_and_no_foreign_one_revoked() {
    for seed in 0..150 {
        for conditions in [
            Conditions::Normal,
            Conditions::UnreliableReads,
            Conditions::EqualTokens,
        ] {
            run(seed, conditions).await;
        }
    }
}
