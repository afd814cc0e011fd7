/* The program of tools/demo: classifies photos with a compiled model. What a user of resnetc writes looks like this.
 *
 *   classify [-t THREADS] [-r REPEAT] [-k TOP] [--bgr] PHOTO.ppm...
 *
 * Photos are binary PPM files of the model's size (tools/photo.py makes them). The pixels become what ImageNet networks
 * expect: RGB scaled to mean 0 and deviation 1; with --bgr, as networks from Caffe expect: BGR 0..255 less the mean.
 * Prints one line a photo: file, milliseconds (median of REPEAT runs), then TOP pairs class:score. */
#include "net.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void fail(const char *what, const char *why) {
  fprintf(stderr, "classify: %s: %s\n", what, why);
  exit(1);
}

static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec * 1e-6;
}

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static unsigned char *read_ppm(const char *path, int *width, int *height) {
  FILE *f = fopen(path, "rb");
  int max;
  if (!f || fscanf(f, "P6 %d %d %d", width, height, &max) != 3 || max != 255 || fgetc(f) == EOF)
    fail(path, "not a binary PPM file with 8 bits a channel");
  if (*width < 1 || *height < 1 || *width > 4096 || *height > 4096) fail(path, "odd size");
  size_t bytes = (size_t)*width * *height * 3;
  unsigned char *pixels = malloc(bytes);
  if (!pixels || fread(pixels, 1, bytes, f) != bytes) fail(path, "ends early");
  fclose(f);
  return pixels;
}

/* Interleaved bytes to the model's floats, in its channel order and layout. */
static void prepare(const unsigned char *pixels, int count, int nhwc, int bgr, float *out) {
  static const float mean[] = {0.485f, 0.456f, 0.406f}, deviation[] = {0.229f, 0.224f, 0.225f};
  static const float bgr_mean[] = {104, 117, 123};
  for (int i = 0; i < count; ++i)
    for (int c = 0; c < 3; ++c) {
      float v = pixels[3 * i + (bgr ? 2 - c : c)];
      v = bgr ? v - bgr_mean[c] : (v / 255 - mean[c]) / deviation[c];
      out[nhwc ? 3 * i + c : c * count + i] = v;
    }
}

static void print_top(const float *score, int classes, int top) {
  char *taken = calloc(classes, 1);
  for (int k = 0; k < top && k < classes; ++k) {
    int best = -1;
    for (int i = 0; i < classes; ++i)
      if (!taken[i] && (best < 0 || score[i] > score[best])) best = i;
    taken[best] = 1;
    printf(" %d:%.9g", best, score[best]);
  }
  free(taken);
  printf("\n");
}

int main(int argc, char **argv) {
  int threads = 1, repeat = 1, top = 5, bgr = 0, at = 1;
  for (; at < argc && argv[at][0] == '-'; ++at) {
    if (!strcmp(argv[at], "--bgr")) bgr = 1;
    else if (at + 1 == argc) fail(argv[at], "wants a value");
    else if (!strcmp(argv[at], "-t")) threads = atoi(argv[++at]);
    else if (!strcmp(argv[at], "-r")) repeat = atoi(argv[++at]);
    else if (!strcmp(argv[at], "-k")) top = atoi(argv[++at]);
    else fail(argv[at], "unknown option");
  }
  if (threads < 1 || repeat < 1) fail("options", "THREADS and REPEAT start at 1");

  const resnetc_model *model = net_model();
  const resnetc_tensor_info *in = model->inputs, *result = model->outputs;
  if (model->num_inputs != 1 || model->num_outputs != 1 || in->rank != 4 || in->dim[0] != 1)
    fail(model->name, "the demo wants one photo in and one list of scores out");
  int nhwc = in->dim[3] == 3, height = in->dim[nhwc ? 1 : 2], width = in->dim[nhwc ? 2 : 3];
  if (in->dim[nhwc ? 3 : 1] != 3) fail(model->name, "the demo wants a network that reads 3 colours");
  int classes = result->bytes / sizeof(float);

  float *input = malloc(in->bytes), *output = malloc(result->bytes);
  size_t bytes = net_scratch_bytes(1), align = model->scratch_align;
  void *scratch = aligned_alloc(align, (bytes + align) / align * align);
  double *times = malloc(repeat * sizeof *times);
  resnetc_exec exec = {.struct_size = sizeof exec, .num_threads = threads, .parallel_for = resnetc_pool_parallel_for};
  resnetc_pool *pool = NULL;
  if (!input || !output || !scratch || !times || resnetc_pool_create(threads, &pool)) fail("memory", "not enough");
  exec.user = pool;

  for (; at < argc; ++at) {
    int w, h;
    unsigned char *pixels = read_ppm(argv[at], &w, &h);
    if (w != width || h != height) fail(argv[at], "not of the model's size");
    prepare(pixels, w * h, nhwc, bgr, input);
    free(pixels);
    for (int i = 0; i < repeat; ++i) {
      double start = now_ms();
      resnetc_status status = net_run_ex(1, input, output, scratch, threads > 1 ? &exec : NULL);
      if (status) fail(model->name, resnetc_strerror(status));
      times[i] = now_ms() - start;
    }
    qsort(times, repeat, sizeof *times, by_value);
    printf("%s %.3f", argv[at], times[repeat / 2]);
    print_top(output, classes, top);
  }
  resnetc_pool_destroy(pool);
  free(times), free(scratch), free(output), free(input);
  return 0;
}
