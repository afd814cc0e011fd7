#!/usr/bin/env python3
"""ResNet-50 v1 written with TensorFlow's operators: channels last, stride on the first 1x1, a projection wherever the depth
changes, and the image made smaller exactly there."""
import numpy as np
import tensorflow as tf
from from_tensorflow import tensorflow

SIZE = 96


class Network(tf.Module):
    def __init__(self, classes=1000):
        super().__init__()
        self.random, self.variables_by_scope, self.classes = np.random.default_rng(0), {}, classes

    def variable(self, scope, shape, value=None):
        if scope not in self.variables_by_scope:
            value = self.random.normal(0, np.prod(shape[:-1]) ** -0.5, shape) if value is None else value + self.random.normal(0, 0.1, shape)
            self.variables_by_scope[scope] = tf.Variable(value.astype(np.float32), name=scope)
        return self.variables_by_scope[scope]

    def conv_bn(self, x, filters, kernel, stride, scope):
        w = self.variable(f"{scope}/weights", (kernel, kernel, x.shape[-1], filters))
        x = tf.nn.conv2d(x, w, stride, "SAME", name=f"{scope}/conv")
        scale, shift, mean, variance = (self.variable(f"{scope}/{n}", (filters,), v) for n, v in (("gamma", 1), ("beta", 0), ("mean", 0), ("variance", 1)))
        return tf.nn.batch_normalization(x, mean, variance, shift, scale, 1e-3, name=f"{scope}/bn")

    def bottleneck(self, x, outputs, stride, scope):
        inputs = x.shape[-1]
        y = tf.nn.relu(self.conv_bn(x, outputs // 4, 1, stride, f"{scope}/1"))
        y = tf.nn.relu(self.conv_bn(y, outputs // 4, 3, 1, f"{scope}/2"))
        y = self.conv_bn(y, outputs, 1, 1, f"{scope}/3")
        shortcut = self.conv_bn(x, outputs, 1, stride, f"{scope}/4") if inputs != outputs else x
        return tf.nn.relu(shortcut + y)

    def __call__(self, x):
        x = tf.nn.relu(self.conv_bn(x, 64, 7, 2, "stem"))
        x = tf.nn.max_pool2d(x, 3, 2, "SAME")
        for stage, count in enumerate((3, 4, 6, 3)):
            for i in range(count):
                x = self.bottleneck(x, 256 << stage, 2 if stage and not i else 1, f"stage{stage + 1}/unit{i + 1}")
        x = tf.reduce_mean(x, [1, 2])
        w, b = self.variable("fc/weights", (x.shape[-1], self.classes)), self.variable("fc/bias", (self.classes,), 0)
        return tf.nn.softmax(tf.matmul(x, w) + b)


def main():
    tensorflow("tf_bottleneck_resnet50_tf2onnx13", tf.function(Network()), (None, SIZE, SIZE, 3), 13)
    tensorflow("tf_bottleneck_resnet50_tf2onnx17_nchw", tf.function(Network()), (1, SIZE, SIZE, 3), 17, nchw=True)


if __name__ == "__main__":
    main()
