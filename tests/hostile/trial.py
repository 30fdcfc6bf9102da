"""The letters of the corpus against the webmail in Chromium: stored by IMAP, opened one after the other, watched from outside.

run(...) gives what web/tests/e2e/hostile.mjs counted. `Sink` is the world: every host name of the browser but our server's leads to it, so a
request that the browser makes is a connection that it counts. It also shows a letter's markup without any protection, as the control.
"""
import http.server
import json
import os
import re
import socketserver
import subprocess
import threading
import time

SINK = "127.0.9.77"


class Sink:
    def __init__(self, letters):
        self.connections, markup = [], {one.number: one.html for one in letters if one.html}

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(handler):
                wanted = handler.path.rsplit("/", 1)[-1]
                body = markup.get(int(wanted), "") if wanted.isdigit() and handler.path.startswith("/raw/") else ""
                data = ("<!doctype html><meta charset=utf-8>" + body).encode("utf-8", "surrogatepass")
                handler.send_response(200 if body else 404)
                handler.send_header("Content-Type", "text/html; charset=utf-8")
                handler.send_header("Content-Length", str(len(data)))
                handler.end_headers()
                handler.wfile.write(data)

            def log_message(handler, *_):
                pass

        class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
            daemon_threads = True

            def process_request(server, request, address):
                self.connections.append(time.monotonic())
                super().process_request(request, address)

            def handle_error(server, request, address):
                pass  # TLS to a port that has none

        self.server = Server((SINK, 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def store(server, user, letters, mailbox="INBOX", flags=""):
    """By APPEND; gives how many the server took."""
    taken = 0
    with server.imap(user) as imap:
        for one in letters:
            taken += imap.append(mailbox, flags, None, one.text)[0] == "OK"
    return taken


def reached_out(path, until):
    """Lines of the browser's own log of its network that name anybody but us, before that time; and how many events it has."""
    found, events, offset = [], 0, None
    with open(path, encoding="utf-8", errors="replace") as log:
        for line in log:
            if offset is None:
                offset = re.search(r'"timeTickOffset":"?(\d+)', line)
                offset = int(offset.group(1)) if offset else None
                continue  # the constants, which tell how the browser was started
            when = re.findall(r'"time":"(\d+)"', line)
            events += bool(when)
            if when and int(when[-1]) + offset < until and ("evil.test" in line or SINK in line):
                found.append(line[:300])
    return found, events


def run(server, user, folder, letters, drafts, controls, seconds):
    """Gives {"opened": n, "hits": [...], "drafts": n, "control": {...}, "netlog": [...], ...}; raises if the driver itself failed."""
    source = os.environ["POSTHORN_SOURCE"]
    web = os.path.join(source, "web")
    sink = Sink(letters)
    try:
        netlog = os.path.join(folder, "netlog.json")
        environment = {**os.environ, "URL": f"https://{server.address}:{server.ports['https']}", "USER_ADDRESS": user, "PASSWORD": server.passwords[user], "SINK": f"{SINK}:{sink.port}",
                       "OWN": server.address, "NETLOG": netlog, "LETTERS": str(len(letters)), "DRAFTS": str(drafts), "CONTROLS": json.dumps([one.number for one in controls])}
        done = subprocess.run([os.path.join(web, "node_modules", ".bin", "node"), os.path.join(web, "tests", "e2e", "hostile.mjs")], cwd=web, env=environment, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=seconds)
        if done.returncode != 0:
            raise AssertionError(f"the driver ended with {done.returncode}\n" + done.stderr.decode("utf-8", "replace")[-8000:])
        report = json.loads(done.stdout.decode().splitlines()[-1])
        # The control comes last and is the only one who may have reached the sink; the driver notes when it began.
        report["sink"] = len(sink.connections)
        report["netlog"], report["netlog_events"] = reached_out(netlog, report["watchedUntil"])
        return report
    finally:
        sink.close()
