"""plot.py OUT.png|OUT.svg < results of tools/bench: times of the systems; our layers' share of the peak, and beside it the roofline
(Williams et al. 2009): GFLOP/s over the arithmetic that the ONNX file states for each byte of a layer's input, weights and output."""
import json
import sys

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt  # noqa: E402


def draw_times(axes, rows):
    systems = [s for s in rows[0]["times"] if any("error" not in r["times"].get(s, {"error": 1}) for r in rows)]
    width = 0.8 / len(systems)
    for i, system in enumerate(systems):
        ratios = [r["times"][system].get("median_ms", 0) / r["times"]["resnetc"]["median_ms"] for r in rows]
        axes.bar([x + i * width for x in range(len(rows))], ratios, width, label=system)
    axes.set_xticks([x + 0.4 - width / 2 for x in range(len(rows))],
                    [f"{r['network']}\nbatch {r['batch']}, {r['threads']} thr." for r in rows])
    axes.axhline(1, color="black", linewidth=0.8)
    axes.set_ylim(0, 4)  # what is slower than four times leaves the picture; the table has it
    axes.set_ylabel("median time / resnetc's")
    axes.legend(ncols=len(systems), fontsize="small", loc="lower right", bbox_to_anchor=(1, 1))


def draw_layers(axes, row):
    layers = [l for l in row["profile"]["layers"] if l["flops"]]
    peak = row["profile"]["peak_gflops"]
    axes.bar(range(len(layers)), [100 * l["flops"] / (l["median_ms"] * 1e6) / peak for l in layers])
    axes.axhline(100, color="black", linewidth=0.8)
    axes.set_xticks(range(len(layers)), [l["name"] for l in layers], rotation=90, fontsize=5)
    axes.set_ylabel("% of the FMA peak")
    axes.set_title(f"{row['network']}, batch {row['batch']}, {row['threads']} thread(s)", fontsize="medium")


def draw_roofline(axes, row):
    layers = [l for l in row["profile"]["layers"] if l["flops"] and l["bytes"]]
    peak, memory = row["profile"]["peak_gflops"], row["memory_gbs"]
    intensity = [l["flops"] / l["bytes"] for l in layers]
    ends = [min(intensity), peak / memory, max(max(intensity), 2 * peak / memory)]
    axes.plot(ends, [min(peak, memory * x) for x in ends], color="black", linewidth=0.8)
    axes.scatter(intensity, [l["flops"] / (l["median_ms"] * 1e6) for l in layers], s=12)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("FLOP / byte")
    axes.set_ylabel("GFLOP/s")
    axes.set_title(f"roofline: {peak:.0f} GFLOP/s, {memory:.0f} GB/s", fontsize="medium")


def main():
    rows = json.load(sys.stdin)
    single = [r for r in rows if r["threads"] == min(q["threads"] for q in rows)]
    figure = plt.figure(figsize=(14, 4 * (1 + len(single))), layout="constrained")
    grid = figure.add_gridspec(1 + len(single), 4)
    times = figure.add_subplot(grid[0, :])
    draw_times(times, rows)
    times.set_title(rows[0]["cpu"], loc="left")
    for i, row in enumerate(single, start=1):
        draw_layers(figure.add_subplot(grid[i, :3]), row)
        draw_roofline(figure.add_subplot(grid[i, 3]), row)
    figure.savefig(sys.argv[1], dpi=110)


main()
