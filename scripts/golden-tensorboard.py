"""Golden bytes of a TensorBoard event file, written by the tensorboard package.

Run: python3 scripts/golden-tensorboard.py > test/golden/tensorboard.json   (needs tensorboard)
"""

import base64
import io
import json

import tensorboard
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

START = 1795687000.25
EVENTS = [
    {"wallTime": START + 1.5, "step": 1, "scalars": {"train/whole/task": 0.75, "validation/accuracy": 0.5}},
    {"wallTime": START + 3.0, "step": 2, "scalars": {"train/whole/kl.redundant": 1e-3, "validation/log_loss": 0}},
    {"wallTime": START + 4.5, "step": 300, "scalars": {f"train/whole/term_{i}": i / 3 for i in range(40)}},
]


class Kept(io.BytesIO):
    def close(self):
        pass


out = Kept()
writer = RecordWriter(out)
writer.write(Event(wall_time=START, file_version="brain.Event:2").SerializeToString())
for event in EVENTS:
    values = [Summary.Value(tag=tag, simple_value=value) for tag, value in event["scalars"].items()]
    written = Event(wall_time=event["wallTime"], step=event["step"], summary=Summary(value=values))
    writer.write(written.SerializeToString())
writer.flush()
print(
    json.dumps(
        {
            "source": f"tensorboard {tensorboard.__version__}",
            "start": START,
            "events": EVENTS,
            "base64": base64.b64encode(out.getvalue()).decode(),
        },
        indent=1,
    )
)
