"""Times networks side by side: rounds in which every system runs in turn, so that a noisy moment hits all alike.

A system is a function repeat -> list of milliseconds. Ours runs in a process of its own (resnetc-run).
"""
import json
import statistics
import subprocess
import time


def ours(runner, shared_object, input_name, input_file, threads):
    command = [str(runner), str(shared_object), "--input", f"{input_name}={input_file}", "--threads", str(threads), "--json"]

    def run(repeat):
        out = subprocess.run([*command, "--repeat", str(repeat)], check=True, capture_output=True, text=True).stdout
        return json.loads(out)["runs_ms"]

    return run


def repeat_call(call):
    def run(repeat):
        call()  # wakes the threads that slept while another system ran
        times = []
        for _ in range(repeat):
            start = time.perf_counter()
            call()
            times.append((time.perf_counter() - start) * 1e3)
        return times

    return run


def ort_session(model, threads):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


def onnxruntime_system(model, feed, threads):
    session = ort_session(model, threads)
    return repeat_call(lambda: session.run(None, feed))


def interleave(systems, rounds=5, repeat=10):
    """{name: {"min_ms", "median_ms", "runs_ms"}} after `rounds` turns of `repeat` runs each."""
    times = {name: [] for name in systems}
    for _ in range(rounds):
        for name, run in systems.items():
            time.sleep(0.1)  # lets the threads of the system before go to sleep
            times[name] += run(repeat)
    return {name: {"min_ms": min(t), "median_ms": statistics.median(t), "runs_ms": t} for name, t in times.items()}
