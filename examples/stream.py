"""Follows a run with Python's standard library alone: python3 examples/stream.py RUN [URL].

Server-sent events; a cut connection resumes after the last event that arrived.
"""

import json
import sys
import time
import urllib.request

run = sys.argv[1]
url = sys.argv[2] if len(sys.argv) > 2 else "http://127.0.0.1:8080"


def events(after=0):
    """Every event of the run once and in order, until the run has ended."""
    while True:
        request = urllib.request.Request(
            f"{url}/v1/runs/{run}/events?after={after}", headers={"accept": "text/event-stream"}
        )
        kind, data = "message", ""
        with urllib.request.urlopen(request) as response:
            for raw in response:
                field, _, value = raw.decode().rstrip("\n").partition(": ")
                if field == "event":
                    kind = value
                elif field == "data":
                    data = value
                elif field == "" and data:
                    if kind == "complete":
                        return
                    if kind == "message":
                        event = json.loads(data)
                        after = event["seq"]
                        yield event
                    kind, data = "message", ""
        time.sleep(1)


for event in events():
    if event["type"] == "metrics":
        columns = event["data"]["columns"]
        print(event["seq"], "step", event["data"]["to"], "loss", columns["loss"][-1])
    else:
        print(event["seq"], event["type"], json.dumps(event["data"])[:120])
