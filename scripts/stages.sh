# Sourced by the scripts beside it: named stages, timed, from the root of the repository.
# shellcheck shell=bash

SLUICE_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$SLUICE_ROOT" || exit

stage_names=()
stage_seconds=()

# stage NAME COMMAND...: says what begins, runs it, remembers how long it took. Returns
# what the command returned.
stage() {
  local name=$1 began=$SECONDS status=0
  shift
  printf -- '--- %s\n' "$name"
  "$@" || status=$?
  stage_names+=("$name")
  stage_seconds+=($((SECONDS - began)))
  return "$status"
}

print_stages() {
  local i
  printf -- '--- time\n'
  for i in "${!stage_names[@]}"; do
    printf '%6d s  %s\n' "${stage_seconds[i]}" "${stage_names[i]}"
  done
  printf '%6d s  in all\n' "$SECONDS"
}

# Asks ccache of the build when it is there; an embedder's own launcher wins.
use_ccache() {
  if [[ -z ${CMAKE_CXX_COMPILER_LAUNCHER:-} ]] && command -v ccache >/dev/null; then
    export CMAKE_CXX_COMPILER_LAUNCHER=ccache
  fi
}

configure() {
  use_ccache
  cmake --preset "$1" --log-level=WARNING
}

compile() {
  local preset=$1
  shift
  cmake --build "build/$preset" --parallel "$(nproc)" ${1:+--target "$@"}
}

# Findings of the sanitizers end the program that has them; leaks are findings.
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-halt_on_error=1:print_stacktrace=1}
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1}
