"""The process of one peer: serve.py SYSTEM JOB.json. Answers each line N on standard input with the milliseconds of N runs.

JOB: {"model": FILE.onnx, "input": FILE.npy, "input_name", "output_name", "threads", "work": a folder to convert in, "precision"}.
The first answer is {"output": FILE.npy} once the model is loaded and has run, or {"error": why not}.
"""
import importlib
import json
import os
import pathlib
import sys
import time
import types

# What a library prints must not end up between the answers.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def answer(value):
    print(json.dumps(value), file=answers, flush=True)


def load(system, job):
    import numpy as np

    job.array = np.load(job.input)
    call = importlib.import_module(f"{system}_peer").load(job)
    file = pathlib.Path(job.work) / "output.npy"
    np.save(file, np.asarray(call(), np.float32))
    return call, file


def main():
    system, job = sys.argv[1], types.SimpleNamespace(**json.loads(pathlib.Path(sys.argv[2]).read_text()))
    try:
        call, file = load(system, job)
    except Exception as error:  # whatever a peer raises is the reason that the table shows
        return answer({"error": f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else ''}"})
    answer({"output": str(file)})
    for line in sys.stdin:
        call()  # wakes the threads that slept while another system ran
        times = []
        for _ in range(int(line)):
            start = time.perf_counter()
            call()
            times.append((time.perf_counter() - start) * 1e3)
        answer(times)


main()
