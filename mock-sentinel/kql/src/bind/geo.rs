//! Where addresses are: `geo_info_from_ip_address` of queries, `geo_location` of transforms.

use super::{Binder, errors};
use crate::{
    error::Error,
    functions::transform_only::GEO_LOCATION,
    plan::{Expr, ExprKind},
    syntax::ast::Call,
    types::ColumnType,
    value::Value,
};

impl Binder<'_> {
    /// Needs a source of locations.
    pub(super) fn geo_info(&mut self, call: &Call) -> Result<Expr, Error> {
        let address = self.only_argument(call)?;
        let provider = self.catalog.geo_info().ok_or_else(|| errors::no_geo_data(call.span))?;
        let address = Box::new(self.converted(address, ColumnType::String, call.span)?);
        self.made(ExprKind::GeoInfo { provider, address }, ColumnType::Dynamic, call.span)
    }

    /// The same for transforms, by its own names; nothing is known without data.
    pub(super) fn geo_location(&mut self, call: &Call) -> Result<Expr, Error> {
        let address = self.only_argument(call)?;
        let Some(provider) = self.catalog.geo_info() else {
            return Ok(Expr::literal(Value::Null, ColumnType::Dynamic));
        };
        let address = Box::new(self.converted(address, ColumnType::String, call.span)?);
        let place = self.made(ExprKind::GeoInfo { provider, address }, ColumnType::Dynamic, call.span)?;
        self.call_function(&GEO_LOCATION, vec![place], call.span)
    }
}
