//! Users: service accounts and human members of the organization.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

use super::Client;
use crate::api::api_request::ApiRequest;
use crate::api::operation::Operation;
use crate::api::paging::{Cursors, is_blank};
use crate::api::{Error, Reply, json};

/// The number of users in a request; as far as is known, the maximum of the API.
const PAGE_SIZE: u32 = 1000;

/// The maximum number of roles of a user that are read. The API has three.
const ROLES_LIMIT: usize = 1000;

/// A user of the organization, as `GET /v1/users` lists it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct User {
    /// A stable, opaque id.
    pub id: String,
    /// Unique in the organization, ignoring letter case.
    pub username: String,
    /// The content for a service account is not documented.
    pub email: Option<String>,
    /// Absent for most service accounts.
    pub first_name: Option<String>,
    /// Absent for most service accounts.
    pub last_name: Option<String>,
    /// Whether it is a service account and not a human member.
    pub is_service_account: bool,
    /// Whether it can no longer sign in.
    pub is_deprovisioned: bool,
    /// Roles that are granted directly, without those they include.
    #[serde(default, deserialize_with = "json::limited_list::<_, _, ROLES_LIMIT>")]
    pub roles: Vec<String>,
}

/// Which users to list; by default all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UserFilter {
    /// Only service accounts, or only human members.
    pub is_service_account: Option<bool>,
    /// Only deprovisioned users, or only the others.
    pub is_deprovisioned: Option<bool>,
}

#[derive(Deserialize)]
struct UserPage {
    users: Vec<User>,
    next_page_token: Option<String>,
}

/// The only member of the response that is read.
#[derive(Deserialize)]
struct CreatedMembers<'a> {
    #[serde(borrow)]
    username: Option<&'a RawValue>,
}

impl Client {
    /// Creates a service account. Returns its username as the API reports it, if it does. A 2xx is a success
    /// unless the body is a page, because then the API itself did not respond.
    pub async fn create_service_account(&self, username: &str) -> Result<Reply<Option<String>>, Error> {
        let request = ApiRequest::post(["users"], json!({ "username": username }));
        let success = self.operation().send(request).await?;
        success.ensure_from_api()?;
        let created = success.decode_received::<CreatedMembers<'_>>().ok();
        let stored = created.and_then(|created| json::string(created.username));
        Ok(success.reply(stored))
    }

    /// Lists the users of all pages, each once, in the API's order.
    pub async fn users(&self, filter: UserFilter) -> Result<Reply<Vec<User>>, Error> {
        let mut pages = self.user_pages(filter);
        let mut listed = pages.first().await?;
        while let Some(page) = pages.next().await? {
            let mut users = listed.body;
            users.extend(page.body);
            listed = Reply { body: users, ..page };
        }
        Ok(listed)
    }

    /// Lists the users page by page. The first request is sent with the first call of `next`.
    pub fn user_pages(&self, filter: UserFilter) -> UserPages {
        let mut first = ApiRequest::get(["users"]).with_query("limit", PAGE_SIZE.to_string());
        if let Some(wanted) = filter.is_service_account {
            first = first.with_query("is_service_account", wanted.to_string());
        }
        if let Some(wanted) = filter.is_deprovisioned {
            first = first.with_query("is_deprovisioned", wanted.to_string());
        }
        UserPages {
            operation: self.operation(),
            next: Some(first.clone()),
            first,
            cursors: Cursors::default(),
            seen: HashSet::new(),
        }
    }

    /// Deletes a user with its tokens and all data it owns. If the user does not exist, [`Error::is_gone`] is true.
    pub async fn delete_user(&self, username: &str) -> Result<Reply<()>, Error> {
        self.operation()
            .delete(ApiRequest::delete(["users", username]))
            .await
    }
}

/// An iterator over the pages of users.
pub struct UserPages {
    operation: Operation,
    first: ApiRequest,
    /// `None` after the last page or after an error.
    next: Option<ApiRequest>,
    cursors: Cursors,
    /// The ids so far, because an insertion between two requests shifts the listing.
    seen: HashSet<String>,
}

impl UserPages {
    /// Returns the next page without users that occurred before; `None` after the last page. An error ends
    /// the listing.
    pub async fn next(&mut self) -> Result<Option<Reply<Vec<User>>>, Error> {
        match self.next.take() {
            Some(request) => self.read(request).await.map(Some),
            None => Ok(None),
        }
    }

    /// Returns the first page, which always exists but may be empty.
    async fn first(&mut self) -> Result<Reply<Vec<User>>, Error> {
        self.read(self.first.clone()).await
    }

    async fn read(&mut self, request: ApiRequest) -> Result<Reply<Vec<User>>, Error> {
        self.next = None;
        let success = self.operation.send(request).await?;
        let mut page: UserPage = success.decode()?;
        if let Some(cursor) = page.next_page_token.filter(|cursor| !is_blank(cursor)) {
            self.cursors
                .record(&cursor)
                .map_err(|error| success.malformed(&error.to_string()))?;
            self.next = Some(self.first.clone().with_query("page_token", cursor));
        }
        page.users.retain(|user| self.seen.insert(user.id.clone()));
        Ok(success.reply(page.users))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Kind;
    use crate::api::fake::{Script, not_found, status};
    use serde_json::Value;

    fn user(id: &str) -> Value {
        json!({
            "id": id, "username": format!("user{id}"), "email": null, "first_name": null,
            "is_service_account": true, "is_deprovisioned": false, "roles": ["admin"], "new_field": 4.5,
        })
    }

    #[tokio::test(start_paused = true)]
    async fn create_service_account_sends_the_username() {
        let script = Script::new().respond(status(200).json(&json!({ "username": "Svc" })));
        let created = script.client().create_service_account("svc").await.unwrap();
        assert_eq!(created.body.as_deref(), Some("Svc"));
        assert_eq!(script.sent(), ["POST /v1/users {\"username\":\"svc\"}"]);
    }

    #[tokio::test(start_paused = true)]
    async fn create_service_account_accepts_any_2xx() {
        for odd in [
            status(201),
            status(200).text("OK"),
            status(204),
            status(200).json(&json!({ "id": 1 })),
            status(200).cut_short(),
        ] {
            let script = Script::new().respond(odd);
            script.client().create_service_account("svc").await.unwrap();
            assert_eq!(script.sent().len(), 1);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn create_service_account_with_an_html_response_has_unknown_outcome() {
        let script = Script::new().respond(status(200).text("\u{feff}\n<html><title>Sign in</title>"));
        let error = script.client().create_service_account("svc").await.unwrap_err();
        assert!(matches!(error.kind(), Kind::Malformed { .. }), "{error}");
        assert!(
            error.outcome_unknown() && error.to_string().contains("\"Sign in\""),
            "{error}"
        );
        assert_eq!(script.sent().len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn delete_user_is_repeated_after_an_html_response() {
        let page = || status(200).text(" <!DOCTYPE html><title>Sign in</title>");
        let script = Script::of(vec![page(); 3]);
        let client = script.client_with(|settings| settings.max_retries = 2);
        let error = client.delete_user("ada").await.unwrap_err();
        assert!(
            matches!((error.kind(), error.attempts()), (Kind::Malformed { .. }, 3)),
            "{error}"
        );
        assert!(
            error.outcome_unknown() && error.to_string().contains("\"Sign in\""),
            "{error}"
        );

        // The DELETE is repeated after a page. Either of these responses means that the user is deleted.
        for last in [not_found(), status(200).json(&json!({ "username": "ada" }))] {
            let script = Script::new().respond(page()).respond(last);
            script.client().delete_user("ada").await.unwrap();
            assert_eq!(script.sent().len(), 2);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn users_sends_filters_with_each_page_and_drops_repeated_ids() {
        let script =
            Script::new()
                .respond(status(200).json(
                    &json!({ "users": [user("1"), user("2")], "total_count": 3, "next_page_token": "a/b" }),
                ))
                .respond(status(200).json(
                    &json!({ "users": [user("2"), user("3")], "total_count": 3, "next_page_token": "c" }),
                ))
                .respond(status(200).json(&json!({ "users": [], "next_page_token": "" })));
        let filter = UserFilter {
            is_service_account: Some(true),
            is_deprovisioned: Some(false),
        };
        let reply = script.client().users(filter).await.unwrap();
        assert_eq!(
            reply.body.iter().map(|user| user.id.as_str()).collect::<Vec<_>>(),
            ["1", "2", "3"]
        );
        assert_eq!(reply.url, "https://api.motherduck.com/v1/users");
        let common = "GET /v1/users?limit=1000&is_service_account=true&is_deprovisioned=false";
        assert_eq!(
            script.sent(),
            [
                common.to_owned(),
                format!("{common}&page_token=a%2Fb"),
                format!("{common}&page_token=c")
            ]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn user_pages_requests_a_page_only_on_next() {
        let page = json!({ "users": [user("1")], "next_page_token": "more" });
        let script = Script::new().respond(status(200).json(&page));
        let mut pages = script.client().user_pages(UserFilter::default());
        assert_eq!(script.sent().len(), 0);
        assert_eq!(pages.next().await.unwrap().unwrap().body.len(), 1);
        assert_eq!(script.sent().len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn user_pages_ends_after_an_error() {
        let page = json!({ "users": [user("1")], "next_page_token": "more" });
        let script = Script::new()
            .respond(status(200).json(&page))
            .respond(status(403));
        let mut pages = script.client().user_pages(UserFilter::default());
        assert!(pages.next().await.unwrap().is_some());
        assert!(pages.next().await.unwrap_err().is_forbidden());
        assert!(pages.next().await.unwrap().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn users_without_filters_reads_every_field() {
        let script = Script::new().respond(status(200).json(&json!({ "users": [
            { "id": "1", "username": "ada", "email": "ada@example.com", "first_name": "Ada", "last_name": "Lovelace",
              "is_service_account": false, "is_deprovisioned": true, "roles": null },
        ]})));
        let reply = script.client().users(UserFilter::default()).await.unwrap();
        let expected = User {
            id: "1".into(),
            username: "ada".into(),
            email: Some("ada@example.com".into()),
            first_name: Some("Ada".into()),
            last_name: Some("Lovelace".into()),
            is_service_account: false,
            is_deprovisioned: true,
            roles: vec![],
        };
        assert_eq!(reply.body, [expected]);
        assert_eq!(script.sent(), ["GET /v1/users?limit=1000"]);
    }

    #[tokio::test(start_paused = true)]
    async fn users_with_a_repeated_page_token_is_an_error() {
        let page = status(200).json(&json!({ "users": [user("1")], "next_page_token": "again" }));
        let script = Script::new().respond(page.clone()).respond(page);
        let error = script.client().users(UserFilter::default()).await.unwrap_err();
        assert!(error.to_string().contains("repeats the cursor"), "{error}");
        assert!(!error.outcome_unknown());
        assert!(!error.url().contains("again"));
    }

    #[tokio::test(start_paused = true)]
    async fn users_without_list_is_an_error() {
        let script = Script::new().respond(status(200).json(&json!({ "total_count": 0 })));
        let error = script.client().users(UserFilter::default()).await.unwrap_err();
        assert!(error.to_string().contains("has no `users`"), "{error}");
    }

    #[tokio::test(start_paused = true)]
    async fn users_with_a_404_without_code_is_unrouted() {
        let script = Script::new().respond(status(404).text("Not Found"));
        let error = script.client().users(UserFilter::default()).await.unwrap_err();
        assert!(error.is_unrouted() && !error.is_gone());
        assert_eq!(
            error.to_string(),
            "GET https://api.motherduck.com/v1/users returned status 404: Not Found"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn delete_user_encodes_the_name_and_accepts_any_2xx() {
        for odd in [
            status(200).json(&json!({ "username": "a/b" })),
            status(204),
            status(200).text("gone"),
            status(200).cut_short(),
        ] {
            let script = Script::new().respond(odd);
            script.client().delete_user("a/b").await.unwrap();
            assert_eq!(script.sent(), ["DELETE /v1/users/a%2Fb"]);
        }
    }
}
