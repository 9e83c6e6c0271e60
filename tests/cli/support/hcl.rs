//! Parts of configurations.

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

/// Returns an `import` block.
pub(crate) fn import(to: &str, id: &str) -> String {
    block("import", &format!("to = {to}\nid = \"{id}\""))
}
