"""How long a restart takes after SIGKILL with a full queue, all of it due."""
import base64
import os
import shutil
import smtplib
import socket
import threading
import time

from field import Field

TRANSACTIONS, CONNECTIONS = 1000, 40  # of one connection; at once


def fill(server, user, first, count):
    """Queues `count` letters over one connection, all commands ahead of their answers."""
    with smtplib.SMTP(server.address, server.ports["submission"], timeout=120) as client:
        client.ehlo()
        plain = base64.b64encode(f"\0{user}\0{server.passwords[user]}".encode()).decode()
        # Of many that log in at once some are told to come again.
        for _ in range(100):
            code, text = client.docmd("AUTH PLAIN " + plain)
            if code != 454:
                break
            time.sleep(0.2)
        if code != 235:
            raise AssertionError(f"no login: {code} {text!r}")
        answers, taken = client.sock.makefile("rb"), 0
        for start in range(first, first + count, 50):
            batch = b""
            some = range(start, min(start + 50, first + count))
            for number in some:
                text = (f"From: {user}\r\nTo: n{number}@far.test\r\nSubject: {number}\r\nDate: Mon, 23 Nov 2026 17:05:04 +0000\r\n"
                        f"Message-ID: <{number}@queue>\r\n\r\nwaits\r\n").encode()
                batch += b"MAIL FROM:<%s>\r\nRCPT TO:<n%d@far.test>\r\nBDAT %d LAST\r\n" % (user.encode(), number, len(text)) + text
            client.sock.sendall(batch)
            for _ in range(3 * len(some)):
                line = answers.readline()
                if not line.startswith(b"250"):
                    raise AssertionError(f"not queued: {line!r}")
            taken += len(some)
        return taken


def full_queue(folder, count, seed, limit=2.0):
    """Gives (faults, told)."""
    path = os.path.join(folder, "queue")
    field = Field(path, seed, retry="1s")
    field.sink.close()  # nobody listens: one try tells it of all
    field.found()
    faults, told = field.ledger.faults, ""
    try:
        field.start()
        parts = [range(i, min(i + TRANSACTIONS, count)) for i in range(0, count, TRANSACTIONS)]
        work = iter(parts)
        lock = threading.Lock()

        def worker():
            while True:
                with lock:
                    part = next(work, None)
                if part is None:
                    return
                fill(field.server, "alice@blue.test", part.start, len(part))
        workers = [threading.Thread(target=worker) for _ in range(CONNECTIONS)]
        for one in workers:
            one.start()
        for one in workers:
            one.join()
        field.killed()
        field.slowest = 0.0
        field.start()
        loaded = int(field.server.events("queue.loaded")[-1]["entries"])
        told = f"{loaded} queued: restart in {field.slowest:.2f} s"
        if loaded < count:
            field.ledger.fault(f"{count} letters were queued and {loaded} are loaded after the restart")
        if field.slowest > limit:
            field.ledger.fault(f"the restart took {field.slowest:.2f} s with {loaded} queued; {limit} s were promised")
        with socket.create_connection((field.server.address, field.server.ports["smtp"]), 5) as probe:
            probe.settimeout(5)
            if not probe.recv(100).startswith(b"220"):
                field.ledger.fault("the restarted server does not greet")
        field.verify()
    finally:
        field.close()
        for one in (path, path + "-dns"):
            shutil.rmtree(one, ignore_errors=True)
    return faults, "full queue: " + told
