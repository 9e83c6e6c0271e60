//! RPCs as the table in `service.rs` declares them.

/// The request of an RPC.
pub(super) trait Rpc: Send + 'static {
    /// The name of the RPC.
    const NAME: &'static str;

    /// Returns the type name of the block, or the name of the function, in the request; empty for the
    /// provider.
    fn type_name(&self) -> &str;
}

/// Implements the provider service from a table. A row contains the name of the RPC, its method, the field of
/// the request with the type name, and the expression that handles it.
macro_rules! rpcs {
    (
        served { $( $name:ident $method:ident($($of:ident)?) |$instance:ident, $request:ident| $body:expr; )* }
        served_without_diagnostics {
            $( $w_name:ident $w_method:ident($w_of:ident) |$w_instance:ident, $w_request:ident| $w_body:expr; )*
        }
        delivered { $( $d_name:ident $d_method:ident($d_of:ident) $d_serve:ident; )* }
        streamed { $( $s_name:ident $s_method:ident($s_of:ident) $s_serve:ident; )* }
        at_once { $( $a_method:ident |$a_instance:ident| $a_body:expr; )* }
        others { $($other:tt)* }
    ) => {
        $( rpcs!(@rpc $name $method $($of)?); )*
        $( rpcs!(@rpc $w_name $w_method $w_of); )*
        $( rpcs!(@rpc $d_name $d_method $d_of); )*
        $( rpcs!(@rpc $s_name $s_method $s_of); )*
        $( rpcs!(@diagnostics $method); )*
        $( rpcs!(@diagnostics $d_method); )*

        #[tonic::async_trait]
        impl Provider for ProviderService {
            $( async fn $method(
                &self,
                request: Request<proto::$method::Request>,
            ) -> ResponseResult<proto::$method::Response> {
                let (instance, request) = self.take(request);
                instance.serve(request, |$instance, $request| async move { $body }).await
            } )*

            $( async fn $w_method(
                &self,
                request: Request<proto::$w_method::Request>,
            ) -> ResponseResult<proto::$w_method::Response> {
                let (instance, request) = self.take(request);
                instance.serve(request, |$w_instance, $w_request| async move { $w_body }).await
            } )*

            $( async fn $d_method(
                &self,
                request: Request<proto::$d_method::Request>,
            ) -> ResponseResult<proto::$d_method::Response> {
                let delivery = request.extensions().get::<Delivery>().cloned();
                let (instance, request) = self.take(request);
                instance.$d_serve(request, delivery).await
            } )*

            $( async fn $s_method(
                &self,
                request: Request<proto::$s_method::Request>,
            ) -> ResponseResult<BoxStream<proto::$s_method::Event>> {
                let (instance, request) = self.take(request);
                Ok(Response::new(instance.$s_serve(request)))
            } )*

            $( async fn $a_method(
                &self,
                request: Request<proto::$a_method::Request>,
            ) -> ResponseResult<proto::$a_method::Response> {
                let ($a_instance, _) = self.take(request);
                Ok(Response::new($a_body))
            } )*

            $($other)*
        }
    };
    (@rpc $name:ident $method:ident $($of:ident)?) => {
        impl Rpc for proto::$method::Request {
            const NAME: &'static str = stringify!($name);

            fn type_name(&self) -> &str {
                None::<&str>$(.or(Some(&self.$of)))?.unwrap_or_default()
            }
        }
    };
    (@diagnostics $method:ident) => {
        impl WithDiagnostics for proto::$method::Response {
            #[allow(clippy::needless_update, reason = "some responses have room for nothing else")]
            fn of_diagnostics(diagnostics: Diagnostics) -> Self {
                Self { diagnostics: wire::diagnostics(diagnostics), ..Default::default() }
            }
        }
    };
}
pub(super) use rpcs;
