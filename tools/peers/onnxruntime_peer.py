"""onnxruntime, CPU provider: all graph optimisations and spinning threads are its defaults."""
import onnxruntime


def load(job):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = job.threads, 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(job.model, options, providers=["CPUExecutionProvider"])
    return lambda: session.run([job.output_name], {job.input_name: job.array})[0]
