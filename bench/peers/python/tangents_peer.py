"""neural-tangents: its linearize, its kernels by structured derivatives, its kernel-vector products.

Its TensorFlow front end, which needs TensorFlow installed and is not measured, is left out.
"""
import sys
import types

sys.modules["neural_tangents.experimental"] = types.ModuleType("neural_tangents.experimental")

import jax
import jax.numpy as jnp
import neural_tangents as nt
import numpy as np

from jax_models import loss_of
from jax_peer import loaded, looped, moved
from question import largest_eigenvalue, serve


def linear(q):
    apply, p, x, y = loaded(q)
    loss = loss_of(q)

    def step(w, r, p, x, y):
        f = nt.linearize(lambda p, x: apply(p, x), p)
        value, g = jax.value_and_grad(lambda w: loss(f(w, x[r]), y[r]))(w)
        return moved(w, g, q.rate), value

    return looped(q, step, p, p, x, y)


def kernel(q, trace):
    apply, p, x, _ = loaded(q)
    axes = (-1,) if trace else ()
    how = nt.NtkImplementation.STRUCTURED_DERIVATIVES
    fn = nt.empirical_ntk_fn(
        lambda p, x: apply(p, x), trace_axes=axes, vmap_axes=0, implementation=how
    )
    run = jax.jit(lambda p, x: fn(x, None, p))

    def once():
        k = np.asarray(run(p, x))
        return k if trace else k.transpose(0, 2, 1, 3)

    return once


def product_of(q):
    apply, p, x, _ = loaded(q)
    product = jax.jit(
        lambda u, p, x: nt.empirical_ntk_vp_fn(lambda p, x: apply(p, x), x, x, p)(u)
    )
    return lambda u: product(u, p, x)


def ntk_product(q):
    product = product_of(q)
    u = jnp.asarray(q.direction)

    def run():
        for _ in range(q.steps):
            value = product(u)
        return np.asarray(value)

    return run


def lambda_max(q):
    product = product_of(q)

    def flat(v):
        return np.asarray(product(jnp.asarray(v.reshape(-1, 10)))).reshape(-1)

    return lambda: largest_eigenvalue(q.examples * 10, flat)


makers = {
    "linear_mini": linear,
    "linear_full": linear,
    "linear_round": linear,
    "linear_round_squares": linear,
    "ntk_full": lambda q: kernel(q, False),
    "ntk_trace": lambda q: kernel(q, True),
    "ntk_product": ntk_product,
    "lambda_max": lambda_max,
}

if __name__ == "__main__":
    serve("neural-tangents", f"{nt.__version__} on JAX {jax.__version__}", makers)
