"""Real servers for the tests: Server is one `posthorn serve`, Pair is two that find each other by a real DNS server (Knot).

Everything listens on loopback, lives in a temporary folder, and is ended by pid.
"""
import hashlib
import imaplib
import json
import os
import poplib
import random
import shutil
import smtplib
import socket
import ssl
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import sanitizers  # noqa: E402

POSTHORN = os.environ.get("POSTHORN", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "build", "release", "posthorn"))
SOURCE = os.environ.get("POSTHORN_SOURCE", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
poplib._MAXLINE = 1 << 20  # real messages have longer lines than Python's library expects
SERVICES = ["smtp", "submission", "submissions", "imap", "imaps", "pop3", "pop3s", "https"]


def suites():
    for path in (os.path.join(SOURCE, "..", "shared", "suites"), "/work/shared/suites"):
        if os.path.isdir(path):
            return path
    return None


given_ports = set()
FIRST_PORT, LAST_PORT = (int(port) for port in os.environ.get("POSTHORN_TEST_PORTS", "10000-31999").split("-"))


def free_ports(address, count):
    """Ports that nobody holds on any address, below those that the system gives to clients (which could take one at any time), and of the
    range that is this process's own where several test at once."""
    ports = []
    while len(ports) < count:
        port = random.randint(FIRST_PORT, LAST_PORT)
        if port in given_ports:
            continue
        with socket.socket() as stream, socket.socket(type=socket.SOCK_DGRAM) as datagram:
            try:
                stream.bind(("", port))
                datagram.bind((address, port))
            except OSError:
                continue
        given_ports.add(port)
        ports.append(port)
    return ports


def wait_for(what, seconds=20.0, message="it did not happen in time"):
    """Polls what() until it gives something true, and gives that."""
    end = time.monotonic() + seconds
    while True:
        value = what()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(message)
        time.sleep(0.02)


def certificate(folder, name, address):
    """A CA and a certificate of it for name and address."""
    run = lambda *a, **k: subprocess.run(a, cwd=folder, check=True, capture_output=True, **k)
    if not os.path.exists(os.path.join(folder, "ca.pem")):
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key", "-out", "ca.pem",
            "-days", "30", "-subj", "/CN=test CA", "-addext", "basicConstraints=critical,CA:TRUE")
    run("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
    open(os.path.join(folder, f"{name}.ext"), "w").write(f"subjectAltName=DNS:{name},DNS:{address},IP:{address}\n")
    run("openssl", "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "30", "-out", f"{name}.pem",
        "-extfile", f"{name}.ext")


def resident(process):
    """Resident memory in octets. Of a build with sanitizers a third: their shadow, red zones and what they keep back are the rest."""
    with open(f"/proc/{process.pid}/statm") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // (3 if sanitizers.active() else 1)


class Server:
    """One posthorn on an address of its own. `sections` are more lines of the configuration, by section."""

    def __init__(self, folder, domain="blue.test", address="127.0.9.1", sections=None, smtp_port=None, log_level="debug"):
        self.folder, self.domain, self.address, self.log_level = folder, domain, address, log_level
        self.name = f"mx.{domain}"
        os.makedirs(folder, exist_ok=True)
        certificate(folder, self.name, address)
        self.ca = os.path.join(folder, "ca.pem")
        self.ports = dict(zip(SERVICES, free_ports(address, len(SERVICES))))
        if smtp_port:
            self.ports["smtp"] = smtp_port
        self.config = os.path.join(folder, f"{domain}.toml")
        self.log = os.path.join(folder, f"{domain}.log")
        self.process = None
        self.passwords = {}
        self.write_config(sections or {})

    def write_config(self, sections):
        own = {"server": f'name = "{self.name}"\ndata = "{self.domain}-data"\nlog_level = "{self.log_level}"\n',
               "dns": 'forward = ["127.0.0.1@9"]\nask_localhost = true\ntrust_anchor = ""\n'}
        if "confine" not in sections:
            own["confine"] = 'user = ""\n'  # tests may run as root, whose temporary folders nobody else may enter
        if "dns" not in sections:
            own["trust"] = "check_incoming = false\n"  # there is nobody to ask
        for section, text in sections.items():
            own[section] = own.get(section, "") + text if section == "server" else text
        if "tokens" not in own.get("limits", ""):
            # All tests come from very few addresses; attacks_smtp_test shows what the tokens do.
            own["limits"] = own.get("limits", "") + "tokens = 0\n"
        lines = [f"[{section}]\n{text}" for section, text in own.items()]
        lines.append(f'[[tls]]\ncertificate = "{self.name}.pem"\nkey = "{self.name}.key"\n')
        for service, port in self.ports.items():
            lines.append(f'[[listen]]\nservice = "{service}"\naddress = "{self.address}"\nport = {port}\n')
        open(self.config, "w").write("\n".join(lines))

    def cli(self, *arguments, input=None, check=True):
        done = subprocess.run([POSTHORN, "--config", self.config, *arguments], input=input, capture_output=True, text=True, timeout=120)
        if check and done.returncode != 0:
            raise AssertionError(f"posthorn {' '.join(arguments)}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def json(self, *arguments):
        return json.loads(self.cli(*arguments, "--json").stdout)

    def add(self, *users, password="secret word"):
        if self.domain not in [d["domain"] for d in self.json("domain", "list")]:
            self.cli("domain", "add", self.domain)
        for user in users:
            self.cli("account", "add", f"{user}@{self.domain}", "--password-file", "-", input=password + "\n")
            self.passwords[f"{user}@{self.domain}"] = password

    def start(self):
        started = time.monotonic()
        self.stderr = open(self.log, "ab")
        at = os.path.getsize(self.log)
        self.process = subprocess.Popen([POSTHORN, "--config", self.config, "serve"], stdin=subprocess.DEVNULL, stdout=self.stderr, stderr=self.stderr)

        def ready():
            if self.process.poll() is not None:
                raise AssertionError("posthorn did not start:\n" + open(self.log).read()[-3000:])
            with open(self.log, "rb") as log:
                log.seek(at)
                return b'"event":"started"' in log.read()
        wait_for(ready, 30, "posthorn did not start in time")
        return time.monotonic() - started

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(60)
        self.process = None
        reports = sanitizers.new_reports()
        if reports:
            raise AssertionError("a sanitizer reports:\n" + "\n".join(reports)[:20000])

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process = None

    def close(self):
        self.stop()
        done = self.cli("verify", check=False)
        if done.returncode != 0:
            raise AssertionError("verify:\n" + done.stdout + done.stderr)

    def events(self, name):
        with open(self.log, "rb") as log:
            return [e for e in (json.loads(line) for line in log if line.startswith(b"{")) if e["event"] == name]

    # -- clients
    def tls(self):
        return ssl.create_default_context(cafile=self.ca)

    def smtp(self, user=None, service="submission"):
        client = smtplib.SMTP(self.address, self.ports[service], timeout=60)
        if user:
            client.starttls(context=self.tls())
            client.login(user, self.passwords[user])
        return client

    def submit(self, sender, recipients, message, **options):
        with self.smtp(sender) as client:
            return client.sendmail(sender, recipients, message, **options)

    def imap(self, user):
        client = imaplib.IMAP4_SSL(self.address, self.ports["imaps"], ssl_context=self.tls(), timeout=60)
        client.login(user, self.passwords[user])
        return client

    def imap_plain(self, user, timeout=60):
        """Without TLS, for campaigns that log in thousands of times; needs insecure_auth."""
        client = imaplib.IMAP4(self.address, self.ports["imap"], timeout=timeout)
        client.login(user, self.passwords[user])
        return client

    def pop3(self, user):
        client = poplib.POP3_SSL(self.address, self.ports["pop3s"], context=self.tls(), timeout=60)
        client.user(user)
        client.pass_(self.passwords[user])
        return client

    def inbox(self, user, mailbox="INBOX"):
        """All messages of a mailbox, whole."""
        client = self.imap(user)
        client.select(mailbox, readonly=True)
        _, data = client.uid("FETCH", "1:*", "(BODY.PEEK[])")
        client.logout()
        return [item[1] for item in data if isinstance(item, tuple)]

    def wait_for_mail(self, user, count=1, seconds=30):
        return wait_for(lambda: (lambda all: all if len(all) >= count else None)(self.inbox(user)), seconds, f"{user} did not get {count} messages")


class Dns:
    """Knot with zones on an address and port of its own. Those of `signed` have DNSSEC; their keys are in the file `anchors`."""

    def __init__(self, folder, address, zones, signed=()):
        self.folder, self.address = os.path.join(folder, "dns"), address
        os.makedirs(os.path.join(self.folder, "db"), exist_ok=True)
        self.port = free_ports(address, 1)[0]
        lines = ["server:", f"  listen: {address}@{self.port}", f"  rundir: {self.folder}", "database:", f"  storage: {self.folder}/db",
                 "log:", "  - target: stderr", "    any: warning", "policy:", "  - id: own", "    manual: on", "    single-type-signing: on", "    algorithm: ecdsap256sha256", "zone:"]
        for zone, text in zones.items():
            open(os.path.join(self.folder, f"{zone}.zone"), "w").write(text)
            lines += [f"  - domain: {zone}", f"    file: {self.folder}/{zone}.zone"]
            if zone in signed:
                lines += ["    dnssec-signing: on", "    dnssec-policy: own", "    zonefile-load: difference-no-serial", "    journal-content: all"]
        self.config = os.path.join(self.folder, "knot.conf")
        open(self.config, "w").write("\n".join(lines) + "\n")
        self.anchors = os.path.join(self.folder, "anchors")
        with open(self.anchors, "w") as anchors:
            for zone in signed:
                self.keymgr(zone, "generate", "algorithm=ECDSAP256SHA256", "ksk=yes", "zsk=yes")
                anchors.writelines(line + "\n" for line in self.keymgr(zone, "dnskey").splitlines() if " DNSKEY " in line)
        self.start()

    def keymgr(self, *arguments):
        return subprocess.run(["/usr/sbin/keymgr", "-c", self.config, *arguments], check=True, capture_output=True, text=True, timeout=60).stdout

    def start(self):
        log = open(os.path.join(self.folder, "log"), "ab")
        self.process = subprocess.Popen(["/usr/sbin/knotd", "-c", os.path.join(self.folder, "knot.conf")], stdin=subprocess.DEVNULL, stdout=log, stderr=log)

        def answers():
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                s.settimeout(0.2)
                s.sendto(b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x04blue\x04test\x00\x00\x06\x00\x01", (self.address, self.port))
                try:
                    return s.recv(512)[3] & 0x0F == 0
                except OSError:
                    return False
        wait_for(answers, 20, "knotd does not answer")

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(20)
        self.process = None


def zone(domain, address):
    return (f"$ORIGIN {domain}.\n$TTL 60\n@ SOA ns hostmaster 1 3600 600 86400 60\n@ NS ns\nns A 127.0.9.53\n@ MX 10 mx\nmx A {address}\n")


class Pair:
    """blue.test and green.test."""

    def __init__(self, folder, queue='retry_first = "1s"\nretry_most = "5s"\n', blue_address="127.0.9.1", green_address="127.0.9.2", more_zone=None, more_sections=None, more_zones=None):
        port = free_ports(blue_address, 1)[0]
        more = more_zone or {}
        self.dns = Dns(folder, "127.0.9.53", {"blue.test": zone("blue.test", blue_address) + more.get("blue.test", ""), "green.test": zone("green.test", green_address) + more.get("green.test", ""), **(more_zones or {})})
        sections = {"dns": f'forward = ["127.0.9.53@{self.dns.port}"]\ntest_domain = true\nask_localhost = true\ntrust_anchor = ""\n',
                    "queue": f"port = {port}\nallow_private_routes = true\n{queue}",
                    "submission": 'any_sender = ["gateway@blue.test", "gateway@green.test"]\n', **(more_sections or {})}
        self.blue = Server(folder, "blue.test", blue_address, sections, port)
        self.green = Server(folder, "green.test", green_address, sections, port)
        self.blue.add("alice", "gateway")
        self.green.add("bob", "gateway")

    def start(self):
        self.blue.start()
        self.green.start()

    def close(self):
        try:
            self.blue.close()
            self.green.close()
        finally:
            self.dns.stop()


class Folder:
    """A temporary folder for a test class."""

    def __init__(self, name):
        self.path = tempfile.mkdtemp(prefix=f"posthorn-{name}-")

    def remove(self):
        if not os.environ.get("POSTHORN_KEEP"):
            shutil.rmtree(self.path, ignore_errors=True)


def body_of(message):
    return message.split(b"\r\n\r\n", 1)[1]


def sha(data):
    return hashlib.sha256(data).hexdigest()


def letter(sender, recipient, body=b"Hello\r\n", subject="Hello", extra=""):
    head = f"From: {sender}\r\nTo: {recipient}\r\nSubject: {subject}\r\nDate: Mon, 23 Nov 2026 17:05:04 +0000\r\n{extra}\r\n"
    return head.encode() + body
