"""Runs ONNX's own backend test-suite and lists what became of each case.

    .venv/bin/python tests/backend/suite.py [PATTERN]            # prints the list
    .venv/bin/python tests/backend/suite.py > tests/backend/results.txt
"""
import collections
import concurrent.futures
import os
import pathlib
import re
import sys
import tempfile
import unittest
import warnings

sys.path[:0] = [str(pathlib.Path(__file__).parent), str(pathlib.Path(__file__).parents[1] / "e2e")]
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ["ONNX_HOME"] = tempfile.mkdtemp(prefix="resnetc-onnx-")  # the suite copies its models there

import onnx  # noqa: E402
from onnx.backend.test.runner import Runner  # noqa: E402
from resnetc_backend import ResnetcBackend  # noqa: E402

cases = {}  # name -> function; global, so that the worker processes have it by the fork


def load():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the suite overflows on purpose
        runner = Runner(ResnetcBackend)
    for category in runner._test_items.values():
        cases.update({name: item.func for name, item in category.items() if name.endswith("_cpu")})


def outcome(name):
    try:
        cases[name](None)
        return "passed"
    except unittest.SkipTest as refusal:
        return f"not supported: {refusal}"
    except Exception as fault:  # noqa: BLE001  whatever it is, it is listed
        return "failed: " + " ".join(f"{type(fault).__name__}: {fault}".split())[:300]


def run(pattern=""):
    """{name: outcome} of the cases whose name holds the pattern."""
    cases or load()
    names = sorted(name for name in cases if re.search(pattern, name))
    with concurrent.futures.ProcessPoolExecutor(int(os.environ.get("JOBS", os.cpu_count()))) as pool:
        return dict(zip(names, pool.map(outcome, names, chunksize=4)))


def report(results):
    """The list as text: the counts, then a line a case."""
    counts = collections.Counter(result.split(":")[0] for result in results.values())
    head = ", ".join(f"{counts[kind]} {kind}" for kind in ("passed", "failed", "not supported"))
    return "\n".join([f"# onnx {onnx.__version__}, {len(results)} cases: {head}", *(f"{n} {r}" for n, r in results.items())]) + "\n"


if __name__ == "__main__":
    sys.stdout.write(report(run(*sys.argv[1:])))
