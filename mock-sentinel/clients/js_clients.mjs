// Microsoft's JavaScript clients against mock-sentinel: every line is a scenario and what came of it.

import { readFileSync } from "node:fs";
import { ClientCertificateCredential, ClientSecretCredential, ManagedIdentityCredential } from "@azure/identity";
import { AggregateLogsUploadError, LogsIngestionClient } from "@azure/monitor-ingestion";
import { LogsQueryClient } from "@azure/monitor-query-logs";

const handshake = JSON.parse(readFileSync(process.env.CLIENTS_HANDSHAKE, "utf8"));
const stream = "Custom-MiroAuditLogs_CL";
const table = "MiroAuditLogs_CL";
const rule = handshake.rules[stream];
const authority = { authorityHost: handshake.authority, disableInstanceDiscovery: true };
let failures = 0;

async function scenario(name, run) {
    let outcome;
    let mark = "ok";
    try {
        outcome = await run();
    } catch (error) {
        outcome = `${error.name}: ${JSON.stringify(String(error.message).slice(0, 200))}`;
        mark = "FAIL";
        failures += 1;
    }
    console.log(`javascript | ${name} | ${outcome} | ${mark}`);
}

async function control(path, body, method) {
    const answer = await fetch(`${handshake.control_url}/${path}`, {
        method: method ?? (body === undefined ? "GET" : "POST"),
        body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    return text === "" ? undefined : JSON.parse(text);
}

function expect(condition, what) {
    if (!condition) throw new Error(`expected otherwise: ${what}`);
}

const secret = (value = handshake.client_secret) =>
    new ClientSecretCredential(handshake.tenant_id, handshake.client_id, value, authority);
const uploader = (credential = secret()) => new LogsIngestionClient(handshake.endpoint, credential);
const querier = () => new LogsQueryClient(secret(), { endpoint: `${handshake.https_url}/v1` });
const rows = (count, prefix) =>
    Array.from({ length: count }, (_, n) => ({
        id: `${prefix}-${n}`,
        event: "sign_in",
        createdAt: new Date().toISOString(),
        details: { text: "x".repeat(180) },
    }));
const failed = async (promise) => {
    try {
        await promise;
    } catch (error) {
        return error;
    }
    throw new Error("was accepted");
};

await scenario("secret credential, 20,000 rows in parallel, counted by the query client", async () => {
    await control("reset", {});
    await uploader().upload(rule, stream, rows(20_000, "js"), { maxConcurrency: 5 });
    const calls = (await control("journal?call=sentinel.ingest")).entries;
    const answer = await querier().queryWorkspace(handshake.workspace_id, `${table} | count`, { duration: "P1D" });
    expect(Number(answer.tables[0].rows[0][0]) === 20_000, answer.tables[0].rows[0][0]);
    return `${calls.length} uploads, 20000 rows`;
});

await scenario("certificate credential", async () => {
    const credential = new ClientCertificateCredential(
        handshake.tenant_id,
        handshake.client_id,
        { certificatePath: process.env.CLIENTS_CERTIFICATE },
        authority,
    );
    await uploader(credential).upload(rule, stream, rows(1, "certificate"));
    return "uploaded";
});

await scenario("managed identity, App Service", async () => {
    process.env.IDENTITY_ENDPOINT = `${handshake.http_url}/msi/token`;
    process.env.IDENTITY_HEADER = "mock-identity-header";
    try {
        await uploader(new ManagedIdentityCredential()).upload(rule, stream, rows(1, "managed"));
    } finally {
        delete process.env.IDENTITY_ENDPOINT;
        delete process.env.IDENTITY_HEADER;
    }
    return "uploaded";
});

await scenario("token: wrong secret", async () => {
    const error = await failed(secret("wrong").getToken("https://monitor.azure.com/.default"));
    expect(error.message.includes("AADSTS7000215"), error.message);
    return `${error.name} AADSTS7000215`;
});

await scenario("upload: unknown rule", async () => {
    const error = await failed(uploader().upload("dcr-0", stream, rows(1, "lost")));
    expect(error.name === AggregateLogsUploadError.name || error.name === "AggregateLogsUploadError", error.name);
    expect(error.errors[0].cause.code === "NotFound", error.errors[0].cause.code);
    return `${error.name} ${error.errors[0].cause.statusCode} NotFound, ${error.errors[0].failedLogs.length} failed log`;
});

await scenario("upload: role not assigned", async () => {
    await control("roles", { stream, assigned: false });
    const error = await failed(uploader().upload(rule, stream, rows(1, "lost")));
    await control("roles", { stream, assigned: true });
    expect(error.errors[0].cause.statusCode === 403, error.errors[0].cause.statusCode);
    return "403 OperationFailed";
});

await scenario("upload: 429 with Retry-After is retried", async () => {
    await control("faults", { when: { call: "sentinel.ingest" }, answer: { status: 429, retry_after: 1 } });
    await uploader().upload(rule, stream, rows(1, "retried"));
    return "uploaded";
});

await scenario("query: statistics and visualization", async () => {
    const answer = await querier().queryWorkspace(
        handshake.workspace_id,
        `${table} | summarize n = count() by event | render piechart`,
        { duration: "PT1H" },
        { includeQueryStatistics: true, includeVisualization: true },
    );
    expect(answer.status === "Success" && answer.visualization.visualization === "piechart", JSON.stringify(answer.visualization));
    return `${answer.status}, ${answer.visualization.visualization}`;
});

await scenario("query: a mistake", async () => {
    const error = await failed(querier().queryWorkspace(handshake.workspace_id, `${table} | project nothing`, { duration: "P1D" }));
    expect(error.code === "BadArgumentError", error.code);
    return `${error.statusCode} ${error.code}`;
});

await scenario("query: a batch", async () => {
    const timespan = { duration: "P1D" };
    const answers = await querier().queryBatch([
        { workspaceId: handshake.workspace_id, query: `${table} | count`, timespan },
        { workspaceId: handshake.workspace_id, query: "nonsense |", timespan },
    ]);
    // This client calls every batched answer with an error in it a partial failure.
    const statuses = answers.map((answer) => answer.status);
    expect(statuses.join() === "Success,PartialFailure", statuses.join());
    return statuses.join(", ");
});

process.exit(failures === 0 ? 0 : 1);
