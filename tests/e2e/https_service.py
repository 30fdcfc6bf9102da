"""A small HTTPS server of somebody else, for what ours asks of others."""
import http.server
import ssl
import threading


class Quiet(http.server.BaseHTTPRequestHandler):
    """A handler that says nothing on standard error."""

    def log_message(self, *_):
        pass


class HttpsService:
    def __init__(self, address, handler, certificate, key):
        self.server = http.server.ThreadingHTTPServer((address, 0), handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"https://{address}:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
