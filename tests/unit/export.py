#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""domicile audit export: the formats. Each is read by a parser of its own, and holds every value."""
import json
import re
import struct
import subprocess

import tlog
from audit_fixture import append, check, file_write, finish, key, program, record, run, says, \
    time_text, work_directory

work = work_directory()
key_path = f"{work}/key"
file_write(key_path, tlog.secret_text(key).encode())

EVIL = 'a"b\\c]d|e=f\nnext line\r\t\x1b[31m {x} ü'
peer = {"address": "2001:db8::9", "port": 40000, "protocol": "tcp", "listen": 8443}
RECORDS = [
    record(0), record(1, verdict="audit"), record(2, verdict="kill"),
    record(3, verdict="allow", bytes=77),
    record(4, object={"kind": "inode", "dev": "254:3", "ino": 12, "path": "/mnt/fat/out.csv"}),
    record(5, object={"kind": "cgroup", "path": "/system.slice/dbus.service"}),
    record(6, object={"kind": "family", "family": 44, "type": 3, "protocol": 0}),
    record(7, object=None, source={"path": None, "dev": "0:0", "ino": 0, "time": time_text(9),
                                   "pid": 7, "peer": peer}),
    record(8, rule=EVIL, source=None, process={
        "pid": 9, "tid": 9, "ppid": 1, "uid": 0, "user": None, "start_time": None, "comm": EVIL,
        "exe": f"/tmp/{EVIL}", "cgroup": None}),
    # What a later version may add.
    record(9, hops=[{"path": "/srv/a", "pid": 3}, {"path": "/srv/b", "pid": 4}], count=12,
           first_time=time_text(3), sealed=True, share=0.25),
    record(10, verdict=77, reason=88),
    b'{"type":"loss","time":"2026-11-22T10:31:09.000000001Z","boot_id":"b","host":"h","cpu":3,'
    b'"first_seq":17,"count":5}',
    b'{"n":1}',
]
append(f"{work}/log", RECORDS, key_path=key_path)
ENTRIES = [json.loads(line)["entry"] for line in run("export", f"{work}/log").splitlines()]
OWN = f"{key.name}#"


def export(name):
    done = subprocess.run([program, "export", "--format", name, "--to", "-", f"{work}/log"],
                          capture_output=True, check=True)
    return done.stdout


def messages(name):
    found = export(name).decode().split("\n")
    assert found.pop() == "" and len(found) == len(ENTRIES), f"{len(found)} messages"
    return found


def leaves(value, path=""):
    """All values, with their paths; nulls say nothing."""
    if isinstance(value, dict):
        return [leaf for name, inner in value.items() for leaf in leaves(inner, f"{path}.{name}")]
    if isinstance(value, list):
        return [leaf for inner in value for leaf in leaves(inner, path)]
    return [] if value is None else [(path[1:], value)]


def text(value):
    return json.dumps(value) if isinstance(value, (bool, float)) else str(value)


def plain(value):
    """Control characters as domicile writes them for people."""
    return re.sub(r"[\x00-\x1f\x7f]", lambda found: f"\\x{ord(found[0]):02x}", text(value))


def holds_all(values, entry, as_text=text):
    values = {as_text(value) for value in values}
    for path, value in leaves(entry):
        assert as_text(value) in values, f"{path} {value!r} is not in {values}"


def get(event, path):
    for name in path.split("."):
        event = event.get(name) if isinstance(event, dict) else None
    return event


# --- json -----------------------------------------------------------------------

def json_lines():
    lines = messages("json")
    assert [json.loads(line)["index"] for line in lines] == list(range(len(ENTRIES)))
    assert [line.split('"entry":', 1)[1][:-1].encode() for line in lines][1:-1] == RECORDS


# --- OCSF -----------------------------------------------------------------------

# Required attributes, and constraints, of schema.ocsf.io/1.4.0 (github.com/ocsf/ocsf-schema,
# version 1.4.0: events/base_event.json, events/findings/, events/network/, events/application/,
# objects/). A list in a list: at least one of them.
BASE = ["activity_id", "category_uid", "class_uid", "metadata", "severity_id", "time", "type_uid"]
CLASSES = {
    0: [], 2006: ["finding_info"], 4001: [["dst_endpoint", "src_endpoint"]], 6002: ["app"],
    6008: [],
}
ENDPOINT = [["ip", "uid", "name", "hostname", "svc_name", "instance_uid", "interface_uid",
             "interface_name", "domain"]]
OBJECTS = {
    "metadata": ["product", "version"], "metadata.product": ["vendor_name", "name"],
    "app": ["vendor_name", "name"], "finding_info": ["uid", "title"],
    "actor": [["process", "user", "invoked_by", "session", "app_name", "app_uid"]],
    "actor.process": [["pid", "uid"]], "actor.process.parent_process": [["pid", "uid"]],
    "actor.process.file": ["name", "type_id"], "actor.user": [["account", "name", "uid"]],
    "file": ["name", "type_id"], "device": ["type_id", ["ip", "uid", "name", "hostname"]],
    "dst_endpoint": ENDPOINT, "src_endpoint": ENDPOINT, "connection_info": ["direction_id"],
    "data_security": [["data_lifecycle_state_id", "detection_pattern", "detection_system_id",
                       "policy"]],
    "policy": [["name", "uid"]], "traffic": [["bytes", "bytes_in", "bytes_out", "packets"]],
}
ACTIVITIES = {0: {99}, 2006: {1, 2, 3}, 4001: {1, 2, 3, 4, 5, 6, 7}, 6002: {3, 4, 99}, 6008: {1}}
TYPES = {"time": int, "severity_id": int, "message": str, "finding_info.uid": str,
         "actor.process.pid": int, "actor.process.created_time": int, "actor.user.uid": str,
         "dst_endpoint.port": int, "policy.version": str, "metadata.sequence": int,
         "is_alert": bool, "metadata.labels": list, "file.uid": str, "unmapped": dict}


def has_required(where, value, required):
    for name in required:
        names = name if isinstance(name, list) else [name]
        assert any(value.get(one) is not None for one in names), f"{where} lacks {name}: {value}"


def ocsf():
    seen = set()
    for index, line in enumerate(messages("ocsf")):
        event = json.loads(line)
        uid = event["class_uid"]
        has_required("event", event, BASE + CLASSES[uid])
        assert event["category_uid"] == uid // 1000
        assert event["type_uid"] == uid * 100 + event["activity_id"]
        assert event["activity_id"] in ACTIVITIES[uid] and 0 <= event["severity_id"] <= 6
        assert event["activity_id"] != 99 or event["activity_name"]
        for path, required in OBJECTS.items():
            if get(event, path) is not None:
                has_required(path, get(event, path), required)
        for path, type_ in TYPES.items():
            assert isinstance(get(event, path), (type_, type(None))), path
        assert event["metadata"]["version"] == "1.4.0"
        assert event["metadata"]["uid"] == f"{OWN}{index}"
        holds_all([value for _, value in leaves(event)],
                  {name: value for name, value in ENTRIES[index].items()
                   if name not in ("process", "time")})
        seen.add(uid)
    assert seen == set(CLASSES), seen


def ocsf_outcomes():
    events = [json.loads(line) for line in messages("ocsf")][1:]
    found = [(event["class_uid"], event.get("action_id"), event.get("disposition_id"),
              event.get("is_alert")) for event in events]
    assert found[:4] == [(2006, 2, 2, True), (2006, 1, 17, True), (2006, 2, 2, True),
                         (4001, 1, 1, None)], found
    assert events[3]["traffic"]["bytes_out"] == 77 and events[3]["connection_info"] == {
        "protocol_name": "tcp", "direction_id": 2}
    assert events[0]["time"] == 1795343467000
    assert events[7]["src_endpoint"] == {"ip": "2001:db8::9", "port": 40000}
    assert (events[10]["class_uid"], events[11]["class_uid"]) == (0, 6008)


# --- ECS ------------------------------------------------------------------------

# Fields of www.elastic.co/docs/reference/ecs, 8.17, and what event.type may be by category.
ECS = {"@timestamp", "message", "ecs.version", "host.name", "host.hostname", "host.boot.id",
       "event.sequence", "event.action", "event.reason", "event.module", "event.provider",
       "event.dataset", "event.id", "event.kind", "event.outcome", "event.severity",
       "event.category", "event.type", "rule.name", "rule.version", "process.pid",
       "process.thread.id", "process.parent.pid", "process.name", "process.executable",
       "process.start", "user.id", "user.name", "destination.address", "destination.ip",
       "destination.port", "network.transport", "network.bytes", "network.type", "file.path",
       "file.name", "file.inode", "source.address", "source.ip", "source.port"}
ECS_TYPES = {"network": {"access", "allowed", "connection", "denied", "end", "info", "protocol",
                         "start"},
             "file": {"access", "change", "creation", "deletion", "info"},
             "process": {"access", "change", "end", "info", "start"},
             "host": {"access", "change", "end", "info", "start"}}


def ecs():
    for index, line in enumerate(messages("ecs")):
        event = json.loads(line)
        own = {path for path, _ in leaves(event) if not path.startswith("domicile.")}
        assert own <= ECS, own - ECS
        assert event["ecs"]["version"] and event["event"]["id"] == f"{OWN}{index}"
        assert event["event"]["kind"] in ("alert", "event")
        assert event["event"]["outcome"] in ("failure", "success", "unknown")
        category, = event["event"]["category"]
        assert set(event["event"]["type"]) <= ECS_TYPES[category], event["event"]
        holds_all([value for _, value in leaves(event)], ENTRIES[index])
    first = json.loads(messages("ecs")[1])
    assert first["destination"]["ip"] == ENTRIES[1]["object"]["address"]
    assert first["event"]["type"] == ["denied"] and first["event"]["outcome"] == "failure"


# --- CEF ------------------------------------------------------------------------

def cef_read(line):
    """Header and extension, by the rules of revision 25: which characters a \\ goes before."""
    parts = re.split(r"(?<!\\)\|", line, maxsplit=7)
    assert len(parts) == 8 and parts[0] == "CEF:0" and 0 <= int(parts[6]) <= 10, line
    found = re.split(r"(?:^| )([A-Za-z0-9]+)(?<!\\)=", parts[7])
    assert found[0] == "", line
    for value in found[2::2]:
        assert not re.search(r"(?<!\\)(\\\\)*=", value), value
    return parts, {name: re.sub(r"\\([\\=])", r"\1", value)
                   for name, value in zip(found[1::2], found[2::2])}


def cef():
    for index, line in enumerate(messages("cef")):
        parts, extension = cef_read(line)
        assert parts[1:3] == ["Domicile", "domicile"]
        assert extension["externalId"] == f"{OWN}{index}"
        for name in extension:
            if re.fullmatch(r"c(s|n|6a)\d", name):
                assert f"{name}Label" in extension, name
        values = list(extension.values()) + extension.get("cs1", "").split(",") + \
            extension.get("cs2", "").split(",")
        holds_all(values, {name: value for name, value in ENTRIES[index].items()
                           if name not in ("time", "hops")}, plain)
    _, extension = cef_read(messages("cef")[1])
    assert extension["rt"] == "1795343467000" and extension["cs1Label"] == "labels"


# --- RFC 5424 --------------------------------------------------------------------

HEADER = re.compile(r"<(\d{1,3})>1 (-|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z) ([!-~]{1,255}) "
                    r"([!-~]{1,48}) ([!-~]{1,128}) ([!-~]{1,32}) ")
PARAM = re.compile(r' ([!#-<>-\\^-~]{1,32})="((?:[^"\\\]]|\\.)*)"', re.S)


def syslog_read(line):
    """Section 6 of it; the structured data, the message, facility and severity."""
    header = HEADER.match(line)
    assert header and header[4] == "domicile", line
    rest, params = line[header.end():], []
    if rest.startswith("-"):
        return params, rest[2:], divmod(int(header[1]), 8)
    assert rest.startswith("[domicile@32473")
    place = len("[domicile@32473")
    while rest[place] == " ":
        param = PARAM.match(rest, place)
        assert param, rest[place:]
        params.append((param[1], re.sub(r'\\(["\\\]])', r"\1", param[2])))
        place = param.end()
    assert rest[place:place + 2] == "] ", rest[place:]
    return params, rest[place + 2:], divmod(int(header[1]), 8)


def syslog():
    for index, line in enumerate(messages("syslog")):
        params, message, (facility, severity) = syslog_read(line)
        assert facility == 13 and 3 <= severity <= 6 and message
        assert params[:2] == [("log", key.name), ("index", str(index))]
        expected = [(path, plain(value)) for path, value in leaves(ENTRIES[index])]
        assert params[2:] == expected, f"{params}\n{expected}"


# --- OTLP -----------------------------------------------------------------------

def otlp_value(value):
    (kind, inner), = value.items()
    if kind == "intValue":
        assert isinstance(inner, str)
        return int(inner)
    if kind == "arrayValue":
        return [otlp_value(one) for one in inner["values"]]
    if kind == "kvlistValue":
        return otlp_attributes(inner["values"])
    assert kind in ("stringValue", "boolValue", "doubleValue"), kind
    return inner


def otlp_attributes(attributes):
    found = {one["key"]: otlp_value(one["value"]) for one in attributes}
    assert len(found) == len(attributes), "a key comes twice"
    return found


def otlp():
    for index, line in enumerate(messages("otlp")):
        request = json.loads(line)
        assert set(request) == {"resourceLogs"}
        logs, = request["resourceLogs"]
        resource = otlp_attributes(logs["resource"]["attributes"])
        scope, = logs["scopeLogs"]
        entry, = scope["logRecords"]
        attributes = otlp_attributes(entry["attributes"])
        assert resource["service.name"] == "domicile" and scope["scope"]["name"]
        assert isinstance(entry["timeUnixNano"], str) and 1 <= entry["severityNumber"] <= 24
        assert entry["body"]["stringValue"]
        assert attributes["log.record.uid"] == f"{OWN}{index}"
        known = {name: value for name, value in ENTRIES[index].items() if name != "time"}
        holds_all([value for _, value in leaves([attributes, resource])], known)
    assert int(json.loads(messages("otlp")[1])["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0]
               ["timeUnixNano"]) == 1795343467 * 10**9


# --- journald --------------------------------------------------------------------

def journal_read(data):
    """systemd.io/JOURNAL_EXPORT_FORMATS: entries, which an empty line ends."""
    entries, fields = [], []
    while data:
        line, data = data.split(b"\n", 1)
        if not line:
            entries.append(fields)
            fields = []
        elif b"=" in line:
            fields.append(tuple(line.split(b"=", 1)))
        else:
            size, = struct.unpack("<Q", data[:8])
            fields.append((line, data[8:8 + size]))
            assert data[8 + size:9 + size] == b"\n"
            data = data[9 + size:]
    return entries


def journal():
    entries = journal_read(export("journal"))
    assert len(entries) == len(ENTRIES)
    for index, fields in enumerate(entries):
        for name, _ in fields:
            assert re.fullmatch(rb"[A-Z][A-Z0-9_]{0,63}", name), name
        values = dict(fields)
        assert values[b"DOMICILE_INDEX"] == str(index).encode() and values[b"MESSAGE"]
        assert values[b"SYSLOG_IDENTIFIER"] == b"domicile" and values[b"PRIORITY"] in b"3456"
        expected = [("DOMICILE_" + re.sub("[^A-Z0-9]", "_", path.upper()), text(value))
                    for path, value in leaves(ENTRIES[index])]
        assert [(name.decode(), value.decode()) for name, value in fields][6:] == expected


def help_names_all():
    said = run("export", "--help", status=0)
    names = re.search(r"one of (.*) \(see", run("export", "--format", "xml", status=2))[1]
    assert names.split(", ") == re.findall(r"^  (\w+) .*standard output$", said, re.M), names


def usage():
    for arguments, wrong in (
            (["--to", "ftp://x"], "is no target"), (["--to", "-x"], "is no target"),
            (["--to", "tcp://"], "not of the form"), (["--to", "tcp://a:b"], "not of the form"),
            (["--to", "udp://[::1"], "not of the form"), (["--to", "tls://a:70000"], "not of the"),
            (["--to", "unix:relative"], "not of the form"), (["--from", "x"], "--from takes"),
            (["--format", "otlp", "--to", "udp://h"], "otlp goes to http:// or https://"),
            (["--format", "ecs", "--to", "http://h"], "ecs goes to unix:, udp://, tcp://"),
            (["--format", "journal", "--to", "tcp://h"], "journal goes to unix:"),
            (["--cert", "x"], "--cert and --cert-key go together"), (["a", "b"], "one directory"),
            (["--to", "tls://h", "--ca", f"{work}/none"], f"{work}/none: "),
            (["--format", "otlp", "--to", "http://h:p"], "http://h:p")):
        says(wrong, "export", *arguments, status=2)
    says("No such file", "export", f"{work}/gone", status=1)


check("json is the log, with numbers", json_lines)
check("OCSF has all that its schema requires, and every value", ocsf)
check("OCSF says what was done", ocsf_outcomes)
check("ECS has its fields, its categories, and every value", ecs)
check("CEF can be parsed, whatever is in names", cef)
check("RFC 5424 can be parsed, whatever is in names", syslog)
check("OTLP has the types of its JSON form, and every value", otlp)
check("fields of the journal", journal)
check("the help names every format", help_names_all)
check("wrong usage", usage)
subprocess.run(["rm", "-rf", work], check=True)
finish()
