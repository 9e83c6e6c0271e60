//! The accounts of a list: a named one, or every service account.

use std::collections::VecDeque;
use std::future::{Future, ready};

use futures_util::stream::{FuturesOrdered, Stream, StreamExt};

use crate::api::{Client, Error, Reply, User, UserFilter, UserPages};
use crate::framework::{Diagnostics, ListResult, ListResults, Model};
use crate::motherduck::errors;

/// The number of accounts that are requested in parallel.
pub(super) const AT_ONCE: usize = 8;

/// The accounts of a query in a fixed order: page by page as the API sends them, sorted by name within each.
pub(super) struct Accounts {
    waiting: VecDeque<String>,
    /// The source of more accounts, until the last page is read.
    pages: Option<UserPages>,
    /// Whether the query names the account, so that it must exist.
    is_named: bool,
}

impl Accounts {
    /// Returns only this account.
    pub(super) fn named(username: &str) -> Self {
        Accounts {
            waiting: VecDeque::from([username.to_owned()]),
            pages: None,
            is_named: true,
        }
    }

    /// Returns every service account that is not deprovisioned.
    pub(super) fn of_organization(client: &Client) -> Self {
        let filter = UserFilter {
            is_service_account: Some(true),
            is_deprovisioned: Some(false),
        };
        Accounts {
            waiting: VecDeque::new(),
            pages: Some(client.user_pages(filter)),
            is_named: false,
        }
    }

    /// Returns the next accounts, at most this many; none after the last one. Pages are only read when they
    /// are needed.
    async fn next(&mut self, most: usize) -> Result<Vec<String>, Diagnostics> {
        while self.waiting.is_empty()
            && let Some(pages) = &mut self.pages
        {
            match pages.next().await.map_err(|error| no_accounts(&error))? {
                Some(page) => self.waiting.extend(service_accounts(page.body)),
                None => self.pages = None,
            }
        }
        Ok(self.waiting.drain(..most.min(self.waiting.len())).collect())
    }

    /// Reports objects of accounts that need no further request.
    pub(super) async fn report<S: Model>(
        mut self,
        found: &mut ListResults,
        state_of: impl Fn(String) -> S + Send + Sync,
    ) -> Result<(), Diagnostics> {
        loop {
            let accounts = self.next(found.remaining()).await?;
            if accounts.is_empty() {
                return Ok(());
            }
            for username in accounts {
                let result = ListResult {
                    display_name: username.clone(),
                    state: state_of(username),
                    warnings: Diagnostics::new(),
                };
                if found.report(result).await.is_break() {
                    return Ok(());
                }
            }
        }
    }

    /// Sends a request for each of the next accounts, at most this many, in parallel. Returns each response
    /// as soon as it and those of all accounts before it have been received; `None` after the last account.
    ///
    /// An account that was deleted meanwhile is skipped; if the query names it, that is an error. `M` is the model
    /// of the query.
    pub(super) async fn request<M: Model, T, F: Future<Output = Result<Reply<T>, Error>>>(
        &mut self,
        most: usize,
        what: &'static str,
        request: impl Fn(String) -> F,
    ) -> Result<Option<impl Stream<Item = AccountResponse<T>> + Unpin>, Diagnostics> {
        let is_named = self.is_named;
        let accounts = self.next(most).await?;
        if accounts.is_empty() {
            return Ok(None);
        }
        let pending = accounts.into_iter().map(|username| {
            let response = request(username.clone());
            async move { (username, response.await) }
        });
        let responses = pending.collect::<FuturesOrdered<_>>();
        Ok(Some(responses.filter_map(move |(username, response)| {
            ready(match response {
                Ok(reply) => Some(Ok((username, reply))),
                Err(error) if error.is_gone() && !is_named => None,
                Err(error) => Some(Err(not_listed::<M>(what, &username, &error))),
            })
        })))
    }
}

/// An account and the response about it.
pub(super) type AccountResponse<T> = Result<(String, Reply<T>), Diagnostics>;

/// Returns the usernames of a page. An older server may ignore the filters.
fn service_accounts(mut users: Vec<User>) -> Vec<String> {
    users.retain(|user| user.is_service_account && !user.is_deprovisioned);
    users.sort_by(|a, b| (&a.username, &a.id).cmp(&(&b.username, &b.id)));
    users.into_iter().map(|user| user.username).collect()
}

fn not_listed<M: Model>(what: &str, username: &str, error: &Error) -> Diagnostics {
    let summary = format!("The {what} of {username:?} could not be listed");
    if !error.is_gone() {
        return errors::failure(&summary, error, &M::attributes());
    }
    let advice = "There is no such account. Check `username` in the `config` block, and that the access \
                  token belongs to the right organization.";
    errors::failure_with(&summary, error, advice, &M::attributes())
}

fn no_accounts(error: &Error) -> Diagnostics {
    let summary = "The service accounts could not be listed";
    if !error.is_unrouted() {
        return errors::failure(summary, error, &[]);
    }
    let advice = "This API has no list of users yet, so the accounts have to be named: set `username` in the \
                  `config` block to list the tokens or the Ducklings of one, and import an account itself \
                  with an `import` block that names it.";
    errors::failure_with(summary, error, advice, &[])
}
