"""Debian's Rspamd over a folder that cross_test.cpp prepared: verifies ours/*.eml and signs plain/*.eml, by its own HTTP protocol.

Nothing but its DKIM modules is loaded; its keys come from a Knot on loopback. It signs in relaxed form only.
Writes rspamd.tsv (file, pass or why not), theirs/rspamd-*.eml and rspamd.refused.
"""
import concurrent.futures
import glob
import http.client
import json
import os
import random
import socket
import subprocess
import sys
import time

folder = sys.argv[1]
DOMAIN = "cross.example"


def free_port():
    while True:
        port = random.randrange(10000, 32000)
        with socket.socket() as stream, socket.socket(type=socket.SOCK_DGRAM) as datagram:
            try:
                stream.bind(("", port))
                datagram.bind(("", port))
                return port
            except OSError:
                continue


def read(path):
    with open(path, "rb") as file:
        return file.read()


def write(path, text):
    with open(os.path.join(folder, path), "w") as file:
        file.write(text)


dns, http_port = free_port(), free_port()
zone = f"$ORIGIN {DOMAIN}.\n$TTL 3600\n@ SOA ns hostmaster 1 3600 600 86400 60\n@ NS ns\nns A 127.0.0.1\n"
for line in read(os.path.join(folder, "dns.tsv")).decode().splitlines():
    name, record = line.split("\t")
    zone += f"{name}. TXT " + " ".join(f'"{record[i:i + 200]}"' for i in range(0, len(record), 200)) + "\n"
write("cross.zone", zone)
write("knot.conf", f"server:\n  listen: 127.0.0.1@{dns}\n  rundir: {folder}\ndatabase:\n  storage: {folder}/db\nlog:\n  - target: stderr\n    any: error\n"
                   f"zone:\n  - domain: {DOMAIN}\n    file: {folder}/cross.zone\n")
write("tlds", "com\nexample\ntest\n")  # the whole list takes it half a minute to read
write("rspamd.conf", f"""
options {{ filters = "dkim"; tempdir = "{folder}"; hs_cache_dir = "{folder}"; url_tld = "{folder}/tlds"; task_timeout = 60s;
  dns {{ nameserver = ["127.0.0.1:{dns}"]; timeout = 5s; retransmits = 3; }} max_message = 200M; }}
logging {{ type = "file"; filename = "{folder}/rspamd.log"; level = "warning"; }}
lang_detection {{ languages = "/usr/share/rspamd/languages"; }}
worker "normal" {{ bind_socket = "127.0.0.1:{http_port}"; count = 2; }}
metric {{ name = "default"; }}
modules {{ path = "/usr/share/rspamd/plugins/dkim_signing.lua"; }}
dkim {{ check_local = true; check_authed = true; trusted_only = false; max_sigs = 50; sign_headers = "(o)from:(o)subject:(o)date:(o)to:(o)cc:(o)message-id:mime-version:content-type"; }}
dkim_signing {{ sign_local = true; sign_authenticated = true; allow_hdrfrom_mismatch = true; allow_hdrfrom_multiple = true; allow_username_mismatch = true; allow_envfrom_empty = true;
  allow_hdrfrom_mismatch_sign_networks = true; use_domain = "envelope"; use_esld = false; try_fallback = true; use_redis = false;
  domain {{ {DOMAIN} {{ selectors [ {{ path = "{folder}/rsa.pem"; selector = "rsa"; }} ] }} }} }}
""")


def ask(message, headers):
    connection = http.client.HTTPConnection("127.0.0.1", http_port, timeout=120)
    connection.request("POST", "/checkv2", message, {"IP": "127.0.0.1", "From": f"cross@{DOMAIN}", "Rcpt": "any@other.example", **headers})
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return json.loads(text)


def verify(path):
    result = ask(read(path), {})
    for symbol, what in (("R_DKIM_ALLOW", "pass"), ("R_DKIM_REJECT", "fail"), ("R_DKIM_PERMFAIL", "permerror"), ("R_DKIM_TEMPFAIL", "temperror")):
        for option in result.get("symbols", {}).get(symbol, {}).get("options", []):
            if option.startswith(DOMAIN + ":"):
                return os.path.basename(path), what
    return os.path.basename(path), "no verdict: " + json.dumps(result)[:300]


def sign(path):
    message = read(path)
    result = ask(message, {"User": f"cross@{DOMAIN}"})
    field = result.get("dkim-signature")
    if isinstance(field, list):
        field = field[0]
    return "rspamd-rsa-rr-" + os.path.basename(path), field, message, json.dumps(result)[:300]


started = []
try:
    with open(os.path.join(folder, "programs.log"), "wb") as log:
        started.append(subprocess.Popen(["/usr/sbin/knotd", "-c", f"{folder}/knot.conf"], stdin=subprocess.DEVNULL, stdout=log, stderr=log))
        started.append(subprocess.Popen(["/usr/bin/rspamd", "-f", "-i", "-c", f"{folder}/rspamd.conf", "--var=DBDIR=" + folder, "--var=RUNDIR=" + folder, "--var=LOGDIR=" + folder],
                                        stdin=subprocess.DEVNULL, stdout=log, stderr=log))
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", http_port)).close()
            break
        except OSError:
            time.sleep(0.1)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        verified = pool.map(verify, sorted(glob.glob(os.path.join(folder, "ours", "*.eml"))))
        write("rspamd.tsv", "".join(f"{name}\t{what}\n" for name, what in verified))
        refused = ""
        for name, field, message, why in pool.map(sign, sorted(glob.glob(os.path.join(folder, "plain", "*.eml")))):
            if not field:
                refused += f"{name}\t{why}\n"
                continue
            with open(os.path.join(folder, "theirs", name), "wb") as file:
                file.write(b"DKIM-Signature: " + field.encode().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") + b"\r\n" + message)
        write("rspamd.refused", refused)
finally:
    for one in started:
        one.terminate()
    for one in started:
        one.wait(20)
