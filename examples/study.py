"""A small study from Python's standard library alone: python3 examples/study.py [URL].

Submits a sweep over K, follows all of its runs over one stream of server-sent events, prints the
table, and fetches one kernel as an npy file. NumPy, where it is installed, reads that kernel.
A service that wants a key finds it in LINNET_API_KEY.
"""

import io
import json
import os
import struct
import sys
import time
import urllib.error
import urllib.request

url = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8080"
key = os.environ.get("LINNET_API_KEY")
credentials = {"authorization": f"Bearer {key}"} if key else {}


def ask(path, body=None, accept="application/json", headers=None):
    """The open answer to a GET, or to a POST of a JSON body; problems are raised."""
    data = None if body is None else json.dumps(body).encode()
    sent = {"accept": accept, **credentials, **(headers or {})}
    if data is not None:
        sent["content-type"] = "application/json"
    try:
        return urllib.request.urlopen(urllib.request.Request(url + path, data, sent))
    except urllib.error.HTTPError as refusal:
        raise SystemExit(refusal.read().decode()) from None


def call(path, body=None):
    with ask(path, body) as answer:
        return json.load(answer)


def events(path):
    """Every (name, data) of a stream, once each; after a cut it goes on where it was."""
    position = None
    while True:
        headers = {} if position is None else {"last-event-id": position}
        with ask(path, accept="text/event-stream", headers=headers) as answer:
            if answer.status == 204:
                return
            fields = {}
            for raw in answer:
                name, _, value = raw.decode().rstrip("\n").partition(": ")
                if name != "":
                    fields[name] = value
                    continue
                if "data" in fields:
                    position = fields.get("id", position)
                    yield fields.get("event", "message"), json.loads(fields["data"])
                fields = {}
        time.sleep(0.5)


def matrix(npy):
    """Shape and first number of an npy file of little-endian floats: its header says how to read it."""
    length = struct.unpack("<H", npy[8:10])[0]
    header = npy[10 : 10 + length].decode()
    shape = header.partition("'shape': ")[2].partition(")")[0] + ")"
    kind = "<f" if "'<f4'" in header else "<d"
    return shape, struct.unpack_from(kind, npy, 10 + length)[0]


network = {
    "input": {"shape": [20]},
    "init": "he_normal",
    "layers": [{"type": "dense", "units": 32, "activation": "relu"}, {"type": "dense", "units": 4}],
}
dataset = call("/v1/datasets", {"generator": {"type": "wedge", "train": 500, "test": 500}})
model = call("/v1/models", {"definition": network})
sweep = call(
    "/v1/sweeps",
    {
        "base": {
            "model": model["id"],
            "dataset": dataset["id"],
            "algorithm": {"type": "linearised", "period": 1},
            "optimizer": {"type": "sgd", "learning_rate": 0.1},
            "steps": 400,
        },
        "vary": {"/algorithm/period": [1, 16, "never"]},
        "seeds": 2,
    },
)
print(sweep["id"], sweep["total"], "cells")

for name, data in events(f"/v1/sweeps/{sweep['id']}/events?kinds=evaluation"):
    if name == "sweep":
        print("succeeded", data["counts"]["succeeded"], "of", data["total"])
    elif name == "event":
        score = data["data"]["linearised"]["test"]
        print(data["run"], "step", data["data"]["step"], "test accuracy", score["accuracy"])

for group in call(f"/v1/sweeps/{sweep['id']}")["groups"]:
    accuracy = group["figures"]["linearised_test_accuracy"]
    print("K =", group["values"]["/algorithm/period"], "mean test accuracy", accuracy["mean"])

kernel = call(
    "/v1/ntk",
    {
        "model": model["id"],
        "first": {"dataset": dataset["id"], "examples": 16},
        "kernel": "trace",
    },
)
while kernel["status"] in ("queued", "running"):
    time.sleep(0.1)
    kernel = call(f"/v1/ntk/{kernel['id']}")
with ask(f"/v1/ntk/{kernel['id']}/kernel", accept="application/x-npy") as answer:
    npy = answer.read()
print("kernel", *matrix(npy), "effective rank", kernel["figures"]["effective_rank"])

try:
    import numpy
except ImportError:
    print("numpy is not installed")
else:
    loaded = numpy.load(io.BytesIO(npy))
    print("numpy", loaded.shape, "largest eigenvalue", numpy.linalg.eigvalsh(loaded)[-1])
