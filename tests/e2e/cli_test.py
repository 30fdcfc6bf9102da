"""The command line: accounts in bulk, import and export, errors that say what is wrong, completion and the manual page."""
import glob
import json
import mailbox
import os
import re
import subprocess
import time
import unittest

from cases import ServerCase
from harness import POSTHORN, SOURCE, body_of, letter, sha


def command_line():
    """What --help tells of every command: its words, the section, the name of one entry and what is said of it."""
    out = []

    def walk(words):
        text = subprocess.run([POSTHORN, *words, "--help"], capture_output=True, text=True, timeout=20).stdout
        section, entries = None, []
        for line in text.split("\n"):
            if line in ("Positionals:", "Options:", "Subcommands:"):
                section = line[:-1]
            elif section and re.match(r"  \S", line):
                name, *told = re.split(r"\s{2,}", line.strip(), maxsplit=1)
                entries.append([section, name, "".join(told)])
            elif section and line.startswith(" " * 10) and line.strip():
                entries[-1][2] += line.strip()
            elif line.strip():
                section = None
        out.extend((tuple(words), *one) for one in entries)
        for section, name, _ in entries:
            if section == "Subcommands":
                walk([*words, name])
    walk([])
    return out


class CommandLine(ServerCase):
    @classmethod
    def start(cls):
        """The tests do."""

    def both(self, test):
        """On the data folder while no server runs, then on the running server."""
        for running in (False, True):
            with self.subTest(running=running):
                if running:
                    self.server.start()
                try:
                    test("on" if running else "off")
                finally:
                    self.server.stop()

    def path(self, name):
        return os.path.join(self.folder.path, name)

    def test_accounts_in_bulk_from_csv(self):
        def test(mode):
            file = self.path(f"{mode}.csv")
            with open(file, "w") as out:
                out.write("address,password,display_name,quota\n" + "".join(f'u{i}-{mode}@blue.test,"pass, {i}",User {i},1GiB\n' for i in range(5)) + "bad address,x,,\n")
            first = json.loads(self.server.cli("account", "import", file, "--json", check=False).stdout)
            self.assertEqual((first["added"], len(first["failed"]), first["failed"][0]["line"]), (5, 1, 7))
            again = json.loads(self.server.cli("account", "import", file, "--json", check=False).stdout)
            self.assertEqual((again["added"], again["there_already"]), (0, 5))
            self.assertEqual(self.server.json("account", "show", f"u1-{mode}@blue.test")["quota_bytes"], 1 << 30)
        self.both(test)

    def test_accounts_aliases_and_app_passwords(self):
        def test(mode):
            s = self.server
            s.cli("account", "add", f"carol-{mode}@blue.test", "--password-file", "-", "--name", "Carol", input="one two\n")
            s.cli("account", "password", f"carol-{mode}@blue.test", "--password-file", "-", input="three\n")
            s.cli("account", "set", f"carol-{mode}@blue.test", "--quota", "10MiB", "--disable")
            shown = s.json("account", "show", f"carol-{mode}@blue.test")
            self.assertEqual((shown["quota_bytes"], shown["enabled"], shown["display_name"]), (10 << 20, False, "Carol"))
            password = s.cli("account", "app-password", "add", f"carol-{mode}@blue.test", "phone").stdout.strip()
            self.assertEqual(len(password), 19)
            self.assertEqual(s.json("account", "app-password", "list", f"carol-{mode}@blue.test")[0]["label"], "phone")
            s.cli("account", "app-password", "remove", f"carol-{mode}@blue.test", "phone")
            self.assertIn("--foreign", s.cli("alias", "set", f"info-{mode}@blue.test", "alice@blue.test", "x@green.test", check=False).stderr)
            self.assertNotIn(f"info-{mode}@blue.test", str(s.json("alias", "list")))
            s.cli("alias", "set", "--foreign", f"info-{mode}@blue.test", "alice@blue.test", "x@green.test")
            self.assertIn({"alias": f"info-{mode}@blue.test", "targets": ["alice@blue.test", "x@green.test"]}, s.json("alias", "list"))
            s.cli("alias", "remove", f"info-{mode}@blue.test")
            s.cli("account", "remove", f"carol-{mode}@blue.test")
            self.assertEqual(s.cli("account", "show", f"carol-{mode}@blue.test", check=False).returncode, 1)
        self.both(test)

    def sources(self, name):
        """The same letters as mbox, Maildir with a folder, and .eml files."""
        letters = [letter("x@example.com", "alice@blue.test", f"{name} {i}\r\n".encode() * (i + 1) + b"From here\r\n", f"{name} {i}") for i in range(30)]
        box = mailbox.mbox(self.path(f"{name}.mbox"))
        maildir = mailbox.Maildir(self.path(f"{name}.maildir"))
        lists = maildir.add_folder("Lists.devel")
        os.makedirs(self.path(f"{name}.eml/sub"))
        for i, one in enumerate(letters):
            message = mailbox.MaildirMessage(one.replace(b"\r\n", b"\n"))
            message.set_flags("S" if i % 2 else "")
            message.set_subdir("cur")
            (lists if i < 5 else maildir).add(message)
            box.add(mailbox.mboxMessage(message))
            with open(self.path(f"{name}.eml/{'sub/' if i < 5 else ''}{i}.eml"), "wb") as out:
                out.write(one)
        box.flush()
        return sorted(sha(body_of(one)) for one in letters)

    def test_import_takes_each_message_once_and_export_gives_all_back(self):
        def test(mode):
            for kind in ("mbox", "maildir", "eml"):
                name = f"{kind}{mode}"
                hashes = self.sources(name)
                self.server.cli("account", "add", f"{name}@blue.test", "--password-file", "-", input="x\n")
                source = self.path(f"{name}.{kind}")
                first = json.loads(self.server.cli("import", f"{name}@blue.test", source, "--json").stdout)
                self.assertEqual(first, {"imported": 30, "there_already": 0}, kind)
                again = json.loads(self.server.cli("import", f"{name}@blue.test", source, "--json").stdout)
                self.assertEqual(again, {"imported": 0, "there_already": 30}, kind)
                shown = {m["name"]: m["total"] for m in self.server.json("account", "show", f"{name}@blue.test")["mailboxes"]}
                self.assertEqual(shown.get("Lists/devel" if kind == "maildir" else "sub", 0), 0 if kind == "mbox" else 5)
                for form, pattern in (("eml", "**/*.eml"), ("maildir", "**/cur/*"), ("mbox", None)):
                    out = self.path(f"{name}-out-{form}")
                    self.server.cli("export", f"{name}@blue.test", out, "--format", form)
                    if pattern:
                        got = [open(f, "rb").read() for f in glob.glob(os.path.join(out, pattern), recursive=True) + glob.glob(os.path.join(out, ".*", "cur", "*"))]
                        self.assertEqual(sorted(sha(body_of(m)) for m in got), hashes, (kind, form))
                    else:
                        boxes = [mailbox.mbox(f) for f in glob.glob(os.path.join(out, "**", "*.mbox"), recursive=True)]
                        self.assertEqual(sum(len(b) for b in boxes), 30)
        self.both(test)

    def test_an_import_that_was_killed_goes_on_where_it_was(self):
        self.server.start()
        try:
            box = mailbox.mbox(self.path("big.mbox"))
            for i in range(1500):
                box.add(mailbox.mboxMessage(letter("x@example.com", "alice@blue.test", b"x" * 500 + b"\n", f"big {i}").replace(b"\r\n", b"\n")))
            box.flush()
            self.server.cli("account", "add", "big@blue.test", "--password-file", "-", input="x\n")
            self.server.passwords["big@blue.test"] = "x"
            started = subprocess.Popen([POSTHORN, "--config", self.server.config, "import", "big@blue.test", self.path("big.mbox")], stdout=subprocess.DEVNULL)
            count = lambda: next(m["total"] for m in self.server.json("account", "show", "big@blue.test")["mailboxes"] if m["name"] == "INBOX")
            end = time.monotonic() + 20
            while count() < 50 and time.monotonic() < end:
                pass
            started.kill()
            started.wait()
            self.server.kill()
            self.server.start()
            done = json.loads(self.server.cli("import", "big@blue.test", self.path("big.mbox"), "--json").stdout)
            self.assertEqual(done["imported"] + done["there_already"], 1500)
            self.assertGreater(done["there_already"], 0)
            self.assertEqual(count(), 1500)
        finally:
            self.server.stop()

    def test_errors_say_what_is_wrong_and_what_to_do(self):
        run = lambda *a: subprocess.run([POSTHORN, *a], capture_output=True, text=True, timeout=20)
        broken = self.path("broken.toml")
        with open(broken, "w") as out:
            out.write('[server]\nname = "mx.blue.test"\ndata = "x"\ncolour = 1\n')
        for arguments, status, parts in (
                (("-c", broken, "domain", "list"), 2, ("broken.toml:4", "colour", "threads")),
                (("-c", "/nowhere.toml", "domain", "list"), 1, ("/nowhere.toml", "--config")),
                (("-c", self.server.config, "domain", "add", "a b"), 2, ("domain",)),
                (("-c", self.server.config, "account", "add", "x@green.test", "--password-file", "/dev/null"), 2, ("password",)),
                (("-c", self.server.config, "account", "show", "who@blue.test"), 1, ("who@blue.test", "account list")),
                (("-c", self.server.config, "queue", "show", "12"), 2, ("16 hexadecimal", "queue list")),
                (("-c", self.server.config, "import", "alice@blue.test", "/nowhere"), 1, ("/nowhere",)),
                (("-c", self.server.config, "status"), 1, ("no server", "posthorn serve")),
                (("frobnicate",), 2, ("frobnicate",)), ((), 2, ("subcommand",)), (("mime", "/nowhere"), 2, ("/nowhere",))):
            done = run(*arguments)
            self.assertEqual(done.returncode, status, (arguments, done.stderr))
            for part in parts:
                self.assertIn(part, done.stderr + done.stdout, arguments)
        error = json.loads(run("-c", self.server.config, "--json", "account", "show", "who@blue.test").stdout)["error"]
        self.assertEqual(error["code"], "not found")

    def test_help_teaches_and_completion_and_manual_are_made_of_it(self):
        run = lambda *a: subprocess.run(a, capture_output=True, text=True, timeout=20)
        for arguments in ((), ("account",), ("account", "add"), ("queue",), ("lab",)):
            done = run(POSTHORN, *arguments, "--help")
            self.assertEqual(done.returncode, 0)
            self.assertGreater(len(done.stdout), 200)
        script = run(POSTHORN, "completion", "bash").stdout
        answer = run("bash", "-c", script + '\nCOMP_WORDS=(posthorn queue "")\nCOMP_CWORD=2\n_posthorn\necho "${COMPREPLY[*]}"')
        self.assertIn("retry", answer.stdout)
        manual = self.path("posthorn.8")
        with open(manual, "w") as out:
            out.write(run(POSTHORN, "man").stdout)
        shown = run("man", "--warnings", "-l", manual)
        self.assertIn("queue retry", shown.stdout)
        self.assertEqual(shown.stderr, "")

    def test_everything_on_the_command_line_is_explained(self):
        without = [f"posthorn {' '.join(words)}: {name}" for words, section, name, told in command_line() if not told]
        self.assertEqual(without, [])

    def test_what_the_documents_tell_to_type_is_there(self):
        known = {words: [] for words, *_ in command_line()}
        for words, section, name, _ in command_line():
            if section == "Subcommands":
                known[words].append(name)
        unknown, count = [], 0
        for path in [os.path.join(SOURCE, "README.md"), os.path.join(SOURCE, "SECURITY.md"), *glob.glob(os.path.join(SOURCE, "docs", "*.md")), *glob.glob(os.path.join(SOURCE, "packaging", "*"))]:
            for told in re.findall(r"(?<![\w/.-])posthorn((?: (?:-c|--config) \S+)?(?: [a-z-][\w-]*)+)", open(path).read()):
                words = re.sub(r" (-c|--config) \S+", "", told).split()
                at, count = (), count + 1
                while words and known[at] and not words[0].startswith("-"):
                    if words[0] not in known[at]:
                        unknown.append(f"{os.path.basename(path)}: posthorn{told}")
                        break
                    at, words = (*at, words[0]), words[1:]
        self.assertEqual([one for one in unknown if not one.endswith("posthorn keyring")], [])  # which is a process, not for people
        self.assertGreater(count, 40)

    def test_mime_prints_what_it_sees(self):
        path = self.path("one.eml")
        with open(path, "wb") as out:
            out.write(b"From: =?utf-8?q?J=C3=BCrgen?= <j@example.com>\r\nSubject: =?utf-8?b?R3LDvMOfZQ==?=\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
                      b"--b\r\n\r\nhi\r\n--b\r\nContent-Type: image/png; name=x.png\r\n\r\n\x00\r\n--b--\r\n")
        text = subprocess.run([POSTHORN, "mime", path], capture_output=True, text=True).stdout
        self.assertIn("multipart/mixed", text)
        self.assertIn("x.png", text)
        seen = subprocess.run([POSTHORN, "mime", path, "--json"], capture_output=True, text=True).stdout
        self.assertIn("Grüße", seen)
        json.loads(seen)

    def test_the_example_configuration_is_read(self):
        done = subprocess.run([POSTHORN, "-c", os.path.join(SOURCE, "packaging", "posthorn.toml"), "status"], capture_output=True, text=True)
        self.assertIn("no server answers on /var/lib/posthorn", done.stderr)


if __name__ == "__main__":
    unittest.main()
