"""Sends Azure's own host names to a mock on this machine, for any Python program started with this folder on PYTHONPATH.

AZURE_AT is where the mock listens for https, such as 127.0.0.1:8443. Nothing else of the machine changes.
"""

import os
import socket

DOMAINS = (
    "login.microsoftonline.com",
    "login.microsoft.com",
    "login.windows.net",
    "management.azure.com",
    "api.loganalytics.io",
    "api.loganalytics.azure.com",
    "monitor.azure.com",
    "graph.microsoft.com",
    "graph.windows.net",
)


def answered_here(host):
    name = host.decode() if isinstance(host, bytes) else str(host or "")
    name = name.lower().rstrip(".")
    return any(name == domain or name.endswith("." + domain) for domain in DOMAINS)


if "AZURE_AT" in os.environ:
    address, _, port = os.environ["AZURE_AT"].rpartition(":")
    asked = socket.getaddrinfo

    def getaddrinfo(host, service, *arguments, **options):
        if answered_here(host) and str(service) in ("443", "https"):
            return asked(address.strip("[]"), int(port), *arguments, **options)
        return asked(host, service, *arguments, **options)

    socket.getaddrinfo = getaddrinfo
