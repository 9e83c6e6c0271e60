//! Cancelled creates, and processes that receive a request to end: every live token is in a state, and connected
//! callers get their responses.

use std::collections::BTreeSet;
use std::time::Duration;

use motherduck_contract::CheckedEmulator;
use motherduck_emulator::Emulator;
use motherduck_provider::proto::tfplugin6 as proto;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use serde_json::{Value as Json, json};
use tokio::process::Command;
use tokio::task::JoinSet;
use tonic::{Request, Response, Status};
use xtask::signals::reset_ignored_for_children;

use crate::host::{
    ACCOUNT, Diagnostics, Plan, Session, TOKEN, calls, eventually, set_faults, token_ids, with_loader,
};
use crate::support::plugin_client::{Launch, PROVIDER, in_time};
use crate::transport::signal;

type Applied = Result<Response<proto::apply_resource_change::Response>, Status>;

/// The number of creates in flight when a process receives the request to end.
const CREATES: usize = 6;

/// Returns a fault that creates a token at once and delays the response by 1.5 s.
fn slow_creates() -> Json {
    json!([{
        "method": "POST", "path": "/v1/users/*/tokens", "fault": { "kind": "delay", "ms": 1500 },
    }])
}

/// Returns the ids of the live tokens of `loader`.
fn live(api: &CheckedEmulator) -> BTreeSet<String> {
    token_ids(api)
}

/// Returns the number of requests of this method that the API received.
fn count(api: &CheckedEmulator, method: &str) -> usize {
    calls(api).iter().filter(|call| call.starts_with(method)).count()
}

/// Plans tokens with different names; every second one uses `name_prefix`.
async fn plans(session: &Session, number: usize) -> Vec<Plan> {
    let mut plans = Vec::new();
    for number in 0..number {
        let name = if number % 2 == 0 { "name" } else { "name_prefix" };
        let config = json!({ "username": "loader", name: format!("loader-{number}") });
        plans.push(session.plan(TOKEN, &config, None).await);
    }
    plans
}

/// Sends the create call of a plan.
fn create(session: &Session, plan: &Plan) -> impl Future<Output = Applied> + use<> {
    let (mut client, request) = (session.client(), session.apply_request(plan));
    async move { client.apply_resource_change(request).await }
}

/// Sends the create calls of several plans.
fn start_creates(session: &Session, plans: &[Plan]) -> JoinSet<Applied> {
    plans.iter().map(|plan| create(session, plan)).collect()
}

/// Returns the ids that a host would have in its state after these responses, and the errors.
fn ids_in_state(session: &Session, responses: Vec<Applied>) -> (BTreeSet<String>, Vec<Diagnostics>) {
    let (mut ids, mut failures) = (BTreeSet::new(), Vec::new());
    for response in responses {
        let response = response.expect("a response").into_inner();
        let diagnostics = Diagnostics::read(&response.diagnostics);
        if diagnostics.has_errors() {
            failures.push(diagnostics);
        }
        if response.new_state.is_some() {
            let state = session.resource(TOKEN).decode(response.new_state.as_ref());
            ids.insert(state.as_object().unwrap()["id"].as_str().unwrap().to_owned());
        }
    }
    (ids, failures)
}

/// Sends a signal to the process group, as a closed terminal does.
fn signal_group(pid: u32, signal: Signal) {
    killpg(Pid::from_raw(i32::try_from(pid).unwrap()), signal).expect("the process group exists");
}

/// Starts a provider that is the child of a shell. Both are in one process group.
async fn start_below_a_shell(api: &CheckedEmulator) -> Session {
    let mut shell = Command::new("sh");
    shell
        .arg("-c")
        .arg(format!("'{PROVIDER}' & wait"))
        .process_group(0);
    start(shell, api).await
}

/// Starts a provider with this command and configures it.
async fn start(command: Command, api: &CheckedEmulator) -> Session {
    reset_ignored_for_children().unwrap();
    let launch = Launch::of(command).env("TF_LOG", "WARN");
    let session = Session::of(launch.start().await).await;
    session.configure_for(&api.url()).await;
    session
}

// --- Cancelled calls ---

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancellation_of_200_creates_leaves_no_token_outside_the_state() {
    const CANCELLED: usize = 200;
    let api = with_loader(Emulator::builder()).await;
    let session = Session::start().await;
    session
        .configure_with(&api.url(), &json!({ "max_concurrent_requests": CANCELLED }))
        .await;
    let plans = plans(&session, CANCELLED).await;
    set_faults(&api, &slow_creates());
    let mut creates = start_creates(&session, &plans);
    // At this moment some requests are in flight and some calls have not sent a request.
    eventually("half of the tokens to be created", || {
        live(&api).len() >= CANCELLED / 2
    })
    .await;
    creates.abort_all();
    let mut responses = Vec::new();
    while let Some(call) = in_time("the end of a call", creates.join_next()).await {
        responses.extend(call.ok());
    }
    let (ids, _) = ids_in_state(&session, responses);
    assert!(session.end().await.status.success());
    assert_eq!(live(&api), ids);
    assert!(count(&api, "POST") >= CANCELLED / 2);
    assert_eq!(count(&api, "POST"), count(&api, "DELETE") + ids.len());
}

#[tokio::test]
async fn account_of_a_cancelled_create_is_not_deleted() {
    let (session, api) = Session::on_emulator().await;
    set_faults(
        &api,
        &json!([{
            "method": "POST", "path": "/v1/users", "fault": { "kind": "delay", "ms": 1500 },
        }]),
    );
    let exists = |api: &CheckedEmulator| api.state().to_string().contains("\"svc\"");
    let plan = session.plan(ACCOUNT, &json!({ "username": "svc" }), None).await;
    let call = tokio::spawn(create(&session, &plan));
    eventually("the account to be created", || exists(&api)).await;
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    session.end().await;
    assert!(exists(&api));
    assert_eq!((count(&api, "POST"), count(&api, "DELETE")), (1, 0));
}

/// Kills the host while the responses to these creates are lost, and expects that no token remains.
async fn assert_no_token_of_lost_responses_remains(configs: &[Json], lost: &Json) {
    let api = with_loader(Emulator::builder()).await;
    let session = start_below_a_shell(&api).await;
    session
        .configure_with(&api.url(), &json!({ "request_timeout_seconds": 1 }))
        .await;
    let mut plans = Vec::new();
    for config in configs {
        plans.push(session.plan(TOKEN, config, None).await);
    }
    set_faults(
        &api,
        &json!([{ "method": "POST", "path": "/v1/users/*/tokens", "fault": lost }]),
    );
    let mut creates = start_creates(&session, &plans);
    let sent = || api.faults()["rules"][0]["calls"] == plans.len();
    eventually("the requests to be sent", sent).await;
    signal(session.process().pid(), Signal::SIGKILL);
    creates.shutdown().await;
    session.abandon().await;
    assert_eq!(live(&api), BTreeSet::new());
    assert!(sent(), "none is sent again");
}

fn fixed_name() -> Json {
    json!({ "username": "loader", "name": "nightly" })
}

fn generated_name() -> Json {
    json!({ "username": "loader", "name_prefix": "nightly-" })
}

#[tokio::test]
async fn tokens_of_lost_responses_are_revoked_after_the_host_is_killed() {
    let lost = json!({ "kind": "delay", "ms": 60_000 });
    assert_no_token_of_lost_responses_remains(&[fixed_name(), generated_name(), generated_name()], &lost)
        .await;
}

#[tokio::test]
async fn tokens_created_late_are_revoked_after_the_host_is_killed() {
    let late = json!({ "kind": "late_commit", "ms": 2500 });
    assert_no_token_of_lost_responses_remains(&[generated_name(), generated_name()], &late).await;
}

#[tokio::test]
async fn token_id_is_logged_and_process_exits_if_revocation_hangs() {
    let api = with_loader(Emulator::builder()).await;
    let session = Session::start_with(&[("TF_LOG", "WARN")]).await;
    session
        .configure_with(&api.url(), &json!({ "request_timeout_seconds": 600 }))
        .await;
    let plans = plans(&session, 2).await;
    set_faults(
        &api,
        &json!([
            slow_creates()[0],
            { "method": "DELETE", "path": "/v1/**", "fault": { "kind": "delay", "ms": 600_000 } },
        ]),
    );
    let mut creates = start_creates(&session, &plans);
    eventually("the tokens to be created", || live(&api).len() == plans.len()).await;
    creates.shutdown().await;
    let left = live(&api);
    let ended = session.end().await;
    assert!(ended.status.success());
    for id in left {
        assert!(ended.stderr.contains(&id), "{}", ended.stderr);
    }
    assert!(
        ended.stderr.contains("may exist and be in no state"),
        "{}",
        ended.stderr
    );
}

#[tokio::test]
async fn token_id_is_logged_if_revocation_is_rejected() {
    let api = with_loader(Emulator::builder()).await;
    let session = start_below_a_shell(&api).await;
    let plans = plans(&session, 1).await;
    set_faults(
        &api,
        &json!([
            slow_creates()[0],
            { "method": "DELETE", "path": "/v1/**", "fault": { "kind": "status", "status": 403 } },
        ]),
    );
    let call = tokio::spawn(create(&session, &plans[0]));
    eventually("the token to be created", || !live(&api).is_empty()).await;
    call.abort();
    let ended = session.end().await;
    let [id] = live(&api).into_iter().collect::<Vec<_>>().try_into().unwrap();
    assert!(ended.stderr.contains(&id), "{}", ended.stderr);
    assert!(ended.stderr.contains("could not be undone"), "{}", ended.stderr);
    assert!(ended.stderr.contains("returned status 403"), "{}", ended.stderr);
    assert!(!ended.stderr.contains("eyJ"), "{}", ended.stderr);
}

#[tokio::test]
async fn create_with_an_expired_client_deadline_revokes_the_token() {
    let (session, api) = Session::on_loader(Emulator::builder()).await;
    let plans = plans(&session, 2).await;
    set_faults(
        &api,
        &json!([{
            "method": "POST", "path": "/v1/users/*/tokens", "count": 1, "fault": { "kind": "delay", "ms": 3000 },
        }]),
    );
    let mut request = Request::new(session.apply_request(&plans[0]));
    request.set_timeout(Duration::from_secs(1));
    let expired = session.client().apply_resource_change(request).await;
    assert!(expired.is_err(), "{expired:?}");
    eventually("the token to be revoked", || count(&api, "DELETE") == 1).await;
    assert_eq!(live(&api), BTreeSet::new());
    // Calls on the same connection that are not cancelled succeed.
    let response = in_time("a create", create(&session, &plans[1])).await;
    let (ids, failures) = ids_in_state(&session, vec![response]);
    assert!(failures.is_empty(), "{failures:#?}");
    assert_eq!(live(&api), ids);
    assert!(session.end().await.status.success());
}

// --- Processes that receive a request to end ---

/// Sends writes until the provider refuses them, and returns the error. It handles a signal some time after it was
/// sent, and from then on refuses every write, also one with an unknown type.
pub(crate) async fn refusal_of_writes(session: &Session) -> Diagnostics {
    in_time("a refusal", async {
        loop {
            let unknown_type = proto::apply_resource_change::Request {
                type_name: "motherduck_share".into(),
                ..Default::default()
            };
            let response = session.send_apply(unknown_type).await;
            let diagnostics = Diagnostics::read(&response.diagnostics);
            if !diagnostics.text().contains("motherduck_share") {
                break diagnostics;
            }
        }
    })
    .await
}

/// Sends a signal while calls are in flight, and expects that they are finished and that their callers get the responses.
async fn assert_calls_are_finished_after(end: Signal) {
    let api = &with_loader(Emulator::builder()).await;
    let mut provider = Command::new(PROVIDER);
    provider.process_group(0);
    let session = start(provider, api).await;
    let opened = session.open(TOKEN, &json!({ "username": "loader" })).await;
    let plans = plans(&session, CREATES).await;
    set_faults(api, &slow_creates());
    let creates = start_creates(&session, &plans);
    eventually("the tokens to be created", || live(api).len() == CREATES + 1).await;
    signal_group(session.process().pid(), end);
    let refused = refusal_of_writes(&session).await;
    refused.assert_error("", &["process", "asked to end", "Nothing was sent"]);
    // Other calls work, and open ephemeral resources can be closed.
    session
        .validate(TOKEN, &json!({ "username": "loader", "name": "x" }))
        .await
        .assert_empty();
    session.close(TOKEN, opened.private).await.assert_empty();
    let responses = in_time("the responses", creates.join_all()).await;
    let (ids, failures) = ids_in_state(&session, responses);
    assert!(failures.is_empty(), "{failures:#?}");
    assert_eq!(ids.len(), CREATES);
    assert_eq!(ids, live(api));
    // The host ends the process after its last call.
    assert!(session.end().await.status.success());
    assert_eq!(ids, live(api));
    // The caller has closed its ephemeral token.
    assert_eq!((count(api, "POST"), count(api, "DELETE")), (CREATES + 1, 1));
}

#[tokio::test]
async fn sigterm_finishes_calls_of_a_connected_host() {
    assert_calls_are_finished_after(Signal::SIGTERM).await;
}

#[tokio::test]
async fn sighup_finishes_calls_of_a_connected_host() {
    assert_calls_are_finished_after(Signal::SIGHUP).await;
}

/// Ends the host, which closes the connection, and expects that no token remains.
async fn assert_no_token_remains(end: impl FnOnce(u32)) {
    let api = with_loader(Emulator::builder()).await;
    let session = start_below_a_shell(&api).await;
    let plans = plans(&session, CREATES).await;
    set_faults(&api, &slow_creates());
    let mut creates = start_creates(&session, &plans);
    eventually("the tokens to be created", || live(&api).len() == CREATES).await;
    end(session.process().pid());
    creates.shutdown().await;
    session.abandon().await;
    assert_eq!(live(&api), BTreeSet::new());
    assert_eq!(count(&api, "POST"), CREATES);
}

#[tokio::test]
async fn tokens_in_creation_are_revoked_after_the_host_is_killed() {
    // Killing only the shell closes its connection and changes the parent of the provider.
    assert_no_token_remains(|pid| signal(pid, Signal::SIGKILL)).await;
}

#[tokio::test]
async fn tokens_in_creation_are_revoked_after_sigterm_ends_the_host() {
    assert_no_token_remains(|pid| signal_group(pid, Signal::SIGTERM)).await;
}

#[tokio::test]
async fn tokens_in_creation_are_revoked_after_sighup_ends_the_host() {
    assert_no_token_remains(|pid| signal_group(pid, Signal::SIGHUP)).await;
}

#[tokio::test]
async fn sighup_ignored_at_the_start_has_no_effect() {
    // `nohup` starts a command this way.
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(format!("trap '' HUP; exec '{PROVIDER}'"));
    let api = with_loader(Emulator::builder()).await;
    let session = start(shell, &api).await;
    signal(session.process().pid(), Signal::SIGHUP);
    // The provider handles SIGINT, which is sent after SIGHUP.
    signal(session.process().pid(), Signal::SIGINT);
    session
        .create(TOKEN, &json!({ "username": "loader", "name": "x" }))
        .await;
    assert!(session.end().await.status.success());
}
