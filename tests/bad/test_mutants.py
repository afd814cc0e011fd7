"""Models damaged in every way that is cheap to try, in one process: each must be refused by a message of the user's, or mean
the same before and after the graph passes (Mutant.cpp). A fault keeps the damaged model as a file.
"""
import json
import subprocess

import mutate
import onnx
import pytest
from contract import TOOL

MUTANTS = TOOL.with_name("onnx-mutants")


def judge(tmp_path, *options, **more):
    done = subprocess.run([MUTANTS, "--save", tmp_path / "mutant.onnx", *options], capture_output=True, timeout=600, **more)
    assert done.returncode == 0, f"exit {done.returncode}: {done.stderr.decode()} {tmp_path}/mutant.onnx"
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", mutate.SEEDS)
def test_every_prefix_and_every_bit(name, tmp_path):
    model = mutate.seed_model(name).SerializeToString()
    (tmp_path / "model.onnx").write_bytes(model)
    counts = judge(tmp_path, "--every", "--objects=50", tmp_path / "model.onnx")
    assert counts["tried"] == 9 * len(model)
    assert counts["slowest"] < 5 and counts["accepted"] > 100 and counts["compared"] > 50 and len(counts["refused"]) > 10


def test_changed_fields(tmp_path):
    """Some thousand models with a few fields changed each: numbers at their limits, names swapped, parts dropped or doubled."""
    counts = judge(tmp_path, "--objects=20", input=b"".join(mutate.stream(3000, seed=1)))
    assert counts["tried"] == 3000 and counts["accepted"] > 100 and len(counts["refused"]) > 15
