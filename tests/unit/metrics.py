#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""domicile metrics: what it counts, and that Prometheus, its alerts and the dashboard take it."""
import collections
import json
import os
import re
import shutil
import subprocess

import tlog
from audit_fixture import append, check, file_read, file_write, finish, key, program, record, \
    skip, work_directory

work = work_directory()
key_path, state = f"{work}/key", f"{work}/state"
file_write(key_path, tlog.secret_text(key).encode())
helper = os.path.join(os.path.dirname(program), "metrics")
contrib = os.path.dirname(os.path.abspath(__file__)) + "/../../contrib"

STATUS = {
    "enforcing": True, "kernel": "6.12", "module": "0.1", "since": "2026-11-22T10:31:07.5Z",
    "policy": {"digest": 'sha256:a"b\\c', "generation": 3, "applied": "2026-11-22T10:31:07.000000000Z",
               "audit": False, "files": ["/etc/domicile/cn.yaml"], "networks": 2, "prefixes": 9,
               "rules": 4, "labels": [{"name": "cn.pii"}, {"name": "eu.health"}]},
    "generation": 3, "on_trial": False, "programs": 106, "daemon": None,
    "counters": {"denied": 5, "records": 9, "records_lost": 0, "of_a_later_version": 7},
    "ring": {"used": 4096, "size": 8388608},
    "tasks": [{"pid": 1, "comm": "a", "labels": ["cn.pii"]},
              {"pid": 2, "comm": "b", "labels": ["cn.pii", "eu.health"]}],
    "maps": {"pipe_labels": {"entries": 3, "max": 65536}}}
file_write(f"{work}/status", json.dumps(STATUS).encode())
EVIL = 'rule"} 1\nfoo{a\\'
records = [record(i) for i in range(300)] + [
    record(300, rule=EVIL, verdict="deny", denied=["cn.pii"]),
    b'{"type":"loss","time":"2026-11-22T10:31:09.000000001Z","boot_id":"b","host":"h","cpu":3,'
    b'"first_seq":17,"count":5}', b'{"n":1}', b'{"type":"decision","verdict":"deny"}']


def metrics():
    done = subprocess.run([helper, f"{work}/status", state, f"{work}/log"], capture_output=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


def samples(text):
    found = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            assert name not in found, f"{name} comes twice"
            found[name] = int(value)
    return found


def verdicts(all_records):
    counts = collections.Counter()
    for line in all_records:
        one = json.loads(line)
        if one.get("type") == "decision" and one["verdict"] in ("deny", "audit", "kill", "allow"):
            rule = one.get("rule") or ""
            for label in one.get("denied") or one.get("labels") or [""]:
                counts[(one["verdict"], label, rule if "\n" not in rule else "",
                        (one.get("object") or {}).get("network") or "")] += 1
    return {'domicile_verdicts_total{verdict="%s",label="%s",rule="%s",network="%s"}' % names: count
            for names, count in counts.items()}


def counts():
    append(f"{work}/log", records, key_path=key_path)
    text = metrics()
    found = samples(text)
    assert {name: value for name, value in found.items() if "verdicts" in name} == verdicts(records)
    assert found["domicile_log_lost_records_total"] == 5
    assert found["domicile_log_entries"] == len(records) + 2
    assert found['domicile_log_events_total{event="opened"}'] == 1
    assert found["domicile_of_a_later_version_total"] == 7
    assert found["domicile_enforcing"] == 1 and found["domicile_daemon_up"] == 0
    assert found["domicile_policy_applied_timestamp_seconds"] == 1795343467
    assert found["domicile_labelled_tasks"] == 2
    assert found['domicile_tasks_by_label{label="cn.pii"}'] == 2
    assert found['domicile_tasks_by_label{label="eu.health"}'] == 1
    assert found['domicile_map_entries{map="pipe_labels"}'] == 3
    assert found['domicile_policy_info{digest="sha256:a\\"b\\\\c"}'] == 1


def goes_on():
    more = [record(400 + i) for i in range(200)]
    append(f"{work}/log", more, key_path=key_path)
    found = samples(metrics())
    assert {name: value for name, value in found.items() if "verdicts" in name} == \
        verdicts(records + more)
    assert samples(metrics()) == found
    for data in (b"", b"{}", b'{"log":1}', file_read(state).replace(b'"next":', b'"next":-'),
                 file_read(state).replace(b'":1', b'":-1')):
        file_write(state, data)
        assert samples(metrics()) == found


def another_log():
    shutil.move(f"{work}/log", f"{work}/before")
    append(f"{work}/log", records[:50], key_path=key_path)
    assert {name: value for name, value in samples(metrics()).items() if "verdicts" in name} == \
        verdicts(records[:50])


def too_many_names():
    shutil.rmtree(f"{work}/log")
    append(f"{work}/log", [record(i, rule=f"r{i}", verdict="deny", denied=["x"])
                           for i in range(2500)], key_path=key_path)
    found = {name: value for name, value in samples(metrics()).items() if "verdicts" in name}
    assert len(found) == 2001 and sum(found.values()) == 2500
    other = 'domicile_verdicts_total{verdict="other",label="other",rule="other",network="other"}'
    assert found[other] == 500


def promtool(*arguments, text=None):
    done = subprocess.run(["promtool", *arguments], input=text, capture_output=True, text=True,
                          cwd=f"{contrib}/prometheus")
    assert done.returncode == 0 and "error" not in done.stdout + done.stderr, \
        done.stdout + done.stderr


def names_are_there():
    """What the alerts and the dashboard ask for is what the program, and it alone, says."""
    said = set(re.findall(r"^# TYPE (\w+)", metrics(), re.M))
    source = file_read(f"{contrib}/../userspace/metrics.c").decode()
    said |= {f"domicile_{name}_total" for name in re.findall(r'^\t\{ "(\w+)", "', source, re.M)}
    for path in ("prometheus/domicile.rules.yaml", "grafana/domicile.json"):
        asked = set(re.findall(r"\b(domicile_\w+)\b", file_read(f"{contrib}/{path}").decode()))
        assert asked and asked <= said, f"{path}: {asked - said}"
    json.loads(file_read(f"{contrib}/grafana/domicile.json"))


check("verdicts, losses and the state of the host", counts)
check("counting goes on where it was, and begins anew when it cannot", goes_on)
check("another log is counted from its first entry", another_log)
check("names without end are other", too_many_names)
check("alerts and dashboard ask for what there is", names_are_there)
if shutil.which("promtool"):
    check("promtool check metrics", lambda: promtool("check", "metrics", text=metrics()))
    check("promtool check rules", promtool, "check", "rules", "domicile.rules.yaml")
    check("promtool test rules", promtool, "test", "rules", "domicile.test.yaml")
else:
    skip("promtool", "it is not installed")
shutil.rmtree(work)
finish()
