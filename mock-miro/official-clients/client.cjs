// Calls everything that the Node client has near the logs; prints one JSON line a call.
//
// Usage: client.cjs BASE_URL CONTROL_URL ORGANIZATION_ID

const { MiroLowlevelApi } = require("@mirohq/miro-api");

const [baseUrl, controlUrl, organizationId] = process.argv.slice(2);
const end = new Date();
const start = new Date(end.getTime() - 24 * 3600 * 1000);

const client = (token) => new MiroLowlevelApi(token, baseUrl);
const audit = (token, more) =>
  client(token).enterpriseGetAuditLogs(start.toISOString(), end.toISOString(), more);
const content = (token, more, organization = organizationId) =>
  client(token).enterpriseBoardContentItemLogsFetch(organization, start, end, more);

async function every(pageOf) {
  const ids = new Set();
  let cursor;
  do {
    const { body } = await pageOf(cursor);
    body.data.forEach((event) => ids.add(event.id));
    cursor = body.cursor;
  } while (cursor);
  return `${ids.size} events`;
}

async function boardAndActor() {
  const [event] = (await content("token-content", { limit: 1 })).body.data;
  const filter = { boardIds: [event.contentId, "uXjVnone="], emails: [event.actor.email] };
  const found = (await content("token-content", filter)).body.data;
  return found.some((item) => item.id === event.id) ? "the event is found again" : "the event is not found again";
}

const post = (where, what) => fetch(`${controlUrl}/${where}`, { method: "POST", body: JSON.stringify(what) });

async function show(call, work) {
  let outcome;
  try {
    outcome = await work();
  } catch (error) {
    outcome = error.statusCode ? `${error.statusCode} ${error.body && error.body.code}` : `${error.name}: ${error.message}`;
  }
  console.log(JSON.stringify({ call, outcome }));
}

async function main() {
  await show("audit, every page", () => every((cursor) => audit("token-audit", { limit: 100, cursor })));
  await show("audit, newest first", () => every((cursor) => audit("token-audit", { limit: 70, cursor, sorting: "DESC" })));
  await show("content, every page", () => every((cursor) => content("token-content", { limit: 100, cursor })));
  await show("content, by board and actor", boardAndActor);
  await show("token information", async () => (await client("token-audit").tokenInfo()).body.scopes.join(" "));
  await show("organization", async () => (await client("token-admin").enterpriseGetOrganization(organizationId)).body.plan);
  await show("unknown token", () => audit("made-up"));
  await show("unknown token, information", () => client("made-up").tokenInfo());
  await show("scope missing", () => audit("token-content"));
  await show("wrong organization", () => content("token-content", {}, "1"));
  await show("limit too large", () => audit("token-audit", { limit: 501 }));
  await post("world", { guard: false });
  await show("no Enterprise Guard", () => content("token-content"));
  await post("world", { guard: true, plan: "business" });
  await show("plan without audit logs", () => audit("token-audit"));
  await post("world", { plan: "enterprise" });
  await post("faults", { when: { call: "audit_logs" }, answer: { status: 429 } });
  await show("rate limit", () => audit("token-audit"));
  await post("faults", { when: { call: "audit_logs" }, answer: { status: 500 } });
  await show("server error", () => audit("token-audit"));
  await show("revoke v1", async () => (await client("token-first").revokeToken("token-first"), "revoked"));
  await show("revoked token", () => audit("token-first"));
  const request = { accessToken: "token-second", clientId: "77", clientSecret: "example-secret" };
  const revoke = async () => (await client("token-second").revokeTokenV2(request), "revoked");
  await show("revoke v2", revoke);
  await show("revoke v2, again", revoke);
}

main();
