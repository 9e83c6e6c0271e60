//! The data of the page: totals, and the first rows of each list.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::app::App;
use crate::error::StorageError;
use crate::state::{Account, Organization, Token, UserFilter};
use crate::wire::{ActiveAccount, DucklingConfigState};

/// The number of rows in each list.
const ROWS: usize = 100;

/// Returns the totals and the first rows of every list, limited to objects with a name that contains
/// `search`. The result contains no secrets.
pub(crate) fn overview(app: &App, search: &str) -> Result<Value, StorageError> {
    let wanted = Search::new(search);
    let requests = requests(app, &wanted);
    let faults = app.faults().totals();
    let [accounts, tokens, running] =
        app.read(|organization| members(organization, &wanted, app.clock.now()))?;
    Ok(json!({
        "clock": { "now": app.clock.now().to_string(), "offset_seconds": app.clock.offset_seconds() },
        "faults": { "rules": faults.0, "hits": faults.1 },
        "search": search,
        "accounts": accounts.into_json(),
        "tokens": tokens.into_json(),
        "running": running.into_json(),
        "requests": requests.into_json(),
        "requests_dropped": app.log.dropped(),
        "requests_under_way": app.log.in_flight(),
    }))
}

/// Returns accounts, tokens and running Ducklings, the newest account first.
fn members(organization: &Organization, wanted: &Search, now: Timestamp) -> [List; 3] {
    let (mut accounts, mut tokens, mut running) = (List::default(), List::default(), List::default());
    for account in organization.users(UserFilter::default()) {
        let is_wanted = wanted.is_in([account.username.as_str(), &account.email]);
        let live = account.tokens.iter().filter(|token| token.is_live(now)).count();
        accounts.add(is_wanted, || account_row(account, live));
        for token in account.tokens.iter().rev() {
            let is_wanted = is_wanted || wanted.is_in([token.name.as_str(), &token.id.to_string()]);
            tokens.add(is_wanted, || token_row(account, token, token.is_live(now)));
        }
        if !account.running.is_empty() {
            for duckling in ActiveAccount::new(account).ducklings() {
                running.add(is_wanted, || {
                    let mut row = json!(duckling);
                    row["username"] = account.username.as_str().into();
                    row
                });
            }
        }
    }
    [accounts, tokens, running]
}

/// Returns the requests, the latest first, each with its number.
fn requests(app: &App, wanted: &Search) -> List {
    let mut list = List::default();
    app.log.each_latest_first(|number, request| {
        list.add(wanted.is_in([request.path.as_str(), &request.method]), || {
            let mut row = json!(request);
            row["number"] = number.into();
            row
        });
    });
    list
}

fn account_row(account: &Account, live_tokens: usize) -> Value {
    json!({
        "id": account.id,
        "username": account.username,
        "is_service_account": account.is_service_account,
        "is_deprovisioned": account.is_deprovisioned,
        "roles": account.roles,
        "live_tokens": live_tokens,
        "ducklings": DucklingConfigState::new(account.ducklings),
    })
}

fn token_row(account: &Account, token: &Token, is_live: bool) -> Value {
    json!({
        "id": token.id,
        "name": token.name,
        "username": account.username,
        "token_type": token.kind,
        "expire_at": token.expires.map(|time| time.to_string()),
        "expired": !is_live,
    })
}

/// A text to search for, ignoring letter case. An empty text matches everything.
struct Search(String);

impl Search {
    fn new(text: &str) -> Self {
        Self(text.to_lowercase())
    }

    fn is_in<const N: usize>(&self, texts: [&str; N]) -> bool {
        self.0.is_empty() || texts.iter().any(|text| text.to_lowercase().contains(&self.0))
    }
}

/// A list that keeps its first rows and counts the others.
#[derive(Default)]
struct List {
    total: usize,
    matching: usize,
    shown: Vec<Value>,
}

impl List {
    fn add(&mut self, is_wanted: bool, row: impl FnOnce() -> Value) {
        self.total += 1;
        if is_wanted {
            self.matching += 1;
            if self.shown.len() < ROWS {
                self.shown.push(row());
            }
        }
    }

    fn into_json(self) -> Value {
        json!({ "total": self.total, "matching": self.matching, "shown": self.shown })
    }
}
