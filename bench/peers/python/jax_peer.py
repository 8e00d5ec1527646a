"""JAX as people use it: jit, scan, linearize, and kernels by hand (contracted Jacobians, or layer by
layer for the perceptron, which is the cheapest that anybody writes there)."""
import jax
import jax.numpy as jnp
import numpy as np

from jax_models import loss, loss_of, models
from question import largest_eigenvalue, serve


def loaded(q):
    p = {name: jnp.asarray(value) for name, value in q.weights.items()}
    return models[q.model], p, jnp.asarray(q.x), jnp.asarray(q.y)


def moved(p, g, rate):
    return jax.tree.map(lambda a, b: a - rate * b, p, g)


def looped(q, step, state, *fixed):
    """Steps in one scan; convolutions in a scan leave XLA's fast kernels, so those by single calls."""
    rows = jnp.asarray(q.rows)
    if q.model == "mlp":
        def whole(state, rows, *fixed):
            return jax.lax.scan(lambda s, r: step(s, r, *fixed), state, rows)[1][-1]

        run = jax.jit(whole)
        return lambda: np.asarray(run(state, rows, *fixed))[None]
    one = jax.jit(step)

    def single():
        s = state
        for at in range(q.steps):
            s, value = one(s, rows[at], *fixed)
        jax.block_until_ready(s)
        return np.asarray(value)[None]

    return single


def standard(q):
    apply, p, x, y = loaded(q)

    def step(p, r, x, y):
        value, g = jax.value_and_grad(lambda p: loss(apply(p, x[r]), y[r]))(p)
        return moved(p, g, q.rate), value

    return looped(q, step, p, x, y)


def linear_mini(q):
    apply, p, x, y = loaded(q)

    def step(d, r, p, x, y):
        f0, push = jax.linearize(lambda p: apply(p, x[r]), p)
        value, g = jax.value_and_grad(lambda d: loss(f0 + push(d), y[r]))(d)
        return moved(d, g, q.rate), value

    return looped(q, step, jax.tree.map(jnp.zeros_like, p), p, x, y)


def linear_full(q):
    apply, p, x, y = loaded(q)
    loss = loss_of(q)
    zero = jax.tree.map(jnp.zeros_like, p)
    if q.model == "mlp":
        @jax.jit
        def run(d, p, x, y):
            f0, push = jax.linearize(lambda p: apply(p, x), p)

            def step(d, _):
                value, g = jax.value_and_grad(lambda d: loss(f0 + push(d), y))(d)
                return moved(d, g, q.rate), value

            return jax.lax.scan(step, d, None, q.steps)[1][-1]

        return lambda: np.asarray(run(zero, p, x, y))[None]
    # Linearised once outside, as scans spoil convolutions; residuals are closed over.
    f0, push = jax.linearize(lambda p: apply(p, x), p)

    @jax.jit
    def one(d):
        value, g = jax.value_and_grad(lambda d: loss(f0 + push(d), y))(d)
        return moved(d, g, q.rate), value

    def single():
        d = zero
        for _ in range(q.steps):
            d, value = one(d)
        jax.block_until_ready(d)
        return np.asarray(value)[None]

    return single


def jacobian(apply, p, x):
    """[N, O, P] for each parameter."""
    one = jax.jacrev(lambda p, x: apply(p, x[None])[0])
    parts = jax.vmap(one, (None, 0))(p, x)
    return [part.reshape(part.shape[0], part.shape[1], -1) for part in jax.tree.leaves(parts)]


def layered(p, x):
    """Perceptron: Θ = Σ (A Aᵀ + 1) ∘ (Δ Δᵀ), cotangents of all outputs by the chain rule."""
    a1 = jax.nn.relu(x @ p["d1/kernel"] + p["d1/bias"])
    a2 = jax.nn.relu(a1 @ p["d2/kernel"] + p["d2/bias"])
    n, o = x.shape[0], p["d3/bias"].shape[0]
    d2 = p["d3/kernel"].T[None] * (a2 > 0)[:, None]
    d1 = (d2.reshape(n * o, -1) @ p["d2/kernel"].T).reshape(n, o, -1) * (a1 > 0)[:, None]
    last = a2 @ a2.T + 1
    k = last[:, None, :, None] * jnp.eye(o)[None, :, None, :]
    for a, d in ((a1, d2), (x, d1)):
        rows = d.reshape(n * o, -1)
        k = k + (a @ a.T + 1)[:, None, :, None] * (rows @ rows.T).reshape(n, o, n, o)
    return k


def ntk_full(q):
    apply, p, x, _ = loaded(q)
    if q.model == "mlp":
        run = jax.jit(layered)
    else:
        def contracted(p, x):
            return sum(jnp.einsum("nop,mqp->nomq", j, j) for j in jacobian(apply, p, x))

        run = jax.jit(contracted)
    return lambda: np.asarray(run(p, x))


def ntk_trace(q):
    apply, p, x, _ = loaded(q)
    if q.model == "mlp":
        run = jax.jit(lambda p, x: jnp.einsum("nomo->nm", layered(p, x)) / 10)
    else:
        def contracted(p, x):
            return sum(jnp.einsum("nop,mop->nm", j, j) for j in jacobian(apply, p, x)) / 10

        run = jax.jit(contracted)
    return lambda: np.asarray(run(p, x))


def product_of(q):
    apply, p, x, _ = loaded(q)

    @jax.jit
    def product(u, p, x):
        f = lambda p: apply(p, x)
        g = jax.vjp(f, p)[1](u)[0]
        return jax.jvp(f, (p,), (g,))[1]

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


def damped(q, apply, p, x, y):
    """The loss's gradient, and products with the Gauss–Newton matrix and its damping."""
    f, push = jax.linearize(lambda p: apply(p, x), p)
    pull = jax.linear_transpose(push, p)
    s = jax.nn.softmax(f)

    def product(d):
        t = push(d)
        h = (s * t - s * (s * t).sum(1, keepdims=True)) / x.shape[0]
        return jax.tree.map(lambda a, b: a + q.damping * b, pull(h)[0], d)

    return pull(jax.grad(loss)(f, y))[0], product


def gauss_newton(q):
    apply, p, x, y = loaded(q)

    @jax.jit
    def whole(p, x, y):
        g, product = damped(q, apply, p, x, y)
        return jax.scipy.sparse.linalg.cg(product, jax.tree.map(jnp.negative, g), tol=1e-5)[0]

    step = whole if q.model == "mlp" else by_calls(q, apply)

    def run():
        d = step(p, x, y)
        return np.concatenate([np.asarray(d[name]).reshape(-1) for name in q.weights])

    return run


def dot(a, b):
    return sum(jnp.vdot(u, v) for u, v in zip(jax.tree.leaves(a), jax.tree.leaves(b)))


def by_calls(q, apply):
    """Conjugate gradients with one call an iteration, by the rule of jax.scipy's."""

    @jax.jit
    def begin(p, x, y):
        right = jax.tree.map(jnp.negative, damped(q, apply, p, x, y)[0])
        return jax.tree.map(jnp.zeros_like, p), right, right, dot(right, right)

    @jax.jit
    def iterate(state, p, x, y):
        d, r, direction, gamma = state
        h = damped(q, apply, p, x, y)[1](direction)
        alpha = gamma / dot(direction, h)
        d = jax.tree.map(lambda a, b: a + alpha * b, d, direction)
        r = jax.tree.map(lambda a, b: a - alpha * b, r, h)
        after = dot(r, r)
        return d, r, jax.tree.map(lambda a, b: a + after / gamma * b, r, direction), after

    def solve(p, x, y):
        state = begin(p, x, y)
        limit = 1e-10 * float(state[3])
        while float(state[3]) > limit:
            state = iterate(state, p, x, y)
        return state[0]

    return solve


makers = {
    "standard": standard,
    "linear_mini": linear_mini,
    "linear_full": linear_full,
    "linear_round": linear_full,
    "linear_round_squares": linear_full,
    "ntk_full": ntk_full,
    "ntk_trace": ntk_trace,
    "ntk_product": ntk_product,
    "lambda_max": lambda_max,
    "gauss_newton": gauss_newton,
}

if __name__ == "__main__":
    serve("jax", jax.__version__, makers)
