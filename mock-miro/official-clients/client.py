"""Calls everything that the Python client has near the logs; prints one JSON line a call.

Usage: client.py BASE_URL CONTROL_URL ORGANIZATION_ID
"""

import json
import sys
import urllib.request
from datetime import datetime, timedelta, timezone

from miro_api import MiroApi
from miro_api.configuration import Configuration
from miro_api.exceptions import ApiException
from miro_api.models.revoke_token_request import RevokeTokenRequest

BASE_URL, CONTROL_URL, ORGANIZATION_ID = sys.argv[1:4]
Configuration.set_default(Configuration(host=BASE_URL))
END = datetime.now(timezone.utc)
START = END - timedelta(days=1)


def audit(token, **more):
    after, before = (t.strftime("%Y-%m-%dT%H:%M:%S.000Z") for t in (START, END))
    return MiroApi(token).enterprise_get_audit_logs(created_after=after, created_before=before, **more)


def content(token, organization=ORGANIZATION_ID, **more):
    return MiroApi(token).enterprise_board_content_item_logs_fetch(organization, START, END, **more)


def every(page_of):
    """All ids, page by page."""
    ids, cursor = [], None
    while True:
        page = page_of(cursor)
        ids += [event.id for event in page.data]
        cursor = page.cursor
        if not cursor:
            return f"{len(set(ids))} events"


def board_and_actor():
    page = content("token-content", limit=1)
    event = page.data[0]
    found = content("token-content", board_ids=[event.content_id, "uXjVnone="], emails=[event.actor.email])
    assert event.id in [item.id for item in found.data]
    return "the event is found again"


def change(what):
    body = json.dumps(what).encode()
    urllib.request.urlopen(urllib.request.Request(f"{CONTROL_URL}/world", body)).read()


def fault(what):
    body = json.dumps(what).encode()
    urllib.request.urlopen(urllib.request.Request(f"{CONTROL_URL}/faults", body)).read()


def show(call, work):
    try:
        outcome = work()
    except ApiException as error:
        code = json.loads(error.body or "{}").get("code") if error.body else None
        outcome = f"{error.status} {code}"
    except Exception as error:  # What a client raises beyond its own exceptions is a finding too.
        outcome = f"{type(error).__name__}: {str(error)[:90]}"
    print(json.dumps({"call": call, "outcome": outcome}), flush=True)


show("audit, every page", lambda: every(lambda cursor: audit("token-audit", limit=100, cursor=cursor)))
show("audit, newest first", lambda: every(lambda cursor: audit("token-audit", limit=70, cursor=cursor, sorting="DESC")))
show("content, every page", lambda: every(lambda cursor: content("token-content", limit=100, cursor=cursor)))
show("content, by board and actor", board_and_actor)
show("token information", lambda: " ".join(MiroApi("token-audit").token_info().scopes))
show("organization", lambda: MiroApi("token-admin").enterprise_get_organization(ORGANIZATION_ID).plan)
show("unknown token", lambda: audit("made-up"))
show("unknown token, information", lambda: MiroApi("made-up").token_info())
show("scope missing", lambda: audit("token-content"))
show("wrong organization", lambda: content("token-content", organization="1"))
show("limit too large", lambda: audit("token-audit", limit=501))
change({"guard": False})
show("no Enterprise Guard", lambda: content("token-content"))
change({"guard": True, "plan": "business"})
show("plan without audit logs", lambda: audit("token-audit"))
change({"plan": "enterprise"})
fault({"when": {"call": "audit_logs"}, "answer": {"status": 429}})
show("rate limit", lambda: audit("token-audit"))
fault({"when": {"call": "audit_logs"}, "answer": {"status": 500}})
show("server error", lambda: audit("token-audit"))
show("revoke v1", lambda: MiroApi("token-first").revoke_token("token-first") or "revoked")
show("revoked token", lambda: audit("token-first"))
request = RevokeTokenRequest(accessToken="token-second", clientId="77", clientSecret="example-secret")
show("revoke v2", lambda: MiroApi("token-second").revoke_token_v2(request) or "revoked")
show("revoke v2, again", lambda: MiroApi("token-second").revoke_token_v2(request) or "revoked")
