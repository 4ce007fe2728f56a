"""Golden values of the statistics that compare methods, computed by scipy and statsmodels.

Run: python3 scripts/golden-statistics.py > test/golden/statistics.json   (needs scipy and statsmodels)
The corrected resampled t-test is in neither; it is written here from its paper (Nadeau and Bengio 2003).
"""

import json
from itertools import product

import numpy as np
import scipy
import statsmodels
from scipy import special, stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

rng = np.random.default_rng(0)


def sign_flip(d):
    sums = [abs(sum(s * v for s, v in zip(signs, d))) for signs in product([1, -1], repeat=len(d))]
    return float(np.mean(np.array(sums) >= abs(sum(d)) - 1e-12))


def corrected(d, overlap):
    n, mean, error = len(d), np.mean(d), np.std(d, ddof=1) * np.sqrt(1 / len(d) + overlap)
    bound = stats.t.ppf(0.975, n - 1)
    p = 2 * stats.t.sf(abs(mean / error), n - 1)
    return {"p": p, "lower": mean - bound * error, "upper": mean + bound * error}


def paired(a, b):
    d = (a - b).tolist()
    test = stats.ttest_rel(a, b)
    interval = test.confidence_interval(0.95)
    out = {"differences": d, "mean": np.mean(d), "sd": np.std(d, ddof=1), "p": test.pvalue}
    out |= {"lower": interval.low, "upper": interval.high, "signFlip": sign_flip(d)}
    return out | {"overlap": 0.25, "corrected": corrected(d, 0.25)}


cases = []
for n, shift in [(2, 0.02), (3, 0.01), (5, 0.0), (5, 0.03), (8, 0.01), (10, 0.004), (12, 0.02)]:
    base = 0.7 + 0.02 * rng.standard_normal(n)
    cases.append(paired(base + shift + 0.01 * rng.standard_normal(n), base))

print(
    json.dumps(
        {
            "source": f"scipy {scipy.__version__}, statsmodels {statsmodels.__version__}",
            "logGamma": [[x, special.gammaln(x)] for x in [0.3, 0.5, 1, 1.5, 7.25, 30, 1234.5]],
            "incompleteBeta": [
                [x, a, b, special.betainc(a, b, x)]
                for x, a, b in [
                    (0.1, 0.5, 0.5), (0.5, 2, 3), (0.9, 10, 1), (0.5, 200, 180), (0.01, 0.5, 40), (0.5, 3000, 3100),
                ]
            ],
            "studentTails": [
                [t, v, 2 * stats.t.sf(abs(t), v)] for t in [0, 0.3, -1.7, 4, 25] for v in [1, 2, 4, 9, 30, 500]
            ],
            "studentBound": [
                [level, v, stats.t.ppf((1 + level) / 2, v)] for level in [0.9, 0.95, 0.99] for v in [1, 2, 4, 9, 30, 500]
            ],
            "paired": cases,
            "mcnemar": [
                [b, c, float(mcnemar([[0, b], [c, 0]], exact=True).pvalue)]
                for b, c in [(0, 0), (0, 1), (3, 9), (9, 3), (40, 40), (210, 150), (1, 600)]
            ],
            "holm": [
                {"p": p, "adjusted": multipletests(p, method="holm")[1].tolist()}
                for p in [[0.01], [0.04, 0.03, 0.02, 0.005], [0.2, 0.001, 0.9, 0.013, 0.013], rng.uniform(size=12).tolist()]
            ],
        },
        indent=1,
    )
)
