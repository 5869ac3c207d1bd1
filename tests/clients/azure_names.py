"""The names of Azure's hosts lead to a mock, for this process alone: no hosts file, no port 443.

A `mock-sentinel` that knows `--tls-name azure` carries the names itself. For one that does not, a front with a certificate
of its own passes the bytes on. Import this and call `lead_to` before a client opens its first connection.
"""

import asyncio
import contextlib
import os
import pathlib
import socket
import ssl
import subprocess
import threading

HOSTS = (
    "login.microsoftonline.com",
    "management.azure.com",
    "api.loganalytics.io",
    "api.loganalytics.azure.com",
    "monitor.azure.com",
)


@contextlib.contextmanager
def lead_to(https_url, ca_file=None):
    """Resolves Azure's names to the mock at `https_url`; `ca_file` is its root, if its certificate carries the names."""
    port = int(https_url.rsplit(":", 1)[1])
    ask = socket.getaddrinfo
    with contextlib.ExitStack() as stack:
        if not ca_file:
            port, ca_file = stack.enter_context(front(port))
        for variable in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
            os.environ[variable] = ca_file

        def answer(host, service, *rest, **more):
            name = host.decode() if isinstance(host, bytes) else host
            if name in HOSTS and int(service) == 443:
                return ask("127.0.0.1", port, *rest, **more)
            return ask(host, service, *rest, **more)

        socket.getaddrinfo = answer
        try:
            yield
        finally:
            socket.getaddrinfo = ask


@contextlib.contextmanager
def front(port):
    """A TLS listener under Azure's names before the mock's own; yields its port and its certificate's file."""
    scratch = pathlib.Path(os.environ["CLIENTS_SCRATCH"])
    key, certificate = scratch / "front.key.pem", scratch / "front.pem"
    names = ",".join(f"DNS:{host}" for host in HOSTS)
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=front"]
        + ["-addext", f"subjectAltName={names}", "-keyout", str(key), "-out", str(certificate)],
        check=True,
        stderr=subprocess.DEVNULL,
    )
    inward = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    inward.load_cert_chain(certificate, key)
    onward = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    onward.check_hostname, onward.verify_mode = False, ssl.CERT_NONE
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()

    async def join(near_reader, near_writer):
        """Passes bytes both ways until one side has ended."""
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port, ssl=onward)
        ways = [pour(near_reader, far_writer), pour(far_reader, near_writer)]
        await asyncio.wait([loop.create_task(way) for way in ways], return_when=asyncio.FIRST_COMPLETED)
        for writer in (near_writer, far_writer):
            writer.close()

    listening = asyncio.run_coroutine_threadsafe(asyncio.start_server(join, "127.0.0.1", 0, ssl=inward), loop)
    server = listening.result(timeout=10)
    try:
        yield server.sockets[0].getsockname()[1], str(certificate)
    finally:
        loop.call_soon_threadsafe(loop.stop)


async def pour(source, sink):
    with contextlib.suppress(OSError):
        while piece := await source.read(65536):
            sink.write(piece)
            await sink.drain()
