/* A hand-written stand-in for what resnetc emits: y = 2 x + b and s = sum of x, so that resnetc-run can be tested
 * without a compiler. NAME is the model's name; FAIL a status that every run returns; ABI
 * what it says its ABI is; OVERRUN
 * how many bytes it writes past the end of its scratch memory; BATCH_MIN its unit of batches. It refers to a function
 * called *_model of another object, which is none of its models. */
#include "resnetc_runtime.h"

#include <string.h>

#ifndef ABI
#define ABI RESNETC_ABI
#endif
#ifndef OVERRUN
#define OVERRUN 0
#endif
#ifndef BATCH_MIN
#define BATCH_MIN 1
#endif
#define PASTE(a, b) a##b
#define SYMBOL(a, b) PASTE(a, b)
#define TEXT2(a) #a
#define TEXT(a) TEXT2(a)

enum { WIDTH = 3 };

struct frame {
  const float *x, *b;
  float *y;
};

static void affine(void *opaque, int32_t begin, int32_t end) {
  const struct frame *frame = opaque;
  for (int32_t i = begin; i < end; ++i)
    frame->y[i] = 2 * frame->x[i] + frame->b[i];
}

static size_t scratch_bytes(int32_t batch) { return 64 * (size_t)batch; }

static resnetc_status run(int32_t batch, const void *const *inputs, void *const *outputs, void *scratch,
                          const resnetc_exec *exec) {
  if (FAIL)
    return (resnetc_status)FAIL;
  if ((uintptr_t)scratch % 64)
    return RESNETC_E_ALIGN;
  resnetc_status status = resnetc_rt_check(exec);
  if (status != RESNETC_OK)
    return status;
  memset(scratch, 0, scratch_bytes(batch) + OVERRUN);
  const float *x = inputs[0], *b = inputs[1];
  float *y = outputs[0];
  float *sums = outputs[1];
  for (int32_t n = 0; n < batch; ++n) {
    sums[n] = 0;
    for (int i = 0; i < WIDTH; ++i)
      sums[n] += x[n * WIDTH + i];
  }
  for (int32_t n = 0; n < batch && status == RESNETC_OK; ++n) { /* the steps of one image, as often as there are images */
    struct frame frame = {x + n * WIDTH, b + n * WIDTH, y + n * WIDTH};
    status = resnetc_rt_step(exec, 0, WIDTH, affine, &frame);
    if (status == RESNETC_OK)
      status = resnetc_rt_step(exec, 1, 0, affine, &frame);
  }
  return status;
}

static const resnetc_tensor_info inputs[] = {
    {"in/x:0", "NC", RESNETC_F32, 2, {BATCH_MIN, WIDTH}, BATCH_MIN * WIDTH * sizeof(float), 4},
    {"b=2", "NC", RESNETC_F32, 2, {BATCH_MIN, WIDTH}, BATCH_MIN * WIDTH * sizeof(float), 4},
};
static const resnetc_tensor_info outputs[] = {
    {"out/y:0", "NC", RESNETC_F32, 2, {BATCH_MIN, WIDTH}, BATCH_MIN * WIDTH * sizeof(float), 4},
    {"s", "", RESNETC_F32, 1, {BATCH_MIN}, BATCH_MIN * sizeof(float), 4},
};
static const resnetc_step_info steps[] = {{"first", "affine", 2000, 1}, {"second", "nothing", 0, 1}};
static const resnetc_model model = {
    ABI, sizeof(resnetc_model), TEXT(NAME), "0.0-fake", "00", "x86_64-fake", 2, 2, inputs, outputs, BATCH_MIN, 4, 12, 64,
    scratch_bytes, run, 2, steps};

__attribute__((weak)) void unrelated_model(void);
const resnetc_model *SYMBOL(NAME, _model)(void);
const resnetc_model *SYMBOL(NAME, _model)(void) { return unrelated_model ? NULL : &model; }
