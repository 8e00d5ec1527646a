"""PyTorch: eager steps, and torch.func for linear models and kernels."""
import torch
import torch.nn.functional as F
from torch.func import jacrev, jvp, linearize, vjp, vmap

from question import largest_eigenvalue, serve
from torch_models import flat, models, tensors


def standard(q):
    p0, x, y = tensors(q)
    apply = models[q.model]
    rows = torch.from_numpy(q.rows.astype("int64"))

    def run():
        p = {name: value.clone().requires_grad_() for name, value in p0.items()}
        values = list(p.values())
        for r in rows:
            loss = F.cross_entropy(apply(p, x[r]), y[r])
            grads = torch.autograd.grad(loss, values)
            with torch.no_grad():
                torch._foreach_add_(values, grads, alpha=-q.rate)
        return loss.detach().numpy()[None]

    return run


def squares(f, y):
    """Half the squared distance from the class's unit vector, as Linnet's mean_squared_error."""
    return 0.5 * (f - F.one_hot(y, f.shape[1])).square().sum(1).mean()


def cotangent(f, y, loss=F.cross_entropy):
    """Loss and its gradient in outputs, by autograd on the small array."""
    f = f.detach().requires_grad_()
    value = loss(f, y)
    return value.detach(), torch.autograd.grad(value, f)[0]


def linear_mini(q):
    p, x, y = tensors(q)
    apply = models[q.model]
    rows = torch.from_numpy(q.rows.astype("int64"))

    def run():
        d = {name: torch.zeros_like(value) for name, value in p.items()}
        for r in rows:
            xb = x[r]
            f0, pull = vjp(lambda p: apply(p, xb), p)
            _, t = jvp(lambda p: apply(p, xb), (p,), (d,))
            value, u = cotangent(f0 + t, y[r])
            for name, g in pull(u)[0].items():
                d[name].add_(g, alpha=-q.rate)
        return value.numpy()[None]

    return run


def linear_full(q):
    p, x, y = tensors(q)
    apply = models[q.model]
    loss = squares if q.task == "linear_round_squares" else F.cross_entropy

    def run():
        d = {name: torch.zeros_like(value) for name, value in p.items()}
        f0, push = linearize(lambda p: apply(p, x), p)
        _, pull = vjp(lambda p: apply(p, x), p)
        for _ in range(q.steps):
            value, u = cotangent(f0 + push(d), y, loss)
            for name, g in pull(u, retain_graph=True)[0].items():
                d[name].add_(g, alpha=-q.rate)
        return value.numpy()[None]

    return run


def kernel(q, equation, scale):
    p, x, _ = tensors(q)
    apply = models[q.model]
    p = {name: value.detach() for name, value in p.items()}
    jac = vmap(jacrev(lambda p, x: apply(p, x[None])[0]), (None, 0))

    def run():
        parts = [part.flatten(2) for part in jac(p, x).values()]
        return sum(torch.einsum(equation, j, j) for j in parts).mul_(scale).numpy()

    return run


def product_of(q):
    p, x, _ = tensors(q)
    apply = models[q.model]

    def product(u):
        _, pull = vjp(lambda p: apply(p, x), p)
        return jvp(lambda p: apply(p, x), (p,), (pull(u)[0],))[1].detach()

    return product


def ntk_product(q):
    product = product_of(q)
    u = torch.from_numpy(q.direction)

    def run():
        for _ in range(q.steps):
            value = product(u)
        return value.numpy()

    return run


def lambda_max(q):
    product = product_of(q)
    return lambda: largest_eigenvalue(
        q.examples * 10, lambda v: product(torch.from_numpy(v).reshape(-1, 10)).numpy().reshape(-1)
    )


def conjugate_gradients(product, right):
    """x with product(x) = right, by the same rule as jax.scipy's: residual 1e-5 of the right side."""
    x = [torch.zeros_like(r) for r in right]
    r, d = list(right), list(right)
    gamma = dot(r, r)
    limit = 1e-10 * gamma
    for _ in range(10 * sum(part.numel() for part in right)):
        if gamma <= limit:
            break
        h = product(d)
        alpha = gamma / dot(d, h)
        x = [a + alpha * b for a, b in zip(x, d)]
        r = [a - alpha * b for a, b in zip(r, h)]
        gamma, last = dot(r, r), gamma
        d = [a + (gamma / last) * b for a, b in zip(r, d)]
    return x


def dot(a, b):
    return sum(torch.sum(u * v) for u, v in zip(a, b))


def gauss_newton(q):
    p, x, y = tensors(q)
    apply = models[q.model]
    names = list(p)

    def run():
        f, pull = vjp(lambda p: apply(p, x), p)
        _, push = linearize(lambda p: apply(p, x), p)
        s = f.detach().softmax(1)
        g = pull(cotangent(f, y)[1], retain_graph=True)[0]

        def product(d):
            t = push(dict(zip(names, d)))
            h = (s * t - s * (s * t).sum(1, keepdim=True)) / x.shape[0]
            back = pull(h, retain_graph=True)[0]
            return [back[name] + q.damping * part for name, part in zip(names, d)]

        found = conjugate_gradients(product, [-g[name] for name in names])
        return flat(q, dict(zip(names, found)))

    return run


makers = {
    "standard": standard,
    "linear_mini": linear_mini,
    "linear_full": linear_full,
    "linear_round": linear_full,
    "linear_round_squares": linear_full,
    "ntk_full": lambda q: kernel(q, "nop,mqp->nomq", 1),
    "ntk_trace": lambda q: kernel(q, "nop,mop->nm", 0.1),
    "ntk_product": ntk_product,
    "lambda_max": lambda_max,
    "gauss_newton": gauss_newton,
}

if __name__ == "__main__":
    torch.set_num_threads(2)
    serve("torch", torch.__version__, makers)
