/* The whole ABI between a compiled model, the program that uses it, and libresnetc_runtime.a. C99 and C++.
 *
 * A model object NAME.o is const: code, weights, no writable data. Every call gets its memory from the caller, so any
 * number of calls may run at once, each with its own scratch and outputs. Nothing here allocates but
 * resnetc_pool_create; nothing prints, exits, reads the environment or keeps hidden state. */
#ifndef RESNETC_RUNTIME_H_
#define RESNETC_RUNTIME_H_
#include <stddef.h>
#include <stdint.h>

#define RESNETC_ABI 1

#ifdef __cplusplus
extern "C" {
#endif

/* Values are never reused. */
typedef enum resnetc_status {
  RESNETC_OK = 0,
  RESNETC_E_ARG = 1,        /* a null pointer, or a resnetc_exec whose struct_size is wrong */
  RESNETC_E_ALIGN = 2,      /* scratch is not aligned to NAME_ALIGN bytes, a tensor not to its element */
  RESNETC_E_BATCH = 3,      /* batch is outside of what the object was compiled for */
  RESNETC_E_CPU = 4,        /* this CPU lacks instructions that the object was compiled for */
  RESNETC_E_NOMEM = 5,      /* never from run */
  RESNETC_E_CANCELLED = 6   /* resnetc_exec.cancel was set; outputs are undefined */
} resnetc_status;

/* A constant English sentence; never NULL. */
const char *resnetc_strerror(resnetc_status status);

/* How one call runs. Zero-initialise it and set struct_size = sizeof(resnetc_exec). NULL means: in the calling thread. */
typedef struct resnetc_exec {
  uint32_t struct_size;
  int32_t num_threads; /* upper bound; 0 = as many as the pool has (1 if there is no parallel_for), 1 = the caller alone */
  /* Calls fn(task, i) for every i in [0, n), in any order and on any threads, and returns when all have returned. */
  void (*parallel_for)(void *user, int32_t n, void (*fn)(void *task, int32_t i), void *task);
  void *user;                     /* first argument of parallel_for: the host's pool, or a resnetc_pool */
  const volatile int32_t *cancel; /* may be NULL; non-zero ends the call between two layers with RESNETC_E_CANCELLED */
  /* May be NULL. Called in the calling thread after each step, with its number in resnetc_model.steps: for profiles. Of a
   * batch the same step may come several times, for some of the images each. */
  void (*step_done)(void *step_user, uint32_t step);
  void *step_user;
} resnetc_exec;

/* The runtime's own pool: `threads` in all, the caller of resnetc_pool_parallel_for counted in. Workers spin briefly
 * between layers, then sleep. One parallel_for at a time runs on a pool; a second caller meanwhile runs alone. */
typedef struct resnetc_pool resnetc_pool;
resnetc_status resnetc_pool_create(int32_t threads, resnetc_pool **out); /* 1 to 1024; E_ARG, E_NOMEM */
void resnetc_pool_destroy(resnetc_pool *pool);                           /* NULL is fine; not while a call uses it */
int32_t resnetc_pool_threads(const resnetc_pool *pool);
void resnetc_pool_parallel_for(void *pool, int32_t n, void (*fn)(void *task, int32_t i), void *task);

/* ---- What NAME_model() returns: enough for a generic program to run any model. An object of several CPU levels
 * describes the one that this CPU gets. */
typedef enum resnetc_dtype { RESNETC_F32 = 1, RESNETC_U8 = 2, RESNETC_I32 = 3 } resnetc_dtype;

typedef struct resnetc_tensor_info {
  const char *name;    /* as in the ONNX file */
  const char *layout;  /* "NCHW", "NHWC", "NC" or "" */
  resnetc_dtype dtype;
  uint32_t rank;
  int64_t dim[6];      /* dim[0] of a batched tensor is that of batch = batch_min */
  size_t bytes;        /* for batch = batch_min */
  size_t align;
} resnetc_tensor_info;

/* A step is what lies between two barriers. A layer of the ONNX file may take several: they carry its name. */
typedef struct resnetc_step_info {
  const char *name;   /* of the ONNX node */
  const char *kernel; /* what computes it, for people */
  double flops;       /* of the layer as the ONNX file states it, at its first step; a multiply-add counts as two */
  int32_t batch;      /* the images that these are for; a larger batch takes the step several times */
} resnetc_step_info;

typedef struct resnetc_model {
  uint32_t abi;          /* RESNETC_ABI */
  uint32_t struct_size;
  const char *name;
  const char *version;     /* of the compiler */
  const char *onnx_sha256; /* of the model file, 64 hex digits */
  const char *target;      /* triple and CPU level */
  uint32_t num_inputs, num_outputs;
  const resnetc_tensor_info *inputs, *outputs;
  int32_t batch_min, batch_max; /* run_ex takes multiples of batch_min up to batch_max */
  size_t weight_bytes;          /* inside the object, those of this level */
  size_t scratch_align;
  size_t (*scratch_bytes)(int32_t batch);
  /* inputs[i], outputs[i] in the order above. scratch may be NULL if scratch_bytes is 0. exec may be NULL. */
  resnetc_status (*run)(int32_t batch, const void *const *inputs, void *const *outputs, void *scratch, const resnetc_exec *exec);
  uint32_t num_steps; /* of every batch that the object was compiled for, the smallest first */
  const resnetc_step_info *steps;
} resnetc_model;

/* ---- For generated code only. */
#define RESNETC_CPU_SSE41 1u
#define RESNETC_CPU_AVX2 2u   /* AVX2, FMA and F16C, with the operating system's support */
#define RESNETC_CPU_AVX512 4u /* F, CD, BW, DQ, VL, with the operating system's support */
#define RESNETC_CPU_NEON 8u
#define RESNETC_CPU_ADDERS 16u /* AVX-512, and a vector addition beside each FMA, in a pipe of its own: AMD Zen 4 and newer */
#define RESNETC_CPU_TWO_ADDERS 32u /* and two of both start per cycle: AMD Zen 5 and newer */
#define RESNETC_CPU_TILES 64u /* a unit that multiplies tiles of bf16, AMX-TILE and AMX-BF16, with the operating system's permission */
/* Bits of this CPU, found once; without RESNETC_CPU_TILES. */
uint32_t resnetc_rt_cpu_features(void);
/* RESNETC_CPU_TILES where this CPU has the unit and Linux lets this process use it, else 0; found once. Linux gives permission to the whole process
 * and for good, and saves 8 KiB more for each signal from then on: so only code for that unit asks. */
uint32_t resnetc_rt_request_tiles(void);
/* Checks exec (may be NULL) and cancel. */
resnetc_status resnetc_rt_check(const resnetc_exec *exec);
/* Runs fn(frame, begin, end) over a static partition of [0, tasks) on the threads that exec allows (NULL: inline, one
 * call). Task i always does the same work whatever the number of threads, so results are bitwise equal. Returns
 * RESNETC_E_CANCELLED when exec->cancel is set beforehand, else RESNETC_OK. `step` goes to exec->step_done. */
resnetc_status resnetc_rt_step(const resnetc_exec *exec, uint32_t step, int32_t tasks,
                               void (*fn)(void *frame, int32_t begin, int32_t end), void *frame);
/* The code for one batch: sections of steps, one after the other. A section goes through its steps for all images at once, or
 * for as many as there are threads, again and again: what its steps leave each other then stays in the caches. */
typedef struct resnetc_rt_row {
  void (*fn)(void *frame, int32_t begin, int32_t end); /* frame: a resnetc_rt_frame */
  int32_t tasks;                                       /* of one image; of all in a section without images */
  uint32_t first_place;
} resnetc_rt_row;
typedef struct resnetc_rt_section {
  uint32_t num_rows;
  int32_t images;   /* 0: the section does not care for images */
  int32_t together; /* images that its buffers have room for */
} resnetc_rt_section;
typedef struct resnetc_rt_plan {
  const resnetc_rt_section *sections;
  const resnetc_rt_row *rows;
  const uint32_t *places; /* where the buffers of each step lie in scratch and weights, in units of 64 bytes */
  uint32_t num_sections;
  uint32_t first_step; /* number of the first row */
} resnetc_rt_plan;
typedef struct resnetc_rt_frame {
  void *const *pointers; /* scratch, inputs, outputs */
  const uint32_t *places;
  int64_t image; /* that the first task begins with */
  uint64_t slots; /* taken ones, a bit each; changed by the two functions below only */
} resnetc_rt_frame;
/* A number that no other thread at work on the same step has until it is given back: the lowest one free, so it is below the number of
 * threads at work. Beyond 64 of these a thread waits for another. For memory that a thread uses again and again. */
int32_t resnetc_rt_take_slot(resnetc_rt_frame *frame);
void resnetc_rt_give_slot(resnetc_rt_frame *frame, int32_t slot);
/* Runs resnetc_rt_step for the rows of every section; stops at the first that fails and returns its status. */
resnetc_status resnetc_rt_run(const resnetc_exec *exec, const resnetc_rt_plan *plan, void *const *pointers);
/* Each object refers to this symbol, so that a runtime of another ABI fails to link. */
extern const char resnetc_runtime_abi_1;

#ifdef __cplusplus
}
#endif
#endif
