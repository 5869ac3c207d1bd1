// Microsoft's JavaScript clients against mock-sentinel: every line is a scenario and what came of it.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
    ClientCertificateCredential,
    ClientSecretCredential,
    ManagedIdentityCredential,
    WorkloadIdentityCredential,
} from "@azure/identity";
import { LogsIngestionClient } from "@azure/monitor-ingestion";
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

const federated = async (change = {}) => {
    const order = {
        issuer: "https://issuer.example",
        subject: "system:serviceaccount:miro:connector",
        audience: "api://AzureADTokenExchange",
        ...change,
    };
    const tokenFilePath = join(process.env.CLIENTS_FOLDER, "federated-js");
    writeFileSync(tokenFilePath, (await control("assertion", order)).assertion);
    const { tenant_id: tenantId, client_id: clientId } = handshake;
    return new WorkloadIdentityCredential({ tenantId, clientId, tokenFilePath, ...authority });
};

await scenario("workload identity credential", async () => {
    await uploader(await federated()).upload(rule, stream, rows(1, "federated"));
    return "uploaded";
});

const managed = (name, environment) =>
    scenario(`managed identity, ${name}`, async () => {
        Object.assign(process.env, environment);
        try {
            await uploader(new ManagedIdentityCredential()).upload(rule, stream, rows(1, "managed"));
        } finally {
            for (const key of Object.keys(environment)) delete process.env[key];
        }
        return "uploaded";
    });

await managed("App Service", {
    IDENTITY_ENDPOINT: `${handshake.http_url}/msi/token`,
    IDENTITY_HEADER: "mock-identity-header",
});
await managed("IMDS", { AZURE_POD_IDENTITY_AUTHORITY_HOST: handshake.http_url });
if (process.env.CLIENTS_ARC !== undefined) {
    await managed("Azure Arc", {
        IDENTITY_ENDPOINT: `${handshake.http_url}/metadata/identity/oauth2/token`,
        IMDS_ENDPOINT: handshake.http_url,
    });
} else {
    console.log("javascript | managed identity, Azure Arc | skipped: its folder cannot be written here | skip");
}

const noToken = (name, code, credential) =>
    scenario(`token: ${name}`, async () => {
        const error = await failed((await credential()).getToken("https://monitor.azure.com/.default"));
        expect(error.message.includes(code), error.message);
        return `${error.name} ${code}`;
    });

const nobody = "00000000-0000-0000-0000-000000000000";
await noToken("wrong secret", "AADSTS7000215", () => secret("wrong"));
await noToken("expired secret", "AADSTS7000222", () => secret("expired"));
await noToken(
    "unknown app",
    "AADSTS700016",
    () => new ClientSecretCredential(handshake.tenant_id, nobody, "x", authority),
);
await noToken(
    "unknown tenant",
    "endpoints_resolution_error",
    () => new ClientSecretCredential(nobody, handshake.client_id, "x", authority),
);
await noToken("federated assertion, another subject", "AADSTS700213", () => federated({ subject: "other" }));
await noToken("federated assertion, expired", "AADSTS700024", () => federated({ life: "-1h" }));

// What the client makes of a refused upload.
const refusal = async (status, code, promise) => {
    const error = await failed(promise);
    expect(error.name === "AggregateLogsUploadError", error.name);
    const { cause, failedLogs } = error.errors[0];
    expect(cause.statusCode === status && (code === undefined || cause.code === code), `${cause.statusCode} ${cause.code}`);
    return `${error.name} ${status} ${code ?? "without a code"}, ${failedLogs.length} failed log`;
};
const fixed = (token) => ({ getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 }) });

await scenario("upload: unknown api-version", async () => {
    const client = new LogsIngestionClient(handshake.endpoint, secret(), { apiVersion: "2020-01-01" });
    return refusal(400, "InvalidApiVersion", client.upload(rule, stream, rows(1, "lost")));
});

await scenario("upload: a token for another audience", async () => {
    const { token } = await secret().getToken("https://api.loganalytics.io/.default");
    return refusal(401, "InvalidAuthenticationToken", uploader(fixed(token)).upload(rule, stream, rows(1, "lost")));
});

await scenario("upload: a token that is none", () =>
    refusal(401, "UnsupportedAccessTokenType", uploader(fixed("opaque")).upload(rule, stream, rows(1, "lost"))));

await scenario("upload: unknown stream", () =>
    refusal(400, "InvalidStream", uploader().upload(rule, "Custom-X", rows(1, "lost"))));

await scenario("upload: unknown rule", () =>
    refusal(404, "NotFound", uploader().upload("dcr-0", stream, rows(1, "lost"))));

await scenario("upload: role not assigned", async () => {
    await control("roles", { stream, assigned: false });
    const error = await failed(uploader().upload(rule, stream, rows(1, "lost")));
    await control("roles", { stream, assigned: true });
    expect(error.errors[0].cause.statusCode === 403, error.errors[0].cause.statusCode);
    return "403 OperationFailed";
});

await scenario("upload: one row of 2 MiB that does not compress", () => {
    let seed = 1;
    const noise = Array.from({ length: 2_100_000 }, () => {
        seed = (seed * 48_271) % 2_147_483_647;
        return String.fromCharCode(33 + (seed % 90));
    });
    return refusal(
        413,
        "ContentLengthLimitExceeded",
        uploader().upload(rule, stream, [{ id: "big", event: noise.join("") }]),
    );
});

const retried = (name, fault, attempts) =>
    scenario(`upload: ${name}`, async () => {
        const before = (await control("journal?call=sentinel.ingest")).entries.length;
        await control("faults", { when: { call: "sentinel.ingest" }, ...fault });
        await uploader().upload(rule, stream, rows(1, "retried"));
        const made = (await control("journal?call=sentinel.ingest")).entries.slice(before);
        await control("faults", undefined, "DELETE");
        expect(made.length === attempts, `${made.length} attempts`);
        const ids = new Set(made.map((call) => call.client_request_id));
        expect(ids.size === 1, "one request id");
        return `${attempts} attempts under one request id`;
    });

await retried("429 with Retry-After is retried", { answer: { status: 429, retry_after: 1 } }, 2);
await retried("503 is retried", { answer: { status: 503 } }, 2);
await retried("500 is retried", { answer: { status: 500 } }, 2);

await scenario("upload: the other chunks go on when one fails", async () => {
    await control("faults", { when: { call: "sentinel.ingest" }, answer: { status: 400 } });
    const error = await failed(uploader().upload(rule, stream, rows(8_000, "chunk")));
    const lost = error.errors.reduce((sum, one) => sum + one.failedLogs.length, 0);
    expect(error.errors.length === 1 && lost > 0 && lost < 8_000, `${error.errors.length} errors, ${lost} logs`);
    return `${lost} of 8000 rows in the error`;
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

await scenario("query: a timespan is honoured", async () => {
    const ahead = Date.now() + 86_400_000;
    const ask = async (timespan) => {
        const answer = await querier().queryWorkspace(handshake.workspace_id, `${table} | count`, timespan);
        return Number(answer.tables[0].rows[0][0]);
    };
    const within = await ask({ duration: "P1D" });
    const outside = await ask({ startTime: new Date(ahead), endTime: new Date(ahead + 86_400_000) });
    const both = await ask({ startTime: new Date(ahead - 2 * 86_400_000), duration: "P2D" });
    expect(within > 0 && both === within && outside === 0, `${within} ${both} ${outside}`);
    return `${within} within, ${outside} outside`;
});

const partial = (name, query, least, most) =>
    scenario(`query: ${name}`, async () => {
        const answer = await querier().queryWorkspace(handshake.workspace_id, query, { duration: "P1D" });
        expect(answer.status === "PartialFailure", answer.status);
        const count = answer.partialTables[0].rows.length;
        expect(count >= least && count <= most, count);
        return `${answer.status}, ${count} rows, ${answer.partialError.code}`;
    });

await partial("more rows than the limit", "range n from 1 to 40000 step 1", 30_000, 30_000);
await partial(
    "more bytes than the limit",
    "range n from 1 to 30000 step 1 | extend text = strcat_array(repeat('x', 500), '')",
    20_000,
    29_999,
);

await scenario("query: no role on the workspace", async () => {
    const stranger = new ClientSecretCredential(
        handshake.tenant_id,
        "c11e9700-0000-4000-8000-000000000001",
        "stranger",
        authority,
    );
    const client = new LogsQueryClient(stranger, { endpoint: `${handshake.https_url}/v1` });
    const error = await failed(client.queryWorkspace(handshake.workspace_id, "print 1", { duration: "P1D" }));
    expect(error.statusCode === 403 && error.code === "InsufficientAccessError", `${error.statusCode} ${error.code}`);
    return `${error.statusCode} ${error.code}`;
});

await scenario("query: unknown workspace", async () => {
    const error = await failed(querier().queryWorkspace(nobody, "print 1", { duration: "P1D" }));
    expect(error.statusCode === 404, error.statusCode);
    return `${error.statusCode} ${error.code}`;
});

await scenario("query: 503 and 429 are retried", async () => {
    for (const answer of [{ status: 503 }, { status: 429, retry_after: 1 }]) {
        await control("faults", { when: { call: "sentinel.query" }, answer });
        await querier().queryWorkspace(handshake.workspace_id, "print 1", { duration: "P1D" });
    }
    return "answered";
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
