//! RPCs as the table in `service.rs` declares them.

use super::super::diagnostics::{Diagnostic, Diagnostics};

/// The request of an RPC.
pub(super) trait RpcRequest: Send + 'static {
    /// The name of the RPC.
    const NAME: &'static str;

    /// Returns the type name of the block, or the name of the function, in the request; empty for the
    /// provider.
    fn type_name(&self) -> &str;

    /// Returns the error about a request that core never sends. `problem` continues the sentence that the name of
    /// the RPC begins, for instance "has unknown values".
    fn malformed(problem: &str) -> Diagnostics {
        Diagnostic::bug(format!("{} {problem}.", Self::NAME)).into()
    }
}

/// Declares the RPCs of the provider service in a table. A row contains the name of the RPC and of the module of its
/// messages, then the field of the request with the type name, if there is one, and the expression that handles the
/// request. Without an expression the method of `Instance` with the name of the module handles it.
///
/// `rpc` returns each RPC by its name.
macro_rules! rpcs {
    (
        unary { $( $name:ident $module:ident($($type_name:ident)?) |$instance:ident, $request:ident| $body:expr; )* }
        tracked { $( $t_name:ident $t_module:ident($t_type_name:ident); )* }
        server_streaming { $( $s_name:ident $s_module:ident($s_type_name:ident); )* }
        immediate { $( $i_name:ident $i_module:ident |$i_instance:ident| $i_body:expr; )* }
    ) => {
        $( rpcs!(@request $name $module $($type_name)?); )*
        $( rpcs!(@request $t_name $t_module $t_type_name); )*
        $( rpcs!(@request $s_name $s_module $s_type_name); )*
        $( rpcs!(@diagnostics $module); )*
        $( rpcs!(@diagnostics $t_module); )*

        /// Returns the RPC with this name.
        pub(super) fn rpc(name: &str) -> Option<Rpc> {
            Some(match name {
                $( stringify!($name) => Rpc::Unary(Unary(|service, request| {
                    let incoming = service.decode::<proto::$module::Request>(request)?;
                    Ok(incoming.instance.serve::<_, proto::$module::Response, _>(
                        incoming.message,
                        |$instance, $request| async move { $body },
                    ))
                })), )*
                $( stringify!($t_name) => Rpc::Unary(Unary(|service, request| {
                    let incoming = service.decode::<proto::$t_module::Request>(request)?;
                    Ok(Box::pin(async move {
                        let response = incoming.instance.$t_module(incoming.message, incoming.guard_slot).await?;
                        Ok(Box::new(response) as AnyMessage)
                    }))
                })), )*
                $( stringify!($s_name) => Rpc::ServerStreaming(ServerStreaming(|service, request| {
                    let incoming = service.decode::<proto::$s_module::Request>(request)?;
                    Ok(erase_messages(incoming.instance.$s_module(incoming.message)))
                })), )*
                $( stringify!($i_name) => Rpc::Unary(Unary(|service, request| {
                    let $i_instance = service.decode::<proto::$i_module::Request>(request)?.instance;
                    Ok(ready_response(Ok(Box::new($i_body))))
                })), )*
                _ => return rpc_of_state_bytes(name),
            })
        }
    };
    (@request $name:ident $module:ident $($type_name:ident)?) => {
        impl RpcRequest for proto::$module::Request {
            const NAME: &'static str = stringify!($name);

            fn type_name(&self) -> &str {
                None::<&str>$(.or(Some(&self.$type_name)))?.unwrap_or_default()
            }
        }
    };
    // This response has an error in place of diagnostics.
    (@diagnostics call_function) => {};
    (@diagnostics $module:ident) => {
        impl WithDiagnostics for proto::$module::Response {
            #[allow(clippy::needless_update, reason = "some responses have room for nothing else")]
            fn from_diagnostics(diagnostics: Diagnostics) -> Self {
                Self { diagnostics: wire::diagnostics(diagnostics), ..Default::default() }
            }
        }
    };
}
pub(super) use rpcs;
