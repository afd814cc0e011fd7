#!/bin/sh
# usage: run_cross.sh CC EMULATOR RUNTIME_DIR FLAG...: builds the runtime and cross.c with CC and runs them.
set -eu
cc=$1 emulator=$2 runtime=$3
shift 3
program=$(mktemp)
trap 'rm -f "$program"' EXIT
"$cc" -std=c11 -O2 -Wall -Wextra -Werror -pedantic -static -pthread "-I$runtime" "$@" "$(dirname "$0")/cross.c" \
  "$runtime"/*.c -lm -o "$program"
"$emulator" "$program"
