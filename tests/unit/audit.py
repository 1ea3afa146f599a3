#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""domicile audit append, verify, prove, show, explain: with a second opinion, tlog.py."""
import json
import os
import re
import shutil
import signal
import subprocess
import time

import tlog
from audit_fixture import (HOST, append, check, copy, cosign, file_read, file_write, finish, key,
                           lines, other_witness, program, record, run, says, skip, stranger,
                           unpack, witness, work_directory)

work = work_directory()
key_path = f"{work}/key"
vkey = tlog.key_text(key)
file_write(key_path, tlog.secret_text(key).encode())
file_write(f"{work}/witnesses", f"# ours\n{tlog.key_text(witness)}\n"
           f"{tlog.key_text(other_witness)}\n".encode())


def make(name, number, *options, first=0):
    directory = f"{work}/{name}"
    append(directory, [record(first + i) for i in range(number)], *options, key_path=key_path)
    return directory


def both_accept(directory, **more):
    says("all as they were signed", "verify", "-k", vkey, directory, status=0)
    unpacked = copy(directory, "unpacked")
    unpack(unpacked)
    return tlog.log_check(unpacked, key, **more)


def both_refuse(text, directory):
    says(text, "verify", "-k", vkey, directory)
    unpacked = copy(directory, "unpacked")
    unpack(unpacked)
    try:
        tlog.log_check(unpacked, key)
    except (tlog.Bad, OSError):
        return
    raise AssertionError("the second opinion finds nothing")


def events(entries):
    return [json.loads(entry).get("event") for _, entry in entries
            if tlog.head_of(entry)[0] == b"log"]


# --- what is written ----------------------------------------------------------

def sizes():
    """With the entries that open and close the log: around what fills tiles."""
    for size in (2, 3, 255, 256, 257, 258, 511, 512, 513):
        checkpoint, entries = both_accept(make(f"size{size}", size - 2))
        assert checkpoint.size == size and len(entries) == size
        assert [e for _, e in entries][1:-1] == [record(i) for i in range(size - 2)]
        assert events(entries) == ["opened", "closed"]


def example_of_the_specification():
    """tlog-tiles has the files of a tree of 70,000 as an example."""
    directory = f"{work}/large"
    append(directory, [b'{"n":%d}' % i for i in range(69998)], key_path=key_path)
    both_accept(directory)
    assert os.path.getsize(f"{directory}/tile/0/272") == 8192
    assert os.path.getsize(f"{directory}/tile/0/273.p/112") == 112 * 32
    assert os.path.getsize(f"{directory}/tile/1/000") == 8192
    assert os.path.getsize(f"{directory}/tile/1/001.p/17") == 17 * 32
    assert os.path.getsize(f"{directory}/tile/2/000.p/1") == 32
    assert not os.path.exists(f"{directory}/tile/0/272.p")
    shutil.rmtree(directory)


def goes_on():
    directory = make("on", 300)
    for part in range(4):
        make("on", 100, first=300 + 100 * part)
    _, entries = both_accept(directory)
    assert [e for _, e in entries if tlog.head_of(e)[0] == b"decision"] == \
        [record(i) for i in range(700)]
    assert events(entries) == ["opened", "closed"] * 5


def compressed():
    directory = make("packed", 1200)
    append(directory, [], key_path=key_path)
    packed = [name for name in os.listdir(f"{directory}/tile/entries") if name.endswith(".zst")]
    assert len(packed) >= 3, packed
    both_accept(directory)
    path = f"{directory}/tile/entries/001.zst"
    file_write(path, file_read(path)[:-20])
    says("cannot be decompressed", "verify", "-k", vkey, directory)
    bomb = subprocess.run(["zstd", "-q", "-c"], input=bytes(1 << 28), capture_output=True,
                          check=True)
    file_write(path, bomb.stdout)
    says("cannot be decompressed", "verify", "-k", vkey, directory)


def own_key():
    directory = f"{work}/own"
    run("append", "-k", f"{work}/new.key", "--name", "log.example/x", directory, data=b"{}\n")
    assert os.stat(f"{work}/new.key").st_mode & 0o777 == 0o600
    own = tlog.key_parse(file_read(f"{directory}/vkey").decode())
    assert own.name == "log.example/x"
    tlog.log_check(directory, own)
    says("the key is the one in the log itself", "verify", directory, status=0)


def long_record():
    directory = f"{work}/long"
    append(directory, [record(0), b'{"x":"%s"}' % (b"y" * 70000), record(1)], key_path=key_path)
    _, entries = both_accept(directory)
    assert events(entries) == ["opened", "too_long", "closed"]


def lines_that_are_none():
    for data, line in ((b"{}\n[1]\n", 2), (b"{}\n\n{}\nword\n", 4), (b'{"a":1', 1), (b"\0\n", 1)):
        says(f"line {line}: it is no JSON object", "append", "-k", key_path, f"{work}/none",
             data=data)
    says("line 2: only the log itself", "append", "-k", key_path, f"{work}/none",
         data=b'{}\n{"type":"log","time":"2026-11-22T10:31:07Z","event":"opened"}\n')
    says("line 0: it is too long", "append", "-k", key_path, f"{work}/none", data=b"x" * (1 << 21))
    both_accept(f"{work}/none")


# --- crashes ------------------------------------------------------------------

def killed(directory, records, after):
    """domicile audit append, killed when it has taken all of @records."""
    with subprocess.Popen([program, "append", "-k", key_path, directory],
                          stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as child:
        child.stdin.write(lines(records))
        child.stdin.flush()
        time.sleep(after)
        child.send_signal(signal.SIGKILL)


def crash_loses_nothing():
    directory = f"{work}/crash"
    for part in range(3):
        killed(directory, [record(700 * part + i) for i in range(700)], 0.6 + 0.5 * part)
    append(directory, [], key_path=key_path)
    _, entries = both_accept(directory)
    assert [e for _, e in entries if tlog.head_of(e)[0] == b"decision"] == \
        [record(i) for i in range(2100)]
    assert events(entries).count("recovered") == 3
    assert not os.path.exists(f"{directory}/pending.before")


def power_cut(change):
    """What was not synced is gone, or zeros; what was is there, and the loss is recorded."""
    directory = f"{work}/cut"
    shutil.rmtree(directory, ignore_errors=True)
    make("cut", 400)
    killed(directory, [record(400 + i) for i in range(700)], 0.7)
    size = tlog.checkpoint_parse(file_read(f"{directory}/checkpoint")).size
    change(directory, size)
    append(directory, [], key_path=key_path)
    _, entries = both_accept(directory)
    decisions = [e for _, e in entries if tlog.head_of(e)[0] == b"decision"]
    assert decisions[:400] == [record(i) for i in range(400)]
    assert set(decisions) <= {record(i) for i in range(1100)} and len(set(decisions)) == \
        len(decisions)
    recovered = [json.loads(e) for _, e in entries if b'"event":"recovered"' in e]
    assert len(recovered) == 1 and recovered[0]["signed"] == size, recovered
    return recovered[0]


def cut_pending(directory, _):
    path = f"{directory}/pending"
    file_write(path, file_read(path)[:-30])


def zero_pending(directory, _):
    path = f"{directory}/pending"
    file_write(path, bytes(len(file_read(path))))


def zero_bundle(directory, size):
    path = f"{directory}/{tlog.path_of('entries', size // 256)}"
    assert os.path.exists(path)
    file_write(path, bytes(len(file_read(path))))


def power_cuts():
    assert power_cut(cut_pending)["torn"] > 0
    assert power_cut(zero_pending)["torn"] > 0
    assert power_cut(zero_bundle)["torn"] > 0
    assert power_cut(lambda directory, _: os.unlink(f"{directory}/pending"))["recovered"] > 0


def one_writer():
    directory = make("busy", 1)
    with subprocess.Popen([program, "append", "-k", key_path, directory],
                          stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as child:
        child.stdin.write(b"{}\n")
        child.stdin.flush()
        time.sleep(0.5)
        says("another process writes to this log", "append", "-k", key_path, directory, status=3)
        both_accept(directory)
        child.send_signal(signal.SIGTERM)
        child.wait()
        assert child.returncode == 0
    assert events(both_accept(directory)[1])[-1] == "closed"


# --- bad hosts ----------------------------------------------------------------

in_small = ["unshare", "-rm", "sh", "-c"]


def can_mount():
    return not subprocess.run(in_small + ["mount -t tmpfs none /mnt"],
                              capture_output=True).returncode


def disk_full():
    """It waits, says so, and loses nothing when there is room again."""
    script = f"""mount -t tmpfs -o size=1500k none /mnt && head -c 1000000 /dev/zero >/mnt/ballast
        (sleep 2; rm /mnt/ballast) &
        {program} append -k {key_path} /mnt/log && cp -r /mnt/log {work}/full"""
    done = subprocess.run(in_small + [script], input=lines([record(i) for i in range(900)]),
                          capture_output=True)
    assert done.returncode == 0, done.stderr
    assert b"cannot write /mnt/log: No space left on device (waiting)" in done.stderr, done.stderr
    _, entries = both_accept(f"{work}/full")
    assert [e for _, e in entries if tlog.head_of(e)[0] == b"decision"] == \
        [record(i) for i in range(900)]


def disk_read_only():
    script = f"""mount -t tmpfs none /mnt && cp -r {make("ro", 5)} /mnt/log
        mount -o remount,ro /mnt; {program} append -k {key_path} /mnt/log; echo $?
        {program} verify -k {vkey} /mnt/log; echo $?"""
    done = subprocess.run(in_small + [script], input=b"{}\n", capture_output=True)
    assert b"Read-only file system" in done.stderr, done.stderr
    assert re.match(rb"3\nlog .*\n0\n$", done.stdout, re.S), done.stdout


def keys_that_do_not_fit():
    directory = make("keys", 5)
    file_write(f"{work}/other", tlog.secret_text(stranger).encode())
    file_write(f"{work}/public", vkey.encode())
    file_write(f"{work}/garbage", b"not a key\n")
    says("not signed by " + HOST, "append", "-k", f"{work}/other", directory)
    says("it cannot sign", "append", "-k", f"{work}/public", directory)
    says(f"{work}/garbage:1: it is no key", "append", "-k", f"{work}/garbage", directory)
    says("Is a directory", "append", "-k", work, directory)
    says("it is missing, and " + directory, "append", "-k", f"{work}/gone", directory)
    assert not os.path.exists(f"{work}/gone")
    says("not signed by " + HOST, "verify", "-k", tlog.key_text(stranger), directory)
    says("of a witness, not of a log", "verify", "-k", tlog.key_text(witness), directory)
    both_accept(directory)


def newer_version():
    directory = make("newer", 5)
    file_write(f"{directory}/format", b"domicile-log 2\n")
    for command in (("append", "-k", key_path), ("verify", "-k", vkey), ("show",)):
        says("format 2, and this version knows 1 (use a newer domicile)", *command, directory,
             status=3)
    file_write(f"{directory}/format", b"what\n")
    says("the file format is damaged", "verify", "-k", vkey, directory)


def damaged():
    for path in ("tile/0/001.p/46", "tile/entries/001.p/46", "tile/1/000.p/1"):
        directory = make("damaged", 300)
        data = file_read(f"{directory}/{path}")
        file_write(f"{directory}/{path}", data[:40] + bytes([data[40] ^ 1]) + data[41:]
                   if len(data) > 40 else bytes(32))
        says("see domicile audit verify", "append", "-k", key_path, directory)
        both_refuse("not what was logged" if "1.p" in path else "", directory)
        shutil.rmtree(directory)
    directory = make("damaged", 300)
    for path in ("tile/entries/001.p/46", "tile/0/001.p/46", "checkpoint"):
        data = file_read(f"{directory}/{path}")
        os.unlink(f"{directory}/{path}")
        os.mkfifo(f"{directory}/{path}")
        run("verify", "-k", vkey, directory, status=1)
        os.unlink(f"{directory}/{path}")
        file_write(f"{directory}/{path}", data)
    both_accept(directory)
    os.unlink(f"{directory}/checkpoint")
    says("checkpoint: No such file", "append", "-k", key_path, directory)
    says("checkpoint: No such file", "verify", "-k", vkey, directory)
    says("No such file", "verify", f"{work}/nowhere")


def clock_set_back():
    directory = f"{work}/clock"
    append(directory, [record(i, when=1795343467 + i) for i in (0, 5, 4, 3, 6)], key_path=key_path)
    both_accept(directory)
    append(directory, [record(i, when=1795343467 + i) for i in (9, 60, 57, 61)], key_path=key_path)
    both_refuse("entry 10 is of 2026-11-22T10:32:04.000000000Z, and one before it of "
                "2026-11-22T10:32:07.000000000Z: the clock was set back", directory)


# --- retention ----------------------------------------------------------------

def pruned_by_size():
    directory = make("small", 8000)
    unpack(directory)
    make("small", 10, "--max-size", 1, first=8000)
    assert not os.path.exists(f"{directory}/tile/0/000")
    _, entries = both_accept(directory)
    assert "pruned" in events(entries)
    first = entries[0][0]
    assert first > 0 and first % 256 == 0
    says("was pruned", "prove", 0, directory)
    proof = run("prove", first, directory)
    assert tlog.proof_check(proof.encode(), key)[0] == first
    for name in os.listdir(f"{directory}/tile/entries"):
        if name.startswith(f"{first // 256:03}"):
            os.unlink(f"{directory}/tile/entries/{name}")
    both_refuse("no entry says that they were pruned", directory)


def pruned_by_age():
    directory = f"{work}/old"
    append(directory, [record(i, when=1000000000 + i) for i in range(600)], key_path=key_path)
    append(directory, [record(i) for i in range(600)], "--max-age", 365, key_path=key_path)
    assert both_accept(directory)[1][0][0] == 0, "a start is in the first bundle, and is new"
    append(directory, [], "--max-age", 365, key_path=key_path)


# --- proofs and witnesses -----------------------------------------------------

def proofs():
    directory = make("proofs", 698)
    unpack(directory)
    checkpoint, entries = tlog.log_check(directory, key)
    for index in (0, 1, 255, 256, 511, 512, 600, 698, 699):
        proof = run("prove", index, directory)
        assert tlog.proof_check(proof.encode(), key) == (index, entries[index][1])
        file_write(f"{work}/proof", proof.encode())
        says(entries[index][1].decode(), "verify", "-k", vkey, "--proof", f"{work}/proof", status=0)
        for old, new in (("index ", "index 1"), ("\n\n", "\n" + "A" * 43 + "=\n\n")):
            file_write(f"{work}/proof", proof.replace(old, new, 1).encode())
            run("verify", "-k", vkey, "--proof", f"{work}/proof", status=1)
    says("no entry 700", "prove", 700, directory)
    for size in (0, 1, 2, 255, 256, 257, 512, 699, 700):
        before = tlog.checkpoint_make(size, tlog.root_of([tlog.leaf_hash(e) for _, e in
                                                          entries[:size]]), key)
        file_write(f"{work}/before", before)
        request = run("prove", "--from", f"{work}/before", directory).encode()
        assert tlog.consistency_check(request, tlog.checkpoint_parse(before), key) == checkpoint
        run("verify", "-k", vkey, "-c", f"{work}/before", directory)
    file_write(f"{work}/before", tlog.checkpoint_make(300, bytes(32), key))
    says("does not continue", "prove", "--from", f"{work}/before", directory)
    says("forked, or rewritten", "verify", "-k", vkey, "-c", f"{work}/before", directory)
    assert json.loads(run("prove", "--json", 3, directory))["index"] == 3
    file_write(f"{work}/proof", run("prove", 3, directory).encode())
    checked = json.loads(run("verify", "--json", "-k", vkey, "--proof", f"{work}/proof"))
    assert checked["index"] == 3 and checked["entry"] == json.loads(entries[3][1])


def witnesses():
    directory = make("witnessed", 20)
    plain = file_read(f"{directory}/checkpoint")
    verify = ("verify", "-k", vkey, "-w", f"{work}/witnesses")
    says("0 of the 2 witnesses have signed", *verify, directory)
    file_write(f"{directory}/checkpoint", cosign(plain, witness))
    says("1 of 2, since", *verify, directory, status=0)
    says("1 of the 2 witnesses have signed", *verify, "--quorum", 2, directory)
    file_write(f"{directory}/checkpoint", cosign(plain, witness, other_witness))
    says("2 of 2, since", *verify, "--quorum", 2, directory, status=0)
    tlog.log_check(directory, key, [witness, other_witness], quorum=2)
    file_write(f"{directory}/checkpoint", cosign(plain, witness)[:-20] + b"AAAAAAAAAAAAAAA=\n")
    says("", *verify, directory)
    file_write(f"{work}/log-as-witness", vkey.encode())
    says("not of a witness", "verify", "-k", vkey, "-w", f"{work}/log-as-witness", directory)


# --- reading ------------------------------------------------------------------

def shown():
    directory = make("shown", 700)
    everything = [json.loads(line) for line in run("show", "--json", directory).splitlines()]
    assert [e["index"] for e in everything] == list(range(702))
    filters = {
        ("--verdict", "deny"): lambda e: e.get("verdict") == "deny",
        ("--label", "eu.health"): lambda e: "eu.health" in e.get("labels", []),
        ("--program", "curl"): lambda e: e.get("process", {}).get("comm") == "curl",
        ("--program", "/usr/bin/rsync"): lambda e: e.get("process", {}).get("comm") == "rsync",
        ("--address", "2001:DB8:bad:0::2"):
            lambda e: "bad" in e.get("object", {}).get("address", ""),
        ("--subject", "1007"): lambda e: e.get("process", {}).get("pid") == 1007,
        ("--since", "2026-11-22T10:31:10", "--until", "2026-11-22T10:31:11"):
            lambda e: "10:31:10" in e["time"],
    }
    for options, wanted in filters.items():
        said = run("show", "--json", *options, directory)
        found = [json.loads(line) for line in said.splitlines()]
        assert found == [e for e in everything if wanted(e["entry"])] and found, options
    pages, start = [], "0"
    while start:
        page = run("show", "-n", 100, "--from", start, directory).splitlines()
        pages += [int(line.split()[0]) for line in page if "more: --from" not in line]
        start = page[-1].split()[-1] if "more: --from" in page[-1] else None
    assert pages == list(range(702))
    run("show", "--program", "nothing", directory, status=1)
    says("LOG opened", "show", "-n", 1, directory, status=0)


def explained():
    directory = f"{work}/explained"
    source = {"path": "/srv/cn/people.csv", "dev": "254:3", "ino": 7, "time": "then", "pid": 98,
              "peer": None}
    taker = json.loads(record(1))["process"] | {"pid": 98, "comm": "cat", "exe": "/usr/bin/cat"}
    append(directory, [record(0, process=taker), record(1, source=source)], key_path=key_path)
    said = run("explain", 2, directory)
    for part in ("source    /srv/cn/people.csv (device 254:3, inode 7)", "taken by  cat[98]",
                 "how is not recorded", "process   "):
        assert part in said, said
    hops = json.loads(run("explain", "--json", 2, directory))["hops"]
    assert [hop["hop"] for hop in hops] == ["source", "taken_by", "process", "sink"]
    says("is no decision", "explain", 0, directory)


def usage():
    for line in ("verify a b", "verify --quorum 0", "verify --quorum 2", "verify --proof x",
                 "verify --nonsense", "prove", "prove x", "prove 1 a b", "show --since yesterday",
                 "show --verdict no", "show -n 0", "show --address here", "show --subject x",
                 "explain", "explain x", "append --max-age 0", "append --name +", "append a b"):
        says("see domicile audit", *line.split(), status=2)
    for command in ("append", "verify", "prove", "show", "explain"):
        says("Example", command, "--help", status=0)


check("logs of sizes around what fills a tile", sizes)
check("a log of 70,000 has the files that the specification lists", example_of_the_specification)
check("a log that is closed goes on where it was", goes_on)
check("closed bundles are compressed, and zstd restores them", compressed)
check("a key is made at the first start", own_key)
check("a record that is too long is left out, and that is recorded", long_record)
check("a line that is no record is refused with its number", lines_that_are_none)
check("a crash loses nothing that was taken", crash_loses_nothing)
check("a power cut loses what was not synced, and that is recorded", power_cuts)
check("there is one writer at a time, and SIGTERM ends it well", one_writer)
if can_mount():
    check("a full disk is waited for", disk_full)
    check("a disk that is read-only is refused by append, not by verify", disk_read_only)
else:
    skip("a full disk is waited for", "may not mount")
    skip("a disk that is read-only is refused by append, not by verify", "may not mount")
check("keys that do not fit are refused, and none is made for an old log", keys_that_do_not_fit)
check("a log of a newer version is refused", newer_version)
check("a damaged tile keeps append from going on", damaged)
check("a clock that went back unrecorded is found", clock_set_back)
check("what is too much is pruned, and the gap is provable", pruned_by_size)
check("what is too old is pruned, and no more", pruned_by_age)
check("proofs of entries and of growth hold, and no others", proofs)
check("cosignatures of witnesses count, and no others", witnesses)
check("show filters and pages", shown)
check("explain tells the way of the data", explained)
check("usage and help", usage)
shutil.rmtree(work)
finish()
