"""The same linearised training in JAX: reads one JSON object a line, writes one JSON object a line.

Fields: task ("steps", "mini_batch" or "predict"), input, layers, outputs, examples, steps, loss.
Seconds are of the second call, so that compilation is not counted.
"""
import json
import os
import sys
import time

# Processor seconds of one thread are told apart from what else a machine does.
processor = "--processor" in sys.argv
if processor:
    os.environ["XLA_FLAGS"] = (
        "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    )
    os.sched_setaffinity(0, {next(iter(os.sched_getaffinity(0)))})
now = time.process_time if processor else time.perf_counter

import jax
import jax.numpy as jnp


def network(shape, key):
    sizes = [shape["input"], *shape["layers"], shape["outputs"]]
    keys = jax.random.split(key, len(sizes))
    return [
        (jax.random.normal(k, (a, b)) * (2 / a) ** 0.5, jnp.zeros(b))
        for k, a, b in zip(keys, sizes, sizes[1:])
    ]


def apply(params, x):
    for w, b in params[:-1]:
        x = jax.nn.relu(x @ w + b)
    w, b = params[-1]
    return x @ w + b


def loss_of(name, f, y):
    if name == "mean_squared_error":
        return jnp.sum((f - y) ** 2) / (2 * f.shape[0])
    return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(f), y[:, None], 1))


def data(shape):
    x = jax.random.normal(jax.random.PRNGKey(1), (shape["examples"], shape["input"]))
    labels = jax.random.randint(jax.random.PRNGKey(2), (shape["examples"],), 0, shape["outputs"])
    if shape["loss"] != "mean_squared_error":
        return x, labels
    targets = jax.random.normal(jax.random.PRNGKey(3), (shape["examples"], shape["outputs"]))
    return x, targets


def full_batch(shape):
    """jax.linearize once, then value_and_grad of the loss of f0 + Jd, scanned under jit."""

    @jax.jit
    def run(params, x, y):
        f0, push = jax.linearize(lambda p: apply(p, x), params)

        def step(d, _):
            value, g = jax.value_and_grad(lambda d: loss_of(shape["loss"], f0 + push(d), y))(d)
            return jax.tree.map(lambda a, b: a - 1e-3 * b, d, g), value

        return jax.lax.scan(step, jax.tree.map(jnp.zeros_like, params), None, shape["steps"])

    return run


def mini_batch(shape):
    """Linearised anew on each batch at the fixed anchor."""

    @jax.jit
    def run(params, x, y):
        batches = jax.random.randint(
            jax.random.PRNGKey(4), (shape["steps"], shape["batch"]), 0, shape["examples"]
        )

        def step(d, rows):
            xb, yb = x[rows], y[rows]
            f0, push = jax.linearize(lambda p: apply(p, xb), params)
            value, g = jax.value_and_grad(lambda d: loss_of(shape["loss"], f0 + push(d), yb))(d)
            return jax.tree.map(lambda a, b: a - 1e-3 * b, d, g), value

        return jax.lax.scan(step, jax.tree.map(jnp.zeros_like, params), batches)

    return run


def timed(run, *args):
    jax.block_until_ready(run(*args))
    best = float("inf")
    for _ in range(2):
        began = now()
        jax.block_until_ready(run(*args))
        best = min(best, now() - began)
    return best


def predict(shape):
    """neural-tangents' own predict at t on its own kernel, both counted."""
    import types

    # Its experimental part wants a package that nothing here needs.
    sys.modules["neural_tangents.experimental"] = types.ModuleType("neural_tangents.experimental")
    import neural_tangents as nt

    params = network(shape, jax.random.PRNGKey(0))
    x, y = data(shape)
    kernel_fn = jax.jit(nt.empirical_ntk_fn(apply, trace_axes=(), vmap_axes=0), static_argnums=1)

    def run():
        began = time.perf_counter()
        k = kernel_fn(x, None, params)
        after = nt.predict.gradient_descent_mse(k, y, trace_axes=())
        jax.block_until_ready(after(float(shape["steps"]), apply(params, x), None, None))
        return time.perf_counter() - began

    run()
    return run()


def answer(shape):
    if shape["task"] == "predict":
        return predict(shape)
    params = network(shape, jax.random.PRNGKey(0))
    run = full_batch(shape) if shape["task"] == "steps" else mini_batch(shape)
    return timed(run, params, *data(shape))


for line in sys.stdin:
    try:
        print(json.dumps({"seconds": answer(json.loads(line)), "jax": jax.__version__}), flush=True)
    except Exception as error:  # A peer that cannot is said to be so.
        print(json.dumps({"error": f"{type(error).__name__}: {error}"[:200]}), flush=True)
