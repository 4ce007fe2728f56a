"""Small pickles in the layout of MulT and of MMSA, for test/prepare/sentiment.test.ts.

Run: python scripts/golden-prepare.py. Needs NumPy. Sample i of a split has i % 3 + 1 steps; step t of feature f of audio is i + t + f / 8.
"""
import base64
import json
import pathlib
import pickle

import numpy as np

SENTIMENTS = [-3.0, -0.5, 0.0, 0.5, 1.5, 3.0]
WIDTHS = {"text": 4, "audio": 2, "vision": 3}
STEPS = 4


def arrays(front: bool) -> dict:
    out = {}
    for name, width in WIDTHS.items():
        values = np.zeros((len(SENTIMENTS), STEPS, width), np.float32)
        for i in range(len(SENTIMENTS)):
            steps = i % 3 + 1
            start = STEPS - steps if front else 0
            for t in range(steps):
                values[i, start + t] = i + 1 + t + np.arange(width) / 8
        out[name] = values
    return out


def mult(bytes_as_ids: bool) -> dict:
    data = {}
    for split in ("train", "valid", "test"):
        own = arrays(front=True)
        own["audio"][2, -1, 0] = -np.inf
        ids = np.array([[f"video{i // 2}", str(i), str(i + 1)] for i in range(len(SENTIMENTS))])
        own["id"] = ids.astype("S") if bytes_as_ids else ids.astype(object)
        own["labels"] = np.array(SENTIMENTS, np.float32)[:, None, None]
        data[split] = own
    return data


def mmsa() -> dict:
    data = {}
    for split in ("train", "valid", "test"):
        own = arrays(front=False)
        own["audio_lengths"] = [i % 3 + 1 for i in range(len(SENTIMENTS))]
        own["vision_lengths"] = [i % 3 + 1 for i in range(len(SENTIMENTS))]
        own["raw_text"] = np.array([f"words of {i}" for i in range(len(SENTIMENTS))])
        own["id"] = [f"video{i // 2}$_${i}" for i in range(len(SENTIMENTS))]
        own["regression_labels"] = np.array(SENTIMENTS)
        own["classification_labels"] = [0, 0, 1, 2, 2, 2]
        data[split] = own
    return data


files = {
    "mult": pickle.dumps(mult(False), protocol=4),
    "multBytes": pickle.dumps(mult(True), protocol=2),
    "mmsa": pickle.dumps(mmsa(), protocol=4),
    "fortran": pickle.dumps(
        {split: {**own, "audio": np.asfortranarray(own["audio"])} for split, own in mmsa().items()}, protocol=5
    ),
}
place = pathlib.Path(__file__).parent.parent / "test/prepare/fixtures/sentiment.json"
place.parent.mkdir(exist_ok=True)
place.write_text(json.dumps({name: base64.b64encode(data).decode() for name, data in files.items()}, indent=2) + "\n")
