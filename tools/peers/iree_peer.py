"""IREE, llvm-cpu for the host at -O3; one worker a thread."""
import pathlib
import subprocess
import sys

import iree.runtime as runtime

FLAGS = ["--iree-hal-target-device=local", "--iree-hal-local-target-device-backends=llvm-cpu", "--iree-llvmcpu-target-cpu=host",
         "--iree-opt-level=O3"]


def convert(job):
    module, text = pathlib.Path(job.work) / "model.vmfb", pathlib.Path(job.work) / "model.mlir"
    if not module.exists():
        tools = pathlib.Path(sys.executable).parent
        subprocess.run([tools / "iree-import-onnx", job.model, "-o", text], check=True)
        subprocess.run([tools / "iree-compile", text, *FLAGS, "-o", module], check=True)
        text.unlink()
    return module


def load(job):
    runtime.flags.parse_flags("--task_topology_group_count=" + str(job.threads))
    config = runtime.Config("local-sync" if job.threads == 1 else "local-task")
    module = runtime.load_vm_module(runtime.VmModule.mmap(config.vm_instance, str(convert(job))), config)
    entry = next(getattr(module, name) for name in module.vm_module.function_names if not name.startswith("__") and "$" not in name)

    def call():
        result = entry(job.array)
        return (result[0] if isinstance(result, (list, tuple)) else result).to_host()

    return call
