"""Ten thousand slow connections, then ten times the mail that the server can take (issue "not one letter lost", line 6; faults.md 12-14).

./test --long overload [--connections 10000] [--slow-seconds 60] [--flood-seconds 300] [--factor 10] [--share 0.2]

1. Half of the connections are SMTP clients before MAIL that send an octet every ten seconds (the server ends them after a minute: they come
   again), half are IMAP sessions in IDLE, half of those under TLS. Meanwhile one good client says EHLO on new connections: the 99th
   percentile of EHLO -> 250 stays under 100 ms, and the server's memory under 400 MiB.
2. The server gets a share of one core, so that one machine can offer it ten times what it takes. The sustainable rate is measured with 20 sessions. Then that times the factor is offered for five minutes, whether or not the server keeps
   up. Every message that got its 250 is in the mailbox, once; every other got a 4xx or lost its connection; the goodput is at least 80 % of
   the sustainable rate; and half a minute later the good client is served as before.
"""
import argparse
import json
import os
import resource
import selectors
import socket
import ssl
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))
USER, PASSWORD = "alice@blue.test", "secret"
OPEN = ("connections_per_address = 0\nconnections_per_network = 0\nconnections_per_wide_network = 0\n"
        "connections_per_account = 0\nconnections_per_account_and_address = 0\n")


def rss(server):
    with open(f"/proc/{server.process.pid}/statm") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def cpu(server):
    with open(f"/proc/{server.process.pid}/stat") as f:
        fields = f.read().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def source(n):
    return f"127.{32 + n // 16000}.{n // 60 % 256}.{1 + n % 60}"


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))] if values else 0


class Share:
    """The server's threads in a control group that may use so much of one core. Without control groups it has the machine, and that is said."""

    def __init__(self, pid, share):
        self.folder = None
        children = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True).stdout.split()
        for root, settings in (("/sys/fs/cgroup/cpu", {"cpu.cfs_period_us": 10_000, "cpu.cfs_quota_us": int(share * 10_000)}), ("/sys/fs/cgroup", {"cpu.max": f"{int(share * 10_000)} 10000"})):
            folder = f"{root}/posthorn-overload-{pid}"
            try:
                os.mkdir(folder)
                self.folder = folder
                for name, value in settings.items():
                    with open(f"{folder}/{name}", "w") as out:
                        out.write(str(value))
                for one in [str(pid), *children]:
                    with open(f"{folder}/cgroup.procs", "w") as out:
                        out.write(one)
                print(f"the server has {share * 100:.0f} % of one core", flush=True)
                return
            except OSError as error:
                self.remove()
                why = error
        print(f"the server has the whole machine, and the load program beside it may offer less than it should: {why}", flush=True)

    def remove(self):
        if self.folder:
            try:
                os.rmdir(self.folder)  # the processes in it have ended
            except OSError:
                pass
        self.folder = None


class Slow:
    """Clients of one kind, from a thread of their own."""

    def __init__(self, server, smtp, idle, tls):
        self.server, self.counts = server, {"smtp": smtp, "imap": idle, "imaps": tls}
        self.selector = selectors.DefaultSelector()
        self.over = threading.Event()
        self.ready = threading.Event()
        self.open = {"smtp": set(), "imap": set(), "imaps": set()}
        self.n = 0
        self.ended = 0
        self.thread = threading.Thread(target=self.run, daemon=True)

    def connect(self, service):
        s = socket.socket()
        s.bind((source(self.n), 0))
        self.n += 1
        s.settimeout(30)
        s.connect((self.server.address, self.server.ports["imap" if service == "imap" else service]))
        return s

    def add_smtp(self):
        s = self.connect("smtp")
        s.setblocking(False)
        self.selector.register(s, selectors.EVENT_READ, "smtp")
        self.open["smtp"].add(s)

    def add_imap(self, service):
        s = self.connect(service)
        if service == "imaps":
            s = self.context.wrap_socket(s, server_hostname=self.server.address)
        s.sendall(f"a LOGIN {USER} {PASSWORD}\r\n".encode())
        s.sendall(b"b SELECT INBOX\r\nc IDLE\r\n")
        said = b""
        while b"\r\n+ " not in said:
            got = s.recv(4096)
            if not got:
                raise OSError(f"IMAP said: {said!r}")
            said += got
        s.setblocking(False)
        self.selector.register(s, selectors.EVENT_READ, service)
        self.open[service].add(s)

    def run(self):
        self.context = self.server.tls()
        octets = b"EHLO " + b"slow." * 200
        sent = {}
        last = 0
        while not self.over.is_set():
            for service, most in self.counts.items():
                for _ in range(min(100, most - len(self.open[service]))):
                    try:
                        self.add_smtp() if service == "smtp" else self.add_imap(service)
                    except OSError as e:
                        self.problem = e
                        break
            if all(len(self.open[k]) >= v * 0.98 for k, v in self.counts.items()):
                self.ready.set()
            for key, _ in self.selector.select(0.05):
                s = key.fileobj
                try:
                    got = s.recv(4096)
                except (BlockingIOError, ssl.SSLWantReadError):
                    continue
                except OSError:
                    got = b""
                if not got:
                    self.ended += 1
                    self.selector.unregister(s)
                    self.open[key.data].discard(s)
                    sent.pop(s, None)
                    s.close()
            if time.monotonic() - last > 10:
                last = time.monotonic()
                for s in self.open["smtp"]:
                    at = sent.get(s, 0)
                    try:
                        s.send(octets[at:at + 1])
                        sent[s] = at + 1
                    except OSError:
                        pass
        for sockets in self.open.values():
            for s in sockets:
                s.close()

    def stop(self):
        self.over.set()
        self.thread.join()


def good_times(server, seconds, each=0.05, at="127.99.0.1"):
    """EHLO -> 250 on new connections, in seconds; None for one that was refused."""
    times = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            s = socket.socket()
            s.bind((at, 0))
            s.settimeout(20)
            s.connect((server.address, server.ports["smtp"]))
            f = s.makefile("rb")
            if not f.readline().startswith(b"220"):
                times.append(None)
                continue
            started = time.monotonic()
            s.sendall(b"EHLO good.test\r\n")
            line = b"250-"
            while line[3:4] == b"-":
                line = f.readline()
            times.append(time.monotonic() - started if line.startswith(b"250") else None)
            s.sendall(b"QUIT\r\n")
            f.close()
            s.close()
        except OSError:
            times.append(None)
        time.sleep(each)
    return times


def slow_phase(server, connections, seconds, limit_ms=100, memory=400 << 20):
    before = rss(server)
    slow = Slow(server, connections // 2, connections - connections // 2 - connections // 4, connections // 4)
    slow.thread.start()
    if not slow.ready.wait(600):
        slow.stop()
        return [f"the connections could not be opened: { {k: len(v) for k, v in slow.open.items()} } {getattr(slow, 'problem', '')}"]
    counts = {k: len(v) for k, v in slow.open.items()}
    started, used = time.monotonic(), cpu(server)
    times = good_times(server, seconds)
    share = (cpu(server) - used) / (time.monotonic() - started)
    most = rss(server)
    ended = slow.ended
    slow.stop()
    good = [t for t in times if t is not None]
    p99 = percentile(good, 0.99) * 1000
    print(f"slow: {counts} held, {ended} ended by the server and come again; good client: {len(times)} times EHLO -> 250, {len(times) - len(good)} refused, "
          f"median {percentile(good, 0.5) * 1000:.2f} ms, p99 {p99:.2f} ms; memory {most / 2 ** 20:.0f} MiB ({before / 2 ** 20:.0f} before), server's CPU {share * 100:.0f} % of a core", flush=True)
    problems = []
    if p99 >= limit_ms:
        problems.append(f"the good client's p99 was {p99:.1f} ms")
    if len(good) < len(times) or not good:
        problems.append(f"the good client was refused {len(times) - len(good)} times of {len(times)}")
    if most >= memory:
        problems.append(f"the server used {most / 2 ** 20:.0f} MiB")
    return problems


def flood(program, server, rate, seconds, first, acks, most):
    done = subprocess.run([program, server.address, str(server.ports["smtp"]), str(rate), str(seconds), str(first), USER, acks, str(most)],
                          capture_output=True, text=True, timeout=seconds + 120)
    return json.loads(done.stdout)


def stored(server):
    """Message numbers in the mailbox, with how often each."""
    client = server.imap(USER)
    _, data = client.select("INBOX", readonly=True)
    count = int(data[0])
    found = {}
    for start in range(1, count + 1, 5000):
        _, data = client.fetch(f"{start}:{min(count, start + 4999)}", "(ENVELOPE)")
        for item in data:
            text = (item[0] if isinstance(item, tuple) else item).decode()
            at = text.find("<flood-")
            if at >= 0:
                number = int(text[at + 7:text.index("@", at)])
                found[number] = found.get(number, 0) + 1
    client.logout()
    return found


def flood_phase(server, program, folder, seconds, factor, sustain_seconds=15, goodput=0.8):
    acks = os.path.join(folder, "acks")
    flood(program, server, 0, 2, 0, acks, 20)
    base = flood(program, server, 0, sustain_seconds, 10_000_000, acks, 20)
    rate = base["acknowledged"] / sustain_seconds
    print(f"sustainable with 20 sessions: {rate:.0f} messages a second", flush=True)
    started = time.monotonic()
    result = flood(program, server, rate * factor, seconds, 20_000_000, acks, 15_000)
    took = time.monotonic() - started
    inside = result["acknowledged"] / max(result["busy"], seconds)
    print(f"flood of {factor} x for {seconds} s: {result}; goodput {inside:.0f} a second ({inside / rate * 100:.0f} % of the sustainable), memory {rss(server) / 2 ** 20:.0f} MiB", flush=True)
    problems = []
    if result["refused_5"]:
        problems.append(f"{result['refused_5']} were refused with 5xx")
    if inside < goodput * rate:
        problems.append(f"the goodput fell to {inside / rate * 100:.0f} %")
    calm = None
    while time.monotonic() - started < took + 30:
        times = good_times(server, 2)
        if None not in times and percentile(times, 0.99) < 0.1:
            calm = time.monotonic() - started - took
            break
    print("calm again after " + (f"{calm:.1f} s" if calm is not None else "more than 30 s"), flush=True)
    if calm is None:
        problems.append("the server was not calm again in 30 s")
    acknowledged = [int(line) for line in open(acks)]
    there = stored(server)
    lost = [n for n in acknowledged if n not in there]
    doubled = [n for n, times in there.items() if times > 1]
    more = len(there) - len(set(acknowledged))
    print(f"acknowledged {len(acknowledged)}, in the mailbox {sum(there.values())}: {len(lost)} lost, {len(doubled)} doubled, {more} stored whose 250 was not heard", flush=True)
    if lost or doubled or not acknowledged:
        problems.append(f"lost {lost[:5]}, doubled {doubled[:5]}")
    return problems


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--connections", type=int, default=10_000)
    parser.add_argument("--slow-seconds", type=int, default=60)
    parser.add_argument("--flood-seconds", type=int, default=300)
    parser.add_argument("--factor", type=int, default=10)
    parser.add_argument("--share", type=float, default=0.2)
    options = parser.parse_args()
    build = os.path.abspath(options.build)
    os.environ["POSTHORN"] = os.path.join(build, "posthorn")
    from harness import Folder, Server
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard < options.connections + 1000:
        options.connections = hard - 1000
        print(f"the limit of open files allows {options.connections} connections")
    passed, problems = 0, []
    for phase in ("slow", "flood"):
        folder = Folder("overload")
        server = Server(folder.path, sections={"server": 'insecure_auth = true\n', "limits": OPEN if phase == "slow" else ""})
        server.add("alice", password=PASSWORD)
        server.start()
        share = Share(server.process.pid, options.share) if phase == "flood" and options.flood_seconds else None
        try:
            if phase == "slow":
                found = slow_phase(server, options.connections, options.slow_seconds) if options.connections else []
            else:
                found = flood_phase(server, os.path.join(build, "tests", "campaign", "flood"), folder.path, options.flood_seconds, options.factor) if options.flood_seconds else []
        finally:
            server.close()
            if share:
                share.remove()
            folder.remove()
        passed += not found
        problems += found
    for one in problems:
        print("FAILED:", one)
    print(f"{passed} passed, {len(problems)} failed")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
