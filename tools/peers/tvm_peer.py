"""TVM's relax with its default schedules for the host: not tuned, since tuning a network takes hours on two cores."""
import os

import onnx


def load(job):
    os.environ["TVM_NUM_THREADS"] = str(job.threads)  # read when the library is loaded
    import tvm
    from tvm import relax
    from tvm.relax.frontend.onnx import from_onnx

    module = from_onnx(onnx.load(job.model), shape_dict={job.input_name: list(job.array.shape)}, keep_params_in_input=False)
    target = tvm.target.Target({"kind": "llvm", "mcpu": tvm.target.codegen.llvm_get_system_cpu(), "num-cores": job.threads})
    machine = relax.VirtualMachine(tvm.compile(module, target=target), tvm.cpu())
    image = tvm.runtime.tensor(job.array)

    def call():
        result = machine["main"](image)
        return (result if hasattr(result, "numpy") else result[0]).numpy()

    return call
