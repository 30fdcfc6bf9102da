"""SIGKILL at random moments under load over every way."""
import os
import random
import shutil
import time

from field import Field
from load import Load

LOOK_EVERY, WHOLE_EVERY = 5, 25


def random_kills(folder, count, seed, longest=0.3):
    """Gives (faults, told)."""
    path = os.path.join(folder, "kills")
    field, dice = Field(path, seed, retry="1s"), random.Random(f"{seed} kills")
    field.found()
    load = None
    try:
        field.start()
        load = Load(field, seed=seed)
        for number in range(1, count + 1):
            load.go()
            time.sleep(dice.uniform(0.01, longest))
            field.killed()
            field.start()
            if number % LOOK_EVERY == 0:
                load.pause()
                whole = number % WHOLE_EVERY == 0
                field.look(whole=whole)
                if whole:
                    field.missing_outside()
                    field.verify()
                    for mailbox in field.mailboxes.values():
                        mailbox.empty()
        load.end()
        field.look(whole=True)
        held, twice = field.drain()
        field.verify()
        field.server.stop()
        field.verify()
    finally:
        if load:
            load.ending.set()
        field.close()
        for one in (path, path + "-dns"):
            shutil.rmtree(one, ignore_errors=True)
    ledger = field.ledger
    return ledger.faults, (f"random kills: {count} kills, {ledger.count} letters tried, {len(ledger.acknowledged())} acknowledged, "
                           f"{held} held after three crashes and let go, {twice} sent again in the reply window, slowest restart {field.slowest:.2f} s")
