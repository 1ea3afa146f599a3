#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""
10,000 mutations of one log, each judged by domicile audit verify and by tlog.py, which must agree:
none of them holds against the log's key and a checkpoint that a witness has signed. Of these
kinds, all but the first four are by somebody who has the log's own key, and rebuilds the tree.

Usage: audit_mutate.py [COUNT [SEED]]
"""
import functools
import os
import random
import shutil
import subprocess
import sys

import tlog
from audit_fixture import (START, append, check, cosign, file_read, file_write, finish, key,
                           program, record, stranger, time_text, unpack, witness, work_directory)

total = int(sys.argv[1]) if len(sys.argv) > 1 else 10000
choose = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
work = work_directory()
log, kept_path = f"{work}/log", f"{work}/kept"


def original_make():
    file_write(f"{work}/key", tlog.secret_text(key).encode())
    file_write(f"{work}/witness", tlog.key_text(witness).encode())
    append(log, [record(i) for i in range(300)], key_path=f"{work}/key")
    unpack(log)
    files = {}
    for top, _, names in os.walk(log):
        for name in names:
            path = os.path.join(top, name)
            files[os.path.relpath(path, log)] = file_read(path)
    return files


# --- the mutations: files that are changed, or, as None, removed ---

def data_files():
    return [name for name in original if name.startswith("tile/") or name == "checkpoint"]


def flip(data):
    at = choose.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << choose.randrange(8)]) + data[at + 1:]


def bundle_of(index):
    return tlog.path_of("entries", index // 256, min(256, len(entries) - index // 256 * 256))


def bundle_change(index, change):
    """The entries of one bundle, and in half of the cases its tile as well."""
    some = entries[index // 256 * 256:index // 256 * 256 + 256]
    name = bundle_of(index)
    change(some, index % 256)
    files = {name: tlog.bundle_make(some)}
    if choose.random() < 0.5:
        files[name.replace("entries", "0")] = b"".join(map(tlog.leaf_hash, some))
    return files


def replace_text(entry):
    """What somebody would want to change."""
    return entry.replace(b'"deny"', b'"allow"') if b'"deny"' in entry else \
        entry.replace(b"curl", b"cat") if b"curl" in entry else flip(entry)


def edit():
    if choose.random() < 0.5:
        name = choose.choice(data_files())
        return {name: flip(original[name])}

    def change(some, at):
        some[at] = replace_text(some[at])
    return bundle_change(choose.randrange(len(entries)), change)


def delete():
    if choose.random() < 0.2:
        return {choose.choice(data_files()): None}
    return bundle_change(choose.randrange(len(entries)), lambda some, at: some.pop(at))


def swap():
    def change(some, at):
        other = (at + choose.randrange(1, len(some))) % len(some)
        some[at], some[other] = some[other], some[at]
    return bundle_change(choose.randrange(len(entries)), change)


def truncate():
    name = choose.choice(data_files())
    return {name: original[name][:choose.randrange(len(original[name]))]}


def rebuilt(changed, signer):
    """A log of its own, in which everything fits."""
    files, root = tlog.tiles_make(changed)
    files["checkpoint"] = tlog.checkpoint_make(len(changed), root, signer)
    return {name: None for name in original if name.startswith("tile/")} | files


def roll_back():
    return rebuilt(entries[:choose.randrange(len(entries))], key)


def fork():
    """Other entries from somewhere on; in the end there are more than before, or as many."""
    at = choose.randrange(len(entries))
    end = max(len(entries), at + 1) + choose.choice([0, 0, 1, 50])
    return rebuilt(entries[:at] + [record(100000 + at * 7 + i, START + i) if i % 2 else
                                   replace_text(entries[min(i, len(entries) - 1)])
                                   for i in range(at, end)], key)


def sign_again():
    """By another key of the same name, which the log then says is its own."""
    changed = list(entries)
    if choose.random() < 0.7:
        at = choose.randrange(len(entries))
        changed[at] = replace_text(changed[at])
    return rebuilt(changed, stranger) | {"vkey": tlog.key_text(stranger).encode()}


@functools.lru_cache(1 << 14)
def earlier(entry, by):
    when = entry.index(b'"time":"') + 8
    return entry[:when] + time_text(tlog.head_of(entry)[1] - by).encode() + entry[when + 30:]


def clock_back():
    """From some entry on, the times are those of a clock that was set back."""
    at, by = choose.randrange(1, len(entries) - 2), choose.choice([0.005, 0.5, 60, 3600, 10**7])

    return rebuilt(entries[:at] + [earlier(entry, by) for entry in entries[at:]], key)


kinds = {"edit": edit, "delete": delete, "swap": swap, "truncate": truncate,
         "roll back": roll_back, "fork": fork, "re-sign with another key": sign_again,
         "clock set back": clock_back}


# --- the judges ---

def apply(files):
    for name, data in files.items():
        path = f"{log}/{name}"
        if data is None:
            if os.path.exists(path):
                os.unlink(path)
        else:
            file_write(path, data)


def is_accepted_here():
    try:
        tlog.log_check(log, key, [witness], kept)
        return True
    except (tlog.Bad, OSError):
        return False


class Judge:
    """The program, which is started once."""

    def __init__(self):
        self.complaints = open(f"{work}/complaints", "wb")
        self.child = subprocess.Popen([program, "--batch"], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, stderr=self.complaints)

    def is_accepted(self):
        arguments = ["verify", "-k", tlog.key_text(key), "-w", f"{work}/witness", "-c", kept_path,
                     log]
        self.child.stdin.write("\t".join(arguments).encode() + b"\n")
        self.child.stdin.flush()
        for line in self.child.stdout:
            if line.startswith(b"status "):
                status = int(line.split()[1])
                assert status in (0, 1), f"exit status {status}"
                return status == 0
        raise AssertionError("it ended: " + file_read(f"{work}/complaints").decode()[-2000:])

    def close(self):
        self.child.stdin.close()
        assert self.child.wait() == 0, "it ends badly"
        self.complaints.close()


def expect(accepted, judge, what):
    for who, answer in (("verify", judge.is_accepted()), ("tlog.py", is_accepted_here())):
        assert answer == accepted, f"{what}: {who} {'accepts' if answer else 'refuses'} it"


def mutate(kind, count):
    judge = Judge()
    for number in range(count):
        files = kinds[kind]()
        if all(original.get(name) == data for name, data in files.items()):
            continue
        apply(files)
        expect(False, judge, f"{kind} {number}")
        apply({name: original.get(name) for name in files})
        if number % 100 == 0:
            expect(True, judge, f"the log itself, after {kind} {number}")
    judge.close()
    print(f"# {kind}: {count} of {count} detected")


def detected(kind):
    mutate(kind, total // len(kinds))


original = original_make()
entries = [entry for _, entry in tlog.log_check(log, key)[1]]
kept = cosign(original["checkpoint"], witness)
file_write(kept_path, kept)
for name in kinds:
    check(f"{total // len(kinds)} times {name}", detected, name)
shutil.rmtree(work)
finish()
