"""A task of bench/gpu.ts in PyTorch (eager) or JAX (jit), as one line of JSON.

The argument is JSON: peer ("torch", "jax"), device ("cuda", "cpu", "webgpu"), rounds, and a task
with name, batch, steps, kernelExamples, kernel ("full", "trace") and blocks (of a transformer).
float32 throughout, TensorFloat-32 off. Kernels are by explicit Jacobians, as both peers offer them;
where those do not fit, `why` says so.
"""
import json
import sys
import time

CLASSES = 10
HOST_BYTES_MAX = 6 * 2**30
# Explicit Jacobians are [examples, outputs, parameters].
PRODUCTS = {"full": "nof,mpf->nomp", "trace": "nof,mof->nm"}


def best(rounds, work):
    work()
    found = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return min(found)


def tell(peer, version, task, steps_per_second=None, kernel_seconds=None, why=None):
    print(json.dumps({
        "peer": peer, "version": version, "task": task, "stepsPerSecond": steps_per_second,
        "kernelSeconds": kernel_seconds, "why": why,
    }), flush=True)


def kernel_time(task, parameters, free, kernel):
    """Seconds, or why there are none. A Jacobian and as much again must fit."""
    needed = 2 * 4 * task["kernelExamples"] * CLASSES * parameters
    if needed > free:
        return None, f"explicit Jacobians need {needed / 2**30:.1f} GiB"
    try:
        return best(1, kernel), None
    except Exception as error:  # Of many kinds, and each is the answer.
        return None, str(error).split("\n")[0]


def run_torch(question):
    try:
        import torch
        from torch import nn
        from torch.func import functional_call, jacrev, vmap
    except ImportError as error:
        return tell("PyTorch", None, question["task"]["name"], why=str(error))
    on = "cuda" if question["device"] == "cuda" and torch.cuda.is_available() else "cpu"
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False

    class Block(nn.Module):
        def __init__(self, width, heads):
            super().__init__()
            self.first, self.second = nn.LayerNorm(width), nn.LayerNorm(width)
            self.attention = nn.MultiheadAttention(width, heads, batch_first=True)
            self.wide, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

        def forward(self, x):
            h = self.first(x)
            x = x + self.attention(h, h, h, need_weights=False)[0]
            return x + self.narrow(nn.functional.gelu(self.wide(self.second(x))))

    class Vit(nn.Module):
        def __init__(self, width=192, heads=3, depth=question["task"]["blocks"]):
            super().__init__()
            self.patches = nn.Conv2d(3, width, 4, 4)
            self.positions = nn.Parameter(torch.zeros(64, width))
            self.blocks = nn.Sequential(*[Block(width, heads) for _ in range(depth)])
            self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, CLASSES)

        def forward(self, x):
            x = self.patches(x).flatten(2).transpose(1, 2) + self.positions
            return self.head(self.norm(self.blocks(x)).mean(1))

    nets = {
        "mlp": lambda: nn.Sequential(
            nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, CLASSES)),
        "cnn": lambda: nn.Sequential(
            nn.Conv2d(3, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(64 * 64, CLASSES)),
        "vit_tiny": Vit,
    }
    task = question["task"]
    shape = (784,) if task["name"] == "mlp" else (3, 32, 32)
    net = nets[task["name"]]().to(on)
    data = torch.randn(2048, *shape, device=on)
    labels = torch.randint(0, CLASSES, (2048,), device=on)
    optimizer = torch.optim.SGD(net.parameters(), 0.01)

    def steps():
        for _ in range(task["steps"]):
            rows = torch.randint(0, 2048, (task["batch"],), device=on)
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(data[rows]), labels[rows]).backward()
            optimizer.step()
        if on == "cuda":
            torch.cuda.synchronize()

    seconds = best(question["rounds"], steps)
    weights = {k: v.detach() for k, v in net.named_parameters()}
    few = data[: task["kernelExamples"]]

    def one(p, x):
        return functional_call(net, p, (x[None],))[0]

    def kernel():
        found = vmap(jacrev(one), (None, 0), chunk_size=16)(weights, few)
        rows = [j.flatten(2) for j in found.values()]
        return sum(torch.einsum(PRODUCTS[task["kernel"]], j, j) for j in rows).cpu()

    free = torch.cuda.mem_get_info()[0] if on == "cuda" else HOST_BYTES_MAX
    parameters = sum(v.numel() for v in weights.values())
    kernel_seconds, why = kernel_time(task, parameters, free, kernel)
    tell("PyTorch eager", f"{torch.__version__} on {on}", task["name"],
         task["steps"] / seconds, kernel_seconds, why)


def run_jax(question):
    try:
        import jax
        import jax.numpy as jnp
    except ImportError as error:
        return tell("JAX", None, question["task"]["name"], why=str(error))
    jax.config.update("jax_default_matmul_precision", "float32")
    if question["device"] != "cuda":
        jax.config.update("jax_platforms", "cpu")
    key = jax.random.PRNGKey(0)
    draw = lambda *shape: jax.random.normal(key, shape) * (1 / max(1, shape[0])) ** 0.5

    def conv(x, w, stride, padding):
        return jax.lax.conv_general_dilated(
            x, w, (stride, stride), padding, dimension_numbers=("NHWC", "HWIO", "NHWC"))

    def pool(x):
        return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")

    def norm(x, p):
        centred = x - x.mean(-1, keepdims=True)
        return centred * jax.lax.rsqrt((centred**2).mean(-1, keepdims=True) + 1e-5) * p[0] + p[1]

    def mlp(p, x):
        for w, b in p[:-1]:
            x = jax.nn.relu(x @ w + b)
        return x @ p[-1][0] + p[-1][1]

    def cnn(p, x):
        x = pool(jax.nn.relu(conv(x, p[0][0], 1, "SAME") + p[0][1]))
        x = pool(jax.nn.relu(conv(x, p[1][0], 1, "SAME") + p[1][1]))
        return x.reshape(x.shape[0], -1) @ p[2][0] + p[2][1]

    def block(x, p):
        h = norm(x, p["first"]) @ p["in"]
        q, k, v = (t.reshape(*t.shape[:2], 3, 64) for t in jnp.split(h, 3, -1))
        scores = jax.nn.softmax(jnp.einsum("nqhd,nkhd->nhqk", q, k) / 8, -1)
        x = x + jnp.einsum("nhqk,nkhd->nqhd", scores, v).reshape(x.shape) @ p["out"]
        return x + jax.nn.gelu(norm(x, p["second"]) @ p["wide"], approximate=False) @ p["narrow"]

    def vit(p, x):
        x = conv(x, p["patches"], 4, "VALID")
        x = x.reshape(x.shape[0], 64, 192) + p["positions"]
        for one in p["blocks"]:
            x = block(x, one)
        return norm(x, p["norm"]).mean(1) @ p["head"]

    ones = (jnp.ones(192), jnp.zeros(192))
    layer = {"first": ones, "second": ones, "in": draw(192, 576), "out": draw(192, 192),
             "wide": draw(192, 768), "narrow": draw(768, 192)}
    nets = {
        "mlp": (mlp, [(draw(784, 512), jnp.zeros(512)), (draw(512, 512), jnp.zeros(512)),
                      (draw(512, CLASSES), jnp.zeros(CLASSES))]),
        "cnn": (cnn, [(draw(3, 3, 3, 32), jnp.zeros(32)), (draw(3, 3, 32, 64), jnp.zeros(64)),
                      (draw(4096, CLASSES), jnp.zeros(CLASSES))]),
        "vit_tiny": (vit, {"patches": draw(4, 4, 3, 192), "positions": jnp.zeros((64, 192)),
                           "blocks": [layer] * question["task"]["blocks"], "norm": ones, "head": draw(192, CLASSES)}),
    }
    task = question["task"]
    apply, params = nets[task["name"]]
    shape = (784,) if task["name"] == "mlp" else (32, 32, 3)
    data = jax.random.normal(key, (2048, *shape))
    labels = jax.random.randint(key, (2048,), 0, CLASSES)
    rows = jax.random.randint(key, (task["steps"], task["batch"]), 0, 2048)

    @jax.jit
    def steps(params):
        def step(p, at):
            def loss(p):
                logs = jax.nn.log_softmax(apply(p, data[at]))
                return -jnp.take_along_axis(logs, labels[at][:, None], 1).mean()

            value, slope = jax.value_and_grad(loss)(p)
            return jax.tree.map(lambda a, b: a - 0.01 * b, p, slope), value

        return jax.lax.scan(step, params, rows)

    seconds = best(question["rounds"], lambda: jax.block_until_ready(steps(params)))
    few = data[: task["kernelExamples"]]

    @jax.jit
    def kernel(params):
        found = jax.vmap(lambda x: jax.jacrev(lambda p: apply(p, x[None])[0])(params))(few)
        rows = [j.reshape(*j.shape[:2], -1) for j in jax.tree.leaves(found)]
        return sum(jnp.einsum(PRODUCTS[task["kernel"]], j, j) for j in rows)

    stats = jax.devices()[0].memory_stats() if jax.default_backend() == "gpu" else None
    free = HOST_BYTES_MAX if stats is None else stats["bytes_limit"] - stats["bytes_in_use"]
    parameters = sum(leaf.size for leaf in jax.tree.leaves(params))
    kernel_seconds, why = kernel_time(
        task, parameters, free, lambda: jax.device_get(kernel(params)))
    tell("JAX jit", f"{jax.__version__} on {jax.default_backend()}", task["name"],
         task["steps"] / seconds, kernel_seconds, why)


question = json.loads(sys.argv[1])
{"torch": run_torch, "jax": run_jax}[question["peer"]](question)
