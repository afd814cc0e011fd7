/* run_raw IN.raw OUT.raw: runs the model on every image of a file of raw floats, in two threads. */
#include "net.h"
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  if (argc != 3) return 1;
  FILE *in = fopen(argv[1], "rb"), *out = fopen(argv[2], "wb");
  const resnetc_model *model = net_model();
  size_t align = model->scratch_align, bytes = net_scratch_bytes(1);
  float *image = malloc(model->inputs->bytes), *scores = malloc(model->outputs->bytes);
  void *scratch = aligned_alloc(align, (bytes + align) / align * align);
  resnetc_exec exec = {.struct_size = sizeof exec, .parallel_for = resnetc_pool_parallel_for};
  resnetc_pool *pool = NULL;
  if (!in || !out || !image || !scores || !scratch || resnetc_pool_create(2, &pool)) return 2;
  exec.user = pool;
  while (fread(image, model->inputs->bytes, 1, in) == 1) {
    resnetc_status status = net_run_ex(1, image, scores, scratch, &exec);
    if (status) return fprintf(stderr, "%s\n", resnetc_strerror(status)), 3;
    fwrite(scores, model->outputs->bytes, 1, out);
  }
  resnetc_pool_destroy(pool);
  return fclose(out) != 0;
}
