#!/usr/bin/env python3
"""TF-slim's resnet_v2_50/101/152/200 as a frozen graph of TensorFlow 1, the end points of its blocks as outputs.

What is particular: conv2d_same pads by hand where the stride is not 1; the shortcut is taken after the shared norm and relu when it
is a projection, and is a 1x1 max pool with stride when not; the stride stands in the LAST unit of a block; the logits are a
1x1 convolution; a norm and a relu stand after the last block.
"""
import tensorflow as tf
from from_tensorflow import frozen_graph

UNITS = {"50": (3, 4, 6, 3), "101": (3, 4, 23, 3), "152": (3, 8, 36, 3), "200": (3, 24, 36, 3)}
v1 = tf.compat.v1


def conv(x, outputs, kernel, stride, scope, bias, padding="SAME"):
    with v1.variable_scope(scope):
        w = v1.get_variable("weights", (kernel, kernel, x.shape[-1], outputs), initializer=v1.variance_scaling_initializer())
        x = tf.nn.conv2d(x, w, stride, padding, name="Conv2D")
        return tf.nn.bias_add(x, v1.get_variable("biases", (outputs,), initializer=v1.random_normal_initializer(0, 0.1))) if bias else x


def norm_relu(x, scope):
    with v1.variable_scope(scope):
        values = [v1.get_variable(n, x.shape[-1:], initializer=v1.random_uniform_initializer(v - 0.3, v + 0.3)) for n, v in
                  (("gamma", 1), ("beta", 0), ("moving_mean", 0), ("moving_variance", 1))]
        y, _, _ = v1.nn.fused_batch_norm(x, *values, epsilon=1.001e-5, is_training=False)
        return tf.nn.relu(y)


def conv2d_same(x, outputs, kernel, stride, scope, bias=False):
    if stride == 1:
        return conv(x, outputs, kernel, 1, scope, bias)
    begin, end = (kernel - 1) // 2, kernel - 1 - (kernel - 1) // 2
    x = tf.pad(x, [[0, 0], [begin, end], [begin, end], [0, 0]])
    return conv(x, outputs, kernel, stride, scope, bias, "VALID")


def bottleneck(x, depth, stride):
    first = norm_relu(x, "preact")
    if depth == x.shape[-1]:
        shortcut = x if stride == 1 else tf.nn.max_pool2d(x, 1, stride, "VALID", name="shortcut")
    else:
        shortcut = conv(first, depth, 1, stride, "shortcut", bias=True)
    y = norm_relu(conv(first, depth // 4, 1, 1, "conv1", bias=False), "conv1/BatchNorm")
    y = norm_relu(conv2d_same(y, depth // 4, 3, stride, "conv2"), "conv2/BatchNorm")
    return tf.add(shortcut, conv(y, depth, 1, 1, "conv3", bias=True), name="add")


def resnet_v2(layers, size, classes=1001):
    def build():
        scope = f"resnet_v2_{layers}"
        x = v1.placeholder(tf.float32, (1, size, size, 3), "input")
        end_points = []
        with v1.variable_scope(scope):
            x = conv2d_same(x, 64, 7, 2, "conv1", bias=True)
            x = tf.nn.max_pool2d(x, 3, 2, "SAME", name="pool1")
            for block, count in enumerate(UNITS[layers], 1):
                for unit in range(1, count + 1):
                    with v1.variable_scope(f"block{block}/unit_{unit}/bottleneck_v2"):
                        x = bottleneck(x, 128 << block, 2 if unit == count and block < 4 else 1)
                end_points.append(tf.identity(x, name=f"block{block}").name)
            x = tf.reduce_mean(norm_relu(x, "postnorm"), [1, 2], keepdims=True, name="pool5")
            x = tf.squeeze(conv(x, classes, 1, 1, "logits", bias=True), [1, 2], name="SpatialSqueeze")
            predictions = tf.nn.softmax(x, name="predictions")
        return ["input:0"], [*end_points, x.name, predictions.name]
    return build


def main():
    frozen_graph("slim_resnet_v2_50_tf2onnx13", resnet_v2("50", 128), 13)
    frozen_graph("slim_resnet_v2_50_tf2onnx17_nchw", resnet_v2("50", 97), 17, nchw=True)
    frozen_graph("slim_resnet_v2_101_tf2onnx11", resnet_v2("101", 96), 11)
    frozen_graph("slim_resnet_v2_152_tf2onnx15", resnet_v2("152", 64), 15)
    frozen_graph("slim_resnet_v2_200_tf2onnx18", resnet_v2("200", 64), 18)


if __name__ == "__main__":
    main()
