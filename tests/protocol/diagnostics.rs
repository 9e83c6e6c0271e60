//! The diagnostics of the provider, triggered one by one and kept in `diagnostics.md`, to be read as their readers do.
//!
//! `UPDATE_DIAGNOSTICS=1 cargo test --test protocol diagnostics` writes the file anew. A text that is not in it as it is
//! in the program fails the test, and so does a summary in the code that no case triggers.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value as Json, json};

use crate::host::{
    ACCOUNT, Canned, DUCKLINGS, Question, Reply, Request, Session, Stored, TOKEN, edited, unknown,
    unreachable_url,
};

const ID: &str = "3fa85f64-5717-4562-b3fc-2c963f66afa6";

/// What was triggered so far, as the file shows it.
#[derive(Default)]
struct Pages {
    text: String,
    summaries: BTreeSet<String>,
}

impl Pages {
    fn chapter(&mut self, title: &str) {
        let _ = writeln!(self.text, "\n## {title}");
    }

    /// Adds what one case made the provider say; it must say something.
    fn add(&mut self, case: &str, said: impl Into<Said>, hide: &str) {
        let Said(said) = said.into();
        assert!(!said.is_empty(), "{case} has no diagnostic");
        let _ = writeln!(self.text, "\n### {case}");
        for (kind, path, text) in said {
            let text = shown(&text, hide);
            let (summary, detail) = text.split_once('\n').unwrap_or((&text, ""));
            self.summaries.insert(summary.to_owned());
            let at = if path.is_empty() {
                String::new()
            } else {
                format!(" at `{path}`")
            };
            let _ = writeln!(self.text, "\n{kind}{at}: **{summary}**\n");
            for line in detail.lines() {
                self.text += format!("> {line}").trim_end();
                self.text += "\n";
            }
        }
    }
}

/// Diagnostics: kind, path, and summary with detail.
struct Said(Vec<(&'static str, String, String)>);

impl From<crate::host::Notes> for Said {
    fn from(notes: crate::host::Notes) -> Self {
        Said(notes.each())
    }
}

/// A text without the address of the API, which differs from run to run.
fn shown(text: &str, hide: &str) -> String {
    match hide.strip_prefix("http://") {
        Some(address) => text.replace(address, "127.0.0.1:PORT"),
        None => text.to_owned(),
    }
}

fn error(status: u16, code: &str) -> Reply {
    Reply::Json(status, json!({ "code": code, "message": "The API's message" }))
}

fn gone() -> Reply {
    Reply::Json(404, json!({ "code": "NOT_FOUND", "message": "User not found" }))
}

fn live() -> Json {
    json!({
        "read_write": { "instance_size": "standard", "cooldown_seconds": 75 },
        "read_scaling": { "instance_size": "jumbo", "flock_size": 3, "cooldown_seconds": 90 },
    })
}

fn user(is_service_account: bool) -> Json {
    json!({
        "id": "1", "username": "loader", "email": null, "first_name": null, "last_name": null,
        "is_service_account": is_service_account, "is_deprovisioned": false, "roles": [],
    })
}

fn listed(more: &Json) -> Json {
    let mut token = json!({
        "id": ID, "name": "nightly", "description": null, "created_ts": "2026-01-01T00:00:00Z", "read_only": false,
        "token_type": "read_write",
    });
    token
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    token
}

/// An API that has the account `loader` with a token, but for the requests that `odd` replies to.
async fn api(odd: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static) -> (Session, Canned) {
    let api = Canned::start(move |request| {
        odd(request).unwrap_or_else(|| match (request.method.as_str(), request.path.as_str()) {
            ("GET", path) if path.starts_with("/v1/users?") => Reply::Json(200, json!({ "users": [user(true)] })),
            ("GET", path) if path.ends_with("/tokens") => Reply::Json(200, json!({ "tokens": [listed(&json!({}))] })),
            ("GET", _) => Reply::Json(200, live()),
            ("PUT", _) => Reply::Json(200, request.body["config"].clone()),
            ("POST", "/v1/users") => Reply::Json(200, json!({ "username": request.body["username"] })),
            ("POST", _) => Reply::Json(
                200,
                listed(&json!({ "name": request.body["name"], "token": "secret", "description": request.body["description"] })),
            ),
            _ => Reply::Json(200, json!({})),
        })
    })
    .await;
    (Session::on(api.url()).await, api)
}

/// An API that replies the same to everything.
async fn always(reply: impl Fn() -> Reply + Send + Sync + 'static) -> (Session, Canned) {
    api(move |_| Some(reply())).await
}

fn stored(type_name: &str) -> Stored {
    let state = match type_name {
        ACCOUNT => json!({ "username": "loader", "deletion_protection": false, "id": "loader" }),
        TOKEN => json!({
            "username": "loader", "name": "nightly", "token_type": "read_write", "id": ID, "token": "secret",
            "created_ts": "2026-01-01T00:00:00Z", "read_only": false, "ready_for_rotation": false,
            "revoke_on_destroy": true,
        }),
        _ => edited(
            &edited(
                &with(&live(), "username", json!("loader")),
                "restore_on_destroy",
                json!(false),
            ),
            "id",
            json!("loader"),
        ),
    };
    Stored::unidentified(state, Vec::new())
}

fn with(object: &Json, name: &str, value: Json) -> Json {
    let mut object = object.clone();
    object[name] = value;
    object
}

fn config(type_name: &str) -> Json {
    match type_name {
        ACCOUNT => json!({ "username": "loader" }),
        TOKEN => json!({ "username": "loader", "name": "nightly" }),
        _ => with(&live(), "username", json!("loader")),
    }
}

const TYPES: [&str; 3] = [ACCOUNT, TOKEN, DUCKLINGS];

// --- The chapters ---

async fn configurations(pages: &mut Pages) {
    pages.chapter("What a configuration may not say");
    let session = Session::start().await;
    let cases = [
        (ACCOUNT, json!({ "username": "ab" })),
        (ACCOUNT, json!({ "username": "1abc" })),
        (ACCOUNT, json!({ "username": "my-account" })),
        (ACCOUNT, json!({ "username": null })),
        (ACCOUNT, json!({ "username": "loader", "id": "loader" })),
        (TOKEN, json!({ "username": ".." , "name": "a" })),
        (TOKEN, json!({ "username": "loader" })),
        (
            TOKEN,
            json!({ "username": "loader", "name": "a", "name_prefix": "b" }),
        ),
        (TOKEN, json!({ "username": "loader", "name": " " })),
        (
            TOKEN,
            json!({ "username": "loader", "name": "MotherDuck Flights" }),
        ),
        (TOKEN, json!({ "username": "loader", "name_prefix": " a" })),
        (TOKEN, json!({ "username": "loader", "name": "a", "ttl": 299 })),
        (
            TOKEN,
            json!({ "username": "loader", "name": "a", "token_type": "admin" }),
        ),
        (
            TOKEN,
            json!({ "username": "loader", "name": "a", "description": " " }),
        ),
        (
            TOKEN,
            json!({ "username": "loader", "name": "a", "early_rotation_seconds": 60 }),
        ),
        (
            TOKEN,
            json!({ "username": "loader", "name": "a", "ttl": 300, "early_rotation_seconds": 0 }),
        ),
        (
            TOKEN,
            json!({ "username": "loader", "name": "a", "ttl": 300, "early_rotation_seconds": 300 }),
        ),
        (
            TOKEN,
            json!({ "username": "loader", "name": "a", "revoke_on_destroy": false }),
        ),
        (DUCKLINGS, json!({ "username": "loader" })),
        (
            DUCKLINGS,
            with(
                &config(DUCKLINGS),
                "read_write",
                json!({ "instance_size": "pulse", "cooldown_seconds": 60 }),
            ),
        ),
        (
            DUCKLINGS,
            with(
                &config(DUCKLINGS),
                "read_write",
                json!({ "instance_size": "giga", "cooldown_seconds": 59 }),
            ),
        ),
        (
            DUCKLINGS,
            with(
                &config(DUCKLINGS),
                "read_scaling",
                json!({ "instance_size": "giga", "flock_size": 65 }),
            ),
        ),
        (
            DUCKLINGS,
            with(
                &config(DUCKLINGS),
                "read_scaling",
                json!({ "instance_size": null, "flock_size": 1 }),
            ),
        ),
    ];
    for (type_name, config) in cases {
        pages.add(
            &format!("{type_name} {config}"),
            session.validate(type_name, &config).await,
            "",
        );
    }
    let large = with(
        &config(DUCKLINGS),
        "read_write",
        json!({ "instance_size": "large" }),
    );
    let refused = session.try_plan(DUCKLINGS, &large, None).await.unwrap_err();
    pages.add("the plan of an unknown size", refused, "");
    for config in [
        json!({ "admin_token": " " }),
        json!({ "admin_token": "a\nb" }),
        json!({ "api_base_url": "http://api.example.com" }),
        json!({ "api_base_url": "api.example.com" }),
        json!({ "request_timeout_seconds": 0 }),
        json!({ "ca_certificate_file": " " }),
        json!({ "custom_user_agent": "a\nb" }),
    ] {
        pages.add(
            &format!("provider {config}"),
            session.validate_provider(&config).await,
            "",
        );
    }
    let dive = json!({ "dive_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7", "username": "loader" });
    for config in [
        with(&dive, "dive_id", json!("sales")),
        with(&dive, "initial_state", json!("{")),
        with(&dive, "initial_state", json!("[]")),
        with(&dive, "required_resources", json!([null])),
        with(&dive, "session_name", json!("")),
    ] {
        let said = session
            .validate_ephemeral("motherduck_dive_embed_session", &config)
            .await;
        pages.add(&format!("motherduck_dive_embed_session {config}"), said, "");
    }
    for config in [
        json!({ "username": "loader", "name_prefix": "" }),
        json!({ "username": "loader", "except_ids": [null] }),
    ] {
        let said = session.validate_action("motherduck_revoke_tokens", &config).await;
        pages.add(&format!("motherduck_revoke_tokens {config}"), said, "");
    }
    let listing = session.try_list(&Question::all(TOKEN).of("..")).await;
    pages.add("a query of an account that cannot be one", listing.notes, "");
}

type Answer = Box<dyn Fn() -> Reply + Send + Sync>;

/// What each response of the API is told as, on the refresh of an account.
async fn responses(pages: &mut Pages) {
    pages.chapter("What the API, or the way to it, responds");
    let page = "<html><head><title>Sign in</title></head></html>";
    let cases: Vec<(&str, Answer)> = vec![
        ("400", Box::new(|| error(400, "BAD_REQUEST"))),
        ("401", Box::new(|| error(401, "UNAUTHORIZED"))),
        ("403", Box::new(|| error(403, "FORBIDDEN"))),
        (
            "404 without the API's code",
            Box::new(|| Reply::Other(404, "text/plain", "Not Found")),
        ),
        ("429", Box::new(|| error(429, "TOO_MANY_REQUESTS"))),
        ("500", Box::new(|| error(500, "INTERNAL_SERVER_ERROR"))),
        (
            "502 of a gateway",
            Box::new(move || Reply::Other(502, "text/html", page)),
        ),
        (
            "200 with a page",
            Box::new(move || Reply::Other(200, "text/html", page)),
        ),
        (
            "200 with something else",
            Box::new(|| Reply::Other(200, "application/json", "[]")),
        ),
        ("a closed connection", Box::new(|| Reply::HangUp)),
    ];
    for (case, reply) in cases {
        let (session, api) = always(reply).await;
        let said = session.try_read(ACCOUNT, &stored(ACCOUNT)).await.unwrap_err();
        pages.add(case, said, api.url());
    }
    let (url, _port) = unreachable_url();
    let session = Session::on(&url).await;
    let said = session.try_read(ACCOUNT, &stored(ACCOUNT)).await.unwrap_err();
    pages.add("no connection", said, &url);

    let session = Session::start().await;
    session.configure(&json!({})).await.assert_empty();
    let said = session.try_read(ACCOUNT, &stored(ACCOUNT)).await.unwrap_err();
    pages.add("no access token", said, "");
    session
        .configure(&json!({ "admin_token": unknown() }))
        .await
        .assert_empty();
    let said = session.try_read(ACCOUNT, &stored(ACCOUNT)).await.unwrap_err();
    pages.add("an access token that is not known yet", said, "");
}

/// What keeps the provider from calling the API at all.
async fn settings(pages: &mut Pages) {
    pages.chapter("Settings that cannot be used");
    let read = async |pages: &mut Pages, case: &str, environment: &[(&str, &str)], config: Json| {
        let session = Session::start_with(environment).await;
        session.configure(&config).await.assert_empty();
        let said = session.try_read(ACCOUNT, &stored(ACCOUNT)).await.unwrap_err();
        pages.add(case, said, "");
    };
    let token = json!({ "admin_token": "token" });
    read(
        pages,
        "a token in the environment",
        &[("MOTHERDUCK_TOKEN", "a\nb")],
        json!({}),
    )
    .await;
    let address = [("MOTHERDUCK_API_BASE_URL", "api.example.com")];
    read(pages, "an address in the environment", &address, token.clone()).await;
    let proxy = [("HTTPS_PROXY", "http://[")];
    read(pages, "a proxy in the environment", &proxy, token.clone()).await;
    let file = with(&token, "ca_certificate_file", json!("/does/not/exist.pem"));
    read(pages, "a certificate file", &[], file).await;
}

/// Tokens that are taken over, or replaced.
async fn tokens(pages: &mut Pages) {
    pages.chapter("Tokens that are taken over, generated or replaced");
    for (case, more) in [
        (
            "a lifetime that no `ttl` can have",
            json!({ "expire_at": "2026-01-01T00:03:20Z" }),
        ),
        (
            "a lifetime that cannot be computed",
            json!({ "expire_at": "tomorrow" }),
        ),
        ("a name that cannot be configured", json!({ "name": " nightly" })),
    ] {
        let (session, api) = api(move |request| {
            request
                .path
                .ends_with("/tokens")
                .then(|| Reply::Json(200, json!({ "tokens": [listed(&more)] })))
        })
        .await;
        let notes = match session.try_import(TOKEN, &format!("loader/{ID}")).await {
            Ok(imported) => imported.notes,
            Err(notes) => notes,
        };
        pages.add(case, notes, api.url());
    }
    let (session, api) = api(|request| {
        let user = with(&user(true), "username", json!("old-style"));
        request
            .path
            .starts_with("/v1/users?")
            .then(|| Reply::Json(200, json!({ "users": [user] })))
    })
    .await;
    let listed = session.try_list(&Question::all(ACCOUNT)).await;
    pages.add(
        "a query that finds an account of another form",
        listed.notes,
        api.url(),
    );
    let named = with(&stored(TOKEN).state, "name", json!("{ \"a\": 1 }"));
    pages.add(
        "generated configuration with JSON in a name",
        session.generate(TOKEN, &named).await.1,
        "",
    );
    let state = with(
        &with(&stored(TOKEN).state, "ttl", json!(3600)),
        "name_prefix",
        json!("night"),
    );
    let replaced =
        json!({ "username": "loader", "name_prefix": "day-", "ttl": 3600, "revoke_on_destroy": false });
    let plan = session
        .plan(TOKEN, &replaced, Some(&Stored::unidentified(state, Vec::new())))
        .await;
    pages.add("a replacement that changes `revoke_on_destroy`", plan.notes, "");
    pages.add(
        "an ephemeral token whose id is lost",
        session.close(TOKEN, None).await,
        "",
    );
}

/// Each operation, refused.
async fn operations(pages: &mut Pages) {
    pages.chapter("Operations that the API refuses");
    let (session, api) = always(|| error(403, "FORBIDDEN")).await;
    for type_name in TYPES {
        let said = session.try_read(type_name, &stored(type_name)).await.unwrap_err();
        pages.add(&format!("refresh of {type_name}"), said, api.url());
        let plan = session.plan(type_name, &config(type_name), None).await;
        let failed = session.try_apply(&plan).await.unwrap_err();
        pages.add(&format!("creation of {type_name}"), failed.notes, api.url());
        let id = if type_name == TOKEN {
            format!("loader/{ID}")
        } else {
            "loader".to_owned()
        };
        let said = session.try_import(type_name, &id).await.unwrap_err();
        pages.add(&format!("import of {type_name}"), said, api.url());
        let plan = session.plan_destroy(type_name, &stored(type_name)).await.unwrap();
        if type_name != DUCKLINGS {
            let failed = session.try_apply(&plan).await.unwrap_err();
            pages.add(&format!("destroy of {type_name}"), failed.notes, api.url());
        }
        let listed = session.try_list(&Question::all(type_name).whole()).await;
        pages.add(&format!("query of {type_name}"), listed.notes, api.url());
    }
    let listed = session.try_list(&Question::all(TOKEN).of("loader")).await;
    pages.add("query of the tokens of one account", listed.notes, api.url());
    for (name, config) in [
        ("motherduck_service_account", json!({ "username": "loader" })),
        ("motherduck_tokens", json!({ "username": "loader" })),
        ("motherduck_ducklings", json!({ "username": "loader" })),
        ("motherduck_users", json!({})),
        ("motherduck_active_accounts", json!({})),
    ] {
        let said = session.look_up(name, &config).await.unwrap_err();
        pages.add(&format!("data source {name}"), said, api.url());
    }
    let dive = json!({ "dive_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7", "username": "loader" });
    let said = session
        .try_open("motherduck_dive_embed_session", &dive)
        .await
        .unwrap_err();
    pages.add("ephemeral motherduck_dive_embed_session", said, api.url());
    let said = session.try_open(TOKEN, &config(TOKEN)).await.unwrap_err();
    pages.add("ephemeral motherduck_token", said, api.url());
    let action = session
        .invocation("motherduck_revoke_tokens", &json!({ "username": "loader" }))
        .await;
    pages.add(
        "action motherduck_revoke_tokens",
        session.invoke(action).await.notes,
        api.url(),
    );

    let (session, api) =
        self::api(|request| (request.method == "DELETE").then(|| error(403, "FORBIDDEN"))).await;
    let wanted = json!({ "username": "loader", "except_ids": ["other"] });
    let action = session.invocation("motherduck_revoke_tokens", &wanted).await;
    pages.add(
        "action motherduck_revoke_tokens, a token of a human member",
        session.invoke(action).await.notes,
        api.url(),
    );

    let (session, api) = always(|| Reply::Other(404, "text/plain", "Not Found")).await;
    let said = session.look_up("motherduck_users", &json!({})).await.unwrap_err();
    pages.add(
        "data source motherduck_users without the endpoint",
        said,
        api.url(),
    );
    let listed = session.try_list(&Question::all(ACCOUNT)).await;
    pages.add("query without the endpoint", listed.notes, api.url());
}

/// Objects that are not there.
async fn missing(pages: &mut Pages) {
    pages.chapter("Objects that are not there");
    let (session, api) = always(gone).await;
    for type_name in TYPES {
        let read = session.read(type_name, &stored(type_name)).await;
        pages.add(&format!("refresh of {type_name}"), read.notes, api.url());
        let id = if type_name == TOKEN {
            format!("loader/{ID}")
        } else {
            "loader".to_owned()
        };
        let said = session.try_import(type_name, &id).await.unwrap_err();
        pages.add(&format!("import of {type_name}"), said, api.url());
    }
    for type_name in [TOKEN, DUCKLINGS] {
        let plan = session.plan(type_name, &config(type_name), None).await;
        let failed = session.try_apply(&plan).await.unwrap_err();
        pages.add(&format!("creation of {type_name}"), failed.notes, api.url());
    }
    for name in ["motherduck_service_account", "motherduck_tokens"] {
        let said = session
            .look_up(name, &json!({ "username": "loader" }))
            .await
            .unwrap_err();
        pages.add(&format!("data source {name}"), said, api.url());
    }
    let action = session
        .invocation("motherduck_revoke_tokens", &json!({ "username": "loader" }))
        .await;
    pages.add(
        "action motherduck_revoke_tokens",
        session.invoke(action).await.notes,
        api.url(),
    );

    let (session, api) = self::api(|_| None).await;
    let other = Stored::unidentified(edited(&stored(TOKEN).state, "id", json!("other")), Vec::new());
    pages.add(
        "refresh of a token that is not listed",
        session.read(TOKEN, &other).await.notes,
        api.url(),
    );
    let said = session.try_import(TOKEN, "loader/nightly").await.unwrap_err();
    pages.add("import of a token by its name", said, api.url());
    for type_name in TYPES {
        let said = session.try_import(type_name, "a b").await.unwrap_err();
        pages.add(
            &format!("import of {type_name} by an id of another form"),
            said,
            api.url(),
        );
        let broken = Stored::unidentified(
            edited(&stored(type_name).state, "username", Json::Null),
            Vec::new(),
        );
        let said = session.try_read(type_name, &broken).await.unwrap_err();
        pages.add(
            &format!("refresh of {type_name} without its key"),
            said,
            api.url(),
        );
    }
    let (session, api) = self::api(|request| {
        request
            .path
            .starts_with("/v1/users?")
            .then(|| Reply::Json(200, json!({ "users": [user(false)] })))
    })
    .await;
    pages.add(
        "import of a human member",
        session.try_import(ACCOUNT, "loader").await.unwrap_err(),
        api.url(),
    );
    let (session, api) = self::api(|request| {
        request
            .path
            .starts_with("/v1/users?")
            .then_some(Reply::Other(404, "text/plain", "Not Found"))
    })
    .await;
    pages.add(
        "import without the list of users",
        session.try_import(ACCOUNT, "loader").await.unwrap().notes,
        api.url(),
    );
}

/// Writes that did not do what was asked.
async fn writes(pages: &mut Pages) {
    pages.chapter("Writes that do something else");
    let create = async |pages: &mut Pages,
                        case: &str,
                        type_name: &str,
                        config: &Json,
                        (session, api): (Session, Canned)| {
        let plan = session.plan(type_name, config, None).await;
        let notes = match session.try_apply(&plan).await {
            Ok(applied) => applied.notes,
            Err(failed) => failed.notes,
        };
        pages.add(case, notes, api.url());
    };
    let account = config(ACCOUNT);
    let taken = api(|request| (request.method == "POST").then(|| error(409, "CONFLICT"))).await;
    create(pages, "an account that exists", ACCOUNT, &account, taken).await;
    let lost = api(|request| (request.method == "POST").then_some(Reply::HangUp)).await;
    create(
        pages,
        "an account that was there before, and a lost response",
        ACCOUNT,
        &account,
        lost,
    )
    .await;
    let absent = api(|request| match request.method.as_str() {
        "POST" => Some(error(500, "INTERNAL_SERVER_ERROR")),
        _ => Some(gone()),
    })
    .await;
    create(
        pages,
        "an account that does not appear after a lost response",
        ACCOUNT,
        &account,
        absent,
    )
    .await;
    let looks = AtomicUsize::new(0);
    let blind = api(move |request| match request.method.as_str() {
        "POST" => Some(error(500, "INTERNAL_SERVER_ERROR")),
        _ if looks.fetch_add(1, Ordering::SeqCst) == 0 => Some(gone()),
        _ => Some(error(403, "FORBIDDEN")),
    })
    .await;
    create(
        pages,
        "an account that cannot be looked for after a lost response",
        ACCOUNT,
        &account,
        blind,
    )
    .await;
    let blind = api(|request| match request.method.as_str() {
        "POST" => Some(error(500, "INTERNAL_SERVER_ERROR")),
        _ => None,
    })
    .await;
    create(
        pages,
        "an account that was present before",
        ACCOUNT,
        &account,
        blind,
    )
    .await;
    let renamed = api(|request| match request.method.as_str() {
        "POST" => Some(Reply::Json(200, json!({ "username": "loader_2" }))),
        _ => Some(gone()),
    })
    .await;
    create(pages, "an account with another name", ACCOUNT, &account, renamed).await;

    let nightly = config(TOKEN);
    let taken = api(|request| (request.method == "POST").then(|| error(409, "CONFLICT"))).await;
    create(pages, "a token name that is taken", TOKEN, &nightly, taken).await;
    let other = api(|request| {
        (request.method == "POST")
            .then(|| Reply::Json(200, listed(&json!({ "name": "other", "token": "secret" }))))
    })
    .await;
    create(pages, "a token with another name", TOKEN, &nightly, other).await;
    let undescribed = api(|request| {
        (request.method == "POST").then(|| Reply::Json(200, listed(&json!({ "token": "secret" }))))
    })
    .await;
    create(
        pages,
        "a token without its description",
        TOKEN,
        &with(&nightly, "description", json!("loads")),
        undescribed,
    )
    .await;

    let both = config(DUCKLINGS);
    let clamped = api(|request| {
        (request.method == "PUT").then(|| {
            Reply::Json(
                200,
                edited(&request.body["config"], "read_scaling.flock_size", json!(1)),
            )
        })
    })
    .await;
    create(
        pages,
        "Ducklings that are stored differently",
        DUCKLINGS,
        &both,
        clamped,
    )
    .await;
    let one = json!({ "username": "loader", "read_write": { "instance_size": "giga" } });
    let overwritten = api(|_| None).await;
    create(
        pages,
        "Ducklings that something else overwrites",
        DUCKLINGS,
        &one,
        overwritten,
    )
    .await;
    let gets = AtomicUsize::new(0);
    let unread = api(move |request| {
        (request.method == "GET" && gets.fetch_add(1, Ordering::SeqCst) > 0).then(|| error(403, "FORBIDDEN"))
    })
    .await;
    create(
        pages,
        "Ducklings that cannot be read back",
        DUCKLINGS,
        &one,
        unread,
    )
    .await;
    let failing = api(|request| (request.method == "PUT").then(|| error(500, "INTERNAL_SERVER_ERROR"))).await;
    create(
        pages,
        "Ducklings that did not change",
        DUCKLINGS,
        &edited(&both, "read_write.instance_size", json!("giga")),
        failing,
    )
    .await;
    let issue =
        api(|request| {
            (request.method == "PUT").then(|| {
            Reply::Json(400, json!({
                "code": "BAD_REQUEST", "message": "Bad Request",
                "issues": [{ "message": "too many", "path": ["config", "read_scaling", "flock_size"] }],
            }))
        })
        })
        .await;
    create(
        pages,
        "Ducklings with a value that the API blames",
        DUCKLINGS,
        &both,
        issue,
    )
    .await;
}

/// Deletions, and what is left.
async fn endings(pages: &mut Pages) {
    pages.chapter("Deletions");
    let (session, api) = api(|_| None).await;
    let protected = Stored::unidentified(
        edited(&stored(ACCOUNT).state, "deletion_protection", json!(true)),
        Vec::new(),
    );
    pages.add(
        "the destroy of a protected account",
        session.plan_destroy(ACCOUNT, &protected).await.unwrap_err(),
        "",
    );
    let other = json!({ "username": "other" });
    pages.add(
        "another name for a protected account",
        session
            .try_plan(ACCOUNT, &other, Some(&protected))
            .await
            .unwrap_err(),
        "",
    );
    let plan = session.plan(ACCOUNT, &config(ACCOUNT), None).await;
    let failed = session
        .change(&plan.destroying_tainted(&protected))
        .await
        .unwrap_err();
    pages.add("the deletion of a tainted, protected account", failed.notes, "");
    let plan = session.plan_destroy(DUCKLINGS, &stored(DUCKLINGS)).await.unwrap();
    pages.add("the destroy of Ducklings", plan.notes, api.url());
    let restoring = Stored::unidentified(
        edited(&stored(DUCKLINGS).state, "restore_on_destroy", json!(true)),
        Vec::new(),
    );
    let plan = session.plan_destroy(DUCKLINGS, &restoring).await.unwrap();
    pages.add(
        "Ducklings whose values before are not known",
        session.apply(&plan).await.notes,
        api.url(),
    );

    let restore = with(&config(DUCKLINGS), "restore_on_destroy", json!(true));
    for (case, reply) in [
        ("Ducklings whose values before are refused", Some(400)),
        ("Ducklings whose values before are not stored", None),
    ] {
        let (puts, size) = (AtomicUsize::new(0), Mutex::new("standard"));
        let (session, api) = self::api(move |request| {
            if request.method != "PUT" {
                return None;
            }
            *size.lock().unwrap() = "giga";
            match (puts.fetch_add(1, Ordering::SeqCst), reply) {
                (0, _) => None,
                (_, Some(status)) => Some(error(status, "BAD_REQUEST")),
                (_, None) => Some(Reply::Json(
                    200,
                    edited(&request.body["config"], "read_scaling.flock_size", json!(1)),
                )),
            }
        })
        .await;
        let stored = session.create(DUCKLINGS, &restore).await;
        let plan = session.plan_destroy(DUCKLINGS, &stored).await.unwrap();
        pages.add(case, session.try_apply(&plan).await.unwrap_err().notes, api.url());
    }
}

/// States and identities that cannot be read.
async fn states(pages: &mut Pages) {
    pages.chapter("Stored states");
    let session = Session::start().await;
    for (case, version, text) in [
        ("a newer state", 2, "{}"),
        ("a state that is no JSON", 1, "{"),
        ("a state that is no object", 1, "null"),
        ("a state of another form", 1, "{\"username\":[]}"),
    ] {
        pages.add(
            case,
            session.upgrade(ACCOUNT, version, text).await.unwrap_err(),
            "",
        );
    }
    pages.add(
        "a state of the community's provider without its key",
        session
            .upgrade(TOKEN, 0, "{\"username\":\"loader\"}")
            .await
            .unwrap_err(),
        "",
    );
    pages.add(
        "a state of the community's provider that cannot be read",
        session.upgrade(TOKEN, 0, "[]").await.unwrap_err(),
        "",
    );
}

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/protocol/diagnostics.md")
}

#[tokio::test]
async fn every_diagnostic_reads_as_the_file_says() {
    let mut chapters: [Pages; 9] = Default::default();
    let [
        said,
        unusable,
        responded,
        refused,
        absent,
        written,
        taken_over,
        ended,
        kept,
    ] = &mut chapters;
    tokio::join!(
        configurations(said),
        settings(unusable),
        responses(responded),
        operations(refused),
        missing(absent),
        writes(written),
        tokens(taken_over),
        endings(ended),
        states(kept),
    );
    let head = "# What the provider says\n\nWritten by `UPDATE_DIAGNOSTICS=1 cargo test --test protocol diagnostics`.\n";
    let text = chapters
        .iter()
        .fold(head.to_owned(), |text, pages| text + &pages.text);
    if std::env::var_os("UPDATE_DIAGNOSTICS").is_some() {
        fs::write(file(), &text).unwrap();
    }
    let kept = fs::read_to_string(file()).unwrap_or_default();
    let differing = text.lines().zip(kept.lines()).find(|(now, kept)| now != kept);
    assert!(
        text == kept,
        "tests/protocol/diagnostics.md is stale, first at {differing:?}: run with UPDATE_DIAGNOSTICS=1 and review it"
    );
    let triggered: BTreeSet<&str> = chapters
        .iter()
        .flat_map(|pages| pages.summaries.iter().map(String::as_str))
        .collect();
    let missing: Vec<String> = summaries_in_code()
        .into_iter()
        .filter(|summary| !ELSEWHERE.contains(&summary.as_str()) && !summary.starts_with("Unknown "))
        .filter(|summary| !triggered.iter().any(|triggered| fits(summary, triggered)))
        .collect();
    assert!(missing.is_empty(), "no case triggers {missing:#?}");
}

/// Whether a summary is made by this format.
fn fits(format: &str, summary: &str) -> bool {
    let mut rest = summary;
    let parts: Vec<&str> = format
        .split('{')
        .enumerate()
        .map(|(index, part)| {
            if index == 0 {
                part
            } else {
                part.split_once('}').map_or(part, |(_, after)| after)
            }
        })
        .collect();
    for (index, part) in parts.iter().enumerate() {
        let Some(at) = rest.find(part) else { return false };
        if index == 0 && at > 0 {
            return false;
        }
        rest = &rest[at + part.len()..];
    }
    rest.is_empty() || format.ends_with('}')
}

/// The summaries that stand in the code as literals, outside of its tests.
fn summaries_in_code() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let is_test = path.file_stem().is_some_and(|name| name == "tests");
            if is_test {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
            for start in ["Diagnostic::error(", "Diagnostic::warning("] {
                for after in code.split(start).skip(1) {
                    let argument = after.trim_start();
                    let argument = argument.strip_prefix("format!(").unwrap_or(argument).trim_start();
                    if let Some(literal) = argument.strip_prefix('"') {
                        found.insert(literal.split('"').next().unwrap_or_default().to_owned());
                    }
                }
            }
        }
    }
    found
}

/// Summaries that no case here triggers: other tests do, with requests that core would not send, with signals, or with
/// a framework of their own; the last ones tell of faults of the provider or of its host.
const ELSEWHERE: [&str; 17] = [
    "A token may exist that is in no state",
    "Deprecated attribute",
    "Import needs an id",
    "Incomplete identity",
    "Interrupted before the MotherDuck API was called",
    "Invalid identity to import",
    "Invalid limit",
    "Stored identity belongs to another object",
    "Stored identity cannot be read",
    "Stored identity is newer than this provider",
    "The `config` block is not known yet",
    "The environment variable {name} is not valid UTF-8",
    "The provider is ending",
    "This resource cannot be moved here",
    "Unknown version of the state to move",
    "Write-only values need a newer CLI",
    "Unexpected provider behavior",
];
