#!/usr/bin/env python3
"""Takes resnetc's options and writes an object whose model doubles its input, so that resnetc_add_model can be tested
by itself. What it was called with goes to calls.txt beside the object; a file weights.bin beside the model is part of
it, as external data would be."""
import argparse
import pathlib
import subprocess

CODE = """
#include "NAME.h"
static size_t scratch_bytes(int32_t batch) { return 0 * (size_t)batch; }
resnetc_status NAME_run(const float *in, float *out, void *scratch) {
  (void)scratch;
  for (int i = 0; i < 4; ++i) out[i] = 2 * in[i];
  return RESNETC_OK;
}
static resnetc_status run(int32_t batch, const void *const *in, void *const *out, void *scratch, const resnetc_exec *ex) {
  (void)batch;
  return ex ? NAME_run(in[0], out[0], scratch) : RESNETC_E_ARG;
}
static const resnetc_tensor_info info = {"x", "", RESNETC_F32, 1, {4}, 16, 4};
static const resnetc_model model = {RESNETC_ABI, sizeof model, "NAME", "", "", "", 1, 1, &info, &info, 1, 1, 0, 64,
                                    scratch_bytes, run, 0, 0};
const resnetc_model *NAME_model(void) { return &model; }
"""
HEADER = """
#include "resnetc_runtime.h"
resnetc_status NAME_run(const float *in, float *out, void *scratch);
const resnetc_model *NAME_model(void);
"""

parser = argparse.ArgumentParser()
parser.add_argument("model", type=pathlib.Path)
parser.add_argument("-o", dest="out", type=pathlib.Path)
parser.add_argument("--name")
parser.add_argument("-MD", action="store_true")
parser.add_argument("-MF", dest="depfile", type=pathlib.Path)
args, rest = parser.parse_known_args()
with (args.out.parent / "calls.txt").open("a") as log:
    print(args.name, *rest, file=log)
include = args.model.read_text().strip()  # the fake's "model" says where the runtime's header is
args.out.with_suffix(".h").write_text(HEADER.replace("NAME", args.name))
source = args.out.with_suffix(".c")
source.write_text(CODE.replace("NAME", args.name))
subprocess.run(["cc", "-std=c11", "-fPIC", f"-I{include}", "-c", source, "-o", args.out], check=True)
weights = args.model.with_name("weights.bin")
if args.MD:
    args.depfile.write_text(f"{args.out}: {args.model} {weights if weights.exists() else ''}\n")
