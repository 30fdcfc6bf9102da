"""Debian's dkimpy over a folder that cross_test.cpp prepared: verifies ours/*.eml and signs plain/*.eml, one process for all.

Reads dns.tsv (name, text), rsa.pem, ed25519.key (base64 of the seed); writes python.tsv (file, pass or why not),
theirs/python-*.eml and python.refused (file, why it does not sign). Asks nobody: keys come from dns.tsv.
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
forms = {"s": b"simple", "r": b"relaxed"}
refused = open(os.path.join(folder, "python.refused"), "w")
for path in sorted(glob.glob(os.path.join(folder, "plain", "*.eml"))):
    message = read(path)
    for kind, (algorithm, key) in keys.items():
        for header in "sr":
            for body in "sr":
                name = "-".join(["python", kind, header + body, os.path.basename(path)])
                try:
                    field = dkim.sign(message, kind.encode(), b"cross.example", key, canonicalize=(forms[header], forms[body]),
                                      signature_algorithm=algorithm)
                except Exception as error:
                    refused.write(f"{name}\t{type(error).__name__}: {error}".replace("\n", " ") + "\n")
                    continue
                with open(os.path.join(folder, "theirs", name), "wb") as file:
                    file.write(field + message)
refused.close()
