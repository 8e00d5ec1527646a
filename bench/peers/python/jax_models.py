"""The networks in JAX, channels last, by the names of Linnet's parameters. No library of layers."""
import jax
import jax.numpy as jnp
from jax import lax


def conv(p, name, x, strides=1):
    y = lax.conv_general_dilated(
        x, p[f"{name}/kernel"], (strides, strides), "SAME",
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )
    return y + p[f"{name}/bias"] if f"{name}/bias" in p else y


def dense(p, name, x):
    return x @ p[f"{name}/kernel"] + p[f"{name}/bias"]


def max_pool(x):
    return lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")


def group_norm(p, name, x, groups=8):
    n, h, w, c = x.shape
    parts = x.reshape(n, h * w, groups, c // groups)
    centred = parts - parts.mean((1, 3), keepdims=True)
    variance = (centred * centred).mean((1, 3), keepdims=True)
    unit = (centred / jnp.sqrt(variance + 1e-5)).reshape(x.shape)
    return unit * p[f"{name}/scale"] + p[f"{name}/centre"]


def layer_norm(p, name, x):
    centred = x - x.mean(-1, keepdims=True)
    variance = (centred * centred).mean(-1, keepdims=True)
    return centred / jnp.sqrt(variance + 1e-5) * p[f"{name}/scale"] + p[f"{name}/centre"]


def mlp(p, x):
    return dense(p, "d3", jax.nn.relu(dense(p, "d2", jax.nn.relu(dense(p, "d1", x)))))


def cnn(p, x):
    x = max_pool(jax.nn.relu(conv(p, "c1", x)))
    x = max_pool(jax.nn.relu(conv(p, "c2", x)))
    return dense(p, "d", x.reshape(x.shape[0], -1))


def block(p, name, x, strides):
    y = jax.nn.relu(group_norm(p, f"{name}_n1", conv(p, f"{name}_c1", x, strides)))
    y = group_norm(p, f"{name}_n2", conv(p, f"{name}_c2", y))
    return jax.nn.relu(y + (x if strides == 1 else conv(p, f"{name}_skip", x, strides)))


def resnet8(p, x):
    x = jax.nn.relu(group_norm(p, "stem_n", conv(p, "stem", x)))
    for name, strides in (("b1", 1), ("b2", 2), ("b3", 2)):
        x = block(p, name, x, strides)
    return dense(p, "d", x.mean((1, 2)))


def attention(p, name, x, heads=4):
    n, t, c = x.shape

    def part(role):
        y = x @ p[f"{name}/{role}_kernel"] + p[f"{name}/{role}_bias"]
        return y.reshape(n, t, heads, c // heads).transpose(0, 2, 1, 3)

    q, k, v = part("query") / (c // heads) ** 0.5, part("key"), part("value")
    mixed = jax.nn.softmax(q @ k.transpose(0, 1, 3, 2), -1) @ v
    mixed = mixed.transpose(0, 2, 1, 3).reshape(n, t, c)
    return mixed @ p[f"{name}/output_kernel"] + p[f"{name}/output_bias"]


def vit_tiny(p, x):
    y = lax.conv_general_dilated(
        x, p["patches/kernel"], (4, 4), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC")
    )
    x = (y + p["patches/bias"]).reshape(x.shape[0], 64, 64) + p["places/table"]
    for name in ("t1", "t2"):
        x = x + attention(p, f"{name}_a", layer_norm(p, f"{name}_n1", x))
        inner = jax.nn.gelu(dense(p, f"{name}_u", layer_norm(p, f"{name}_n2", x)), approximate=False)
        x = x + dense(p, f"{name}_v", inner)
    return dense(p, "d", layer_norm(p, "norm", x).mean(1))


models = {"mlp": mlp, "cnn": cnn, "resnet8": resnet8, "vit_tiny": vit_tiny}


def loss_of(q):
    return squares if q.task == "linear_round_squares" else loss


def squares(f, y):
    """Half the squared distance from the class's unit vector, as Linnet's mean_squared_error."""
    return 0.5 * jnp.mean(jnp.sum((f - jax.nn.one_hot(y, f.shape[1])) ** 2, 1))


def loss(f, y):
    return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(f), y[:, None], 1))
