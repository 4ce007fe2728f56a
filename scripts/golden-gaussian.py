"""Writes test/golden/gaussian-pid.json: decompositions of jointly normal vectors, by two ways that are not the library's.

"minimised": the optimum over couplings K of the sources' noise, the convex program itself, by projected gradient to rounding.
"precise": the same covariances and badly conditioned ones, by generalised eigenvalues in 60 digits.

python3 scripts/golden-gaussian.py   (numpy, mpmath)
"""

import json
from pathlib import Path

import mpmath as mp
import numpy as np

mp.mp.dps = 60


def value(k, a1, a2):
    """I(X1, X2; Y) in nats where X = A Y + noise, Cov(Y) = I and the noises are white with cross-covariance K."""
    s = np.block([[np.eye(len(a1)), k], [k.T, np.eye(len(a2))]])
    a = np.vstack([a1, a2])
    return (np.linalg.slogdet(s + a @ a.T)[1] - np.linalg.slogdet(s)[1]) / 2, s, a


def minimised(a1, a2, steps=20000):
    k = np.zeros((len(a1), len(a2)))
    now, s, a = value(k, a1, a2)
    rate = 0.1
    for _ in range(steps):
        gradient = (np.linalg.inv(s + a @ a.T) - np.linalg.inv(s))[: len(a1), len(a1) :]
        while rate > 1e-15:
            u, d, v = np.linalg.svd(k - rate * gradient, full_matrices=False)
            tried = (u * np.minimum(d, 1 - 1e-12)) @ v
            then, s2, a2_ = value(tried, a1, a2)
            if then <= now:
                break
            rate /= 2
        else:
            break
        k, now, s, a = tried, then, s2, a2_
        rate *= 1.5
    return now


def precise(cov, n1, n2):
    """I1, I2, I12, U1, U2 in nats from covariance [first, second, target], in 60 digits."""
    c = mp.matrix(cov.tolist())
    n = c.rows
    first, second, target = range(n1), range(n1, n1 + n2), range(n1 + n2, n)

    def block(rows, columns):
        rows, columns = list(rows), list(columns)
        out = mp.matrix(len(rows), len(columns))
        for i, r in enumerate(rows):
            for j, q in enumerate(columns):
                out[i, j] = c[r, q]
        return out

    y = block(target, target)

    def left(sources):
        xy = block(sources, target)
        return y - xy.T * block(sources, sources) ** -1 * xy

    p1, p2, p12 = left(first), left(second), left(range(n1 + n2))
    told = [mp.log(mp.det(y) / mp.det(p)) / 2 for p in (p1, p2, p12)]
    inverse = mp.cholesky(p1) ** -1
    roots = mp.eigsy(inverse * p2 * inverse.T, eigvals_only=True)
    u1 = sum((mp.log(r) for r in roots if r > 1), mp.mpf(0)) / 2
    u2 = sum((-mp.log(r) for r in roots if r < 1), mp.mpf(0)) / 2
    return [*told, u1, u2]


def case(rng, n1, n2, ny, scale, spread=0.0):
    a1, a2 = scale * rng.normal(size=(n1, ny)), scale * rng.normal(size=(n2, ny))
    mix = [rng.normal(size=(n, n)) for n in (n1, n2, ny)]
    # Units that differ by powers of ten make the matrix badly conditioned without changing what is told.
    mix = [m @ np.diag(10.0 ** (-spread * np.linspace(0, 1, len(m)))) for m in mix]
    noise = 0.3 * rng.normal(size=(n1, n2)) / np.sqrt(max(n1, n2))
    s = np.block([[np.eye(n1), noise], [noise.T, np.eye(n2)]])
    a = np.vstack([a1, a2])
    m = np.zeros((n1 + n2 + ny,) * 2)
    m[:n1, :n1], m[n1 : n1 + n2, n1 : n1 + n2], m[n1 + n2 :, n1 + n2 :] = mix
    cov = m @ np.block([[s + a @ a.T, a], [a.T, np.eye(ny)]]) @ m.T
    return (cov + cov.T) / 2, a1, a2


def main():
    rng = np.random.default_rng(0)
    cases = []
    for n1, n2, ny, scale, spread in [
        (1, 1, 1, 1, 0), (2, 2, 2, 0.5, 0), (2, 2, 2, 2, 0), (3, 2, 4, 1, 0), (5, 5, 3, 0.3, 0), (4, 4, 4, 1, 0),
        (2, 3, 5, 2, 0), (6, 1, 3, 1, 0), (3, 3, 2, 5, 0), (2, 2, 2, 1, 3), (3, 3, 3, 1, 4), (4, 3, 2, 3, 4), (2, 2, 3, 100, 0),
        (3, 3, 3, 1000, 0),
    ]:
        cov, a1, a2 = case(rng, n1, n2, ny, scale, spread)
        i1, i2, i12, u1, u2 = (float(v / mp.log(2)) for v in precise(cov, n1, n2))
        entry = {"first": n1, "second": n2, "target": ny, "covariance": cov.tolist()}
        entry |= {"I1": i1, "I2": i2, "I12": i12, "U1": u1, "U2": u2, "condition": float(np.linalg.cond(cov))}
        if spread == 0 and scale <= 5:
            entry["minimised"] = minimised(a1, a2) / np.log(2)
        cases.append(entry)
    path = Path(__file__).parent.parent / "test/golden/gaussian-pid.json"
    path.write_text(json.dumps(cases) + "\n")
    for e in cases:
        print(e["first"], e["second"], e["target"], f"{e['condition']:.0e}", e["I2"] + e["U1"], e.get("minimised", 0) - e["I2"] - e["U1"])


main()
