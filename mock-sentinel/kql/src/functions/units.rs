//! Numbers with units: `format_bytes` and the `convert_` functions.

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

const BYTE_UNITS: [&str; 7] = ["B", "KB", "MB", "GB", "TB", "PB", "EB"];

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

/// A unit's name and how much of the base unit it is.
type Unit = (&'static str, f64);

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

/// A scale on which `(degrees + offset) * factor` is in Kelvin.
struct Scale {
    name: &'static str,
    offset: f64,
    factor: f64,
}

const TEMPERATURES: [Scale; 7] = [
    Scale { name: "Kelvin", offset: 0.0, factor: 1.0 },
    Scale { name: "DegreeCelsius", offset: 273.15, factor: 1.0 },
    Scale { name: "DegreeFahrenheit", offset: 459.67, factor: 5.0 / 9.0 },
    Scale { name: "DegreeRankine", offset: 0.0, factor: 5.0 / 9.0 },
    Scale { name: "DegreeReaumur", offset: 218.52, factor: 1.25 },
    Scale { name: "DegreeDelisle", offset: -559.725, factor: -2.0 / 3.0 },
    Scale { name: "MillidegreeCelsius", offset: 273_150.0, factor: 0.001 },
];

const ANGLES: &[Unit] = &[
    ("Arcminute", 1.0 / 60.0),
    ("Arcsecond", 1.0 / 3_600.0),
    ("Centiradian", 0.01 * DEGREES_PER_RADIAN),
    ("Deciradian", 0.1 * DEGREES_PER_RADIAN),
    ("Degree", 1.0),
    ("Gradian", 0.9),
    ("Microdegree", 1e-6),
    ("Microradian", 1e-6 * DEGREES_PER_RADIAN),
    ("Millidegree", 1e-3),
    ("Milliradian", 1e-3 * DEGREES_PER_RADIAN),
    ("Nanodegree", 1e-9),
    ("Nanoradian", 1e-9 * DEGREES_PER_RADIAN),
    ("NatoMil", 360.0 / 6_400.0),
    ("Radian", DEGREES_PER_RADIAN),
    ("Revolution", 360.0),
    ("Tilt", 90.0),
];

const DEGREES_PER_RADIAN: f64 = 180.0 / std::f64::consts::PI;

const ENERGIES: &[Unit] = &[
    ("BritishThermalUnit", 1_055.055_852_62),
    ("Calorie", 4.184),
    ("ElectronVolt", 1.602_176_565e-19),
    ("Erg", 1e-7),
    ("FootPound", 1.355_817_948_331_400_4),
    ("GigawattHour", 3.6e12),
    ("Gigajoule", 1e9),
    ("Joule", 1.0),
    ("Kilocalorie", 4_184.0),
    ("Kilojoule", 1e3),
    ("KilowattHour", 3.6e6),
    ("Megajoule", 1e6),
    ("MegawattHour", 3.6e9),
    ("Millijoule", 1e-3),
    ("WattHour", 3_600.0),
];

const FORCES: &[Unit] = &[
    ("Decanewton", 10.0),
    ("Dyn", 1e-5),
    ("KilogramForce", 9.806_65),
    ("Kilonewton", 1e3),
    ("KiloPond", 9.806_65),
    ("Meganewton", 1e6),
    ("Micronewton", 1e-6),
    ("Millinewton", 1e-3),
    ("Newton", 1.0),
    ("OunceForce", 0.278_013_850_953_781_2),
    ("Poundal", 0.138_254_954_376),
    ("PoundForce", 4.448_221_615_260_5),
    ("TonneForce", 9_806.65),
];

const LENGTHS: &[Unit] = &[
    ("Angstrom", 1e-10),
    ("AstronomicalUnit", 1.495_978_707_00e11),
    ("Centimeter", 0.01),
    ("Chain", 20.116_8),
    ("Decameter", 10.0),
    ("Decimeter", 0.1),
    ("Fathom", 1.828_8),
    ("Foot", 0.304_8),
    ("Hand", 0.101_6),
    ("Hectometer", 100.0),
    ("Inch", 0.025_4),
    ("Kilometer", 1_000.0),
    ("LightYear", 9.460_730_472_580_8e15),
    ("Meter", 1.0),
    ("Micrometer", 1e-6),
    ("Mil", 2.54e-5),
    ("Mile", 1_609.344),
    ("Millimeter", 1e-3),
    ("Nanometer", 1e-9),
    ("NauticalMile", 1_852.0),
    ("Parsec", 3.085_677_581_28e16),
    ("Yard", 0.914_4),
];

const MASSES: &[Unit] = &[
    ("Centigram", 1e-5),
    ("Decagram", 0.01),
    ("Decigram", 1e-4),
    ("Grain", 6.479_891e-5),
    ("Gram", 1e-3),
    ("Hectogram", 0.1),
    ("Kilogram", 1.0),
    ("Kilotonne", 1e6),
    ("LongTon", 1_016.046_908_8),
    ("Megatonne", 1e9),
    ("Microgram", 1e-9),
    ("Milligram", 1e-6),
    ("Nanogram", 1e-12),
    ("Ounce", 0.028_349_523_125),
    ("Pound", 0.453_592_37),
    ("ShortTon", 907.184_74),
    ("Stone", 6.350_293_18),
    ("Tonne", 1_000.0),
];

const SPEEDS: &[Unit] = &[
    ("CentimeterPerSecond", 0.01),
    ("FootPerHour", 0.304_8 / 3_600.0),
    ("FootPerMinute", 0.304_8 / 60.0),
    ("FootPerSecond", 0.304_8),
    ("InchPerSecond", 0.025_4),
    ("KilometerPerHour", 1_000.0 / 3_600.0),
    ("KilometerPerMinute", 1_000.0 / 60.0),
    ("KilometerPerSecond", 1_000.0),
    ("Knot", 1_852.0 / 3_600.0),
    ("Mach", 340.29),
    ("MeterPerHour", 1.0 / 3_600.0),
    ("MeterPerMinute", 1.0 / 60.0),
    ("MeterPerSecond", 1.0),
    ("MilePerHour", 0.447_04),
    ("MillimeterPerSecond", 1e-3),
    ("YardPerSecond", 0.914_4),
];

const VOLUMES: &[Unit] = &[
    ("Centiliter", 1e-5),
    ("CubicCentimeter", 1e-6),
    ("CubicDecimeter", 1e-3),
    ("CubicFoot", 0.028_316_846_592),
    ("CubicInch", 1.638_706_4e-5),
    ("CubicKilometer", 1e9),
    ("CubicMeter", 1.0),
    ("CubicMile", 4.168_181_825_440_58e9),
    ("CubicMillimeter", 1e-9),
    ("CubicYard", 0.764_554_857_984),
    ("Deciliter", 1e-4),
    ("Hectoliter", 0.1),
    ("ImperialGallon", 0.004_546_09),
    ("Kiloliter", 1.0),
    ("Liter", 1e-3),
    ("Milliliter", 1e-6),
    ("OilBarrel", 0.158_987_294_928),
    ("UsGallon", 0.003_785_411_784),
    ("UsPint", 0.000_473_176_473),
    ("UsQuart", 0.000_946_352_946),
];
