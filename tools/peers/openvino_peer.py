"""OpenVINO, CPU plugin, for latency. Without the precision hint it takes bf16 where the CPU has it, silently."""
import openvino


def load(job):
    core = openvino.Core()
    settings = {"INFERENCE_PRECISION_HINT": job.precision, "INFERENCE_NUM_THREADS": job.threads, "PERFORMANCE_HINT": "LATENCY",
                "NUM_STREAMS": 1}
    if job.precision == "bf16" and "BF16" not in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        raise RuntimeError("this CPU has no bf16 instructions")
    compiled = core.compile_model(core.read_model(job.model), "CPU", settings)
    request = compiled.create_infer_request()
    output = compiled.output(job.output_name)

    def call():
        return request.infer({job.input_name: job.array})[output]

    return call
