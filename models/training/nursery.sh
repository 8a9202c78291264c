#!/usr/bin/env bash
# Trains the default model in whatever time this machine is idle.
#
#   models/training/nursery.sh start            copies the training code of this tree, prepares itself (about twenty minutes
#                                               the first time), then goes on where it was, or from the committed weights
#   models/training/nursery.sh status           stage, hours, pictures, last measures, last sheet
#   models/training/nursery.sh pause | resume   keeps the process, takes no time
#   models/training/nursery.sh stop             saves and ends
#   models/training/nursery.sh advance [STAGE]  leaves the present stage of curriculum.json for the next one, or for STAGE
#   models/training/nursery.sh publish          writes the package and the teacher's weights into this tree, for a commit
#
# Everything else lies outside the tree, in ~/.cache/image2/nursery (NURSERY to change it): run/ is the drawer, branch/ the
# copy that is published, upscaler/ the upscaler, log.txt the output. A kill at any moment costs ten minutes at most.
# TRAIN_OPTIONS: further options of train.py and distil.py. NURSERY_NICE: the nice value of its session (default: 19).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
home=${NURSERY:-$HOME/.cache/image2/nursery}
python=$home/python/bin/python

# A lock, not a pid, tells whether it runs: it is released however the process ends.
alive() { [ -e "$home/lock" ] && ! flock -n "$home/lock" true; }
group() { cat "$home/pid"; }

copy_code() { # so that work in the tree does not change a run
  mkdir -p "$home/training"
  find "$home/training" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +
  tar -C "$here" --exclude=./build --exclude=./checkpoints --exclude=__pycache__ --exclude=./tests -cf - . | tar -C "$home/training" -xf -
  rm -rf "$home/init"
  cp -r "$here/checkpoints" "$home/init"
}

prepare_and_run() { # in the background, in a process group of its own, with the lock
  set -e
  # Linux shares the processor among sessions first: a session's nice value is what counts between them.
  echo "${NURSERY_NICE:-19}" >/proc/self/autogroup 2>/dev/null || true
  [ -x "$python" ] || python3 -m venv "$home/python"
  "$home/python/bin/pip" install -q -r "$home/training/requirements.txt"
  cd "$home/training"
  [ -e build/data/drawings.jsonl.xz ] || "$python" collect.py
  # shellcheck disable=SC2086
  exec env OMP_NUM_THREADS="$(nproc)" GOMP_SPINCOUNT=2000 THP_MEM_ALLOC_ENABLE=1 "$python" -u nursery.py "$home" --workers 0 ${TRAIN_OPTIONS:-}
}

start() {
  if alive; then echo "already running"; return; fi
  mkdir -p "$home"
  copy_code
  export -f prepare_and_run
  export home python
  setsid nice -n 19 chrt --idle 0 flock -n -F "$home/lock" bash -c prepare_and_run >>"$home/log.txt" 2>&1 </dev/null &
  echo $! >"$home/pid"
  echo "started; $0 status"
}

status() {
  if ! alive; then echo "not running"
  elif [ "$(ps -o stat= -p "$(group)" | cut -c1)" = T ]; then echo "paused"
  else echo "running"; fi
  if [ -e "$home/stage.json" ]; then python3 "$here/trainer/status.py" "$home" "$here/curriculum.json"; fi
  if [ -e "$home/log.txt" ]; then tail -n 2 "$home/log.txt"; fi
}

signal() { kill "-$1" -- "-$(group)"; }

stop() {
  if ! alive; then echo "not running"; return; fi
  signal CONT
  signal TERM
  for _ in $(seq 300); do
    if ! alive; then echo "stopped"; return; fi
    sleep 1
  done
  echo "it has not ended within 300 s: $(group)" >&2
  return 1
}

case ${1:-} in
  start) start ;;
  status) status ;;
  pause) signal STOP ;;
  resume) signal CONT ;;
  stop) stop ;;
  advance)
    alive || { echo "not running" >&2; exit 1; }
    echo "${2:-}" >"$home/advance"
    signal CONT
    signal TERM ;;
  publish) cd "$here" && "$python" publish.py "$home" ;;
  *) sed -n '2,17p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
esac
