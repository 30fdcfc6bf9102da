"""Mail apps read: curl, mutt, fetchmail, getmail, mbsync, Python's imaplib and poplib. Every byte is what was stored."""
import glob
import imaplib
import mailbox
import os
import subprocess
import time
import unittest

from cases import ServerCase
from harness import body_of, letter, sha


class Read(ServerCase):
    users, readers = (), 0

    def setUp(self):
        """A user of this test's own, with letters in INBOX."""
        type(self).readers += 1
        name = f"reader{self.readers}"
        self.server.add(name)
        self.user = f"{name}@blue.test"
        self.letters = [letter("x@example.com", self.user, body, f"Letter {i}") for i, body in
                        enumerate([b"one\r\n", b".\r\n..dots\r\n", "Grüße\r\n".encode(), b"z" * 990 + b"\r\n", b"line\r\n" * 20_000])]
        with self.server.smtp(service="smtp") as client:
            for one in self.letters:
                client.sendmail("x@example.com", [self.user], one, mail_options=["BODY=8BITMIME"])
        self.bodies = sorted(sha(body_of(m)) for m in self.letters)

    def run_client(self, *command, status=0, **more):
        env = dict(os.environ, HOME=self.home(), **more.pop("env", {}))
        done = subprocess.run(command, capture_output=True, timeout=90, env=env, stdin=subprocess.DEVNULL, **more)
        self.assertIn(done.returncode, (status,) if isinstance(status, int) else status,
                      (done.stdout + done.stderr).decode("utf-8", "replace")[-3000:])
        return done.stdout

    def home(self):
        path = os.path.join(self.folder.path, "home-" + self.user.split("@")[0])
        os.makedirs(path, exist_ok=True)
        return path

    def file(self, name, text):
        path = os.path.join(self.home(), name)
        with open(path, "w") as out:
            out.write(text)
        os.chmod(path, 0o700)
        return path

    def maildir(self, name):
        path = os.path.join(self.home(), name)
        for part in ("cur", "new", "tmp"):
            os.makedirs(os.path.join(path, part), exist_ok=True)
        return path

    def hashes(self, maildir):
        """Body hashes of a Maildir, whose files have bare line feeds."""
        files = [f for part in ("cur", "new") for f in glob.glob(os.path.join(maildir, part, "*"))]
        return sorted(sha(body_of(open(f, "rb").read().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))) for f in files)

    def test_curl_reads_by_imap_and_pop3(self):
        for scheme, port, path in (("imaps", "imaps", "/INBOX;UID=%d"), ("pop3s", "pop3s", "/%d")):
            got = []
            for i in range(len(self.letters)):
                got.append(self.run_client("curl", "-sS", "--cacert", self.server.ca, "-u", f"{self.user}:secret word", "--url",
                                           f"{scheme}://{self.server.address}:{self.server.ports[port]}{path % (i + 1)}"))
            self.assertEqual(sorted(sha(body_of(m)) for m in got), self.bodies, scheme)

    def test_python_reads_by_imap_and_pop3(self):
        self.assertEqual(sorted(sha(body_of(m)) for m in self.server.inbox(self.user)), self.bodies)
        pop = self.server.pop3(self.user)
        self.assertEqual(pop.stat()[0], len(self.letters))
        got = [b"\r\n".join(pop.retr(i + 1)[1]) + b"\r\n" for i in range(len(self.letters))]
        self.assertEqual(sorted(sha(body_of(m)) for m in got), self.bodies)
        self.assertEqual(len(set(pop.uidl()[1])), len(self.letters))
        self.assertEqual(len(pop.top(5, 3)[1]), len(self.server.inbox(self.user)[4].split(b"\r\n\r\n")[0].split(b"\r\n")) + 1 + 3)
        pop.dele(1)
        pop.rset()
        pop.dele(2)
        pop.quit()
        self.assertEqual(len(self.server.inbox(self.user)), len(self.letters) - 1)

    def test_a_pop3_session_without_quit_deletes_nothing(self):
        pop = self.server.pop3(self.user)
        pop.dele(1)
        pop.close()
        time.sleep(0.2)
        self.assertEqual(len(self.server.inbox(self.user)), len(self.letters))

    def test_fetchmail_fetches_by_pop3_and_imap(self):
        for protocol, port in (("imap", "imaps"), ("pop3", "pop3s")):
            out = os.path.join(self.home(), "fetched-" + protocol)
            os.makedirs(out)
            script = self.file("mda-" + protocol, f'#!/bin/sh\nexec cat > "$(mktemp {out}/XXXXXXXX)"\n')
            config = self.file("rc-" + protocol, f'poll {self.server.name} via {self.server.address} protocol {protocol} port {self.server.ports[port]} auth password\n'
                               f'user "{self.user}" password "secret word" ssl sslcertfile {self.server.ca} sslcommonname "{self.server.name}" keep fetchall mda "{script}"\n')
            os.chmod(config, 0o600)
            self.run_client("fetchmail", "-f", config, "--pidfile", os.path.join(self.home(), "pid"), "--nosyslog", "--idfile", os.path.join(self.home(), "ids-" + protocol),
                            "--norewrite", "--invisible", env={"FETCHMAILHOME": self.home()})
            got = [open(f, "rb").read().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") for f in glob.glob(out + "/*")]
            self.assertEqual(sorted(sha(body_of(m)) for m in got), self.bodies, protocol)

    def test_getmail_fetches_by_imap_and_pop3(self):
        for kind, port in (("SimpleIMAPSSLRetriever", "imaps"), ("SimplePOP3SSLRetriever", "pop3s")):
            target = os.path.join(self.home(), "getmail-" + port)
            os.makedirs(target)
            # Its own Maildir delivery refuses to run as root, which is who runs the tests.
            script = self.file("getmail-mda-" + port, f'#!/bin/sh\nexec cat > "$(mktemp {target}/XXXXXXXX)"\n')
            config = self.file("getmailrc-" + port, f"[retriever]\ntype = {kind}\nserver = {self.server.address}\nport = {self.server.ports[port]}\nusername = {self.user}\n"
                               f"password = secret word\nca_certs = {self.server.ca}\n[destination]\ntype = MDA_external\npath = {script}\nallow_root_commands = true\n"
                               "[options]\nread_all = true\ndelivered_to = false\nreceived = false\n")
            self.run_client("getmail", "--getmaildir", self.home(), "--rcfile", config)
            got = [open(f, "rb").read().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") for f in glob.glob(target + "/*")]
            self.assertEqual(sorted(sha(body_of(m)) for m in got), self.bodies, kind)

    def test_mutt_reads_and_saves(self):
        target = self.maildir("mutt-saved")
        config = self.file("muttrc", f'set ssl_ca_certificates_file="{self.server.ca}"\nset ssl_force_tls=yes\nset ssl_starttls=yes\nset imap_user="{self.user}"\nset imap_pass="secret word"\n'
                           'set mbox_type=Maildir\nset confirmcreate=no\nset confirmappend=no\nset move=no\nset delete=no\nset quit=yes\nset wait_key=no\nset resolve=no\nset ssl_verify_host=no\n'
                           f'set folder="{self.home()}"\nset header_cache=""\n')
        keys = f'push "<tag-pattern>~A<enter><tag-prefix><copy-message>{target}<enter><quit>"'
        # script(1) gives mutt the terminal it insists on.
        self.run_client("script", "-qec", f"mutt -n -F {config} -f imaps://{self.server.address}:{self.server.ports['imaps']}/INBOX -e '{keys}'", "/dev/null",
                        env={"TERM": "xterm"})
        self.assertEqual(self.hashes(target), self.bodies)

    def mbsync(self, target):
        config = self.file("mbsyncrc", f"IMAPAccount a\nHost {self.server.address}\nPort {self.server.ports['imaps']}\nUser {self.user}\nPass \"secret word\"\nSSLType IMAPS\n"
                           f"CertificateFile {self.server.ca}\n\nIMAPStore far\nAccount a\n\nMaildirStore near\nPath {target}/\nInbox {target}/INBOX\nSubFolders Verbatim\n\n"
                           "Channel c\nFar :far:\nNear :near:\nPatterns *\nCreate Both\nRemove Both\nExpunge Both\nSyncState *\n")
        self.run_client("mbsync", "-c", config, "-a")

    def test_mbsync_syncs_both_ways_and_loses_or_doubles_nothing(self):
        target = os.path.join(self.home(), "synced")
        os.makedirs(target)
        self.mbsync(target)
        inbox = os.path.join(target, "INBOX")
        self.assertEqual(self.hashes(inbox), self.bodies)
        # Changes on both sides: a flag and a new letter here, a deletion, a new letter and a new folder there.
        near = mailbox.Maildir(inbox)
        key = sorted(near.keys())[0]
        message = near[key]
        message.add_flag("F")
        near[key] = message
        near.add(b"From: x@example.com\nSubject: made here\n\nmade here\n")
        far = self.server.imap(self.user)
        far.select()
        far.uid("STORE", "5", "+FLAGS", "\\Deleted")
        far.expunge()
        far.append("INBOX", "(\\Seen)", None, letter("x@example.com", self.user, b"made there\r\n"))
        far.create("New/Folder")
        far.append("New/Folder", None, None, letter("x@example.com", self.user, b"in the new folder\r\n"))
        self.mbsync(target)
        expected = [h for h in self.bodies if h != sha(body_of(self.letters[4]))] + [sha(b"made here\r\n"), sha(b"made there\r\n")]
        self.assertEqual(self.hashes(inbox), sorted(expected))
        self.assertEqual(sorted(sha(body_of(m)) for m in self.server.inbox(self.user)), sorted(expected))
        self.assertEqual(self.hashes(os.path.join(target, "New", "Folder")), [sha(b"in the new folder\r\n")])
        far.noop()
        _, found = far.uid("SEARCH", "FLAGGED")
        self.assertEqual(len(found[0].split()), 1)
        before = sorted(glob.glob(target + "/**/*", recursive=True))
        self.mbsync(target)
        self.assertEqual([f for f in sorted(glob.glob(target + "/**/*", recursive=True)) if "/cur/" in f or "/new/" in f],
                         [f for f in before if "/cur/" in f or "/new/" in f], "the third sync has nothing to do")
        far.logout()

    def test_several_clients_see_each_others_changes_at_once(self):
        idler = self.server.imap(self.user)
        idler.select()
        idler.send(b"i1 IDLE\r\n")
        self.assertTrue(idler.readline().startswith(b"+"))
        idler.sock.settimeout(5)
        other = self.server.imap(self.user)
        other.select()
        for change, said in ((lambda: other.append("INBOX", None, None, letter("a@b.test", self.user)), b"* 6 EXISTS"),
                             (lambda: other.uid("STORE", "1", "+FLAGS", "\\Flagged"), b"\\Flagged"),
                             (lambda: (other.uid("STORE", "2", "+FLAGS.SILENT", "\\Deleted"), other.expunge()), b"* 2 EXPUNGE")):
            started = time.monotonic()
            change()
            while said not in (line := idler.readline()):
                self.assertTrue(line)
            self.assertLess(time.monotonic() - started, 3)
        with self.server.smtp(service="smtp") as client:
            client.sendmail("x@example.com", [self.user], letter("x@example.com", self.user))
        while b"* 6 EXISTS" not in (line := idler.readline()):
            self.assertTrue(line)
        idler.send(b"DONE\r\n")
        while not (line := idler.readline()).startswith(b"i1 OK"):
            self.assertTrue(line)
        other.logout()
        idler.logout()

    def test_no_password_is_taken_in_clear(self):
        client = imaplib.IMAP4(self.server.address, self.server.ports["imap"])
        self.assertIn("LOGINDISABLED", client.capabilities)
        with self.assertRaises(imaplib.IMAP4.error):
            client.login(self.user, "secret word")
        client.starttls(ssl_context=self.server.tls())
        client.login(self.user, "secret word")
        client.logout()


if __name__ == "__main__":
    unittest.main()
