"""The JAX twin of the training-step benchmark: one DMIL stage-3 step, two modalities, one jit. See README.md."""

import os
from collections.abc import Callable
from functools import partial

import worker

LAMBDA = 0.1
COMPONENTS = 0.8
RECONSTRUCTION = 0.05
RATE, BETA1, BETA2, EPSILON = 1e-3, 0.9, 0.999, 1e-8


def limit_threads(threads: int) -> None:
    """Sizes XLA's thread pools; both are read once, when jax is first imported and used."""
    os.environ["NPROC"] = str(threads)
    if threads == 1:
        os.environ["XLA_FLAGS"] = os.environ.get("XLA_FLAGS", "") + " --xla_cpu_multi_thread_eigen=false"


def build(width: int, batch: int) -> tuple[Callable[[], float], int, str]:
    import jax  # here, not above: after the thread limits are in the environment
    import jax.numpy as jnp

    classes = worker.CLASSES

    def linear_init(key, inputs, outputs):
        bound = inputs**-0.5  # torch.nn.Linear's default
        k1, k2 = jax.random.split(key)
        return {
            "weight": jax.random.uniform(k1, (inputs, outputs), minval=-bound, maxval=bound),
            "bias": jax.random.uniform(k2, (outputs,), minval=-bound, maxval=bound),
        }

    def init(key):
        keys = iter(jax.random.split(key, 40))

        def linear(inputs, outputs):
            return linear_init(next(keys), inputs, outputs)

        def mlp(inputs, hidden, outputs):
            return [linear(inputs, hidden), linear(hidden, outputs)]

        def modality():
            return {
                "encoder": linear(width, width),
                "predictive": linear(width, 2 * width),
                "residual": linear(width, 2 * width),
                "decoder": mlp(2 * width, width // 2, width),
                "head": linear(width, classes),
                "unique": linear(width, 2 * width),
                "view": linear(width, 2 * width),
                "consistency_decoder": mlp(2 * width, width // 2, width),
            }

        return {
            "modalities": [modality(), modality()],
            "redundant": linear(2 * width, 2 * width),
            "synergy": linear(3 * width, width),
            "heads": [linear(width, classes) for _ in range(4)],
            "gate": mlp(4 * width, width, 4),
        }

    def linear(p, x):
        return x @ p["weight"] + p["bias"]

    def mlp(p, x):
        return linear(p[1], jax.nn.relu(linear(p[0], x)))

    def gaussian(p, x):
        return jnp.split(linear(p, x), 2, axis=-1)  # mean, log-variance

    def sample(distribution, noise):
        mean, log_variance = distribution
        return mean + jnp.exp(0.5 * log_variance) * noise

    def kl_standard(distribution):
        mean, log_variance = distribution
        return 0.5 * jnp.mean(mean**2 + jnp.exp(log_variance) - 1 - log_variance)

    def kl(p, q):
        (mean_p, log_p), (mean_q, log_q) = p, q
        return 0.5 * jnp.mean(log_q - log_p - 1 + jnp.exp(log_p - log_q) + (mean_p - mean_q) ** 2 * jnp.exp(-log_q))

    def cross_entropy(logits, label):
        return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(logits), label[:, None], axis=-1))

    def loss_of(params, inputs, label, key):
        noise = iter(jax.random.normal(key, (7, batch, width)))
        modalities = params["modalities"]
        means, residuals, entropy, divergence, reconstruction = [], [], 0.0, 0.0, 0.0

        for p, x in zip(modalities, inputs):
            z = linear(p["encoder"], x)
            m, n = gaussian(p["predictive"], z), gaussian(p["residual"], z)
            m_sample, n_sample = sample(m, next(noise)), sample(n, next(noise))
            entropy += cross_entropy(linear(p["head"], m_sample), label)
            divergence += kl_standard(m) + kl_standard(n)
            reconstruction += jnp.mean((mlp(p["decoder"], jnp.concatenate([m_sample, n_sample], -1)) - z) ** 2)
            means.append(m[0])
            residuals.append(n_sample)

        r = gaussian(params["redundant"], jnp.concatenate(means, -1))
        r_sample = sample(r, next(noise))
        divergence += kl_standard(r)
        components = []
        for p, mean in zip(modalities, means):
            u = gaussian(p["unique"], mean)
            u_sample = sample(u, next(noise))
            divergence += kl_standard(u) + kl(r, gaussian(p["view"], mean))
            decoded = mlp(p["consistency_decoder"], jnp.concatenate([r_sample, u_sample], -1))
            reconstruction += jnp.mean((decoded - mean) ** 2)
            components.append(u_sample)

        n1, n2 = residuals
        components += [r_sample, linear(params["synergy"], jnp.concatenate([n1, n2, n1 * n2], -1))]
        logits = [linear(p, c) for p, c in zip(params["heads"], components)]
        gate = jax.nn.softmax(mlp(params["gate"], jnp.concatenate(components, -1)))  # [B, 4]
        fused = jnp.sum(gate[:, :, None] * jnp.stack(logits, 1), 1)  # [B, 4, K] -> [B, K]

        return (
            cross_entropy(fused, label)
            + entropy
            + COMPONENTS * sum(cross_entropy(y, label) for y in logits)
            + LAMBDA * (divergence + RECONSTRUCTION * reconstruction)
        )

    @partial(jax.jit, donate_argnums=0)
    def train_step(state, first, second, labels, index):
        params, mean, square, count, key = state
        key, noise_key = jax.random.split(key)
        loss, grads = jax.value_and_grad(loss_of)(params, (first[index], second[index]), labels[index], noise_key)
        count = count + 1
        mean = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, mean, grads)
        square = jax.tree.map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, square, grads)
        rate = RATE / (1 - BETA1**count)
        correction = jnp.sqrt(1 - BETA2**count)
        params = jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) / correction + EPSILON), params, mean, square)
        return (params, mean, square, count, key), loss

    init_key, noise_key = jax.random.split(jax.random.key(0, impl="threefry2x32"))
    params = init(init_key)
    zeros = partial(jax.tree.map, jnp.zeros_like)
    state = (params, zeros(params), zeros(params), jnp.zeros((), jnp.float32), noise_key)
    parameters = sum(p.size for p in jax.tree.leaves(params))
    first, second, labels, batches = (jnp.asarray(a) for a in worker.data(width, batch))
    batches = list(batches)  # device arrays, cut once
    done = 0

    def step() -> float:
        nonlocal state, done
        index = batches[done % len(batches)]
        done += 1
        state, loss = train_step(state, first, second, labels, index)
        return float(loss)

    return step, parameters, jax.__version__


if __name__ == "__main__":
    given = worker.arguments(["jit"])
    limit_threads(given.threads)
    worker.serve(f"jax-{given.variant}", lambda: build(given.width, given.batch))
