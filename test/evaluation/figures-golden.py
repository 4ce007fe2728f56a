"""Figures of merit by scikit-learn, for figures.test.ts: python3 test/evaluation/figures-golden.py > test/evaluation/figures-golden.json"""
import json
import numpy as np
import sklearn
from sklearn import metrics as m

draw = np.random.default_rng(0)
truth = (draw.random((40, 3)) < [0.5, 0.2, 0.7]).astype(int)
odds = np.round(truth - 0.4 + draw.normal(size=(40, 3)), 1)  # one decimal: ties
said = (odds > 0).astype(int)
p = 1 / (1 + np.exp(-odds))
labels = dict(
    macroF1=m.f1_score(truth, said, average="macro"),
    microF1=m.f1_score(truth, said, average="micro"),
    accuracy=float((truth == said).mean()),
    subsetAccuracy=m.accuracy_score(truth, said),
    auroc=m.roc_auc_score(truth, odds, average="macro"),
    logLoss=float(np.mean([m.log_loss(truth[:, l], p[:, l]) for l in range(3)])),
)
y = np.round(draw.uniform(-3, 3, 50) * 3) / 3
y[:6] = [0, 0.5, 1.5, -2.5, 0, 3]
f = np.round(0.7 * y + draw.normal(size=50), 2)
f[:6] = [0, 0.5, 2.5, -1.5, -0.2, 4.2]
non = y != 0
seven = lambda v: np.round(np.clip(v, -3, 3))
values = dict(
    r2=m.r2_score(y, f),
    correlation=float(np.corrcoef(y, f)[0, 1]),
    mae=m.mean_absolute_error(y, f),
    rmse=float(np.sqrt(m.mean_squared_error(y, f))),
    accuracyHas0=m.accuracy_score(y >= 0, f >= 0),
    f1Has0=m.f1_score(y >= 0, f >= 0, average="weighted"),
    accuracyNon0=m.accuracy_score(y[non] > 0, f[non] > 0),
    f1Non0=m.f1_score(y[non] > 0, f[non] > 0, average="weighted"),
    accuracy7=float((seven(y) == seven(f)).mean()),
)
print(json.dumps(dict(
    version=sklearn.__version__,
    labels=dict(truth=truth.ravel().tolist(), odds=odds.ravel().tolist(), figures=labels),
    values=dict(truth=y.tolist(), predicted=f.tolist(), figures=values),
)))
