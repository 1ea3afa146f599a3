#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""policies/schema.json and the policy compiler speak of one language.

They have the same keys; every policy that is right for the compiler is right for the schema;
and what is wrong for the compiler (bad/) is wrong for the schema, but for what no schema can
say, which is listed here.
"""
import glob
import json
import os
import re
import sys

import jsonschema
import yaml

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")

# What makes a policy wrong that a schema cannot see.
BLIND = {
    "yaml": "anchor duplicate-key duplicate-key-inner duplicate-version tag".split(),
    "names": """case-undefined deny-undefined source-label-undefined storage-undefined two-errors
        undefined-label-case undefined-network include-undefined include-itself
        include-circle""".split(),
    "definitions": """duplicate-carrier duplicate-label duplicate-listen duplicate-network
        duplicate-resolver duplicate-source label-collision place-defined-twice""".split(),
    "numbers": """read-many case-to-port cidr-host-bits4 cidr-host-bits6 cidr-mapped cidr-mapped-all
        cidr-mapped-host-bits""".split(),
    "files": "file-missing countries-missing".split(),
}


class Loader(yaml.SafeLoader):
    """Numbers, nothing, and texts: YAML's "no" is Norway."""


Loader.yaml_implicit_resolvers = {}
Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^(0|[1-9][0-9]*)$"),
                             list("0123456789"))
Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(~|null|)$"), ["~", "n", ""])


class Tap:
    count = 0
    failed = 0

    def ok(self, good, what, why=""):
        self.count += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.count} {what}")
        if not good and why:
            print(f"# {why}")


def tables():
    """{key: required} of each table of keys in the compiler."""
    for name in glob.glob(os.path.join(TOP, "userspace", "policy_*.c")):
        with open(name, encoding="utf-8") as file:
            text = file.read()
        for table in re.findall(r"struct key \w+\[\] = \{(.*?)\};", text, re.S):
            keys = re.findall(r'\b(KEY|REQUIRED)\("(\w+)"', table)
            yield tuple(sorted((key, kind == "REQUIRED") for kind, key in keys))


def countries():
    """The codes that the compiler knows."""
    with open(os.path.join(TOP, "userspace", "country.c"), encoding="utf-8") as file:
        table = re.search(r"assigned\[\] =(.*?);", file.read(), re.S)[1]
    return re.findall(r"\b[A-Z]{2}\b", table)


def objects(schema):
    """The same of each mapping with keys of its own in the schema."""
    if isinstance(schema, dict):
        if "properties" in schema and "additionalProperties" in schema:
            required = schema.get("required", [])
            yield tuple(sorted((key, key in required) for key in schema["properties"]))
        schema = list(schema.values())
    if isinstance(schema, list):
        for member in schema:
            yield from objects(member)


def said(validator, text):
    """What is wrong with a policy, or None."""
    try:
        document = yaml.load(text, Loader)
    except yaml.YAMLError as error:
        return str(error)
    error = jsonschema.exceptions.best_match(validator.iter_errors(document))
    return error and f"{error.json_path}: {error.message}"


def read(name):
    """What is no UTF-8 is no character of YAML either."""
    with open(name, encoding="utf-8", errors="surrogateescape") as file:
        return file.read()


def manual():
    """The examples of domicile-policy(5)."""
    with open(os.path.join(TOP, "userspace", "man", "domicile-policy.5"), encoding="utf-8") as file:
        blocks = re.findall(r"^\.Bd -literal -offset indent$(.*?)^\.Ed$", file.read(), re.S | re.M)
    for number, block in enumerate(blocks, 1):
        text = block if "version:" in block else "version: 1\n" + block
        yield f"example {number} of domicile-policy(5)", text


def main():
    tap = Tap()
    with open(os.path.join(TOP, "policies", "schema.json"), encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    parser, published = set(tables()), set(objects(schema))
    tap.ok(len(parser) > 8, "the compiler's tables are found")
    tap.ok(parser == published, "keys are the same",
           f"compiler alone: {parser - published}; schema alone: {published - parser}")
    tap.ok(countries() == schema["definitions"]["country"]["enum"], "countries are the same")
    right = [(os.path.basename(name), read(name))
             for name in sorted(glob.glob(os.path.join(TOP, "policies", "*.yaml")))]
    for name, text in right + list(manual()):
        wrong = said(validator, text)
        tap.ok(not wrong, f"{name} is right", wrong)
    blind = {name: why for why, names in BLIND.items() for name in names}
    for name in sorted(glob.glob(os.path.join(TOP, "tests", "unit", "bad", "*.yaml"))):
        base = os.path.basename(name)[:-len(".yaml")]
        wrong = said(validator, read(name))
        tap.ok(bool(wrong) != (base in blind), f"{base} is {blind.pop(base, 'wrong')}",
               wrong or "the schema takes it")
    tap.ok(not blind, "what the schema cannot see is there", str(blind))
    print(f"1..{tap.count}")
    return tap.failed > 0


if __name__ == "__main__":
    sys.exit(main())
