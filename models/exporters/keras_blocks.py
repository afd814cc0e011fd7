#!/usr/bin/env python3
"""ResNet-50 of Keras' identity and convolutional blocks: a bias in every convolution and a norm after it, stride in the first 1x1,
zero padding of its own, average pooling, flattened. Channels last and first, three image sizes."""
import keras
from from_tensorflow import keras_own, keras_tf2onnx
from keras import layers


def conv_bn(x, name, filters, kernel, axis, stride=1, padding="valid", data_format=None):
    x = layers.Conv2D(filters, kernel, strides=stride, padding=padding, data_format=data_format, name=f"res{name}")(x)
    return layers.BatchNormalization(axis=axis, name=f"bn{name}")(x)


def block(x, stage, letter, filters, stride=None, **layout):
    """Without a stride: the identity block; with one: the convolutional block."""
    name, shortcut = f"{stage}{letter}_branch", x
    y = layers.Activation("relu")(conv_bn(x, f"{name}2a", filters[0], 1, stride=stride or 1, **layout))
    y = layers.Activation("relu")(conv_bn(y, f"{name}2b", filters[1], 3, padding="same", **layout))
    y = conv_bn(y, f"{name}2c", filters[2], 1, **layout)
    if stride:
        shortcut = conv_bn(x, f"{name}1", filters[2], 1, stride=stride, **layout)
    return layers.Activation("relu")(layers.Add()([y, shortcut]))


def resnet50(size, classes, channels_first=False):
    data_format = "channels_first" if channels_first else "channels_last"
    layout = {"axis": 1 if channels_first else 3, "data_format": data_format}
    image = keras.Input((3, size, size) if channels_first else (size, size, 3))
    x = layers.ZeroPadding2D(3, data_format=data_format)(image)
    x = layers.Activation("relu")(conv_bn(x, "conv1", 64, 7, stride=2, **layout))
    x = layers.MaxPooling2D(3, strides=2, data_format=data_format)(x)
    for stage, (count, width) in enumerate(((3, 64), (4, 128), (6, 256), (3, 512)), 2):
        for i in range(count):
            stride = None if i else 1 if stage == 2 else 2
            x = block(x, stage, "abcdef"[i], (width, width, 4 * width), stride, **layout)
    x = layers.AveragePooling2D(2, padding="same", data_format=data_format)(x)
    x = layers.Dense(classes, activation="softmax", name="fc")(layers.Flatten(data_format=data_format)(x))
    return keras.Model(image, x)


def main():
    keras.utils.set_random_seed(0)
    keras_tf2onnx("keras_blocks_64_tf2onnx13", resnet50(64, 6), 13)
    keras_tf2onnx("keras_blocks_64_first_tf2onnx15", resnet50(64, 6, channels_first=True), 15, batch=1)
    keras_tf2onnx("keras_blocks_224_tf2onnx17_nchw", resnet50(224, 1000), 17, batch=1, nchw=True)
    keras_own("keras_blocks_256_own", resnet50(256, 10))


if __name__ == "__main__":
    main()
