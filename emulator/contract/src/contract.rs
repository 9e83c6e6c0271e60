//! The operations of the contract, and the allowed responses of each.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jsonschema::Validator;
use motherduck_emulator::Exchange;
use serde_json::Value;

use crate::schema::{validator, with_null_as_a_type};

/// A status that the contract lists for no operation, because a server in front of the API returns it. The
/// body has the shape of the API's other errors.
const BEFORE_THE_API: [u16; 1] = [413];

/// An OpenAPI document with the validators of its responses.
#[derive(Debug)]
pub struct Contract {
    operations: Vec<Operation>,
    error: Validator,
}

#[derive(Debug)]
struct Operation {
    method: String,
    /// The segments of its path; `None` stands for a parameter.
    path: Vec<Option<String>>,
    /// The validators by status, then by media type.
    responses: BTreeMap<u16, BTreeMap<String, Validator>>,
}

/// The document is not an OpenAPI contract.
#[derive(Debug, thiserror::Error)]
#[error("the contract cannot be read: {0}")]
pub struct ContractError(String);

/// How a response violates the contract.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{request} returned {status}: {problem}")]
pub struct Violation {
    request: String,
    status: u16,
    problem: String,
}

impl Contract {
    /// Returns the contract that is committed with the emulator.
    ///
    /// # Panics
    /// If that file is no contract.
    pub fn committed() -> &'static Self {
        static COMMITTED: LazyLock<Contract> =
            LazyLock::new(|| Contract::parse(crate::TEXT).unwrap_or_else(|error| panic!("{error}")));
        &COMMITTED
    }

    /// Parses an OpenAPI 3.0 document in YAML or JSON.
    ///
    /// # Errors
    /// If the text is no such document, or contains an unresolved reference.
    pub fn parse(text: &str) -> Result<Self, ContractError> {
        let mut document = read(text)?;
        with_null_as_a_type(&mut document);
        let operations = members(&document["paths"])
            .flat_map(|(path, item)| members(item).map(move |(method, operation)| (path, method, operation)))
            // Besides its operations, a path has parameters.
            .filter(|(_, _, operation)| operation.get("responses").is_some())
            .map(|(path, method, operation)| Operation::parse(path, method, operation, &document))
            .collect::<Result<Vec<_>, _>>()
            .map_err(ContractError)?;
        if operations.is_empty() {
            return Err(ContractError("it has no operations".to_owned()));
        }
        let components = &document["components"];
        let error = validator(&components["schemas"]["Error"], components).map_err(ContractError)?;
        Ok(Self { operations, error })
    }

    /// Checks a response: the status is listed, the media type belongs to it, and the body matches its
    /// schema. The response to an unknown path or method is plain text.
    ///
    /// # Errors
    /// Returns the first violation.
    pub fn check(&self, exchange: &Exchange) -> Result<(), Violation> {
        self.problem(exchange).map_err(|problem| Violation {
            request: format!("{} {}", exchange.method, exchange.path),
            status: exchange.status,
            problem,
        })
    }

    fn problem(&self, exchange: &Exchange) -> Result<(), String> {
        let Exchange {
            status,
            content_type,
            body,
            ..
        } = exchange;
        let media_type = content_type
            .as_deref()
            .and_then(|text| text.split(';').next())
            .unwrap_or_default()
            .trim();
        let Some(operation) = self.operations.iter().find(|operation| operation.is_of(exchange)) else {
            let expected = *status == 404 && media_type == "text/plain" && body == b"Not Found";
            return if expected {
                Ok(())
            } else {
                Err(
                    "it is no operation of the contract, for which the response is a 404 in plain text"
                        .to_owned(),
                )
            };
        };
        let schema = match operation.responses.get(status) {
            Some(contents) => contents
                .get(media_type)
                .ok_or_else(|| format!("the contract has no body of type {media_type:?} for this status"))?,
            None if BEFORE_THE_API.contains(status) => &self.error,
            None => return Err("the contract does not list this status".to_owned()),
        };
        let body = if media_type == "application/json" {
            serde_json::from_slice(body).map_err(|error| format!("the body is not JSON: {error}"))?
        } else {
            Value::String(String::from_utf8(body.clone()).map_err(|_| "the body is not UTF-8".to_owned())?)
        };
        // The message contains the path and the rule. The error's own text would quote the value, which may
        // be a secret.
        match schema.iter_errors(&body).next() {
            None => Ok(()),
            Some(error) => Err(format!(
                "the body breaks {} at {:?}",
                error.schema_path(),
                error.instance_path().as_str()
            )),
        }
    }
}

impl Operation {
    fn parse(path: &str, method: &str, operation: &Value, document: &Value) -> Result<Self, String> {
        let mut responses = BTreeMap::new();
        for (status, response) in members(&operation["responses"]) {
            let status = status
                .parse()
                .map_err(|_| format!("{method} {path} has no numeric status {status:?}"))?;
            let response = resolve(response, document)?;
            let contents = members(&response["content"])
                .map(|(media_type, content)| {
                    let schema = validator(&content["schema"], &document["components"])?;
                    Ok((media_type.clone(), schema))
                })
                .collect::<Result<_, String>>()?;
            responses.insert(status, contents);
        }
        Ok(Self {
            method: method.to_uppercase(),
            path: path
                .split('/')
                .map(|segment| (!segment.starts_with('{')).then(|| segment.to_owned()))
                .collect(),
            responses,
        })
    }

    fn is_of(&self, exchange: &Exchange) -> bool {
        let segments: Vec<&str> = exchange.path.split('/').collect();
        self.method == exchange.method
            && self.path.len() == segments.len()
            && self
                .path
                .iter()
                .zip(&segments)
                .all(|(expected, segment)| expected.as_ref().is_none_or(|expected| expected == segment))
    }
}

/// Returns the contract that is committed with the emulator as a JSON value.
///
/// # Panics
/// If that file is no YAML.
pub fn document() -> Value {
    read(crate::TEXT).unwrap_or_else(|error| panic!("{error}"))
}

fn read(text: &str) -> Result<Value, ContractError> {
    yaml_serde::from_str(text).map_err(|error| ContractError(error.to_string()))
}

/// Returns the value that a reference within the document points to.
fn resolve<'a>(value: &'a Value, document: &'a Value) -> Result<&'a Value, String> {
    let Some(reference) = value.get("$ref") else {
        return Ok(value);
    };
    reference
        .as_str()
        .and_then(|reference| reference.strip_prefix('#'))
        .and_then(|pointer| document.pointer(pointer))
        .ok_or_else(|| format!("{reference} leads nowhere"))
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

#[cfg(test)]
mod tests;
