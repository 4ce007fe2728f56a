"""Reference values for src/info/shapley.ts by shapiq: pip install shapiq; python scripts/golden-shapley.py > test/golden/shapley.json

For games of two to five players with random values: Shapley values (SV) and Shapley interaction indices (SII) of every set, by the
mask of its players.
"""

import json
from importlib.metadata import version

import numpy as np
from shapiq import ExactComputer, Game

rng = np.random.default_rng(11)


def golden(players):
    values = rng.standard_normal(2**players)

    class Table(Game):
        def __init__(self):
            super().__init__(n_players=players, normalize=False)

        def value_function(self, coalitions):
            return np.array([values[sum(1 << i for i in np.flatnonzero(row))] for row in np.atleast_2d(coalitions)])

    computer = ExactComputer(n_players=players, game=Table())
    sv = computer("SV", 1)
    sii = computer("SII", players)
    mask = lambda members: sum(1 << int(i) for i in members)
    pairs = {mask(members): float(sii[members]) for members in sii.interaction_lookup if len(members) > 0}
    return {
        "players": players,
        "values": values.tolist(),
        "sv": [float(sv[(i,)]) for i in range(players)],
        "sii": [pairs[m] for m in range(1, 2**players)],
    }


print(json.dumps({"source": f"shapiq {version('shapiq')}", "games": [golden(m) for m in (2, 3, 4, 5)]}, indent=1))
