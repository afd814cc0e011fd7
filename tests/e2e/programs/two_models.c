/* Two models and one runtime in one program: each answers the same before and after the other has run. */
#include "first.h"
#include "second.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct { const resnetc_model *model; float *in, *out, *again; void *scratch; } instance;

static instance make(const resnetc_model *model) {
  size_t align = model->scratch_align, bytes = model->scratch_bytes(model->batch_min);
  instance it = {model, malloc(model->inputs->bytes), malloc(model->outputs->bytes), malloc(model->outputs->bytes),
                 aligned_alloc(align, (bytes + align) / align * align)};
  for (size_t i = 0; i < model->inputs->bytes / sizeof(float); ++i) it.in[i] = (float)(i % 17) / 8 - 1;
  return it;
}

static int run(instance *it, float *out) {
  const void *inputs[] = {it->in};
  void *outputs[] = {out};
  return it->model->run(it->model->batch_min, inputs, outputs, it->scratch, NULL);
}

int main(void) {
  instance a = make(first_model()), b = make(second_model());
  if (run(&a, a.out) || run(&b, b.out) || run(&a, a.again) || run(&b, b.again)) return 1;
  if (memcmp(a.out, a.again, a.model->outputs->bytes) || memcmp(b.out, b.again, b.model->outputs->bytes)) return 2;
  if (first_run(a.in, a.again, a.scratch) || memcmp(a.out, a.again, a.model->outputs->bytes)) return 3;
  puts("both models answer as alone");
  return 0;
}
