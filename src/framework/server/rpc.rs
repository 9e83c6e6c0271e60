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

/// Implements the provider service from a table. A row contains the name of the RPC and its method, then the field
/// of the request with the type name, if there is one, and the expression that handles the request. Without an
/// expression the method of `Instance` with the same name handles it.
///
/// Each row becomes a function of `Rpcs`, except for a server-streaming RPC, which is only a method of `Instance`.
/// `service::rpc` returns each RPC by its name. The methods of the generated trait `Provider` call the same
/// functions, for callers in the same process.
macro_rules! rpcs {
    (
        unary { $( $name:ident $method:ident($($of:ident)?) |$instance:ident, $request:ident| $body:expr; )* }
        tracked { $( $d_name:ident $d_method:ident($d_of:ident); )* }
        server_streaming { $( $s_name:ident $s_method:ident($s_of:ident); )* }
        immediate { $( $a_name:ident $a_method:ident |$a_instance:ident| $a_body:expr; )* }
        state_bytes { $($other:tt)* }
    ) => {
        $( rpcs!(@rpc $name $method $($of)?); )*
        $( rpcs!(@rpc $d_name $d_method $d_of); )*
        $( rpcs!(@rpc $s_name $s_method $s_of); )*
        $( rpcs!(@diagnostics $method); )*
        $( rpcs!(@diagnostics $d_method); )*

        struct Rpcs;

        impl Rpcs {
            $( fn $method((instance, request, _): Incoming<proto::$method::Request>) -> ResponseFuture {
                instance.serve::<_, proto::$method::Response, _>(
                    request,
                    |$instance, $request| async move { $body },
                )
            } )*

            $( fn $d_method((instance, request, slot): Incoming<proto::$d_method::Request>) -> ResponseFuture {
                Box::pin(async move {
                    let response = instance.$d_method(request, slot).await?;
                    Ok(Box::new(response) as AnyMessage)
                })
            } )*

            $( fn $a_method(($a_instance, _, _): Incoming<proto::$a_method::Request>) -> ResponseFuture {
                ready_response(Ok(Box::new($a_body)))
            } )*
        }

        /// Returns the RPC with this name.
        pub(super) fn rpc(name: &str) -> Option<message::Rpc> {
            $( if name == stringify!($name) { return rpcs!(@unary $method); } )*
            $( if name == stringify!($d_name) { return rpcs!(@unary $d_method); } )*
            $( if name == stringify!($a_name) { return rpcs!(@unary $a_method); } )*
            $( if name == stringify!($s_name) {
                return Some(message::Rpc::ServerStreaming(ServerStreaming(|service, request| {
                    let (instance, request, _) = service.decode::<proto::$s_method::Request>(request)?;
                    Ok(untyped(instance.$s_method(request)))
                })));
            } )*
            rpc_of_state_bytes(name)
        }

        #[tonic::async_trait]
        impl Provider for ProviderService {
            $( async fn $method(
                &self,
                request: Request<proto::$method::Request>,
            ) -> ResponseResult<proto::$method::Response> {
                typed(Rpcs::$method(self.take(request)).await?)
            } )*

            $( async fn $d_method(
                &self,
                request: Request<proto::$d_method::Request>,
            ) -> ResponseResult<proto::$d_method::Response> {
                typed(Rpcs::$d_method(self.take(request)).await?)
            } )*

            $( async fn $a_method(
                &self,
                request: Request<proto::$a_method::Request>,
            ) -> ResponseResult<proto::$a_method::Response> {
                typed(Rpcs::$a_method(self.take(request)).await?)
            } )*

            $( async fn $s_method(
                &self,
                request: Request<proto::$s_method::Request>,
            ) -> ResponseResult<BoxStream<proto::$s_method::Event>> {
                let (instance, request, _) = self.take(request);
                Ok(Response::new(instance.$s_method(request)))
            } )*

            $($other)*
        }
    };
    (@rpc $name:ident $method:ident $($of:ident)?) => {
        impl RpcRequest for proto::$method::Request {
            const NAME: &'static str = stringify!($name);

            fn type_name(&self) -> &str {
                None::<&str>$(.or(Some(&self.$of)))?.unwrap_or_default()
            }
        }
    };
    // This response has an error in place of diagnostics.
    (@diagnostics call_function) => {};
    (@diagnostics $method:ident) => {
        impl WithDiagnostics for proto::$method::Response {
            #[allow(clippy::needless_update, reason = "some responses have room for nothing else")]
            fn of_diagnostics(diagnostics: Diagnostics) -> Self {
                Self { diagnostics: wire::diagnostics(diagnostics), ..Default::default() }
            }
        }
    };
    (@unary $method:ident) => {
        Some(message::Rpc::Unary(Unary(|service, request| match service.decode(request) {
            Ok(taken) => Rpcs::$method(taken),
            Err(status) => ready_response(Err(status)),
        })))
    };
}
pub(super) use rpcs;
