"""Photos for ImageNet-like networks: resized and cropped, as a PPM file for C or as the array that a network reads."""
import numpy as np
from PIL import Image

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
CAFFE_BGR_MEAN = (104, 117, 123)


def crop(path, height=224, width=224):
    """The middle of the photo after a bilinear resize to 256/224 of the wanted size, as networks of this family are fed."""
    grown = (round(width * 256 / 224), round(height * 256 / 224))
    image = Image.open(path).convert("RGB").resize(grown, Image.BILINEAR)
    left, top = (grown[0] - width) // 2, (grown[1] - height) // 2
    return image.crop((left, top, left + width, top + height))


def save_ppm(image, path):
    pixels = np.asarray(image, np.uint8)
    path.write_bytes(b"P6 %d %d 255\n" % (pixels.shape[1], pixels.shape[0]) + pixels.tobytes())


def to_input(image, nhwc, bgr):
    """The float32 array [1, ...] that a network reads: ImageNet's scaling, or Caffe's BGR less the mean."""
    pixels = np.asarray(image, np.float32)
    if bgr:
        pixels = pixels[:, :, ::-1] - np.asarray(CAFFE_BGR_MEAN, np.float32)
    else:
        pixels = (pixels / 255 - np.asarray(IMAGENET_MEAN, np.float32)) / np.asarray(IMAGENET_STD, np.float32)
    return np.ascontiguousarray(pixels if nhwc else pixels.transpose(2, 0, 1))[None]
