//! `motherduck_token` for the length of a run: opening mints it, closing revokes it.

use async_trait::async_trait;
use secrecy::SecretString;
use uuid::Uuid;

use crate::api::{Client, NewToken};
use crate::framework::{
    Attribute, Diagnostic, Diagnostics, EphemeralResource, Field, Number, Opened, Private, Schema, Value,
    model,
};
use crate::motherduck::minting::{self, Advice, Minted, Name};
use crate::motherduck::{Connection, account_name, explain, token_answer, token_rules};

/// The life, in seconds, of a token for which none is chosen: what a crash leaves behind is gone after it.
const DEFAULT_TTL: i64 = 3600;

/// What closing has to know, by these names: whose token, and which.
const USERNAME: &str = "username";
const ID: &str = "id";

model! {
    /// A token as long as a run needs it.
    pub(super) struct State {
        username: String,
        name: String,
        token_type: String,
        ttl: i64,
        description: String,
        id: String,
        token: SecretString,
        expire_at: String,
        created_ts: String,
        read_only: bool,
    }
}

/// The ephemeral resource `motherduck_token`.
pub(super) struct Token {
    connection: Connection,
}

impl Token {
    pub(super) fn new(connection: Connection) -> Self {
        Token { connection }
    }
}

#[async_trait]
impl EphemeralResource for Token {
    type State = State;

    fn type_name(&self) -> &'static str {
        "motherduck_token"
    }

    fn schema(&self) -> Schema {
        Schema {
            version: 0,
            description: "An access token that lives no longer than the run that needs it: Terraform mints \
                one in every plan and one in every apply, and revokes it as soon as nothing needs it any \
                more, after a failed apply too. Its secret is in no state, no plan and no log. Should a \
                crash keep Terraform from revoking it, its `ttl` ends it.",
            attributes: vec![
                Attribute::string("username")
                    .required()
                    .must(account_name::existing())
                    .description(
                        "User or service account that the token belongs to. For a service account of the \
                         same configuration refer to its `id`: the token is then minted only once the \
                         account exists. A token of a human member can be minted by that member alone.",
                    ),
                Attribute::string("name")
                    .optional_computed()
                    .must(token_rules::name())
                    .description(
                        "Name of the token, 1 to 255 characters, not blank. `MotherDuck Extension` and \
                         `MotherDuck Flights` are reserved. Defaults to `terraform-ephemeral-` and eight \
                         hexadecimal digits that are drawn anew every time.",
                    ),
                Attribute::string("token_type")
                    .default(token_rules::default_token_type())
                    .must(token_rules::token_type())
                    .description("`read_write` (the default) or `read_scaling`."),
                Attribute::number("ttl")
                    .default(Value::Number(Number::from(DEFAULT_TTL)))
                    .must(token_rules::ttl())
                    .description(
                        "Longest life of the token in seconds, a whole number from 300 to 31536000 (a \
                         year). Defaults to 3600. It cannot be prolonged: choose one that the longest run \
                         fits into.",
                    ),
                Attribute::string("description")
                    .must(token_rules::description())
                    .description(
                        "What the token is for, at most 1000 UTF-16 units. Some regions do not store it yet.",
                    ),
                Attribute::string("id")
                    .computed()
                    .description("Id of the token, a UUID."),
                Attribute::string("token")
                    .computed()
                    .sensitive()
                    .description("The secret."),
                Attribute::string("expire_at")
                    .computed()
                    .description("When the token expires at the latest, as the API reports it (RFC 3339)."),
                Attribute::string("created_ts")
                    .computed()
                    .description("When the token was created, as the API reports it (RFC 3339)."),
                Attribute::bool("read_only")
                    .computed()
                    .description("Whether the token can only read."),
            ],
        }
    }

    async fn open(&self, config: State) -> Result<Opened<State>, Diagnostics> {
        let client = self.connection.client().await?;
        let username = config.username.text().unwrap_or_default();
        let (name, origin) = match config.name.text() {
            Some(name) => (name.to_owned(), Name::Chosen),
            None => (draw_name(), Name::Drawn),
        };
        let new = NewToken {
            name,
            ttl: config.ttl.known().and_then(|ttl| u64::try_from(*ttl).ok()),
            token_type: config.token_type.text().map(str::to_owned),
            description: config.description.text().map(str::to_owned),
        };
        let minted = minting::mint(&client, username, &new, origin, &ADVICE).await?;
        if let Some(wrong) = token_answer::mismatch(&new, &minted.token) {
            return Err(give_back(&client, username, &new.name, &minted, &wrong).await);
        }
        let Minted { secret, token, .. } = minted;
        let mut private = Private::new();
        private.set(USERNAME, &username);
        private.set(ID, &token.id);
        let kept = "The token works all the same.";
        let warning = token_answer::other_description(new.description.as_deref(), &token, kept);
        Ok(Opened {
            result: State {
                name: Field::Known(new.name),
                id: Field::Known(token.id),
                token: Field::Known(secret),
                expire_at: token.expire_at.into(),
                created_ts: Field::Known(token.created_ts),
                read_only: Field::Known(token.read_only),
                ..config
            },
            private,
            warnings: warning.into_iter().collect(),
        })
    }

    async fn close(&self, private: Private) -> Result<Diagnostics, Diagnostics> {
        let (Some(username), Some(id)) = (private.get::<String>(USERNAME), private.get::<String>(ID)) else {
            return Err(Diagnostic::error(
                "It is not known which token to revoke",
                "What was remembered of the ephemeral token when it was opened did not come back. The token \
                 lives on until its `ttl` is over; revoke it in MotherDuck's settings if that is too long.",
            )
            .into());
        };
        let client = self.connection.client().await?;
        match minting::revoke_for_good(&client, &username, &id).await {
            Ok(_) => Ok(Diagnostics::new()),
            Err(error) => Err(explain::advised(
                &format!("The ephemeral token {id} of {username:?} could not be revoked"),
                &error,
                &(ADVICE.left_live)(&username, &id),
            )),
        }
    }
}

/// What can be done about a token that did not come to be, or cannot be ended.
const ADVICE: Advice = Advice {
    name_taken: "The API may refuse a second token of one name, and every run opens one of its own. Leave \
                 `name` out, and each gets a name that no other has.",
    secret_lost: |_| {
        "It lives on until its `ttl` is over. If that is too long, revoke it in MotherDuck's settings. A token \
         that another run has opened is not the one."
            .to_owned()
    },
    left_live: |username, id| {
        format!(
            "Token {id} of {username:?} lives on until its `ttl` is over. If that is too long, revoke it in \
             MotherDuck's settings."
        )
    },
};

/// A name that no other run has.
fn draw_name() -> String {
    let digits = Uuid::new_v4().simple().to_string();
    // The first eight are nothing but chance.
    format!("terraform-ephemeral-{}", &digits[..8])
}

/// A token was made that is not the one asked for: it is revoked at once, for what did not open is never
/// closed.
async fn give_back(client: &Client, username: &str, name: &str, minted: &Minted, wrong: &str) -> Diagnostics {
    let (outcome, trouble) = minting::take_back(client, username, &minted.token.id, &ADVICE).await;
    let mut diagnostics = Diagnostics::from(Diagnostic::error(
        format!("The created token {name:?} is not what was asked for"),
        format!("{wrong}\n\n{outcome}"),
    ));
    diagnostics.append(trouble.unwrap_or_default());
    diagnostics
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_run_draws_a_name_of_its_own() {
        let names = [draw_name(), draw_name()];
        assert_ne!(names[0], names[1]);
        for name in names {
            let digits = name.strip_prefix("terraform-ephemeral-").unwrap();
            assert_eq!(digits.len(), 8);
            assert!(
                digits
                    .bytes()
                    .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)),
                "{name}"
            );
        }
    }
}
