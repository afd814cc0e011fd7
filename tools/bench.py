"""Measures compiled networks beside other systems, all in turn in one run: a noisy moment hits all alike.

    tools/bench [resnet18 resnet50 FILE.onnx ...] [--threads 1,2] [--batch 1,8] [--peers onnxruntime,openvino,...]
                [--rounds 6] [--repeat 8] [--json OUT.json] [--plot OUT.png] [--markdown]

For each network, batch and number of threads: minimum and median milliseconds of a run of each system, and how many times
our median goes into its median; then our layers, with their share of the peak of the core. Peers that are not among our own
packages are installed into build/bench/. A peer that does not take part is listed with the reason. A peer whose output differs
from onnxruntime's by more than 1e-3 of the largest is marked: its time is not one of the same network.
"""
import argparse
import json
import os
import pathlib
import platform
import subprocess
import sys
import time

import numpy as np
import onnx

import measure

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "models"), str(ROOT / "tools" / "peers")]
import peers  # noqa: E402
import resnet  # noqa: E402


class Network:
    """A model file of one batch, its input, and what resnetc makes of it."""

    def __init__(self, name, batch, args):
        self.name, self.batch = pathlib.Path(name).stem, batch
        self.model = pathlib.Path(name)
        if name in resnet.NETWORKS:
            self.model = args.work / f"{name}-{batch}.onnx"
            if not self.model.exists():
                onnx.save(resnet.build(name, batch=batch), self.model)
        graph = onnx.load(self.model, load_external_data=False).graph
        value = next(i for i in graph.input if i.name not in {w.name for w in graph.initializer})
        self.input_name, self.output_name = value.name, graph.output[0].name
        shape = [d.dim_value or (batch if i == 0 else 0) for i, d in enumerate(value.type.tensor_type.shape.dim)]
        if len(shape) == 4 and shape[1] == 3:
            self.input = resnet.pictures(shape[0], shape[2], shape[3], seed=1)
        else:
            self.input = np.random.default_rng(1).standard_normal(shape).astype(np.float32)
        self.shared = args.work / f"{self.model.stem}.so"
        self.file = args.work / f"{self.model.stem}.npy"
        np.save(self.file, self.input)
        subprocess.run([args.bin / "resnetc", self.model, "-o", self.shared, "--name", "net", "-q", *args.resnetc_options.split()],
                       check=True)


def traffic_of(model):
    """{node: bytes} of convolutions and dense layers: each input, weight and output once."""
    graph = onnx.shape_inference.infer_shapes(onnx.load(model)).graph
    sizes = {t.name: 4 * int(np.prod(t.dims)) for t in graph.initializer}
    for value in [*graph.input, *graph.output, *graph.value_info]:
        sizes.setdefault(value.name, 4 * int(np.prod([d.dim_value for d in value.type.tensor_type.shape.dim])))
    return {node.name: sum(sizes.get(name, 0) for name in [*node.input, *node.output])
            for node in graph.node if node.op_type in ("Conv", "Gemm", "MatMul")}


def memory_rate():
    """GB/s that one thread reads and writes: the best of some copies that no cache holds."""
    source = np.zeros(32 << 20, np.float32)
    target = np.ones_like(source)
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        np.copyto(target, source)
        best = min(best, time.perf_counter() - start)
    return 2 * source.nbytes / best / 1e9


def cpu_name():
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines() if pathlib.Path("/proc/cpuinfo").exists() else []
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def profile(network, threads, args):
    command = [args.bin / "resnetc-run", network.shared, "--input", f"{network.input_name}={network.file}", "--threads", str(threads),
               "--profile", "--json", "--repeat", str(args.repeat)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["profile"]


def compare(network, threads, args):
    """{system: {"min_ms", "median_ms", "runs_ms"} or {"error"}} for one row of the table."""
    started = {name: peers.Peer(name, network.model, network.input, network.input_name, network.output_name, threads, args.work)
               for name in args.peers}
    able = {name: peer for name, peer in started.items() if not peer.error}
    systems = {"resnetc": measure.ours(args.bin / "resnetc-run", network.shared, network.input_name, network.file, threads)}
    times = measure.interleave({**systems, **{name: peer.run for name, peer in able.items()}}, args.rounds, args.repeat)
    times |= {name: {"error": peer.error} for name, peer in started.items() if peer.error}
    truth = able["onnxruntime"].output if "onnxruntime" in able else None
    for name, peer in able.items():
        if truth is not None:
            times[name]["difference"] = float(np.abs(peer.output - truth).max() / np.abs(truth).max())
        peer.close()
    return times


def print_times(times):
    mine = times["resnetc"]["median_ms"]
    print(f"  {'system':15} {'min ms':>9} {'median ms':>10}  theirs / ours")
    for name, t in times.items():
        if "error" in t:
            print(f"  {name:15} {t['error']}")
            continue
        wrong = "  computes something else" if t.get("difference", 0) > 1e-3 else ""
        ratio = "" if name == "resnetc" else f"{t['median_ms'] / mine:8.2f}x"
        print(f"  {name:15} {t['min_ms']:9.2f} {t['median_ms']:10.2f}  {ratio}{wrong}", flush=True)


def print_layers(layers):
    peak = layers["peak_gflops"]
    print(f"  layers (peak {peak:.1f} GFLOP/s; the arithmetic that the ONNX file states)")
    for layer in layers["layers"]:
        rate = layer["flops"] / (layer["median_ms"] * 1e6) if layer["flops"] else 0
        share = f"{rate:8.1f} GFLOP/s {100 * rate / peak:6.1f} %" if rate else " " * 25
        print(f"    {layer['median_ms']:9.3f} ms {share}  {layer['name']}")


def print_markdown(results):
    names = [n for n in results[0]["times"] if n != "resnetc"]
    print("| network | batch | threads | resnetc | " + " | ".join(names) + " |\n" + "| --- " * (len(names) + 4) + "|")
    for row in results:
        mine = row["times"]["resnetc"]
        cells = [f"{t['min_ms']:.1f} / {t['median_ms']:.1f} ({t['median_ms'] / mine['median_ms']:.2f}x)" if "error" not in t else "–"
                 for t in (row["times"][n] for n in names)]
        print(f"| {row['network']} | {row['batch']} | {row['threads']} | {mine['min_ms']:.1f} / {mine['median_ms']:.1f} | "
              + " | ".join(cells) + " |")


def parse():
    parser = argparse.ArgumentParser(prog="tools/bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="*", default=["resnet18", "resnet50"])
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path(os.environ.get("RESNETC_BUILD_DIR", ROOT / "build")))
    parser.add_argument("--threads", default=",".join(map(str, sorted({1, len(os.sched_getaffinity(0))}))))
    parser.add_argument("--batch", default="1")
    parser.add_argument("--peers", default=",".join(peers.SYSTEMS), help="which of: " + ", ".join(peers.SYSTEMS))
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--repeat", type=int, default=8)
    parser.add_argument("--resnetc-options", default="", help="more options for resnetc, separated by spaces")
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--plot", type=pathlib.Path, help="a picture (.png, .svg): times, layers, roofline")
    parser.add_argument("--markdown", action="store_true", help="also print the table of README")
    args = parser.parse_args()
    args.peers = [p for p in args.peers.split(",") if p]
    if unknown := set(args.peers) - set(peers.SYSTEMS):
        parser.error(f"no such peer: {', '.join(sorted(unknown))}")
    args.work, args.bin = args.build / "bench", args.build / "bin"
    args.work.mkdir(parents=True, exist_ok=True)
    return args


def main():
    args = parse()
    results = []
    print(f"{cpu_name()}; fp32; {args.rounds} x {args.repeat} runs, systems in turn")
    for name in args.networks:
        for batch in map(int, args.batch.split(",")):
            network = Network(name, batch, args)
            traffic = traffic_of(network.model)
            for threads in map(int, args.threads.split(",")):
                print(f"{network.name}, batch {batch}, {threads} thread{'s' * (threads > 1)}", flush=True)
                row = {"network": network.name, "batch": batch, "threads": threads, "cpu": cpu_name(),
                       "times": compare(network, threads, args), "profile": profile(network, threads, args)}
                row["memory_gbs"] = memory_rate()
                for layer in row["profile"]["layers"]:
                    layer["bytes"] = traffic.get(layer["name"], 0)
                print_times(row["times"])
                print_layers(row["profile"])
                results.append(row)
    if args.json:
        args.json.write_text(json.dumps(results, indent=1))
    if args.markdown:
        print_markdown(results)
    if args.plot:
        python = peers.python_of("plot", args.work)
        subprocess.run([python, ROOT / "tools" / "peers" / "plot.py", args.plot], input=json.dumps(results), text=True, check=True)


if __name__ == "__main__":
    main()
