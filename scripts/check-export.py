"""Does an exported model say what `dmil explain` wrote? Checks the file with onnx and runs it with onnxruntime.

    dmil explain runs/one --split test --out samples.csv
    dmil export runs/one --out model.onnx
    python3 scripts/check-export.py model.onnx samples.csv data/test

Takes a model, the table and the folder with one .npy a modality, as often as wanted. Exit code 1 where they differ.
"""
import csv
import json
import os
import sys

import numpy as np
import onnx
import onnxruntime

# Largest difference allowed; bits are read off calibrated evidence in single precision.
ALLOWED = {"bits": 1e-4}


def columns(rows, names):
    return np.array([[float(row[name]) for name in names] for row in rows])


def expected(meta, rows, outputs):
    """What the table says, by output of the file."""
    modalities = json.loads(meta["modalities"])
    told = {}
    bits = json.loads(meta["bits"])
    names = json.loads(meta["target"])["names"]
    if f"p_{names[0]}" in rows[0]:
        told["probabilities"] = columns(rows, [f"p_{name}" for name in names])
    else:
        told["values" if "values" in outputs else "probabilities"] = columns(rows, [f"prediction_{n}" for n in names])
        alone = "unimodal" if "values" in outputs else "unimodal_probabilities"
        own = columns(rows, [f"pred_only_{m}_{n}" for m in modalities for n in names])
        told[alone] = own.reshape(len(rows), len(modalities), len(names))
    if bits:
        told["bits"] = columns(rows, [f"bits_{name}" for name in bits])
    if "gate" in outputs:
        told["gate"] = columns(rows, [f"gate_{name}" for name in json.loads(meta["components"])])
    return told


def check(model, table, folder):
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(model)
    meta = session.get_modelmeta().custom_metadata_map
    modalities = json.loads(meta["modalities"])
    with open(table, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    # A modality that is called as an output is has another name within the file.
    inputs = dict(zip(json.loads(meta["inputs"]), modalities))
    feeds = {}
    for put in session.get_inputs():
        if put.name in inputs:
            feeds[put.name] = np.load(os.path.join(folder, f"{inputs[put.name]}.npy")).astype(np.float32)
        else:
            has = [row["present"].split("+") if "present" in row else modalities for row in rows]
            feeds[put.name] = np.array([[float(m in own) for m in modalities] for own in has], np.float32)
    outputs = [out.name for out in session.get_outputs()]
    said = dict(zip(outputs, session.run(outputs, feeds)))
    good = True
    for name, values in expected(meta, rows, outputs).items():
        gap = np.abs(said[name] - values).max() / max(1, np.abs(values).max())
        good = good and bool(gap <= ALLOWED.get(name, 1e-5))
        print(f"{model} {name}: largest difference {gap:.1e}")
    return good


def main(arguments):
    if len(arguments) == 0 or len(arguments) % 3 != 0:
        sys.exit(__doc__)
    triples = zip(arguments[0::3], arguments[1::3], arguments[2::3])
    results = [check(*triple) for triple in triples]
    sys.exit(0 if all(results) else 1)


main(sys.argv[1:])
