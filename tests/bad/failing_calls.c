/* Preloaded: the call FAIL_CALL (write, fsync, close, rename, pread) fails with FAIL_ERRNO, the FAIL_AT-th time it is used on
 * a file that is no stream of the process. FAIL_ERRNO 0: it does nothing and says so (a write of 0 bytes, an end of file). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int count; /* of the child, too: it is forked before the first of these calls */

/* Halide writes to files in memory, and gives up when it cannot. */
static int is_in_memory(int file) {
  char link[64], target[64] = "";
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  return readlink(link, target, sizeof target - 1) > 0 && strncmp(target, "/memfd:", 7) == 0;
}

static int fails(const char *call) {
  const char *chosen = getenv("FAIL_CALL");
  if (!chosen || strcmp(chosen, call) != 0 || ++count != atoi(getenv("FAIL_AT")))
    return 0;
  errno = atoi(getenv("FAIL_ERRNO"));
  return 1;
}

ssize_t write(int file, const void *bytes, size_t size) {
  if (file > 2 && !is_in_memory(file) && fails("write"))
    return errno ? -1 : 0;
  return ((ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write"))(file, bytes, size);
}

ssize_t pread(int file, void *bytes, size_t size, off_t at) {
  if (fails("pread"))
    return errno ? -1 : 0;
  return ((ssize_t(*)(int, void *, size_t, off_t))dlsym(RTLD_NEXT, "pread"))(file, bytes, size, at);
}

ssize_t pread64(int file, void *bytes, size_t size, off64_t at) { return pread(file, bytes, size, at); }

int fsync(int file) {
  return fails("fsync") ? -1 : ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(file);
}

int rename(const char *from, const char *to) {
  return fails("rename") ? -1 : ((int (*)(const char *, const char *))dlsym(RTLD_NEXT, "rename"))(from, to);
}
