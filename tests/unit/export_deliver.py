#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""domicile audit export: targets that come and go, and cursors. Nothing is lost on the way."""
import atexit
import http.server
import json
import os
import re
import shutil
import signal
import socket
import socketserver
import ssl
import subprocess
import threading
import time

import tlog
from audit_fixture import (append, check, file_read, file_write, finish, key, lines, program,
                           record, run, says, skip, work_directory)

work = work_directory()
key_path = f"{work}/key"
file_write(key_path, tlog.secret_text(key).encode())
contrib = os.path.dirname(os.path.abspath(__file__)) + "/../../contrib"


def make(name, number, first=0):
    append(f"{work}/{name}", [record(first + i) for i in range(number)], key_path=key_path)
    return f"{work}/{name}"


def until(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it does not come"
        time.sleep(0.02)


class Exporter:
    """In the background; its complaints are in .said when it has ended."""

    def __init__(self, *arguments):
        self.child = subprocess.Popen([program, "export", *arguments], stdout=subprocess.DEVNULL,
                                      stderr=subprocess.PIPE)
        atexit.register(self.child.kill)

    def stop(self, number=signal.SIGTERM, status=0):
        self.child.send_signal(number)
        self.said = self.child.communicate(timeout=20)[1].decode()
        assert self.child.returncode == status, f"{self.child.returncode}: {self.said}"
        return self.said


class Server:
    """Syslog over TCP by RFC 6587, octet counting. Can be slow, stop, and be started again."""

    def __init__(self, context=None):
        self.messages, self.context, self.port, self.take = [], context, 0, None
        self.start()

    def start(self):
        server = self
        self.connections = []

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                server.connections.append(self.request)
                server.serve(self.request)

        socketserver.ThreadingTCPServer.allow_reuse_address = True
        socketserver.ThreadingTCPServer.daemon_threads = True
        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", self.port), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def serve(self, connection):
        try:
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            file = connection.makefile("rb")
            while self.take is None or len(self.messages) < self.take:
                size = b""
                while not size.endswith(b" "):
                    byte = file.read(1)
                    if not byte:
                        return
                    size += byte
                assert len(size) < 8, size
                self.messages.append(file.read(int(size)).decode())
            # What the kernel has taken for it, and it has not read, is gone.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        except (OSError, ValueError):
            pass

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        for connection in self.connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
                connection.close()
            except OSError:
                pass

    def indexes(self):
        return [int(re.search(r'index="(\d+)"', message)[1]) for message in self.messages]


def has_all(server, count):
    return set(server.indexes()) >= set(range(count))


# --- cursors ------------------------------------------------------------------

def cursor_goes_on():
    log, cursor = make("on", 10), f"{work}/on.cursor"
    first = run("export", "--cursor", cursor, log).splitlines()
    assert len(first) == 12 and run("export", "--cursor", cursor, log) == ""
    make("on", 5, first=10)
    assert [json.loads(line)["index"] for line in
            run("export", "--cursor", cursor, log).splitlines()] == list(range(12, 19))
    assert os.stat(cursor).st_mode & 0o777 == 0o600
    begun = run("export", "--from", 15, "--cursor", f"{work}/from.cursor", log).splitlines()
    assert json.loads(begun[0])["index"] == 15 and len(begun) == 4
    assert run("export", "--from", 15, "--cursor", f"{work}/from.cursor", log) == ""


def cursor_is_of_one_log():
    log, cursor = make("one", 20), f"{work}/one.cursor"
    run("export", "--cursor", cursor, log)
    before = file_read(cursor)
    says("it was rolled back, or is another", "export", "--cursor", cursor, make("short", 5))
    append(f"{work}/other", [record(900 + i) for i in range(30)], key_path=key_path)
    says("the log was rewritten, or is another", "export", "--cursor", cursor, f"{work}/other")
    stranger = tlog.key_make("other.example/log", tlog.LOG, b"o" * 32)
    file_write(f"{work}/stranger", tlog.secret_text(stranger).encode())
    append(f"{work}/strange", [record(i) for i in range(30)], key_path=f"{work}/stranger")
    says("is the log of other.example/log", "export", "--cursor", cursor, f"{work}/strange")
    assert file_read(cursor) == before


def cursors_that_are_none():
    log, cursor = make("none", 3), f"{work}/none.cursor"
    for data in (b"", b"{}", b"\0", b"[1]", b'{"log":"a","next":-1,"leaf":""}', b"x" * 5000,
                 b'{"log":"' + b"a" * 300 + b'","next":1,"leaf":"' + b"A" * 43 + b'="}'):
        file_write(cursor, data)
        done = subprocess.run([program, "export", "--cursor", cursor, log], capture_output=True)
        assert done.returncode == 1 and not done.stdout and cursor.encode() in done.stderr, done
        assert file_read(cursor) == data
    says(f"{work}/gone/cursor", "export", "--cursor", f"{work}/gone/cursor", log)


def pruned_before():
    log, cursor = f"{work}/pruned", f"{work}/pruned.cursor"
    append(log, [record(i, pad=os.urandom(3000).hex()) for i in range(700)], key_path=key_path)
    file_write(cursor, json.dumps({"log": key.name, "next": 5, "leaf": "A" * 43 + "="}).encode())
    append(log, [], "--max-size", 1, key_path=key_path)
    append(log, [], "--max-size", 1, key_path=key_path)
    done = subprocess.run([program, "export", "--cursor", cursor, log], capture_output=True,
                          check=True)
    first = json.loads(done.stdout.splitlines()[0])["index"]
    assert first >= 256, "nothing was pruned"
    assert f"entries 5 to {first - 1} of {log} were pruned".encode() in done.stderr, done.stderr


# --- syslog over TCP ------------------------------------------------------------

def server_comes_and_goes():
    """Down, up, killed with entries unread, up again; the writer never waits."""
    log, cursor, server = make("tcp", 400), f"{work}/tcp.cursor", Server()
    server.stop()
    exporter = Exporter("--format", "syslog", "--to", f"tcp://127.0.0.1:{server.port}", "--follow",
                        "--cursor", cursor, log)
    time.sleep(0.5)
    started = time.monotonic()
    make("tcp", 400, first=400)
    assert time.monotonic() - started < 2
    server.take = 250
    server.start()
    until(lambda: len(server.messages) >= 250)
    server.take = None
    until(lambda: has_all(server, 804))
    until(lambda: os.path.exists(cursor) and json.loads(file_read(cursor))["next"] == 804)
    said = exporter.stop()
    assert 1 <= said.count("cannot deliver to tcp://") <= 3, said
    assert "takes entries again, after" in said, said
    server.stop()
    assert len(server.messages) < 804 + 2 * 804


def one_complaint():
    log, server = make("down", 3), Server()
    server.stop()
    exporter = Exporter("--format", "cef", "--to", f"tcp://127.0.0.1:{server.port}", "-f", log)
    time.sleep(4)
    said = exporter.stop()
    assert said.count("\n") == 1 and "Connection refused (entries from 0 on wait" in said, said
    says("cannot deliver to tcp://", "export", "--to", f"tcp://127.0.0.1:{server.port}", log)


def killed_exporter():
    log, cursor, server = make("kill", 3000), f"{work}/kill.cursor", Server()
    server.serve = lambda connection: (time.sleep(0.2), Server.serve(server, connection))
    arguments = ("--format", "syslog", "--to", f"tcp://localhost:{server.port}", "--follow",
                 "--cursor", cursor, log)
    for part in range(4):
        exporter = Exporter(*arguments)
        time.sleep(0.25 + 0.1 * part)
        exporter.stop(signal.SIGKILL, -signal.SIGKILL)
    exporter = Exporter(*arguments)
    until(lambda: has_all(server, 3002))
    # Told to stop before it is sure of the last, it would deliver them again.
    exporter.stop()
    run("export", *arguments[:4], "--cursor", cursor, log)
    assert json.loads(file_read(cursor))["next"] == 3002
    server.stop()


def server_that_reads_nothing():
    """It is told to stop, and does; the log goes on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        log, cursor = make("deaf", 6000), f"{work}/deaf.cursor"
        exporter = Exporter("--format", "ocsf", "--to",
                            f"tcp://127.0.0.1:{listener.getsockname()[1]}", "--follow",
                            "--cursor", cursor, log)
        time.sleep(1)
        make("deaf", 10, first=6000)
        started = time.monotonic()
        exporter.stop()
        assert time.monotonic() - started < 8
        assert not os.path.exists(cursor)


def follows_what_comes():
    server, log = Server(), f"{work}/live"
    exporter = Exporter("--format", "syslog", "--to", f"tcp://127.0.0.1:{server.port}", "--follow",
                        log)
    assert b"no log in" in exporter.child.stderr.readline()
    with subprocess.Popen([program, "append", "-k", key_path, log], stdin=subprocess.PIPE,
                          stdout=subprocess.DEVNULL) as writer:
        for part in range(8):
            writer.stdin.write(lines([record(100 * part + i) for i in range(100)]))
            writer.stdin.flush()
            time.sleep(0.3)
    until(lambda: has_all(server, 802))
    assert server.indexes() == list(range(802)), "twice, or in another order"
    exporter.stop()
    server.stop()


def one_exporter():
    log, cursor = make("lock", 3), f"{work}/lock.cursor"
    exporter = Exporter("--follow", "--cursor", cursor, log)
    until(lambda: os.path.exists(cursor))
    says("another process exports by it", "export", "--cursor", cursor, log, status=3)
    exporter.stop()


# --- TLS ------------------------------------------------------------------------

def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=work)


def certificates():
    new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    for name in ("ca", "stranger"):
        openssl("req", "-x509", *new, "-keyout", f"{name}.key", "-out", f"{name}.pem", "-subj",
                f"/CN={name}", "-days", "2")
    for name, subject in (("cert", "localhost"), ("client", "exporter")):
        openssl("req", *new, "-keyout", f"{name}.key", "-out", f"{name}.req", "-subj",
                f"/CN={subject}")
        file_write(f"{work}/{name}.ext", f"subjectAltName=DNS:{subject},IP:127.0.0.1".encode())
        openssl("x509", "-req", "-in", f"{name}.req", "-CA", "ca.pem", "-CAkey", "ca.key",
                "-CAcreateserial", "-extfile", f"{name}.ext", "-days", "2", "-out", f"{name}.pem")


def tls():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{work}/cert.pem", f"{work}/cert.key")
    server, log = Server(context), make("tls", 500)
    to = ["--format", "syslog", "--to", f"tls://localhost:{server.port}"]
    run("export", *to, "--ca", f"{work}/ca.pem", log)
    assert has_all(server, 502)
    run("export", "--format", "ecs", "--to", f"tls://127.0.0.1:{server.port}", "--ca",
        f"{work}/ca.pem", log)
    assert ' - {"@timestamp"' in server.messages[-2]
    count = len(server.messages)
    says("its certificate: ", "export", *to, "--ca", f"{work}/stranger.pem", log)
    says("its certificate: ", "export", *to, log)
    assert len(server.messages) == count
    context.load_verify_locations(f"{work}/ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    says("cannot deliver", "export", *to, "--ca", f"{work}/ca.pem", log)
    run("export", *to, "--ca", f"{work}/ca.pem", "--cert", f"{work}/client.pem", "--cert-key",
        f"{work}/client.key", log)
    server.stop()


# --- OTLP -----------------------------------------------------------------------

class Collector(http.server.BaseHTTPRequestHandler):
    """Takes no more than .most records at once, and answers as .answers say, first of all."""
    requests, answers, most, uids, ages = [], [], 256, [], []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.requests.append((self.path, dict(self.headers)))
        logs = json.loads(body)["resourceLogs"]
        status, reply = self.answers.pop(0) if self.answers else (200, {})
        if status == 200 and len(logs) > self.most:
            status = 413
        if status == 200:
            for one in logs:
                for attribute in one["scopeLogs"][0]["logRecords"][0]["attributes"]:
                    if attribute["key"] == "log.record.uid":
                        self.uids.append(int(attribute["value"]["stringValue"].split("#")[1]))
        self.ages.append(time.monotonic())
        self.send_response(status)
        if status == 503:
            self.send_header("Retry-After", "1")
        reply = json.dumps(reply).encode()
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def log_message(self, *_):
        pass


def otlp():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    log, cursor = make("otlp", 700), f"{work}/otlp.cursor"
    file_write(f"{work}/headers", b"# a token\nAuthorization: Bearer abc\n")
    to = ["--format", "otlp", "--to", f"http://127.0.0.1:{server.server_port}/v1/logs"]
    Collector.answers = [(503, {}), (401, {"message": "\x1b[31mno"})]
    Collector.most = 100
    exporter = Exporter(*to, "--follow", "--cursor", cursor, "--headers", f"{work}/headers", log)
    until(lambda: len(Collector.uids) >= 702)
    until(lambda: json.loads(file_read(cursor))["next"] == 702)
    said = exporter.stop()
    assert Collector.uids == list(range(702)), Collector.uids
    path, headers = Collector.requests[0]
    assert path == "/v1/logs" and headers["Content-Type"] == "application/json"
    assert headers["Authorization"] == "Bearer abc"
    assert Collector.ages[1] - Collector.ages[0] > 1.7, "it came back too early"
    assert "HTTP status 503" in said and "HTTP status 401" in said and "\x1b" not in said, said
    Collector.most = 256
    Collector.answers = [(200, {"partialSuccess": {"rejectedLogRecords": "3",
                                                   "errorMessage": "too old"}})]
    says("rejected 3 entries for good: too old", "export", *to, log, status=0)
    server.shutdown()
    server.server_close()
    says("cannot deliver to http://", "export", *to, log)


# --- datagrams --------------------------------------------------------------------

def journal():
    """Its socket takes a datagram for each; what it has no room for waits."""
    path, log = f"{work}/socket", make("journal", 1000)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(path)
        exporter = Exporter("--format", "journal", "--to", f"unix:{path}", "--follow", log)
        time.sleep(0.3)
        found = [listener.recv(1 << 20) for _ in range(1002)]
        exporter.stop()
    assert [int(re.search(rb"DOMICILE_INDEX=(\d+)", data)[1]) for data in found] == \
        list(range(1002))
    os.unlink(path)
    says(f"cannot deliver to unix:{path}: No such file", "export", "--format", "journal", "--to",
         f"unix:{path}", log)


def rsyslog_configuration():
    """The one that is shipped, for ports and places that anybody may use."""
    os.mkdir(f"{work}/rsyslog")
    shutil.copy(f"{work}/cert.key", f"{work}/key.pem")
    ports = {}
    for port in ("514", "601", "6514"):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            ports[port] = probe.getsockname()[1]
    text = file_read(f"{contrib}/rsyslog/domicile.conf").decode()
    for before, after in (("/run/domicile-syslog", f"{work}/rsyslog/socket"),
                          ("/var/log/domicile-hosts", f"{work}/rsyslog/hosts"),
                          ("/etc/domicile-syslog", work)):
        assert before in text
        text = text.replace(before, after)
    for port, other in ports.items():
        assert f'port="{port}"' in text
        text = text.replace(f'port="{port}"', f'port="{other}"')
    file_write(f"{work}/rsyslog/conf", text.encode())
    return ports


def rsyslog():
    ports = rsyslog_configuration()
    path = f"{work}/rsyslog/hosts/host.example.log"
    server = subprocess.Popen(["rsyslogd", "-n", "-f", f"{work}/rsyslog/conf", "-i",
                               f"{work}/rsyslog/pid"], stderr=subprocess.PIPE)
    try:
        until(lambda: os.path.exists(f"{work}/rsyslog/socket"))
        log, expected = make("to-rsyslog", 300), []
        for to, first in ((f"unix:{work}/rsyslog/socket", 1),
                          # UDP loses what comes too fast.
                          (f"udp://127.0.0.1:{ports['514']}", 271),
                          (f"tcp://127.0.0.1:{ports['601']}", 1),
                          (f"tls://localhost:{ports['6514']}", 1)):
            run("export", "--format", "syslog", "--to", to, "--ca", f"{work}/ca.pem", "--from",
                first, log)
            expected += range(first, 301)
            until(lambda: os.path.exists(path) and file_read(path).count(b"\n") >= len(expected))
    finally:
        server.terminate()
        said = server.communicate(timeout=20)[1]
    assert not said, said
    kept = file_read(path).decode().splitlines()
    assert [int(re.search(r'index="(\d+)"', line)[1]) for line in kept] == expected
    sent = run("export", "--format", "syslog", log).splitlines()[1]
    assert kept[0].split(" ", 3)[3] == sent.split(" ", 6)[6], f"{kept[0]}\n{sent}"
    assert kept[0].startswith("2026-11-22T10:31:07"), kept[0]


def collector_configuration():
    """As far as it can be checked without the collector: what a pipeline names is there."""
    import yaml
    with open(f"{contrib}/opentelemetry/collector.yaml") as file:
        settings = yaml.safe_load(file)
    assert settings["receivers"]["otlp"]["protocols"]["http"]["endpoint"] == "localhost:4318"
    for pipeline in settings["service"]["pipelines"].values():
        for kind, names in pipeline.items():
            assert names and all(name in settings[kind] for name in names), (kind, names)


check("a cursor goes on where it was", cursor_goes_on)
check("a cursor is of one log", cursor_is_of_one_log)
check("cursors that are none", cursors_that_are_none)
check("what was pruned before is said", pruned_before)
check("a server that comes and goes misses nothing", server_comes_and_goes)
check("a server that is down is complained of once", one_complaint)
check("an exporter that is killed loses nothing", killed_exporter)
check("a server that reads nothing", server_that_reads_nothing)
check("follows a log that is written", follows_what_comes)
check("one exporter for a cursor", one_exporter)
certificates()
check("TLS, and whom it trusts", tls)
check("OTLP over HTTP, and what servers answer", otlp)
check("the journal's socket", journal)
if shutil.which("rsyslogd"):
    check("rsyslog, as the shipped configuration sets it up", rsyslog)
else:
    skip("rsyslog, as the shipped configuration sets it up", "rsyslogd is not installed")
check("the shipped configuration of the collector", collector_configuration)
shutil.rmtree(work)
finish()
