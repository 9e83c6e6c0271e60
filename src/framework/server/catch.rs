//! Runs RPCs: errors and panics become diagnostics, and the process continues.

use std::future::Future;

use tracing::Instrument;

use super::super::diagnostics::{Diagnostic, Diagnostics};
use super::super::function::FunctionError;
use crate::panics;
use crate::proto::tfplugin6 as proto;

/// A response that can contain diagnostics.
pub(super) trait WithDiagnostics: Default {
    /// Creates a response with only these diagnostics.
    fn from_diagnostics(diagnostics: Diagnostics) -> Self;
}

impl WithDiagnostics for proto::invoke_action::event::Completed {
    fn from_diagnostics(diagnostics: Diagnostics) -> Self {
        Self {
            diagnostics: super::super::wire::diagnostics(diagnostics),
        }
    }
}

/// The response of a function has a separate field for its error.
impl WithDiagnostics for proto::call_function::Response {
    fn from_diagnostics(diagnostics: Diagnostics) -> Self {
        Self {
            error: Some(super::super::wire::function_error(
                FunctionError::call(diagnostics.details()),
                &[],
            )),
            ..Default::default()
        }
    }
}

pub(super) async fn respond<A: WithDiagnostics>(
    rpc: &'static str,
    type_name: &str,
    call: impl Future<Output = Result<A, Diagnostics>>,
) -> A {
    run(rpc, type_name, call)
        .await
        .unwrap_or_else(A::from_diagnostics)
}

/// Runs a call in a tracing span. A panic becomes an error, and every error is logged. The span's
/// `tf_resource_type` is the type name of any kind of block; `tf_rpc` distinguishes the kinds.
pub(super) async fn run<T>(
    rpc: &'static str,
    type_name: &str,
    call: impl Future<Output = Result<T, Diagnostics>>,
) -> Result<T, Diagnostics> {
    let span = tracing::debug_span!("rpc", tf_rpc = rpc, tf_resource_type = type_name);
    let result = panics::catch(call.instrument(span.clone())).await;
    let result =
        result.unwrap_or_else(|panic| Err(Diagnostic::bug(format!("{rpc} panicked: {panic}")).into()));
    let _entered = span.enter();
    result.inspect_err(|diagnostics| {
        for diagnostic in diagnostics.iter().filter(|diagnostic| diagnostic.is_error()) {
            tracing::debug!(diagnostic_summary = diagnostic.summary, "the call failed");
        }
    })
}
