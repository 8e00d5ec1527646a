"""The networks in PyTorch, channels first, by the names of Linnet's parameters."""
import numpy as np
import torch
import torch.nn.functional as F


def tensors(q):
    """Weights in PyTorch's layouts, and data [N, C, H, W]."""
    p = {}
    for name, value in q.weights.items():
        if value.ndim == 4:
            value = value.transpose(3, 2, 0, 1)
        elif value.ndim == 2 and name == "d/kernel" and q.model == "cnn":
            value = value.reshape(8, 8, 64, 10).transpose(2, 0, 1, 3).reshape(-1, 10)
        p[name] = torch.from_numpy(np.ascontiguousarray(value))
    x = q.x if q.x.ndim == 2 else np.ascontiguousarray(q.x.transpose(0, 3, 1, 2))
    return p, torch.from_numpy(x), torch.from_numpy(q.y.astype(np.int64))


def flat(q, p):
    """Parameters by name as one vector in Linnet's layouts."""
    parts = []
    for name in q.weights:
        value = p[name].detach().numpy()
        if value.ndim == 4:
            value = value.transpose(2, 3, 1, 0)
        elif name == "d/kernel" and q.model == "cnn":
            value = value.reshape(64, 8, 8, 10).transpose(1, 2, 0, 3)
        parts.append(value.reshape(-1))
    return np.concatenate(parts)


def conv(p, name, x, strides=1):
    w = p[f"{name}/kernel"]
    size = w.shape[-1]
    if strides == 2 and size == 3:
        x, padding = F.pad(x, (0, 1, 0, 1)), 0
    else:
        padding = (size - 1) // 2 if size == 3 else 0
    return F.conv2d(x, w, p.get(f"{name}/bias"), strides, padding)


def dense(p, name, x):
    return x @ p[f"{name}/kernel"] + p[f"{name}/bias"]


def mlp(p, x):
    return dense(p, "d3", torch.relu(dense(p, "d2", torch.relu(dense(p, "d1", x)))))


def cnn(p, x):
    x = F.max_pool2d(torch.relu(conv(p, "c1", x)), 2)
    x = F.max_pool2d(torch.relu(conv(p, "c2", x)), 2)
    return dense(p, "d", x.reshape(x.shape[0], -1))


def norm(p, name, x):
    return F.group_norm(x, 8, p[f"{name}/scale"], p[f"{name}/centre"], 1e-5)


def resnet8(p, x):
    x = torch.relu(norm(p, "stem_n", conv(p, "stem", x)))
    for name, strides in (("b1", 1), ("b2", 2), ("b3", 2)):
        y = torch.relu(norm(p, f"{name}_n1", conv(p, f"{name}_c1", x, strides)))
        y = norm(p, f"{name}_n2", conv(p, f"{name}_c2", y))
        x = torch.relu(y + (x if strides == 1 else conv(p, f"{name}_skip", x, strides)))
    return dense(p, "d", x.mean((2, 3)))


def layer_norm(p, name, x):
    return F.layer_norm(x, (x.shape[-1],), p[f"{name}/scale"], p[f"{name}/centre"], 1e-5)


def attention(p, name, x, heads=4):
    n, t, c = x.shape

    def part(role):
        y = x @ p[f"{name}/{role}_kernel"] + p[f"{name}/{role}_bias"]
        return y.reshape(n, t, heads, c // heads).transpose(1, 2)

    # Fused attention has no forward derivative, so attention is written out.
    q, k, v = part("query") / (c // heads) ** 0.5, part("key"), part("value")
    mixed = (q @ k.transpose(-1, -2)).softmax(-1) @ v
    mixed = mixed.transpose(1, 2).reshape(n, t, c)
    return mixed @ p[f"{name}/output_kernel"] + p[f"{name}/output_bias"]


def vit_tiny(p, x):
    y = F.conv2d(x, p["patches/kernel"], p["patches/bias"], 4)
    x = y.flatten(2).transpose(1, 2) + p["places/table"]
    for name in ("t1", "t2"):
        x = x + attention(p, f"{name}_a", layer_norm(p, f"{name}_n1", x))
        inner = F.gelu(dense(p, f"{name}_u", layer_norm(p, f"{name}_n2", x)))
        x = x + dense(p, f"{name}_v", inner)
    return dense(p, "d", layer_norm(p, "norm", x).mean(1))


models = {"mlp": mlp, "cnn": cnn, "resnet8": resnet8, "vit_tiny": vit_tiny}
