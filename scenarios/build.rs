//! The catalogue is compiled in: a scenario that is added or changed makes another `miro-lab`.

fn main() {
    println!("cargo::rerun-if-changed=catalogue");
    println!("cargo::rerun-if-changed=worlds");
}
