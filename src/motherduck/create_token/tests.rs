//! Tests of how tokens are created and lost responses are settled.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::SubscriberExt as _;

use super::*;
use crate::api::Scope;
use crate::api::fake::{Canned, Script, client_of, status};
use crate::motherduck::settle::{LATE_COMMIT, LOST_RESPONSE};
use crate::motherduck::token_checks;
use crate::stop::Stop;

mod services;

const API_NOW: &str = "Fri, 27 Nov 2026 09:00:00 GMT";
/// The same time, as tokens have it.
const CREATED: &str = "2026-11-27T09:00:00Z";

fn request(name: Name) -> TokenRequest<'static> {
    TokenRequest {
        username: "svc",
        name,
        properties: NewToken::default(),
        purpose: Purpose::Managed,
    }
}

fn fixed() -> TokenRequest<'static> {
    request(Name::Fixed("loader".into()))
}

fn drawn() -> TokenRequest<'static> {
    request(Name::Drawn(Prefix::Configured("etl-".into())))
}

/// A token of the name as [`fixed`] would create it, at a time of the API.
fn listed(id: &str, created_ts: &str) -> Value {
    json!({
        "id": id, "name": "loader", "created_ts": created_ts, "read_only": false, "token_type": "read_write",
    })
}

fn listing(tokens: &[Value]) -> Canned {
    status(200)
        .json(&json!({ "tokens": tokens }))
        .header("date", API_NOW)
}

/// The response to the creation of a token with this id. It has no name, and a name is compared only where there is
/// one.
fn created(id: &str) -> Canned {
    let mut token = listed(id, CREATED);
    token["token"] = json!("eyJ.s3cret.x");
    status(200).json(&token)
}

fn failed(code: u16) -> Canned {
    let words = match code {
        403 => "FORBIDDEN",
        404 => "NOT_FOUND",
        409 => "CONFLICT",
        _ => "X",
    };
    status(code).json(&json!({ "code": words, "message": "no" }))
}

fn done() -> Canned {
    status(200).json(&json!({}))
}

fn script(responses: impl IntoIterator<Item = Canned>) -> Script {
    responses.into_iter().fold(Script::new(), Script::respond)
}

/// A client that does not try again.
fn once(script: &Script) -> Client {
    script.client_with(|settings| settings.max_retries = 0)
}

fn text_of(created: Result<Created, Diagnostics>) -> String {
    let diagnostics = created.err().unwrap();
    let parts: Vec<String> = diagnostics
        .iter()
        .map(|diagnostic| format!("{}\n{}", diagnostic.summary, diagnostic.detail))
        .collect();
    parts.join("\n")
}

#[track_caller]
fn shows(text: &str, words: &[&str]) {
    for words in words {
        assert!(text.contains(words), "{words:?} in {text}");
    }
}

fn sent(script: &Script, method: &str) -> Vec<String> {
    let mut sent = script.sent();
    sent.retain(|line| line.starts_with(method));
    sent
}

fn revoked(script: &Script) -> Vec<String> {
    let paths = sent(script, "DELETE");
    paths
        .iter()
        .map(|line| line.rsplit('/').next().unwrap().to_owned())
        .collect()
}

/// The name that the request with this index drew.
fn name_sent(script: &Script, index: usize) -> String {
    script.sent_body(index)["name"].as_str().unwrap().to_owned()
}

// --- Names ---

#[tokio::test(start_paused = true)]
async fn a_refused_name_is_drawn_again_at_most_five_times() {
    let script = script((0..6).map(|_| failed(409)));
    let text = text_of(create(&Connection::default(), &script.client(), drawn()).await);
    shows(&text, &["6 names", "`name_prefix`", "409 CONFLICT"]);
    let names: HashSet<String> = (0..6).map(|index| name_sent(&script, index)).collect();
    assert_eq!(names.len(), 6);
}

#[tokio::test(start_paused = true)]
async fn after_a_stop_the_error_names_only_the_name_that_was_refused() {
    let script = Script::new().respond_later(failed(409));
    let stop = Stop::default();
    let client = script.client().bound_to(Scope::until(stop.clone()));
    let connection = Connection::default();
    let (refused, ()) = tokio::join!(create(&connection, &client, drawn()), async {
        script.sent_count(1).await;
        stop.fire();
    });
    let text = text_of(refused);
    shows(
        &text,
        &["The name that was drawn", "The run was stopped", "Apply again"],
    );
    assert_eq!(script.sent().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_response_without_a_name_is_completed_from_the_listings() {
    let mut response = listed("7", CREATED);
    response["token"] = json!("eyJ.s3cret.x");
    response["name"] = Value::Null;
    let mut stored = listed("7", CREATED);
    stored["name"] = json!("lower-cased");
    // Reads are behind.
    let script = script([
        status(200).json(&response),
        failed(404),
        listing(&[]),
        listing(&[stored]),
    ]);
    let created = create(&Connection::default(), &script.client(), drawn()).await;
    let created = created.ok().unwrap();
    assert_eq!(created.token.name.as_deref(), Some("lower-cased"));
    assert!(token_checks::difference(&created.sent, &created.token).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_taken_name_is_shown_with_its_token_whatever_the_case() {
    let mut holder = listed("theirs", CREATED);
    holder["name"] = json!("LOADER");
    // Reads are behind.
    let script = script([
        listing(&[]),
        failed(409),
        failed(404),
        listing(&[]),
        listing(&[holder]),
    ]);
    let text = text_of(create(&Connection::default(), &script.client(), fixed()).await);
    shows(
        &text,
        &[
            "\"LOADER\"",
            CREATED,
            "never expires",
            "`svc/theirs`",
            "`name_prefix`",
        ],
    );
    assert!(revoked(&script).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_taken_name_that_no_listed_token_has_may_be_an_expired_ones() {
    let listings = (0..20).map(|_| listing(&[]));
    let script = script([listing(&[]), failed(409)].into_iter().chain(listings));
    let text = text_of(create(&Connection::default(), &script.client(), fixed()).await);
    shows(&text, &["No live token with this name is listed", "expired"]);

    let failing = (0..20).map(|_| failed(403));
    let script = self::script([listing(&[]), failed(409)].into_iter().chain(failing));
    let text = text_of(create(&Connection::default(), &script.client(), fixed()).await);
    shows(&text, &["The tokens could not be listed", "403 FORBIDDEN"]);
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_the_wait_for_another_token_of_the_name() {
    let connection = Connection::default();
    let script = Script::new().respond(listing(&[])).hang();
    let client = script.client();
    let mut first = Box::pin(create(&connection, &client, fixed()));
    assert!(futures_util::poll!(&mut first).is_pending());
    let stop = Stop::default();
    let other = script.client().bound_to(Scope::until(stop.clone()));
    let mut second = Box::pin(create(&connection, &other, fixed()));
    assert!(futures_util::poll!(&mut second).is_pending());
    stop.fire();
    shows(
        &text_of(second.await),
        &["interrupted", "No request", "\"loader\""],
    );
    assert!(sent(&script, "POST").len() <= 1);
}

// --- Reads that are behind ---

#[tokio::test(start_paused = true)]
async fn one_look_that_does_not_find_the_account_decides_nothing() {
    let ours = |script: &Script| {
        let mut token = listed("ours", CREATED);
        token["name"] = json!(name_sent(script, 0));
        listing(&[token])
    };
    let lost = Script::new().respond(failed(500)).respond(failed(404));
    let script = lost.clone();
    let (connection, client) = (Connection::default(), script.client());
    let created = async { create(&connection, &client, drawn()).await };
    let later = async {
        script.sent_count(2).await;
        lost.clone()
            .respond(ours(&script))
            .respond(done())
            .respond(self::created("new"));
    };
    let (created, ()) = tokio::join!(created, later);
    assert_eq!(created.ok().unwrap().token.id, "new");
    assert_eq!(revoked(&script), ["ours"]);
}

#[tokio::test(start_paused = true)]
async fn without_its_account_a_lost_token_is_no_more() {
    let script = script([failed(500)].into_iter().chain((0..9).map(|_| failed(404))));
    let text = text_of(create(&Connection::default(), &script.client(), drawn()).await);
    shows(&text, &["Check the username"]);
    assert!(!text.contains("no state"), "{text}");
    let looks = sent(&script, "GET").len();
    assert!((2..=4).contains(&looks), "{looks}");
}

#[tokio::test(start_paused = true)]
async fn a_conflict_after_a_lost_response_is_looked_into_until_the_token_is_visible() {
    let script = script([
        listing(&[]),
        failed(504),
        // The request was carried out, and reads are behind.
        listing(&[]),
        failed(409),
        listing(&[]),
        listing(&[]),
        listing(&[]),
        listing(&[listed("ours", CREATED)]),
        done(),
        created("new"),
        listing(&[listed("new", CREATED)]),
    ]);
    let created = create(&Connection::default(), &script.client(), fixed()).await;
    assert_eq!(created.ok().unwrap().token.id, "new");
    assert_eq!(revoked(&script), ["ours"]);
}

#[tokio::test(start_paused = true)]
async fn a_conflict_with_a_token_of_another_request_is_reported_at_once() {
    let mut theirs = listed("theirs", CREATED);
    theirs["name"] = json!("Loader");
    let theirs = || listing(std::slice::from_ref(&theirs));
    let script = script([theirs(), failed(504), theirs(), failed(409), theirs(), theirs()]);
    let text = text_of(create(&Connection::default(), &script.client(), fixed()).await);
    shows(&text, &["`svc/theirs`"]);
    assert!(revoked(&script).is_empty());
}

// --- No other attempt follows ---

#[tokio::test(start_paused = true)]
async fn the_last_attempt_is_looked_for_until_its_token_can_be_expected_no_more() {
    for request in [fixed, drawn] {
        let is_fixed = matches!(request().name, Name::Fixed(_));
        let before = is_fixed.then(|| listing(&[]));
        let looks = |count| (0..count).map(|_| listing(&[]));
        for (lost, limit, words) in [
            (500, INVISIBLE, "had created none"),
            (504, LOST_RESPONSE, "A token may appear"),
        ] {
            let script = script(before.clone().into_iter().chain([failed(lost)]).chain(looks(40)));
            let started = Instant::now();
            let text = text_of(create(&Connection::default(), &once(&script), request()).await);
            let looked = started.elapsed();
            assert!(
                looked >= limit && looked <= limit + Duration::from_secs(8),
                "{looked:?}"
            );
            shows(&text, &[words, "Apply again"]);
            if lost == 504 {
                let name = name_sent(&script, usize::from(is_fixed));
                shows(&text, &[&name, "requested at 20", "motherduck_revoke_tokens"]);
            }
            assert_eq!(sent(&script, "POST").len(), 1);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_that_appears_after_the_last_attempt_is_revoked() {
    let script = script([
        listing(&[]),
        failed(500),
        listing(&[]),
        listing(&[]),
        listing(&[listed("ours", CREATED)]),
        done(),
    ]);
    let text = text_of(create(&Connection::default(), &once(&script), fixed()).await);
    shows(&text, &["It was revoked (ours)"]);
    assert_eq!(revoked(&script), ["ours"]);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_after_a_lost_response_is_no_reason_not_to_look() {
    let script = script([
        listing(&[]),
        failed(504),
        listing(&[]),
        failed(403),
        listing(&[]),
        listing(&[listed("ours", CREATED)]),
        done(),
    ]);
    let text = text_of(create(&Connection::default(), &script.client(), fixed()).await);
    shows(&text, &["403 FORBIDDEN"]);
    assert!(!text.contains("no state"), "{text}");
    assert_eq!(revoked(&script), ["ours"]);

    let script = self::script(
        [failed(504), listing(&[]), failed(403)]
            .into_iter()
            .chain((0..40).map(|_| listing(&[]))),
    );
    let text = text_of(create(&Connection::default(), &script.client(), drawn()).await);
    shows(
        &text,
        &["403 FORBIDDEN", "A token may appear", &name_sent(&script, 0)],
    );
}

#[tokio::test(start_paused = true)]
async fn after_a_stop_the_token_is_looked_for_and_not_created_again() {
    let stop = Stop::default();
    let script = Script::new()
        .respond_later(failed(504))
        .respond(listing(&[]))
        .respond(failed(403));
    let script = (0..30).fold(script, |script, _| script.respond(listing(&[])));
    let client = script.client().bound_to(Scope::until(stop.clone()));
    let connection = Connection::default();
    let (failed, ended) = tokio::join!(create(&connection, &client, drawn()), async {
        script.sent_count(1).await;
        stop.fire();
        Instant::now()
    });
    assert_eq!(ended.elapsed(), Duration::from_secs(30));
    let text = text_of(failed);
    shows(
        &text,
        &[
            "The run was stopped",
            "A token may appear",
            &name_sent(&script, 0),
        ],
    );
    assert_eq!(sent(&script, "POST").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_stays_undecided_for_a_minute_is_named_with_its_account_and_name() {
    for purpose in [Purpose::Managed, Purpose::Ephemeral] {
        let script = script(
            [listing(&[]), failed(500)]
                .into_iter()
                .chain((0..60).map(|_| failed(403))),
        );
        let started = Instant::now();
        let request = TokenRequest { purpose, ..fixed() };
        let text = text_of(create(&Connection::default(), &script.client(), request).await);
        shows(
            &text,
            &[
                "may exist",
                "403 FORBIDDEN",
                "\"loader\"",
                "motherduck_revoke_tokens",
            ],
        );
        let offers_import = text.contains("`svc/<id>`");
        assert_eq!(offers_import, purpose == Purpose::Managed, "{text}");
        let looked = started.elapsed();
        assert!(
            looked >= LOST_RESPONSE && looked < LOST_RESPONSE * 2,
            "{looked:?}"
        );
        assert_eq!(sent(&script, "POST").len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_of_the_attempt_that_cannot_be_revoked_is_reported_as_live() {
    for purpose in [Purpose::Managed, Purpose::Ephemeral] {
        let found = [listing(&[]), failed(500), listing(&[listed("ours", CREATED)])];
        let script = script(found.into_iter().chain((0..60).map(|_| failed(403))));
        let request = TokenRequest { purpose, ..fixed() };
        let text = text_of(create(&Connection::default(), &script.client(), request).await);
        shows(
            &text,
            &["Token ours of \"svc\" could not be revoked", "403 FORBIDDEN"],
        );
        assert!(!text.contains("left alone"), "{text}");
        assert_eq!(text.contains("import"), purpose == Purpose::Managed, "{text}");
    }
}

// --- Tokens of others ---

#[tokio::test(start_paused = true)]
async fn after_an_attempt_is_settled_a_token_of_its_name_is_somebody_elses() {
    let script = script([
        listing(&[]),
        failed(500),
        listing(&[listed("ours", CREATED)]),
        done(),
        failed(409),
        listing(&[listed("theirs", CREATED)]),
    ]);
    let text = text_of(create(&Connection::default(), &script.client(), fixed()).await);
    shows(&text, &["`svc/theirs`"]);
    assert_eq!(revoked(&script), ["ours"]);
}

#[tokio::test(start_paused = true)]
async fn of_two_tokens_that_fit_one_attempt_none_is_revoked() {
    let both = ["one", "two"].map(|id| listed(id, CREATED));
    let script = script([listing(&[]), failed(500), listing(&both)]);
    let text = text_of(create(&Connection::default(), &script.client(), fixed()).await);
    shows(&text, &["left alone", "`svc/one`", "`svc/two`"]);
    assert!(revoked(&script).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_token_that_was_created_after_the_attempt_is_not_revoked() {
    // The looks fail for some seconds, and a token is created meanwhile.
    let looks = (0..6).map(|_| failed(403));
    let script = script([listing(&[]), failed(500)].into_iter().chain(looks))
        .respond(listing(&[listed("theirs", CREATED)]));
    let text = text_of(create(&Connection::default(), &script.client(), fixed()).await);
    shows(&text, &["left alone", "`svc/theirs`"]);
    assert!(revoked(&script).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_token_that_was_created_while_the_request_had_to_wait_is_not_revoked() {
    let script = script([
        listing(&[]),
        status(429).header("retry-after", "30"),
        failed(500),
        listing(&[listed("theirs", "2026-11-27T08:59:40Z")]),
    ]);
    let text = text_of(create(&Connection::default(), &script.client(), fixed()).await);
    shows(&text, &["left alone", "`svc/theirs`"]);
    assert!(revoked(&script).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_slow_listing_is_not_used_as_a_clock() {
    // It shows a token that was created 5 seconds before the attempt, and takes 10 seconds.
    let listings = Arc::new(Mutex::new(0));
    let respond = move |line: String, _: Option<Value>| {
        let listings = Arc::clone(&listings);
        async move {
            assert!(!line.starts_with("DELETE"));
            if line.starts_with("POST") {
                return Some(failed(500));
            }
            let number = *listings.lock().unwrap();
            *listings.lock().unwrap() += 1;
            let theirs = [listed("theirs", "2026-11-27T08:59:55Z")];
            match number {
                0 => Some(listing(&[])),
                1 => {
                    tokio::time::sleep(Duration::from_secs(10)).await;
                    Some(listing(&theirs))
                }
                _ => Some(listing(&theirs).header("date", "Fri, 27 Nov 2026 09:00:10 GMT")),
            }
        }
    };
    let client = client_of(respond, |_| {});
    let text = text_of(create(&Connection::default(), &client, fixed()).await);
    shows(&text, &["left alone", "`svc/theirs`"]);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_was_there_before_is_never_revoked() {
    for name in ["loader", "Loader"] {
        for request in [fixed, drawn] {
            let mut theirs = listed("theirs", CREATED);
            theirs["name"] = json!(name);
            let theirs = || listing(std::slice::from_ref(&theirs));
            let before = matches!(request().name, Name::Fixed(_)).then(theirs);
            let script = script(
                before
                    .into_iter()
                    .chain([failed(500)])
                    .chain((0..20).map(|_| theirs())),
            );
            let text = text_of(create(&Connection::default(), &once(&script), request()).await);
            shows(&text, &["had created none"]);
            assert!(revoked(&script).is_empty());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_description_in_another_normal_form_is_the_same() {
    for (stored, is_ours) in [("cafe\u{301}", true), ("caf", false)] {
        let mut token = listed("one", CREATED);
        token["description"] = json!(stored);
        let script = script([listing(&[]), failed(500), listing(&[token]), done()]);
        let request = TokenRequest {
            properties: NewToken {
                description: Some("caf\u{e9}".into()),
                ..NewToken::default()
            },
            ..fixed()
        };
        create(&Connection::default(), &once(&script), request)
            .await
            .err()
            .unwrap();
        assert_eq!(!revoked(&script).is_empty(), is_ours, "{stored}");
    }
}

// --- Tokens that appear late ---

#[tokio::test(start_paused = true)]
async fn a_drawn_token_that_commits_late_is_revoked_when_the_creation_succeeds() {
    let script = Script::new()
        .respond(failed(504))
        .respond(listing(&[]))
        .respond_later(created("new"));
    let (connection, client) = (Connection::default(), script.client());
    let (created, ()) = tokio::join!(create(&connection, &client, drawn()), async {
        script.sent_count(3).await;
        let [mut late, mut new, theirs] = ["late", "new", "theirs"].map(|id| listed(id, CREATED));
        late["name"] = json!(name_sent(&script, 0));
        new["name"] = json!(name_sent(&script, 2));
        script
            .clone()
            .respond(listing(&[theirs, new, late]))
            .respond(done());
    });
    assert_eq!(created.ok().unwrap().token.id, "new");
    assert_eq!(revoked(&script), ["late"]);
    // Nothing is left to do.
    connection.tokens().finish_as(&connection, &client).await;
    assert_eq!(script.sent().len(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_late_token_of_a_fixed_name_is_revoked_and_no_other_of_that_name() {
    // An API that accepts a name twice. Another request has created a token before the attempt, or after it.
    for theirs in ["2026-11-27T08:59:30Z", "2026-11-27T09:00:30Z"] {
        let script = script([
            listing(&[]),
            failed(504),
            listing(&[]),
            created("new"),
            listing(&[
                listed("theirs", theirs),
                listed("late", CREATED),
                listed("new", CREATED),
            ]),
            done(),
        ]);
        let created = create(&Connection::default(), &script.client(), fixed()).await;
        assert_eq!(created.ok().unwrap().token.id, "new");
        assert_eq!(revoked(&script), ["late"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_drawn_token_that_another_creation_has_listed_before_is_still_revoked() {
    let connection = Connection::default();
    let lost = script([failed(500)].into_iter().chain((0..20).map(|_| listing(&[]))));
    create(&connection, &once(&lost), drawn()).await.err().unwrap();
    let mut late = listed("late", CREATED);
    late["name"] = json!(name_sent(&lost, 0));
    let late = || listing(std::slice::from_ref(&late));
    // The listing before the first attempt, and the one after it.
    let script = script([late(), created("new"), late(), done()]);
    create(&connection, &script.client(), fixed()).await.ok().unwrap();
    assert_eq!(revoked(&script), ["late"]);
}

#[tokio::test(start_paused = true)]
async fn looking_for_late_tokens_holds_no_response_back() {
    let script = script([failed(504), listing(&[]), created("new")]).hang();
    let (connection, client) = (Connection::default(), script.client());
    let started = Instant::now();
    create(&connection, &client, drawn()).await.ok().unwrap();
    assert!(
        started.elapsed() < Duration::from_secs(6),
        "{:?}",
        started.elapsed()
    );

    // What was not looked for is looked for at the end of the process.
    let mut late = listed("late", CREATED);
    late["name"] = json!(name_sent(&script, 0));
    let at_the_end = self::script([listing(&[late]), done()]);
    connection
        .tokens()
        .finish_as(&connection, &at_the_end.client())
        .await;
    assert_eq!(revoked(&at_the_end), ["late"]);
}

#[tokio::test(start_paused = true)]
async fn after_a_stop_late_tokens_are_left_to_the_end_of_the_process() {
    let stop = Stop::default();
    let script = script([failed(504), listing(&[])]).respond_later(created("new"));
    let (connection, client) = (
        Connection::default(),
        script.client().bound_to(Scope::until(stop.clone())),
    );
    let (created, ()) = tokio::join!(create(&connection, &client, drawn()), async {
        script.sent_count(3).await;
        stop.fire();
    });
    created.ok().unwrap();
    let at_the_end = self::script([listing(&[])]);
    connection
        .tokens()
        .finish_as(&connection, &at_the_end.client())
        .await;
    assert_eq!(at_the_end.sent().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_fixed_name_of_unknown_outcome_is_looked_for_at_the_end_of_the_process() {
    let connection = Connection::default();
    let lost = script(
        [listing(&[]), failed(504)]
            .into_iter()
            .chain((0..40).map(|_| listing(&[]))),
    );
    create(&connection, &once(&lost), fixed()).await.err().unwrap();
    // A minute has passed.
    let [late, theirs] = [("late", "2026-11-27T08:59:00Z"), ("theirs", CREATED)];
    let both = [late, theirs].map(|(id, created_ts)| listed(id, created_ts));
    let script = script([listing(&both), done()]);
    connection.tokens().finish_as(&connection, &script.client()).await;
    assert_eq!(revoked(&script), ["late"]);
}

#[tokio::test(start_paused = true)]
async fn a_second_token_that_fits_one_attempt_is_left_alone_and_named_in_the_log() {
    let lines = Lines::default();
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(lines.clone()));
    // One of the two is of another request. The first one was taken for the attempt's.
    let connection = Connection::default();
    let script = script([
        listing(&[]),
        failed(504),
        listing(&[listed("first", CREATED)]),
        done(),
        created("new"),
    ]);
    create(&connection, &script.client(), fixed()).await.ok().unwrap();
    let both = [listed("second", "2026-11-27T08:59:56Z"), listed("new", CREATED)];
    let at_the_end = self::script([listing(&both)]);
    connection
        .tokens()
        .finish_as(&connection, &at_the_end.client())
        .await;
    assert!(revoked(&at_the_end).is_empty());
    shows(&lines.of(&["ERROR"]), &["\"second\"", "\"svc\"", "left alone"]);
}

#[tokio::test(start_paused = true)]
async fn a_second_creation_of_the_name_finds_the_late_token_of_the_first() {
    let connection = Connection::default();
    let lost = script(
        [listing(&[]), failed(504)]
            .into_iter()
            .chain((0..40).map(|_| listing(&[]))),
    );
    create(&connection, &once(&lost), fixed()).await.err().unwrap();
    let script = script([
        failed(409),
        listing(&[listed("late", "2026-11-27T08:59:00Z")]),
        done(),
        created("new"),
    ]);
    create(&connection, &script.client(), fixed()).await.ok().unwrap();
    assert_eq!(revoked(&script), ["late"]);
}

// --- The end of the process ---

/// Collects what is logged.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl<S: tracing::Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        struct Fields(String);
        impl tracing::field::Visit for Fields {
            fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
                write!(self.0, " {field}={value:?}").unwrap();
            }
        }
        let mut fields = Fields(event.metadata().level().to_string());
        event.record(&mut fields);
        self.0.lock().unwrap().push(fields.0);
    }
}

impl Lines {
    fn of(&self, levels: &[&str]) -> String {
        let mut lines = self.0.lock().unwrap().clone();
        lines.retain(|line| levels.iter().any(|level| line.starts_with(level)));
        lines.join("\n")
    }
}

/// A creation of a drawn name that has failed, with a response that was lost.
async fn lost_name(connection: &Connection, lost: u16) -> String {
    let script = script([failed(lost), listing(&[]), created("new")]).hang();
    create(connection, &script.client(), drawn()).await.ok().unwrap();
    name_sent(&script, 0)
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_process_waits_for_a_late_token() {
    for status in [500, 504] {
        let connection = Connection::default();
        let lost = script([failed(status), listing(&[]), created("new")]).respond(listing(&[]));
        let started = Instant::now();
        create(&connection, &lost.client(), drawn()).await.ok().unwrap();
        let script = script([listing(&[])]);
        connection.tokens().finish_as(&connection, &script.client()).await;
        assert!(
            started.elapsed() >= LATE_COMMIT,
            "{status}: {:?}",
            started.elapsed()
        );
        assert_eq!(script.sent().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn attempts_that_cannot_be_checked_at_the_end_are_logged() {
    let lines = Lines::default();
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(lines.clone()));
    let connection = Connection::default();
    let name = lost_name(&connection, 504).await;
    let script = script((0..40).map(|_| failed(403)));
    let started = Instant::now();
    connection.tokens().finish_as(&connection, &script.client()).await;
    assert!(
        started.elapsed() < Duration::from_secs(20),
        "{:?}",
        started.elapsed()
    );
    shows(
        &lines.of(&["ERROR"]),
        &["\"svc\"", &name, "requested_at=20", "revoke"],
    );
}

#[tokio::test(start_paused = true)]
async fn at_the_end_too_an_account_is_absent_only_when_two_looks_do_not_find_it() {
    let lines = Lines::default();
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(lines.clone()));
    let failing = || (0..40).map(|_| failed(403));
    for (looks, is_certain) in [
        (vec![failed(404), failed(403), failed(404), failed(403)], false),
        (vec![failed(404); 5], true),
    ] {
        let connection = Connection::default();
        let name = lost_name(&connection, 504).await;
        let script = script(looks.into_iter().chain(failing()));
        connection.tokens().finish_as(&connection, &script.client()).await;
        assert_eq!(!lines.of(&["ERROR"]).contains(&name), is_certain, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_end_without_time_logs_what_may_be_left() {
    let lines = Lines::default();
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(lines.clone()));
    let connection = Connection::default();
    let name = lost_name(&connection, 504).await;
    let script = Script::new().hang();
    let client = script.client();
    let end = connection.tokens().finish_as(&connection, &client);
    tokio::time::timeout(Duration::from_secs(6), end)
        .await
        .unwrap_err();
    shows(&lines.of(&["ERROR"]), &["\"svc\"", &name]);
}

// --- Revoking ---

#[tokio::test(start_paused = true)]
async fn a_new_token_that_is_not_found_is_revoked_again_until_it_is() {
    let connection = Connection::default();
    connection.recent().token_created("svc", "new");
    let script = script([
        failed(404),
        listing(&[]),
        failed(404),
        listing(&[listed("new", CREATED)]),
        done(),
    ]);
    let outcome = revoke(&connection, &script.client(), "svc", "NEW").await;
    assert_eq!(outcome.unwrap(), Revoked::Now);
    assert_eq!(revoked(&script).len(), 3);
    // From here on one look is enough.
    let script = self::script([failed(404)]);
    let outcome = revoke(&connection, &script.client(), "svc", "new").await;
    assert_eq!(outcome.unwrap(), Revoked::Before);
}

#[tokio::test(start_paused = true)]
async fn a_new_token_that_is_not_found_for_ten_seconds_is_no_more() {
    for (is_listed, is_revoked) in [(false, true), (true, false)] {
        let connection = Connection::default();
        connection.recent().token_created("svc", "new");
        let tokens = [listed("new", CREATED)];
        let tokens = if is_listed { &tokens[..] } else { &[] };
        let looks = (0..30).flat_map(|_| [listing(tokens), failed(404)]);
        let script = script(std::iter::once(failed(404)).chain(looks));
        let started = Instant::now();
        let outcome = revoke(&connection, &script.client(), "svc", "new").await;
        assert_eq!(started.elapsed(), INVISIBLE);
        assert_eq!(
            outcome.is_ok_and(|outcome| outcome == Revoked::Before),
            is_revoked
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_old_token_that_is_not_found_and_not_listed_a_second_later_is_no_more() {
    for listing in [listing(&[]), failed(404)] {
        let script = script([failed(404), listing]);
        let started = Instant::now();
        let outcome = revoke(&Connection::default(), &script.client(), "svc", "old").await;
        assert_eq!(outcome.unwrap(), Revoked::Before);
        assert_eq!(started.elapsed(), Duration::from_secs(1));
    }
}

#[tokio::test(start_paused = true)]
async fn an_old_token_that_is_not_found_and_listed_is_revoked_again() {
    let old = [listed("old", CREATED)];
    let script = script([failed(404), listing(&old), listing(&old), done()]);
    let outcome = revoke(&Connection::default(), &script.client(), "svc", "old").await;
    assert_eq!(outcome.unwrap(), Revoked::Now);
}

#[tokio::test(start_paused = true)]
async fn a_stop_confirms_no_revocation() {
    let connection = Connection::default();
    connection.recent().token_created("svc", "new");
    let stop = Stop::default();
    let script = Script::new().respond_later(failed(404));
    let client = script.client().bound_to(Scope::until(stop.clone()));
    let (outcome, ()) = tokio::join!(revoke(&connection, &client, "svc", "new"), async {
        script.sent_count(1).await;
        stop.fire();
    });
    assert!(outcome.unwrap_err().is_gone());
}
