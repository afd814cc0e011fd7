"""The models of the end-to-end tests, each made or copied once a session."""
import pathlib
import subprocess
import sys

import fetch
import numpy as np
import onnx
import resnet


class Zoo:
    def __init__(self, root, folder):
        self.root, self.folder = pathlib.Path(root), pathlib.Path(folder)

    def resnet(self, network, **options):
        """A seeded ResNet of models/resnet.py."""
        label = "_".join([network, *(f"{k}{v}".replace(" ", "") for k, v in options.items())])
        path = self.folder / f"{label}.onnx"
        if not path.exists():
            onnx.save(resnet.build(network, **options), path)
        return path

    def classifier(self):
        """A few layers on images of 16x16, any batch."""
        path = self.folder / "classifier.onnx"
        if not path.exists():
            subprocess.run([sys.executable, self.root / "tests" / "driver" / "Inputs" / "classifier.py", path, "N"], check=True)
        return path

    def fetched(self, name):
        return fetch.model(name)

    @property
    def digits(self):
        return self.root / "models" / "digits" / "digits.onnx"

    def digits_test(self):
        """Images [200, 1, 8, 8] and their labels."""
        with np.load(self.root / "models" / "digits" / "test.npz") as data:
            return data["images"], data["labels"]

    def save(self, model, name):
        path = self.folder / f"{name}.onnx"
        onnx.save(model, path)
        return path
