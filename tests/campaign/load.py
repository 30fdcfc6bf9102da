"""Clients that send without end over every way, through every crash, and note in the ledger what was acknowledged."""
import random
import threading
import time

from ways import LOST, WAYS, close_quietly

MIX = ("data", "data", "bdat", "append", "submission")


class Load:
    def __init__(self, field, clients=5, seed=0, sizes=(1000, 1000, 1000, 20_000, 70_000, 700_000)):
        self.field, self.sizes, self.seed = field, sizes, seed
        self.going, self.ending = threading.Event(), threading.Event()
        self.busy, self.gate = 0, threading.Condition()
        self.threads = [threading.Thread(target=self.send, args=(MIX[i % len(MIX)], i), daemon=True) for i in range(clients)]
        for one in self.threads:
            one.start()

    def send(self, way, number):
        dice, connection = random.Random(f"{self.seed} client {number}"), None
        kind = WAYS[way].kind
        while not self.ending.is_set():
            if not self.going.wait(0.05):
                continue
            with self.gate:
                self.busy += 1
            try:
                if connection is None:
                    connection = WAYS[way](self.field.server, timeout=10)
                letter = self.field.ledger.letter(dice.choice(self.sizes), kind)
                connection.send(letter)
            except LOST:
                close_quietly(connection)
                connection = None
                time.sleep(0.01)
            finally:
                with self.gate:
                    self.busy -= 1
                    self.gate.notify_all()
        close_quietly(connection)

    def go(self):
        self.going.set()

    def pause(self):
        """Returns when nobody is sending any more."""
        self.going.clear()
        with self.gate:
            self.gate.wait_for(lambda: self.busy == 0, 60)

    def end(self):
        self.pause()
        self.ending.set()
        for one in self.threads:
            one.join(20)
