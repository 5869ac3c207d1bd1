"""A Singer tap for both of Miro's logs, written as the SDK's template has it."""

from singer_sdk import RESTStream, Tap
from singer_sdk import typing as th
from singer_sdk.authenticators import BearerTokenAuthenticator
from singer_sdk.pagination import JSONPathPaginator


class MiroPages(JSONPathPaginator):
    """The cursor of the body; an empty one is the end."""

    def get_next(self, response):
        return super().get_next(response) or None


class MiroStream(RESTStream):
    """What both logs have in common."""

    primary_keys = ("id",)
    records_jsonpath = "$.data[*]"
    after, before = "", ""

    @property
    def schema(self):
        moment = th.Property(self.replication_key, th.DateTimeType, required=True)
        identity = th.Property("id", th.StringType, required=True)
        return th.PropertiesList(identity, moment, additional_properties=True).to_dict()

    @property
    def url_base(self):
        return self.config["base_url"]

    @property
    def authenticator(self):
        return BearerTokenAuthenticator(token=self.config[f"{self.name}_token"])

    def get_new_paginator(self):
        return MiroPages("$.cursor")

    def get_url_params(self, context, next_page_token):
        start = self.get_starting_timestamp(context)
        window = {self.after: start.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z", self.before: self.config["end"]}
        return {**window, "limit": 100, **({"cursor": next_page_token} if next_page_token else {})}

    def backoff_wait_generator(self):
        def seconds(error):
            response = getattr(error, "response", None)
            return int(response.headers.get("Retry-After", 1)) if response is not None else 1

        return self.backoff_runtime(value=seconds)


class AuditStream(MiroStream):
    """Who did what."""

    name = "audit"
    replication_key = "createdAt"
    path = "/v2/audit/logs"
    after, before = "createdAfter", "createdBefore"


class ContentStream(MiroStream):
    """What changed on boards."""

    name = "content"
    replication_key = "actionTime"
    path = "/v2/orgs/{organization_id}/content-logs/items"
    after, before = "from", "to"

    def get_url(self, context):
        return super().get_url(context).replace("{organization_id}", self.config["organization_id"])


class TapMiro(Tap):
    """The tap."""

    name = "tap-miro"
    config_jsonschema = th.PropertiesList(
        th.Property("base_url", th.StringType, required=True),
        th.Property("organization_id", th.StringType, required=True),
        th.Property("audit_token", th.StringType, required=True, secret=True),
        th.Property("content_token", th.StringType, required=True, secret=True),
        th.Property("start_date", th.DateTimeType, required=True),
        th.Property("end", th.StringType, required=True),
    ).to_dict()

    def discover_streams(self):
        return [AuditStream(self), ContentStream(self)]


if __name__ == "__main__":
    TapMiro.cli()
