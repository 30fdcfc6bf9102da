"""testssl.sh on every TLS port of a server with the lab's kind of certificate (attacks.md B5): no finding above LOW but those of a private CA.

./test --long testssl [--services imaps,smtp]. Prints each port's findings above INFO. Installs Debian's testssl.sh if it is not there.
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
STARTTLS = {"smtp": "smtp", "submission": "smtp", "imap": "imap", "pop3": "pop3"}
RANKS = ["DEBUG", "OK", "INFO", "LOW", "MEDIUM", "HIGH", "CRITICAL", "WARN", "FATAL"]
# What a private CA cannot have: publicly trusted roots, revocation, transparency logs, a CAA record; a certificate of 30 days for tests; and
# what testssl says of its own openssl.
PRIVATE_CA = re.compile(r"^(cert_chain_of_trust|cert_trust|cert_revocation|cert_crlDistributionPoints|cert_ocspURL|OCSP_stapling|certificate_transparency|DNS_CAArecord|"
                        r"engine_problem|cert_expirationStatus|cert_extlifeSpan|cert_validityPeriod|cert_notAfter|cert_caIssuers|cert_chain_of_trust_.*)\b")


def findings(server, service, folder):
    """All findings of testssl.sh for one port."""
    out = os.path.join(folder, f"{service}.json")
    command = ["testssl", "--quiet", "--color", "0", "--warnings", "off", "--nodns", "none", "--add-ca", server.ca, "--ip", server.address, "--jsonfile", out,
               "--openssl-timeout", "60", "--connect-timeout", "60"]
    if service in STARTTLS:
        command += ["-t", STARTTLS[service]]
    command.append(f"{server.name}:{server.ports[service]}")
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=3600)
    if not os.path.exists(out):
        raise AssertionError(f"testssl said nothing of {service}:\n{done.stdout[-3000:]}")
    return json.load(open(out))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--services", default="smtp,submission,submissions,imap,imaps,pop3,pop3s")
    options = parser.parse_args()
    os.environ["POSTHORN"] = os.path.join(SOURCE, options.build, "posthorn")
    sys.path.insert(0, os.path.join(SOURCE, "tests", "e2e"))
    from harness import Server
    if not shutil.which("testssl"):
        subprocess.run(["apt-get", "install", "-y", "--no-install-recommends", "testssl.sh", "bsdextrautils"], check=True, stdout=subprocess.DEVNULL)
    folder = tempfile.mkdtemp(prefix="posthorn-testssl-")
    limits = "tokens = 0\nconnections_per_address = 0\nconnections_per_network = 0\nconnections_per_wide_network = 0\n"
    server = Server(folder, sections={"limits": limits})
    server.add("alice")
    server.start()
    passed = failed = 0
    try:
        for service in options.services.split(","):
            found = findings(server, service, folder)
            above = [one for one in found if RANKS.index(one["severity"]) > RANKS.index("INFO")]
            bad = [one for one in above if one["severity"] != "LOW" and not PRIVATE_CA.match(one["id"])]
            print(f"{service}: {len(found)} findings, {len(above)} above INFO, {len(bad)} above LOW but those of the private CA", flush=True)
            for one in above:
                mark = "  BAD" if one in bad else "     "
                print(f"{mark} {one['severity']:8} {one['id']}: {one['finding'][:160]}", flush=True)
            if len(found) < 40:
                print(f"  BAD only {len(found)} findings: testssl did not get through")
            good = not bad and len(found) >= 40
            passed += good
            failed += not good
    finally:
        server.close()
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{passed} passed, {failed} failed")
    sys.exit(0 if failed == 0 and passed > 0 else 1)


if __name__ == "__main__":
    main()
