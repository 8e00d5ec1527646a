"""curvlinops: Gauss–Newton by its operator and its conjugate gradients, kernel products by its
Jacobian operators, the largest eigenvalue through SciPy."""
import torch
from curvlinops import CGInverseLinearOperator, GGNLinearOperator
from curvlinops import JacobianLinearOperator, TransposedJacobianLinearOperator
from curvlinops.examples import IdentityLinearOperator
from torch import nn

from question import largest_eigenvalue, serve
from torch_models import flat, models, tensors


class Module(nn.Module):
    """Parameters by name; a module's names hold no slash."""

    def __init__(self, q, p):
        super().__init__()
        self.apply_to = models[q.model]
        self.names = list(p)
        self.arrays = nn.ParameterList([nn.Parameter(value) for value in p.values()])

    def forward(self, x):
        return self.apply_to(dict(zip(self.names, self.arrays)), x)


def prepared(q):
    p, x, y = tensors(q)
    module = Module(q, p)
    return module, list(module.parameters()), x, y


def gauss_newton(q):
    module, params, x, y = prepared(q)
    loss = nn.CrossEntropyLoss()

    def run():
        ggn = GGNLinearOperator(module, loss, params, [(x, y)], check_deterministic=False)
        identity = IdentityLinearOperator([value.shape for value in params], x.device, x.dtype)
        grads = torch.autograd.grad(loss(module(x), y), params)
        system = ggn + q.damping * identity
        inverse = CGInverseLinearOperator(system, tolerance=1e-5, eps=1e-12, max_iter=200)
        found = inverse @ [-g for g in grads]
        return flat(q, dict(zip(module.names, found)))

    return run


def product_of(q):
    module, params, x, y = prepared(q)
    data = [(x, y)]
    push = JacobianLinearOperator(module, params, data, check_deterministic=False)
    pull = TransposedJacobianLinearOperator(module, params, data, check_deterministic=False)
    return lambda u: push @ (pull @ u)


def ntk_product(q):
    product = product_of(q)
    u = torch.from_numpy(q.direction).reshape(-1)

    def run():
        for _ in range(q.steps):
            value = product(u)
        return value.detach().numpy()

    return run


def lambda_max(q):
    product = product_of(q)
    return lambda: largest_eigenvalue(
        q.examples * 10, lambda v: product(torch.from_numpy(v)).detach().numpy()
    )


makers = {"gauss_newton": gauss_newton, "ntk_product": ntk_product, "lambda_max": lambda_max}

if __name__ == "__main__":
    from importlib.metadata import version

    torch.set_num_threads(2)
    serve("curvlinops", f"{version('curvlinops-for-pytorch')}, PyTorch {torch.__version__}", makers)
