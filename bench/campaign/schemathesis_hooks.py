"""What schemathesis cannot know from the contract alone: names of things that exist, and bodies
whose parts fit together. Half of the valid requests get some, so that they reach what lies behind
a 404; the other half, and every invalid one, stay as they were made."""

import json
import os
import random

import schemathesis
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation import GenerationMode
from schemathesis.generation.meta import TestPhase

KNOWN = json.loads(os.environ.get("LINNET_KNOWN", "{}"))
CHANCE = random.Random(int(os.environ.get("LINNET_SEED", "1")))

schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")


def fits(case, location):
    component = case.meta.components.get(location)
    return component is None or component.mode is GenerationMode.POSITIVE


def name_what_exists(case):
    parts = case.operation.path.split("/")
    named = KNOWN.get(parts[2]) if len(parts) > 2 else None
    # Whatever is deleted is not there for the requests that follow.
    if not named or "id" not in case.path_parameters or case.operation.method == "delete":
        return
    one = CHANCE.choice(named)
    case.path_parameters["id"] = one["id"]
    for part in ("sid", "cid"):
        if part in case.path_parameters and one.get(part):
            case.path_parameters[part] = CHANCE.choice(one[part])


def make_parts_fit(case):
    if CHANCE.random() < 0.3:
        whole = KNOWN.get("bodies", {}).get(f"{case.operation.method} {case.operation.path}")
        if whole:
            case.body = json.loads(json.dumps(CHANCE.choice(whole)))
            return
    if isinstance(case.body, dict):
        for field, kind in (("model", "models"), ("dataset", "datasets")):
            if isinstance(case.body.get(field), str) and KNOWN.get(kind):
                case.body[field] = CHANCE.choice(KNOWN[kind])["id"]


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.meta is None or CHANCE.random() < 0.5:
        return
    is_linked = case.meta.phase.name is TestPhase.STATEFUL
    if not is_linked and fits(case, ParameterLocation.PATH):
        name_what_exists(case)
    is_json = (case.media_type or "application/json") == "application/json"
    if is_json and fits(case, ParameterLocation.BODY) and case.meta.generation.mode is GenerationMode.POSITIVE:
        make_parts_fit(case)
