"""A PyTorch model that is trained on the predictions of a dmil model. Run: python3 examples/07-pytorch-student.py DATA SAMPLES.jsonl

SAMPLES.jsonl: dmil explain RUN --split train --out SAMPLES.jsonl; DATA: the folder of its data, with an array for each modality.
"""
import json, pathlib, sys
import numpy as np, torch
from torch import nn

data, table = pathlib.Path(sys.argv[1]), [json.loads(row) for row in open(sys.argv[2], encoding="utf-8")]
columns = lambda start: [name for name in table[0] if name.startswith(start) and name != "bits_total"]
numbers = lambda names: torch.tensor([[row[name] for name in names] for row in table])
probabilities, bits = numbers(columns("p_")), numbers(columns("bits_"))  # [N, K] and, in bits, [N, C]
names = [name[2:] for name in columns("p_")]
labels = torch.tensor([names.index(row["label"]) for row in table])

def features(split):
    arrays = [np.load(file) for file in sorted((data / split).glob("*.npy")) if file.stem not in ("labels", "ids")]
    return torch.tensor(np.concatenate([array.reshape(len(array), -1) for array in arrays], 1), dtype=torch.float32)

torch.manual_seed(0)
x = features("train")
mean, deviation = x.mean(0), x.std(0) + 1e-6
body = nn.Sequential(nn.Linear(x.shape[1], 64), nn.ReLU(), nn.Dropout(0.2))
head, amounts = nn.Linear(64, len(names)), nn.Linear(64, bits.shape[1])  # `amounts` is discarded after training
optimiser = torch.optim.Adam([*body.parameters(), *head.parameters(), *amounts.parameters()], 1e-3)
for epoch in range(60):
    for rows in torch.randperm(len(x)).split(64):
        z = body((x[rows] - mean) / deviation)
        hard = nn.functional.cross_entropy(head(z), labels[rows])
        taught = nn.functional.cross_entropy(head(z), probabilities[rows])  # the teacher's soft labels
        composed = nn.functional.mse_loss(amounts(z), bits[rows])  # bits of each component
        optimiser.zero_grad(), (hard + taught + composed).backward(), optimiser.step()

answer = head.eval()(body.eval()((features("test") - mean) / deviation)).argmax(1)
truth = torch.tensor(np.load(data / "test" / "labels.npy").astype(np.int64))
print(f"loss {hard:.3f}, towards p {taught:.3f}, towards bits {composed:.3f}; test accuracy {(answer == truth).float().mean():.3f}")
