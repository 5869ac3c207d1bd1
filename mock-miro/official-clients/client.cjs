// Makes the calls of calls.json with Miro's Node client, each in a fresh world; prints one JSON line a call.
//
// Usage: client.cjs BASE_URL CONTROL_URL ORGANIZATION_ID

const { MiroLowlevelApi } = require("@mirohq/miro-api");
const calls = require("./calls.json");

const [baseUrl, controlUrl, organizationId] = process.argv.slice(2);
const end = new Date();
const start = new Date(end.getTime() - 24 * 3600 * 1000);

// Steers the mock, or looks at it.
async function control(path, what) {
  const options = what === undefined ? {} : { method: "POST", body: JSON.stringify(what) };
  return (await fetch(`${controlUrl}/${path}`, options)).json();
}

const client = (token) => new MiroLowlevelApi(token, baseUrl);
const auditPage = async (token, options) =>
  (await client(token).enterpriseGetAuditLogs(start.toISOString(), end.toISOString(), options)).body;
const contentPage = async (token, options, organization = organizationId) =>
  (await client(token).enterpriseBoardContentItemLogsFetch(organization, start, end, options)).body;

async function every(pageOf) {
  const ids = new Set();
  let cursor;
  do {
    const page = await pageOf(cursor);
    page.data.forEach((event) => ids.add(event.id));
    cursor = page.cursor;
  } while (cursor);
  return `${ids.size} events`;
}

// What `make` in calls.json can say.
const make = {
  every_audit: (call) => every((cursor) => auditPage("token-audit", { ...call.options, cursor })),
  every_content: (call) => every((cursor) => contentPage("token-content", { ...call.options, cursor })),
  by_board_and_actor: async () => {
    // What a program did has no address to look for.
    const event = (await contentPage("token-content", { limit: 100 })).data.find((item) => item.actor.email);
    const filter = { boardIds: [event.contentId, "uXjVnone="], emails: [event.actor.email, "nobody@example.com"] };
    const found = (await contentPage("token-content", filter)).data;
    return found.some((item) => item.id === event.id) ? "the event is found again" : "the event is not found again";
  },
  audit: async (call) => `${(await auditPage(call.token ?? "token-audit", call.options)).data.length} events`,
  content: async (call) => `${(await contentPage("token-content", {}, call.organization)).data.length} events`,
  cursor_turned_round: async () => {
    const { cursor } = await auditPage("token-audit", { limit: 10 });
    return `${(await auditPage("token-audit", { limit: 10, cursor, sorting: "DESC" })).data.length} events`;
  },
  token_info: async (call) => (await client(call.token).tokenInfo()).body.scopes.join(" "),
  organization: async (call) => (await client(call.token).enterpriseGetOrganization(organizationId)).body.plan,
  revoke_v1: async (call) => {
    await client(call.token).revokeToken(call.token);
    return "revoked";
  },
  revoke_v2: async (call) => {
    const request = { accessToken: call.token, clientId: "77", clientSecret: "example-secret" };
    await client(call.token).revokeTokenV2(request);
    return "revoked";
  },
};

// What a client throws beyond its own errors is an outcome too.
async function outcomeOf(call) {
  try {
    return await make[call.make](call);
  } catch (error) {
    if (error.statusCode) return `${error.statusCode} ${error.body?.code ?? "no code"}`;
    return error.code ? `${error.name} ${error.code}` : error.name;
  }
}

// How often a client asked, where one call is all that was made and the client asked again by itself.
async function requestsOf(call) {
  const count = call.make === "audit" ? (await control("journal")).entries.length : 1;
  return count === 1 ? "" : `, ${count} requests`;
}

async function main() {
  for (const call of calls) {
    await control("reset", {});
    for (const [path, what] of call.first ?? []) await control(path, what);
    const outcome = (await outcomeOf(call)) + (await requestsOf(call));
    console.log(JSON.stringify({ call: call.call, outcome }));
  }
}

main();
