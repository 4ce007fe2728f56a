"""Golden values of the measures of agreement, computed by scikit-learn and scipy.

Run: python3 scripts/golden-agreement.py > test/golden/agreement.json   (needs scikit-learn and scipy)
"""

import json

import numpy as np
import scipy
import sklearn
from scipy import stats
from sklearn.metrics import cohen_kappa_score

rng = np.random.default_rng(0)

kappa = []
for n, types, shared in [(10, 2, 0.5), (60, 3, 0.9), (60, 4, 0.0), (200, 5, 0.7), (30, 2, 1.0)]:
    a = rng.integers(types, size=n)
    b = np.where(rng.uniform(size=n) < shared, a, rng.integers(types, size=n))
    value = cohen_kappa_score(a, b, labels=range(types))
    kappa.append({"a": a.tolist(), "b": b.tolist(), "types": types, "kappa": value})

spearman = []
for n, weight, digits in [(8, 0.5, 6), (50, 2.0, 6), (50, 0.0, 6), (80, 1.0, 0), (120, 3.0, 1)]:
    a = rng.standard_normal(n)
    b = weight * a + rng.standard_normal(n)
    a, b = np.round(a, digits), np.round(b, digits)  # few digits make ties
    spearman.append({"a": a.tolist(), "b": b.tolist(), "rho": stats.spearmanr(a, b).statistic})

print(
    json.dumps(
        {
            "source": f"scikit-learn {sklearn.__version__}, scipy {scipy.__version__}",
            "kappa": kappa,
            "spearman": spearman,
        }
    )
)
