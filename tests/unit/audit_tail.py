#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""domicile audit tail: what is in a log by now, while another process writes it."""
import json
import os
import shutil
import signal
import subprocess
import time

import tlog
from audit_fixture import (append, check, finish, key, lines, file_write, program, record, run, says,
                           unpack, work_directory)

work = work_directory()
key_path = f"{work}/key"
file_write(key_path, tlog.secret_text(key).encode())


def tail(directory, *options):
    """The entries it shows, as they are stored, without those about the log."""
    found = run("tail", "--json", *options, directory).encode().splitlines()
    return [entry for entry in found if b'{"type":"log"' not in entry]


def soon(what, *arguments):
    for _ in range(100):
        if what(*arguments):
            return
        time.sleep(0.05)
    raise AssertionError(f"{what.__name__}{arguments}")


class Writer:
    """domicile audit append, which signs once a second: what it takes is there sooner."""

    def __init__(self, directory):
        self.child = subprocess.Popen([program, "append", "-k", key_path, directory],
                                      stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        soon(os.path.exists, f"{directory}/format")

    def __enter__(self):
        return self

    def write(self, records):
        self.child.stdin.write(lines(records))
        self.child.stdin.flush()

    def __exit__(self, *_):
        self.child.stdin.close()
        assert self.child.wait() == 0


def last_ones():
    for size in (1, 254, 255, 256, 257, 600):
        directory = f"{work}/last{size}"
        records = [record(i) for i in range(size)]
        append(directory, records, key_path=key_path)
        assert tail(directory, "-n", 100000) == records
        for count in (0, 1, 2, 256, 258, size):
            said = run("tail", "--json", "-n", count, directory).splitlines()
            assert len(said) == min(count, size + 2), (size, count, len(said))
            found = tail(directory, "-n", count)
            assert found == records[len(records) - len(found):]
    says("LOG closed", "tail", "-n", 1, f"{work}/last600", status=0)


def by_verdict():
    records = [record(i) for i in range(900)]
    append(f"{work}/verdict", records, key_path=key_path)
    for verdict in ("deny", "audit", "allow"):
        wanted = [one for one in records if json.loads(one)["verdict"] == verdict]
        for count in (1, 5, 100, 10000):
            assert tail(f"{work}/verdict", "--verdict", verdict, "-n", count) == wanted[-count:]
    assert not tail(f"{work}/verdict", "--verdict", "kill")


def not_signed_yet():
    directory, records, written = f"{work}/open", [record(i) for i in range(2000)], 0
    with Writer(directory) as writer:
        for count in (1, 1, 253, 1, 1, 255, 300, 700):
            writer.write(records[written:written + count])
            written += count

            def all_there():
                return tail(directory, "-n", 100000) == records[:written]
            soon(all_there)
    assert tail(directory, "-n", 100000) == records[:written]


def follows():
    directory, records = f"{work}/follow", [record(i) for i in range(3000)]
    append(directory, records[:10], key_path=key_path)
    with open(f"{work}/followed", "wb") as file, \
            subprocess.Popen([program, "tail", "--json", "-f", "-n", "4", directory],
                             stdout=file) as child:
        def has(count):
            with open(f"{work}/followed", "rb") as followed:
                found = [one for one in followed.read().splitlines() if b'"type":"log"' not in one]
            return found == records[7:count]
        soon(has, 10)
        with Writer(directory) as writer:
            for first in range(10, 2000, 199):
                writer.write(records[first:min(first + 199, 2000)])
                time.sleep(0.05)
        soon(has, 2000)
        os.rename(directory, f"{directory}.old")
        append(directory, records[2000:], key_path=key_path)
        soon(has, 3000)
        child.send_signal(signal.SIGTERM)


def killed_writer():
    """Its entries are there, also those that were not signed, and those of the next."""
    directory, records = f"{work}/killed", [record(i) for i in range(700)]
    writer = Writer(directory)
    writer.write(records[:400])

    def all_there():
        return tail(directory, "-n", 100000) == records[:400]
    soon(all_there)
    writer.child.kill()
    writer.child.wait()
    assert all_there()
    append(directory, records[400:], key_path=key_path)
    assert tail(directory, "-n", 100000) == records


def pruned():
    directory = f"{work}/pruned"
    append(directory, [record(i) for i in range(8000)], key_path=key_path)
    unpack(directory)
    append(directory, [], "--max-size", 1, key_path=key_path)
    found = tail(directory, "-n", 100000)
    assert 0 < len(found) < 8000 and found[-1] == record(7999)


def no_log():
    says("no log", "tail", f"{work}/nothing")
    os.mkdir(f"{work}/empty")
    says("no log", "tail", f"{work}/empty")
    append(f"{work}/newer", [], key_path=key_path)
    file_write(f"{work}/newer/format", b"domicile-log 2\n")
    says("use a newer domicile", "tail", f"{work}/newer", status=3)
    for line in ("tail -n x", "tail --verdict no", "tail a b"):
        says("see domicile audit", *line.split(), status=2)


check("the last entries, of logs of sizes around what fills a tile", last_ones)
check("those of one verdict alone", by_verdict)
check("entries are there before they are signed, each once", not_signed_yet)
check("-f shows each entry once, also of a log that takes the place of another", follows)
check("what a writer that was killed has written is there", killed_writer)
check("a log whose beginning was pruned", pruned)
check("no log, one of a newer version, usage", no_log)
shutil.rmtree(work)
finish()
