"""Makes the calls of calls.json with Miro's Python client, each in a fresh world; prints one JSON line a call.

Usage: client.py BASE_URL CONTROL_URL ORGANIZATION_ID
"""

import json
import pathlib
import sys
import urllib.request
from datetime import datetime, timedelta, timezone

from miro_api import MiroApi
from miro_api.configuration import Configuration
from miro_api.exceptions import ApiException
from miro_api.models.revoke_token_request import RevokeTokenRequest

BASE_URL, CONTROL_URL, ORGANIZATION_ID = sys.argv[1:4]
CALLS = json.loads((pathlib.Path(__file__).parent / "calls.json").read_text())
Configuration.set_default(Configuration(host=BASE_URL))
# A second later: times are sent without their fractions, and the last event may be younger than that.
END = datetime.now(timezone.utc) + timedelta(seconds=1)
START = END - timedelta(days=1)


def control(path, what=None):
    """Steers the mock, or looks at it."""
    body = None if what is None else json.dumps(what).encode()
    return json.load(urllib.request.urlopen(urllib.request.Request(f"{CONTROL_URL}/{path}", body)))


def audit_page(token, **options):
    after, before = (t.strftime("%Y-%m-%dT%H:%M:%S.000Z") for t in (START, END))
    return MiroApi(token).enterprise_get_audit_logs(created_after=after, created_before=before, **options)


def content_page(token, organization=ORGANIZATION_ID, **options):
    return MiroApi(token).enterprise_board_content_item_logs_fetch(organization, START, END, **options)


def every(page_of):
    """All ids, page by page."""
    ids, cursor = [], None
    while True:
        page = page_of(cursor)
        ids += [event.id for event in page.data]
        cursor = page.cursor
        if not cursor:
            return f"{len(set(ids))} events"


class Calls:
    """What `make` in calls.json can say."""

    def every_audit(self, call):
        return every(lambda cursor: audit_page("token-audit", cursor=cursor, **call["options"]))

    def every_content(self, call):
        return every(lambda cursor: content_page("token-content", cursor=cursor, **call["options"]))

    def by_board_and_actor(self, _call):
        # What a program did has no address to look for.
        event = next(event for event in content_page("token-content", limit=100).data if event.actor.email)
        found = content_page(
            "token-content", board_ids=[event.content_id, "uXjVnone="], emails=[event.actor.email, "nobody@example.com"]
        )
        again = event.id in [item.id for item in found.data]
        return "the event is found again" if again else "the event is not found again"

    def audit(self, call):
        return f"{len(audit_page(call.get('token', 'token-audit'), **call.get('options', {})).data)} events"

    def content(self, call):
        return f"{len(content_page('token-content', call.get('organization', ORGANIZATION_ID)).data)} events"

    def cursor_turned_round(self, _call):
        cursor = audit_page("token-audit", limit=10).cursor
        return f"{len(audit_page('token-audit', limit=10, cursor=cursor, sorting='DESC').data)} events"

    def token_info(self, call):
        return " ".join(MiroApi(call["token"]).token_info().scopes)

    def organization(self, call):
        return MiroApi(call["token"]).enterprise_get_organization(ORGANIZATION_ID).plan

    def revoke_v1(self, call):
        MiroApi(call["token"]).revoke_token(call["token"])
        return "revoked"

    def revoke_v2(self, call):
        request = RevokeTokenRequest(accessToken=call["token"], clientId="77", clientSecret="example-secret")
        MiroApi(call["token"]).revoke_token_v2(request)
        return "revoked"


def code_of(body):
    try:
        return json.loads(body)["code"]
    except (TypeError, ValueError, KeyError):
        return "no code"


def requests_of(call):
    """How often a client asked, where one call is all that was made and the client asked again by itself."""
    count = len(control("journal")["entries"]) if call["make"] == "audit" else 1
    return "" if count == 1 else f", {count} requests"


def outcome_of(call):
    try:
        return getattr(Calls(), call["make"])(call)
    except ApiException as error:
        return f"{error.status} {code_of(error.body)}"
    except Exception as error:  # What a client raises beyond its own exceptions is an outcome too.
        return type(error).__name__


for call in CALLS:
    control("reset", {})
    for path, what in call.get("first", []):
        control(path, what)
    print(json.dumps({"call": call["call"], "outcome": outcome_of(call) + requests_of(call)}), flush=True)
