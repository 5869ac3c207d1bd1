//! Nothing to import: the benchmarks are in `benches/`. `cargo bench -p benches` runs them.
