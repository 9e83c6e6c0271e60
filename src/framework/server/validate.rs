//! The `Validate…` calls: the rules of schemas and blocks.

use super::super::block::Block;
use super::super::diagnostics::{Diagnostic, Diagnostics};
use super::super::registry::{Blocks, Registered};
use super::super::schema::{validate, write_only_errors};
use super::super::value::{Members, Value};
use super::super::wire;
use super::Instance;
use super::catch::WithDiagnostics;
use super::rpc::RpcRequest;
use crate::proto::tfplugin6::{DynamicValue, validate_resource_config as resource_config};

impl Instance {
    /// A CLI that does not support write-only attributes would store their values.
    pub(super) fn validate_resource(
        &self,
        request: &resource_config::Request,
    ) -> Result<resource_config::Response, Diagnostics> {
        let resource = self.registry().resources.find(&request.type_name)?;
        let stores_write_only = !request
            .client_capabilities
            .is_some_and(|client| client.write_only_attributes_allowed);
        let config = resource.read_config(request.config.as_ref())?;
        let found = resource.check(&config, |config| {
            if stores_write_only {
                write_only_errors(&resource.schema.attributes, config)
            } else {
                Diagnostics::new()
            }
        });
        Ok(WithDiagnostics::from_diagnostics(found))
    }
}

impl<B: Block<Model = Value> + ?Sized, A: Default> Blocks<B, A> {
    pub(super) fn validate<R: WithDiagnostics>(
        &self,
        type_name: &str,
        config: Option<&DynamicValue>,
    ) -> Result<R, Diagnostics> {
        self.find(type_name)?.validate(config)
    }
}

impl<B: Block<Model = Value> + ?Sized, A> Registered<B, A> {
    pub(super) fn validate<R: WithDiagnostics>(
        &self,
        config: Option<&DynamicValue>,
    ) -> Result<R, Diagnostics> {
        let found = self.check(&self.read_config(config)?, |_| Diagnostics::new());
        Ok(R::from_diagnostics(found))
    }

    /// Decodes and validates a configuration that is about to be used. Core validates only while values may
    /// still be unknown, so values that have become known are checked here. Warnings were already returned.
    pub(super) fn valid_config(&self, config: Option<&DynamicValue>) -> Result<Members, Diagnostics> {
        let config = self.read_config(config)?;
        let found = self.check(&config, |_| Diagnostics::new());
        if found.has_errors() {
            return Err(found.into_iter().filter(Diagnostic::is_error).collect());
        }
        Ok(config)
    }

    /// The same for an RPC that requires known values. An unknown argument would be treated as null, which
    /// selects or creates another object.
    pub(super) fn known_config<R: RpcRequest>(
        &self,
        config: Option<&DynamicValue>,
    ) -> Result<Members, Diagnostics> {
        let config = self.valid_config(config)?;
        if config.values().all(Value::is_wholly_known) {
            Ok(config)
        } else {
            Err(R::malformed("has unknown values"))
        }
    }

    fn read_config(&self, config: Option<&DynamicValue>) -> Result<Members, Diagnostics> {
        wire::members(wire::decode(config, &self.object_type)?)
    }

    /// Returns the rules that a configuration breaks: those of the schema and, if it breaks none of these,
    /// those of the block and of `more`, which check several values and may assume that each value is valid.
    fn check(&self, config: &Members, more: impl FnOnce(&Value) -> Diagnostics) -> Diagnostics {
        let mut found = validate(&self.schema.attributes, config);
        if !found.has_errors() {
            let config = Value::Object(config.clone());
            found.append(self.block.validate(&config));
            found.append(more(&config));
        }
        found
    }
}
