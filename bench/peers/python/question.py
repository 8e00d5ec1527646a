"""What every Python peer shares: a workload's files, and the protocol over standard input and output.

A line in is the workload (first) or a wish for a round; a line out is {"ready"}, {"seconds"} or
{"error"}. The answer of the first, untimed round is written as float32 for comparison.
"""
import json
import os
import resource
import sys
import time
import traceback

import numpy as np


class Question:
    def __init__(self, fields):
        self.__dict__.update(fields)
        with open(os.path.join(self.folder, "shapes.json")) as file:
            shapes = json.load(file)
        flat = np.fromfile(os.path.join(self.folder, "weights.bin"), np.float32)
        self.weights = {}
        at = 0
        for entry in shapes["weights"]:
            size = int(np.prod(entry["shape"]))
            self.weights[entry["name"]] = flat[at : at + size].reshape(entry["shape"])
            at += size
        x = np.fromfile(os.path.join(self.folder, "x.bin"), np.float32)
        self.x = x.reshape([self.examples, *shapes["input"]])
        self.y = np.fromfile(os.path.join(self.folder, "y.bin"), np.int32)
        rows = np.fromfile(os.path.join(self.folder, "rows.bin"), np.int32)
        self.rows = rows.reshape([self.steps, self.batch])

    @property
    def direction(self):
        size = self.examples * 10
        return np.cos(np.arange(size)).astype(np.float32).reshape(self.examples, 10)


def largest_eigenvalue(size, product):
    """By SciPy's Lanczos; product maps a float32 array [size] to one."""
    from scipy.sparse.linalg import LinearOperator, eigsh

    def matvec(v):
        return product(v.astype(np.float32).reshape(-1))

    operator = LinearOperator((size, size), matvec, dtype=np.float32)
    return eigsh(operator, 1, which="LA", tol=1e-4, return_eigenvectors=False)


def peak_bytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def reason(error):
    text = f"{type(error).__name__}: {error}".strip().splitlines()
    return (text[0] if text else type(error).__name__)[:160]


def serve(name, version, makers):
    """makers[task](question) gives a function without arguments whose result is an array."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def say(message):
        out.write(json.dumps(message) + "\n")
        out.flush()

    fields = json.loads(sys.stdin.readline())
    try:
        question = Question(fields)
        if question.task not in makers:
            say({"error": f"{name} has no {question.task}"})
            return
        before = peak_bytes()
        work = makers[question.task](question)
        answer = os.path.join(question.folder, f"{name}.bin")
        np.asarray(work(), np.float32).tofile(answer)
        say({"ready": True, "answer": answer, "version": version})
        for _ in sys.stdin:
            began = time.perf_counter()
            work()
            seconds = (time.perf_counter() - began) / question.steps
            say({"seconds": seconds, "peakBytes": peak_bytes() - before})
    except Exception as error:
        traceback.print_exc(file=sys.stderr)
        say({"error": reason(error)})
