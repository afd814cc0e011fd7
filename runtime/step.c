/* What generated code calls around its layers: the check of a resnetc_exec, the order of the steps and the static split of each.
 *
 * The caller's floating-point mode (rounding, flush to zero) is carried to every thread that works for it; otherwise
 * the bits of a result could depend on which thread computed them. */
#include "resnetc_runtime.h"

const char resnetc_runtime_abi_1 = 1;

#if defined(__SSE__)
#include <xmmintrin.h>
#define FP_FLAGS 0x3fu /* exceptions raised so far: not a mode */
static uint64_t get_fp_mode(void) { return _mm_getcsr() & ~FP_FLAGS; }
static void set_fp_mode(uint64_t mode) { _mm_setcsr((uint32_t)mode); }
#elif defined(__aarch64__)
static uint64_t get_fp_mode(void) {
  uint64_t mode;
  __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
  return mode;
}
static void set_fp_mode(uint64_t mode) { __asm__ volatile("msr fpcr, %0" : : "r"(mode)); }
#else
static uint64_t get_fp_mode(void) { return 0; }
static void set_fp_mode(uint64_t mode) { (void)mode; }
#endif

/* Parts that a host's parallel_for of unknown width gets: enough for its threads to share, few enough to cost nothing; and
 * those for each thread of our own pool, where threads that are done take over parts of others. */
enum { PARTS_FOR_UNKNOWN_POOL = 64, PARTS_FOR_OWN_THREAD = 8 };

struct step {
  void (*fn)(void *frame, int32_t begin, int32_t end);
  void *frame;
  int32_t tasks, parts;
  uint64_t fp_mode;
};

static int32_t min32(int32_t a, int32_t b) { return a < b ? a : b; }

static int is_cancelled(const resnetc_exec *exec) { return exec && exec->cancel && *exec->cancel; }

static void run_part(void *opaque, int32_t part) {
  const struct step *step = opaque;
  const int32_t begin = (int32_t)((int64_t)step->tasks * part / step->parts);
  const int32_t end = (int32_t)((int64_t)step->tasks * (part + 1) / step->parts);
  const uint64_t mode = get_fp_mode();
  if (mode != step->fp_mode)
    set_fp_mode(step->fp_mode);
  step->fn(step->frame, begin, end);
  if (mode != step->fp_mode)
    set_fp_mode(mode);
}

/* Threads that may work at once; PARTS_FOR_UNKNOWN_POOL where only the host knows. */
static int32_t count_threads(const resnetc_exec *exec) {
  if (!exec || !exec->parallel_for)
    return 1;
  const int32_t allowed = exec->num_threads;
  if (exec->parallel_for != resnetc_pool_parallel_for)
    return allowed > 0 ? allowed : PARTS_FOR_UNKNOWN_POOL;
  const int32_t width = resnetc_pool_threads(exec->user);
  return allowed > 0 ? min32(allowed, width) : width;
}

static int32_t count_parts(const resnetc_exec *exec, int32_t tasks) {
  const int32_t threads = count_threads(exec);
  /* The pool has as many threads at work as there are parts: more parts only where all of them may work. */
  const int all_of_own = threads > 1 && exec->parallel_for == resnetc_pool_parallel_for && threads == resnetc_pool_threads(exec->user);
  return min32(tasks, all_of_own ? threads * PARTS_FOR_OWN_THREAD : threads);
}

resnetc_status resnetc_rt_check(const resnetc_exec *exec) {
  if (exec && (exec->struct_size != sizeof *exec || exec->num_threads < 0))
    return RESNETC_E_ARG;
  return is_cancelled(exec) ? RESNETC_E_CANCELLED : RESNETC_OK;
}

resnetc_status resnetc_rt_step(const resnetc_exec *exec, uint32_t step_number, int32_t tasks,
                               void (*fn)(void *frame, int32_t begin, int32_t end), void *frame) {
  if (is_cancelled(exec))
    return RESNETC_E_CANCELLED;
  const int32_t parts = count_parts(exec, tasks);
  if (parts > 1) {
    struct step step = {fn, frame, tasks, parts, get_fp_mode()};
    exec->parallel_for(exec->user, parts, run_part, &step);
  } else if (tasks > 0) {
    fn(frame, 0, tasks);
  }
  if (exec && exec->step_done)
    exec->step_done(exec->step_user, step_number);
  return RESNETC_OK;
}

static resnetc_status run_rows(const resnetc_exec *exec, const resnetc_rt_plan *plan, uint32_t first, uint32_t count, int32_t images,
                               resnetc_rt_frame *frame) {
  for (uint32_t i = first; i < first + count; i++) {
    const resnetc_rt_row *row = &plan->rows[i];
    frame->places = plan->places + row->first_place;
    const resnetc_status status = resnetc_rt_step(exec, plan->first_step + i, row->tasks * images, row->fn, frame);
    if (status != RESNETC_OK)
      return status;
  }
  return RESNETC_OK;
}

resnetc_status resnetc_rt_run(const resnetc_exec *exec, const resnetc_rt_plan *plan, void *const *pointers) {
  resnetc_rt_frame frame = {pointers, plan->places, 0, 0};
  uint32_t row = 0;
  for (uint32_t s = 0; s < plan->num_sections; row += plan->sections[s++].num_rows) {
    const resnetc_rt_section *section = &plan->sections[s];
    const int32_t images = section->images > 0 ? section->images : 1;
    const int32_t together = section->images > 0 ? min32(section->together, count_threads(exec)) : 1;
    for (frame.image = 0; frame.image < images; frame.image += together) {
      const int32_t left = images - (int32_t)frame.image;
      const resnetc_status status = run_rows(exec, plan, row, section->num_rows, min32(together, left), &frame);
      if (status != RESNETC_OK)
        return status;
    }
    frame.image = 0;
  }
  return RESNETC_OK;
}
