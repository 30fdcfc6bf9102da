"""Sink: another mail server, as far as a sender can see. Notes every message that it took, and can refuse for a while."""
import re
import socket
import threading
import time

from harness import sha


class Sink:
    def __init__(self, address):
        self.taken, self.lock = [], threading.Lock()  # (Message-ID, SHA-256 of the body, when its text began and ended)
        self.open = True                              # False: 451 to every MAIL
        self.listener = socket.create_server((address, 0), backlog=100)
        self.address, self.port = self.listener.getsockname()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.talk, args=(client,), daemon=True).start()

    def talk(self, client):
        try:
            with client, client.makefile("rb") as lines:
                client.sendall(b"220 sink ESMTP\r\n")
                for line in lines:
                    verb = line[:4].upper()
                    if verb == b"EHLO":
                        client.sendall(b"250-sink\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES\r\n")
                    elif verb == b"MAIL" and not self.open:
                        client.sendall(b"451 4.3.2 not now\r\n")
                    elif verb == b"DATA":
                        client.sendall(b"354 go ahead\r\n")
                        self.take(client, lines)
                    elif verb == b"QUIT":
                        client.sendall(b"221 bye\r\n")
                        return
                    else:
                        client.sendall(b"250 2.0.0 ok\r\n")
        except OSError:
            pass

    def take(self, client, lines):
        text, begun = [], time.monotonic()
        for line in lines:
            if line == b".\r\n":
                message = b"".join(text)
                with self.lock:  # noted before it is said: a sender that dies now sends again, and we can tell
                    self.taken.append((name_of(message), sha(body_of(message)), begun, time.monotonic()))
                client.sendall(b"250 2.0.0 taken\r\n")
                return
            text.append(line[1:] if line.startswith(b".") else line)

    def names(self):
        with self.lock:
            return [one[0] for one in self.taken]

    def close(self):
        try:
            self.listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts: it would take one more
        except OSError:
            pass
        self.listener.close()


def name_of(message):
    found = re.search(rb"(?im)^Message-ID: *<([^>]*)>", message)
    return found[1].decode() if found else ""


def body_of(message):
    return message.partition(b"\r\n\r\n")[2]
