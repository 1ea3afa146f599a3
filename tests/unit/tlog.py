# SPDX-License-Identifier: GPL-2.0-only
"""
A second opinion on audit logs: written from RFC 6962 and the specifications of C2SP
(tlog-tiles, tlog-checkpoint, signed-note, tlog-cosignature, tlog-proof), on hashlib alone.
It shares nothing with userspace/, and goes the other way: it hashes the entries up to the root.
"""
import base64
import binascii
import calendar
import functools
import hashlib
import os
import re
import time
from collections import namedtuple

import ed25519

WIDTH = 256
LOG, WITNESS = 1, 4
Key = namedtuple("Key", "name type public seed", defaults=[None])
Checkpoint = namedtuple("Checkpoint", "origin size root text lines")


class Bad(Exception):
    pass


# --- Merkle trees ---

@functools.lru_cache(1 << 16)
def leaf_hash(entry):
    return hashlib.sha256(b"\0" + entry).digest()


@functools.lru_cache(1 << 16)
def node_hash(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def split(n):
    return 1 << (n - 1).bit_length() - 1


@functools.lru_cache(1 << 14)
def subtree(hashes):
    """MTH of RFC 6962, section 2.1, on the hashes of leaves, of which there is one at least."""
    if len(hashes) == 1:
        return hashes[0]
    k = split(len(hashes))
    return node_hash(subtree(hashes[:k]), subtree(hashes[k:]))


def root_of(hashes):
    return subtree(tuple(hashes)) if hashes else hashlib.sha256(b"").digest()


def root_from_inclusion(index, size, leaf, path):
    """By the recursion of section 2.1.1, from the root down."""
    if size == 1:
        if path:
            raise Bad("the path is too long")
        return leaf
    if not path:
        raise Bad("the path is too short")
    k = split(size)
    if index < k:
        return node_hash(root_from_inclusion(index, k, leaf, path[:-1]), path[-1])
    return node_hash(path[-1], root_from_inclusion(index - k, size - k, leaf, path[:-1]))


def roots_from_consistency(before, size, path, root_before, whole=True):
    """SUBPROOF of section 2.1.2: the roots of both trees."""
    if before == size:
        if whole:
            return root_before, root_before
        return path[-1], path[-1]
    k, rest, last = split(size), path[:-1], path[-1]
    if before <= k:
        old, new = roots_from_consistency(before, k, rest, root_before, whole)
        return old, node_hash(new, last)
    old, new = roots_from_consistency(before - k, size - k, rest, root_before, False)
    return node_hash(last, old), node_hash(last, new)


# --- signed notes ---

def key_id(key):
    return hashlib.sha256(key.name.encode() + b"\n" + bytes([key.type]) + key.public).digest()[:4]


def key_text(key):
    material = base64.b64encode(bytes([key.type]) + key.public).decode()
    return f"{key.name}+{key_id(key).hex()}+{material}"


def secret_text(key):
    material = base64.b64encode(bytes([key.type]) + key.seed).decode()
    return f"PRIVATE+KEY+{key.name}+{key_id(key).hex()}+{material}"


def key_make(name, type_, seed):
    return Key(name, type_, ed25519.public_of(seed), seed)


def key_parse(text):
    name, _, material = text.strip().split("+", 2)
    data = base64.b64decode(material, validate=True)
    return Key(name, data[0], data[1:])


def note_sign(text, key, when=0):
    if key.type == WITNESS:
        message = b"cosignature/v1\ntime %d\n" % when + text
        blob = when.to_bytes(8, "big") + ed25519.sign(key.seed, message)
    else:
        blob = ed25519.sign(key.seed, text)
    return b"\xe2\x80\x94 %s %s\n" % (key.name.encode(), base64.b64encode(key_id(key) + blob))


def decode64(text):
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Bad("no base 64") from None
    if base64.b64encode(data) != text:
        raise Bad("base 64 that is not canonical")
    return data


def note_parse(data):
    """The text, and of every signature name and bytes."""
    try:
        data.decode()
    except UnicodeDecodeError:
        raise Bad("no UTF-8") from None
    if re.search(rb"[\0-\x09\x0b-\x1f]", data) or b"\n\n" not in data or len(data) > 65536:
        raise Bad("no note")
    at = data.rindex(b"\n\n")
    lines = []
    for line in data[at + 2:].splitlines(keepends=True):
        match = re.fullmatch(rb"\xe2\x80\x94 ([^ +]+) ([A-Za-z0-9+/=]+)\n", line)
        blob = decode64(match[2]) if match else b""
        if len(blob) <= 4:
            raise Bad("a malformed signature")
        lines.append((match[1].decode(), blob))
    if not lines or len(lines) > 100:
        raise Bad("signatures")
    return data[:at + 1], lines


def signed_by(text, lines, key):
    """None: not at all; else when (0 for a log)."""
    when = None
    for name, blob in lines:
        if name != key.name or blob[:4] != key_id(key):
            continue
        message, signature, when = text, blob[4:], 0
        if key.type == WITNESS:
            when, signature = int.from_bytes(blob[4:12], "big"), blob[12:]
            message = b"cosignature/v1\ntime %d\n" % when + text
        if len(signature) != 64 or not ed25519.holds(key.public, message, signature):
            raise Bad(f"the signature of {key.name} does not hold")
    return when


def checkpoint_parse(data):
    text, lines = note_parse(data)
    parts = text.split(b"\n")
    if len(parts) < 4 or not all(parts[:-1]) or not re.fullmatch(rb"0|[1-9][0-9]{0,18}", parts[1]):
        raise Bad("no checkpoint")
    root = decode64(parts[2])
    if len(root) != 32 or int(parts[1]) >= 1 << 63:
        raise Bad("no checkpoint")
    return Checkpoint(parts[0].decode(), int(parts[1]), root, text, lines)


def checkpoint_make(size, root, key, origin=None):
    text = b"%s\n%d\n%s\n" % ((origin or key.name).encode(), size, base64.b64encode(root))
    return text + b"\n" + note_sign(text, key)


def checkpoint_check(checkpoint, key, witnesses=(), quorum=1):
    if signed_by(checkpoint.text, checkpoint.lines, key) is None:
        raise Bad("not signed by the log")
    if checkpoint.origin != key.name:
        raise Bad("of another log")
    if witnesses and sum(signed_by(checkpoint.text, checkpoint.lines, witness) is not None
                         for witness in witnesses) < quorum:
        raise Bad("too few witnesses")


# --- tiles ---

def path_of(level, index, width=WIDTH):
    parts = [f"{index % 1000:03}"]
    while index >= 1000:
        index //= 1000
        parts.insert(0, f"x{index % 1000:03}")
    return f"tile/{level}/" + "/".join(parts) + (f".p/{width}" if width < WIDTH else "")


def file_read(directory, level, index, width):
    """A partial tile may have become a full one."""
    for name in (path_of(level, index, width), path_of(level, index)):
        try:
            with open(os.path.join(directory, name), "rb") as file:
                return file.read(), name.endswith(f".p/{width}") or width == WIDTH
        except FileNotFoundError:
            pass
    raise FileNotFoundError(path_of(level, index, width))


def hashes_read(directory, level, index, width):
    data, exact = file_read(directory, level, index, width)
    if len(data) != 32 * (width if exact else WIDTH):
        raise Bad(f"{path_of(level, index)}: its size")
    return [data[i:i + 32] for i in range(0, 32 * width, 32)]


def bundle_read(directory, index, width):
    data, exact = file_read(directory, "entries", index, width)
    entries = []
    while data and len(entries) < width:
        size = int.from_bytes(data[:2], "big")
        if len(data) < 2 + size:
            raise Bad(f"bundle {index} ends within an entry")
        entries.append(data[2:2 + size])
        data = data[2 + size:]
    if len(entries) < width or exact and data:
        raise Bad(f"bundle {index} has another number of entries")
    return entries


def bundle_make(entries):
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def levels_of(size):
    level = 0
    while size:
        yield level, size
        level, size = level + 1, size // WIDTH


def tiles_make(entries):
    """Every file of a log but its checkpoint, and the root."""
    hashes, files = [leaf_hash(entry) for entry in entries], {}
    root = root_of(hashes)
    for level, _ in levels_of(len(entries)):
        full = []
        for index in range((len(hashes) + WIDTH - 1) // WIDTH):
            some = hashes[index * WIDTH:(index + 1) * WIDTH]
            files[path_of(level, index, len(some))] = b"".join(some)
            if level == 0:
                files[path_of("entries", index, len(some))] = bundle_make(
                    entries[index * WIDTH:(index + 1) * WIDTH])
            if len(some) == WIDTH:
                full.append(root_of(some))
        hashes = full
    return files, root


# --- the log as a whole ---

HEAD = re.compile(rb'\{"type":"(decision|loss|log)","time":"([-0-9T:.]{29}Z)"')
PRUNED = re.compile(rb'"event":"pruned","first":([0-9]+)')


@functools.lru_cache(1 << 16)
def head_of(entry):
    match = HEAD.match(entry)
    if not match:
        return None, 0
    try:
        whole, fraction = match[2].decode()[:-1].split(".")
        seconds = calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S"))
        return match[1], seconds + int(fraction) / 1e9
    except ValueError:
        raise Bad("an entry with an impossible time") from None


def clock_check(entries):
    """Two seconds are forgiven; an entry of the log itself begins anew."""
    latest = 0
    for index, entry in entries:
        kind, when = head_of(entry)
        if kind == b"log":
            latest = 0
        elif kind:
            if when < latest - 2:
                raise Bad(f"entry {index}: the clock was set back")
            latest = max(latest, when)


def pruned_of(entries):
    return max((int(match[1]) for index, entry in entries
                if head_of(entry)[0] == b"log" and (match := PRUNED.search(entry))
                and int(match[1]) <= index), default=0)


def bundle_exists(directory, index, size):
    width = min(WIDTH, size - index * WIDTH)
    return any(os.path.exists(os.path.join(directory, path_of("entries", index, w)))
               for w in (width, WIDTH))


def leaves_read(directory, size):
    """The hash of each leaf that is there, of what was pruned by the tile above, and entries."""
    roots, entries, first = [], [], 0
    bundles = (size + WIDTH - 1) // WIDTH
    while first < bundles and not bundle_exists(directory, first, size):
        first += 1
    for index in range(first, bundles):
        width = min(WIDTH, size - index * WIDTH)
        some = bundle_read(directory, index, width)
        hashes = [leaf_hash(entry) for entry in some]
        if hashes != hashes_read(directory, 0, index, width):
            raise Bad(f"bundle {index} and its tile differ")
        entries += [(index * WIDTH + i, entry) for i, entry in enumerate(some)]
        roots.append((hashes, width))
    return first, roots, entries


def tree_check(directory, size, first, roots):
    """Level by level up to the root; what is below @first is taken from the level above."""
    known = {first + i: hashes for i, (hashes, _) in enumerate(roots)}
    rest = None
    for level, count in levels_of(size):
        above, full = {}, count // WIDTH
        for index, hashes in known.items():
            if len(hashes) == WIDTH:
                above[index] = root_of(hashes)
        width = count % WIDTH
        edge = known.get(full, [])
        if width and len(edge) != width:
            raise Bad("the right edge")
        if width:
            rest = root_of(edge + ([rest] if rest is not None else []))
        known = next_level(directory, level + 1, size, above)
    return rest if rest is not None else root_of([])


def next_level(directory, level, size, above):
    count, known = size >> 8 * level, {}
    for index in range((count + WIDTH - 1) // WIDTH):
        width = min(WIDTH, count - index * WIDTH)
        stored = hashes_read(directory, level, index, width)
        for i, value in enumerate(stored):
            if above.get(index * WIDTH + i, value) != value:
                raise Bad(f"{path_of(level, index)} differs at {i}")
        known[index] = stored
    return known


def log_check(directory, key, witnesses=(), kept=None, quorum=1):
    """Raises Bad, or OSError, unless all of the log holds."""
    with open(os.path.join(directory, "checkpoint"), "rb") as file:
        checkpoint = checkpoint_parse(file.read())
    checkpoint_check(checkpoint, key, () if kept else witnesses, quorum)
    first, roots, entries = leaves_read(directory, checkpoint.size)
    if tree_check(directory, checkpoint.size, first, roots) != checkpoint.root:
        raise Bad("another root")
    clock_check(entries)
    if first * WIDTH > pruned_of(entries):
        raise Bad("a gap that no entry records")
    if kept:
        kept_check(directory, checkpoint, checkpoint_parse(kept), key, witnesses, quorum,
                   [leaf_hash(entry) for _, entry in entries] if not first else None)
    return checkpoint, entries


def kept_check(directory, checkpoint, kept, key, witnesses, quorum, leaves):
    checkpoint_check(kept, key, witnesses, quorum)
    if kept.size > checkpoint.size:
        raise Bad("rolled back")
    if leaves is None:
        raise Bad("pruned: ask for a proof")
    if root_of(leaves[:kept.size]) != kept.root:
        raise Bad("forked")


# --- proofs ---

def proof_check(data, key):
    """A c2sp.org/tlog-proof whose extra data is the entry; returns that."""
    head, _, note = data.partition(b"\n\n")
    lines = head.split(b"\n")
    if lines[0] != b"c2sp.org/tlog-proof@v1" or not lines[1].startswith(b"extra "):
        raise Bad("no proof")
    entry, index = decode64(lines[1][6:]), int(lines[2].removeprefix(b"index "))
    checkpoint = checkpoint_parse(note)
    checkpoint_check(checkpoint, key)
    path = [decode64(line) for line in lines[3:]]
    if index >= checkpoint.size or root_from_inclusion(
            index, checkpoint.size, leaf_hash(entry), path) != checkpoint.root:
        raise Bad("the proof does not hold")
    return index, entry


def consistency_check(data, before, key):
    """The request of c2sp.org/tlog-witness, against the checkpoint that the witness has."""
    head, _, note = data.partition(b"\n\n")
    lines = head.split(b"\n")
    checkpoint = checkpoint_parse(note)
    checkpoint_check(checkpoint, key)
    path = [decode64(line) for line in lines[1:]]
    if lines[0] != b"old %d" % before.size:
        raise Bad("another size")
    if before.size == 0:
        return checkpoint
    if (before.root, checkpoint.root) != roots_from_consistency(
            before.size, checkpoint.size, path, before.root):
        raise Bad("the proof does not hold")
    return checkpoint
