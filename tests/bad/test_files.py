"""Files that are no model, and models whose bytes or header are wrong: rows 1 to 13, 33 and 51 to 60 of the table of bad
inputs. A case holds the bytes, or the model, and all that is printed.
"""
import math

import numpy as np
import onnx
import pytest
from broken import (changed, field, good_bytes, good_model, graph, nested, nested_if, varint, weighted_bytes)
from contract import refuse
from onnx import helper, numpy_helper

NOT_ONNX = "model.onnx: error: [R013] not an ONNX protobuf"
CONVERT = "\n  fix   convert it to ONNX first"

FILES = {
    "1 empty": (b"", "model.onnx: error: [R019] empty file (0 bytes), not an ONNX model"),
    "2 truncated": (weighted_bytes()[:-300], """
model.onnx: error: [R012] protobuf ends early: ModelProto.graph.initializer[2].raw_data wants 400 bytes at offset 866, file has 164 left
  fix   the download is probably cut: at least 1266 bytes needed up to here, found 1030 bytes"""),
    "2 truncated in a tag": (b"\x08\x08\x80", """
model.onnx: error: [R012] protobuf ends early: a field of ModelProto wants 1 bytes at offset 3, file has 0 left
  fix   the download is probably cut: at least 4 bytes needed up to here, found 3 bytes"""),
    "3 zeros": (bytes(1000), "model.onnx: error: [R013] not an ONNX protobuf (byte 0: 0x00, field number 0)"),
    "3 random": (np.random.default_rng(0).bytes(1 << 20), "model.onnx: error: [R013] not an ONNX protobuf (byte 0: 0x5f, field 11 has wire type 7)"),
    "3 PNG": (b"\x89PNG\r\n\x1a\n" + bytes(100), f"{NOT_ONNX} (byte 0: 0x89): looks like a PNG image{CONVERT}"),
    "3 gzip": (b"\x1f\x8b\x08" + bytes(100), f"{NOT_ONNX} (byte 0: 0x1f): looks like gzip{CONVERT}"),
    "3 Git LFS": (b"version https://git-lfs.github.com/spec/v1\noid sha256:4f\nsize 102583340\n", """
model.onnx: error: [R011] this is a Git LFS pointer, not a model (72 bytes; the model has 102583340)
  fix   git lfs pull"""),
    "3 Git LFS cut": (b"version https://git-lfs.github.com/spec/v1\n", """
model.onnx: error: [R011] this is a Git LFS pointer, not a model (43 bytes)
  fix   git lfs pull"""),
    "4 text": (b"<ir_version: 8> g (float[1] x) => (float[1] y) { y = Relu(x) }", """
model.onnx: error: [R013] not an ONNX protobuf (byte 0: 0x3c): looks like a model in ONNX's text form
  fix   convert it to ONNX first"""),
    "4 HTML": (b"<html><body>404 not found</body></html>\n" * 20, """
model.onnx: error: [R013] not an ONNX protobuf (byte 0: 0x3c): looks like HTML or XML
  fix   convert it to ONNX first"""),
    "4 TFLite": (b"\x1c\0\0\0TFL3" + bytes(100), """
model.onnx: error: [R013] not an ONNX protobuf (byte 0: 0x1c): looks like TFLite
  fix   convert it to ONNX first"""),
    "4 zip": (b"PK\x03\x04" + bytes(100), """
model.onnx: error: [R013] not an ONNX protobuf (byte 0: 0x50): looks like a zip archive (.pt, .pth, .keras, .npz)
  fix   convert it to ONNX first"""),
    "4 pickle": (b"\x80\x02}q\0." + bytes(100), """
model.onnx: error: [R013] not an ONNX protobuf (byte 0: 0x80): looks like a Python pickle (.pth)
  fix   convert it to ONNX first"""),
    "4 HDF5": (b"\x89HDF\r\n\x1a\n" + bytes(100), """
model.onnx: error: [R013] not an ONNX protobuf (byte 0: 0x89): looks like HDF5 (.h5)
  fix   convert it to ONNX first"""),
    "5 tensor": (numpy_helper.from_array(np.ones((2, 2), np.float32), "w").SerializeToString(), "model.onnx: error: [R013] not a ModelProto: producer_name at byte 4 has wire type 0, want 2"),
    "6 varint of 11 bytes": (b"\x08" + b"\xff" * 10 + b"\x01", "model.onnx: error: [R015] malformed field at byte 0 in ModelProto: a number of more than 10 bytes"),
    "6 length 2^63": (b"\x08\x08\x12" + varint(1 << 63), "model.onnx: error: [R015] malformed field at byte 2 in ModelProto: a length of more than 63 bits"),
    "6 group": (b"\x08\x08\x0b\x0c", "model.onnx: error: [R015] malformed field at byte 2 in ModelProto: ir_version has wire type 3"),
    "6 end of a group": (b"\x08\x08\x0c", "model.onnx: error: [R015] malformed field at byte 2 in ModelProto: ir_version has wire type 4"),
    "6 field 0": (b"\x08\x08\x00\x00", "model.onnx: error: [R015] malformed field at byte 2 in ModelProto: field number 0"),
    "7 two graphs": (good_bytes() * 2, "model.onnx: error: [R017] field 'graph' occurs 2 times"),
    "8 nesting 65": (nested(31), "model.onnx: error: [R016] nesting deeper than 64 messages at byte 133"),
    "8 nesting 10000": (nested(5000), "model.onnx: error: [R016] nesting deeper than 64 messages at byte 262"),
    "9 trailing bytes": (good_bytes() + b"\0\0\0", "model.onnx: error: [R017] trailing bytes at 87 after the model: field number 0"),
    "11 no ir_version": (changed(ir_version=None), "model.onnx: error: [R018] the model has no ir_version"),
    "11 ir_version 0": (changed(ir_version=0), "model.onnx: error: [R014] ir_version 0 is not supported (3..14)"),
    "11 ir_version 999": (changed(ir_version=999), "model.onnx: error: [R014] ir_version 999 is not supported (3..14)"),
    "11 ir_version -1": (changed(ir_version=-1), "model.onnx: error: [R014] ir_version -1 is not supported (3..14)"),
    "12 no graph": (b"\x08\x08", "model.onnx: error: [R018] the model has no graph"),
    "12 no opset": (changed(opsets=[]), "model.onnx: error: [R018] the model has no opset_import of ai.onnx"),
    "12 opset 0": (changed(opsets=[("", 0)]), "model.onnx: error: [R014] opset 0 of ai.onnx is not supported (7..28)"),
    "12 opset -1": (changed(opsets=[("", -1)]), "model.onnx: error: [R014] opset -1 of ai.onnx is not supported (7..28)"),
    "12 opset 6": (changed(opsets=[("", 6)]), "model.onnx: error: [R014] opset 6 of ai.onnx is not supported (7..28)"),
    "12 opset 999": (changed(opsets=[("", 999)]), "model.onnx: error: [R014] opset 999 of ai.onnx is newer than 28, the newest this build knows"),
    "12 opset of another domain": (changed(opsets=[("com.acme", 1)]), "model.onnx: error: [R018] the model has no opset_import of ai.onnx"),
    "13 opset twice": (changed(opsets=[("", 17), ("", 17)]), "model.onnx: error: [R059] domain 'ai.onnx' is imported twice"),
    "13 opset by both names": (changed(opsets=[("", 17), ("ai.onnx", 17)]), "model.onnx: error: [R059] domain 'ai.onnx' is imported twice"),
}


@pytest.mark.parametrize("name", FILES)
def test_file(name, tmp_path):
    content, messages = FILES[name]
    (tmp_path / "model.onnx").write_bytes(content if isinstance(content, bytes) else content.SerializeToString())
    refuse(tmp_path, messages)
