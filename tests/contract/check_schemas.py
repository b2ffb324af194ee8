#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""python3-jsonschema as the independent judge: each schema is a valid 2020-12 schema, each file in examples/valid passes, each in
examples/invalid fails (a file that is no JSON fails too). Example names: <schema>.<case>.json."""
import json
import pathlib
import sys

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parents[2] / "schemas"


def no_duplicates(pairs):
    keys = [key for key, _ in pairs]
    if len(keys) != len(set(keys)):
        raise ValueError("duplicate key")
    return dict(pairs)



def load():
    store = {}
    for path in sorted((ROOT / "json").glob("*.schema.json")):
        schema = json.loads(path.read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
        store[schema["$id"]] = schema
    return store


def main():
    store, faults, judged = load(), [], 0
    for verdict in ("valid", "invalid"):
        for path in sorted((ROOT / "examples" / verdict).glob("*.json")):
            name = path.name.split(".")[0]
            schema = store.get(f"{name}.schema.json")
            if schema is None:
                faults.append(f"{path.name}: no schema {name}")
                continue
            judged += 1
            try:
                body = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=no_duplicates)
                resolver = jsonschema.RefResolver(base_uri=schema["$id"], referrer=schema, store=store)
                errors = [e.message for e in jsonschema.Draft202012Validator(schema, resolver=resolver).iter_errors(body)]
            except ValueError as error:
                errors = [str(error)]
            if bool(errors) != (verdict == "invalid"):
                faults.append(f"{verdict}/{path.name}: {errors or 'passes'}")
    used = {p.name.split(".")[0] for p in (ROOT / "examples").rglob("*.json")}
    faults += [f"{i}: no example" for i in store if i.split(".")[0] not in used]
    print("\n".join(faults) or f"{len(store)} schemas, {judged} examples: all as they should be")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
