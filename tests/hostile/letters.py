"""The corpus as letters: deterministic for a seed. letters() gives them all, sample() a part that still has every family."""
import base64
import quopri
import random
from collections import namedtuple

import markup
import remote
import words

# `html`: the markup as the sender wrote it, to be shown without any protection where the oracle is tried. `draft`: for the composer too.
Letter = namedtuple("Letter", "number family text html")
HOST = "h{}.evil.test"
# What stands around a payload.
AROUND = ["%", "<html><head><title>x</title></head><body>%</body></html>", "<div><p>before</p>%<p>after</p></div>", "<table><tr><td>%</td></tr></table>", "<blockquote><b>%</b></blockquote>", "<!-- x -->%<br>", "<p style='color:#333'>%", "% %"]
HTML = "text/html; charset=utf-8"


def filled(template, n):
    return template.replace("@J@", f"alert({n})").replace("@H@", HOST.format(n))


def part(type_, data, encoding="base64", more=""):
    data = data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass")
    if encoding == "base64":
        body = base64.encodebytes(data).replace(b"\n", b"\r\n")
    elif encoding == "quoted-printable":
        body = quopri.encodestring(data).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    else:
        body = data.replace(b"\0", b"").replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
    return f"Content-Type: {type_}\r\nContent-Transfer-Encoding: {encoding}\r\n{more}\r\n".encode() + body


def multipart(kind, parts):
    return f'Content-Type: multipart/{kind}; boundary="=_x"\r\n\r\n'.encode() + b"".join(b"--=_x\r\n" + one + b"\r\n" for one in parts) + b"--=_x--\r\n"


# Ways to pack one piece of markup; each is tried in turn.
def packings():
    plain = part("text/plain; charset=utf-8", "the plain form")
    picture = part("image/png", b"\x89PNG\r\n\x1a\n", more="Content-ID: <logo@x>\r\nContent-Disposition: inline\r\n")
    return [
        lambda h: part(HTML, h), lambda h: part(HTML, h, "quoted-printable"), lambda h: part(HTML, h, "8bit"), lambda h: part("TEXT/HTML;charset=\"UTF-8\"", h), lambda h: part("text/html", h),
        lambda h: multipart("alternative", [plain, part(HTML, h)]), lambda h: multipart("related", [part(HTML, h + "<img src=cid:logo@x>"), picture]), lambda h: multipart("mixed", [part(HTML, h), part(HTML, h)]),
        lambda h: multipart("mixed", [plain, part("message/rfc822", b"From: a@b.test\r\nSubject: within\r\n" + part(HTML, h, "8bit"), "8bit")]), lambda h: part("text/html; charset=utf-16", h.encode("utf-16", "surrogatepass")),
        lambda h: part("text/html; charset=utf-7", h.encode("utf-7", "replace")), lambda h: part("text/html; charset=iso-2022-jp", b"\x1b$B" + h.encode("ascii", "replace")), lambda h: part("text/html; charset=shift_jis", b"<p title=\"\x81\">" + h.encode("ascii", "replace")),
        lambda h: part("text/html; charset=x-unknown", h), lambda h: part("text/html; charset=windows-1252", h), lambda h: part("text/html; charset=\"utf-8<script>\"", h), lambda h: part(HTML, b"\xef\xbb\xbf" + h.encode("utf-8", "surrogatepass")),
        lambda h: part("application/xhtml+xml", h), lambda h: part("text/x-amp-html; charset=utf-8", h), lambda h: part("text/enriched; charset=utf-8", h), lambda h: part("text/plain; charset=utf-8", h), lambda h: part("text/calendar; charset=utf-8", h),
        lambda h: multipart("alternative", [plain, part("text/watch-html", h), part(HTML, h)]), lambda h: part("text/html; charset=utf-8; charset=utf-7", h), lambda h: multipart("signed", [part(HTML, h), part("application/pgp-signature", "x")]),
    ]


def letter(n, family, content, html, fields=()):
    given = {line.split(":")[0].lower() for line in fields}
    head = [line for line in ("From: Mallory <m@evil.test>", "To: alice@blue.test", f"Subject: ph{n} {family}", "Date: Mon, 23 Nov 2026 17:05:04 +0000", f"Message-ID: <ph{n}@evil.test>") if line.split(":")[0].lower() not in given]
    return Letter(n, family, "\r\n".join([*fields, *head, "MIME-Version: 1.0"]).encode("utf-8", "surrogatepass") + b"\r\n" + content, html)


def mutated(rng, payloads):
    """Two or three payloads cut and joined, then a few small damages: what a list of known shapes does not have."""
    text = "".join(one[rng.randrange(max(1, len(one) // 2)):] if rng.random() < 0.4 else one for one in rng.sample(payloads, rng.choice([2, 2, 3])))
    for _ in range(rng.randrange(1, 6)):
        at = rng.randrange(len(text))
        if text[at] == "@":
            continue
        kind = rng.randrange(8)
        if kind == 0:
            text = text[:at] + rng.choice(["\x0c", "\t", "\n", "/", "\u00a0", "\u200b", "\u2028", "<!-- -->", "\\", "`", "'", "\"", ">", "<", "="]) + text[at:]
        elif kind == 1:
            text = text[:at] + text[at].swapcase() + text[at + 1:]
        elif kind == 2:
            text = text[:at] + f"&#{ord(text[at])};" + text[at + 1:]
        elif kind == 3:
            text = text[:at] + f"&#x{ord(text[at]):x}" + text[at + 1:]
        elif kind == 4:
            text = text[:at] + text[at] + text[at:]
        elif kind == 5:
            text = text[:at] + text[at + 1:]
        elif kind == 6:
            text = text[:at] + rng.choice(["<svg>", "<math>", "<table>", "<style>", "<!--", "</p>", "<form>", "<template>", "<noscript>", "<textarea>", "<a href=x>", "<title>"]) + text[at:]
        else:
            to = min(len(text), at + rng.randrange(1, 20))
            text = text[:at] + text[at:to] * 2 + text[to:]
    return text


def letters(seed=1, mutations=500):
    rng = random.Random(seed)
    ways = packings()
    out = []

    def add(family, content, html=None, fields=()):
        out.append(letter(len(out) + 1, family, content, html, fields))

    def n():
        return len(out) + 1

    payloads = [(f"{kind}", one) for module in (markup, remote) for kind, all_ in module.TEMPLATES.items() for one in all_]
    for i, (kind, one) in enumerate(payloads):
        html = filled(AROUND[i % len(AROUND)].replace("%", one), n())
        # Most of them as plain as can be, so that the markup is what is tried; the rest packed in every way in turn.
        add(kind, ways[0 if i % 3 else i // 3 % len(ways)](html), html)
    for one in [p for _, p in payloads[::40]]:
        for i, way in enumerate(ways):
            html = filled(one, n())
            add(f"packing-{i}", way(html), html)
    for one in words.TEXTS:
        text = filled(one, n())
        add("text", part("text/plain; charset=utf-8", text))
        add("text-flowed", part("text/plain; charset=utf-8; format=flowed; delsp=yes", filled(one, n()), "quoted-printable"))
    for i, field in enumerate(words.HEADERS):
        for payload in words.IN_HEADERS[i % 3::3] if "{}" in field else [""]:
            text = filled(field.replace("{}", payload), n()).replace("\n", "\n").replace("\x00", "")
            add("header", part("text/plain; charset=utf-8", "See above."), None, [text])
    for i, name in enumerate(words.NAMES):
        for j, type_ in enumerate(words.TYPES):
            if (i + j) % 2:
                continue
            body = filled(words.BODIES[(i + j) % len(words.BODIES)], n())
            named = filled(name, n())
            attached = part(f'{filled(type_, n())}; name="{named}"', body, more=f'Content-Disposition: {"inline" if i % 3 else "attachment"}; filename="{named}"\r\n')
            add("attachment", multipart("mixed", [part(HTML, "<p>See the file.</p>"), attached]))
    raw = [one for _, one in payloads]
    for _ in range(mutations):
        html = filled(mutated(rng, raw), n())
        add("mutation-own", part(HTML, html), html)
    return out


def sample(all_letters, count):
    """Evenly from each family, at least three of it."""
    families = {}
    for one in all_letters:
        families.setdefault(one.family, []).append(one)
    out = []
    for members in families.values():
        want = max(3, count * len(members) // len(all_letters))
        out += members[::max(1, len(members) // want)]
    return out
