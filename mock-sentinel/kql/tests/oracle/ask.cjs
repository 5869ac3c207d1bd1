// Asks Microsoft's own parser and binder, the npm package `@kusto/language-service-next`, about queries.
//
// stdin:  {"tables": {"T": [{"name": "a", "type": "long"}]}, "queries": ["T | count"]}
// stdout: [{"errors": ["KS006 12: …"], "columns": [{"name": "Count", "type": "long"}]}], one for each query
//
// The only argument is a `node_modules` folder that holds the package.
"use strict";
const path = require("path");

const home = path.resolve(process.argv[2], "@kusto", "language-service-next");
require(path.join(home, "bridge.min.js"));
require(path.join(home, "Kusto.Language.Bridge.min.js"));
const { Language } = globalThis.Kusto ?? Kusto;
const { Symbols } = Language;

const input = JSON.parse(require("fs").readFileSync(0, "utf8"));
const globals = globalState(input.tables);
process.stdout.write(JSON.stringify(input.queries.map(ask)));

function globalState(tables) {
  const symbols = Object.entries(tables).map(([name, columns]) => {
    const list = columns.map((column) => new Symbols.ColumnSymbol(column.name, Symbols.ScalarTypes.GetSymbol(column.type)));
    return new Symbols.TableSymbol.$ctor4(name, list);
  });
  const database = new Symbols.DatabaseSymbol.ctor("db", symbols);
  return Language.GlobalState.Default.WithDatabase(database);
}

function ask(query) {
  const code = Language.KustoCode.ParseAndAnalyze(query, globals);
  const errors = items(code.GetDiagnostics())
    .filter((diagnostic) => diagnostic.Severity === "Error")
    .map((diagnostic) => `${diagnostic.Code} ${diagnostic.Start}: ${diagnostic.Message}`);
  const columns = code.ResultType?.Columns ? items(code.ResultType.Columns) : [];
  return { errors, columns: columns.map((column) => ({ name: column.Name, type: column.Type.Name })) };
}

function items(list) {
  return Bridge.toArray(list);
}
