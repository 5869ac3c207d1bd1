# The same names that .ci/run uses. `just` is optional: each recipe is one or two plain commands.

# Both set-up-free commands of the README.
demo:
    cargo run --release --bin miro-lab -- demo

test:
    cargo test --workspace

fmt:
    cargo fmt --all --check

lint:
    cargo clippy --workspace --all-targets -- -D warnings

deny:
    cargo deny check licenses bans sources

# Known holes in dependencies; needs the network.
advisories:
    cargo deny check advisories

# What is shipped.
dist:
    connector/deploy/build

doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

# Everything that must hold before a change lands.
check: fmt lint test deny doc

# Clients nobody here wrote against the mocks: Miro's, Microsoft's, msticpy, Airbyte, dlt, Singer, schemathesis.
clients:
    tests/clients/run

# Callers who mean no good, against mocks of their own.
attack seconds="600":
    cargo run --release --bin miro-lab -- attack --seconds {{seconds}}

# A minute of each fuzz target.
fuzz seconds="60":
    tests/fuzz/run {{seconds}}

# A sweep of simulated days; a failing seed prints the command that repeats it.
sim seeds="1-100":
    cargo run --release --bin miro-lab -- sim --seeds {{seeds}}

# Which changes of the code would nobody notice? Some minutes a file; see tests/mutants.md.
mutants *files:
    tests/mutants/run {{files}}

# Is each of twelve broken connectors noticed, as a black box and in virtual time? Writes tests/broken.md; an hour and more for all.
broken *NAMES:
    tests/broken/run {{NAMES}}
