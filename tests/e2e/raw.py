"""Clients and servers that speak byte by byte, for the tests of attacks: Raw talks to a server, FakeMx is a mail server of strangers."""
import socket
import ssl
import threading

from harness import wait_for


class Raw:
    """One connection to a service of a Server. Closes itself at the end of a with block."""

    def __init__(self, server, service="smtp", source=None, greeting=True, timeout=30):
        self.server = server
        self.socket = socket.create_connection((server.address, server.ports[service]), timeout=timeout, source_address=(source, 0) if source else None)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.greeting = self.line() if greeting else ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        """Sends what the server takes: one that closes while we send is no error of the test."""
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError, ssl.SSLEOFError):
            pass

    def line(self):
        while b"\n" not in self.buffer:
            piece = self.socket.recv(65536)
            if not piece:
                got, self.buffer = self.buffer, b""
                return got.decode("utf-8", "replace")
            self.buffer += piece
        got, self.buffer = self.buffer.split(b"\n", 1)
        return got.decode("utf-8", "replace").rstrip("\r")

    def reply(self):
        """An SMTP reply, its lines joined by newlines; empty if the server closed."""
        lines = []
        while True:
            lines.append(self.line())
            if lines[-1][3:4] != "-":
                return "\n".join(lines)

    def say(self, command):
        self.send((command.encode("utf-8") if isinstance(command, str) else command) + b"\r\n")
        return self.reply()

    def rest(self, seconds=20):
        """All that comes until the server closes."""
        seen, self.buffer = self.buffer, b""
        self.socket.settimeout(seconds)
        try:
            while piece := self.socket.recv(65536):
                seen += piece
        except (ConnectionResetError, ssl.SSLError):
            pass
        return seen

    def tagged(self, tag, command):
        """An IMAP command; gives all lines up to its answer."""
        self.send(f"{tag} {command}\r\n".encode())
        lines = []
        while not lines or (lines[-1] and not lines[-1].startswith(tag + " ")):
            lines.append(self.line())
        return lines

    def tls(self, context=None, name=None):
        self.socket = (context or self.server.tls()).wrap_socket(self.socket, server_hostname=name or self.server.name)

    def envelope(self, sender="<x@elsewhere.test>", recipient="<alice@blue.test>"):
        """EHLO to DATA; the text may follow."""
        for command in ("EHLO tester", f"MAIL FROM:{sender}", f"RCPT TO:{recipient}", "DATA"):
            answer = self.say(command)
        return answer


class FakeMx:
    """A mail server of strangers. `play(connection, number)` talks to each client in a thread of its own; the default takes everything.
    `heard` is all that was received, by connection."""

    def __init__(self, address, port, play=None, context=None):
        self.address, self.port, self.context = address, port, context
        self.play = play or (lambda connection, number: take_mail(connection, context=context))
        self.heard, self.clear, self.errors = [], [], []  # `clear`: what came outside of TLS
        self.listener = socket.create_server((address, port))
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def accept(self):
        while True:
            try:
                plain, _ = self.listener.accept()
            except OSError:
                return
            number = len(self.heard)
            self.heard.append(bytearray())
            self.clear.append(bytearray())
            threading.Thread(target=self.talk, args=(plain, number), daemon=True).start()

    def talk(self, plain, number):
        connection = Hearing(plain, self.heard[number], self.clear[number])
        try:
            self.play(connection, number)
        except (OSError, EOFError) as error:
            self.errors.append(error)
        finally:
            connection.close()

    def wait_for(self, text, seconds=20):
        return wait_for(lambda: next((bytes(one) for one in self.heard if text in one), None), seconds, f"{text!r} was not received")

    def close(self):
        try:
            self.listener.shutdown(socket.SHUT_RDWR)  # or the thread in accept() would keep it open
        except OSError:
            pass
        self.listener.close()
        self.thread.join(10)


class Hearing:
    """A connection that writes down what it receives."""

    def __init__(self, plain, heard, clear):
        self.socket, self.heard, self.clear, self.buffer = plain, heard, clear, b""
        self.socket.settimeout(60)

    def send(self, data):
        self.socket.sendall(data)

    def line(self):
        while b"\n" not in self.buffer:
            piece = self.socket.recv(65536)
            if not piece:
                raise EOFError
            self.heard += piece
            if not isinstance(self.socket, ssl.SSLSocket):
                self.clear += piece
            self.buffer += piece
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line + b"\n"

    def start_tls(self, context):
        self.socket = context.wrap_socket(self.socket, server_side=True)

    def close(self):
        self.socket.close()


def take_mail(connection, offers=b"", context=None, on_text=None):
    """A server that takes everything. With a context it offers STARTTLS. on_text(connection) may answer the end of the text."""
    connection.send(b"220 fake ESMTP\r\n")
    starttls = b"250-STARTTLS\r\n" if context else b""
    while True:
        line = connection.line().upper()
        if line.startswith(b"EHLO"):
            connection.send(b"250-fake\r\n" + starttls + offers + b"250 8BITMIME\r\n")
        elif line.startswith(b"STARTTLS") and context:
            connection.send(b"220 go\r\n")
            connection.start_tls(context)
            starttls = b""
        elif line.startswith(b"DATA"):
            connection.send(b"354 go on\r\n")
            while connection.line() != b".\r\n":
                pass
            if on_text:
                on_text(connection)
            else:
                connection.send(b"250 taken\r\n")
        elif line.startswith(b"QUIT"):
            connection.send(b"221 bye\r\n")
            return
        else:
            connection.send(b"250 fine\r\n")
