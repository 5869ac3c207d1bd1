//! Numbers with units: `format_bytes` and the `convert_` functions.

mod tables;

use self::tables::{ANGLES, ENERGIES, FORCES, LENGTHS, MASSES, SPEEDS, TEMPERATURES, Unit, VOLUMES};
use super::arguments::Arguments;
use super::{Context, Function, Param, Returns};
use crate::{types::ColumnType, value::Value};

const TEXT: Param = Param::Is(ColumnType::String);
const AMOUNT: Param = Param::Is(ColumnType::Real);
const REAL: Returns = Returns::Is(ColumnType::Real);

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(
        &["format_bytes"],
        &[Param::Number, Param::Number, TEXT],
        Returns::Is(ColumnType::String),
        format_bytes,
    )
    .required(1),
    Function::new(&["convert_angle"], &[AMOUNT, TEXT, TEXT], REAL, |_, args| converted(ANGLES, args)),
    Function::new(&["convert_energy"], &[AMOUNT, TEXT, TEXT], REAL, |_, args| converted(ENERGIES, args)),
    Function::new(&["convert_force"], &[AMOUNT, TEXT, TEXT], REAL, |_, args| converted(FORCES, args)),
    Function::new(&["convert_length"], &[AMOUNT, TEXT, TEXT], REAL, |_, args| converted(LENGTHS, args)),
    Function::new(&["convert_mass"], &[AMOUNT, TEXT, TEXT], REAL, |_, args| converted(MASSES, args)),
    Function::new(&["convert_speed"], &[AMOUNT, TEXT, TEXT], REAL, |_, args| converted(SPEEDS, args)),
    Function::new(&["convert_temperature"], &[AMOUNT, TEXT, TEXT], REAL, convert_temperature),
    Function::new(&["convert_volume"], &[AMOUNT, TEXT, TEXT], REAL, |_, args| converted(VOLUMES, args)),
];

const BYTE_UNITS: [&str; 7] = ["Bytes", "KB", "MB", "GB", "TB", "PB", "EB"];

/// `10.1 KB`: in the unit asked for, or the largest that leaves at least one.
fn format_bytes(_: &mut Context<'_>, args: &[Value]) -> Value {
    let Some(size) = args.real(0) else { return Value::from("") };
    let precision = args.real(1).unwrap_or(0.0).clamp(0.0, 15.0);
    let asked = args.text(2);
    let unit = match BYTE_UNITS.iter().position(|unit| *unit == asked) {
        Some(unit) => unit,
        None => (0..BYTE_UNITS.len()).rev().find(|unit| size.abs() >= 1024_f64.powi(*unit as i32)).unwrap_or(0),
    };
    let scale = 10_f64.powi(precision as i32);
    let amount = (size / 1024_f64.powi(unit as i32) * scale).round() / scale;
    Value::from(format!("{amount} {}", BYTE_UNITS[unit]))
}

fn converted(units: &[Unit], args: &[Value]) -> Value {
    let factor = |name: &str| units.iter().find(|(unit, _)| *unit == name).map(|(_, factor)| *factor);
    match (args.real(0), factor(&args.text(1)), factor(&args.text(2))) {
        (Some(amount), Some(from), Some(to)) => (amount * from / to).into(),
        _ => Value::Null,
    }
}

/// Scales differ in their zero as well: each goes by way of Kelvin.
fn convert_temperature(_: &mut Context<'_>, args: &[Value]) -> Value {
    let scale = |name: &str| TEMPERATURES.iter().find(|scale| scale.name == name);
    match (args.real(0), scale(&args.text(1)), scale(&args.text(2))) {
        (Some(amount), Some(from), Some(to)) => (((amount + from.offset) * from.factor) / to.factor - to.offset).into(),
        _ => Value::Null,
    }
}
