/* Compiled as C99 with -pedantic -Werror: the ABI's header must be clean for the plainest of users. */
#include "resnetc_runtime.h"

size_t size_of_exec_in_c(void);
size_t size_of_exec_in_c(void) { return sizeof(resnetc_exec); }
