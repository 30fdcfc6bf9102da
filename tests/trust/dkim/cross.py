"""Debian's dkimpy over a folder that cross_test.cpp prepared: verifies ours/*.eml and signs plain/*.eml, one process for all.

Reads dns.tsv (name, text), rsa.pem, ed25519.key (base64 of the seed); writes python.tsv (file, pass or why not) and
theirs/python-*.eml. Asks nobody: keys come from dns.tsv.
"""
import glob
import os
import sys

import dkim

folder = sys.argv[1]
texts = dict(line.rstrip("\n").split("\t") for line in open(os.path.join(folder, "dns.tsv")))


def get_text(name, timeout=5):
    return texts.get(name.decode().rstrip("."), "").encode() or None


def read(path):
    with open(path, "rb") as file:
        return file.read()


def verify(path):
    try:
        checker = dkim.DKIM(read(path), minkey=1024)
        return "pass" if checker.verify(idx=0, dnsfunc=get_text) else "fail"
    except Exception as error:
        return f"{type(error).__name__}: {error}".replace("\n", " ")


with open(os.path.join(folder, "python.tsv"), "w") as out:
    for path in sorted(glob.glob(os.path.join(folder, "ours", "*.eml"))):
        out.write(f"{os.path.basename(path)}\t{verify(path)}\n")

keys = {"rsa": (b"rsa-sha256", read(os.path.join(folder, "rsa.pem"))),
        "ed25519": (b"ed25519-sha256", read(os.path.join(folder, "ed25519.key")))}
for path in sorted(glob.glob(os.path.join(folder, "plain", "*.eml"))):
    message = read(path)
    for kind, (algorithm, key) in keys.items():
        for header in (b"simple", b"relaxed"):
            for body in (b"simple", b"relaxed"):
                field = dkim.sign(message, kind.encode(), b"cross.example", key, canonicalize=(header, body),
                                  signature_algorithm=algorithm)
                name = "-".join(["python", kind, header.decode(), body.decode(), os.path.basename(path)])
                with open(os.path.join(folder, "theirs", name), "wb") as file:
                    file.write(field + message)
