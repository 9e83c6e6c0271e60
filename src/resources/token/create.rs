//! The name of a token to create, and the revocation of one that the API created with other values.

use super::{State, text};
use crate::api::Client;
use crate::framework::{ApplyError, Diagnostic, Diagnostics, Field, ResourceState};
use crate::motherduck::create_token::{self, Purpose};
use crate::motherduck::token_name::{Name, Prefix};
use crate::motherduck::{ProviderData, token_rules};

/// Returns the name of a new token. Validation cannot check values that become known only with apply.
pub(super) fn name_to_create(planned: &State) -> Result<Name, Diagnostics> {
    let broken = token_rules::check_name_or_prefix(&planned.name, &planned.name_prefix);
    if !broken.is_empty() {
        return Err(broken);
    }
    match (planned.name.text(), planned.name_prefix.text()) {
        (_, Some(prefix)) => Ok(Name::Generated(Prefix::Configured(prefix.to_owned()))),
        (Some(name), None) => Ok(Name::Fixed(name.to_owned())),
        (None, None) => Err(Diagnostic::error(
            "The token has no name",
            "Neither `name` nor `name_prefix` has a value. Nothing was created. Set one of the two.",
        )
        .into()),
    }
}

/// Revokes a token that differs from the request. If that fails, the token stays in the state as tainted. Its
/// replacement revokes it, even with `revoke_on_destroy = false`: Terraform accepts a state that differs from
/// the plan together with an error.
pub(super) async fn revoke_differing(
    provider_data: &ProviderData,
    client: &Client,
    mut stored: ResourceState<State>,
    difference: &str,
) -> ApplyError<State> {
    let (username, id) = (text(&stored.state.username), text(&stored.state.id));
    let summary = format!(
        "The created token {:?} of {username:?} differs from the request",
        text(&stored.state.name)
    );
    let (outcome, not_revoked) =
        create_token::revoke_differing(provider_data, client, username, id, Purpose::Managed).await;
    let Some(not_revoked) = not_revoked else {
        let next = "Change the configuration to what the service stores, or ask MotherDuck's support why it differs.";
        return Diagnostic::error(summary, format!("{difference} {outcome}\n\n{next}")).into();
    };
    stored.state.revoke_on_destroy = Field::Known(true);
    let kept = "It is in the state as tainted: the next apply revokes it and creates another.";
    let mut diagnostics = Diagnostics::from(Diagnostic::error(
        summary,
        format!("{difference} {outcome} {kept}"),
    ));
    diagnostics.append(not_revoked);
    ApplyError {
        diagnostics,
        kept: Some(stored),
    }
}
