//! All five data sources: objects that are created in the same run are read after their creation.

use serde_json::json;

use crate::support::Story;

const MAIN: &str = r#"
resource "motherduck_service_account" "svc" {
  username            = "svc"
  deletion_protection = false
}

resource "motherduck_token" "loader" {
  username = motherduck_service_account.svc.id
  name     = "loader"
}

data "motherduck_service_account" "svc" {
  username = motherduck_service_account.svc.id
}

data "motherduck_ducklings" "svc" {
  username = data.motherduck_service_account.svc.id
}

data "motherduck_tokens" "svc" {
  username = motherduck_token.loader.username

  # The username is known before the token is there.
  depends_on = [motherduck_token.loader]
}

data "motherduck_users" "people" {
  is_service_account = false
}

data "motherduck_active_accounts" "now" {}
"#;

#[test]
fn data_sources_are_read_after_their_dependencies() {
    const LATE: [(&str, &str); 5] = [
        ("data.motherduck_ducklings.svc", "read"),
        ("data.motherduck_service_account.svc", "read"),
        ("data.motherduck_tokens.svc", "read"),
        ("motherduck_service_account.svc", "create"),
        ("motherduck_token.loader", "create"),
    ];
    let story = Story::new(MAIN);
    story.run(["validate"]);

    // The plan reads data sources without dependencies, and the apply reads the others.
    let plan = story.plan();
    plan.expect(LATE)
        .unknown("data.motherduck_service_account.svc", "id");
    let mut sent = story.requests();
    sent.sort();
    assert_eq!(sent, ["GET /v1/active_accounts 200", "GET /v1/users 200"]);
    story.clear_requests();
    story.apply_saved_plan();
    let sent = story.requests();
    assert_eq!(
        sent[..2],
        ["GET /v1/users/svc/instances 404", "POST /v1/users 200"]
    );
    let mut later = sent[2..].to_vec();
    later.sort();
    assert_eq!(
        later,
        [
            "GET /v1/users/svc/instances 200",
            "GET /v1/users/svc/instances 200",
            // One request is sent by the data source, and one before a token with a fixed name is created.
            "GET /v1/users/svc/tokens 200",
            "GET /v1/users/svc/tokens 200",
            "POST /v1/users/svc/tokens 200",
        ]
    );

    let ducklings = story.attributes("data.motherduck_ducklings.svc");
    let found = story.attributes("data.motherduck_service_account.svc");
    assert_eq!(found["id"], "svc");
    assert_eq!(found["read_write"]["instance_size"], "standard");
    for block in ["read_write", "read_scaling"] {
        assert_eq!(found[block], ducklings[block]);
    }
    let tokens = story.attributes("data.motherduck_tokens.svc")["tokens"].clone();
    let token = story.attributes("motherduck_token.loader");
    for name in ["id", "name", "token_type", "read_only", "created_ts", "expire_at"] {
        assert_eq!(tokens[0][name], token[name], "{name}");
    }
    assert_eq!(tokens.as_array().unwrap().len(), 1);
    let people = story.attributes("data.motherduck_users.people")["users"].clone();
    assert_eq!(people[0]["username"], "emulator_admin");
    assert_eq!(
        story.attributes("data.motherduck_active_accounts.now")["accounts"],
        json!([])
    );
    story.expect_empty_plan();
    story.destroy();
}
