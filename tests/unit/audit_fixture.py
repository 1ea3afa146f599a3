# SPDX-License-Identifier: GPL-2.0-only
"""What the tests of the audit log share: the program, records, and TAP."""
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import traceback

import tlog

program = os.path.join(os.environ.get("OUT", os.path.dirname(os.path.abspath(__file__)) +
                                      "/../../build/unit"), "audit")
HOST = "host.example/domicile"
START = 1795343467  # 2026-11-22T10:31:07Z
key = tlog.key_make(HOST, tlog.LOG, b"k" * 32)
stranger = tlog.key_make(HOST, tlog.LOG, b"s" * 32)
witness = tlog.key_make("witness.example/w1", tlog.WITNESS, b"w" * 32)
other_witness = tlog.key_make("witness.example/w2", tlog.WITNESS, b"v" * 32)

count = failed = 0


def check(description, function, *arguments):
    """One test: @function raises unless it holds."""
    global count, failed
    count += 1
    try:
        function(*arguments)
        print(f"ok {count} {description}", flush=True)
    except Exception:  # pylint: disable=broad-except
        failed += 1
        print(f"not ok {count} {description}")
        for line in traceback.format_exc().splitlines():
            print("# " + line, flush=True)


def skip(description, reason):
    global count
    count += 1
    print(f"ok {count} {description} # SKIP {reason}")


def finish():
    print(f"1..{count}")
    sys.exit(failed > 0)


def work_directory():
    """In memory where there is such a place: much is written."""
    path = tempfile.mkdtemp(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
    return path


def time_text(seconds):
    import datetime
    whole = datetime.datetime.fromtimestamp(int(seconds), datetime.timezone.utc)
    return whole.strftime("%Y-%m-%dT%H:%M:%S.") + f"{int(seconds % 1 * 1e9):09}Z"


def record(number, when=None, **changes):
    """As domiciled writes them, of a host where a few programs do most."""
    choose = random.Random(number)
    address = choose.choice(["203.0.113.2", "203.0.113.77", "2001:db8:bad::2"])
    program_name = choose.choice(["curl", "rsync", "postgres"])
    object_ = {
        "type": "decision", "time": time_text(START + number / 100 if when is None else when),
        "boot_id": "4ae0a4b1-6e7a-4b6e-8a53-9fd3a2a7a3a1", "host": "host.example",
        "cpu": number % 2, "seq": number // 2 + 1, "verdict": choose.choice(["deny", "deny", "audit", "allow"]),
        "reason": "network", "hook": "socket_connect", "rule": "/etc/domicile/cn.yaml:14",
        "policy_generation": 3, "process": {
            "pid": 1000 + choose.randrange(50), "tid": 1000 + choose.randrange(50), "ppid": 99,
            "uid": 1000, "user": "intake", "start_time": time_text(START - 5), "comm": program_name,
            "exe": f"/usr/bin/{program_name}", "cgroup": {
                "id": 4096 + choose.randrange(9), "path": "/system.slice/intake.service"}},
        "labels": ["cn.pii", "eu.health"][:1 + number % 2], "denied": ["cn.pii"], "source": {
            "path": f"/srv/cn/people-{choose.randrange(30)}.csv", "dev": "254:3",
            "ino": 5000000 + choose.randrange(30), "time": time_text(START - 2),
            "pid": 1000 + choose.randrange(50), "peer": None},
        "object": {"kind": "address", "family": "ipv6" if ":" in address else "ipv4",
                   "protocol": "tcp", "address": address, "port": 443, "network": None},
        "bytes": choose.randrange(100000)}
    object_.update(changes)
    return json.dumps(object_, separators=(",", ":")).encode()


def run(*arguments, data=b"", status=0):
    """The program's output; it must exit with @status."""
    done = subprocess.run([program, *map(str, arguments)], input=data, capture_output=True,
                          timeout=120)
    said = done.stdout.decode(errors="replace") + done.stderr.decode(errors="replace")
    assert done.returncode == status, f"{arguments}: exit status {done.returncode}: {said}"
    return said


def says(text, *arguments, data=b"", status=1):
    said = run(*arguments, data=data, status=status)
    assert text in said, f"{arguments}: {said}"


def file_write(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)


def file_read(path):
    with open(path, "rb") as file:
        return file.read()


def lines(records):
    return b"".join(line + b"\n" for line in records)


def append(directory, records, *options, key_path, status=0):
    return run("append", "-k", key_path, *options, directory, data=lines(records), status=status)


def unpack(directory):
    """By the tool that everybody has."""
    found = [os.path.join(top, name) for top, _, names in os.walk(directory)
             for name in names if name.endswith(".zst")]
    if found:
        subprocess.run(["zstd", "-q", "-d", "--rm", *found], check=True)
    return len(found)


def copy(directory, name):
    target = os.path.join(os.path.dirname(directory), name)
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(directory, target)
    return target


def cosign(checkpoint, *witnesses):
    text = checkpoint[:checkpoint.rindex(b"\n\n") + 1]
    return checkpoint + b"".join(tlog.note_sign(text, one, START + 86400) for one in witnesses)
