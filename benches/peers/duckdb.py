#!/usr/bin/env python3
"""Asks the engine and DuckDB the same questions about the same rows, in one run.

    benches/peers/duckdb.py
    benches/peers/duckdb.py --rows 1000000

Both use one thread. Reported are CPU seconds a question, each the median of three, and their ratio; how many rows each
answered with, which must be the same; and the memory that each holds the rows in. Build the program first with
`cargo build --release -p benches --example kql-speed`. Needs Linux, Python 3.9 and, once, pip with the network: DuckDB is
installed in a folder that is thrown away.
"""

import argparse
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

DUCKDB = "duckdb==2.0.1"
NOW = "TIMESTAMP '2026-11-23'"
DOCUMENTED = ["recent events", "by user and event", "changes in 7 days", "trend by hour", "top ten in 30 days"]
# The questions of benches/examples/kql-speed.rs, in SQL.
QUESTIONS = {
    "recent events": "SELECT TimeGenerated, event, category, createdBy_email, context_ip FROM audit"
    " ORDER BY TimeGenerated DESC LIMIT 20",
    "by user and event": "SELECT createdBy_email, event, category, count(*) AS n FROM audit GROUP BY ALL ORDER BY n DESC",
    "changes in 7 days": f"SELECT createdBy_email, event, count(*) AS n FROM audit"
    f" WHERE TimeGenerated > {NOW} - INTERVAL 7 DAY GROUP BY ALL ORDER BY n DESC",
    "trend by hour": "SELECT event, time_bucket(INTERVAL 1 HOUR, TimeGenerated), count(*) FROM audit GROUP BY ALL",
    "top ten in 30 days": f"SELECT createdBy_email, count(*) AS n FROM audit"
    f" WHERE TimeGenerated > {NOW} - INTERVAL 30 DAY GROUP BY ALL ORDER BY n DESC LIMIT 10",
    "filter by text": "SELECT count(*) FROM audit WHERE regexp_matches(event, '\\bsign_in_failed\\b', 'i')"
    " AND contains(lower(createdBy_email), 'user7')",
    "filter by dynamic": "SELECT event, approx_count_distinct(context_ip) FROM audit"
    " WHERE json_extract_string(details, '$.role') = 'role3' GROUP BY ALL",
    "full sort": "SELECT id FROM audit ORDER BY createdBy_email ASC, TimeGenerated DESC",
    "latest by user": "SELECT count(*) FROM (SELECT arg_max(audit, TimeGenerated) FROM audit GROUP BY createdBy_email)",
}


def engine_figures(program, rows, csv):
    """What the program prints: CPU seconds and rows of each question, and the line about memory."""
    environment = {**os.environ, "KQL_SPEED_CSV": str(csv)}
    text = subprocess.run([program, str(rows)], env=environment, check=True, capture_output=True, text=True).stdout
    figures = {}
    for name in QUESTIONS:
        found = re.search(rf"^{name} +([\d.]+) s +(\d+) rows$", text, re.MULTILINE)
        if found is None:
            sys.exit(f"{program} did not answer '{name}':\n{text}")
        figures[name] = (float(found[1]), int(found[2]))
    memory = re.search(r"^memory: ([\d.]+) MB", text, re.MULTILINE)
    transform = re.search(r"^transform: (\d+) rows/s", text, re.MULTILINE)
    return figures, float(memory[1]), int(transform[1])


def duckdb_figures(csv):
    """CPU seconds and rows of each question, and the megabytes of the table."""
    import duckdb

    connection = duckdb.connect(config={"threads": 1})
    connection.execute(
        "CREATE TABLE audit AS SELECT * REPLACE (TimeGenerated::TIMESTAMP AS TimeGenerated,"
        " createdAt::TIMESTAMP AS createdAt, details::JSON AS details) FROM read_csv(?, all_varchar = true)",
        [str(csv)],
    )
    tables = "SELECT sum(memory_usage_bytes) FROM duckdb_memory() WHERE tag IN ('IN_MEMORY_TABLE', 'BASE_TABLE')"
    held = connection.execute(tables).fetchone()[0]
    figures = {}
    for name, question in QUESTIONS.items():
        timed = []
        for _ in range(3):
            started = time.process_time()
            rows = count(connection, question)
            timed.append(time.process_time() - started)
        figures[name] = (statistics.median(timed), rows)
    return figures, held / 1e6


def count(connection, question):
    """Runs the question to its end without making Python objects of its rows."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE answer AS {question}")
    return connection.execute("SELECT count(*) FROM answer").fetchone()[0]


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--program", default=root / "target/release/examples/kql-speed")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        packages = pathlib.Path(folder) / "packages"
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--root-user-action=ignore", "--target", str(packages), DUCKDB]
        subprocess.run(command, check=True)
        sys.path.insert(0, str(packages))
        csv = pathlib.Path(folder) / "audit.csv"
        ours, our_memory, transform = engine_figures(options.program, options.rows, csv)
        theirs, their_memory = duckdb_figures(csv)
    print(f"{options.rows:,} audit rows, one thread, median CPU seconds of three\n")
    print(f"{'question':20} {'kql':>8} {'DuckDB':>8} {'ratio':>6} {'rows':>9}")
    differ = []
    for name, (seconds, rows) in ours.items():
        other, other_rows = theirs[name]
        print(f"{name:20} {seconds:8.3f} {other:8.3f} {seconds / other:6.2f} {rows:>9,}")
        if rows != other_rows:
            differ.append(f"{name}: {rows} rows, DuckDB {other_rows}")
    print(f"\nmemory of the rows: {our_memory:.1f} MB, DuckDB {their_memory:.1f} MB")
    print(f"published audit rule: {transform:,} rows a CPU second")
    slow = [name for name in DOCUMENTED if ours[name][0] > 1]
    for problem in differ + [f"{name}: over the budget of 1 s" for name in slow]:
        print(problem)
    return 1 if differ or slow else 0


if __name__ == "__main__":
    sys.exit(main())
