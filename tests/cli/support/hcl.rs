//! Parts of configurations.

/// The address of the account in [`all_resources`].
pub(crate) const ACCOUNT: &str = "motherduck_service_account.svc";
/// The address of the token in [`all_resources`].
pub(crate) const TOKEN: &str = "motherduck_token.loader";
/// The address of the Ducklings in [`all_resources`].
pub(crate) const DUCKLINGS: &str = "motherduck_ducklings.svc";

/// Returns a resource of each type with these arguments: an account, and a token and Ducklings for it.
pub(crate) fn all_resources(account: &str, token: &str, ducklings: &str) -> String {
    let username = format!("username = {ACCOUNT}.id");
    resource(ACCOUNT, account)
        + &resource(TOKEN, &format!("{username}\n{token}"))
        + &resource(DUCKLINGS, &format!("{username}\n{ducklings}"))
}

/// Returns a resource of each type without a protection from deletion.
pub(crate) fn unprotected_resources() -> String {
    all_resources(
        "username = \"svc\"\ndeletion_protection = false",
        "name = \"loader\"",
        "read_write = { instance_size = \"standard\", cooldown_seconds = 60 }",
    )
}

/// Returns a block with this header and body.
pub(crate) fn block(header: &str, body: &str) -> String {
    format!("{header} {{\n{body}\n}}\n")
}

/// Returns the `resource` block for an address such as `motherduck_token.loader`.
#[track_caller]
pub(crate) fn resource(address: &str, body: &str) -> String {
    let (kind, name) = address.split_once('.').unwrap();
    block(&format!("resource \"{kind}\" \"{name}\""), body)
}

/// Returns a `moved` block.
pub(crate) fn moved(from: &str, to: &str) -> String {
    block("moved", &format!("from = {from}\nto = {to}"))
}

/// Returns a generated configuration without its `import` blocks.
pub(crate) fn without_import_blocks(configuration: &str) -> String {
    let mut blocks: Vec<&str> = configuration.split("\n\n").collect();
    blocks.retain(|block| !block.trim_start().starts_with("import"));
    blocks.join("\n\n")
}

/// Returns an `import` block.
pub(crate) fn import(to: &str, id: &str) -> String {
    block("import", &format!("to = {to}\nid = \"{id}\""))
}
