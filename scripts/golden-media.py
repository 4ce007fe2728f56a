"""Goldens of readers, spectrograms and pictures, made by the libraries that define them.

    python scripts/golden-media.py [wav] [signal] [pictures] [hdf5] [parquet]

writes test/golden/media/*.json. Needs numpy, soundfile, librosa, scipy, torchaudio, Pillow, torchvision, h5py, pyarrow.
Arrays are base64 of little-endian values. Versions of the libraries are stored beside the numbers.
"""
import base64
import io
import json
import pathlib
import sys

import numpy as np

OUT = pathlib.Path(__file__).parent.parent / "test" / "golden" / "media"


def packed(array):
    array = np.ascontiguousarray(array)
    code = array.dtype.newbyteorder("<")
    return {"shape": list(array.shape), "dtype": array.dtype.name, "data": base64.b64encode(array.astype(code).tobytes()).decode()}


def text(raw):
    return base64.b64encode(raw).decode()


def save(name, value):
    file = OUT / f"{name}.json"
    file.write_text(json.dumps(value, separators=(",", ":")) + "\n")
    print(file, file.stat().st_size)


def tone(rate, count, seed):
    """Two tones, a sweep and noise: every band has something in it."""
    t = np.arange(count) / rate
    noise = np.random.default_rng(seed).normal(size=count)
    sound = 0.3 * np.sin(2 * np.pi * 440 * t) + 0.1 * np.sin(2 * np.pi * (300 + 900 * t) * t) + 0.02 * noise
    return np.round(sound * 32768).clip(-32768, 32767).astype(np.int16)


def wav():
    import soundfile

    cases = {}
    sound = np.stack([tone(8000, 23, 0), tone(8000, 23, 1)], axis=1) / 32768
    for form, kind in [("WAV", "PCM_U8"), ("WAV", "PCM_16"), ("WAV", "PCM_24"), ("WAV", "PCM_32"), ("WAV", "FLOAT"), ("WAV", "DOUBLE"), ("WAVEX", "PCM_16"), ("WAVEX", "PCM_24"), ("WAVEX", "FLOAT")]:
        file = io.BytesIO()
        soundfile.write(file, sound, 8000, format=form, subtype=kind)
        file.seek(0)
        values, rate = soundfile.read(file, dtype="float32")
        cases[f"{form} {kind}"] = {"bytes": text(file.getvalue()), "rate": rate, "values": packed(values.T)}
    save("wav", {"version": soundfile.__version__, "cases": cases})


def signal():
    import librosa
    import scipy
    import torch
    import torchaudio

    inputs, cases = {}, {}
    for name, rate, count in [("a", 22050, 4000), ("b", 16000, 4000), ("c", 44100, 6000), ("short", 16000, 700)]:
        inputs[name] = {"rate": rate, "samples": packed(tone(rate, count, len(inputs)))}
        x = tone(rate, count, len(inputs) - 1) / 32768
        every = 4  # a quarter of the bins keeps the file small
        for size, hop in [(512, 353), (256, 128)]:
            for padding in ["zeros", "reflect"]:
                mode = {"zeros": "constant", "reflect": "reflect"}[padding]
                s = np.log(np.abs(librosa.stft(x, n_fft=size, hop_length=hop, pad_mode=mode)) + 1e-7)
                cases[f"stft {name} {size} {hop} {padding}"] = {"shape": s.shape, "every": every, "values": packed(s[::every].astype(np.float32))}
        s = librosa.feature.melspectrogram(y=x, sr=rate, n_mels=64)
        cases[f"mel {name}"] = {"values": packed(librosa.power_to_db(s).astype(np.float32))}
        if count > 600:
            f, t, p = scipy.signal.spectrogram(x, fs=rate, nperseg=512, noverlap=353)
            log = np.log(p + 1e-7)
            cases[f"spectrogram {name}"] = {"shape": log.shape, "every": every, "values": packed(log[::every].astype(np.float32))}
            both = (log - log.mean()) / (log.std() + 1e-9)
            cases[f"standardised {name}"] = {"shape": log.shape, "every": every, "values": packed(both[::every].astype(np.float32))}
        wave = torch.tensor(x - x.mean(), dtype=torch.float64)[None]
        bank = torchaudio.compliance.kaldi.fbank(wave, htk_compat=True, sample_frequency=rate, use_energy=False, window_type="hanning", num_mel_bins=128, dither=0.0, frame_shift=10)
        cases[f"fbank {name}"] = {"values": packed(bank.numpy().astype(np.float32))}
    for size, periodic in [(8, True), (9, True), (9, False), (512, True)]:
        for name in ["hann", ("tukey", 0.25)]:
            label = name if isinstance(name, str) else name[0]
            cases[f"window {label} {size} {'periodic' if periodic else 'symmetric'}"] = {"values": packed(scipy.signal.get_window(name, size, fftbins=periodic))}
    versions = {m.__name__: m.__version__ for m in (librosa, scipy, torchaudio)}
    save("signal", {"versions": versions, "inputs": inputs, "cases": cases})


def scene(width, height, seed, channels=3):
    """Shapes with sharp and soft edges, and noise."""
    y, x = np.mgrid[:height, :width]
    random = np.random.default_rng(seed)
    layers = [127 + 120 * np.sin((c + 1) * x / 7 + y / (5 + c)) + random.normal(0, 12, (height, width)) for c in range(channels)]
    picture = np.stack(layers, axis=-1)
    picture[height // 4 : height // 2, width // 3 : width // 2] = 255
    picture[(x - width * 0.7) ** 2 + (y - height * 0.6) ** 2 < (height * 0.2) ** 2] = 0
    return picture.clip(0, 255).astype(np.uint8)


def pictures():
    import PIL
    import torch
    import torchvision
    from PIL import Image
    from torchvision import transforms

    inputs = {"wide": scene(67, 41, 0), "tall": scene(24, 50, 1), "grey": scene(37, 29, 2, 1)[..., 0]}
    cases = {}
    for name, array in inputs.items():
        image = Image.fromarray(array)
        for kernel in ["bilinear", "bicubic"]:
            code = getattr(Image.Resampling, kernel.upper())
            for size in [(20, 20), (24, 41), (80, 30), (5, 3), (1, 1), (67, 20)]:
                cases[f"resize {name} {kernel} {size[0]} {size[1]}"] = packed(np.array(image.resize(size, code)))
        for side, crop in [(28, 24), (23, 20), (31, 28)]:
            both = transforms.Compose([transforms.Resize(side), transforms.CenterCrop(crop)])
            cases[f"short {name} {side} {crop}"] = packed(np.array(both(image)))
        cases[f"squash {name} 28"] = packed(np.array(transforms.Resize((28, 28))(image)))
    small = Image.fromarray(inputs["wide"]).resize((9, 6))
    unit = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))])
    normal = unit(small).permute(1, 2, 0).contiguous().numpy()
    versions = {"Pillow": PIL.__version__, "torchvision": torchvision.__version__, "torch": torch.__version__}
    save("pictures", {"versions": versions, "inputs": {k: packed(v) for k, v in inputs.items()}, "cases": cases, "small": packed(np.array(small)), "normal": packed(normal)})


def images():
    import PIL
    from PIL import Image

    colour = Image.fromarray(scene(45, 31, 3))
    grey = colour.convert("L")
    exif = Image.Exif()
    exif[274] = 6  # turned by 90 degrees
    files = {
        "420.jpg": (colour, {"quality": 85, "subsampling": 2}),
        "444.jpg": (colour, {"quality": 95, "subsampling": 0}),
        "progressive.jpg": (colour, {"progressive": True}),
        "grey.jpg": (grey, {}),
        "turned.jpg": (colour, {"exif": exif}),
        "cmyk.jpg": (colour.convert("CMYK"), {}),
        "rgb.png": (colour, {}),
        "grey.png": (grey, {}),
        "bits.png": (grey.convert("1"), {}),
        "palette.png": (colour.quantize(16), {}),
        "alpha.png": (Image.merge("RGBA", (*colour.split(), grey)), {}),
        "deep.png": (Image.fromarray(scene(9, 7, 4, 1)[..., 0].astype(np.uint16) * 256 + 17), {}),
        "lossy.webp": (colour, {"quality": 80}),
        "lossless.webp": (colour, {"lossless": True}),
        "first.gif": (colour.quantize(16), {}),
    }
    cases = {}
    for name, (image, options) in files.items():
        file = io.BytesIO()
        image.save(file, {"jpg": "jpeg"}.get(name.split(".")[1], name.split(".")[1]), **options)
        read = Image.open(io.BytesIO(file.getvalue()))
        values = {} if name in ("cmyk.jpg", "deep.png") else {"rgb": packed(np.array(read.convert("RGB"))), "grey": packed(np.array(read.convert("RGB").convert("L")))}
        cases[name] = {"bytes": text(file.getvalue()), "size": image.size, **values}
    save("images", {"version": PIL.__version__, "cases": cases})


def resample():
    import soxr

    x = tone(8000, 1200, 9)
    cases = {str(rate): packed(soxr.resample((x / 32768).astype(np.float32), 8000, rate, quality="HQ")) for rate in (16000, 22050, 4000)}
    save("resample", {"version": soxr.__version__, "samples": packed(x), "cases": cases})


def hdf5():
    import tempfile

    import h5py

    with tempfile.TemporaryDirectory() as folder:
        name = pathlib.Path(folder) / "a.h5"
        random = np.random.default_rng(5)
        with h5py.File(name, "w", libver="earliest") as f:
            features = random.normal(size=(40, 3)).astype(np.float32)
            data = f.create_group("COVAREP/data")
            for video in ["abc[0]", "abc[1]", "-xyz"]:
                data.create_dataset(f"{video}/features", data=features, chunks=(8, 3), compression="gzip", shuffle=True, fletcher32=True)
                data.create_dataset(f"{video}/intervals", data=np.cumsum(np.ones((40, 2)), 0))
            f["COVAREP/metadata/md"] = np.array([b'{"name": "COVAREP"}'])
            f["big"] = features.astype(">f8")
            f["int64"] = np.array([[1, -(2**53) - 1], [3, 4]])
            f["uint8"] = np.arange(6, dtype=np.uint8).reshape(2, 3)
            f["scalar"] = np.float64(2.5)
            f["empty"] = np.zeros((0, 4), np.float32)
            f["half"] = features.astype(np.float16)
            f["bool"] = np.array([True, False])
            f["fixed"] = np.array(["sp".encode(), "\u00e9t\u00e9".encode()], dtype="S32")
            f["texts"] = ["one", "zw\u00f6lf \u732b"]
            f.create_dataset("bytes", (2,), dtype=h5py.vlen_dtype(np.uint8))
            f["bytes"][0] = np.array([255, 216, 0, 1], np.uint8)
            f["bytes"][1] = np.array([7], np.uint8)
            f.create_dataset("lzf", data=features, compression="lzf", chunks=True)
            f["compound"] = np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")])
            f["complex"] = np.array([1 + 2j])
        save("hdf5", {"version": h5py.__version__, "bytes": text(name.read_bytes()), "features": packed(features)})


def tables():
    import pyarrow
    import pyarrow.parquet

    struct = pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())])
    random = np.random.default_rng(6)
    pictures = [random.integers(0, 256, 200 + i).astype(np.uint8).tobytes() for i in range(7)]
    rows = {
        "image": [{"bytes": b, "path": f"{i}.jpg"} for i, b in enumerate(pictures[:5])] + [None, {"bytes": None, "path": "far.jpg"}],
        "text": ["one", "zw\u00f6lf \u732b", "", "four", "five", None, "seven"],
        "label": [0, 1, 2, 0, 1, 2, 0],
        "score": [0.5, 1.5, None, 2.5, 3.5, 4.5, 5.5],
        "tokens": [[1, 2, 3], [], [4], None, [5, 6], [7], [8]],
        "boxes": [[[1.0, 2.0], [3.0]], [], None, [[4.0]], [], [[]], []],
        "flag": [True, False, None, True, True, False, True],
        "raw": pictures[:4] + [None, b"", b"\xff"],
    }
    types = {"image": struct, "label": pyarrow.int64(), "score": pyarrow.float32(), "tokens": pyarrow.list_(pyarrow.int32()), "boxes": pyarrow.list_(pyarrow.list_(pyarrow.float64())), "raw": pyarrow.binary()}
    features = {"image": {"_type": "Image"}, "label": {"names": ["cat", "dog", "owl"], "_type": "ClassLabel"}}
    table = pyarrow.table({k: pyarrow.array(v, types.get(k)) for k, v in rows.items()})
    table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    cases = {}
    for codec in ["snappy", "zstd", "gzip", "brotli", "lz4", "none"]:
        for pages in ["1.0", "2.0"]:
            file = io.BytesIO()
            pyarrow.parquet.write_table(table, file, compression=codec, row_group_size=4, data_page_version=pages)
            cases[f"{codec} {pages}.parquet"] = text(file.getvalue())
    for form, opened in [("stream", pyarrow.ipc.new_stream), ("file", pyarrow.ipc.new_file)]:
        file = io.BytesIO()
        with opened(file, table.schema) as writer:
            writer.write_table(table, max_chunksize=4)
        cases[f"{form}.arrow"] = text(file.getvalue())
    plain = {k: [({"bytes": text(c["bytes"]) if c["bytes"] is not None else None, "path": c["path"]} if isinstance(c, dict) else text(c) if isinstance(c, bytes) else c) for c in v] for k, v in rows.items()}
    save("tables", {"version": pyarrow.__version__, "rows": plain, "cases": cases})


def tokenizers():
    import tokenizers
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

    corpus = ["the cat sat on the mat", "a dog and a cat", "numbers 12 and 345, signs: !?", "\u00e9t\u00e9 na\u00efve caf\u00e9", "unhappily running runners ran"] * 3
    word = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    word.normalizer = normalizers.BertNormalizer(lowercase=True)
    word.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    word.train_from_iterator(corpus, trainers.WordPieceTrainer(vocab_size=120, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]"]))
    word.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    pair = Tokenizer(models.BPE())
    pair.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    pair.decoder = decoders.ByteLevel()
    pair.train_from_iterator(corpus, trainers.BpeTrainer(vocab_size=320, special_tokens=["<pad>", "</s>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    pair.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    texts = ["The cat ran.", "", "unhappily the dogs are running on a mat with 12345 caf\u00e9s, naively!", "\u732b \U0001f600 e\u0301", "  tabs\tand\nbreaks  ", "[CLS] cat </s>"]
    cases = {}
    for name, tokenizer in [("word", word), ("pair", pair)]:
        plain = json.loads(tokenizer.to_str())
        tokenizer.enable_truncation(10)
        tokenizer.enable_padding(length=10, pad_id=0, pad_token=tokenizer.id_to_token(0))
        rows = tokenizer.encode_batch(texts)
        cases[name] = {"file": plain, "size": tokenizer.get_vocab_size(), "ids": [r.ids for r in rows], "mask": [r.attention_mask for r in rows], "cut": [i for i, r in enumerate(rows) if r.overflowing]}
    save("tokenizers", {"version": tokenizers.__version__, "texts": texts, "cases": cases})


SECTIONS = {f.__name__: f for f in (wav, signal, pictures, images, resample, hdf5, tables, tokenizers)}

if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    for section in sys.argv[1:] or SECTIONS:
        SECTIONS[section]()
