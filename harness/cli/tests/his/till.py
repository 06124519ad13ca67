"""Somebody at a terminal: opens the door with a pseudo-terminal as its keyboard and presses Enter when asked.

Called by `binary::front::attended`: till.py BINARY PLAN OUT SECONDS. Prints one JSON object: what was asked, what the list
held after each Enter, whether the door went on when the terminal was gone, and how it ended.
"""
import json
import os
import pty
import signal
import subprocess
import sys
import time
import urllib.request

binary, plan, out, patience = sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4])
keyboard, slave = pty.openpty()
said = open(out + ".err", "w+b")
door = subprocess.Popen([binary, "serve", plan, "--json", "--lang", "en", "--out", out],
                        stdin=slave, stdout=subprocess.PIPE, stderr=said)
os.close(slave)
ends = time.monotonic() + patience


def line():
    notice_at = notice["address"] + "/__admin/acceptance"
    lines = json.load(urllib.request.urlopen(notice_at))["lines"]
    return next(one for one in lines if one["number"] == "till/settle")


def once(holds):
    while time.monotonic() < ends:
        one = line()
        if holds(one):
            return one
        time.sleep(0.05)
    raise SystemExit("not in time: " + json.dumps(line()))


def told(words):
    while time.monotonic() < ends:
        said.seek(0)
        if words in said.read():
            return True
        time.sleep(0.05)
    return False


told_all = {}
try:
    notice = json.loads(door.stdout.readline())
    once(lambda one: one["confirm"])
    told_all["asked"] = told(b"swipe at the till (press Enter when done)")
    told_all["before"] = line()["done"]
    os.write(keyboard, b"\n")
    told_all["held"] = once(lambda one: one["done"] == 1)["held"][0]["actual"]
    # Nobody is asked now: what is typed does nothing.
    told_all["waits"] = told(b"waiting for 1101")
    os.write(keyboard, b"done\n\n")
    os.close(keyboard)
    told_all["goes_on"] = line()["done"] == 1
    door.send_signal(signal.SIGINT)
    told_all["exit"] = door.wait(patience)
finally:
    if door.poll() is None:
        door.kill()
print(json.dumps(told_all))
