// Asks Microsoft's own parser and binder, the npm package `@kusto/language-service-next`, about queries.
//
// stdin:  [{"query": "T | count", "tables": {"T": [{"name": "a", "type": "long"}]}}]
// stdout: [{"errors": ["KS006 12: …"], "columns": [{"name": "Count", "type": "long"}], "tables": {…}}], one for each
//
// For a query without `tables`, tables are made up: what the binder misses is added until it misses nothing more, and
// the type of a column follows what the binder expects in its place. `tables` of the answer are those it was asked with.
//
// The only argument is a `node_modules` folder that holds the package.
"use strict";
const path = require("path");

const home = path.resolve(process.argv[2], "@kusto", "language-service-next");
require(path.join(home, "bridge.min.js"));
require(path.join(home, "Kusto.Language.Bridge.min.js"));
const { Language } = globalThis.Kusto ?? Kusto;
const { Symbols } = Language;

const ROUNDS = 60;

const cases = JSON.parse(require("fs").readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(cases.map(({ query, tables }) => answer(query, tables ?? madeUp(query)))));

function answer(query, tables) {
  const code = bound(query, tables);
  const columns = code.ResultType?.Columns ? items(code.ResultType.Columns) : [];
  return {
    errors: errors(code).map((error) => `${error.Code} ${error.Start}: ${error.Message}`),
    columns: columns.map((column) => ({ name: column.Name, type: column.Type.Name })),
    tables,
  };
}

function bound(query, tables) {
  const symbols = Object.entries(tables).map(([name, columns]) => {
    const list = columns.map((column) => new Symbols.ColumnSymbol(column.name, Symbols.ScalarTypes.GetSymbol(column.type)));
    return new Symbols.TableSymbol.$ctor4(name, list);
  });
  const database = new Symbols.DatabaseSymbol.ctor("db", symbols);
  return Language.KustoCode.ParseAndAnalyze(query, Language.GlobalState.Default.WithDatabase(database));
}

function errors(code) {
  return items(code.GetDiagnostics()).filter((diagnostic) => diagnostic.Severity === "Error");
}

function items(list) {
  return Bridge.toArray(list);
}

function madeUp(query) {
  const tables = {};
  const settled = new Set();
  for (let round = 0; round < ROUNDS; round += 1) {
    const found = errors(bound(query, tables));
    if (!addTables(tables, found) && !found.some((error) => repair(query, tables, settled, error))) break;
  }
  return tables;
}

function addTables(tables, found) {
  const missing = found
    .filter((error) => error.Code === "KS204" || error.Message.endsWith("known table."))
    .map(named)
    .filter((name) => !(name in tables));
  for (const name of missing) tables[name] = [];
  return missing.length > 0;
}

function named(error) {
  return error.Message.match(/'([^']*)'/)?.[1];
}

/** Adds the column that is missed, or gives one the type that is expected; says whether anything changed. */
function repair(query, tables, settled, error) {
  const end = error.Start + error.Length;
  switch (error.Code) {
    case "KS142": // unknown name
    case "KS145": // not on both sides of a join
      return addColumn(tables, query, named(error));
    case "KS147": // not to be indexed
      return [...query.slice(0, end).matchAll(/(\w+)\s*\[/g)].some(([, name]) => retype(tables, settled, name, "dynamic"));
    case "KS106": { // no such operator for these types
      const types = error.Message.match(/types (\w+) and (\w+)/);
      if (types === null) return false;
      const wanted = types[1] === "string" ? types[2] : types[1];
      const words = query.slice(Math.max(0, error.Start - 40), end + 40).match(/\w+/g) ?? [];
      return words.some((word) => retype(tables, settled, word, wanted === "real" ? "long" : wanted));
    }
    default: {
      const wanted = error.Code === "KS138" ? "long" : error.Message.match(/type (\w+)/)?.[1];
      return wanted !== undefined && retype(tables, settled, query.slice(error.Start, end).trim(), wanted);
    }
  }
}

function addColumn(tables, query, name) {
  const without = Object.values(tables).filter((columns) => !columns.some((column) => column.name === name));
  for (const columns of without) columns.push({ name, type: likelyType(query, name) });
  return without.length > 0;
}

/** The engine, unlike the binder, refuses to compare text with numbers: a name beside a number is one. */
function likelyType(query, name) {
  if (/time(generated|stamp)?$|date$/i.test(name)) return "datetime";
  const escaped = name.replace(/[^\w]/g, "\\$&");
  const beside = new RegExp(`\\b${escaped}\\s*(?:[=!<>]=|[<>]|!?in~?\\s*\\()\\s*(?:\\d|dynamic\\(\\[\\d)`, "i");
  return beside.test(query) ? "long" : "string";
}

function retype(tables, settled, name, type) {
  if (settled.has(name) || !["bool", "datetime", "decimal", "dynamic", "guid", "int", "long", "real", "string", "timespan"].includes(type)) return false;
  const found = Object.values(tables).flat().filter((column) => column.name === name && column.type !== type);
  for (const column of found) column.type = type;
  if (found.length > 0) settled.add(name);
  return found.length > 0;
}
