"""What both peers share: the command line, the data, and the conversation with whoever measures them."""

import argparse
import json
import resource
import sys
import time
import traceback
from collections.abc import Callable

import numpy as np

SAMPLES = 4096
CLASSES = 6
WARM_UP = 20


def arguments(variants: list[str]) -> argparse.Namespace:
    """The command line; wrong use ends with argparse's message and exit code 2."""
    parser = argparse.ArgumentParser(description="One DMIL stage-3 training step, timed on request.")
    parser.add_argument("--width", type=int, default=512, help="embedding width E, even; inputs are as wide")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--variant", choices=variants, default=variants[0])
    given = parser.parse_args()
    if given.width < 2 or given.width % 2:
        parser.error(f"--width {given.width}: must be even and at least 2, the decoders' hidden layer is half of it")
    if not 1 <= given.batch <= SAMPLES:
        parser.error(f"--batch {given.batch}: must lie in 1..{SAMPLES}, the number of samples held")
    if given.threads < 1:
        parser.error(f"--threads {given.threads}: must be at least 1")
    return given


def data(width: int, batch: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Two inputs [4096, E] (a direction per class, plus noise), labels [4096], and indices [batches, B]: a shuffled epoch."""
    random = np.random.default_rng(0)
    labels = random.integers(0, CLASSES, SAMPLES)

    def modality() -> np.ndarray:
        directions = random.standard_normal((CLASSES, width))
        return (0.5 * directions[labels] + random.standard_normal((SAMPLES, width))).astype(np.float32)

    first, second = modality(), modality()
    batches = SAMPLES // batch
    return first, second, labels, random.permutation(SAMPLES)[: batches * batch].reshape(batches, batch)


def say(message: dict) -> None:
    print(json.dumps(message), flush=True)


def serve(peer: str, build: Callable[[], tuple[Callable[[], float], int, str]]) -> None:
    """
    Builds, warms up and reports ready, then answers `run N` lines until `quit` or the end of input.
    `build` returns the step (a whole one: its result is the loss as a Python float), the number of parameters and the
    library's version.
    A peer that cannot be built or warmed up says so as {"ready": false}: that is a result of the benchmark.
    """
    try:
        step, parameters, version = build()
        first = [step() for _ in range(WARM_UP)][0]
    except Exception as error:
        traceback.print_exc(file=sys.stderr)
        say({"ready": False, "peer": peer, "reason": f"{type(error).__name__}: {error}"[:500]})
        return
    say({"ready": True, "peer": peer, "version": version, "parameters": parameters, "firstLoss": first})

    for line in sys.stdin:
        words = line.split()
        if words == ["quit"]:
            return
        if len(words) != 2 or words[0] != "run" or not words[1].isdecimal() or int(words[1]) < 1:
            say({"error": f"unknown line {line.strip()!r}: use `run N` with N at least 1, or `quit`"})
            continue
        milliseconds = []
        before = time.process_time()
        for _ in range(int(words[1])):
            start = time.perf_counter()
            loss = step()
            milliseconds.append((time.perf_counter() - start) * 1000)
        processor = (time.process_time() - before) * 1000 / len(milliseconds)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # Linux counts in KiB
        say({"ms": milliseconds, "processor": processor, "loss": loss, "peakMiB": peak})
