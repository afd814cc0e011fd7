# shellcheck shell=bash
# Set-up that tools/demo and tools/check share (sourced, not run): Debian packages, Python packages, configure, build.
# Every step says in one line what it does and is skipped when it is already done. The output of a step goes to a log;
# when the step fails the end of that log is shown. RESNETC_BUILD_DIR moves the build folder, JOBS limits the cores.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${RESNETC_BUILD_DIR:-$root/build}
jobs=${JOBS:-$(nproc)}
python=$root/.venv/bin/python
logs=$build/logs
export OPENBLAS_NUM_THREADS=1  # numpy's threads spin and crawl on a busy machine

packages=(
  g++ cmake ninja-build ccache pkg-config                 # to build
  llvm-22-dev libmlir-22-dev mlir-22-tools llvm-22-tools  # the compiler's framework; FileCheck for its tests
  libprotobuf-dev protobuf-compiler zlib1g-dev            # to read ONNX files
  python3-venv libgtest-dev                               # tests, model scripts, the Halide wheel
  gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user   # tests of cross compiled objects
)

# step NAME WHAT COMMAND...: says WHAT, runs COMMAND with its output in the log NAME.
step() {
  local name=$1 what=$2 start=$SECONDS
  shift 2
  mkdir -p "$logs"
  printf '== %s ... ' "$what"
  if "$@" >"$logs/$name.log" 2>&1; then
    echo "done ($((SECONDS - start)) s)"
  else
    local status=$?
    echo "FAILED (exit $status): $*"
    echo "-- the end of $logs/$name.log:"
    tail -n 40 "$logs/$name.log"
    exit 1
  fi
}

skip() { echo "== $1: nothing to do"; }

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    echo "need root (or sudo) for: $*"
    return 1
  fi
}

missing_packages() {
  local package
  for package in "${packages[@]}"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || echo "$package"
  done
}

install_packages() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update &&
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

# --no-deps: requirements.txt is the complete list, and one package asks for an old Pillow only to resize photos.
install_venv() {
  [ -x "$python" ] || python3 -m venv "$root/.venv" || return
  "$python" -m pip install --disable-pip-version-check --no-deps -r "$root/requirements.txt" || return
  cp "$root/requirements.txt" "$root/.venv/installed.txt"
}

setup() {
  local missing
  if ! command -v apt-get >/dev/null; then
    echo "== Debian packages: no apt-get on this system; needed are: ${packages[*]}"
  elif missing=$(missing_packages) && [ -n "$missing" ]; then
    # shellcheck disable=SC2086  # one word per package
    step packages "install Debian packages: ${missing//$'\n'/ }" install_packages $missing
  else
    skip "Debian packages"
  fi
  if cmp -s "$root/requirements.txt" "$root/.venv/installed.txt"; then
    skip "Python packages in .venv"
  else
    step venv "install Python packages into .venv" install_venv
  fi
  if [ -f "$build/build.ninja" ]; then
    skip "configure"
  else
    step configure "configure with CMake in ${build#"$root"/}/" cmake -G Ninja -S "$root" -B "$build" -DCMAKE_BUILD_TYPE=Release
  fi
  step build "build with $jobs jobs" cmake --build "$build" -j "$jobs"
}
