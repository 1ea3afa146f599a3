#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""domicile top, on a terminal of its own."""
import fcntl
import json
import os
import pty
import shutil
import signal
import struct
import subprocess
import termios
import time

import tlog
from audit_fixture import append, check, file_write, finish, key, program, record, skip, \
    work_directory

try:
    import pyte
except ImportError:
    pyte = None

work = work_directory()
key_path, log = f"{work}/key", f"{work}/log"
file_write(key_path, tlog.secret_text(key).encode())
helper = os.path.join(os.path.dirname(program), "top")
STATUS = {
    "enforcing": True, "since": "2026-11-22T10:31:07.500000000Z", "generation": 3, "daemon": 77,
    "policy": {"digest": "sha256:0123456789abcdef"}, "ring": {"used": 4194304, "size": 8388608},
    "counters": {"denied": 5, "audited": 6, "allowed": 7, "records_lost": 8},
    "tasks": [{"pid": 4321, "comm": "postgres", "labels": ["cn.pii", "eu.health"]}]}
ALLOWED = {"verdict": "allow", "denied": [], "object": {
    "kind": "address", "family": "ipv4", "protocol": "tcp", "address": "198.51.100.2",
    "port": 443, "network": "cn-facilities"}}


def status_write(**changes):
    file_write(f"{work}/status.new", json.dumps({**STATUS, **changes}).encode())
    os.rename(f"{work}/status.new", f"{work}/status")


class Top:
    def __init__(self, lines=24, columns=80, term="xterm-256color", **variables):
        self.master, slave = pty.openpty()
        self.resize(lines, columns)
        self.before = termios.tcgetattr(slave)
        self.slave = slave
        self.screen = pyte.Screen(columns, lines)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self.child = subprocess.Popen(
            [helper, f"{work}/status", "--log", log], stdin=slave, stdout=slave,
            stderr=subprocess.PIPE, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            env={**os.environ, "TERM": term, "LC_ALL": "C.UTF-8", **variables})
        os.set_blocking(self.master, False)

    def resize(self, lines, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def read(self):
        try:
            data = os.read(self.master, 65536)
        except (BlockingIOError, OSError):
            return
        self.raw += data
        self.stream.feed(data)

    def text(self):
        return "\n".join(self.screen.display)

    def until(self, *texts, gone=()):
        end = time.monotonic() + 60
        while not all(text in self.text() for text in texts) or \
                any(text in self.text() for text in gone):
            assert time.monotonic() < end, f"{texts} not in\n{self.text()}"
            self.read()
            time.sleep(0.02)

    def type(self, keys):
        os.write(self.master, keys)

    def ended(self, status=0):
        """The terminal is as it was, and shows what it did."""
        said = self.child.communicate(timeout=60)[1].decode()
        for _ in range(20):
            self.read()
        assert self.child.returncode == status, f"{self.child.returncode}: {said}"
        assert termios.tcgetattr(self.slave) == self.before, "the terminal is not as it was"
        if self.raw:
            assert self.raw.rfind(b"\x1b[?1049l") > self.raw.rfind(b"\x1b[?1049h"), "its screen"
            assert self.raw.rfind(b"\x1b[?25h") >= 0 or b"\x1b[?12l\x1b[?25h" in self.raw, "cursor"
        os.close(self.slave)
        os.close(self.master)
        return said


def shows():
    status_write()
    append(log, [record(i, when=1795343467 + i, verdict="deny", process={
        "pid": 9, "comm": "curl", "user": "intake", "uid": 1, "exe": "/usr/bin/curl"},
        object={"kind": "address", "family": "ipv4", "protocol": "tcp", "address": "203.0.113.2",
                "port": 443, "network": None}, bytes=1000) for i in range(5)] +
        [record(7, bytes=5, **ALLOWED)], key_path=key_path)
    top = Top()
    top.until("enforcing since 2026-11-22T10:31:07", "sha256:0123456789ab", "daemon running",
              "denied 5  audited 6  allowed 7  lost 8  ring 50 %", "labelled processes: 1",
              "4321  postgres        cn.pii, eu.health", "198.51.100.2 443 cn-facilities",
              "10:31:11 DENY curl[9] (intake) cn.pii", "q quit")
    flows = [line.split() for line in top.screen.display if line.startswith(" deny")]
    assert sorted(flow[1:4] for flow in flows) == [["2", "2.0k", "curl"], ["3", "3.0k", "curl"]]
    assert len(top.screen.display) == 24
    top.type(b"q")
    assert top.ended() == ""


def goes_on():
    top = Top()
    top.until("labelled processes: 1")
    append(log, [record(50, when=1795343567, object={
        "kind": "inode", "dev": "8:1", "ino": 3, "path": "/mnt/new"}, verdict="kill")],
        key_path=key_path)
    status_write(tasks=STATUS["tasks"] * 2, enforcing=False)
    top.until("labelled processes: 2", "/mnt/new", "not enforcing")
    top.type(b"d")
    top.until("d all flows", gone=["cn-facilities"])
    top.type(b"d")
    top.until("d refused only", "cn-facilities")
    top.type(b"p")
    top.until("(paused)")
    status_write()
    time.sleep(1.5)
    top.read()
    assert "not enforcing" in top.text()
    top.type(b"p")
    top.until("enforcing since", gone=["(paused)"])
    top.type(b"\x03")
    assert top.ended() == ""


def sizes():
    for lines, columns in ((24, 80), (10, 40), (50, 200), (3, 20), (1, 1)):
        top = Top(lines, columns)
        end = "the screen" if lines < 10 else "q quit"
        top.until(end[:columns])
        top.type(b"q")
        assert top.ended() == ""
    top = Top()
    top.until("q quit")
    top.screen.resize(40, 120)
    top.resize(40, 120)
    deadline = time.monotonic() + 60
    while "q quit" not in top.screen.display[39]:
        assert time.monotonic() < deadline, top.text()
        top.read()
    top.child.send_signal(signal.SIGTERM)
    assert top.ended() == ""


def names_are_anybodys():
    evil = "\x1b[2J\x1b]0;x\x07\nroot€漢字" + "w" * 300
    append(log, [record(60, when=1795343667, verdict="deny", process={
        "pid": 1, "comm": evil, "user": evil, "uid": 1}, labels=[evil], denied=[evil],
        object={"kind": "inode", "path": evil}, source=None)], key_path=key_path)
    top = Top()
    top.until("\\x1b[2J\\x1b]0")
    assert b"\x1b]0" not in top.raw and top.raw.count(b"\x1b[2J") <= 1
    top.until("q quit", "refused last", "labelled processes")
    top.type(b"q")
    assert top.ended() == ""


def log_and_status_go():
    shutil.move(log, f"{work}/away")
    top = Top()
    top.until("the log: ", "labelled processes: 1")
    shutil.move(f"{work}/away", log)
    top.until("cn-facilities", gone=["the log: "])
    shutil.move(f"{work}/status", f"{work}/status.away")
    assert "it is out of sight" in top.ended(3)
    shutil.move(f"{work}/status.away", f"{work}/status")


def terminal_goes():
    top = Top()
    top.until("q quit")
    os.close(top.slave)
    os.close(top.master)
    top.child.communicate(timeout=60)


def no_terminal():
    done = subprocess.run([helper, f"{work}/status"], capture_output=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 2 and b"it needs a terminal" in done.stderr, done
    # What ncurses keeps then is its own.
    top = Top(term="no-such-terminal", ASAN_OPTIONS="detect_leaks=0")
    said = top.child.communicate(timeout=60)[1].decode()
    assert top.child.returncode == 3 and "this terminal is not known" in said, said


if pyte:
    check("80x24 has flows, denials, processes and counters", shows)
    check("it goes on, and takes keys", goes_on)
    check("any size, and another one", sizes)
    check("names of others do nothing to the terminal", names_are_anybodys)
    check("a log or a status that goes away", log_and_status_go)
    check("a terminal that goes away", terminal_goes)
    check("no terminal", no_terminal)
else:
    skip("domicile top", "python3-pyte is not installed")
shutil.rmtree(work)
finish()
