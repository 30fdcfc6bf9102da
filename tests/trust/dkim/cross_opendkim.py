"""Debian's libopendkim over a folder that cross_test.cpp prepared: verifies ours/*rsa*.eml and signs plain/*.eml, one process for all.

The library, as its tools ask the real DNS and sign with SHA-1 only; its keys come from opendkim.keys. It has no Ed25519 in Debian 12.
Writes opendkim.tsv (file, pass or why not) and theirs/opendkim-*.eml.
"""
import ctypes
import glob
import os
import sys

folder = sys.argv[1]
lib = ctypes.CDLL("libopendkim.so.11")
pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
for name, result, arguments in [
        ("dkim_init", pointer, [pointer, pointer]),
        ("dkim_options", number, [pointer, number, number, pointer, ctypes.c_size_t]),
        ("dkim_verify", pointer, [pointer, text, pointer, pointer]),
        ("dkim_sign", pointer, [pointer, text, pointer, text, text, text, number, number, number, ctypes.c_ssize_t, pointer]),
        ("dkim_chunk", number, [pointer, text, ctypes.c_size_t]),
        ("dkim_eom", number, [pointer, pointer]),
        ("dkim_getsiglist", number, [pointer, pointer, pointer]),
        ("dkim_sig_getdomain", text, [pointer]),
        ("dkim_sig_getflags", ctypes.c_uint, [pointer]),
        ("dkim_sig_getbh", number, [pointer]),
        ("dkim_sig_process", number, [pointer, pointer]),
        ("dkim_sig_geterror", number, [pointer]),
        ("dkim_sig_geterrorstr", text, [number]),
        ("dkim_getresultstr", text, [number]),
        ("dkim_getsighdr_d", number, [pointer, ctypes.c_size_t, pointer, pointer]),
        ("dkim_free", number, [pointer])]:
    function = getattr(lib, name)
    function.restype, function.argtypes = result, arguments

SET, QUERY_METHOD, QUERY_INFO, FROM_FILE = 1, 6, 7, 1  # of dkim.h
RSA_SHA256, PASSED, BODY_MATCHES = 1, 4, 0
library = lib.dkim_init(None, None)
method = ctypes.c_int(FROM_FILE)
keys = os.path.join(folder, "opendkim.keys").encode()
assert lib.dkim_options(library, SET, QUERY_METHOD, ctypes.byref(method), ctypes.sizeof(method)) == 0
assert lib.dkim_options(library, SET, QUERY_INFO, keys, len(keys)) == 0


def read(path):
    with open(path, "rb") as file:
        return file.read()


def feed(handle, message):
    """The whole message; 0 or the status that stopped it."""
    status = lib.dkim_chunk(handle, message, len(message)) or lib.dkim_chunk(handle, None, 0)
    return status or lib.dkim_eom(handle, None)


def verify(message):
    status = ctypes.c_int()
    handle = lib.dkim_verify(library, b"cross", None, ctypes.byref(status))
    try:
        stopped = feed(handle, message)
        signatures, count = ctypes.POINTER(ctypes.c_void_p)(), ctypes.c_int()
        if lib.dkim_getsiglist(handle, ctypes.byref(signatures), ctypes.byref(count)) != 0:
            return "no signatures: " + lib.dkim_getresultstr(stopped).decode()
        for i in range(count.value):
            one = signatures[i]
            if lib.dkim_sig_getdomain(one) != b"cross.example":
                continue
            lib.dkim_sig_process(handle, one)  # only the first good one is looked at by itself
            if lib.dkim_sig_getflags(one) & PASSED and lib.dkim_sig_getbh(one) == BODY_MATCHES:
                return "pass"
            return "fail: " + (lib.dkim_sig_geterrorstr(lib.dkim_sig_geterror(one)) or b"").decode()
        return "no signature of cross.example"
    finally:
        lib.dkim_free(handle)


def sign(message, header, body):
    status = ctypes.c_int()
    handle = lib.dkim_sign(library, b"cross", None, read(os.path.join(folder, "rsa.pem")), b"rsa", b"cross.example", header, body,
                           RSA_SHA256, -1, ctypes.byref(status))
    try:
        stopped = feed(handle, message)
        if stopped:
            return None, lib.dkim_getresultstr(stopped).decode()
        field, length = ctypes.c_char_p(), ctypes.c_size_t()
        if lib.dkim_getsighdr_d(handle, len("DKIM-Signature: "), ctypes.byref(field), ctypes.byref(length)) != 0:
            return None, "no signature made"
        return b"DKIM-Signature: " + field.value[:length.value].replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") + b"\r\n", ""
    finally:
        lib.dkim_free(handle)


with open(os.path.join(folder, "opendkim.tsv"), "w") as out:
    for path in sorted(glob.glob(os.path.join(folder, "ours", "*rsa*.eml"))):
        out.write(f"{os.path.basename(path)}\t{verify(read(path))}\n")

with open(os.path.join(folder, "opendkim.refused"), "w") as out:
    for path in sorted(glob.glob(os.path.join(folder, "plain", "*.eml"))):
        message = read(path)
        for header in (0, 1):
            for body in (0, 1):
                name = "-".join(["opendkim-rsa", "sr"[header] + "sr"[body], os.path.basename(path)])
                field, why = sign(message, header, body)
                if field is None:
                    out.write(f"{name}\t{why}\n")
                    continue
                with open(os.path.join(folder, "theirs", name), "wb") as file:
                    file.write(field + message)
