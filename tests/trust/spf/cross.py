"""Debian's pyspf over cases that cross_test.cpp wrote: one JSON object a line in, one line out for each: result, tab, why.

Asks nobody: the DNS is the case's dictionary {name: [[type, value], ...]}, where a CNAME stands alone and "FAIL" is a server that fails.
"""
import json
import sys

import spf

zone = {}


def lookup(name, kind, *_, **__):
    name = name.lower().rstrip(".")
    found = []
    for type_, value in zone.get(name, []):
        if type_ == "FAIL":
            raise spf.TempError("DNS: SERVFAIL")
        if type_ == "CNAME":
            found.append(((name, "CNAME"), value))
        elif type_ == kind:
            found.append(((name, kind), [value.encode()] if kind == "TXT" else (value[0], value[1]) if kind == "MX" else value))
    return found


spf.DNSLookup = lookup
for line in sys.stdin:
    case = json.loads(line)
    zone = case["zone"]
    result = spf.check2(case["ip"], case["from"], case["helo"], receiver="mx.example.com", querytime=0)
    print(f"{result[0]}\t{result[1]}".replace("\n", " "))
