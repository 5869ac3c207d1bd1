// Prints a report of the size of a bad day: 350 cases, of which 80 failed with 400 exchanges each.
//
//   node large.mjs SAMPLE.json > LARGE.json
import { readFileSync } from "node:fs";

const report = JSON.parse(readFileSync(process.argv[2], "utf8"));
const sample = (id) => report.cases.find((one) => one.id === id);
const calls = sample("MIRO-RATE-001").exchanges;
const cases = [];
for (let number = 0; number < 350; number += 1) {
  const isFailure = number < 80;
  const one = structuredClone(sample(isFailure ? "MIRO-RATE-001" : "MIRO-PAGE-001"));
  one.id = `${isFailure ? "FAIL" : "PASS"}-${String(number).padStart(3, "0")}`;
  one.case = null;
  one.checks = Array.from({ length: 3 }, () => one.checks).flat();
  if (isFailure) {
    one.exchanges = Array.from({ length: 400 }, (_, at) => ({ ...calls[at % calls.length], ms: at * 75 }));
  }
  cases.push(one);
}
console.log(JSON.stringify({ ...report, cases, stale: [] }));
