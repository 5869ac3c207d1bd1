//! Nothing to import: the benchmarks are in `benches/`, programs that measure a whole mock in `examples/`, and comparisons with other
//! software in `peers/`. The README says how to run each.
