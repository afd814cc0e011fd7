#!/usr/bin/env python3
"""Keras: ResNet-18 for small images written as a subclassed model (3x3 stem, 2x2 max pool of stride 1 with padding), and the
networks of keras.applications."""
import keras
from from_tensorflow import keras_own, keras_tf2onnx
from keras import layers


class Basic(layers.Layer):
    def __init__(self, filters, stride=1):
        super().__init__()
        self.conv1 = layers.Conv2D(filters, 3, strides=stride, padding="same")
        self.bn1 = layers.BatchNormalization()
        self.conv2 = layers.Conv2D(filters, 3, padding="same")
        self.bn2 = layers.BatchNormalization()
        self.down = layers.Conv2D(filters, 1, strides=stride) if stride != 1 else None

    def call(self, x, training=None):
        y = keras.ops.relu(self.bn1(self.conv1(x), training=training))
        y = self.bn2(self.conv2(y), training=training)
        return keras.ops.relu(layers.add([y, x if self.down is None else self.down(x)]))


def small_resnet18(classes=10):
    image = keras.Input((32, 32, 3))
    x = layers.Activation("relu")(layers.BatchNormalization()(layers.Conv2D(64, 3)(image)))
    x = layers.MaxPool2D(2, strides=1, padding="same")(x)
    for filters, stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
        x = Basic(filters)(Basic(filters, stride)(x))
    return keras.Model(image, layers.Dense(classes)(layers.GlobalAveragePooling2D()(x)))


def main():
    keras.utils.set_random_seed(0)
    keras_own("keras_small_resnet18_own", small_resnet18())
    keras_tf2onnx("keras_small_resnet18_tf2onnx17", small_resnet18(), 17, batch=1)
    keras_tf2onnx("keras_small_resnet18_tf2onnx9_nchw", small_resnet18(), 9, nchw=True)
    shape = (96, 96, 3)
    keras_tf2onnx("keras_applications_resnet50_tf2onnx13", keras.applications.ResNet50(weights=None, input_shape=shape, classes=100), 13)
    keras_own("keras_applications_resnet50v2_own", keras.applications.ResNet50V2(weights=None, input_shape=shape, classes=100))
    keras_tf2onnx("keras_applications_resnet101v2_tf2onnx18", keras.applications.ResNet101V2(weights=None, input_shape=shape, classes=100), 18)


if __name__ == "__main__":
    main()
