"""What most test classes begin with: a server, or a pair of them, for all tests of a class; and a client of JMAP. What was opened is closed
(a server with `posthorn verify`) and its folder removed in any case, also if a class could not be set up whole."""
import base64
import http.client
import json
import unittest

from harness import Folder, Pair, Server

JSON = {"Content-Type": "application/json"}


class Case(unittest.TestCase):
    """A folder for the class."""

    @classmethod
    def setUpClass(cls):
        cls.folder = Folder(cls.__name__.lower())
        cls.addClassCleanup(cls.folder.remove)


class ServerCase(Case):
    """One server."""
    sections = None
    users, password = ("alice",), "secret word"
    log_level = "debug"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.prepare()
        cls.server = Server(cls.folder.path, sections=cls.sections, log_level=cls.log_level)
        if cls.users:
            cls.server.add(*cls.users, password=cls.password)
        cls.addClassCleanup(cls.server.close)
        cls.start()

    @classmethod
    def prepare(cls):
        """What must be there before the server is."""

    @classmethod
    def start(cls):
        cls.server.start()


class PairCase(Case):
    """Two servers, as make_pair() makes them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pair = cls.make_pair()
        cls.addClassCleanup(cls.pair.close)
        cls.blue, cls.green = cls.pair.blue, cls.pair.green
        cls.start()

    @classmethod
    def make_pair(cls):
        return Pair(cls.folder.path)

    @classmethod
    def start(cls):
        cls.pair.start()


class JmapCase(ServerCase):
    """One server, asked over HTTPS with the password."""
    users = ("alice", "bob")

    def connect(self):
        return http.client.HTTPSConnection(self.server.address, self.server.ports["https"], context=self.server.tls(), timeout=60)

    def login(self, user="alice@blue.test"):
        return {"Authorization": "Basic " + base64.b64encode(f"{user}:{self.server.passwords[user]}".encode()).decode()}

    def ask(self, method, path, body=None, headers=None, user="alice@blue.test", connection=None):
        c = connection or self.connect()
        c.request(method, path, body, {**(headers or {}), **(self.login(user) if user else {})})
        answer = c.getresponse()
        data = answer.read()
        if connection is None:
            c.close()
        return answer, data

    def api(self, calls, user="alice@blue.test", using=("urn:ietf:params:jmap:core",)):
        answer, data = self.ask("POST", "/jmap/api", json.dumps({"using": list(using), "methodCalls": calls}), JSON, user)
        self.assertEqual(answer.status, 200, data)
        return json.loads(data)

    def session(self, user="alice@blue.test"):
        answer, data = self.ask("GET", "/.well-known/jmap", user=user)
        self.assertEqual(answer.status, 200)
        return json.loads(data)

    def account(self, user="alice@blue.test"):
        """The id of a user's account."""
        known = self.__dict__.setdefault("accounts", {})
        if user not in known:
            known[user] = next(iter(self.session(user)["accounts"]))
        return known[user]
