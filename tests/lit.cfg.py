# How lit runs the tests that are text files: each one's RUN lines, with the tools of the build folder first in PATH.
# By hand: .venv/bin/lit -v build/tests --filter fold-batch-norm
import os

import lit.formats

config.name = "resnetc"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.excludes = ["Inputs", "CMakeLists.txt"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = config.binary_dir
config.environment["PATH"] = os.pathsep.join([config.tools_dir, config.llvm_tools_dir, os.environ["PATH"]])
config.substitutions += [("%python", config.python), ("%root", config.source_dir)]
