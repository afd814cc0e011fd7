#define _POSIX_C_SOURCE 200809L /* posix_memalign */
/* Runs the model on 1, 2, 3... through its typed function and through its descriptor, on two threads, and prints the
 * outputs if both agree. */
#include "tiny.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static float in[1024], out[1024], again[1024];

static int fail(const char *what, resnetc_status status) {
  fprintf(stderr, "%s: %s\n", what, resnetc_strerror(status));
  return 1;
}

int main(void) {
  const resnetc_model *model = tiny_model();
  const size_t align = model->scratch_align, count = model->outputs[0].bytes / sizeof(float);
  const size_t scratch_bytes = (model->scratch_bytes(1) / align + 1) * align;
  const void *inputs[1] = {in};
  void *outputs[1] = {again};
  void *scratch = NULL;
  resnetc_pool *pool = NULL;
  resnetc_exec exec;
  resnetc_status status;
  size_t i;

  if (model->inputs[0].bytes > sizeof in || count * sizeof(float) > sizeof out)
    return 2;
  if (posix_memalign(&scratch, align, scratch_bytes) || resnetc_pool_create(2, &pool) != RESNETC_OK)
    return 3;
  for (i = 0; i < model->inputs[0].bytes / sizeof(float); ++i)
    in[i] = (float)(i + 1);
  if ((status = tiny_run(in, out, scratch)) != RESNETC_OK)
    return fail("tiny_run", status);
  memset(&exec, 0, sizeof exec);
  exec.struct_size = sizeof exec;
  exec.parallel_for = resnetc_pool_parallel_for;
  exec.user = pool;
  if ((status = model->run(1, inputs, outputs, scratch, &exec)) != RESNETC_OK)
    return fail("run", status);
  if (memcmp(out, again, count * sizeof(float)) != 0)
    return 4;
  for (i = 0; i < count; ++i)
    printf("%g\n", out[i]);
  resnetc_pool_destroy(pool);
  free(scratch);
  return 0;
}
