//! Random life cycles of objects. In each step an object is configured at random with some values unknown at
//! first, other programs change it before and between plan and apply, and it is planned, applied, and perhaps
//! destroyed.
//!
//! `host` checks each plan and each result against core's rules. In addition, a plan is the same when it is
//! made twice, and a plan after an undisturbed apply has no changes.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fmt, thread};

use motherduck_contract::CheckedEmulator;
use proptest::collection::vec;
use proptest::option::{of, weighted};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value as Json, json};

use crate::host::{
    ACCOUNT, ADMIN_TOKEN, Action, DUCKLINGS, Diagnostics, Plan, Session, StoredObject, TOKEN, emulator,
    unknown,
};

/// The number of organizations. Each has its own processes, and runs one life cycle after the other.
const ORGANIZATIONS: u8 = 6;

/// The number of life cycles of each resource in one organization.
const LIFE_CYCLES: u32 = 8;

/// The maximum number of steps of a life cycle.
const STEPS: usize = 6;

/// A step of a life cycle.
#[derive(Clone, Debug)]
struct Step {
    config: Json,
    /// A bit set: the attributes at these positions are unknown in the first plan.
    unknown: u16,
    /// The changes of other programs before the plan, and between plan and apply.
    before: Option<Drift>,
    between: Option<Drift>,
    /// Whether the object is destroyed at the end of the step.
    destroy: bool,
}

/// A change by another program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Drift {
    /// Removes the object if the API has a request for that.
    Remove,
    /// Deletes the account and creates another one with the same name.
    NewAccount,
    /// Sets the Ducklings to other values.
    Ducklings,
    /// Advances the API's clock.
    Time,
}

fn drifts(possible: &'static [Drift]) -> BoxedStrategy<Option<Drift>> {
    weighted(0.2, select(possible)).boxed()
}

fn steps(config: BoxedStrategy<Json>, possible: &'static [Drift]) -> BoxedStrategy<Vec<Step>> {
    let step = (
        config,
        prop_oneof![2 => Just(0), 1 => any::<u16>()],
        drifts(possible),
        drifts(possible),
        weighted(0.15, Just(())),
    );
    let step = step.prop_map(|(config, unknown, before, between, destroy)| Step {
        config,
        unknown,
        before,
        between,
        destroy: destroy.is_some(),
    });
    vec(step, 1..=STEPS).boxed()
}

/// Returns an object with those members that have a value.
fn object<const N: usize>(members: [(&str, Option<Json>); N]) -> Json {
    let set = members
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Json::Object(set.collect())
}

/// One of two usernames, in one of two spellings. `Life::named` replaces `name`.
fn usernames() -> BoxedStrategy<Json> {
    prop_oneof![4 => Just("name_a"), 1 => Just("NAME_a"), 1 => Just("name_b")]
        .prop_map(Json::from)
        .boxed()
}

fn accounts() -> BoxedStrategy<Json> {
    let protection = prop_oneof![1 => Just(None), 1 => Just(Some(true)), 3 => Just(Some(false))];
    (usernames(), protection)
        .prop_map(|(username, protection)| {
            object([
                ("username", Some(username)),
                ("deletion_protection", protection.map(Json::from)),
            ])
        })
        .boxed()
}

fn tokens() -> BoxedStrategy<Json> {
    let one_of = |values: &'static [&'static str]| of(select(values));
    let names = prop_oneof![
        select(&["nightly", "loader"][..]).prop_map(|name| (Some(name), None)),
        select(&["run-", "nig", "x"][..]).prop_map(|prefix| (None, Some(prefix))),
    ];
    (
        usernames(),
        names,
        one_of(&["for loading", "for reading", "\u{e9}", "e\u{301}"]),
        one_of(&["read_write", "read_scaling"]),
        of((select(&[600, 3600][..]), of(select(&[100, 500][..])))),
        of(any::<bool>()),
        of(select(&["1", "2"][..])),
    )
        .prop_map(
            |(username, (name, prefix), description, token_type, ttl, revoke, keeper)| {
                let (ttl, early) = ttl.map_or((None, None), |(ttl, early)| (Some(ttl), early));
                // `revoke_on_destroy = false` requires `ttl` and `name_prefix`.
                let may_stay = ttl.is_some() && prefix.is_some();
                object([
                    ("username", Some(username)),
                    ("name", name.map(Json::from)),
                    ("name_prefix", prefix.map(Json::from)),
                    ("description", description.map(Json::from)),
                    ("token_type", token_type.map(Json::from)),
                    ("ttl", ttl.map(Json::from)),
                    ("early_rotation_seconds", early.map(Json::from)),
                    (
                        "revoke_on_destroy",
                        revoke.filter(|revoke| *revoke || may_stay).map(Json::from),
                    ),
                    ("keepers", keeper.map(|keeper| json!({ "generation": keeper }))),
                ])
            },
        )
        .boxed()
}

fn sizes() -> BoxedStrategy<(Json, Option<Json>)> {
    let size = select(&["pulse", "standard", "jumbo", "mega"][..]);
    (size, of(select(&[60, 90, 86_400][..])))
        .prop_map(|(size, cooldown)| {
            let cooldown = cooldown.filter(|_| size != "pulse");
            (Json::from(size), cooldown.map(Json::from))
        })
        .boxed()
}

fn ducklings() -> BoxedStrategy<Json> {
    let writing = sizes()
        .prop_map(|(size, cooldown)| object([("instance_size", Some(size)), ("cooldown_seconds", cooldown)]));
    let reading = (sizes(), 0..=64).prop_map(|((size, cooldown), flock)| {
        object([
            ("instance_size", Some(size)),
            ("flock_size", Some(Json::from(flock))),
            ("cooldown_seconds", cooldown),
        ])
    });
    let blocks = prop_oneof![
        // An unmanaged block is read again one second after the write, so these cases are rare.
        1 => writing.clone().prop_map(|block| (Some(block), None)),
        1 => reading.clone().prop_map(|block| (None, Some(block))),
        6 => (writing, reading).prop_map(|(writing, reading)| (Some(writing), Some(reading))),
    ];
    (usernames(), blocks, of(any::<bool>()))
        .prop_map(|(username, (writing, reading), restore)| {
            object([
                ("username", Some(username)),
                ("read_write", writing),
                ("read_scaling", reading),
                ("restore_on_destroy", restore.map(Json::from)),
            ])
        })
        .boxed()
}

/// An organization, a process that applies, and a process that refreshes and plans. The second one has
/// created nothing, like a later run.
struct Organization {
    api: CheckedEmulator,
    applying: Session,
    refreshing: Session,
    http: reqwest::Client,
    /// The number of life cycles so far.
    life_cycles: AtomicUsize,
    /// The number of plans, applies and refreshes so far.
    steps: AtomicUsize,
}

impl Organization {
    async fn new() -> Self {
        let api = emulator().await;
        let url = api.url();
        Organization {
            applying: Session::on(&url).await,
            refreshing: Session::on(&url).await,
            http: reqwest::Client::builder().no_proxy().build().expect("a client"),
            life_cycles: AtomicUsize::new(0),
            steps: AtomicUsize::new(0),
            api,
        }
    }

    /// Sends a request of another program to the API and ignores an error response.
    async fn outside(&self, method: &str, path: &str, body: &Json) {
        let method = method.parse().expect("a method");
        let request = self.http.request(method, format!("{}{path}", self.api.url()));
        let sent = request.bearer_auth(ADMIN_TOKEN).json(body).send().await;
        sent.expect("a response");
    }

    async fn drift(&self, drift: Drift, cycle: &LifeCycle, stored: Option<&StoredObject>) {
        if cycle.type_name == ACCOUNT && stored.is_none() {
            // An account of that name would be another object.
            return;
        }
        let username = stored.map_or(&*cycle.main, |stored| {
            stored["username"].as_str().expect("a username")
        });
        let path = format!("/v1/users/{username}");
        match (drift, cycle.type_name) {
            (Drift::Time, _) => {
                self.api.advance_clock(450).expect("the clock can be moved");
            }
            (Drift::Remove, TOKEN) => {
                if let Some(id) = stored.and_then(|stored| stored["id"].as_str()) {
                    self.outside("DELETE", &format!("{path}/tokens/{id}"), &Json::Null)
                        .await;
                }
            }
            (Drift::Remove, _) => self.outside("DELETE", &path, &Json::Null).await,
            (Drift::NewAccount, _) => {
                self.outside("DELETE", &path, &Json::Null).await;
                self.outside("POST", "/v1/users", &json!({ "username": username }))
                    .await;
            }
            (Drift::Ducklings, _) => {
                let config = json!({ "config": {
                    "read_write": { "instance_size": "giga", "cooldown_seconds": 77 },
                    "read_scaling": { "instance_size": "pulse", "flock_size": 9 },
                } });
                self.outside("PUT", &format!("{path}/instances"), &config).await;
            }
        }
    }

    fn step(&self) {
        self.steps.fetch_add(1, Ordering::Relaxed);
    }

    /// Runs a life cycle from its first create to its last destroy.
    async fn run(&self, type_name: &'static str, steps: &[Step]) {
        let number = self.life_cycles.fetch_add(1, Ordering::Relaxed);
        let cycle = LifeCycle {
            type_name,
            main: format!("life_{number}_a"),
            other: format!("life_{number}_b"),
        };
        if type_name != ACCOUNT {
            for username in [&cycle.main, &cycle.other] {
                self.outside("POST", "/v1/users", &json!({ "username": username }))
                    .await;
            }
        }
        let mut stored: Option<StoredObject> = None;
        for step in steps {
            stored = self.run_step(&cycle, step, stored).await;
        }
        if let Some(last) = stored {
            self.destroy(&cycle, &last).await;
        }
        for username in [&cycle.main, &cycle.other] {
            self.outside("DELETE", &format!("/v1/users/{username}"), &Json::Null)
                .await;
        }
    }

    async fn run_step(
        &self,
        cycle: &LifeCycle,
        step: &Step,
        stored: Option<StoredObject>,
    ) -> Option<StoredObject> {
        if let Some(drift) = step.before {
            self.drift(drift, cycle, stored.as_ref()).await;
        }
        let config = cycle.named(&step.config);
        let prior = self.refresh(cycle, stored).await;
        let partly_known = hidden(&config, step.unknown);
        let Some(plan) = self.plan(cycle, &partly_known, prior.as_ref()).await else {
            // The account is protected, and the plan would replace it.
            return prior;
        };
        if plan.action == Action::NoOp {
            return prior;
        }
        if let Some(drift) = step.between {
            self.drift(drift, cycle, prior.as_ref()).await;
        }
        self.step();
        let stored = match self.applying.try_apply_with_known(&plan, &config).await {
            Ok(applied) => applied.stored,
            Err(failed) => {
                assert!(
                    step.between.is_some(),
                    "the apply was not disturbed: {:#?}",
                    failed.diagnostics
                );
                self.provide_accounts(cycle).await;
                failed.stored
            }
        };
        let stored = self.settle(cycle, &config, stored, step.between).await;
        match stored {
            Some(stored) if step.destroy => self.destroy(cycle, &stored).await,
            stored => stored,
        }
    }

    /// Expects that the plan after an apply has no changes. After a disturbed apply a second apply may be
    /// necessary.
    async fn settle(
        &self,
        cycle: &LifeCycle,
        config: &Json,
        stored: Option<StoredObject>,
        disturbed: Option<Drift>,
    ) -> Option<StoredObject> {
        let stored = self.refresh(cycle, stored).await;
        let plan = self.plan(cycle, config, stored.as_ref()).await;
        let Some(plan) = plan.filter(|plan| plan.action != Action::NoOp) else {
            return stored;
        };
        assert!(disturbed.is_some(), "the plan still has changes: {plan:#?}");
        self.provide_accounts(cycle).await;
        self.step();
        let applied = self.applying.apply(&plan).await;
        let stored = self.refresh(cycle, applied.stored).await;
        let plan = self.plan(cycle, config, stored.as_ref()).await;
        let action = plan.as_ref().map(|plan| plan.action);
        assert_eq!(
            action,
            Some(Action::NoOp),
            "the plan still has changes: {plan:#?}"
        );
        stored
    }

    /// Refreshes the object.
    async fn refresh(&self, cycle: &LifeCycle, stored: Option<StoredObject>) -> Option<StoredObject> {
        self.step();
        let stored = stored?;
        // Each refresh is a run of its own, so it does not use an earlier response.
        let configured = self
            .refreshing
            .configure(&Session::settings(&self.api.url()))
            .await;
        configured.assert_empty();
        self.refreshing.read(cycle.type_name, &stored).await.stored
    }

    /// Plans twice and expects equal plans. Returns `None` if the account is protected.
    async fn plan(&self, cycle: &LifeCycle, config: &Json, prior: Option<&StoredObject>) -> Option<Plan> {
        self.step();
        let plan = || self.refreshing.try_plan(cycle.type_name, config, prior);
        let plan = match (plan().await, plan().await) {
            (Ok(first), Ok(second)) => {
                assert_eq!(
                    (first.action, &first.state, &first.replace),
                    (second.action, &second.state, &second.replace),
                    "planned twice"
                );
                Ok(first)
            }
            (first, second) => first.and(second),
        };
        match plan {
            Ok(plan) if plan.action == Action::Replace => {
                // Core requests the second plan of the replacement.
                let successor = self.refreshing.plan_create_of_replacement(&plan).await;
                self.unless_protected(cycle, prior, successor).map(|_| plan)
            }
            plan => self.unless_protected(cycle, prior, plan),
        }
    }

    /// Returns `None` if the account's protection refuses the plan. No other error is allowed.
    #[expect(clippy::unused_self, reason = "it has the form of the other steps")]
    fn unless_protected(
        &self,
        cycle: &LifeCycle,
        prior: Option<&StoredObject>,
        plan: Result<Plan, Diagnostics>,
    ) -> Option<Plan> {
        match plan {
            Ok(plan) => Some(plan),
            Err(diagnostics) => {
                let is_protected = prior.is_some_and(|prior| prior["deletion_protection"] != false);
                assert!(cycle.type_name == ACCOUNT && is_protected, "{diagnostics:#?}");
                None
            }
        }
    }

    /// Plans and applies the destroy. Returns the object if it is protected.
    async fn destroy(&self, cycle: &LifeCycle, stored: &StoredObject) -> Option<StoredObject> {
        self.step();
        let plan = self.refreshing.plan_destroy(cycle.type_name, stored).await;
        let Some(plan) = self.unless_protected(cycle, Some(stored), plan) else {
            return Some(stored.clone());
        };
        let applied = self.applying.apply(&plan).await;
        assert_eq!(applied.stored, None, "destroyed");
        None
    }

    /// Creates the accounts that tokens and Ducklings need, in case a change has removed one.
    async fn provide_accounts(&self, cycle: &LifeCycle) {
        if cycle.type_name != ACCOUNT {
            for username in [&cycle.main, &cycle.other] {
                self.outside("POST", "/v1/users", &json!({ "username": username }))
                    .await;
            }
        }
    }
}

/// The resource type and the usernames of a life cycle.
struct LifeCycle {
    type_name: &'static str,
    main: String,
    other: String,
}

impl LifeCycle {
    /// Returns the configuration with the usernames of this life cycle.
    fn named(&self, config: &Json) -> Json {
        let mut config = config.clone();
        config["username"] = match config["username"].as_str() {
            Some("name_a") => self.main.clone(),
            Some("NAME_a") => self.main.to_uppercase(),
            _ => self.other.clone(),
        }
        .into();
        config
    }
}

/// Returns the configuration with some values unknown.
fn hidden(config: &Json, unknown_at: u16) -> Json {
    let mut config = config.clone();
    let members = config.as_object_mut().expect("a configuration");
    for (position, (_, value)) in members.iter_mut().enumerate() {
        // For every second nested object one of its attributes is unknown instead of the whole object.
        let bit = |position: usize| unknown_at >> (position % 16) & 1 == 1;
        if !bit(position) {
            continue;
        }
        match value {
            Json::Object(inner) if bit(position + 7) => {
                if let Some((_, value)) = inner.iter_mut().next_back() {
                    *value = unknown();
                }
            }
            value => *value = unknown(),
        }
    }
    config
}

/// A failed life cycle, which proptest shrinks.
#[derive(Clone)]
struct FailedRun {
    type_name: &'static str,
    steps: Vec<Step>,
}

impl fmt::Debug for FailedRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:#?}", self.type_name, self.steps)
    }
}

/// Runs the life cycles of one organization.
fn run(seed: u8) -> usize {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let organization = runtime.block_on(Organization::new());
    let config = ProptestConfig {
        cases: LIFE_CYCLES,
        failure_persistence: None,
        max_shrink_iters: 60,
        ..ProptestConfig::default()
    };
    let kinds = [
        (ACCOUNT, accounts(), &[Drift::Remove, Drift::NewAccount][..]),
        (
            TOKEN,
            tokens(),
            &[Drift::Remove, Drift::NewAccount, Drift::Time][..],
        ),
        (DUCKLINGS, ducklings(), &[Drift::Ducklings, Drift::NewAccount][..]),
    ];
    for (type_name, configs, possible) in kinds {
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
        let mut runner = TestRunner::new_with_rng(config.clone(), rng);
        let life_cycles = steps(configs, possible).prop_map(move |steps| FailedRun { type_name, steps });
        let outcome = runner.run(&life_cycles, |cycle| {
            runtime.block_on(organization.run(cycle.type_name, &cycle.steps));
            Ok(())
        });
        if let Err(failed) = outcome {
            panic!("organization {seed}: {failed}");
        }
    }
    organization.steps.into_inner()
}

#[test]
fn random_life_cycles_follow_core_rules_and_end_in_empty_plans() {
    let steps: usize = thread::scope(|scope| {
        let organizations: Vec<_> = (0..ORGANIZATIONS)
            .map(|seed| scope.spawn(move || run(seed)))
            .collect();
        organizations
            .into_iter()
            .map(|organization| organization.join().expect("no organization failed"))
            .sum()
    });
    println!("{steps} plans, applies and refreshes");
    assert!(steps > 2000, "{steps} steps are not enough");
}
