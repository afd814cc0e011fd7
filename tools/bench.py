"""Measures compiled networks beside onnxruntime and OpenVINO (fp32), all systems in turn in one run.

    tools/bench [resnet18 resnet50 FILE.onnx ...] [--threads 1,2] [--rounds 6] [--repeat 8] [--json OUT.json]

Prints minimum and median milliseconds of one image, and how many times our median goes into theirs. OpenVINO takes part
when requirements-bench.txt is installed. Networks named as in models/resnet.py are made, compiled and kept in build/bench.
"""
import argparse
import importlib.util
import json
import os
import pathlib
import platform
import subprocess
import sys

import numpy as np
import onnx

import measure

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "models"))
import resnet  # noqa: E402


def prepare(name, work, resnetc, options):
    """(network name, model file, compiled .so, input name, input) of a network's name or an ONNX file."""
    if name in resnet.NETWORKS:
        model = work / f"{name}.onnx"
        if not model.exists():
            onnx.save(resnet.build(name), model)
    else:
        model = pathlib.Path(name)
    shared = work / f"{model.stem}.so"
    subprocess.run([resnetc, model, "-o", shared, "--name", "net", "-q", *options], check=True)
    graph = onnx.load(model, load_external_data=False).graph
    value = next(i for i in graph.input if i.name not in {w.name for w in graph.initializer})
    shape = [d.dim_value or 1 for d in value.type.tensor_type.shape.dim]
    if len(shape) == 4 and shape[1] == 3:
        x = resnet.pictures(shape[0], shape[2], shape[3], seed=1)
    else:
        x = np.random.default_rng(1).standard_normal(shape).astype(np.float32)
    return model.stem, model, shared, value.name, x


def cpu_name():
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines() if pathlib.Path("/proc/cpuinfo").exists() else []
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def measure_network(network, threads, runner, work, args):
    name, model, shared, input_name, x = network
    file = work / f"{name}.npy"
    np.save(file, x)
    systems = {"resnetc": measure.ours(runner, shared, input_name, file, threads),
               "onnxruntime": measure.onnxruntime_system(model, {input_name: x}, threads)}
    if importlib.util.find_spec("openvino"):
        systems["openvino"] = measure.openvino_system(model, {input_name: x}, threads)
    return measure.interleave(systems, args.rounds, args.repeat)


def print_row(name, threads, times):
    mine = times["resnetc"]["median_ms"]
    cells = [f"{t['min_ms']:8.2f} {t['median_ms']:8.2f}" for t in times.values()]
    ratios = [f"{t['median_ms'] / mine:8.2f}x" for n, t in times.items() if n != "resnetc"]
    print(f"{name:18} {threads:7}  " + "  ".join(cells) + "  " + "  ".join(ratios), flush=True)


def main():
    parser = argparse.ArgumentParser(prog="tools/bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="*", default=["resnet18", "resnet50"])
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path(os.environ.get("RESNETC_BUILD_DIR", ROOT / "build")))
    parser.add_argument("--threads", default=",".join(map(str, sorted({1, len(os.sched_getaffinity(0))}))))
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--repeat", type=int, default=8)
    parser.add_argument("--resnetc-options", default="", help="more options for resnetc, separated by spaces")
    parser.add_argument("--json", type=pathlib.Path)
    args = parser.parse_args()
    work = args.build / "bench"
    work.mkdir(parents=True, exist_ok=True)
    results = []
    peers = ["onnxruntime"] + (["openvino"] if importlib.util.find_spec("openvino") else [])
    print(f"{cpu_name()}; batch 1, fp32, milliseconds: min and median of {args.rounds} x {args.repeat} runs, systems in turn")
    print(f"{'network':18} threads  " + "  ".join(f"{n:>17}" for n in ["resnetc", *peers]) + "  theirs / ours (medians): " + ", ".join(peers))
    for name in args.networks:
        network = prepare(name, work, args.build / "bin" / "resnetc", args.resnetc_options.split())
        for threads in map(int, args.threads.split(",")):
            times = measure_network(network, threads, args.build / "bin" / "resnetc-run", work, args)
            print_row(network[0], threads, times)
            results.append({"network": network[0], "threads": threads, "cpu": cpu_name(), "times": times})
    if args.json:
        args.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
