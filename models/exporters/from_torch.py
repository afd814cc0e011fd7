"""The exporters of PyTorch: torch.onnx of the TorchScript kind ("legacy") and of the torch.export kind ("dynamo")."""
import io
import pathlib
import sys
import tempfile
import warnings

import onnx
import torch

sys.path.append(str(pathlib.Path(__file__).parents[1]))

from stored import is_wanted, store  # noqa: E402

warnings.simplefilter("ignore")


def learned(model):
    """Norms as training leaves them. Untrained ones are all equal, and the exporter would make one tensor of them."""
    generator = torch.Generator().manual_seed(0)
    for name, tensor in model.state_dict().items():
        if tensor.ndim == 1 and tensor.is_floating_point():
            noise = 0.2 * torch.randn(tensor.shape, generator=generator).clamp(-2, 2)
            tensor.copy_(noise if name.endswith(("bias", "mean")) else 1 + noise)
    return model


def legacy(name, model, size, opset, fold=True, dynamic=False, trained=True, **options):
    """fold: batch normalizations are folded into convolutions, as the exporter does on its own for an evaluated model."""
    if not is_wanted(name):
        return
    model = learned(model) if trained else model
    buffer = io.BytesIO()
    training = torch.onnx.TrainingMode.EVAL if fold else torch.onnx.TrainingMode.PRESERVE
    axes = {"input": {0: "batch"}, "output": {0: "batch"}} if dynamic else None
    torch.onnx.export(model.eval(), torch.randn(1, 3, size, size), buffer, dynamo=False, opset_version=opset, training=training,
                      do_constant_folding=fold, input_names=["input"], output_names=["output"], dynamic_axes=axes, **options)
    store(name, onnx.load_model_from_string(buffer.getvalue()))


def dynamo(name, model, size, opset, dynamic=False, **options):
    """Through a file, for the exporter decides itself what becomes external data."""
    if not is_wanted(name):
        return
    model = learned(model)
    shapes = ({0: torch.export.Dim("batch")},) if dynamic else None
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "model.onnx"
        torch.onnx.export(model.eval(), (torch.randn(2 if dynamic else 1, 3, size, size),), path, dynamo=True, opset_version=opset,
                          dynamic_shapes=shapes, input_names=["input"], output_names=["output"], verbose=False, **options)
        store(name, onnx.load(path))
